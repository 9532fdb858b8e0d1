/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the model: see model.h. */
#include <stdlib.h>
#include <string.h>

#include <cspace.h>
#include <memory.h>
#include <vspace.h>

#include "model.h"

struct model model;

struct mobject *
m_object(unsigned int type, struct mobject *memory)
{
	for (unsigned int i = 0; i < M_OBJECTS; i++) {
		struct mobject *o = &model.objects[i];

		if (o->alive)
			continue;
		*o = (struct mobject){ .type = type, .alive = true,
			.memory = memory };
		return o;
	}
	unit_fail("the model has no room for another object");
}

struct mnode *
m_node(unsigned int type, struct mobject *o, unsigned int rights,
	uint64_t badge, struct mnode *parent)
{
	for (unsigned int i = 0; i < M_NODES; i++) {
		struct mnode *n = &model.nodes[i];

		if (n->used)
			continue;
		*n = (struct mnode){ .type = type, .rights = rights,
			.badge = badge, .object = o, .parent = parent,
			.caller = NOBODY, .used = true };
		return n;
	}
	unit_fail("the model has no room for another capability");
}

bool
m_is_factory(unsigned int type)
{
	switch (type) {
	case HELIOS_MEMORY:
	case HELIOS_DEVMEM:
	case HELIOS_IRQCONTROL:
	case HELIOS_IOCONTROL:
		return true;
	}
	return false;
}

bool
m_can_copy(unsigned int type)
{
	return !m_is_factory(type) && type != HELIOS_SYSTEMCONTROL &&
		type != HELIOS_REPLY;
}

void
m_place(struct mnode *n, struct mobject *cspace, unsigned int index)
{
	struct mslot *s = &cspace->slots[index];

	if (s->state != M_NULL)
		unit_fail("the kernel chose slot %u, which is not Null",
			index);
	s->state = M_CAP;
	s->node = n;
	n->cspace = cspace;
	n->index = index;
}

void
m_unplace(struct mnode *n)
{
	n->cspace->slots[n->index] = (struct mslot){ M_NULL, NULL };
	n->cspace = NULL;
}

bool
m_is_below(const struct mnode *n, const struct mnode *root)
{
	for (n = n->parent; n != NULL; n = n->parent)
		if (n == root)
			return true;
	return false;
}

static bool
has_caps(const struct mobject *o)
{
	for (unsigned int i = 0; i < M_NODES; i++)
		if (model.nodes[i].used && model.nodes[i].object == o)
			return true;
	return false;
}

static void
end_cspace(struct mobject *o)
{
	for (unsigned int i = 0; i < o->nslots; i++)
		if (o->slots[i].state == M_CAP)
			m_destroy(o->slots[i].node, false);
	free(o->slots);
	o->slots = NULL;
	o->nslots = 0;
}

static void
end_object(struct mobject *o)
{
	switch (o->type) {
	case HELIOS_CSPACE:
		end_cspace(o);
		break;
	case HELIOS_VSPACE:
		for (unsigned int i = 0; i < M_NODES; i++)
			if (model.nodes[i].mapped == o)
				model.nodes[i].mapped = NULL;
		break;
	case HELIOS_TASK:
		for (unsigned int i = 0; i < 5; i++)
			if (o->parts[i] != NULL)
				m_destroy(o->parts[i], false);
		break;
	}
	o->alive = false;
}

/* Take the node out of everything; its children pass to its parent. */
static void
detach(struct mnode *n, bool by_holder)
{
	for (unsigned int i = 0; i < M_NODES; i++)
		if (model.nodes[i].used && model.nodes[i].parent == n)
			model.nodes[i].parent = n->parent;
	if (n->task != NULL)
		n->task->parts[n->part] = NULL;
	if (n->cspace != NULL) {
		n->cspace->slots[n->index].state = by_holder ? M_NULL :
			M_DEAD;
		n->cspace->slots[n->index].node = NULL;
	}
	n->used = false;
	n->mapped = NULL;
}

void
m_destroy(struct mnode *n, bool by_holder)
{
	struct mobject *o = n->object;

	if (m_is_factory(n->type))
		m_revoke(n);
	if (!n->used)	/* it held, far down, its own slot */
		return;
	m_via_gone(n);
	if (n->type == HELIOS_REPLY)
		m_reply_gone(n);
	detach(n, by_holder);
	if (o != NULL && o->alive && !has_caps(o))
		end_object(o);
}

void
m_revoke(struct mnode *n)
{
	unsigned int i = 0;

	while (i < M_NODES && n->used) {
		struct mnode *m = &model.nodes[i++];

		if (!m->used || !m_is_below(m, n))
			continue;
		m_destroy(m, false);
		i = 0;		/* the set has changed: look at all again */
	}
}

unsigned int
m_free_slots(const struct mobject *cspace)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < cspace->nslots; i++)
		n += cspace->slots[i].state == M_NULL;
	return n;
}

/* The task keeps a copy of its own, derived from src; NULL: none. */
void
m_set_part(struct mobject *task, unsigned int part, struct mnode *src)
{
	struct mnode *n;

	if (src != NULL && src == task->parts[part])
		unit_fail("the model cannot derive a part from itself");
	if (task->parts[part] != NULL)
		m_destroy(task->parts[part], false);
	if (src == NULL)
		return;
	n = m_node(src->type, src->object, src->rights, src->badge, src);
	n->task = task;
	n->part = part;
	task->parts[part] = n;
}

/* How many different values are there? */
static unsigned int
distinct(uint64_t *v, unsigned int n)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int j = 0;

		while (j < found && v[j] != v[i])
			j++;
		if (j == found)
			v[found++] = v[i];
	}
	return found;
}

/*
 * Pages of tables for what is mapped, and n pages more: one for each range
 * of 2 MiB with a small page, of 1 GiB, of 512 GiB, and the root.
 */
uint64_t
m_tables(const struct mobject *vspace, const uint64_t *more, unsigned int n,
	bool large)
{
	static uint64_t v[3][M_NODES];
	unsigned int count[3] = { 0, 0, 0 };

	for (unsigned int i = 0; i < M_NODES; i++) {
		const struct mnode *m = &model.nodes[i];

		if (!m->used || m->mapped != vspace)
			continue;
		if (!m->object->large)
			v[0][count[0]++] = m->va >> 21;
		v[1][count[1]++] = m->va >> 30;
		v[2][count[2]++] = m->va >> 39;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (!large)
			v[0][count[0]++] = more[i] >> 21;
		v[1][count[1]++] = more[i] >> 30;
		v[2][count[2]++] = more[i] >> 39;
	}
	return 1 + distinct(v[0], count[0]) + distinct(v[1], count[1]) +
		distinct(v[2], count[2]);
}

static uint64_t
size_class(size_t size)
{
	uint64_t class = 64;

	while (class < size)
		class *= 2;
	return class;
}

static size_t
object_size(unsigned int type)
{
	switch (type) {
	case HELIOS_ENDPOINT:
	case HELIOS_NOTE:
		return 64;
	case HELIOS_CSPACE:
		return sizeof(struct cspace);
	case HELIOS_VSPACE:
		return sizeof(struct vspace);
	case HELIOS_MEMORY:
		return sizeof(struct memory);
	}
	return 0;
}

/* Whole pages an object takes, without what is smaller than a page. */
static uint64_t
object_pages(const struct mobject *o)
{
	switch (o->type) {
	case HELIOS_PAGE:
		return o->large ? 512 : 1;
	case HELIOS_MEMORY:
		return o->pages;
	case HELIOS_CSPACE:
	case HELIOS_TASK:
		return 1;
	case HELIOS_VSPACE:
		return m_tables(o, NULL, 0, false);
	}
	return 0;
}

uint64_t
m_pages_used(const struct mobject *m, uint64_t *low, uint64_t *high)
{
	uint64_t pages = 0, in_class[17] = { 0 };

	*low = *high = 0;
	for (unsigned int i = 0; i < M_OBJECTS; i++) {
		const struct mobject *o = &model.objects[i];

		if (!o->alive || o->memory != m)
			continue;
		pages += object_pages(o);
		if (object_size(o->type) == 0)
			continue;
		in_class[size_class(object_size(o->type)) / 64]++;
		++*high;
	}
	for (unsigned int c = 0; c < 5; c++) {
		uint64_t per_page = 64u >> c;

		*low += (in_class[1u << c] + per_page - 1) / per_page;
	}
	return pages;
}

uint64_t
m_objects_alive(const struct mobject *m)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < M_OBJECTS; i++)
		n += model.objects[i].alive && model.objects[i].memory == m;
	return n;
}
