#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The session that a person gets, typed into; on a machine.
. "$(dirname "$0")/lib.sh"
need_qemu
run_python session.py qemu
