/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device memory.
 *
 * Each range handed out has a record in the tree of the DevMem it came from;
 * records of Pages are in one tree of all of them too, by which the last
 * capability of a Page finds its own.  RAM, and what the HAL keeps, counts as
 * handed out for good.
 *
 * The Pages of one call share a record, so that a call for many costs little
 * more than one for one, with interrupts off.  The first and the last page of
 * a record are always alive: what is free lies between two records, or in a
 * hole of a single one, which is split when the hole is handed out again.
 */
#include <devmem.h>
#include <klog.h>

static struct tree device_pages;

#define DEVMEM_END	(1ull << 46)

static struct devrange *
range_of(struct tree_node *n)
{
	return container_of(n, struct devrange, node);
}

/* Its bytes, from its base to the end of what is alive last. */
static uint64_t
extent(const struct devrange *r)
{
	return r->pages == 0 ? r->size :
		r->size * (64 - (unsigned int)__builtin_clzl(r->pages));
}

static void
range_link(struct devmem *d, struct devrange *r, uint64_t base, uint64_t size)
{
	r->node.key = base;
	r->size = size;
	r->from = d;
	tree_insert(&d->ranges, &r->node);
}

static void
run_link(struct devmem *d, struct devrange *r, uint64_t base, uint64_t size,
		uint64_t pages)
{
	range_link(d, r, base, size);
	r->pages = pages;
	r->page.key = base;
	tree_insert(&device_pages, &r->page);
}

/* The run in a hole of which this address is; NULL: it is in none. */
static struct devrange *
hole_at(const struct devmem *d, uint64_t base)
{
	struct tree_node *n = tree_floor(&d->ranges, base);
	struct devrange *r = range_of(n);

	return n != NULL && r->pages != 0 && n->key + extent(r) > base ? r :
		NULL;
}

/* What is beyond this address, in a hole of r, becomes a run of its own. */
static void
run_split(struct devrange *r, struct devrange *upper, uint64_t at)
{
	uint64_t skip = (at - r->node.key) / r->size;
	uint64_t pages = r->pages >> skip;

	r->pages &= (1ull << skip) - 1;
	skip += (unsigned int)__builtin_ctzl(pages);
	pages >>= __builtin_ctzl(pages);
	run_link(r->from, upper, r->node.key + skip * r->size, r->size, pages);
}

/* A record for what begins here.  NULL: no room, and nothing has changed. */
static struct devrange *
range_alloc(struct devmem *d, uint64_t base)
{
	struct devrange *r = slab_alloc(kernel_memory, sizeof(*r)), *upper;
	struct devrange *in = hole_at(d, base);

	if (r == NULL || in == NULL)
		return r;
	upper = slab_alloc(kernel_memory, sizeof(*upper));
	if (upper == NULL) {
		slab_free(r);
		return NULL;
	}
	run_split(in, upper, base);
	return r;
}

static struct devrange *
range_add(struct devmem *d, uint64_t base, uint64_t size)
{
	struct devrange *r = range_alloc(d, base);

	if (r == NULL)
		return NULL;
	range_link(d, r, base, size);
	d->out += size;
	return r;
}

/* The range came back; its DevMem may have waited for that to go. */
static void
range_remove(struct devrange *r)
{
	struct devmem *d = r->from;

	tree_remove(&d->ranges, &r->node);
	slab_free(r);
	if (d->orphan && d->ranges.root == NULL)
		reap_add(&d->heavy);
}

static struct devmem *
devmem_create(uint64_t base, uint64_t size)
{
	struct devmem *d = slab_alloc(kernel_memory, sizeof(*d));

	if (d == NULL)
		return NULL;
	heavy_init(&d->heavy, HELIOS_DEVMEM, kernel_memory);
	d->base = base;
	d->size = size;
	return d;
}

/* These are handed out for good. */
static bool
withhold(struct devmem *d, const struct hal_range *r, size_t n)
{
	for (; n > 0; r++, n--)
		if (range_add(d, r->base, r->size) == NULL)
			return false;
	return true;
}

struct devmem *
devmem_boot(const struct hal_boot *hal)
{
	bool limited = hal->phys_limit != 0 && hal->phys_limit < DEVMEM_END;
	struct devmem *d = devmem_create(0, limited ? hal->phys_limit :
		DEVMEM_END);

	device_pages.root = NULL;
	if (d == NULL || !withhold(d, hal->ram, hal->nram) ||
			!withhold(d, hal->taken, hal->ntaken))
		return NULL;
	return d;
}

/* The first page alive of this run in [base, end), which it overlaps; false:
 * that is a hole. */
static bool
run_overlaps(const struct devrange *r, uint64_t base, uint64_t end,
		uint64_t *taken)
{
	uint64_t key = r->node.key, at;
	uint64_t skip = base > key ? (base - key) / r->size : 0;
	uint64_t pages = r->pages >> skip;

	if (pages == 0)
		return false;
	at = key + (skip + (unsigned int)__builtin_ctzl(pages)) * r->size;
	*taken = at > base ? at : base;
	return at < end;
}

bool
devmem_free(const struct devmem *d, uint64_t base, uint64_t size,
		uint64_t *taken)
{
	struct tree_node *n = tree_floor(&d->ranges, base + size - 1);

	*taken = base;
	if (base < d->base || size > d->size ||
			base - d->base > d->size - size)
		return false;
	if (n == NULL || n->key + extent(range_of(n)) <= base)
		return true;
	if (range_of(n)->pages != 0)
		return !run_overlaps(range_of(n), base, base + size, taken);
	if (n->key > base)
		*taken = n->key;
	return false;
}

struct devmem *
devmem_carve(struct devmem *d, uint64_t base, uint64_t size)
{
	struct devmem *part = devmem_create(base, size);

	if (part == NULL)
		return NULL;
	part->range = range_add(d, base, size);
	if (part->range == NULL) {
		object_fini(&part->heavy.obj);
		slab_free(part);
		return NULL;
	}
	return part;
}

bool
devmem_pages(struct devmem *d, uint64_t base, uint64_t size, unsigned int n)
{
	struct devrange *r = range_alloc(d, base);

	if (r == NULL)
		return false;
	run_link(d, r, base, size, ~0ull >> (64 - n));
	d->out += n * size;
	return true;
}

/* Most pages are RAM: kept out of the path of their release. */
__attribute__((noinline)) void
devmem_page_release(uint64_t phys)
{
	struct tree_node *n = tree_floor(&device_pages, phys);
	struct devrange *r = container_of(n, struct devrange, page);
	uint64_t i;

	kassert(n != NULL && phys - n->key < extent(r));
	i = (phys - n->key) / r->size;
	kassert((r->pages >> i & 1) != 0);
	r->pages &= ~(1ull << i);
	r->from->out -= r->size;
	if (r->pages == 0) {
		tree_remove(&device_pages, n);
		range_remove(r);
		return;
	}
	/* Its base goes up to the first page alive: no other place in the
	 * trees, for nothing else is in a hole. */
	i = (unsigned int)__builtin_ctzl(r->pages);
	r->pages >>= i;
	r->node.key += i * r->size;
	n->key = r->node.key;
}

void
devmem_orphan(struct devmem *d)
{
	object_assert(&d->heavy.obj, HELIOS_DEVMEM);
	d->orphan = true;
	if (d->ranges.root == NULL)
		reap_add(&d->heavy);
}

bool
devmem_reap_step(struct devmem *d)
{
	struct devrange *r = d->range;

	object_fini(&d->heavy.obj);
	slab_free(d);
	if (r != NULL) {
		r->from->out -= r->size;
		range_remove(r);
	}
	return true;
}
