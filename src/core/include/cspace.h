/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_CSPACE_H
#define CORE_CSPACE_H

#include <stddef.h>

#include <cap.h>
#include <object.h>
#include <result.h>
#include <task.h>

struct frame;

struct cspace {
	struct heavy heavy;
	struct slot *slots;	/* 2^radix, in frames of their own */
	uint32_t nslots;
	uint32_t free;		/* first free index; nslots: none */
	uint32_t nfree;
	uint32_t ndead;
	uint32_t reaped;	/* while it is taken apart: next slot */
};

/* table: cleared block of 2^radix * 64 bytes, of kind FRAME_MAKING. */
struct cspace *cspace_create(struct memory *m, struct frame *table,
		unsigned int radix);
bool cspace_reap_step(struct cspace *cs);

/* The CSpace a slot is in; NULL for a slot of a task, or cap_root. */
struct cspace *slot_cspace(const struct slot *s);
uint32_t slot_index(const struct cspace *cs, const struct slot *s);

/* Any slot there is, in whatever state.  INVALID_CADDR. */
struct result cspace_slot(struct cspace *cs, uint64_t caddr,
		struct slot **out);

/*
 * Take n destinations off the free list: each caddr names a Null slot or is
 * UNDEF.  All or none.  dests_return, with the same arrays, before anything
 * else touches the list, puts them back exactly as they were.
 */
struct result dests_take(struct cspace *cs, const helios_cap_t *caddr,
		unsigned int n, struct slot **slots);
void dests_return(struct cspace *cs, const helios_cap_t *caddr,
		unsigned int n, struct slot **slots);

/* An emptied slot (type Null, on no list), back on the free list. */
void slot_release(struct cspace *cs, struct slot *s);

/* The slot at caddr, whatever is in it; NULL: there is none. */
static inline __attribute__((always_inline)) struct slot *
task_slot(const struct task *t, uint64_t caddr)
{
	const struct cspace *cs = t->cspace;

	return caddr < cs->nslots ? &cs->slots[caddr] : NULL;
}

/* Is the capability at caddr, *out, of this type, and has it this right? */
static inline __attribute__((always_inline)) bool
task_has_cap(const struct task *t, uint64_t caddr, unsigned int type,
		unsigned int right, struct slot **out)
{
	const struct cspace *cs = t->cspace;

	if (caddr >= cs->nslots)
		return false;
	*out = &cs->slots[caddr];
	return cap_is(*out, type, right);
}

/* Why there is no such capability there. */
struct result cspace_lookup_error(const struct cspace *cs, uint64_t caddr,
		unsigned int type);

/*
 * Slot caddr of a CSpace, which must hold a capability (of the type, unless
 * that is HELIOS_NULL).  INVALID_CADDR, INVALID_CSLOT, REVOKED,
 * INVALID_CTYPE.
 */
static inline struct result
cspace_lookup(struct cspace *cs, uint64_t caddr, unsigned int type,
		struct slot **out)
{
	if (caddr < cs->nslots) {
		unsigned int found = cap_type(&cs->slots[caddr]);

		*out = &cs->slots[caddr];
		if (found > HELIOS_DEAD &&
				(type == HELIOS_NULL || type == found))
			return RESULT_OK;
	}
	return cspace_lookup_error(cs, caddr, type);
}

/* The task's own tables: slot caddr of the CSpace of t. MISSING_PART too. */
struct result task_lookup(struct task *t, uint64_t caddr, unsigned int type,
		struct slot **out);

/*
 * Take one destination off the free list: an empty slot, or any if caddr is
 * UNDEF.  It cannot be put back, so this is the last check of a call.
 */
struct result dest_take(struct cspace *cs, uint64_t caddr, struct slot **out);
/* The same for who does not ask why there is none. */
bool dest_take_if(struct cspace *cs, uint64_t caddr, struct slot **out);

#endif
