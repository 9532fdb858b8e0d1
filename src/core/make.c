/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocations that take more than one step: clearing pages and CSpace
 * tables, filling a carved Memory.
 *
 * What is half made belongs to the task that makes it and to no capability.
 * A preempted call finds it again by its arguments; any other allocation by
 * the task, its death, or the end of the Memory drops it.
 */
#include <cspace.h>
#include <klog.h>
#include <memory.h>
#include <task.h>

static void
make_init(struct making *mk)
{
	*mk = (struct making){ 0 };
	list_init(&mk->link);
}

static bool
is_under_way(const struct making *mk)
{
	return !list_empty(&mk->link);
}

void
make_drop(struct task *t)
{
	struct making *mk = &t->making;
	struct memory *carved = mk->carved;

	mk->search.space = 0;
	if (!is_under_way(mk))
		return;
	while (mk->first != 0) {
		struct frame *f = frame_nr(mk->first);

		mk->first = f->next;
		block_free(f);
	}
	list_remove(&mk->link);
	make_init(mk);
	/* It has no capability: it returns what it got, step by step. */
	if (carved != NULL)
		memory_orphan(carved);
}

static unsigned int
block_order(const struct making *mk)
{
	unsigned int order = 0;

	if (mk->type == HELIOS_CSPACE)
		return (unsigned int)mk->size - 6;
	if (mk->size == HELIOS_LARGE_PAGE_SIZE)
		return LARGE_ORDER;
	if (mk->flags & HELIOS_ALLOC_CONTIGUOUS)
		while ((1u << order) < mk->count)
			order++;
	return order;
}

static void
append_block(struct making *mk, struct frame *f)
{
	f->next = f->prev = 0;
	if (mk->first == 0)
		mk->first = frame_number(f);
	else
		frame_nr(mk->last)->next = frame_number(f);
	mk->last = frame_number(f);
	if (mk->clearing == 0)
		mk->clearing = mk->last;
	mk->blocks++;
}

/* Contiguous: one block for all objects, then split. */
static bool
gather_run(struct making *mk)
{
	struct frame *f = block_alloc(mk->from, block_order(mk), FRAME_MAKING);
	unsigned int i;

	if (f == NULL)
		return false;
	block_split(f, mk->count);
	for (i = 0; i < mk->count; i++)
		append_block(mk, f + i);
	return true;
}

/*
 * What is not there yet: the blocks, or the Memory to fill.  False: the
 * Memory has no more; what was got stays with the task.
 */
static bool
gather(struct making *mk)
{
	struct frame *f;

	if (mk->type == HELIOS_MEMORY) {
		if (mk->carved == NULL)
			mk->carved = memory_create(mk->from);
		return mk->carved != NULL;
	}
	if (mk->blocks < mk->count && mk->flags & HELIOS_ALLOC_CONTIGUOUS)
		return gather_run(mk);
	while (mk->blocks < mk->count) {
		f = block_alloc(mk->from, block_order(mk), FRAME_MAKING);
		if (f == NULL)
			return false;
		append_block(mk, f);
	}
	return true;
}

/* 4 KiB; true when the last is clear. */
static bool
clear_step(struct making *mk)
{
	struct frame *f = frame_nr(mk->clearing);

	__builtin_memset((char *)frame_ptr(f) + mk->cleared, 0, PAGE_SIZE);
	mk->cleared += PAGE_SIZE;
	if (mk->cleared == PAGE_SIZE << f->order) {
		mk->cleared = 0;
		mk->clearing = f->next;
	}
	return mk->clearing == 0;
}

/* What is wanted yet: in all, or at least in one piece. */
static uint64_t
wanted_pages(const struct making *mk, uint64_t *piece)
{
	if (mk->type == HELIOS_MEMORY) {
		*piece = 1;
		return mk->size - (mk->carved ? mk->carved->pages : 0);
	}
	*piece = 1ull << block_order(mk);
	if (mk->flags & HELIOS_ALLOC_CONTIGUOUS)
		return *piece;
	return *piece * (mk->count - mk->blocks);
}

static uint64_t
missing_pages(const struct making *mk)
{
	uint64_t have = mk->from->free, piece;
	uint64_t want = wanted_pages(mk, &piece);

	return want > have ? want - have : piece;
}

/* Something that died may be taken apart first: then the call is made again,
 * and goes on with what it has. */
static struct result
no_memory(struct task *t)
{
	struct making *mk = &t->making;
	struct memory *from = mk->from;
	uint64_t missing = missing_pages(mk);

	if (reap_memory_step(from))
		return result_preempted();
	make_drop(t);
	return user_error(HELIOS_NOMEM, missing,
		"%lu more pages needed; the Memory has %lu free, "
		"at most %lu in a row", missing, from->free,
		memory_largest(from));
}

static bool
make_matches(const struct making *mk, const struct making *want)
{
	return is_under_way(mk) && mk->from == want->from &&
		mk->type == want->type && mk->flags == want->flags &&
		mk->size == want->size && mk->count == want->count;
}

static struct result
make_steps(struct task *t)
{
	struct making *mk = &t->making;

	if (mk->type != HELIOS_MEMORY) {
		while (mk->clearing != 0)
			if (!clear_step(mk) && hal_irq_pending())
				return result_preempted();
		return RESULT_OK;
	}
	while (mk->carved->pages < mk->size) {
		if (!memory_fill(mk->carved, mk->size - mk->carved->pages))
			return no_memory(t);
		if (mk->carved->pages < mk->size && hal_irq_pending())
			return result_preempted();
	}
	return RESULT_OK;
}

struct result
make_run(struct task *t, struct memory *from, unsigned int type,
		uint64_t flags, uint64_t size, unsigned int count)
{
	struct making *mk = &t->making;
	struct making want = { .from = from, .type = type, .flags = flags,
		.size = size, .count = count };

	if (!make_matches(mk, &want)) {
		make_drop(t);
		*mk = want;
		list_init(&mk->link);
		list_append(&from->making, &mk->link);
		t->working = true;
	}
	return gather(mk) ? make_steps(t) : no_memory(t);
}

struct frame *
make_take_block(struct task *t)
{
	struct making *mk = &t->making;
	struct frame *f = frame_nr(mk->first);

	mk->first = f->next;
	f->next = f->prev = 0;
	return f;
}

struct memory *
make_take_memory(struct task *t)
{
	struct memory *m = t->making.carved;

	t->making.carved = NULL;
	return m;
}
