/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What memory checkers are told.
 *
 * To Valgrind and AddressSanitizer physical memory is one mapping that is
 * always valid.  Core says which of its bytes are alive, so that use after
 * free and overflow of kernel objects are found inside it.
 *
 * Error reports are off while a guest runs: there a bad address is a page
 * fault to be served, or to be told to a supervisor.
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
#define VALGRIND_STACK_REGISTER(low, high) ((void)(low), (void)(high), 0u)
#define VALGRIND_STACK_DEREGISTER(id)		((void)(id))
#define VALGRIND_DISABLE_ERROR_REPORTING	((void)0)
#define VALGRIND_ENABLE_ERROR_REPORTING		((void)0)
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

/* Asked at each entry and exit: a branch is cheaper than the sequence of
 * instructions that Valgrind knows its requests by. */
static bool valgrind;

void
checker_init(void)
{
	valgrind = RUNNING_ON_VALGRIND != 0;
}

bool
under_valgrind(void)
{
	return valgrind;
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

/*
 * Valgrind registers the stack of each new thread, and takes the first large
 * frame after a change of threads for a switch of stacks: it then leaves the
 * frame marked as dead.  One stack that covers them all, and is registered
 * last so that it is found first, has no switches.  (Those to guest stacks
 * are too far for a mistake.)  Each thread calls this when it starts.
 */
void
checker_stacks(const void *low, const void *high)
{
	static unsigned int id;
	static bool registered;

	if (!under_valgrind())
		return;
	if (registered)
		VALGRIND_STACK_DEREGISTER(id);
	id = VALGRIND_STACK_REGISTER(low, high);
	registered = true;
}

/*
 * What a guest does is between it and its supervisor: wild pointers are page
 * faults, uninitialised values its own affair.  Its registers are data.
 */
void
checker_guest_left(struct helios_regs *regs)
{
	if (!valgrind)
		return;
	VALGRIND_ENABLE_ERROR_REPORTING;
	VALGRIND_MAKE_MEM_DEFINED(regs, sizeof(*regs));
}

void
checker_guest_runs(struct host_thread *th)
{
	atomic_store_explicit(&th->released, 1, memory_order_release);
	if (!valgrind)
		return;
	VALGRIND_DISABLE_ERROR_REPORTING;
}

void
checker_defined(const void *p, size_t len)
{
	VALGRIND_MAKE_MEM_DEFINED(p, len);
}
