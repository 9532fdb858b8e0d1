/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every invariant the kernel relies on, verified from the structures alone:
 * derivation brackets, that no capability names a freed object, free lists
 * and block lists, mappings and W^X, queues against task states.
 *
 * Objects are found by walking all capabilities; each is checked once, at
 * the first of its (adjacent) capabilities.
 */
#include <check.h>
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

#define require(cond, what) \
	((cond) ? (void)0 : kpanic("core_check: %s (%s)", what, #cond))

/* Nesting is followed this deep; below only neighbours are compared. */
#define DEPTH	512u

static void
check_block_list(const struct memory *m, unsigned int order, uint64_t *free)
{
	uint32_t nr = m->blocks[order], prev = 0;

	require((nr != 0) == (m->orders >> order & 1), "block list bit");
	for (; nr != 0; nr = frame_nr(nr)->next) {
		const struct frame *f = frame_nr(nr);

		require(f->kind == FRAME_FREE && f->order == order &&
			f->owner == m, "free block of its Memory and order");
		require(f->prev == prev, "block list links");
		require((nr & ((1u << order) - 1)) == 0, "block alignment");
		prev = nr;
		*free += 1ull << order;
	}
}

static void
check_memory(const struct memory *m)
{
	uint64_t free = 0;
	unsigned int i;
	uint32_t nr;

	for (i = 0; i <= MAX_ORDER; i++)
		check_block_list(m, i, &free);
	require(free == m->free && free <= m->pages, "free page count");
	for (i = 0; i < SLAB_CLASSES; i++)
		for (nr = m->slabs[i]; nr != 0; nr = frame_nr(nr)->next)
			require(frame_nr(nr)->kind == FRAME_SLAB &&
				frame_nr(nr)->order == i &&
				frame_nr(nr)->live != 0 &&
				frame_nr(nr)->owner == m, "slab with room");
}

static void
check_cspace(const struct cspace *cs)
{
	uint32_t i = cs->free, prev = UINT32_MAX, n = 0, dead = 0;

	for (; i < cs->nslots; i = i + 1 + (uint32_t)cs->slots[i].next) {
		const struct slot *s = &cs->slots[i];

		require(cap_type(s) == HELIOS_NULL, "free slot is Null");
		require(i - 1 + (uint32_t)s->prev == prev, "free list links");
		prev = i;
		n++;
		require(n <= cs->nslots, "free list ends");
	}
	require(n == cs->nfree, "free slot count");
	for (i = 0; i < cs->nslots; i++)
		dead += cap_type(&cs->slots[i]) == HELIOS_DEAD;
	require(dead == cs->ndead, "dead slot count");
}

static void
check_vspace(const struct vspace *vs)
{
	const struct slot *s = vs->mapped;
	uint64_t n = 0;

	for (; s != NULL; s = s->next == 0 ? NULL : s + s->next) {
		require(cap_type(s) == HELIOS_PAGE && s->vspace == vs,
			"mapped slot is a Page of this VSpace");
		require(++n <= vs->nmapped, "mapping list ends");
	}
	require(n == vs->nmapped, "mapping count");
}

static void
check_mapping(const struct slot *s)
{
	struct hal_mapping m;

	if (s->vspace == NULL)
		return;
	require(tlb_lookup(s->vspace, page_vaddr(s), &m) &&
		m.phys == page_phys(s), "mapped page is in the table");
	/* Without the bit for it, all can be executed. */
	require(m.w == ((s->word & MAPPED_W) != 0) && (hal_noexec == 0 ||
		m.x == ((s->word & MAPPED_X) != 0)), "table has its flags");
	require((s->word & (MAPPED_W | MAPPED_X)) != (MAPPED_W | MAPPED_X),
		"W^X");
}

static void
check_page(const struct slot *s)
{
	const struct frame *f = frame_of(page_phys(s));

	check_mapping(s);
	if (page_is_device(s))
		return;
	require(f != NULL && f->kind == FRAME_PAGE, "page not freed");
	require(f->order == (page_is_large(s) ? LARGE_ORDER : 0),
		"page of its size");
}

static bool
waits_on_one_queue(const struct task *t)
{
	return t->blocked == BLOCKED_SEND || t->blocked == BLOCKED_RECV ||
		t->blocked == BLOCKED_NOTE;
}

static void
check_task(const struct task *t)
{
	bool queued = t->waiters[WAITER_MAIN].q != NULL;

	require(!t->dead, "no capability to a dead task");
	require(t->no_space == (t->vspace == NULL) &&
		t->vspace == task_part(t, SLOT_VSPACE, HELIOS_VSPACE) &&
		task_cspace(t) == task_part(t, SLOT_CSPACE, HELIOS_CSPACE) &&
		(t->ipcbuf == NULL) ==
		(cap_type(&t->slots[SLOT_IPCBUF]) == HELIOS_NULL),
		"a task knows its parts");
	require(queued == waits_on_one_queue(t), "blocked task is queued");
	require(list_empty(&t->run) ==
		!(task_runnable(t) && t != cpu0.current &&
		t != cpu0.next),
		"runnable task is on a run queue");
	if (t->caller != NULL)
		require(t->caller->replier == t, "caller knows its replier");
	if (t->replier != NULL)
		require(t->replier->caller == t, "replier knows its caller");
	if (t->reply_slot != NULL)
		require(cap_type(t->reply_slot) == HELIOS_REPLY &&
			cap_object(t->reply_slot) == t, "stored reply");
	require((t->blocked == BLOCKED_CALL || t->blocked == BLOCKED_FAULT) ==
		(t->replier != NULL || t->reply_slot != NULL),
		"a task awaits a reply exactly if somebody owes it one");
	require(t->blocked == NOT_BLOCKED || t->blocked == BLOCKED_POLL ||
		list_empty(&t->reap), "who waits has nothing to reap");
}

static void
check_endpoint(const struct endpoint *e)
{
	const struct waiter *w = e->queue.first;

	require(waitq_valid(&e->queue) && waitq_valid(&e->pollers) &&
		waitq_valid(&e->send_pollers) && waitq_valid(&e->both_pollers),
		"endpoint queues");
	if (w != NULL)
		require(waiter_task(w)->blocked ==
			(e->receivers ? BLOCKED_RECV : BLOCKED_SEND),
			"endpoint queue matches its tasks");
}

static void
check_note(const struct note *n)
{
	require(waitq_valid(&n->waiters) && waitq_valid(&n->pollers),
		"note queues");
	require(n->bits == 0 || waitq_empty(&n->waiters),
		"nobody waits on a note with bits");
	if (n->bound != NULL)
		require(n->bits == 0 || n->bound->blocked != BLOCKED_RECV,
			"nor does its task, in RECV");
	if (n->bound != NULL)
		require(cap_object(&n->bound->slots[SLOT_NOTE]) == n,
			"bound note is its task's");
}

static void
check_object(const struct slot *s)
{
	unsigned int type = cap_type(s);
	const void *o = cap_object(s);

	if (type == HELIOS_PAGE || type == HELIOS_IOPORT ||
			type == HELIOS_REPLY)
		return;
	object_assert(o, type);
	switch (type) {
	case HELIOS_MEMORY:
		check_memory(o);
		return;
	case HELIOS_DEVMEM:
		require(tree_valid(&((const struct devmem *)o)->ranges),
			"device ranges");
		return;
	case HELIOS_CSPACE:
		check_cspace(o);
		return;
	case HELIOS_VSPACE:
		check_vspace(o);
		return;
	case HELIOS_TASK:
		check_task(o);
		return;
	case HELIOS_ENDPOINT:
		check_endpoint(o);
		return;
	case HELIOS_NOTE:
		check_note(o);
		return;
	}
}

/* The first of the capabilities of its object? */
static bool
is_first(const struct slot *s)
{
	return mark_slot(s->open.prev)->cap >> 8 != s->cap >> 8;
}

/* Those blocked through this capability, and nobody else. */
static void
check_waiters(const struct slot *s)
{
	const struct waiter *w = s->waiters, *prev = NULL;

	for (; w != NULL; prev = w, w = w->via_next) {
		require(w->via == (prev == NULL ? s : NULL) &&
			w->via_prev == prev, "waiters of a slot");
		require(w->q != NULL, "a waiter of a slot is queued");
	}
}

static uint64_t
check_slot(const struct slot *s)
{
	unsigned int type = cap_type(s);

	require(type > HELIOS_DEAD && type < HELIOS_TYPE_COUNT,
		"slots in the derivation list hold capabilities");
	if (type == HELIOS_PAGE)
		check_page(s);
	else if (type == HELIOS_ENDPOINT || type == HELIOS_NOTE)
		check_waiters(s);
	if (!is_first(s))
		return 0;
	check_object(s);
	return 1;
}

static uint64_t
check_derivation(void)
{
	const struct slot *open[DEPTH];
	uint64_t depth = 0, objects = 0;
	const struct mark *m = cap_root.open.next;

	for (; m != &cap_root.close; m = m->next) {
		const struct slot *s = mark_slot(m);

		require(m->next->prev == m && m->prev->next == m,
			"derivation links");
		if (!mark_is_close(m)) {
			if (depth < DEPTH)
				open[depth] = s;
			depth++;
			objects += check_slot(s);
			continue;
		}
		require(depth > 0, "brackets balance");
		depth--;
		require(depth >= DEPTH || open[depth] == s, "brackets nest");
	}
	require(depth == 0, "brackets close");
	return objects;
}

static void
check_run_queues(void)
{
	unsigned int p;
	struct list *l;

	for (p = 0; p < HELIOS_PRIORITIES; p++) {
		struct list *q = &cpu0.queue[p];

		require(list_empty(q) == !(cpu0.bits[p / 64] >> p % 64 & 1),
			"run queue bit");
		for (l = q->next; l != q; l = l->next) {
			const struct task *t = container_of(l, struct task,
				run);

			require(t->priority == p && task_runnable(t) &&
				t != cpu0.current, "task on a run queue");
		}
	}
}

uint64_t
core_check(void)
{
	check_run_queues();
	require(list_empty(&reap_orphans) || cpu0.look & LOOK_REAP,
		"orphans are looked after");
	require(tree_valid(&sleepers), "sleepers");
	return check_derivation();
}
