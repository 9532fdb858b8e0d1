/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes of the kernel's state: see snapshot.h. */
#include <string.h>

#include <cap.h>
#include <cspace.h>
#include <devmem.h>
#include <ipc.h>
#include <memory.h>
#include <task.h>

#include "mock_hal.h"
#include "snapshot.h"

/* FNV-1a over words. */
static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x100000001b3ull;
	return h ^ h >> 29;
}

static uint64_t
mix_bytes(uint64_t h, const void *p, size_t len)
{
	uint64_t word;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, (const char *)p + i, 8);
		h = mix(h, word);
	}
	return h;
}

static struct frame *
ram_frame(unsigned int range, uint64_t page)
{
	return frame_of(mock.ram[range].base + page * PAGE_SIZE);
}

/* Visit the frames of all RAM. */
static uint64_t
each_frame(uint64_t h, uint64_t (*visit)(uint64_t h, struct frame *f,
	const void *arg), const void *arg)
{
	for (unsigned int i = 0; i < 2; i++)
		for (uint64_t p = 0; p < mock.ram[i].size / PAGE_SIZE; p++) {
			struct frame *f = ram_frame(i, p);

			if (f != NULL)
				h = visit(h, f, arg);
		}
	return h;
}

/* The last frames to be freed merge when somebody asks for more than one. */
static uint64_t
visit_unmerged(uint64_t h, struct frame *f, const void *arg)
{
	(void)arg;
	if (f->kind == FRAME_FREE)
		(void)memory_largest(f->owner);
	return h;
}

static uint64_t
visit_free(uint64_t h, struct frame *f, const void *arg)
{
	if (f->kind != FRAME_FREE || f->owner != arg)
		return h;
	return mix(mix(h, frame_number(f)), f->order);
}

uint64_t
snapshot_free(const struct memory *m)
{
	each_frame(0, visit_unmerged, NULL);
	return each_frame(14695981039346656037ull, visit_free, m);
}

static uint64_t
mix_slots(uint64_t h, const struct slot *s, size_t n)
{
	return mix_bytes(h, s, n * sizeof(*s));
}

static uint64_t
mix_task(uint64_t h, const struct task *t)
{
	const struct helios_regs *r = &t->regs;
	const uint64_t words[] = { r->rbx, r->rbp, r->rsp, r->r12, r->r13,
		r->r14, r->r15, r->rip, r->rflags, r->fs_base, r->gs_base,
		t->priority, t->max_priority, t->suspended, t->dead,
		t->restart, t->blocked, t->flags, (uintptr_t)t->caller,
		(uintptr_t)t->replier, (uintptr_t)t->reply_slot,
		list_empty(&t->reap), list_empty(&t->making.link),
		t->revoking != NULL, t->ndoomed };

	h = mix_bytes(h, words, sizeof(words));
	h = mix_bytes(h, t->waiters, sizeof(t->waiters));
	return mix_slots(h, t->slots, TASK_SLOTS);
}

/* A Memory but for its lists, which are sets. */
static uint64_t
mix_memory(uint64_t h, const struct memory *m)
{
	h = mix(mix(h, m->heavy.obj.id), m->pages);
	h = mix(mix(h, m->free), m->objects);
	return mix(h, m->orphan);
}

/* A record of device memory has no header. */
static size_t
small_size(const struct object *o)
{
	switch (o->magic) {
	case MAGIC('C', 'S', 'P', 'C'):
		return sizeof(struct cspace);
	case MAGIC('V', 'S', 'P', 'C'):
		return sizeof(struct vspace);
	case MAGIC('E', 'N', 'D', 'P'):
		return sizeof(struct endpoint);
	case MAGIC('N', 'O', 'T', 'E'):
		return sizeof(struct note);
	case MAGIC('D', 'E', 'V', 'M'):
		return sizeof(struct devmem);
	}
	return sizeof(struct devrange);
}

static uint64_t
mix_slab(uint64_t h, struct frame *f)
{
	size_t size = 64u << f->order;
	const char *p = frame_ptr(f);

	for (size_t i = 0; i + size <= PAGE_SIZE; i += size) {
		const struct object *o = (const void *)(p + i);

		if (!slab_is_live(o))
			continue;
		h = mix(h, i);
		if (o->magic == MAGIC('M', 'E', 'M', 'O'))
			h = mix_memory(h, (const void *)o);
		else
			h = mix_bytes(h, o, small_size(o));
	}
	return h;
}

static uint64_t
visit_all(uint64_t h, struct frame *f, const void *arg)
{
	uint64_t len = PAGE_SIZE << f->order;

	(void)arg;
	if (f->kind == FRAME_INTERIOR)
		return h;
	h = mix(mix(h, frame_number(f)), f->kind);
	if (f->kind != FRAME_CSPACE)
		h = mix(h, (uintptr_t)f->owner);
	switch (f->kind) {
	case FRAME_FREE:
	case FRAME_PAGE:
	case FRAME_MAKING:
		return mix(h, f->order);
	case FRAME_SLAB:
		return mix_slab(mix(h, f->order), f);
	case FRAME_CSPACE:
		len = PAGE_SIZE;
		return mix_slots(h, frame_ptr(f), len / sizeof(struct slot));
	case FRAME_TASK:
		return mix_task(h, frame_ptr(f));
	case FRAME_TABLE:
		return mix_bytes(mix(h, f->used), frame_ptr(f), PAGE_SIZE);
	}
	return h;
}

uint64_t
snapshot_all(void)
{
	uint64_t h = 14695981039346656037ull;

	each_frame(0, visit_unmerged, NULL);
	h = mix_bytes(h, object_counts, sizeof(object_counts));
	return each_frame(h, visit_all, NULL);
}
