/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that look for a free slot. */
#include "cost.h"
#include "scale.h"

#define CS(op)	HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_##op)

helios_cap_t scale_table;
static uint64_t at;

static void
copy(void)
{
	struct helios_raw r = { 0, helios_tag(CS(COPY), 4, 0),
		HELIOS_CADDR_UNDEF, HELIOS_INIT_CSPACE, GIFT,
		HELIOS_RIGHTS_ALL };

	helios_raw_call(scale_table, &r);
	at = r.rdx;
}

static void
destroy(void)
{
	cost_invoke(scale_table, CS(DESTROY), 1, at, 0, 0, 0);
}

void
scale_caps(void)
{
	cost_op("copy-any-slot", copy, destroy);
	destroy();
	cost_op("destroy-any-slot", destroy, copy);
}
