/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What memory checkers are told.
 *
 * To Valgrind and AddressSanitizer physical memory is one mapping that is
 * always valid.  Core says which of its bytes are alive, so that use after
 * free and overflow of kernel objects are found inside it.
 *
 * Guests live in ranges in which a miss is no error but a page fault to be
 * served, so error reports on addresses there are off.  (Jumps into a hole
 * are reported all the same unless it is marked as defined: see tlb.c.)
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosted.h"

#if defined(HAVE_VALGRIND) || defined(HAVE_VALGRIND_MEMCHECK_H)
#include <valgrind/memcheck.h>
#else
#define RUNNING_ON_VALGRIND	0
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n)	((void)(p), (void)(n))
#define VALGRIND_MAKE_MEM_NOACCESS(p, n)	((void)(p), (void)(n))
#define VALGRIND_MAKE_MEM_DEFINED(p, n)		((void)(p), (void)(n))
#define VALGRIND_STACK_REGISTER(low, high)	((void)(low), (void)(high), 0u)
#define VALGRIND_STACK_DEREGISTER(id)		((void)(id))
#define VALGRIND_DISABLE_ADDR_ERROR_REPORTING_IN_RANGE(p, n) ((void)(p))
#define VALGRIND_ENABLE_ADDR_ERROR_REPORTING_IN_RANGE(p, n) ((void)(p))
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)		((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n)	((void)(p), (void)(n))
#endif

bool
under_valgrind(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

/* Does a debugger trace this process now? */
bool
under_debugger(void)
{
	char line[256];
	bool found = false;
	FILE *f;

	f = fopen("/proc/self/status", "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strncmp(line, "TracerPid:", 10) == 0 &&
			atoi(line + 10) != 0;
	fclose(f);
	return found;
}

void
hal_mem_alive(void *p, size_t len)
{
	ASAN_UNPOISON_MEMORY_REGION(p, len);
	VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}

void
hal_mem_dead(void *p, size_t len)
{
	ASAN_POISON_MEMORY_REGION(p, len);
	VALGRIND_MAKE_MEM_NOACCESS(p, len);
}

void
checker_init(void)
{
	VALGRIND_DISABLE_ADDR_ERROR_REPORTING_IN_RANGE((void *)GUEST_BASE,
		GUEST_END - GUEST_BASE);
}

/* Valgrind complains at exit about ranges that are still disabled. */
void
checker_fini(void)
{
	VALGRIND_ENABLE_ADDR_ERROR_REPORTING_IN_RANGE((void *)GUEST_BASE,
		GUEST_END - GUEST_BASE);
}

/* Without this, switching between stacks that lie close looks like one
 * stack growing over another. */
unsigned int
checker_stack(const void *low, const void *high)
{
	return VALGRIND_STACK_REGISTER(low, high);
}

void
checker_stack_gone(unsigned int id)
{
	VALGRIND_STACK_DEREGISTER(id);
}

void
checker_defined(const void *p, size_t len)
{
	VALGRIND_MAKE_MEM_DEFINED(p, len);
}
