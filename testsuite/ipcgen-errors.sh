#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# ipcgen, as a person meets it: the published ids, C that every compiler takes,
# and for each mistake one message that says where it is, what was found and
# what was expected.  A run that fails leaves nothing behind.
: "${HELIOS_HOSTED:=none}" "${VULCAN:=none}" "${SYSTEM_BUILD:=.}"
. "$(dirname "$0")/system/lib.sh"
make_workdir
: "${IPCGEN:?}" "${CC:?}"
top=$(cd "$top_srcdir" && pwd)
cd "$workdir" || exit 99
mkdir out

# refuses <name> <first line of the message, an ERE> <the file>
refuses()
{
	printf '%s\n' "$3" >t.ipc
	"$TIMEOUT" 60 "$IPCGEN" -I "$top/protocols" -o out t.ipc >log 2>&1
	status=$?
	if [ "$status" = 1 ] && head -n 1 log |
		grep -qE "^t\\.ipc:$2" && [ -z "$(ls out)" ]; then
		ok "$1"
	else
		not_ok "$1" "expected t.ipc:$2 and status 1
status $status, left in out: $(ls out)
$(cat log)"
	fi
}

# body <declarations>: a file with them from line 2.
body()
{
	printf 'namespace t;\n%s' "$1"
}

refuses "an empty file" "1:1: error: expected 'namespace', found the end" ''
refuses "no namespace" "1:1: error: expected 'namespace', found 'unit'" \
	'unit a;'
refuses "a namespace without a name" '1:11: error: expected a name' \
	'namespace ;'
refuses "no semicolon" "2:1: error: .*found 'unit'" 'namespace t
unit a;'
refuses "a comment without an end" '2:1: error: .*a comment without an end' \
	"$(body '/* and so on')"
refuses "a stray character" '2:6: error: .*a character that means nothing' \
	"$(body 'unit @;')"
refuses "a bad number" '2:11: error: .*begins like a number' \
	"$(body 'error a = 12ab;')"
refuses "an octal number" '2:11: error: .*begins like a number' \
	"$(body 'error a = 0777;')"
refuses "a huge number" '2:11: error: .*more than 64 bits' \
	"$(body 'error a = 99999999999999999999;')"
refuses "a keyword as a name" "2:6: error: expected a name, found 'enum'" \
	"$(body 'unit enum;')"
refuses "a word of C's" "2:6: error: .*'return', which is a word of C" \
	"$(body 'unit return;')"
refuses "a method named as a word of C's" "2:22: error: .*'while'" \
	"$(body 'interface i { call  while(); };')"
refuses "declared twice" "3:6: error: 'a' is declared already, in line 2" \
	"$(body 'unit a;
unit a;')"
refuses "an id of the kernel's" '2:11: error: expected an id from 256' \
	"$(body 'error a = 3;')"
refuses "an id of more than 32 bits" '2:11: error: expected an id from' \
	"$(body 'error a = 0x100000000;')"
refuses "the same id" "3:7: error: the id of 't::b'.*that of 't::a'" \
	"$(body 'error a = 1000;
error b = 1000;')"
refuses "an unknown payload" "2:10: error: expected a type.*'thing'" \
	"$(body 'error a: thing;')"
refuses "a payload that is no integer" '2:10: error: expected an integer' \
	"$(body 'error a: bytes;')"
refuses "an empty enum" "2:10: error: expected a name, found '}'" \
	"$(body 'enum e { };')"
refuses "an enum item twice" "2:13: error: 'a' stands in this enum already" \
	"$(body 'enum e { a, a };')"
refuses "an enum value twice" "2:13: error: 'b' has the value of 'a', 1" \
	"$(body 'enum e { a=1, b=1 };' | sed 's/a=1, b/a=1,b/')"
refuses "an enum value that does not fit" '2:18: error: .*does not fit' \
	"$(body 'enum e: u8 { a = 256 };')"
refuses "an enum value below its type" '2:18: error: .*does not fit' \
	"$(body 'enum e: u8 { a = -1 };')"
refuses "an enum that overflows" "2:27: error: the value of 'b' does not" \
	"$(body 'enum e: u8 { a = 255    , b };' | sed 's/255    ,/255   ,/')"
refuses "an enum of a type that is none" "2:9: error: expected a type" \
	"$(body 'enum e: long { a };')"
refuses "an enum of bytes" '2:9: error: expected an integer type' \
	"$(body 'enum e: bytes { a };')"
refuses "a shift too far" '2:14: error: expected a value of at most 64' \
	"$(body 'enum e { a = 1 << 64 };')"
refuses "an unknown parent" "2:16: error: expected an interface" \
	"$(body 'interface i :: j { };')"
refuses "a parent that is no interface" '3:16: error: expected an interface' \
	"$(body 'unit j;
interface i :: j { };')"
refuses "a parent declared later" '2:16: error: .*declared before' \
	"$(body 'interface i :: j { };
interface j { };')"
refuses "its own parent" '2:16: error: .*declared before' \
	"$(body 'interface i :: i { };')"
refuses "a parent twice" "3:19: error: 'j' is a parent already" \
	"$(body 'interface j { };
interface i :: j, j { };')"
refuses "a method twice" "3:6: error: 'm' is a method already, in line 2" \
	"$(body 'interface i { call m();
call m(); };')"
refuses "a serial number twice" "3:6: error: 'n' has the serial number of 'm'" \
	"$(body 'interface i { call m();
call n = 1(); };')"
refuses "serial number 0" '2:24: error: expected a serial number from 1' \
	"$(body 'interface i { call m = 0(); };')"
refuses "a serial number too large" '2:24: error: expected a serial number' \
	"$(body 'interface i { call m = 65536(); };')"
refuses "a parameter without a type" "2:23: error: expected ':'" \
	"$(body 'interface i { call m(a); };')"
refuses "a parameter of an unknown type" "2:25: error: expected a type.*int" \
	"$(body 'interface i { call m(a: int); };')"
refuses "a parameter of void" "2:25: error: expected the type of a param" \
	"$(body 'interface i { call m(a: void); };')"
refuses "a parameter twice" "2:30: error: 'a' stands in this method already" \
	"$(body 'interface i { call m(a: u8,  a: u8); };')"
refuses "a parameter named as generated code" "2:22: error: .*another name" \
	"$(body 'interface i { call m(status: u8); };')"
refuses "bytes that are not last" "2:22: error: expected 'a' last" \
	"$(body 'interface i { call m(a: bytes, b: u8); };')"
refuses "variadic words that are not last" "2:22: error: expected 'a' last" \
	"$(body 'interface i { call m(a: u64..., b: u8); };')"
refuses "variadic bytes" '2:25: error: expected u64\.\.\.' \
	"$(body 'interface i { call m(a: u8...); };')"
refuses "a name that bytes take" "2:38: error: 'a_len' stands in" \
	"$(body 'interface i { call m(a_len: u8,      a: bytes); };')"
refuses "variadic capabilities that are not last" '2:22: error: .*last' \
	"$(body 'interface i { call m{a..., b}(); };')"
refuses "variadic capabilities out" '2:24: error: .*found a variadic list' \
	"$(body 'interface i { call m{; a...}(); };')"
refuses "capabilities out of a send" "2:24: error: .*only a call" \
	"$(body 'interface i { send m{; a}(); };')"
refuses "a send with a result" "2:24: error: .*only a call has a result" \
	"$(body 'interface i { send m() u8; };')"
refuses "an unknown result" "2:25: error: expected a type, unit or error" \
	"$(body 'interface i { call m() (nothing); };')"
refuses "two types in a result" '2:30: error: expected one type' \
	"$(body 'interface i { call m() (u8 | u16); };')"
refuses "an alternative twice" "3:30: error: 'a' stands in this result" \
	"$(body 'unit a;
interface i { call m() (a  | a); };')"
refuses "an error of a namespace that is not used" '2:24: error: expected a' \
	"$(body 'interface i { call m() io::eof; };')"
refuses "a use of what is not there" '2:5: error: .*none' \
	"$(body 'use nowhere;')"
refuses "a use twice" "3:5: error: 'io' is used already" \
	"$(body 'use io;
use io;')"
refuses "one C name for two things" "3:6: error: in C this becomes 'T_A_ID'" \
	"$(body 'interface a { };
unit a_id;')"
refuses "too many words" '2:20: error: 65 words in one message' \
	"$(body "interface i { call m($(i=0; while [ $i -lt 65 ]; do
		[ $i = 0 ] || printf ', '; printf 'p%s: u8' $i
		i=$((i + 1)); done)); };")"
refuses "too many capabilities" '2:20: error: 65 capabilities' \
	"$(body "interface i { call m{$(i=0; while [ $i -lt 65 ]; do
		[ $i = 0 ] || printf ', '; printf 'c%s' $i
		i=$((i + 1)); done)}(); };")"

mkdir circle && echo 'namespace a; use b;' >circle/a.ipc &&
	echo 'namespace b; use a;' >circle/b.ipc
if ! "$TIMEOUT" 60 "$IPCGEN" -o out circle/a.ipc >log 2>&1 &&
	grep -q 'circle/b.ipc:1:18: error: .*circle' log; then
	ok "namespaces that use each other"
else
	not_ok "namespaces that use each other" "$(cat log)"
fi
echo 'namespace other; unit x;' >circle/c.ipc
echo 'namespace d; use c;' >circle/d.ipc
if ! "$IPCGEN" -o out circle/d.ipc >log 2>&1 &&
	grep -q 'c.ipc:1:11: error: expected namespace c' log; then
	ok "a file that is another namespace"
else
	not_ok "a file that is another namespace" "$(cat log)"
fi

echo 'namespace hello; interface hello { call greet(name: bytes) bytes; };' \
	>hello.ipc
if "$IPCGEN" --list hello.ipc >log 2>&1 &&
	grep -qx '0xc01caac5 interface hello::hello' log; then
	ok "the id of hello::hello is the published one"
else
	not_ok "the id of hello::hello is the published one" "$(cat log)"
fi
if "$IPCGEN" --list "$top/protocols/io.ipc" >log 2>&1 &&
	grep -qx '0x9a533bb3 interface io::file' log; then
	ok "the id of io::file is the published one"
else
	not_ok "the id of io::file is the published one" "$(cat log)"
fi

# All there is in the language, with names that are hard on C.
cat >all.ipc <<'END'
namespace all;
use io;
unit done;
error low = 0x12345678: u16;
enum color: i8 { red = -2, green, blue = 1 << 3, };
enum word { one = 1 };
interface base { call zero(); };
interface middle = 77 :: base { call one(a: u64) u64; };
interface top :: middle, io::file {
	call ints(a: u8, b: u16, c: u32, d: i8, e: i16, f: i32, g: i64,
		h: bool, i: color, j: size) color;
	call caps{a, b, rest...; x, y}(n: u64...) (bool | low | done | io::eof);
	call data{; x}(n: u32, text: bytes) (bytes | low);
	send poke{a}(n: u8);
	recv event(kind: word, text: bytes);
	recv words(a: color, more: u64...);
	recv none();
	call later = 1000() i32;
};
END
mkdir -p good/mercury
if "$IPCGEN" -I "$top/protocols" -o good/mercury --depend=good/all.d \
	all.ipc >log 2>&1; then
	ok "everything at once"
else
	not_ok "everything at once" "$(cat log)"
fi
"$IPCGEN" -o good/mercury "$top/protocols/io.ipc"
if grep -q "^good/mercury/all.h good/mercury/all.c: all.ipc .*io.ipc$" \
	good/all.d; then
	ok "--depend names what was read"
else
	not_ok "--depend names what was read" "$(cat good/all.d)"
fi
if "$CC" -std=gnu17 -ffreestanding -Wall -Wextra -Wconversion -Wshadow \
	-Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Werror \
	-I"$top/include" -I"$top/src/user/include" -Igood -c -o all.o \
	good/mercury/all.c >log 2>&1; then
	ok "its C compiles without a warning"
else
	not_ok "its C compiles without a warning" "$(head -n 40 log)"
fi
cp good/mercury/all.h before && echo broken >>all.ipc
if ! "$IPCGEN" -I "$top/protocols" -o good/mercury all.ipc >log 2>&1 &&
	cmp -s before good/mercury/all.h && [ ! -e good/mercury/all.h.new ]
then
	ok "a run that fails leaves earlier output alone"
else
	not_ok "a run that fails leaves earlier output alone" "$(cat log)"
fi

# usage <description> <arguments>...
usage()
{
	description=$1
	shift
	"$IPCGEN" "$@" >log 2>&1
	if [ $? = 2 ] && grep -q -- "--help" log; then
		ok "$description"
	else
		not_ok "$description" "$(cat log)"
	fi
}

usage "no file" -o out
usage "two files" -o out a.ipc b.ipc
usage "nowhere to write to" hello.ipc
usage "an unknown option" --frobnicate hello.ipc
if ! "$IPCGEN" -o out missing.ipc >log 2>&1 &&
	grep -q 'cannot read missing.ipc: No such file' log; then
	ok "a file that is not there"
else
	not_ok "a file that is not there" "$(cat log)"
fi
if ! "$IPCGEN" -o nowhere hello.ipc >log 2>&1 &&
	grep -q 'cannot write nowhere/hello.h.new: No such' log; then
	ok "a directory that is not there"
else
	not_ok "a directory that is not there" "$(cat log)"
fi
tap_done
