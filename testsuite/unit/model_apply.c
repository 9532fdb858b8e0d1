/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operations on kernel objects do to the model, and the checks of
 * what the kernel was free to choose.
 */
#include <cap.h>
#include <cspace.h>
#include <memory.h>
#include <object.h>
#include <page.h>

#include "model.h"

static struct mnode *
invoked(const struct mop *op)
{
	unsigned int errors = 0;

	return m_lookup(model.actors[op->actor].cspace, op->cap, 0, &errors);
}

/* Result word i: a slot, which must be the one that was asked for. */
static unsigned int
result_slot(unsigned int i, uint64_t asked, const struct mobject *cspace)
{
	uint64_t at = world.out[i];

	if (at >= cspace->nslots || (asked != UNDEF && at != asked))
		unit_fail("destination %#lx asked for, the kernel says %#lx",
			(unsigned long)asked, (unsigned long)at);
	return (unsigned int)at;
}

/* The kernel's slot; only to learn what a new capability is of. */
static const struct slot *
kernel_slot(const struct mobject *cspace, unsigned int i)
{
	return &((const struct cspace *)cspace->kernel)->slots[i];
}

static void
check_new_frame(const struct mobject *o)
{
	uint64_t len = o->large ? HELIOS_LARGE_PAGE_SIZE : HELIOS_PAGE_SIZE;
	const unsigned char *p = phys_ptr(o->phys);

	if (o->phys % len != 0)
		unit_fail("a page at %#lx", (unsigned long)o->phys);
	for (uint64_t i = 0; i < len; i += o->large ? 4096 - 8 : 8)
		if (p[i] != 0)
			unit_fail("a new page is not zeroed at %#lx",
				(unsigned long)i);
	for (unsigned int i = 0; i < M_OBJECTS; i++) {
		const struct mobject *other = &model.objects[i];
		uint64_t olen = other->large ? HELIOS_LARGE_PAGE_SIZE :
			HELIOS_PAGE_SIZE;

		if (other != o && other->alive && other->type == HELIOS_PAGE &&
		    other->phys < o->phys + len && o->phys <
		    other->phys + olen)
			unit_fail("frame %#lx is two pages",
				(unsigned long)o->phys);
	}
}

/* So that a page that comes again without being cleared is noticed. */
static void
soil_frame(const struct mobject *o)
{
	uint64_t *p = phys_ptr(o->phys);

	for (unsigned int i = 0; i < 512; i += 8)
		p[i] = 0x5a5a5a5a5a5a5a5aull;
}

static void
learn_object(struct mobject *o, const struct slot *s, const struct mop *op)
{
	if (o->type == HELIOS_PAGE) {
		o->phys = page_phys(s);
		o->large = op->arg[1] != HELIOS_PAGE_SIZE;
		check_new_frame(o);
		soil_frame(o);
		return;
	}
	o->kernel = cap_object(s);
	o->id = ((const struct object *)o->kernel)->id;
	for (unsigned int i = 0; i < M_OBJECTS; i++)
		if (&model.objects[i] != o && model.objects[i].alive &&
		    model.objects[i].id == o->id)
			unit_fail("object id %lu is used twice",
				(unsigned long)o->id);
	if (o->type == HELIOS_MEMORY)
		o->pages = op->arg[1];
	if (o->type == HELIOS_CSPACE) {
		o->nslots = 1u << op->arg[1];
		o->slots = calloc(o->nslots, sizeof(o->slots[0]));
	}
}

static void
apply_alloc(const struct mop *op)
{
	struct mobject *cs = model.actors[op->actor].cspace;
	struct mnode *from = invoked(op);
	unsigned int type = (unsigned int)op->arg[0] & 0xff, rights = 0;
	uint64_t first = 0;

	if (type == HELIOS_PAGE)
		rights = HELIOS_RIGHT_R | HELIOS_RIGHT_W | HELIOS_RIGHT_X;
	if (type == HELIOS_ENDPOINT || type == HELIOS_NOTE)
		rights = HELIOS_RIGHT_SEND | HELIOS_RIGHT_RECV |
			HELIOS_RIGHT_GRANT;
	for (unsigned int i = 0; i < op->ncaps; i++) {
		struct mobject *o = m_object(type, from->object);
		unsigned int at = result_slot(i, op->caps[i], cs);

		learn_object(o, kernel_slot(cs, at), op);
		m_place(m_node(type, o, rights, 0, from), cs, at);
		if (i == 0)
			first = o->phys;
		if (op->arg[0] & HELIOS_ALLOC_CONTIGUOUS &&
		    o->phys != first + i * HELIOS_PAGE_SIZE)
			unit_fail("page %u is not contiguous", i);
	}
}

static struct mobject *
source_table(const struct mop *op)
{
	unsigned int errors = 0;

	if (op->from == UNDEF)
		return invoked(op)->object;
	return m_lookup(model.actors[op->actor].cspace, op->from,
		HELIOS_CSPACE, &errors)->object;
}

static void
apply_copy(const struct mop *op)
{
	unsigned int errors = 0;
	struct mobject *to = invoked(op)->object;
	struct mnode *src = m_lookup(source_table(op), op->slot, 0, &errors);
	unsigned int at = result_slot(0, op->dest, to);
	struct mnode *n = m_node(src->type, src->object,
		src->rights & op->rights,
		op->kind == K_MINT ? op->arg[0] : src->badge, src);

	m_place(n, to, at);
}

static void
apply_move(const struct mop *op)
{
	unsigned int errors = 0;
	struct mobject *to = invoked(op)->object;
	struct mnode *src = m_lookup(source_table(op), op->slot, 0, &errors);
	unsigned int at = result_slot(0, op->dest, to);

	m_unplace(src);
	m_place(src, to, at);
}

static void
apply_destroy(const struct mop *op)
{
	struct mobject *cs = invoked(op)->object;

	for (unsigned int i = 0; i < op->ncaps && cs->alive; i++) {
		struct mslot *s = &cs->slots[op->caps[i]];

		if (s->state == M_CAP)
			m_destroy(s->node, true);
		/* What one of the others took along is Dead by now. */
		if (cs->alive && cs->slots != NULL && s->state == M_DEAD)
			s->state = M_NULL;
	}
}

static void
apply_revoke(const struct mop *op)
{
	unsigned int errors = 0;

	m_revoke(m_lookup(invoked(op)->object, op->slot, 0, &errors));
}

static void
apply_store_reply(const struct mop *op)
{
	struct actor *a = &model.actors[op->actor];
	struct mobject *cs = invoked(op)->object;
	struct mnode *n = m_node(HELIOS_REPLY, NULL, 0, 0, NULL);

	m_place(n, cs, result_slot(0, op->dest, cs));
	n->caller = a->owes;
	model.actors[a->owes].reply = n;
	a->owes = NOBODY;
}

static uint64_t
page_bytes(const struct mnode *page)
{
	return page->object->large ? HELIOS_LARGE_PAGE_SIZE :
		HELIOS_PAGE_SIZE;
}

/* The address the kernel chose: aligned, inside, not below, and free? */
static void
check_address(const struct mop *op, const struct mobject *vs, uint64_t va,
	uint64_t len, uint64_t size)
{
	if (op->arg[1] & HELIOS_MAP_FIXED && va != op->arg[0])
		unit_fail("mapped at %#lx", (unsigned long)va);
	if (va % size != 0 || va < MOCK_USER_BASE || va < op->arg[0] ||
	    va > MOCK_USER_LIMIT - len)
		unit_fail("the kernel chose address %#lx", (unsigned long)va);
	for (unsigned int i = 0; i < M_NODES; i++) {
		const struct mnode *m = &model.nodes[i];

		if (m->used && m->mapped == vs && m->va < va + len &&
		    va < m->va + page_bytes(m))
			unit_fail("the kernel chose address %#lx, where "
				"something is mapped", (unsigned long)va);
	}
}

static void
apply_map(const struct mop *op)
{
	struct mobject *vs = invoked(op)->object;
	unsigned int errors = 0;
	uint64_t va = world.out[0];

	for (unsigned int i = 0; i < op->ncaps; i++) {
		struct mnode *n = m_lookup(model.actors[op->actor].cspace,
			op->caps[i], HELIOS_PAGE, &errors);
		uint64_t size = page_bytes(n);

		if (i == 0)
			check_address(op, vs, va, size * op->ncaps, size);
		n->mapped = vs;
		n->va = va + i * size;
		n->flags = op->arg[1] & (HELIOS_MAP_W | HELIOS_MAP_X);
	}
}

static void
apply_mapped(const struct mop *op)
{
	unsigned int errors = 0;

	for (unsigned int i = 0; i < op->ncaps; i++) {
		struct mnode *n = m_lookup(model.actors[op->actor].cspace,
			op->caps[i], HELIOS_PAGE, &errors);

		if (op->kind == K_UNMAP)
			n->mapped = NULL;
		else
			n->flags = op->arg[1];
	}
}

static void
apply_configure(const struct mop *op)
{
	struct mobject *task = invoked(op)->object;
	struct mnode *src[3];
	unsigned int errors = 0;

	for (unsigned int i = 0; i < 3; i++)
		src[i] = op->caps[i] == UNDEF ? NULL :
			m_lookup(model.actors[op->actor].cspace, op->caps[i],
				0, &errors);
	for (unsigned int i = 0; i < 3; i++)
		if (src[i] != NULL)
			m_set_part(task, i, src[i]);
}

void
m_apply(const struct mop *op)
{
	switch (op->kind) {
	case K_ALLOC:
		apply_alloc(op);
		return;
	case K_COPY:
	case K_MINT:
		apply_copy(op);
		return;
	case K_MOVE:
		apply_move(op);
		return;
	case K_DESTROY:
		apply_destroy(op);
		return;
	case K_REVOKE:
		apply_revoke(op);
		return;
	case K_STORE_REPLY:
		apply_store_reply(op);
		return;
	case K_MAP:
		apply_map(op);
		return;
	case K_UNMAP:
	case K_PROTECT:
		apply_mapped(op);
		return;
	case K_CONFIGURE:
		apply_configure(op);
		return;
	case K_CANCEL:
		m_unblock((int)op->slot, MAY(HELIOS_CANCELED));
		return;
	}
}
