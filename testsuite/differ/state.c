/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that init can find out about its objects, and what it draws from: the
 * capabilities that the test made.  What it needs itself is reserved.
 */
#include "differ.h"

#define SLOTS	65536u

static uint8_t is_reserved[SLOTS / 8];
static uint64_t counts[6], objects, free_pages;

void
reserve(helios_cap_t cap)
{
	if (cap < SLOTS)
		is_reserved[cap / 8] |= (uint8_t)(1u << cap % 8);
}

bool
reserved(helios_cap_t cap)
{
	return cap < SLOTS && is_reserved[cap / 8] >> cap % 8 & 1;
}

static void
unreserve_all(void)
{
	memset(is_reserved, 0, sizeof(is_reserved));
}

unsigned int
type_at(helios_cap_t cap)
{
	struct helios_raw r = { .rdi = cap };

	if (helios_raw(HELIOS_SYS_IDENTIFY, &r) != HELIOS_OK)
		return HELIOS_NULL;
	return HELIOS_IDENTIFY_TYPE(r.rdx);
}

void
hold(helios_cap_t cap)
{
	unsigned int type = type_at(cap), i;

	if (type == HELIOS_NULL || reserved(cap))
		return;
	for (i = 0; i < world.nheld; i++)
		if (world.held[i].at == cap) {
			world.held[i].type = type;
			return;
		}
	if (world.nheld == HELD_MAX)
		return;
	world.held[world.nheld++] = (struct held){ cap, type };
}

/* A slot with nothing of ours in it, or none at all. */
static helios_cap_t
wrong(void)
{
	static const helios_cap_t beyond[] = { HELIOS_CADDR_UNDEF - 1,
		HELIOS_CADDR_UNDEF, 0x80000000u, 65536 };
	helios_cap_t cap = (helios_cap_t)(200 + draw(800));

	if (chance(50))
		return beyond[draw(4)];
	return reserved(cap) ? 65537 : cap;
}

helios_cap_t
pick(unsigned int type)
{
	unsigned int i, from;

	if (world.nheld == 0 || chance(4))
		return wrong();
	from = (unsigned int)draw(world.nheld);
	if (type == HELIOS_NULL || chance(4))
		return world.held[from].at;
	for (i = 0; i < world.nheld; i++) {
		const struct held *h =
			&world.held[(from + i) % world.nheld];

		if (h->type == type)
			return h->at;
	}
	return world.held[from].at;
}

static void
get_counts(uint64_t now[6], uint64_t *seen)
{
	uint64_t w[HELIOS_MSG_WORDS];

	must(invoke_silently(HELIOS_INIT_SYSTEMCONTROL, HELIOS_SYSTEMCONTROL,
		HELIOS_SYSTEM_COUNTS, w, 0), "COUNTS");
	memcpy(now, w, 6 * sizeof(*now));
	*seen = 0;
	if (helios_process.bootinfo->flags & HELIOS_BOOT_DEBUG) {
		must(invoke_silently(HELIOS_INIT_SYSTEMCONTROL,
			HELIOS_SYSTEMCONTROL, HELIOS_SYSTEM_CHECK, w, 0),
			"CHECK");
		*seen = w[0];
	}
}

static uint64_t
count_free(void)
{
	uint64_t w[HELIOS_MSG_WORDS];

	must(invoke_silently(HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		HELIOS_MEMORY_INFO, w, 0), "INFO");
	return w[1];
}

void
state_start(void)
{
	uint64_t slots = helios_process.bootinfo->cspace_slots, i;

	unreserve_all();
	for (i = 0; i < slots && i < SLOTS; i++)
		if (i < HELIOS_INIT_CAPS || type_at((helios_cap_t)i) !=
				HELIOS_NULL)
			reserve((helios_cap_t)i);
	world.nheld = 0;
	get_counts(counts, &objects);
	free_pages = count_free();
}

/* What an object's own INFO says; nothing for those that have none. */
static void
say_info(helios_cap_t cap, unsigned int type)
{
	static const struct {
		unsigned char op, words;
	} infos[HELIOS_TYPE_COUNT] = {
		[HELIOS_MEMORY] = { HELIOS_MEMORY_INFO, 4 },
		[HELIOS_CSPACE] = { HELIOS_CSPACE_INFO, 4 },
		[HELIOS_VSPACE] = { HELIOS_VSPACE_INFO, 4 },
		[HELIOS_PAGE] = { HELIOS_PAGE_INFO, 4 },
		[HELIOS_TASK] = { HELIOS_TASK_INFO, 4 },
		[HELIOS_IRQHANDLER] = { HELIOS_IRQHANDLER_INFO, 3 },
		[HELIOS_IOPORT] = { HELIOS_IOPORT_INFO, 2 },
	};
	uint64_t w[HELIOS_MSG_WORDS], status;
	unsigned int i;

	if (type >= HELIOS_TYPE_COUNT || infos[type].words == 0)
		return;
	status = invoke_silently(cap, type, infos[type].op, w, 0);
	if (status != HELIOS_OK) {
		say(" %s %s", helios_status_name((enum helios_status)status),
			value(w[0]));
		return;
	}
	say(" info");
	for (i = 0; i < infos[type].words; i++)
		if (type == HELIOS_PAGE && i == 0)
			say(" @%lx", w[i] & ARENA_MASK);
		else if (type == HELIOS_TASK && i == 2)
			say(" #%lu", alias(w[i]));
		else if ((type == HELIOS_TASK && i == 1) ||
				(type == HELIOS_VSPACE && i < 2))
			continue;	/* CPU time; where the range is */
		else
			say(" %s", value(w[i]));
}

static bool
say_slot(helios_cap_t cspace, uint64_t slot, unsigned int *type)
{
	uint64_t w[HELIOS_MSG_WORDS] = { slot };

	if (invoke_silently(cspace, HELIOS_CSPACE, HELIOS_CSPACE_SLOT_INFO, w,
			1) != HELIOS_OK)
		return false;
	*type = HELIOS_IDENTIFY_TYPE(w[0]);
	if (*type == HELIOS_NULL)
		return false;
	say(" %lu:%s/%lx/%s/#%lu", slot, helios_type_name(*type), w[0],
		value(w[1]), alias(w[2]));
	return true;
}

static void
say_cspace(helios_cap_t cspace)
{
	unsigned int type;
	uint64_t i;

	say("cspace %u", cspace);
	for (i = 0; i < 64; i++)
		say_slot(cspace, i, &type);
	say_info(cspace, HELIOS_CSPACE);
	say("\n");
}

static void
say_fixed(const char *what, helios_cap_t cap, unsigned int type)
{
	say("%s %u", what, cap);
	say_info(cap, type);
	say("\n");
}

static void
say_counts(void)
{
	uint64_t now[6], seen;
	unsigned int i;

	get_counts(now, &seen);
	say("alive");
	for (i = 0; i < 6; i++)
		say(" %ld", (long)(now[i] - counts[i]));
	say(" objects %ld\n", (long)(seen - objects));
}

/* The differences to the start of the epoch. */
void
state_end(void)
{
	say_counts();
	say("free %ld\n", (long)(count_free() - free_pages));
}

void
state_print(void)
{
	unsigned int i, n = 0, type;

	say("state after %lu steps\n", step_number);
	say_counts();
	say_fixed("arena", world.arena, HELIOS_MEMORY);
	for (i = 0; i < SPACES; i++)
		say_fixed("space", world.spaces[i].cap, HELIOS_VSPACE);
	for (i = 0; i < PUPPETS; i++)
		say_fixed("puppet", world.puppets[i].task, HELIOS_TASK);
	for (i = 0; i < CSPACES; i++)
		say_cspace(world.cspaces[i]);
	for (i = 0; i < world.nheld; i++) {
		if (!say_slot(HELIOS_INIT_CSPACE, world.held[i].at, &type))
			continue;
		say_info(world.held[i].at, type);
		say("\n");
		world.held[i].type = type;
		world.held[n++] = world.held[i];
	}
	world.nheld = n;
}
