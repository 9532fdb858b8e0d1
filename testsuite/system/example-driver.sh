#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The README's tutorial: can a driver be written outside of this tree, with an
# installed Helios; does it run, crash, and come back, and does it say so?
. "$(dirname "$0")/lib.sh"
make_workdir
example=$(cd "${top_srcdir:?}/doc/example-driver" && pwd) || exit 99
unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH PKG_CONFIG_LIBDIR

# try <description> <command>...: a test point; the output is in log.
try()
{
	description=$1
	shift
	if "$@" >"$workdir/log" 2>&1 </dev/null; then
		ok "$description"
	else
		not_ok "$description" "$(tail -n 60 "$workdir/log")"
		tap_done
	fi
}

# shows <description> <ERE>: a line of log matches.
shows()
{
	if tr -d '\r' <"$workdir/log" | grep -qE -e "$2"; then
		ok "$1"
	else
		not_ok "$1" "expected a line with '$2' in:
$(tail -n 60 "$workdir/log")"
	fi
}

try "make install" "$TIMEOUT" -k 10 "$LIMIT" \
	make install DESTDIR="$workdir/root"
pc=$(find "$workdir/root" -name helios-mercury.pc)
hosted=$(find "$workdir/root" -type f -name helios-hosted)

mkdir "$workdir/echo"
cp "$example"/* "$workdir/echo"
cd "$workdir/echo" || exit 99
# What is installed stands in a directory of ours for now, and says so.
make_it()
{
	"$TIMEOUT" -k 10 "$LIMIT" make CC="$CC" PKG_CONFIG_PATH="$(dirname "$pc")" \
		PKG_CONFIG="$PKG_CONFIG --define-prefix" \
		OBJCOPY="$OBJCOPY" TAR="$TAR" HELIOS_HOSTED="$hosted" "$@"
}

try "the driver builds" make_it

cat >commands <<'EOF'
driver echo
write echo hello
read echo
read echo
write echo 'a line that is too long'
write echo again
read echo
drivers
devices
exit 5
EOF
make_it run <commands >"$workdir/log" 2>&1
if tr -d '\r' <"$workdir/log" | grep -q 'Error 5$'; then
	ok "the example runs, to its exit status"
else
	not_ok "the example runs, to its exit status" "$(cat "$workdir/log")"
fi
shows "it is loaded" \
	'^sysinit: echo: Says everything again, louder \(drivers/echo, process '
shows "with what the manifest lists" '^  slot 0 +endpoint'
shows "and nothing more" '^  slot 2 +note'
shows "it logs" '^echo: room for 16 bytes$'
shows "it takes a text" '^echo: took 5 of 5 bytes$'
shows "and gives it back" '^HELLO$'
shows "once" '^echo: end of file$'
shows "it crashes" \
	'^sysinit: echo: page fault: write to 0x0 at 0x[0-9a-f]+ \(put\+0x'
shows "its client is told" '^echo: no answer: it ended'
shows "it is back" '^AGAIN$'
shows "it was restarted once" '^echo +running +1 '
shows "its device is the same" '^io::file +0  echo +up$'

sed 's/^0:endpoint.*/0:endpont =/' "$example/echo.manifest" >echo.manifest
make_it >"$workdir/log" 2>&1
shows "a mistake in the manifest is found before" '^echo\.manifest:8: .*endpont'
tap_done
