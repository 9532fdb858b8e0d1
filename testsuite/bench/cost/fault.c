/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: the peer faults and times itself, this thread is its handler.  Each
 * time another instruction, or another page, so that nothing has to be taken
 * back in between.  After each sample the peer calls, and waits for the answer
 * before the next: so what is done with a sample is not part of another.
 *
 * The peer is of a lower priority: it runs when this thread waits.
 */
#include "cost.h"

static helios_cap_t
peer_task(void)
{
	return cost_other ? cost_peer_program()->task :
		helios_thread_task(cost_peer_thread());
}

static helios_cap_t
peer_vspace(void)
{
	return cost_other ? cost_peer_program()->vspace :
		helios_process.vspace;
}

/* It is there when its first call is. */
static void
take_peer(const char *role)
{
	uint64_t status;

	cost_shared[0] = cost_shared[1] = 0;
	cost_peer(role, 99);
	cost_check(helios_task_set_fault(peer_task(), FAULT_EP), "set fault");
	status = cost_syscall(HELIOS_SYS_RECV, FAULT_EP, 0);
	if (status != HELIOS_OK)
		helios_panic("cost: %s: status %lu", role, status);
}

/* At once the answer to a fault or call and the wait for the next. */
static inline void
answer(void)
{
	uint64_t status = cost_syscall(HELIOS_SYS_REPLY_RECV, FAULT_EP, 0);

	if (status != HELIOS_OK)
		helios_panic("cost: answer: status %lu", status);
}

/* "ud2; ret", and what the handler makes of the former: a nop as long. */
static const uint8_t invalid[3] = { 0x0f, 0x0b, 0xc3 };
#define NOP_2	0x9066u

_Static_assert((SAMPLES + WARM_UP) * sizeof(invalid) <= HELIOS_PAGE_SIZE,
	"one invalid opcode each");

static void
exceptions(void)
{
	uint8_t *at = cost_code_writable;
	unsigned int i;

	for (i = 0; i < SAMPLES + WARM_UP; i++)
		memcpy(at + 3 * i, invalid, 3);
	take_peer("invalid");
	for (cost_start("exception"); cost_more(); at += 3) {
		cost_mark();
		answer();
		*(volatile uint16_t *)at = NOP_2;
		answer();
		cost_sample(cost_shared[0], cost_shared[1]);
	}
	cost_result();
	cost_peer_end();
}

static void
pages(void)
{
	static helios_cap_t page[SAMPLES + WARM_UP];
	helios_cap_t vspace;
	uint64_t at = cost_shared[2] = helios_process.bootinfo->user_limit -
		0x40000000;
	unsigned int i = 0;

	cost_check(helios_newpages(SAMPLES + WARM_UP, page), "pages");
	take_peer("touch");
	vspace = peer_vspace();
	for (cost_start("page-fault"); cost_more(); at += HELIOS_PAGE_SIZE) {
		helios_cap_t now = page[i++];
		uint64_t status;

		cost_mark();
		answer();
		status = cost_invoke(vspace, HELIOS_LABEL(HELIOS_VSPACE,
			HELIOS_VSPACE_MAP), 3, at, HELIOS_MAP_W |
			HELIOS_MAP_FIXED, now, 0);
		if (status != HELIOS_OK)
			helios_panic("cost: map: status %lu", status);
		answer();
		cost_sample(cost_shared[0], cost_shared[1]);
	}
	cost_result();
	cost_peer_end();
	cost_check(helios_destroy_many(SAMPLES + WARM_UP, page), "pages");
}

void
cost_faults(void)
{
	exceptions();
	pages();
}
