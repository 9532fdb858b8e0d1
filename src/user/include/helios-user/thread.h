/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of this program: tasks that share its CSpace and VSpace and have
 * a stack (with an unmapped page below), thread-local storage and an IPC
 * buffer of their own.
 *
 * The thread's record lies in its own mapping, so that everything it has
 * goes in one: join frees it all, and the handle is dead afterwards.  A
 * detached thread cannot free the stack it runs on: the next new, join or
 * helios_thread_reap() does.
 */
#ifndef HELIOS_USER_THREAD_H
#define HELIOS_USER_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <helios/error.h>
#include <helios/types.h>

#define HELIOS_THREAD_STACK	65536u	/* default */

struct helios_thread;

struct helios_thread_attr {
	size_t stack_size;		/* 0: HELIOS_THREAD_STACK */
	const char *name;		/* NULL: "thread" */
	bool has_priority;		/* false: as the maker */
	unsigned int priority, highest;
	bool has_fault;			/* false: process.thread_fault */
	helios_cap_t fault;		/* UNDEF: none */
};

/*
 * Make a thread that will run fn(arg); it does not run before
 * helios_thread_start().  attr may be NULL.  NOMEM, CSPACE_FULL, ACCESS
 * (priority); nothing is left behind on an error.
 */
enum helios_status helios_thread_new(struct helios_thread **out,
		void *(*fn)(void *), void *arg,
		const struct helios_thread_attr *attr);

/* Start it; BUSY if it was started already. */
enum helios_status helios_thread_start(struct helios_thread *thread);

/* new and start. */
enum helios_status helios_thread_spawn(struct helios_thread **out,
		void *(*fn)(void *), void *arg);

/*
 * Wait until the thread returns or exits, and free it.  *value (may be NULL)
 * is what it returned.  BUSY: not started, detached, joined by another
 * thread already, or the caller itself.
 */
enum helios_status helios_thread_join(struct helios_thread *thread,
		void **value);

/*
 * As join, until an absolute time: WOULD_BLOCK at the deadline, and the
 * thread is as it was.
 */
enum helios_status helios_thread_join_until(struct helios_thread *thread,
		uint64_t deadline, void **value);

/* Nobody will join it.  BUSY as above. */
enum helios_status helios_thread_detach(struct helios_thread *thread);

/* Free detached threads that have ended.  Returns how many have not. */
unsigned int helios_thread_reap(void);

/*
 * Stop it wherever it is and free it: what it held, it leaves as it was.
 * Not the caller, nor one that is being joined (BUSY).
 */
enum helios_status helios_thread_kill(struct helios_thread *thread);

/* End this thread.  The main thread ends the program with status 0. */
_Noreturn void helios_thread_exit(void *value);

/* The thread does not run when suspend returns. */
enum helios_status helios_thread_suspend(struct helios_thread *thread);
enum helios_status helios_thread_resume(struct helios_thread *thread);
enum helios_status helios_thread_set_fault(struct helios_thread *thread,
		helios_cap_t endpoint);
enum helios_status helios_thread_set_priority(struct helios_thread *thread,
		unsigned int priority, unsigned int highest);
enum helios_status helios_thread_set_name(struct helios_thread *thread,
		const char *name);

/* This thread; the main thread has one too. */
struct helios_thread *helios_thread_self(void);
/* Its task.  The thread owns the capability. */
helios_cap_t helios_thread_task(const struct helios_thread *thread);
/* The note that says it ended: for POLL only. */
helios_cap_t helios_thread_note(const struct helios_thread *thread);
/* true: it has returned or exited. */
bool helios_thread_ended(const struct helios_thread *thread);
/* Its stack: lowest address and size. */
void helios_thread_stack(const struct helios_thread *thread, void **base,
		size_t *size);

#endif
