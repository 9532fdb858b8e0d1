/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler.  Run queues hold what is ready; the current task is on
 * none.  Nothing switches in the middle of an entry: core_exit looks once,
 * at its end, at what the entry has done.
 *
 * A slice begins with the switch.  Nobody looks at its end but the timer,
 * which is armed once somebody else of that priority is ready, and left alone
 * when the need for it goes away: it then comes once, too early, and is armed
 * for the next.  So switching reads no clock and arms nothing.
 *
 * core_exit is also where long work goes on: a preempted call is made again,
 * and what a task has to reap is taken apart, before the task itself runs.
 * Each entry does at least one step of such work, so that a storm of
 * interrupts cannot stop it; then it leaves as soon as one is pending.
 */
#include <stddef.h>

#include <hal.h>
#include <helios/types.h>

#include <ipc.h>
#include <klog.h>
#include <object.h>
#include <sched.h>
#include <task.h>
#include <uapi.h>

/* Sleepers woken by one entry; the timer is armed at once for the rest. */
#define WAKE_MAX	16

struct cpu cpu0;
struct tree sleepers;
uint64_t sched_slice_ns;

void
sched_init(uint64_t slice_ns)
{
	cpu0 = (struct cpu){ .look = LOOK_RUN };
	for (size_t i = 0; i < HELIOS_PRIORITIES; i++)
		list_init(&cpu0.queue[i]);
	sleepers.root = NULL;
	sched_slice_ns = slice_ns;
}

static void
enqueue(struct task *t, bool front)
{
	struct list *q = &cpu0.queue[t->priority];

	list_append(front ? q->next : q, &t->run);
	cpu0.bits[t->priority / 64] |= 1ull << t->priority % 64;
	cpu0.ready |= 1u << t->priority / 64;
}

static void
dequeue(struct task *t)
{
	unsigned int word = t->priority / 64;

	list_remove(&t->run);
	if (!list_empty(&cpu0.queue[t->priority]))
		return;
	cpu0.bits[word] &= ~(1ull << t->priority % 64);
	if (cpu0.bits[word] == 0)
		cpu0.ready &= ~(1u << word);
}

/*
 * Most of those made ready are alone, and run when the current task waits for
 * them: so the last one stays off the queues until somebody comes after it.
 */
static void
set_next(struct task *t)
{
	cpu0.next = t;
	cpu0.ready |= READY_NEXT;
}

static void
clear_next(void)
{
	cpu0.next = NULL;
	cpu0.ready &= ~READY_NEXT;
}

static __attribute__((noinline)) void
settle_next(void)
{
	struct task *t = cpu0.next;

	if (t == NULL)
		return;
	clear_next();
	enqueue(t, false);
}

bool
sched_is_above(const struct task *t)
{
	const struct task *n = cpu0.next;

	return !(cpu0.ready & READY_HELP) && t->priority > sched_highest() &&
		(n == NULL || t->priority > n->priority);
}

void
sched_need_help(bool need)
{
	cpu0.ready &= ~READY_HELP;
	if (need)
		cpu0.ready |= READY_HELP;
}

void
sched_ready(struct task *t)
{
	if (t != cpu0.next && list_empty(&t->run))
		sched_woken(t);
}

void
sched_woken(struct task *t)
{
	const struct task *c = cpu0.current;

	if (t == c || !task_runnable(t))
		return;
	t->slice_left = 0;
	if (cpu0.next != NULL)
		settle_next();
	set_next(t);
	/* Does it go before the current task, or share its slices? */
	if (c == NULL || t->priority > c->priority ||
			(t->priority == c->priority && !cpu0.ticking))
		sched_look();
}

void
sched_stopped(struct task *t)
{
	sched_look();
	if (t == cpu0.next)
		clear_next();
	else if (!list_empty(&t->run))
		dequeue(t);
}

void
sched_give_way(void)
{
	if (cpu0.ready == 0)
		return;
	/* The rest of one that was interrupted is gone, too. */
	cpu0.current->slice_left = 0;
	cpu0.look |= LOOK_RUN | LOOK_YIELD;
}

void
sched_set_priority(struct task *t, unsigned int priority)
{
	bool queued;

	settle_next();
	queued = !list_empty(&t->run);
	sched_look();
	if (queued)
		dequeue(t);
	t->priority = (uint8_t)priority;
	if (queued)
		enqueue(t, false);
	for (unsigned int i = 0; i < TASK_WAITERS; i++)
		waitq_set_priority(&t->waiters[i], priority);
	if (task_polls(t))
		poll_resorted(t);
}

void
sleep_until(struct task *t, uint64_t deadline)
{
	cpu0.look |= LOOK_TIMER;
	t->sleep.key = deadline;
	t->sleep.key2 = t->heavy.obj.id;
	tree_insert(&sleepers, &t->sleep);
	t->sleeping = true;
}

void
sleep_cancel(struct task *t)
{
	if (!t->sleeping)
		return;
	tree_remove(&sleepers, &t->sleep);
	t->sleeping = false;
}

uint64_t
sched_now(void)
{
	if (!(cpu0.entry & ENTRY_TIMED))
		cpu0.now = hal_now();
	cpu0.entry |= ENTRY_TIMED;
	return cpu0.now;
}

/* Is somebody else of its priority ready? */
static bool
shares(const struct task *t)
{
	return cpu0.ready != 0 && (!list_empty(&cpu0.queue[t->priority]) ||
		(cpu0.next != NULL && cpu0.next->priority == t->priority));
}

/* What is left of the slice of the current task, in ns. */
static uint64_t
slice_rest(const struct task *t)
{
	uint64_t slice = t->slice_left != 0 ? t->slice_left : sched_slice_ns;
	uint64_t gone = hal_cycles_ns(hal_cycles() - cpu0.since);

	return slice > gone ? slice - gone : 0;
}

void
sched_timer(void)
{
	uint64_t now = sched_now();
	const struct task *t = cpu0.current;

	cpu0.armed = 0;
	cpu0.ticking = false;
	cpu0.look |= LOOK_RUN | LOOK_TIMER;
	if (t != NULL && shares(t) && slice_rest(t) == 0)
		sched_give_way();
	for (unsigned int i = 0; i < WAKE_MAX; i++) {
		struct tree_node *n = tree_first(&sleepers);

		if (n == NULL || n->key > now)
			break;
		poll_wake(container_of(n, struct task, sleep));
	}
}

/* Off the queue of this priority, whose first it is. */
static struct task *
take(int priority)
{
	struct task *t = container_of(cpu0.queue[priority].next, struct task,
			run);

	dequeue(t);
	return t;
}

/* The first of its priority goes before t, which goes behind the last. */
static struct task *
rotate(struct task *t)
{
	struct list *q = &cpu0.queue[t->priority];
	struct task *first = container_of(q->next, struct task, run);

	list_remove(&first->run);
	list_append(q, &t->run);
	return first;
}

/*
 * A task of higher priority goes before t, which has the rest of its slice
 * when it is back; or goes behind its equals if there is none.  Else whoever
 * is interrupted at each end of its slice would keep them waiting for ever.
 */
static void
put_back(struct task *t, bool yields)
{
	if (shares(t)) {
		t->slice_left = yields ? 0 : slice_rest(t);
		if (t->slice_left == 0) {
			enqueue(t, false);
			return;
		}
	}
	enqueue(t, true);
}

/* Who goes before t, which could go on and is put back, if anybody does. */
static struct task *
better(struct task *t)
{
	struct task *n = cpu0.next;
	bool yields = (cpu0.look & LOOK_YIELD) != 0;
	int highest = sched_highest();

	if (n != NULL && n->priority > highest) {
		if (n->priority < t->priority ||
				(n->priority == t->priority && !yields))
			return t;
		clear_next();
		if (n->priority > t->priority)
			put_back(t, yields);
		else
			set_next(t);
		return n;
	}
	if (highest < t->priority || (highest == t->priority && !yields))
		return t;
	settle_next();
	if (highest == t->priority)
		return rotate(t);
	put_back(t, yields);
	return take(highest);
}

/* The first of the highest priority, off its queue; NULL: nobody is ready. */
static struct task *
take_best(void)
{
	struct task *n = cpu0.next;
	int highest = sched_highest();

	if (n != NULL && n->priority > highest) {
		clear_next();
		return n;
	}
	return highest < 0 ? NULL : take(highest);
}

static struct task *
pick(void)
{
	struct task *t = cpu0.current, *to;

	to = t != NULL && task_runnable(t) ? better(t) : take_best();
	if (to != t)
		sched_switch(t, to);
	if (!cpu0.ticking && to != NULL && shares(to))
		cpu0.look |= LOOK_TIMER;
	return to;
}

/* The timer: the next sleeper, or the end of a slice that others share. */
static __attribute__((noinline)) void
arm(const struct task *t)
{
	const struct tree_node *n = tree_first(&sleepers);
	uint64_t when = n != NULL ? n->key : HELIOS_FOREVER, end;

	if (t != NULL && shares(t)) {
		end = sched_now() + slice_rest(t);
		cpu0.ticking = true;
		when = end < when ? end : when;
	}
	if (cpu0.armed != 0 && when >= cpu0.armed)
		return;
	cpu0.armed = when;
	hal_timer_set(when);
}

/* Is there something to do before t runs (NULL: before all are idle)? */
static bool
task_has_work(const struct task *t)
{
	return t->restart || !list_empty(&t->reap);
}

static bool
has_work(const struct task *t)
{
	return t != NULL ? task_has_work(t) : !list_empty(&reap_orphans);
}

static __attribute__((noinline)) void
work_step(struct task *t)
{
	if (t == NULL)
		reap_step(&reap_orphans);
	else if (!list_empty(&t->reap))
		reap_step(&t->reap);
	else
		syscall_run_again(t);
}

struct task *
sched_choose_of_all(void)
{
	struct task *t;

	if (cpu0.current != NULL && cpu0.current->dead)
		sched_switch(cpu0.current, NULL);
	for (int i = 0; i < 2 && !list_empty(&reap_orphans); i++)
		reap_step(&reap_orphans);
	for (;;) {
		t = pick();
		if (cpu0.look & LOOK_TIMER)
			arm(t);
		cpu0.look = list_empty(&reap_orphans) ? 0 : LOOK_REAP;
		if (!has_work(t))
			return t;
		/* Does an interrupt wait, and has this entry got on? */
		cpu0.look |= LOOK_RUN;
		if (cpu0.entry & ENTRY_WORKED && hal_irq_pending())
			return t;
		cpu0.entry |= ENTRY_WORKED;
		work_step(t);
	}
}

/* Equals share slices, by a timer that is armed. */
static inline bool
goes_before(const struct task *next, const struct task *t)
{
	return next->priority > t->priority ||
		(next->priority == t->priority &&
		cpu0.look & LOOK_YIELD && cpu0.ticking);
}

/* Is it above all in the queues?  Mostly these are empty. */
static __attribute__((noinline)) bool
is_above_queues(const struct task *t)
{
	return t->priority > sched_highest();
}

/*
 * What most entries come to: next is above all others that are ready, goes
 * before the current task, if that could go on, and has nothing to do first.
 */
struct task *
sched_choose(void)
{
	struct task *t = cpu0.current, *next = cpu0.next;
	bool queued = cpu0.ready != READY_NEXT;

	if ((queued && (next == NULL || !is_above_queues(next))) ||
			t == NULL || cpu0.look & (LOOK_TIMER | LOOK_REAP) ||
			task_has_work(next))
		return sched_choose_of_all();
	if (!task_runnable(t))
		clear_next();
	else if (goes_before(next, t) && !(queued && !is_above_queues(t)))
		set_next(t);
	else
		return sched_choose_of_all();
	sched_switch(t, next);
	cpu0.look = 0;
	return next;
}
