/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: 256 priorities, round robin within one, preemptive,
 * tickless.
 *
 * The current task is on no run queue while it runs.  Whatever makes a task
 * runnable calls sched_ready; whatever stops one calls sched_stopped.  The
 * choice is made once, at the end of each kernel entry, by core_exit.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include <list.h>
#include <tree.h>

struct task;

/* Per processor; one, for now.  Core runs under one lock. */
struct cpu {
	struct task *current;		/* NULL: idle, or it is gone */
	struct task *last;		/* ran last; NULL: it is gone */
	bool worked;			/* part of a call, in this entry */
	bool timed;			/* now is of this entry */
	bool look;			/* core_exit has something to decide */
	struct task *next;		/* made ready in this entry, on no queue
					 * yet: the last of its priority */
	uint64_t bits[4];		/* priorities with a queue */
	unsigned int words;		/* of bits, those not 0 */
	struct list queue[256];
	uint64_t now;			/* hal_now, of the last reading */
	uint64_t charged;		/* current's time is paid up to here */
	uint64_t slice_end;		/* of current */
	uint64_t armed;			/* the timer; 0: not known */
};
extern struct cpu cpu0;
extern struct tree sleepers;
extern uint64_t sched_slice_ns;

void sched_init(uint64_t slice_ns);
void sched_ready(struct task *t);	/* runnable now: to a queue's end */
void sched_stopped(struct task *t);	/* not runnable: off its queue */
void sched_give_way(void);			/* current to the end of its queue */
void sched_set_priority(struct task *t, unsigned int priority);

/*
 * Start of a kernel entry that no system call made: read the clock, charge,
 * wake sleepers due.  A system call begins without: it reads the clock when
 * it needs to know the time (sched_now), or when it switches.
 */
void sched_enter(void);
uint64_t sched_now(void);

/* Something has changed that may change who runs next, or when the timer
 * has to come: without this core_exit goes on with the current task. */
static inline void
sched_look(void)
{
	cpu0.look = true;
}

/*
 * End of every kernel entry: choose; make a restarted call, drain what the
 * task must reap; arm the timer.  Returns whom the HAL resumes.
 */
struct task *core_exit(void);

void sleep_until(struct task *t, uint64_t deadline);
void sleep_cancel(struct task *t);

#endif
