/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: CALL and REPLY_RECV that come to handing the processor over,
 * and faults, which are calls.
 *
 * It is a short cut and no mechanism of its own: where all of what follows
 * holds it leaves everything as endpoint.c, reply.c and sched.c would have,
 * in fewer steps.  Where it does not, nothing has been changed, and they do
 * it.  testsuite/unit/test_fastpath.c runs both from the same states.
 *
 *  1. The task is not foreign (else nothing is callable), and no preempted
 *     revoke waits for help (else nobody is best).
 *  2. What is not in registers has a buffer on both sides.  It may be words
 *     past the fourth, and one capability: one that can be copied, through a
 *     capability with GRANT or in a reply, to an empty slot where the
 *     receiver accepts it.
 *  3. The capability is an Endpoint, with SEND or RECV.
 *  4. CALL: a task waits there to receive, alone in the queue since it came.
 *     REPLY_RECV: a task waits for the answer of its call, or of a fault
 *     after which it goes on as it stands; nobody waits at the endpoint, no
 *     poller either, and no note is bound.
 *  5. Nothing else keeps that task from running, and nobody of its priority
 *     or a higher one is ready.
 *
 * What nobody is left to reap stays for the next entry that takes longer.
 */
#include <stddef.h>

#include <helios/fault.h>

#include <cspace.h>
#include <entry.h>
#include <ipc.h>
#include <sched.h>
#include <uapi.h>

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

/* A message with one capability, if that is copied and not moved.  The words
 * go last, for they cannot fail.  What could be kept is read again: registers
 * used here cost every caller, with and without capabilities. */
static __attribute__((noinline)) bool
pass_with_cap(const struct task *from, struct task *to, unsigned int rights)
{
	uint64_t tag = from->regs.rsi;
	struct slot *src, *dst;

	if (!message_has_one_cap(tag) ||
			helios_tag_nwords(tag) > HELIOS_MSG_WORDS ||
			!(rights & HELIOS_RIGHT_GRANT) ||
			task_ipcbuf(from) == NULL || task_ipcbuf(to) == NULL ||
			task_ipcbuf(to)->accept_count == 0)
		return false;
	src = task_slot(from, task_ipcbuf(from)->caps[0]);
	if (src == NULL || cap_type(src) <= HELIOS_DEAD ||
			!cap_copyable(cap_type(src)) ||
			!dest_take_if(to->cspace, task_ipcbuf(to)->accept[0],
				&dst))
		return false;
	cap_copy(dst, src, cap_rights(src), src->word);
	task_ipcbuf(to)->caps[0] = slot_index(to->cspace, dst);
	return helios_tag_nwords(from->regs.rsi) <= HELIOS_MSG_REGS ||
		pass_long(from, to, helios_tag_nwords(from->regs.rsi));
}

/* The last condition of all, for it copies.  Rights: of the capability that
 * the message goes through. */
static inline bool
can_pass(const struct task *from, struct task *to, uint64_t tag,
		unsigned int rights)
{
	if (message_plain(tag))
		return true;
	return message_simple(tag) ?
		pass_long(from, to, helios_tag_nwords(tag)) :
		pass_with_cap(from, to, rights);
}

/* Who would run with a message to this endpoint: alone in its queue, kept by
 * nothing else, and best. */
static inline struct task *
receiver(const struct slot *s)
{
	const struct endpoint *e = cap_object(s);
	struct waiter *w = e->queue.first;
	struct task *to;

	if (w == NULL || w->head != HEAD_ALONE)
		return NULL;
	to = waiter_main_task(w);
	return to->stopped == BLOCKED_RECV && sched_is_best(to) ? to : NULL;
}

/* It has the message, and owes t the answer. */
static inline void
received(struct task *t, struct task *to, enum blocked why)
{
	waiter_leave_alone(&to->waiters[WAITER_MAIN]);
	to->stopped = NOT_BLOCKED;
	to->caller = t;
	t->replier = to;
	t->blocked = (uint8_t)why;
	sched_hand_over(t, to);
}

/* An operation of a kernel object has no use for the conditions above, but
 * what stands first among them holds for it, too. */
struct handover
core_call(uint64_t caddr, uint64_t tag)
{
	struct task *t = cpu0.current, *to;
	struct slot *s;

	if (caddr >= t->callable->nslots)
		return (struct handover){ .to = NULL };
	s = &t->callable->slots[caddr];
	if (!cap_is(s, HELIOS_ENDPOINT, HELIOS_RIGHT_SEND))
		return (struct handover){ .object = is_invocable(s) &&
			!revoke_pending() ? s : NULL };
	to = receiver(s);
	if (to == NULL || !can_pass(t, to, tag, cap_rights(s)))
		return (struct handover){ .to = NULL };
	received(t, to, BLOCKED_CALL);
	check_now_and_then();
	return (struct handover){ .to = to, .message = true,
		.nwords = helios_tag_nwords(tag), .badge = s->word };
}

struct task *
fault_handover(struct task *t)
{
	struct slot *s = &t->slots[SLOT_FAULT];
	struct task *to = receiver(s);

	if (to == NULL)
		return NULL;
	message_deliver(to, s->word, HELIOS_TAG_FAULT, t->fault.words,
			t->fault.nwords);
	received(t, to, BLOCKED_FAULT);
	return to;
}

/* Its registers are as they shall be, and it goes on: fault_over is no more
 * than that it is not blocked. */
static inline bool
goes_on(const struct task *to, uint64_t tag)
{
	uint64_t kind = to->fault.words[HELIOS_FAULT_KIND];

	return to->stopped == BLOCKED_FAULT && helios_tag_label(tag) == 0 &&
		message_plain(tag) &&
		(kind == HELIOS_FAULT_EXCEPTION || kind == HELIOS_FAULT_PAGE);
}

/* Nobody and nothing waits for t at the endpoint, nor for t to wait.  One
 * test of all: each is a pointer, or a capability, or 0. */
static inline bool
is_quiet(const struct task *t, const struct slot *s, const struct endpoint *e)
{
	return ((uintptr_t)e->queue.first | (uintptr_t)s->waiters |
		(uintptr_t)e->send_pollers.first |
		(uintptr_t)e->both_pollers.first |
		t->slots[SLOT_NOTE].cap) == 0;
}

static inline void
wait_again(struct task *t, struct slot *s, struct endpoint *e)
{
	t->caller = NULL;
	t->regs.rax = HELIOS_SYS_RECV;
	t->blocked = BLOCKED_RECV;
	e->receivers = true;
	waiter_join_alone(&e->queue, &t->waiters[WAITER_MAIN], s);
}

struct handover
core_reply_recv(uint64_t caddr, uint64_t tag)
{
	struct task *t = cpu0.current, *to = t->caller;
	struct handover h = { .to = NULL, .nwords = helios_tag_nwords(tag) };
	struct endpoint *e;
	struct slot *s;

	if (caddr >= t->callable->nslots)
		return h;
	s = &t->callable->slots[caddr];
	e = cap_object(s);
	if (!cap_is(s, HELIOS_ENDPOINT, HELIOS_RIGHT_RECV) ||
			!is_quiet(t, s, e) || to == NULL ||
			!sched_is_best(to))
		return h;
	h.message = to->stopped == BLOCKED_CALL;
	if (h.message ? !can_pass(t, to, tag, HELIOS_RIGHTS_ALL) :
			!goes_on(to, tag))
		return h;
	to->stopped = NOT_BLOCKED;
	to->replier = NULL;
	wait_again(t, s, e);
	sched_hand_over(t, to);
	check_now_and_then();
	h.to = to;
	return h;
}
