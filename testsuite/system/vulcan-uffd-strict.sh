#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vulcan in real time: --faults=uffd, --isolation=strict.
. "$(dirname "$0")/lib.sh"
run_vulcan --faults=uffd --isolation=strict
