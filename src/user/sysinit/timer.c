/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines: a sorted list, since there is at most one for each driver and
 * process.  The loop waits no longer than for the first.
 */
#include "sysinit.h"

static struct timer *first;

void
timer_stop(struct timer *t)
{
	struct timer **p;

	for (p = &first; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	t->next = NULL;
	t->at = 0;
}

void
timer_set(struct timer *t, uint64_t at, void (*fn)(struct timer *t))
{
	struct timer **p = &first;

	timer_stop(t);
	t->at = at ? at : 1;		/* 0: not set */
	t->fn = fn;
	while (*p && (*p)->at <= t->at)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
}

uint64_t
timer_next(void)
{
	return first ? first->at : HELIOS_FOREVER;
}

/* A function may set and stop timers, its own too. */
void
timer_run(uint64_t now)
{
	while (first && first->at <= now) {
		struct timer *t = first;

		timer_stop(t);
		t->fn(t);
	}
}
