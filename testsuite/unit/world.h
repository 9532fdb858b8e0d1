/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A booted kernel, driven through its system calls.
 *
 * A test names the task that makes a call; the world has the others yield
 * until that task is current, puts the arguments into its registers, enters
 * core, and enters again for the interrupts the mock made pending, until the
 * call is done: the task runs again or is blocked, and all that it had to
 * take apart is gone.  While a preempted call stands still, `outsider` may
 * run something as another task.
 */
#ifndef UNIT_WORLD_H
#define UNIT_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <helios/bootinfo.h>
#include <helios/error.h>
#include <helios/message.h>
#include <helios/object.h>
#include <helios/syscall.h>

#include "mock_hal.h"

#define UNDEF	HELIOS_CADDR_UNDEF

struct world {
	struct task *init;
	const struct helios_bootinfo *info;

	/* The last system call */
	uint64_t status, detail, badge, tag;
	uint64_t out[HELIOS_MSG_WORDS];	/* words of its result */
	unsigned int nout;
	unsigned long entries;		/* times core was entered for it */

	/* Called with the task that is current while a call stands still;
	 * NULL: it yields. */
	void (*outsider)(struct task *current);
	bool check_always;		/* core_check after each call */
};

extern struct world world;

/* A machine with this much RAM, booted up to init's first instruction. */
void world_boot(uint64_t ram_size);

/* Make this task the current one.  False: it cannot run. */
bool world_switch(struct task *t);

/* Any system call; the words are the four register words.  Returns the
 * status, also in world.status.  If the task blocked, status is ~0. */
#define BLOCKED_STATUS	(~0ull)
uint64_t sys(struct task *t, unsigned int nr, uint64_t rdi, uint64_t rsi,
		const uint64_t *words);

/* The outputs of t's last call, from its registers and buffer. */
void world_collect(struct task *t);

/* A kernel operation: CALL with words; results in world.out. */
uint64_t invoke_words(struct task *t, uint64_t caddr, unsigned int type,
		unsigned int op, unsigned int n, const uint64_t *words);
#define kop(t, caddr, type, op, ...) \
	invoke_words((t), (caddr), (type), (op), \
		sizeof((uint64_t[]){ 0, ##__VA_ARGS__ }) / 8 - 1, \
		(uint64_t[]){ 0, ##__VA_ARGS__ } + 1)

/* The usual operations; each ends the test if it fails. */
helios_cap_t must_alloc(struct task *t, uint64_t memory, uint64_t type,
		uint64_t size);
helios_cap_t must_copy(struct task *t, uint64_t to, uint64_t from,
		uint64_t slot, unsigned int rights);
helios_cap_t must_mint(struct task *t, uint64_t to, uint64_t from,
		uint64_t slot, unsigned int rights, uint64_t badge);
void must_destroy(struct task *t, uint64_t cspace, uint64_t slot);
void must_revoke(struct task *t, uint64_t cspace, uint64_t slot);

/* Of init's own CSpace: */
struct slot *init_slot(uint64_t caddr);
void *init_object(uint64_t caddr);

/*
 * A new task, with its own CSpace of 2^radix slots (cspace UNDEF) or the one
 * given, init's VSpace and a buffer page of its own; resumed.  It may be
 * switched to but has no code: the test is its program.
 */
struct task *make_task(uint64_t memory, uint64_t cspace, unsigned int radix);

/* The caddrs in init's table that make_task used last. */
struct made_task {
	helios_cap_t task, cspace, page;
};
extern struct made_task made;

#endif
