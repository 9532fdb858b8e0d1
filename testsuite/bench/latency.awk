# SPDX-License-Identifier: BSD-2-Clause
#
# The lines "latency ..." of helios-kernel-latency, the longest first, with
# the names of include/helios: those files come first, then what the machine
# has printed.  most: how many lines; limit: what none is to exceed.
FNR == 1 {
	file++
}

# The names of system calls, types and operations, in their order.
/^enum helios_syscall / {
	part = "call"
}
/^enum helios_type / {
	part = "type"
}
/^enum helios_[a-z]*_op / {
	part = "op"
	sub(/^helios_/, "", $2)
	sub(/_op$/, "", $2)
	of = toupper($2)
	if (of == "SYSTEM")
		of = "SYSTEMCONTROL"
}
/^}/ {
	part = ""
}
part != "" && /^\tHELIOS_[A-Z_]* = [0-9]+,/ {
	name = $1
	sub(/^HELIOS_/, "", name)
	value = $3 + 0
	if (part == "call") {
		sub(/^SYS_/, "", name)
		call[value] = name
	} else if (part == "type") {
		type[value] = name
	} else {
		sub(/^[A-Z]*_/, "", name)
		op[of, value] = name
	}
}

function hex(s,   i, n) {
	n = 0
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}

function cause(   label, t, o) {
	if ($2 == "trap")
		return $3 < 32 ? "exception " $3 : "interrupt " $3
	if ($2 == "in-kernel")
		return "interrupt " $3 " taken in the kernel"
	if (!($3 in call))
		return "no system call"
	label = hex($5)
	if (label == 0)
		return call[$3]
	t = type[int(label / 65536)]
	o = label % 65536
	return call[$3] " " t " " ((t, o) in op ? op[t, o] : "operation " o)
}

$1 == "latency" && $2 == "end" {
	ended = 1
}
$1 == "latency" && NF == 12 {
	n++
	longest[n] = $7
	times[n] = $9
	what[n] = cause() ($6 == "later" ? ", later" : "")
	where[n] = $10 " to " $12
}

END {
	if (!ended || n == 0)
		exit 1
	for (i = 1; i <= n; i++) {
		at = i
		for (j = i + 1; j <= n; j++)
			if (longest[j] > longest[at])
				at = j
		if (i <= most)
			printf "%9d  %-32s %8d times, %s%s\n", longest[at], \
				what[at], times[at], where[at], \
				(longest[at] > limit ? "  OVER" : "")
		over += longest[at] > limit
		if (i == 1)
			worst = longest[at]
		longest[at] = longest[i]
		times[at] = times[i]
		what[at] = what[i]
		where[at] = where[i]
	}
	printf "longest %d, limit %d: %s\n", worst, limit, \
		over ? "MISS, by " over " causes" : "PASS"
}
