/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages, notes, time and the console.
 *
 * These work on struct helios_msg, in the program's own memory; the library
 * moves what does not travel in registers through the thread's IPC buffer,
 * which belongs to the library between calls (but for the accept list).
 */
#ifndef HELIOS_USER_IPC_H
#define HELIOS_USER_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <helios/error.h>
#include <helios/message.h>
#include <helios/syscall.h>
#include <helios/types.h>

/*
 * The tag says how many words and caps count; the rest is not read and, on
 * arrival, not written.
 */
struct helios_msg {
	uint64_t tag;
	uint64_t badge;			/* received only */
	uint64_t words[HELIOS_MSG_WORDS];
	helios_cap_t caps[HELIOS_MSG_CAPS];
};

/* Start a message; words and caps are filled in by the caller. */
static inline void
helios_msg_start(struct helios_msg *msg, uint64_t label, unsigned int nwords,
		unsigned int ncaps)
{
	msg->tag = helios_tag(label, nwords, ncaps);
	msg->badge = 0;
}

/*
 * SEND, NBSEND: deliver to an Endpoint, or answer a Reply (its slot then
 * empties).  Blocks until taken; NBSEND gives WOULD_BLOCK instead.
 */
enum helios_status helios_send(helios_cap_t cap, const struct helios_msg *msg);
enum helios_status helios_nbsend(helios_cap_t cap,
		const struct helios_msg *msg);

/* Receive into *msg.  Capabilities come only if helios_accept() said so. */
enum helios_status helios_recv(helios_cap_t cap, struct helios_msg *msg);
enum helios_status helios_nbrecv(helios_cap_t cap, struct helios_msg *msg);

/*
 * Send *msg and wait for the reply, which replaces it.  When the status is
 * not HELIOS_OK, *msg is as it was.
 */
enum helios_status helios_call(helios_cap_t cap, struct helios_msg *msg);

/* Answer the call or fault this thread received last.  Never blocks. */
enum helios_status helios_reply(const struct helios_msg *msg);

/* helios_reply(msg), then helios_recv(cap, msg), in one system call. */
enum helios_status helios_reply_recv(helios_cap_t cap,
		struct helios_msg *msg);

/*
 * Accept up to count (0 to 64) capabilities with each message from now on,
 * in this thread: into dests[], or wherever there is room (dests NULL).
 * 0, the default, refuses them.
 */
void helios_accept(unsigned int count, const helios_cap_t *dests);

/*
 * Invoke an operation of a kernel object: CALL with the label, nin words in
 * (0 to 64), at most nout words out; words that did not come are 0.  in and
 * out may be the same array.
 */
enum helios_status helios_invoke(helios_cap_t cap, uint64_t label,
		const uint64_t *in, unsigned int nin,
		uint64_t *out, unsigned int nout);

/* This thread's IPC buffer; NULL if it has none. */
struct helios_ipcbuf *helios_ipcbuf(void);

/* Notes.  bits may not be NULL; written on HELIOS_OK. */
enum helios_status helios_signal(helios_cap_t note);
enum helios_status helios_wait(helios_cap_t note, uint64_t *bits);
enum helios_status helios_nbwait(helios_cap_t note, uint64_t *bits);

/*
 * POLL: wait until one of count (0 to HELIOS_POLL_MAX) entries is ready or
 * until the absolute time deadline (0: just look, HELIOS_FOREVER: none).
 * *ready: entries with revents set; 0 when the deadline passed.  ready may
 * be NULL.
 */
enum helios_status helios_poll(struct helios_poll *entries,
		unsigned int count, uint64_t deadline, unsigned int *ready);

/*
 * Wait on a note until an absolute time.  WOULD_BLOCK at the deadline.
 */
enum helios_status helios_wait_until(helios_cap_t note, uint64_t deadline,
		uint64_t *bits);

/* Nanoseconds since boot. */
uint64_t helios_clock(void);

/* Sleep for so many nanoseconds. */
enum helios_status helios_sleep(uint64_t ns);
enum helios_status helios_sleep_until(uint64_t deadline);

/* Give the processor to the next task of the same priority. */
void helios_yield(void);

/*
 * Write to the kernel console, all of it (several system calls if longer
 * than HELIOS_WRITECONS_MAX).  ACCESS without the WRITECONS flag.
 */
enum helios_status helios_writecons(const void *data, size_t len);

#endif
