/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vulcan: tests of the kernel from user space.
 *
 *	#include "vulcan.h"
 *
 *	TEST(endpoint, order)
 *	{
 *		helios_cap_t ep;
 *
 *		CHECK_OK(helios_newendpoint(&ep));
 *		...
 *	}
 *
 * Each test runs in a thread of its own, named after it, with a Memory of
 * its own in helios_process.memory (VULCAN_PAGES pages, from which threads,
 * heap, helios_mmap and all new objects come).  A supervisor of higher
 * priority watches it: a fault of the test's thread (or of one made with
 * helios_thread_new, unless given another fault endpoint), a failed CHECK in
 * any of its threads, and silence for too long all fail that test alone.
 *
 * Whatever a test leaves behind is cleared away: its Memory is destroyed,
 * slots that were free before are emptied.  After that the free pages and
 * slots of the system must be what they were, and the kernel's own check
 * must find nothing; else the test fails.  Tests need not tidy up, then, but
 * must leave the capabilities alone that were there before.
 *
 * Tests run in file order of the link; none may depend on another.
 */
#ifndef VULCAN_H
#define VULCAN_H

#include <libhelios.h>

#define VULCAN_PAGES	2048ull		/* per test: 8 MiB */
#define VULCAN_TIMEOUT	10000u		/* ms, without --timeout */
#define VULCAN_PRIORITY	100u		/* of a test's first thread */

struct vulcan_test {
	const char *area;
	const char *name;
	const char *file;
	int line;
	void (*run)(void);
};

#define TEST(area_, name_)						\
	static void vulcan_##area_##_##name_(void);			\
	static struct vulcan_test vulcan_test_##area_##_##name_ = {	\
		#area_, #name_, __FILE__, __LINE__,			\
		vulcan_##area_##_##name_				\
	};								\
	static struct vulcan_test *vulcan_entry_##area_##_##name_	\
		__attribute__((section("vulcan_tests"), used)) =	\
		&vulcan_test_##area_##_##name_;				\
	static void vulcan_##area_##_##name_(void)

/*
 * A program of its own for a test to start: Vulcan's image again, in another
 * address space, that runs this instead.  Returns the program's status.
 *
 *	CHILD(echo) { ... return 0; }
 *	TEST(program, echo) { ... vulcan_load_child(&program, "echo"); ... }
 *
 * A child has only what the test gives it and must not use CHECK.
 */
struct vulcan_child {
	const char *name;
	int (*run)(void);
};

#define CHILD(name_)							\
	static int vulcan_child_run_##name_(void);			\
	static struct vulcan_child vulcan_child_##name_ = {		\
		#name_, vulcan_child_run_##name_			\
	};								\
	static struct vulcan_child *vulcan_child_entry_##name_		\
		__attribute__((section("vulcan_children"), used)) =	\
		&vulcan_child_##name_;					\
	static int vulcan_child_run_##name_(void)

/*
 * Fill in image, size and argv of *program and load it (helios_program_load);
 * the rest of the "in" part is the caller's.  The test fails if that fails.
 */
void vulcan_load_child(struct helios_program *program, const char *name);

/* End the test as failed.  In any thread of the test; never returns. */
_Noreturn void vulcan_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* End the test as skipped. */
_Noreturn void vulcan_skip(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void vulcan_check_eq(const char *file, int line, const char *a_text,
		const char *b_text, uint64_t a, uint64_t b);
void vulcan_check_status(const char *file, int line, const char *text,
		enum helios_status found, enum helios_status expected);

/* A comment line in the output, with --verbose or if the test fails. */
void vulcan_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* This test may take so long, counted from its start (scaled as --timeout
 * is when the kernel runs under an instrumenting tool). */
void vulcan_timeout(unsigned int ms);

/* Is a HELIOS_BOOT_* flag set? */
bool vulcan_boot_flag(uint64_t flag);

/* The value of --set=NAME=VALUE, or this one. */
uint64_t vulcan_setting(const char *name, uint64_t otherwise);

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			vulcan_fail(__FILE__, __LINE__, "CHECK(%s)",	\
					#cond);				\
	} while (0)

/* Integers, pointers, enums; compared as 64 bits. */
#define CHECK_EQ(a, b)							\
	vulcan_check_eq(__FILE__, __LINE__, #a, #b, (uint64_t)(a),	\
			(uint64_t)(b))

#define CHECK_STATUS(call, expected)					\
	vulcan_check_status(__FILE__, __LINE__, #call, (call), (expected))

#define CHECK_OK(call)		CHECK_STATUS(call, HELIOS_OK)

/* The status, and then the detail that came with it. */
#define CHECK_ERROR(call, expected, detail)				\
	do {								\
		CHECK_STATUS(call, expected);				\
		vulcan_check_eq(__FILE__, __LINE__,			\
				"detail of " #call, #detail,		\
				helios_detail(), (uint64_t)(detail));	\
	} while (0)

#define FAIL(...)	vulcan_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...)	vulcan_skip(__FILE__, __LINE__, __VA_ARGS__)

#endif
