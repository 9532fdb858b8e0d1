#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the operations of cost.sh take among many live objects of each kind,
# the kernel memory of one object, and what it takes to destroy large trees of
# capabilities.  Counted as cost.sh does.
#
#	HELIOS_KERNEL	the kernel
#	SCALE_TAR	the initramfs with scale/main.c
#	BUILD		debug or release: what it is
#	QEMU, TIMEOUT	those programs
#	SIZES		numbers of objects (10 1000 100000)
#	TREES		sizes of trees (10 1000 60000)
#	MEMORY		of the machine (2G)
#	VERBOSE		not empty: every operation beside every kind
: "${HELIOS_KERNEL:?this script is run by make bench-scale}"
: "${SCALE_TAR:?}" "${BUILD:?}" "${TIMEOUT:?}" "${top_srcdir:?}"

export LC_ALL=C

SIZES=${SIZES-10 1000 100000}
TREES=${TREES-10 1000 60000}
MEMORY=${MEMORY-2G}

if [ -z "$QEMU" ]; then
	echo "scaling: left out, configured --without-qemu"
	exit 0
fi
workdir=$(mktemp -d "${TMPDIR:-/tmp}/helios-scale.XXXXXX") || exit 1
trap 'rm -rf "$workdir"' EXIT
trap 'exit 1' HUP INT TERM
"$TIMEOUT" -k 10 3000 "$QEMU" -machine pc,accel=tcg \
	-cpu Haswell-noTSX,vendor=GenuineIntel -smp 1 -m "$MEMORY" \
	-global hpet.msi=on -display none -monitor none -no-reboot \
	-nodefaults -icount shift=0,sleep=off -serial stdio \
	-kernel "$HELIOS_KERNEL" -initrd "$SCALE_TAR" \
	-append "log-level=error -- $SIZES tree $TREES" </dev/null 2>&1 |
	tr -d '\r' >"$workdir/out"
echo
echo "scaling: $BUILD kernel"
awk -v limit=1.1 -v verbose="$VERBOSE" \
	-f "$top_srcdir/testsuite/bench/scale.awk" "$workdir/out" || {
	echo "bench-scale: expected a line 'scale end' at last, found" >&2
	tail -n 20 "$workdir/out" >&2
	exit 1
}
