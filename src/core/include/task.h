/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks.
 *
 * Whatever the kernel relies on is a slot of the task itself, so revoking
 * reaches it: a task without a VSpace does not run, a call that needs a
 * missing part fails.
 *
 * Suspended and blocked are separate.  A task runs if it is neither, has a
 * VSpace, and is not dead: if all of `stopped` is 0.  `blocked` says in what;
 * the matching fields are valid only then.
 *
 * A call that was preempted has `restart` set: when the task is next picked,
 * core makes the same call again from the unchanged registers before the
 * task itself runs.
 */
#ifndef CORE_TASK_H
#define CORE_TASK_H

#include <stddef.h>

#include <hal.h>
#include <helios/message.h>
#include <helios/syscall.h>

#include <cap.h>
#include <memory.h>
#include <object.h>
#include <page.h>
#include <result.h>
#include <tree.h>
#include <waitq.h>

enum task_slot {
	SLOT_CSPACE,
	SLOT_VSPACE,
	SLOT_IPCBUF,
	SLOT_FAULT,
	SLOT_NOTE,
	SLOT_DESTROY,		/* the CSpace a preempted DESTROY works on */
	TASK_SLOTS
};

enum blocked {
	NOT_BLOCKED = 0,
	BLOCKED_SEND,		/* queued at an endpoint: send, call, fault */
	BLOCKED_RECV,		/* queued at an endpoint */
	BLOCKED_CALL,		/* awaits a reply (of a call) */
	BLOCKED_FAULT,		/* awaits a reply (of a fault) */
	BLOCKED_NOTE,		/* on a note */
	BLOCKED_POLL,		/* on up to 16 objects and a deadline */
};

/* What a task queued in BLOCKED_SEND is sending. */
enum sending {
	SENDING_MESSAGE,
	SENDING_CALL,
	SENDING_FAULT,
};

#define WAITER_MAIN	0	/* then one for each polled object */
#define TASK_WAITERS	(1 + HELIOS_POLL_MAX)

struct fault_message {
	uint64_t words[12];	/* as in helios/fault.h */
	unsigned int nwords;
};

struct task {
	struct heavy heavy;
	struct helios_regs regs;

	/* Scheduling (sched.c) */
	struct list run;		/* run queue; itself: on none */
	union {
		struct {
			uint8_t blocked;	/* enum blocked */
			bool suspended;
			bool dead;		/* its last capability is gone */
			bool no_space;		/* SLOT_VSPACE is empty */
		};
		uint32_t stopped;	/* why it does not run; 0: it does */
	};
	uint8_t priority, max_priority;
	bool restart;			/* make the call again first */
	bool working;			/* a long operation is under way */
	uint8_t sending;		/* enum sending */
	uint64_t flags;			/* HELIOS_TASK_* of SET_FLAGS */
	uint64_t cpu_time;		/* hal_cycles; of the current task,
					 * less their number now */
	uint64_t slice_left;		/* ns; 0: a whole one */
	struct tree_node sleep;		/* key: deadline, id */
	bool sleeping;			/* in the tree */

	/* IPC (endpoint.c, reply.c) */
	uint64_t badge;			/* of what it is sending */
	uint8_t via_rights;		/* and rights, of that capability */
	struct task *caller;		/* whom it owes a reply, or NULL */
	struct task *replier;		/* who owes this one a reply, if not: */
	struct slot *reply_slot;	/* where that reply is stored */
	struct fault_message fault;	/* SENDING_FAULT, BLOCKED_FAULT */

	/* Long operations; in use if working, but for reap */
	struct list reap;		/* objects it must take apart */
	struct making making;		/* an allocation under way */
	struct slot *revoking;		/* a preempted revoke, queued */
	struct tree_node target;	/* key: that slot */
	struct list revokes;		/* link of that queue */
	bool revoked;			/* others have finished it */
	unsigned int help;		/* steps of others' it owes yet */
	/*
	 * A DESTROY that was preempted goes on without looking anything up
	 * again, for what it was asked with may be among what is gone: the
	 * caddrs are here, the CSpace is in SLOT_DESTROY.
	 */
	uint16_t doomed[HELIOS_MSG_WORDS];
	uint8_t ndoomed, destroyed;	/* in all, and of these done */

	/* What is in the slots, resolved; NULL: nothing. */
	struct cspace *cspace;		/* no_cspace: nothing */
	struct cspace *callable;	/* the same; no_cspace if foreign */
	struct vspace *vspace;
	struct helios_ipcbuf *ipcbuf;

	struct waiter waiters[TASK_WAITERS];
	char name[HELIOS_TASK_NAME + 1];
	struct slot slots[TASK_SLOTS];	/* 64-byte aligned by its type */
	_Alignas(64) unsigned char hal[HAL_TASK_SIZE];
};

_Static_assert(sizeof(struct task) <= PAGE_SIZE, "a task is one page");

/* Whose main waiter is it? */
static inline struct task *
waiter_main_task(struct waiter *w)
{
	return container_of(w, struct task, waiters[WAITER_MAIN]);
}

struct task *task_create(struct memory *m);	/* NULL: no memory */

/* The last capability is gone: off every queue at once; the rest in steps. */
void task_kill(struct task *t);
bool task_reap_step(struct task *t);		/* true: gone */

/* One of its slots is about to be emptied: stop relying on it. */
void task_slot_leaving(struct task *t, struct slot *s);

/* Has no slots: who looks something up need not ask if there is a CSpace. */
extern struct cspace no_cspace;

/* Its parts; NULL if missing. */
static inline void *
task_part(const struct task *t, enum task_slot which, unsigned int type)
{
	const struct slot *s = &t->slots[which];

	return cap_type(s) == type ? cap_object(s) : NULL;
}

static inline struct cspace *
task_cspace(const struct task *t)
{
	return t->cspace != &no_cspace ? t->cspace : NULL;
}

static inline struct note *
task_bound_note(const struct task *t)
{
	return task_part(t, SLOT_NOTE, HELIOS_NOTE);
}

static inline struct helios_ipcbuf *
task_ipcbuf(const struct task *t)
{
	return t->ipcbuf;
}

/* Would it run?  (Not suspended, blocked, dead, or without VSpace.) */
static inline bool
task_runnable(const struct task *t)
{
	return t->stopped == 0;
}

/* Can it stand in queues of pollers: one, or one woken that has not looked
 * again yet? */
static inline bool
task_polls(const struct task *t)
{
	return t->blocked == BLOCKED_POLL || t->restart;
}

void task_set_flags(struct task *t, uint64_t flags);
void task_suspend(struct task *t);
/* Clears suspension; a fault it awaits a reply of is over. */
void task_resume(struct task *t);
/*
 * Take it out of what it is blocked in, its partners told, and finish its
 * call with this status (a fault: nothing to finish; it stays suspended).
 */
void task_unblock(struct task *t, struct result r);
/* The same without finishing the call; its registers are as they were. */
void task_withdraw(struct task *t);
/* Give up a call that was preempted, with what it had under way. */
void task_abandon_call(struct task *t);
void task_drop_work(struct task *t);	/* only that */
/* It is no longer blocked: run it, unless something else keeps it. */
void task_wake(struct task *t);
/* Set the name; an empty one becomes task-<id>. */
void task_set_name(struct task *t, const char *name, size_t len);
/* Empty one of its slots, and put a copy of src (NULL: nothing) there. */
void task_set_slot(struct task *t, enum task_slot which, struct slot *src);
uint64_t task_state(const struct task *t);	/* HELIOS_TASK_*, INFO */
uint64_t task_cpu_time(const struct task *t);	/* ns, up to now */

/* The call's outputs.  Status: rax, and on an error rdx and rsi. */
static inline void
task_set_result(struct task *t, struct result r)
{
	t->regs.rax = (uint64_t)r.status;
	if (r.status == HELIOS_OK)
		return;
	t->regs.rdx = r.detail;
	t->regs.rsi = 0;
}

#endif
