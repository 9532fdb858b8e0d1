/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DevMem: ranges of physical addresses, each handed out once.
 *
 * Where there is none depends on the machine, so the tests look for a free
 * range first, and none of it is ever touched: what is there may be a
 * device.
 */
#include "objects.h"

#define ROOT		HELIOS_INIT_DEVMEM
#define RANGE		(4 * HELIOS_LARGE_PAGE_SIZE)

static struct helios_devmem_info
devmem_of(helios_cap_t cap)
{
	struct helios_devmem_info info;

	CHECK_OK(helios_devmem_info(cap, &info));
	return info;
}

/* A DevMem of RANGE bytes, 2 MiB aligned. */
static helios_cap_t
free_range(uint64_t *base)
{
	struct helios_devmem_info root = devmem_of(ROOT);
	helios_cap_t out = UNDEF;
	unsigned int i;

	for (i = 1; i < 1000; i++) {
		*base = (root.base + root.size - i * RANGE) & ~(LARGE - 1);
		if (helios_devmem_carve(ROOT, *base, RANGE, &out) ==
				HELIOS_OK)
			return out;
	}
	SKIP("no free range of physical addresses found");
}

#define ALLOC(d, ...) \
	INVOKE(d, HELIOS_DEVMEM, HELIOS_DEVMEM_ALLOCATE, __VA_ARGS__)

TEST(devmem, carve_and_return)
{
	struct helios_devmem_info root = devmem_of(ROOT), part;
	uint64_t base;
	helios_cap_t d = free_range(&base);

	part = devmem_of(d);
	CHECK_EQ(part.base, base);
	CHECK_EQ(part.size, RANGE);
	CHECK_EQ(part.used, 0);
	CHECK_EQ(devmem_of(ROOT).used, root.used + RANGE);
	CHECK_EQ(devmem_of(ROOT).base, root.base);
	CHECK_EQ(devmem_of(ROOT).size, root.size);
	CHECK_OK(helios_destroy(d));
	CHECK_EQ(devmem_of(ROOT).used, root.used);
	/* And again. */
	CHECK_OK(helios_devmem_carve(ROOT, base, RANGE, &d));
	CHECK_EQ(devmem_of(ROOT).used, root.used + RANGE);
}

TEST(devmem, overlap_is_refused)
{
	uint64_t base, mid;
	helios_cap_t d = free_range(&base), part = UNDEF, page = UNDEF;
	struct snapshot s;

	mid = base + LARGE;
	CHECK_OK(helios_devmem_carve(d, mid, LARGE, &part));
	SNAP(&s);
	/* The same, inside, over either end, around. */
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_DEVMEM, LARGE, mid, UNDEF),
		HELIOS_BUSY, mid);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_DEVMEM, PAGE, mid + 5 * PAGE,
			UNDEF), HELIOS_BUSY, mid + 5 * PAGE);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_DEVMEM, 2 * PAGE, mid - PAGE,
			UNDEF), HELIOS_BUSY, mid);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_DEVMEM, 2 * PAGE,
			mid + LARGE - PAGE, UNDEF), HELIOS_BUSY,
		mid + LARGE - PAGE);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_DEVMEM, RANGE, base, UNDEF),
		HELIOS_BUSY, mid);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_PAGE, PAGE, mid, UNDEF),
		HELIOS_BUSY, mid);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_PAGE, PAGE, mid - PAGE, UNDEF,
			UNDEF), HELIOS_BUSY, mid);
	CHECK_EQ(devmem_of(d).used, LARGE);
	/* What touches but does not overlap is fine. */
	CHECK_OK(helios_devmem_pages(d, mid - PAGE, PAGE, 1, &page));
	CHECK_OK(helios_devmem_pages(d, mid + LARGE, PAGE, 1, &page));
	/* And the whole belongs to the part now, not to the root. */
	CHECK_STATUS(helios_devmem_pages(ROOT, base, PAGE, 1, &page),
		HELIOS_BUSY);
}

TEST(devmem, ram_is_not_device_memory)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), out = UNDEF;
	struct helios_devmem_info root = devmem_of(ROOT);
	uint64_t phys = page_of(page).physical;
	enum helios_status status;
	struct snapshot s;

	SNAP(&s);
	status = helios_devmem_pages(ROOT, phys, PAGE, 1, &out);
	CHECK(status == HELIOS_BUSY || status == HELIOS_INVALID_PARAM);
	status = helios_devmem_carve(ROOT, phys, PAGE, &out);
	CHECK(status == HELIOS_BUSY || status == HELIOS_INVALID_PARAM);
	/* Nor is a range with some RAM in it. */
	CHECK(helios_devmem_carve(ROOT, root.base, root.size, &out) !=
		HELIOS_OK);
	SNAP_SAME(&s);
	CHECK_EQ(devmem_of(ROOT).used, root.used);
}

TEST(devmem, pages)
{
	uint64_t base, at = 0;
	helios_cap_t d = free_range(&base), pages[61], large = UNDEF;
	unsigned int i;

	CHECK_OK(helios_devmem_pages(d, base, PAGE, 61, pages));
	CHECK_EQ(devmem_of(d).used, 61 * PAGE);
	for (i = 0; i < 61; i++) {
		CHECK_EQ(page_of(pages[i]).physical, base + i * PAGE);
		CHECK_EQ(page_of(pages[i]).size, PAGE);
		CHECK_EQ(page_of(pages[i]).flags, HELIOS_PAGE_DEVICE);
	}
	CHECK_OK(helios_devmem_pages(d, base + LARGE, LARGE, 1, &large));
	CHECK_EQ(page_of(large).size, LARGE);
	CHECK_EQ(page_of(large).physical, base + LARGE);
	CHECK_OK(helios_map(helios_process.vspace, 0, HELIOS_MAP_W, 61, pages,
			&at));
	CHECK_EQ(page_of(pages[60]).address, at + 60 * PAGE);
	CHECK_EQ(page_of(pages[60]).flags, HELIOS_PAGE_DEVICE |
		HELIOS_PAGE_MAPPED | HELIOS_MAP_W);
	CHECK_OK(helios_destroy_many(61, pages));
	CHECK_EQ(devmem_of(d).used, LARGE);
	CHECK_OK(helios_destroy(large));
	CHECK_EQ(devmem_of(d).used, 0);
}

TEST(devmem, write_combining_is_for_devices)
{
	uint64_t base, at = 0;
	helios_cap_t d = free_range(&base), page = UNDEF, own = UNDEF;

	own = helios_process.vspace;
	CHECK_OK(helios_devmem_pages(d, base, PAGE, 1, &page));
	CHECK_OK(helios_map(own, 0, HELIOS_MAP_W | HELIOS_MAP_WC, 1, &page,
			&at));
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_DEVICE |
		HELIOS_PAGE_MAPPED | HELIOS_MAP_W | HELIOS_MAP_WC);
	/* Protecting does not change how it is cached. */
	CHECK_OK(helios_protect(own, 0, 1, &page));
	CHECK_EQ(page_of(page).flags, HELIOS_PAGE_DEVICE |
		HELIOS_PAGE_MAPPED | HELIOS_MAP_WC);
	CHECK_ERROR(helios_map(own, 0, HELIOS_MAP_WC, 1, &page, NULL),
		HELIOS_BUSY, at);
	/* Devices hold no code. */
	CHECK_OK(helios_unmap(own, 1, &page));
	CHECK_STATUS(helios_map(own, 0, HELIOS_MAP_X, 1, &page, NULL),
		HELIOS_ACCESS);
}

/* The kernel copies from and to RAM only: reading a device does things. */
static void
check_not_copied(helios_cap_t page)
{
	uint64_t at = map_here(page, HELIOS_MAP_W), word = 1;
	struct helios_raw r = { .rdi = at, .rsi = 8 };
	helios_cap_t ram = make(HELIOS_PAGE, PAGE);

	CHECK(helios_page_read(page, 0, &word, 8) != HELIOS_OK);
	CHECK(helios_page_write(page, 0, &word, 8) != HELIOS_OK);
	CHECK_ERROR(INVOKE(ram, HELIOS_PAGE, HELIOS_PAGE_WRITE, 0, at, 8),
		HELIOS_FAULT, at);
	CHECK_ERROR(INVOKE(ram, HELIOS_PAGE, HELIOS_PAGE_READ, 0, at, 8),
		HELIOS_FAULT, at);
	CHECK_ERROR(helios_vspace_read(helios_process.vspace, at, &word, 8),
		HELIOS_FAULT, at);
	CHECK_EQ(helios_raw(HELIOS_SYS_WRITECONS, &r), HELIOS_INVALID_PARAM);
	CHECK_EQ(word, 1);
}

TEST(devmem, kernel_does_not_copy_devices)
{
	uint64_t base;
	helios_cap_t d = free_range(&base), page = UNDEF;

	CHECK_OK(helios_devmem_pages(d, base, PAGE, 1, &page));
	check_not_copied(page);
	/* Where PCs have a hole in their RAM. */
	if (helios_devmem_pages(ROOT, 0xb8000, PAGE, 1, &page) == HELIOS_OK)
		check_not_copied(page);
}

TEST(devmem, nested)
{
	uint64_t base, root = devmem_of(ROOT).used;
	helios_cap_t d = free_range(&base), a = UNDEF, b = UNDEF, page, copy;

	CHECK_OK(helios_devmem_carve(d, base + PAGE, 16 * PAGE, &a));
	CHECK_OK(helios_devmem_carve(a, base + 2 * PAGE, 4 * PAGE, &b));
	CHECK_OK(helios_devmem_pages(b, base + 3 * PAGE, PAGE, 1, &page));
	copy = make_copy(page, HELIOS_RIGHT_R);
	map_here(copy, 0);
	/* The middle one takes all along. */
	CHECK_OK(helios_destroy(a));
	CHECK_EQ(type_of(b), HELIOS_DEAD);
	CHECK_EQ(type_of(page), HELIOS_DEAD);
	CHECK_EQ(type_of(copy), HELIOS_DEAD);
	CHECK_EQ(devmem_of(d).used, 0);
	CHECK_OK(helios_devmem_pages(d, base + 3 * PAGE, PAGE, 1, &page));
	/* Revoking leaves it empty but usable. */
	CHECK_OK(helios_revoke(d));
	CHECK_EQ(devmem_of(d).used, 0);
	CHECK_OK(helios_devmem_pages(d, base + 3 * PAGE, PAGE, 1, &page));
	CHECK_OK(helios_destroy(d));
	CHECK_EQ(devmem_of(ROOT).used, root);
}

TEST(devmem, range_is_taken_until_the_last_copy)
{
	uint64_t base;
	helios_cap_t d = free_range(&base), page = UNDEF, copy, out = UNDEF;

	CHECK_OK(helios_devmem_pages(d, base, PAGE, 1, &page));
	copy = make_copy(page, HELIOS_RIGHT_R);
	CHECK_OK(helios_destroy(page));
	CHECK_ERROR(helios_devmem_pages(d, base, PAGE, 1, &out), HELIOS_BUSY,
		base);
	CHECK_EQ(devmem_of(d).used, PAGE);
	CHECK_OK(helios_destroy(copy));
	CHECK_OK(helios_devmem_pages(d, base, PAGE, 1, &out));
}

TEST(devmem, parameters_refused)
{
	uint64_t base;
	helios_cap_t d = free_range(&base);
	const struct {
		uint64_t type, size, address, detail;
	} bad[] = {
		{ HELIOS_DEVMEM, 0, base, 1 },
		{ HELIOS_DEVMEM, 100, base, 1 },
		{ HELIOS_DEVMEM, PAGE, base + 1, 2 },
		{ HELIOS_DEVMEM, PAGE, base - PAGE, 2 },
		{ HELIOS_DEVMEM, PAGE, base + RANGE, 2 },
		{ HELIOS_DEVMEM, 2 * PAGE, base + RANGE - PAGE, 2 },
		{ HELIOS_DEVMEM, RANGE + PAGE, base, 2 },
		{ HELIOS_DEVMEM, 0ull - PAGE, base, 2 },
		{ HELIOS_DEVMEM, PAGE, 0ull - PAGE, 2 },
		{ HELIOS_PAGE, 3 * PAGE, base, 1 },
		{ HELIOS_PAGE, LARGE, base + PAGE, 2 },
		{ HELIOS_PAGE, PAGE, base + RANGE, 2 },
		{ HELIOS_PAGE, 0, base, 1 },
	};
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NO_CHANGE(&s, ALLOC(d, bad[i].type, bad[i].size,
				bad[i].address, UNDEF), HELIOS_INVALID_PARAM,
			bad[i].detail);
	CHECK_NO_CHANGE(&s, ALLOC(d, HELIOS_ENDPOINT, 0, base, UNDEF),
		HELIOS_UNSUPPORTED, HELIOS_ENDPOINT);
	CHECK_STATUS(ALLOC(d, HELIOS_DEVMEM, PAGE, base, UNDEF, UNDEF),
		HELIOS_INVALID_PARAM);
	CHECK_STATUS(ALLOC(d, HELIOS_PAGE, PAGE, base), HELIOS_INVALID_PARAM);
	CHECK_NO_CHANGE(&s, INVOKE_0(d, HELIOS_DEVMEM, 2), HELIOS_INVALID_OP,
		HELIOS_LABEL(HELIOS_DEVMEM, 2));
	CHECK_EQ(devmem_of(d).used, 0);
}

/* A fixed store of records: full is an error, and everything is as before. */
TEST(devmem, many_ranges)
{
	uint64_t base;
	helios_cap_t d = free_range(&base), pages[61];
	unsigned int i;

	/* Every second page, from both ends inwards. */
	for (i = 0; i < 30; i++) {
		CHECK_OK(helios_devmem_pages(d, base + 2 * i * PAGE, PAGE, 1,
				&pages[2 * i]));
		CHECK_OK(helios_devmem_pages(d, base + RANGE - (2 * i + 2) *
				PAGE, PAGE, 1, &pages[2 * i + 1]));
	}
	for (i = 0; i < 30; i++) {
		CHECK_ERROR(helios_devmem_pages(d, base + 2 * i * PAGE, PAGE,
				2, &pages[60]), HELIOS_BUSY,
			base + 2 * i * PAGE);
		CHECK_OK(helios_devmem_pages(d, base + (2 * i + 1) * PAGE,
				PAGE, 1, &pages[60]));
		CHECK_OK(helios_destroy(pages[60]));
	}
	CHECK_OK(helios_cspace_destroy(helios_process.cspace, 60, pages));
	CHECK_EQ(devmem_of(d).used, 0);
}
