#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The image on QEMU with a BIOS: all of Vulcan.
. "$(dirname "$0")/lib.sh"
need_qemu
need_iso
run_python qemu_boot.py bios
