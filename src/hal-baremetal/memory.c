/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory before there is core: the firmware's map in order, pages
 * for the kernel's own tables, and what is left for core.
 *
 * Firmware lists overlap and come in any order.  Where two entries disagree,
 * the one that is less like RAM is believed.
 *
 * The kernel's pages come from one chunk that is large enough for all that
 * paging.c can ask for; memory_finish gives its unused end to core.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"

#define PAGE		4096ul
#define ENTRIES		256u		/* of the firmware's map */
#define KEEPS		16u
#define EARLY_END	(1ull << 32)	/* mapped before paging_init */
#define LOW_MEMORY	0x100000ull	/* left to real mode and old firmware */
#define CORE_LIMIT	(1ull << 37)	/* core links over 128 GiB at most */
#define MIB		(1ul << 20)

/* kernel.lds */
extern char kernel_phys_start[], kernel_phys_end[];

static struct helios_memory_range entry[ENTRIES];
static unsigned int nentries, dropped;

static struct hal_range chunk;		/* of boot pages */
static uint64_t chunk_next;
static struct hal_range keep[KEEPS];
static unsigned int nkeeps;

/* Each hole made in a range can make two of it. */
static struct hal_range ram[HELIOS_MACHINE_RANGES + 3];
static struct hal_range taken[3 + KEEPS];

/*
 * The map
 */

static unsigned int
known_type(uint32_t type)
{
	return type >= HELIOS_RANGE_RAM && type <= HELIOS_RANGE_BAD ? type :
		HELIOS_RANGE_RESERVED;
}

/* Whose word counts where entries overlap. */
static unsigned int
weight(uint64_t type)
{
	static const unsigned int weights[] = {
		[HELIOS_RANGE_RAM] = 1, [HELIOS_RANGE_ACPI] = 2,
		[HELIOS_RANGE_ACPI_NVS] = 3, [HELIOS_RANGE_RESERVED] = 4,
		[HELIOS_RANGE_BAD] = 5,
	};

	return weights[type];
}

static bool
overlaps(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
	return a < b_end && b < a_end;
}

/* An entry there is no room for: what it says is no RAM must be none.  Of
 * the RAM around it only what is below is kept. */
static void
drop(uint64_t base, uint64_t end, unsigned int type)
{
	unsigned int i;

	dropped++;
	for (i = 0; i < nentries && type != HELIOS_RANGE_RAM; i++) {
		struct helios_memory_range *e = &entry[i];

		if (e->type == HELIOS_RANGE_RAM &&
				overlaps(e->base, e->base + e->size, base, end))
			e->size = base > e->base ? base - e->base : 0;
	}
}

/* A page that is RAM in part is none; what is reserved in part is.  The last
 * page of all is left out: its end is no number. */
void
memory_map_add(uint64_t base, uint64_t size, uint32_t type)
{
	uint64_t last = ~(PAGE - 1), end = base + size;

	if (size == 0 || base >= last)
		return;
	if (end < base || end > last)
		end = last;
	if (known_type(type) == HELIOS_RANGE_RAM) {
		base = (base + PAGE - 1) & ~(PAGE - 1);
		end &= ~(PAGE - 1);
	} else {
		base &= ~(PAGE - 1);
		end = (end + PAGE - 1) & ~(PAGE - 1);
	}
	if (base >= end)
		return;
	if (nentries == ENTRIES) {
		drop(base, end, known_type(type));
		return;
	}
	entry[nentries++] = (struct helios_memory_range){ base, end - base,
		known_type(type) };
}

/* What is said of address at, and where that may change; 0: nothing is. */
static uint64_t
type_at(uint64_t at, uint64_t *change)
{
	uint64_t type = 0;
	unsigned int i;

	*change = UINT64_MAX;
	for (i = 0; i < nentries; i++) {
		const struct helios_memory_range *e = &entry[i];
		uint64_t end = e->base + e->size;

		if (e->base > at) {
			if (e->base < *change)
				*change = e->base;
		} else if (end > at) {
			if (end < *change)
				*change = end;
			if (type == 0 || weight(e->type) > weight(type))
				type = e->type;
		}
	}
	return type;
}

static void
range_append(uint64_t base, uint64_t end, uint64_t type)
{
	struct helios_memory_range *r = boot_info.range;
	unsigned int n = boot_info.nranges;

	if (n > 0 && r[n - 1].type == type &&
			r[n - 1].base + r[n - 1].size == base)
		r[n - 1].size += end - base;
	else if (n == HELIOS_MACHINE_RANGES)
		dropped++;
	else
		r[boot_info.nranges++] = (struct helios_memory_range){ base,
			end - base, type };
}

bool
memory_map_finish(char *err, size_t size)
{
	uint64_t at, change, type;

	for (at = 0; at != UINT64_MAX; at = change) {
		type = type_at(at, &change);
		if (type != 0)
			range_append(at, change, type);
	}
	if (boot_info.nranges == 0)
		ksnprintf(err, size, "a map of physical memory expected, "
			"the boot loader gave none");
	return boot_info.nranges > 0;
}

/*
 * Boot pages
 */

static uint64_t
image_start(void)
{
	return (uint64_t)(uintptr_t)kernel_phys_start;
}

static uint64_t
image_end(void)
{
	return (uint64_t)(uintptr_t)kernel_phys_end;
}

static uint64_t
initramfs_end(void)
{
	return (boot_info.initramfs.base + boot_info.initramfs.size + PAGE -
		1) & ~(PAGE - 1);
}

/* If the chunk at *at is in the way of something, move *at behind that. */
static bool
in_the_way(uint64_t *at, uint64_t size)
{
	if (overlaps(*at, *at + size, image_start(), image_end())) {
		*at = image_end();
		return true;
	}
	if (overlaps(*at, *at + size, boot_info.initramfs.base,
			initramfs_end())) {
		*at = initramfs_end();
		return true;
	}
	return false;
}

uint64_t
memory_ram(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++)
		if (boot_info.range[i].type == HELIOS_RANGE_RAM)
			sum += boot_info.range[i].size;
	return sum;
}

uint64_t
memory_limit(void)
{
	uint64_t most = 1ull << cpu.phys_bits;

	return most < CORE_LIMIT ? most : CORE_LIMIT;
}

void
boot_pages_init(uint64_t pages)
{
	uint64_t size = pages * PAGE;
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++) {
		const struct helios_memory_range *r = &boot_info.range[i];
		uint64_t end = r->base + r->size;
		uint64_t at = r->base < LOW_MEMORY ? LOW_MEMORY : r->base;

		if (r->type != HELIOS_RANGE_RAM)
			continue;
		while (in_the_way(&at, size))
			;
		if (end > EARLY_END)
			end = EARLY_END;
		if (at >= end || size > end - at)
			continue;
		chunk = (struct hal_range){ at, size };
		chunk_next = at;
		return;
	}
	boot_fail("too little memory: %lu KiB of RAM found, and no %lu KiB "
		"in a row for the kernel's page tables", memory_ram() / 1024,
		size / 1024);
}

uint64_t
boot_page(void)
{
	uint64_t page = chunk_next;

	if (page == chunk.base + chunk.size)
		boot_fail("out of pages for the kernel's page tables: %lu "
			"were thought enough", chunk.size / PAGE);
	chunk_next += PAGE;
	__builtin_memset(hal_physmap + page, 0, PAGE);
	return page;
}

/*
 * What core gets
 */

void
keep_physical(uint64_t base, uint64_t size)
{
	uint64_t end = (base + size + PAGE - 1) & ~(PAGE - 1);
	unsigned int i;

	base &= ~(PAGE - 1);
	for (i = 0; i < nkeeps; i++)
		if (keep[i].base <= base &&
				end <= keep[i].base + keep[i].size)
			return;
	if (nkeeps == KEEPS)
		boot_fail("more than %u ranges are the kernel's own", KEEPS);
	keep[nkeeps++] = (struct hal_range){ base, end - base };
}

/* Append [base, end) without the page tables, the image, and page 0. */
static size_t
append_ram(size_t n, uint64_t base, uint64_t end)
{
	const struct hal_range holes[] = {
		{ 0, PAGE },
		{ image_start(), image_end() - image_start() },
		{ chunk.base, chunk_next - chunk.base },
	};
	unsigned int i;

	for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		uint64_t hole = holes[i].base, hole_end = hole + holes[i].size;

		if (!overlaps(base, end, hole, hole_end))
			continue;
		if (base < hole)
			n = append_ram(n, base, hole);
		base = hole_end;
	}
	if (base < end)
		ram[n++] = (struct hal_range){ base, end - base };
	return n;
}

static size_t
finish_ram(void)
{
	uint64_t limit = memory_limit();
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < boot_info.nranges; i++) {
		const struct helios_memory_range *r = &boot_info.range[i];
		uint64_t end = r->base + r->size;

		if (r->type == HELIOS_RANGE_RAM && r->base < limit)
			n = append_ram(n, r->base, end < limit ? end : limit);
	}
	return n;
}

static uint64_t
ram_beyond_limit(void)
{
	uint64_t sum = 0, limit = memory_limit();
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++) {
		const struct helios_memory_range *r = &boot_info.range[i];
		uint64_t end = r->base + r->size;

		if (r->type == HELIOS_RANGE_RAM && end > limit)
			sum += end - (r->base > limit ? r->base : limit);
	}
	return sum;
}

static void
warn_of_unused(void)
{
	uint64_t beyond = ram_beyond_limit();

	if (dropped > 0)
		klog(KLOG_WARN, "memory: the firmware's map has %u entries "
			"more than fit; they are not used", dropped);
	if (beyond > 0)
		klog(KLOG_WARN, "memory: %lu MiB lie above the %lu GiB that "
			"can be used", beyond / MIB, memory_limit() / MIB /
			1024);
	if (boot_info.nmodules > 1)
		klog(KLOG_WARN, "one module expected, %u found; the first is "
			"the initramfs, the others are not used",
			boot_info.nmodules);
}

/* Core reads it before it knows what is RAM. */
static void
check_initramfs(size_t nram)
{
	const struct hal_range *r = &boot_info.initramfs;
	size_t i;

	for (i = 0; i < nram; i++)
		if (r->base >= ram[i].base && r->base - ram[i].base <
				ram[i].size && r->size <= ram[i].size -
				(r->base - ram[i].base))
			return;
	boot_fail("initramfs: %lu bytes at 0x%lx found, but not all of that "
		"is memory free to use; more memory, or a smaller initramfs, "
		"is needed", r->size, r->base);
}

void
memory_finish(struct hal_boot *b)
{
	unsigned int i;

	warn_of_unused();
	b->ram = ram;
	b->nram = finish_ram();
	check_initramfs(b->nram);
	taken[0] = (struct hal_range){ image_start() & ~(PAGE - 1),
		image_end() - (image_start() & ~(PAGE - 1)) };
	taken[1] = (struct hal_range){ chunk.base, chunk_next - chunk.base };
	taken[2] = (struct hal_range){ 0, PAGE };
	for (i = 0; i < nkeeps; i++)
		taken[3 + i] = keep[i];
	b->taken = taken;
	b->ntaken = 3 + nkeeps;
	paging_closed = true;
}
