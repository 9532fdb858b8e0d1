#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vulcan under memcheck, mappings kept across switches.
. "$(dirname "$0")/lib.sh"
run_vulcan_valgrind --isolation=lazy --time=virtual --seed=1 "$VULCAN"
