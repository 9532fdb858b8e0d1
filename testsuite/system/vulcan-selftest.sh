#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Does Vulcan notice each way a test can fail, say why, and go on?
. "$(dirname "$0")/lib.sh"
: "${VULCAN_SELFTEST:?}"
make_workdir

cat >"$workdir/expected" <<'END'
TAP version 13
ok 1 - broken::passes
not ok 2 - broken::check
# broken.c:N: CHECK(1 + 1 == 3)
# a note before
not ok 3 - broken::check_eq
# broken.c:N: CHECK_EQ(a, b): a = 3 (0x3), b = -4 (0xfffffffffffffffc)
not ok 4 - broken::check_ok
# broken.c:N: helios_destroy(0x7fffffff): expected OK, found INVALID_CADDR (capability address beyond the end of the table), detail 2147483647 (0x7fffffff)
not ok 5 - broken::check_status
# broken.c:N: HELIOS_OK: expected NOMEM, found OK
not ok 6 - broken::check_detail
# broken.c:N: CHECK_EQ(detail of helios_destroy(0x7fffffff), 5): detail of helios_destroy(0x7fffffff) = 2147483647 (0x7fffffff), 5 = 5 (0x5)
ok 7 - broken::skip # SKIP because of a reason
not ok 8 - broken::page_fault
# the test's thread: page fault: write to ADDR, ip ADDR, sp ADDR (image+ADDR), task N
not ok 9 - broken::invalid_instruction
# the test's thread: exception 6, code 0x0, ip ADDR, sp ADDR (image+ADDR), task N
not ok 10 - broken::exit
# the test's thread: exit with status 3 (image+ADDR), task N
not ok 11 - broken::crash_of_another_thread
# a thread of the test: page fault: read of ADDR, ip ADDR, sp ADDR (image+ADDR), task N
not ok 12 - broken::check_in_another_thread
# broken.c:N: CHECK(arg != ((void*)0))
not ok 13 - broken::spins
# no verdict after N ms; the test's thread was at ip ADDR (image+ADDR), state S
not ok 14 - broken::blocks
# no verdict after N ms; the test's thread was at ip ADDR (image+ADDR), state S
not ok 15 - broken::spins_above_all_others
# no verdict after N ms; the test's thread was at ip ADDR (image+ADDR), state S
not ok 16 - broken::heap_overrun
# panic: heap: block ADDR: was written beyond its end
ok 17 - broken::leaves_everything_behind
ok 18 - broken::still_passes
1..18
# 3 passed, 14 failed, 1 skipped
END

# Addresses, ids and times are not part of it, nor how a compiler's NULL is
# spelled.
normalise()
{
	sed -e 's/broken\.c:[0-9]*:/broken.c:N:/' \
		-e 's/arg != .*NULL)/arg != ((void*)0))/' \
		-e 's/task [0-9]*$/task N/' \
		-e 's/after [0-9]* ms/after N ms/' \
		-e 's/state 0x[0-9a-f]*/state S/' \
		-e '/CHECK_EQ\|helios_destroy\|, code /!s/0x[0-9a-f]*/ADDR/g' \
		-e '/, code /s/\(ip\|sp\) 0x[0-9a-f]*/\1 ADDR/g' \
		-e 's/image+0x[0-9a-f]*/image+ADDR/'
}

run()
{
	"$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_HOSTED" "$@" \
		>"$workdir/out" 2>"$workdir/err"
	status=$?
	normalise <"$workdir/out" >"$workdir/found"
}

same()
{
	if difference=$(diff -u "$workdir/expected" "$workdir/found"); then
		ok "$1"
	else
		not_ok "$1" "$difference"
	fi
}

exits()
{
	if [ "$status" = "$1" ]; then
		ok "$2"
	else
		not_ok "$2" "exit status $status, expected $1"
	fi
}

run "$VULCAN_SELFTEST"
same "each failure is noticed and explained"
exits 1 "a run with failures exits with 1"

run "$VULCAN_SELFTEST" -- broken::passes
exits 0 "a run without failures exits with 0"

run "$VULCAN_SELFTEST" -- broken::skip
exits 0 "a skipped test is no failure"
if grep -q '^# 0 passed, 0 failed, 1 skipped$' "$workdir/out"; then
	ok "nor a pass"
else
	not_ok "nor a pass" "$(cat "$workdir/out")"
fi

run "$VULCAN_SELFTEST" -- 'no_such_test*'
exits 1 "a pattern that matches nothing is an error"

run "$VULCAN_SELFTEST" -- --no-such-option
exits 1 "an unknown option is an error"

run "$VULCAN_SELFTEST" -- --repeat=3 'broken::*passes'
if grep -q '^# 6 passed, 0 failed, 0 skipped$' "$workdir/out"; then
	ok "--repeat"
else
	not_ok "--repeat" "$(cat "$workdir/out")"
fi

run "$VULCAN_SELFTEST" -- --list --skip='broken::check*'
printf 'broken::%s\n' passes skip page_fault invalid_instruction exit \
	crash_of_another_thread spins blocks spins_above_all_others \
	heap_overrun leaves_everything_behind still_passes \
	>"$workdir/expected"
same "--list and --skip, in the order of the file"
exits 0 "--list exits with 0"

tap_done
