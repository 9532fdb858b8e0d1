/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls: decode and check what is in the registers, then call the
 * core.  A call that is preempted leaves its registers alone and is made
 * again from the start, so each is written to be repeated.
 */
#include <stddef.h>

#include <helios/fault.h>
#include <helios/syscall.h>

#include <cspace.h>
#include <ipc.h>
#include <klog.h>
#include <sched.h>
#include <uapi.h>
#include <vspace.h>

/* Consoles are slow: so many bytes with interrupts off. */
#define CONSOLE_PIECE	16

/* A missing capability may be a fault, for a supervisor that fills slots as
 * they are needed. */
static struct result
missing(struct task *t, struct result r)
{
	if (!(t->flags & HELIOS_TASK_CAPFAULT) ||
			cap_type(&t->slots[SLOT_FAULT]) != HELIOS_ENDPOINT)
		return r;
	if (r.status != HELIOS_INVALID_CADDR &&
			r.status != HELIOS_INVALID_CSLOT &&
			r.status != HELIOS_REVOKED)
		return r;
	fault_set(t, HELIOS_FAULT_CAPABILITY, t->regs.rdi, 0,
			(uint64_t)r.status);
	fault_raise(t);
	return result_blocked();
}

static __attribute__((noinline)) struct result
target_or_error(struct task *t, struct slot **out)
{
	struct result r = task_lookup(t, t->regs.rdi, HELIOS_NULL, out);

	return r.status == HELIOS_OK ? r : missing(t, r);
}

/* The capability invoked, in %rdi. */
static inline struct result
target(struct task *t, struct slot **out)
{
	struct slot *s = task_slot(t, t->regs.rdi);

	if (s == NULL || cap_type(s) <= HELIOS_DEAD)
		return target_or_error(t, out);
	*out = s;
	return RESULT_OK;
}

static struct result
need_right(const struct slot *s, unsigned int right, const char *name)
{
	if (cap_rights(s) & right)
		return RESULT_OK;
	return user_error(HELIOS_ACCESS, cap_rights(s), "the %s capability "
			"has no %s right", type_name(cap_type(s)), name);
}

static struct result
wrong_type(const struct slot *s, const char *expected)
{
	return user_error(HELIOS_INVALID_CTYPE, cap_type(s),
			"expected %s, found %s", expected,
			type_name(cap_type(s)));
}

/* How many were written: all, unless an interrupt came. */
static uint64_t
console_write(const struct task *t, uint64_t addr, uint64_t len)
{
	char piece[CONSOLE_PIECE];
	uint64_t done = 0;

	while (done < len) {
		uint64_t n = len - done < sizeof(piece) ? len - done :
			sizeof(piece);

		user_copy_in(task_vspace(t), piece,
				(struct uptr){ addr + done }, n);
		hal_console_write(piece, n);
		done += n;
		if (hal_irq_pending())
			break;
	}
	return done;
}

/* All is written; a call that is made again only shows it. */
static struct result
show_written(struct task *t)
{
	t->working = !hal_console_flush();
	return t->working ? result_preempted() : RESULT_OK;
}

static struct result
sys_writecons(struct task *t)
{
	uint64_t addr = t->regs.rdi, len = t->regs.rsi, bad;

	if (t->working)
		return show_written(t);
	/* May this task write to the console? */
	if (!(t->flags & HELIOS_TASK_WRITECONS))
		return user_error(HELIOS_ACCESS, t->flags,
				"the task has no WRITECONS flag");
	if (len > HELIOS_WRITECONS_MAX)
		len = HELIOS_WRITECONS_MAX;
	/* Can it read what it wants written? */
	if (!user_check(task_vspace(t), (struct uptr){ addr }, len, false,
			&bad))
		return user_error(HELIOS_INVALID_PARAM, 0, "%lu bytes at "
				"0x%lx: nothing readable at 0x%lx", len, addr,
				bad);
	t->regs.rdx = console_write(t, addr, len);
	/* If that is not all, it is another call that shows it. */
	return t->regs.rdx < len ? RESULT_OK : show_written(t);
}

static struct result
sys_yield(struct task *t)
{
	(void)t;
	sched_give_way();
	return RESULT_OK;
}

static struct result
sys_identify(struct task *t)
{
	struct cspace *cs = task_cspace(t);
	struct slot *s;
	struct result r;

	/* Has the task a table to look in? */
	if (cs == NULL)
		return user_error(HELIOS_MISSING_PART, HELIOS_PART_CSPACE,
				"the task has no CSpace");
	r = cspace_slot(cs, t->regs.rdi, &s);
	if (r.status != HELIOS_OK)
		return r;
	t->regs.rdx = slot_identify(s);
	return RESULT_OK;
}

static struct result
send(struct task *t, bool block)
{
	struct slot *s;
	struct result r = target(t, &s);

	if (r.status != HELIOS_OK)
		return r;
	if (cap_type(s) == HELIOS_REPLY)
		return reply_answer_stored(t, s);
	if (cap_type(s) != HELIOS_ENDPOINT && cap_type(s) != HELIOS_NOTE)
		return wrong_type(s, "Endpoint, Note or Reply; operations of "
				"kernel objects are made with CALL");
	r = need_right(s, HELIOS_RIGHT_SEND, "SEND");
	if (r.status != HELIOS_OK)
		return r;
	if (cap_type(s) == HELIOS_ENDPOINT)
		return endpoint_send(t, s, false, block);
	note_send(s);
	return RESULT_OK;
}

static struct result
sys_send(struct task *t)
{
	return send(t, true);
}

static struct result
sys_nbsend(struct task *t)
{
	return send(t, false);
}

/* What can be received from: an endpoint or note with RECV. */
static struct result
source(struct task *t, struct slot **out)
{
	struct result r = target(t, out);

	if (r.status != HELIOS_OK)
		return r;
	if (cap_type(*out) != HELIOS_ENDPOINT && cap_type(*out) != HELIOS_NOTE)
		return wrong_type(*out, "Endpoint or Note");
	return need_right(*out, HELIOS_RIGHT_RECV, "RECV");
}

static struct result
recv_from(struct task *t, struct slot *s, bool block)
{
	if (cap_type(s) == HELIOS_ENDPOINT)
		return endpoint_recv(t, s, block);
	return note_wait(t, s, block);
}

static struct result
recv(struct task *t, bool block)
{
	struct slot *s;
	struct result r = source(t, &s);

	return r.status == HELIOS_OK ? recv_from(t, s, block) : r;
}

static struct result
sys_recv(struct task *t)
{
	return recv(t, true);
}

static struct result
sys_nbrecv(struct task *t)
{
	return recv(t, false);
}

static struct result
sys_call(struct task *t)
{
	struct slot *s;
	struct result r = target(t, &s);

	if (r.status != HELIOS_OK)
		return r;
	if (is_invocable(s))
		return invoke(t, s, t->regs.rsi);
	/* Is it something that never answers? */
	if (cap_type(s) != HELIOS_ENDPOINT)
		return user_error(HELIOS_UNSUPPORTED, cap_type(s),
				"a %s gives no reply; use SEND",
				type_name(cap_type(s)));
	r = need_right(s, HELIOS_RIGHT_SEND, "SEND");
	return r.status == HELIOS_OK ? endpoint_send(t, s, true, true) : r;
}

static struct result
sys_reply(struct task *t)
{
	return reply_answer(t);
}

/* Once the reply is made, what remains of the call is a RECV, and that is
 * what is made again if it is preempted. */
static struct result
sys_reply_recv(struct task *t)
{
	struct slot *s;
	struct result r = source(t, &s);

	if (r.status != HELIOS_OK)
		return r;
	r = reply_answer(t);
	if (r.status != HELIOS_OK)
		return r;
	t->regs.rax = HELIOS_SYS_RECV;
	return recv_from(t, s, true);
}

/* Why %rdi is no Note with this right. */
static __attribute__((noinline)) struct result
no_note(struct task *t, unsigned int right, const char *name)
{
	struct slot *s;
	struct result r = task_lookup(t, t->regs.rdi, HELIOS_NOTE, &s);

	return r.status == HELIOS_OK ? need_right(s, right, name) :
		missing(t, r);
}

static __attribute__((flatten)) struct result
sys_signal(struct task *t)
{
	struct slot *s;

	if (!task_has_cap(t, t->regs.rdi, HELIOS_NOTE, HELIOS_RIGHT_SEND, &s))
		return no_note(t, HELIOS_RIGHT_SEND, "SEND");
	note_send(s);
	return RESULT_OK;
}

static inline struct result
wait(struct task *t, bool block)
{
	struct slot *s;

	if (!task_has_cap(t, t->regs.rdi, HELIOS_NOTE, HELIOS_RIGHT_RECV, &s))
		return no_note(t, HELIOS_RIGHT_RECV, "RECV");
	return note_wait(t, s, block);
}

static __attribute__((flatten)) struct result
sys_wait(struct task *t)
{
	return wait(t, true);
}

static struct result
sys_nbwait(struct task *t)
{
	return wait(t, false);
}

/* Entry i of a poll, as the user wrote it. */
static struct result
poll_decode(struct task *t, unsigned int i, const struct helios_poll *p,
		struct poll_entry *e)
{
	struct result r = task_lookup(t, p->caddr, HELIOS_NULL, &e->slot);
	unsigned int need = 0;

	if (r.status != HELIOS_OK)
		return (struct result){ r.status, i };
	e->events = p->events;
	/* Can it be polled at all, and for that? */
	if (cap_type(e->slot) != HELIOS_ENDPOINT &&
			cap_type(e->slot) != HELIOS_NOTE)
		return user_error(HELIOS_INVALID_CTYPE, i, "entry %u: "
				"expected Endpoint or Note, found %s", i,
				type_name(cap_type(e->slot)));
	if (e->events == 0 ||
			(e->events & ~(HELIOS_POLL_RECV | HELIOS_POLL_SEND)) ||
			(cap_type(e->slot) == HELIOS_NOTE &&
			e->events != HELIOS_POLL_RECV))
		return user_error(HELIOS_INVALID_PARAM, i, "entry %u: events "
				"0x%x are not for a %s", i, e->events,
				type_name(cap_type(e->slot)));
	need |= e->events & HELIOS_POLL_RECV ? HELIOS_RIGHT_RECV : 0;
	need |= e->events & HELIOS_POLL_SEND ? HELIOS_RIGHT_SEND : 0;
	/* May the task receive, or send, there? */
	if ((cap_rights(e->slot) & need) != need)
		return user_error(HELIOS_ACCESS, i, "entry %u: rights 0x%x "
				"needed, 0x%x found", i, need,
				cap_rights(e->slot));
	return RESULT_OK;
}

static struct result
poll_array(struct task *t, struct helios_poll *array,
		struct poll_entry *entries)
{
	uint64_t n = t->regs.rsi, bad;
	struct uptr p = { t->regs.rdi };
	struct result r = RESULT_OK;

	/* Is the array as long as is allowed, and where it can be written? */
	if (n > HELIOS_POLL_MAX)
		return user_error(HELIOS_INVALID_PARAM, n,
				"%lu entries; %d is the most", n,
				HELIOS_POLL_MAX);
	if (!user_check(task_vspace(t), p, n * sizeof(*array), true, &bad))
		return user_error(HELIOS_FAULT, bad, "%lu entries at 0x%lx: "
				"nothing writable at 0x%lx", n, p.addr, bad);
	user_copy_in(task_vspace(t), array, p, n * sizeof(*array));
	for (unsigned int i = 0; i < n && r.status == HELIOS_OK; i++)
		r = poll_decode(t, i, &array[i], &entries[i]);
	return r;
}

static struct result
sys_poll(struct task *t)
{
	struct helios_poll array[HELIOS_POLL_MAX];
	struct poll_entry entries[HELIOS_POLL_MAX];
	unsigned int n = (unsigned int)t->regs.rsi, ready;
	uint64_t deadline = t->regs.rdx;
	struct result r;

	/* It may have been woken to look again. */
	poll_leave(t);
	r = poll_array(t, array, entries);
	if (r.status != HELIOS_OK)
		return r;
	ready = poll_look(entries, n);
	if (ready == 0 && deadline > sched_now()) {
		poll_block(t, entries, n, deadline);
		return result_blocked();
	}
	for (unsigned int i = 0; i < n; i++)
		array[i].revents = (uint16_t)entries[i].revents;
	user_copy_out(task_vspace(t), (struct uptr){ t->regs.rdi }, array,
			n * sizeof(*array));
	t->regs.rdx = ready;
	return RESULT_OK;
}

static struct result
sys_clock(struct task *t)
{
	t->regs.rdx = hal_now();
	return RESULT_OK;
}

static struct result
sys_exit(struct task *t)
{
	fault_set(t, HELIOS_FAULT_EXIT, t->regs.rdi, 0, 0);
	fault_raise(t);
	return result_blocked();
}

static const struct {
	struct result (*run)(struct task *t);
	const char *name;
} calls[HELIOS_SYS_COUNT] = {
	[HELIOS_SYS_WRITECONS] = { sys_writecons, "WRITECONS" },
	[HELIOS_SYS_YIELD] = { sys_yield, "YIELD" },
	[HELIOS_SYS_IDENTIFY] = { sys_identify, "IDENTIFY" },
	[HELIOS_SYS_SEND] = { sys_send, "SEND" },
	[HELIOS_SYS_RECV] = { sys_recv, "RECV" },
	[HELIOS_SYS_CALL] = { sys_call, "CALL" },
	[HELIOS_SYS_REPLY] = { sys_reply, "REPLY" },
	[HELIOS_SYS_REPLY_RECV] = { sys_reply_recv, "REPLY_RECV" },
	[HELIOS_SYS_NBSEND] = { sys_nbsend, "NBSEND" },
	[HELIOS_SYS_NBRECV] = { sys_nbrecv, "NBRECV" },
	[HELIOS_SYS_SIGNAL] = { sys_signal, "SIGNAL" },
	[HELIOS_SYS_WAIT] = { sys_wait, "WAIT" },
	[HELIOS_SYS_NBWAIT] = { sys_nbwait, "NBWAIT" },
	[HELIOS_SYS_POLL] = { sys_poll, "POLL" },
	[HELIOS_SYS_CLOCK] = { sys_clock, "CLOCK" },
	[HELIOS_SYS_EXIT] = { sys_exit, "EXIT" },
};

static inline struct result
dispatch(struct task *t)
{
	uint64_t nr = t->regs.rax;

	call_context_set((struct call_context){ .task = t->name,
		.call = "system call", .slot = t->regs.rdi });
	/* Is there such a call? */
	if (nr >= HELIOS_SYS_COUNT)
		return user_error(HELIOS_INVALID_SYSCALL, nr,
				"number %lu; the highest is %d", nr,
				HELIOS_SYS_COUNT - 1);
	call_context_set((struct call_context){ .task = t->name,
		.call = calls[nr].name, .slot = t->regs.rdi });
	return calls[nr].run(t);
}

/*
 * A REVOKE or DESTROY that was preempted.  It goes on to its end without
 * looking anything up again: what it takes may be the capability it was asked
 * through, or its target may have moved, and it must not stop half way.
 */
static __attribute__((noinline)) struct result
go_on(struct task *t)
{
	struct helios_regs *regs = &t->regs;
	struct result r = RESULT_OK;

	while (t->revoking != NULL && !t->revoked &&
			cap_has_children(t->revoking)) {
		cap_revoke_step(t->revoking);
		if (t->dead)
			return result_blocked();
		if (hal_irq_pending())
			return result_preempted();
	}
	if (t->ndoomed != 0)
		r = cspace_go_on_destroying(t);
	if (r.status != HELIOS_OK)
		return r;
	regs->rdi = regs->rsi = 0;
	regs->rdx = regs->r10 = regs->r8 = regs->r9 = 0;
	return RESULT_OK;
}

/* Was a REVOKE or DESTROY preempted? */
static bool
is_half_done(const struct task *t)
{
	return t->revoking != NULL || t->revoked || t->ndoomed != 0;
}

/*
 * Two steps, and two for each capability the call can add: those of its
 * message, or the destinations among the words of an operation.
 */
static unsigned int
help_owed(const struct task *t)
{
	unsigned int words = helios_tag_nwords(t->regs.rsi);
	unsigned int caps = helios_tag_ncaps(t->regs.rsi);

	return 2 + 2 * (words > caps ? words : caps);
}

/* It is made again, from registers that are as they were. */
static void
preempted(struct task *t)
{
	t->restart = !t->dead;
	sched_look();
}

static __attribute__((noinline)) void
finish_slowly(struct task *t, struct result r)
{
	if (r.status == RESULT_PREEMPTED) {
		/* It may meet revokes when it is made again. */
		if (!t->restart)
			t->help = help_owed(t);
		preempted(t);
		return;
	}
	t->restart = false;
	/* However it ended, nothing of it goes on. */
	if (t->working)
		task_drop_work(t);
	if (r.status != RESULT_BLOCKED)
		task_set_result(t, r);
}

static inline __attribute__((always_inline)) void
finish(struct task *t, struct result r)
{
	call_context_set((struct call_context){ 0 });
	if (t->working || t->restart)
		finish_slowly(t, r);
	else if (r.status >= 0)
		task_set_result(t, r);
	else if (r.status == RESULT_PREEMPTED)
		finish_slowly(t, r);
}

/* A call that is made again, or comes while others' revokes are halted. */
static __attribute__((noinline)) void
run_with_help(struct task *t)
{
	if (!t->restart)
		t->help = help_owed(t);
	/* Before anything is looked up: what it destroys may be just that.
	 * And what it leaves to reap is reaped first, so that no task that
	 * waits has anything to reap. */
	if (revoke_pending() && (!revoke_help(&t->help) ||
			!task_runnable(t) || !list_empty(&t->reap)))
		preempted(t);
	else
		finish(t, t->restart && is_half_done(t) ? go_on(t) :
			dispatch(t));
}

void
syscall_run_again(struct task *t)
{
	run_with_help(t);
}

void
core_run_invoke(struct slot *object)
{
	struct task *t = cpu0.current;
	struct result r;

	sched_enter(true);
	call_context_set((struct call_context){ .task = t->name,
		.call = "CALL", .slot = t->regs.rdi });
	r = invoke(t, object, t->regs.rsi);
	finish(cpu0.current, r);
}

void
core_run_syscall(void)
{
	struct task *t = cpu0.current;
	struct result r;

	sched_enter(true);
	if (task_is_foreign(t)) {
		fault_set_syscall(t);
		fault_raise(t);
	} else if (revoke_pending()) {
		run_with_help(t);
	} else {
		r = dispatch(t);
		/* The same task; to keep it at hand would cost more. */
		finish(cpu0.current, r);
	}
}
