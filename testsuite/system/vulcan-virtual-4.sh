#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vulcan in virtual time, seed 4.
. "$(dirname "$0")/lib.sh"
run_vulcan --isolation=strict --time=virtual --seed=4
