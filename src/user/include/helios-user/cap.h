/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: making, copying and destroying them.
 *
 * The short forms work on the program's own CSpace, helios_process.cspace;
 * the helios_cspace_* forms on any.
 */
#ifndef HELIOS_USER_CAP_H
#define HELIOS_USER_CAP_H

#include <helios/error.h>
#include <helios/object.h>
#include <helios/types.h>

/*
 * Memory ALLOCATE, exactly: count objects (1 to 62 of Page, Endpoint and
 * Note, one of the others) of type_flags (an enum helios_type, perhaps
 * | HELIOS_ALLOC_CONTIGUOUS).  caps[] holds the
 * destination slots (or UNDEF) and receives the slots used.  All or none.
 */
enum helios_status helios_allocate(helios_cap_t memory, uint64_t type_flags,
		uint64_t size, unsigned int count, helios_cap_t *caps);

/* From helios_process.memory, into any free slot.  NOMEM, CSPACE_FULL. */
enum helios_status helios_newendpoint(helios_cap_t *out);
enum helios_status helios_newnote(helios_cap_t *out);
enum helios_status helios_newtask(helios_cap_t *out);
enum helios_status helios_newpage(helios_cap_t *out);
enum helios_status helios_newlargepage(helios_cap_t *out);
/* 2^radix slots, radix 6 to 16. */
enum helios_status helios_newcspace(unsigned int radix, helios_cap_t *out);
enum helios_status helios_newvspace(helios_cap_t *out);
/* With the same address range as like. */
enum helios_status helios_newvspace_like(helios_cap_t like,
		helios_cap_t *out);
/* A quota: so many pages of 4 KiB carved off. */
enum helios_status helios_newmemory(uint64_t pages, helios_cap_t *out);
/* Any number of 4 KiB pages, all or none. */
enum helios_status helios_newpages(unsigned int count, helios_cap_t *out);
/* 1 to 62 pages in a row in physical memory. */
enum helios_status helios_newpages_contiguous(unsigned int count,
		helios_cap_t *out);

/* Destroy what is in slot cap, whatever it is; a Dead slot becomes free. */
enum helios_status helios_destroy(helios_cap_t cap);
/* Destroy any number.  Stops at the first error. */
enum helios_status helios_destroy_many(unsigned int count,
		const helios_cap_t *caps);
/* Copy with at most these rights (HELIOS_RIGHTS_ALL: those it has). */
enum helios_status helios_copy(helios_cap_t cap, uint32_t rights,
		helios_cap_t *out);
/* Copy with a badge, not 0. */
enum helios_status helios_mint(helios_cap_t cap, uint32_t rights,
		uint64_t badge, helios_cap_t *out);
/* Move to slot dest (or UNDEF); out may be NULL. */
enum helios_status helios_move(helios_cap_t cap, helios_cap_t dest,
		helios_cap_t *out);
/* Destroy everything derived from cap. */
enum helios_status helios_revoke(helios_cap_t cap);
/* Put the reply this thread owes into a slot. */
enum helios_status helios_store_reply(helios_cap_t *out);

/*
 * The same on any CSpace: dest is a slot of cspace or UNDEF, from the CSpace
 * that holds slot (UNDEF: cspace itself).  out may be NULL.
 */
enum helios_status helios_cspace_copy(helios_cap_t cspace, helios_cap_t dest,
		helios_cap_t from, helios_cap_t slot, uint32_t rights,
		helios_cap_t *out);
enum helios_status helios_cspace_move(helios_cap_t cspace, helios_cap_t dest,
		helios_cap_t from, helios_cap_t slot, helios_cap_t *out);
enum helios_status helios_cspace_mint(helios_cap_t cspace, helios_cap_t dest,
		helios_cap_t from, helios_cap_t slot, uint32_t rights,
		uint64_t badge, helios_cap_t *out);
enum helios_status helios_cspace_destroy(helios_cap_t cspace,
		unsigned int count, const helios_cap_t *slots);
enum helios_status helios_cspace_revoke(helios_cap_t cspace,
		helios_cap_t slot);
enum helios_status helios_cspace_store_reply(helios_cap_t cspace,
		helios_cap_t dest, helios_cap_t *out);

struct helios_cspace_info {
	uint64_t slots, used, free, dead;
};

enum helios_status helios_cspace_info(helios_cap_t cspace,
		struct helios_cspace_info *out);

struct helios_slot_info {
	uint64_t identify;		/* as helios_identify() */
	uint64_t badge;
	uint64_t id;			/* of the object; 0: has none */
};

enum helios_status helios_cspace_slot_info(helios_cap_t cspace,
		helios_cap_t slot, struct helios_slot_info *out);
enum helios_status helios_slot_info(helios_cap_t cap,
		struct helios_slot_info *out);

/* What is at cap: HELIOS_IDENTIFY_*.  Null and Dead are no errors. */
enum helios_status helios_identify(helios_cap_t cap, uint64_t *out);

struct helios_memory_info {
	uint64_t pages;			/* in all */
	uint64_t free;			/* pages */
	uint64_t largest;		/* free block, in pages */
	uint64_t objects;		/* alive, pages included */
};

enum helios_status helios_memory_info(helios_cap_t memory,
		struct helios_memory_info *out);

#endif
