/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notes: a word of bits that signals are ORed into and one waiter takes.
 * Bits and somebody waiting for them never stand together: whichever comes
 * second is the delivery.  Pollers only look.
 */
#include <stddef.h>

#include <helios/message.h>

#include <ipc.h>
#include <klog.h>
#include <memory.h>
#include <sched.h>

struct note *
note_create(struct memory *m)
{
	struct note *n = slab_alloc(m, sizeof(*n));

	if (n != NULL)
		object_init(&n->obj, HELIOS_NOTE, m);
	return n;
}

void
note_destroy(struct note *n)
{
	kassert(waitq_empty(&n->waiters) && waitq_empty(&n->pollers));
	kassert(n->bound == NULL);
	object_fini(&n->obj);
	slab_free(n);
}

__attribute__((noinline)) void
note_deliver(struct note *n)
{
	struct task *t = n->bound;

	if (n->bits == 0)
		return;
	if (t == NULL || t->blocked != BLOCKED_RECV) {
		poll_wake_first(&n->pollers);
		return;
	}
	message_deliver(t, 0, HELIOS_TAG_NOTE, &n->bits, 1);
	n->bits = 0;
	waitq_done(&t->waiters[WAITER_MAIN]);
	task_wake(t);
}

void
note_signal(struct note *n, uint64_t bits)
{
	struct waiter *w = n->waiters.first;
	struct task *t;

	if (w == NULL) {
		n->bits |= bits;
		note_deliver(n);
		return;
	}
	/* Somebody waits: there are no bits yet, and these are its result. */
	t = waiter_main_task(w);
	t->regs.rdx = bits;
	t->regs.rax = HELIOS_OK;
	waitq_done(w);
	task_wake(t);
}

void
note_send(struct slot *s)
{
	note_signal(cap_object(s), s->word != 0 ? s->word : 1);
}

struct result
note_wait(struct task *t, struct slot *s, bool block)
{
	struct note *n = cap_object(s);

	/* Does it belong to another task's RECV? */
	if (__builtin_expect(n->bound != NULL, false) && n->bound != t)
		return user_error(HELIOS_BUSY, task_id(n->bound),
				"the note is bound to task '%s', which alone "
				"may wait on it", n->bound->name);
	if (n->bits != 0) {
		t->regs.rdx = n->bits;
		n->bits = 0;
		return RESULT_OK;
	}
	if (!block)
		return (struct result){ HELIOS_WOULD_BLOCK, 0 };
	t->blocked = BLOCKED_NOTE;
	waitq_wait(&n->waiters, &t->waiters[WAITER_MAIN], s);
	sched_look();		/* it is on no run queue: it runs */
	return result_blocked();
}
