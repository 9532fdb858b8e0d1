#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Can a program be built outside of this tree, with an installed Helios and
# pkg-config, and does the installed kernel boot it?
. "$(dirname "$0")/lib.sh"
make_workdir
example=$(cd "${top_srcdir:?}/doc/example" && pwd) || exit 99
unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH PKG_CONFIG_LIBDIR

# try <description> <command>...: a test point; the output is in log.
try()
{
	description=$1
	shift
	if "$TIMEOUT" -k 10 "$LIMIT" "$@" >"$workdir/log" 2>&1 </dev/null; then
		ok "$description"
	else
		not_ok "$description" "$(tail -n 40 "$workdir/log")"
		tap_done
	fi
}

try "make install" make install DESTDIR="$workdir/root"
pc=$(find "$workdir/root" -name helios-user.pc)
kernel=$(find "$workdir/root" -type f -name helios-hosted)

mkdir "$workdir/hello"
cp "$example/Makefile" "$example/hello.c" "$workdir/hello"
cd "$workdir/hello" || exit 99
# What is installed stands in a directory of ours for now, and says so.
try "the example builds" make CC="$CC" PKG_CONFIG_PATH="$(dirname "$pc")" \
	PKG_CONFIG="$PKG_CONFIG --define-prefix"
try "the example runs" make run HELIOS_HOSTED="$kernel" ARGS="there"
if grep -q 'Hello, there' \
	"$workdir/log"; then
	ok "and says what it should"
else
	not_ok "and says what it should" "$(cat "$workdir/log")"
fi
cd "$workdir" || exit 99
vulcan=$(find root -name vulcan.tar)
try "the installed Vulcan boots" "$kernel" "$vulcan" -- 'clock::*'
tap_done
