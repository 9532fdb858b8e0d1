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
