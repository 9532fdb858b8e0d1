/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: the peer faults and times itself, this thread is its handler.
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

static void
take_peer(const char *role)
{
	cost_shared[0] = cost_shared[1] = 0;
	cost_peer(role, 99);
	cost_check(helios_task_set_fault(peer_task(), FAULT_EP), "set fault");
}

static void
exceptions(void)
{
	uint64_t cap = FAULT_EP, tag = 0, w = 0;
	uint64_t nr = HELIOS_SYS_RECV;

	take_peer("int3");
	for (cost_start(); cost_more(); ) {
		cap = FAULT_EP;
		cost_syscall(nr, &cap, &tag, &w);
		cost_sample(0, cost_shared[1]);
		tag = 0;
		nr = HELIOS_SYS_REPLY_RECV;
	}
	cost_result("exception");
	cost_peer_end();
}

/* Each time another page, so that nothing has to be taken away again. */
static void
pages(void)
{
	static helios_cap_t page[SAMPLES + WARM_UP];
	uint64_t tag = 0, w = 0, cap, nr = HELIOS_SYS_RECV;
	uint64_t at = cost_shared[2] = helios_process.bootinfo->user_limit -
		0x40000000;
	unsigned int i = 0;
	struct helios_raw r;

	cost_check(helios_newpages(SAMPLES + WARM_UP, page), "pages");
	take_peer("touch");
	for (cost_start(); cost_more(); at += HELIOS_PAGE_SIZE, i++) {
		cap = FAULT_EP;
		cost_syscall(nr, &cap, &tag, &w);
		cost_sample(0, cost_shared[1]);
		r = (struct helios_raw){ 0, helios_tag(HELIOS_LABEL(
			HELIOS_VSPACE, HELIOS_VSPACE_MAP), 3, 0), at,
			HELIOS_MAP_W | HELIOS_MAP_FIXED, page[i], 0 };
		if (helios_raw_call(peer_vspace(), &r) != HELIOS_OK)
			helios_panic("cost: map");
		tag = 0;
		nr = HELIOS_SYS_REPLY_RECV;
	}
	cost_result("page-fault");
	cost_peer_end();
	cost_check(helios_destroy_many(SAMPLES + WARM_UP, page), "pages");
}

void
cost_faults(void)
{
	exceptions();
	pages();
}
