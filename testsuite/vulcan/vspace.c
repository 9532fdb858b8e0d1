/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpaces: mapping, unmapping and protecting pages, and what an access then
 * does.  Copying between spaces and running in them is in space.c.
 */
#include "objects.h"
#include "machine.h"

#define OWN	helios_process.vspace

TEST(vspace, kernel_chooses_an_address)
{
	struct helios_vspace_info space = space_of(OWN);
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	uint64_t at = map_here(page, HELIOS_MAP_W), i;

	CHECK_EQ(at % PAGE, 0);
	CHECK(at >= space.base && at + PAGE <= space.limit);
	for (i = 0; i < PAGE; i++)
		CHECK_EQ(((volatile unsigned char *)at)[i], 0);
	*(volatile unsigned char *)at = 1;
	CHECK_EQ(space_of(OWN).mapped, space.mapped + 1);
}

TEST(vspace, address_is_a_lower_bound)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[4];
	struct helios_vspace_info space = space_of(vs);
	uint64_t hint = space.base + 0x5000000, at[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		pages[i] = make(HELIOS_PAGE, PAGE);
		CHECK_OK(helios_map(vs, hint, 0, 1, &pages[i], &at[i]));
		CHECK(at[i] >= hint);
	}
	/* The last page of the range, and then there is no more. */
	pages[0] = make(HELIOS_PAGE, PAGE);
	CHECK_OK(helios_map(vs, space.limit - PAGE, 0, 1, &pages[0], at));
	CHECK_EQ(at[0], space.limit - PAGE);
	pages[0] = make(HELIOS_PAGE, PAGE);
	CHECK_STATUS(helios_map(vs, space.limit - PAGE, 0, 1, &pages[0], at),
		HELIOS_NOMEM);
	CHECK_OK(helios_map(vs, 0, 0, 1, &pages[0], at));
}

TEST(vspace, fixed_address_is_exact)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0);
	struct helios_vspace_info space = space_of(vs);
	uint64_t want[] = { space.base, space.limit - PAGE,
		space.base + 0x123000, space.limit - 0x400000 };
	unsigned int i;
	uint64_t at;

	for (i = 0; i < 4; i++) {
		helios_cap_t page = make(HELIOS_PAGE, PAGE);

		CHECK_OK(helios_map(vs, want[i], HELIOS_MAP_FIXED, 1, &page,
				&at));
		CHECK_EQ(at, want[i]);
		CHECK_EQ(page_of(page).address, want[i]);
		CHECK_EQ(page_of(page).flags, HELIOS_PAGE_MAPPED);
	}
	CHECK_EQ(space_of(vs).mapped, 4);
}

TEST(vspace, addresses_refused)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[3];
	struct helios_vspace_info space = space_of(vs);
	const uint64_t bad[] = { space.base + 1, space.base + PAGE / 2,
		space.limit, space.base - PAGE, space.limit - PAGE,
		space.limit - 2 * PAGE, NON_CANONICAL, KERNEL_HALF,
		0ull - PAGE, UINT64_MAX };
	struct snapshot s;
	unsigned int i;

	for (i = 0; i < 3; i++)
		pages[i] = make(HELIOS_PAGE, PAGE);
	SNAP_OF(&s, UNDEF, UNDEF, vs);
	/* Three pages: at the last two places one is inside. */
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NO_CHANGE(&s, helios_map(vs, bad[i], HELIOS_MAP_FIXED,
				3, pages, NULL), HELIOS_INVALID_PARAM, 0);
	CHECK_EQ(page_of(pages[0]).flags, 0);
	CHECK_STATUS(helios_map(vs, UINT64_MAX, 0, 1, pages, NULL),
		HELIOS_NOMEM);
	CHECK_STATUS(helios_map(vs, KERNEL_HALF, 0, 1, pages, NULL),
		HELIOS_NOMEM);
	SNAP_SAME(&s);
}

TEST(vspace, run_of_pages)
{
	helios_cap_t pages[62];
	uint64_t at = 0;
	unsigned int i;

	CHECK_OK(helios_newpages(62, pages));
	for (i = 0; i < 62; i++)
		CHECK_OK(helios_page_write(pages[i], 0, &i, sizeof(i)));
	CHECK_OK(helios_map(OWN, 0, HELIOS_MAP_W, 62, pages, &at));
	for (i = 0; i < 62; i++) {
		CHECK_EQ(*(volatile unsigned int *)(at + i * PAGE), i);
		CHECK_EQ(page_of(pages[i]).address, at + i * PAGE);
	}
	CHECK_OK(helios_unmap(OWN, 62, pages));
	CHECK(!can_access(at, HELIOS_RIGHT_R));
	CHECK(!can_access(at + 61 * PAGE, HELIOS_RIGHT_R));
}

TEST(vspace, run_is_all_or_nothing)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[4], block;
	uint64_t at = space_of(vs).base + 0x10000;
	struct snapshot s;

	CHECK_OK(helios_newpages(4, pages));
	block = make(HELIOS_PAGE, PAGE);
	CHECK_OK(helios_map(vs, at + 2 * PAGE, HELIOS_MAP_FIXED, 1, &block,
			NULL));
	SNAP_OF(&s, UNDEF, UNDEF, vs);
	CHECK_NO_CHANGE(&s, helios_map(vs, at, HELIOS_MAP_FIXED, 4, pages,
			NULL), HELIOS_BUSY, at + 2 * PAGE);
	CHECK_NO_CHANGE(&s, helios_map(vs, at + 2 * PAGE, HELIOS_MAP_FIXED, 1,
			pages, NULL), HELIOS_BUSY, at + 2 * PAGE);
	CHECK_EQ(page_of(pages[0]).flags, 0);
	CHECK_OK(helios_map(vs, at, HELIOS_MAP_FIXED, 2, pages, NULL));
}

TEST(vspace, one_capability_is_one_mapping)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), pages[2], copy;
	helios_cap_t vs = make(HELIOS_VSPACE, 0);
	uint64_t at = map_here(page, HELIOS_MAP_W), again;
	struct snapshot s;

	pages[0] = make(HELIOS_PAGE, PAGE);
	pages[1] = page;
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_map(OWN, 0, 0, 2, pages, NULL),
		HELIOS_BUSY, at);
	CHECK_NO_CHANGE(&s, helios_map(vs, 0, 0, 1, &page, NULL),
		HELIOS_BUSY, at);
	pages[1] = pages[0];
	CHECK_STATUS(helios_map(OWN, 0, 0, 2, pages, NULL),
		HELIOS_INVALID_PARAM);
	SNAP_SAME(&s);
	/* A copy is another mapping, of the same memory. */
	copy = make_copy(page, HELIOS_RIGHTS_ALL);
	CHECK_EQ(page_of(copy).flags, 0);
	again = map_here(copy, 0);
	CHECK(again != at);
	*(volatile uint64_t *)at = 77;
	CHECK_EQ(*(volatile uint64_t *)again, 77);
	CHECK_OK(helios_destroy(copy));
	CHECK_EQ(*(volatile uint64_t *)at, 77);
}

TEST(vspace, mapping_needs_the_rights)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), cap;
	static const struct {
		uint32_t rights;
		uint64_t flags;
		bool good;
	} tries[] = {
		{ HELIOS_RIGHT_R, 0, true },
		{ HELIOS_RIGHT_R, HELIOS_MAP_W, false },
		{ HELIOS_RIGHT_R, HELIOS_MAP_X, false },
		{ HELIOS_RIGHT_R | HELIOS_RIGHT_W, HELIOS_MAP_W, true },
		{ HELIOS_RIGHT_R | HELIOS_RIGHT_W, HELIOS_MAP_X, false },
		{ HELIOS_RIGHT_R | HELIOS_RIGHT_X, HELIOS_MAP_X, true },
		{ HELIOS_RIGHT_R | HELIOS_RIGHT_X, HELIOS_MAP_W, false },
		{ HELIOS_RIGHT_W | HELIOS_RIGHT_X, 0, false },
		{ HELIOS_RIGHT_W | HELIOS_RIGHT_X, HELIOS_MAP_W, false },
		{ 0, 0, false },
	};
	unsigned int i;
	struct snapshot s;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		cap = make_copy(page, tries[i].rights);
		SNAP(&s);
		if (tries[i].good)
			CHECK_OK(helios_map(OWN, 0, tries[i].flags, 1, &cap,
					NULL));
		else
			CHECK_NO_CHANGE(&s, helios_map(OWN, 0, tries[i].flags,
					1, &cap, NULL), HELIOS_ACCESS,
				tries[i].rights);
	}
}

TEST(vspace, flags_refused)
{
	static const uint64_t bad[] = { HELIOS_MAP_W | HELIOS_MAP_X,
		HELIOS_MAP_WC, 0x10, 1ull << 63, HELIOS_PAGE_MAPPED };
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NO_CHANGE(&s, helios_map(OWN, 0, bad[i], 1, &page,
				NULL), HELIOS_INVALID_PARAM, 1);
	map_here(page, HELIOS_MAP_W);
	SNAP(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NO_CHANGE(&s, helios_protect(OWN, bad[i], 1, &page),
			HELIOS_INVALID_PARAM, 0);
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_MAPPED | HELIOS_MAP_W);
}

TEST(vspace, protection_is_enforced)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	uint64_t at = map_here(page, HELIOS_MAP_W);

	NEED_NO_EXECUTE();
	CHECK(can_access(at, HELIOS_RIGHT_W));	/* leaves a return there */
	CHECK(!can_access(at, HELIOS_RIGHT_X));
	CHECK_OK(helios_protect(OWN, HELIOS_MAP_X, 1, &page));
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_MAPPED | HELIOS_MAP_X);
	CHECK(can_access(at, HELIOS_RIGHT_X));
	CHECK(can_access(at, HELIOS_RIGHT_R));
	CHECK(!can_access(at + 5, HELIOS_RIGHT_W));
	CHECK_OK(helios_protect(OWN, 0, 1, &page));
	CHECK(can_access(at, HELIOS_RIGHT_R));
	CHECK(!can_access(at, HELIOS_RIGHT_W));
	CHECK(!can_access(at, HELIOS_RIGHT_X));
	CHECK_OK(helios_protect(OWN, HELIOS_MAP_W, 1, &page));
	CHECK(can_access(at + PAGE - 1, HELIOS_RIGHT_W));
	CHECK_EQ(*(volatile unsigned char *)at, 0xc3);
}

TEST(vspace, write_once_execute_elsewhere)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), code;
	uint64_t w = map_here(page, HELIOS_MAP_W), x;

	NEED_NO_EXECUTE();
	code = make_copy(page, HELIOS_RIGHT_R | HELIOS_RIGHT_X);
	x = map_here(code, HELIOS_MAP_X);
	*(volatile unsigned char *)w = 0xc3;
	CHECK(can_access(x, HELIOS_RIGHT_X));
	CHECK(!can_access(x, HELIOS_RIGHT_W));
	CHECK(!can_access(w, HELIOS_RIGHT_X));
}

TEST(vspace, protect_keeps_to_the_rights)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), caps[2], other;
	struct snapshot s;

	caps[0] = page;
	caps[1] = make_copy(page, HELIOS_RIGHT_R);
	other = make_copy(page, HELIOS_RIGHTS_ALL);
	map_here(caps[0], 0);
	map_here(caps[1], 0);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_protect(OWN, HELIOS_MAP_W, 2, caps),
		HELIOS_ACCESS, HELIOS_RIGHT_R);
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_MAPPED);
	CHECK_NO_CHANGE(&s, helios_protect(OWN, HELIOS_MAP_X, 2, caps),
		HELIOS_ACCESS, HELIOS_RIGHT_R);
	caps[1] = other;
	CHECK_STATUS(helios_protect(OWN, HELIOS_MAP_W, 2, caps), HELIOS_BUSY);
	SNAP_SAME(&s);
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_MAPPED);
	CHECK_OK(helios_protect(OWN, HELIOS_MAP_W, 1, caps));
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_MAPPED | HELIOS_MAP_W);
}

TEST(vspace, unmap_is_all_or_nothing)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[3];
	struct snapshot s;
	uint64_t at = 0;

	CHECK_OK(helios_newpages(3, pages));
	CHECK_OK(helios_map(OWN, 0, HELIOS_MAP_W, 2, pages, &at));
	SNAP(&s);
	CHECK_STATUS(INVOKE(OWN, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP,
			pages[0], pages[1], pages[2]), HELIOS_BUSY);
	SNAP_SAME(&s);
	CHECK_NO_CHANGE(&s, INVOKE(vs, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP,
			pages[0]), HELIOS_BUSY, at);
	CHECK_STATUS(INVOKE(OWN, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP, pages[0],
			pages[0]), HELIOS_INVALID_PARAM);
	SNAP_SAME(&s);
	CHECK(can_access(at, HELIOS_RIGHT_W));
	CHECK_OK(helios_unmap(OWN, 2, pages));
	CHECK(!can_access(at, HELIOS_RIGHT_R));
	CHECK(!can_access(at + PAGE, HELIOS_RIGHT_R));
	/* It can be mapped again, elsewhere. */
	CHECK_OK(helios_map(vs, 0, 0, 1, pages, NULL));
}

TEST(vspace, destroyed_page_is_unmapped)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), copy;
	uint64_t at = map_here(page, HELIOS_MAP_W), other;
	uint64_t mapped = space_of(OWN).mapped;

	copy = make_copy(page, HELIOS_RIGHTS_ALL);
	other = map_here(copy, HELIOS_MAP_W);
	CHECK_OK(helios_destroy(page));
	CHECK(!can_access(at, HELIOS_RIGHT_R));
	CHECK(!can_access(at + PAGE - 1, HELIOS_RIGHT_W));
	CHECK(can_access(other, HELIOS_RIGHT_W));
	CHECK_EQ(space_of(OWN).mapped, mapped);
	CHECK_OK(helios_destroy(copy));
	CHECK(!can_access(other, HELIOS_RIGHT_R));
}

TEST(vspace, revoked_page_is_unmapped)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), lent;
	helios_cap_t table = make(HELIOS_CSPACE, RADIX);
	uint64_t own = map_here(page, HELIOS_MAP_W), at;

	lent = make_copy(page, HELIOS_RIGHT_R | HELIOS_RIGHT_W);
	at = map_here(lent, HELIOS_MAP_W);
	/* The mapping stays with the capability in another table. */
	CHECK_OK(helios_cspace_move(table, 0, helios_process.cspace, lent,
			NULL));
	CHECK(can_access(at, HELIOS_RIGHT_W));
	CHECK_OK(helios_revoke(page));
	CHECK(!can_access(at, HELIOS_RIGHT_R));
	CHECK(can_access(own, HELIOS_RIGHT_W));
	CHECK_EQ(type_in(table, 0), HELIOS_DEAD);
}

TEST(vspace, tables_come_and_go)
{
	helios_cap_t q = make(HELIOS_MEMORY, 40), vs, pages[3];
	struct helios_vspace_info empty;
	struct helios_memory_info before;
	unsigned int i;

	vs = make_from(q, HELIOS_VSPACE, 0);
	CHECK_OK(helios_newpages(3, pages));
	empty = space_of(vs);
	before = memory_of(q);
	CHECK_EQ(empty.mapped, 0);
	CHECK(empty.tables >= 1);
	for (i = 0; i < 3; i++)
		CHECK_OK(helios_map(vs, empty.base + i * LARGE,
				HELIOS_MAP_FIXED, 1, &pages[i], NULL));
	/* Three tables of the lowest level at least, from its own Memory. */
	CHECK(space_of(vs).tables >= empty.tables + 3);
	CHECK_EQ(memory_of(q).free + space_of(vs).tables,
		before.free + empty.tables);
	CHECK_OK(helios_unmap(vs, 1, &pages[1]));
	CHECK_OK(helios_destroy(pages[0]));
	CHECK_OK(helios_revoke(pages[2]));
	CHECK_EQ(space_of(vs).mapped, 1);
	CHECK_OK(helios_unmap(vs, 1, &pages[2]));
	CHECK_EQ(space_of(vs).tables, empty.tables);
	CHECK_EQ(memory_of(q).free, before.free);
	CHECK_EQ(memory_of(q).largest, before.largest);
}

TEST(vspace, no_memory_for_tables)
{
	helios_cap_t q = make(HELIOS_MEMORY, 16), vs, page, pages[62];
	struct helios_vspace_info space;
	helios_cap_t taken[16];
	struct snapshot s;
	unsigned int n = 0;

	vs = make_from(q, HELIOS_VSPACE, 0);
	space = space_of(vs);
	page = make(HELIOS_PAGE, PAGE);
	CHECK_OK(helios_newpages(62, pages));
	while (memory_of(q).free > 0)
		taken[n++] = make_from(q, HELIOS_PAGE, PAGE);
	CHECK(n > 4);
	SNAP_OF(&s, UNDEF, q, vs);
	CHECK_NO_CHANGE(&s, helios_map(vs, space.base, HELIOS_MAP_FIXED, 1,
			&page, NULL), HELIOS_NOMEM, 1);
	/* Enough for one way down, not for the second lowest table. */
	while (helios_map(vs, space.base, HELIOS_MAP_FIXED, 1, &page, NULL) !=
			HELIOS_OK)
		CHECK_OK(helios_destroy(taken[--n]));
	CHECK_EQ(memory_of(q).free, 0);
	SNAP_OF(&s, UNDEF, q, vs);
	CHECK_STATUS(helios_map(vs, space.base + LARGE - 31 * PAGE,
			HELIOS_MAP_FIXED, 62, pages, NULL), HELIOS_NOMEM);
	SNAP_SAME(&s);
	CHECK_EQ(page_of(pages[0]).flags, 0);
	CHECK_EQ(page_of(pages[61]).flags, 0);
	/* Where the tables are there already it still works. */
	CHECK_OK(helios_map(vs, space.base + PAGE, HELIOS_MAP_FIXED, 62,
			pages, NULL));
	CHECK_OK(helios_unmap(vs, 62, pages));
	CHECK_OK(helios_destroy(taken[--n]));
	CHECK_OK(helios_map(vs, space.base + LARGE - 31 * PAGE,
			HELIOS_MAP_FIXED, 62, pages, NULL));
}

TEST(vspace, large_page)
{
	helios_cap_t page = UNDEF, small = make(HELIOS_PAGE, PAGE), pages[2];
	uint64_t at, off;
	struct snapshot s;

	if (memory_of(helios_process.memory).largest < LARGE / PAGE)
		SKIP("no 512 pages in a row in the test's Memory");
	page = make(HELIOS_PAGE, LARGE);
	at = map_here(page, HELIOS_MAP_W);
	CHECK_EQ(at % LARGE, 0);
	for (off = 0; off < LARGE; off += 97 * PAGE)
		*(volatile uint64_t *)(at + off) = off + 1;
	*(volatile unsigned char *)(at + LARGE - 1) = 9;
	for (off = 0; off < LARGE; off += 97 * PAGE)
		CHECK_EQ(*(volatile uint64_t *)(at + off), off + 1);
	CHECK_EQ(page_of(page).size, LARGE);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_map(OWN, at + 5 * PAGE, HELIOS_MAP_FIXED,
			1, &small, NULL), HELIOS_BUSY, at + 5 * PAGE);
	CHECK_OK(helios_unmap(OWN, 1, &page));
	CHECK(!can_access(at + LARGE - 1, HELIOS_RIGHT_R));
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_map(OWN, at + PAGE, HELIOS_MAP_FIXED, 1,
			&page, NULL), HELIOS_INVALID_PARAM, 0);
	pages[0] = page;
	pages[1] = small;
	CHECK_STATUS(helios_map(OWN, 0, 0, 2, pages, NULL),
		HELIOS_INVALID_PARAM);
	SNAP_SAME(&s);
	/* Where one small page is, no large one fits. */
	CHECK_OK(helios_map(OWN, at + 300 * PAGE, HELIOS_MAP_FIXED, 1, &small,
			NULL));
	CHECK_ERROR(helios_map(OWN, at, HELIOS_MAP_FIXED, 1, &page, NULL),
		HELIOS_BUSY, at + 300 * PAGE);
}

TEST(vspace, wrong_types_and_words)
{
	helios_cap_t note = make(HELIOS_NOTE, 0);
	helios_cap_t page = make(HELIOS_PAGE, PAGE), null = free_slot();
	helios_cap_t caps[2];
	struct snapshot s;

	caps[0] = page;
	caps[1] = note;
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_map(OWN, 0, 0, 2, caps, NULL),
		HELIOS_INVALID_CTYPE, HELIOS_NOTE);
	caps[1] = null;
	CHECK_NO_CHANGE(&s, helios_map(OWN, 0, 0, 2, caps, NULL),
		HELIOS_INVALID_CSLOT, null);
	CHECK_STATUS(INVOKE(OWN, HELIOS_VSPACE, HELIOS_VSPACE_MAP, 0, 0),
		HELIOS_INVALID_PARAM);
	CHECK_STATUS(INVOKE_0(OWN, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP),
		HELIOS_INVALID_PARAM);
	CHECK_STATUS(INVOKE(OWN, HELIOS_VSPACE, HELIOS_VSPACE_PROTECT, 0),
		HELIOS_INVALID_PARAM);
	CHECK_STATUS(INVOKE(OWN, HELIOS_VSPACE, HELIOS_VSPACE_INFO, 0),
		HELIOS_INVALID_PARAM);
	CHECK_NO_CHANGE(&s, INVOKE_0(OWN, HELIOS_VSPACE, 6),
		HELIOS_INVALID_OP, HELIOS_LABEL(HELIOS_VSPACE, 6));
	CHECK_STATUS(helios_map(page, 0, 0, 1, &page, NULL),
		HELIOS_INVALID_CTYPE);
	SNAP_SAME(&s);
}

/* A run of pages over the end of a table: below, and above once that is
 * mapped; and a table that goes with its last page. */
TEST(vspace, tables_at_a_boundary)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[62], page;
	struct helios_vspace_info space = space_of(vs);
	uint64_t edge = (space.base + 2 * LARGE) & ~(LARGE - 1), at;
	uint64_t tables = space.tables;

	CHECK_OK(helios_newpages(62, pages));
	page = make(HELIOS_PAGE, PAGE);
	CHECK_OK(helios_map(vs, edge - 31 * PAGE, HELIOS_MAP_FIXED, 62, pages,
			&at));
	CHECK_EQ(space_of(vs).tables, tables + 4);
	CHECK_ERROR(helios_map(vs, edge - PAGE, HELIOS_MAP_FIXED, 1, &page,
			NULL), HELIOS_BUSY, edge - PAGE);
	CHECK_OK(helios_unmap(vs, 31, pages + 31));
	CHECK_EQ(space_of(vs).tables, tables + 3);
	CHECK_OK(helios_map(vs, edge, HELIOS_MAP_FIXED, 1, &page, NULL));
	CHECK_EQ(space_of(vs).tables, tables + 4);
	CHECK_OK(helios_unmap(vs, 1, &page));
	CHECK_OK(helios_unmap(vs, 31, pages));
	CHECK_EQ(space_of(vs).tables, tables);
	CHECK_OK(helios_map(vs, edge, HELIOS_MAP_FIXED, 1, &page, NULL));
	CHECK_EQ(space_of(vs).tables, tables + 3);
}

/* In a new space with pages below and above the end of a table: where a search
 * from the lower one finds room for four.  (Never zero.) */
static uint64_t
hole_between(unsigned int below, unsigned int above)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[4], ends[2];
	uint64_t edge = (space_of(vs).base + 2 * LARGE) & ~(LARGE - 1), at = 0;

	CHECK_OK(helios_newpages(4, pages));
	CHECK_OK(helios_newpages(2, ends));
	CHECK_OK(helios_map(vs, edge - below * PAGE, HELIOS_MAP_FIXED, 1,
			&ends[0], NULL));
	CHECK_OK(helios_map(vs, edge + above * PAGE, HELIOS_MAP_FIXED, 1,
			&ends[1], NULL));
	CHECK_OK(helios_map(vs, edge - below * PAGE, 0, 4, pages, &at));
	return at - (edge - LARGE);
}

TEST(vspace, hole_across_tables)
{
	CHECK_EQ(hole_between(3, 2), LARGE - 2 * PAGE);
	/* One too few: behind both. */
	CHECK_EQ(hole_between(3, 1), LARGE + 2 * PAGE);
	CHECK_EQ(hole_between(1, 4), LARGE);
	CHECK_EQ(hole_between(5, 0), LARGE - 4 * PAGE);
}
