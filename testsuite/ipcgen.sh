#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# ipcgen.  In testsuite/ipcgen are files to be compiled (good/) and files with
# one error each, named after it (bad/); what is said of those first is in
# their second line (// expect: LINE:COLUMN: error: TEXT), with the file's name
# before it if that is another.  roundtrip.c and its companions are a client
# and a server of good/roundtrip.ipc in one process.
#
#	IPCGEN		the tool
#	CC, TIMEOUT	those programs
#	top_srcdir	where the sources are
set -u

: "${IPCGEN:?this script is run by make check}"
: "${CC:?}" "${TIMEOUT:?}" "${top_srcdir:?}"
: "${SYSTEM_BUILD:=.}" "${HELIOS_HOSTED:=none}" "${VULCAN:=none}"
. "$top_srcdir/testsuite/system/lib.sh"

top=$(cd "$top_srcdir" && pwd)
dir=$top/testsuite/ipcgen
make_workdir
cd "$workdir" || exit 99
# There is a make within make check.
unset MAKEFLAGS MFLAGS MAKELEVEL

STRICT="-std=gnu17 -Wall -Wextra -Wconversion -Wshadow -Wcast-qual \
-Wstrict-prototypes -Wmissing-prototypes -Werror \
-I$top/include -I$top/src/user/include -I."

# run <argument>...: status; out and err are what it printed.
run()
{
	"$TIMEOUT" -k 10 "$LIMIT" "$IPCGEN" -I "$dir/good" \
		-I "$dir/bad/used" "$@" >out 2>err
	status=$?
}

# is <description> <status> <standard output> <standard error>
is()
{
	printf '%s' "${3:+$3
}" >want.out
	printf '%s' "${4:+$4
}" >want.err
	if [ "$status" = "$2" ] && cmp -s want.out out &&
		cmp -s want.err err; then
		ok "$1"
	else
		not_ok "$1" "status $status, expected $2
$(diff want.out out)
$(diff want.err err)"
	fi
}

# says <description> <status> <first line of standard error>
says()
{
	if [ "$status" = "$2" ] && [ "$(head -n 1 err)" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "status $status, expected $2; expected: $3
$(cat err)"
	fi
}

# that <description> <command>...: it succeeds.
that()
{
	description=$1
	shift
	if "$@" >log 2>&1; then
		ok "$description"
	else
		not_ok "$description" "$* failed:
$(head -n 40 log)"
	fi
}

# Files that are right, to C that no compiler has a word to say about.

mkdir mercury
for file in "$dir"/good/*.ipc "$dir"/good/a/*.ipc "$top"/protocols/*.ipc; do
	run -I "$top/protocols" -o mercury "$file"
	is "${file#"$dir/"} is accepted" 0 "" ""
done
for file in mercury/*.c; do
	that "$file compiles without a warning" \
		"$CC" $STRICT -ffreestanding -O2 -c "$file" -o object.o
done
that "each header can be included twice, and alone" sh -c '
	for header in mercury/*.h; do
		printf "#include <%s>\n#include <%s>\n" "$header" "$header" \
			>header.c
		'"$CC $STRICT"' -ffreestanding -fsyntax-only header.c || exit
	done'
that "the same file makes the same C, wherever it is" sh -c '
	mkdir -p elsewhere again && cp "$1"/good/types.ipc elsewhere &&
	"$2" -o again elsewhere/types.ipc &&
	cmp again/types.h mercury/types.h && cmp again/types.c mercury/types.c' \
	sh "$dir" "$IPCGEN"

# carries <description> <lines of the header>: a comment, and what it is of.
carries()
{
	printf '%s' "$2" >want
	that "a comment is carried over: $1" awk '
		BEGIN { RS = "\001" }
		NR == 1 { want = $0; next }
		END { exit !index($0, want) }' want mercury/comments.h
}

carries "the file's" "/* SPDX-License-Identifier: BSD-2-Clause */
/* A file's head, and what follows it, ***/
/* too */
#ifndef MERCURY_COMMENTS_H"
carries "an error's, without stars" "/* The one before,
   without stars,

   in three lines. */
#define COMMENTS_SECOND"
carries "an enum's, with parts of another one" \
	'/* Ends * / and begins / * oddly. \ */
enum comments_items'
carries "items'" "	/* Of two. */
	/* Both lines. */
	COMMENTS_ITEMS_TWO = 1,
	/* Of
	 *	three, indented.
	 */
	COMMENTS_ITEMS_THREE"
carries "methods'" "/*
 * Indented by two tabs.
 */
ipc_status_t comments_stars_a(struct ipc_client *c);
/* Two. */
/* In a line. */
ipc_status_t comments_stars_b("
that "comments of other things are not" sh -c '
	! grep -E "to nothing|nor does|not (two|the)|where \*|The end" \
	mercury/comments.h'

# Ids.  These two are published.

run --list "$dir/good/hello.ipc"
is "the id of hello::hello" 0 "0xc01caac5 interface hello::hello
    1 say_hello" ""
run --list "$top/protocols/io.ipc"
that "the id of io::file" grep -qx '0x9a533bb3 interface io::file' out
run --list "$dir/good/nested.ipc"
is "ids that are given, and serial numbers" 0 \
"0x6a8a8518 interface a::nested::derived
    1 set
0x00001234 interface a::nested::further
    1 more
0xb7084185 unit a::nested::own" ""
run --list "$dir/good/limits.ipc"
that "serial numbers that are given" sh -c '
	grep -qx "    500 caps" out && grep -qx "    65535 last" out &&
	grep -qx "    5 one" out && grep -qx "    3 more" out'

# Files with an error: what is said of it, and nothing is written.

mkdir nothing
for file in "$dir"/bad/*.ipc; do
	name=$(basename "$file" .ipc)
	want=$(sed -n '2s|^// expect: ||p' "$file")
	case $want in
	used/*|*.ipc:*) want=$dir/bad/$want ;;
	*) want=$file:$want ;;
	esac
	run -o nothing --depend=nothing/depend "$file"
	says "bad/$name" 1 "$want"
done
that "none of these has left anything behind" sh -c '[ -z "$(ls nothing)" ]'

run -o nothing "$dir/bad/three-errors.ipc"
is "several errors, with their lines" 1 "" \
"$dir/bad/three-errors.ipc:4:6: error: expected a name, found '1'
    4 | unit 1;
      |      ^
$dir/bad/three-errors.ipc:6:1: error: expected ';', ':' or '=', found 'unit'
    6 | unit ok;
      | ^~~~
$dir/bad/three-errors.ipc:7:12: error: expected '}', ',' or '=', found 'b'
    7 | enum e { a b };
      |            ^"
{
	echo 'namespace many;'
	i=0
	while [ $i -lt 30 ]; do
		echo 'unit 1;'
		i=$((i + 1))
	done
} >many.ipc
run -o nothing many.ipc
if [ "$(grep -c error: err)" = 20 ] &&
	[ "$(tail -n 1 err)" = "ipcgen: more errors are not shown" ]; then
	ok "twenty errors are enough"
else
	not_ok "twenty errors are enough" "$(cat err)"
fi

# What was there before a run that failed is there after it.
mkdir kept && "$IPCGEN" -o kept "$dir/good/types.ipc"
cp kept/types.h before
{ cat "$dir/good/types.ipc"; echo 'unit gone;'; } >types.ipc
run -o kept types.ipc
says "an error after all is well" 1 \
	"types.ipc:21:6: error: 'gone' is declared already, in line 6"
that "earlier output is left alone" cmp before kept/types.h
cp "$dir/good/types.ipc" .
mkdir kept/types.c.new
run -o kept types.ipc
says "output that cannot be written" 1 \
	"ipcgen: cannot write kept/types.c.new: Is a directory"
that "then nothing of it is" sh -c '
	cmp before kept/types.h && [ ! -e kept/types.h.new ]'

# The command.

run -o kept --depend=depend "$dir/good/errors.ipc"
is "--depend" 0 "" ""
printf '%s\n' "kept/errors.h kept/errors.c: $dir/good/errors.ipc \
$dir/good/types.ipc" "$dir/good/errors.ipc:" "$dir/good/types.ipc:" >want
that "--depend names all files that were read" cmp want depend
mkdir 'a b$#' && cp types.ipc 'a b$#'
run -o 'a b$#' --depend='a b$#/d' 'a b$#/types.ipc'
printf 'all: %s\n\t@echo made\ninclude a\\ b$$\\#/d\n' \
	'a\ b$$\#/types.c' >makefile
that "make understands it" sh -c '[ "$(make -s all 2>&1)" = made ]'
# usage <description> <first line> <argument>...
usage()
{
	description=$1
	first=$2
	shift 2
	"$IPCGEN" "$@" >out 2>err
	status=$?
	is "$description" 2 "" "$first
Try 'ipcgen --help'."
}

usage "no file" "ipcgen: expected one file, found 0" -o nothing
usage "two files" "ipcgen: expected one file, found 2" -o nothing a b
usage "nothing to do" "ipcgen: expected one of -o DIRECTORY and --list" a
usage "two things to do" "ipcgen: expected one of -o DIRECTORY and --list" \
	--list -o nothing a
run -o nothing missing.ipc
is "a file that is not there" 1 "" \
	"ipcgen: cannot read missing.ipc: No such file or directory"
run -o nothing .
is "a directory for a file" 1 "" "ipcgen: cannot read .: Is a directory"
run -o nowhere types.ipc
is "a directory that is not there" 1 "" \
	"ipcgen: cannot write nowhere/types.h.new: No such file or directory"
"$IPCGEN" --list types.ipc >/dev/full 2>err
status=$?
says "a list that cannot be written" 1 \
	"ipcgen: cannot write the list: No space left on device"
"$IPCGEN" --help >out 2>err
status=$?
says "--help" 0 ""
that "--help has all options" sh -c '
	for option in -I -o --depend --list --help --version; do
		grep -q -e " $option" out || exit
	done'
"$IPCGEN" --version >out 2>err
that "--version" grep -q '^ipcgen (Helios) [0-9]' out

# Client and server.  With the sanitizers where the compiler has them.

sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
echo 'int main(void) { return 0; }' >probe.c
"$CC" $sanitize -o probe probe.c 2>log && ./probe 2>log || sanitize=
that "roundtrip is compiled" "$CC" $STRICT $sanitize -g -o roundtrip \
	"$dir/roundtrip.c" "$dir/malformed.c" "$dir/server.c" "$dir/fake.c" \
	"$top/src/user/libmercury/marshal.c" \
	mercury/roundtrip.c mercury/types.c
"$TIMEOUT" -k 10 "$LIMIT" ./roundtrip >out 2>err
status=$?
while read -r line; do
	case $line in
	'ok '*) ok "roundtrip: ${line#ok }" ;;
	'not ok '*) not_ok "roundtrip: ${line#not ok }" "$(cat out err)" ;;
	esac
done <out
if [ "$status" = 0 ] && tail -n 1 out | grep -q '^ok '; then
	ok "roundtrip ran to its end"
else
	not_ok "roundtrip ran to its end" "status $status
$(cat err)"
fi
tap_done
