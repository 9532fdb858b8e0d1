#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What only boot needs is gone after it, so nothing else may refer to it: the
# linking of the kernel fails, and says who does.  Tried with small programs
# that are laid out as the kernel is.  (That a jump there is a fault in the
# kernel itself, qemu-panic.sh sees.)
. "$(dirname "$0")/lib.sh"
: "${HELIOS_KERNEL:?}" "${CC:?}" "${NM:?}" "${READELF:?}"
make_workdir
cd "$workdir" || exit 99

check=$top_srcdir/src/hal-baremetal/bootcode.awk

cat >script.ld <<'EOF'
ENTRY(late)
SECTIONS
{
	. = 0xffffffff80200000;
	boot_start = .;
	.boot.text : { *(.boot.text) }
	boot_text_end = .;
	.boot.rodata : { *(.boot.rodata) }
	boot_end = .;
	text_start = .;
	.text : { *(.text .text.*) }
	.rodata : { *(.rodata .rodata.*) }
	.data : { *(.data .data.*) }
	/DISCARD/ : { *(.comment .eh_frame .note.*) }
}
EOF

# refused <source>: is the program refused?  What is said goes to out.
refused()
{
	printf '%s\n' '#define BOOT __attribute__((section(".boot.text")))' \
		'#define APART __attribute__((noinline))' \
		'BOOT void early(void); void late(void); void other(void);' \
		"$1" >program.c
	"$CC" -O1 -ffreestanding -fno-pic -mcmodel=kernel -nostdlib -static \
		-Wl,--build-id=none -Wl,--emit-relocs -Wl,-T,script.ld \
		-o program program.c 2>log || {
		cat log >&2
		exit 99
	}
	! { $NM -n program && "$READELF" -rW program; } |
		awk -f "$check" >out 2>&1
}

# good, bad <description> <source> [words that are said]
good()
{
	if refused "$2"; then
		not_ok "$1" "$(cat out)"
	else
		ok "$1"
	fi
}

bad()
{
	if ! refused "$2"; then
		not_ok "$1" "expected that it is refused, and it is not"
	elif ! grep -q "$3" out; then
		not_ok "$1" "expected '$3', found '$(cat out)'"
	else
		ok "$1"
	fi
}

other='APART void other(void) { __asm__ volatile(""); }'
early='APART BOOT void early(void) { other(); }'

good "code of the boot may call all others" \
	"$other $early void late(void) { other(); }"
good "where it stands may be known" "$other $early
extern char boot_start[], boot_text_end[], boot_end[], *volatile where[3];
char *volatile where[3];
void late(void) { where[0] = boot_start; where[1] = boot_text_end;
where[2] = boot_end; other(); }"
bad "nobody else may call it" \
	"$other $early void late(void) { early(); other(); }" \
	"late refers to early"
bad "nor function of its own file" \
	"$other static APART BOOT void hidden(void)
{ other(); } $early void late(void) { hidden(); other(); }" \
	"late refers to"
bad "nor may a table lead to it" \
	"$other $early extern void (*volatile table[1])(void);
void (*volatile table[1])(void) = { early };
void late(void) { table[0](); other(); }" "table refers to early"
bad "nor may its constants be read" \
	"$other $early extern const volatile int constant;
__attribute__((section(\".boot.rodata\"))) const volatile int constant = 1;
void late(void) { (void)constant; other(); }" "late refers to constant"

if awk -f "$check" </dev/null >out 2>&1; then
	not_ok "no input is no proof" "$(cat out)"
else
	ok "no input is no proof"
fi

# The kernel has such code, and names nothing of it in what stays.
size=$("$READELF" -SW "$HELIOS_KERNEL" | sed 's/^ *\[ *[0-9]*\]//' |
	awk '$1 == ".boot.text" { print $5 }')
if [ $((0x${size:-0})) -ge 4096 ]; then
	ok "the kernel has code that only boot needs"
else
	not_ok "the kernel has code that only boot needs" \
		"$("$READELF" -SW "$HELIOS_KERNEL")"
fi
tap_done
