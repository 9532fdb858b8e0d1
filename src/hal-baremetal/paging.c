/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's page tables (Intel SDM volume 3, 4.5): the upper half of each
 * space.
 *
 * Nothing is both writable and executable, and no address leads to the
 * kernel's text but the one it is linked at: the map of physical memory has
 * holes where the image is.  Below each stack a page is missing.
 *
 * All are global, for they are the same in each space; and all root entries
 * that will ever be used exist when paging_init is done, for spaces copy
 * them.
 */
#include <hal.h>

#include "baremetal.h"

#define PAGE		4096ull
#define TABLE		512u
#define LEVELS		4u
#define MIB2		0x200000ull
#define GIB		0x40000000ull

#define PTE_PRESENT	0x001ull
#define PTE_WRITE	0x002ull
#define PTE_PWT		0x008ull
#define PTE_PCD		0x010ull
#define PTE_LARGE	0x080ull
#define PTE_GLOBAL	0x100ull
#define PTE_ADDRESS	0x000ffffffffff000ull

/* Tables for devices and firmware's tables: 64 MiB, beside framebuffers. */
#define DEVICE_TABLES	32u
#define FIXED_TABLES	16u		/* root, image, ends of windows */

/* kernel.lds; virtual addresses */
extern char text_start[], text_end[], rodata_end[], kernel_end[];
/* and physical ones */
extern char kernel_phys_start[], kernel_phys_end[];

char *hal_physmap;			/* at first: the identity map */
uint64_t hal_noexec;
uint64_t kernel_root;
bool paging_closed;

static uint64_t global;
static uint64_t device_next = DEVICE_BASE;

static uint64_t
address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static uint64_t *
table_at(uint64_t phys)
{
	return (uint64_t *)(void *)(hal_physmap + phys);
}

/* The entry for va at this level (0: of 4 KiB pages), tables made. */
static uint64_t *
entry_for(uint64_t va, unsigned int level)
{
	uint64_t table = kernel_root, *e;
	unsigned int l = LEVELS - 1;

	for (;; l--) {
		e = &table_at(table)[va >> (12 + 9 * l) & (TABLE - 1)];
		if (l == level)
			return e;
		if (!(*e & PTE_PRESENT))
			*e = boot_page() | PTE_PRESENT | PTE_WRITE;
		table = *e & PTE_ADDRESS;
	}
}

/* The largest page that starts here and lies within size. */
static unsigned int
level_for(uint64_t va, uint64_t phys, uint64_t size)
{
	uint64_t both = va | phys;

	if (cpu.gib_pages && both % GIB == 0 && size >= GIB)
		return 2;
	return both % MIB2 == 0 && size >= MIB2 ? 1 : 0;
}

static void
map(uint64_t va, uint64_t phys, uint64_t size, uint64_t flags)
{
	while (size > 0) {
		unsigned int level = level_for(va, phys, size);
		uint64_t step = PAGE << (9 * level);

		*entry_for(va, level) = phys | flags | global | PTE_PRESENT |
			(level > 0 ? PTE_LARGE : 0);
		va += step;
		phys += step;
		size -= step;
	}
}

/*
 * The image
 */

static void
map_section(const char *start, const char *end, uint64_t flags)
{
	uint64_t from = address_of(start);

	/* Small pages, so that single ones can be taken out. */
	for (; from < address_of(end); from += PAGE)
		map(from, from - KERNEL_BASE, PAGE, flags);
}

/* Whoever runs over the end of a stack is to find nothing there. */
static void
unmap_guards(void)
{
	unsigned int i;

	*entry_for(address_of(kernel_stack) - PAGE, 0) = 0;
	for (i = 0; i < IST_COUNT; i++)
		*entry_for(address_of(ist_stacks) +
			i * IST_STRIDE, 0) = 0;
}

static void
map_image(void)
{
	map_section(boot_start, boot_text_end, 0);
	map_section(boot_text_end, boot_end, hal_noexec);
	map_section(text_start, text_end, 0);
	map_section(text_end, rodata_end, hal_noexec);
	map_section(rodata_end, kernel_end, hal_noexec | PTE_WRITE);
	unmap_guards();
}

/*
 * Physical memory
 */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Tables that the RAM of this machine and a framebuffer can take. */
static uint64_t
tables_needed(void)
{
	const struct helios_framebuffer *fb = &boot_info.framebuffer;
	uint64_t n = FIXED_TABLES + DEVICE_TABLES +
		(uint64_t)fb->pitch * fb->height / MIB2;
	uint64_t limit = memory_limit();
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++)
		if (boot_info.range[i].type == HELIOS_RANGE_RAM &&
				boot_info.range[i].base < limit)
			n += 6 + least(boot_info.range[i].size, limit) / GIB;
	return n;
}

/* All RAM but the image; page 0 is for null pointers. */
static void
map_ram(void)
{
	uint64_t start = address_of(kernel_phys_start);
	uint64_t end = address_of(kernel_phys_end);
	uint64_t limit = memory_limit();
	unsigned int i;

	for (i = 0; i < boot_info.nranges; i++) {
		const struct helios_memory_range *r = &boot_info.range[i];
		uint64_t a = r->base == 0 ? PAGE : r->base;
		uint64_t b = r->base + r->size;

		if (r->type != HELIOS_RANGE_RAM || a >= limit)
			continue;
		b = least(b, limit);
		if (a < start && start < b) {
			map(PHYSMAP_BASE + a, a, start - a, hal_noexec |
				PTE_WRITE);
			a = start;
		}
		if (a >= start && a < end)
			a = end;
		if (a < b)
			map(PHYSMAP_BASE + a, a, b - a, hal_noexec |
				PTE_WRITE);
	}
}

void
paging_init(void)
{
	global = cpu.pge ? PTE_GLOBAL : 0;
	hal_noexec = cpu.nx ? 1ull << 63 : 0;
	boot_pages_init(tables_needed());
	kernel_root = boot_page();
	map_image();
	map_ram();
	(void)entry_for(DEVICE_BASE, 1);
	__asm__ volatile("movq %0, %%cr3" : : "r"(kernel_root) : "memory");
	hal_physmap = (char *)PHYSMAP_BASE;
	boot_entries = entry_for(address_of(boot_start), 0);
}

volatile void *
map_physical(uint64_t phys, uint64_t size, enum map_type type)
{
	static const uint64_t flags[] = {
		[MAP_UNCACHED] = PTE_WRITE | PTE_PCD | PTE_PWT,
		[MAP_COMBINED] = PTE_WRITE | PTE_PWT,
		[MAP_READONLY] = 0,
	};
	uint64_t limit = 1ull << cpu.phys_bits, offset = phys % PAGE;
	uint64_t whole, at = device_next;

	if (paging_closed || size == 0 || phys >= limit ||
			size > limit - phys)
		return NULL;
	whole = (offset + size + PAGE - 1) & ~(PAGE - 1);
	if (whole > DEVICE_BASE + DEVICE_SIZE - device_next)
		return NULL;
	device_next += whole;
	map(at, phys - offset, whole, flags[type] | hal_noexec);
	return (volatile void *)(uintptr_t)(at + offset);
}
