/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler.  Run queues hold what is ready; the current task is on
 * none.  Nothing switches in the middle of an entry: core_exit looks once,
 * at its end, at what the entry has done.
 *
 * A time slice runs only while somebody else of that priority is ready: a
 * task that has its priority for itself needs no clock.  The timer is armed
 * for the end of a slice or the first sleeper, and left alone when the need
 * for that goes away: it then comes once, early, and is armed for the next.
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

	sched_look();
	list_append(front ? q->next : q, &t->run);
	cpu0.bits[t->priority / 64] |= 1ull << t->priority % 64;
	cpu0.words |= 1u << t->priority / 64;
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
		cpu0.words &= ~(1u << word);
}

/* The first of the highest priority with a queue; NULL: all are empty. */
static struct task *
best(void)
{
	int p = sched_highest();

	return p < 0 ? NULL :
		container_of(cpu0.queue[p].next, struct task, run);
}

/*
 * Most of those made ready run at once, since who made them ready waits for
 * them: the last one stays off the queues until somebody comes after it, or
 * it is clear that another runs.
 */
static void
settle_next(void)
{
	struct task *t = cpu0.next;

	if (t == NULL)
		return;
	cpu0.next = NULL;
	enqueue(t, false);
}

void
sched_ready(struct task *t)
{
	if (t == cpu0.current || t == cpu0.next || !list_empty(&t->run) ||
			!task_runnable(t))
		return;
	t->slice_left = 0;
	settle_next();
	cpu0.next = t;
	sched_look();
}

void
sched_stopped(struct task *t)
{
	sched_look();
	if (t == cpu0.next)
		cpu0.next = NULL;
	else if (!list_empty(&t->run))
		dequeue(t);
}

void
sched_give_way(void)
{
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
	for (unsigned int i = 0; i < TASK_WAITERS; i++) {
		struct waiter *w = &t->waiters[i];
		struct waitq *q = w->q;
		struct slot *via = w->via;

		w->priority = (uint8_t)priority;
		if (q == NULL)
			continue;
		waitq_leave(w);
		waitq_join(q, w, priority, via);
	}
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
	if (!cpu0.timed)
		cpu0.now = hal_now();
	cpu0.timed = true;
	return cpu0.now;
}

void
sched_timer(void)
{
	uint64_t now = sched_now();

	cpu0.armed = 0;
	cpu0.look |= LOOK_RUN | LOOK_TIMER;
	if (cpu0.slice_end != 0 && cpu0.slice_end <= now)
		sched_give_way();
	for (unsigned int i = 0; i < WAKE_MAX; i++) {
		struct tree_node *n = tree_first(&sleepers);

		if (n == NULL || n->key > now)
			break;
		poll_wake(container_of(n, struct task, sleep));
	}
}

/* Somebody else of its priority is ready: from now on it has so long. */
static void
slice_begin(struct task *t)
{
	if (list_empty(&cpu0.queue[t->priority]))
		return;
	cpu0.slice_end = sched_now() +
		(t->slice_left != 0 ? t->slice_left : sched_slice_ns);
	cpu0.look |= LOOK_TIMER;
}

/* It goes, and has so much left when it is back. */
static void
slice_break(struct task *t)
{
	uint64_t now;

	if (cpu0.slice_end == 0)
		return;
	now = sched_now();
	t->slice_left = cpu0.slice_end > now ? cpu0.slice_end - now : 1;
	cpu0.slice_end = 0;
}

/* The current task can go on.  Put it back, if another goes before it. */
static bool
current_stays(struct task *t)
{
	struct task *b;

	settle_next();
	b = best();
	if (b != NULL && b->priority > t->priority) {
		slice_break(t);
		enqueue(t, true);
		return false;
	}
	if (!(cpu0.look & LOOK_YIELD))
		return true;
	t->slice_left = 0;
	cpu0.slice_end = 0;
	if (b == NULL || b->priority < t->priority)
		return true;
	enqueue(t, false);
	return false;
}

/* The first of the highest priority, off its queue. */
static struct task *
take_best(void)
{
	struct task *t = cpu0.next, *b = best();

	if (t != NULL && (b == NULL || b->priority < t->priority)) {
		cpu0.next = NULL;
		return t;
	}
	settle_next();
	if (b != NULL)
		dequeue(b);
	return b;
}

static struct task *
pick(void)
{
	struct task *t = cpu0.current;

	if (t == NULL || !task_runnable(t) || !current_stays(t)) {
		t = take_best();
		if (t == NULL && cpu0.current != NULL)
			cpu0.last = cpu0.current;
		sched_switch(cpu0.current, t);
	}
	if (t != NULL && cpu0.words != 0 && cpu0.slice_end == 0)
		slice_begin(t);
	return t;
}

/* The timer: the next sleeper, or the end of a slice that others share. */
static void
arm(void)
{
	const struct tree_node *n = tree_first(&sleepers);
	uint64_t when = HELIOS_FOREVER;

	if (n != NULL)
		when = n->key;
	if (cpu0.slice_end != 0 && cpu0.slice_end < when)
		when = cpu0.slice_end;
	if (cpu0.armed != 0 && when >= cpu0.armed)
		return;
	cpu0.armed = when;
	hal_timer_set(when);
}

/* Is there something to do before t runs (NULL: before all are idle)? */
static bool
has_work(const struct task *t)
{
	if (t == NULL)
		return !list_empty(&reap_orphans);
	return t->restart || !list_empty(&t->reap);
}

static void
work_step(struct task *t)
{
	if (t == NULL)
		reap_step(&reap_orphans);
	else if (t->restart)
		syscall_run(t);
	else
		reap_step(&t->reap);
}

static struct task *
choose(void)
{
	struct task *t;

	if (cpu0.current != NULL && cpu0.current->dead) {
		cpu0.last = cpu0.current;
		sched_switch(cpu0.current, NULL);
	}
	for (int i = 0; i < 2 && !list_empty(&reap_orphans); i++)
		reap_step(&reap_orphans);
	for (;;) {
		t = pick();
		if (cpu0.look & LOOK_TIMER)
			arm();
		cpu0.look = 0;
		if (!has_work(t))
			return t;
		/* Does an interrupt wait, and has this entry got on? */
		cpu0.look = LOOK_RUN;
		if (cpu0.worked && hal_irq_pending())
			return t;
		cpu0.worked = true;
		work_step(t);
	}
}

struct task *
core_exit(void)
{
	return cpu0.look == 0 ? cpu0.current : choose();
}
