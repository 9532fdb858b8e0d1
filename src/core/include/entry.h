/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_ENTRY_H
#define CORE_ENTRY_H

#include <check.h>

/* Every so many system calls debug builds verify every kernel invariant. */
static inline void
check_now_and_then(void)
{
#ifdef HELIOS_DEBUG
	static unsigned int calls;

	if (core_check_interval == 0 || ++calls < core_check_interval)
		return;
	calls = 0;
	core_check();
#endif
}

#endif
