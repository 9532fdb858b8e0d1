/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The peers: what the other side of a measurement does, for ever.  Their
 * loops are part of what is measured, so there is nothing in them that could
 * stand elsewhere.
 */
#include "cost.h"

static inline __attribute__((always_inline)) void
serve(unsigned int nwords, bool fpu)
{
	const uint64_t tag = helios_tag(0, nwords, 0);
	uint64_t w[4] = { 0, 0, 0, 0 };
	uint64_t status = cost_words(HELIOS_SYS_RECV, EP, 0, w);

	while (status == HELIOS_OK) {
		if (fpu)
			__asm__ volatile("addsd %%xmm0, %%xmm0" : : : "xmm0");
		status = cost_words(HELIOS_SYS_REPLY_RECV, EP, tag, w);
	}
	helios_panic("cost: serve: status %lu", status);
}

static void
fpu(void)
{
	serve(0, true);
}

/*
 * In turn: a call with a capability, which is to have arrived, and one in
 * which the slot is emptied again.
 */
static void
gift(void)
{
	const helios_cap_t dest = ARRIVED;
	uint64_t status;

	helios_accept(1, &dest);
	status = cost_syscall(HELIOS_SYS_RECV, EP, 0);
	while (status == HELIOS_OK) {
		status = cost_syscall(HELIOS_SYS_REPLY_RECV, EP, 0);
		if (status != HELIOS_OK)
			break;
		cost_check(helios_destroy(ARRIVED), "what arrived");
		status = cost_syscall(HELIOS_SYS_REPLY_RECV, EP, 0);
	}
	helios_panic("cost: gift: status %lu", status);
}

static void
pong(void)
{
	for (;;) {
		cost_wait(NOTE_A);
		cost_signal(NOTE_B);
	}
}

static void
waiter(void)
{
	for (;;) {
		cost_wait(NOTE_A);
		cost_shared[0] = ticks();
	}
}

static void
yielder(void)
{
	for (;;)
		cost_syscall(HELIOS_SYS_YIELD, 0, 0);
}

/* The handler takes the sample, and says when the next may begin. */
static void
hand_over(uint64_t start, uint64_t end)
{
	cost_shared[0] = start;
	cost_shared[1] = end;
	if (cost_syscall(HELIOS_SYS_CALL, FAULT_EP, 0) != HELIOS_OK)
		helios_panic("cost: hand over");
}

/* Each sample executes another invalid opcode, which the handler mends. */
static void
breaker(void)
{
	uint8_t *at = cost_code;

	for (hand_over(0, 0); ; at += 3) {
		uint64_t end, t = ticks();

		__asm__ volatile("call *%0" : : "r"(at) : "memory");
		end = ticks();
		hand_over(t, end);
	}
}

static void
toucher(void)
{
	volatile char *at = (volatile char *)cost_shared[2];

	for (hand_over(0, 0); ; at += HELIOS_PAGE_SIZE) {
		uint64_t end, t = ticks();

		*at = 1;
		end = ticks();
		hand_over(t, end);
	}
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
		{ "invalid", breaker }, { "touch", toucher },
	};
	unsigned long long n = 0;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (!strcmp(role, roles[i].name))
			roles[i].run();
	if (strncmp(role, "serve", 5) || helios_parse_u64(role + 5, &n))
		helios_panic("cost: no role '%s'", role);
	serve((unsigned int)n, false);
}
