/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages: copying to and from them without a mapping, what INFO says; and
 * addresses that no call may take from a user.
 */
#include "objects.h"

TEST(page, read_and_write_unmapped)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	unsigned char in[300], out[300];
	unsigned int i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 7 + 1);
	CHECK_OK(helios_page_write(page, 1000, in, sizeof(in)));
	memset(out, 0, sizeof(out));
	CHECK_OK(helios_page_read(page, 1000, out, sizeof(out)));
	CHECK_EQ(memcmp(in, out, sizeof(in)), 0);
	/* Not a byte more than that. */
	CHECK_OK(helios_page_read(page, 992, out, 8));
	for (i = 0; i < 8; i++)
		CHECK_EQ(out[i], 0);
	CHECK_OK(helios_page_read(page, 1300, out, 8));
	for (i = 0; i < 8; i++)
		CHECK_EQ(out[i], 0);
	CHECK_EQ(page_of(page).flags, 0);
}

TEST(page, whole_page_and_nothing)
{
	static unsigned char in[HELIOS_PAGE_SIZE], out[HELIOS_PAGE_SIZE];
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	unsigned int i;

	for (i = 0; i < PAGE; i++)
		in[i] = (unsigned char)(i * 31 >> 3);
	CHECK_OK(helios_page_write(page, 0, in, PAGE));
	CHECK_OK(helios_page_read(page, 0, out, PAGE));
	CHECK_EQ(memcmp(in, out, PAGE), 0);
	CHECK_OK(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_WRITE, PAGE,
			(uintptr_t)in, 0));
	CHECK_OK(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_READ, 17,
			(uintptr_t)out, 0));
	CHECK_EQ(memcmp(in, out, PAGE), 0);
}

TEST(page, copy_shows_in_mappings)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	volatile uint64_t *p = (volatile uint64_t *)map_here(page,
		HELIOS_MAP_W);
	uint64_t word = 0x1122334455667788;

	CHECK_OK(helios_page_write(page, 4088, &word, 8));
	CHECK_EQ(p[511], word);
	p[3] = ~word;
	CHECK_OK(helios_page_read(page, 24, &word, 8));
	CHECK_EQ(word, p[3]);
	/* The page and the caller's memory may be the same. */
	CHECK_OK(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_WRITE, 0,
			(uintptr_t)(p + 3), 8));
	CHECK_EQ(p[0], word);
}

TEST(page, bounds)
{
	static const struct {
		uint64_t offset, len;
	} bad[] = {
		{ HELIOS_PAGE_SIZE, 1 }, { HELIOS_PAGE_SIZE - 1, 2 },
		{ 1, HELIOS_PAGE_SIZE }, { UINT64_MAX, 1 },
		{ UINT64_MAX, 2 }, { UINT64_MAX - 15, 16 },
		{ HELIOS_PAGE_SIZE + 1, 0 }, { 1ull << 32, 8 },
	};
	static unsigned char buf[HELIOS_PAGE_SIZE];
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	unsigned int i, op;

	for (op = HELIOS_PAGE_READ; op <= HELIOS_PAGE_WRITE; op++) {
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			CHECK_ERROR(INVOKE(page, HELIOS_PAGE, op,
					bad[i].offset, (uintptr_t)buf,
					bad[i].len), HELIOS_INVALID_PARAM, 0);
		CHECK_ERROR(INVOKE(page, HELIOS_PAGE, op, 0, (uintptr_t)buf,
				4097), HELIOS_INVALID_PARAM, 2);
		CHECK_ERROR(INVOKE(page, HELIOS_PAGE, op, 0, (uintptr_t)buf,
				UINT64_MAX), HELIOS_INVALID_PARAM, 2);
	}
}

TEST(page, rights)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), r, w;
	uint64_t word = 1;

	r = make_copy(page, HELIOS_RIGHT_R | HELIOS_RIGHT_X);
	w = make_copy(page, HELIOS_RIGHT_W);
	CHECK_ERROR(helios_page_write(r, 0, &word, 8), HELIOS_ACCESS,
		HELIOS_RIGHT_R | HELIOS_RIGHT_X);
	CHECK_OK(helios_page_read(r, 0, &word, 8));
	CHECK_EQ(word, 0);
	word = 2;
	CHECK_ERROR(helios_page_read(w, 0, &word, 8), HELIOS_ACCESS,
		HELIOS_RIGHT_W);
	CHECK_EQ(word, 2);
	CHECK_OK(helios_page_write(w, 0, &word, 8));
	CHECK_OK(helios_page_read(r, 0, &word, 8));
	CHECK_EQ(word, 2);
}

TEST(page, large_page_end_to_end)
{
	helios_cap_t page;
	uint64_t in = 0x0123456789abcdef, out = 0, offset;

	if (memory_of(helios_process.memory).largest < LARGE / PAGE)
		SKIP("no 512 pages in a row in the test's Memory");
	page = make(HELIOS_PAGE, LARGE);
	for (offset = 4092; offset < LARGE - 8; offset += 500 * PAGE) {
		CHECK_OK(helios_page_write(page, offset, &in, 8));
		CHECK_OK(helios_page_read(page, offset, &out, 8));
		CHECK_EQ(out, in);
		in = in * 3 + 1;
	}
	CHECK_OK(helios_page_write(page, LARGE - 8, &in, 8));
	CHECK_OK(helios_page_read(page, LARGE - 8, &out, 8));
	CHECK_EQ(out, in);
	CHECK_ERROR(helios_page_read(page, LARGE - 7, &out, 8),
		HELIOS_INVALID_PARAM, 0);
}

TEST(page, info)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), copy;
	struct helios_page_info a = page_of(page), b;
	uint64_t at;

	CHECK_EQ(a.physical % PAGE, 0);
	CHECK_EQ(a.size, PAGE);
	CHECK_EQ(a.address, 0);
	CHECK_EQ(a.flags, 0);
	at = map_here(page, HELIOS_MAP_X);
	copy = make_copy(page, HELIOS_RIGHT_R);
	b = page_of(page);
	CHECK_EQ(b.physical, a.physical);
	CHECK_EQ(b.address, at);
	CHECK_EQ(b.flags, HELIOS_PAGE_MAPPED | HELIOS_MAP_X);
	b = page_of(copy);
	CHECK_EQ(b.physical, a.physical);
	CHECK_EQ(b.address, 0);
	CHECK_EQ(b.flags, 0);
	CHECK_OK(helios_unmap(helios_process.vspace, 1, &page));
	CHECK_EQ(page_of(page).flags, 0);
	CHECK_EQ(page_of(page).address, 0);
}

TEST(page, two_pages_are_two_frames)
{
	helios_cap_t pages[62];
	unsigned int i, j;

	CHECK_OK(helios_newpages(62, pages));
	for (i = 0; i < 62; i++)
		for (j = 0; j < i; j++)
			CHECK(page_of(pages[i]).physical !=
				page_of(pages[j]).physical);
}

TEST(page, wrong_words_and_operations)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	uint64_t here = (uintptr_t)&page;
	unsigned int op;

	for (op = HELIOS_PAGE_READ; op <= HELIOS_PAGE_WRITE; op++) {
		CHECK_STATUS(INVOKE(page, HELIOS_PAGE, op, 0, here),
			HELIOS_INVALID_PARAM);
		CHECK_STATUS(INVOKE(page, HELIOS_PAGE, op, 0, here, 0, 0),
			HELIOS_INVALID_PARAM);
	}
	CHECK_STATUS(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_INFO, 0),
		HELIOS_INVALID_PARAM);
	CHECK_ERROR(INVOKE_0(page, HELIOS_PAGE, 3), HELIOS_INVALID_OP,
		HELIOS_LABEL(HELIOS_PAGE, 3));
}

/*
 * Addresses in every call that takes one.  The kernel reaches memory of
 * users through their tables alone, so none of these may get through, and
 * nothing may be copied up to them.
 */

/* Two pages of which the second is gone: its address. */
static uint64_t
edge_of_mapping(uint64_t flags)
{
	helios_cap_t pages[2];
	uint64_t at = 0;

	CHECK_OK(helios_newpages(2, pages));
	CHECK_OK(helios_map(helios_process.vspace, 0, flags, 2, pages, &at));
	CHECK_OK(helios_unmap(helios_process.vspace, 1, &pages[1]));
	return at + PAGE;
}

static uint64_t
bad_address(unsigned int i)
{
	switch (i) {
	case 0:
		return 0;
	case 1:
		return NON_CANONICAL;
	case 2:
		return KERNEL_HALF;
	case 3:
		return 0x00007ffffffff000ull;	/* the last below the hole */
	case 4:
		return 0x0000800000000000ull;	/* the hole */
	case 5:
		return UINT64_MAX - 7;		/* wraps */
	case 6:
		return 0xffffffff80000000ull;	/* where kernels live */
	default:
		return edge_of_mapping(HELIOS_MAP_W);
	}
}

#define BAD_ADDRESSES	8

TEST(page, bad_addresses_in_page_operations)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	uint64_t word = 7, bad;
	unsigned int i;

	CHECK_OK(helios_page_write(page, 0, &word, 8));
	for (i = 0; i < BAD_ADDRESSES; i++) {
		bad = bad_address(i);
		CHECK_ERROR(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_READ, 0,
				bad, 8), HELIOS_FAULT, bad);
		CHECK_ERROR(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_WRITE, 0,
				bad, 8), HELIOS_FAULT, bad);
	}
	CHECK_OK(helios_page_read(page, 0, &word, 8));
	CHECK_EQ(word, 7);
}

TEST(page, bad_addresses_in_space_operations)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), own;
	uint64_t at = map_here(page, HELIOS_MAP_W), word = 7, bad;
	unsigned int i;

	own = helios_process.vspace;
	for (i = 0; i < BAD_ADDRESSES; i++) {
		bad = bad_address(i);
		CHECK_ERROR(INVOKE(own, HELIOS_VSPACE, HELIOS_VSPACE_READ,
				bad, (uintptr_t)&word, 8), HELIOS_FAULT, bad);
		CHECK_ERROR(INVOKE(own, HELIOS_VSPACE, HELIOS_VSPACE_WRITE,
				bad, (uintptr_t)&word, 8), HELIOS_FAULT, bad);
		CHECK_ERROR(INVOKE(own, HELIOS_VSPACE, HELIOS_VSPACE_READ,
				at, bad, 8), HELIOS_FAULT, bad);
		CHECK_ERROR(INVOKE(own, HELIOS_VSPACE, HELIOS_VSPACE_WRITE,
				at, bad, 8), HELIOS_FAULT, bad);
	}
	CHECK_EQ(word, 7);
	CHECK_EQ(*(volatile uint64_t *)at, 0);
}

TEST(page, bad_addresses_in_system_calls)
{
	uint64_t bad;
	unsigned int i;

	for (i = 0; i < BAD_ADDRESSES; i++) {
		struct helios_raw r = { .rsi = 8 }, p = { .rsi = 1 };

		bad = bad_address(i);
		r.rdi = p.rdi = bad;
		CHECK_EQ(helios_raw(HELIOS_SYS_WRITECONS, &r),
			HELIOS_INVALID_PARAM);
		CHECK_EQ(helios_raw(HELIOS_SYS_POLL, &p), HELIOS_FAULT);
		CHECK_EQ(p.rdx, bad);
	}
}

TEST(page, bad_addresses_in_registers)
{
	helios_cap_t task = make(HELIOS_TASK, 0);
	struct helios_regs regs = { .rip = 0x1000, .rsp = 0x2000 };
	unsigned int i;

	CHECK_OK(helios_task_write_registers(task, &regs));
	for (i = 1; i < 5; i++) {
		struct helios_regs bad = regs;

		if (i == 2 || i == 3)
			continue;	/* canonical */
		bad.rip = bad_address(i);
		CHECK_STATUS(helios_task_write_registers(task, &bad),
			HELIOS_INVALID_PARAM);
		bad = regs;
		bad.fs_base = bad_address(i);
		CHECK_STATUS(helios_task_write_registers(task, &bad),
			HELIOS_INVALID_PARAM);
		CHECK_STATUS(helios_task_set_tls_base(task, bad_address(i)),
			HELIOS_INVALID_PARAM);
	}
	memset(&regs, 0xff, sizeof(regs));
	CHECK_OK(helios_task_read_registers(task, &regs));
	CHECK_EQ(regs.rip, 0x1000);
	CHECK_EQ(regs.fs_base, 0);
}

/* A buffer that must be written may not be read-only. */
TEST(page, read_only_memory_is_not_written)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	helios_cap_t ro = make(HELIOS_PAGE, PAGE);
	uint64_t at = map_here(ro, 0), word = 5;
	struct helios_raw p = { .rdi = at, .rsi = 1 };

	CHECK_OK(helios_page_write(page, 0, &word, 8));
	CHECK_ERROR(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_READ, 0, at, 8),
		HELIOS_FAULT, at);
	CHECK_OK(INVOKE(page, HELIOS_PAGE, HELIOS_PAGE_WRITE, 0, at, 8));
	CHECK_ERROR(INVOKE(helios_process.vspace, HELIOS_VSPACE,
			HELIOS_VSPACE_WRITE, at, (uintptr_t)&word, 8),
		HELIOS_FAULT, at);
	CHECK_EQ(helios_raw(HELIOS_SYS_POLL, &p), HELIOS_FAULT);
	CHECK_EQ(p.rdx, at);
	CHECK_EQ(*(volatile uint64_t *)at, 0);
}
