/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes.  Copying in or out and counting it are two steps, since
 * what lies between them, a client's page or reply, can fail.
 */
#ifndef PCSERIAL_BUFFER_H
#define PCSERIAL_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#define BUFFER_SIZE	4096u		/* a power of two */

struct buffer {
	size_t first, used;
	uint8_t bytes[BUFFER_SIZE];
};

/* The bytes from the at-th on that follow each other in memory; *n: how many
 * (0: there are no more). */
static inline uint8_t *
buffer_bytes(struct buffer *b, size_t at, size_t *n)
{
	size_t start = (b->first + at) % BUFFER_SIZE;

	*n = b->used - at;
	if (*n > BUFFER_SIZE - start)
		*n = BUFFER_SIZE - start;
	return b->bytes + start;
}

/* The same of the room after the last byte. */
static inline uint8_t *
buffer_room(struct buffer *b, size_t at, size_t *n)
{
	size_t start = (b->first + b->used + at) % BUFFER_SIZE;

	*n = BUFFER_SIZE - b->used - at;
	if (*n > BUFFER_SIZE - start)
		*n = BUFFER_SIZE - start;
	return b->bytes + start;
}

static inline void
buffer_take(struct buffer *b, size_t n)
{
	b->first = (b->first + n) % BUFFER_SIZE;
	b->used -= n;
}

#endif
