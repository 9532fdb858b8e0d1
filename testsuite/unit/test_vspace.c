/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables, and copying across page boundaries; device memory. */
#include <string.h>

#include <cap.h>
#include <check.h>
#include <cspace.h>
#include <devmem.h>
#include <memory.h>
#include <object.h>
#include <page.h>
#include <vspace.h>

#include "snapshot.h"
#include "suites.h"
#include "unit.h"
#include "world.h"

#define RAM	(16u << 20)
#define PAGES	24
#define LARGE_SIZE	HELIOS_LARGE_PAGE_SIZE

struct space {
	helios_cap_t memory, vspace, pages[PAGES];
	struct vspace *vs;
	struct memory *m;
};

static void
make_space(struct space *sp, uint64_t pages)
{
	world_boot(RAM);
	sp->memory = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		pages);
	sp->m = init_object(sp->memory);
	sp->vspace = must_alloc(world.init, sp->memory, HELIOS_VSPACE, 0);
	sp->vs = init_object(sp->vspace);
	for (unsigned int i = 0; i < PAGES; i++)
		sp->pages[i] = must_alloc(world.init, HELIOS_INIT_MEMORY,
			HELIOS_PAGE, HELIOS_PAGE_SIZE);
}

/* Set and clear at random addresses, against an array of what is there. */
START_TEST(tables_random)
{
	static const uint64_t bases[] = { MOCK_USER_BASE, 0x7ff000,
		(1ull << 30) - 0x3000, MOCK_USER_LIMIT - 8 * PAGE_SIZE };
	uint64_t va[PAGES] = { 0 };
	struct rng r = { 41 };
	struct space sp;
	uint64_t before;

	make_space(&sp, 64);
	before = snapshot_free(sp.m);
	for (int step = 0; step < 20000; step++) {
		unsigned int i = rng_below(&r, PAGES);
		uint64_t at = bases[rng_below(&r, 4)] +
			rng_below(&r, 8) * PAGE_SIZE;
		struct hal_mapping m;
		uint64_t where;
		bool there = false;

		for (unsigned int j = 0; j < PAGES; j++)
			there |= va[j] == at;
		ck_assert_int_eq(pt_occupied(sp.vs, at, PAGE_SIZE, &where),
			there);
		if (va[i] != 0) {
			ck_assert(tlb_lookup(sp.vs, va[i] + 5, &m));
			ck_assert_uint_eq(m.phys,
				page_phys(init_slot(sp.pages[i])));
			pt_clear(sp.vs, va[i], false);
			ck_assert(!tlb_lookup(sp.vs, va[i], &m));
			va[i] = 0;
		} else if (!there) {
			uint64_t flags = rng_below(&r, 3);

			ck_assert(pt_prepare(sp.vs, at, PAGE_SIZE, false));
			pt_set(sp.vs, at, init_slot(sp.pages[i]), flags);
			ck_assert(tlb_lookup(sp.vs, at, &m));
			ck_assert_int_eq(m.w, flags == MAPPED_W);
			ck_assert_int_eq(m.x, flags == MAPPED_X);
			va[i] = at;
		}
	}
	for (unsigned int i = 0; i < PAGES; i++)
		if (va[i] != 0)
			pt_clear(sp.vs, va[i], false);
	ck_assert_uint_eq(sp.vs->tables, 1);
	ck_assert(snapshot_free(sp.m) == before);
}
END_TEST

/* With room for all but one of the tables, none is taken. */
START_TEST(tables_all_or_none)
{
	uint64_t va = (1ull << 30) - 2 * PAGE_SIZE, before;
	struct space sp;

	/* The root, the object's slab, and _i of the five that are needed. */
	make_space(&sp, 2 + (uint64_t)_i);
	ck_assert_uint_eq(sp.m->free, (uint64_t)_i);
	before = snapshot_all();
	if (_i < 5) {
		ck_assert(!pt_prepare(sp.vs, va, 4 * PAGE_SIZE, false));
		ck_assert(snapshot_all() == before);
		return;
	}
	ck_assert(pt_prepare(sp.vs, va, 4 * PAGE_SIZE, false));
	ck_assert_uint_eq(sp.vs->tables, 6);
}
END_TEST

START_TEST(tables_large)
{
	uint64_t va = 4 * HELIOS_LARGE_PAGE_SIZE, where, before;
	struct hal_mapping m;
	struct space sp;
	helios_cap_t large;

	make_space(&sp, 16);
	before = snapshot_free(sp.m);
	large = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_PAGE,
		HELIOS_LARGE_PAGE_SIZE);
	ck_assert(pt_prepare(sp.vs, va, HELIOS_LARGE_PAGE_SIZE, true));
	pt_set(sp.vs, va, init_slot(large), MAPPED_W);
	ck_assert_uint_eq(sp.vs->tables, 3);
	for (uint64_t off = 0; off < HELIOS_LARGE_PAGE_SIZE; off += 77777) {
		ck_assert(tlb_lookup(sp.vs, va + off, &m) && m.w && !m.x);
		ck_assert_uint_eq(m.phys, page_phys(init_slot(large)) +
			(off & ~4095ull));
	}
	ck_assert(!tlb_lookup(sp.vs, va - 1, &m));
	ck_assert(!tlb_lookup(sp.vs, va + HELIOS_LARGE_PAGE_SIZE, &m));
	ck_assert(pt_occupied(sp.vs, va + 0x5000, PAGE_SIZE, &where));
	ck_assert(pt_occupied(sp.vs, va - PAGE_SIZE, 2 * PAGE_SIZE, &where));
	ck_assert_uint_eq(where, va);
	pt_clear(sp.vs, va, true);
	ck_assert_uint_eq(sp.vs->tables, 1);
	ck_assert(snapshot_free(sp.m) == before);
}
END_TEST

/* Every second page of a few tables is mapped, then there is a hole of two. */
static uint64_t
make_comb(struct space *sp, uint64_t tables)
{
	uint64_t va = MOCK_USER_BASE + 0x10000, end = va + tables *
		HELIOS_LARGE_PAGE_SIZE;

	for (; va < end; va += 2 * PAGE_SIZE) {
		ck_assert(pt_prepare(sp->vs, va, PAGE_SIZE, false));
		pt_set(sp->vs, va, init_slot(sp->pages[0]), MAPPED_W);
	}
	return end - PAGE_SIZE;
}

/* A search for a hole is given up and resumed at any of its preemption points
 * (_i: the first; then at each third), and finds the same.  Its first half is
 * above the last choice, where there is none. */
START_TEST(hole_search_preempted)
{
	struct space sp;
	uint64_t hole, limit = MOCK_USER_LIMIT;

	make_space(&sp, 64);
	hole = make_comb(&sp, 5);
	sp.vs->choose = MOCK_USER_BASE + 0x10000;
	mock_preempt(_i, 3);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_MAP, 0, 0,
		sp.pages[1], sp.pages[2]);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	ck_assert_uint_eq(world.out[0], hole);
	ck_assert_uint_gt(mock.fired, 2);
	ck_assert_uint_eq(world.init->making.search.space, 0);
	/* From an address above the only hole, around to it. */
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP,
		sp.pages[1], sp.pages[2]);
	ck_assert(pt_prepare(sp.vs, limit - PAGE_SIZE, PAGE_SIZE, false));
	pt_set(sp.vs, limit - PAGE_SIZE, init_slot(sp.pages[0]), 0);
	sp.vs->choose = limit - 2 * PAGE_SIZE;
	mock_preempt(_i, 3);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_MAP, 0, 0,
		sp.pages[1], sp.pages[2]);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	ck_assert_uint_eq(world.out[0], hole);
}
END_TEST

static void
map(const struct space *sp, uint64_t va, uint64_t flags, unsigned int first,
	unsigned int n)
{
	uint64_t words[2 + PAGES] = { va, flags | HELIOS_MAP_FIXED };

	for (unsigned int i = 0; i < n; i++)
		words[2 + i] = sp->pages[first + i];
	invoke_words(world.init, sp->vspace, HELIOS_VSPACE, HELIOS_VSPACE_MAP,
		2 + n, words);
	ck_assert_uint_eq(world.status, HELIOS_OK);
}

/* Runs of bytes over pages that do not follow each other in memory. */
START_TEST(copy_across_pages)
{
	unsigned char out[3 * PAGE_SIZE], in[3 * PAGE_SIZE];
	struct rng r = { 51 };
	struct space sp;
	uint64_t va = MOCK_USER_BASE, bad;

	make_space(&sp, 64);
	map(&sp, va, HELIOS_MAP_W, 4, 1);
	map(&sp, va + PAGE_SIZE, HELIOS_MAP_W, 2, 1);
	map(&sp, va + 2 * PAGE_SIZE, HELIOS_MAP_W, 7, 1);
	for (int step = 0; step < 2000; step++) {
		uint64_t from = rng_below(&r, 3 * PAGE_SIZE);
		uint64_t len = rng_below(&r, (unsigned int)(3 * PAGE_SIZE -
			from + 1));

		for (uint64_t i = 0; i < len; i++)
			out[i] = (unsigned char)rng_next(&r);
		ck_assert(user_check(sp.vs, (struct uptr){ va + from }, len,
			true, &bad));
		user_copy_out(sp.vs, (struct uptr){ va + from }, out, len);
		user_copy_in(sp.vs, in, (struct uptr){ va + from }, len);
		ck_assert_int_eq(memcmp(in, out, len), 0);
	}
	user_copy_in(sp.vs, in, (struct uptr){ va }, 3 * PAGE_SIZE);
	ck_assert_int_eq(memcmp(in + PAGE_SIZE, phys_ptr(page_phys(
		init_slot(sp.pages[2]))), PAGE_SIZE), 0);
}
END_TEST

/* The first byte that is not allowed is named, and no other. */
START_TEST(copy_checks)
{
	struct space sp;
	uint64_t va = MOCK_USER_BASE, bad = 0;

	make_space(&sp, 64);
	map(&sp, va, HELIOS_MAP_W, 0, 2);
	map(&sp, va + 2 * PAGE_SIZE, 0, 2, 1);
	ck_assert(user_check(sp.vs, (struct uptr){ va }, 3 * PAGE_SIZE, false,
		&bad));
	ck_assert(!user_check(sp.vs, (struct uptr){ va + 10 }, 3 * PAGE_SIZE,
		false, &bad));
	ck_assert_uint_eq(bad, va + 3 * PAGE_SIZE);
	ck_assert(!user_check(sp.vs, (struct uptr){ va + 10 }, 2 * PAGE_SIZE,
		true, &bad));
	ck_assert_uint_eq(bad, va + 2 * PAGE_SIZE);
	ck_assert(!user_check(sp.vs, (struct uptr){ va - 3 }, 2, false, &bad));
	ck_assert_uint_eq(bad, va - 3);
	ck_assert(user_check(sp.vs, (struct uptr){ 0 }, 0, true, &bad));
	ck_assert(!user_check(sp.vs, (struct uptr){ UINT64_MAX - 1 }, 16,
		false, &bad));
	ck_assert_uint_eq(bad, UINT64_MAX - 1);
	ck_assert(!user_check(sp.vs, (struct uptr){ va + 10 }, UINT64_MAX - 5,
		false, &bad));
	ck_assert(!user_check(sp.vs, (struct uptr){ 1ull << 47 }, 1, false,
		&bad));
	ck_assert(!user_check(sp.vs, (struct uptr){ va | 1ull << 63 }, 1,
		false, &bad));
}
END_TEST

START_TEST(copy_between_spaces)
{
	char text[5000], back[5000];
	struct space sp;
	struct vspace *own;
	uint64_t sp_va = MOCK_USER_BASE + 77, bad;
	uint64_t init_va;

	make_space(&sp, 64);
	own = task_vspace(world.init);
	map(&sp, MOCK_USER_BASE, HELIOS_MAP_W, 3, 3);
	init_va = task_regs(world.init)->rsp - 8000;
	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 13 + 5);
	user_copy_out(own, (struct uptr){ init_va }, text, sizeof(text));
	ck_assert(user_check(sp.vs, (struct uptr){ sp_va }, 4096, true, &bad));
	user_copy(sp.vs, (struct uptr){ sp_va }, own, (struct uptr){ init_va },
		4096);
	user_copy_in(sp.vs, back, (struct uptr){ sp_va }, 4096);
	ck_assert_int_eq(memcmp(back, text, 4096), 0);
}
END_TEST

/* VSpace READ and WRITE, of init's own stack. */
START_TEST(read_write_calls)
{
	struct space sp;
	uint64_t here, bad_there = MOCK_USER_BASE + 3 * PAGE_SIZE;

	make_space(&sp, 64);
	map(&sp, MOCK_USER_BASE, HELIOS_MAP_W, 0, 2);
	map(&sp, MOCK_USER_BASE + 2 * PAGE_SIZE, 0, 2, 1);
	here = task_regs(world.init)->rsp - 8192;
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_WRITE,
		MOCK_USER_BASE + 100, here, 4096);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_READ,
		MOCK_USER_BASE + PAGE_SIZE, here, 4096);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_WRITE,
		MOCK_USER_BASE + PAGE_SIZE + 1, here, 4096);
	ck_assert_uint_eq(world.status, HELIOS_FAULT);
	ck_assert_uint_eq(world.detail, MOCK_USER_BASE + 2 * PAGE_SIZE);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_READ,
		bad_there - 1, here, 2);
	ck_assert_uint_eq(world.status, HELIOS_FAULT);
	ck_assert_uint_eq(world.detail, bad_there);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_READ,
		MOCK_USER_BASE, 8, 1);
	ck_assert_uint_eq(world.status, HELIOS_FAULT);
	ck_assert_uint_eq(world.detail, 8);
	kop(world.init, sp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_READ,
		MOCK_USER_BASE, here, 4097);
	ck_assert_uint_eq(world.status, HELIOS_INVALID_PARAM);
}
END_TEST

static uint64_t
device(helios_cap_t from, uint64_t type, uint64_t size, uint64_t at,
	helios_cap_t *out)
{
	kop(world.init, from, HELIOS_DEVMEM, HELIOS_DEVMEM_ALLOCATE, type,
		size, at, UNDEF);
	*out = (helios_cap_t)world.out[0];
	return world.status;
}

/* Pages in a row, by one call; their capabilities to out. */
static uint64_t
device_pages(helios_cap_t from, uint64_t size, uint64_t at, unsigned int n,
	helios_cap_t *out)
{
	uint64_t words[HELIOS_MSG_WORDS] = { HELIOS_PAGE, size, at };

	for (unsigned int i = 0; i < n; i++)
		words[3 + i] = UNDEF;
	invoke_words(world.init, from, HELIOS_DEVMEM, HELIOS_DEVMEM_ALLOCATE,
		3 + n, words);
	for (unsigned int i = 0; i < n && world.status == HELIOS_OK; i++)
		out[i] = (helios_cap_t)world.out[i];
	return world.status;
}

static unsigned int
records(helios_cap_t of)
{
	const struct devmem *d = init_object(of);
	const struct tree_node *n;
	unsigned int count = 0;

	ck_assert(tree_valid(&d->ranges));
	for (n = tree_first(&d->ranges); n != NULL; n = tree_next(n))
		count++;
	return count;
}

/* Of 256 pages, which are out, and by what. */
#define DEVICE_PAGES	256u

struct device_range {
	helios_cap_t cap;
	unsigned int at, n;
};

static unsigned char taken[DEVICE_PAGES];
static struct device_range got[DEVICE_PAGES];
static unsigned int ngot;

static void
device_taken(helios_cap_t cap, unsigned int at, unsigned int n)
{
	memset(taken + at, 1, n);
	got[ngot++] = (struct device_range){ cap, at, n };
}

/* A DevMem or a run of pages there: granted exactly if all is free. */
static void
device_take(bool page, unsigned int at, unsigned int n)
{
	const unsigned char *first = memchr(taken + at, 1, n);
	helios_cap_t caps[HELIOS_MSG_WORDS];
	uint64_t base = MOCK_DEV_BASE + at * PAGE_SIZE;
	uint64_t status = page ?
		device_pages(HELIOS_INIT_DEVMEM, PAGE_SIZE, base, n, caps) :
		device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM, n * PAGE_SIZE, base,
			caps);

	if (first != NULL) {
		ck_assert_uint_eq(status, HELIOS_BUSY);
		return;
	}
	ck_assert_uint_eq(status, HELIOS_OK);
	for (unsigned int i = 0; page && i < n; i++)
		device_taken(caps[i], at + i, 1);
	if (!page)
		device_taken(caps[0], at, n);
}

static void
device_give(unsigned int i)
{
	must_destroy(world.init, HELIOS_INIT_CSPACE, got[i].cap);
	memset(taken + got[i].at, 0, got[i].n);
	got[i] = got[--ngot];
}

static uint64_t
device_used(void)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < DEVICE_PAGES; i++)
		n += taken[i];
	return n * PAGE_SIZE;
}

/* Granted exactly if nothing of it is handed out. */
START_TEST(devmem_random)
{
	const struct devmem *root;
	struct rng r = { 61 };
	unsigned int before;
	uint64_t used;

	world_boot(RAM);
	root = init_object(HELIOS_INIT_DEVMEM);
	used = root->out;
	before = records(HELIOS_INIT_DEVMEM);
	for (int step = 0; step < 5000; step++) {
		unsigned int at = rng_below(&r, DEVICE_PAGES), most = 20;

		if (ngot > 0 && rng_below(&r, 3) != 0) {
			device_give(rng_below(&r, ngot));
			continue;
		}
		if (most > DEVICE_PAGES - at)
			most = DEVICE_PAGES - at;
		device_take(rng_below(&r, 2) == 0, at,
			1 + rng_below(&r, most));
		ck_assert_uint_eq(root->out, used + device_used());
	}
	while (ngot > 0)
		device_give(ngot - 1);
	ck_assert_uint_eq(root->out, used);
	ck_assert_uint_eq(records(HELIOS_INIT_DEVMEM), before);
	unit_check_core();
}
END_TEST

#define MOST_PAGES	(HELIOS_MSG_WORDS - 3)

/* The work of a call does not grow with its pages: they are one record; and
 * that is split where a hole of it is handed out. */
START_TEST(devmem_run)
{
	helios_cap_t pages[MOST_PAGES], part, page;
	const uint64_t middle = MOCK_DEV_BASE + 30 * PAGE_SIZE;
	unsigned int before;

	world_boot(RAM);
	before = records(HELIOS_INIT_DEVMEM);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, PAGE_SIZE,
		MOCK_DEV_BASE, MOST_PAGES, pages), HELIOS_OK);
	ck_assert_uint_eq(records(HELIOS_INIT_DEVMEM), before + 1);
	for (unsigned int i = 30; i < 34; i++)
		must_destroy(world.init, HELIOS_INIT_CSPACE, pages[i]);
	ck_assert_uint_eq(records(HELIOS_INIT_DEVMEM), before + 1);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM,
		5 * PAGE_SIZE, middle, &part), HELIOS_BUSY);
	ck_assert_uint_eq(world.detail, middle + 4 * PAGE_SIZE);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM,
		2 * PAGE_SIZE, middle + PAGE_SIZE, &part), HELIOS_OK);
	ck_assert_uint_eq(records(HELIOS_INIT_DEVMEM), before + 3);
	/* On both sides of the part a page is free, and beyond it not. */
	for (unsigned int i = 29; i < 35; i++)
		ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE,
			PAGE_SIZE, MOCK_DEV_BASE + i * PAGE_SIZE, &page),
			i == 30 || i == 33 ? HELIOS_OK : HELIOS_BUSY);
	ck_assert_uint_eq(device(part, HELIOS_PAGE, PAGE_SIZE,
		middle + 2 * PAGE_SIZE, &page), HELIOS_OK);
	must_revoke(world.init, HELIOS_INIT_CSPACE, HELIOS_INIT_DEVMEM);
	ck_assert_uint_eq(records(HELIOS_INIT_DEVMEM), before);
	unit_check_core();
}
END_TEST

/* Large pages with small ones in a hole between them. */
START_TEST(devmem_run_of_large)
{
	helios_cap_t pages[3], small[2];
	const uint64_t hole = MOCK_DEV_BASE + LARGE_SIZE;

	world_boot(RAM);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, LARGE_SIZE,
		MOCK_DEV_BASE, 3, pages), HELIOS_OK);
	must_destroy(world.init, HELIOS_INIT_CSPACE, pages[1]);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, PAGE_SIZE,
		hole + LARGE_SIZE - PAGE_SIZE, 2, small), HELIOS_BUSY);
	ck_assert_uint_eq(world.detail, hole + LARGE_SIZE);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, PAGE_SIZE,
		hole - PAGE_SIZE, 2, small), HELIOS_BUSY);
	ck_assert_uint_eq(world.detail, hole - PAGE_SIZE);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, PAGE_SIZE,
		hole + LARGE_SIZE - 2 * PAGE_SIZE, 2, small), HELIOS_OK);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, LARGE_SIZE, hole,
		1, &pages[1]), HELIOS_BUSY);
	must_destroy(world.init, HELIOS_INIT_CSPACE, small[0]);
	must_destroy(world.init, HELIOS_INIT_CSPACE, small[1]);
	ck_assert_uint_eq(device_pages(HELIOS_INIT_DEVMEM, LARGE_SIZE, hole,
		1, &pages[1]), HELIOS_OK);
	unit_check_core();
}
END_TEST

/* RAM is never handed out as a device, nor is what lies outside a part. */
START_TEST(devmem_refused)
{
	helios_cap_t part, page;

	world_boot(RAM);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_RAM_BASE + 5 * PAGE_SIZE, &page), HELIOS_OK);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM,
		4 * PAGE_SIZE, MOCK_RAM_BASE - 2 * PAGE_SIZE, &page),
		HELIOS_OK);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_DEV_BASE + 8, &page), HELIOS_INVALID_PARAM);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM,
		UINT64_MAX - 4095, MOCK_DEV_BASE, &page), HELIOS_OK);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM, 0,
		MOCK_DEV_BASE, &page), HELIOS_OK);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM,
		8 * PAGE_SIZE, MOCK_DEV_BASE, &part), HELIOS_OK);
	ck_assert_uint_ne(device(part, HELIOS_PAGE, PAGE_SIZE,
		MOCK_DEV_BASE + 8 * PAGE_SIZE, &page), HELIOS_OK);
	ck_assert_uint_ne(device(part, HELIOS_DEVMEM, 2 * PAGE_SIZE,
		MOCK_DEV_BASE + 7 * PAGE_SIZE, &page), HELIOS_OK);
	ck_assert_uint_eq(device(part, HELIOS_PAGE, PAGE_SIZE,
		MOCK_DEV_BASE + 7 * PAGE_SIZE, &page), HELIOS_OK);
	must_destroy(world.init, HELIOS_INIT_CSPACE, part);
	ck_assert_uint_eq(cap_type(init_slot(page)), HELIOS_DEAD);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_DEV_BASE + 7 * PAGE_SIZE, &page), HELIOS_OK);
}
END_TEST

/* What the HAL keeps for itself is nobody's, and its neighbours are free. */
START_TEST(devmem_taken)
{
	helios_cap_t cap;

	world_boot(RAM);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_TAKEN_BASE + 0x1000, &cap), HELIOS_OK);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_DEVMEM,
		2 * PAGE_SIZE, MOCK_TAKEN_BASE - PAGE_SIZE, &cap), HELIOS_OK);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_TAKEN_BASE - PAGE_SIZE, &cap), HELIOS_OK);
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_TAKEN_BASE + MOCK_TAKEN_SIZE, &cap), HELIOS_OK);
	/* Nor are addresses that the processor does not have. */
	ck_assert_uint_eq(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_PHYS_LIMIT - PAGE_SIZE, &cap), HELIOS_OK);
	ck_assert_uint_ne(device(HELIOS_INIT_DEVMEM, HELIOS_PAGE, PAGE_SIZE,
		MOCK_PHYS_LIMIT, &cap), HELIOS_OK);
}
END_TEST

Suite *
suite_vspace(void)
{
	Suite *s = suite_create("vspace");
	TCase *tc = tcase_create("vspace");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, tables_random);
	tcase_add_loop_test(tc, tables_all_or_none, 0, 6);
	tcase_add_test(tc, tables_large);
	tcase_add_loop_test(tc, hole_search_preempted, 0, 4);
	tcase_add_test(tc, copy_across_pages);
	tcase_add_test(tc, copy_checks);
	tcase_add_test(tc, copy_between_spaces);
	tcase_add_test(tc, read_write_calls);
	tcase_add_test(tc, devmem_random);
	tcase_add_test(tc, devmem_run);
	tcase_add_test(tc, devmem_run_of_large);
	tcase_add_test(tc, devmem_refused);
	tcase_add_test(tc, devmem_taken);
	suite_add_tcase(s, tc);
	return s;
}
