/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory objects: blocks, and carving one Memory off another.
 *
 * Buddy allocation.  A block of 2^k frames starts at a multiple of 2^k; its
 * buddy is the block whose number differs in bit k alone.  Free blocks merge
 * as far as they can within one owner, so the free set of a Memory has one
 * form only: after everything is freed it is exactly what it was.
 *
 * All but the few single frames that were freed last: they are in their list,
 * but merge only when there are too many of them, or when somebody asks for
 * more than one or how many there are in a row (settle).  What is made and
 * destroyed again and again then neither splits nor merges blocks, whatever
 * lies beside it.
 */
#include <klog.h>
#include <memory.h>
#include <task.h>

struct memory *root_memory;
struct memory *kernel_memory;

static struct memory root, kernel;

/* An address space with one page has four tables. */
#define MAX_UNMERGED	8

/* Frame 0 is never used, so that number 0 can mean "none". */
struct frame *frames;
uint32_t nframes;

struct frame *
frame_nr(uint32_t nr)
{
	kassert(nr != 0 && nr < nframes);
	return &frames[nr];
}

static void
freelist_push(struct memory *m, struct frame *f, unsigned int order)
{
	uint32_t first = m->blocks[order];

	f->kind = FRAME_FREE;
	f->order = (uint8_t)order;
	f->owner = m;
	f->object = NULL;
	f->prev = 0;
	f->next = first;
	if (first != 0)
		frames[first].prev = frame_number(f);
	m->blocks[order] = frame_number(f);
	m->orders |= 1u << order;
}

/* Its order is known wherever this is done: merging does it again and again.
 */
static inline __attribute__((always_inline)) void
freelist_remove(struct memory *m, struct frame *f, unsigned int order)
{
	uint32_t next = f->next, prev = f->prev;

	f->next = f->prev = 0;
	f->kind = FRAME_INTERIOR;
	if (next != 0)
		frames[next].prev = prev;
	if (prev != 0) {
		frames[prev].next = next;
		return;
	}
	m->blocks[order] = next;
	if (next == 0)
		m->orders &= ~(1u << order);
}

/* The first free block of an order that has one. */
static struct frame *
freelist_pop(struct memory *m, unsigned int order)
{
	struct frame *f = frame_nr(m->blocks[order]);

	m->blocks[order] = f->next;
	if (f->next != 0)
		frames[f->next].prev = 0;
	else
		m->orders &= ~(1u << order);
	f->next = 0;
	return f;
}

/* The free buddy of a block, if the two may merge. */
static struct frame *
mergeable_buddy(const struct memory *m, const struct frame *f,
		unsigned int order)
{
	uint32_t nr = frame_number(f) ^ 1u << order;
	struct frame *buddy = &frames[nr];

	if (order == MAX_ORDER || nr >= nframes ||
			buddy->kind != FRAME_FREE ||
			buddy->order != order || buddy->owner != m)
		return NULL;
	return buddy;
}

static void
merge_block(struct memory *m, struct frame *f, unsigned int order)
{
	struct frame *buddy;

	while ((buddy = mergeable_buddy(m, f, order)) != NULL) {
		freelist_remove(m, buddy, order);
		f->kind = FRAME_INTERIOR;
		if (buddy < f)
			f = buddy;
		order++;
	}
	freelist_push(m, f, order);
}

/*
 * From here on the free set has its one form.  They leave the list first, for
 * one may be the buddy of another.
 */
static __attribute__((noinline)) void
settle(struct memory *m)
{
	struct frame *f[MAX_UNMERGED];
	unsigned int n = 0;

	for (; m->unmerged > 0; m->unmerged--) {
		f[n] = freelist_pop(m, 0);
		f[n++]->kind = FRAME_INTERIOR;
	}
	while (n > 0)
		merge_block(m, f[--n], 0);
}

/* Give m a block, merging it with its neighbours. */
static void
give_block(struct memory *m, struct frame *f, unsigned int order)
{
	settle(m);
	m->free += 1ull << order;
	merge_block(m, f, order);
}

/*
 * A single frame.  Those that are unmerged are the first of their list:
 * whatever else is put there is so by settle, or when the list is empty and a
 * block is split.
 */
static void
give_frame(struct memory *m, struct frame *f)
{
	if (m->unmerged == MAX_UNMERGED)
		settle(m);
	m->free++;
	m->unmerged++;
	freelist_push(m, f, 0);
}

/* Take a free block of exactly this order, splitting a larger one. */
static struct frame *
take_block(struct memory *m, unsigned int order)
{
	unsigned int have;
	struct frame *f;
	uint32_t fit;

	if (order != 0)
		settle(m);
	fit = m->orders >> order << order;
	if (fit == 0)
		return NULL;
	have = (unsigned int)__builtin_ctz(fit);
	f = freelist_pop(m, have);
	if (m->unmerged > 0)
		m->unmerged--;
	f->kind = FRAME_INTERIOR;
	f->order = (uint8_t)order;
	while (have > order) {
		have--;
		freelist_push(m, f + (1u << have), have);
	}
	m->free -= 1ull << order;
	return f;
}

struct frame *
block_alloc(struct memory *m, unsigned int order, enum frame_kind kind)
{
	struct frame *f = take_block(m, order);

	if (f == NULL)
		return NULL;
	f->kind = (uint8_t)kind;
	f->owner = m;
	f->object = NULL;
	f->used = 0;
	hal_mem_alive(frame_ptr(f), PAGE_SIZE << order);
	return f;
}

void
block_free(struct frame *head)
{
	unsigned int order = head->order;

	kassert(head->kind != FRAME_FREE && head->kind != FRAME_INTERIOR &&
		head->kind != FRAME_KERNEL);
	hal_mem_dead(frame_ptr(head), PAGE_SIZE << order);
	if (head->kind == FRAME_CSPACE)
		block_set_kind(head, FRAME_MAKING, NULL);
	if (order == 0)
		give_frame(head->owner, head);
	else
		give_block(head->owner, head, order);
}

void
block_split(struct frame *head, uint32_t n)
{
	uint32_t i, size = 1u << head->order;

	for (i = 0; i < size; i++) {
		struct frame *f = head + i;

		f->kind = head->kind;
		f->owner = head->owner;
		f->order = 0;
		f->next = f->prev = 0;
		f->object = NULL;
	}
	for (i = n; i < size; i++)
		block_free(head + i);
}

void
block_set_kind(struct frame *head, enum frame_kind kind, void *object)
{
	bool all = kind == FRAME_CSPACE || head->kind == FRAME_CSPACE;
	uint32_t i, size = all ? 1u << head->order : 1;

	for (i = 1; i < size; i++) {
		head[i].kind = kind == FRAME_CSPACE ? FRAME_CSPACE :
			FRAME_INTERIOR;
		head[i].object = object;
	}
	head->kind = (uint8_t)kind;
	head->object = object;
}

uint64_t
memory_largest(struct memory *m)
{
	settle(m);
	return m->orders == 0 ? 0 :
		1ull << (31 - __builtin_clz(m->orders));
}

static void
memory_init(struct memory *m, struct memory *parent)
{
	*m = (struct memory){ 0 };
	heavy_init(&m->heavy, HELIOS_MEMORY, parent);
	list_init(&m->dead);
	list_init(&m->making);
}

struct memory *
memory_create(struct memory *parent)
{
	struct memory *m = slab_alloc(parent, sizeof(*m));

	if (m != NULL)
		memory_init(m, parent);
	return m;
}

bool
memory_fill(struct memory *m, uint64_t pages)
{
	struct memory *parent = m->heavy.obj.memory;
	unsigned int order = 63 - (unsigned int)__builtin_clzll(pages);
	struct frame *f;

	if (parent->orders == 0)
		return false;
	if (order > MAX_ORDER)
		order = MAX_ORDER;
	/* The largest there is, but no larger than what is wanted. */
	while ((f = take_block(parent, order)) == NULL)
		order = 31 - (unsigned int)__builtin_clz(parent->orders);
	m->pages += 1ull << order;
	give_block(m, f, order);
	return true;
}

static void
check_orphan(struct memory *m)
{
	if (m->orphan && m->objects == 0)
		reap_add(&m->heavy);
}

void
memory_count(struct memory *m, int delta)
{
	m->objects += (uint64_t)(int64_t)delta;
	if (delta < 0)
		check_orphan(m);
}

void
memory_orphan(struct memory *m)
{
	object_assert(&m->heavy.obj, HELIOS_MEMORY);
	m->orphan = true;
	check_orphan(m);
}

/* Give one block back to the parent. */
static void
return_block(struct memory *m)
{
	unsigned int order;
	struct frame *f;

	settle(m);
	order = (unsigned int)__builtin_ctz(m->orders);
	f = frame_nr(m->blocks[order]);
	freelist_remove(m, f, order);
	m->free -= 1ull << order;
	m->pages -= 1ull << order;
	give_block(m->heavy.obj.memory, f, order);
}

bool
memory_reap_step(struct memory *m)
{
	if (!list_empty(&m->making)) {
		make_drop(container_of(m->making.next, struct task,
			making.link));
		return false;
	}
	if (m->heavy.obj.memory == NULL) {	/* the root stays */
		list_remove(&m->heavy.by_task);
		return true;
	}
	if (m->orders != 0) {
		return_block(m);
		return false;
	}
	kassert(m->pages == 0 && m->objects == 0);
	object_fini(&m->heavy.obj);
	slab_free(m);
	return true;
}

/* Boot */

static void
give_range(struct memory *m, uint32_t nr, uint32_t end)
{
	uint32_t i;

	m->pages += end - nr;
	for (i = nr; i < end; i++)
		frame_nr(i)->kind = FRAME_INTERIOR;
	while (nr < end) {
		unsigned int order = (unsigned int)__builtin_ctz(nr);

		if (order > MAX_ORDER)
			order = MAX_ORDER;
		while ((1u << order) > end - nr)
			order--;
		give_block(m, frame_nr(nr), order);
		nr += 1u << order;
	}
}

static uint32_t
first_frame(const struct hal_range *r)
{
	uint32_t nr = (uint32_t)(r->base >> PAGE_SHIFT);

	return nr == 0 ? 1 : nr;
}

static uint32_t
end_frame(const struct hal_range *r)
{
	/* Slots link to each other over at most 2^31 slots: 128 GiB. */
	uint64_t end = (r->base + r->size) >> PAGE_SHIFT, most = 1ull << 25;

	return (uint32_t)(end < most ? end : most);
}

/* Where the table itself goes: the first room, before or after `keep`. */
static bool
place_table(const struct hal_range *ram, size_t n, const struct hal_range *keep,
		uint32_t pages, uint32_t *where)
{
	uint32_t keep_first = (uint32_t)(keep->base >> PAGE_SHIFT);
	uint32_t keep_end = (uint32_t)((keep->base + keep->size + PAGE_SIZE -
		1) >> PAGE_SHIFT);
	size_t i;

	for (i = 0; i < n; i++) {
		*where = first_frame(&ram[i]);
		if (*where < keep_end && *where + pages > keep_first)
			*where = keep_end;
		if (*where + pages <= end_frame(&ram[i]))
			return true;
	}
	return false;
}

static void
give_ram(const struct hal_range *ram, size_t n, uint32_t table, uint32_t pages)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t first = first_frame(&ram[i]);
		uint32_t end = end_frame(&ram[i]);

		if (first >= end)
			continue;
		if (table < first || table >= end) {
			give_range(root_memory, first, end);
			continue;
		}
		give_range(root_memory, first, table);
		give_range(root_memory, table + pages, end);
	}
}

/* 1/256 of all memory, at most 256 KiB, for device records. */
static bool
boot_kernel_memory(uint64_t *kernel_pages)
{
	uint64_t want = root.free / 256;

	want = want < 4 ? 4 : want > 64 ? 64 : want;
	memory_init(&kernel, &root);
	kernel_memory = &kernel;
	while (kernel.pages < want)
		if (!memory_fill(&kernel, want - kernel.pages))
			return false;
	*kernel_pages += kernel.pages;
	return true;
}

/* Split free blocks until frame nr is one of its own, and take it. */
static bool
reserve_frame(struct memory *m, uint32_t nr, enum frame_kind kind)
{
	unsigned int order;
	struct frame *f;

	settle(m);
	for (order = 0; order <= MAX_ORDER; order++) {
		f = &frames[nr >> order << order];
		if (f->kind == FRAME_FREE && f->order == order)
			break;
	}
	if (order > MAX_ORDER || f->owner != m)
		return false;
	freelist_remove(m, f, order);
	m->free--;
	while (order-- > 0) {
		struct frame *upper = f + (1u << order);

		freelist_push(m, frame_number(upper) <= nr ? f : upper, order);
		if (frame_number(upper) <= nr)
			f = upper;
	}
	f->order = 0;
	f->kind = (uint8_t)kind;
	f->owner = m;
	return true;
}

bool
memory_reserve(struct memory *m, uint64_t phys, uint64_t pages,
		enum frame_kind kind)
{
	uint32_t nr = (uint32_t)(phys >> PAGE_SHIFT), i;

	for (i = 0; i < pages; i++)
		if (nr + i >= nframes || !reserve_frame(m, nr + i, kind))
			return false;
	return true;
}

bool
memory_boot(const struct hal_range *ram, size_t n, const struct hal_range *keep,
		uint64_t *kernel_pages)
{
	uint32_t pages, where, i;

	if (n == 0)
		return false;
	nframes = end_frame(&ram[n - 1]);
	pages = (uint32_t)((nframes * sizeof(struct frame) + PAGE_SIZE - 1) >>
		PAGE_SHIFT);
	if (!place_table(ram, n, keep, pages, &where))
		return false;
	frames = phys_ptr((uint64_t)where << PAGE_SHIFT);
	hal_mem_alive(frames, pages * PAGE_SIZE);
	__builtin_memset(frames, 0, pages * PAGE_SIZE);
	for (i = where; i < where + pages; i++)
		frames[i].kind = FRAME_KERNEL;
	memory_init(&root, NULL);
	root_memory = &root;
	give_ram(ram, n, where, pages);
	*kernel_pages = pages;
	/* Before anything else is taken, for that could be part of it. */
	return memory_reserve(root_memory, keep->base, (keep->size + PAGE_SIZE -
		1) >> PAGE_SHIFT, FRAME_PAGE) &&
		boot_kernel_memory(kernel_pages);
}
