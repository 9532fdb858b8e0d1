#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The part of make bench about the machine: how large the kernel is, and how
# many instructions it takes from the loader's hand-over to init's first one.
# QEMU counts them: with -icount shift=0 its clock, and so the time stamp
# counter, advances by one for each.
#
# machine.sh [figures]: with that word, only "name value" lines, for tests.
# A part that is missing is said to be left out; a part that fails, fails.
#
#	HELIOS_KERNEL	the kernel
#	BUILD		debug or release: what it is
#	BOOT_TAR	the initramfs with boot.c
#	QEMU		empty: configured without
#	GRUB_MKRESCUE, XORRISO	the same
#	READELF, TIMEOUT	those programs
#	MEMORIES	MiB to try (64 128 256 1024 4096)

: "${HELIOS_KERNEL:?this script is run by make bench}"
: "${BUILD:?}" "${BOOT_TAR:?}" "${READELF:?}" "${TIMEOUT:?}"

export LC_ALL=C

TEXT_TARGET=65536
STATIC_TARGET=1048576
BOOT_TARGET=40000000
LIMIT=600
MEMORIES=${MEMORIES-64 128 256 1024 4096}
figures=${1-}

fail()
{
	echo "bench: $*" >&2
	exit 1
}

# section <name>...: their sizes together.
section()
{
	sum=0
	for name; do
		size=$("$READELF" -SW "$HELIOS_KERNEL" | sed 's/^ *\[ *[0-9]*\]//' |
			awk -v name="$name" '$1 == name { print $5 }')
		[ -n "$size" ] || fail "$HELIOS_KERNEL has no section $name"
		sum=$((sum + 0x$size))
	done
	echo "$sum"
}

# boot <arguments of QEMU>...: sets count.
boot()
{
	line=$("$TIMEOUT" -k 10 "$LIMIT" "$QEMU" \
		-machine pc,accel=tcg -cpu Haswell-noTSX,vendor=GenuineIntel \
		-icount shift=0,sleep=off -nodefaults -no-user-config \
		-nic none -device VGA -display none -no-reboot \
		-serial stdio "$@" </dev/null 2>&1 | tr -d '\r')
	set -- $(printf '%s\n' "$line" |
		sed -nE 's/^boot ((debug|release)( [0-9]+){3})$/\1/p')
	[ $# = 4 ] || fail "expected a line 'boot BUILD FIRST INIT COUNT' \
from the machine, found
$line"
	[ "$1" = "$BUILD" ] ||
		fail "expected a $BUILD kernel, found a $1 kernel"
	count=$4
}

# target <figure> <limit>: of release builds, so others get no verdict.
target()
{
	if [ "$BUILD" != release ]; then
		echo "target $2, of a release build"
	elif [ "$1" -le "$2" ]; then
		echo "target $2  PASS"
	else
		echo "target $2  MISS"
	fi
}

text=$(section .text) || exit 1
boot_text=$(section .boot .boot.text) || exit 1
static=$(section .data .bss) || exit 1
rodata=$(section .rodata .boot.rodata) || exit 1
symbols=$(section .symbols) || exit 1
if [ -n "$figures" ]; then
	echo "text $text"
	echo "boot-text $boot_text"
	echo "static $static"
	echo "rodata $rodata"
	echo "symbols $symbols"
else
	echo
	echo "kernel for the machine: $BUILD build"
	row='%-38s %12d bytes  %s\n'
	printf "$row" "text" "$text" "$(target "$text" $TEXT_TARGET)"
	printf "$row" "text of the boot, gone after it" "$boot_text" ""
	printf "$row" "static data" "$static" \
		"$(target "$static" $STATIC_TARGET)"
	printf "$row" "read-only data" "$rodata" ""
	printf "$row" "table of its symbols, for backtraces" "$symbols" ""
fi

if [ -z "$QEMU" ]; then
	[ -n "$figures" ] ||
		echo "instructions to init: left out, configured --without-qemu"
	exit 0
fi

# report <what> <MiB>
report()
{
	if [ -n "$figures" ]; then
		echo "$1-$2 $count"
		return
	fi
	grown=
	[ -z "${before-}" ] ||
		grown="$(((count - before) / ($2 - before_mib))) for each MiB more"
	case $1.$2 in
	kernel.256)
		grown="$grown${grown:+, }$(target "$count" $BOOT_TARGET)"
		;;
	esac
	printf '%-25s %8d MiB  %12d  %s\n' "  $1" "$2" "$count" "$grown"
	before=$count
	before_mib=$2
}

[ -n "$figures" ] ||
	echo "instructions from the loader's hand-over to init's first"
for mib in $MEMORIES; do
	boot -m "$mib" -kernel "$HELIOS_KERNEL" -initrd "$BOOT_TAR" \
		-append "log-level=error"
	report kernel "$mib"
done

# The same under GRUB, on a disc of our own that asks nothing.
before=
if [ -z "${GRUB_MKRESCUE-}" ]; then
	[ -n "$figures" ] || echo "  GRUB: left out, configured --without-iso"
	exit 0
fi
workdir=$(mktemp -d "${TMPDIR:-/tmp}/helios-bench.XXXXXX") || exit 1
trap 'rm -rf "$workdir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$workdir/iso/boot/grub"
cp "$HELIOS_KERNEL" "$BOOT_TAR" "$workdir/iso/boot" || exit 1
cat >"$workdir/iso/boot/grub/grub.cfg" <<EOF
multiboot2 /boot/${HELIOS_KERNEL##*/} log-level=error
module2 /boot/${BOOT_TAR##*/}
set gfxpayload=text
boot
EOF
"$GRUB_MKRESCUE" --xorriso="$XORRISO" --fonts= --locales= --themes= \
	--output="$workdir/boot.iso" "$workdir/iso" >"$workdir/log" 2>&1 || {
	cat "$workdir/log" >&2
	fail "$GRUB_MKRESCUE makes no disc"
}
boot -m 256 -drive "file=$workdir/boot.iso,format=raw,media=cdrom,readonly=on"
report grub 256
