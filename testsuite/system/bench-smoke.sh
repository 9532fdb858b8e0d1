#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Do the benchmarks still run?  With tiny counts, and without a look at the
# figures: those are for make bench.
. "$(dirname "$0")/lib.sh"
make_workdir
cd "$workdir" || exit 99

"$TIMEOUT" -k 10 "$LIMIT" "$SYSTEM_BUILD/bench-host" "$HELIOS_HOSTED" \
	"$SYSTEM_BUILD/../bench.tar" quick >out 2>err </dev/null
status=$?
if [ "$status" = 0 ]; then
	ok "the benchmarks run to their end"
else
	not_ok "the benchmarks run to their end" "exit status $status
$(cat err out)"
fi

# has <row> <ERE>
has()
{
	if grep -qE -e "$2" out; then
		ok "the table has: $1"
	else
		not_ok "the table has: $1" "expected a line with '$2', found
$(cat out)"
	fi
}

figure='[0-9]+\.[0-9]+'
verdict='(PASS|MISS)'
has "the build" '^kernel: (debug|release) build'
has "null system call" "^null system call +$figure ns .* $verdict\$"
has "getppid" "^  bare getppid +$figure ns"
has "call and reply" "^call and reply +$figure ns"
has "futex" "^  bare futex ping-pong +$figure ns"
has "their ratio" "^  ratio +$figure .* $verdict\$"
has "TLB fill" "^TLB fill +$figure ns"
has "two spaces" "^call and reply, two spaces, strict +$figure ns"
has "start" "^process start to init's first line +$figure ms .* $verdict\$"
has "many spaces" '^address spaces with a task.* +8 +target 8  PASS$'
has "making them" "^  to make one +$figure us"
has "destroying them" "^  to destroy one +$figure us"
for what in 'call\+reply, tasks' 'copy and destroy, slots' 'destroy, slots' \
	'allocate and destroy, pages'; do
	has "flatness of $what" \
		"^$what +[0-9]+ +[0-9]+ +ratio $figure, .* $verdict"
done
if have_userfaultfd; then
	has "userfaultfd" "^  bare userfaultfd, mmap, wake +$figure ns"
	has "the calls of a strict switch" \
		"^  bare futex, userfaultfd, mmap, mprotect +$figure ns"
else
	skip "userfaultfd" "$("$SYSTEM_BUILD/uffd-probe" 2>&1)"
	skip "the calls of a strict switch" "no userfaultfd"
fi

# Its own errors.
"$SYSTEM_BUILD/bench-host" "$HELIOS_HOSTED" >out 2>&1 &&
	not_ok "bad usage is refused" "$(cat out)" ||
	ok "bad usage is refused"
tap_done
