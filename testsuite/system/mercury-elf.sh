#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The same driver files in every archive and in both worlds.
. "$(dirname "$0")/mercury-lib.sh"
run_python mercury_elf.py
