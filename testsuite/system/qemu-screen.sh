#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What a person sees.
. "$(dirname "$0")/lib.sh"
need_qemu
need_iso
run_python qemu_screen.py
