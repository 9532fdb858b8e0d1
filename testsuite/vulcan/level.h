/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of its Memory and its slots a test uses: for tests that something
 * gives everything back.
 */
#ifndef VULCAN_LEVEL_H
#define VULCAN_LEVEL_H

#include "vulcan.h"

struct level {
	struct helios_memory_info memory;
	struct helios_cspace_info cspace;
};

static inline void
level(struct level *out)
{
	helios_heap_trim();
	CHECK_OK(helios_memory_info(helios_process.memory, &out->memory));
	CHECK_OK(helios_cspace_info(helios_process.cspace, &out->cspace));
}

static inline void
check_level(const struct level *before)
{
	struct level now;

	level(&now);
	CHECK_EQ(now.memory.free, before->memory.free);
	CHECK_EQ(now.memory.objects, before->memory.objects);
	CHECK_EQ(now.cspace.free, before->cspace.free);
	CHECK_EQ(now.cspace.dead, before->cspace.dead);
}

#endif
