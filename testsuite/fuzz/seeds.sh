#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What each fuzzer begins with:
#
#	seeds.sh SOURCE BUILD CLANG
#
# makes BUILD/testsuite/fuzz/seeds/TARGET, from the sources of other tests:
# there are no binary files to keep.
set -eu

[ $# = 3 ] || { echo "usage: seeds.sh SOURCE BUILD CLANG" >&2; exit 2; }
src=$1
clang=$3
out=$2/testsuite/fuzz
seeds=$out/seeds
TAR=${TAR-tar}

rm -rf "$seeds"
for target in elf elfinfo image tar manifest ipcgen dispatch serial reply; do
	mkdir -p "$seeds/$target"
done

# ELF: those of the test of bad input, and one with sections and symbols.
"$clang" -O1 -I"$src/include" -o "$out/mkelf" \
	"$src/testsuite/system/mkelf.c"
for variant in $("$out/mkelf" --list); do
	"$out/mkelf" "$variant" >"$seeds/elf/$variant"
done
"$clang" -O1 -ffreestanding -fno-asynchronous-unwind-tables -nostdlib \
	-static-pie -Wl,--build-id=none,-z,noseparate-code,-z,norelro \
	-o "$seeds/elfinfo/sample" "$src/testsuite/fuzz/sample.c"

# Archives: that ELF file, and some of everything that tar knows.
tree=$out/tree
rm -rf "$tree"
mkdir -p "$tree/drivers/empty"
cp "$seeds/elfinfo/sample" "$tree/init"
echo "name=x" >"$tree/drivers/x"
ln "$tree/init" "$tree/hard"
ln -s init "$tree/soft"
long=$tree/$(printf '%080d' 1)/$(printf '%090d' 2)
mkdir -p "$long"
echo long >"$long/file"
pack()
{
	"$TAR" --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner \
		--sort=name --blocking-factor=1 -C "$tree" -cf "$@"
}
pack "$seeds/tar/init" init
pack "$seeds/tar/dot" ./init
pack "$seeds/tar/tree" .
pack "$seeds/tar/small" drivers soft
cp "$seeds/tar/init" "$seeds/tar/dot" "$seeds/tar/tree" "$seeds/image"
cp "$seeds/elf/sound" "$seeds/elfinfo/sample" "$seeds/image"
cp "$seeds/elf/sound" "$seeds/elfinfo"
cp "$seeds/elfinfo/sample" "$seeds/elf"

# Texts: of the tests and of the tree itself.  The name says where from.
gather()
{
	target=$1
	shift
	for file; do
		[ ! -f "$file" ] || cp "$file" "$seeds/$target/$(basename \
			"$(dirname "$file")")-$(basename "$file")"
	done
}
gather manifest "$src"/drivers/*/*.manifest \
	"$src"/testsuite/manifest/*.manifest \
	"$src"/testsuite/manifest/*/*.manifest
gather ipcgen "$src"/protocols/*.ipc "$src"/testsuite/fuzz/*.ipc \
	"$src"/testsuite/ipcgen/*.ipc "$src"/testsuite/ipcgen/*/*.ipc
