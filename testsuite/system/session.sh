#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The session that a person gets, typed into; hosted.
. "$(dirname "$0")/lib.sh"
run_python session.py hosted
