#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# helios-manifest, and with it the parser of sysinit.  In testsuite/manifest
# are manifests to be accepted, each with what --list prints (good/), and
# manifests with one error each, named after it (bad/); what is said of those
# is in the first line (# expect: LINE: TEXT) or, where a comment cannot
# stand, in NAME.err.
#
#	HELIOS_MANIFEST		the tool
#	OBJCOPY, CC, TIMEOUT	those programs
#	top_srcdir		where the sources are
set -u

: "${HELIOS_MANIFEST:?this script is run by make check}"
: "${OBJCOPY:?}" "${CC:?}" "${TIMEOUT:?}" "${top_srcdir:?}"
: "${SYSTEM_BUILD:=.}" "${HELIOS_HOSTED:=none}" "${VULCAN:=none}"
. "$top_srcdir/testsuite/system/lib.sh"

dir=$top_srcdir/testsuite/manifest
make_workdir

# run <argument>...: status, $workdir/out and $workdir/err are what it did.
run()
{
	"$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_MANIFEST" "$@" \
		>"$workdir/out" 2>"$workdir/err"
	status=$?
}

# is <description> <status> <standard output> <standard error>
is()
{
	printf '%s' "${3:+$3
}" >"$workdir/want.out"
	printf '%s' "${4:+$4
}" >"$workdir/want.err"
	if [ "$status" = "$2" ] &&
		cmp -s "$workdir/want.out" "$workdir/out" &&
		cmp -s "$workdir/want.err" "$workdir/err"; then
		ok "$1"
	else
		not_ok "$1" "status $status, expected $2
$(diff "$workdir/want.out" "$workdir/out")
$(diff "$workdir/want.err" "$workdir/err")"
	fi
}

# says <description> <status> <a part of standard error>
says()
{
	if [ "$status" = "$2" ] && grep -qF -e "$3" "$workdir/err"; then
		ok "$1"
	else
		not_ok "$1" "status $status, expected $2; expected: $3
$(cat "$workdir/err")"
	fi
}

for file in "$dir"/good/*.manifest; do
	name=$(basename "$file" .manifest)
	run --list "$file"
	is "good: $name" 0 "$(cat "$dir/good/$name.list")" ""
done

for file in "$dir"/bad/*.manifest; do
	name=$(basename "$file" .manifest)
	if [ -f "$dir/bad/$name.err" ]; then
		want=$(cat "$dir/bad/$name.err")
	else
		want=$(sed -n '1s/^# expect: //p' "$file")
	fi
	# A line's number follows the file's name at once.
	case $want in
	[0-9]*:*)
		;;
	*)
		want=" $want"
		;;
	esac
	run "$file"
	is "bad: $name" 1 "" "$file:$want"
done

# The files above are only as good as they are many.
good=$(find "$dir/good" -name '*.manifest' | wc -l)
bad=$(find "$dir/bad" -name '*.manifest' | wc -l)
if [ "$good" -ge 20 ] && [ "$bad" -ge 80 ]; then
	ok "there are at least 20 good and 80 bad manifests"
else
	not_ok "there are at least 20 good and 80 bad manifests" "$good, $bad"
fi

# Whatever the cut leaves is right or wrong, and the tool ends by itself.
for file in "$dir"/good/*.manifest; do
	size=$(wc -c <"$file")
	bytes=0
	crash=
	while [ "$bytes" -lt "$size" ]; do
		head -c "$bytes" "$file" >"$workdir/cut.$bytes"
		bytes=$((bytes + 1))
	done
	# xargs ends with 123 if the tool ended with any status up to 125 and
	# with 125 if a signal ended it; all that a sanitizer or the like
	# prints is strange.
	find "$workdir" -name 'cut.*' -print0 | "$TIMEOUT" -k 10 "$LIMIT" \
		xargs -0 -n 400 "$HELIOS_MANIFEST" >/dev/null \
		2>"$workdir/err"
	case $? in
	0 | 123)
		grep -vE "^$workdir/cut\\.[0-9]+:([0-9]+:)? [^ ].*" \
			"$workdir/err" >"$workdir/strange"
		[ ! -s "$workdir/strange" ] || crash=$(cat "$workdir/strange")
		;;
	*)
		crash="status $?: $(tail -n 3 "$workdir/err")"
		;;
	esac
	find "$workdir" -name 'cut.*' -delete
	name=$(basename "$file" .manifest)
	if [ -z "$crash" ]; then
		ok "cut after each byte: $name"
	else
		not_ok "cut after each byte: $name" "$crash"
	fi
done

seed=$dir/good/seed.manifest
list=$(cat "$dir/good/seed.list")

run "$seed"
is "a good manifest is passed over in silence" 0 "" ""
run --list - <"$seed"
is "from standard input" 0 "$list" ""
run - <"$dir/bad/name-empty.manifest"
is "an error in standard input" 1 "" \
	"<stdin>:$(sed -n '1s/^# expect: //p' \
		"$dir/bad/name-empty.manifest")"
run --list "$seed" "$seed"
is "two manifests are listed one after the other" 0 "$list

$list" ""
run "$seed" "$dir/bad/name-empty.manifest" "$seed"
says "one of three wrong" 1 "name-empty.manifest:"

run "$workdir/none"
says "a file that is not there" 2 "none: No such file"
run "$workdir"
says "a directory" 2 "Is a directory"
run "$workdir/none" "$dir/bad/name-empty.manifest"
says "the others are checked nevertheless" 2 "name-empty.manifest:"
run
says "no file" 2 "no file; expected"
run --lost "$seed"
says "an unknown option" 2 "--lost"
for address in "" 0x g 1g -1 " 1" 10000000000000000; do
	run --symbol="$address" "$seed"
	says "--symbol=\"$address\"" 2 "expected a hexadecimal address"
done
run --help
if [ "$status" = 0 ] && grep -q '^Usage: helios-manifest' "$workdir/out"; then
	ok "--help"
else
	not_ok "--help" "$(cat "$workdir/out" "$workdir/err")"
fi
run --version
if [ "$status" = 0 ] && grep -q '^helios-manifest (Helios) [0-9]' \
	"$workdir/out"; then
	ok "--version"
else
	not_ok "--version" "$(cat "$workdir/out" "$workdir/err")"
fi
if [ -w /dev/full ]; then
	"$HELIOS_MANIFEST" --list "$seed" >/dev/full 2>"$workdir/err"
	status=$?
	says "output that cannot be written" 2 "standard output: "
else
	skip "output that cannot be written" "no /dev/full"
fi

# ELF files.  bare: a function of unknown size, as in assembly.
cat >"$workdir/driver.s" <<END
	.text
	.globl	first, second
	.type	first, @function
first:	.skip	16
	.size	first, 16
	.type	second, @function
second:	.skip	32
	.size	second, 32
	.skip	16
	.type	bare, @function
bare:	.skip	16
	.type	object, @object
object:	.skip	8
END
elf=$workdir/driver.o
$CC -c -o "$elf" "$workdir/driver.s" || exit 99

# with <section> <file> <output> [option]: driver.o with a section.
with()
{
	"$OBJCOPY" --add-section "$1=$2" --set-section-flags \
		"$1=contents,readonly" "$elf" "$3" || exit 99
}

with .manifest "$seed" "$workdir/good.o"
with .manifest "$dir/bad/name-empty.manifest" "$workdir/bad.o"
with .manifesto "$seed" "$workdir/other.o"

run --list "$workdir/good.o"
is "in an ELF file" 0 "$list" ""
run --list - <"$workdir/good.o"
is "in an ELF file from standard input" 0 "$list" ""
run "$workdir/bad.o"
is "an error in an ELF file" 1 "" "$workdir/bad.o: .manifest:$(
	sed -n '1s/^# expect: //p' "$dir/bad/name-empty.manifest")"
run "$elf"
says "an ELF file without a manifest" 1 ".manifest: no section of this name"
run "$workdir/other.o"
says "a section of a longer name" 1 ".manifest: no section of this name"
"$OBJCOPY" --set-section-flags .text=contents,readonly \
	--rename-section .text=.manifest "$elf" "$workdir/zeros.o"
run "$workdir/zeros.o"
says "a manifest of zeros" 1 ".manifest:1: byte 0x00"

# symbol <description> <address> <name+offset>
symbol()
{
	run --symbol="$2" "$elf"
	is "$1" 0 "$3" ""
}

# no_symbol <description> <address>
no_symbol()
{
	run --symbol="$2" "$elf"
	is "$1" 1 "" "$elf: no function has address 0x$2"
}

symbol "the first byte of a function" 0x0 first+0x0
symbol "the last byte of a function" f first+0xf
symbol "the first byte of the next" 10 second+0x0
symbol "the last byte of the next" 2f second+0x1f
no_symbol "between functions" 30
symbol "a function of unknown size" 44 bare+0x4
no_symbol "after the section" 58
no_symbol "the last address" ffffffffffffffff
run --symbol=0 "$seed"
says "a symbol of a text" 1 "no ELF file"
"$OBJCOPY" --strip-all "$workdir/good.o" "$workdir/stripped.o"
run --symbol=0 "$workdir/stripped.o"
says "a file without symbols" 1 "no function has address"

# Cut after every 8th byte: never more than "wrong".
cut_elf()
{
	size=$(wc -c <"$workdir/good.o")
	bytes=4
	while [ "$bytes" -lt "$size" ]; do
		head -c "$bytes" "$workdir/good.o" >"$workdir/cut.o"
		for option in --list --symbol=20; do
			run "$option" "$workdir/cut.o"
			[ "$status" -le 1 ] || echo "$bytes $option: $status"
			grep -v "^$workdir/cut.o:" "$workdir/err"
		done
		bytes=$((bytes + 8))
	done
}
result=$(cut_elf)
if [ -z "$result" ]; then
	ok "an ELF file cut at every 8th byte"
else
	not_ok "an ELF file cut at every 8th byte" "$result"
fi

# poke <file> <offset> <bytes as printf has them>
poke()
{
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# number <offset> <bytes>: of good.o, decimal
number()
{
	od -A n -t "u$2" -j "$1" -N "$2" "$workdir/good.o" | tr -d ' '
}

# header <name>: where its section header is.  Elf64_Ehdr: e_shoff at 40,
# e_shnum at 60, e_shstrndx at 62; Elf64_Shdr: 64 bytes, sh_name at 0,
# sh_type at 4, sh_flags at 8, sh_offset at 24, sh_size at 32, sh_link at 40.
shoff=$(number 40 8)
shnum=$(number 60 2)
shstrndx=$(number 62 2)
names=$(number $((shoff + shstrndx * 64 + 24)) 8)
header()
{
	n=0
	while [ "$n" -lt "$shnum" ]; do
		at=$((shoff + n * 64))
		found=$(dd if="$workdir/good.o" bs=1 \
			skip=$((names + $(number "$at" 4))) count=16 \
			status=none | tr '\0' '\n' | head -n 1)
		if [ "$found" = "$1" ]; then
			echo "$at"
			return
		fi
		n=$((n + 1))
	done
}
manifest=$(header .manifest)
symtab=$(header .symtab)
strtab=$(header .strtab)
if [ -z "$manifest" ] || [ -z "$symtab" ] || [ -z "$strtab" ]; then
	echo "Bail out! no section headers found in good.o"
	exit 99
fi

# lie <description> <offset> <bytes> <message of the tool>
lie()
{
	cp "$workdir/good.o" "$workdir/lie.o"
	poke "$workdir/lie.o" "$2" "$3"
	run --list "$workdir/lie.o"
	says "$1" 1 "$4"
}

ones='\377\377\377\377\377\377\377\377'
near='\360\377\377\377\377\377\377\377'
lie "a file of 32 bits" 4 '\001' "of 64 bits"
lie "a file that is big-endian" 5 '\002' "of 64 bits"
lie "no section headers" 40 '\0\0\0\0\0\0\0\0' "without section headers"
lie "section headers at the end of memory" 40 "$ones" "outside the file"
lie "section headers that wrap around" 40 "$near" "outside the file"
lie "section headers of another size" 58 '\101' "outside the file"
lie "too many section headers" 60 '\377\377' "outside the file"
lie "names in a section that is not there" 62 '\376\377' "without names"
lie "names at the end of memory" $((shoff + shstrndx * 64 + 24)) "$ones" \
	"without names"
lie "names without an end" $((shoff + shstrndx * 64 + 32)) '\003\0' \
	"no section of this name"
lie "a name outside the names" "$manifest" '\377\377\377\377' \
	"no section of this name"
lie "a section without contents" $((manifest + 4)) '\010' "are not in the file"
lie "a compressed section" $((manifest + 9)) '\010' "is compressed"
lie "contents at the end of memory" $((manifest + 24)) "$ones" \
	"are not in the file"
lie "contents that are too long" $((manifest + 32)) "$ones" \
	"are not in the file"
lie "contents that wrap around" $((manifest + 32)) "$near" \
	"are not in the file"

# lie_symbol <description> <offset> <bytes>
lie_symbol()
{
	cp "$workdir/good.o" "$workdir/lie.o"
	poke "$workdir/lie.o" "$2" "$3"
	run --symbol=8 "$workdir/lie.o"
	says "$1" 1 "no function has address 0x8"
}

lie_symbol "symbols at the end of memory" $((symtab + 24)) "$ones"
lie_symbol "symbols that are too long" $((symtab + 32)) "$ones"
lie_symbol "symbols without names" $((symtab + 40)) '\377\377\377\377'
lie_symbol "names of symbols outside" $((strtab + 24)) "$ones"
lie_symbol "names of symbols cut off" $((strtab + 32)) '\002\0\0\0'

tap_done
