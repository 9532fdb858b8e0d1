/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests and replies, for the code that ipcgen writes.
 *
 * Words 0-3 are only ever in registers (struct helios_raw), the rest and the
 * capabilities only in the thread's IPC buffer: nothing is copied that the
 * kernel does not copy.  A turn of a server, reply and next request, is one
 * system call.
 *
 * The accept list belongs to the thread.  ipc_receive() and its like set it
 * as they need it and leave it; ipc_call() borrows it and puts it back, so
 * that a server may make calls while it works on a request.  Whoever sets it
 * with helios_accept() to slots of his own choice does not receive by these
 * functions in that thread.
 */
#include <mercury/ipc.h>

/* Neither bits of a note nor a fault. */
static bool
is_message(uint64_t tag)
{
	return !(tag & (HELIOS_TAG_NOTE | HELIOS_TAG_FAULT));
}

static ipc_status_t
failed(ipc_status_t status, uint64_t detail)
{
	helios_set_detail(detail);
	return status;
}

/* A task that takes no capabilities may do without an IPC buffer. */
static void
set_accept(unsigned int count)
{
	struct helios_ipcbuf *buf = helios_ipcbuf();

	if (buf && buf->accept_count != count)
		helios_accept(count, NULL);
}

/* Capabilities that nobody wants.  A slot that is emptied is all there is to
 * it: their sender may have revoked them already. */
static void
drop(const helios_cap_t *caps, unsigned int ncaps)
{
	unsigned int i;

	for (i = 0; i < ncaps; i++)
		if (caps[i] != HELIOS_CADDR_UNDEF)
			helios_destroy(caps[i]);
}

/*
 * Servers
 */

static enum helios_status
received(uint64_t status, struct ipc_request *rq, const struct helios_raw *r)
{
	if (status != HELIOS_OK)
		return failed((ipc_status_t)status, r->rdx);
	rq->tag = r->rsi;
	rq->badge = r->rdi;
	rq->words[0] = r->rdx;
	rq->words[1] = r->r10;
	rq->words[2] = r->r8;
	rq->words[3] = r->r9;
	rq->payload = 0;
	rq->deferred = false;
	rq->nout = 0;
	rq->ncaps = helios_tag_ncaps(r->rsi);
	if (rq->ncaps)
		memcpy(rq->caps, helios_ipcbuf()->caps,
				rq->ncaps * sizeof(rq->caps[0]));
	return HELIOS_OK;
}

static enum helios_status
receive(uint64_t nr, helios_cap_t endpoint, unsigned int accept,
		struct ipc_request *rq)
{
	struct helios_raw r = { .rdi = endpoint };

	set_accept(accept);
	return received(helios_raw(nr, &r), rq, &r);
}

enum helios_status
ipc_receive(helios_cap_t endpoint, unsigned int accept,
		struct ipc_request *rq)
{
	return receive(HELIOS_SYS_RECV, endpoint, accept, rq);
}

enum helios_status
ipc_receive_now(helios_cap_t endpoint, unsigned int accept,
		struct ipc_request *rq)
{
	return receive(HELIOS_SYS_NBRECV, endpoint, accept, rq);
}

/* The capabilities of a reply have to be in the buffer, and in the tag. */
static void
load_caps(struct ipc_request *rq)
{
	memcpy(helios_ipcbuf()->caps, rq->out,
			rq->nout * sizeof(rq->out[0]));
	rq->reply.rsi &= ~(HELIOS_TAG_NCAPS_MASK << HELIOS_TAG_NCAPS_SHIFT);
	rq->reply.rsi |= (uint64_t)rq->nout << HELIOS_TAG_NCAPS_SHIFT;
}

/*
 * Is what failed the reply?  Then nothing was done, and there is a request
 * to be received yet.  Else it was the RECV, or will fail as the RECV, too.
 */
static bool
not_received(uint64_t status)
{
	return status != HELIOS_OK && status != HELIOS_CANCELED;
}

enum helios_status
ipc_reply_receive(helios_cap_t endpoint, unsigned int accept,
		struct ipc_request *rq)
{
	uint64_t status;

	if (rq->deferred || !is_message(rq->tag))
		return ipc_receive(endpoint, accept, rq);
	if (rq->nout)
		load_caps(rq);
	set_accept(accept);
	rq->reply.rdi = endpoint;
	status = helios_raw(HELIOS_SYS_REPLY_RECV, &rq->reply);
	if (not_received(status))
		return ipc_receive(endpoint, accept, rq);
	return received(status, rq, &rq->reply);
}

enum helios_status
ipc_reply(struct ipc_request *rq)
{
	uint64_t status;

	if (rq->nout)
		load_caps(rq);
	status = helios_raw(HELIOS_SYS_REPLY, &rq->reply);
	if (status != HELIOS_OK)
		return failed((ipc_status_t)status, rq->reply.rdx);
	return HELIOS_OK;
}

enum helios_status
ipc_defer(struct ipc_request *rq, helios_cap_t *reply)
{
	enum helios_status status = helios_store_reply(reply);

	rq->deferred = status == HELIOS_OK;
	return status;
}

bool
ipc_all_pages(const helios_cap_t *caps, unsigned int ncaps)
{
	uint64_t what;
	unsigned int i;

	for (i = 0; i < ncaps; i++)
		if (helios_identify(caps[i], &what) != HELIOS_OK ||
				HELIOS_IDENTIFY_TYPE(what) != HELIOS_PAGE)
			return false;
	return true;
}

void
ipc_drop_caps(struct ipc_request *rq)
{
	if (!rq->ncaps)
		return;
	drop(rq->caps, rq->ncaps);
	/* A second time there is nothing left to destroy. */
	rq->ncaps = 0;
}

void
ipc_fail(struct ipc_request *rq, ipc_status_t error)
{
	rq->nout = 0;
	rq->reply.rsi = helios_tag(error, 1, 0);
	rq->reply.rdx = rq->payload;
}

void
ipc_malformed(struct ipc_request *rq, unsigned int word)
{
	ipc_drop_caps(rq);
	rq->payload = word;
	ipc_fail(rq, IPC_MALFORMED);
}

void
ipc_no_method(struct ipc_request *rq)
{
	ipc_drop_caps(rq);
	rq->payload = helios_tag_label(rq->tag);
	ipc_fail(rq, IPC_NOMETHOD);
}

/*
 * Clients
 */

/*
 * What came as a reply.  Errors carry no capabilities, and results as many
 * as the caller asked for.  Labels that are no errors of the protocol's do
 * not become statuses of the kernel.
 */
static ipc_status_t
replied(const struct helios_raw *r, unsigned int ncaps)
{
	uint64_t label = helios_tag_label(r->rsi);

	if (!label && helios_tag_ncaps(r->rsi) == ncaps)
		return HELIOS_OK;
	ipc_bad_reply(r);		/* destroys what came */
	if (!label)
		return failed(IPC_MALFORMED, IPC_PAYLOAD_CAPS);
	if (label < IPC_ERRORS || label > UINT32_MAX)
		return failed(IPC_MALFORMED, 0);
	return failed((ipc_status_t)label, r->rdx);
}

static uint64_t
call_accepting(struct helios_raw *r, struct helios_ipcbuf *buf,
		unsigned int accept)
{
	helios_cap_t saved[HELIOS_MSG_CAPS];
	uint32_t count = buf->accept_count;
	unsigned int keep = count < accept ? count : accept;
	uint64_t status;

	memcpy(saved, buf->accept, keep * sizeof(saved[0]));
	helios_accept(accept, NULL);
	status = helios_raw(HELIOS_SYS_CALL, r);
	memcpy(buf->accept, saved, keep * sizeof(saved[0]));
	buf->accept_count = count;
	return status;
}

ipc_status_t
ipc_call(struct ipc_client *c, struct helios_raw *r, unsigned int accept)
{
	struct helios_ipcbuf *buf = helios_ipcbuf();
	uint64_t status;

	r->rdi = c->cap;
	if (!buf || buf->accept_count == accept)
		status = helios_raw(HELIOS_SYS_CALL, r);
	else
		status = call_accepting(r, buf, accept);
	if (status != HELIOS_OK)
		return failed((ipc_status_t)status, r->rdx);
	return replied(r, accept);
}

ipc_status_t
ipc_send(struct ipc_client *c, struct helios_raw *r)
{
	uint64_t status;

	r->rdi = c->cap;
	status = helios_raw(HELIOS_SYS_SEND, r);
	return status == HELIOS_OK ? HELIOS_OK :
		failed((ipc_status_t)status, r->rdx);
}

ipc_status_t
ipc_event(struct ipc_client *c, struct helios_raw *r, uint64_t label)
{
	uint64_t status;

	set_accept(0);
	r->rdi = c->cap;
	status = helios_raw(HELIOS_SYS_RECV, r);
	if (status != HELIOS_OK)
		return failed((ipc_status_t)status, r->rdx);
	if (!is_message(r->rsi) || helios_tag_label(r->rsi) != label)
		return failed(IPC_MALFORMED, 0);
	return HELIOS_OK;
}

/* Among the capabilities that went along another one may have been revoked:
 * that is not the connection's. */
bool
ipc_again(struct ipc_client *c, ipc_status_t status)
{
	helios_cap_t dead = c->cap;

	if (status != HELIOS_REVOKED || !c->reconnect ||
			helios_detail() != dead)
		return false;
	if (!c->reconnect(c))
		return true;
	helios_set_detail(dead);
	return false;
}

ipc_status_t
ipc_send_reply(helios_cap_t reply, struct helios_raw *r)
{
	uint64_t status;

	r->rdi = reply;
	status = helios_raw(HELIOS_SYS_SEND, r);
	if (status == HELIOS_OK)
		return HELIOS_OK;
	helios_destroy(reply);
	return failed((ipc_status_t)status, r->rdx);
}
