/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime of mercury/ipc.h, without a kernel.  It is as hostile as the
 * real one may be: registers beyond a message's words hold rubbish, and each
 * capability that is destroyed, each message that is sent, overwrites the IPC
 * buffer.
 */
#include <string.h>

#include "harness.h"

#define RUBBISH		0xdeadbeefcafef00dull
#define RUBBISH_CAP	0xdeadbeefu

struct fake fake;

static struct helios_ipcbuf buffer;

void
fake_reset(void)
{
	fake = (struct fake){ .answered = false };
	seen = (struct seen){ .functions = 0 };
	give = (struct give){ .status = HELIOS_OK };
}

struct helios_ipcbuf *
helios_ipcbuf(void)
{
	return &buffer;
}

static void
scramble(void)
{
	unsigned int i;

	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		buffer.words[i] = RUBBISH;
	for (i = 0; i < HELIOS_MSG_CAPS; i++)
		buffer.caps[i] = RUBBISH_CAP;
}

/* What stands in registers and buffer, as a message. */
static void
collect(struct message *m, const struct helios_raw *r)
{
	const uint64_t regs[] = { r->rdx, r->r10, r->r8, r->r9 };
	unsigned int i, n = helios_tag_nwords(r->rsi);

	m->tag = r->rsi;
	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		m->words[i] = i >= n ? RUBBISH : i < HELIOS_MSG_REGS ?
			regs[i] : buffer.words[i];
	memcpy(m->caps, buffer.caps, sizeof(m->caps));
	scramble();
}

static void
deliver(const struct message *m, struct helios_raw *r)
{
	scramble();
	r->rdi = 0;
	r->rsi = m->tag;
	r->rdx = m->words[0];
	r->r10 = m->words[1];
	r->r8 = m->words[2];
	r->r9 = m->words[3];
	memcpy(&buffer.words[HELIOS_MSG_REGS], &m->words[HELIOS_MSG_REGS],
			sizeof(m->words) - sizeof(uint64_t) * HELIOS_MSG_REGS);
	memcpy(buffer.caps, m->caps, sizeof(m->caps));
}

void
fake_serve(void)
{
	struct ipc_request rq = { .badge = 1 };
	struct helios_raw r;

	deliver(&fake.request, &r);
	rq.tag = r.rsi;
	rq.words[0] = r.rdx;
	rq.words[1] = r.r10;
	rq.words[2] = r.r8;
	rq.words[3] = r.r9;
	rq.ncaps = helios_tag_ncaps(rq.tag);
	memcpy(rq.caps, buffer.caps, sizeof(rq.caps));
	fake.late = 0;
	roundtrip_all_dispatch(&server, &rq);
	fake.answered = !rq.deferred || fake.late;
	if (rq.deferred)
		return;
	/* As ipc_reply() does: the number of capabilities is nout. */
	memcpy(buffer.caps, rq.out, sizeof(rq.out));
	rq.reply.rsi &= ~(HELIOS_TAG_NCAPS_MASK << HELIOS_TAG_NCAPS_SHIFT);
	rq.reply.rsi |= (uint64_t)rq.nout << HELIOS_TAG_NCAPS_SHIFT;
	collect(&fake.reply, &rq.reply);
}

static ipc_status_t
failed(ipc_status_t status, uint64_t detail)
{
	fake.detail = detail;
	return status;
}

/* The way to the server is interrupted, perhaps. */
static bool
is_lost(const struct ipc_client *c, const struct helios_raw *r,
		struct message *m)
{
	fake.messages++;
	collect(m, r);
	fake.detail = c->cap;
	return fake.lost && fake.lost--;
}

ipc_status_t
ipc_call(struct ipc_client *c, struct helios_raw *r, unsigned int accept)
{
	uint64_t label;

	if (is_lost(c, r, &fake.request))
		return HELIOS_REVOKED;
	fake_serve();
	if (!fake.answered)
		return failed(HELIOS_CANCELED, 0);
	if (fake.change)
		fake.change(&fake.reply);
	deliver(&fake.reply, r);
	label = helios_tag_label(r->rsi);
	if (label)
		return failed((ipc_status_t)label, r->rdx);
	if (helios_tag_ncaps(r->rsi) != accept)
		return failed(IPC_MALFORMED, IPC_PAYLOAD_CAPS);
	return HELIOS_OK;
}

ipc_status_t
ipc_send(struct ipc_client *c, struct helios_raw *r)
{
	if (c->cap == EVENTS_CAP) {
		collect(&fake.event, r);
		return HELIOS_OK;
	}
	if (is_lost(c, r, &fake.request))
		return HELIOS_REVOKED;
	fake_serve();
	return HELIOS_OK;
}

ipc_status_t
ipc_event(struct ipc_client *c, struct helios_raw *r, uint64_t label)
{
	CHECK(c->cap == EVENTS_CAP);
	deliver(&fake.event, r);
	return helios_tag_label(r->rsi) == label ? HELIOS_OK :
		failed(IPC_MALFORMED, 0);
}

bool
ipc_again(struct ipc_client *c, ipc_status_t status)
{
	if (status != HELIOS_REVOKED || !c->reconnect)
		return false;
	scramble();
	return c->reconnect(c) == HELIOS_OK;
}

ipc_status_t
ipc_send_reply(helios_cap_t reply, struct helios_raw *r)
{
	CHECK(reply == REPLY_CAP);
	fake.late++;
	collect(&fake.reply, r);
	return HELIOS_OK;
}

enum helios_status
ipc_defer(struct ipc_request *rq, helios_cap_t *reply)
{
	scramble();
	*reply = REPLY_CAP;
	rq->deferred = true;
	return HELIOS_OK;
}

void
ipc_drop_caps(struct ipc_request *rq)
{
	unsigned int i;

	for (i = 0; i < rq->ncaps; i++)
		if (rq->caps[i] != HELIOS_CADDR_UNDEF)
			helios_destroy(rq->caps[i]);
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
 * libhelios
 */

enum helios_status
helios_destroy(helios_cap_t cap)
{
	CHECK(cap != RUBBISH_CAP && !was_destroyed(cap));
	if (fake.ndestroyed < sizeof(fake.destroyed) / sizeof(cap))
		fake.destroyed[fake.ndestroyed++] = cap;
	scramble();
	return HELIOS_OK;
}

bool
was_destroyed(helios_cap_t cap)
{
	unsigned int i;

	for (i = 0; i < fake.ndestroyed; i++)
		if (fake.destroyed[i] == cap)
			return true;
	return false;
}

void
helios_set_detail(uint64_t detail)
{
	fake.detail = detail;
}

uint64_t
helios_detail(void)
{
	return fake.detail;
}

const char *
helios_strerror(enum helios_status status)
{
	return status == HELIOS_NOMEM ? "of the library" : "?";
}
