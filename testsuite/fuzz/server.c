/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Servers: what reaches a function is what the message says, nothing else
 * does; what it returns is in the reply; no capability stays behind.
 */
#include <string.h>

#include "calls.h"

#define ENDPOINT	5u
#define OUT_CAP		500u		/* the server's own */
#define ERROR		0x12345678u

static const struct call_table *table;
static const struct call_method *method;	/* of the label; or NULL */
static bool expected;				/* the message is valid */
static unsigned int calls;

/* What the function is to do. */
static struct {
	ipc_status_t status;
	uint64_t value, payload;
	size_t len;
	uint8_t keep;			/* which of its capabilities */
	bool defer;
	helios_cap_t reply;
} plan;

static void
make_plan(struct call_input *in)
{
	uint8_t how = call_byte(in);

	memset(&plan, 0, sizeof(plan));
	if (how % 4 == 0) {
		plan.status = ERROR;
		plan.payload = call_word(in);
	}
	plan.defer = how / 4 % 8 == 1;
	plan.keep = call_byte(in);
	plan.len = call_byte(in);
	plan.value = call_word(in);
}

static void
check_tail(const char *params, const void *tail, size_t len)
{
	unsigned int at = (unsigned int)strcspn(params, ".$");
	const uint64_t *words = kernel_in.words + at;

	if (!params[at])
		return;
	if (params[at] == '.') {
		fuzz_check(len == helios_tag_nwords(kernel_in.tag) - at);
		len *= 8;
	} else {
		fuzz_check(len == words[0]);
		words++;
	}
	fuzz_check(len == 0 || memcmp(tail, words, len) == 0);
}

ipc_status_t
server_got(struct ipc_request *rq, uint64_t label, const uint64_t *values,
		const void *tail, size_t len)
{
	struct helios_ipcbuf *buf = helios_ipcbuf();
	unsigned int i;

	calls++;
	fuzz_check(expected && method && label == method->label);
	fuzz_check(rq->ncaps == helios_tag_ncaps(kernel_in.tag));
	/* As a system call would: arguments do not lie in the buffer. */
	memset(buf->words, 0xd7, sizeof(buf->words));
	memset(buf->caps, 0xd7, sizeof(buf->caps));
	for (i = 0; method->params[i] && !strchr(".$", method->params[i]); i++)
		fuzz_check(values[i] == kernel_in.words[i]);
	check_tail(method->params, tail, len);
	for (i = 0; i < rq->ncaps; i++) {
		fuzz_check(kernel_has(rq->caps[i]));
		if (plan.keep >> i % 8 & 1) {
			kernel_keep(rq->caps[i]);
			rq->caps[i] = HELIOS_CADDR_UNDEF;
		}
	}
	rq->payload = plan.payload;
	if (plan.defer)
		fuzz_check(ipc_defer(rq, &plan.reply) == HELIOS_OK);
	return plan.status;
}

void
server_got_cap(helios_cap_t cap, unsigned int n)
{
	fuzz_check(n < helios_tag_ncaps(kernel_in.tag));
	fuzz_check(cap == kernel_in.caps[n]);
}

void
server_got_caps(const helios_cap_t *caps, unsigned int first,
		unsigned int count)
{
	unsigned int i;

	fuzz_check(first + count == helios_tag_ncaps(kernel_in.tag));
	for (i = 0; i < count; i++)
		server_got_cap(caps[i], first + i);
}

uint64_t
server_value(void)
{
	return plan.value;
}

void
server_bytes(void *result, size_t *len)
{
	fuzz_check(*len == IPC_BYTES_MAX(0));
	plan.len %= *len + 1;
	*len = plan.len;
	memset(result, (int)(plan.value & 0xff), plan.len);
}

helios_cap_t
server_cap(unsigned int n)
{
	return OUT_CAP + n;
}

static void
check_result(void)
{
	const struct call_message *m = &kernel_out;
	const uint8_t *bytes = (const uint8_t *)(m->words + 1);
	bool is_bytes = method->result[0] == '$';
	char letter = method->result[0];
	unsigned int i;

	fuzz_check(m->tag == helios_tag(0, call_nwords(method->result,
		is_bytes ? plan.len : 0), method->out));
	for (i = 0; i < method->out; i++)
		fuzz_check(m->caps[i] == server_cap(i));
	if (is_bytes) {
		fuzz_check(m->words[0] == plan.len);
		for (i = 0; i < plan.len; i++)
			fuzz_check(bytes[i] == (plan.value & 0xff));
	} else if (letter && (letter < 'A' || letter > 'Z')) {
		fuzz_check(m->words[0] == call_narrow(letter, plan.value));
	}
}

static void
check_reply(void)
{
	uint64_t tag = kernel_out.tag;

	if (!method) {
		fuzz_check(tag == helios_tag(IPC_NOMETHOD, 1, 0));
		fuzz_check(kernel_out.words[0] ==
			helios_tag_label(kernel_in.tag));
	} else if (!expected) {
		fuzz_check(tag == helios_tag(IPC_MALFORMED, 1, 0));
		fuzz_check(kernel_out.words[0] <= IPC_PAYLOAD_CAPS);
	} else if (plan.status) {
		fuzz_check(tag == helios_tag(plan.status, 1, 0));
		fuzz_check(kernel_out.words[0] == plan.payload);
	} else {
		check_result();
	}
}

/* A label of the table, one near it, or any. */
static uint64_t
pick_label(struct call_input *in)
{
	uint8_t n = call_byte(in);
	unsigned int i;
	uint64_t label;

	if (n < 240)
		label = table->methods[n % table->count].label;
	else if (n < 248)
		label = table->methods[n % table->count].label + (n & 1) + 1;
	else
		label = call_word(in) & UINT64_MAX >> 16;
	method = NULL;
	for (i = 0; i < table->count; i++)
		if (table->methods[i].label == label &&
				!table->methods[i].event)
			method = &table->methods[i];
	return label;
}

/* Now, or later, where this server does that. */
static void
answer(struct ipc_request *rq, const struct server *server)
{
	ipc_status_t status;

	if (rq->deferred && (!kernel_deferred || method->send))
		return;
	if (!rq->deferred)
		status = ipc_reply(rq);
	else
		status = server->answer(method->label, plan.reply,
			plan.status, plan.payload);
	if (status == SERVER_NEVER)
		return;
	fuzz_check(status == HELIOS_OK && kernel_sent == 1);
	check_reply();
}

void
server_run(const struct call_table *t, struct call_input *in,
		const struct server *server)
{
	struct ipc_request rq;
	uint64_t label;

	table = t;
	calls = 0;
	kernel_reset();
	memset(&rq, 0xd7, sizeof(rq));
	label = pick_label(in);
	make_plan(in);
	call_make(label, method ? method->params : "",
		method ? method->caps : 0, in, &kernel_in);
	if (server->empty)
		method = NULL;
	expected = method && call_valid(t, method->params, method->caps,
		method->more, &kernel_in);
	fuzz_check(ipc_receive(ENDPOINT, HELIOS_MSG_CAPS, &rq) == HELIOS_OK);
	server->dispatch(&rq);
	fuzz_check(calls == expected);
	fuzz_check(kernel_all_gone());
	/* There is nothing to be sent now, or ever. */
	fuzz_check(rq.deferred == (kernel_deferred ||
		(expected && method->send)));
	answer(&rq, server);
}
