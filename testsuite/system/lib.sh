# SPDX-License-Identifier: BSD-2-Clause
#
# For the TAP scripts of this directory.  make check gives the paths:
#
#	top_srcdir	where the sources are
#	HELIOS_HOSTED	the hosted kernel
#	VULCAN		the initramfs with Vulcan
#	UNIT_BUILD	where the unit tests are
#	SYSTEM_BUILD	where helper programs are
#	TAR, READELF, CC, PKG_CONFIG	those programs
#	TIMEOUT		timeout(1)
#	HELIOS_KERNEL, HELIOS_TAR, HELIOS_ISO, HELIOS_QEMU
#			the kernel for the machine, what boots with it
#	PYTHON3, NM, OBJCOPY, XORRISO	those programs
#	QEMU, OVMF, BOCHS, BOCHS_BIOS, BOCHS_VGABIOS
#			emulators and their firmware; empty: without
#	WITH_ISO	yes: there is a helios.iso
#	VALGRIND, GDB	those programs; empty: configured without
#	SANITIZE	yes: the kernel was built with ASan
#
# A run is never judged by how long it takes.  The limits below only turn a
# hang into a failure.

: "${HELIOS_HOSTED:?this script is run by make check}"
: "${VULCAN:?}" "${SYSTEM_BUILD:?}" "${TIMEOUT:?}"

LIMIT=600
VALGRIND_LIMIT=3600

export LC_ALL=C

tap_count=0
tap_failed=0

# ok <description>, not_ok <description> [text]: one test point.
ok()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

not_ok()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# skip <description> <reason>
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# The plan, and the end of the script.
tap_done()
{
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}

# skip_all <reason>
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# A directory of our own, removed at exit.
make_workdir()
{
	workdir=$(mktemp -d "${TMPDIR:-/tmp}/helios-test.XXXXXX") || exit 99
	trap 'rm -rf "$workdir"' EXIT
	trap 'exit 99' HUP INT TERM
}

# Does this machine let us use userfaultfd?  Asked of Linux, not of Helios.
have_userfaultfd()
{
	"$SYSTEM_BUILD/uffd-probe" >/dev/null 2>&1
}

need_userfaultfd()
{
	have_userfaultfd ||
		skip_all "$("$SYSTEM_BUILD/uffd-probe" 2>&1)"
}

need_valgrind()
{
	[ -n "$VALGRIND" ] || skip_all "configured --without-valgrind"
	[ "$SANITIZE" != yes ] ||
		skip_all "AddressSanitizer and Valgrind exclude each other"
}

# run_vulcan <options of helios-hosted>... [-- <options of Vulcan>...]
# Vulcan prints TAP; its result is the script's.
run_vulcan()
{
	run_options=
	while [ $# != 0 ]; do
		case $1 in
		--)
			break
			;;
		--faults=uffd)
			need_userfaultfd
			;;
		esac
		run_options="$run_options $1"
		shift
	done
	exec "$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_HOSTED" $run_options \
		"$VULCAN" "$@"
}

# The same under memcheck: an error in kernel or HAL, or a leak, fails it.
# Without --vex-iropt-register-updates Valgrind corrupts registers when a
# program resumes at a faulting instruction.
run_vulcan_valgrind()
{
	need_valgrind
	exec "$TIMEOUT" -k 10 "$VALGRIND_LIMIT" "$VALGRIND" -q \
		--error-exitcode=99 --fair-sched=yes \
		--vex-iropt-register-updates=allregs-at-mem-access \
		--leak-check=full --max-threads=1100 \
		--suppressions="$top_srcdir/testsuite/valgrind.supp" \
		"$HELIOS_HOSTED" --watchdog=25 "$@"
}

# The unit tests print TAP on standard output and nothing else.  Each test is
# a process: under Valgrind, one that ends with errors fails its test.
run_unit()
{
	export CK_TIMEOUT_MULTIPLIER=60
	exec "$TIMEOUT" -k 10 "$LIMIT" "$UNIT_BUILD/$1"
}

run_unit_valgrind()
{
	need_valgrind
	export CK_TIMEOUT_MULTIPLIER=600
	exec "$TIMEOUT" -k 10 "$VALGRIND_LIMIT" "$VALGRIND" -q \
		--error-exitcode=99 --leak-check=full "$UNIT_BUILD/$1"
}

# Machines.  The tests proper are programs in Python beside this file.
MACHINE_LIMIT=3600

need_qemu()
{
	[ -n "$QEMU" ] || skip_all "configured --without-qemu"
}

need_bochs()
{
	[ -n "$BOCHS" ] || skip_all "configured --without-bochs"
}

need_iso()
{
	[ "$WITH_ISO" = yes ] || skip_all "configured --without-iso"
}

# run_python <program> <argument>...: prints TAP; its result is the script's.
run_python()
{
	: "${HELIOS_KERNEL:?}"
	program=$1
	shift
	exec "$TIMEOUT" -k 10 "$MACHINE_LIMIT" "$PYTHON3" -E -s -B \
		"$(dirname "$0")/$program" "$@"
}
