#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The kernel stays small and its boot short.  The figures are those of make
# bench: sizes, and instructions as QEMU counts them, which no other load on
# the host can change.
. "$(dirname "$0")/lib.sh"
: "${HELIOS_KERNEL:?}" "${BOOT_TAR:?}" "${BUILD:?}" "${READELF:?}"
make_workdir
cd "$workdir" || exit 99
QEMU_HERE=$QEMU
export READELF QEMU

STATIC_LIMIT=1048576
BOOT_LIMIT=40000000		# at 256 MiB
GROWTH_LIMIT=20000		# for each MiB
case $BUILD in
release) TEXT_LIMIT=65536 ;;
*) TEXT_LIMIT=81920 ;;		# with the checks of invariants
esac

# machine <memories> [figures]
machine()
{
	MEMORIES=$1 "$TIMEOUT" -k 10 "$LIMIT" sh \
		"$top_srcdir/testsuite/bench/machine.sh" ${2-} >out 2>err
}

# figure <name>
figure()
{
	awk -v name="$1" '$1 == name { print $2 }' out
}

# at_most <description> <figure> <limit>
at_most()
{
	if [ -n "$2" ] && [ "$2" -gt 0 ] && [ "$2" -le "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "expected at most $3, found ${2:-no figure}"
	fi
}

export GRUB_MKRESCUE=
if machine "64 256" figures; then
	ok "the figures can be had"
else
	not_ok "the figures can be had" "$(cat err out)"
fi
at_most "text" "$(figure text)" $TEXT_LIMIT
at_most "text of the boot, which is there" "$(figure boot-text)" 32768
at_most "static data" "$(figure static)" $STATIC_LIMIT
if [ -n "$QEMU" ]; then
	large=$(figure kernel-256)
	small=$(figure kernel-64)
	at_most "instructions to init at 256 MiB" "$large" $BOOT_LIMIT
	at_most "and for each MiB more" \
		"$(((${large:-0} - ${small:-0}) / 192))" $GROWTH_LIMIT
else
	skip "instructions to init" "configured --without-qemu"
fi

# For people, and without QEMU.
machine 64
if grep -q "^kernel for the machine: $BUILD build" out &&
	grep -q '^text  *[0-9]* bytes  target 65536' out &&
	grep -q '^text of the boot, gone after it  *[0-9]* bytes' out &&
	{ [ -z "$QEMU" ] || grep -q '^  kernel  *64 MiB  *[0-9]' out; }
then
	ok "the table"
else
	not_ok "the table" "$(cat err out)"
fi
QEMU=
if machine 64 && grep -q '^instructions to init: left out' out; then
	ok "without QEMU it says what it leaves out"
else
	not_ok "without QEMU it says what it leaves out" "$(cat err out)"
fi

# A kernel that is not what it is said to be is no figure of it.
case $BUILD in
release) BUILD=debug ;;
*) BUILD=release ;;
esac
QEMU=$QEMU_HERE
if [ -z "$QEMU" ]; then
	skip "another build than expected is an error" \
		"configured --without-qemu"
elif machine 64 || ! grep -q 'expected a .* kernel, found a' err; then
	not_ok "another build than expected is an error" "$(cat err out)"
else
	ok "another build than expected is an error"
fi
tap_done
