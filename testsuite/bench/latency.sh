#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The longest stretches with interrupts off, in instructions, over Vulcan and
# over a program that asks for as much in one call as it can: the kernel that
# keeps the table of them (src/hal-baremetal/latency.c) prints it at power-off.
# Counted as cost.sh does.
#
#	LATENCY_KERNEL	helios-kernel-latency
#	VULCAN, HOSTILE_TAR	what it boots; VULCAN empty: without
#	BUILD		debug or release: what the kernel is
#	QEMU, TIMEOUT	those programs
#	SIZE		of trees and so on (60000)
#	MEMORY		of the machine (2G)
: "${LATENCY_KERNEL:?this script is run by make bench-latency}"
: "${HOSTILE_TAR:?}" "${BUILD:?}" "${TIMEOUT:?}" "${top_srcdir:?}"

export LC_ALL=C

TARGET=20000
SIZE=${SIZE-60000}
MEMORY=${MEMORY-2G}
include=$top_srcdir/include/helios

if [ -z "$QEMU" ]; then
	echo "interrupts off: left out, configured --without-qemu"
	exit 0
fi

# run <what> <memory> <initramfs> <init's last line> <init's arguments>
run()
{
	"$TIMEOUT" -k 10 1200 "$QEMU" -machine pc,accel=tcg \
		-cpu Haswell-noTSX,vendor=GenuineIntel -smp 1 -m "$2" \
		-global hpet.msi=on -display none -monitor none -no-reboot \
		-nodefaults -icount shift=0,sleep=off -serial stdio \
		-kernel "$LATENCY_KERNEL" -initrd "$3" \
		-append "log-level=error -- $5" </dev/null 2>&1 |
		tr -d '\r' >"$workdir/out"
	if ! grep -q "^$4" "$workdir/out"; then
		echo "bench-latency: expected a line '$4' from $1, found" >&2
		grep -v '^latency ' "$workdir/out" | tail -n 20 >&2
		exit 1
	fi
	echo "longest stretches with interrupts off, over $1: $BUILD kernel"
	awk -v most=8 -v limit="$TARGET" \
		-f "$top_srcdir/testsuite/bench/latency.awk" \
		"$include/syscall.h" "$include/object.h" "$workdir/out" || {
		echo "bench-latency: expected the table of the kernel, found" \
			"none" >&2
		exit 1
	}
}

workdir=$(mktemp -d "${TMPDIR:-/tmp}/helios-latency.XXXXXX") || exit 1
trap 'rm -rf "$workdir"' EXIT
trap 'exit 1' HUP INT TERM
echo
if [ -n "$VULCAN" ]; then
	run Vulcan 256 "$VULCAN" '1\.\.[0-9]' ''
fi
run "a hostile program, $SIZE" "$MEMORY" "$HOSTILE_TAR" 'hostile end' "$SIZE"
