#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A short run of each fuzzer: always the same inputs, so that a failure can
# be had again.  For long runs: make fuzz TARGET=manifest SECONDS=600.
#
# Each TARGET-planted has one check taken out of the code under test, and its
# fuzzer has to find that.
. "$(dirname "$0")/system/lib.sh"
[ -n "${CLANG-}" ] || skip_all "configured --without-fuzz"
: "${FUZZ_BUILD:?}"
make_workdir
found=$FUZZ_BUILD/found
mkdir -p "$found" || exit 99

# fuzz <target> <runs> [seeds]: from the seeds of the target of that name.
fuzz()
{
	corpus=$workdir/$1
	mkdir "$corpus"
	set -- "$1" "$2" "${3:-$1}"
	if [ ! -d "$FUZZ_BUILD/seeds/$3" ]; then
		echo "there is no $FUZZ_BUILD/seeds/$3" >"$workdir/log"
		return 98
	fi
	dict=$top_srcdir/testsuite/fuzz/$3.dict
	[ ! -f "$dict" ] || set -- "$@" -dict="$dict"
	
	"$TIMEOUT" -k 10 "$LIMIT" "$FUZZ_BUILD/$1" -seed=1 -runs="$2" \
		-max_len=8192 -timeout=300 -close_fd_mask=2 ${4+"$4"} \
		-artifact_prefix="$found/$1-" "$corpus" \
		"$FUZZ_BUILD/seeds/$3" >"$workdir/log" 2>&1
}

# sound <target> <runs>
sound()
{
	if fuzz "$1" "$2" && grep -q "^#.*DONE" "$workdir/log"; then
		ok "$1: $2 inputs"
	else
		not_ok "$1: $2 inputs" "the input that fails: $(sed -n \
			's/.*Test unit written to //p' "$workdir/log")
$(tail -n 40 "$workdir/log")"
	fi
}

# planted <target> <runs> <seeds>
planted()
{
	fuzz "$1" "$2" "$3"
	status=$?
	if [ "$status" != 0 ] && grep -qE \
		'does not hold|AddressSanitizer|: runtime error: ' \
		"$workdir/log"; then
		ok "$1: what is wrong with it is found"
		rm -f "$found/$1"-*
	else
		not_ok "$1: what is wrong with it is found" \
			"exit status $status
$(tail -n 20 "$workdir/log")"
	fi
}

sound elf 200000
sound elfinfo 100000
sound image 100000
sound tar 30000
planted tar-planted 30000 tar
sound manifest 50000
planted manifest-planted 100000 manifest
sound ipcgen 3000
sound dispatch 200000
planted dispatch-planted 200000 dispatch
sound serial 200000
sound reply 200000
tap_done
