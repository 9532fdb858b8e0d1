#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A megabyte each way through COM2, hosted and on a machine.
. "$(dirname "$0")/mercury-lib.sh"
run_python mercury_line.py
