/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core_check verifies every invariant the kernel relies on and panics with
 * the one that is broken.  Returns the objects seen.
 */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#include <stdint.h>

uint64_t core_check(void);

/*
 * Debug builds check after every so many system calls: looking at every
 * object there is after each call would make the kernel quadratic.  1 checks
 * after each (for tests), 0 never.
 */
extern unsigned int core_check_interval;

#endif
