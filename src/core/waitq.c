/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues: a ring for each priority present.  The first of each ring, its
 * head, is linked to those of the neighbouring priorities of its group of 16;
 * and the highest head of each group, its leader, to the leaders of the
 * neighbouring groups.  q->first is the highest of all.
 */
#include <stddef.h>

#include <task.h>
#include <waitq.h>

/*
 * Those that wait through a capability are a list, of which only the first
 * knows the slot: so the capability can move, whoever waits.
 */
static void
via_add(struct waiter *w, struct slot *s)
{
	struct waiter *first;

	if (s == NULL)
		return;
	first = s->waiters;
	w->via = s;
	w->via_next = first;
	s->waiters = w;
	if (first == NULL)
		return;
	if (first->head == HEAD_ALONE)
		first->head = HEAD;
	first->via = NULL;
	first->via_prev = w;
}

static void
via_remove(struct waiter *w)
{
	struct waiter *next = w->via_next;

	if (w->via != NULL) {
		w->via->waiters = next;
		if (next != NULL)
			next->via = w->via;
	} else if (w->via_prev != NULL) {
		w->via_prev->via_next = next;
	}
	if (next != NULL)
		next->via_prev = w->via_prev;
	w->via = NULL;
	w->via_next = w->via_prev = NULL;
}

static unsigned int
group_of(unsigned int priority)
{
	return priority / WAITQ_GROUP;
}

/* What leads down to w (or would: w is not linked yet) leads to x. */
static void
link_down(struct waitq *q, const struct waiter *w, struct waiter *x)
{
	struct waiter *above = w->higher;

	if (above == NULL)
		q->first = x;
	else if (group_of(above->priority) != group_of(w->priority))
		above->skip = x;
	else
		above->lower = x;
}

/* w becomes a head, with these neighbours. */
static void
head_link(struct waitq *q, struct waiter *w, struct waiter *higher,
		struct waiter *lower, struct waiter *skip)
{
	w->head = HEAD;
	w->higher = higher;
	w->lower = lower;
	w->skip = skip;
	if (lower != NULL)
		lower->higher = w;
	if (skip != NULL)
		skip->higher = w;
	link_down(q, w, w);
}

/* Its group is that of this leader. */
static void
group_join(struct waitq *q, struct waiter *w, struct waiter *leader)
{
	struct waiter *higher = leader->higher, *head = leader, *skip = NULL;

	while (head != NULL && head->priority > w->priority) {
		higher = head;
		head = head->lower;
	}
	if (head != NULL && head->priority == w->priority) {
		w->next = head;
		w->prev = head->prev;
		w->prev->next = w;
		head->prev = w;
		return;
	}
	if (head == leader) {
		skip = leader->skip;
		leader->skip = NULL;
	}
	head_link(q, w, higher, head, skip);
}

static void
ring_join(struct waitq *q, struct waiter *w, unsigned int priority)
{
	struct waiter *higher = NULL, *leader = q->first;
	unsigned int group = group_of(priority);

	if (leader != NULL)
		leader->head = HEAD;
	w->q = q;
	w->priority = (uint8_t)priority;
	w->next = w->prev = w;
	while (leader != NULL && group_of(leader->priority) > group) {
		higher = leader;
		leader = leader->skip;
	}
	if (leader != NULL && group_of(leader->priority) == group)
		group_join(q, w, leader);
	else
		head_link(q, w, higher, NULL, leader);
}

static void
head_leave(struct waiter *w)
{
	struct waiter *heir = w->next != w ? w->next : w->lower;

	if (heir != NULL) {
		head_link(w->q, heir, w->higher, w->next != w ? w->lower :
			heir->lower, w->skip);
		return;
	}
	link_down(w->q, w, w->skip);
	if (w->skip != NULL)
		w->skip->higher = w->higher;
}

static void
ring_leave(struct waiter *w)
{
	if (w->head != NO_HEAD)
		head_leave(w);
	w->next->prev = w->prev;
	w->prev->next = w->next;
	w->next = w->prev = w;
	w->higher = w->lower = w->skip = NULL;
	w->head = NO_HEAD;
	w->q = NULL;
}

__attribute__((noinline)) void
waitq_join(struct waitq *q, struct waiter *w, unsigned int priority,
		struct slot *via)
{
	via_add(w, via);
	ring_join(q, w, priority);
}

__attribute__((noinline)) void
waitq_leave(struct waiter *w)
{
	if (w->q == NULL)
		return;
	ring_leave(w);
	via_remove(w);
}

void
waitq_set_priority(struct waiter *w, unsigned int priority)
{
	struct waitq *q = w->q;

	/* In the queue it is still found by the old one. */
	if (q != NULL)
		ring_leave(w);
	w->priority = (uint8_t)priority;
	if (q != NULL)
		ring_join(q, w, priority);
}

void
waiters_moved(struct slot *to, struct slot *from)
{
	to->waiters = from->waiters;
	from->waiters = NULL;
	if (to->waiters != NULL)
		to->waiters->via = to;
}

struct task *
waiter_task(const struct waiter *w)
{
	const struct waiter *first = w - w->index;

	return (struct task *)((uintptr_t)first -
			offsetof(struct task, waiters));
}

static bool
ring_valid(const struct waitq *q, const struct waiter *head)
{
	const struct waiter *w = head;

	do {
		if (w->q != q || w->priority != head->priority)
			return false;
		if (w->next->prev != w || (w->head != NO_HEAD) != (w == head))
			return false;
		if (w->head == HEAD_ALONE && (w->next != w || w != q->first ||
				w->lower != NULL || w->skip != NULL ||
				w->via == NULL ||
				w->via_next != NULL))
			return false;
		w = w->next;
	} while (w != head);
	return true;
}

static bool
group_valid(const struct waitq *q, const struct waiter *leader)
{
	const struct waiter *higher = leader;

	if (!ring_valid(q, leader))
		return false;
	for (const struct waiter *h = leader->lower; h != NULL; h = h->lower) {
		if (h->higher != higher || h->skip != NULL ||
				!ring_valid(q, h))
			return false;
		if (higher->priority <= h->priority ||
				group_of(higher->priority) !=
				group_of(h->priority))
			return false;
		higher = h;
	}
	return true;
}

bool
waitq_valid(const struct waitq *q)
{
	const struct waiter *higher = NULL;

	for (const struct waiter *l = q->first; l != NULL; l = l->skip) {
		if (l->higher != higher || !group_valid(q, l))
			return false;
		if (higher != NULL && group_of(higher->priority) <=
				group_of(l->priority))
			return false;
		higher = l;
	}
	return true;
}
