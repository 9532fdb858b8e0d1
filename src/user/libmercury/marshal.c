/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words and bytes of messages, for the code that ipcgen writes: the first
 * four words are registers, the rest stands in the thread's IPC buffer.
 */
#include <mercury/ipc.h>

static ipc_status_t
failed(ipc_status_t status, uint64_t detail)
{
	helios_set_detail(detail);
	return status;
}

ipc_status_t
ipc_too_much(unsigned int word)
{
	return failed(HELIOS_INVALID_PARAM, word);
}

static void
store(struct helios_raw *r, unsigned int i, uint64_t word)
{
	switch (i) {
	case 0:
		r->rdx = word;
		break;
	case 1:
		r->r10 = word;
		break;
	case 2:
		r->r8 = word;
		break;
	case 3:
		r->r9 = word;
		break;
	default:
		helios_ipcbuf()->words[i] = word;
		break;
	}
}

/* Bytes from word i on, the last word filled up with zeros. */
static void
store_data(struct helios_raw *r, unsigned int i, const void *data, size_t len)
{
	const char *p = data;

	for (; len > 0 && i < HELIOS_MSG_REGS; i++) {
		size_t n = len < sizeof(uint64_t) ? len : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, p, n);
		store(r, i, word);
		p += n;
		len -= n;
	}
	if (len == 0)
		return;
	if (len % sizeof(uint64_t))
		helios_ipcbuf()->words[i + len / sizeof(uint64_t)] = 0;
	memcpy(&helios_ipcbuf()->words[i], p, len);
}

void
ipc_store_bytes(struct helios_raw *r, unsigned int at, const void *data,
		size_t len)
{
	store(r, at, len);
	store_data(r, at + 1, data, len);
}

void
ipc_store_words(struct helios_raw *r, unsigned int at, const uint64_t *words,
		unsigned int n)
{
	store_data(r, at, words, n * sizeof(*words));
}

void
ipc_load_words(const struct helios_raw *r, uint64_t *w)
{
	unsigned int n = helios_tag_nwords(r->rsi);

	w[0] = r->rdx;
	w[1] = r->r10;
	w[2] = r->r8;
	w[3] = r->r9;
	if (n > HELIOS_MSG_REGS)
		memcpy(w + HELIOS_MSG_REGS,
			&helios_ipcbuf()->words[HELIOS_MSG_REGS],
			(n - HELIOS_MSG_REGS) * sizeof(*w));
}

void
ipc_request_words(const struct ipc_request *rq, uint64_t *w)
{
	const struct helios_raw r = { rq->badge, rq->tag, rq->words[0],
		rq->words[1], rq->words[2], rq->words[3] };

	ipc_load_words(&r, w);
}

static bool
bytes_fit(uint64_t tag, const uint64_t *w, unsigned int at)
{
	return helios_tag_nwords(tag) > at && w[at] <= IPC_BYTES_MAX(at) &&
		helios_tag_nwords(tag) == at + ipc_bytes_words(w[at]);
}

bool
ipc_bytes_fit(const struct ipc_request *rq, const uint64_t *w,
		unsigned int at)
{
	return bytes_fit(rq->tag, w, at);
}

ipc_status_t
ipc_take_bytes(const struct helios_raw *r, const uint64_t *w,
		unsigned int at, void *out, size_t *len)
{
	if (!bytes_fit(r->rsi, w, at))
		return ipc_bad_reply(r);
	if (!len)
		return HELIOS_OK;
	if (w[at] > *len)
		return failed(IPC_TOO_LONG, w[at]);
	*len = (size_t)w[at];
	memcpy(out, w + at + 1, *len);
	return HELIOS_OK;
}

ipc_status_t
ipc_take_words(const struct helios_raw *r, const uint64_t *w,
		unsigned int at, uint64_t *out, unsigned int *n)
{
	unsigned int came = helios_tag_nwords(r->rsi) - at;

	if (!n)
		return HELIOS_OK;
	if (came > *n)
		return failed(IPC_TOO_LONG, came);
	*n = came;
	memcpy(out, w + at, came * sizeof(*w));
	return HELIOS_OK;
}

/* Straight from where the bytes came: they are the result of a read. */
ipc_status_t
ipc_load_bytes(const struct helios_raw *r, void *out, size_t *len)
{
	const uint64_t head[] = { r->rdx, r->r10, r->r8, r->r9 };
	const size_t inside = sizeof(head) - sizeof(head[0]);
	size_t n;

	if (!bytes_fit(r->rsi, head, 0))
		return ipc_bad_reply(r);
	if (!len)
		return HELIOS_OK;
	n = (size_t)head[0];
	if (n > *len) {
		ipc_bad_reply(r);
		return failed(IPC_TOO_LONG, n);
	}
	*len = n;
	if (n == 0)
		return HELIOS_OK;
	memcpy(out, head + 1, n < inside ? n : inside);
	if (n > inside)
		memcpy((char *)out + inside,
			&helios_ipcbuf()->words[HELIOS_MSG_REGS], n - inside);
	return HELIOS_OK;
}

ipc_status_t
ipc_bad_reply(const struct helios_raw *r)
{
	unsigned int i, ncaps = helios_tag_ncaps(r->rsi);
	helios_cap_t caps[HELIOS_MSG_CAPS];

	/* Each DESTROY is a message, and may use the buffer. */
	if (ncaps)
		memcpy(caps, helios_ipcbuf()->caps, ncaps * sizeof(caps[0]));
	for (i = 0; i < ncaps; i++)
		helios_destroy(caps[i]);
	return failed(IPC_MALFORMED, helios_tag_nwords(r->rsi));
}

/* All of them before the first DESTROY, which may use the buffer. */
void
ipc_take_caps(helios_cap_t *const *outs, unsigned int n)
{
	helios_cap_t caps[HELIOS_MSG_CAPS];
	unsigned int i;

	memcpy(caps, helios_ipcbuf()->caps, n * sizeof(caps[0]));
	for (i = 0; i < n; i++)
		if (outs[i])
			*outs[i] = caps[i];
		else
			helios_destroy(caps[i]);
}

bool
ipc_is_answered(struct ipc_request *rq, ipc_status_t status)
{
	if (!rq->deferred && status)
		ipc_fail(rq, status);
	return rq->deferred || status;
}

ipc_status_t
ipc_send_error(helios_cap_t reply, ipc_status_t status, uint64_t payload)
{
	struct helios_raw r = { .rsi = helios_tag(status, 1, 0),
		.rdx = payload };

	return ipc_send_reply(reply, &r);
}

const char *
ipc_strerror(ipc_status_t status)
{
	switch (status) {
	case IPC_MALFORMED:
		return "ipc::malformed";
	case IPC_NOMETHOD:
		return "ipc::nomethod";
	case IPC_TOO_LONG:
		return "ipc::too_long";
	default:
		return helios_strerror((enum helios_status)status);
	}
}
