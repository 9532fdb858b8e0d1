/* SPDX-License-Identifier: BSD-2-Clause */
/* The server of probe.ipc, which has everything an interface can have. */
#include "probe.h"

static ipc_status_t
ping(struct ipc_request *rq, uint8_t value, uint8_t *result)
{
	*result = (uint8_t)server_value();
	return SERVER_GOT(rq, BASE(1), NULL, 0, value);
}

static ipc_status_t
unsigneds(struct ipc_request *rq, uint8_t a, uint16_t b, uint32_t c,
		uint64_t d, uint64_t e, bool f, uint32_t *result)
{
	*result = (uint32_t)server_value();
	return SERVER_GOT(rq, ALL(1), NULL, 0, a, b, c, d, e, f);
}

static ipc_status_t
signeds(struct ipc_request *rq, int8_t a, int16_t b, int32_t c, int64_t d,
		int16_t *result)
{
	*result = (int16_t)server_value();
	return SERVER_GOT(rq, ALL(2), NULL, 0, (uint64_t)a, (uint64_t)b,
		(uint64_t)c, (uint64_t)d);
}

static ipc_status_t
enumerations(struct ipc_request *rq, enum probe_colour a, enum probe_level b,
		enum probe_colour *result)
{
	*result = PROBE_COLOUR_BLUE;
	return SERVER_GOT(rq, ALL(3), NULL, 0, (uint64_t)(int64_t)a,
		(uint64_t)(int64_t)b);
}

static ipc_status_t
words(struct ipc_request *rq, uint8_t a, const uint64_t *w, unsigned int nw,
		bool *result)
{
	*result = server_value() != 0;
	return SERVER_GOT(rq, ALL(4), w, nw, a);
}

static ipc_status_t
text(struct ipc_request *rq, bool a, const void *data, size_t data_len,
		void *result, size_t *result_len)
{
	server_bytes(result, result_len);
	return SERVER_GOT(rq, ALL(5), data, data_len, a);
}

static ipc_status_t
caps(struct ipc_request *rq, helios_cap_t one, helios_cap_t two,
		const helios_cap_t *more, unsigned int nmore, uint16_t a,
		uint64_t *result, helios_cap_t *first, helios_cap_t *second)
{
	server_got_cap(one, 0);
	server_got_cap(two, 1);
	server_got_caps(more, 2, nmore);
	*result = server_value();
	*first = server_cap(0);
	*second = server_cap(1);
	return SERVER_GOT(rq, ALL(6), NULL, 0, a);
}

static ipc_status_t
nothing(struct ipc_request *rq)
{
	return SERVER_GOT(rq, ALL(7), NULL, 0, 0);
}

static ipc_status_t
tell(struct ipc_request *rq, helios_cap_t cap, uint8_t a, const void *data,
		size_t data_len)
{
	server_got_cap(cap, 0);
	return SERVER_GOT(rq, ALL(8), data, data_len, a);
}

static const struct probe_all_server functions = {
	.probe_base = { .ping = ping },
	.unsigneds = unsigneds,
	.signeds = signeds,
	.enums = enumerations,
	.words = words,
	.text = text,
	.caps = caps,
	.nothing = nothing,
	.tell = tell,
};

static void
dispatch(struct ipc_request *rq)
{
	probe_all_dispatch(&functions, rq);
}

static void
dispatch_nothing(struct ipc_request *rq)
{
	static const struct probe_all_server none;

	probe_all_dispatch(&none, rq);
}

static ipc_status_t
answer(uint64_t label, helios_cap_t reply, ipc_status_t status,
		uint64_t payload)
{
	uint8_t bytes[IPC_BYTES_MAX(0)];
	size_t len = sizeof(bytes);
	uint64_t v = server_value();

	switch (label) {
	case BASE(1):
		return probe_base_ping_reply(reply, status, payload,
			(uint8_t)v);
	case ALL(1):
		return probe_all_unsigneds_reply(reply, status, payload,
			(uint32_t)v);
	case ALL(2):
		return probe_all_signeds_reply(reply, status, payload,
			(int16_t)v);
	case ALL(3):
		return probe_all_enums_reply(reply, status, payload,
			PROBE_COLOUR_GREEN);
	case ALL(4):
		return probe_all_words_reply(reply, status, payload, v != 0);
	case ALL(5):
		server_bytes(bytes, &len);
		return probe_all_text_reply(reply, status, payload, bytes,
			len);
	case ALL(6):
		return probe_all_caps_reply(reply, status, payload, v,
			server_cap(0), server_cap(1));
	case ALL(7):
		return probe_all_nothing_reply(reply, status, payload);
	default:
		fuzz_fail(__FILE__, __LINE__, "the method has a reply");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct server servers[] = {
		{ dispatch, answer, false },
		{ dispatch_nothing, answer, true },
	};
	struct call_input in = { data, size };

	server_run(&probe_table, &in, &servers[call_byte(&in) >= 240]);
	return 0;
}
