#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# In virtual time a run is a pure function of its seed: the same seed gives
# a byte-identical trace, whatever brings the page faults and whether
# mappings survive a switch.  And the trace is no constant: it has events,
# and another seed changes it.
#
# The one test that asks how strict the isolation is does different things
# in the two modes, and is left out here.
. "$(dirname "$0")/lib.sh"
make_workdir

# trace <name> <options>...: run Vulcan and keep the trace.
trace()
{
	name=$1
	shift
	"$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_HOSTED" --time=virtual "$@" \
		--trace="$workdir/$name" "$VULCAN" \
		-- --skip='vspace::program_that_leaves_its_space' \
		>"$workdir/$name.out" 2>"$workdir/$name.err"
	status=$?
	# 1: a test of Vulcan failed.  That is for others to report.
	[ "$status" -le 1 ] ||
		{ echo "exit status $status"
		tail -n 20 "$workdir/$name.out" "$workdir/$name.err"
		} >"$workdir/$name.why"
}

# same <description> <name>: does that trace equal the first one?
same()
{
	if [ -f "$workdir/$2.why" ]; then
		not_ok "$1" "$(cat "$workdir/$2.why")"
	elif cmp -s "$workdir/first" "$workdir/$2"; then
		ok "$1"
	else
		not_ok "$1" "$(diff "$workdir/first" "$workdir/$2" |
			head -n 20)"
	fi
}

trace first --faults=sigsegv --isolation=lazy --seed=1
if [ -f "$workdir/first.why" ]; then
	not_ok "a run with --trace" "$(cat "$workdir/first.why")"
	tap_done
fi
if [ "$(wc -l <"$workdir/first")" -ge 1000 ]; then
	ok "the trace has at least 1000 events"
else
	not_ok "the trace has at least 1000 events" \
		"$(wc -l <"$workdir/first") lines"
fi

trace again --faults=sigsegv --isolation=lazy --seed=1
same "the same run again" again
trace strict --faults=sigsegv --isolation=strict --seed=1
same "strict isolation" strict
for isolation in lazy strict; do
	if have_userfaultfd; then
		trace uffd --faults=uffd --isolation=$isolation --seed=1
		same "userfaultfd, $isolation" uffd
	else
		skip "userfaultfd, $isolation" "userfaultfd is refused here"
	fi
done

trace other --faults=sigsegv --isolation=lazy --seed=2
if cmp -s "$workdir/first" "$workdir/other"; then
	not_ok "another seed gives another trace"
else
	ok "another seed gives another trace"
fi
tap_done
