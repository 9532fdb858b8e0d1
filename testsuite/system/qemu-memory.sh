#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel with little memory and with much.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python qemu_kernel.py memory
