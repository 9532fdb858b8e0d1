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

#define PTE_WRITE	0x002ull
#define PTE_USER	0x004ull
#define PTE_PWT		0x008ull
#define PTE_PCD		0x010ull
#define PTE_LARGE	0x080ull
#define PTE_ADDRESS	0x000ffffffffff000ull

#define LEVELS		4u
#define ROOT_LEVEL	3u
/* A search looks at this many entries between two preemption points. */
#define SEARCH_BATCH	128u

/* An entry, and the level of the table that it is in. */
struct place {
	uint64_t *entry;
	unsigned int level;
};

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

static unsigned int
leaf_of(bool large)
{
	return large ? 1 : 0;
}

/* Does it lead to another table?  (Asked of entries above the lowest.) */
static bool
is_table(uint64_t entry)
{
	return (entry & (PTE_PRESENT | PTE_LARGE)) == PTE_PRESENT;
}

static uint64_t *
table_below(uint64_t entry)
{
	return phys_ptr(entry & PTE_ADDRESS);
}

/* The entry of va in the table that this one leads to. */
static struct place
below(struct place p, uint64_t va)
{
	p.level--;
	p.entry = table_below(*p.entry) + entry_index(va, p.level);
	return p;
}

/* Down to `leaf` as far as there are tables; it stops higher at an entry that
 * is empty or a large page. */
static struct place
descend(struct place p, uint64_t va, unsigned int leaf)
{
	while (p.level > leaf && is_table(*p.entry))
		p = below(p, va);
	return p;
}

/* From the root.  Each index is on top of what the last one left of va. */
static __attribute__((noinline)) struct place
walk(const struct vspace *vs, uint64_t va, unsigned int leaf)
{
	uint64_t *root = phys_ptr(vs->root), *entry;
	unsigned int level;

	va <<= 16;
	entry = root + (va >> 55);
	for (level = ROOT_LEVEL; level > leaf && is_table(*entry); level--) {
		va <<= 9;
		entry = table_below(*entry) + (va >> 55);
	}
	return (struct place){ entry, level };
}

/* Is it the root?  That one stays while the space lives. */
static bool
is_root(const struct vspace *vs, const struct frame *table)
{
	return ptr_phys(frame_ptr(table)) == vs->root;
}

static bool
add_table(struct vspace *vs, uint64_t *entry)
{
	struct frame *table = block_alloc(vs->heavy.obj.memory, 0,
		FRAME_TABLE);

	if (table == NULL)
		return false;
	__builtin_memset(frame_ptr(table), 0, PAGE_SIZE);
	table->object = vs;
	*entry = ptr_phys(frame_ptr(table)) | PTE_PRESENT | PTE_WRITE |
		PTE_USER;
	frame_with(entry)->used++;
	vs->tables++;
	return true;
}

__attribute__((noinline)) uint64_t *
pt_walk(struct vspace *vs, uint64_t va, bool large)
{
	struct place p = walk(vs, va, leaf_of(large));

	if (p.level != leaf_of(large))
		return NULL;
	if (!large) {
		vs->near = va >> NEAR_SHIFT;
		vs->near_table = p.entry - entry_index(va, 0);
	}
	return p.entry;
}

/* Give back the table of an entry of va if it is empty, and then the one
 * above if that was its last. */
static void
trim(struct vspace *vs, struct place p, uint64_t va)
{
	struct frame *table = frame_with(p.entry);

	while (table->used == 0 && !is_root(vs, table)) {
		vs->near = NEAR_NONE;
		block_free(table);
		vs->tables--;
		p = walk(vs, va, p.level + 1);
		*p.entry = 0;
		table = frame_with(p.entry);
		table->used--;
	}
}

static bool
add_path(struct vspace *vs, uint64_t va, unsigned int leaf)
{
	struct place p;

	for (p = walk(vs, va, leaf); p.level > leaf; p = below(p, va)) {
		if (add_table(vs, p.entry))
			continue;
		trim(vs, p, va);
		return false;
	}
	return true;
}

/* The most that is mapped at once, 62 pages in a row, touches two tables a
 * level: all are on the way to its first byte or to its last. */
bool
pt_prepare(struct vspace *vs, uint64_t va, uint64_t len, bool large)
{
	unsigned int leaf = leaf_of(large);

	if (!add_path(vs, va, leaf))
		return false;
	if (add_path(vs, va + len - 1, leaf))
		return true;
	trim(vs, walk(vs, va, leaf), va);
	return false;
}

void
pt_put(uint64_t *entry, const struct slot *page, uint64_t flags)
{
	uint64_t set = page_phys(page) | PTE_PRESENT | PTE_USER |
		(flags & MAPPED_W) * PTE_WRITE;

	kassert((flags & (MAPPED_W | MAPPED_X)) != (MAPPED_W | MAPPED_X));
	if (!(flags & MAPPED_X))
		set |= hal_noexec;
	if (page_is_large(page))
		set |= PTE_LARGE;
	if (page_is_device(page))
		set |= flags & MAPPED_WC ? PTE_PWT : PTE_PCD | PTE_PWT;
	if (!(*entry & PTE_PRESENT))
		frame_with(entry)->used++;
	*entry = set;
}

void
pt_trim(struct vspace *vs, uint64_t va, bool large)
{
	trim(vs, walk(vs, va, leaf_of(large)), va);
}

/* The place of va, which is one entry further than that of p. */
static struct place
advance(const struct vspace *vs, struct place p, uint64_t va,
		unsigned int leaf)
{
	p.entry++;
	if ((uintptr_t)p.entry % PAGE_SIZE == 0)
		return walk(vs, va, leaf);
	return descend(p, va, leaf);
}

bool
pt_occupied(const struct vspace *vs, uint64_t va, uint64_t len,
		uint64_t *where)
{
	struct place p = walk(vs, va, 0);
	uint64_t at = va, span;

	for (; at < va + len; p = advance(vs, p, at, 0)) {
		span = entry_span(p.level);
		if (*p.entry & PTE_PRESENT) {
			*where = at & ~(span - 1);
			if (*where < va)
				*where = va;
			return true;
		}
		at = (at & ~(span - 1)) + span;
	}
	return false;
}

/*
 * One entry after the other.  A run of free ones is looked at again after a
 * preemption, for only its start is kept; it is short, as a large one consists
 * of a few entries that span much.  A table is never empty, so where a large
 * page is to go there is no need to look into it.
 */
enum pt_search
pt_find_hole(const struct vspace *vs, uint64_t *hole, uint64_t to,
		uint64_t len, bool large)
{
	uint64_t align = entry_span(leaf_of(large)), at;
	unsigned int looked = 0;
	struct place p;

	if (*hole >= to)
		return PT_NONE;
	*hole = (*hole + align - 1) & ~(align - 1);
	at = *hole;
	p = walk(vs, at, leaf_of(large));
	while (*hole < to && len <= to - *hole) {
		at = (at | (entry_span(p.level) - 1)) + 1;
		looked++;
		if (*p.entry & PTE_PRESENT) {
			*hole = at;
			if (looked >= SEARCH_BATCH && hal_irq_pending())
				return PT_PREEMPTED;
		} else if (at - *hole >= len) {
			return PT_FOUND;
		}
		p = advance(vs, p, at, leaf_of(large));
	}
	return PT_NONE;
}

bool
tlb_lookup(const struct vspace *vs, uint64_t va, struct hal_mapping *m)
{
	struct place p;

	if (va >> 47 != 0)
		return false;
	p = walk(vs, va, 0);
	if (!(*p.entry & PTE_PRESENT))
		return false;
	m->phys = (*p.entry & PTE_ADDRESS) |
		(va & (entry_span(p.level) - 1) & ~(PAGE_SIZE - 1));
	m->w = (*p.entry & PTE_WRITE) != 0;
	m->x = (*p.entry & hal_noexec) == 0;
	return true;
}

uint64_t
vspace_root(const struct vspace *vs)
{
	return vs->root;
}
