#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mercury in virtual time, with two seeds.
. "$(dirname "$0")/mercury-lib.sh"
make_workdir
cd "$workdir" || exit 99
boot() { boot_hosted "$@"; }
for seed in 1 2; do
	mercury_options="--isolation=strict --time=virtual --watchdog=5 \
--seed=$seed"
	mercury_suite --set=seed=$seed
	cycles_suite --set=cycles=100
done
tap_done
