/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two kernels in the same states, one with the fast path: see test_fastpath.c.
 *
 * Eight actors, whose programs are random, send and receive through three
 * endpoints; init, of the highest priority, is woken by an interrupt and
 * changes what they have, in random ways too.  The same seed makes the same
 * steps as long as the kernels agree.
 */
#ifndef UNIT_FASTPATH_H
#define UNIT_FASTPATH_H

#include <stdbool.h>
#include <stdint.h>

#include <ipc.h>

#include "unit.h"
#include "world.h"

#define FP_ACTORS	8u
#define FP_ENDPOINTS	3u
#define FP_NOTES	3u
#define FP_IRQ		3u

/* Slots of an actor's CSpace */
#define FP_SLOTS	64u
#define FP_OWN		0u	/* this CSpace */
#define FP_FIRST	1u	/* three capabilities of each endpoint, */
#define FP_NOTE		10u	/* one of each note */
#define FP_REPLY	15u	/* four to store replies in */
#define FP_INIT		20u	/* init's CSpace */
#define FP_ARRIVED	21u	/* what came with messages, mostly */

struct fp_actor {
	struct task *task;
	struct cspace *cspace;
	bool shares;			/* the CSpace of the one before */
	/* In init's table: the task, its CSpace, and those capabilities it
	 * is configured with (CSpace, VSpace, buffer). */
	helios_cap_t task_cap, cspace_cap, page_cap, parts[3];
	struct helios_ipcbuf *buf;	/* NULL: it has none */
	struct helios_poll *poll;	/* its array, */
	uint64_t poll_va;		/* and where it is for the actor */
};

#define FP_JUNK		40u

struct fp {
	struct rng rng;
	struct fp_actor actor[FP_ACTORS];
	struct endpoint *endpoint[FP_ENDPOINTS];
	struct note *note[FP_NOTES];
	helios_cap_t memory, vspace, handler, control;
	helios_cap_t endpoint_cap[FP_ENDPOINTS], fault_cap[FP_ENDPOINTS];
	helios_cap_t note_cap[FP_NOTES];
	/* A Memory for actors to revoke, and what is made from it. */
	helios_cap_t junk, junk_cap[FP_JUNK];
	unsigned int njunk;
};
extern struct fp fp;

/* 0 to n - 1; and true in so many of 100. */
unsigned int fp_below(unsigned int n);
bool fp_chance(unsigned int percent);

/* A kernel of its own, with everybody ready. */
void fp_setup(uint64_t seed);

/* The interrupt, then a few things that init does. */
void fp_control(void);

/* Of the actors; FP_ACTORS: somebody else. */
unsigned int fp_number(const struct task *t);

/*
 * All that is to be the same, one value after the other.
 */
void fp_observe(void (*put)(const char *what, unsigned int i, uint64_t v));

/*
 * What of the state of a CALL or REPLY_RECV keeps it from the fast path, as
 * its contract has it: bits of these.  The test counts the states in which
 * one alone does, to be sure that it has seen them.
 */
enum fp_bar {
	FP_FOREIGN,		/* the task is */
	FP_REVOKE,		/* a preempted revoke waits for help */
	FP_TAG,			/* several capabilities, or a bit of the
				 * kernel's */
	FP_TOO_LONG,		/* more words than a message can have */
	FP_NO_BUFFER,		/* on one side, and it is needed */
	FP_NO_GRANT,		/* CALL with a capability */
	FP_NO_CAP,		/* where the message names one */
	FP_CAP_MOVES,		/* for it cannot be copied */
	FP_NOT_ACCEPTED,	/* a capability */
	FP_NO_SLOT,		/* for it */
	FP_NO_RIGHT,		/* an Endpoint without SEND, or RECV */
	FP_SEVERAL,		/* CALL: receivers in the queue */
	FP_NOT_ALONE,		/* CALL: one receiver, that was not alone */
	FP_VIA,			/* others wait through the same capability */
	FP_STOPPED,		/* the other one, by something else */
	FP_EQUAL,		/* somebody ready has the same priority */
	FP_LOWER,		/* or a higher one */
	FP_SENDERS,		/* REPLY_RECV: in the queue */
	FP_RECEIVERS,		/* REPLY_RECV: in the queue */
	FP_SEND_POLLERS,	/* of the endpoint */
	FP_BOTH_POLLERS,
	FP_NOTE_QUIET,		/* a bound note without bits */
	FP_NOTE_BITS,		/* or with */
	FP_FAULT_STOPPED,	/* as FP_STOPPED, in a fault */
	FP_FAULT_LONG,		/* an answer to a fault of more than registers
				 * hold, */
	FP_FAULT_LABEL,		/* that stops the task, */
	FP_FAULT_KIND,		/* or has an effect on it */
	FP_BARS
};
/* All of them; ~0: there is nobody to hand over to at all. */
uint32_t fp_bars(const struct task *t);
const char *fp_bar_name(unsigned int bar);

#endif
