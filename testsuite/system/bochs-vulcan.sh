#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The image on Bochs: all of Vulcan.
. "$(dirname "$0")/lib.sh"
need_bochs
need_iso
run_python bochs_vulcan.py
