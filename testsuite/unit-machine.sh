#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The unit tests of unit-machine, each in a process of its own.
. "$(dirname "$0")/system/lib.sh"
run_unit unit-machine
