#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The part of make bench-mercury: instructions of one read of 1, 64 and 4096
# bytes from another process through the generated stubs, beside bare messages
# that carry the same.  QEMU counts: with -icount shift=0 its time stamp
# counter advances by one for each instruction.
#
# bench.sh [figures]: with that word, only "name value" lines, for tests.
#
#	HELIOS_KERNEL	the kernel
#	MERCURY_COST	the initramfs with cost.c
#	QEMU		empty: configured without
#	TIMEOUT		timeout(1)

: "${HELIOS_KERNEL:?this script is run by make bench-mercury}"
: "${MERCURY_COST:?}" "${TIMEOUT:?}"

export LC_ALL=C

LIMIT=600
NAMES="stub-1 bare-1 stub-64 bare-64 stub-4096 bare-4096 library-4096"

fail()
{
	echo "bench-mercury: $*" >&2
	exit 1
}

if [ -z "$QEMU" ]; then
	echo "cost of a read: left out, configured --without-qemu"
	exit 0
fi

lines=$("$TIMEOUT" -k 10 "$LIMIT" "$QEMU" \
	-machine pc,accel=tcg -cpu Haswell-noTSX,vendor=GenuineIntel \
	-icount shift=0,sleep=off -nodefaults -no-user-config -nic none \
	-device VGA -display none -no-reboot -m 256 -serial stdio \
	-kernel "$HELIOS_KERNEL" -initrd "$MERCURY_COST" \
	-append log-level=error </dev/null 2>&1 | tr -d '\r')

# figure <name>: what the machine said of it.
figure()
{
	value=$(printf '%s\n' "$lines" | sed -nE "s/^cost $1 ([0-9]+)\$/\1/p")
	[ -n "$value" ] || fail "expected a line 'cost $1 COUNT' from the \
machine, found
$lines"
}

if [ "${1-}" = figures ]; then
	for name in $NAMES; do
		figure "$name"
		echo "$name $value"
	done
	exit 0
fi

echo
echo "instructions of one read from another process${BUILD:+, $BUILD build}"
printf '%12s %12s %12s %12s\n' bytes bare "with stubs" more
for bytes in 1 64 4096; do
	figure "bare-$bytes"
	bare=$value
	figure "stub-$bytes"
	printf '%12d %12d %12d %12d\n' "$bytes" "$bare" "$value" \
		"$((value - bare))"
done
figure library-4096
echo "4096 bytes by mercury_read(), with a fresh page: $value"
