/* SPDX-License-Identifier: BSD-2-Clause */
/* Large spaces, and memory in as many pieces as there can be. */
#include "hostile.h"

#define ALLOCATE HELIOS_LABEL(HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE)
#define RUN	HELIOS_RUN_MAX
#define FIRST	0x200000ull	/* in any range */

static uint64_t
top(void)
{
	return helios_process.bootinfo->user_limit - (1ull << 40);
}

static helios_cap_t
new_page(void)
{
	return hostile_new(HELIOS_PAGE, HELIOS_PAGE_SIZE);
}

/* One page each so many bytes, then all of it goes. */
static void
sparse(uint64_t step, unsigned int n)
{
	helios_cap_t space = hostile_new(HELIOS_VSPACE, 0);
	struct store store;

	store_open(&store, n);
	for (unsigned int i = 0; i < n; i++) {
		helios_cap_t page = new_page();

		if (helios_map(space, FIRST + i * step, HELIOS_MAP_FIXED,
				1, &page, NULL) != HELIOS_OK)
			helios_panic("sparse: map %u", i);
		store_put(&store, 1, &page);
	}
	hostile_end(space);
	store_close(&store);
}

static void
tables(void)
{
	sparse(HELIOS_LARGE_PAGE_SIZE, hostile_size / 10);
	sparse(1ull << 30, hostile_size / 200);
	sparse(1ull << 39, 200);
	sparse((1ull << 39) + (1ull << 30) + HELIOS_LARGE_PAGE_SIZE + 4096,
		200);
}

/* A space with holes of one page, where the kernel is to find a larger one. */
static void
fragmented(void)
{
	helios_cap_t space = hostile_new(HELIOS_VSPACE, 0), run[RUN];
	struct store store;
	const unsigned int n = hostile_size / 2;
	uint64_t at;

	store_open(&store, n);
	for (unsigned int i = 0; i < n; i++) {
		helios_cap_t page = new_page();

		crowd_check(helios_map(space, FIRST + 8192ull * i,
			HELIOS_MAP_FIXED, 1, &page, NULL), "map");
		store_put(&store, 1, &page);
	}
	crowd_check(helios_newpages(RUN, run), "pages");
	crowd_check(helios_map(space, FIRST, 0, RUN, run, &at), "map");
	crowd_check(helios_unmap(space, RUN, run), "unmap");
	crowd_check(helios_map(space, FIRST + 8192, 0, 2, run, &at), "map");
	hostile_end(space);
	crowd_check(helios_destroy_many(RUN, run), "pages");
	store_close(&store);
}

/* Large pages one after the other, from the bottom of the range. */
static void
large(void)
{
	helios_cap_t space = hostile_new(HELIOS_VSPACE, 0), run[RUN], page;
	unsigned int i;

	for (i = 0; i < RUN; i++)
		run[i] = hostile_new(HELIOS_PAGE, HELIOS_LARGE_PAGE_SIZE);
	helios_map(space, 1ull << 30, HELIOS_MAP_FIXED | HELIOS_MAP_W, RUN,
		run, NULL);
	helios_protect(space, 0, RUN, run);
	page = new_page();
	helios_map(space, 1ull << 30, 0, 1, &page, NULL);
	helios_unmap(space, RUN, run);
	helios_destroy_many(RUN, run);
	for (i = 0; i < 16; i++)
		run[i] = HELIOS_CADDR_UNDEF;
	if (helios_allocate(helios_process.memory, HELIOS_PAGE,
			HELIOS_LARGE_PAGE_SIZE, 16, run) == HELIOS_OK)
		helios_destroy_many(16, run);
	hostile_end(page);
	hostile_end(space);
}

/* 62 pages, each in a table of its own as far as that goes. */
static void
runs(void)
{
	helios_cap_t run[64];
	uint64_t at = top() - 31 * HELIOS_PAGE_SIZE;

	crowd_check(helios_newpages(64, run), "pages");
	for (unsigned int i = 0; i < 100; i++) {
		helios_map(helios_process.vspace, at, HELIOS_MAP_FIXED |
			HELIOS_MAP_W, RUN, run, NULL);
		helios_protect(helios_process.vspace, 0, RUN, run);
		helios_unmap(helios_process.vspace, RUN, run);
	}
	helios_map(helios_process.vspace, at, HELIOS_MAP_FIXED, RUN, run,
		NULL);
	helios_destroy_many(64, run);
	for (unsigned int i = 0; i < 20; i++) {
		crowd_check(helios_newpages(62, run), "pages");
		crowd_check(helios_destroy_many(62, run), "pages");
	}
}

static uint64_t
allocate(helios_cap_t memory, uint64_t type, uint64_t size, unsigned int n,
		helios_cap_t *caps)
{
	for (unsigned int i = 0; i < n; i++)
		caps[i] = HELIOS_CADDR_UNDEF;
	return helios_allocate(memory, type, size, n, caps);
}

/* Every other page of a Memory is free: nothing contiguous is. */
static void
scattered(void)
{
	const unsigned int n = hostile_size / 2;
	helios_cap_t memory = hostile_new(HELIOS_MEMORY, n), caps[RUN];
	struct store store;

	store_open(&store, n);
	store_make(&store, memory, HELIOS_PAGE, HELIOS_PAGE_SIZE, n - 64);
	for (unsigned int i = 0; i < n - 64; i += 2) {
		helios_cap_t slot = i % STORE_SLOTS;

		helios_cspace_destroy(store.table[i / STORE_SLOTS], 1, &slot);
	}
	allocate(memory, HELIOS_PAGE | HELIOS_ALLOC_CONTIGUOUS, 4096, RUN,
		caps);
	allocate(memory, HELIOS_PAGE | HELIOS_ALLOC_CONTIGUOUS, 4096, RUN,
		caps);
	allocate(memory, HELIOS_PAGE, HELIOS_LARGE_PAGE_SIZE, 1, caps);
	allocate(memory, HELIOS_CSPACE, 16, 1, caps);
	allocate(memory, HELIOS_MEMORY, n / 3, 1, caps);
	allocate(memory, HELIOS_PAGE, 4096, RUN, caps);
	hostile_end(memory);
	store_close(&store);
}

/* All that a Memory has, and one more. */
static void
exhausted(void)
{
	helios_cap_t memory = hostile_new(HELIOS_MEMORY, 2000), caps[RUN];
	struct store store;

	store_open(&store, hostile_size);
	while (allocate(memory, HELIOS_PAGE, 4096, RUN, caps) == HELIOS_OK)
		store_put(&store, RUN, caps);
	while (allocate(memory, HELIOS_ENDPOINT, 0, RUN, caps) == HELIOS_OK)
		store_put(&store, RUN, caps);
	allocate(memory, HELIOS_VSPACE, 0, 1, caps);
	allocate(memory, HELIOS_TASK, 0, 1, caps);
	store_close(&store);
	hostile_end(memory);
}

/* 62 of each, and a task in a Memory without anything. */
static void
many(void)
{
	static const unsigned int types[] = { HELIOS_ENDPOINT, HELIOS_NOTE };
	helios_cap_t caps[RUN];

	for (unsigned int t = 0; t < 2; t++)
		for (unsigned int i = 0; i < 20; i++)
			if (allocate(helios_process.memory, types[t], 0, RUN,
					caps) == HELIOS_OK)
				helios_destroy_many(RUN, caps);
	for (unsigned int i = 0; i < 20; i++)
		hostile_end(hostile_new(HELIOS_MEMORY, 10000 + i * 1000));
}

/* Whole pages through the kernel. */
static void
bytes(void)
{
	static char from[2 * 4096];
	helios_cap_t page = new_page();

	for (unsigned int i = 0; i < 10; i++) {
		helios_page_read(page, 0, from + 1, 4096);
		helios_page_write(page, 0, from + 1, 4096);
		helios_vspace_read(helios_process.vspace, (uint64_t)from + 7,
			from + 4000, 4096);
		helios_vspace_write(helios_process.vspace, (uint64_t)from,
			from + 4001, 4095);
	}
	hostile_end(page);
}

const struct scenario hostile_memory[] = {
	{ "space-tables", tables }, { "space-fragmented", fragmented },
	{ "space-large", large }, { "space-runs", runs },
	{ "memory-scattered", scattered }, { "memory-exhausted", exhausted },
	{ "memory-many", many }, { "bytes", bytes },
	{ NULL, NULL }
};
