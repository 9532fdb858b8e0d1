#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Breakpoints in programs are hit each time: set before the program is
# loaded, after it was destroyed and loaded again, and where two address
# spaces take turns in one range of the host.  The stops are counted, not
# gdb's own count: that one also counts the retry of an instruction that
# missed a page.
. "$(dirname "$0")/gdb-lib.sh"
need_gdb

cat >children.gdb <<'EOF'
break child_tick
commands
silent
python print("CHILD " + gdb.selected_thread().name)
continue
end
break guest_tick
commands
silent
python print("TICK " + gdb.selected_thread().name)
continue
end
run
EOF

# gdbguest.h: 3 starts with 4 calls each
children()
{
	gdb_run children.gdb "$@" "$GUEST" -- children
	counts "$mode: 12 of 12 stops in a program loaded 3 times" 12 \
		'^CHILD child$'
	counts "$mode: 12 of 12 stops in init meanwhile" 12 '^TICK init$'
	shows "$mode: and it runs to its end" '^served 12, ticks 12$'
	lacks "$mode: signals pass silently" 'received signal'
	lacks "$mode: no complaints" \
		'generic error|Cannot insert|Python Exception|helios:'
}
each_mode children

# 5 calls from the second space of the same addresses
copy()
{
	gdb_run children.gdb "$@" "$GUEST" -- copy
	counts "$mode: 5 of 5 stops in a space of shared addresses" 5 \
		'^TICK copy$'
	counts "$mode: 5 of 5 stops in the other one" 5 '^TICK init$'
	shows "$mode: and they run to their end" '^served 5, ticks 10$'
}
each_mode copy

# The control: without a breakpoint nothing of this shows.
sed '/^break child_tick$/,/^end$/d' children.gdb >control.gdb
gdb_run control.gdb "$GUEST" -- children
counts "no breakpoint, no stop" 0 '^CHILD'
counts "the other one is still hit" 12 '^TICK init$'
tap_done
