/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects that are there from the beginning of an epoch to its end: an
 * arena that everything comes from, address spaces with the puppets' code,
 * CSpaces, the puppets.  An epoch ends with the destruction of the arena,
 * after which everything must be as it was before.
 */
#include "differ.h"

#define WIDE	(1ull << 40)		/* a range like the machine's */
#define SHARED	2u			/* endpoints, and notes */

struct world world;

static helios_cap_t
allocate(unsigned int type, uint64_t size)
{
	uint64_t w[HELIOS_MSG_WORDS] = { type, size, HELIOS_CADDR_UNDEF };

	must(invoke(world.arena ? world.arena : HELIOS_INIT_MEMORY,
		HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE, w, 3), "ALLOCATE");
	reserve((helios_cap_t)w[0]);
	return (helios_cap_t)w[0];
}

static helios_cap_t
copy(helios_cap_t cap)
{
	uint64_t w[HELIOS_MSG_WORDS] = { HELIOS_CADDR_UNDEF,
		HELIOS_CADDR_UNDEF, cap, HELIOS_RIGHTS_ALL };

	must(invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE, HELIOS_CSPACE_COPY, w,
		4), "COPY");
	reserve((helios_cap_t)w[0]);
	return (helios_cap_t)w[0];
}

static void
map(const struct space *s, helios_cap_t page, uint64_t at, uint64_t flags)
{
	uint64_t w[HELIOS_MSG_WORDS] = { s->origin + at,
		flags | HELIOS_MAP_FIXED, page };

	must(invoke(s->cap, HELIOS_VSPACE, HELIOS_VSPACE_MAP, w, 3), "MAP");
}

/*
 * Hosted, a space is 256 MiB somewhere; on the machine all of the lower
 * half, of which as much is used, so far up that no other number is taken
 * for an address.
 */
uint64_t
space_origin(helios_cap_t cap)
{
	uint64_t w[HELIOS_MSG_WORDS];

	if (type_at(cap) != HELIOS_VSPACE || invoke_silently(cap,
			HELIOS_VSPACE, HELIOS_VSPACE_INFO, w, 0) != HELIOS_OK)
		return 0;
	if (w[1] - w[0] > WIDE)
		w[0] = 0x600000000000ull;
	value_window(w[0], 0xf000000);
	return w[0];
}

static void
make_space(struct space *s)
{
	s->cap = allocate(HELIOS_VSPACE, 0);
	s->origin = space_origin(s->cap);
	map(s, copy(world.code), AT_CODE, HELIOS_MAP_X);
	map(s, copy(world.common), AT_COMMON, HELIOS_MAP_W);
}

static void
make_puppet(unsigned int which)
{
	struct puppet *p = &world.puppets[which];
	const struct space *s;
	uint64_t w[HELIOS_MSG_WORDS];

	*p = (struct puppet){ .space = which % SPACES,
		.cspace = which % CSPACES };
	s = &world.spaces[p->space];
	p->task = allocate(HELIOS_TASK, 0);
	p->ipcbuf = allocate(HELIOS_PAGE, HELIOS_PAGE_SIZE);
	p->script = allocate(HELIOS_PAGE, HELIOS_PAGE_SIZE);
	map(s, p->script, AT_SCRIPT + which * HELIOS_PAGE_SIZE, HELIOS_MAP_W);
	w[0] = world.cspaces[p->cspace];
	w[1] = s->cap;
	w[2] = p->ipcbuf;
	must(invoke(p->task, HELIOS_TASK, HELIOS_TASK_CONFIGURE, w, 3),
		"CONFIGURE");
	w[0] = 10 + 5 * draw(PUPPETS);
	w[1] = PUPPET_MAX;
	must(invoke(p->task, HELIOS_TASK, HELIOS_TASK_SET_PRIORITY, w, 2),
		"SET_PRIORITY");
}

/* What puppets talk through, to begin with: in the same slot of each table. */
static void
share(unsigned int type)
{
	uint64_t w[HELIOS_MSG_WORDS] = { type, 0, HELIOS_CADDR_UNDEF };
	helios_cap_t cap;
	unsigned int i;

	must(invoke(world.arena, HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE, w,
		3), "ALLOCATE");
	cap = (helios_cap_t)w[0];
	hold(cap);
	for (i = 0; i < CSPACES; i++) {
		w[0] = HELIOS_CADDR_UNDEF;
		w[1] = HELIOS_INIT_CSPACE;
		w[2] = cap | (uint64_t)HELIOS_RIGHTS_ALL << 32;
		w[3] = 0x100 + i;
		must(invoke(world.cspaces[i], HELIOS_CSPACE,
			HELIOS_CSPACE_MINT, w, 4), "MINT");
	}
}

void
world_priority(unsigned int priority)
{
	uint64_t w[HELIOS_MSG_WORDS] = { priority, 255 };

	must(invoke_silently(HELIOS_INIT_TASK, HELIOS_TASK,
		HELIOS_TASK_SET_PRIORITY, w, 2), "SET_PRIORITY");
}

static void
fill_code(void)
{
	uint64_t w[HELIOS_MSG_WORDS] = { 0, (uint64_t)puppet_code,
		(uint64_t)(puppet_limit - puppet_code) };

	must(invoke_silently(world.code, HELIOS_PAGE, HELIOS_PAGE_WRITE, w,
		3), "WRITE");
}

void
world_make(void)
{
	unsigned int i;

	uint64_t time = world.time;

	memset(&world, 0, sizeof(world));
	alias_reset();
	state_start();
	world.time = time ? time : TIME_START;
	must(helios_sleep_until(world.time), "POLL");
	say("epoch\n");
	world.arena = allocate(HELIOS_MEMORY, ARENA_PAGES);
	world.code = allocate(HELIOS_PAGE, HELIOS_PAGE_SIZE);
	world.common = allocate(HELIOS_PAGE, HELIOS_PAGE_SIZE);
	fill_code();
	for (i = 0; i < SPACES; i++)
		make_space(&world.spaces[i]);
	for (i = 0; i < CSPACES; i++)
		world.cspaces[i] = allocate(HELIOS_CSPACE, 6);
	for (i = 0; i < PUPPETS; i++)
		make_puppet(i);
	for (i = 0; i < SHARED; i++) {
		share(HELIOS_ENDPOINT);
		share(HELIOS_NOTE);
	}
	for (i = 0; i < PUPPETS; i += 2) {
		uint64_t w[HELIOS_MSG_WORDS] = { world.held[0].at };

		must(invoke(world.puppets[i].task, HELIOS_TASK,
			HELIOS_TASK_SET_FAULT, w, 1), "SET_FAULT");
	}
	world_priority(ABOVE);
}

/* Free every slot of init's that the epoch has left Dead. */
static void
bury(void)
{
	uint64_t slots = helios_process.bootinfo->cspace_slots, i;
	uint64_t w[HELIOS_MSG_WORDS];

	for (i = HELIOS_INIT_CAPS; i < slots; i++) {
		if (type_at((helios_cap_t)i) != HELIOS_DEAD)
			continue;
		w[0] = i;
		must(invoke_silently(HELIOS_INIT_CSPACE, HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY, w, 1), "DESTROY");
	}
}

void
world_destroy(void)
{
	uint64_t w[HELIOS_MSG_WORDS];

	/* What does not come from the arena goes one by one. */
	while (world.nheld > 0) {
		w[0] = world.held[--world.nheld].at;
		invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY, w, 1);
	}
	w[0] = world.arena;
	must(invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY,
		w, 1), "DESTROY");
	bury();
	state_end();
}

void
world_settle(void)
{
	world_priority(BELOW);
	world_priority(ABOVE);
	puppets_show();
}

/* All puppets' deadlines are within 1000 seconds of world.time. */
void
world_sleep(void)
{
	world_priority(BELOW);
	world.time += TIME_ROUND;
	must(helios_sleep_until(world.time), "POLL");
	world_priority(ABOVE);
	say("%lu slept\n", step_number);
	puppets_show();
}
