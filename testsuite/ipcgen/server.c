/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: notes what it is given, and gives back what it is told to. */
#include <string.h>

#include "harness.h"

struct seen seen;
struct give give;

static void
called(unsigned int method)
{
	seen.functions++;
	seen.method = method;
}

static void
see_bytes(const void *bytes, size_t len)
{
	CHECK(len <= sizeof(seen.bytes));
	memcpy(seen.bytes, bytes, len);
	seen.len = len;
}

static void
see_words(const uint64_t *words, unsigned int n)
{
	CHECK(n <= HELIOS_MSG_WORDS);
	memcpy(seen.words, words, n * sizeof(*words));
	seen.nwords = n;
}

static void
see_cap(helios_cap_t cap)
{
	CHECK(!was_destroyed(cap));
	seen.caps[seen.ncaps++] = cap;
}

static void
see_caps(const helios_cap_t *caps, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		see_cap(caps[i]);
}

static void
give_bytes(void *bytes, size_t *len)
{
	CHECK(*len == IPC_BYTES_MAX(0));
	if (give.len <= *len && give.len)
		memcpy(bytes, give.bytes, give.len);
	*len = give.len;
}

/* What a function ends with that takes no part in the reply. */
static ipc_status_t
result_of(struct ipc_request *rq)
{
	rq->payload = give.payload;
	if (give.keep)
		rq->caps[0] = HELIOS_CADDR_UNDEF;
	return give.status;
}

static helios_cap_t
deferred(struct ipc_request *rq)
{
	helios_cap_t reply;

	CHECK(ipc_defer(rq, &reply) == HELIOS_OK);
	return reply;
}

#define ECHO(name, NAME, type) \
	static ipc_status_t \
	echo_##name(struct ipc_request *rq, type v, type *result) \
	{ \
		called(ROUNDTRIP_ALL_ECHO_##NAME); \
		seen.v[0] = (uint64_t)v; \
		if (give.late) \
			CHECK(roundtrip_all_echo_##name##_reply(deferred(rq), \
				HELIOS_OK, 0, v) == HELIOS_OK); \
		*result = v; \
		return result_of(rq); \
	}

ECHO(bool, BOOL, bool)
ECHO(u8, U8, uint8_t)
ECHO(u16, U16, uint16_t)
ECHO(u32, U32, uint32_t)
ECHO(u64, U64, uint64_t)
ECHO(i8, I8, int8_t)
ECHO(i16, I16, int16_t)
ECHO(i32, I32, int32_t)
ECHO(i64, I64, int64_t)
ECHO(size, SIZE, uint64_t)
ECHO(level, LEVEL, enum roundtrip_level)
ECHO(wide, WIDE, enum roundtrip_wide)
ECHO(deep, DEEP, enum roundtrip_deep)
ECHO(colour, COLOUR, enum types_colour)

static ipc_status_t
whoami(struct ipc_request *rq, uint32_t *result)
{
	called(ROUNDTRIP_ROOT_WHOAMI);
	*result = (uint32_t)give.value;
	return result_of(rq);
}

static ipc_status_t
left(struct ipc_request *rq, uint8_t *result)
{
	called(ROUNDTRIP_LEFT_LEFT);
	*result = 'l';
	return result_of(rq);
}

static ipc_status_t
right(struct ipc_request *rq, uint8_t *result)
{
	called(ROUNDTRIP_RIGHT_RIGHT);
	*result = 'r';
	return result_of(rq);
}

static ipc_status_t
many(struct ipc_request *rq, int64_t a, uint8_t b, int16_t d, uint64_t e,
		bool f, int8_t g, enum types_colour h, enum roundtrip_deep i,
		int64_t *result)
{
	const uint64_t v[] = { (uint64_t)a, b, (uint64_t)d, e, f, (uint64_t)g,
		h, (uint64_t)i };

	called(ROUNDTRIP_ALL_MANY);
	memcpy(seen.v, v, sizeof(v));
	*result = (int64_t)give.value;
	return result_of(rq);
}

static ipc_status_t
text(struct ipc_request *rq, const void *data, size_t data_len, void *result,
		size_t *result_len)
{
	called(ROUNDTRIP_ALL_TEXT);
	if (give.late)
		roundtrip_all_text_reply(deferred(rq), give.status,
				give.payload, give.bytes, give.len);
	see_bytes(data, data_len);
	give_bytes(result, result_len);
	return result_of(rq);
}

static ipc_status_t
tail(struct ipc_request *rq, uint8_t a, uint16_t b, bool d, const void *data,
		size_t data_len, uint32_t *result)
{
	called(ROUNDTRIP_ALL_TAIL);
	seen.v[0] = a;
	seen.v[1] = b;
	seen.v[2] = d;
	see_bytes(data, data_len);
	*result = (uint32_t)data_len;
	return result_of(rq);
}

static ipc_status_t
beyond(struct ipc_request *rq, uint8_t a, uint8_t b, uint8_t d, uint8_t e,
		uint8_t f, const void *data, size_t data_len, void *result,
		size_t *result_len)
{
	const uint64_t v[] = { a, b, d, e, f };

	called(ROUNDTRIP_ALL_BEYOND);
	memcpy(seen.v, v, sizeof(v));
	see_bytes(data, data_len);
	give_bytes(result, result_len);
	return result_of(rq);
}

static ipc_status_t
words(struct ipc_request *rq, const uint64_t *n, unsigned int nn,
		uint64_t *result)
{
	called(ROUNDTRIP_ALL_WORDS);
	see_words(n, nn);
	*result = nn;
	return result_of(rq);
}

static ipc_status_t
more(struct ipc_request *rq, uint8_t a, const uint64_t *n, unsigned int nn,
		uint64_t *result)
{
	called(ROUNDTRIP_ALL_MORE);
	seen.v[0] = a;
	see_words(n, nn);
	*result = give.value;
	return result_of(rq);
}

static ipc_status_t
lend(struct ipc_request *rq, const helios_cap_t *pages, unsigned int npages,
		uint16_t a, uint32_t *result)
{
	called(ROUNDTRIP_ALL_LEND);
	seen.v[0] = a;
	see_caps(pages, npages);
	*result = npages;
	return result_of(rq);
}

static ipc_status_t
swap(struct ipc_request *rq, helios_cap_t one, helios_cap_t two,
		uint64_t *result, helios_cap_t *first, helios_cap_t *second)
{
	called(ROUNDTRIP_ALL_SWAP);
	if (give.late)
		roundtrip_all_swap_reply(deferred(rq), give.status,
				give.payload, give.value, give.caps[0],
				give.caps[1]);
	see_cap(one);
	see_cap(two);
	CHECK(*first == HELIOS_CADDR_UNDEF && *second == HELIOS_CADDR_UNDEF);
	*result = give.value;
	*first = give.caps[0];
	*second = give.caps[1];
	return result_of(rq);
}

static ipc_status_t
both(struct ipc_request *rq, helios_cap_t one, const helios_cap_t *others,
		unsigned int nothers, const void *data, size_t data_len,
		void *result, size_t *result_len, helios_cap_t *out)
{
	called(ROUNDTRIP_ALL_BOTH);
	see_cap(one);
	see_caps(others, nothers);
	see_bytes(data, data_len);
	give_bytes(result, result_len);
	*out = give.caps[0];
	return result_of(rq);
}

static ipc_status_t
nothing(struct ipc_request *rq)
{
	called(ROUNDTRIP_ALL_NOTHING);
	if (give.late)
		roundtrip_all_nothing_reply(deferred(rq), give.status,
				give.payload);
	return result_of(rq);
}

static ipc_status_t
fail(struct ipc_request *rq, uint8_t how, uint64_t payload)
{
	static const ipc_status_t statuses[] = { HELIOS_OK, ROUNDTRIP_PLAIN,
		ROUNDTRIP_CODED, ROUNDTRIP_DONE, TYPES_GONE };

	called(ROUNDTRIP_ALL_FAIL);
	CHECK(rq->payload == 0);
	rq->payload = payload;
	return statuses[how % (sizeof(statuses) / sizeof(statuses[0]))];
}

static ipc_status_t
tell(struct ipc_request *rq, helios_cap_t token, uint8_t a, const void *data,
		size_t data_len)
{
	called(ROUNDTRIP_ALL_TELL);
	see_cap(token);
	seen.v[0] = a;
	see_bytes(data, data_len);
	return result_of(rq);
}

static ipc_status_t
ping(struct ipc_request *rq)
{
	called(ROUNDTRIP_ALL_PING);
	return result_of(rq);
}

/* base has no function: what it would do, nobody does. */
const struct roundtrip_all_server server = {
	.roundtrip_left = {
		.roundtrip_root = { .whoami = whoami },
		.left = left,
	},
	.roundtrip_right = { .right = right },
	.echo_bool = echo_bool,
	.echo_u8 = echo_u8, .echo_u16 = echo_u16,
	.echo_u32 = echo_u32, .echo_u64 = echo_u64,
	.echo_i8 = echo_i8, .echo_i16 = echo_i16,
	.echo_i32 = echo_i32, .echo_i64 = echo_i64,
	.echo_size = echo_size,
	.echo_level = echo_level, .echo_wide = echo_wide,
	.echo_deep = echo_deep, .echo_colour = echo_colour,
	.many = many,
	.text = text, .tail = tail, .beyond = beyond,
	.words = words, .more = more,
	.lend = lend, .swap = swap, .both = both,
	.nothing = nothing, .fail = fail,
	.tell = tell, .ping = ping,
};
