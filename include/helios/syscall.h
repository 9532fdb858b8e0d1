/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls (x86_64).
 *
 *	in	%rax number  %rdi caddr  %rsi tag  %rdx %r10 %r8 %r9 words 0-3
 *	out	%rax status  %rdi badge  %rsi tag  %rdx %r10 %r8 %r9 words 0-3
 *
 * %rcx and %r11 are clobbered, as by the instruction.  All other general
 * registers are preserved.  Programs enter through the pointer in the
 * HELIOS_AT_ENTRY aux entry where there is one: a jump with the return
 * address in %rcx, which also clobbers vector registers and flags.  Where
 * there is none they execute SYSCALL.
 *
 * Of a call that succeeds, the output registers its comment does not name
 * are unchanged, except that a call which returns a message sets all of
 * %rdi, %rsi and the four word registers (words past its count are 0).
 */
#ifndef HELIOS_SYSCALL_H
#define HELIOS_SYSCALL_H

#include <helios/types.h>

enum helios_syscall {
	/*
	 * Write %rsi bytes at %rdi to the kernel console.
	 * Out: %rdx bytes written, at most HELIOS_WRITECONS_MAX, and fewer
	 * than asked for if an interrupt came meanwhile.
	 * ACCESS without the task's WRITECONS flag; INVALID_PARAM if any
	 * part is not mapped readable: then nothing is written.
	 */
	HELIOS_SYS_WRITECONS = 0,
	/* Give the processor to the next task of the same priority. */
	HELIOS_SYS_YIELD = 1,
	/*
	 * What is at caddr %rdi?  Out: %rdx bits 0-7 as upstream defines
	 * (0 SEND, 1 RECV, 2-7 type), rights above: see object.h.  A Null
	 * slot is no error; a Dead one is type HELIOS_DEAD.
	 */
	HELIOS_SYS_IDENTIFY = 2,
	/*
	 * Send a message and wait until it is taken.  To a Reply: answer
	 * it, and the slot empties.  To a Note: signal; the message is
	 * ignored.  Needs SEND, and GRANT to carry capabilities.
	 */
	HELIOS_SYS_SEND = 3,
	/*
	 * Wait for a message.  Needs RECV.  On a Note: as WAIT.  If the
	 * task's bound Note has bits, or gets some, those arrive instead:
	 * the tag has the note bit, word 0 the bits.  A caller that is
	 * still owed a reply by this task gets CANCELED.
	 */
	HELIOS_SYS_RECV = 4,
	/*
	 * Send a message and wait for its reply.  On a kernel object: the
	 * operation named by the label, with its results as the reply.
	 */
	HELIOS_SYS_CALL = 5,
	/* Answer the call or fault received last; never waits.  No caddr. */
	HELIOS_SYS_REPLY = 6,
	/*
	 * REPLY, then RECV on %rdi, as one.  A status of the reply part
	 * (its message is bad; nobody to answer) means that nothing was
	 * done.
	 */
	HELIOS_SYS_REPLY_RECV = 7,
	/* SEND if a receiver waits already, else WOULD_BLOCK. */
	HELIOS_SYS_NBSEND = 8,
	/* RECV if a message or note waits already, else WOULD_BLOCK. */
	HELIOS_SYS_NBRECV = 9,
	/* Signal Note %rdi: OR its badge (unbadged: bit 0) into the word. */
	HELIOS_SYS_SIGNAL = 10,
	/* Wait until Note %rdi has bits; take and clear them. Out: %rdx. */
	HELIOS_SYS_WAIT = 11,
	/* WAIT if there are bits, else WOULD_BLOCK. */
	HELIOS_SYS_NBWAIT = 12,
	/*
	 * Wait until one of %rsi (0 to HELIOS_POLL_MAX) entries of
	 * struct helios_poll at %rdi is ready, or until the absolute time
	 * %rdx in ns (0: just look; HELIOS_FOREVER: no deadline).
	 * Out: %rdx entries ready, each with revents; 0 at the deadline.
	 * Readiness only: nothing is received.  Errors of an entry name it
	 * as the detail.
	 */
	HELIOS_SYS_POLL = 13,
	/* Out: %rdx nanoseconds since boot. */
	HELIOS_SYS_CLOCK = 14,
	/*
	 * End this task: a fault of kind EXIT with %rdi as its status.
	 * Never returns unless the supervisor resumes the task.
	 */
	HELIOS_SYS_EXIT = 15,
	HELIOS_SYS_COUNT
};

#define HELIOS_WRITECONS_MAX	4096
#define HELIOS_POLL_MAX		16

#define HELIOS_POLL_RECV	1u	/* a message or bits wait */
#define HELIOS_POLL_SEND	2u	/* a receiver waits (endpoints) */

struct helios_poll {
	helios_cap_t caddr;
	uint16_t events;	/* HELIOS_POLL_*, at least one */
	uint16_t revents;	/* out */
};

#endif
