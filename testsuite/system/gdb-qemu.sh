#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# gdb on the kernel in QEMU, through QEMU's own stub: breakpoints in kernel
# and programs, backtraces from one into the other, and the helios commands,
# which read everything through the kernel's page tables.
. "$(dirname "$0")/gdb-lib.sh"
need_qemu
: "${HELIOS_KERNEL:?}"
[ -n "$GDB" ] || skip_all "configured --without-gdb"
"$GDB" -nx -batch -ex 'python print("yes")' 2>&1 | grep -qx yes ||
	skip_all "this gdb has no Python"
make_workdir
cd "$workdir" || exit 99

GDB_LOADER=$HELIOS_KERNEL-gdb.py
HELIOS_GDB=${HELIOS_KERNEL%/*}/helios-gdb
qemu_pid=
trap 'test -z "$qemu_pid" || kill "$qemu_pid" 2>/dev/null; rm -rf "$workdir"' \
	EXIT

# start_qemu <arguments of init> [option of QEMU]...: in the background, with
# its stub at the socket "gdb".
start_qemu()
{
	words=$1
	shift
	rm -f gdb serial
	"$TIMEOUT" -k 10 "$LIMIT" "$QEMU" -machine pc,accel=tcg -cpu max \
		-m 64M -nodefaults -no-user-config -nic none -display none \
		-no-reboot -serial file:serial -kernel "$HELIOS_KERNEL" \
		-initrd "$GUEST" -append "console=serial -- $words" \
		-gdb "unix:$workdir/gdb,server=on,wait=off" "$@" \
		</dev/null >qemu.out 2>&1 &
	qemu_pid=$!
	until [ -S gdb ] || ! kill -0 "$qemu_pid" 2>/dev/null; do
		sleep 0.1
	done
}

end_qemu()
{
	kill "$qemu_pid" 2>/dev/null
	wait "$qemu_pid" 2>/dev/null
	qemu_pid=
}

# ended: gdb came to the end of its commands.
ended()
{
	if [ "$gdb_status" = 0 ]; then
		ok "gdb ends without an error"
	else
		not_ok "gdb ends without an error" "exit status $gdb_status
$(tail -n 60 out)"
	fi
}

# gdb lets go with "disconnect", and end_qemu ends QEMU.  At "kill" QEMU may
# close its end before gdb has written all it wants; gdb 13 crashes of that.
cat >boot.gdb <<'EOF'
target remote gdb
echo == early\n
python
try:
    gdb.execute("helios tasks")
except gdb.error as error:
    print("ERROR %s" % error)
end
break guest_step_call
break child_tick
continue
echo == first\n
backtrace
next
next
echo == stepped\n
print guest_time > 1
break trap_syscall
continue
echo == call\n
backtrace
helios symbols
delete 3
break guest_all_set
continue
echo == tasks\n
helios tasks
echo == caps\n
helios caps init
echo == derivation\n
helios derivation init.vspace
echo == vspace\n
helios vspace
echo == memory\n
helios memory
printf "ROOT %lu %lu\n", root_memory->pages, root_memory->free
printf "NFRAMES %u\n", 'memory.c'::nframes
echo == log\n
helios log
echo == x\n
set var guest_word = 0x1122334455667788
helios x init &guest_word 8
echo == bad\n
python
try:
    gdb.execute("helios x init 0")
except gdb.error as error:
    print("ERROR %s" % error)
end
continue
echo == child\n
backtrace
helios tasks
helios symbols
disconnect
EOF
start_qemu "steps threads children" -S
gdb_batch boot.gdb "$HELIOS_KERNEL"
end_qemu
ended
cp out facts

# part <name>: out is that part of the facts.
part()
{
	awk -v name="$1" '/^== / { on = $2 == name; next } on' facts >out
}

part early
shows "before the boot, the commands say so" \
	'^ERROR helios: the kernel has not booted yet'
shows "a breakpoint in init waits for it, and stops it" \
	'^Breakpoint 1, guest_step_call '
part first
in_order "backtrace: in the program" '^#0 +guest_step_call ' \
	'^#[0-9]+ .*main \(argc='
shows "next: over a system call" 'step: after call'
part stepped
shows "and it was made" '^\$[0-9]+ = 1$'
shows "a breakpoint in the kernel" '^Breakpoint 3, trap_syscall '
part call
in_order "backtrace: from the kernel into the program" \
	'^#0 +trap_syscall ' '^#[0-9]+ +<signal handler called>' \
	'^#[0-9]+ .*helios_entry_insn ' \
	'^#[0-9]+ .*(main \(argc=|helios_thread_main )'	# whoever is first
shows "symbols: init" '^0x[0-9a-f]+ +#[0-9]+ +init$'
part tasks
shows "tasks: init runs" '^\* +[0-9]+ +init .* running '
shows "tasks: one waits for a message" \
	'^ +[0-9]+ +waiter .* receiving on Endpoint #[0-9]+ \(init:[0-9]+\)'
shows "tasks: one was stopped at its fault" \
	'^ +[0-9]+ +crasher .* suspended .* crash'
part caps
shows "caps: init's Memory is where the ABI says" '^3 +Memory #[0-9]+'
part derivation
in_order "derivation: from everything down to the slot" '^everything$' \
	'^    init:3  Memory #' '^        init:1  VSpace #' \
	'^            init.vspace  VSpace #[0-9]+   <--$'
part vspace
shows "vspace: the program's text" ' r-x .* text of init$'
lacks "vspace: nothing is writable and executable" ' rwx '
part memory
pages=$(sed -n 's/^ROOT //p' out)
shows "memory: init's, with the kernel's numbers" \
	"^#[0-9]+ +${pages% *} +${pages#* } .* init:3$"
frames=$(awk '/^frames:/ { for (i = 3; i <= NF; i += 2) n += $i; print n }' \
	out)
shows "memory: every frame is counted once" "^NFRAMES ${frames:-none}$"
part log
shows "log: why the crasher stopped" 'warning: .*crasher'
part x
shows "x: memory of a task" ': 88 77 66 55 44 33 22 11 '
part bad
shows "x: what is not mapped is reported" \
	'^ERROR helios: task "init": nothing is mapped at 0x0'
shows "a breakpoint in a program that did not run yet" \
	'^Breakpoint 2, child_tick '
part child
in_order "backtrace: in that program" '^#0 +child_tick ' '^#1 .*main '
shows "tasks: it runs" '^\* +[0-9]+ +child .* running '
shows "symbols: those of the program that runs" \
	'^0x[0-9a-f]+ +#[0-9]+ +child$'

# A machine that runs, and helios-gdb, which finds kernel and stub.
start_qemu forever
tries=0
until grep -q ready serial 2>/dev/null || [ $tries = 600 ]; do
	tries=$((tries + 1))
	sleep 0.5
done
printf '%s\n' 'helios tasks' 'helios symbols' 'break guest_tick' continue \
	backtrace disconnect >attach.gdb
cat >gdb-batch <<EOF
#!/bin/sh
exec "$GDB" -nx -batch -iex "maintenance set worker-threads 0" \\
	"\$@" -x "$workdir/attach.gdb"
EOF
chmod +x gdb-batch
GDB=$workdir/gdb-batch "$TIMEOUT" -k 10 "$GDB_LIMIT" \
	"$HELIOS_GDB" --qemu="$workdir/gdb" >out 2>&1 </dev/null
gdb_status=$?
end_qemu
ended
shows "helios-gdb --qemu: tasks of a machine that runs" \
	'^[* ]+[0-9]+ +init '
shows "its program" '^0x[0-9a-f]+ +#[0-9]+ +init$'
in_order "a breakpoint there" 'Breakpoint 1, guest_tick ' \
	'#1 .*main \(argc='
if "$HELIOS_GDB" --qemu 1 2 >out 2>&1; then
	not_ok "helios-gdb: bad usage is refused" "$(cat out)"
else
	shows "helios-gdb: bad usage is refused" \
		'^helios-gdb: --qemu: expected no more, found'
fi
tap_done
