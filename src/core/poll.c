/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Polling: waiting until one of several objects is ready, without taking
 * anything.
 *
 * A woken poller makes its call again and looks for itself.  Objects keep
 * pollers in queues by what they look for, and wake only the first; a poller
 * that leaves a queue whose object is still ready passes the wake-up on.  So
 * each event costs O(1), nobody is woken in vain, and a poller that dies or
 * is suspended between wake-up and look takes no wake-up with it.
 */
#include <stddef.h>

#include <helios/syscall.h>
#include <helios/types.h>

#include <ipc.h>
#include <klog.h>
#include <sched.h>

static unsigned int
readiness(struct object *o)
{
	struct endpoint *e = container_of(o, struct endpoint, obj);
	struct note *n = container_of(o, struct note, obj);

	if (o->type == HELIOS_NOTE)
		return n->bits != 0 ? HELIOS_POLL_RECV : 0;
	return (endpoint_can_recv(e) ? HELIOS_POLL_RECV : 0) |
		(endpoint_can_send(e) ? HELIOS_POLL_SEND : 0);
}

/* Queues are parts of endpoints and notes, which are a slab unit each. */
static struct object *
queue_object(const struct waitq *q)
{
	return (struct object *)((uintptr_t)q & ~(uintptr_t)63);
}

static struct waitq *
queue_for(struct object *o, unsigned int events)
{
	struct endpoint *e = container_of(o, struct endpoint, obj);

	if (o->type == HELIOS_NOTE)
		return &container_of(o, struct note, obj)->pollers;
	if (events == HELIOS_POLL_RECV)
		return &e->pollers;
	return events == HELIOS_POLL_SEND ? &e->send_pollers :
		&e->both_pollers;
}

unsigned int
poll_look(struct poll_entry *entries, unsigned int n)
{
	unsigned int ready = 0;

	for (unsigned int i = 0; i < n; i++) {
		entries[i].revents = readiness(cap_object(entries[i].slot)) &
			entries[i].events;
		ready += entries[i].revents != 0;
	}
	return ready;
}

void
poll_block(struct task *t, const struct poll_entry *entries, unsigned int n,
		uint64_t deadline)
{
	for (unsigned int i = 0; i < n; i++)
		waitq_join(queue_for(cap_object(entries[i].slot),
				entries[i].events),
				&t->waiters[1 + i], t->priority,
				entries[i].slot);
	if (deadline != HELIOS_FOREVER)
		sleep_until(t, deadline);
	t->blocked = BLOCKED_POLL;
	sched_stopped(t);
}

/* Rarely does anybody poll: kept out of the paths of those who do not. */
__attribute__((noinline)) void
poll_wake(struct task *t)
{
	sleep_cancel(t);
	if (t->blocked != BLOCKED_POLL)
		return;
	t->restart = true;
	task_wake(t);
}

void
poll_wake_first(struct waitq *q)
{
	if (!waitq_empty(q))
		poll_wake(waiter_task(q->first));
}

/* Is the object still ready for those who wait in this queue? */
static bool
still_ready(const struct waitq *q)
{
	struct object *o = queue_object(q);
	unsigned int ready = readiness(o);

	for (unsigned int e = HELIOS_POLL_RECV; e <= 3; e++)
		if (q == queue_for(o, e))
			return (ready & e) != 0;
	return false;
}

/* The first of each queue is to look, and that may be another now. */
void
poll_resorted(struct task *t)
{
	for (unsigned int i = 1; i < TASK_WAITERS; i++) {
		struct waitq *q = t->waiters[i].q;

		if (q != NULL && still_ready(q))
			poll_wake_first(q);
	}
}

void
poll_leave(struct task *t)
{
	sleep_cancel(t);
	for (unsigned int i = 1; i < TASK_WAITERS; i++) {
		struct waiter *w = &t->waiters[i];
		struct waitq *q = w->q;
		bool ready;

		if (q == NULL)
			continue;
		ready = still_ready(q);
		waitq_leave(w);
		if (ready)
			poll_wake_first(q);
	}
}
