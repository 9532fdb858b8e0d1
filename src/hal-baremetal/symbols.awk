# SPDX-License-Identifier: BSD-2-Clause
#
# From the sorted output of nm, the kernel's own table of its functions, as
# symbols.c reads it: of each the low half of its address and where its name
# starts, in order of address; then the names, without what the compiler adds
# to those it splits or specializes (".part.0").

/^ffffffff/ && $2 ~ /^[tT]$/ && $3 !~ /^(boot|text)_(start|end)$/ &&
		$1 != last {
	last = $1
	address[n] = substr($1, 9)
	sub(/\..*/, "", $3)
	name[n++] = $3
}

BEGIN {
	n = 0
}

END {
	if (n == 0) {
		print "symbols.awk: no functions in the output of nm" \
			>"/dev/stderr"
		exit 1
	}
	print "\t.section .symbols, \"a\", @progbits"
	print "\t.balign 8"
	print "\t.globl kernel_symbols, kernel_symbols_end, kernel_names"
	print "kernel_symbols:"
	for (i = 0; i < n; i++) {
		printf "\t.long 0x%s, %d\n", address[i], at
		at += length(name[i]) + 1
	}
	print "kernel_symbols_end:"
	print "kernel_names:"
	for (i = 0; i < n; i++)
		printf "\t.asciz \"%s\"\n", name[i]
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
