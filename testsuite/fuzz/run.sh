#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# One fuzzer for as long as you like, at low priority:
#
#	run.sh BUILD TARGET SECONDS [option of libFuzzer...]
#
# What it learns is kept in BUILD/testsuite/fuzz/corpus/TARGET and used the
# next time.  An input that fails is left in BUILD/testsuite/fuzz/found;
# give it to the fuzzer as its argument to see it fail again.
set -eu

fuzz=$1/testsuite/fuzz
target=${2-}
seconds=${3-}
if [ ! -x "$fuzz/$target" ] || [ ! -d "$fuzz/seeds/$target" ]; then
	echo "run.sh: expected TARGET to be one of" \
		"$(cd "$fuzz/seeds" && echo *), found \"$target\"" >&2
	exit 2
fi
case $seconds in
'' | *[!0-9]*)
	echo "run.sh: expected SECONDS to be a number, found \"$seconds\"" >&2
	exit 2
	;;
esac
shift 3

corpus=$fuzz/corpus/$target
found=$fuzz/found
mkdir -p "$corpus" "$found"
dict=$(dirname "$0")/$target.dict
set -- -max_total_time="$seconds" -artifact_prefix="$found/$target-" \
	-print_final_stats=1 -timeout=25 -close_fd_mask=2 "$@"
[ ! -f "$dict" ] || set -- -dict="$dict" "$@"
status=0
nice -n 19 "$fuzz/$target" "$@" "$corpus" "$fuzz/seeds/$target" || status=$?
[ "$status" = 0 ] || echo "run.sh: $target failed; inputs are in $found" >&2
exit "$status"
