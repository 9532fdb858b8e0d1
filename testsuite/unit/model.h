/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A naive model of the kernel, to compare it with.
 *
 * It is written from the public headers alone and made to be obviously right:
 * capabilities are nodes with a parent pointer, everything that is looked
 * for is found by walking all there is, and nothing happens in steps.
 *
 * An operation is predicted first: the set of statuses the contract permits,
 * as a bit mask (only OK, or only errors; both where the contract leaves
 * it open, as for the fragmentation of a Memory).  Then the kernel makes it,
 * and what it chose (slots, addresses, frames) is checked and taken over.
 *
 * Actors: 0 is init, which lends authority and never blocks; 1 and 2 share
 * CSpace A, 3 has CSpace B.
 */
#ifndef UNIT_MODEL_H
#define UNIT_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cap.h>
#include <helios/error.h>

#include "unit.h"
#include "world.h"

#define ACTORS		4
#define M_SLOTS		64		/* of each CSpace but init's */
#define M_CAPS		4		/* most in a message or list */
#define M_WORDS		8
#define M_NODES		1024
#define M_OBJECTS	1024
#define NOBODY		(-1)

#define MAY(status)	(1u << (status))

struct mnode;

struct mobject {
	unsigned int type;
	bool alive;
	void *kernel;			/* for comparing identity */
	uint64_t id;
	uint64_t phys;			/* Page */
	bool large;
	struct mobject *memory;		/* it came from; NULL: not ours */
	uint64_t pages;			/* Memory, in all */
	unsigned int nslots;		/* CSpace */
	struct mslot *slots;
	uint64_t bits;			/* Note */
	int queue[ACTORS];		/* actors blocked here, in order */
	unsigned int nqueue;
	struct mnode *parts[5];		/* Task */
};

enum mslot_state { M_NULL, M_DEAD, M_CAP };

struct mslot {
	enum mslot_state state;
	struct mnode *node;
};

struct mnode {
	unsigned int type, rights;
	uint64_t badge;
	struct mobject *object;		/* NULL: Reply */
	struct mnode *parent;		/* NULL: none that we model */
	/* Where it is: a slot of a CSpace, or a part of a Task. */
	struct mobject *cspace;
	unsigned int index;
	struct mobject *task;
	unsigned int part;
	struct mobject *mapped;		/* Page: in this VSpace */
	uint64_t va, flags;
	int caller;			/* Reply: who waits for it */
	bool used;
};

enum mblocked { M_RUNS, M_SENDING, M_RECEIVING, M_CALLING, M_WAITING };

struct message {
	uint64_t label;
	unsigned int nwords, ncaps;
	uint64_t words[M_WORDS];
	helios_cap_t caps[M_CAPS];
};

struct actor {
	struct task *task;
	struct mobject *cspace;
	enum mblocked blocked;
	struct mobject *where;		/* the queue it stands in */
	struct mnode *via;		/* and through which capability */
	bool is_call;			/* M_SENDING */
	bool grant;
	uint64_t badge;
	struct message sending;
	unsigned int naccept;
	helios_cap_t accept[M_CAPS];
	int owes;			/* the actor it owes a reply */
	struct mnode *reply;		/* the stored reply to it, if any */
	/* What its last call gave, to compare: */
	bool finished;
	unsigned int status;		/* as a mask: MAY() */
	bool has_message, has_bits;
	uint64_t got_badge, got_tag, bits;
	uint64_t words[M_WORDS];
};

struct model {
	struct mnode nodes[M_NODES];
	struct mobject objects[M_OBJECTS];
	struct actor actors[ACTORS];
	struct mobject *a, *b, *outer;
};
extern struct model model;

enum mkind {
	K_ALLOC, K_COPY, K_MOVE, K_MINT, K_DESTROY, K_REVOKE, K_STORE_REPLY,
	K_MAP, K_UNMAP, K_PROTECT, K_CONFIGURE, K_SEND, K_CALL, K_NBSEND,
	K_RECV, K_NBRECV, K_REPLY, K_SIGNAL, K_WAIT, K_NBWAIT, K_CANCEL,
	K_KINDS
};

/* One operation: numbers only, so that it can be made again elsewhere. */
struct mop {
	uint8_t kind, actor;
	int16_t preempt, every;		/* as mock_preempt; -1: never */
	uint32_t cap;			/* what is invoked */
	uint32_t dest, from, slot;
	uint32_t rights;
	uint64_t arg[3];		/* size, address, badge, flags... */
	unsigned int ncaps;		/* dests, slots, pages */
	helios_cap_t caps[M_CAPS];
	struct message message;
	unsigned int naccept;
	helios_cap_t accept[M_CAPS];
};

/* model.c: state */
struct mobject *m_object(unsigned int type, struct mobject *memory);
struct mnode *m_node(unsigned int type, struct mobject *o,
		unsigned int rights, uint64_t badge, struct mnode *parent);
void m_place(struct mnode *n, struct mobject *cspace, unsigned int index);
void m_unplace(struct mnode *n);
void m_set_part(struct mobject *task, unsigned int part, struct mnode *src);
/* by_holder: its slot becomes Null, otherwise Dead. */
void m_destroy(struct mnode *n, bool by_holder);
void m_revoke(struct mnode *n);
bool m_is_below(const struct mnode *n, const struct mnode *root);
bool m_is_factory(unsigned int type);
bool m_can_copy(unsigned int type);
unsigned int m_free_slots(const struct mobject *cspace);
/* Exact: pages of m in use, but for slabs, of which [*low, *high]. */
uint64_t m_pages_used(const struct mobject *m, uint64_t *low, uint64_t *high);
uint64_t m_tables(const struct mobject *vspace, const uint64_t *more,
		unsigned int n, bool large);
uint64_t m_objects_alive(const struct mobject *m);

/* model_ipc.c: actors */
void m_finish(int actor, unsigned int status);
void m_unblock(int actor, unsigned int status);
void m_via_gone(struct mnode *n);
void m_reply_gone(struct mnode *n);
unsigned int m_predict_ipc(const struct mop *op);
void m_apply_ipc(const struct mop *op);

/* model_ops.c: prediction and effect of each operation */

/* The capability there, or NULL and the error added.  type: or 0. */
struct mnode *m_lookup(const struct mobject *cspace, uint64_t caddr,
		unsigned int type, unsigned int *errors);
/* What is wrong with these destinations?  0: nothing. */
unsigned int m_check_dests(const struct mobject *cspace,
		const helios_cap_t *caddr, unsigned int n);
/* Can this operation be made at all, as things are? */
bool m_possible(const struct mop *op);
unsigned int m_predict(const struct mop *op);

/* model_apply.c: the kernel said OK; its results are in world.out. */
void m_apply(const struct mop *op);

/* Slots of init's table that the model uses; others are not its business. */
#define SUPPLY_A	12000u		/* CSpace A */
#define SUPPLY_B	12001u
#define SUPPLY_TASK	12002u		/* the tasks of actors 1 to 3 */
#define SUPPLY_OUTER	12006u		/* all that is random comes from it */
#define SUPPLY_MEMORY	12010u		/* on its way to an actor */
#define SUPPLY_PAGE	12020u		/* buffers of actors 1 to 3 */

/* model_run.c: the kernel's side */
void run_setup(void);
void run_op(const struct mop *op, unsigned long nr);
void run_compare_all(void);
void run_teardown(void);

/* model_print.c */
void run_print(const struct mop *op);

/* model_gen.c */
void gen_op(struct rng *r, struct mop *op);

#endif
