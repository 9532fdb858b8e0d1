/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes between the buffers and the clients, now or later.
 *
 * Pages, of 4 KiB each, are never mapped: Page READ and WRITE copy, and give
 * an error for one that lacks a right or was revoked by its owner while it
 * was lent.
 *
 * A client that dies, or gives up, leaves its place in a queue behind, with a
 * Dead capability for its Reply.  That is found out when its turn comes, or
 * when its place is needed.
 */
#include "transfer.h"

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A step ends with a page, too. */
static size_t
step(const struct transfer *t, size_t done, size_t n)
{
	n = least(n, t->amount - done);
	if (t->npages)
		n = least(n, HELIOS_PAGE_SIZE -
				(t->offset + done) % HELIOS_PAGE_SIZE);
	return n;
}

static helios_cap_t
page(const struct transfer *t, size_t done)
{
	return t->pages[(t->offset + done) / HELIOS_PAGE_SIZE];
}

static bool
to_client(const struct transfer *t, size_t done, const uint8_t *p, size_t n)
{
	if (t->npages)
		return helios_page_write(page(t, done), (t->offset + done) %
				HELIOS_PAGE_SIZE, p, n) == HELIOS_OK;
	memcpy(t->to + done, p, n);
	return true;
}

static bool
from_client(const struct transfer *t, size_t done, uint8_t *p, size_t n)
{
	if (t->npages)
		return helios_page_read(page(t, done), (t->offset + done) %
				HELIOS_PAGE_SIZE, p, n) == HELIOS_OK;
	memcpy(p, t->from + done, n);
	return true;
}

size_t
transfer_read(const struct transfer *t, struct buffer *b)
{
	size_t done, n;

	for (done = 0; done < t->amount; done += n) {
		const uint8_t *p = buffer_bytes(b, done, &n);

		n = step(t, done, n);
		if (!n || !to_client(t, done, p, n))
			break;
	}
	return done;
}

size_t
transfer_write(const struct transfer *t, struct buffer *b)
{
	size_t done, n;

	for (done = 0; done < t->amount; done += n) {
		uint8_t *p = buffer_room(b, done, &n);

		n = step(t, done, n);
		if (!n || !from_client(t, done, p, n))
			break;
	}
	return done;
}

/*
 * Queues
 */

static struct waiter *
place(struct queue *q, unsigned int i)
{
	return &q->waiters[(q->first + i) % WAITERS];
}

static void
drop_pages(const struct waiter *w)
{
	helios_destroy_many(w->transfer.npages, w->transfer.pages);
}

static bool
is_alive(const struct waiter *w)
{
	uint64_t what;

	return helios_identify(w->reply, &what) == HELIOS_OK &&
		HELIOS_IDENTIFY_TYPE(what) == HELIOS_REPLY;
}

static void
drop_dead(struct queue *q)
{
	unsigned int i, alive = 0;

	for (i = 0; i < q->used; i++) {
		struct waiter *w = place(q, i);

		if (!is_alive(w)) {
			helios_destroy(w->reply);
			drop_pages(w);
			continue;
		}
		if (alive != i)
			*place(q, alive) = *w;
		alive++;
	}
	q->used = alive;
}

static ipc_status_t
defer(struct ipc_request *rq, helios_cap_t *reply)
{
	enum helios_status status = ipc_defer(rq, reply);

	if (status == HELIOS_CSPACE_FULL)
		return IO_LIMIT;
	return status == HELIOS_OK ? HELIOS_OK : IO_UNSUPPORTED;
}

static void
keep(struct waiter *w, struct ipc_request *rq, const struct transfer *t)
{
	unsigned int i;

	w->transfer = *t;
	if (!t->npages)
		w->transfer.amount = least(t->amount, sizeof(w->bytes));
	if (t->from)
		memcpy(w->bytes, t->from, w->transfer.amount);
	for (i = 0; i < t->npages; i++)
		rq->caps[i] = HELIOS_CADDR_UNDEF;
}

ipc_status_t
queue_add(struct queue *q, struct ipc_request *rq, const struct transfer *t)
{
	struct waiter *w;
	ipc_status_t status;

	if (q->used == WAITERS)
		drop_dead(q);
	if (q->used == WAITERS)
		return IO_LIMIT;
	w = place(q, q->used);
	status = defer(rq, &w->reply);
	if (status)
		return status;
	keep(w, rq, t);
	q->used++;
	return HELIOS_OK;
}

struct waiter *
queue_first(struct queue *q)
{
	struct waiter *w = place(q, 0);

	if (!q->used)
		return NULL;
	w->transfer.to = w->bytes;
	w->transfer.from = w->bytes;
	return w;
}

void
queue_remove_first(struct queue *q)
{
	drop_pages(place(q, 0));
	q->first = (q->first + 1) % WAITERS;
	q->used--;
}
