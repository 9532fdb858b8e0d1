#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# layout.sh OBJCOPY SRCDIR DIRECTORY NAME=FILE[:MANIFEST]...
# Lay out an archive in a directory.  Each FILE becomes NAME there; with a
# MANIFEST (below SRCDIR) it gets that one, in place of its own.
set -e

objcopy=$1 srcdir=$2 directory=$3
shift 3
rm -rf "$directory"
for entry; do
	name=${entry%%=*}
	file=${entry#*=}
	manifest=
	case $file in
	*:*)
		manifest=$srcdir/${file#*:}
		file=${file%%:*}
		;;
	esac
	mkdir -p "$directory/$(dirname "$name")"
	cp "$file" "$directory/$name"
	[ -z "$manifest" ] || $objcopy --remove-section=.manifest \
		--add-section .manifest="$manifest" \
		--set-section-flags .manifest=contents,readonly \
		"$directory/$name"
done
