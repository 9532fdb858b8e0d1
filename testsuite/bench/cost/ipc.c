/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages: a call and its reply, of each length, and with a capability. */
#include "cost.h"

static void
round_trips(const char *name, unsigned int words, unsigned int caps,
		bool fpu)
{
	uint64_t t, cap, tag, w = 0;
	const uint64_t sent = helios_tag(0, words, caps);

	helios_ipcbuf()->caps[0] = GIFT;
	for (cost_start(); cost_more(); ) {
		t = ticks();
		cap = EP;
		tag = sent;
		if (cost_syscall(HELIOS_SYS_CALL, &cap, &tag, &w) != HELIOS_OK)
			helios_panic("%s: call", name);
		if (fpu)
			__asm__ volatile("addsd %%xmm0, %%xmm0" : : : "xmm0");
		cost_sample(t, ticks());
		if (caps)
			cost_call(EP, helios_tag(0, 0, 0));
	}
	cost_result("%s", name);
}

void
cost_ipc(void)
{
	static const unsigned int lengths[] = { 0, 1, 4, 5, 8, 16, 32, 64 };
	char name[32], role[32];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		helios_snprintf(role, sizeof(role), "serve%u", lengths[i]);
		cost_peer(role, 100);
		helios_snprintf(name, sizeof(name), "call-%u", lengths[i]);
		round_trips(name, lengths[i], 0, false);
		cost_peer_end();
	}
	cost_peer("fpu", 100);
	round_trips("call-0-fpu", 0, 0, true);
	cost_peer_end();
	cost_peer("gift", 100);
	round_trips("call-0-cap", 0, 1, false);
	cost_peer_end();
}
