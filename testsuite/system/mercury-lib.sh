# SPDX-License-Identifier: BSD-2-Clause
#
# For the scripts that run Mercury's tests (testsuite/mercury).
#
#	MERCURY		where their archives are
#
# A script defines boot(), which boots an archive with arguments for usrinit
# and leaves what the console said in the file console and its exit status in
# $status; and then runs the parts it wants.

. "$(dirname "$0")/lib.sh"
: "${MERCURY:?}"

# A test is never judged by its time, so one that hangs is the script's.
mercury_settings=--timeout=100000000

boot_hosted()
{
	archive=$1
	shift
	"$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_HOSTED" --log-level=error \
		--com1=file:com1 $mercury_options "$MERCURY/$archive" -- \
		$mercury_settings "$@" >console 2>&1 </dev/null
	status=$?
}

boot_valgrind()
{
	archive=$1
	shift
	"$TIMEOUT" -k 10 "$VALGRIND_LIMIT" "$VALGRIND" -q \
		--error-exitcode=99 --fair-sched=yes \
		--vex-iropt-register-updates=allregs-at-mem-access \
		--leak-check=full --max-threads=1100 \
		--suppressions="$top_srcdir/testsuite/valgrind.supp" \
		"$HELIOS_HOSTED" --watchdog=25 --log-level=error \
		--com1=file:com1 $mercury_options "$MERCURY/$archive" -- \
		$mercury_settings "$@" >console 2>&1 </dev/null
	status=$?
}

# The exit status is QEMU's own; what usrinit ended with is on the console.
boot_qemu()
{
	archive=$1
	shift
	"$TIMEOUT" -k 10 "$MACHINE_LIMIT" "$QEMU" -machine pc -accel tcg \
		-cpu max -m 256 -nodefaults -no-user-config -nic none \
		-display none -no-reboot -serial stdio -serial null \
		-kernel "$HELIOS_KERNEL" -initrd "$MERCURY/$archive" \
		-append "log-level=error -- $mercury_settings $*" \
		2>&1 </dev/null | tr -d '\r' >console
	if grep -q '^helios: power off, status 0$' console; then
		status=0
	else
		status=1
	fi
	cp console com1
}

# run <what> <archive> <arguments>...: each test of it is a point of ours.
run()
{
	what=$1
	shift
	rm -f com1
	boot "$@"
	while IFS= read -r line; do
		name="$what${line#*ok * - }"
		case $line in
		"ok "*" # SKIP "*)
			skip "${name%% # SKIP *}" "${line#* # SKIP }"
			;;
		"ok "*)
			ok "$name"
			;;
		"not ok "*)
			not_ok "$name" "$(remarks "$line")"
			;;
		esac
	done <<-EOL
	$(grep -E '^(not )?ok [0-9]+ - ' console)
	EOL
	grep -E '^# (restarts|before)' console
	complete
}

# What the console says after this line, up to the next test's.
remarks()
{
	awk -v line="$1" '
		$0 == line { found = 1; next }
		found && /^(not )?ok [0-9]|^1\.\./ { exit }
		found { print }' console | head -n 40
}

complete()
{
	points=$(grep -cE '^(not )?ok [0-9]+ - ' console)
	failures=$(grep -cE '^not ok [0-9]+ - ' console)
	plan=$(sed -n 's/^1\.\.//p' console)
	if [ "$plan" = "$points" ] && [ "$points" != 0 ] &&
		{ [ "$status" = 0 ] || { [ "$status" = 1 ] &&
		[ "$failures" != 0 ]; }; }; then
		ok "${what}runs from start to end"
	else
		not_ok "${what}runs from start to end" "exit status $status, \
plan '$plan', $points tests; the console ends with
$(tail -n 40 console)"
	fi
}

# says <description> <ERE>: the console has such a line.
says()
{
	if grep -qE -e "$2" console; then
		ok "$1"
	else
		not_ok "$1" "expected a line with '$2'; lines of sysinit:
$(grep '^sysinit: ' console | head -n 60)"
	fi
}

# All drivers, all ways to crash, all that sysinit offers.
mercury_suite()
{
	run "" mercury.tar --skip=sandbox --skip=seed --skip=cycles \
		--skip=line --skip=reset "$@"
	end='; restart [0-9]+ '
	says "a line for a write to nowhere" \
		"^sysinit: crasher: page fault: write to 0x10 at 0x[0-9a-f]+ \
\(crash_write\+0x[0-9a-f]+\)$end"
	says "a line for a jump to nowhere" \
		"^sysinit: crasher: page fault: jump to 0x10$end"
	says "a line for a division by zero" \
		"^sysinit: crasher: .*\(crash_divide\+0x[0-9a-f]+\)$end"
	says "a line for a stack overflow" \
		"^sysinit: crasher: page fault: write .*\(crash_stack\+0x[0-9a-f]+\)$end"
	says "a line for an exit" "^sysinit: crasher: exit.* 42$end"
	says "a line for a hang" \
		"^sysinit: sleeper: did not answer its watchdog within 2000 ms$end"
	says "a line for one that is given up" \
		"^sysinit: stillborn: .*; crashed 4 times .*not restarted"
	says "a line for one that is never restarted" \
		"^sysinit: never: .*not restarted"
}

# The seed's manifest: attacked from inside, and at work.
seed_suite()
{
	run "" mercury-rogue.tar sandbox
	run "" mercury-seed.tar seed reset
	if grep -aq '^seed: what is put goes out at COM1' com1 &&
		grep -aq '^seed: back again' com1; then
		ok "what the seed's driver was given came out at COM1"
	else
		not_ok "what the seed's driver was given came out at COM1" \
			"found $(tail -n 5 com1)"
	fi
}

cycles_suite()
{
	run "" mercury-cycles.tar cycles "$@"
}
