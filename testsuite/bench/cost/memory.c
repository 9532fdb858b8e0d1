/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages and address spaces. */
#include "cost.h"

enum { AT = 4021, SPACE };

static helios_cap_t page;
static uint64_t where;

#define ALLOCATE HELIOS_LABEL(HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE)

static uint64_t
page_create(void)
{
	return cost_invoke(HELIOS_INIT_MEMORY, ALLOCATE, 3, HELIOS_PAGE,
		HELIOS_PAGE_SIZE, AT, 0);
}

static uint64_t
destroy(void)
{
	return cost_invoke(HELIOS_INIT_CSPACE, HELIOS_LABEL(HELIOS_CSPACE,
		HELIOS_CSPACE_DESTROY), 1, AT, 0, 0, 0);
}

static uint64_t
map(void)
{
	return cost_invoke(HELIOS_INIT_VSPACE, HELIOS_LABEL(HELIOS_VSPACE,
		HELIOS_VSPACE_MAP), 3, where, HELIOS_MAP_W | HELIOS_MAP_FIXED,
		AT, 0);
}

static uint64_t
unmap(void)
{
	return cost_invoke(HELIOS_INIT_VSPACE, HELIOS_LABEL(HELIOS_VSPACE,
		HELIOS_VSPACE_UNMAP), 1, AT, 0, 0, 0);
}

static uint64_t
space_create(void)
{
	return cost_invoke(HELIOS_INIT_MEMORY, ALLOCATE, 3, HELIOS_VSPACE, 0,
		SPACE, 0) |
		cost_invoke(SPACE, HELIOS_LABEL(HELIOS_VSPACE,
			HELIOS_VSPACE_MAP), 3, where,
			HELIOS_MAP_W | HELIOS_MAP_FIXED, page, 0);
}

static uint64_t
space_destroy(void)
{
	return cost_invoke(HELIOS_INIT_CSPACE, HELIOS_LABEL(HELIOS_CSPACE,
		HELIOS_CSPACE_DESTROY), 1, SPACE, 0, 0, 0);
}

void
cost_memory(void)
{
	helios_cap_t keep;

	/* With a neighbour in the same table. */
	where = (helios_process.bootinfo->user_limit - 0x40000000) &
		~(HELIOS_LARGE_PAGE_SIZE - 1);
	page_create();
	cost_op("page-create", page_create, destroy);
	destroy();
	cost_op("page-destroy", destroy, page_create);
	/* The tables stay while a neighbour is mapped. */
	page_create();
	cost_check(helios_newpage(&keep), "page");
	cost_check(helios_map(HELIOS_INIT_VSPACE, where + 4096, HELIOS_MAP_W |
		HELIOS_MAP_FIXED, 1, &keep, NULL), "map");
	cost_check((enum helios_status)map(), "map");
	cost_op("map", map, unmap);
	unmap();
	cost_op("unmap", unmap, map);
	destroy();
	helios_destroy(keep);
	cost_check(helios_newpage(&page), "page");
	space_create();
	cost_op("space-create", space_create, space_destroy);
	space_destroy();
	cost_op("space-destroy", space_destroy, space_create);
	helios_destroy(page);
}
