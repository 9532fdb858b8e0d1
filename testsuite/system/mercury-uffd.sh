#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mercury in real time: --faults=uffd, --isolation=strict.
. "$(dirname "$0")/mercury-lib.sh"
need_userfaultfd
make_workdir
cd "$workdir" || exit 99
boot() { boot_hosted "$@"; }
mercury_options="--faults=uffd --isolation=strict"
mercury_suite
seed_suite
cycles_suite
tap_done
