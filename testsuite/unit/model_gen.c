/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations.  The model's state biases the choice towards what can
 * succeed, and towards what is rare; a part of the arguments stays wild.
 */
#include <memory.h>
#include <string.h>

#include "model.h"

#define MOST_CSPACES	7
#define MOST_TASKS	6

static unsigned int
count_objects(unsigned int type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < M_OBJECTS; i++)
		n += model.objects[i].alive && model.objects[i].type == type;
	return n;
}

static bool
one_in(struct rng *r, unsigned int n)
{
	return rng_below(r, n) == 0;
}

/* A slot with a capability of this type (0: any), mostly. */
static uint32_t
pick_cap(struct rng *r, const struct mobject *cs, unsigned int type)
{
	unsigned int start = rng_below(r, M_SLOTS);

	if (one_in(r, 40))
		return one_in(r, 4) ? UNDEF : rng_below(r, M_SLOTS + 4);
	for (unsigned int i = 0; i < cs->nslots && i < M_SLOTS; i++) {
		unsigned int at = (start + i) % M_SLOTS;
		const struct mslot *s = &cs->slots[at];

		if (s->state == M_CAP && (type == 0 || s->node->type == type))
			return at;
	}
	return start;
}

static uint32_t
pick_dest(struct rng *r, const struct mobject *cs)
{
	unsigned int start = rng_below(r, M_SLOTS);

	if (one_in(r, 2))
		return UNDEF;
	if (one_in(r, 10))
		return rng_below(r, M_SLOTS + 3);
	for (unsigned int i = 0; i < cs->nslots && i < M_SLOTS; i++)
		if (cs->slots[(start + i) % M_SLOTS].state == M_NULL)
			return (start + i) % M_SLOTS;
	return UNDEF;
}

/* The table that a CSpace capability leads to. */
static const struct mobject *
table_of(const struct mobject *cs, uint32_t cap)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(cs, cap, HELIOS_CSPACE, &errors);

	return n != NULL ? n->object : cs;
}

static void
gen_dests(struct rng *r, struct mop *op, const struct mobject *cs,
	unsigned int n)
{
	op->ncaps = n;
	for (unsigned int i = 0; i < n; i++)
		op->caps[i] = pick_dest(r, cs);
}

static void
gen_alloc(struct rng *r, struct mop *op, const struct mobject *cs)
{
	static const uint8_t types[] = { HELIOS_PAGE, HELIOS_PAGE,
		HELIOS_PAGE, HELIOS_ENDPOINT, HELIOS_ENDPOINT, HELIOS_NOTE,
		HELIOS_CSPACE, HELIOS_VSPACE, HELIOS_MEMORY, HELIOS_TASK,
		HELIOS_MEMORY, HELIOS_VSPACE };
	unsigned int type = types[rng_below(r, sizeof(types))];

	if (type == HELIOS_CSPACE && count_objects(type) >= MOST_CSPACES)
		type = HELIOS_ENDPOINT;
	if (type == HELIOS_TASK && count_objects(type) >= MOST_TASKS)
		type = HELIOS_NOTE;
	op->cap = pick_cap(r, cs, HELIOS_MEMORY);
	op->arg[0] = type;
	op->arg[1] = 0;
	gen_dests(r, op, cs, 1);
	switch (type) {
	case HELIOS_PAGE:
		op->arg[1] = HELIOS_PAGE_SIZE;
		if (one_in(r, 100))
			op->arg[1] = HELIOS_LARGE_PAGE_SIZE;
		gen_dests(r, op, cs, 1 + rng_below(r, M_CAPS));
		if (one_in(r, 5) && op->arg[1] == HELIOS_PAGE_SIZE)
			op->arg[0] |= HELIOS_ALLOC_CONTIGUOUS;
		break;
	case HELIOS_ENDPOINT:
	case HELIOS_NOTE:
		gen_dests(r, op, cs, 1 + rng_below(r, 3));
		break;
	case HELIOS_CSPACE:
		op->arg[1] = 6;
		break;
	case HELIOS_MEMORY:
		op->arg[1] = one_in(r, 8) ? rng_below(r, 600) :
			1 + rng_below(r, 24);
		break;
	}
	if (one_in(r, 100))
		op->arg[0] = rng_below(r, 18);
	if (op->arg[0] == HELIOS_CSPACE)	/* nothing larger in here */
		op->arg[1] = one_in(r, 20) ? 5 : 6;
}

static void
gen_transfer(struct rng *r, struct mop *op, const struct mobject *cs)
{
	const struct mobject *to, *from;

	op->cap = pick_cap(r, cs, HELIOS_CSPACE);
	to = table_of(cs, op->cap);
	op->from = one_in(r, 3) ? UNDEF : pick_cap(r, cs, HELIOS_CSPACE);
	from = op->from == UNDEF ? to : table_of(cs, op->from);
	op->dest = pick_dest(r, to);
	op->slot = pick_cap(r, from, op->kind == K_MINT ?
		(one_in(r, 2) ? HELIOS_ENDPOINT : HELIOS_NOTE) : 0);
	op->rights = one_in(r, 2) ? HELIOS_RIGHTS_ALL : rng_below(r, 64);
	if (one_in(r, 100))
		op->rights = 64 + rng_below(r, 64);
	op->arg[0] = one_in(r, 30) ? 0 : rng_next(r) >> rng_below(r, 63);
}

static void
gen_destroy(struct rng *r, struct mop *op, const struct mobject *cs)
{
	const struct mobject *in;

	op->cap = pick_cap(r, cs, HELIOS_CSPACE);
	in = table_of(cs, op->cap);
	op->ncaps = 1 + rng_below(r, 3);
	for (unsigned int i = 0; i < op->ncaps; i++) {
		unsigned int start = rng_below(r, M_SLOTS);

		op->caps[i] = one_in(r, 20) ? start : pick_cap(r, in, 0);
		/* Dead ones must go, or they fill the table. */
		for (unsigned int j = 0; j < in->nslots && j < M_SLOTS; j++)
			if (in->slots[(start + j) % M_SLOTS].state ==
			    M_DEAD && !one_in(r, 3)) {
				op->caps[i] = (start + j) % M_SLOTS;
				break;
			}
	}
}

static void
gen_pages(struct rng *r, struct mop *op, const struct mobject *cs)
{
	op->cap = pick_cap(r, cs, HELIOS_VSPACE);
	op->ncaps = one_in(r, 2) ? 1 : 1 + rng_below(r, M_CAPS);
	for (unsigned int i = 0; i < op->ncaps; i++)
		op->caps[i] = pick_cap(r, cs, HELIOS_PAGE);
	op->arg[1] = one_in(r, 10) ? rng_below(r, 16) : rng_below(r, 3);
	op->arg[0] = MOCK_USER_BASE +
		(uint64_t)rng_below(r, 8) * HELIOS_PAGE_SIZE +
		(uint64_t)rng_below(r, 3) * HELIOS_LARGE_PAGE_SIZE +
		(uint64_t)rng_below(r, 2) * (1ull << 30);
	if (op->kind == K_MAP && one_in(r, 2))
		op->arg[1] |= HELIOS_MAP_FIXED;
	else if (op->kind == K_MAP && one_in(r, 3))
		op->arg[0] = 0;
	if (one_in(r, 50))
		op->arg[0] = rng_next(r) >> rng_below(r, 64);
}

static void
gen_configure(struct rng *r, struct mop *op, const struct mobject *cs)
{
	static const unsigned int types[3] = { HELIOS_CSPACE, HELIOS_VSPACE,
		HELIOS_PAGE };

	op->cap = pick_cap(r, cs, HELIOS_TASK);
	op->ncaps = 3;
	for (unsigned int i = 0; i < 3; i++)
		op->caps[i] = one_in(r, 3) ? UNDEF : pick_cap(r, cs, types[i]);
}

static void
gen_message(struct rng *r, struct mop *op, const struct mobject *cs)
{
	struct message *m = &op->message;

	m->label = rng_next(r) >> 16;
	m->nwords = rng_below(r, M_WORDS + 1);
	for (unsigned int i = 0; i < m->nwords; i++)
		m->words[i] = rng_next(r);
	m->ncaps = one_in(r, 2) ? 0 : rng_below(r, M_CAPS);
	for (unsigned int i = 0; i < m->ncaps; i++)
		m->caps[i] = pick_cap(r, cs, one_in(r, 4) ? HELIOS_MEMORY : 0);
	op->naccept = one_in(r, 3) ? rng_below(r, M_CAPS + 1) : M_CAPS;
	for (unsigned int i = 0; i < M_CAPS; i++)
		op->accept[i] = one_in(r, 3) ? pick_dest(r, cs) : UNDEF;
}

static void
gen_ipc(struct rng *r, struct mop *op, const struct mobject *cs)
{
	unsigned int type = HELIOS_ENDPOINT;

	gen_message(r, op, cs);
	switch (op->kind) {
	case K_SEND:
		if (one_in(r, 3))
			type = HELIOS_REPLY;
		else if (one_in(r, 4))
			type = HELIOS_NOTE;
		break;
	case K_SIGNAL:
	case K_WAIT:
	case K_NBWAIT:
		type = HELIOS_NOTE;
		break;
	}
	op->cap = pick_cap(r, cs, type);
}

/* How often each kind is tried. */
static const uint8_t weights[K_KINDS] = {
	[K_ALLOC] = 24, [K_COPY] = 20, [K_MOVE] = 12, [K_MINT] = 6,
	[K_DESTROY] = 22, [K_REVOKE] = 3, [K_STORE_REPLY] = 6, [K_MAP] = 14,
	[K_UNMAP] = 5, [K_PROTECT] = 4, [K_CONFIGURE] = 4, [K_SEND] = 8,
	[K_CALL] = 10, [K_NBSEND] = 4, [K_RECV] = 14, [K_NBRECV] = 4,
	[K_REPLY] = 8, [K_SIGNAL] = 5, [K_WAIT] = 3, [K_NBWAIT] = 2,
};

static uint8_t
pick_kind(struct rng *r)
{
	unsigned int sum = 0, at;

	for (unsigned int i = 0; i < K_KINDS; i++)
		sum += weights[i];
	at = rng_below(r, sum);
	for (unsigned int i = 0; i < K_KINDS; i++) {
		if (at < weights[i])
			return (uint8_t)i;
		at -= weights[i];
	}
	return K_ALLOC;
}

/* Is there something of this type in the table, apart from a few slots? */
static bool
holds(const struct mobject *cs, unsigned int type, const struct mobject *o)
{
	for (unsigned int i = 0; i < cs->nslots; i++)
		if (cs->slots[i].state == M_CAP &&
		    cs->slots[i].node->type == type &&
		    (o == NULL || cs->slots[i].node->object == o))
			return true;
	return false;
}

/* init lends what the actors lost: a table, or Memory. */
static bool
gen_supply(struct rng *r, struct mop *op)
{
	struct mobject *cs = one_in(r, 2) ? model.a : model.b;
	struct mobject *c0 = model.actors[0].cspace;
	unsigned int errors = 0;
	const struct mnode *n;

	op->actor = 0;
	op->preempt = MOCK_NEVER;
	op->cap = cs == model.a ? SUPPLY_A : SUPPLY_B;
	op->dest = UNDEF;
	op->from = HELIOS_INIT_CSPACE;
	op->rights = HELIOS_RIGHTS_ALL;
	if (m_free_slots(cs) == 0) {
		op->kind = K_DESTROY;
		op->ncaps = 1;
		op->caps[0] = rng_below(r, M_SLOTS);
		return true;
	}
	n = m_lookup(c0, SUPPLY_MEMORY, 0, &errors);
	if (n != NULL) {
		op->kind = K_MOVE;
		op->slot = SUPPLY_MEMORY;
		return true;
	}
	if (!holds(cs, HELIOS_CSPACE, cs) || one_in(r, 50)) {
		op->kind = K_COPY;
		op->slot = one_in(r, 2) ? op->cap :
			(uint32_t)(SUPPLY_A + SUPPLY_B) - op->cap;
		return true;
	}
	if (holds(cs, HELIOS_MEMORY, NULL) ||
	    count_objects(HELIOS_MEMORY) > 12)
		return false;
	op->kind = K_ALLOC;
	op->cap = SUPPLY_OUTER;
	op->arg[0] = HELIOS_MEMORY;
	op->arg[1] = one_in(r, 20) ? 700 : 10 + rng_below(r, 60);
	op->ncaps = 1;
	op->caps[0] = SUPPLY_MEMORY;
	return true;
}

/* An actor that can make a call; if all are blocked, one is let go. */
static bool
gen_actor(struct rng *r, struct mop *op)
{
	unsigned int start = rng_below(r, ACTORS - 1);

	for (unsigned int i = 0; i < ACTORS - 1; i++) {
		unsigned int a = 1 + (start + i) % (ACTORS - 1);

		op->actor = (uint8_t)a;
		if (model.actors[a].blocked == M_RUNS && !one_in(r, 60))
			return true;
	}
	op->kind = K_CANCEL;
	op->actor = 0;
	op->slot = 1 + start;
	op->cap = SUPPLY_TASK + start;
	return model.actors[op->slot].blocked == M_RUNS;
}

void
gen_op(struct rng *r, struct mop *op)
{
	const struct mobject *cs;

	memset(op, 0, sizeof(*op));
	op->preempt = MOCK_NEVER;
	if (one_in(r, 6) && gen_supply(r, op))
		return;
	memset(op, 0, sizeof(*op));
	op->preempt = MOCK_NEVER;
	if (!gen_actor(r, op))
		return;
	if (op->kind == K_CANCEL)
		return;
	if (one_in(r, 4)) {
		op->preempt = (int16_t)rng_below(r, 12);
		op->every = (int16_t)rng_below(r, 4);
	}
	cs = model.actors[op->actor].cspace;
	op->kind = pick_kind(r);
	switch (op->kind) {
	case K_ALLOC:
		gen_alloc(r, op, cs);
		return;
	case K_COPY:
	case K_MOVE:
	case K_MINT:
		gen_transfer(r, op, cs);
		return;
	case K_DESTROY:
		gen_destroy(r, op, cs);
		return;
	case K_REVOKE:
	case K_STORE_REPLY:
		op->cap = pick_cap(r, cs, HELIOS_CSPACE);
		op->slot = pick_cap(r, table_of(cs, op->cap), 0);
		op->dest = pick_dest(r, table_of(cs, op->cap));
		return;
	case K_MAP:
	case K_UNMAP:
	case K_PROTECT:
		gen_pages(r, op, cs);
		return;
	case K_CONFIGURE:
		gen_configure(r, op, cs);
		return;
	default:
		gen_ipc(r, op, cs);
		return;
	}
}
