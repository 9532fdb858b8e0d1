/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "calls.h"

#define SERVER	5u

static const struct call_table *table;
static const struct call_method *method;

/* Enumerations get one of their values. */
static uint64_t
argument(char letter, struct call_input *in)
{
	uint64_t word = call_word(in);
	const int64_t *e;

	if (letter < 'A' || letter > 'Z')
		return call_narrow(letter, word);
	e = table->enums[letter - 'A'];
	return (uint64_t)e[1 + word % (uint64_t)e[0]];
}

/* Now and then they are more than a message has room for. */
static void
make_arguments(struct client_call *call, struct call_input *in)
{
	size_t n = strcspn(method->params, ".$"), i;

	for (i = 0; i < n; i++)
		call->values[i] = argument(method->params[i], in);
	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		call->tail[i] = call_byte(in) * 0x0101010101010101ull;
	if (method->params[n] == '.')
		call->len = call_byte(in) % (HELIOS_MSG_WORDS - n + 3);
	else if (method->params[n] == '$')
		call->len = (call_byte(in) * 4u + call_byte(in) % 4) %
			(IPC_BYTES_MAX(n) + 8);
	call->ncaps = method->caps;
	if (method->more)
		call->ncaps += call_byte(in) %
			(HELIOS_MSG_CAPS - method->caps + 3);
	for (i = 0; i < call->ncaps; i++)
		call->caps[i] = 700 + call_byte(in);
	call->room = (call_byte(in) * 4u + call_byte(in) % 4) %
		(sizeof(call->bytes) + 1);
}

static bool
too_much(const struct client_call *call)
{
	size_t n = strcspn(method->params, ".$");

	return call->ncaps > HELIOS_MSG_CAPS ||
		(method->params[n] == '.' &&
		call->len > HELIOS_MSG_WORDS - n) ||
		(method->params[n] == '$' && call->len > IPC_BYTES_MAX(n));
}

/* Bytes, and nothing of the program's memory behind them. */
static void
check_bytes(const uint64_t *words, const struct client_call *call)
{
	const uint8_t *sent = (const uint8_t *)(words + 1);
	size_t i;

	fuzz_check(words[0] == call->len);
	fuzz_check(memcmp(sent, call->tail, call->len) == 0);
	for (i = call->len; i % sizeof(uint64_t); i++)
		fuzz_check(sent[i] == 0);
}

/* Does what was sent say what the function was given? */
static void
check_request(const struct client_call *call)
{
	const struct call_message *m = &kernel_out;
	size_t n = strcspn(method->params, ".$"), i;

	fuzz_check(kernel_sent == 1);
	fuzz_check(m->tag == helios_tag(method->label,
		call_nwords(method->params, call->len), call->ncaps));
	fuzz_check(call_valid(table, method->params, method->caps,
		method->more, m));
	for (i = 0; i < n; i++)
		fuzz_check(m->words[i] == call->values[i]);
	if (method->params[n] == '.')
		fuzz_check(memcmp(m->words + n, call->tail,
			call->len * 8) == 0);
	if (method->params[n] == '$')
		check_bytes(m->words + n, call);
	fuzz_check(memcmp(m->caps, call->caps,
		call->ncaps * sizeof(call->caps[0])) == 0);
}

/* An event, and nothing else. */
static ipc_status_t
expected_event(void)
{
	if (helios_tag_ncaps(kernel_in.tag) > 0)
		return HELIOS_REFUSED;
	return helios_tag_label(kernel_in.tag) != method->label ||
		!call_valid(table, method->params, 0, false, &kernel_in) ?
		IPC_MALFORMED : HELIOS_OK;
}

static ipc_status_t
expected(size_t room)
{
	uint64_t label = helios_tag_label(kernel_in.tag);

	if (method->event)
		return expected_event();
	if (method->send)
		return HELIOS_OK;
	if (helios_tag_ncaps(kernel_in.tag) > method->out)
		return HELIOS_REFUSED;
	if (label != 0)
		return label < IPC_ERRORS || label > UINT32_MAX ?
			IPC_MALFORMED : (ipc_status_t)label;
	if (!call_valid(table, method->result, method->out, false,
			&kernel_in))
		return IPC_MALFORMED;
	if (method->result[0] == '$' && kernel_in.words[0] > room)
		return IPC_TOO_LONG;
	return HELIOS_OK;
}

static void
check_answer(const struct client_call *call)
{
	unsigned int i;

	for (i = 0; method->event && call->wanted && method->params[i]; i++)
		fuzz_check(call->values[i] == kernel_in.words[i]);
	if (method->result[0] == '$') {
		fuzz_check(call->room == kernel_in.words[0]);
		fuzz_check(memcmp(call->bytes, kernel_in.words + 1,
			call->room) == 0);
	} else if (method->result[0] && call->wanted) {
		fuzz_check(call->value == kernel_in.words[0]);
	}
	for (i = 0; i < method->out && call->wanted; i++) {
		fuzz_check(call->out[i] == kernel_in.caps[i]);
		kernel_keep(call->out[i]);
	}
}

void
client_run(const struct call_table *t, struct call_input *in,
		ipc_status_t (*invoke)(struct ipc_client *c,
		struct client_call *call))
{
	struct ipc_client client = IPC_CLIENT(SERVER);
	struct client_call call = { 0 };
	ipc_status_t status, want;
	uint8_t label;

	table = t;
	call.method = call_byte(in) % t->count;
	method = &t->methods[call.method];
	call.wanted = call_byte(in) % 8 != 0;
	label = call_byte(in);
	kernel_reset();
	make_arguments(&call, in);
	call_make(label >= 192 ? call_word(in) & UINT64_MAX >> 16 :
		method->event ? method->label : 0, method->event ?
		method->params : method->result, method->out, in, &kernel_in);
	if (method->send)
		kernel_in.tag = 0;
	want = too_much(&call) ? HELIOS_INVALID_PARAM : expected(call.room);
	status = invoke(&client, &call);
	if (method->event || too_much(&call))
		fuzz_check(kernel_sent == 0);
	else
		check_request(&call);
	fuzz_check(status == want);
	if (status == HELIOS_OK && !method->send)
		check_answer(&call);
	if (status == IPC_TOO_LONG)
		fuzz_check(helios_detail() == kernel_in.words[0]);
	fuzz_check(kernel_all_gone());
}
