#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guest instructions of each operation of the kernel, beside seL4's for the
# same one, and the costly instructions among them: see doc/performance.md.
#
#	HELIOS_KERNEL	the kernel
#	COST_TAR	the initramfs with the measuring program
#	COST_INIT	that program
#	BUILD		debug or release: what the kernel is
#	COMPILER	who made it, with which options: for people
#	OUTPUT		where the results go
#	BASELINE	results of an earlier run to compare with, or empty
#	SOURCE		where the sources are
#	SAMPLES, TRACE	how many samples, of which operations to trace one: for
#			a quick look
#	QEMU, PYTHON3, OBJDUMP, NM, READELF	those programs
: "${HELIOS_KERNEL:?this script is run by make bench-cost}"
: "${COST_TAR:?}" "${COST_INIT:?}" "${BUILD:?}" "${OUTPUT:?}" "${SOURCE:?}"

export LC_ALL=C

if [ -z "$QEMU" ]; then
	echo "cost of operations: left out, configured --without-qemu"
	exit 0
fi
exec "${PYTHON3:?}" -B "$(dirname "$0")/cost_table.py" \
	--kernel="$HELIOS_KERNEL" --program="$COST_TAR" --init="$COST_INIT" \
	--build="$BUILD" --compiler="${COMPILER:-unknown}" \
	--samples="${SAMPLES:-0}" --trace="${TRACE-}" \
	--output="$OUTPUT" --baseline="${BASELINE-}" --source="$SOURCE" \
	--qemu="$QEMU" --objdump="${OBJDUMP:-objdump}" --nm="${NM:?}" \
	--readelf="${READELF:?}"
