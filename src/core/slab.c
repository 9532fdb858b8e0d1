/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects smaller than a page, packed by size class.
 *
 * A slab is one frame cut into units of 64 << class bytes; bit i of its
 * frame's `live` says whether unit i is in use.  Slabs with room are linked
 * from their Memory; an empty one goes back to the free blocks.
 */
#include <klog.h>
#include <memory.h>

/* All units of a slab of this class in use. */
static uint64_t
full(unsigned int class)
{
	return class == 0 ? ~0ull : (1ull << (64 >> class)) - 1;
}

static void
room_push(struct memory *m, struct frame *f)
{
	uint32_t *first = &m->slabs[f->order];

	f->prev = 0;
	f->next = *first;
	if (*first != 0)
		frame_nr(*first)->prev = frame_number(f);
	*first = frame_number(f);
}

static void
room_remove(struct memory *m, struct frame *f)
{
	if (f->next != 0)
		frame_nr(f->next)->prev = f->prev;
	if (f->prev != 0)
		frame_nr(f->prev)->next = f->next;
	else
		m->slabs[f->order] = f->next;
	f->next = f->prev = 0;
}

/* `order` holds the class of a slab, whose real order is 0. */
static struct frame *
slab_create(struct memory *m, unsigned int class)
{
	struct frame *f = block_alloc(m, 0, FRAME_SLAB);

	if (f == NULL)
		return NULL;
	hal_mem_dead(frame_ptr(f), PAGE_SIZE);
	f->order = (uint8_t)class;
	f->live = 0;
	room_push(m, f);
	return f;
}

/* Kept apart: mostly there is room. */
static __attribute__((noinline)) void *
take_of_new(struct memory *m, unsigned int class, size_t size)
{
	return slab_create(m, class) ? slab_take(m, class, size) : NULL;
}

void *
slab_take(struct memory *m, unsigned int class, size_t size)
{
	uint32_t nr = m->slabs[class];
	struct frame *f = &frames[nr];
	unsigned int unit;
	char *p;

	kassert(class < SLAB_CLASSES);
	if (nr == 0)
		return take_of_new(m, class, size);
	unit = (unsigned int)__builtin_ctzll(~f->live);
	f->live |= 1ull << unit;
	if (f->live == full(class))
		room_remove(m, f);
	p = phys_ptr(((uint64_t)nr << PAGE_SHIFT) +
		((uint64_t)unit << (6 + class)));
	/* Only what was asked for: a checker then sees overflows. */
	hal_mem_alive(p, size);
	__builtin_memset(p, 0, size);
	return p;
}

void
slab_free(void *p)
{
	struct frame *f = frame_of_ptr(p);
	unsigned int class = f->order;
	unsigned int unit = (unsigned int)
		(((uintptr_t)p & (PAGE_SIZE - 1)) >> (6 + class));

	kassert(f->kind == FRAME_SLAB && f->live >> unit & 1);
	hal_mem_dead(p, 64ull << class);
	if (f->live == full(class))
		room_push(f->owner, f);
	f->live &= ~(1ull << unit);
	if (f->live != 0)
		return;
	room_remove(f->owner, f);
	f->order = 0;
	block_free(f);
}

bool
slab_is_live(const void *p)
{
	const struct frame *f = frame_of_ptr(p);

	return f != NULL && f->kind == FRAME_SLAB &&
		(f->live >> (((uintptr_t)p & (PAGE_SIZE - 1)) >>
			(6 + f->order)) & 1);
}
