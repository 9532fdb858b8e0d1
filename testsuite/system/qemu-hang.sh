#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the tests on machines do when a machine does not.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python qemu_hang.py
