#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guest instructions of each operation of the kernel, beside seL4's for the
# same one, on the same command line of QEMU, where -icount shift=0 makes the
# time stamp counter count instructions.
#
# seL4's figures: 16.0 (revision 1326364bc), release, C fastpath, default
# scheduler, without a separate kernel page table; medians of 10,000, as ours
# are of 1,001.  They were measured by this project.  An instruction ratio says
# nothing about cycles of a processor.
#
#	HELIOS_KERNEL	the kernel
#	COST_TAR	the initramfs with cost.c
#	BUILD		debug or release: what it is
#	QEMU, TIMEOUT	those programs
: "${HELIOS_KERNEL:?this script is run by make bench-cost}"
: "${COST_TAR:?}" "${BUILD:?}" "${TIMEOUT:?}"

export LC_ALL=C

if [ -z "$QEMU" ]; then
	echo "cost of operations: left out, configured --without-qemu"
	exit 0
fi
out=$("$TIMEOUT" -k 10 600 "$QEMU" -machine pc,accel=tcg \
	-cpu Haswell-noTSX,vendor=GenuineIntel -smp 1 -m 1G \
	-global hpet.msi=on -display none -monitor none -no-reboot \
	-nodefaults -icount shift=0,sleep=off -serial stdio \
	-kernel "$HELIOS_KERNEL" -initrd "$COST_TAR" \
	-append log-level=error </dev/null 2>&1 | tr -d '\r')
case $out in
*"cost end"*) ;;
*)
	echo "bench-cost: expected the machine to measure everything, found" >&2
	printf '%s\n' "$out" | tail -n 20 >&2
	exit 1
	;;
esac
echo
echo "instructions of operations: $BUILD kernel"
printf '%s\n' "$out" | awk '
BEGIN {
	n = split("null 239 signal 358 yield-self 280 copy 810 mint 850 " \
		"destroy 717 revoke-one 863 endpoint-create 1003 " \
		"endpoint-destroy 737 page-create 3724 page-destroy 741 " \
		"map 701 unmap 572 space-create 21847 space-destroy 5990 " \
		"task-life 15035 call-0 413 call-1 425 call-4 455 " \
		"call-5 1538 call-8 1568 call-16 1648 call-32 1808 " \
		"call-64 2128 call-0-fpu 441 call-0-cap 1261 " \
		"note-ping-pong 1985 signal-one-way 513 yield 514 " \
		"interrupt 357 exception 1342 page-fault 1915 " \
		"call-0/other 417 call-1/other 429 call-4/other 459 " \
		"call-5/other 1542 call-8/other 1572 call-16/other 1652 " \
		"call-32/other 1812 call-64/other 2132 " \
		"call-0-fpu/other 445 call-0-cap/other 1265 " \
		"note-ping-pong/other 1989 signal-one-way/other 515 " \
		"yield/other 518 exception/other 1346 " \
		"page-fault/other 1919", words, " ")
	for (i = 1; i < n; i += 2)
		sel4[words[i]] = words[i + 1]
	printf "%-24s %9s %9s %9s  %s\n", "operation", "median", "highest",
		"seL4", "ratio"
}
$1 == "cost" && NF == 5 && $2 != "empty" {
	printf "%-24s %9d %9d", $2, $3, $5
	if ($2 in sel4)
		printf " %9d  %.2f", sel4[$2], $3 / sel4[$2]
	print ""
}'
