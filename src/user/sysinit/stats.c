/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys::stats: what sysinit has, in numbers.  They are the same before and
 * after whatever a program did, once it has ended: that is what tests compare.
 */
#include "sysinit.h"

static ipc_status_t
stats_get(struct ipc_request *rq, void *result, size_t *result_len)
{
	struct helios_memory_info memory;
	struct helios_cspace_info cspace;
	struct helios_counts counts;
	enum helios_status status;

	(void)rq;
	/* What the heap keeps for later is free, too. */
	helios_heap_trim();
	status = helios_memory_info(helios_process.memory, &memory);
	if (!status)
		status = helios_cspace_info(helios_process.cspace, &cspace);
	if (!status)
		status = helios_system_counts(helios_process.system, &counts);
	if (status) {
		say("stats: %s", helios_strerror(status));
		return SYS_STATE;
	}
	const uint64_t words[] = {
		memory.free, cspace.free, handle_count(), counts.tasks,
		counts.endpoints, counts.notes, counts.cspaces,
		counts.vspaces, counts.memories,
	};

	memcpy(result, words, sizeof(words));
	*result_len = sizeof(words);
	return 0;
}

static const struct sys_stats_server server = { .get = stats_get };

void
stats_request(struct ipc_request *rq)
{
	sys_stats_dispatch(&server, rq);
}
