/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies.
 *
 * What a receiver owes after a call is not a capability but a pair of
 * pointers between the two tasks, which costs nothing and cannot be lost.
 * Storing it turns it into a capability, for servers that answer later; then
 * caller and slot point to each other.  Either way there is one answer or
 * none, and whichever side goes away tells the other.
 */
#include <stddef.h>

#include <helios/fault.h>
#include <helios/message.h>

#include <cspace.h>
#include <ipc.h>
#include <klog.h>
#include <sched.h>

bool
reply_owed(const struct task *t)
{
	return t->caller != NULL;
}

/* The reply of c leaves its slot s; nobody else knows of it any more. */
static void
empty_slot(struct task *c, struct slot *s)
{
	bool done;

	c->reply_slot = NULL;
	done = cap_destroy_step(s);
	kassert(done);
	(void)done;
}

void
reply_disconnect(struct task *c)
{
	struct slot *s = c->reply_slot;

	if (c->replier != NULL)
		c->replier->caller = NULL;
	c->replier = NULL;
	if (s == NULL)
		return;
	empty_slot(c, s);
	cap_mark_dead(s);
}

void
reply_store(struct task *t, struct slot *dest)
{
	struct task *c = t->caller;

	cap_insert(dest, &cap_root, cap_make(HELIOS_REPLY, c, 0), 0);
	t->caller = NULL;
	c->replier = NULL;
	c->reply_slot = dest;
}

void
reply_drop(struct task *t)
{
	struct task *c = t->caller;

	if (c != NULL)
		task_unblock(c, (struct result){ HELIOS_CANCELED, 0 });
}

void
reply_slot_destroyed(struct slot *s)
{
	struct task *c = cap_object(s);

	if (c->reply_slot != s)
		return;
	c->reply_slot = NULL;
	task_unblock(c, (struct result){ HELIOS_CANCELED, 0 });
}

void
reply_slot_moved(struct slot *to)
{
	struct task *c = cap_object(to);

	c->reply_slot = to;
}

/* A fault is answered: with label 0 the task goes on. */
static void
answer_fault(struct task *t, struct task *c)
{
	uint64_t tag = t->regs.rsi;

	fault_over(c);
	if (c->fault.words[HELIOS_FAULT_KIND] == HELIOS_FAULT_SYSCALL)
		c->regs.rax = helios_tag_nwords(tag) > 0 ? t->regs.rdx : 0;
	if (helios_tag_label(tag) != 0)
		c->suspended = true;
	task_wake(c);
}

/* The message, which was checked, goes to c, which is disconnected. */
static void
answer_call(struct task *t, struct task *c)
{
	struct result r = message_transfer(t, c, 0);

	/* Could the caller not take it?  That is the caller's failure. */
	if (r.status != HELIOS_OK)
		task_set_result(c, r);
	task_wake(c);
}

static struct result
check_answer(struct task *t, const struct task *c, const struct slot *s)
{
	unsigned int ncaps = helios_tag_ncaps(t->regs.rsi);
	struct result r = message_check(t, HELIOS_RIGHTS_ALL, s);

	if (r.status != HELIOS_OK)
		return r;
	/* Does it bring capabilities to a task that asked for none? */
	if (c->blocked == BLOCKED_FAULT && ncaps > 0)
		return user_error(HELIOS_REFUSED, 0, "%u capabilities in the "
				"reply to a fault, which takes none", ncaps);
	return RESULT_OK;
}

static void
answer(struct task *t, struct task *c)
{
	if (c->blocked == BLOCKED_FAULT)
		answer_fault(t, c);
	else
		answer_call(t, c);
}

struct result
reply_answer(struct task *t)
{
	struct task *c = t->caller;
	struct result r;

	/* Does anybody wait for an answer of this task? */
	if (c == NULL)
		return user_error(HELIOS_NO_REPLY, 0, "no reply is owed: no "
				"call was received, or it was answered, "
				"stored or canceled");
	r = check_answer(t, c, NULL);
	if (r.status != HELIOS_OK)
		return r;
	reply_disconnect(c);
	answer(t, c);
	return RESULT_OK;
}

struct result
reply_answer_stored(struct task *t, struct slot *s)
{
	struct task *c = cap_object(s);
	struct result r = check_answer(t, c, s);

	if (r.status != HELIOS_OK)
		return r;
	empty_slot(c, s);
	slot_release(slot_cspace(s), s);
	answer(t, c);
	return RESULT_OK;
}
