/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Derivation: see cap.h for the list of brackets.
 *
 * Destroying never recurses.  A Memory whose slot goes while it has children
 * (because an ancestor is being revoked) just unlinks: its children are the
 * ancestor's now and go the same way, and the object lives on without a
 * capability until the last of what came from it is gone.
 */
#include <cap.h>
#include <cspace.h>
#include <devmem.h>
#include <ipc.h>
#include <irq.h>
#include <klog.h>
#include <memory.h>
#include <page.h>
#include <sched.h>
#include <task.h>
#include <vspace.h>

struct slot cap_root;

/*
 * Tasks whose revoke was preempted, by task.revokes; and those for whom others
 * have finished it, who have only to notice.
 */
static struct list revokes, finished;

void
cap_init(void)
{
	cap_root = (struct slot){ 0 };
	cap_root.open.next = cap_root.open.prev = &cap_root.close;
	cap_root.close.next = cap_root.close.prev = &cap_root.open;
	list_init(&revokes);
	list_init(&finished);
}

static void
link_marks(struct mark *a, struct mark *b)
{
	a->next = b;
	b->prev = a;
}

/* A word at a time: compilers that optimize for size take longer. */
static void
slot_clear(struct slot *s)
{
	uint64_t *w = (uint64_t *)s;

	w[0] = w[1] = w[2] = w[3] = w[4] = w[5] = w[6] = w[7] = 0;
}

void
cap_insert(struct slot *s, struct slot *parent, uint64_t cap, uint64_t word)
{
	kassert(cap_type(s) == HELIOS_NULL);
	s->cap = cap;
	s->word = word;
	s->vspace = NULL;
	s->next = s->prev = 0;
	link_marks(&s->close, parent->open.next);
	link_marks(&s->open, &s->close);
	link_marks(&parent->open, &s->open);
}

void
cap_copy(struct slot *dst, struct slot *src, unsigned int rights,
		uint64_t badge)
{
	unsigned int type = cap_type(src);
	uint64_t word = 0;

	kassert(cap_copyable(type));
	if (type == HELIOS_ENDPOINT || type == HELIOS_NOTE)
		word = badge;
	else if (type == HELIOS_IOPORT)
		word = src->word;
	cap_insert(dst, src, (src->cap & ~0xffull) | rights, word);
}

static void
retarget(struct list *list, struct slot *from, struct slot *to)
{
	struct list *l, *next;

	for (l = list->next; l != list; l = next) {
		struct task *t = container_of(l, struct task, revokes);

		next = l->next;
		if (t->revoking != from)
			continue;
		t->revoking = to;
		if (to != NULL)
			continue;
		t->revoked = true;
		list_remove(l);
	}
}

/* Whoever revokes below the slot follows it to its new place; NULL: stops. */
static void
revokes_retarget(struct slot *from, struct slot *to)
{
	retarget(&revokes, from, to);
	retarget(&finished, from, to);
}

void
cap_move(struct slot *dst, struct slot *src)
{
	unsigned int type = cap_type(src);

	kassert(cap_type(dst) == HELIOS_NULL);
	dst->cap = src->cap;
	dst->word = src->word;
	dst->vspace = NULL;
	dst->next = dst->prev = 0;
	link_marks(src->open.prev, &dst->open);
	if (cap_has_children(src)) {
		link_marks(&dst->open, src->open.next);
		link_marks(src->close.prev, &dst->close);
	} else {
		link_marks(&dst->open, &dst->close);
	}
	link_marks(&dst->close, src->close.next);
	if (type == HELIOS_PAGE && src->vspace != NULL)
		vspace_slot_moved(dst, src);
	else if (type == HELIOS_ENDPOINT || type == HELIOS_NOTE)
		waiters_moved(dst, src);
	else if (type == HELIOS_REPLY)
		reply_slot_moved(dst);
	if (src->cap & SLOT_REVOKING)
		revokes_retarget(src, dst);
	slot_clear(src);
}

/* Same type and object, whatever the rights. */
static bool
same_object(const struct mark *m, const struct slot *s)
{
	return mark_slot(m)->cap >> 8 == s->cap >> 8;
}

bool
cap_is_last(const struct slot *s)
{
	if (cap_has_children(s) || same_object(s->open.prev, s) ||
			same_object(s->close.next, s))
		return cap_is_factory(cap_type(s));
	return true;
}

/* cap: what the last slot held. */
static void
release_object(uint64_t cap)
{
	void *object = (void *)(uintptr_t)((int64_t)cap >> 16);

	switch ((unsigned int)(cap >> 8) & 0xffu) {
	case HELIOS_MEMORY:
		memory_orphan(object);
		return;
	case HELIOS_DEVMEM:
		devmem_orphan(object);
		return;
	case HELIOS_CSPACE:
	case HELIOS_VSPACE:
	case HELIOS_TASK:
		reap_add(object);
		return;
	case HELIOS_PAGE:
		page_release(&(struct slot){ .cap = cap });
		return;
	case HELIOS_ENDPOINT:
		endpoint_destroy(object);
		return;
	case HELIOS_NOTE:
		note_destroy(object);
		return;
	case HELIOS_IRQHANDLER:
		irqhandler_release(object);
		return;
	}
}

static struct task *
slot_task(const struct slot *s)
{
	struct frame *f = frame_of_ptr(s);

	return f != NULL && f->kind == FRAME_TASK ? f->object : NULL;
}

/* Whoever relies on this capability stops; false: there is more to do. */
static bool
detach_users(struct slot *s, struct task *t)
{
	switch (cap_type(s)) {
	case HELIOS_ENDPOINT:
	case HELIOS_NOTE:
		if (waiters_revoke_one(s))
			return false;
		break;
	case HELIOS_PAGE:
		if (s->vspace != NULL)
			vspace_unmap(s);
		break;
	case HELIOS_REPLY:
		reply_slot_destroyed(s);
		break;
	}
	if (t != NULL)
		task_slot_leaving(t, s);
	return true;
}

/* Empty one slot, of this task (NULL: of none); what is derived from it passes
 * to its parent. */
static bool
empty_step(struct slot *s, struct task *t)
{
	uint64_t cap;
	bool last;

	if (!detach_users(s, t))
		return false;
	last = cap_is_last(s);
	if (s->cap & SLOT_REVOKING)
		revokes_retarget(s, NULL);
	cap = s->cap;
	link_marks(s->open.prev, s->open.next);
	link_marks(s->close.prev, s->close.next);
	slot_clear(s);
	if (last)
		release_object(cap);
	return true;
}

static inline bool
destroy_step(struct slot *s, struct task *t)
{
	if (cap_has_children(s) && cap_is_factory(cap_type(s))) {
		cap_revoke_step(s);
		return false;
	}
	return empty_step(s, t);
}

bool
cap_destroy_step(struct slot *s)
{
	return destroy_step(s, slot_task(s));
}

bool
cap_destroy_step_in_cspace(struct slot *s)
{
	return destroy_step(s, NULL);
}

void
cap_mark_dead(struct slot *s)
{
	struct cspace *cs = slot_cspace(s);

	if (cs == NULL)
		return;
	s->cap = (uint64_t)HELIOS_DEAD << 8;
	cs->ndead++;
}

bool
cap_revoke_step(struct slot *s)
{
	struct slot *child;

	if (!cap_has_children(s))
		return true;
	child = mark_slot(s->open.next);
	if (empty_step(child, slot_task(child)))
		cap_mark_dead(child);
	return !cap_has_children(s);
}

void
revoke_suspend(struct task *t, struct slot *s)
{
	t->revoking = s;
	t->working = true;
	s->cap |= SLOT_REVOKING;
	if (list_empty(&t->revokes))
		list_append(&revokes, &t->revokes);
	sched_need_help(true);
}

static bool
is_target(const struct list *list, const struct slot *s)
{
	struct list *l;

	for (l = list->next; l != list; l = l->next)
		if (container_of(l, struct task, revokes)->revoking == s)
			return true;
	return false;
}

void
revoke_resume(struct task *t)
{
	struct slot *s = t->revoking;

	if (s == NULL)
		return;
	t->revoking = NULL;
	list_remove(&t->revokes);
	sched_need_help(revoke_pending());
	if (!is_target(&revokes, s) && !is_target(&finished, s))
		s->cap &= ~(uint64_t)SLOT_REVOKING;
}

static void
help_step(struct task *t)
{
	if (cap_has_children(t->revoking)) {
		cap_revoke_step(t->revoking);
		return;
	}
	t->revoked = true;
	list_remove(&t->revokes);
	list_append(&finished, &t->revokes);
	sched_need_help(revoke_pending());
}

bool
revoke_pending(void)
{
	return !list_empty(&revokes);
}

bool
revoke_help(unsigned int *steps)
{
	for (; *steps > 0 && !list_empty(&revokes); --*steps) {
		help_step(container_of(revokes.next, struct task, revokes));
		if (*steps > 1 && hal_irq_pending()) {
			--*steps;
			return false;
		}
	}
	return true;
}
