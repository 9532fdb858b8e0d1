/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_64 page tables, four levels (Intel SDM volume 3, 4.5).
 *
 * The same tables serve the processor and the hosted TLB filler.  The frame
 * of each table counts its entries in use, so a table is given back with its
 * last entry.  The root's upper half belongs to the HAL and is not counted.
 *
 * PAT: the HAL sets entry 1 (PWT) to write-combining; entry 3 (PCD | PWT) is
 * uncached as at reset.
 */
#include <klog.h>
#include <vspace.h>

#define PTE_PRESENT	0x001ull
#define PTE_WRITE	0x002ull
#define PTE_USER	0x004ull
#define PTE_PWT		0x008ull
#define PTE_PCD		0x010ull
#define PTE_LARGE	0x080ull
#define PTE_ADDRESS	0x000ffffffffff000ull

#define LEVELS		4u
#define ROOT_LEVEL	3u
/* 62 small or large pages in a row touch at most two tables a level. */
#define MOST_TABLES	6u

static unsigned int
entry_index(uint64_t va, unsigned int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + 9 * level)) & 511u;
}

/* Bytes that one entry of this level spans. */
static uint64_t
entry_span(unsigned int level)
{
	return PAGE_SIZE << 9 * level;
}

/*
 * Walk down to `leaf` as far as there are tables.  *level is where the
 * returned entry is: `leaf`, or higher if it is absent or a large page.
 */
static uint64_t *
walk(const struct vspace *vs, uint64_t va, unsigned int leaf,
		unsigned int *level)
{
	uint64_t table = vs->root;
	unsigned int l;

	for (l = ROOT_LEVEL;; l--) {
		uint64_t *e = (uint64_t *)phys_ptr(table) + entry_index(va, l);

		*level = l;
		if (l == leaf || !(*e & PTE_PRESENT) || *e & PTE_LARGE)
			return e;
		table = *e & PTE_ADDRESS;
	}
}

static struct frame *
table_of(const uint64_t *entry)
{
	return frame_of_ptr(entry);
}

/* Table pages missing for [va, va + len). */
static unsigned int
count_missing(struct vspace *vs, uint64_t va, uint64_t len, unsigned int leaf)
{
	unsigned int missing = 0, l, level;

	for (l = ROOT_LEVEL; l > leaf; l--) {
		uint64_t span = entry_span(l), at = va & ~(span - 1);

		for (; at < va + len; at += span) {
			uint64_t *e = walk(vs, at < va ? va : at, l, &level);

			if (level > l || !(*e & PTE_PRESENT))
				missing++;
		}
	}
	return missing;
}

static void
add_table(struct vspace *vs, uint64_t *entry, struct frame *table)
{
	block_set_kind(table, FRAME_TABLE, vs);
	table->used = 0;
	*entry = ptr_phys(frame_ptr(table)) | PTE_PRESENT | PTE_WRITE |
		PTE_USER;
	table_of(entry)->used++;
	vs->tables++;
}

static void
add_missing(struct vspace *vs, uint64_t va, uint64_t len, unsigned int leaf,
		struct frame **tables)
{
	unsigned int l, level;

	for (l = ROOT_LEVEL; l > leaf; l--) {
		uint64_t span = entry_span(l), at = va & ~(span - 1);

		for (; at < va + len; at += span) {
			uint64_t *e = walk(vs, at < va ? va : at, l, &level);

			kassert(level == l);
			if (!(*e & PTE_PRESENT))
				add_table(vs, e, *tables++);
		}
	}
}

bool
pt_prepare(struct vspace *vs, uint64_t va, uint64_t len, bool large)
{
	unsigned int leaf = large ? 1 : 0, i;
	unsigned int n = count_missing(vs, va, len, leaf);
	struct frame *tables[MOST_TABLES];

	kassert(n <= MOST_TABLES);
	for (i = 0; i < n; i++) {
		tables[i] = block_alloc(vs->heavy.obj.memory, 0, FRAME_TABLE);
		if (tables[i] == NULL) {
			while (i-- > 0)
				block_free(tables[i]);
			return false;
		}
	}
	for (i = 0; i < n; i++)
		__builtin_memset(frame_ptr(tables[i]), 0, PAGE_SIZE);
	add_missing(vs, va, len, leaf, tables);
	return true;
}

void
pt_set(struct vspace *vs, uint64_t va, const struct slot *page, uint64_t flags)
{
	unsigned int leaf = page_is_large(page) ? 1 : 0, level;
	uint64_t *e = walk(vs, va, leaf, &level);
	uint64_t entry = page_phys(page) | PTE_PRESENT | PTE_USER;

	kassert(level == leaf);
	kassert((flags & (MAPPED_W | MAPPED_X)) != (MAPPED_W | MAPPED_X));
	if (flags & MAPPED_W)
		entry |= PTE_WRITE;
	if (!(flags & MAPPED_X))
		entry |= hal_noexec;
	if (page_is_large(page))
		entry |= PTE_LARGE;
	if (page_is_device(page))
		entry |= flags & MAPPED_WC ? PTE_PWT : PTE_PCD | PTE_PWT;
	if (!(*e & PTE_PRESENT))
		table_of(e)->used++;
	*e = entry;
}

/* Is it the root?  That one stays while the space lives. */
static bool
is_root(const struct vspace *vs, const struct frame *table)
{
	return ptr_phys(frame_ptr(table)) == vs->root;
}

void
pt_clear(struct vspace *vs, uint64_t va, bool large)
{
	unsigned int l = large ? 1 : 0, level;
	uint64_t *e = walk(vs, va, l, &level);

	kassert(level == l && *e & PTE_PRESENT);
	for (;;) {
		struct frame *table = table_of(e);

		*e = 0;
		table->used--;
		if (table->used > 0 || is_root(vs, table))
			return;
		block_free(table);
		vs->tables--;
		e = walk(vs, va, ++l, &level);
	}
}

bool
pt_occupied(struct vspace *vs, uint64_t va, uint64_t len, uint64_t *where)
{
	uint64_t at = va;
	unsigned int level;

	while (at < va + len) {
		uint64_t *e = walk(vs, at, 0, &level);
		uint64_t span = entry_span(level);

		if (*e & PTE_PRESENT) {
			*where = at & ~(span - 1);
			if (*where < va)
				*where = va;
			return true;
		}
		at = (at & ~(span - 1)) + span;
	}
	return false;
}

bool
tlb_lookup(const struct vspace *vs, uint64_t va, struct hal_mapping *m)
{
	unsigned int level;
	uint64_t *e;

	if (va >> 47 != 0)
		return false;
	e = walk(vs, va, 0, &level);
	if (!(*e & PTE_PRESENT))
		return false;
	m->phys = (*e & PTE_ADDRESS) |
		(va & (entry_span(level) - 1) & ~(PAGE_SIZE - 1));
	m->w = (*e & PTE_WRITE) != 0;
	m->x = (*e & hal_noexec) == 0;
	return true;
}

uint64_t
vspace_root(const struct vspace *vs)
{
	return vs->root;
}
