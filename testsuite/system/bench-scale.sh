#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The benchmarks of scaling and of the longest stretches with interrupts off,
# of a small size.  They say something of everything; and no stretch of a
# release kernel is above the limit.  (Debug kernels check all that is alive
# every now and then.)
. "$(dirname "$0")/lib.sh"
: "${BUILD:?}" "${SCALE_TAR:?}" "${HOSTILE_TAR:?}" "${LATENCY_KERNEL:?}"
[ -n "$QEMU" ] || skip_all "configured --without-qemu"
make_workdir
cd "$workdir" || exit 99
export QEMU top_srcdir BUILD
bench=$top_srcdir/testsuite/bench

# has <what> <ERE>
has()
{
	if grep -qE -e "$2" out; then
		ok "the table has: $1"
	else
		not_ok "the table has: $1" "expected a line with '$2', found
$(cat out)"
	fi
}

# measure <script> [variable=value]...
measure()
{
	script=$1
	shift
	if env MEMORY=512M "$@" "$TIMEOUT" -k 10 "$LIMIT" \
			sh "$bench/$script.sh" >out 2>err </dev/null; then
		ok "$script.sh runs to its end"
	else
		not_ok "$script.sh runs to its end" "$(cat err out)"
	fi
}

measure scale SIZES='2 20' TREES='10 100' VERBOSE=1
has "the build" "^scaling: $BUILD kernel"
for op in null signal copy mint destroy endpoint-create endpoint-destroy \
	page-create page-destroy map unmap space-create space-destroy \
	task-life call-0/other call-64/other call-0-cap/other \
	note-ping-pong/other signal-one-way/other yield/other \
	exception/other page-fault/other; do
	has "$op" "^$op +[1-9][0-9]+ +[0-9]+\.[0-9]+ "
done
for kind in endpoint note copy chain page mapping space cspace task ready \
	receiving sending faulted asleep slots; do
	has "memory of a $kind" "^$kind +[0-9.]+ at 2 +[0-9.]+ at 20\$"
	has "a call beside 20 of kind $kind" "^null +$kind +20: "
done
for shape in wide deep mixed; do
	for way in revoke cspace memory; do
		has "$shape tree destroyed by $way" \
			"^$shape $way +[1-9][0-9.]+ +[1-9][0-9.]+\$"
	done
done

measure latency SIZE=1000 VULCAN=
has "the build" "hostile program, 1000: $BUILD kernel"
has "a cause" "^ *[1-9][0-9]+  CALL [A-Z]+ [A-Z]+ .* times, "
worst=$(sed -n 's/^longest \([0-9]*\), .*/\1/p' out)
if [ "$BUILD" != release ]; then
	skip "no stretch is above the limit" "a debug kernel, longest $worst"
elif [ "${worst:-20001}" -le 20000 ]; then
	ok "no stretch is above the limit"
else
	not_ok "no stretch is above the limit" "expected at most 20000, found
$(cat out)"
fi

# What does not come to its end is no figure.
if env SIZES=none TREES= sh "$bench/scale.sh" >out 2>&1; then
	not_ok "a wrong size is an error" "$(cat out)"
else
	ok "a wrong size is an error"
fi
tap_done
