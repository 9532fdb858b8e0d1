# SPDX-License-Identifier: BSD-2-Clause
#
# For the gdb-*.sh scripts: gdb in batch mode on the hosted kernel, which
# boots gdbguest.  gdb finds its helpers as a person's does, by their place
# beside the kernel, so what gets them loaded is tested, too.
. "$(dirname "$0")/lib.sh"

: "${GDB_GUEST:?}" "${GDB_LOADER:?}"
GUEST=$GDB_GUEST
GDB_LIMIT=300

# Nothing from the network, no leak check (it is no use under a debugger).
export DEBUGINFOD_URLS=
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"

need_gdb()
{
	[ -n "$GDB" ] || skip_all "configured --without-gdb"
	"$GDB" -nx -batch -ex 'python print("yes")' 2>&1 | grep -qx yes ||
		skip_all "this gdb has no Python"
	"$TIMEOUT" 60 "$GDB" -nx -batch -ex run --args "$(command -v true)" \
		</dev/null 2>&1 | grep -q 'exited normally' ||
		skip_all "gdb may not debug programs here"
	make_workdir
	cd "$workdir" || exit 99
}

# gdb_batch <file of commands> <arguments of gdb>...: its output in out.
gdb_batch()
{
	# Without worker threads: with them gdb 13 now and then corrupts its
	# heap when symbols of more programs come in.
	gdb_file=$1
	shift
	"$TIMEOUT" -k 10 "$GDB_LIMIT" "$GDB" -nx -q -batch \
		-iex "add-auto-load-safe-path $GDB_LOADER" \
		-iex 'maintenance set worker-threads 0' \
		-iex 'set pagination off' -iex 'set breakpoint pending on' \
		-iex 'set width 0' -x "$gdb_file" "$@" >out 2>&1 </dev/null
	gdb_status=$?
	[ "$gdb_status" -lt 124 ] || echo "gdb: exit status $gdb_status" >>out
}

# gdb_run <file of commands> <arguments of helios-hosted>...
gdb_run()
{
	gdb_run_file=$1
	shift
	gdb_batch "$gdb_run_file" --args "$HELIOS_HOSTED" --memory=32M "$@"
}

# shows <description> <ERE>: a line of out matches.
shows()
{
	if grep -qE -e "$2" out; then
		ok "$1"
	else
		not_ok "$1" "expected a line with '$2', found
$(tail -n 60 out)"
	fi
}

# lacks <description> <ERE>: none does.
lacks()
{
	if ! grep -E -e "$2" out >unwanted; then
		ok "$1"
	else
		not_ok "$1" "expected no line with '$2', found
$(head -n 5 unwanted)"
	fi
}

# counts <description> <number> <ERE>: so many do.
counts()
{
	found=$(grep -cE -e "$3" out)
	if [ "$found" = "$2" ]; then
		ok "$1"
	else
		not_ok "$1" "expected $2 lines with '$3', found $found in
$(tail -n 60 out)"
	fi
}

# in_order <description> <ERE>...: lines match one after the other.  (grep -a:
# a debugger that crashes prints a NUL, and of what is then a binary file grep
# would show no line.)
in_order()
{
	description=$1
	shift
	at=0
	for pattern; do
		next=$(awk -v at="$at" 'NR > at' out | grep -anE -m 1 \
			-e "$pattern" | cut -d : -f 1)
		if [ -z "$next" ]; then
			not_ok "$description" "expected a line with \
'$pattern' after line $at of
$(cat -n out | tail -n 70)"
			return
		fi
		at=$((at + next))
	done
	ok "$description"
}

# each_mode <function>: call it with --faults= and --isolation= options, for
# all four of them.
each_mode()
{
	for faults in uffd sigsegv; do
		for isolation in lazy strict; do
			if [ "$faults" = uffd ] && ! have_userfaultfd; then
				skip "$1: $faults, $isolation" \
					"$("$SYSTEM_BUILD/uffd-probe" 2>&1)"
				continue
			fi
			mode="$faults, $isolation"
			"$1" "--faults=$faults" "--isolation=$isolation"
		done
	done
}
