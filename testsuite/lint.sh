#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Rules about the sources that no compiler checks.  Each is a test point; a
# failure lists what breaks the rule.
set -u
cd "${top_srcdir:-$(dirname "$0")/..}" || exit 99

count=0
failed=0

# rule <description> <violations, one a line>
rule()
{
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		failed=$((failed + 1))
		echo "not ok $count - $1"
		printf '%s\n' "$2" | head -n 20 | sed 's/^/# /'
	fi
}

sources()
{
	find "$@" -name '*.[chS]' -type f | sort
}

code=$(for dir in include src drivers tools testsuite; do
	[ ! -d "$dir" ] || sources "$dir"
done)
[ -n "$code" ] || { echo "Bail out! no sources in $(pwd)"; exit 99; }

rule "an SPDX line is the first of each source file" "$(
	for file in $code; do
		head -n 1 "$file" | grep -qxF \
			'/* SPDX-License-Identifier: BSD-2-Clause */' ||
			echo "$file"
	done)"

rule "an SPDX line stands in each script and makefile" "$(
	for file in configure.ac Makefile.am bootstrap .ci/run m4/helios.m4 \
		$(find src testsuite drivers tools doc -name '*.mk' \
			-o -name '*.sh' -o -name '*.py' -o -name '*.ld'); do
		head -n 3 "$file" | grep -qF \
			'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
	done)"

rule "no source file has more than 700 lines" "$(
	wc -l $code | awk '$2 != "total" && $1 > 700')"

rule "no function has more than 120 lines" "$(
	for file in $code; do
		awk -v file="$file" '/^{/ { start = NR }
			/^}/ { if (start && NR - start > 120)
				print file ":" start ": " NR - start " lines"
				start = 0 }' "$file"
	done)"

rule "hal.h has at most 250 lines" "$(
	wc -l src/core/include/hal.h | awk '$1 > 250')"

rule "the kernel knows nothing of its target" "$(
	grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)\b' \
		$(sources src/core) |
	grep -E 'HOSTED|BARE_?METAL|linux|unix|VALGRIND|x86|amd64|SANITIZE')"

rule "the only condition in the kernel is HELIOS_DEBUG" "$(
	for file in $(sources src/core); do
		guard=$(sed -n 's/^#ifndef \([A-Z0-9_]*_H\)$/\1/p' "$file" |
			head -n 1)
		grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)\b' \
			"$file" | grep -vwE "HELIOS_DEBUG|${guard:-HELIOS_DEBUG}" |
			sed "s|^|$file:|"
	done)"

# includes <allowed, an ERE> <file>...: the #include lines with others.
includes()
{
	allowed=$1
	shift
	grep -nE '^[[:space:]]*#[[:space:]]*include' "$@" /dev/null |
		grep -vE "include[[:space:]]*($allowed)"
}

free='<std(arg|bool|def|int)\.h>'
own='"[a-z_./-]*\.h"|<helios/[a-z]*\.h>'

rule "the kernel includes itself, the public ABI and no libc" "$(
	includes "$free|$own|<(hal|[a-z_]*)\\.h>" $(sources src/core) |
		sort
	grep -nE '<(assert|ctype|errno|limits|math|setjmp|signal|stdio|stdlib|string|time|unistd|pthread|fcntl)\.h>|<(sys|linux|asm|valgrind)/' \
		$(sources src/core))"

rule "there is no assembly in the kernel" "$(
	find src/core -name '*.S'
	grep -nwE 'asm|__asm__|__asm' $(sources src/core))"

rule "the public headers include each other and freestanding ones" "$(
	includes "$free|<helios/[a-z]*\\.h>" $(sources include))"

# <elf.h> has the constants of the format, and nothing of the host.
free="$free|<stdatomic\\.h>|<elf\\.h>"

rule "programs see the public ABI and their own library, nothing else" "$(
	for dir in src/user testsuite/vulcan testsuite/bench; do
		includes "$free|$own|<libhelios\\.h>|<helios-user/[a-z]*\\.h>" \
			$(sources "$dir" | grep -v vulcan/foreign/)
		grep -nE 'include.*(hal\.h|core/|hal-hosted|hal-baremetal)' \
			$(sources "$dir")
	done)"

rule "the kernel's objects do not reach up into the user API" "$(
	find src/core -maxdepth 1 -name '*.c' |
		xargs -r grep -nE 'include[[:space:]]*"(\.\./)?uapi/')"

rule "nothing is left for later" "$(
	grep -nwE 'TODO|FIXME|XXX' $code)"

rule "no trailing blanks" "$(grep -nE '[[:blank:]]+$' $code)"

rule "every source file is in a makefile" "$(
	lists=$(cat Makefile.am $(find src testsuite drivers tools \
		-name local.mk))
	for file in $code; do
		printf '%s\n' "$lists" | grep -qF "$file" || echo "$file"
	done)"

echo "1..$count"
[ "$failed" = 0 ]
