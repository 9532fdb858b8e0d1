#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vulcan's tests in another order: none may depend on the one before.
. "$(dirname "$0")/lib.sh"
run_vulcan --isolation=strict -- --shuffle=7
