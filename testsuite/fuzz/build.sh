#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the fuzzers:
#
#	build.sh SOURCE BUILD CLANG
#
# from the sources in SOURCE into BUILD/testsuite/fuzz, and what each begins
# with into seeds/TARGET there (seeds.sh).  BUILD has ipcgen, its lexer
# and parser (tools/ipcgen) and the compiled protocols (protocols/mercury).
#
# TARGET-planted is the same with a check taken out of the code under test:
# a fuzzer that does not find that would find nothing.
set -eu

[ $# = 3 ] || { echo "usage: build.sh SOURCE BUILD CLANG" >&2; exit 2; }
src=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
clang=$3
out=$build/testsuite/fuzz

FLAGS='-std=gnu17 -O1 -g -Wall -Wextra -Wconversion -Wshadow
	-Wno-sign-conversion
	-fsanitize=address,undefined -fno-sanitize-recover=all'

# compile DIRECTORY FILE...: objects for libFuzzer, with $EXTRA.
EXTRA=
compile()
{
	to=$out/objects/$1
	shift
	mkdir -p "$to"
	for file; do
		"$clang" $FLAGS -fsanitize=fuzzer-no-link \
			-D_GNU_SOURCE -I"$src" -I"$src/include" \
			-I"$src/src/user/include" -I"$out/probe" \
			-I"$build/protocols" -I"$src/src/core/include" \
			$EXTRA -c -o "$to/$(basename "$file" .c).o" "$file"
	done
}

# link TARGET OBJECT...: the fuzzer, from DIRECTORY/NAME of objects.
link()
{
	target=$1
	shift
	objects=
	for name; do
		objects="$objects $out/objects/$name.o"
	done
	"$clang" $FLAGS -fsanitize=fuzzer -o "$out/$target" $objects
}

# plant FILE EXPRESSION: a copy in $planted with a line changed by sed, that
# includes what it did from where it was.
planted=$out/objects/planted
plant()
{
	copy=$planted/$(basename "$1")
	mkdir -p "$planted"
	sed -e "s|#include \"|&$(dirname "$1")/|" "$1" >"$copy.sound"
	sed -e "$2" "$copy.sound" >"$copy"
	! cmp -s "$copy.sound" "$copy" || {
		echo "build.sh: nothing in $1 matches $2" >&2
		exit 1
	}
}

fuzz=$src/testsuite/fuzz
libhelios=$src/src/user/libhelios
libmercury=$src/src/user/libmercury
mkdir -p "$out/probe/mercury"

compile common "$fuzz/fuzz.c" "$fuzz/library.c" "$fuzz/archive.c" \
	"$fuzz/lines.c"

# libhelios: ELF, tar
compile user "$fuzz/elf.c" "$fuzz/tar.c"
compile libhelios "$libhelios/elf.c" "$libhelios/tar.c"
link elf common/fuzz common/library user/elf libhelios/elf
link tar common/fuzz common/library common/archive user/tar libhelios/tar
plant "$libhelios/tar.c" 's/out->size > left/out->size > left + 512/'
compile planted "$planted/tar.c"
link tar-planted common/fuzz common/library common/archive user/tar \
	planted/tar

# The kernel: the same two formats
compile image "$fuzz/image.c"
compile core "$src/src/core/elf.c" "$src/src/core/tar.c"
link image common/fuzz common/archive image/image core/elf core/tar

# Manifests, as helios-manifest has them
manifest=$(echo "$libmercury"/manifest*.c)
compile mercury "$fuzz/manifest.c" "$fuzz/elfinfo.c"
compile libmercury $manifest "$libmercury/elfinfo.c" "$libmercury/ipc.c" \
	"$libmercury/marshal.c" \
	"$src/tools/helios-manifest/format.c"
parser=
for file in $manifest; do
	[ "$file" = "$libmercury/manifest_check.c" ] ||
		parser="$parser libmercury/$(basename "$file" .c)"
done
parser="$parser libmercury/format common/fuzz common/lines"
link manifest mercury/manifest libmercury/manifest_check $parser
plant "$libmercury/manifest_check.c" \
	'/^check_place(/,/^}/s/slot + place->count > slots/slots == 0/'
compile planted "$planted/manifest_check.c"
link manifest-planted mercury/manifest planted/manifest_check $parser
link elfinfo common/fuzz mercury/elfinfo libmercury/elfinfo

# ipcgen: the lexer and parser were made by the build
ipcgen=
for file in "$src"/tools/ipcgen/*.c; do
	ipcgen="$ipcgen ipcgen/$(basename "$file" .c)"
done
EXTRA="-DIPCGEN_NO_MAIN -DPROTOCOLS=\"$src/protocols\""
EXTRA="$EXTRA -I$build -I$src/tools/ipcgen -I$build/tools/ipcgen"
compile ipcgen "$src"/tools/ipcgen/*.c
compile fuzz-ipcgen "$fuzz/ipcgen.c"
EXTRA="$EXTRA -w"
compile ipcgen "$build/tools/ipcgen/lex.c" "$build/tools/ipcgen/parse.c"
EXTRA=
link ipcgen common/fuzz common/lines fuzz-ipcgen/ipcgen $ipcgen \
	ipcgen/lex ipcgen/parse

# Generated code, with the library it stands on: our interface, which has
# everything, and the real ones.
"$build/tools/ipcgen/ipcgen" -o "$out/probe/mercury" "$fuzz/probe.ipc"
compile calls "$fuzz/calls.c" "$fuzz/kernel.c" "$fuzz/server.c" \
	"$fuzz/client.c" "$fuzz/probe.c" "$fuzz/dispatch.c" "$fuzz/serial.c" \
	"$fuzz/reply.c"
compile generated "$out/probe/mercury/probe.c"
compile protocols "$build/protocols/mercury/dev.c" \
	"$build/protocols/mercury/io.c"
calls="calls/calls calls/kernel common/fuzz common/library
	libmercury/ipc libmercury/marshal"
link dispatch calls/dispatch calls/server calls/probe generated/probe $calls
link reply calls/reply calls/client calls/probe generated/probe $calls
link serial calls/serial calls/server protocols/dev protocols/io $calls

plant "$out/probe/mercury/probe.c" \
	'/^probe_all_text_request/,/^}/s/!ipc_bytes_fit(rq, w, 1)/false/'
compile planted "$planted/probe.c"
link dispatch-planted calls/dispatch calls/server calls/probe planted/probe \
	$calls

exec sh "$fuzz/seeds.sh" "$src" "$build" "$clang"
