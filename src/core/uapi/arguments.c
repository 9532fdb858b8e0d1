/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments that several operations decode alike. */
#include <cspace.h>
#include <uapi.h>

struct result
inv_take_dests(const struct invocation *inv, struct cspace *cs,
		unsigned int first, unsigned int n, helios_cap_t *caddr,
		struct slot **dest)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		uint64_t w = inv_word(inv, first + i);

		if (w > UINT32_MAX)
			return user_error(HELIOS_INVALID_CADDR, w,
				"a 32-bit caddr expected, %lx found", w);
		caddr[i] = (helios_cap_t)w;
	}
	return dests_take(cs, caddr, n, dest);
}

struct result
inv_pages(const struct invocation *inv, unsigned int first, unsigned int n,
		struct slot **pages)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		struct result r = inv_cap(inv, first + i, HELIOS_PAGE,
			&pages[i]);

		if (r.status != HELIOS_OK)
			return r;
		/* Is it named once only? */
		for (j = 0; j < i; j++)
			if (pages[j] == pages[i])
				return user_error(HELIOS_INVALID_PARAM,
					first + i, "slot %lu is named twice",
					inv_word(inv, first + i));
	}
	return RESULT_OK;
}
