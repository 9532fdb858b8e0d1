/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns in memory.
 */
#ifndef VULCAN_FILL_H
#define VULCAN_FILL_H

#include "vulcan.h"

static inline void
fill(unsigned char *p, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (unsigned char)(i * 7 + seed);
}

static inline void
check_fill(const unsigned char *p, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != (unsigned char)(i * 7 + seed))
			FAIL("byte %zu of %zu: %u, expected %u", i, n, p[i],
				(unsigned char)(i * 7 + seed));
}

#endif
