#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A kernel that panics, and the helpers on its core file.  The panic is made
# by breaking the kernel's data under gdb, and the core file written by gdb,
# so that the limits of this machine on core files do not matter.
. "$(dirname "$0")/gdb-lib.sh"
need_gdb
[ "$SANITIZE" != yes ] ||
	skip_all "AddressSanitizer's shadow memory would fill the core file"

cat >panic.gdb <<'EOF'
break guest_all_set
run
delete
break core_syscall
continue
delete
set var cpu0.current = (struct task *)0x10000
continue
generate-core-file panic.core
kill
EOF
gdb_run panic.gdb --isolation=strict "$GUEST" -- threads
shows "a broken kernel panics" 'helios: panic: Segmentation fault in the kernel'
shows "the debugger stops there" 'received signal SIGABRT'
shows "a core file is written" '^Saved corefile panic.core$'

# In batch mode nothing runs before the first command, which this is; at a
# prompt the symbols are there without it.
cat >core.gdb <<'EOF'
helios symbols
backtrace
helios tasks
echo == log\n
helios log
helios vspace init
helios derivation init:3
helios memory
thread apply all backtrace
EOF
gdb_batch core.gdb "$HELIOS_HOSTED" panic.core
in_order "the backtrace leads from the panic to the program's main" \
	'^#[0-9]+ .*hal_panic ' '^#[0-9]+ .*kernel_fault ' \
	'^#[0-9]+ .*core_syscall ' '^#[0-9]+ .*hosted_entry ' \
	'^#[0-9]+ .*main \(' '^#[0-9]+ .*_start '
in_order "helios tasks" ' waiter .* receiving on Endpoint' '^3 tasks$'
shows "helios log" '\] warning: .*crasher'
shows "helios vspace" ' r-x .* text of init$'
shows "helios derivation" '^    init:3  Memory #.* <--$'
shows "helios memory" ' init:3$'
in_order "backtraces of the other tasks lead into their programs" \
	' baton_wait \(' ' in hosted_entry ' ' in wait_for_ever '

# An invariant broken on purpose: the checks of debug builds find it.
cat >check.gdb <<'EOF'
break guest_all_set
run
delete
set var core_check_interval = 1
set var ((struct task *)cpu0.current)->heavy.obj.magic = 1
continue
helios log 1
kill
EOF
gdb_run check.gdb "$GUEST" -- threads
if "$HELIOS_HOSTED" --log-level=debug "$GUEST" -- bad-call 2>&1 |
	grep -q 'debug: '; then
	shows "core_check panics at a broken object" \
		'helios: panic: .*magic'
	shows "the log ends with that" '^\[.*\] panic: .*magic'
else
	skip "core_check" "configured --disable-debug"
fi
tap_done
