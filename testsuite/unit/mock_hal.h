/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that does what the test says.
 *
 * It implements hal.h for one process and one test: RAM is a mapping, time
 * stands still unless moved, each preemption point can be made to fire, and
 * what core writes, logs and sets is kept.  A panic prints the last log lines
 * and aborts, so that Check reports the test.
 *
 * Under Valgrind and AddressSanitizer the bytes of dead kernel objects are
 * poisoned: use after free is seen inside "physical memory".
 */
#ifndef UNIT_MOCK_HAL_H
#define UNIT_MOCK_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hal.h>
#include <task.h>
#include <vspace.h>

#define MOCK_LOW_BASE	0x100000ull	/* a small range below the hole */
#define MOCK_LOW_SIZE	0x20000ull
#define MOCK_RAM_BASE	0x200000ull
#define MOCK_DEV_BASE	0xfe000000ull
#define MOCK_DEV_SIZE	0x01000000ull
#define MOCK_PHYS_LIMIT	0x1000000000ull	/* 36 bits */
#define MOCK_TAKEN_BASE	0xfd000000ull	/* the HAL keeps it */
#define MOCK_TAKEN_SIZE	0x3000ull
#define MOCK_USER_BASE	0x0000000000400000ull
#define MOCK_USER_LIMIT	0x0000000080000000ull
#define MOCK_IRQS	24u
#define MOCK_TASKS	4096u
#define MOCK_NEVER	(-1l)

struct mock {
	struct hal_range ram[2];
	struct hal_range device[1];

	uint64_t now;
	uint64_t timer;			/* armed deadline */
	unsigned long timers_set;

	/*
	 * Preemption points: the one that finds countdown 0 fires, and with
	 * every > 0 each every-th one after that.
	 */
	long countdown;
	long every;
	bool pending;
	unsigned long asked;		/* points passed so far */
	unsigned long fired;

	/* How many more calls of the init functions succeed. */
	long task_inits, vspace_inits;
	struct task *tasks[MOCK_TASKS];	/* alive for the HAL */
	unsigned int ntasks, nvspaces;
	unsigned long mapped_bytes, flushed_bytes;

	uint64_t masked;		/* bit per interrupt */
	uint32_t port_value;		/* read, or last written */
	uint16_t port_last;

	char console[65536];		/* what writecons wrote */
	size_t console_len;
	size_t console_shown;		/* one byte in each step */
	char log[8][256];		/* the last lines */
	unsigned int nlog;		/* lines logged so far */
	bool quiet;			/* a panic is expected: print nothing */
};

extern struct mock mock;

/* A machine with this much RAM above the hole; all memory zero. */
void mock_init(uint64_t ram_size);

/* Fire at the n-th preemption point from now (0: the next), then at each
 * every-th after it (0: once only). */
void mock_preempt(long n, long every);
void mock_preempt_off(void);

/* Does the HAL know this task? */
bool mock_task_alive(const struct task *t);

/* The last line logged, and the one i before it; "" if there is none. */
const char *mock_log_line(unsigned int i);

/* Do we run under Valgrind? */
bool mock_is_slow(void);

#endif
