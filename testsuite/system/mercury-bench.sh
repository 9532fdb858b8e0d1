#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The benchmark of the generated stubs works: it prints all its figures.
. "$(dirname "$0")/mercury-lib.sh"
need_qemu
make_workdir
MERCURY_COST="$MERCURY/mercury-cost.tar" QEMU="$QEMU" TIMEOUT="$TIMEOUT" \
	HELIOS_KERNEL="$HELIOS_KERNEL" sh \
	"$top_srcdir/testsuite/mercury/bench.sh" figures >"$workdir/out" 2>&1
for name in stub-1 bare-1 stub-64 bare-64 stub-4096 bare-4096 library-4096; do
	if grep -qE "^$name [1-9][0-9]*$" "$workdir/out"; then
		ok "$name"
	else
		not_ok "$name" "$(cat "$workdir/out")"
	fi
done
tap_done
