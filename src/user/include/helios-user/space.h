/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpaces and Pages, as the kernel has them.  Programs that just want memory
 * use memory.h.
 */
#ifndef HELIOS_USER_SPACE_H
#define HELIOS_USER_SPACE_H

#include <stddef.h>
#include <helios/error.h>
#include <helios/object.h>
#include <helios/types.h>

#define HELIOS_RUN_MAX	62u		/* pages per system call */

/*
 * Map 1 to HELIOS_RUN_MAX pages of one size in a row, at address (with
 * HELIOS_MAP_FIXED) or not below it.  *out, which may be NULL: where.
 */
enum helios_status helios_map(helios_cap_t vspace, uint64_t address,
		uint64_t flags, unsigned int count, const helios_cap_t *pages,
		uint64_t *out);
/* Any number of pages; stops at the first error. */
enum helios_status helios_unmap(helios_cap_t vspace, unsigned int count,
		const helios_cap_t *pages);
/* flags: HELIOS_MAP_W, HELIOS_MAP_X or 0 (read-only). */
enum helios_status helios_protect(helios_cap_t vspace, uint64_t flags,
		unsigned int count, const helios_cap_t *pages);
/*
 * Copy len bytes, any number, between the caller's memory and a VSpace.
 * FAULT (detail: the address): what lies before it has been copied, in
 * steps of up to 4 KiB.
 */
enum helios_status helios_vspace_read(helios_cap_t vspace, uint64_t there,
		void *here, size_t len);
enum helios_status helios_vspace_write(helios_cap_t vspace, uint64_t there,
		const void *here, size_t len);

struct helios_vspace_info {
	uint64_t base, limit;		/* lowest address, first above */
	uint64_t mapped;		/* pages */
	uint64_t tables;		/* pages */
};

enum helios_status helios_vspace_info(helios_cap_t vspace,
		struct helios_vspace_info *out);

/*
 * Copy len bytes between the caller's memory and a page, which needs not be
 * mapped.  Longer copies than 4 KiB (large pages) take several calls.
 */
enum helios_status helios_page_read(helios_cap_t page, uint64_t offset,
		void *here, size_t len);
enum helios_status helios_page_write(helios_cap_t page, uint64_t offset,
		const void *here, size_t len);

struct helios_page_info {
	uint64_t physical;
	uint64_t size;
	uint64_t address;		/* mapped at */
	uint64_t flags;			/* HELIOS_PAGE_* | HELIOS_MAP_* */
};

enum helios_status helios_page_info(helios_cap_t page,
		struct helios_page_info *out);

#endif
