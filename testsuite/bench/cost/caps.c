/* SPDX-License-Identifier: BSD-2-Clause */
/* One task alone: capabilities and objects of a few words. */
#include "cost.h"

enum { AT = 4020 };

/* There is nothing to take: that is what it says. */
static uint64_t
null(void)
{
	return cost_syscall(HELIOS_SYS_NBWAIT, NOTE_A, 0) ^ HELIOS_WOULD_BLOCK;
}

static uint64_t
signal(void)
{
	return cost_signal(NOTE_A);
}

static uint64_t
yield(void)
{
	return cost_syscall(HELIOS_SYS_YIELD, 0, 0);
}

#define CS(op)	HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_##op)

static uint64_t
copy(void)
{
	return cost_invoke(HELIOS_INIT_CSPACE, CS(COPY), 4, AT,
		HELIOS_CADDR_UNDEF, GIFT, HELIOS_RIGHTS_ALL);
}

static uint64_t
destroy(void)
{
	return cost_invoke(HELIOS_INIT_CSPACE, CS(DESTROY), 1, AT, 0, 0, 0);
}

static uint64_t
revoke(void)
{
	return cost_invoke(HELIOS_INIT_CSPACE, CS(REVOKE), 1, GIFT, 0, 0, 0);
}

/* A slot whose capability was revoked stays taken until it is emptied. */
static uint64_t
copy_again(void)
{
	return destroy() | copy();
}

static uint64_t
mint(void)
{
	return cost_invoke(HELIOS_INIT_CSPACE, CS(MINT), 4, AT,
		HELIOS_CADDR_UNDEF, GIFT | (uint64_t)HELIOS_RIGHTS_ALL << 32,
		7);
}

static uint64_t
endpoint(void)
{
	return cost_invoke(HELIOS_INIT_MEMORY, HELIOS_LABEL(HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE), 3, HELIOS_ENDPOINT, 0, AT, 0);
}

void
cost_caps(void)
{
	cost_op("null", null, NULL);
	cost_op("signal", signal, NULL);
	cost_wait(NOTE_A);
	cost_op("yield-self", yield, NULL);
	copy();
	cost_op("copy", copy, destroy);
	cost_op("mint", mint, destroy);
	destroy();
	cost_op("destroy", destroy, copy);
	copy();
	cost_op("revoke-one", revoke, copy_again);
	destroy();
	endpoint();
	cost_op("endpoint-create", endpoint, destroy);
	destroy();
	cost_op("endpoint-destroy", destroy, endpoint);
}
