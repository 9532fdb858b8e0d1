/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: the firmware's map, also against a model that knows nothing but
 * what is said of each page; boot pages; what core gets.
 */
#include "src/hal-baremetal/memory.c"

#include <string.h>

#include "machine.h"
#include "machine_suites.h"
#include "unit.h"

#define RAM		HELIOS_RANGE_RAM
#define RESERVED	HELIOS_RANGE_RESERVED
#define CASES		2000u

/* The model's pages: the first, and the last of the address space. */
#define LOW_PAGES	1024u
#define HIGH_PAGES	128u
#define MODEL_PAGES	(LOW_PAGES + HIGH_PAGES)
#define HIGH_BASE	(0 - (uint64_t)HIGH_PAGES * PAGE)

static char err[256];

void
machine_memory_reset(void)
{
	memset(&boot_info, 0, sizeof(boot_info));
	memset(entry, 0, sizeof(entry));
	memset(keep, 0, sizeof(keep));
	nentries = dropped = nkeeps = 0;
	chunk = (struct hal_range){ 0, 0 };
	chunk_next = 0;
	paging_closed = false;
	err[0] = '\0';
}

static void
check_range(unsigned int i, uint64_t base, uint64_t size, uint64_t type)
{
	ck_assert_uint_lt(i, boot_info.nranges);
	ck_assert_uint_eq(boot_info.range[i].base, base);
	ck_assert_uint_eq(boot_info.range[i].size, size);
	ck_assert_uint_eq(boot_info.range[i].type, type);
}

START_TEST(map_none)
{
	ck_assert(!memory_map_finish(err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "map of physical memory expected"));
}
END_TEST

START_TEST(map_sorted_and_merged)
{
	memory_map_add(0x300000, 0x100000, RAM);
	memory_map_add(0x100000, 0x100000, RAM);
	memory_map_add(0x200000, 0x100000, RAM);
	memory_map_add(0, 0x9f000, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 2);
	check_range(0, 0, 0x9f000, RAM);
	check_range(1, 0x100000, 0x300000, RAM);
	ck_assert_uint_eq(memory_ram(), 0x39f000);
}
END_TEST

START_TEST(map_least_like_ram_wins)
{
	memory_map_add(0x5000, 0x1000, HELIOS_RANGE_BAD);
	memory_map_add(0x4000, 0x3000, RESERVED);
	memory_map_add(0x3000, 0x5000, HELIOS_RANGE_ACPI_NVS);
	memory_map_add(0x2000, 0x7000, HELIOS_RANGE_ACPI);
	memory_map_add(0x1000, 0x9000, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 9);
	check_range(0, 0x1000, 0x1000, RAM);
	check_range(1, 0x2000, 0x1000, HELIOS_RANGE_ACPI);
	check_range(2, 0x3000, 0x1000, HELIOS_RANGE_ACPI_NVS);
	check_range(3, 0x4000, 0x1000, RESERVED);
	check_range(4, 0x5000, 0x1000, HELIOS_RANGE_BAD);
	check_range(5, 0x6000, 0x1000, RESERVED);
	check_range(8, 0x9000, 0x1000, RAM);
}
END_TEST

START_TEST(map_alignment)
{
	memory_map_add(0x1001, 0x2fff, RAM);	/* 0x2000 to 0x4000 */
	memory_map_add(0x5fff, 2, RESERVED);	/* two pages */
	memory_map_add(0x8001, 0xffe, RAM);	/* no whole page */
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 2);
	check_range(0, 0x2000, 0x2000, RAM);
	check_range(1, 0x5000, 0x2000, RESERVED);
}
END_TEST

START_TEST(map_empty_entries)
{
	memory_map_add(0x1000, 0, RAM);
	memory_map_add(0x2000, 0, RESERVED);
	memory_map_add(0x3123, 0, RESERVED);
	memory_map_add(0, 0, RESERVED);
	memory_map_add(UINT64_MAX, 0, HELIOS_RANGE_BAD);
	ck_assert(!memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 0);
}
END_TEST

/* The last page of all is given up: its end is no number. */
START_TEST(map_end_of_addresses)
{
	memory_map_add(0 - 0x3000ull, 0x3000, RAM);
	memory_map_add(0 - 0x10000ull, UINT64_MAX, RESERVED);
	memory_map_add(0 - 0x800ull, 0x100, RAM);
	memory_map_add(0 - 0x800ull, 0x800, RAM);
	memory_map_add(UINT64_MAX, UINT64_MAX, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 1);
	check_range(0, 0 - 0x10000ull, 0xf000, RESERVED);
}
END_TEST

START_TEST(map_unknown_types)
{
	memory_map_add(0x1000, 0x1000, 0);
	memory_map_add(0x2000, 0x1000, 6);
	memory_map_add(0x3000, 0x1000, 7);
	memory_map_add(0x4000, 0x1000, UINT32_MAX);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 1);
	check_range(0, 0x1000, 0x4000, RESERVED);
}
END_TEST

/* More entries than fit: what there is not room for is left out. */
START_TEST(map_too_many_entries)
{
	unsigned int i;

	for (i = 0; i < ENTRIES + 10; i++)
		memory_map_add(i * 0x1000ull, 0x1000, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, 1);
	check_range(0, 0, ENTRIES * 0x1000ull, RAM);
	ck_assert_uint_eq(dropped, 10);
}
END_TEST

/* What is said not to be RAM counts, however late it is said. */
START_TEST(map_too_many_entries_reserved)
{
	unsigned int i;

	memory_map_add(0, 0x40000000, RAM);
	for (i = 1; i < ENTRIES; i++)
		memory_map_add(0x80000000 + i * 0x1000ull, 0x1000, RAM);
	memory_map_add(0x10000000, 0x1000, RESERVED);
	ck_assert(memory_map_finish(err, sizeof(err)));
	for (i = 0; i < boot_info.nranges; i++)
		if (boot_info.range[i].type == RAM)
			ck_assert(!overlaps(boot_info.range[i].base,
				boot_info.range[i].base +
				boot_info.range[i].size, 0x10000000,
				0x10001000));
}
END_TEST

START_TEST(map_too_many_ranges)
{
	unsigned int i;

	for (i = 0; i < HELIOS_MACHINE_RANGES + 5; i++)
		memory_map_add(i * 0x2000ull, 0x1000, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(boot_info.nranges, HELIOS_MACHINE_RANGES);
	ck_assert_uint_eq(dropped, 5);
	for (i = 0; i < HELIOS_MACHINE_RANGES; i++)
		check_range(i, i * 0x2000ull, 0x1000, RAM);
}
END_TEST

/*
 * The model: of each page, what it is.
 */

static unsigned int model[MODEL_PAGES];

static uint64_t
model_address(unsigned int page)
{
	return page < LOW_PAGES ? page * PAGE :
		HIGH_BASE + (page - LOW_PAGES) * PAGE;
}

static bool
less_like_ram(unsigned int a, unsigned int b)
{
	static const unsigned int order[] = { 0, RAM, HELIOS_RANGE_ACPI,
		HELIOS_RANGE_ACPI_NVS, RESERVED, HELIOS_RANGE_BAD };
	unsigned int i, at_a = 0, at_b = 0;

	for (i = 0; i < 6; i++) {
		at_a = order[i] == a ? i : at_a;
		at_b = order[i] == b ? i : at_b;
	}
	return at_a > at_b;
}

static void
model_add(uint64_t base, uint64_t size, uint32_t type)
{
	__extension__ typedef unsigned __int128 wide;
	wide first = base, end = first + size, top = (wide)1 << 64;
	unsigned int i, t = type >= 1 && type <= 5 ? type : RESERVED;

	end = end > top ? top : end;
	for (i = 0; i < MODEL_PAGES; i++) {
		wide page = model_address(i), page_end = page + PAGE;
		bool in = t == RAM ? first <= page && page_end <= end :
			first < page_end && page < end;

		if (in && size > 0 && less_like_ram(t, model[i]))
			model[i] = t;
	}
}

static unsigned int
type_of_page(uint64_t at)
{
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++)
		if (at >= boot_info.range[i].base && at -
				boot_info.range[i].base <
				boot_info.range[i].size)
			return (unsigned int)boot_info.range[i].type;
	return 0;
}

static void
check_order(void)
{
	const struct helios_memory_range *r = boot_info.range;
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++) {
		ck_assert_uint_gt(r[i].size, 0);
		ck_assert_uint_eq((r[i].base | r[i].size) % PAGE, 0);
		ck_assert_uint_ge(r[i].base + r[i].size, r[i].base);
		if (i == 0)
			continue;
		ck_assert_uint_ge(r[i].base, r[i - 1].base + r[i - 1].size);
		ck_assert(r[i].base > r[i - 1].base + r[i - 1].size ||
			r[i].type != r[i - 1].type);
	}
}

static void
random_entry(struct rng *r)
{
	uint64_t base = rng_below(r, LOW_PAGES * (unsigned int)PAGE);
	uint64_t size = rng_below(r, LOW_PAGES * (unsigned int)PAGE / 2);
	uint32_t type = rng_below(r, 3) ? RAM : rng_below(r, 9);

	if (rng_below(r, 8) == 0)
		base = HIGH_BASE + rng_below(r, HIGH_PAGES * PAGE);
	if (rng_below(r, 4) == 0)
		base &= ~(PAGE - 1);
	if (rng_below(r, 4) == 0)
		size &= ~(PAGE - 1);
	if (rng_below(r, 3) == 0)
		size = rng_below(r, 2 * PAGE);
	if (rng_below(r, 20) == 0)
		size = rng_next(r);
	memory_map_add(base, size, type);
	model_add(base, size, type);
}

/* above: what is behind the first pages, up to 4 GiB; 0: anything. */
static void
random_map(struct rng *r, uint32_t above)
{
	unsigned int i, n = 1 + rng_below(r, 30);

	machine_memory_reset();
	memset(model, 0, sizeof(model));
	for (i = 0; i < n; i++)
		random_entry(r);
	if (above != 0)
		memory_map_add(LOW_PAGES * PAGE, EARLY_END -
			LOW_PAGES * PAGE, above);
	model[MODEL_PAGES - 1] = 0;
	(void)memory_map_finish(err, sizeof(err));
}

START_TEST(map_random)
{
	struct rng r = { 0x5eed };
	unsigned int i, page;

	for (i = 0; i < CASES; i++) {
		random_map(&r, 0);
		check_order();
		for (page = 0; page < MODEL_PAGES; page++)
			if (type_of_page(model_address(page)) != model[page])
				ck_abort_msg("map %u: 0x%lx is %u, not %u", i,
					model_address(page),
					type_of_page(model_address(page)),
					model[page]);
	}
}
END_TEST

/*
 * Boot pages
 */

static void
init_pages(void *arg)
{
	boot_pages_init(*(uint64_t *)arg);
}

static void
take_page(void *arg)
{
	*(uint64_t *)arg = boot_page();
}

START_TEST(boot_pages_few)
{
	uint64_t pages = 3, page, i;
	static const char zeros[PAGE_SIZE];

	machine_ram(0x400000);
	memory_map_add(0, 0x400000, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_ptr_null(machine_fails(init_pages, &pages));
	for (i = 0; i < pages; i++) {
		ck_assert_ptr_null(machine_fails(take_page, &page));
		ck_assert_uint_eq(page, 0x100000 + i * PAGE);
		ck_assert_int_eq(memcmp(hal_physmap + page, zeros, PAGE), 0);
		ck_assert_int_eq(hal_physmap[page + PAGE], (char)0xff);
	}
	ck_assert_ptr_nonnull(machine_fails(take_page, &page));
}
END_TEST

START_TEST(boot_pages_no_room)
{
	uint64_t pages = 17;
	const char *text;

	memory_map_add(0, 0x100000, RAM);
	memory_map_add(0x110000, 0x10000, RAM);
	memory_map_add(1ull << 32, 1ull << 30, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	text = machine_fails(init_pages, &pages);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "68 KiB in a row"));
	pages = 16;
	ck_assert_ptr_null(machine_fails(init_pages, &pages));
	ck_assert_uint_eq(chunk.base, 0x110000);
}
END_TEST

START_TEST(boot_pages_avoid)
{
	uint64_t pages = 16;

	memory_map_add(IMAGE_START - 0x8000, 0x400000, RAM);
	boot_info.initramfs = (struct hal_range){ IMAGE_END + 0x5000, 0x1234 };
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_ptr_null(machine_fails(init_pages, &pages));
	ck_assert_uint_eq(chunk.base, IMAGE_END + 0x7000);
}
END_TEST

/*
 * What core gets, of random maps
 */

static struct hal_boot boot;
static uint64_t npages, got[16];
static unsigned int ngot;

static void
finish(void *arg)
{
	(void)arg;
	memory_finish(&boot);
}

/* May the kernel take this page for its tables? */
static bool
model_free(unsigned int page)
{
	uint64_t at = model_address(page), first, end;

	first = boot_info.initramfs.base & ~(PAGE - 1);
	end = boot_info.initramfs.base + boot_info.initramfs.size;
	return page < LOW_PAGES && model[page] == RAM && at >= 0x100000 &&
		(at < IMAGE_START || at >= IMAGE_END) &&
		(at < first || at >= end);
}

static bool
model_has_room(void)
{
	unsigned int page, run = 0;

	for (page = 0; page < LOW_PAGES; page++) {
		run = model_free(page) ? run + 1 : 0;
		if (run == npages)
			return true;
	}
	return false;
}

/* Is this page core's? */
static bool
model_given(unsigned int page)
{
	uint64_t at = model_address(page);
	unsigned int i;

	if (page == 0 || page >= LOW_PAGES || model[page] != RAM ||
			(at >= IMAGE_START && at < IMAGE_END))
		return false;
	for (i = 0; i < ngot; i++)
		if (got[i] == at)
			return false;
	return true;
}

static bool
model_initramfs_ok(void)
{
	uint64_t at = boot_info.initramfs.base;
	uint64_t end = at + boot_info.initramfs.size;

	for (; at < end; at += PAGE)
		if (at / PAGE >= LOW_PAGES ||
				!model_given((unsigned int)(at / PAGE)))
			return false;
	return true;
}

static bool
in_ranges(const struct hal_range *r, size_t n, uint64_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (at >= r[i].base && at - r[i].base < r[i].size)
			return true;
	return false;
}

static void
check_given(unsigned int number)
{
	unsigned int page;
	size_t i;

	for (i = 0; i < boot.nram; i++) {
		ck_assert_uint_gt(boot.ram[i].size, 0);
		ck_assert_uint_eq((boot.ram[i].base | boot.ram[i].size) %
			PAGE, 0);
		ck_assert(i == 0 || boot.ram[i].base >=
			boot.ram[i - 1].base + boot.ram[i - 1].size);
	}
	for (page = 0; page < MODEL_PAGES; page++) {
		uint64_t at = model_address(page);
		bool given = in_ranges(boot.ram, boot.nram, at);

		if (given != model_given(page))
			ck_abort_msg("map %u: page 0x%lx is %sgiven", number,
				at, given ? "" : "not ");
		ck_assert(!given || !in_ranges(boot.taken, boot.ntaken, at));
	}
	for (i = 0; i < ngot; i++)
		ck_assert(in_ranges(boot.taken, boot.ntaken, got[i]));
}

/* False: there was no room, which the model says too. */
static bool
take_pages(struct rng *r)
{
	unsigned int i, n;

	npages = 1 + rng_below(r, 16);
	ngot = 0;
	if (machine_fails(init_pages, &npages) != NULL) {
		ck_assert(!model_has_room());
		return false;
	}
	n = rng_below(r, (unsigned int)npages + 1);
	for (i = 0; i < n; i++) {
		ck_assert_ptr_null(machine_fails(take_page, &got[i]));
		ck_assert(model_free((unsigned int)(got[i] / PAGE)));
		ngot = i + 1;
	}
	return true;
}

START_TEST(finish_random)
{
	struct rng r = { 0xf1715 };
	unsigned int i, good = 0, roomless = 0, homeless = 0;
	bool ok;

	machine_ram(LOW_PAGES * PAGE);
	for (i = 0; i < CASES; i++) {
		random_map(&r, HELIOS_RANGE_BAD);
		boot_info.initramfs.base = rng_below(&r, LOW_PAGES) * PAGE;
		boot_info.initramfs.size = 1 + rng_below(&r, 8 * PAGE);
		if (!take_pages(&r)) {
			roomless++;
			continue;
		}
		ok = machine_fails(finish, NULL) == NULL;
		ck_assert_int_eq(ok, model_initramfs_ok());
		homeless += !ok;
		good += ok;
		if (ok)
			check_given(i);
	}
	/* The cases are worth something. */
	ck_assert_uint_gt(good, CASES / 20);
	ck_assert_uint_gt(roomless, CASES / 20);
	ck_assert_uint_gt(homeless, CASES / 20);
}
END_TEST

START_TEST(finish_limit)
{
	cpu.phys_bits = 33;
	memory_map_add(0x100000, 0x100000, RAM);
	memory_map_add(1ull << 32, 3ull << 32, RAM);
	boot_info.initramfs = (struct hal_range){ 0x110000, 1 };
	ck_assert(memory_map_finish(err, sizeof(err)));
	ck_assert_uint_eq(memory_limit(), 1ull << 33);
	machine_out_clear();
	ck_assert_ptr_null(machine_fails(finish, NULL));
	ck_assert_uint_eq(boot.nram, 2);
	ck_assert_uint_eq(boot.ram[1].base, 1ull << 32);
	ck_assert_uint_eq(boot.ram[1].size, 1ull << 32);
	ck_assert_ptr_nonnull(strstr(machine_out, "8192 MiB lie above the 8 "
		"GiB"));
	ck_assert(paging_closed);
	cpu.phys_bits = 52;
	ck_assert_uint_eq(memory_limit(), CORE_LIMIT);
}
END_TEST

/* As many ranges as there can be, and a hole in the middle of one each. */
START_TEST(finish_most_ranges)
{
	unsigned int i;

	memory_map_add(0, 0x3000, RAM);
	memory_map_add(0x180000, 0x200000, RAM);
	for (i = 2; i < HELIOS_MACHINE_RANGES; i++)
		memory_map_add(0x400000 + i * 0x2000ull, 0x1000, RAM);
	ck_assert(memory_map_finish(err, sizeof(err)));
	boot_info.initramfs = (struct hal_range){ 0x180000, 0x80000 };
	chunk = (struct hal_range){ 0x300000, 0x10000 };
	chunk_next = 0x304000;
	ck_assert_ptr_null(machine_fails(finish, NULL));
	ck_assert_uint_eq(boot.nram, HELIOS_MACHINE_RANGES + 2);
	ck_assert_uint_eq(boot.ram[0].base, 0x1000);
	ck_assert_uint_eq(boot.ram[2].base, IMAGE_END);
	ck_assert_uint_eq(boot.ram[3].base, 0x304000);
}
END_TEST

static void
keep_many(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i <= KEEPS; i++)
		keep_physical(0xfec00000 + i * 0x10000ull, 0x20);
}

START_TEST(keep_ranges)
{
	keep_physical(0xfee00010, 0x1000);
	ck_assert_uint_eq(nkeeps, 1);
	ck_assert_uint_eq(keep[0].base, 0xfee00000);
	ck_assert_uint_eq(keep[0].size, 0x2000);
	keep_physical(0xfee00000, 0x1000);
	ck_assert_uint_eq(nkeeps, 1);
	keep_physical(0xfee00000, 0x2001);
	ck_assert_uint_eq(nkeeps, 2);
	ck_assert_ptr_nonnull(machine_fails(keep_many, NULL));
}
END_TEST

Suite *
suite_machine_memory(void)
{
	Suite *s = suite_create("machine-memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, machine_memory_reset, NULL);
	tcase_add_test(t, map_none);
	tcase_add_test(t, map_sorted_and_merged);
	tcase_add_test(t, map_least_like_ram_wins);
	tcase_add_test(t, map_alignment);
	tcase_add_test(t, map_empty_entries);
	tcase_add_test(t, map_end_of_addresses);
	tcase_add_test(t, map_unknown_types);
	tcase_add_test(t, map_too_many_entries);
	tcase_add_test(t, map_too_many_entries_reserved);
	tcase_add_test(t, map_too_many_ranges);
	tcase_add_test(t, map_random);
	tcase_add_test(t, boot_pages_few);
	tcase_add_test(t, boot_pages_no_room);
	tcase_add_test(t, boot_pages_avoid);
	tcase_add_test(t, finish_random);
	tcase_add_test(t, finish_limit);
	tcase_add_test(t, finish_most_ranges);
	tcase_add_test(t, keep_ranges);
	suite_add_tcase(s, t);
	return s;
}
