/* SPDX-License-Identifier: BSD-2-Clause */
/* One task alone: capabilities and objects of a few words. */
#include "cost.h"

static helios_cap_t at;

static void
null(void)
{
	uint64_t cap = NOTE_A, tag = 0, w = 0;

	cost_syscall(HELIOS_SYS_NBWAIT, &cap, &tag, &w);
}

static void
signal(void)
{
	uint64_t cap = NOTE_A, tag = 0, w = 0;

	cost_syscall(HELIOS_SYS_SIGNAL, &cap, &tag, &w);
}

static void
yield(void)
{
	uint64_t cap = 0, tag = 0, w = 0;

	cost_syscall(HELIOS_SYS_YIELD, &cap, &tag, &w);
}

#define CS(op)	HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_##op)

static void
copy(void)
{
	cost_invoke(HELIOS_INIT_CSPACE, CS(COPY), 4, at, HELIOS_CADDR_UNDEF, GIFT,
		HELIOS_RIGHTS_ALL);
}

static void
destroy(void)
{
	cost_invoke(HELIOS_INIT_CSPACE, CS(DESTROY), 1, at, 0, 0, 0);
}

static void
revoke(void)
{
	cost_invoke(HELIOS_INIT_CSPACE, CS(REVOKE), 1, GIFT, 0, 0, 0);
}

static void
mint(void)
{
	cost_invoke(HELIOS_INIT_CSPACE, CS(MINT), 4, at, HELIOS_CADDR_UNDEF,
		GIFT | (uint64_t)HELIOS_RIGHTS_ALL << 32, 7);
}

static void
endpoint(void)
{
	cost_invoke(HELIOS_INIT_MEMORY, HELIOS_LABEL(HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE), 3, HELIOS_ENDPOINT, 0, at, 0);
}

void
cost_caps(void)
{
	at = 4020;
	cost_op("null", null, NULL);
	cost_op("signal", signal, NULL);
	cost_op("yield-self", yield, NULL);
	cost_op("copy", copy, destroy);
	cost_op("mint", mint, destroy);
	destroy();
	cost_op("destroy", destroy, copy);
	cost_op("revoke-one", revoke, copy);
	cost_op("endpoint-create", endpoint, destroy);
	destroy();
	cost_op("endpoint-destroy", destroy, endpoint);
}
