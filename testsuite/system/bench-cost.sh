#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The table of make bench-cost can be believed: it has every operation, two
# boots agree, a trace has as many instructions as were measured, and what got
# slower is named.  With few samples, for the figures are none of it.
. "$(dirname "$0")/lib.sh"
: "${HELIOS_KERNEL:?}" "${COST_TAR:?}" "${COST_INIT:?}" "${BUILD:?}"
: "${PYTHON3:?}" "${NM:?}" "${READELF:?}"
[ -n "$QEMU" ] || skip_all "configured --without-qemu"
make_workdir
cd "$workdir" || exit 99
export PYTHON3 NM READELF QEMU

# costs [VARIABLE=value...]: the table, or its errors
costs()
{
	env SOURCE="$top_srcdir" OUTPUT=bench.txt SAMPLES=21 \
		TRACE=null,signal,call-0/other,exception/other,page-fault/other \
		COMPILER=any "$@" "$TIMEOUT" -k 10 "$LIMIT" \
		sh "$top_srcdir/testsuite/bench/cost.sh" >out 2>err </dev/null
}

# refuses <description> <VARIABLE=value> <ERE>
refuses()
{
	if costs "$2"; then
		not_ok "$1" "expected an error, found none"
	elif grep -qE "$3" err; then
		ok "$1"
	else
		not_ok "$1" "expected '$3', found
$(cat err)"
	fi
}

if costs; then
	ok "the table can be had"
else
	not_ok "the table can be had" "$(cat err out)"
fi
if missing=$(awk 'NR == FNR { if (/^[a-z]/) table[$1] = 1; next }
	$1 in table && $2 > 0 { delete table[$1] }
	END { for (op in table) { print op; bad = 1 } exit bad }' \
	"$top_srcdir/testsuite/bench/cost-table.txt" out)
then
	ok "it has every operation"
else
	not_ok "it has every operation" "expected also: $missing"
fi
# said <description> <ERE>
said()
{
	if grep -qE "$2" out; then
		ok "$1"
	else
		not_ok "$1" "expected '$2', found
$(tail -n 20 out)
$(cat err)"
	fi
}
said "two boots agree" '^two boots agree to the instruction$'
said "traces are of what was measured" ': 5 of 5$'
said "the size is there" '^kernel text +[0-9]+ bytes'

# Something got slower, as compared with a run in which it was faster.
cp bench.txt good.txt
awk '$1 == "operation" && $2 == "signal" { $3-- } { print }' good.txt \
	>faster.txt
if costs BASELINE=faster.txt; then
	not_ok "slower is an error" "$(cat out)"
else
	ok "slower is an error"
fi
said "what got slower is named" '^signal +[0-9]+ +[0-9]+ +1\.[0-9]+ +SLOWER$'
if [ "$(grep -c SLOWER out)" = 1 ]; then
	ok "and nothing else"
else
	not_ok "and nothing else" "$(grep SLOWER out)"
fi

# What is no baseline: said at once, before anything is measured.
refuses "no such file" BASELINE=nowhere.txt 'BASELINE: .*nowhere.txt'
echo hello >hello.txt
refuses "another file" BASELINE=hello.txt \
	'BASELINE: expected .helios-bench-cost 1'
sed 's/^program .*/program 0123/' good.txt >program.txt
refuses "another measuring program" BASELINE=program.txt \
	'of the program .* found .0123'
refuses "an operation that nobody knows" TRACE=nosuch \
	"TRACE: .* found 'nosuch'"

# Ctrl-C, while the machine runs: it ends, and says so.  (A shell that was
# started in the background leaves its children deaf to SIGINT.)
cat >interrupted.sh <<'EOF'
#!/bin/sh
kill -INT "$PPID"
exec sleep 60
EOF
chmod +x interrupted.sh
rm -f bench.txt
env SOURCE="$top_srcdir" OUTPUT=bench.txt COMPILER=any TRACE=null \
	QEMU="$workdir/interrupted.sh" "$TIMEOUT" -k 10 "$LIMIT" \
	"$PYTHON3" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' \
	sh "$top_srcdir/testsuite/bench/cost.sh" >out 2>err </dev/null
status=$?
if [ $status = 130 ] && [ ! -e bench.txt ] &&
	grep -q '^bench-cost: interrupted; no results' err &&
	[ "$(wc -l <err)" -eq 1 ]
then
	ok "Ctrl-C ends it, with a line on that"
else
	not_ok "Ctrl-C ends it, with a line on that" "status $status, found
$(cat err)"
fi
tap_done
