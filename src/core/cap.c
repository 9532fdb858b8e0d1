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
 * Tasks whose revoke was preempted: in a queue, by task.revokes, unless others
 * have finished it and they have only to notice; and in a tree by the slot,
 * so that who moves or empties a slot finds its task among thousands.
 */
static struct list revokes;
static struct tree targets;

void
cap_init(void)
{
	cap_root = (struct slot){ 0 };
	cap_root.open.next = cap_root.open.prev = &cap_root.close;
	cap_root.close.next = cap_root.close.prev = &cap_root.open;
	list_init(&revokes);
	targets.root = NULL;
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
target_set(struct task *t, struct slot *s)
{
	t->revoking = s;
	t->target.key = (uint64_t)(uintptr_t)s;
	tree_insert(&targets, &t->target);
	s->cap |= SLOT_REVOKING;
}

static struct task *
target_task(const struct slot *s)
{
	struct tree_node *n = tree_floor(&targets, (uint64_t)(uintptr_t)s);

	kassert(n != NULL && n->key == (uint64_t)(uintptr_t)s);
	return container_of(n, struct task, target);
}

static void
target_clear(struct task *t)
{
	tree_remove(&targets, &t->target);
	t->revoking->cap &= ~(uint64_t)SLOT_REVOKING;
	t->revoking = NULL;
}

/* Whoever revokes below the slot follows it to its new place.  Seldom does
 * anybody: kept out of the way of those slots where none does. */
static __attribute__((noinline)) void
move_target(struct slot *dst, struct slot *src)
{
	struct task *t = target_task(src);

	target_clear(t);
	cap_move(dst, src);
	target_set(t, dst);
}

void
cap_move(struct slot *dst, struct slot *src)
{
	unsigned int type = cap_type(src);

	if (src->cap & SLOT_REVOKING) {
		move_target(dst, src);
		return;
	}
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

static bool empty_step(struct slot *s, struct task *t);

/* Whoever revokes below the slot stops; nobody relies on it any more. */
static __attribute__((noinline)) bool
empty_target(struct slot *s)
{
	struct task *t = target_task(s);

	target_clear(t);
	t->revoked = true;
	list_remove(&t->revokes);
	sched_need_help(revoke_pending());
	return empty_step(s, NULL);
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
	if (s->cap & SLOT_REVOKING)
		return empty_target(s);
	last = cap_is_last(s);
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

/* Whose children there are again: not finished yet. */
void
revoke_suspend(struct task *t, struct slot *s)
{
	t->working = true;
	if (s->cap & SLOT_REVOKING)
		t = target_task(s);
	else
		target_set(t, s);
	t->revoked = false;
	if (list_empty(&t->revokes))
		list_append(&revokes, &t->revokes);
	sched_need_help(true);
}

void
revoke_resume(struct task *t)
{
	if (t->revoking == NULL)
		return;
	target_clear(t);
	list_remove(&t->revokes);
	sched_need_help(revoke_pending());
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
