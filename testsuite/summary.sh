#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The last line of make check: the results of every single TAP test point,
# counted from the .trs files that Automake's TAP driver wrote.
#
# Only PASS is a pass.  An unexpected pass is a failure, an expected failure
# counts as skipped.  A test program without a result file, or of which the
# driver reports nothing but ERRORs (no plan, a bad exit status, a bail-out)
# beside passes, has failed as a whole: one failure.  Next to failed test
# points an ERROR is only their echo in the exit status, and adds nothing.
#
#	summary.sh file.trs...
set -eu

awk '
function count(file,	line, word, results, fails, errors)
{
	results = fails = errors = 0
	while ((getline line < file) > 0) {
		if (line !~ /^:test-result:/)
			continue
		results++
		split(line, word, " ")
		if (word[2] == "PASS")
			passed++
		else if (word[2] == "SKIP" || word[2] == "XFAIL")
			skipped++
		else if (word[2] == "ERROR")
			errors++
		else
			fails++
	}
	close(file)
	if (fails == 0 && (errors > 0 || results == 0))
		fails = 1
	failed += fails
}
BEGIN {
	for (i = 1; i < ARGC; i++)
		count(ARGV[i])
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}' "$@"
