/* SPDX-License-Identifier: BSD-2-Clause */
/* Prediction and effect of the operations on kernel objects. */
#include <memory.h>
#include <string.h>
#include <vspace.h>

#include "model.h"

struct mnode *
m_lookup(const struct mobject *cspace, uint64_t caddr, unsigned int type,
	unsigned int *errors)
{
	const struct mslot *s;

	if (caddr >= cspace->nslots) {
		*errors |= MAY(HELIOS_INVALID_CADDR);
		return NULL;
	}
	s = &cspace->slots[caddr];
	if (s->state != M_CAP) {
		*errors |= s->state == M_NULL ? MAY(HELIOS_INVALID_CSLOT) :
			MAY(HELIOS_REVOKED);
		return NULL;
	}
	if (type != 0 && s->node->type != type) {
		*errors |= MAY(HELIOS_INVALID_CTYPE);
		return NULL;
	}
	return s->node;
}

unsigned int
m_check_dests(const struct mobject *cspace, const helios_cap_t *caddr,
	unsigned int n)
{
	unsigned int errors = 0, chosen = 0, named = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (caddr[i] == UNDEF) {
			chosen++;
			continue;
		}
		if (caddr[i] >= cspace->nslots) {
			errors |= MAY(HELIOS_INVALID_CADDR);
			continue;
		}
		named++;
		if (cspace->slots[caddr[i]].state == M_CAP)
			errors |= MAY(HELIOS_INVALID_CSLOT);
		if (cspace->slots[caddr[i]].state == M_DEAD)
			errors |= MAY(HELIOS_INVALID_CSLOT) |
				MAY(HELIOS_REVOKED);
		for (unsigned int j = 0; j < i; j++)
			if (caddr[j] == caddr[i])
				errors |= MAY(HELIOS_INVALID_CSLOT);
	}
	if (chosen > 0 && chosen + named > m_free_slots(cspace))
		errors |= MAY(HELIOS_CSPACE_FULL);
	return errors;
}

static struct actor *
actor_of(const struct mop *op)
{
	return &model.actors[op->actor];
}

/* The object an operation of this kind is on; 0: it is a message. */
static unsigned int
invoked_type(const struct mop *op)
{
	switch (op->kind) {
	case K_ALLOC:
		return HELIOS_MEMORY;
	case K_COPY:
	case K_MOVE:
	case K_MINT:
	case K_DESTROY:
	case K_REVOKE:
	case K_STORE_REPLY:
		return HELIOS_CSPACE;
	case K_MAP:
	case K_UNMAP:
	case K_PROTECT:
		return HELIOS_VSPACE;
	case K_CONFIGURE:
	case K_CANCEL:
		return HELIOS_TASK;
	}
	return 0;
}

static bool
message_possible(const struct mop *op, const struct actor *a)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(a->cspace, op->cap, 0, &errors);

	if (op->kind == K_REPLY || n == NULL || n->type == HELIOS_ENDPOINT)
		return op->kind != K_WAIT && op->kind != K_NBWAIT &&
			op->kind != K_SIGNAL;
	if (n->type == HELIOS_REPLY)
		return op->kind == K_SEND;
	if (n->type != HELIOS_NOTE)
		return false;
	/* The contract leaves open whether a caller is dropped here. */
	if (op->kind == K_RECV || op->kind == K_NBRECV)
		return a->owes == NOBODY;
	return op->kind != K_CALL;
}

/*
 * Does a DESTROY take away the capability it is made through?  When it is
 * preempted after that, the rest of its list is out of its reach.
 */
static bool
destroys(const struct mop *op, const struct mnode *n)
{
	const struct mobject *cs = n->object;

	for (unsigned int i = 0; n->type == HELIOS_CSPACE && i < op->ncaps;
	    i++) {
		const struct mnode *m;

		if (op->caps[i] >= cs->nslots)
			continue;
		m = cs->slots[op->caps[i]].node;
		if (m == n || (m != NULL && m_is_below(n, m)))
			return true;
	}
	return false;
}

bool
m_possible(const struct mop *op)
{
	const struct actor *a = actor_of(op);
	unsigned int errors = 0;
	const struct mnode *n;

	if (a->blocked != M_RUNS)
		return false;
	if (op->kind == K_CANCEL)
		return model.actors[op->slot].blocked != M_RUNS;
	if (invoked_type(op) == 0)
		return message_possible(op, a);
	n = m_lookup(a->cspace, op->cap, 0, &errors);
	if (op->kind == K_DESTROY && op->preempt != MOCK_NEVER && n != NULL &&
	    destroys(op, n))
		return false;
	/* A call on one of these would be a message. */
	return n == NULL || (n->type != HELIOS_ENDPOINT &&
		n->type != HELIOS_NOTE && n->type != HELIOS_REPLY);
}

/* Pages that an allocation takes for certain, and at most. */
static uint64_t
alloc_need(const struct mop *op, uint64_t *most)
{
	uint64_t pages = 0;

	*most = 0;
	switch (op->arg[0] & 0xff) {
	case HELIOS_PAGE:
		pages = op->ncaps * (op->arg[1] / HELIOS_PAGE_SIZE);
		break;
	case HELIOS_TASK:
		pages = 1;
		break;
	case HELIOS_CSPACE:
	case HELIOS_VSPACE:
		pages = 1;
		*most = 1;
		break;
	case HELIOS_MEMORY:
		pages = op->arg[1];
		*most = 1;
		break;
	case HELIOS_ENDPOINT:
	case HELIOS_NOTE:
		*most = 1;
		break;
	}
	*most += pages;
	return pages;
}

static bool
needs_run(const struct mop *op)
{
	return op->arg[0] == (HELIOS_PAGE | HELIOS_ALLOC_CONTIGUOUS) ||
		(op->arg[0] == HELIOS_PAGE && op->arg[1] != HELIOS_PAGE_SIZE);
}

/* May, or must, there be too little memory? */
static unsigned int
predict_memory(const struct mop *op, const struct mnode *n)
{
	struct memory *m = n->object->kernel;
	uint64_t most, need = alloc_need(op, &most);

	if (m->free < need)
		return MAY(HELIOS_NOMEM);
	if (needs_run(op) && (op->ncaps * (op->arg[1] >> PAGE_SHIFT) > 1))
		return memory_largest(m) >= 1024 ? MAY(HELIOS_OK) :
			MAY(HELIOS_OK) | MAY(HELIOS_NOMEM);
	return m->free >= most ? MAY(HELIOS_OK) :
		MAY(HELIOS_OK) | MAY(HELIOS_NOMEM);
}

static unsigned int
predict_alloc(const struct mop *op)
{
	unsigned int errors = 0, type = (unsigned int)op->arg[0] & 0xff;
	const struct mnode *n = m_lookup(actor_of(op)->cspace, op->cap,
		HELIOS_MEMORY, &errors);
	bool many = type == HELIOS_PAGE || type == HELIOS_ENDPOINT ||
		type == HELIOS_NOTE;

	errors |= m_check_dests(actor_of(op)->cspace, op->caps, op->ncaps);
	if (type < HELIOS_MEMORY || type > HELIOS_NOTE ||
	    type == HELIOS_DEVMEM)
		errors |= MAY(HELIOS_UNSUPPORTED);
	else if (!many && op->ncaps != 1)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (type == HELIOS_PAGE && op->arg[1] != HELIOS_PAGE_SIZE &&
	    op->arg[1] != HELIOS_LARGE_PAGE_SIZE)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (type == HELIOS_CSPACE && op->arg[1] != 6)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (type == HELIOS_MEMORY && op->arg[1] == 0)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (type != HELIOS_MEMORY && type != HELIOS_PAGE && type !=
	    HELIOS_CSPACE && op->arg[1] != 0)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (type != HELIOS_PAGE && op->arg[0] != type)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (n == NULL)
		return errors;
	if (errors == 0)
		return predict_memory(op, n);
	/* Which of several errors comes first is nobody's business. */
	return errors | (predict_memory(op, n) & MAY(HELIOS_NOMEM));
}

static struct mobject *
source_table(const struct mop *op, const struct mnode *invoked,
	unsigned int *errors)
{
	const struct mnode *n;

	if (op->from == UNDEF)
		return invoked->object;
	n = m_lookup(actor_of(op)->cspace, op->from, HELIOS_CSPACE, errors);
	return n == NULL ? NULL : n->object;
}

static unsigned int
predict_transfer(const struct mop *op)
{
	unsigned int errors = 0;
	const struct mnode *n, *src = NULL;
	struct mobject *from;

	n = m_lookup(actor_of(op)->cspace, op->cap, HELIOS_CSPACE, &errors);
	if (n == NULL)
		return errors;
	from = source_table(op, n, &errors);
	if (from != NULL)
		src = m_lookup(from, op->slot, 0, &errors);
	errors |= m_check_dests(n->object, &op->dest, 1);
	if (op->kind == K_MOVE || src == NULL)
		return errors;
	if (!m_can_copy(src->type))
		errors |= MAY(HELIOS_UNSUPPORTED);
	if (op->rights & ~HELIOS_RIGHTS_ALL)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (op->kind == K_COPY)
		return errors;
	if (src->type != HELIOS_ENDPOINT && src->type != HELIOS_NOTE)
		errors |= MAY(HELIOS_INVALID_CTYPE);
	if (op->arg[0] == 0)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (src->badge != 0)
		errors |= MAY(HELIOS_BUSY);
	return errors;
}

static unsigned int
predict_destroy(const struct mop *op)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(actor_of(op)->cspace, op->cap,
		HELIOS_CSPACE, &errors);

	for (unsigned int i = 0; n != NULL && i < op->ncaps; i++) {
		for (unsigned int j = 0; j < i; j++)
			if (op->caps[i] == op->caps[j])
				errors |= MAY(HELIOS_INVALID_PARAM);
		if (op->caps[i] >= n->object->nslots)
			errors |= MAY(HELIOS_INVALID_CADDR);
		else if (n->object->slots[op->caps[i]].state == M_NULL)
			errors |= MAY(HELIOS_INVALID_CSLOT);
	}
	return errors;
}

static unsigned int
predict_revoke(const struct mop *op)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(actor_of(op)->cspace, op->cap,
		HELIOS_CSPACE, &errors);

	if (n != NULL)
		m_lookup(n->object, op->slot, 0, &errors);
	return errors;
}

static unsigned int
predict_store_reply(const struct mop *op)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(actor_of(op)->cspace, op->cap,
		HELIOS_CSPACE, &errors);

	if (actor_of(op)->owes == NOBODY)
		errors |= MAY(HELIOS_NO_REPLY);
	if (n != NULL)
		errors |= m_check_dests(n->object, &op->dest, 1);
	return errors;
}

/* Look up the pages of an operation; all must be Page capabilities. */
static bool
find_pages(const struct mop *op, struct mnode **pages, unsigned int *errors)
{
	bool all = true;

	for (unsigned int i = 0; i < op->ncaps; i++) {
		pages[i] = m_lookup(actor_of(op)->cspace, op->caps[i],
			HELIOS_PAGE, errors);
		all = all && pages[i] != NULL;
		for (unsigned int j = 0; j < i; j++)
			if (op->caps[i] == op->caps[j])
				*errors |= MAY(HELIOS_INVALID_PARAM);
	}
	return all;
}

static unsigned int
check_map_rights(const struct mnode *page, uint64_t flags)
{
	unsigned int need = HELIOS_RIGHT_R;

	need |= flags & HELIOS_MAP_W ? HELIOS_RIGHT_W : 0;
	need |= flags & HELIOS_MAP_X ? HELIOS_RIGHT_X : 0;
	return (page->rights & need) == need ? 0 : MAY(HELIOS_ACCESS);
}

static uint64_t
page_bytes(const struct mnode *page)
{
	return page->object->large ? HELIOS_LARGE_PAGE_SIZE :
		HELIOS_PAGE_SIZE;
}

static bool
overlaps(const struct mobject *vs, uint64_t va, uint64_t len)
{
	for (unsigned int i = 0; i < M_NODES; i++) {
		const struct mnode *m = &model.nodes[i];

		if (m->used && m->mapped == vs && va < m->va + page_bytes(m) &&
		    m->va < va + len)
			return true;
	}
	return false;
}

/* Is there room for the tables of these pages?  Not FIXED: who knows. */
static unsigned int
predict_tables(const struct mop *op, const struct mobject *vs, bool large)
{
	const struct memory *m = vs->memory->kernel;
	uint64_t va[M_CAPS], need;

	for (unsigned int i = 0; i < op->ncaps; i++)
		va[i] = op->arg[0] + i * (large ? HELIOS_LARGE_PAGE_SIZE :
			HELIOS_PAGE_SIZE);
	/* Far above: is there a hole? */
	if (!(op->arg[1] & HELIOS_MAP_FIXED))
		return m->free >= 4 && op->arg[0] < MOCK_USER_LIMIT / 2 ?
			MAY(HELIOS_OK) : MAY(HELIOS_OK) | MAY(HELIOS_NOMEM);
	need = m_tables(vs, va, op->ncaps, large) -
		m_tables(vs, NULL, 0, false);
	return m->free >= need ? MAY(HELIOS_OK) : MAY(HELIOS_NOMEM);
}

static unsigned int
predict_map(const struct mop *op)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(actor_of(op)->cspace, op->cap,
		HELIOS_VSPACE, &errors);
	uint64_t va = op->arg[0], flags = op->arg[1], size, len;
	struct mnode *pages[M_CAPS];

	if (n == NULL)
		return errors;
	if ((flags & (HELIOS_MAP_W | HELIOS_MAP_X)) ==
	    (HELIOS_MAP_W | HELIOS_MAP_X) || flags & HELIOS_MAP_WC)
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (!find_pages(op, pages, &errors))
		return errors;
	size = page_bytes(pages[0]);
	for (unsigned int i = 0; i < op->ncaps; i++) {
		errors |= check_map_rights(pages[i], flags);
		if (pages[i]->mapped != NULL)
			errors |= MAY(HELIOS_BUSY);
		if (page_bytes(pages[i]) != size)
			errors |= MAY(HELIOS_INVALID_PARAM);
	}
	len = size * op->ncaps;
	if (flags & HELIOS_MAP_FIXED) {
		if (va % size != 0 || va < MOCK_USER_BASE ||
		    va >= MOCK_USER_LIMIT || len > MOCK_USER_LIMIT - va)
			return errors | MAY(HELIOS_INVALID_PARAM);
		if (overlaps(n->object, va, len))
			errors |= MAY(HELIOS_BUSY);
	}
	if (errors != 0)
		return errors | MAY(HELIOS_NOMEM);
	return predict_tables(op, n->object, size != HELIOS_PAGE_SIZE);
}

/* UNMAP and PROTECT */
static unsigned int
predict_mapped(const struct mop *op)
{
	unsigned int errors = 0;
	const struct mnode *n = m_lookup(actor_of(op)->cspace, op->cap,
		HELIOS_VSPACE, &errors);
	uint64_t flags = op->arg[1];
	struct mnode *pages[M_CAPS];

	if (op->kind == K_PROTECT && (flags > HELIOS_MAP_X ||
	    flags == (HELIOS_MAP_W | HELIOS_MAP_X)))
		errors |= MAY(HELIOS_INVALID_PARAM);
	if (n == NULL || !find_pages(op, pages, &errors))
		return errors;
	for (unsigned int i = 0; i < op->ncaps; i++) {
		if (pages[i]->mapped != n->object)
			errors |= MAY(HELIOS_BUSY);
		if (op->kind == K_PROTECT)
			errors |= check_map_rights(pages[i], flags);
	}
	return errors;
}

static unsigned int
predict_configure(const struct mop *op)
{
	static const unsigned int types[3] = { HELIOS_CSPACE, HELIOS_VSPACE,
		HELIOS_PAGE };
	const unsigned int rw = HELIOS_RIGHT_R | HELIOS_RIGHT_W;
	unsigned int errors = 0;
	const struct mnode *n;

	m_lookup(actor_of(op)->cspace, op->cap, HELIOS_TASK, &errors);
	for (unsigned int i = 0; i < 3; i++) {
		if (op->caps[i] == UNDEF)
			continue;
		n = m_lookup(actor_of(op)->cspace, op->caps[i], types[i],
			&errors);
		if (n == NULL || i != 2)
			continue;
		if ((n->rights & rw) != rw)
			errors |= MAY(HELIOS_ACCESS);
		/* Must it be a small page of RAM? */
		if (n->object->large)
			errors |= MAY(HELIOS_INVALID_PARAM) |
				MAY(HELIOS_UNSUPPORTED) | MAY(HELIOS_OK);
	}
	return errors;
}

unsigned int
m_predict(const struct mop *op)
{
	unsigned int errors = 0;

	switch (op->kind) {
	case K_ALLOC:
		errors = predict_alloc(op);
		break;
	case K_COPY:
	case K_MOVE:
	case K_MINT:
		errors = predict_transfer(op);
		break;
	case K_DESTROY:
		errors = predict_destroy(op);
		break;
	case K_REVOKE:
		errors = predict_revoke(op);
		break;
	case K_STORE_REPLY:
		errors = predict_store_reply(op);
		break;
	case K_MAP:
		errors = predict_map(op);
		break;
	case K_UNMAP:
	case K_PROTECT:
		errors = predict_mapped(op);
		break;
	case K_CONFIGURE:
		errors = predict_configure(op);
		break;
	case K_CANCEL:
		break;
	default:
		return m_predict_ipc(op);
	}
	return errors != 0 ? errors : MAY(HELIOS_OK);
}
