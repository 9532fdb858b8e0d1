#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# helios-qemu as a person uses it: it boots what it is told, and says in one
# line what is wrong with what it is told, and with the QEMU it finds.
. "$(dirname "$0")/lib.sh"
need_qemu
make_workdir
cd "$workdir" || exit 99

: "${HELIOS_QEMU:?}" "${HELIOS_KERNEL:?}"

run()
{
	"$TIMEOUT" -k 10 "$LIMIT" "$HELIOS_QEMU" "$@" >out 2>err </dev/null
	status=$?
}

report()
{
	echo "exit status $status"
	sed 's/^/stdout: /' out | tail -n 20
	sed 's/^/stderr: /' err | tail -n 20
}

# refuses <description> <ERE for the line> <arguments>...
refuses()
{
	description=$1
	pattern=$2
	shift 2
	run "$@"
	if [ "$status" = 2 ] && [ ! -s out ] &&
		[ "$(wc -l <err)" = 1 ] &&
		grep -q '^helios-qemu: ' err && grep -qE -e "$pattern" err; then
		ok "$description"
	else
		not_ok "$description" "expected status 2 and one line with \
'$pattern'
$(report)"
	fi
}

# shows <description> <ERE>: a line of out matches.
shows()
{
	if tr -d '\r' <out | grep -qE -e "$2"; then
		ok "$1"
	else
		not_ok "$1" "expected a line with '$2'
$(report)"
	fi
}

run --accel=tcg --kernel="$HELIOS_KERNEL" --initramfs="$VULCAN" \
	--append=log-level=info -- clock 'note::*'
shows "boots a kernel with an initramfs" '^ok 1 - clock::monotonic$'
shows "init gets its arguments" '^ok [0-9]* - note::'
shows "the kernel gets its options" 'processor: '
shows "the serial line is standard output" '^helios: power off, status 0$'
if [ "$status" = 0 ]; then
	ok "ends when the machine is off"
else
	not_ok "ends when the machine is off" "$(report)"
fi

run --accel=tcg --kernel="$HELIOS_KERNEL" --initramfs="$VULCAN" \
	-- --list 'note::signal_before_wait' 'no "such" \ test'
shows "arguments keep their blanks, quotes and backslashes" \
	'^note::signal_before_wait$'
run --accel=tcg --kernel="$HELIOS_KERNEL" --initramfs="$VULCAN" \
	-- 'no "such" \ test'
shows "and arrive as one word" 'no test matches: no "such" \\ test$'
run --accel=tcg --kernel="$HELIOS_KERNEL" --append=foo
shows "a kernel that stops ends it" '^helios: power off, status 127$'

run --help
if [ "$status" = 0 ] && grep -q '^Usage: helios-qemu' out; then
	ok "--help"
else
	not_ok "--help" "$(report)"
fi

refuses "an unknown option" "unknown option '--nonsense'" --nonsense=1
refuses "an argument" "found 'helios.iso'.*--" helios.iso
refuses "a size that is none" "found 'lots'" --memory=lots
refuses "a port that is none" "found 'x'" --gdb=x
refuses "an accelerator that is none" 'tcg or kvm' --accel=warp
refuses "a machine that is none" "no machine 'abacus'" --machine=abacus
refuses "an image that is not there" 'no.iso: no such file' --iso=no.iso
refuses "a kernel that is not there" 'no-kernel: no such file' \
	--kernel=no-kernel
refuses "an image with arguments for init" 'need --kernel' --iso=no.iso -- x
refuses "UEFI with a plain kernel" 'needs --iso' --uefi --accel=tcg

: >some.iso
OVMF="$workdir/no-firmware" && export OVMF
refuses "UEFI without firmware" 'no-firmware.*apt-get install ovmf' \
	--accel=tcg --uefi --iso=some.iso
unset OVMF

# Other QEMUs.
cat >old-qemu <<'EOF'
#!/bin/sh
echo "QEMU emulator version 4.2.1 (Debian 1:4.2-3ubuntu6)"
EOF
cat >no-qemu <<'EOF'
#!/bin/sh
echo "something else 1.0"
EOF
chmod +x old-qemu no-qemu
QEMU="$workdir/old-qemu" && export QEMU
refuses "a QEMU that is too old" '6.0 or later .*old-qemu is version 4.2.1'
QEMU="$workdir/no-qemu"
refuses "a QEMU that is none" "found 'something else 1.0'"
QEMU="$workdir/missing-qemu"
refuses "no QEMU" 'apt-get install qemu-system-x86'

tap_done
