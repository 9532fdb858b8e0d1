/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: allocating, running out, giving back, quotas, and what goes when a
 * Memory goes.
 */
#include "objects.h"

/* A quota that nothing else allocates from. */
static helios_cap_t
quota(uint64_t pages)
{
	return make(HELIOS_MEMORY, pages);
}

static void
memory_same(const char *file, int line, helios_cap_t memory,
		const struct helios_memory_info *before)
{
	struct helios_memory_info now = memory_of(memory);

	vulcan_check_eq(file, line, "pages now", "before", now.pages,
			before->pages);
	vulcan_check_eq(file, line, "free now", "before", now.free,
			before->free);
	vulcan_check_eq(file, line, "largest now", "before", now.largest,
			before->largest);
	vulcan_check_eq(file, line, "objects now", "before", now.objects,
			before->objects);
}

#define MEMORY_SAME(memory, before) \
	memory_same(__FILE__, __LINE__, memory, before)

static unsigned int
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(*seed >> 33);
}

TEST(memory, quota_is_exact)
{
	helios_cap_t q = quota(37), page = UNDEF;
	struct helios_memory_info info = memory_of(q);
	struct snapshot s;
	unsigned int i;

	CHECK_EQ(info.pages, 37);
	CHECK_EQ(info.free, 37);
	CHECK_EQ(info.objects, 0);
	for (i = 0; i < 37; i++) {
		CHECK(memory_of(q).largest >= 1);
		make_from(q, HELIOS_PAGE, PAGE);
		CHECK_EQ(memory_of(q).free, 36 - i);
		CHECK_EQ(memory_of(q).objects, i + 1);
	}
	CHECK_EQ(memory_of(q).largest, 0);
	SNAP_OF(&s, UNDEF, q, UNDEF);
	CHECK_NO_CHANGE(&s, helios_allocate(q, HELIOS_PAGE, PAGE, 1, &page),
		HELIOS_NOMEM, 1);
	CHECK_EQ(page, UNDEF);
}

TEST(memory, carving_takes_exactly_that_much)
{
	helios_cap_t outer = quota(100), inner;
	struct helios_memory_info before = memory_of(outer), with;

	inner = make_from(outer, HELIOS_MEMORY, 60);
	with = memory_of(outer);
	CHECK_EQ(memory_of(inner).pages, 60);
	CHECK_EQ(with.pages, 100);
	CHECK(with.free <= 40);
	/* The record of the Memory is small. */
	CHECK(with.free >= 39);
	CHECK_EQ(with.objects, 1);
	CHECK_OK(helios_destroy(inner));
	MEMORY_SAME(outer, &before);
}

TEST(memory, all_or_none)
{
	helios_cap_t q = quota(10), pages[12];
	struct snapshot s;
	unsigned int i;

	for (i = 0; i < 12; i++)
		pages[i] = UNDEF;
	SNAP_OF(&s, UNDEF, q, UNDEF);
	CHECK_NO_CHANGE(&s, helios_allocate(q, HELIOS_PAGE, PAGE, 12, pages),
		HELIOS_NOMEM, 2);
	for (i = 0; i < 12; i++)
		CHECK_EQ(pages[i], UNDEF);
	CHECK_OK(helios_allocate(q, HELIOS_PAGE, PAGE, 10, pages));
	CHECK_EQ(memory_of(q).free, 0);
}

/* Carving more than is free must fail, not try for ever. */
TEST(memory, carving_too_much)
{
	helios_cap_t q = quota(64), out = UNDEF;
	struct snapshot s;

	make_from(q, HELIOS_PAGE, PAGE);
	SNAP_OF(&s, UNDEF, q, UNDEF);
	CHECK_NO_CHANGE(&s, helios_allocate(q, HELIOS_MEMORY, 1000, 1, &out),
		HELIOS_NOMEM, 1000 - 63);
	CHECK_STATUS(helios_allocate(q, HELIOS_MEMORY, 64, 1, &out),
		HELIOS_NOMEM);
	SNAP_SAME(&s);
	/* All that is free, but no room for the record. */
	CHECK_STATUS(helios_allocate(q, HELIOS_MEMORY, 63, 1, &out),
		HELIOS_NOMEM);
	SNAP_SAME(&s);
	CHECK_OK(helios_allocate(q, HELIOS_MEMORY, 62, 1, &out));
	CHECK_EQ(memory_of(q).free, 0);
}

TEST(memory, every_type_can_run_out)
{
	static const struct {
		unsigned int type;
		uint64_t size;
	} kinds[] = {
		{ HELIOS_PAGE, HELIOS_PAGE_SIZE },
		{ HELIOS_PAGE, HELIOS_LARGE_PAGE_SIZE },
		{ HELIOS_CSPACE, 6 },
		{ HELIOS_CSPACE, 12 },
		{ HELIOS_VSPACE, 0 },
		{ HELIOS_TASK, 0 },
		{ HELIOS_ENDPOINT, 0 },
		{ HELIOS_NOTE, 0 },
		{ HELIOS_MEMORY, 1 },
	};
	helios_cap_t q = quota(1), out = UNDEF, page;
	struct snapshot s;
	unsigned int i;

	page = make_from(q, HELIOS_PAGE, PAGE);
	SNAP_OF(&s, UNDEF, q, UNDEF);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK_STATUS(helios_allocate(q, kinds[i].type, kinds[i].size,
				1, &out), HELIOS_NOMEM);
		CHECK(helios_detail() >= 1);
		SNAP_SAME(&s);
	}
	/* One page is enough for small things, once it is back. */
	CHECK_OK(helios_destroy(page));
	make_from(q, HELIOS_NOTE, 0);
}

/* A VSpace and a table take more than one allocation: fail at each. */
TEST(memory, half_made_objects_go_back)
{
	uint64_t pages;

	for (pages = 1; pages <= 3; pages++) {
		helios_cap_t q = quota(pages), page, out = UNDEF;
		struct snapshot s;

		SNAP_OF(&s, UNDEF, q, UNDEF);
		if (helios_allocate(q, HELIOS_CSPACE, 7, 1, &out) ==
				HELIOS_OK)
			CHECK_OK(helios_destroy(out));
		SNAP_SAME(&s);
		page = make_from(q, HELIOS_PAGE, PAGE);
		if (helios_allocate(q, HELIOS_VSPACE, 0, 1, &out) ==
				HELIOS_OK)
			CHECK_OK(helios_destroy(out));
		CHECK_OK(helios_destroy(page));
		SNAP_SAME(&s);
	}
}

TEST(memory, contiguous_pages_follow_each_other)
{
	helios_cap_t q = quota(256), pages[62];
	struct helios_memory_info before = memory_of(q);
	static const unsigned int sizes[] = { 1, 2, 7, 33, 62 };
	unsigned int i, n, j;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		n = sizes[i];
		for (j = 0; j < n; j++)
			pages[j] = UNDEF;
		CHECK_OK(helios_allocate(q, HELIOS_PAGE |
				HELIOS_ALLOC_CONTIGUOUS, PAGE, n, pages));
		for (j = 1; j < n; j++)
			CHECK_EQ(page_of(pages[j]).physical,
				page_of(pages[0]).physical + j * PAGE);
		/* Not rounded up to a power of two. */
		CHECK_EQ(memory_of(q).free, before.free - n);
		CHECK_OK(helios_cspace_destroy(helios_process.cspace, n,
				pages));
		MEMORY_SAME(q, &before);
	}
}

TEST(memory, contiguous_needs_a_run)
{
	helios_cap_t q = quota(64), pages[62], out[2] = { UNDEF, UNDEF };
	helios_cap_t more[2];
	struct snapshot s;
	unsigned int i;

	for (i = 0; i < 62; i++)
		pages[i] = UNDEF;
	CHECK_OK(helios_allocate(q, HELIOS_PAGE, PAGE, 62, pages));
	more[0] = make_from(q, HELIOS_PAGE, PAGE);
	more[1] = make_from(q, HELIOS_PAGE, PAGE);
	/* Free every page at an even place: no two in a row. */
	for (i = 0; i < 62; i++)
		if (!(page_of(pages[i]).physical & PAGE))
			CHECK_OK(helios_destroy(pages[i]));
	CHECK(memory_of(q).free >= 30);
	CHECK_EQ(memory_of(q).largest, 1);
	SNAP_OF(&s, UNDEF, q, UNDEF);
	CHECK_STATUS(helios_allocate(q, HELIOS_PAGE |
			HELIOS_ALLOC_CONTIGUOUS, PAGE, 2, out), HELIOS_NOMEM);
	SNAP_SAME(&s);
	CHECK_OK(helios_allocate(q, HELIOS_PAGE, PAGE, 2, out));
	CHECK_EQ(type_of(more[0]), HELIOS_PAGE);
	CHECK_EQ(type_of(more[1]), HELIOS_PAGE);
}

TEST(memory, blocks_merge_again)
{
	enum { PAGES = 248 };
	helios_cap_t q = quota(256), pages[PAGES];
	struct helios_memory_info before = memory_of(q);
	unsigned int i, j;
	uint64_t seed = 42;

	for (i = 0; i < PAGES; i++)
		pages[i] = UNDEF;
	for (i = 0; i < PAGES; i += 62)
		CHECK_OK(helios_allocate(q, HELIOS_PAGE, PAGE, 62, pages + i));
	for (i = PAGES; i > 1; i--) {
		helios_cap_t swap = pages[i - 1];

		j = next_random(&seed) % i;
		pages[i - 1] = pages[j];
		pages[j] = swap;
	}
	CHECK(memory_of(q).largest <= 8);
	for (i = 0; i < PAGES; i += 62)
		CHECK_OK(helios_cspace_destroy(helios_process.cspace, 62,
				pages + i));
	MEMORY_SAME(q, &before);
}

TEST(memory, large_pages_are_aligned)
{
	helios_cap_t page = UNDEF;
	struct helios_memory_info before = memory_of(helios_process.memory);
	struct helios_page_info info;

	if (before.largest < LARGE / PAGE)
		SKIP("no 512 pages in a row in the test's Memory");
	page = make(HELIOS_PAGE, LARGE);
	info = page_of(page);
	CHECK_EQ(info.physical % LARGE, 0);
	CHECK_EQ(info.size, LARGE);
	CHECK_EQ(memory_of(helios_process.memory).free, before.free - 512);
	CHECK_OK(helios_destroy(page));
	MEMORY_SAME(helios_process.memory, &before);
	page = UNDEF;
	CHECK_ERROR(helios_allocate(quota(100), HELIOS_PAGE, LARGE, 1, &page),
		HELIOS_NOMEM, 412);
}

TEST(memory, pages_are_zeroed)
{
	helios_cap_t q = quota(16), pages[16];
	static unsigned char bytes[HELIOS_PAGE_SIZE];
	unsigned int round, i, j;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16; i++)
			pages[i] = UNDEF;
		CHECK_OK(helios_allocate(q, HELIOS_PAGE, PAGE, 16, pages));
		for (i = 0; i < 16; i++) {
			CHECK_OK(helios_page_read(pages[i], 0, bytes, PAGE));
			for (j = 0; j < PAGE; j++)
				CHECK_EQ(bytes[j], 0);
			memset(bytes, 0xa5, PAGE);
			CHECK_OK(helios_page_write(pages[i], 0, bytes, PAGE));
		}
		CHECK_OK(helios_cspace_destroy(helios_process.cspace, 16,
				pages));
	}
}

/* What a table held before must not show up as capabilities in a new one. */
TEST(memory, tables_are_zeroed)
{
	helios_cap_t q = quota(3), table, page;
	static unsigned char bytes[HELIOS_PAGE_SIZE];
	unsigned int round, i;

	memset(bytes, 0xff, PAGE);
	for (round = 0; round < 3; round++) {
		page = make_from(q, HELIOS_PAGE, PAGE);
		CHECK_OK(helios_page_write(page, 0, bytes, PAGE));
		CHECK_OK(helios_destroy(page));
		table = make_from(q, HELIOS_CSPACE, 7);
		CHECK_EQ(table_of(table).free, 128);
		for (i = 0; i < 128; i++)
			CHECK_EQ(type_in(table, i), HELIOS_NULL);
		CHECK_OK(helios_destroy(table));
	}
}

TEST(memory, small_objects_share_pages)
{
	helios_cap_t q = quota(64), caps[62];
	struct helios_memory_info before = memory_of(q);
	unsigned int i, type;

	for (type = HELIOS_ENDPOINT; type <= HELIOS_NOTE; type++) {
		for (i = 0; i < 62; i++)
			caps[i] = UNDEF;
		CHECK_OK(helios_allocate(q, type, 0, 62, caps));
		CHECK_EQ(memory_of(q).objects, 62);
		CHECK(before.free - memory_of(q).free <= 62 / 4);
		/* Any order: the last one gives the page back. */
		for (i = 0; i < 62; i++)
			CHECK_OK(helios_destroy(caps[(i * 23 + 5) % 62]));
		MEMORY_SAME(q, &before);
	}
}

TEST(memory, everything_goes_back)
{
	static const struct {
		unsigned int type;
		uint64_t size;
	} kinds[] = {
		{ HELIOS_PAGE, HELIOS_PAGE_SIZE }, { HELIOS_ENDPOINT, 0 },
		{ HELIOS_NOTE, 0 }, { HELIOS_CSPACE, 6 }, { HELIOS_CSPACE, 8 },
		{ HELIOS_VSPACE, 0 }, { HELIOS_TASK, 0 }, { HELIOS_MEMORY, 3 },
	};
	enum { LIVE = 40 };
	helios_cap_t q = quota(300), live[LIVE];
	struct helios_memory_info before = memory_of(q);
	struct helios_counts n = counts();
	uint64_t seed = 7;
	unsigned int i, k;

	for (i = 0; i < LIVE; i++)
		live[i] = UNDEF;
	for (i = 0; i < 400; i++) {
		helios_cap_t *slot = &live[next_random(&seed) % LIVE];

		if (*slot != UNDEF)
			CHECK_OK(helios_destroy(*slot));
		k = next_random(&seed) % (sizeof(kinds) / sizeof(kinds[0]));
		*slot = make_from(q, kinds[k].type, kinds[k].size);
	}
	for (i = 0; i < LIVE; i++)
		if (live[i] != UNDEF)
			CHECK_OK(helios_destroy(live[i]));
	MEMORY_SAME(q, &before);
	CHECK_EQ(counts().tasks, n.tasks);
	CHECK_EQ(counts().vspaces, n.vspaces);
	CHECK_EQ(counts().cspaces, n.cspaces);
	CHECK_EQ(counts().memories, n.memories);
}

TEST(memory, quotas_are_independent)
{
	helios_cap_t a = quota(20), b = quota(20), pages[20];
	struct helios_memory_info parent = memory_of(helios_process.memory);
	unsigned int i;

	for (i = 0; i < 20; i++)
		pages[i] = UNDEF;
	CHECK_OK(helios_allocate(a, HELIOS_PAGE, PAGE, 20, pages));
	pages[0] = UNDEF;
	CHECK_STATUS(helios_allocate(a, HELIOS_NOTE, 0, 1, pages),
		HELIOS_NOMEM);
	CHECK_EQ(memory_of(b).free, 20);
	MEMORY_SAME(helios_process.memory, &parent);
	make_from(b, HELIOS_NOTE, 0);
	MEMORY_SAME(helios_process.memory, &parent);
	CHECK_EQ(memory_of(a).free, 0);
}

/* Blocks of neighbours must not merge into one another. */
TEST(memory, neighbours_do_not_merge)
{
	helios_cap_t outer = quota(70), q[8], pages[8];
	struct helios_memory_info before = memory_of(outer);
	unsigned int i, j;

	for (i = 0; i < 8; i++)
		q[i] = make_from(outer, HELIOS_MEMORY, 8);
	for (i = 0; i < 8; i++) {
		for (j = 0; j < 8; j++)
			pages[j] = UNDEF;
		CHECK_OK(helios_allocate(q[i], HELIOS_PAGE, PAGE, 8, pages));
		CHECK_OK(helios_cspace_destroy(helios_process.cspace, 8,
				pages));
		CHECK_EQ(memory_of(q[i]).free, 8);
		CHECK(memory_of(q[i]).largest <= 8);
	}
	for (i = 0; i < 8; i += 2)
		CHECK_OK(helios_destroy(q[i]));
	for (i = 1; i < 8; i += 2)
		CHECK_EQ(memory_of(q[i]).free, 8);
	for (i = 1; i < 8; i += 2)
		CHECK_OK(helios_destroy(q[i]));
	MEMORY_SAME(outer, &before);
}

TEST(memory, moves_but_is_not_copied)
{
	helios_cap_t q = quota(16), to = UNDEF, page;

	page = make_from(q, HELIOS_PAGE, PAGE);
	CHECK_ERROR(helios_copy(q, HELIOS_RIGHTS_ALL, &to),
		HELIOS_UNSUPPORTED, HELIOS_MEMORY);
	CHECK_OK(helios_move(q, UNDEF, &to));
	CHECK_EQ(memory_of(to).free, 15);
	make_from(to, HELIOS_PAGE, PAGE);
	CHECK_OK(helios_destroy(to));
	CHECK_EQ(type_of(page), HELIOS_DEAD);
}

TEST(memory, types_that_do_not_come_from_it)
{
	static const unsigned int types[] = { HELIOS_NULL, HELIOS_DEAD,
		HELIOS_DEVMEM, HELIOS_REPLY, HELIOS_IRQCONTROL,
		HELIOS_IRQHANDLER, HELIOS_IOCONTROL, HELIOS_IOPORT,
		HELIOS_SYSTEMCONTROL, HELIOS_TYPE_COUNT, 0xff };
	helios_cap_t out = UNDEF;
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		CHECK_NO_CHANGE(&s, helios_allocate(helios_process.memory,
				types[i], 0, 1, &out), HELIOS_UNSUPPORTED,
			types[i]);
}

TEST(memory, parameters_refused)
{
	static const struct {
		uint64_t type, size;
		unsigned int n;
		uint64_t detail;	/* the word that is wrong */
	} bad[] = {
		{ HELIOS_PAGE, 0, 1, 1 },
		{ HELIOS_PAGE, 4097, 1, 1 },
		{ HELIOS_PAGE, 1ull << 30, 1, 1 },
		{ HELIOS_PAGE | 0x200, HELIOS_PAGE_SIZE, 1, 0 },
		{ HELIOS_PAGE | 1ull << 63, HELIOS_PAGE_SIZE, 1, 0 },
		{ HELIOS_PAGE | HELIOS_ALLOC_CONTIGUOUS,
			HELIOS_LARGE_PAGE_SIZE, 2, 1 },
		{ HELIOS_NOTE | HELIOS_ALLOC_CONTIGUOUS, 0, 1, 0 },
		{ HELIOS_CSPACE, 5, 1, 1 },
		{ HELIOS_CSPACE, 17, 1, 1 },
		{ HELIOS_CSPACE, 6ull | 1ull << 32, 1, 1 },
		{ HELIOS_CSPACE, 6, 2, 3 },
		{ HELIOS_TASK, 1, 1, 1 },
		{ HELIOS_TASK, 0, 2, 3 },
		{ HELIOS_VSPACE, 1, 1, 1 },
		{ HELIOS_VSPACE, 0, 2, 3 },
		{ HELIOS_ENDPOINT, 4096, 1, 1 },
		{ HELIOS_NOTE, 1, 1, 1 },
		{ HELIOS_MEMORY, 0, 1, 1 },
		{ HELIOS_MEMORY, 1, 2, 3 },
	};
	helios_cap_t out[2] = { UNDEF, UNDEF };
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NO_CHANGE(&s, helios_allocate(helios_process.memory,
				bad[i].type, bad[i].size, bad[i].n, out),
			HELIOS_INVALID_PARAM, bad[i].detail);
	CHECK_STATUS(INVOKE(helios_process.memory, HELIOS_MEMORY,
			HELIOS_MEMORY_ALLOCATE, HELIOS_NOTE, 0),
		HELIOS_INVALID_PARAM);
	CHECK_STATUS(INVOKE(helios_process.memory, HELIOS_MEMORY,
			HELIOS_MEMORY_INFO, 0), HELIOS_INVALID_PARAM);
	CHECK_NO_CHANGE(&s, INVOKE_0(helios_process.memory, HELIOS_MEMORY, 2),
		HELIOS_INVALID_OP, HELIOS_LABEL(HELIOS_MEMORY, 2));
}
