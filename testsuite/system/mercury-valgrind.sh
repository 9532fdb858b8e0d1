#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mercury under memcheck: an error in kernel or HAL, or a leak, fails it.
. "$(dirname "$0")/mercury-lib.sh"
need_valgrind
make_workdir
cd "$workdir" || exit 99
boot() { boot_valgrind "$@"; }
mercury_options="--isolation=strict --time=virtual --seed=1"
mercury_suite --set=messages=300
run "" mercury-seed.tar seed reset
run "" mercury-rogue.tar sandbox::has_what_is_listed \
	sandbox::cannot_reach_devices sandbox::crashed_it_comes_back
cycles_suite --set=cycles=30
tap_done
