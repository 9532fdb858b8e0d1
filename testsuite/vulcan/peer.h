/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partners for tests.
 *
 * A peer is a thread that makes one system call and keeps what came of it,
 * so that a test can look at both sides.  A bare task has registers and a
 * stack, but nothing of the library: no thread-local storage, no IPC buffer,
 * perhaps a CSpace of its own.
 *
 * Nothing here depends on how long something takes: a test waits for the
 * state it needs, as INFO reports it.  All functions fail the test on errors.
 */
#ifndef VULCAN_PEER_H
#define VULCAN_PEER_H

#include "vulcan.h"

struct peer {
	/* Before peer_start; the rest of it zero. */
	enum helios_syscall nr;		/* SEND, NBSEND, RECV, CALL or WAIT */
	helios_cap_t cap;
	struct helios_msg msg;		/* after it: what arrived */
	unsigned int accept;		/* capabilities; into dests */
	const helios_cap_t *dests;	/* NULL: anywhere */
	unsigned int priority;		/* 0: as the test */
	/* After peer_join. */
	enum helios_status status;
	uint64_t detail;
	uint64_t bits;			/* WAIT */
	struct helios_thread *thread;
};

/* Set up a message of nwords words base, base + 1, ... */
void peer_set(struct peer *peer, enum helios_syscall nr, helios_cap_t cap,
		unsigned int nwords, uint64_t base);
void peer_start(struct peer *peer);
/* Start it, and wait until it blocks in this HELIOS_TASK_* state. */
void peer_block(struct peer *peer, uint64_t state);
uint64_t peer_state(const struct peer *peer);
void peer_join(struct peer *peer);
/* Join it; its call ended so. */
void peer_expect(struct peer *peer, enum helios_status status);
/* It is gone, wherever it was. */
void peer_kill(struct peer *peer);

/* Words base, base + 1, ... in the message? */
void check_words(const struct helios_msg *msg, unsigned int nwords,
		uint64_t base);

uint64_t task_state(helios_cap_t task);
/* Wait until INFO says exactly this. */
void wait_state(helios_cap_t task, uint64_t state);

/* Let others run for a moment. */
void breathe(void);

/*
 * A task in the test's VSpace that will run fn(arg) on a stack of its own;
 * suspended.  cspace UNDEF: the test's.  fault UNDEF: none.  fn must not
 * return, and uses raw calls only.
 */
helios_cap_t bare_task(void (*fn)(uint64_t arg), uint64_t arg,
		helios_cap_t cspace, helios_cap_t fault);

/* For bare_task: count up at *(uint64_t *)arg for ever. */
void spin(uint64_t arg);

/* For bare_task: make a system call and exit with its status. */
struct bare_call {
	uint64_t nr;
	struct helios_raw regs;		/* in and out */
};

void make_bare_call(uint64_t arg);

/* An operation of a kernel object as registers, of up to four words. */
struct helios_raw operation(helios_cap_t cap, unsigned int type,
		unsigned int op, unsigned int nwords, uint64_t w0,
		uint64_t w1, uint64_t w2, uint64_t w3);

/*
 * Wait until a counter has changed.  Whoever counts may never enter the
 * kernel, where in virtual time only a watchdog ends a slice: so in few and
 * long steps.
 */
void wait_progress(const volatile uint64_t *counter);

/* Type, as IDENTIFY has it, of what is in a slot. */
unsigned int type_at(helios_cap_t slot);

/*
 * A slot that is Null, and far from those that are picked next; skip that
 * many of the kind.
 */
helios_cap_t null_slot(unsigned int skip);

/* Receive a fault of this kind; returns it taken apart. */
struct helios_fault recv_fault(helios_cap_t endpoint, uint64_t kind);

/* What is in use: to see that all of it comes back. */
struct levels {
	struct helios_memory_info memory;
	struct helios_cspace_info cspace;
	struct helios_counts counts;
};

void levels_take(struct levels *levels);
void levels_check(const struct levels *before);

/*
 * Skip the test where the instrumenting tool that the hosted kernel runs
 * under makes a program's system call instructions itself.
 */
void need_system_call_trap(void);

/* n, or less of it where everything is slow. */
unsigned int scaled(unsigned int n, unsigned int slow);

#endif
