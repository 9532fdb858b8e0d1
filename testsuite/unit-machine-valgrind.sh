#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The unit tests of unit-machine under memcheck.
. "$(dirname "$0")/system/lib.sh"
run_unit_valgrind unit-machine
