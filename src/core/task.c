/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks: creation, what keeps them from running, and their end.
 *
 * Everything a task is part of points both ways (queues, replies, a bound
 * note, lists of capabilities), so that whichever side goes first finds the
 * other and tells it.  task_kill cuts all of that at once; what then is left
 * of the task, its own slots, is emptied in steps.
 */
#include <stddef.h>

#include <helios/types.h>

#include <cspace.h>
#include <ipc.h>
#include <klog.h>
#include <page.h>
#include <sched.h>
#include <task.h>

/* One that waits nowhere is a ring of its own, and the rest NULL: the task is
 * clear. */
static void
waiter_init(struct waiter *w, unsigned int index)
{
	w->next = w->prev = w;
	w->index = (uint8_t)index;
}

/* The name of a task that nobody has named. */
static void
name_by_id(struct task *t)
{
	char digits[KDIGITS_MAX], *end = digits + sizeof(digits);
	char *first = kdigits(end, task_id(t), 10);

	_Static_assert(5 + KDIGITS_MAX < sizeof(t->name), "and a NUL");
	__builtin_memcpy(t->name, "task-", 5);
	__builtin_memcpy(t->name + 5, first, (size_t)(end - first));
}

struct task *
task_create(struct memory *m)
{
	struct frame *f = block_alloc(m, 0, FRAME_TASK);
	struct task *t;

	if (f == NULL)
		return NULL;
	t = frame_ptr(f);
	__builtin_memset(t, 0, sizeof(*t));
	f->object = t;
	heavy_init(&t->heavy, HELIOS_TASK, m);
	list_init(&t->run);
	list_init(&t->reap);
	list_init(&t->making.link);
	list_init(&t->revokes);
	for (unsigned int i = 0; i < TASK_WAITERS; i++)
		waiter_init(&t->waiters[i], i);
	t->suspended = true;
	t->no_space = true;
	t->cspace = t->callable = &no_cspace;
	t->regs.rflags = 0x202;
	name_by_id(t);
	if (!hal_task_init(t)) {
		object_fini(&t->heavy.obj);
		block_free(f);
		return NULL;
	}
	return t;
}

void
task_set_name(struct task *t, const char *name, size_t len)
{
	size_t n = 0;

	if (len > HELIOS_TASK_NAME)
		len = HELIOS_TASK_NAME;
	__builtin_memset(t->name, 0, sizeof(t->name));
	/* It is printed on consoles: nothing but plain characters. */
	for (; n < len && name[n] != '\0'; n++)
		t->name[n] = name[n] < ' ' || name[n] > '~' ? '?' : name[n];
	if (n == 0)
		name_by_id(t);
}

struct vspace *
task_vspace(const struct task *t)
{
	return t->vspace;
}

struct helios_regs *
task_regs(struct task *t)
{
	return &t->regs;
}

const char *
task_name(const struct task *t)
{
	return t->name;
}

uint64_t
task_id(const struct task *t)
{
	return t->heavy.obj.id;
}

bool
task_is_foreign(const struct task *t)
{
	return (t->flags & HELIOS_TASK_FOREIGN) != 0;
}

struct task *
task_nobody(void)
{
	static struct task nobody;

	return &nobody;
}

void *
task_hal(struct task *t)
{
	return t->hal;
}

static bool
is_faulted(const struct task *t)
{
	return t->blocked == BLOCKED_FAULT || (t->blocked == BLOCKED_SEND &&
			t->sending == SENDING_FAULT);
}

uint64_t
task_state(const struct task *t)
{
	static const uint64_t states[] = {
		[NOT_BLOCKED] = 0,
		[BLOCKED_SEND] = HELIOS_TASK_SENDING,
		[BLOCKED_RECV] = HELIOS_TASK_RECEIVING,
		[BLOCKED_CALL] = HELIOS_TASK_CALLING,
		[BLOCKED_FAULT] = HELIOS_TASK_FAULTED,
		[BLOCKED_NOTE] = HELIOS_TASK_WAITING,
		[BLOCKED_POLL] = HELIOS_TASK_POLLING,
	};
	uint64_t state = states[t->blocked];

	if (is_faulted(t))
		state = HELIOS_TASK_FAULTED;
	if (t->suspended)
		state |= HELIOS_TASK_SUSPENDED;
	if (task_vspace(t) == NULL)
		state |= HELIOS_TASK_NO_VSPACE;
	return state;
}

uint64_t
task_cpu_time(const struct task *t)
{
	uint64_t cycles = t->cpu_time;

	if (t == cpu0.current)
		cycles += hal_cycles();
	return hal_cycles_ns(cycles);
}

void
task_wake(struct task *t)
{
	t->blocked = NOT_BLOCKED;
	sched_woken(t);
}

/*
 * It does not run for now.  A poller may be woken already and not have run
 * yet: it looks again when it does, so that it need not stand in queues
 * meanwhile, where it would hold up the wake-up of others.
 */
static void
stop_running(struct task *t)
{
	if (task_polls(t)) {
		poll_wake(t);
		poll_leave(t);
	}
	sched_stopped(t);
}

void
task_suspend(struct task *t)
{
	t->suspended = true;
	stop_running(t);
}

void
task_resume(struct task *t)
{
	if (is_faulted(t)) {
		task_withdraw(t);
		fault_over(t);
	}
	t->suspended = false;
	sched_ready(t);
}

void
task_withdraw(struct task *t)
{
	bool polls = task_polls(t);

	switch ((enum blocked)t->blocked) {
	case BLOCKED_CALL:
	case BLOCKED_FAULT:
		reply_disconnect(t);
		break;
	case BLOCKED_SEND:
	case BLOCKED_RECV:
	case BLOCKED_NOTE:
		waitq_leave(&t->waiters[WAITER_MAIN]);
		break;
	case BLOCKED_POLL:
	case NOT_BLOCKED:
		break;
	}
	/* First, lest it is woken by the wake-up that it passes on. */
	t->blocked = NOT_BLOCKED;
	if (polls)
		poll_leave(t);
	for (unsigned int i = WAITER_MAIN + 1; i < TASK_WAITERS; i++)
		kassert(t->waiters[i].q == NULL);
}

void
task_unblock(struct task *t, struct result r)
{
	bool faulted = is_faulted(t);

	task_withdraw(t);
	if (faulted) {
		fault_stop(t, "its fault will not be answered");
		return;
	}
	task_set_result(t, r);
	sched_ready(t);
}

void
task_abandon_call(struct task *t)
{
	t->restart = false;
	task_drop_work(t);
}

void
task_drop_work(struct task *t)
{
	t->working = false;
	t->revoked = false;
	make_drop(t);
	revoke_resume(t);
	t->ndoomed = 0;
	if (cap_type(&t->slots[SLOT_DESTROY]) != HELIOS_NULL)
		task_set_slot(t, SLOT_DESTROY, NULL);
}

static void
callable_resolve(struct task *t)
{
	t->callable = task_is_foreign(t) ? &no_cspace : t->cspace;
}

void
task_set_flags(struct task *t, uint64_t flags)
{
	t->flags = flags;
	callable_resolve(t);
}

/* The parts that every call needs are at hand. */
static void
slot_resolve(struct task *t, enum task_slot which)
{
	switch (which) {
	case SLOT_CSPACE:
		t->cspace = task_part(t, SLOT_CSPACE, HELIOS_CSPACE);
		callable_resolve(t);
		break;
	case SLOT_VSPACE:
		t->vspace = task_part(t, SLOT_VSPACE, HELIOS_VSPACE);
		t->no_space = t->vspace == NULL;
		break;
	case SLOT_IPCBUF:
		t->ipcbuf = phys_ptr(page_phys(&t->slots[SLOT_IPCBUF]));
		break;
	default:	/* looked up each time they are needed */
		break;
	}
}

/*
 * Nobody but the task itself, with a fault of its own, can be blocked
 * through one of its slots, and none of their types is a factory: it takes
 * two steps at most.
 */
static void
slot_empty(struct slot *s)
{
	while (cap_type(s) != HELIOS_NULL)
		cap_destroy_step(s);
}

void
task_set_slot(struct task *t, enum task_slot which, struct slot *src)
{
	struct slot *s = &t->slots[which];

	slot_empty(s);
	if (src == NULL)
		return;
	cap_copy(s, src, cap_rights(src),
			cap_type(src) == HELIOS_PAGE ? 0 : src->word);
	slot_resolve(t, which);
}

void
task_slot_leaving(struct task *t, struct slot *s)
{
	struct note *n;

	switch (s - t->slots) {
	case SLOT_CSPACE:
		t->cspace = &no_cspace;
		callable_resolve(t);
		break;
	case SLOT_VSPACE:
		t->vspace = NULL;
		t->no_space = true;
		stop_running(t);
		break;
	case SLOT_IPCBUF:
		t->ipcbuf = NULL;
		break;
	case SLOT_NOTE:
		n = task_bound_note(t);
		if (n != NULL && n->bound == t)
			n->bound = NULL;
		break;
	default:	/* looked up each time they are needed */
		break;
	}
}

void
task_kill(struct task *t)
{
	struct note *n = task_bound_note(t);

	if (t->dead)
		return;
	t->dead = true;
	task_withdraw(t);
	reply_drop(t);
	sched_stopped(t);
	if (n != NULL && n->bound == t)
		n->bound = NULL;
	task_abandon_call(t);
	/* Whoever made it go takes apart what it had to. */
	list_splice(reap_list(), &t->reap);
}

bool
task_reap_step(struct task *t)
{
	for (unsigned int i = 0; i < TASK_SLOTS; i++)
		slot_empty(&t->slots[i]);
	/* Did it bring about its own end, in the entry that goes on here?
	 * Then it is the next entry that can take the page away. */
	if (t == cpu0.current) {
		list_remove(&t->heavy.by_memory);
		list_remove(&t->heavy.by_task);
		list_append(reap_list(), &t->heavy.by_task);
		return false;
	}
	if (cpu0.last == t)
		cpu0.last = NULL;
	hal_task_fini(t);
	object_fini(&t->heavy.obj);
	block_free(frame_of_ptr(t));
	return true;
}
