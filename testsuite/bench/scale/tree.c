/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it takes to destroy a tree of n capabilities: by REVOKE of its root,
 * by DESTROY of the CSpace that all of it stands in, and by DESTROY of the
 * Memory that all of it came from.  The second is less what the same table
 * takes when it is empty, which is printed, too.
 */
#include "cost.h"
#include "crowd.h"
#include "scale.h"

static struct store store;
static helios_cap_t root, memory;
static uint64_t empty_table;

static void
wide(unsigned int n)
{
	while (n-- > 0)
		store_copy(&store, root);
}

static void
deep(unsigned int n)
{
	store_copy(&store, root);
	while (--n > 0)
		store_copy_last(&store);
}

/* Chains of ten side by side. */
static void
mixed(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (i % 10 == 0)
			store_copy(&store, root);
		else
			store_copy_last(&store);
}

static void
by_revoke(void)
{
	crowd_check(helios_revoke(root), "revoke");
}

static void
by_cspace(void)
{
	store_close(&store);
}

static void
by_memory(void)
{
	crowd_check(helios_destroy(memory), "destroy");
}

static void
one(const char *shape, void (*make)(unsigned int n), const char *how,
		void (*destroy)(void), unsigned int n)
{
	uint64_t t;

	crowd_check(helios_newmemory(64, &memory), "memory");
	root = HELIOS_CADDR_UNDEF;
	crowd_check(helios_allocate(memory, HELIOS_ENDPOINT, 0, 1, &root),
		"endpoint");
	store_open(&store, n);
	make(n);
	t = ticks();
	destroy();
	t = ticks() - t - cost_empty;
	if (destroy == by_cspace)
		t -= empty_table;
	helios_printf("tree %s %s %u %lu\n", shape, how, n, t);
	if (store.tables > 0)
		store_close(&store);
	if (destroy != by_memory)
		by_memory();
	crowd_check(helios_destroy(root), "root");
}

void
scale_table_alone(void)
{
	uint64_t t;

	store_open(&store, STORE_SLOTS);
	t = ticks();
	by_cspace();
	empty_table = ticks() - t - cost_empty;
	helios_printf("tree table alone %u %lu\n", STORE_SLOTS, empty_table);
}

void
scale_trees(unsigned int n)
{
	static const struct {
		const char *name;
		void (*make)(unsigned int n);
	} shapes[] = { { "wide", wide }, { "deep", deep },
		{ "mixed", mixed } };

	if (n > STORE_SLOTS)
		helios_panic("scale: a tree of at most %u expected, %u found",
			STORE_SLOTS, n);
	for (unsigned int i = 0; i < 3; i++) {
		one(shapes[i].name, shapes[i].make, "revoke", by_revoke, n);
		one(shapes[i].name, shapes[i].make, "cspace", by_cspace, n);
		one(shapes[i].name, shapes[i].make, "memory", by_memory, n);
	}
}
