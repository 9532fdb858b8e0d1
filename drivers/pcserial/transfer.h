/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients want to read or write, and the queues of those that wait.
 */
#ifndef PCSERIAL_TRANSFER_H
#define PCSERIAL_TRANSFER_H

#include <mercury/driver.h>
#include <mercury/file.h>

#include "buffer.h"

#define TRANSFER_PAGES	IO_FILE_ACCEPT
#define WAITERS		16u		/* in each queue */

/* Either to or from the driver's own memory, or through a client's pages. */
struct transfer {
	size_t amount;
	uint8_t *to;
	const uint8_t *from;
	uint64_t offset;		/* in the pages */
	unsigned int npages;
	helios_cap_t pages[TRANSFER_PAGES];
};

/* Copy as much as is there, or fits: out of the buffer's bytes, or into its
 * room, without counting it there.  0: nothing, or the page was no good. */
size_t transfer_read(const struct transfer *t, struct buffer *b);
size_t transfer_write(const struct transfer *t, struct buffer *b);

struct waiter {
	helios_cap_t reply;
	struct transfer transfer;
	uint8_t bytes[MERCURY_INLINE];
};

struct queue {
	unsigned int first, used;
	struct waiter waiters[WAITERS];
};

/*
 * Defer the request: with the bytes of its transfer, or its pages, which are
 * the queue's from then on.  IO_LIMIT: too many wait;
 * IO_UNSUPPORTED: this driver cannot keep a reply.
 */
ipc_status_t queue_add(struct queue *q, struct ipc_request *rq,
		const struct transfer *t);
/* The one that waits longest; NULL: none. */
struct waiter *queue_first(struct queue *q);
/* It was answered. */
void queue_remove_first(struct queue *q);

#endif
