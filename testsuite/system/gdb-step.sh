#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Stepping over a system call and over a page fault, and backtraces from the
# kernel through the system call or fault into the program.
. "$(dirname "$0")/gdb-lib.sh"
need_gdb

cat >step.gdb <<'EOF'
break guest_step_call
run
next
printf "BEFORE CALL %lu\n", guest_time
next
printf "AFTER CALL %d\n", guest_time > 1
break guest_step_fault
continue
next
printf "BEFORE FAULT\n"
next
printf "AFTER FAULT %#lx\n", *fresh
next
printf "WORD %#lx\n", guest_word
delete
break *&guest_all_set
stepi
stepi
continue
printf "WAITED %s\n", $_thread ? "yes" : "no"
delete
continue
EOF

step()
{
	gdb_run step.gdb "$@" "$GUEST" -- steps threads
	in_order "$mode: next goes over a system call" \
		'step: call \*/' '^BEFORE CALL 1$' 'step: after call' \
		'^AFTER CALL 1$'
	in_order "$mode: next goes over a page fault" \
		'step: fault \*/' '^BEFORE FAULT$' 'step: after fault' \
		'^AFTER FAULT 0x1234$' '^WORD 0x1234$'
	in_order "$mode: and the program goes on" '^WAITED yes$' '^served 0, '
	lacks "$mode: no signal is seen" 'received signal'
}
each_mode step

cat >backtrace.gdb <<'EOF'
break endpoint_recv
run
printf "BACKTRACE\n"
backtrace
info threads
EOF

cat >fault.gdb <<'EOF'
break core_fault
run
printf "FAULT\n"
backtrace
EOF

backtrace()
{
	gdb_run backtrace.gdb "$@" "$GUEST" -- threads
	in_order "$mode: backtrace from core through the call to _start" \
		'^BACKTRACE$' '^#0 .*endpoint_recv' ' in core_syscall' \
		' in hosted_syscall' ' in hosted_entry' \
		'^#[0-9]+ .*helios_recv ' ' in wait_for_ever' ' in helios_thread_entry'
	shows "$mode: thread names are task names" \
		'LWP [0-9]+ "init"'
	shows "$mode: of other threads, too" 'LWP [0-9]+ "waiter"'
	gdb_run fault.gdb "$@" "$GUEST" -- threads
	in_order "$mode: backtrace from core through a fault to the program" \
		'^FAULT$' '^#0 .*core_fault' ' in hosted_signal' \
		'signal handler called' '^#[0-9]+ .*crash \(' \
		' in helios_thread_entry'
}
each_mode backtrace
tap_done
