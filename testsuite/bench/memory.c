/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First touches of mapped pages (when hosted: TLB fills).
 *
 * The pages stand in reverse order of their physical addresses, so that no
 * fill can take a neighbour along, and each touch is one.
 */
#include "bench.h"

#define MOST	256u

static helios_cap_t pages[MOST];
static char *window, *next;

static void
map_again(void)
{
	unsigned int i, n = scale.pages;

	if (next)
		bench_check(helios_unmap(helios_process.vspace, n, pages),
			"unmap");
	for (i = 0; i < n; i++)
		bench_check(helios_map(helios_process.vspace,
			(uint64_t)(uintptr_t)window +
			(uint64_t)(n - 1 - i) * 4096,
			HELIOS_MAP_W | HELIOS_MAP_FIXED, 1, &pages[i], NULL),
			"map");
	next = window;
}

static void
touch(void)
{
	*(volatile char *)next = 1;
	next += 4096;
}

void
bench_fills(void)
{
	void *hole;

	bench_check(helios_newpages(scale.pages, pages), "pages");
	/* Reserve the addresses, then take them over. */
	bench_check(helios_mmap(NULL, MOST * 4096, HELIOS_PROT_NONE, 0,
		&hole), "reserve");
	window = hole;
	bench_result("fill_ps", bench_time(touch, scale.pages, map_again));
	bench_check(helios_destroy_many(scale.pages, pages), "destroy");
}
