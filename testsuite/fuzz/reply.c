/* SPDX-License-Identifier: BSD-2-Clause */
/* The client of probe.ipc: a server may answer whatever it likes. */
#include "probe.h"

#define WANTED(pointer)	(call->wanted ? (pointer) : NULL)

static ipc_status_t
base_ping(struct ipc_client *c, struct client_call *call)
{
	uint8_t result = 0xd7;
	ipc_status_t s = probe_base_ping(c, (uint8_t)call->values[0],
		WANTED(&result));

	call->value = result;
	return s;
}

static ipc_status_t
unsigneds(struct ipc_client *c, struct client_call *call)
{
	const uint64_t *v = call->values;
	uint32_t result = 0;
	ipc_status_t s = probe_all_unsigneds(c, (uint8_t)v[0], (uint16_t)v[1],
		(uint32_t)v[2], v[3], v[4], v[5] != 0, WANTED(&result));

	call->value = result;
	return s;
}

static ipc_status_t
signeds(struct ipc_client *c, struct client_call *call)
{
	const uint64_t *v = call->values;
	int16_t result = 0;
	ipc_status_t s = probe_all_signeds(c, (int8_t)v[0], (int16_t)v[1],
		(int32_t)v[2], (int64_t)v[3], WANTED(&result));

	call->value = (uint64_t)result;
	return s;
}

static ipc_status_t
enums(struct ipc_client *c, struct client_call *call)
{
	enum probe_colour result = PROBE_COLOUR_RED;
	ipc_status_t s = probe_all_enums(c,
		(enum probe_colour)call->values[0],
		(enum probe_level)call->values[1], WANTED(&result));

	call->value = (uint64_t)result;
	return s;
}

static ipc_status_t
words(struct ipc_client *c, struct client_call *call)
{
	bool result = false;
	ipc_status_t s = probe_all_words(c, (uint8_t)call->values[0],
		call->tail, (unsigned int)call->len, WANTED(&result));

	call->value = result;
	return s;
}

static ipc_status_t
text(struct ipc_client *c, struct client_call *call)
{
	return probe_all_text(c, call->values[0] != 0, call->tail, call->len,
		call->bytes, &call->room);
}

static ipc_status_t
caps(struct ipc_client *c, struct client_call *call)
{
	return probe_all_caps(c, call->caps[0], call->caps[1], call->caps + 2,
		call->ncaps - 2, (uint16_t)call->values[0],
		WANTED(&call->value), WANTED(&call->out[0]),
		WANTED(&call->out[1]));
}

static ipc_status_t
nothing(struct ipc_client *c, struct client_call *call)
{
	(void)call;
	return probe_all_nothing(c);
}

static ipc_status_t
tell(struct ipc_client *c, struct client_call *call)
{
	return probe_all_tell(c, call->caps[0], (uint8_t)call->values[0],
		call->tail, call->len);
}

static ipc_status_t
event(struct ipc_client *c, struct client_call *call)
{
	uint8_t a = 0;
	enum probe_colour b = PROBE_COLOUR_RED;
	ipc_status_t s = probe_all_event_recv(c, WANTED(&a), WANTED(&b),
		WANTED(&call->values[2]));

	call->values[0] = a;
	call->values[1] = (uint64_t)b;
	return s;
}

/* In the order of the table. */
static ipc_status_t (*const functions[])(struct ipc_client *c,
		struct client_call *call) = {
	base_ping, unsigneds, signeds, enums, words, text, caps, nothing, tell,
	event
};

static ipc_status_t
invoke(struct ipc_client *c, struct client_call *call)
{
	return functions[call->method](c, call);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct call_input in = { data, size };

	client_run(&probe_table, &in, invoke);
	return 0;
}
