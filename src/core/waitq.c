/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues: a ring for each priority present, the first of each ring
 * linked to the heads of its neighbours.  q->first is the head of the
 * highest.
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

/* w becomes a head, between these two. */
static void
head_link(struct waitq *q, struct waiter *w, struct waiter *higher,
		struct waiter *lower)
{
	w->head = HEAD;
	w->higher = higher;
	w->lower = lower;
	if (higher != NULL)
		higher->lower = w;
	else
		q->first = w;
	if (lower != NULL)
		lower->higher = w;
}

static void
ring_join(struct waitq *q, struct waiter *w, unsigned int priority)
{
	struct waiter *higher = NULL, *head = q->first;

	if (head != NULL)
		head->head = HEAD;
	w->q = q;
	w->priority = (uint8_t)priority;
	w->head = NO_HEAD;
	w->higher = w->lower = NULL;
	while (head != NULL && head->priority > priority) {
		higher = head;
		head = head->lower;
	}
	if (head != NULL && head->priority == priority) {
		w->next = head;
		w->prev = head->prev;
		w->prev->next = w;
		head->prev = w;
		return;
	}
	w->next = w->prev = w;
	head_link(q, w, higher, head);
}

static void
head_leave(struct waiter *w)
{
	if (w->next != w) {
		head_link(w->q, w->next, w->higher, w->lower);
		return;
	}
	if (w->higher != NULL)
		w->higher->lower = w->lower;
	else
		w->q->first = w->lower;
	if (w->lower != NULL)
		w->lower->higher = w->higher;
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

void
waitq_set_priority(struct waiter *w, unsigned int priority)
{
	struct waitq *q = w->q;

	w->priority = (uint8_t)priority;
	if (q == NULL)
		return;
	ring_leave(w);
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
				w->lower != NULL || w->via == NULL ||
				w->via_next != NULL))
			return false;
		w = w->next;
	} while (w != head);
	return true;
}

bool
waitq_valid(const struct waitq *q)
{
	const struct waiter *higher = NULL;

	for (const struct waiter *h = q->first; h != NULL; h = h->lower) {
		if (h->higher != higher || !ring_valid(q, h))
			return false;
		if (higher != NULL && higher->priority <= h->priority)
			return false;
		higher = h;
	}
	return true;
}
