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

code=$(for dir in include src drivers tools testsuite doc; do
	[ ! -d "$dir" ] || sources "$dir"
done)
[ -n "$code" ] || { echo "Bail out! no sources in $(pwd)"; exit 99; }

# Written in other languages, with C's comments: interfaces, lexers, parsers.
# The interfaces for ipcgen's tests are inputs, each for one purpose.
others=$(find protocols drivers tools testsuite doc -type f \
	\( -name '*.ipc' -o -name '*.[ly]' \) \
	! -path 'testsuite/ipcgen/*' | sort)
# So are the manifests for the parser's tests.
manifests=$(find drivers testsuite doc -type f -name '*.manifest' \
	! -path 'testsuite/manifest/*' | sort)

rule "an SPDX line is the first of each source file" "$(
	for file in $code $others; do
		head -n 1 "$file" | grep -qxF \
			'/* SPDX-License-Identifier: BSD-2-Clause */' ||
			echo "$file"
	done)"

rule "an SPDX line stands in each script, makefile and manifest" "$(
	for file in configure.ac Makefile.am bootstrap .ci/run m4/helios.m4 \
		$manifests \
		$(find src testsuite drivers tools doc protocols \
			-name '*.mk' -o -name '*.sh' -o -name '*.py' \
			-o -name '*.ld' -o -name '*.dict'); do
		head -n 3 "$file" | grep -qF \
			'SPDX-License-Identifier: BSD-2-Clause' || echo "$file"
	done)"

rule "no source file has more than 700 lines" "$(
	wc -l $code $others | awk '$2 != "total" && $1 > 700')"

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

# What programs include: the ABI, the libraries, what ipcgen makes, and files
# of their own directory.
program="$free|<helios/[a-z]*\\.h>|<libhelios\\.h>|<helios-user/[a-z]*\\.h>"
mercury='<mercury/[a-z_]*\.h>'
beside='"[a-z0-9_-]*\.h"'
vulcan='"(\.\./(vulcan/)?)?[a-z0-9_-]*\.h"'

rule "programs see the public ABI and their own library, nothing else" "$(
	includes "$program|$vulcan" $(sources testsuite/vulcan \
		testsuite/bench testsuite/differ | grep -v vulcan/foreign/)
	[ ! -d testsuite/mercury ] ||
		includes "$program|$mercury|$vulcan" \
			$(sources testsuite/mercury))"

rule "libhelios stands on the ABI alone" "$(
	includes "$program|$beside" $(sources src/user/libhelios \
		src/user/crt0 src/user/include/helios-user \
		src/user/include/libhelios.h src/user/sysinfo))"

rule "Mercury's programs and drivers see the libraries and themselves" "$(
	includes "$program|$mercury|$beside" $(sources src/user drivers \
		doc/example doc/example-driver))"

rule "the kernel's objects do not reach up into the user API" "$(
	find src/core -maxdepth 1 -name '*.c' |
		xargs -r grep -nE 'include[[:space:]]*"(\.\./)?uapi/')"

rule "nothing is left for later" "$(
	grep -nwE 'TODO|FIXME|XXX' $code $others $manifests)"

rule "no trailing blanks" "$(grep -nE '[[:blank:]]+$' $code $others)"

# By name, or by a pattern: $(wildcard $(srcdir)/drivers/*/*.c).
lists=$(cat Makefile.am $(find src testsuite drivers tools protocols doc \
	-name local.mk))
patterns=$(printf '%s\n' "$lists" |
	grep -oE '\$\(wildcard \$\((top_)?srcdir\)/[^)]*' |
	sed 's/.*srcdir)//; s|^/||')

# listed <file>
listed()
{
	case $lists in
	*"$1"*) return ;;
	esac
	set -f
	for pattern in $patterns; do
		case $1 in
		$pattern) return ;;
		esac
	done
	return 1
}

rule "every source file is in a makefile" "$(
	for file in $code $others $manifests; do
		listed "$file" || echo "$file"
	done)"

echo "1..$count"
[ "$failed" = 0 ]
