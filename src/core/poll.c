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
readiness(const struct slot *s)
{
	const struct endpoint *e;
	const struct note *n;

	if (cap_type(s) == HELIOS_NOTE) {
		n = cap_object(s);
		return n->bits != 0 ? HELIOS_POLL_RECV : 0;
	}
	e = cap_object(s);
	return (endpoint_can_recv(e) ? HELIOS_POLL_RECV : 0) |
		(endpoint_can_send(e) ? HELIOS_POLL_SEND : 0);
}

static struct waitq *
queue_for(const struct slot *s, unsigned int events)
{
	struct endpoint *e;

	if (cap_type(s) == HELIOS_NOTE)
		return &((struct note *)cap_object(s))->pollers;
	e = cap_object(s);
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
		entries[i].revents = readiness(entries[i].slot) &
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
		waitq_join(queue_for(entries[i].slot, entries[i].events),
				&t->waiters[1 + i], t->priority,
				entries[i].slot);
	if (deadline != HELIOS_FOREVER)
		sleep_until(t, deadline);
	t->blocked = BLOCKED_POLL;
	sched_stopped(t);
}

void
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
still_ready(const struct waitq *q, const struct slot *via)
{
	unsigned int ready = readiness(via);

	for (unsigned int e = HELIOS_POLL_RECV; e <= 3; e++)
		if (q == queue_for(via, e))
			return (ready & e) != 0;
	return false;
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
		ready = still_ready(q, w->via);
		waitq_leave(w);
		if (ready)
			poll_wake_first(q);
	}
}
