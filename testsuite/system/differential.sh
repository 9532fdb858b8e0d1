#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The differential test: the same program, drawing system calls from the same
# seed, sees the same kernel hosted and on the machine, line by line.  What
# may differ is said, and left out, in testsuite/differ/print.c.
#
# Time slices are long, and time itself is virtual in both worlds: QEMU's
# clock counts instructions.
. "$(dirname "$0")/lib.sh"
need_qemu
: "${HELIOS_KERNEL:?}" "${DIFFER:?}"
make_workdir
cd "$workdir" || exit 99

SEEDS="1 2 3"
STEPS=3000
SLICE=1000000

run_hosted()
{
	"$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_HOSTED" --time=virtual --seed=1 \
		--memory=64M --slice=$SLICE --log-level=error \
		"$DIFFER" -- "$1" $STEPS >"hosted.$1" 2>"hosted.$1.err"
}

run_machine()
{
	"$TIMEOUT" -k 10 "$LIMIT" "$QEMU" -machine pc,accel=tcg -cpu max \
		-m 64M -icount shift=0,sleep=off -nodefaults -no-user-config \
		-nic none -display none -no-reboot -serial stdio \
		-kernel "$HELIOS_KERNEL" -initrd "$DIFFER" \
		-append "console=serial log-level=error slice=$SLICE seed=1 \
-- $1 $STEPS" </dev/null 2>"machine.$1.err" |
		tr -d '\r' | sed '/^helios: power off, status 0$/d' \
		>"machine.$1"
}

# has_ended <file>: is that all of it?
has_ended()
{
	[ "$(tail -n 1 "$1")" = "differ end $STEPS steps" ]
}

# ended <description> <file>
ended()
{
	if has_ended "$2"; then
		ok "$1"
	else
		not_ok "$1" "expected 'differ end $STEPS steps', found
$(tail -n 5 "$2" "$2.err")"
	fi
}

# same <description> <file> <file>
same()
{
	if cmp -s "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1" "$(diff -U 5 "$2" "$3" | head -n 40)"
	fi
}

for seed in $SEEDS; do
	run_hosted "$seed"
	ended "seed $seed: hosted, it runs to its end" "hosted.$seed"
	run_machine "$seed"
	ended "seed $seed: on the machine, too" "machine.$seed"
	same "seed $seed: and every line is the same" "hosted.$seed" \
		"machine.$seed"
done

# Is there enough to compare?
cat hosted.? >all

# occurs <description> <ERE with %s> <word>...
occurs()
{
	description=$1
	pattern=$2
	shift 2
	missing=
	for word; do
		grep -qE -e "$(printf "$pattern" "$word")" all ||
			missing="$missing $word"
	done
	if [ -z "$missing" ]; then
		ok "$description"
	else
		not_ok "$description" "nowhere:$missing"
	fi
}

occurs "every system call is made" ' (init|turn [0-9]+:) %s ' writecons \
	yield identify send recv call reply reply_recv nbsend nbrecv signal \
	wait nbwait poll clock
occurs "every kind of object is there" '[0-9]:%s/' Dead Memory CSpace \
	VSpace Page Task Endpoint Note Reply IRQHandler IOPort
occurs "every status is returned" ' -> %s ' NOMEM INVALID_CADDR \
	INVALID_CSLOT INVALID_CTYPE INVALID_PARAM INVALID_OP ACCESS \
	UNSUPPORTED WOULD_BLOCK CANCELED REVOKED CSPACE_FULL \
	INVALID_SYSCALL NO_REPLY MISSING_PART REFUSED BUSY FAULT
occurs "every kind of fault arrives" '\.8000: %s ' 1 2 3 4 5

# Can it fail?
if cmp -s hosted.1 hosted.2; then
	not_ok "another seed gives other lines"
else
	ok "another seed gives other lines"
fi
head -n 1000 hosted.1 >short
if has_ended short; then
	not_ok "output that was cut off is not taken for all"
else
	ok "output that was cut off is not taken for all"
fi
sed '1000s/$/ /' hosted.1 >changed
if cmp -s changed hosted.1; then
	not_ok "one changed line is found"
else
	ok "one changed line is found"
fi
tap_done
