/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints, notes, replies, faults, polling.
 *
 * Rendezvous: a message goes straight from the sender's registers and buffer
 * to the receiver's.  All checks of a transfer are made before any of it.
 */
#ifndef CORE_IPC_H
#define CORE_IPC_H

#include <hal.h>

#include <cap.h>
#include <object.h>
#include <result.h>
#include <task.h>
#include <waitq.h>

struct endpoint {
	struct object obj;
	struct waitq queue;	/* of senders or of receivers */
	bool receivers;		/* which, when it is not empty */
	/* By what they look for, so that nobody is woken in vain. */
	struct waitq pollers;		/* a message */
	struct waitq send_pollers;	/* a receiver */
	struct waitq both_pollers;	/* either */
};

struct note {
	struct object obj;
	uint64_t bits;
	struct waitq waiters;
	struct waitq pollers;
	struct task *bound;	/* only this task may wait */
};

_Static_assert(sizeof(struct endpoint) <= 64, "one slab unit");
_Static_assert(sizeof(struct note) <= 64, "one slab unit");

struct endpoint *endpoint_create(struct memory *m);	/* NULL: no memory */
struct note *note_create(struct memory *m);
void endpoint_destroy(struct endpoint *e);	/* nobody waits any more */
void note_destroy(struct note *n);

/*
 * Endpoints.  The slot is an Endpoint with the right needed.  On OK the
 * outputs of a receiver that is the caller are in its registers.
 */
struct result endpoint_send(struct task *t, struct slot *s, bool call,
		bool block);
struct result endpoint_recv(struct task *t, struct slot *s, bool block);
/* The fault in t->fault, through t's own fault endpoint. */
void endpoint_send_fault(struct task *t);
bool endpoint_can_recv(const struct endpoint *e);
bool endpoint_can_send(const struct endpoint *e);

/* Is the message in t's registers sound, its capabilities included?  rights:
 * of the capability it goes through. */
struct result message_check(struct task *t, unsigned int rights,
		const struct slot *answered);

/* What a tag claims beside words: capabilities, and what is the kernel's. */
static inline uint64_t
message_claims(uint64_t tag)
{
	return tag & (HELIOS_TAG_FAULT | HELIOS_TAG_NOTE |
		HELIOS_TAG_NCAPS_MASK << HELIOS_TAG_NCAPS_SHIFT);
}

/* Words only? */
static inline bool
message_simple(uint64_t tag)
{
	return message_claims(tag) == 0;
}

/* Words, and one capability? */
static inline bool
message_has_one_cap(uint64_t tag)
{
	return message_claims(tag) == 1ull << HELIOS_TAG_NCAPS_SHIFT;
}

/* Words only, and no more than there are registers?  Below the label their
 * number is lowest, so any other bit makes it more. */
static inline bool
message_plain(uint64_t tag)
{
	return (uint16_t)tag <= HELIOS_MSG_REGS;
}

/* The outputs of a receiver.  Registers past the count are 0, so that
 * nothing leaks in them. */
static inline void
message_set(struct helios_regs *to, uint64_t badge, uint64_t tag,
		const uint64_t *w)
{
	unsigned int n = helios_tag_nwords(tag);

	to->rax = HELIOS_OK;
	to->rdi = badge;
	to->rsi = tag;
	to->rdx = n > 0 ? w[0] : 0;
	to->r10 = n > 1 ? w[1] : 0;
	to->r8 = n > 2 ? w[2] : 0;
	to->r9 = n > 3 ? w[3] : 0;
}

/* The same with the words in the registers of who sends. */
static inline void
message_pass(struct helios_regs *to, uint64_t badge,
		const struct helios_regs *from)
{
	const uint64_t w[] = { from->rdx, from->r10, from->r8, from->r9 };

	message_set(to, badge, from->rsi, w);
}

/* The words from the fifth on, of n > 4; the two may be the same buffer. */
static inline void
message_copy(struct helios_ipcbuf *to, const struct helios_ipcbuf *from,
		unsigned int n)
{
	__builtin_memmove(to->words + HELIOS_MSG_REGS,
		from->words + HELIOS_MSG_REGS,
		(n - HELIOS_MSG_REGS) * sizeof(to->words[0]));
}

/*
 * Give the message of from, which was checked, to the task to, which is
 * waiting for one.  REFUSED: to cannot take it, and nothing has changed.
 */
struct result message_transfer(struct task *from, struct task *to,
		uint64_t badge);
/* The same for a message of the kernel's own; never fails.  Words that do
 * not fit into registers are dropped if to has no buffer. */
void message_deliver(struct task *to, uint64_t badge, uint64_t bit,
		const uint64_t *words, unsigned int nwords);

/* Notes */
void note_send(struct slot *s);		/* signal with the slot's badge */
struct result note_wait(struct task *t, struct slot *s, bool block);
/* If the note has bits and somebody waits for them, hand them over. */
void note_deliver(struct note *n);

/*
 * Replies.  A pending reply is a pair of pointers between caller and
 * receiver, or the caller and a slot.
 */
bool reply_owed(const struct task *t);
/* Put the reply t owes into dest, a slot taken off the free list. */
void reply_store(struct task *t, struct slot *dest);
/* Answer with the message in t's registers: the caller t owes, or the stored
 * Reply in s, which empties. */
struct result reply_answer(struct task *t);
struct result reply_answer_stored(struct task *t, struct slot *s);
/* t will not answer any more: whom it owes a reply gets CANCELED. */
void reply_drop(struct task *t);
/* c does not await its reply any more. */
void reply_disconnect(struct task *c);

/* Faults: the task goes on as if its supervisor had answered with label 0.
 * It is not blocked any more. */
void fault_over(struct task *t);
/* Nobody will answer the fault: suspend the task, and log why. */
void fault_stop(struct task *t, const char *why);
/* Is there an endpoint that its faults go to? */
bool fault_has_handler(const struct task *t);
/* Fill t->fault. */
void fault_set(struct task *t, unsigned int kind, uint64_t address,
		uint64_t access, uint64_t error);
void fault_set_syscall(struct task *t);

/*
 * Polling.  A woken poller stays in its queues until it runs and looks
 * again, or is called off; when it leaves a queue whose object is still
 * ready, the next one there is woken.  So no wake-up is lost.
 */
struct poll_entry {
	struct slot *slot;
	unsigned int events, revents;
};
unsigned int poll_look(struct poll_entry *entries, unsigned int n);
void poll_block(struct task *t, const struct poll_entry *entries,
		unsigned int n, uint64_t deadline);
void poll_leave(struct task *t);	/* all queues, and the sleepers */
void poll_resorted(struct task *t);	/* it has another priority */
void poll_wake(struct task *t);		/* to look again */
/* An object became ready for the pollers in q. */
void poll_wake_first(struct waitq *q);

/*
 * One task blocked through this slot is woken with REVOKED (a faulted one is
 * suspended instead).  False: nobody is blocked through it.
 */
bool waiters_revoke_one(struct slot *s);

/* The stored Reply in s is destroyed unanswered: its caller gets CANCELED.*/
void reply_slot_destroyed(struct slot *s);
/* It moved; the caller's pointer follows. */
void reply_slot_moved(struct slot *to);

/* Interrupts and the timer signal without a sender. */
void note_signal(struct note *n, uint64_t bits);

/* The current task runs no more, and its fault, in t->fault, is in the hands
 * of the task returned, which runs.  NULL: nothing has changed (fastpath.c).
 * The fault endpoint is there. */
struct task *fault_handover(struct task *t);

/* Send the fault in t->fault to the fault endpoint, or stop the task. */
void fault_raise(struct task *t);

#endif
