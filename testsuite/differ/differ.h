/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The differential test's program: what its files share.
 *
 * init draws system calls from a seeded generator, makes them, and prints
 * each with its result, and now and then all that it can find out about its
 * objects.  What is printed must be the same wherever the kernel runs; so
 * addresses are printed relative to something, ids of objects by order of
 * appearance, and of physical addresses only the place in the arena, a
 * Memory that is one aligned block.
 *
 * Nothing may depend on how fast the machine is.  init runs at a priority
 * above all its tasks, the puppets, or below; it never shares one with them.
 * Deadlines are so far away that none comes while anything runs, and then
 * init lets them all pass.
 */
#ifndef DIFFER_H
#define DIFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <libhelios.h>

#define ARENA_PAGES	4096ull		/* 16 MiB, one block */
#define ARENA_MASK	((uint64_t)(ARENA_PAGES * HELIOS_PAGE_SIZE - 1))
#define SPACES		3u
#define CSPACES		3u
#define PUPPETS		6u
#define HELD_MAX	96u		/* capabilities drawn from */

/* init's priorities, none of which a puppet ever has. */
#define ABOVE		200u
#define BETWEEN		51u
#define BELOW		3u
#define PUPPET_MAX	100u		/* highest a puppet may give */

#define SECOND		1000000000ull
#define TIME_START	(1000 * SECOND)	/* later than the boot */
#define TIME_ROUND	(2000 * SECOND)	/* all deadlines are within */

/* Where things are in a test space, from its origin. */
#define AT_CODE		0x10000ull
#define AT_COMMON	0x20000ull
#define AT_SCRIPT	0x30000ull	/* + a page for each puppet */
#define AT_DATA		0x100000ull	/* pages mapped at random */
#define DATA_PAGES	16u

/*
 * A system call, or another thing that a puppet does: the layout of a step
 * in its script, which script.S knows.
 */
enum step_kind {
	STEP_CALL, STEP_LOAD, STEP_STORE, STEP_UD2, STEP_INT3, STEP_DIVIDE,
	STEP_HLT, STEP_JUMP, STEP_KINDS
};

struct step {
	uint64_t nr;
	struct helios_raw in;
	uint64_t kind;			/* enum step_kind */
	uint64_t status;
	struct helios_raw out;
	uint64_t turn;			/* 0: not done yet */
};

_Static_assert(sizeof(struct step) == 128, "script.S counts on it");

#define STEPS		8u		/* in a script, at most */
#define SCRATCH		2048u		/* offset in the script page */

struct space {
	helios_cap_t cap;
	uint64_t origin;
};

struct puppet {
	helios_cap_t task, ipcbuf, script;
	unsigned int space, cspace;	/* which ones it has */
	unsigned int nsteps, shown;
};

struct held {
	helios_cap_t at;
	unsigned int type;		/* when last seen */
};

struct world {
	helios_cap_t arena, code, common;
	struct space spaces[SPACES];
	helios_cap_t cspaces[CSPACES];
	struct puppet puppets[PUPPETS];
	struct held held[HELD_MAX];
	unsigned int nheld;
	uint64_t time;			/* deadlines count from here */
};

extern struct world world;
extern unsigned long step_number;

/* In script.S */
extern const char puppet_code[] __attribute__((visibility("hidden")));
extern const char puppet_insn[] __attribute__((visibility("hidden")));
extern const char puppet_after[] __attribute__((visibility("hidden")));
extern const char puppet_return[] __attribute__((visibility("hidden")));
extern const char puppet_end[] __attribute__((visibility("hidden")));
extern const char puppet_limit[] __attribute__((visibility("hidden")));

/*
 * random.c: what to do next
 */
void random_seed(uint64_t seed);
uint64_t draw(uint64_t n);		/* below n */
bool chance(unsigned int percent);

/*
 * print.c
 */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_flush(void);
/* A value that may be an address; good for a few calls. */
const char *value(uint64_t v);
/* Addresses from here on belong to a test space. */
void value_window(uint64_t origin, uint64_t size);
uint64_t alias(uint64_t id);		/* of an object's id */
void alias_reset(void);
/* What was asked, and what came of it.  buf (may be NULL): the IPC buffer
 * with the further words. */
void say_step(const char *who, const struct step *s,
		const struct helios_ipcbuf *buf);
void say_result(const struct step *s, const struct helios_ipcbuf *buf);
void say_registers(const uint64_t *words);

/*
 * call.c: system calls of init, printed or quiet
 */
uint64_t make(struct step *s);		/* prints */
/* CALL with up to 64 words, printed; the words that came are in words. */
uint64_t invoke(helios_cap_t cap, unsigned int type, unsigned int op,
		uint64_t *words, unsigned int n);
uint64_t invoke_silently(helios_cap_t cap, unsigned int type,
		unsigned int op, uint64_t *words, unsigned int n);
void must(uint64_t status, const char *what);

/*
 * state.c: all that can be seen
 */
unsigned int type_at(helios_cap_t cap);
void state_start(void);			/* what counts are compared with */
void state_end(void);
void state_print(void);
void hold(helios_cap_t cap);		/* init may draw it from now on */
void reserve(helios_cap_t cap);		/* never destroyed at random */
bool reserved(helios_cap_t cap);
/* One of this type (HELIOS_NULL: any); often enough a wrong one. */
helios_cap_t pick(unsigned int type);

/*
 * world.c: the objects that are always there
 */
void world_make(void);
void world_destroy(void);
void world_settle(void);		/* puppets run until all wait */
void world_sleep(void);			/* and their deadlines pass */
void world_priority(unsigned int priority);
uint64_t space_origin(helios_cap_t cap);	/* 0: it is no VSpace */

/*
 * puppet.c
 */
void puppet_play(void);			/* a new script for one of them */
void puppets_show(void);		/* what they have done since */
uint64_t a_label(unsigned int type);
uint64_t a_word(uint64_t origin);

/*
 * steps.c
 */
void one_step(void);

#endif
