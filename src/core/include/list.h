/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Circular doubly linked lists with the links inside the members.  A member
 * that is on no list is linked to itself, so that removing it twice is
 * harmless and "is it on a list?" needs no flag.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

/* At the end of the list whose head is l. */
static inline void
list_append(struct list *l, struct list *member)
{
	member->prev = l->prev;
	member->next = l;
	l->prev->next = member;
	l->prev = member;
}

static inline void
list_remove(struct list *member)
{
	member->prev->next = member->next;
	member->next->prev = member->prev;
	list_init(member);
}

/* Move all of from to the end of l. */
static inline void
list_splice(struct list *l, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = l->prev;
	l->prev->next = from->next;
	from->prev->next = l;
	l->prev = from->prev;
	list_init(from);
}

#endif
