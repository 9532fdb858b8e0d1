/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations of DevMem. */
#include <cspace.h>
#include <devmem.h>
#include <uapi.h>

#define FIRST_DEST	3
#define MOST_DESTS	(HELIOS_MSG_WORDS - FIRST_DEST)

struct range_request {
	struct devmem *from;
	uint64_t type, size, base;
	unsigned int n;
	struct cspace *cspace;
	helios_cap_t caddr[MOST_DESTS];
	struct slot *dest[MOST_DESTS];
};

static struct result
decode_range(const struct range_request *q)
{
	uint64_t taken, align = HELIOS_PAGE_SIZE;

	switch (q->type) {
	case HELIOS_DEVMEM:
		if (q->n != 1)
			return user_error(HELIOS_INVALID_PARAM, FIRST_DEST + 1,
				"one DevMem at a time, %u found", q->n);
		break;
	case HELIOS_PAGE:
		if (q->size != HELIOS_PAGE_SIZE &&
				q->size != HELIOS_LARGE_PAGE_SIZE)
			return user_error(HELIOS_INVALID_PARAM, 1,
				"pages are 4 KiB or 2 MiB; %lu found",
				q->size);
		align = q->size;
		break;
	default:
		return user_error(HELIOS_UNSUPPORTED, q->type,
			"DevMem or Page expected, type %lu found", q->type);
	}
	if (q->size == 0 || q->size % HELIOS_PAGE_SIZE != 0)
		return user_error(HELIOS_INVALID_PARAM, 1,
			"whole pages expected, %lu bytes found", q->size);
	if (q->base % align != 0)
		return user_error(HELIOS_INVALID_PARAM, 2,
			"an address aligned to %lx expected, %lx found",
			align, q->base);
	/* Inside the DevMem?  (In this order nothing overflows.) */
	if (q->base < q->from->base || q->size > q->from->size ||
			q->n * q->size > q->from->size ||
			q->base - q->from->base >
			q->from->size - q->n * q->size)
		return user_error(HELIOS_INVALID_PARAM, 2,
			"a range in %lx + %lx expected, %lx found",
			q->from->base, q->from->size, q->base);
	if (!devmem_free(q->from, q->base, q->n * q->size, &taken))
		return user_error(HELIOS_BUSY, taken,
			"%lx is handed out already", taken);
	return RESULT_OK;
}

static void
install_pages(struct invocation *inv, const struct range_request *q)
{
	uint64_t flags = PAGE_DEVICE |
		(q->size == HELIOS_LARGE_PAGE_SIZE ? PAGE_LARGE : 0);
	unsigned int i;

	for (i = 0; i < q->n; i++) {
		cap_insert(q->dest[i], inv->slot,
			cap_make_page(q->base + i * q->size, flags,
				HELIOS_RIGHT_R | HELIOS_RIGHT_W), 0);
		inv_return(inv, slot_index(q->cspace, q->dest[i]));
	}
}

/* False: no room for the records. */
static bool
install(struct invocation *inv, const struct range_request *q)
{
	struct devmem *part;

	if (q->type == HELIOS_PAGE) {
		if (!devmem_pages(q->from, q->base, q->size, q->n))
			return false;
		install_pages(inv, q);
		return true;
	}
	part = devmem_carve(q->from, q->base, q->size);
	if (part == NULL)
		return false;
	cap_insert(q->dest[0], inv->slot,
		cap_make(HELIOS_DEVMEM, part, 0), 0);
	inv_return(inv, slot_index(q->cspace, q->dest[0]));
	return true;
}

static struct result
devmem_allocate(struct invocation *inv)
{
	struct range_request q = { .from = cap_object(inv->slot),
		.cspace = task_cspace(inv->task) };
	struct result r = inv_need_at_least(inv, FIRST_DEST + 1);

	if (r.status != HELIOS_OK)
		return r;
	q.type = inv_word(inv, 0);
	q.size = inv_word(inv, 1);
	q.base = inv_word(inv, 2);
	q.n = inv->nwords - FIRST_DEST;
	r = decode_range(&q);
	if (r.status == HELIOS_OK)
		r = inv_can_return(inv, q.n);
	if (r.status == HELIOS_OK)
		r = inv_take_dests(inv, q.cspace, FIRST_DEST, q.n, q.caddr,
			q.dest);
	if (r.status != HELIOS_OK || install(inv, &q))
		return r;
	dests_return(q.cspace, q.caddr, q.n, q.dest);
	if (reap_memory_step(kernel_memory))
		return result_preempted();
	return user_error(HELIOS_NOMEM, 1, "no room for device records: "
		"the kernel keeps %lu pages for them", kernel_memory->pages);
}

static struct result
devmem_info(struct invocation *inv)
{
	const struct devmem *d = cap_object(inv->slot);
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
	inv_return(inv, d->base);
	inv_return(inv, d->size);
	inv_return(inv, d->out);
	return RESULT_OK;
}

struct result
invoke_devmem(struct invocation *inv)
{
	switch (inv->op) {
	case HELIOS_DEVMEM_ALLOCATE:
		return devmem_allocate(inv);
	case HELIOS_DEVMEM_INFO:
		return devmem_info(inv);
	}
	return inv_no_op(inv);
}
