/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints: rendezvous of senders and receivers.
 *
 * An endpoint keeps no message.  Whoever comes first waits in the queue,
 * what it is sending or accepting staying in its registers and buffer, and
 * whoever comes second makes the transfer (message.c).
 *
 * A message that its receiver cannot take is its sender's failure, and the
 * receiver goes on waiting: else any client could make a server's RECV fail.
 */
#include <stddef.h>

#include <hal.h>
#include <helios/types.h>

#include <ipc.h>
#include <klog.h>
#include <memory.h>
#include <sched.h>

struct endpoint *
endpoint_create(struct memory *m)
{
	struct endpoint *e = slab_alloc(m, sizeof(*e));

	if (e != NULL)
		object_init(&e->obj, HELIOS_ENDPOINT, m);
	return e;
}

void
endpoint_destroy(struct endpoint *e)
{
	kassert(waitq_empty(&e->queue) && waitq_empty(&e->pollers) &&
		waitq_empty(&e->send_pollers) &&
		waitq_empty(&e->both_pollers));
	object_fini(&e->obj);
	slab_free(e);
}

bool
endpoint_can_recv(const struct endpoint *e)
{
	return !waitq_empty(&e->queue) && !e->receivers;
}

bool
endpoint_can_send(const struct endpoint *e)
{
	return !waitq_empty(&e->queue) && e->receivers;
}

static void
block_on(struct task *t, struct slot *s, bool receiving)
{
	struct endpoint *e = cap_object(s);

	t->blocked = receiving ? BLOCKED_RECV : BLOCKED_SEND;
	e->receivers = receiving;
	waitq_wait(&e->queue, &t->waiters[WAITER_MAIN], s);
	sched_stopped(t);
	poll_wake_first(receiving ? &e->send_pollers : &e->pollers);
	poll_wake_first(&e->both_pollers);
}

/* The message of from has arrived; to owes it a reply, unless it was a
 * plain one. */
static void
pair(struct task *from, struct task *to)
{
	if (from->sending == SENDING_MESSAGE)
		return;
	from->blocked = from->sending == SENDING_FAULT ? BLOCKED_FAULT :
		BLOCKED_CALL;
	from->replier = to;
	from->reply_slot = NULL;
	to->caller = from;
	sched_stopped(from);
}

static void
receiver_done(struct task *to)
{
	waitq_done(&to->waiters[WAITER_MAIN]);
	task_wake(to);
}

struct result
endpoint_send(struct task *t, struct slot *s, bool call, bool block)
{
	struct endpoint *e = cap_object(s);
	struct result r = message_check(t, cap_rights(s), NULL);
	struct task *to;

	if (r.status != HELIOS_OK)
		return r;
	/* Would it have to wait, and may it? */
	if (!block && !endpoint_can_send(e))
		return (struct result){ HELIOS_WOULD_BLOCK, 0 };
	t->sending = call ? SENDING_CALL : SENDING_MESSAGE;
	t->badge = s->word;
	t->via_rights = (uint8_t)cap_rights(s);
	if (!endpoint_can_send(e)) {
		block_on(t, s, false);
		return result_blocked();
	}
	to = waiter_main_task(e->queue.first);
	r = message_transfer(t, to, t->badge);
	if (r.status != HELIOS_OK)
		return r;
	receiver_done(to);
	pair(t, to);
	return call ? result_blocked() : RESULT_OK;
}

void
endpoint_send_fault(struct task *t)
{
	struct slot *s = &t->slots[SLOT_FAULT];
	struct endpoint *e = cap_object(s);
	struct task *to;

	t->sending = SENDING_FAULT;
	t->badge = s->word;
	t->via_rights = 0;
	if (!endpoint_can_send(e)) {
		block_on(t, s, false);
		return;
	}
	to = waiter_main_task(e->queue.first);
	message_deliver(to, t->badge, HELIOS_TAG_FAULT, t->fault.words,
			t->fault.nwords);
	receiver_done(to);
	pair(t, to);
}

/* Check and transfer what a queued sender has. */
static struct result
take_from(struct task *from, struct task *to)
{
	struct call_context saved = call_context;
	struct result r;

	if (from->sending == SENDING_FAULT) {
		message_deliver(to, from->badge, HELIOS_TAG_FAULT,
				from->fault.words, from->fault.nwords);
		return RESULT_OK;
	}
	/* Its slots may have changed since it was queued; and it is the one
	 * who made the mistake, if there is one. */
	call_context_set((struct call_context){ .task = from->name,
		.call = "SEND (queued)", .slot = from->regs.rdi });
	r = message_check(from, from->via_rights, NULL);
	if (r.status == HELIOS_OK)
		r = message_transfer(from, to, from->badge);
	call_context_set(saved);
	return r;
}

static void
sender_done(struct task *from, struct task *to)
{
	waitq_done(&from->waiters[WAITER_MAIN]);
	if (from->sending != SENDING_MESSAGE) {
		pair(from, to);
		return;
	}
	task_set_result(from, RESULT_OK);
	task_wake(from);
}

/* The bits of the bound note, if it has any. */
static bool
recv_note(struct task *t)
{
	struct note *n = task_bound_note(t);

	if (n == NULL || n->bits == 0)
		return false;
	reply_drop(t);
	message_deliver(t, 0, HELIOS_TAG_NOTE, &n->bits, 1);
	n->bits = 0;
	return true;
}

struct result
endpoint_recv(struct task *t, struct slot *s, bool block)
{
	struct endpoint *e = cap_object(s);

	if (recv_note(t))
		return RESULT_OK;
	while (endpoint_can_recv(e)) {
		struct task *from = waiter_main_task(e->queue.first);
		struct result r = take_from(from, t);

		if (r.status == HELIOS_OK) {
			/* Only now: until here the call could fail. */
			reply_drop(t);
			sender_done(from, t);
			return RESULT_OK;
		}
		task_unblock(from, r);
		if (hal_irq_pending())
			return result_preempted();
	}
	if (!block)
		return (struct result){ HELIOS_WOULD_BLOCK, 0 };
	reply_drop(t);
	block_on(t, s, true);
	return result_blocked();
}

bool
waiters_revoke_one(struct slot *s)
{
	struct waiter *w = s->waiters;
	struct task *t;

	if (w == NULL)
		return false;
	t = waiter_task(w);
	if (w->index == WAITER_MAIN) {
		task_unblock(t, (struct result){ HELIOS_REVOKED,
				t->regs.rdi });
		return true;
	}
	if (t->blocked == BLOCKED_POLL) {
		task_unblock(t, (struct result){ HELIOS_REVOKED,
				w->index - 1u });
		return true;
	}
	/* Woken already: it will see for itself. */
	poll_leave(t);
	return true;
}
