/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap: as C has it, over helios_mmap.
 *
 * Small blocks come in size classes from 64 KiB chunks, which go back when
 * all their blocks are free (one is kept); blocks above 32 KiB have regions
 * of their own, which go back at once.  Each block carries a header with a
 * check word and a tail word behind it; a block that was overrun, freed
 * twice or never allocated stops the program with a message that says which.
 *
 * Alignment is 16.  malloc(0) gives a block that can be freed.
 */
#ifndef HELIOS_USER_HEAP_H
#define HELIOS_USER_HEAP_H

#include <stddef.h>

void *helios_malloc(size_t size);
void *helios_calloc(size_t count, size_t size);
void *helios_realloc(void *block, size_t size);
/* align: a power of two up to 1 MiB; size needs not be a multiple. */
void *helios_aligned_alloc(size_t align, size_t size);
void helios_free(void *block);
/* Bytes usable, at least what was asked for. */
size_t helios_malloc_size(const void *block);

struct helios_heap_stats {
	size_t blocks;			/* allocated */
	size_t bytes;			/* in them, as asked for */
	size_t mapped;			/* bytes of regions held */
};

void helios_heap_stats(struct helios_heap_stats *out);

/*
 * Check all blocks; stops the program like a bad free would.  Returns their
 * number.
 */
size_t helios_heap_check(void);

/* Give back what is cached. */
void helios_heap_trim(void);

/* The usual names. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void *aligned_alloc(size_t align, size_t size);
void free(void *block);

#endif
