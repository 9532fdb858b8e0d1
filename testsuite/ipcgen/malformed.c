/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that are not as the protocol says.  What each method's are like is
 * told again here, by hand: shapes[] is what roundtrip.ipc means.
 */
#include <string.h>

#include "harness.h"

enum kind { BOOL, U8, U16, U32, U64, I8, I16, I32, I64, COLOUR, LEVEL, WIDE,
	DEEP };
enum tail { FIXED, BYTES, WORDS };

static const struct shape {
	uint32_t interface;
	unsigned int method;
	enum tail tail;
	unsigned int ncaps;
	bool variadic;
	unsigned int n;			/* fixed words */
	enum kind kinds[8];
} shapes[] = {
	{ ROUNDTRIP_ROOT_ID, 1, FIXED, 0, false, 0, { BOOL } },
	{ ROUNDTRIP_LEFT_ID, 1, FIXED, 0, false, 0, { BOOL } },
	{ ROUNDTRIP_ALL_ID, 1, FIXED, 0, false, 1, { BOOL } },
	{ ROUNDTRIP_ALL_ID, 2, FIXED, 0, false, 1, { U8 } },
	{ ROUNDTRIP_ALL_ID, 3, FIXED, 0, false, 1, { U16 } },
	{ ROUNDTRIP_ALL_ID, 4, FIXED, 0, false, 1, { U32 } },
	{ ROUNDTRIP_ALL_ID, 5, FIXED, 0, false, 1, { U64 } },
	{ ROUNDTRIP_ALL_ID, 6, FIXED, 0, false, 1, { I8 } },
	{ ROUNDTRIP_ALL_ID, 7, FIXED, 0, false, 1, { I16 } },
	{ ROUNDTRIP_ALL_ID, 8, FIXED, 0, false, 1, { I32 } },
	{ ROUNDTRIP_ALL_ID, 9, FIXED, 0, false, 1, { I64 } },
	{ ROUNDTRIP_ALL_ID, 10, FIXED, 0, false, 1, { U64 } },
	{ ROUNDTRIP_ALL_ID, 11, FIXED, 0, false, 1, { LEVEL } },
	{ ROUNDTRIP_ALL_ID, 12, FIXED, 0, false, 1, { WIDE } },
	{ ROUNDTRIP_ALL_ID, 13, FIXED, 0, false, 1, { DEEP } },
	{ ROUNDTRIP_ALL_ID, 14, FIXED, 0, false, 1, { COLOUR } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_MANY, FIXED, 0, false, 8,
		{ I64, U8, I16, U64, BOOL, I8, COLOUR, DEEP } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_TEXT, BYTES, 0, false, 0, { BOOL } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_TAIL, BYTES, 0, false, 3,
		{ U8, U16, BOOL } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_BEYOND, BYTES, 0, false, 5,
		{ U8, U8, U8, U8, U8 } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_WORDS, WORDS, 0, false, 0,
		{ BOOL } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_MORE, WORDS, 0, false, 1, { U8 } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_LEND, FIXED, 0, true, 1, { U16 } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_SWAP, FIXED, 2, false, 0, { BOOL } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_BOTH, BYTES, 1, true, 0, { BOOL } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_NOTHING, FIXED, 0, false, 0,
		{ BOOL } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_FAIL, FIXED, 0, false, 2,
		{ U8, U64 } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_TELL, BYTES, 1, false, 1, { U8 } },
	{ ROUNDTRIP_ALL_ID, ROUNDTRIP_ALL_PING, FIXED, 0, false, 0, { BOOL } },
};

#define NSHAPES	(sizeof(shapes) / sizeof(shapes[0]))

/* Around each border of each type, and around the enums' values. */
static const uint64_t candidates[] = { 0, 1, 2, 3, 4, 0x3f, 0x40, 0x41, 0x7f,
	0x80, 0xff, 0x100, 0x101, 0x102, 299, 300, 301, 0x7fff, 0x8000, 0xffff,
	0x10000, 0x10001, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	0x100000001, INT64_MAX, 0x8000000000000000, 0x8000000000000001,
	0xffffffff7fffffff, 0xffffffff80000000, 0xffffffffffff7fff,
	0xffffffffffff8000, 0xffffffffffffff7f, 0xffffffffffffff80,
	(uint64_t)-6, (uint64_t)-5, (uint64_t)-4, (uint64_t)-2, UINT64_MAX };

#define NCANDIDATES	(sizeof(candidates) / sizeof(candidates[0]))

static bool
within(uint64_t word, int64_t low, int64_t high)
{
	return (int64_t)word >= low && (int64_t)word <= high;
}

static bool
is_valid(enum kind kind, uint64_t w)
{
	switch (kind) {
	case BOOL:
		return within(w, 0, 1);
	case U8:
		return within(w, 0, 255);
	case U16:
		return within(w, 0, 65535);
	case U32:
		return within(w, 0, 4294967295);
	case I8:
		return within(w, -128, 127);
	case I16:
		return within(w, -32768, 32767);
	case I32:
		return within(w, -2147483648ll, 2147483647);
	case COLOUR:
		return w == 1 || w == 2 || w == 64;
	case LEVEL:
		return w == (uint64_t)-5 || w == 0 || w == 300;
	case WIDE:
		return w == 1 || w == UINT64_MAX;
	case DEEP:
		return w == 0x8000000000000000 || w == INT64_MAX;
	default:
		return true;
	}
}

static uint64_t
good_value(enum kind kind)
{
	return kind == LEVEL ? 0 : kind == DEEP ? INT64_MAX : 1;
}

/* A request with good values, that many words and capabilities. */
static void
make(const struct shape *s, unsigned int nwords, unsigned int ncaps)
{
	unsigned int i;

	fake_reset();
	fake.request.tag = helios_tag(HELIOS_LABEL(s->interface, s->method),
			nwords, ncaps);
	for (i = 0; i < s->n; i++)
		fake.request.words[i] = good_value(s->kinds[i]);
	for (i = 0; i < HELIOS_MSG_CAPS; i++)
		fake.request.caps[i] = 200 + i;
}

static uint64_t
answer(void)
{
	return helios_tag_label(fake.reply.tag);
}

/* The server's function has the request, or else its sender an error, and
 * in any case nobody the capabilities. */
static void
serve(bool good, uint64_t payload)
{
	fake_serve();
	CHECK(seen.functions == good);
	CHECK(fake.ndestroyed == helios_tag_ncaps(fake.request.tag));
	if (good) {
		CHECK(!fake.answered || answer() != IPC_MALFORMED);
		return;
	}
	CHECK(fake.answered && answer() == IPC_MALFORMED);
	CHECK(helios_tag_ncaps(fake.reply.tag) == 0);
	CHECK(fake.reply.words[0] == payload);
}

/* All numbers of both that a message can have. */
static void
all_numbers(const struct shape *s)
{
	unsigned int words, caps;

	for (words = 0; words <= HELIOS_MSG_WORDS; words++)
		for (caps = 0; caps <= HELIOS_MSG_CAPS; caps++) {
			bool words_good = s->tail == WORDS ? words >= s->n :
				words == s->n + (s->tail == BYTES);
			bool caps_good = s->variadic ? caps >= s->ncaps :
				caps == s->ncaps;

			make(s, words, caps);
			serve(words_good && caps_good,
				words_good ? IPC_PAYLOAD_CAPS :
				s->tail == BYTES ? s->n : words);
		}
}

void
test_malformed_requests(void)
{
	unsigned int i;

	for (i = 0; i < NSHAPES; i++)
		all_numbers(&shapes[i]);
	/* No method has these labels. */
	for (i = 0; i <= 64; i++) {
		const struct shape unknown = { .interface =
			ROUNDTRIP_ALL_ID, .method = 0x8000 + i };

		make(&unknown, i, i);
		fake_serve();
		CHECK(!seen.functions && answer() == IPC_NOMETHOD);
		CHECK(fake.ndestroyed == i);
		CHECK(fake.reply.words[0] ==
				HELIOS_LABEL(ROUNDTRIP_ALL_ID, 0x8000 + i));
		fake_reset();
		fake.request.tag = helios_tag(HELIOS_LABEL(0x1234, i), i, 0);
		fake_serve();
		CHECK(!seen.functions && answer() == IPC_NOMETHOD);
	}
	/* What the server sends is no request. */
	for (i = ROUNDTRIP_ALL_EVENT; i <= ROUNDTRIP_ALL_TICK; i++) {
		const struct shape event = { .interface = ROUNDTRIP_ALL_ID,
			.method = i };

		make(&event, 0, 0);
		fake_serve();
		CHECK(!seen.functions && answer() == IPC_NOMETHOD);
	}
}

void
test_malformed_values(void)
{
	const struct shape *s;
	unsigned int i, j;

	for (s = shapes; s < shapes + NSHAPES; s++)
		for (i = 0; i < s->n; i++)
			for (j = 0; j < NCANDIDATES; j++) {
				make(s, s->n + (s->tail == BYTES), s->ncaps);
				fake.request.words[i] = candidates[j];
				serve(is_valid(s->kinds[i], candidates[j]), i);
			}
}

static void
bytes_in(const struct shape *s, uint64_t count, unsigned int words)
{
	/* As long division has it. */
	uint64_t needed = count / 8 + (count % 8 != 0);

	make(s, words, s->ncaps);
	fake.request.words[s->n] = count;
	serve(words > s->n && needed == words - s->n - 1, s->n);
	if (seen.functions)
		CHECK(seen.len == count);
}

void
test_malformed_bytes(void)
{
	static const uint64_t huge[] = { 1ull << 31, 1ull << 32,
		INT64_MAX, UINT64_MAX - 8, UINT64_MAX - 7, UINT64_MAX - 6,
		UINT64_MAX - 1, UINT64_MAX };
	const struct shape *s;
	unsigned int words, i;

	for (s = shapes; s < shapes + NSHAPES; s++) {
		if (s->tail != BYTES)
			continue;
		for (words = 0; words <= HELIOS_MSG_WORDS; words++) {
			for (i = 0; i <= 8 * HELIOS_MSG_WORDS; i++)
				bytes_in(s, i, words);
			for (i = 0; i < sizeof(huge) / sizeof(huge[0]); i++)
				bytes_in(s, huge[i], words);
		}
	}
}

/*
 * Replies
 */

static struct ipc_client client = IPC_CLIENT(SERVER_CAP);
static unsigned int reply_words, reply_caps;
static uint64_t reply_value;

static void
change(struct message *reply)
{
	reply->tag = helios_tag(0, reply_words, reply_caps);
	reply->words[0] = reply_value;
}

/* A client's function with a reply that is forged; caps: what comes. */
static void
forge(unsigned int words, uint64_t value, unsigned int caps)
{
	fake_reset();
	give.value = 1;
	give.caps[0] = 71;
	give.caps[1] = 72;
	fake.change = change;
	reply_words = words;
	reply_caps = caps;
	reply_value = value;
}

#define REPLIES(name, type, kind) \
	static void \
	replies_##name(void) \
	{ \
		const type sent = (type)good_value(kind); \
		type untouched, got; \
		unsigned int i; \
	\
		memset(&untouched, 1, sizeof(untouched)); \
		for (i = 0; i <= HELIOS_MSG_WORDS; i++) { \
			forge(i, good_value(kind), 0); \
			got = untouched; \
			CHECK(roundtrip_all_echo_##name(&client, sent, &got) \
				== (i == 1 ? HELIOS_OK : IPC_MALFORMED)); \
			CHECK(got == (i == 1 ? sent : untouched)); \
		} \
		for (i = 0; i < NCANDIDATES; i++) { \
			bool good = is_valid(kind, candidates[i]); \
	\
			forge(1, candidates[i], 0); \
			got = untouched; \
			CHECK(roundtrip_all_echo_##name(&client, sent, &got) \
				== (good ? HELIOS_OK : IPC_MALFORMED)); \
			CHECK(good ? (uint64_t)got == candidates[i] : \
				got == untouched); \
		} \
	}

REPLIES(bool, bool, BOOL)
REPLIES(u8, uint8_t, U8)
REPLIES(u16, uint16_t, U16)
REPLIES(u32, uint32_t, U32)
REPLIES(u64, uint64_t, U64)
REPLIES(i8, int8_t, I8)
REPLIES(i16, int16_t, I16)
REPLIES(i32, int32_t, I32)
REPLIES(i64, int64_t, I64)
REPLIES(size, uint64_t, U64)
REPLIES(level, enum roundtrip_level, LEVEL)
REPLIES(wide, enum roundtrip_wide, WIDE)
REPLIES(deep, enum roundtrip_deep, DEEP)
REPLIES(colour, enum types_colour, COLOUR)

static void
bytes_back(unsigned int words, uint64_t count)
{
	uint64_t needed = 1 + count / 8 + (count % 8 != 0);
	bool good = words == needed;
	unsigned char got[IPC_BYTES_MAX(0)];
	size_t len = sizeof(got);

	forge(words, count, 0);
	CHECK(roundtrip_all_text(&client, NULL, 0, got, &len) ==
			(good ? HELIOS_OK : IPC_MALFORMED));
	CHECK(len == (good ? count : sizeof(got)));
}

/* What came along with such a reply does not stay. */
static void
caps_back(unsigned int words)
{
	helios_cap_t first = 1, second = 1;
	uint64_t result = 7;

	forge(words, 1, 2);
	CHECK(roundtrip_all_swap(&client, 21, 22, &result, &first, &second) ==
			(words == 1 ? HELIOS_OK : IPC_MALFORMED));
	if (words == 1)
		return;
	CHECK(result == 7 && first == 1 && second == 1);
	CHECK(was_destroyed(71) && was_destroyed(72));
}

void
test_malformed_replies(void)
{
	unsigned int words, i;

	replies_bool();
	replies_u8();
	replies_u16();
	replies_u32();
	replies_u64();
	replies_i8();
	replies_i16();
	replies_i32();
	replies_i64();
	replies_size();
	replies_level();
	replies_wide();
	replies_deep();
	replies_colour();
	for (words = 0; words <= HELIOS_MSG_WORDS; words++) {
		for (i = 0; i <= 8 * HELIOS_MSG_WORDS; i++)
			bytes_back(words, i);
		bytes_back(words, UINT64_MAX);
		caps_back(words);
		forge(words, 0, 0);
		CHECK(roundtrip_all_nothing(&client) ==
				(words ? IPC_MALFORMED : HELIOS_OK));
	}
}

/*
 * Events
 */

static struct ipc_client events = IPC_CLIENT(EVENTS_CAP);

static void
event(unsigned int method, unsigned int words)
{
	fake.event.tag = helios_tag(HELIOS_LABEL(ROUNDTRIP_ALL_ID, method),
			words, 0);
}

static void
event_values(void)
{
	static const enum kind kinds[] = { U8, COLOUR, I64, I16, BOOL };
	unsigned int i, j;

	for (i = 0; i < 5; i++)
		for (j = 0; j < NCANDIDATES; j++) {
			uint8_t a = 77;
			ipc_status_t status;

			fake_reset();
			roundtrip_all_event_send(EVENTS_CAP, 1,
				TYPES_COLOUR_RED, 0, 0, false);
			fake.event.words[i] = candidates[j];
			status = roundtrip_all_event_recv(&events, &a, NULL,
				NULL, NULL, NULL);
			CHECK(status == (is_valid(kinds[i], candidates[j]) ?
				HELIOS_OK : IPC_MALFORMED));
			CHECK(status == HELIOS_OK || a == 77);
		}
}

/* Two words hold the number, nine bytes; or nine words. */
static void
event_tails(unsigned int words)
{
	unsigned int n = HELIOS_MSG_WORDS;
	uint64_t w[HELIOS_MSG_WORDS];
	size_t len = sizeof(w);
	uint16_t a = 3;
	bool b;

	fake_reset();
	fake.event.words[1] = 9;
	event(ROUNDTRIP_ALL_LINE, words);
	CHECK(roundtrip_all_line_recv(&events, &a, w, &len) ==
			(words == 4 ? HELIOS_OK : IPC_MALFORMED));
	CHECK(len == (words == 4 ? 9 : sizeof(w)));
	CHECK(a == (words == 4 ? 0 : 3));
	event(ROUNDTRIP_ALL_SAMPLES, words);
	CHECK(roundtrip_all_samples_recv(&events, &b, w, &n) ==
			(words ? HELIOS_OK : IPC_MALFORMED));
	CHECK(n == (words ? words - 1 : HELIOS_MSG_WORDS));
}

void
test_malformed_events(void)
{
	unsigned int words;

	event_values();
	for (words = 0; words <= HELIOS_MSG_WORDS; words++) {
		event_tails(words);
		event(ROUNDTRIP_ALL_TICK, words);
		CHECK(roundtrip_all_tick_recv(&events) ==
				(words ? IPC_MALFORMED : HELIOS_OK));
		event(ROUNDTRIP_ALL_EVENT, words);
		fake.event.words[1] = 1;
		CHECK(roundtrip_all_event_recv(&events, NULL, NULL, NULL, NULL,
				NULL) == (words == 5 ? HELIOS_OK :
				IPC_MALFORMED));
	}
}
