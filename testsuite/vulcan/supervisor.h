/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between Vulcan's two halves: the one that runs a test and survives it, and
 * the one that chooses tests and prints results.
 */
#ifndef VULCAN_SUPERVISOR_H
#define VULCAN_SUPERVISOR_H

#include "vulcan.h"

/* CLAIMED: a thread has decided, and is writing down why. */
enum verdict { NONE, CLAIMED, PASSED, FAILED, SKIPPED };

/* Valid until the next test. */
struct report {
	const char *text;		/* why it failed or was skipped */
	const char *leak;		/* what is not as before; "": nothing */
	const char *notes;
	uint64_t ns;
};

/* Once, before the first test. */
void supervisor_set_up(void);

/* Run a test to its verdict (PASSED, FAILED or SKIPPED) and clear it away. */
enum verdict supervisor_run(const struct vulcan_test *test,
		uint64_t timeout_ms, struct report *report);

/*
 * For programs that are not init: what else must be the same after a test as
 * before.  Both are optional, and called between tests.
 */
#define VULCAN_WORLD	16u

struct vulcan_world {
	unsigned int count;
	const char *names[VULCAN_WORLD];
	uint64_t values[VULCAN_WORLD];
};

/* Once, as long as the program's own Memory is the one in use. */
void vulcan_world_set_up(void) __attribute__((weak));
/* *out is zeroed. */
void vulcan_world_measure(struct vulcan_world *out) __attribute__((weak));

/* A child is told what it is by this option and its name. */
#define VULCAN_CHILD_OPTION	"--child"

int child_main(const char *name);

#endif
