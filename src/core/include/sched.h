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

#include <hal.h>

#include <list.h>
#include <task.h>
#include <tree.h>

/* What core_exit has to look at (cpu.look). */
#define LOOK_RUN	1u	/* who runs next may have changed */
#define LOOK_TIMER	2u	/* the timer may have to come earlier */
#define LOOK_YIELD	4u	/* the current task's slice is over */
#define LOOK_REAP	8u	/* there are orphans: each look reaps some */

#define READY_WORDS	0x0fu
#define READY_NEXT	0x10u
#define READY_HELP	0x20u

/* What is known of the entry under way (cpu.entry). */
#define ENTRY_WORKED	1u	/* part of a call is done */
#define ENTRY_TIMED	2u	/* cpu.now is of this entry */

/* Per processor; one, for now.  Core runs under one lock. */
struct cpu {
	struct task *current;		/* NULL: idle, or it is gone */
	struct task *last;		/* current is NULL: ran last, or NULL */
	struct task *next;		/* ready, but on no queue: the last of
					 * its priority */
	unsigned int look;		/* LOOK_*; 0: current goes on */
	unsigned int ready;		/* which of bits are not 0; READY_NEXT:
					 * next is not NULL; READY_HELP: no
					 * task, but a preempted revoke that
					 * others help first */
	uint64_t bits[4];		/* priorities with a queue */
	unsigned int entry;		/* ENTRY_*, of this entry */
	uint64_t now;			/* hal_now, of the last reading */
	uint64_t since;			/* hal_cycles: current runs since */
	uint64_t armed;			/* the timer; 0: not known */
	bool ticking;			/* not later than a slice ends */
	struct list queue[256];
};
extern struct cpu cpu0;
extern struct tree sleepers;
extern uint64_t sched_slice_ns;

void sched_init(uint64_t slice_ns);
void sched_ready(struct task *t);	/* runnable now: to a queue's end */
void sched_woken(struct task *t);	/* the same of what is on none */
void sched_stopped(struct task *t);	/* not runnable: off its queue */
void sched_give_way(void);			/* current to the end of its queue */
void sched_set_priority(struct task *t, unsigned int priority);

/* Start of a kernel entry.  None begins with the time: it is read by who
 * needs to know it. */
static inline void
sched_enter(bool worked)
{
	cpu0.entry = worked ? ENTRY_WORKED : 0;
}
uint64_t sched_now(void);

/* The armed time has come: wake sleepers due, end the slice if it is over. */
void sched_timer(void);

/* Something has changed that may change who runs next: without this core_exit
 * goes on with the current task. */
static inline void
sched_look(void)
{
	cpu0.look |= LOOK_RUN;
}

/* The highest priority on the run queues; -1: they are empty. */
static inline int
sched_highest(void)
{
	unsigned int words = cpu0.ready & READY_WORDS;
	int word;

	if (words == 0)
		return -1;
	word = 31 - __builtin_clz(words);
	return word * 64 + 63 - __builtin_clzll(cpu0.bits[word]);
}

/* Do preempted revokes wait for help?  Nothing is handed over meanwhile. */
void sched_need_help(bool need);

/* The current task stops.  If t, which it wakes, is runnable then, is it
 * certain to run next? */
bool sched_is_above(const struct task *t);
static inline bool
sched_is_best(const struct task *t)
{
	return cpu0.ready == 0 || sched_is_above(t);
}

/* The processor goes from one task to another; NULL: it is, or goes, idle. */
static inline __attribute__((always_inline)) void
sched_switch(struct task *from, struct task *to)
{
	uint64_t cycles = hal_cycles();

	if (from != NULL)
		from->cpu_time += cycles;
	if (to != NULL)
		to->cpu_time -= cycles;
	cpu0.since = cycles;
	cpu0.current = to;
	if (to == NULL)
		cpu0.last = from;
}

/* From has stopped, and woken to, which is best: what sched_ready and
 * core_exit come to then. */
static inline __attribute__((always_inline)) void
sched_hand_over(struct task *from, struct task *to)
{
	to->slice_left = 0;
	sched_switch(from, to);
}

/*
 * End of every kernel entry: choose; make a restarted call, drain what the
 * task must reap; arm the timer.  Returns whom the HAL resumes.
 */
__attribute__((noinline)) struct task *sched_choose(void);
/* The same, whatever is ready; sched_choose has a short way for two.
 * testsuite/unit/test_fastpath.c compares them. */
__attribute__((noinline)) struct task *sched_choose_of_all(void);
static inline __attribute__((always_inline)) struct task *
core_exit(void)
{
	return cpu0.look == 0 ? cpu0.current : sched_choose();
}

void sleep_until(struct task *t, uint64_t deadline);
void sleep_cancel(struct task *t);

#endif
