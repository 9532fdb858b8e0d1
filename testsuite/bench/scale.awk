# SPDX-License-Identifier: BSD-2-Clause
#
# The output of scale/main.c as tables.  verbose=1: every line, not only what
# is not flat.  limit: from where on a ratio is flagged.
$1 == "scale" && $2 == "end" {
	ended = 1
}
$1 == "scale" && NF >= 4 {
	kind = $2
	n = $3
	if (!(kind in known)) {
		known[kind] = 1
		kinds[++nkinds] = kind
	}
	if (!(n in size)) {
		size[n] = 1
		sizes[++nsizes] = n
	}
	if ($4 == "-") {
		sub(/^scale [^ ]+ [^ ]+ - /, "")
		why[kind, n] = $0
	} else {
		bytes[kind, n] = $4 / 1000
		if ($5 != n)
			why[kind, n] = "no room for more than " $5
	}
}
$1 == "cost" && $2 != "empty" {
	if (!($2 in seen)) {
		seen[$2] = 1
		ops[++nops] = $2
	}
	at[$2, kind, n] = $3
	most[$2, kind, n] = $5
}
$1 == "tree" && $2 == "table" {
	slots = $4
	slot = $5 / $4
}
$1 == "tree" && $2 != "table" {
	shape = $2 " " $3
	if (!(shape in trees)) {
		trees[shape] = 1
		shapes[++nshapes] = shape
	}
	if (!($4 in tsize)) {
		tsize[$4] = 1
		tsizes[++ntsizes] = $4
	}
	tree[shape, $4] = $5 / $4
}

# The largest ratio of an operation at a number of objects, and its kind.
function worst(op, n,   i, r) {
	worst_kind = "-"
	worst_ratio = 0
	for (i = 1; i <= nkinds; i++) {
		if (!((op, kinds[i], n) in at))
			continue
		r = at[op, kinds[i], n] / at[op, kinds[i], sizes[1]]
		if (r > worst_ratio) {
			worst_ratio = r
			worst_kind = kinds[i]
		}
	}
}

function flag(ratio) {
	return ratio > limit ? "  NOT FLAT" : ""
}

END {
	if (!ended)
		exit 1
	if (limit == "")
		limit = 1.1
	printf "instructions of operations among so many live objects of " \
		"some kind: at %s,\nand the largest ratio to that, with the " \
		"kind\n", sizes[1]
	printf "%-24s %8s", "operation", sizes[1]
	for (j = 2; j <= nsizes; j++)
		printf "  %18s", sizes[j]
	print ""
	for (i = 1; i <= nops; i++) {
		printf "%-24s %8d", ops[i], at[ops[i], kinds[1], sizes[1]]
		note = ""
		for (j = 2; j <= nsizes; j++) {
			worst(ops[i], sizes[j])
			printf "  %6.2f %-11s", worst_ratio, worst_kind
			if (worst_ratio > limit)
				note = flag(worst_ratio)
		}
		print note
	}
	print ""
	print "what is not flat: each kind and number"
	for (i = 1; i <= nops; i++)
		for (k = 1; k <= nkinds; k++)
			for (j = 2; j <= nsizes; j++) {
				if (!((ops[i], kinds[k], sizes[j]) in at))
					continue
				a = at[ops[i], kinds[k], sizes[1]]
				b = at[ops[i], kinds[k], sizes[j]]
				all++
				if (b / a > limit)
					bad++
				else if (!verbose)
					continue
				printf "%-24s %-11s %7d: %8d to %8d  " \
					"%6.2f%s\n", ops[i], kinds[k], \
					sizes[j], a, b, b / a, flag(b / a)
			}
	printf "%d of %d are above %s\n", bad, all, limit
	print ""
	print "kernel memory of one object, in bytes"
	for (k = 1; k <= nkinds; k++) {
		printf "%-24s", kinds[k]
		for (j = 1; j <= nsizes; j++)
			if ((kinds[k], sizes[j]) in bytes)
				printf " %9.1f at %d", \
					bytes[kinds[k], sizes[j]], sizes[j]
			else
				printf " %9s at %d", "-", sizes[j]
		print ""
	}
	for (k = 1; k <= nkinds; k++)
		for (j = 1; j <= nsizes; j++)
			if ((kinds[k], sizes[j]) in why)
				printf "%s at %d: %s\n", kinds[k], \
					sizes[j], why[kinds[k], sizes[j]]
	print ""
	print "destroying a tree of n capabilities: instructions for each"
	printf "%-24s", "shape and way"
	for (j = 1; j <= ntsizes; j++)
		printf " %9d", tsizes[j]
	print ""
	for (i = 1; i <= nshapes; i++) {
		printf "%-24s", shapes[i]
		for (j = 1; j <= ntsizes; j++)
			printf " %9.1f", tree[shapes[i], tsizes[j]]
		print ""
	}
	printf "beside that a CSpace, for each of its %d slots %9.1f\n", \
		slots, slot
}
