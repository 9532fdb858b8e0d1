#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the kernel says when it cannot boot.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python qemu_refuse.py
