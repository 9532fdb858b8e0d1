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
# its stub at the socket "gdb".  gdb's "kill" ends it.
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
break core_syscall
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
kill
