/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that look for a free slot. */
#include "cost.h"
#include "scale.h"

#define CS(op)	HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_##op)

helios_cap_t scale_table;
static uint64_t at;

static uint64_t
copy(void)
{
	struct helios_raw r = { 0, helios_tag(CS(COPY), 4, 0),
		HELIOS_CADDR_UNDEF, HELIOS_INIT_CSPACE, GIFT,
		HELIOS_RIGHTS_ALL };

	uint64_t status = helios_raw_call(scale_table, &r);

	at = r.rdx;
	return status;
}

static uint64_t
destroy(void)
{
	return cost_invoke(scale_table, CS(DESTROY), 1, at, 0, 0, 0);
}

void
scale_caps(void)
{
	cost_check((enum helios_status)copy(), "copy");
	cost_op("copy-any-slot", copy, destroy);
	cost_check((enum helios_status)destroy(), "destroy");
	cost_op("destroy-any-slot", destroy, copy);
}
