#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The unit tests of unit-restart under memcheck.
. "$(dirname "$0")/system/lib.sh"
run_unit_valgrind unit-restart
