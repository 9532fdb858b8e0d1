/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that are answered later.
 *
 * A client's thread can be killed or called off while it waits: its Reply is
 * then a Dead slot here, which nobody tells sysinit about.  They are looked
 * for when there seem to be too many.
 */
#include "sysinit.h"

/* The waiter must come first: the others get it alone. */
static struct place {
	struct waiter waiter;
	struct waiter **list;		/* NULL: free */
} places[WAITERS];

#define END	(places + WAITERS)

static void
take_off(struct place *p)
{
	struct waiter **w = p->list;

	while (*w && *w != &p->waiter)
		w = &(*w)->next;
	if (*w)
		*w = p->waiter.next;
	p->waiter.next = NULL;
}

static void
drop(struct place *p)
{
	take_off(p);
	helios_destroy(p->waiter.reply);
	waiter_free(&p->waiter);
}

static void
drop_dead(const struct process *who)
{
	struct place *p;
	uint64_t what;

	for (p = places; p < END; p++)
		if (p->list && p->waiter.who == who &&
				helios_identify(p->waiter.reply, &what) ==
				HELIOS_OK && HELIOS_IDENTIFY_TYPE(what) !=
				HELIOS_REPLY)
			drop(p);
}

static struct place *
free_place(const struct process *who)
{
	struct place *p;

	if (who && who->nwaiters == WAITERS_EACH)
		return NULL;
	for (p = places; p < END; p++)
		if (!p->list)
			return p;
	return NULL;
}

bool
waiter_add(struct waiter **list, struct ipc_request *rq,
		const uint32_t key[2])
{
	struct process *who = caller(rq);
	struct place *p = free_place(who);
	struct waiter **end = list;

	if (!p) {
		drop_dead(who);
		p = free_place(who);
	}
	if (!p || ipc_defer(rq, &p->waiter.reply) != HELIOS_OK)
		return false;
	p->list = list;
	p->waiter.who = who;
	p->waiter.next = NULL;
	p->waiter.key[0] = key ? key[0] : 0;
	p->waiter.key[1] = key ? key[1] : 0;
	if (who)
		who->nwaiters++;
	while (*end)
		end = &(*end)->next;
	*end = &p->waiter;
	return true;
}

struct waiter *
waiter_take(struct waiter **list)
{
	struct waiter *w = *list;

	if (w)
		*list = w->next;
	return w;
}

struct waiter *
waiter_take_key(struct waiter **list, const uint32_t key[2])
{
	struct waiter **p, *w;

	for (p = list; (w = *p) != NULL; p = &w->next)
		if (w->key[0] == key[0] && w->key[1] == key[1]) {
			*p = w->next;
			return w;
		}
	return NULL;
}

void
waiter_free(struct waiter *w)
{
	struct place *p = &places[(struct place *)w - places];

	if (w->who)
		w->who->nwaiters--;
	p->list = NULL;
}

void
waiter_drop(const struct process *who)
{
	struct place *p;

	for (p = places; p < END; p++)
		if (p->list && p->waiter.who == who)
			drop(p);
}
