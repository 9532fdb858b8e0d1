/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's memory map: regions of its own address space.
 *
 * A region is a range of whole pages, reserved or backed by pages from
 * helios_process.memory.  The library keeps track of its regions in pages of
 * its own and places them in the upper half of the address range; where
 * something it did not put there is mapped, it goes elsewhere.  A kernel MAP
 * without FIXED starts looking at the bottom, so that reserved ranges (and
 * guard pages) stay unmapped.
 */
#ifndef HELIOS_USER_MEMORY_H
#define HELIOS_USER_MEMORY_H

#include <stddef.h>
#include <helios/error.h>
#include <helios/types.h>

/* Protection.  Readable unless NONE; WRITE and EXEC exclude each other. */
#define HELIOS_PROT_NONE	0u	/* reserved: no pages behind it */
#define HELIOS_PROT_READ	1u
#define HELIOS_PROT_WRITE	2u	/* and readable */
#define HELIOS_PROT_EXEC	4u	/* and readable */

/* flags of helios_mmap */
#define HELIOS_MMAP_FIXED	1u	/* exactly at hint, or BUSY */
/*
 * A reserved page before and one after.  They are regions of their own: to
 * take all of it away, unmap from address - 4096, len + 8192.
 */
#define HELIOS_MMAP_GUARD	2u

/*
 * len bytes (rounded up to pages, not 0) of zeroed memory, at hint (page
 * aligned) if it is free there, else anywhere.  INVALID_PARAM (detail: the
 * argument, 0 is the first), NOMEM, CSPACE_FULL, BUSY.  Nothing is left
 * behind on an error.
 */
enum helios_status helios_mmap(void *hint, size_t len, unsigned int prot,
		unsigned int flags, void **out);

/*
 * Unmap [address, address + len), whole pages; the pages go back to their
 * Memory.  Any part of regions may be taken out, also across several; what
 * is not the library's is left alone.  NOMEM if a region must be split and
 * there is no page for the second record: nothing has changed then.
 */
enum helios_status helios_munmap(void *address, size_t len);

/*
 * Change the protection of whole pages.  All must be of backed regions
 * (FAULT, detail: the first address that is not).  NONE is INVALID_PARAM.
 */
enum helios_status helios_mprotect(void *address, size_t len,
		unsigned int prot);

/* The Page capability behind an address, UNDEF if there is none. */
helios_cap_t helios_page_at(const void *address);

struct helios_mmap_stats {
	size_t regions;
	size_t pages;			/* behind them */
	size_t own_pages;		/* for the library's records */
};

void helios_mmap_stats(struct helios_mmap_stats *out);

/*
 * Forget every region, and the heap, without touching them: for a supervisor
 * that has destroyed (or is about to destroy) the Memory they came from.  No
 * other thread may be using the library.
 */
void helios_memory_abandon(void);

#endif
