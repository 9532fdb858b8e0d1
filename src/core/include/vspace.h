/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: x86_64 page tables, taken from the VSpace's own Memory as
 * they are needed and given back when their last entry goes.
 */
#ifndef CORE_VSPACE_H
#define CORE_VSPACE_H

#include <hal.h>
#include <memory.h>
#include <object.h>
#include <page.h>
#include <result.h>

#define NEAR_SHIFT	21	/* what a table of small pages spans */
#define NEAR_NONE	UINT64_MAX

struct vspace {
	struct heavy heavy;
	uint64_t root;		/* physical, the top-level table */
	struct slot *mapped;	/* list of mapped Page slots */
	uint64_t nmapped;	/* slots in it */
	uint64_t tables;	/* page-table pages, the root included */
	uint64_t choose;	/* where the search for a hole goes on */
	/*
	 * The table of the last small page that was mapped or unmapped, for
	 * the next is mostly near: va >> NEAR_SHIFT, or NEAR_NONE.
	 */
	uint64_t near, *near_table;
	_Alignas(64) unsigned char hal[HAL_VSPACE_SIZE];
};

/* NULL: no memory, or no address range. */
struct vspace *vspace_create(struct memory *m, const struct vspace *like);
bool vspace_reap_step(struct vspace *vs);

/* Map n pages of one size; all checks and the choice of address included. */
struct result vspace_map(struct vspace *vs, struct slot **pages,
		unsigned int n, uint64_t address, uint64_t flags,
		uint64_t *out);

/* Never fail; the page is mapped there. */
void vspace_unmap(struct slot *page);
void vspace_protect(struct slot *page, uint64_t flags);

/* A mapped page slot moved to another slot: mend the list. */
void vspace_slot_moved(struct slot *to, struct slot *from);

/*
 * pagetable.c: the tables themselves.
 *
 * pt_prepare makes sure of the tables for [va, va + len), or changes nothing
 * (false).  Then pt_set cannot fail.  pt_clear takes a mapping away, and gives
 * back tables that become empty.
 */
#define PTE_PRESENT	0x001ull

/* The entry of a page, which may be empty; NULL: its table is not there, or a
 * large page is. */
uint64_t *pt_walk(struct vspace *vs, uint64_t va, bool large);

static inline uint64_t *
pt_entry(struct vspace *vs, uint64_t va, bool large)
{
	if (va >> NEAR_SHIFT == vs->near && !large)
		return &vs->near_table[va >> PAGE_SHIFT & 511];
	return pt_walk(vs, va, large);
}

bool pt_prepare(struct vspace *vs, uint64_t va, uint64_t len, bool large);
void pt_trim(struct vspace *vs, uint64_t va, bool large);

/* In an entry that pt_entry has found, or of a page that is mapped. */
void pt_put(uint64_t *entry, const struct slot *page, uint64_t flags);

static inline void
pt_set(struct vspace *vs, uint64_t va, const struct slot *page, uint64_t flags)
{
	pt_put(pt_entry(vs, va, page_is_large(page)), page, flags);
}

static inline void
pt_clear(struct vspace *vs, uint64_t va, bool large)
{
	uint64_t *entry = pt_entry(vs, va, large);

	*entry = 0;
	if (--frame_with(entry)->used == 0)
		pt_trim(vs, va, large);
}

/* Is any part of the range mapped?  Then *where is the first such. */
bool pt_occupied(const struct vspace *vs, uint64_t va, uint64_t len,
		uint64_t *where);

/* The first hole of len bytes from *hole on and below `to`, for pages of one
 * size.  PREEMPTED: there is none below *hole; go on from there. */
enum pt_search { PT_FOUND, PT_NONE, PT_PREEMPTED };
enum pt_search pt_find_hole(const struct vspace *vs, uint64_t *hole,
		uint64_t to, uint64_t len, bool large);

/*
 * An address a user gave.  It cannot be dereferenced, only copied through
 * the tables of its space.
 */
struct uptr {
	uint64_t addr;
};

/* May the space read (write) these bytes?  If not, *bad is the first. */
bool user_check(const struct vspace *vs, struct uptr p, uint64_t len,
		bool write, uint64_t *bad);
/* After user_check of the same. */
void user_copy_in(const struct vspace *vs, void *to, struct uptr from,
		uint64_t len);
void user_copy_out(const struct vspace *vs, struct uptr to, const void *from,
		uint64_t len);
/* From one space to another, both checked; len up to a page. */
void user_copy(const struct vspace *to_vs, struct uptr to,
		const struct vspace *from_vs, struct uptr from, uint64_t len);

#endif
