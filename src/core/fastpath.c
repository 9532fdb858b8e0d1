/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: CALL and REPLY_RECV that come to handing the processor over.
 *
 * It is a short cut and no mechanism of its own: where all of what follows
 * holds it leaves everything as endpoint.c, reply.c and sched.c would have,
 * in fewer steps.  Where it does not, nothing has been changed, and they do
 * it.  testsuite/unit/test_fastpath.c runs both from the same states.
 *
 *  1. The task is not foreign, and no preempted revoke waits for help.
 *  2. The message has no capabilities; words past the fourth have a buffer
 *     on both sides.
 *  3. The capability is an Endpoint, with SEND or RECV.
 *  4. CALL: a task waits there to receive, alone in the queue.
 *     REPLY_RECV: a task waits for the answer of its call, not of a fault;
 *     nobody waits at the endpoint, no poller either, and no note is bound.
 *  5. Nothing else keeps that task from running, and nobody of its priority
 *     or a higher one is ready.
 *
 * What nobody is left to reap stays for the next entry that takes longer.
 */
#include <stddef.h>

#include <cspace.h>
#include <entry.h>
#include <ipc.h>
#include <sched.h>

/* Both have what words past the fourth need, and these are copied. */
static __attribute__((noinline)) bool
pass_long(const struct task *from, struct task *to, unsigned int n)
{
	const struct helios_ipcbuf *in = task_ipcbuf(from);
	struct helios_ipcbuf *out = task_ipcbuf(to);

	if (n > HELIOS_MSG_WORDS || in == NULL || out == NULL)
		return false;
	message_copy(out, in, n);
	return true;
}

/* The last condition of all, for it copies. */
static inline bool
can_pass(const struct task *from, struct task *to, uint64_t tag)
{
	unsigned int n = helios_tag_nwords(tag);

	return n <= HELIOS_MSG_REGS || pass_long(from, to, n);
}

/* The Endpoint at caddr, if the capability has this right. */
static inline struct slot *
endpoint_at(const struct task *t, uint64_t caddr, unsigned int right)
{
	const uint64_t mask = 0xff00u | right;
	struct slot *s = task_slot(t, caddr);

	if (s == NULL || (s->cap & mask) != (HELIOS_ENDPOINT << 8 | right))
		return NULL;
	return s;
}

static inline struct handover
call(struct task *t, uint64_t caddr, uint64_t tag)
{
	const struct handover none = { NULL, 0 };
	struct slot *s = endpoint_at(t, caddr, HELIOS_RIGHT_SEND);
	struct endpoint *e;
	struct waiter *w;
	struct task *to;

	if (s == NULL)
		return none;
	e = cap_object(s);
	w = e->queue.first;
	if (w == NULL || !waiter_alone(w))
		return none;
	to = container_of(w, struct task, waiters[WAITER_MAIN]);
	if (to->stopped != BLOCKED_RECV || !sched_is_best(to) ||
			!can_pass(t, to, tag))
		return none;
	waiter_leave_alone(w);
	to->caller = t;
	t->replier = to;
	t->blocked = BLOCKED_CALL;
	return (struct handover){ to, s->word };
}

static inline struct handover
reply_recv(struct task *t, uint64_t caddr, uint64_t tag)
{
	const struct handover none = { NULL, 0 };
	struct slot *s = endpoint_at(t, caddr, HELIOS_RIGHT_RECV);
	struct task *to = t->caller;
	struct endpoint *e;

	if (s == NULL || to == NULL)
		return none;
	e = cap_object(s);
	if (e->queue.first != NULL || s->waiters != NULL ||
			e->send_pollers.first != NULL ||
			e->both_pollers.first != NULL ||
			cap_type(&t->slots[SLOT_NOTE]) != HELIOS_NULL)
		return none;
	if (to->stopped != BLOCKED_CALL || !sched_is_best(to) ||
			!can_pass(t, to, tag))
		return none;
	to->replier = NULL;
	t->caller = NULL;
	t->regs.rax = HELIOS_SYS_RECV;
	t->blocked = BLOCKED_RECV;
	e->receivers = true;
	waiter_join_alone(&e->queue, &t->waiters[WAITER_MAIN], s);
	return (struct handover){ to, 0 };
}

struct handover
core_handover(uint64_t nr, uint64_t caddr, uint64_t tag)
{
	struct task *t = cpu0.current;
	struct handover h = { NULL, 0 };

	if (task_is_foreign(t) || revoke_pending() || !message_simple(tag))
		return h;
	if (nr == HELIOS_SYS_CALL)
		h = call(t, caddr, tag);
	else if (nr == HELIOS_SYS_REPLY_RECV)
		h = reply_recv(t, caddr, tag);
	if (h.to == NULL)
		return h;
	h.to->stopped = NOT_BLOCKED;
	sched_hand_over(t, h.to);
	check_now_and_then();
	return h;
}
