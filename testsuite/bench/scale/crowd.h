/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many live objects, and many tasks, each in one system call.
 *
 * What is made in this program's own CSpace is moved into tables of a store,
 * which go with all they hold when the store is closed.
 */
#ifndef CROWD_H
#define CROWD_H

#include <libhelios.h>

#define STORE_RADIX	16u
#define STORE_SLOTS	(1u << STORE_RADIX)
#define STORE_TABLES	4u

struct store {
	helios_cap_t table[STORE_TABLES];
	unsigned int tables;		/* there are */
	unsigned int used;		/* slots, from the first on */
};

void crowd_check(enum helios_status status, const char *what);

/* With room for so many. */
void store_open(struct store *s, unsigned int slots);
void store_close(struct store *s);
/* Move what is in these slots of ours there. */
void store_put(struct store *s, unsigned int n, const helios_cap_t *caps);
/* A copy of ours, there; or of the one that was put there last. */
void store_copy(struct store *s, helios_cap_t cap);
void store_copy_last(struct store *s);
/* Back to a slot of ours: a copy. */
helios_cap_t store_get(const struct store *s, unsigned int index);

/* n objects of a type, of that size, from a Memory, put away. */
void store_make(struct store *s, helios_cap_t memory, unsigned int type,
		uint64_t size, unsigned int n);

/*
 * n tasks that make this system call (rax, rdi, rsi, rdx), one after the
 * other, at priorities from lowest on, highest being the last that is used;
 * a lower caller waits until each has made it.  rax CROWD_SPIN: they run for
 * ever.  rdx grows by step from each to the next.
 */
#define CROWD_SPIN	(~0ull)

struct crowd {
	struct helios_regs regs;
	unsigned int n;
	unsigned int lowest, highest;
	uint64_t step;
	helios_cap_t memory;		/* 0: ours */
	helios_cap_t vspace;		/* 0: ours */
	helios_cap_t cspace;		/* 0: ours */
	helios_cap_t fault;		/* 0: none */
	helios_cap_t buffer;		/* 0: none */
};

/* One call. */
void crowd_call(struct crowd *c, uint64_t nr, uint64_t rdi, uint64_t rsi,
		uint64_t rdx);
void crowd_gather(struct store *s, const struct crowd *c);

#endif
