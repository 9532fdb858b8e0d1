#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What helios-hosted says to bad input: one line on standard error with what
# was expected and what was found, nothing on standard output, exit status
# 2.  No crash, no hang, and no boot.
. "$(dirname "$0")/lib.sh"
make_workdir
cd "$workdir" || exit 99

# run <arguments>...: status, and the files out and err.  $wrapper, if not
# empty, is a script that runs the kernel its own way.
wrapper=
run()
{
	"$TIMEOUT" -k 10 60 $wrapper "$HELIOS_HOSTED" "$@" >out 2>err \
		</dev/null
	status=$?
}

report()
{
	echo "exit status $status"
	sed 's/^/stdout: /' out | head -n 10
	sed 's/^/stderr: /' err | head -n 10
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
		grep -q '^helios-hosted: ' err &&
		grep -qiE -e "$pattern" err; then
		ok "$description"
	else
		not_ok "$description" "expected status 2 and one line with \
'$pattern'
$(report)"
	fi
}

# pack <archive> <directory>: an initramfs of what is in the directory.
pack()
{
	"$TAR" --format=ustar -C "$2" -cf "$1" . --transform='s|^\./||'
}

# elf <variant>: an initramfs whose init is that, as <variant>.tar.
elf()
{
	mkdir "$1.d"
	"$SYSTEM_BUILD/mkelf" "$1" >"$1.d/init" && "$TAR" --format=ustar \
		-C "$1.d" -cf "$1.tar" init || exit 99
}

# The control: what is broken below works when it is whole.
elf sound
run sound.tar
if [ "$status" = 42 ] && [ ! -s out ]; then
	ok "a sound init boots, and its status is the exit status"
else
	not_ok "a sound init boots, and its status is the exit status" \
		"expected status 42
$(report)"
fi

# Options.
refuses "no initramfs" 'initramfs'
refuses "two initramfs" 'sound2' sound.tar sound2.tar
refuses "an unknown option" 'nonsense' --nonsense sound.tar
refuses "an unknown short option" 'Z' -Z sound.tar
for option in faults isolation time log-level seed memory; do
	refuses "--$option=bogus" "bogus.*|.*$option" --$option=bogus sound.tar
	refuses "--$option with no value" "$option" --$option= sound.tar
done
refuses "--seed=-1" '-1' --seed=-1 sound.tar
refuses "a seed of more than 64 bits" '18446744073709551616' \
	--seed=18446744073709551616 sound.tar
refuses "--memory=64Q" '64Q' --memory=64Q sound.tar
refuses "--memory=-64M" '64M' --memory=-64M sound.tar
refuses "no memory" 'memory' --memory=0 sound.tar
refuses "too little memory for the kernel" 'memory' --memory=4K sound.tar
refuses "too little memory for init" 'memory' --memory=64K sound.tar
refuses "more memory than 64 bits can say" 'memory' \
	--memory=99999999999999999999G sound.tar
refuses "more memory than there are addresses" 'memory' \
	--memory=16777216G sound.tar
refuses "a trace in a directory that is not there" 'missing/trace' \
	--trace=missing/trace sound.tar
refuses "a trace that is a directory" 'sound.d' --trace=sound.d sound.tar

refuses "more memory than the kernel can manage" 'at most 128G' \
	--memory=200G sound.tar
refuses "one byte of memory" 'at least .*found 1$' --memory=1 sound.tar

# FIFOs: nobody is at the other end.
mkfifo fifo
refuses "an initramfs that is a FIFO" 'fifo: .*no regular file' fifo
refuses "a trace into a FIFO that nobody reads" '--trace: fifo: expected' \
	--trace=fifo sound.tar
refuses "a serial port into a FIFO that nobody reads" \
	'--com1: fifo: expected' --com1=file:fifo sound.tar

# One that somebody reads is as good as a file.
cat fifo >read &
run --trace=fifo sound.tar
wait $!
if [ "$status" = 42 ] && grep -q 'power off 42' read; then
	ok "a trace into a FIFO that somebody reads"
else
	not_ok "a trace into a FIFO that somebody reads" \
		"expected status 42 and a trace that ends with it
$(report)"
fi

# Surroundings: a limit on file sizes, and descriptors that are closed.
cat >limited <<'EOF'
#!/bin/sh
ulimit -f 64
exec "$@"
EOF
cat >closed <<'EOF'
#!/bin/sh
exec "$@" <&- >&-
EOF
chmod +x limited closed
wrapper=./limited
refuses "memory beyond the limit on file sizes" \
	'cannot create .* memory: File too large' sound.tar
# Closed descriptors: the memory of the kernel must not become its console.
./closed "$HELIOS_HOSTED" "$VULCAN" 2>err &
pid=$!
tries=0
while [ $tries -lt 200 ] &&
	! ls -l /proc/$pid/fd 2>&1 | grep -q helios-memory; do
	tries=$((tries + 1))
	sleep 0.1
done
found=$(readlink /proc/$pid/fd/0 /proc/$pid/fd/1 | tr '\n' ' ')
kill $pid
wait $pid || :
if [ "$found" = "/dev/null /dev/null " ]; then
	ok "a console that is closed"
else
	not_ok "a console that is closed" "expected /dev/null twice, found $found"
fi
wrapper=

# Files.
refuses "a file that is not there" 'missing.tar' missing.tar
refuses "a directory" 'sound.d' sound.d
: >empty.tar
refuses "an empty file" 'empty.tar' empty.tar
dd if=/dev/null of=huge.tar bs=1 seek=5368709120 2>/dev/null
refuses "a file that no init has room for" 'less than 256 MiB.* 5120 MiB' \
	--memory=8G huge.tar
echo "This is no archive." >text.tar
refuses "a short text" 'ustar' text.tar
yes "This is no archive either." | head -n 1000 >long.tar
refuses "a long text" 'ustar header expected' long.tar
head -c 10240 /dev/zero >zero.tar
refuses "an archive with nothing in it" '"init"' zero.tar
gzip -c sound.tar >sound.tar.gz
refuses "a compressed archive" 'ustar' sound.tar.gz
for size in 100 511 512 513 4096 8704; do
	head -c "$size" sound.tar >cut.tar
	refuses "an archive cut after $size bytes" 'truncated' cut.tar
done

# patch <archive> <offset> <printf format>: sound.tar with bytes changed.
patch()
{
	cp sound.tar "$1"
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

patch checksum.tar 148 '000000'
refuses "a header with a wrong checksum" 'checksum' checksum.tar

# A header whose checksum fits, with the bytes at an offset replaced.
resum()
{
	patch "$1" 148 '        '
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
	sum=$(head -c 512 "$1" | od -An -v -tu1 |
		awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s }')
	printf '%06o\0 ' "$sum" |
		dd of="$1" bs=1 seek=148 conv=notrunc 2>/dev/null
}

resum size.tar 124 '77777777777'
refuses "a member larger than the archive" 'truncated' size.tar
resum digits.tar 124 '0000zz20000'
refuses "a member size that is no number" 'octal size' digits.tar
resum name.tar 0 'exit'
refuses "an archive without init" '"init" expected' name.tar

mkdir dir.d dir.d/init
pack dir.tar dir.d
refuses "init is a directory" '"init" expected' dir.tar
mkdir link.d
ln -s elsewhere link.d/init
pack link.tar link.d
refuses "init is a link" '"init" expected' link.tar
mkdir script.d
printf '#!/bin/sh\nexit 0\n' >script.d/init
pack script.tar script.d
refuses "init is a script" 'ELF' script.tar

# Programs.  sound.tar above is the control of each.
complaint()
{
	case $1 in
	empty | short_header) echo '64 bytes expected' ;;
	magic) echo 'an ELF file expected.*7f 41 4c 46' ;;
	class_32) echo 'class 2 .*1 found' ;;
	big_endian) echo 'little-endian.*2 found' ;;
	version) echo 'version 1 expected, 9 found' ;;
	machine) echo 'x86-64.*183 found' ;;
	type_exec) echo 'static PIE.*type 2 found' ;;
	type_rel) echo 'static PIE.*type 1 found' ;;
	phdrs_none) echo 'program headers expected, 0 found' ;;
	phdrs_many) echo 'program headers expected, 65535 found' ;;
	phdrs_*) echo 'program headers .*file of' ;;
	phdr_size) echo 'header sizes.*32 found' ;;
	no_load) echo 'loadable segment expected' ;;
	dynamic_loader) echo 'static program expected' ;;
	file_cut | offset_wrap) echo 'segment 1: .*outside the file' ;;
	file_exceeds_memory) echo 'segment 1: .*4096.*2048' ;;
	overlap) echo 'segment 1 .*overlaps' ;;
	misaligned | alignment) echo 'segment 1: alignment' ;;
	address_wrap | beyond_the_range | memory_exceeds_all)
		echo 'segment 1: addresses .*exceed' ;;
	memory_exceeds_ram) echo 'memory' ;;
	write_and_execute) echo 'segment 1 is writable and executable' ;;
	not_readable) echo 'segment 1 is not readable' ;;
	entry_*) echo 'entry .*no executable segment' ;;
	*) echo 'a variant without an expected complaint' ;;
	esac
}

variants=$("$SYSTEM_BUILD/mkelf" --list) || exit 99
for variant in $variants; do
	[ "$variant" != sound ] || continue
	elf "$variant"
	refuses "init: $variant" "$(complaint "$variant")" \
		--memory=32M "$variant.tar"
done

tap_done
