/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Basic types of the Helios ABI.
 *
 * A capability address ("caddr") is an index into the caller's CSpace.  It
 * means nothing outside that table and cannot be forged into authority.
 */
#ifndef HELIOS_TYPES_H
#define HELIOS_TYPES_H

#include <stdint.h>

typedef uint32_t helios_cap_t;

/*
 * As a destination: "any free slot, tell me which".  As an optional
 * capability argument: "none".  Never a valid index.
 */
#define HELIOS_CADDR_UNDEF	((helios_cap_t)0xffffffffu)

#define HELIOS_PAGE_SIZE	4096ull
#define HELIOS_LARGE_PAGE_SIZE	(2ull << 20)

/* No deadline; and the latest point in time there is. */
#define HELIOS_FOREVER		UINT64_MAX

#endif
