#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Mercury on a machine.
. "$(dirname "$0")/mercury-lib.sh"
need_qemu
: "${HELIOS_KERNEL:?}"
make_workdir
cd "$workdir" || exit 99
boot() { boot_qemu "$@"; }
mercury_suite
seed_suite
cycles_suite
tap_done
