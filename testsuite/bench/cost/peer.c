/* SPDX-License-Identifier: BSD-2-Clause */
/* The peers: what the other side of a measurement does, for ever. */
#include "cost.h"

static void
serve(unsigned int nwords, bool fpu)
{
	uint64_t cap = EP, tag = 0, w = 0, nr = HELIOS_SYS_RECV;

	for (;;) {
		if (cost_syscall(nr, &cap, &tag, &w) != HELIOS_OK)
			helios_panic("serve");
		if (fpu)
			__asm__ volatile("addsd %%xmm0, %%xmm0" : : : "xmm0");
		if (helios_tag_ncaps(tag)) {
			/* The gift is destroyed in a turn of its own. */
			cap = EP;
			tag = helios_tag(0, 0, 0);
			if (cost_syscall(HELIOS_SYS_REPLY_RECV, &cap, &tag,
					&w) != HELIOS_OK)
				helios_panic("serve: after gift");
			helios_destroy(ARRIVED);
		}
		cap = EP;
		tag = helios_tag(0, nwords, 0);
		nr = HELIOS_SYS_REPLY_RECV;
	}
}

static void
pong(void)
{
	uint64_t cap, tag = 0, w = 0;

	for (;;) {
		cap = NOTE_A;
		cost_syscall(HELIOS_SYS_WAIT, &cap, &tag, &w);
		cap = NOTE_B;
		cost_syscall(HELIOS_SYS_SIGNAL, &cap, &tag, &w);
	}
}

static void
waiter(void)
{
	uint64_t cap, tag = 0, w = 0;

	for (;;) {
		cap = NOTE_A;
		cost_syscall(HELIOS_SYS_WAIT, &cap, &tag, &w);
		cost_shared[0] = ticks();
	}
}

static void
yielder(void)
{
	uint64_t cap = 0, tag = 0, w = 0;

	for (;;)
		cost_syscall(HELIOS_SYS_YIELD, &cap, &tag, &w);
}

static void
breaker(void)
{
	for (;;) {
		uint64_t t = ticks();

		__asm__ volatile("int3");
		cost_shared[1] = ticks() - t;
	}
}

static void
toucher(void)
{
	for (;;) {
		uint64_t t = ticks();

		*(volatile char *)cost_shared[2] = 1;
		cost_shared[1] = ticks() - t;
		cost_shared[2] += HELIOS_PAGE_SIZE;
	}
}

static void
fpu(void)
{
	serve(0, true);
}

static void
gift(void)
{
	const helios_cap_t dest = ARRIVED;

	helios_accept(1, &dest);
	serve(0, false);
}

void
cost_role(const char *role)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} roles[] = {
		{ "fpu", fpu }, { "gift", gift }, { "pong", pong },
		{ "waiter", waiter }, { "yield", yielder },
		{ "int3", breaker }, { "touch", toucher },
	};
	unsigned long long n = 0;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(role, roles[i].name))
			roles[i].run();
	if (strncmp(role, "serve", 5) || helios_parse_u64(role + 5, &n))
		helios_panic("cost: no role '%s'", role);
	serve((unsigned int)n, false);
}
