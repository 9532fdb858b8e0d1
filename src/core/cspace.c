/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSpaces: tables of slots.
 *
 * Null slots form a doubly linked list threaded through the slots, in
 * relative links of which 0 means "the neighbour": slot i leads on to
 * i + 1 + next and back to i - 1 + prev.  Hence cleared memory is a valid
 * list of all slots in order.  The index nslots ends it, -1 begins it.
 *
 * Destinations of a call are taken off before it is known to succeed.  A
 * slot that is taken keeps its links, so that putting slots back in the
 * reverse order restores the list exactly.
 */
#include <cspace.h>
#include <klog.h>
#include <memory.h>
#include <task.h>

static uint32_t
next_free(const struct cspace *cs, uint32_t i)
{
	return i + 1 + (uint32_t)cs->slots[i].next;
}

/* UINT32_MAX before the first. */
static uint32_t
prev_free(const struct cspace *cs, uint32_t i)
{
	return i - 1 + (uint32_t)cs->slots[i].prev;
}

static inline int32_t
link_to_next(uint32_t i, uint32_t to)
{
	return (int32_t)(to - i - 1);
}

static inline int32_t
link_to_prev(uint32_t i, uint32_t to)
{
	return (int32_t)(to - i + 1);
}

static void
set_next(struct cspace *cs, uint32_t i, uint32_t to)
{
	cs->slots[i].next = link_to_next(i, to);
}

static void
set_prev(struct cspace *cs, uint32_t i, uint32_t to)
{
	cs->slots[i].prev = link_to_prev(i, to);
}

static void
join(struct cspace *cs, uint32_t a, uint32_t b)
{
	if (a == UINT32_MAX)
		cs->free = b;
	else
		set_next(cs, a, b);
	if (b < cs->nslots)
		set_prev(cs, b, a);
}

static void
freelist_take(struct cspace *cs, uint32_t i)
{
	join(cs, prev_free(cs, i), next_free(cs, i));
	cs->nfree--;
}

/* Undo the last freelist_take that is not undone yet. */
static void
freelist_untake(struct cspace *cs, uint32_t i)
{
	uint32_t a = prev_free(cs, i), b = next_free(cs, i);

	join(cs, a, i);
	join(cs, i, b);
	cs->nfree++;
}

struct cspace no_cspace;

struct cspace *
cspace_create(struct memory *m, struct frame *table, unsigned int radix)
{
	struct cspace *cs = slab_alloc(m, sizeof(*cs));

	if (cs == NULL)
		return NULL;
	heavy_init(&cs->heavy, HELIOS_CSPACE, m);
	cs->slots = frame_ptr(table);
	cs->nslots = cs->nfree = 1u << radix;
	block_set_kind(table, FRAME_CSPACE, cs);
	return cs;
}

struct cspace *
slot_cspace(const struct slot *s)
{
	const struct frame *f = frame_of_ptr(s);

	return f != NULL && f->kind == FRAME_CSPACE ? f->object : NULL;
}

uint32_t
slot_index(const struct cspace *cs, const struct slot *s)
{
	return (uint32_t)(s - cs->slots);
}

static struct result
no_slot(const struct cspace *cs, uint64_t caddr)
{
	return user_error(HELIOS_INVALID_CADDR, caddr,
		"a slot below %u expected, %lu found", cs->nslots, caddr);
}

struct result
cspace_slot(struct cspace *cs, uint64_t caddr, struct slot **out)
{
	if (caddr >= cs->nslots)
		return no_slot(cs, caddr);
	*out = &cs->slots[caddr];
	return RESULT_OK;
}

struct result
cspace_lookup_error(const struct cspace *cs, uint64_t caddr, unsigned int type)
{
	unsigned int found;

	if (caddr >= cs->nslots)
		return no_slot(cs, caddr);
	found = cap_type(&cs->slots[caddr]);
	if (found == HELIOS_NULL)
		return user_error(HELIOS_INVALID_CSLOT, caddr,
			"a capability expected in slot %lu, it is empty",
			caddr);
	if (found == HELIOS_DEAD)
		return user_error(HELIOS_REVOKED, caddr,
			"the capability in slot %lu was revoked", caddr);
	return user_error(HELIOS_INVALID_CTYPE, found,
		"slot %lu: %s expected, %s found", caddr,
		type_name(type), type_name(found));
}

struct result
task_lookup(struct task *t, uint64_t caddr, unsigned int type,
		struct slot **out)
{
	struct cspace *cs = task_cspace(t);

	if (cs == NULL)
		return user_error(HELIOS_MISSING_PART, HELIOS_PART_CSPACE,
			"the task has no CSpace");
	return cspace_lookup(cs, caddr, type, out);
}

static struct result
not_empty(const struct slot *s, uint64_t caddr)
{
	return user_error(HELIOS_INVALID_CSLOT, caddr, "an empty slot "
		"expected as destination, slot %lu holds %s", caddr,
		type_name(cap_type(s)));
}

/* Why there is no such destination. */
static struct result
no_dest(const struct cspace *cs, uint64_t caddr)
{
	if (caddr < cs->nslots)
		return not_empty(&cs->slots[caddr], caddr);
	return caddr != HELIOS_CADDR_UNDEF ? no_slot(cs, caddr) :
		user_error(HELIOS_CSPACE_FULL, 1,
			"a free slot needed, none is left");
}

static inline __attribute__((always_inline)) bool
take_if(struct cspace *cs, uint64_t caddr, struct slot **out)
{
	uint64_t i = caddr == HELIOS_CADDR_UNDEF ? cs->free : caddr;

	if (i >= cs->nslots)
		return false;
	*out = &cs->slots[i];
	if (cap_type(*out) != HELIOS_NULL)
		return false;
	freelist_take(cs, (uint32_t)i);
	return true;
}

bool
dest_take_if(struct cspace *cs, uint64_t caddr, struct slot **out)
{
	return take_if(cs, caddr, out);
}

struct result
dest_take(struct cspace *cs, uint64_t caddr, struct slot **out)
{
	return take_if(cs, caddr, out) ? RESULT_OK : no_dest(cs, caddr);
}

static struct result
take_explicit(struct cspace *cs, helios_cap_t caddr, struct slot **out)
{
	struct result r = cspace_slot(cs, caddr, out);

	if (r.status != HELIOS_OK)
		return r;
	if (cap_type(*out) != HELIOS_NULL)
		return not_empty(*out, caddr);
	freelist_take(cs, caddr);
	/* Not Null while it is taken, so that naming it twice fails. */
	(*out)->cap = (uint64_t)HELIOS_DEAD << 8;
	return RESULT_OK;
}

static void
untake(struct cspace *cs, struct slot *s)
{
	s->cap = 0;
	freelist_untake(cs, slot_index(cs, s));
}

/* Put back, in reverse, those of the first n that are (not) explicit. */
static void
return_some(struct cspace *cs, const helios_cap_t *caddr, unsigned int n,
		struct slot **slots, bool explicit)
{
	while (n-- > 0)
		if ((caddr[n] != HELIOS_CADDR_UNDEF) == explicit)
			untake(cs, slots[n]);
}

void
dests_return(struct cspace *cs, const helios_cap_t *caddr, unsigned int n,
		struct slot **slots)
{
	return_some(cs, caddr, n, slots, false);
	return_some(cs, caddr, n, slots, true);
}

/* The slots named first, so that a choice does not take one of them. */
struct result
dests_take(struct cspace *cs, const helios_cap_t *caddr, unsigned int n,
		struct slot **slots)
{
	unsigned int i, chosen = 0;
	struct result r;

	for (i = 0; i < n; i++) {
		if (caddr[i] == HELIOS_CADDR_UNDEF) {
			chosen++;
			continue;
		}
		r = take_explicit(cs, caddr[i], &slots[i]);
		if (r.status != HELIOS_OK) {
			return_some(cs, caddr, i, slots, true);
			return r;
		}
	}
	if (chosen > cs->nfree) {
		return_some(cs, caddr, n, slots, true);
		return user_error(HELIOS_CSPACE_FULL, chosen,
			"%u free slots needed, %u left", chosen,
			cs->nfree);
	}
	for (i = 0; i < n; i++) {
		if (caddr[i] == HELIOS_CADDR_UNDEF) {
			slots[i] = &cs->slots[cs->free];
			freelist_take(cs, cs->free);
		}
		slots[i]->cap = 0;
	}
	return RESULT_OK;
}

void
slot_release(struct cspace *cs, struct slot *s)
{
	uint32_t i = slot_index(cs, s), next = cs->free;

	kassert(i < cs->nslots && s->cap == 0 && s->waiters == NULL);
	s->prev = link_to_prev(i, UINT32_MAX);
	s->next = link_to_next(i, next);
	if (next < cs->nslots)
		set_prev(cs, next, i);
	cs->free = i;
	cs->nfree++;
}

/* A batch of empty slots, or one step of one capability. */
bool
cspace_reap_step(struct cspace *cs)
{
	uint32_t end = cs->reaped + 64 < cs->nslots ? cs->reaped + 64 :
		cs->nslots;

	for (; cs->reaped < end; cs->reaped++) {
		struct slot *s = &cs->slots[cs->reaped];

		if (cap_type(s) == HELIOS_NULL || cap_type(s) == HELIOS_DEAD)
			continue;
		cap_destroy_step_in_cspace(s);
		return false;
	}
	if (cs->reaped < cs->nslots)
		return false;
	block_free(frame_of_ptr(cs->slots));
	object_fini(&cs->heavy.obj);
	slab_free(cs);
	return true;
}
