# SPDX-License-Identifier: BSD-2-Clause
#
# What boot needs once is gone when it is over (bootcode.c).  From the output
# of nm -n and readelf -rW, of the kernel linked with --emit-relocs: whatever
# else in it refers to such code or constants is refused, by name.  Who needs
# only to know where they are may use the addresses of kernel.lds.

function caller(at,   low, high, middle) {
	low = 0
	high = nfunctions
	while (low < high) {
		middle = int((low + high) / 2)
		if (address[middle] <= at)
			low = middle + 1
		else
			high = middle
	}
	return low > 0 ? name[low - 1] : "?"
}

$2 ~ /^[A-Za-z]$/ && NF == 3 {
	if ($3 == "boot_start")
		start = $1
	if ($3 == "boot_end")
		end = $1
	if ($1 ~ /^ffffffff/) {
		address[nfunctions] = $1
		name[nfunctions++] = $3
	}
	next
}

/^Relocation section/ {
	checked = $3 !~ /^.\.rela\.(boot|note|debug)/
	next
}

checked && $3 ~ /^R_X86_64/ && $4 >= start && $4 < end &&
		$5 !~ /^boot_(start|text_end)$/ {
	print "helios-kernel: " caller($1) " refers to " $5 $6 $7 ", which" \
		" is gone when boot is over" >"/dev/stderr"
	bad = 1
}

checked && $3 ~ /^R_X86_64/ {
	seen++
}

BEGIN {
	nfunctions = 0
}

END {
	if (start == "" || end == "" || !seen) {
		print "bootcode.awk: boot_start, boot_end and relocations " \
			"expected in the output of nm and readelf" \
			>"/dev/stderr"
		exit 1
	}
	exit bad
}
