/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap.
 *
 * A block is a header, the caller's bytes, and a tail word right behind the
 * last one that was asked for.  The check word in the header depends on its
 * address, size and state, so a header that was overwritten, moved or never
 * made is recognised.  Small blocks are cells of equal size in a chunk;
 * large ones have a region each, which begins with a struct large.
 */
#include "internal.h"

#define CHUNK		65536u
#define CELL_MIN	48u
#define CELL_MAX	(((CHUNK - sizeof(struct chunk)) / 2) & ~15ul)
#define CLASSES		48u
#define ALIGN_MAX	(1u << 20)
#define SIZE_LIMIT	(1ull << 42)

enum state { SMALL = 1, LARGE, ALIGNED, FREED };

struct header {
	uint64_t size;			/* as asked for */
	/* SMALL: offset in its chunk; LARGE: in its region; ALIGNED: distance
	 * back to the block it lies in. */
	uint32_t offset : 28;
	uint32_t state : 4;
	uint32_t check;
};

struct chunk {
	struct chunk *next, *prev;	/* of its class */
	struct chunk *avail_next;	/* those with free cells */
	struct header *free;
	uint32_t cell, cells;		/* size, number */
	uint32_t used, fresh;		/* fresh: cells never used yet */
	uint32_t class;
	bool avail;
	uint64_t pad;
};

struct large {
	struct large *next, *prev;
	uint64_t mapped, pad;
};

_Static_assert(sizeof(struct header) == 16 && sizeof(struct chunk) == 64 &&
		sizeof(struct large) == 32, "blocks are aligned to 16");

static struct {
	struct helios_mutex lock;
	struct chunk *chunks[CLASSES];
	struct chunk *avail[CLASSES];
	struct chunk *spare;		/* one empty chunk */
	struct large *large;
	struct helios_heap_stats stats;
} heap = { .lock = HELIOS_MUTEX_INIT };

static void *
data_of(struct header *h)
{
	return h + 1;
}

static uint32_t
checksum(const struct header *h)
{
	uint64_t n = (uint64_t)h * 0xd6e8feb86659fd93ull +
		h->size * 0xa0761d6478bd642full +
		((uint64_t)h->offset << 4 | h->state);

	/* Twice, so that every bit of it counts. */
	n = (n ^ n >> 29) * 0x9e3779b97f4a7c15ull;
	n = (n ^ n >> 32) * 0xe7037ed1a0b428dbull;
	return (uint32_t)(n >> 32);
}

static uint64_t
tail_word(const struct header *h)
{
	return ((uint64_t)h + h->size) * 0xd6e8feb86659fd93ull ^
		0x7461696c7461696cull;
}

static void
set_tail(struct header *h)
{
	uint64_t word = tail_word(h);

	memcpy((char *)data_of(h) + h->size, &word, sizeof(word));
}

static void
seal(struct header *h, uint64_t size, uint64_t offset, enum state state)
{
	h->size = size;
	h->offset = (uint32_t)offset & 0xfffffff;
	h->state = (uint32_t)state & 15;
	h->check = checksum(h);
	if (state != FREED)
		set_tail(h);
}

/* Does not return: the heap cannot be trusted any more. */
static _Noreturn void
corrupt(const struct header *h, const char *what)
{
	heap.lock = (struct helios_mutex)HELIOS_MUTEX_INIT;
	helios_panic("heap: block %p: %s", (const void *)(h + 1), what);
}

static void
verify(struct header *h)
{
	uint64_t word;

	if ((uint64_t)h % 16 || h->check != checksum(h) || !h->state)
		corrupt(h, "not a block, or its header was overwritten");
	if (h->state == FREED)
		corrupt(h, "was freed already");
	memcpy(&word, (char *)data_of(h) + h->size, sizeof(word));
	if (word != tail_word(h))
		corrupt(h, "was written beyond its end");
}

static struct header *
header_of(const void *block)
{
	struct header *h = (struct header *)(uint64_t)block - 1;

	if ((uint64_t)h % 16)
		corrupt(h, "not a block: its address is not aligned");
	return h;
}

/*
 * Sizes of cells: multiples of 16 from 48 to 128, then four steps to each
 * doubling, the last cut so that a chunk holds two.
 */
static uint32_t
cell_size(uint32_t class)
{
	uint32_t e, n;

	if (class < 6)
		return CELL_MIN + 16 * class;
	e = 7 + (class - 6) / 4;
	n = (1u << e) + ((class - 6) % 4 + 1) * (1u << (e - 2));
	return n < CELL_MAX ? n : (uint32_t)CELL_MAX;
}

static uint32_t
class_of(uint64_t size)
{
	uint32_t n = (uint32_t)size, e;

	if (n <= CELL_MIN)
		return 0;
	if (n <= 128)
		return (n - CELL_MIN + 15) / 16;
	e = 31 - (uint32_t)__builtin_clz(n - 1);
	return 5 + (e - 7) * 4 +
		((n - (1u << e) + (1u << (e - 2)) - 1) >> (e - 2));
}

static void *
map_pages(uint64_t size)
{
	void *p;

	if (helios_mmap(NULL, size, HELIOS_PROT_READ | HELIOS_PROT_WRITE, 0,
			&p) != HELIOS_OK)
		return NULL;
	heap.stats.mapped += size;
	return p;
}

static void
unmap_pages(void *p, uint64_t size)
{
	if (helios_munmap(p, size) == HELIOS_OK)
		heap.stats.mapped -= size;
}

static struct chunk *
new_chunk(uint32_t class)
{
	struct chunk *c = heap.spare;

	heap.spare = NULL;
	if (!c)
		c = map_pages(CHUNK);
	if (!c)
		return NULL;
	*c = (struct chunk){ .class = class, .cell = cell_size(class) };
	c->cells = (uint32_t)(CHUNK - sizeof(*c)) / c->cell;
	c->next = heap.chunks[class];
	if (c->next)
		c->next->prev = c;
	heap.chunks[class] = c;
	c->avail = true;
	c->avail_next = heap.avail[class];
	heap.avail[class] = c;
	return c;
}

static void
drop_chunk(struct chunk *c)
{
	struct chunk **p;

	for (p = &heap.avail[c->class]; *p; p = &(*p)->avail_next)
		if (*p == c) {
			*p = c->avail_next;
			break;
		}
	if (c->prev)
		c->prev->next = c->next;
	else
		heap.chunks[c->class] = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (heap.spare)
		unmap_pages(c, CHUNK);
	else
		heap.spare = c;
}

static struct header *
cell_at(struct chunk *c, uint32_t i)
{
	return (struct header *)((char *)(c + 1) + (uint64_t)i * c->cell);
}

static struct header *
new_small(uint64_t size)
{
	uint32_t class = class_of(size + sizeof(struct header) +
			sizeof(uint64_t));
	struct chunk *c = heap.avail[class];
	struct header *h;

	if (!c)
		c = new_chunk(class);
	if (!c)
		return NULL;
	if (c->free) {
		h = c->free;
		if (h->check != checksum(h) || h->state != FREED)
			corrupt(h, "was written after it was freed");
		memcpy(&c->free, data_of(h), sizeof(c->free));
	} else {
		h = cell_at(c, c->fresh++);
	}
	if (++c->used == c->cells) {
		c->avail = false;
		heap.avail[class] = c->avail_next;
	}
	seal(h, size, (uint64_t)((char *)h - (char *)c), SMALL);
	return h;
}

static void
free_small(struct header *h)
{
	struct chunk *c = (struct chunk *)((char *)h - h->offset);

	seal(h, h->size, h->offset, FREED);
	memcpy(data_of(h), &c->free, sizeof(c->free));
	c->free = h;
	if (!c->avail) {
		c->avail = true;
		c->avail_next = heap.avail[c->class];
		heap.avail[c->class] = c;
	}
	if (--c->used == 0)
		drop_chunk(c);
}

static struct header *
new_large(uint64_t size)
{
	uint64_t mapped = round_up(sizeof(struct large) +
			sizeof(struct header) + size + sizeof(uint64_t),
			HELIOS_PAGE_SIZE);
	struct large *l = map_pages(mapped);
	struct header *h;

	if (!l)
		return NULL;
	l->mapped = mapped;
	l->prev = NULL;
	l->next = heap.large;
	if (l->next)
		l->next->prev = l;
	heap.large = l;
	h = (struct header *)(l + 1);
	seal(h, size, sizeof(*l), LARGE);
	return h;
}

static struct large *
large_of(struct header *h)
{
	return (struct large *)((char *)h - h->offset);
}

static void
free_large(struct header *h)
{
	struct large *l = large_of(h);

	if (l->prev)
		l->prev->next = l->next;
	else
		heap.large = l->next;
	if (l->next)
		l->next->prev = l->prev;
	unmap_pages(l, l->mapped);
}

static bool
is_small(uint64_t size)
{
	return size + sizeof(struct header) + sizeof(uint64_t) <= CELL_MAX;
}

void *
helios_malloc(size_t size)
{
	struct header *h;

	if (size > SIZE_LIMIT)
		return NULL;
	helios_mutex_lock(&heap.lock);
	h = is_small(size) ? new_small(size) : new_large(size);
	if (h) {
		heap.stats.blocks++;
		heap.stats.bytes += size;
	}
	helios_mutex_unlock(&heap.lock);
	return h ? data_of(h) : NULL;
}

/* The lock is held. */
static void
release(struct header *h)
{
	verify(h);
	if (h->state == ALIGNED) {
		struct header *outer = (struct header *)((char *)h -
				h->offset);

		verify(outer);
		seal(h, h->size, h->offset, FREED);
		h = outer;
	}
	heap.stats.blocks--;
	heap.stats.bytes -= h->size;
	if (h->state == SMALL)
		free_small(h);
	else if (h->state == LARGE)
		free_large(h);
	else
		corrupt(h, "lies in no block");
}

void
helios_free(void *block)
{
	if (!block)
		return;
	helios_mutex_lock(&heap.lock);
	release(header_of(block));
	helios_mutex_unlock(&heap.lock);
}

void *
helios_calloc(size_t count, size_t size)
{
	size_t n;
	void *p;

	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	p = helios_malloc(n);
	/* A large block is a new region, and zero. */
	if (p && is_small(n))
		memset(p, 0, n);
	return p;
}

void *
helios_aligned_alloc(size_t align, size_t size)
{
	struct header *outer, *h;
	uint64_t at;
	char *p;

	if (align == 0 || align & (align - 1) || align > ALIGN_MAX ||
			size > SIZE_LIMIT)
		return NULL;
	if (align <= 16)
		return helios_malloc(size);
	p = helios_malloc(size + align + sizeof(*h) + sizeof(uint64_t));
	if (!p)
		return NULL;
	outer = header_of(p);
	at = round_up((uint64_t)p + sizeof(*h), align);
	h = (struct header *)at - 1;
	seal(h, size, (uint64_t)h - (uint64_t)outer, ALIGNED);
	return (void *)at;
}

/* How much the block could hold where it is. */
static uint64_t
room(struct header *h)
{
	const uint64_t extra = sizeof(*h) + sizeof(uint64_t);

	if (h->state == SMALL)
		return ((struct chunk *)((char *)h - h->offset))->cell -
			extra;
	if (h->state == LARGE)
		return large_of(h)->mapped - h->offset - extra;
	return h->size;
}

/* Not worth moving: it fits, and would not free much. */
static bool
resize_in_place(struct header *h, size_t size)
{
	uint64_t have = room(h);

	if (h->state == ALIGNED || size > have || size < have / 2)
		return false;
	heap.stats.bytes += size - h->size;
	seal(h, size, h->offset, (enum state)h->state);
	return true;
}

void *
helios_realloc(void *block, size_t size)
{
	struct header *h;
	size_t old;
	bool done;
	void *p;

	if (!block)
		return helios_malloc(size);
	if (size > SIZE_LIMIT)
		return NULL;
	helios_mutex_lock(&heap.lock);
	h = header_of(block);
	verify(h);
	old = h->size;
	done = resize_in_place(h, size);
	helios_mutex_unlock(&heap.lock);
	if (done)
		return block;
	p = helios_malloc(size);
	if (!p)
		return NULL;
	memcpy(p, block, old < size ? old : size);
	helios_free(block);
	return p;
}

size_t
helios_malloc_size(const void *block)
{
	return header_of(block)->size;
}

void
helios_heap_stats(struct helios_heap_stats *out)
{
	helios_mutex_lock(&heap.lock);
	*out = heap.stats;
	helios_mutex_unlock(&heap.lock);
}

static size_t
check_chunk(struct chunk *c)
{
	size_t live = 0;
	uint32_t i;

	for (i = 0; i < c->fresh; i++) {
		struct header *h = cell_at(c, i);

		if (h->state == FREED && h->check == checksum(h))
			continue;
		verify(h);
		live++;
	}
	return live;
}

size_t
helios_heap_check(void)
{
	struct chunk *c;
	struct large *l;
	size_t live = 0;
	uint32_t i;

	helios_mutex_lock(&heap.lock);
	for (i = 0; i < CLASSES; i++)
		for (c = heap.chunks[i]; c; c = c->next)
			live += check_chunk(c);
	for (l = heap.large; l; l = l->next, live++)
		verify((struct header *)(l + 1));
	helios_mutex_unlock(&heap.lock);
	return live;
}

void
helios_heap_trim(void)
{
	helios_mutex_lock(&heap.lock);
	if (heap.spare)
		unmap_pages(heap.spare, CHUNK);
	heap.spare = NULL;
	helios_mutex_unlock(&heap.lock);
}

void
helios_heap_abandon(void)
{
	memset(&heap, 0, sizeof(heap));
	heap.lock = (struct helios_mutex)HELIOS_MUTEX_INIT;
}

void *
malloc(size_t size)
{
	return helios_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return helios_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
	return helios_realloc(block, size);
}

void *
aligned_alloc(size_t align, size_t size)
{
	return helios_aligned_alloc(align, size);
}

void
free(void *block)
{
	helios_free(block);
}
