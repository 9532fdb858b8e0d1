/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages: a call and its reply, of each length, and with a capability. */
#include "cost.h"

/*
 * The words in registers go and come back; those in the IPC buffer stay where
 * they are.  Capabilities: the peer empties the slot in a second call.
 */
static inline __attribute__((always_inline)) void
round_trips(const char *name, unsigned int words, unsigned int caps, bool fpu)
{
	uint64_t t, end, status, w[4] = { 1, 2, 3, 4 };
	const uint64_t tag = helios_tag(0, words, caps);

	helios_ipcbuf()->caps[0] = GIFT;
	for (cost_start("%s", name); cost_more(); ) {
		cost_mark();
		t = ticks();
		status = cost_words(HELIOS_SYS_CALL, EP, tag, w);
		if (fpu)
			__asm__ volatile("addsd %%xmm0, %%xmm0" : : : "xmm0");
		end = ticks();
		if (status != HELIOS_OK)
			helios_panic("cost: %s: status %lu", name, status);
		cost_sample(t, end);
		if (caps && cost_syscall(HELIOS_SYS_CALL, EP, 0) != HELIOS_OK)
			helios_panic("cost: %s: second call", name);
	}
	cost_result();
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
