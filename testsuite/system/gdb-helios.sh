#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the helios commands say, against what gdbguest has done and what gdb
# itself reads; and that they notice what is changed or broken under them.
. "$(dirname "$0")/gdb-lib.sh"
need_gdb

cat >facts.gdb <<'EOF'
break guest_all_set
run
echo == tasks\n
helios tasks
echo == caps\n
helios caps init
echo == derivation\n
helios derivation init.vspace
echo == endpoint\n
helios derivation init:3
echo == vspace\n
helios vspace
set $space = (struct vspace *)(((struct task *)cpu0.current)->slots[1].cap >> 16)
printf "SPACE %lu pages, %lu tables\n", $space->nmapped, $space->tables
echo == memory\n
helios memory
printf "ROOT %lu %lu\n", root_memory->pages, root_memory->free
printf "NFRAMES %u\n", 'memory.c'::nframes
echo == log\n
helios log
echo == log1\n
helios log 1
echo == x\n
set var guest_word = 0x1122334455667788
helios x init &guest_word 8
echo == symbols\n
helios symbols
echo == help\n
helios help
EOF

gdb_run facts.gdb --isolation=strict "$GUEST" -- threads
cp out facts

# part <name>: out is that part of the facts.
part()
{
	awk -v name="$1" '/^== / { on = $2 == name; next } on' facts >out
}

part tasks
shows "tasks: three" '^3 tasks$'
shows "tasks: init runs" '^\* +[0-9]+ +init .* running .* guest_all_set'
shows "tasks: one waits for a message" \
	'^ +[0-9]+ +waiter .* receiving on Endpoint #[0-9]+ \(init:[0-9]+\)'
shows "tasks: one was stopped at its fault" \
	'^ +[0-9]+ +crasher .* suspended .* crash'
part caps
shows "caps: init's Memory is where the ABI says" '^3 +Memory #[0-9]+'
shows "caps: and its task" '^2 +Task #[0-9]+ "init"'
shows "caps: the badge" \
	'^[0-9]+ +Endpoint #[0-9]+ +send\+recv\+grant +badge 0x77$'
shows "caps: a page with its address and rights" \
	'^[0-9]+ +Page at 0x[0-9a-f]+ +r\+w\+x +mapped at 0x55'
shows "caps: how many" '^CSpace #[0-9]+: [0-9]+ of [0-9]+ slots used$'
part derivation
in_order "derivation: from everything down to the slot" '^everything$' \
	'^    init:3  Memory #' '^        init:1  VSpace #' \
	'^            init.vspace  VSpace #[0-9]+   <--$'
part endpoint
in_order "derivation: the minted capability is below its endpoint" \
	'^        init:[0-9]+  Endpoint #' \
	'^            init:[0-9]+  Endpoint #.*badge 0x77'
part vspace
shows "vspace: the program's text" ' r-x .* text of init$'
lacks "vspace: nothing is writable and executable" ' rwx '
shows "vspace: a stack" ' rw- '
shown=$(sed -n 's/^VSpace #[0-9]*: \([0-9]*\) pages mapped, \([0-9]*\) .*/\1 \2/p' out)
own=$(sed -n 's/^SPACE \([0-9]*\) pages, \([0-9]*\) tables/\1 \2/p' out)
if [ -n "$shown" ] && [ "$shown" = "$own" ]; then
	ok "vspace: as many pages in the tables as the kernel counts"
else
	not_ok "vspace: as many pages in the tables as the kernel counts" \
		"kernel: $own, tables: $shown"
fi
part memory
pages=$(sed -n 's/^ROOT //p' out)
shows "memory: init's, with the kernel's numbers" \
	"^#[0-9]+ +${pages% *} +${pages#* } .* init:3$"
frames=$(awk '/^frames:/ { for (i = 3; i <= NF; i += 2) n += $i; print n }' \
	out)
shows "memory: every frame is counted once" "^NFRAMES ${frames:-none}$"
part log
shows "log: why the crasher stopped" \
	'^\[ *[0-9]+\.[0-9]{6}\] warning: .*crasher'
part log1
counts "log: only so many lines" 1 .
part x
shows "x: memory of a task" ': 88 77 66 55 44 33 22 11 '
part symbols
shows "symbols: init" '^0x5500[0-9a-f]+ +#[0-9]+ +init$'
part help
for command in tasks caps derivation vspace memory log x symbols; do
	shows "help names $command" "^helios $command( |\$)"
done

# What is planted must show.
cat >planted.gdb <<'EOF'
break guest_all_set
run
python
import helios.kernel
k = helios.kernel.Kernel()
waiter = k.find_task("waiter")
gdb.set_convenience_variable("waiter", waiter.addr)
slot = [s for c, s in k.cspace_slots(k.current().part(0)) if c == 2][0]
gdb.set_convenience_variable("slot", slot.addr)
end
set var ((struct task *)$waiter)->name[0] = 'W'
set var ((struct task *)$waiter)->suspended = 1
helios tasks
helios derivation $slot
set var ((struct slot *)$slot)->close.next = (struct mark *)(&((struct slot *)$slot)->close)
python
for command in ("helios derivation init:3", "helios derivation init:9999",
                "helios vspace nobody", "helios nonsense", "helios x init 0",
                "helios caps a b"):
    try:
        gdb.execute(command)
        print("NO ERROR " + command)
    except gdb.error as error:
        print("ERROR %s" % error)
end
EOF
gdb_run planted.gdb "$GUEST" -- threads
shows "a task renamed and suspended under gdb shows at once" \
	' Waiter .* suspended, receiving'
shows "an address is a slot, too" '^        init:2  Task #[0-9]+ "init"'
shows "a broken derivation list is reported" \
	'^ERROR helios: the derivation list is broken'
shows "an unused slot is reported" \
	'^ERROR helios: slot 9999 of task "init" holds no capability'
shows "an unknown task is reported" \
	'^ERROR helios: expected the id or name of a task, found "nobody"'
shows "an unknown command is reported" '^ERROR .*nonsense'
shows "unmapped memory is reported" \
	'^ERROR helios: task "init": nothing is mapped at 0x0'
shows "too many arguments are reported" \
	'^ERROR helios: expected "helios caps \[TASK\]", found "a b"'
lacks "and none goes through" '^NO ERROR'

# Before there is a kernel to look at.
printf 'helios tasks\n' >early.gdb
gdb_run early.gdb "$GUEST"
shows "before the boot, that is what they say" \
	'helios: the kernel has not booted yet'
tap_done
