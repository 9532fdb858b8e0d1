/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that asks for as much work in one call as it can.
 *
 * Each scenario is a function that builds something large and then does to it
 * what might take long.  None of them looks at results: what counts is the
 * table that the kernel prints at the end.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "crowd.h"

struct scenario {
	const char *name;
	void (*run)(void);
};

extern const struct scenario hostile_caps[], hostile_tasks[],
	hostile_memory[], hostile_messages[], hostile_calls[];

/* How large: 60000 for the whole thing. */
extern unsigned int hostile_size;

/* New objects of ours. */
helios_cap_t hostile_new(unsigned int type, uint64_t size);
/* Destroy, whatever comes of it. */
void hostile_end(helios_cap_t cap);

/* A crowd of n in this call, spread over the priorities below ours, which
 * have all made it on return. */
void hostile_crowd(struct store *s, const struct crowd *like, uint64_t nr,
		uint64_t rdi, uint64_t rsi, uint64_t rdx);

#endif
