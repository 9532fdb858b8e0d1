/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues: a ring for each priority present.  The first of each ring, its
 * head, is linked to those of the neighbouring priorities of its group of 16;
 * the highest of a group leads it, and from one leader to that of the next
 * lower group there is a link, too.  q->first is the highest of all.
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
		first->head = HEAD_LEADS;
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

/* w leads its group, of which these are the others; *link led here. */
static void
lead(struct waiter **link, struct waiter *w, struct waiter *lower,
		struct waiter *next_group)
{
	w->head = HEAD_LEADS;
	w->lower = lower;
	w->skip = next_group;
	*link = w;
	if (lower == NULL)
		return;
	lower->head = HEAD;
	lower->higher = w;
}

/* Below a head of its own priority or a higher one, and above the next. */
static void
join_below(struct waiter *w, struct waiter *head)
{
	if (head->priority == w->priority) {
		w->head = NO_HEAD;
		w->next = head;
		w->prev = head->prev;
		w->prev->next = w;
		head->prev = w;
		return;
	}
	w->head = HEAD;
	w->higher = head;
	w->lower = head->lower;
	if (w->lower != NULL)
		w->lower->higher = w;
	head->lower = w;
}

static void
ring_join(struct waitq *q, struct waiter *w, unsigned int priority)
{
	struct waiter **link = &q->first, *head;
	unsigned int group = group_of(priority);

	if (q->first != NULL)
		q->first->head = HEAD_LEADS;
	w->q = q;
	w->priority = (uint8_t)priority;
	while (*link != NULL && group_of((*link)->priority) > group)
		link = &(*link)->skip;
	head = *link;
	if (head == NULL || group_of(head->priority) != group) {
		lead(link, w, NULL, head);
	} else if (head->priority < priority) {
		lead(link, w, head, head->skip);
	} else {
		while (head->lower != NULL && head->lower->priority >=
				priority)
			head = head->lower;
		join_below(w, head);
	}
}

/* What links to this head from above. */
static struct waiter **
link_to(struct waiter *head)
{
	struct waiter **link = &head->q->first;

	if (head->head == HEAD)
		return &head->higher->lower;
	while (*link != head)
		link = &(*link)->skip;
	return link;
}

static void
head_leave(struct waiter *w)
{
	struct waiter **link = link_to(w), *heir = w->lower;

	if (w->next != w) {
		heir = w->next;
		heir->lower = w->lower;
		if (heir->lower != NULL)
			heir->lower->higher = heir;
	}
	if (heir == NULL) {
		*link = w->head == HEAD ? NULL : w->skip;
		return;
	}
	heir->head = w->head;
	heir->skip = w->skip;	/* or higher */
	*link = heir;
}

static void
ring_leave(struct waiter *w)
{
	if (w->head != NO_HEAD)
		head_leave(w);
	w->next->prev = w->prev;
	w->prev->next = w->next;
	w->next = w->prev = w;
	w->higher = w->lower = NULL;
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

/* Rarely does it wait. */
static __attribute__((noinline)) void
join_again(struct waiter *w, unsigned int priority)
{
	struct waitq *q = w->q;

	ring_leave(w);
	ring_join(q, w, priority);
}

void
waitq_set_priority(struct waiter *w, unsigned int priority)
{
	if (w->q != NULL)
		join_again(w, priority);
	else
		w->priority = (uint8_t)priority;
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

	if (leader->head == HEAD || !ring_valid(q, leader))
		return false;
	for (const struct waiter *h = leader->lower; h != NULL; h = h->lower) {
		if (h->head != HEAD || h->higher != higher ||
				!ring_valid(q, h))
			return false;
		if (higher->priority <= h->priority ||
				group_of(leader->priority) !=
				group_of(h->priority))
			return false;
		higher = h;
	}
	return true;
}

bool
waitq_valid(const struct waitq *q)
{
	const struct waiter *leader = q->first, *next;

	for (; leader != NULL; leader = next) {
		next = leader->skip;
		if (!group_valid(q, leader))
			return false;
		if (next != NULL && group_of(next->priority) >=
				group_of(leader->priority))
			return false;
	}
	return true;
}
