/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues: by priority, first in first out within one.
 *
 * Waiters of one priority form a ring.  Joining walks the first of rings: one
 * for each 16 priorities, then those of its own 16, so at most 32 whoever
 * waits.  Taking the first is O(1), leaving walks 16 at most.
 *
 * A task has one waiter for send, receive, call and wait, and one for each
 * object it polls.  A waiter is also on the list of the slot it went through,
 * so that revoking that capability finds it.
 */
#ifndef CORE_WAITQ_H
#define CORE_WAITQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cap.h>

struct task;
struct waitq;

#define WAITQ_GROUP	16u	/* priorities; of as many groups */

struct waiter {
	struct waiter *next, *prev;	/* ring of one priority */
	/* Of heads of rings (waitq.c); NULL in others. */
	struct waiter *lower;		/* the next in its group */
	union {
		struct waiter *higher;	/* HEAD: the one before */
		struct waiter *skip;	/* it leads: who leads the next */
	};
	struct waitq *q;		/* NULL: waits nowhere */
	struct slot *via;		/* through this capability; NULL: one
					 * before it in the list knows */
	struct waiter *via_next, *via_prev;
	uint8_t index;			/* in task.waiters */
	uint8_t priority;
	enum { NO_HEAD, HEAD, HEAD_ALONE, HEAD_LEADS } head : 8;
};

struct waitq {
	struct waiter *first;		/* highest priority, longest waiting */
};

static inline bool
waitq_empty(const struct waitq *q)
{
	return q->first == NULL;
}

/* Join q at the task's priority; via may be NULL only for tests. */
void waitq_join(struct waitq *q, struct waiter *w, unsigned int priority,
		struct slot *via);
/* Leave whatever queue; harmless if in none. */
void waitq_leave(struct waiter *w);
/* Its task has this priority from now on; it stays where it waits. */
void waitq_set_priority(struct waiter *w, unsigned int priority);
/* The slot moved: its waiters follow.  (vspace/waiters share a union.) */
void waiters_moved(struct slot *to, struct slot *from);

struct task *waiter_task(const struct waiter *w);

/*
 * What the queue of a server usually is: one waiter, which is also the only
 * one that waits through its capability.  Joining and leaving such a queue
 * comes to a few stores.  A waiter that has joined that way is HEAD_ALONE until
 * another comes to its queue or its capability; then it leads its group.
 */

static inline void
waiter_leave_alone(struct waiter *w)
{
	w->q->first = NULL;
	w->via->waiters = NULL;
	w->head = NO_HEAD;
	w->q = NULL;
	w->via = NULL;
}

/* Nobody is in the queue, and nobody waits through the capability.  The
 * priority is that of the task, which set it when its own was set. */
static inline void
waiter_join_alone(struct waitq *q, struct waiter *w, struct slot *via)
{
	w->q = q;
	w->via = via;
	w->head = HEAD_ALONE;
	q->first = w;
	via->waiters = w;
}

/* Join and leave (a queue that w is in), by the short way if it is that
 * simple. */
static inline void
waitq_wait(struct waitq *q, struct waiter *w, struct slot *via)
{
	if (((uintptr_t)q->first | (uintptr_t)via->waiters) == 0)
		waiter_join_alone(q, w, via);
	else
		waitq_join(q, w, w->priority, via);
}

static inline void
waitq_done(struct waiter *w)
{
	if (w->head == HEAD_ALONE)
		waiter_leave_alone(w);
	else
		waitq_leave(w);
}

bool waitq_valid(const struct waitq *q);	/* for core_check */

#endif
