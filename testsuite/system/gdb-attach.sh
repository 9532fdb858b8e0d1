#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# gdb attaches to a kernel that runs: symbols, breakpoints, helpers; and the
# kernel runs on when gdb has gone.
. "$(dirname "$0")/gdb-lib.sh"
need_gdb

# helios-gdb is what a person would use; it stands beside the kernel.
WRAPPER=$(dirname "$HELIOS_HOSTED")/helios-gdb

cat >attach.gdb <<'EOF'
set pagination off
helios tasks
break guest_tick
continue
backtrace
continue
continue
detach
EOF

attach()
{
	# Nobody is to take the last one's "ready" for this one's.
	: >guest.out
	"$TIMEOUT" -k 10 "$GDB_LIMIT" "$HELIOS_HOSTED" "$@" "$GUEST" -- \
		forever >guest.out 2>&1 </dev/null &
	limiter=$!
	wait_for_line
	# timeout's child is the kernel.
	pid=$(cat "/proc/$limiter/task/$limiter/children")
	pid=${pid% }
	gdb_batch attach.gdb -ix "$GDB_LOADER" \
		-p "$pid"
	if grep -q 'ptrace: Operation not permitted' out; then
		skip "$mode: attach" "this machine refuses to attach"
	else
		shows "$mode: the tasks" '^\*? *[0-9]+ +init '
		counts "$mode: 3 of 3 stops" 3 '^Thread .* hit Breakpoint 1, '
		in_order "$mode: the backtrace" '^#0 .*guest_tick' \
			' in main \(' ' in _start \('
		shows "$mode: detached" 'detached\]$'
		if runs_on; then
			ok "$mode: the kernel runs on"
		else
			not_ok "$mode: the kernel runs on" "$(cat guest.out)"
		fi
	fi
	kill "$pid" 2>/dev/null
	wait "$limiter"
}

# The guest says that it is there.
wait_for_line()
{
	tries=0
	until grep -q '^ready$' guest.out || [ $tries = 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}

# The guest wakes up every few milliseconds, so the idle thread uses time.
cpu_time()
{
	cut -d ' ' -f 1 "/proc/$pid/schedstat"
}

runs_on()
{
	before=$(cpu_time)
	tries=0
	while [ $tries -lt 300 ]; do
		kill -0 "$pid" || return 1
		[ "$(cpu_time)" = "$before" ] || return 0
		tries=$((tries + 1))
		sleep 0.1
	done
	return 1
}
each_mode attach

if GDB="$GDB" "$WRAPPER" --help | grep -q '^helios-gdb -p PID'; then
	ok "helios-gdb --help"
else
	not_ok "helios-gdb --help" "$("$WRAPPER" --help 2>&1)"
fi
tap_done
