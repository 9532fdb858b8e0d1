#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vulcan under memcheck, mappings dropped at each switch.
. "$(dirname "$0")/lib.sh"
run_vulcan_valgrind --isolation=strict --time=virtual --seed=1 "$VULCAN"
