/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device memory.
 *
 * Each range handed out has a record in the tree of the DevMem it came from;
 * records of Pages are in one tree of all of them too, by which the last
 * capability of a Page finds its own.  RAM, and what the HAL keeps, counts as
 * handed out for good.
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

static struct devrange *
range_add(struct devmem *d, uint64_t base, uint64_t size)
{
	struct devrange *r = slab_alloc(kernel_memory, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->node.key = base;
	r->size = size;
	r->from = d;
	tree_insert(&d->ranges, &r->node);
	d->out += size;
	return r;
}

/* The range came back; its DevMem may have waited for that to go. */
static void
range_remove(struct devrange *r)
{
	struct devmem *d = r->from;

	tree_remove(&d->ranges, &r->node);
	d->out -= r->size;
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

bool
devmem_free(const struct devmem *d, uint64_t base, uint64_t size,
		uint64_t *taken)
{
	struct tree_node *n = tree_floor(&d->ranges, base + size - 1);

	if (base < d->base || size > d->size ||
			base - d->base > d->size - size) {
		*taken = base;
		return false;
	}
	if (n == NULL || n->key + range_of(n)->size <= base)
		return true;
	*taken = n->key > base ? n->key : base;
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
devmem_page(struct devmem *d, uint64_t base, uint64_t size)
{
	struct devrange *r = range_add(d, base, size);

	if (r == NULL)
		return false;
	r->page.key = base;
	tree_insert(&device_pages, &r->page);
	return true;
}

void
devmem_page_release(uint64_t phys)
{
	struct tree_node *n = tree_floor(&device_pages, phys);

	kassert(n != NULL && n->key == phys);
	tree_remove(&device_pages, n);
	range_remove(container_of(n, struct devrange, page));
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
	if (r != NULL)
		range_remove(r);
	return true;
}
