#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel on QEMU without firmware or GRUB: all of Vulcan.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python qemu_kernel.py whole
