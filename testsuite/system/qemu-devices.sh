#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel with other interrupt controllers, timers and boards.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python qemu_kernel.py devices
