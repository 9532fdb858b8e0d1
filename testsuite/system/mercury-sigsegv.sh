#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mercury in real time: --faults=sigsegv, --isolation=lazy.
. "$(dirname "$0")/mercury-lib.sh"
make_workdir
cd "$workdir" || exit 99
boot() { boot_hosted "$@"; }
mercury_options="--faults=sigsegv --isolation=lazy"
mercury_suite
seed_suite
cycles_suite --set=cycles=200
tap_done
