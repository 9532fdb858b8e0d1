/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: between struct helios_msg, the registers and the IPC buffer.
 *
 * Nothing is kept in the IPC buffer between calls except the accept list, so
 * that a thread's calls nest (a helper that invokes the kernel between two
 * steps of an exchange spoils nothing).
 */
#include "internal.h"

static unsigned int
at_most(unsigned int n, unsigned int max)
{
	return n < max ? n : max;
}

struct helios_ipcbuf *
helios_ipcbuf(void)
{
	return helios_tls.ipcbuf;
}

/*
 * Words and capabilities out.  Counts above what a message holds are the
 * kernel's to refuse; so is a missing IPC buffer.
 */
static void
load(const struct helios_msg *msg, helios_cap_t cap, struct helios_raw *r)
{
	unsigned int n = at_most(helios_tag_nwords(msg->tag),
			HELIOS_MSG_WORDS);
	unsigned int ncaps = at_most(helios_tag_ncaps(msg->tag),
			HELIOS_MSG_CAPS);
	struct helios_ipcbuf *buf = helios_tls.ipcbuf;

	*r = (struct helios_raw){
		.rdi = cap,
		.rsi = msg->tag,
		.rdx = n > 0 ? msg->words[0] : 0,
		.r10 = n > 1 ? msg->words[1] : 0,
		.r8 = n > 2 ? msg->words[2] : 0,
		.r9 = n > 3 ? msg->words[3] : 0,
	};
	if (!buf)
		return;
	if (n > HELIOS_MSG_REGS)
		memcpy(&buf->words[HELIOS_MSG_REGS],
				&msg->words[HELIOS_MSG_REGS],
				(n - HELIOS_MSG_REGS) * sizeof(uint64_t));
	if (ncaps)
		memcpy(buf->caps, msg->caps, ncaps * sizeof(helios_cap_t));
}

static void
store(struct helios_msg *msg, const struct helios_raw *r)
{
	unsigned int n = at_most(helios_tag_nwords(r->rsi), HELIOS_MSG_WORDS);
	unsigned int ncaps = at_most(helios_tag_ncaps(r->rsi),
			HELIOS_MSG_CAPS);
	const struct helios_ipcbuf *buf = helios_tls.ipcbuf;
	const uint64_t regs[HELIOS_MSG_REGS] = {
		r->rdx, r->r10, r->r8, r->r9
	};

	msg->badge = r->rdi;
	msg->tag = r->rsi;
	memcpy(msg->words, regs,
			at_most(n, HELIOS_MSG_REGS) * sizeof(uint64_t));
	if (!buf)
		return;
	if (n > HELIOS_MSG_REGS)
		memcpy(&msg->words[HELIOS_MSG_REGS],
				&buf->words[HELIOS_MSG_REGS],
				(n - HELIOS_MSG_REGS) * sizeof(uint64_t));
	if (ncaps)
		memcpy(msg->caps, buf->caps, ncaps * sizeof(helios_cap_t));
}

static enum helios_status
out_only(uint64_t nr, helios_cap_t cap, const struct helios_msg *msg)
{
	struct helios_raw r;
	uint64_t status;

	load(msg, cap, &r);
	status = helios_raw(nr, &r);
	return result(status, r.rdx);
}

static enum helios_status
in_only(uint64_t nr, helios_cap_t cap, struct helios_msg *msg)
{
	struct helios_raw r = { .rdi = cap };
	uint64_t status = helios_raw(nr, &r);

	if (status == HELIOS_OK)
		store(msg, &r);
	return result(status, r.rdx);
}

static enum helios_status
both(uint64_t nr, helios_cap_t cap, struct helios_msg *msg)
{
	struct helios_raw r;
	uint64_t status;

	load(msg, cap, &r);
	status = helios_raw(nr, &r);
	if (status == HELIOS_OK)
		store(msg, &r);
	return result(status, r.rdx);
}

enum helios_status
helios_send(helios_cap_t cap, const struct helios_msg *msg)
{
	return out_only(HELIOS_SYS_SEND, cap, msg);
}

enum helios_status
helios_nbsend(helios_cap_t cap, const struct helios_msg *msg)
{
	return out_only(HELIOS_SYS_NBSEND, cap, msg);
}

enum helios_status
helios_recv(helios_cap_t cap, struct helios_msg *msg)
{
	return in_only(HELIOS_SYS_RECV, cap, msg);
}

enum helios_status
helios_nbrecv(helios_cap_t cap, struct helios_msg *msg)
{
	return in_only(HELIOS_SYS_NBRECV, cap, msg);
}

enum helios_status
helios_call(helios_cap_t cap, struct helios_msg *msg)
{
	return both(HELIOS_SYS_CALL, cap, msg);
}

enum helios_status
helios_reply(const struct helios_msg *msg)
{
	return out_only(HELIOS_SYS_REPLY, 0, msg);
}

enum helios_status
helios_reply_recv(helios_cap_t cap, struct helios_msg *msg)
{
	return both(HELIOS_SYS_REPLY_RECV, cap, msg);
}

void
helios_accept(unsigned int count, const helios_cap_t *dests)
{
	struct helios_ipcbuf *buf = helios_tls.ipcbuf;
	unsigned int i;

	if (count > HELIOS_MSG_CAPS)
		count = HELIOS_MSG_CAPS;
	for (i = 0; i < count; i++)
		buf->accept[i] = dests ? dests[i] : HELIOS_CADDR_UNDEF;
	buf->accept_count = count;
}

enum helios_status
helios_invoke(helios_cap_t cap, uint64_t label, const uint64_t *in,
		unsigned int nin, uint64_t *out, unsigned int nout)
{
	struct helios_ipcbuf *buf = helios_tls.ipcbuf;
	struct helios_raw r = {
		.rdi = cap,
		.rsi = helios_tag(label, nin, 0),
		.rdx = nin > 0 ? in[0] : 0,
		.r10 = nin > 1 ? in[1] : 0,
		.r8 = nin > 2 ? in[2] : 0,
		.r9 = nin > 3 ? in[3] : 0,
	};
	uint64_t status, regs[HELIOS_MSG_REGS];
	unsigned int i, n;

	for (i = HELIOS_MSG_REGS; buf && i < nin && i < HELIOS_MSG_WORDS; i++)
		buf->words[i] = in[i];
	status = helios_raw(HELIOS_SYS_CALL, &r);
	if (status != HELIOS_OK)
		return failed((enum helios_status)status, r.rdx);
	regs[0] = r.rdx;
	regs[1] = r.r10;
	regs[2] = r.r8;
	regs[3] = r.r9;
	n = helios_tag_nwords(r.rsi);
	for (i = 0; i < nout; i++) {
		if (i >= n || (i >= HELIOS_MSG_REGS && !buf))
			out[i] = 0;
		else
			out[i] = i < HELIOS_MSG_REGS ? regs[i] : buf->words[i];
	}
	return HELIOS_OK;
}

enum helios_status
helios_signal(helios_cap_t note)
{
	struct helios_raw r = { .rdi = note };
	uint64_t status = helios_raw(HELIOS_SYS_SIGNAL, &r);

	return result(status, r.rdx);
}

static enum helios_status
take(uint64_t nr, helios_cap_t note, uint64_t *bits)
{
	struct helios_raw r = { .rdi = note };
	uint64_t status = helios_raw(nr, &r);

	if (status == HELIOS_OK)
		*bits = r.rdx;
	return result(status, r.rdx);
}

enum helios_status
helios_wait(helios_cap_t note, uint64_t *bits)
{
	return take(HELIOS_SYS_WAIT, note, bits);
}

enum helios_status
helios_nbwait(helios_cap_t note, uint64_t *bits)
{
	return take(HELIOS_SYS_NBWAIT, note, bits);
}

enum helios_status
helios_poll(struct helios_poll *entries, unsigned int count,
		uint64_t deadline, unsigned int *ready)
{
	struct helios_raw r = {
		.rdi = (uint64_t)entries, .rsi = count, .rdx = deadline
	};
	uint64_t status = helios_raw(HELIOS_SYS_POLL, &r);

	if (status == HELIOS_OK && ready)
		*ready = (unsigned int)r.rdx;
	return result(status, r.rdx);
}

/* Others may wait on the note too: what poll saw may be gone. */
enum helios_status
helios_wait_until(helios_cap_t note, uint64_t deadline, uint64_t *bits)
{
	struct helios_poll p = { note, HELIOS_POLL_RECV, 0 };
	enum helios_status status;
	unsigned int ready = 0;

	do {
		status = helios_poll(&p, 1, deadline, &ready);
		if (status != HELIOS_OK)
			return status;
		status = helios_nbwait(note, bits);
	} while (status == HELIOS_WOULD_BLOCK && ready);
	return status;
}

uint64_t
helios_clock(void)
{
	return helios_raw_clock();
}

enum helios_status
helios_sleep_until(uint64_t deadline)
{
	return helios_poll(NULL, 0, deadline, NULL);
}

enum helios_status
helios_sleep(uint64_t ns)
{
	uint64_t now = helios_clock();

	return helios_sleep_until(ns < HELIOS_FOREVER - now ? now + ns :
			HELIOS_FOREVER);
}

void
helios_yield(void)
{
	helios_raw_yield();
}

enum helios_status
helios_writecons(const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		size_t n = len < HELIOS_WRITECONS_MAX ? len :
			HELIOS_WRITECONS_MAX;
		struct helios_raw r = { .rdi = (uint64_t)p, .rsi = n };
		uint64_t status = helios_raw(HELIOS_SYS_WRITECONS, &r);

		if (status != HELIOS_OK)
			return failed((enum helios_status)status, r.rdx);
		p += r.rdx;
		len -= r.rdx;
	}
	return HELIOS_OK;
}
