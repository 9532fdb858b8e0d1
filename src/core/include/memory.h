/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory: the frame table, and Memory objects.
 *
 * One table has 32 bytes for each frame of 4 KiB.  A Memory owns blocks of
 * 2^order frames; its free ones are in lists by order, and merge with their
 * buddy when both belong to the same Memory (the last single ones a bit
 * later).  The head frame of a block says what the block is and whose; the
 * others are FRAME_INTERIOR, except that those of a CSpace's table name it too.
 *
 * Objects smaller than a page share pages (slabs) by size class.  A slab
 * that becomes empty goes back, so that when all that was allocated is gone
 * the free blocks are exactly what they were.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hal.h>
#include <object.h>
#include <result.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096ull
#define LARGE_ORDER	9u	/* 2 MiB */
#define MAX_ORDER	18u	/* 1 GiB */

enum frame_kind {
	FRAME_NONE = 0,		/* no RAM */
	FRAME_INTERIOR,		/* inside a block */
	FRAME_FREE,
	FRAME_PAGE,		/* a Page */
	FRAME_SLAB,
	FRAME_CSPACE,		/* every frame of a table; object: CSpace */
	FRAME_TASK,		/* object: the Task, which is the page */
	FRAME_TABLE,		/* page table; object: the VSpace */
	FRAME_MAKING,		/* being zeroed for some task */
	FRAME_KERNEL,		/* the kernel's own for good */
};

struct frame {
	uint32_t next, prev;	/* frame numbers; 0: none */
	uint8_t kind;
	uint8_t order;		/* slab: size class */
	uint16_t used;		/* table: entries in use */
	uint32_t pad;
	struct memory *owner;	/* valid in heads of blocks */
	union {
		void *object;
		uint64_t live;	/* slab: bit i, its i-th object is alive */
	};
};

_Static_assert(sizeof(struct frame) == 32, "32 bytes a frame");

#define SLAB_CLASSES	5	/* 64, 128, 256, 512, 1024 bytes */

struct memory {
	struct heavy heavy;	/* parent Memory: heavy.obj.memory */
	uint64_t pages;		/* owned, free or not */
	uint64_t free;		/* in free blocks */
	uint64_t objects;	/* alive, pages included */
	bool orphan;		/* its capability is gone */
	uint32_t orders;	/* bit i: blocks[i] is not empty */
	uint32_t blocks[MAX_ORDER + 1];
	uint32_t slabs[SLAB_CLASSES];	/* with room */
	uint32_t unmerged;	/* so many are the first of blocks[0] */
	struct list dead;	/* heavy.by_memory */
	struct list making;	/* making.link of tasks */
};

/*
 * An allocation under way that takes more than one step (make.c): blocks of
 * frames being cleared, or a Memory being filled.  It belongs to the task.
 */
struct making {
	struct list link;	/* memory.making; on no list: nothing is */
	struct memory *from;
	unsigned int type, count;
	uint64_t flags, size;
	uint32_t first, last;	/* blocks, linked by next */
	unsigned int blocks;	/* how many there are */
	uint32_t clearing;	/* the block being cleared; 0: all are clear */
	uint64_t cleared;	/* bytes of it */
	struct memory *carved;
	struct search {		/* for a hole in a VSpace (vspace.c) */
		uint64_t space;	/* its id; 0: none is under way */
		uint64_t hole;	/* there is none below */
		bool again;	/* from the lowest address on, now */
	} search;
};

/* Frame table */

extern struct frame *frames;	/* entry i is about physical frame i */
extern uint32_t nframes;

static inline void *
phys_ptr(uint64_t phys)
{
	return hal_physmap + phys;
}

static inline uint64_t
ptr_phys(const void *p)
{
	return (uint64_t)((const char *)p - hal_physmap);
}

/* NULL: not RAM. */
static inline struct frame *
frame_of(uint64_t phys)
{
	return phys >> PAGE_SHIFT < nframes ?
		&frames[phys >> PAGE_SHIFT] : NULL;
}

/* The frame of a kernel object or slot; NULL if that is not in RAM. */
static inline struct frame *
frame_of_ptr(const void *p)
{
	return frame_of(ptr_phys(p));
}

/* The same of what is known to be in RAM. */
static inline struct frame *
frame_with(const void *p)
{
	return &frames[ptr_phys(p) >> PAGE_SHIFT];
}

struct frame *frame_nr(uint32_t nr);

static inline uint32_t
frame_number(const struct frame *f)
{
	return (uint32_t)(f - frames);
}

/* Its bytes. */
static inline void *
frame_ptr(const struct frame *f)
{
	return phys_ptr((uint64_t)frame_number(f) << PAGE_SHIFT);
}

/*
 * Boot: build the frame table in the RAM given, and the Memory that owns the
 * rest.  The pages of the range to keep are left alone and become FRAME_PAGE.
 * False: too little memory, or that range is not free.  kernel_pages: what
 * the kernel takes for good.
 */
bool memory_boot(const struct hal_range *ram, size_t n,
		const struct hal_range *keep, uint64_t *kernel_pages);
extern struct memory *root_memory;	/* all RAM; never destroyed */
extern struct memory *kernel_memory;	/* a small one, for device records */

/* Take exactly these frames, as blocks of order 0.  For boot. */
bool memory_reserve(struct memory *m, uint64_t phys, uint64_t pages,
		enum frame_kind kind);

/* Blocks: 0 frames or all 2^order.  Never clears. */
struct frame *block_alloc(struct memory *m, unsigned int order,
		enum frame_kind kind);
void block_free(struct frame *head);

/* Sub-page objects, cleared; size up to 1024.  NULL: no memory. */
void *slab_take(struct memory *m, unsigned int class, size_t size);

/* The size is a constant, mostly, and then so is the class. */
static inline __attribute__((always_inline)) void *
slab_alloc(struct memory *m, size_t size)
{
	return slab_take(m, size <= 64 ? 0 : 64 - (unsigned int)
		__builtin_clzl((size - 1) >> 6), size);
}
void slab_free(void *p);

/* Is this address inside a live slab object?  For core_check. */
bool slab_is_live(const void *p);

/* Break an allocated block into blocks of order 0; keep the first n frames
 * and free the others. */
void block_split(struct frame *head, uint32_t n);

/* What the frame is for from now on (a whole CSpace table: each frame). */
void block_set_kind(struct frame *head, enum frame_kind kind, void *object);

/* pages of 4 KiB in the largest free block */
uint64_t memory_largest(struct memory *m);

/* One object allocated from m came alive or went. */
void memory_count(struct memory *m, int delta);

/*
 * Carving: an empty Memory, then a block of at most `pages` moved into it
 * from its parent.  False: the parent has none left.
 */
struct memory *memory_create(struct memory *parent);
bool memory_fill(struct memory *m, uint64_t pages);

/* The capability of m is gone. */
void memory_orphan(struct memory *m);
bool memory_reap_step(struct memory *m);	/* true: gone */

/*
 * Making (make.c).  PREEMPTED: call again with the same arguments.  On OK
 * the blocks (or the Memory) are there for the make_take_* to collect.
 * Any other result: nothing is left.
 */
struct result make_run(struct task *t, struct memory *from, unsigned int type,
		uint64_t flags, uint64_t size, unsigned int count);
struct frame *make_take_block(struct task *t);
struct memory *make_take_memory(struct task *t);
void make_drop(struct task *t);

#endif
