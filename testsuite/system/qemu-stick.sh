#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The image as USB stick and disk.
. "$(dirname "$0")/lib.sh"
need_qemu
need_iso
run_python qemu_stick.py
