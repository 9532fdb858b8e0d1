#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vulcan in real time: --faults=sigsegv, --isolation=strict.
. "$(dirname "$0")/lib.sh"
run_vulcan --faults=sigsegv --isolation=strict
