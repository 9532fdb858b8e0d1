/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's mappings of a guest range as a software-filled TLB.
 *
 * Nothing here is remembered that the page tables do not say: any entry can
 * be dropped at any time and is filled again by a miss.  A bitmap for each
 * range says which pages may have an entry, valid or negative.  An entry
 * belongs to the range's owner, the space that ran there last; spaces that
 * share a range take turns, and a switch between them empties it.
 *
 * Code is mapped as soon as core maps it (gdb can then plant breakpoints;
 * Valgrind dies of code that ends in a hole), and privately, like all that
 * is not writable: a debugger's writes must not reach physical memory.  With
 * strict isolation a space's entries go when another space runs; under a
 * debugger or Valgrind its code stays.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <helios/object.h>

#include "hosted.h"

#define RANGE_PAGES	((uint32_t)(RANGE_SIZE / PAGE))
#define BITMAP_WORDS	(RANGE_PAGES / 64)
#define BITMAP_BYTES	(RANGE_PAGES / 8)

/* The end of each range stays empty: running off it hits no neighbour. */
#define RANGE_GUARD	(64ull << 10)

/* A miss fills its neighbours in an aligned window, too, if one mmap does. */
#define WINDOW_DATA	16u
#define WINDOW_TEXT	256u

/* Linux allows a process 65530 mappings; each fill makes two at most. */
#define FILLS_MAX	20000u

/* The HAL's part of a space. */
struct space_part {
	struct hosted_range *range;
	uint64_t *text;			/* what core mapped with X */
};
_Static_assert(sizeof(struct space_part) <= HAL_VSPACE_SIZE, "room");

static struct hosted_range ranges[RANGE_COUNT];
static const struct vspace *running;	/* the space of the last guest */
static bool strict;
static unsigned int fills;		/* since all was emptied last */
static uint64_t text_first, text_end;	/* filled; news for the debugger */

static struct space_part *
part_of(const struct vspace *vs)
{
	/* task_hal's counterpart takes no const; nothing is const there. */
	union {
		const struct vspace *in;
		struct vspace *out;
	} u = {.in = vs};

	return vspace_hal(u.out);
}

static uint64_t
range_base(const struct hosted_range *r)
{
	return GUEST_BASE + (uint64_t)(r - ranges) * RANGE_SIZE;
}

static uint32_t
page_index(const struct hosted_range *r, uint64_t va)
{
	return (uint32_t)((va - range_base(r)) / PAGE);
}

static bool
bit_get(const uint64_t *bits, uint32_t i)
{
	return bits && bits[i / 64] >> (i % 64) & 1;
}

static void
bit_set(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= 1ull << (i % 64);
}

static void
bit_clear(uint64_t *bits, uint32_t i)
{
	bits[i / 64] &= ~(1ull << (i % 64));
}

/* The first bit set in [from, to); to if there is none. */
static uint32_t
bit_next(const uint64_t *bits, uint32_t from, uint32_t to)
{
	uint64_t word;

	while (from < to) {
		word = bits[from / 64] >> (from % 64);
		if (word) {
			from += (uint32_t)__builtin_ctzll(word);
			return from < to ? from : to;
		}
		from = (from / 64 + 1) * 64;
	}
	return to;
}

static void
mark_filled(struct hosted_range *r, uint32_t first, uint32_t end)
{
	uint32_t i;

	for (i = first; i < end; i++)
		bit_set(r->filled, i);
	if (first < r->first)
		r->first = first;
	if (end - 1 > r->last)
		r->last = end - 1;
}

static void
nothing_filled(struct hosted_range *r)
{
	r->first = RANGE_PAGES;
	r->last = 0;
}

/* Make [first, end) miss again. */
static void
range_reset(struct hosted_range *r, uint32_t first, uint32_t end)
{
	uint64_t va = range_base(r) + first * PAGE;
	uint64_t len = (end - first) * PAGE;
	uint32_t i;

	if (uffd_active())
		uffd_reset(va, len);
	else
		munmap((void *)va, len);
	for (i = bit_next(r->filled, first, end); i < end;
			i = bit_next(r->filled, i + 1, end))
		bit_clear(r->filled, i);
}

/* Empty what is filled in [first, end), in one piece. */
static void
range_flush(struct hosted_range *r, uint32_t first, uint32_t end)
{
	uint32_t i, last;

	if (r->first > r->last)
		return;
	if (first < r->first)
		first = r->first;
	if (end > r->last + 1)
		end = r->last + 1;
	if (first >= end)
		return;
	first = bit_next(r->filled, first, end);
	if (first == end)
		return;
	last = first;
	for (i = first; i < end; i = bit_next(r->filled, i + 1, end))
		last = i;
	range_reset(r, first, last + 1);
	if (first == r->first && last == r->last)
		nothing_filled(r);
}

/* Empty all but the code. */
static void
flush_data(struct hosted_range *r, const uint64_t *text)
{
	uint32_t i = r->first, hole, end = r->last + 1;

	if (r->first > r->last)
		return;
	while (i < end) {
		hole = bit_next(text, i, end);
		if (hole > i)
			range_flush(r, i, hole);
		for (i = hole; i < end && bit_get(text, i); i++)
			;
	}
}

static bool
pinned(void)
{
	return hosted_debug.pin_text != 0;
}

static void
flush_range(struct hosted_range *r, bool with_text)
{
	const uint64_t *text = NULL;

	if (r->owner)
		text = part_of(r->owner)->text;
	if (text && !with_text)
		flush_data(r, text);
	else
		range_flush(r, 0, RANGE_PAGES);
}

static void
flush_all(void)
{
	uint32_t i;

	for (i = 0; i < RANGE_COUNT; i++)
		if (ranges[i].users)
			flush_range(&ranges[i], !pinned());
	fills = 0;
}

/*
 * A debugger stops here before code newly mapped in [first, end) can run: it
 * loads symbols, and plants the breakpoints that went with an earlier mapping.
 */
__attribute__((noinline)) void
hosted_text_mapped(uint64_t first, uint64_t end)
{
	__asm__ volatile("" : : "r" (first), "r" (end));
}

static void
tell_debugger(void)
{
	uint64_t first = text_first, end = text_end;

	if (end == 0)
		return;
	text_first = text_end = 0;
	hosted_text_mapped(first, end);
}

static void
note_filled(uint64_t first, uint64_t end)
{
	if (text_end == 0 || first < text_first)
		text_first = first;
	if (end > text_end)
		text_end = end;
}

/*
 * Filling
 */

static void
host_map(uint64_t va, uint64_t len, const struct hal_mapping *m)
{
	int prot = PROT_READ | (m->w ? PROT_WRITE : 0) |
		(m->x ? PROT_EXEC : 0);
	int flags = MAP_FIXED | MAP_POPULATE |
		(m->w ? MAP_SHARED : MAP_PRIVATE);
	int attempt;
	char why[128];

	for (attempt = 0; attempt < 2; attempt++) {
		if (mmap((void *)va, len, prot, flags, physmem.fd,
				(off_t)m->phys) == (void *)va)
			return;
		flush_all();
	}
	snprintf(why, sizeof(why), "the host cannot map guest memory: %s",
		strerror(errno));
	hal_panic(why);
}

/* Would page i continue the run that has page 0 mapped as *m, offset pages
 * from there? */
static bool
continues(const struct vspace *vs, const struct hosted_range *r, uint32_t i,
		const struct hal_mapping *m, int64_t offset)
{
	struct hal_mapping n;

	if (bit_get(r->filled, i) ||
			!tlb_lookup(vs, range_base(r) + i * PAGE, &n))
		return false;
	return n.w == m->w && n.x == m->x &&
		n.phys == m->phys + (uint64_t)offset * PAGE;
}

/* Fill page i, known to be mapped as *m, and what one mmap covers as well. */
static uint32_t
fill_run(const struct vspace *vs, struct hosted_range *r, uint32_t i,
		struct hal_mapping m)
{
	uint32_t window = m.x ? WINDOW_TEXT : WINDOW_DATA;
	uint32_t low = i & ~(window - 1), high = low + window;
	uint32_t first = i, end = i + 1;

	while (first > low && continues(vs, r, first - 1, &m,
			(int64_t)first - 1 - i))
		first--;
	while (end < high && continues(vs, r, end, &m, (int64_t)end - i))
		end++;
	m.phys -= (i - first) * PAGE;
	if (++fills > FILLS_MAX)
		flush_all();
	host_map(range_base(r) + first * PAGE, (end - first) * PAGE, &m);
	mark_filled(r, first, end);
	if (m.x && pinned())
		note_filled(range_base(r) + first * PAGE,
			range_base(r) + end * PAGE);
	return end;
}

bool
tlb_fill(const struct vspace *vs, uint64_t va, unsigned int access)
{
	struct hosted_range *r = part_of(vs)->range;
	struct hal_mapping m;

	if (va < range_base(r) || va - range_base(r) >= RANGE_SIZE)
		return false;
	if (!tlb_lookup(vs, va & ~(PAGE - 1), &m) ||
			(access == HELIOS_RIGHT_W && !m.w) ||
			(access == HELIOS_RIGHT_X && !m.x))
		return false;
	fill_run(vs, r, page_index(r, va), m);
	tell_debugger();
	return true;
}

void
tlb_negative(uint64_t va)
{
	struct hosted_range *r;
	uint32_t i;

	if (va < GUEST_BASE || va >= GUEST_END)
		return;
	mprotect((void *)(va & ~(PAGE - 1)), PAGE, PROT_NONE);
	r = &ranges[(va - GUEST_BASE) / RANGE_SIZE];
	i = page_index(r, va);
	if (r->filled)
		mark_filled(r, i, i + 1);
}

/* Map the code in [first, end) that is not mapped yet. */
static void
fill_text(const struct vspace *vs, uint32_t first, uint32_t end)
{
	struct space_part *part = part_of(vs);
	struct hosted_range *r = part->range;
	struct hal_mapping m;
	uint32_t i;

	if (!part->text)
		return;
	i = bit_next(part->text, first, end);
	while (i < end) {
		if (!bit_get(r->filled, i) && tlb_lookup(vs,
				range_base(r) + i * PAGE, &m))
			i = fill_run(vs, r, i, m);
		else
			i++;
		i = i < end ? bit_next(part->text, i, end) : end;
	}
}

static void
switch_to(const struct vspace *vs)
{
	struct hosted_range *r;

	if (strict && running)
		flush_range(part_of(running)->range, !pinned());
	running = vs;
	if (!vs)
		return;
	r = part_of(vs)->range;
	if (r->owner == vs)
		return;
	flush_range(r, true);
	r->owner = vs;
	if (pinned())
		fill_text(vs, 0, RANGE_PAGES);
}

void
tlb_switch(const struct vspace *vs)
{
	if (vs != running)
		switch_to(vs);
	tell_debugger();
}

/*
 * What core asks for
 */

static struct hosted_range *
range_new(void)
{
	struct hosted_range *r;
	uint32_t i;

	for (i = 0; i < RANGE_COUNT && ranges[i].users; i++)
		;
	if (i == RANGE_COUNT)
		return NULL;
	r = &ranges[i];
	if (!r->filled) {
		r->filled = calloc(BITMAP_WORDS, sizeof(uint64_t));
		if (!r->filled)
			return NULL;
		nothing_filled(r);
		if (uffd_active())
			uffd_reset(range_base(r), RANGE_SIZE);
	}
	return r;
}

bool
hal_vspace_init(struct vspace *vs, const struct vspace *like)
{
	struct space_part *part = vspace_hal(vs);

	part->range = like ? part_of(like)->range : range_new();
	if (!part->range)
		return false;
	part->text = NULL;
	part->range->users++;
	return true;
}

void
hal_vspace_fini(struct vspace *vs)
{
	struct space_part *part = vspace_hal(vs);
	struct hosted_range *r = part->range;

	if (!r)
		return;
	if (r->owner == vs) {
		flush_range(r, true);
		r->owner = NULL;
	}
	if (running == vs)
		running = NULL;
	/* Guests with wild pointers leave negative entries elsewhere. */
	if (--r->users == 0)
		range_flush(r, 0, RANGE_PAGES);
	if (part->text)
		munmap(part->text, BITMAP_BYTES);
	part->text = NULL;
	part->range = NULL;
}

void
hal_vspace_range(const struct vspace *vs, uint64_t *base, uint64_t *limit)
{
	*base = range_base(part_of(vs)->range);
	*limit = *base + RANGE_SIZE - RANGE_GUARD;
}

/* Not from the heap: spaces that live on at the end are no leak. */
static uint64_t *
bitmap_map(void)
{
	void *p;

	p = mmap(NULL, BITMAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* Note in the space's map of code what has become code.  False: nothing. */
static bool
note_text(struct vspace *vs, uint32_t first, uint32_t end)
{
	struct space_part *part = vspace_hal(vs);
	uint64_t base = range_base(part->range);
	struct hal_mapping m;
	bool any = false;
	uint32_t i;

	for (i = first; i < end; i++) {
		if (!tlb_lookup(vs, base + i * PAGE, &m) || !m.x)
			continue;
		if (!part->text && !(part->text = bitmap_map()))
			return false;	/* then it is filled by misses */
		bit_set(part->text, i);
		any = true;
	}
	return any;
}

void
hal_tlb_mapped(struct vspace *vs, uint64_t va, uint64_t len)
{
	struct hosted_range *r = part_of(vs)->range;
	uint32_t first = page_index(r, va);
	uint32_t end = first + (uint32_t)(len / PAGE);
	bool text = note_text(vs, first, end);

	if (!r->owner)
		r->owner = vs;
	if (r->owner != vs)
		return;
	range_flush(r, first, end);		/* negative entries */
	if (text && (pinned() || !strict || vs == running))
		fill_text(vs, first, end);
}

void
hal_tlb_flush(struct vspace *vs, uint64_t va, uint64_t len)
{
	struct space_part *part = vspace_hal(vs);
	struct hosted_range *r = part->range;
	uint32_t first = page_index(r, va);
	uint32_t end = first + (uint32_t)(len / PAGE);
	struct hal_mapping m;
	uint32_t i;

	if (part->text)
		for (i = bit_next(part->text, first, end); i < end;
				i = bit_next(part->text, i + 1, end))
			if (!tlb_lookup(vs, range_base(r) + i * PAGE, &m) ||
					!m.x)
				bit_clear(part->text, i);
	if (r->owner == vs)
		range_flush(r, first, end);
	/* A permission less is still a mapping: code stays mapped early. */
	if (note_text(vs, first, end) && r->owner == vs &&
			(pinned() || vs == running))
		fill_text(vs, first, end);
}

void
tlb_init(bool is_strict)
{
	strict = is_strict;
	hosted_debug.ranges = ranges;
	hosted_debug.pin_text = under_valgrind() || under_debugger();
}

void
tlb_fini(void)
{
	uint32_t i;

	for (i = 0; i < RANGE_COUNT; i++) {
		free(ranges[i].filled);
		ranges[i].filled = NULL;
	}
}
