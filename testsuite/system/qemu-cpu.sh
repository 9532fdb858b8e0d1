#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel on processors that can do less.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python qemu_kernel.py cpu
