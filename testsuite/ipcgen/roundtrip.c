/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that ipcgen wrote, both sides of it: what a client's function is given
 * arrives in the server's, and the other way round; what is malformed arrives
 * nowhere.  Prints a line for each test, which begins with ok or not ok.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"

static unsigned int checks, failures;

void
check(bool good, const char *what, int line)
{
	checks++;
	if (!good && ++failures <= 10)
		printf("# line %d: %s\n", line, what);
}

static struct ipc_client client = IPC_CLIENT(SERVER_CAP);
static struct ipc_client events = IPC_CLIENT(EVENTS_CAP);
static unsigned char data[HELIOS_MSG_WORDS * 8];
static const uint64_t numbers[HELIOS_MSG_WORDS] = { 3, 1, 4, 1, 5, 9, 2, 6,
	[62] = 62, [63] = UINT64_MAX };

/*
 * Types
 */

#define ECHO(name, type, ...) \
	static void \
	back_##name(void) \
	{ \
		static const type values[] = { __VA_ARGS__ }; \
		unsigned int i; \
		type got; \
	\
		for (i = 0; i < 2 * sizeof(values) / sizeof(type); i++) { \
			fake_reset(); \
			give.late = i & 1; \
			CHECK(roundtrip_all_echo_##name(&client, \
				values[i / 2], &got) == HELIOS_OK); \
			CHECK(got == values[i / 2]); \
			CHECK(seen.v[0] == (uint64_t)values[i / 2]); \
			CHECK(fake.request.words[0] == seen.v[0]); \
			CHECK(fake.reply.words[0] == seen.v[0]); \
			CHECK(fake.request.tag == helios_tag(HELIOS_LABEL( \
				ROUNDTRIP_ALL_ID, seen.method), 1, 0)); \
			CHECK(fake.reply.tag == helios_tag(0, 1, 0)); \
			CHECK(seen.functions == 1); \
		} \
		CHECK(roundtrip_all_echo_##name(&client, values[0], NULL) == \
			HELIOS_OK); \
	}

ECHO(bool, bool, false, true)
ECHO(u8, uint8_t, 0, 1, 0x7f, 0x80, UINT8_MAX)
ECHO(u16, uint16_t, 0, 0x7fff, 0x8000, UINT16_MAX)
ECHO(u32, uint32_t, 0, 0x7fffffff, 0x80000000, UINT32_MAX)
ECHO(u64, uint64_t, 0, 1, INT64_MAX, UINT64_MAX)
ECHO(i8, int8_t, INT8_MIN, -1, 0, INT8_MAX)
ECHO(i16, int16_t, INT16_MIN, -1, 0, INT16_MAX)
ECHO(i32, int32_t, INT32_MIN, -1, 0, INT32_MAX)
ECHO(i64, int64_t, INT64_MIN, -1, 0, INT64_MAX)
ECHO(size, uint64_t, 0, 4096, UINT64_MAX)
ECHO(level, enum roundtrip_level, ROUNDTRIP_LEVEL_LOW, ROUNDTRIP_LEVEL_ZERO,
	ROUNDTRIP_LEVEL_HIGH)
ECHO(wide, enum roundtrip_wide, ROUNDTRIP_WIDE_LITTLE, ROUNDTRIP_WIDE_BIG)
ECHO(deep, enum roundtrip_deep, ROUNDTRIP_DEEP_BOTTOM, ROUNDTRIP_DEEP_TOP)
ECHO(colour, enum types_colour, TYPES_COLOUR_RED, TYPES_COLOUR_GREEN,
	TYPES_COLOUR_BLUE)

static void
test_types(void)
{
	back_bool();
	back_u8();
	back_u16();
	back_u32();
	back_u64();
	back_i8();
	back_i16();
	back_i32();
	back_i64();
	back_size();
	back_level();
	back_wide();
	back_deep();
	back_colour();
}

static void
test_constants(void)
{
	CHECK(TYPES_COLOUR_GREEN == 2 && TYPES_COLOUR_BLUE == 0x40);
	CHECK(ROUNDTRIP_LEVEL_LOW == -5 && ROUNDTRIP_LEVEL_HIGH == 300);
	CHECK((uint64_t)ROUNDTRIP_WIDE_BIG == UINT64_MAX);
	CHECK((int64_t)ROUNDTRIP_DEEP_BOTTOM == INT64_MIN);
	CHECK(TYPES_NUMBERED == 0x12345678);
	CHECK(ROUNDTRIP_ROOT_ACCEPT == 0);
	/* One named, and room for 16 of any number. */
	CHECK(ROUNDTRIP_ALL_ACCEPT == 17);
	CHECK(ROUNDTRIP_ALL_ECHO_BOOL == 1 && ROUNDTRIP_ALL_ECHO_U8 == 2);
}

/* The first four words in registers, the others in the buffer. */
static void
test_many_words(void)
{
	const uint64_t expected[] = { (uint64_t)INT64_MIN, 200,
		(uint64_t)-300, UINT64_MAX, 1, (uint64_t)-1,
		TYPES_COLOUR_BLUE, (uint64_t)INT64_MIN };
	int64_t result;

	give.value = (uint64_t)-77;
	CHECK(roundtrip_all_many(&client, INT64_MIN, 200, -300, UINT64_MAX,
		true, -1, TYPES_COLOUR_BLUE, ROUNDTRIP_DEEP_BOTTOM, &result) ==
		HELIOS_OK);
	CHECK(result == -77);
	CHECK(!memcmp(seen.v, expected, sizeof(expected)));
	CHECK(helios_tag_nwords(fake.request.tag) == 8);
}

/*
 * Bytes and words of any number
 */

static void
text_of(size_t len, bool late)
{
	unsigned char got[IPC_BYTES_MAX(0) + 1];
	size_t got_len = sizeof(got);

	fake_reset();
	give.bytes = data + 8;
	give.len = len;
	give.late = late;
	memset(got, 0x55, sizeof(got));
	CHECK(roundtrip_all_text(&client, data, len, got, &got_len) ==
			HELIOS_OK);
	CHECK(seen.len == len && !memcmp(seen.bytes, data, len));
	CHECK(got_len == len && !memcmp(got, data + 8, len));
	CHECK(got[len] == 0x55);
	CHECK(helios_tag_nwords(fake.request.tag) == 1 + (len + 7) / 8);
	CHECK(helios_tag_nwords(fake.reply.tag) == 1 + (len + 7) / 8);
}

/* Bytes beyond the last are zero in a message: nothing leaks. */
static void
padding_of(size_t len)
{
	const unsigned char *request, *reply;
	size_t i;

	request = (const unsigned char *)&fake.request.words[1];
	reply = (const unsigned char *)&fake.reply.words[1];
	for (i = len; i % 8; i++)
		CHECK(request[i] == 0 && reply[i] == 0);
}

static void
test_bytes(void)
{
	size_t len;

	for (len = 0; len <= IPC_BYTES_MAX(0); len++) {
		text_of(len, false);
		padding_of(len);
		text_of(len, true);
		padding_of(len);
	}
}

static void
test_bytes_after_words(void)
{
	unsigned char got[IPC_BYTES_MAX(0)];
	size_t len, got_len;
	uint32_t result;

	for (len = 0; len <= IPC_BYTES_MAX(3); len++) {
		fake_reset();
		CHECK(roundtrip_all_tail(&client, 255, 65535, true, data, len,
				&result) == HELIOS_OK);
		CHECK(result == len && seen.len == len);
		CHECK(!memcmp(seen.bytes, data, len));
		CHECK(seen.v[0] == 255 && seen.v[1] == 65535 && seen.v[2] == 1);
	}
	for (len = 0; len <= IPC_BYTES_MAX(5); len++) {
		fake_reset();
		give.bytes = data;
		give.len = 1;
		got_len = sizeof(got);
		CHECK(roundtrip_all_beyond(&client, 1, 2, 3, 4, 5, data, len,
				got, &got_len) == HELIOS_OK);
		CHECK(seen.len == len && !memcmp(seen.bytes, data, len));
		CHECK(seen.v[0] == 1 && seen.v[3] == 4 && seen.v[4] == 5);
		CHECK(got_len == 1 && got[0] == data[0]);
	}
}

static void
test_words(void)
{
	uint64_t result;
	unsigned int n;

	for (n = 0; n <= HELIOS_MSG_WORDS; n++) {
		fake_reset();
		CHECK(roundtrip_all_words(&client, numbers, n, &result) ==
				HELIOS_OK);
		CHECK(result == n && seen.nwords == n);
		CHECK(!memcmp(seen.words, numbers, n * sizeof(numbers[0])));
	}
	for (n = 0; n < HELIOS_MSG_WORDS; n++) {
		fake_reset();
		CHECK(roundtrip_all_more(&client, 9, numbers, n, &result) ==
				HELIOS_OK);
		CHECK(seen.v[0] == 9 && seen.nwords == n);
		CHECK(!memcmp(seen.words, numbers, n * sizeof(numbers[0])));
	}
}

/* Refused before anything is sent. */
static void
test_too_much(void)
{
	helios_cap_t caps[HELIOS_MSG_CAPS + 1] = { 0 };
	uint64_t result = 5;

	CHECK(roundtrip_all_text(&client, data, IPC_BYTES_MAX(0) + 1, NULL,
			NULL) == HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_tail(&client, 0, 0, 0, data, SIZE_MAX, NULL) ==
			HELIOS_INVALID_PARAM);
	CHECK(fake.detail == 3);
	CHECK(roundtrip_all_words(&client, numbers, HELIOS_MSG_WORDS + 1,
			&result) == HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_more(&client, 0, numbers, HELIOS_MSG_WORDS,
			&result) == HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_lend(&client, caps, HELIOS_MSG_CAPS + 1, 0, NULL)
			== HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_both(&client, 0, caps, HELIOS_MSG_CAPS, data, 0,
			NULL, NULL, NULL) == HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_tell(&client, 0, 0, data, IPC_BYTES_MAX(1) + 1) ==
			HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_line_send(EVENTS_CAP, 0, data,
			IPC_BYTES_MAX(1) + 1) == HELIOS_INVALID_PARAM);
	CHECK(roundtrip_all_samples_send(EVENTS_CAP, 0, numbers,
			HELIOS_MSG_WORDS) == HELIOS_INVALID_PARAM);
	CHECK(fake.messages == 0 && seen.functions == 0 && result == 5);
	CHECK(fake.event.tag == 0);
}

/* An answer longer than the room for it; and no room wanted. */
static void
test_too_long(void)
{
	unsigned char got[16] = { 0 };
	size_t len = 9;
	helios_cap_t out = 1;

	give.bytes = data;
	give.len = 10;
	give.caps[0] = 66;
	CHECK(roundtrip_all_text(&client, data, 3, got, &len) ==
			IPC_TOO_LONG);
	CHECK(fake.detail == 10 && len == 9 && got[0] == 0);
	CHECK(roundtrip_all_both(&client, 5, NULL, 0, data, 0, got, &len, &out)
			== IPC_TOO_LONG);
	CHECK(was_destroyed(66) && out == 1);
	len = 10;
	CHECK(roundtrip_all_text(&client, data, 3, got, &len) == HELIOS_OK);
	CHECK(len == 10 && !memcmp(got, data, 10));
	CHECK(roundtrip_all_text(&client, data, 3, NULL, NULL) == HELIOS_OK);
	CHECK(seen.functions == 4);
}

/* A server that says it has more than there is room for. */
static void
test_server_too_long(void)
{
	size_t len = 1;
	char got;

	give.len = IPC_BYTES_MAX(0) + 1;
	CHECK(roundtrip_all_text(&client, data, 3, &got, &len) ==
			IPC_TOO_LONG);
	CHECK(fake.detail == give.len);
	give.len = SIZE_MAX;
	CHECK(roundtrip_all_text(&client, data, 3, &got, &len) ==
			IPC_TOO_LONG);
	give.late = true;
	CHECK(roundtrip_all_text(&client, data, 3, &got, &len) ==
			IPC_TOO_LONG);
	CHECK(fake.detail == give.len && fake.late == 1);
}

/*
 * Capabilities
 */

static void
test_caps_in(void)
{
	helios_cap_t caps[HELIOS_MSG_CAPS];
	unsigned int i, n;
	uint32_t result;

	for (i = 0; i < HELIOS_MSG_CAPS; i++)
		caps[i] = 100 + i;
	for (n = 0; n <= HELIOS_MSG_CAPS; n++) {
		fake_reset();
		CHECK(roundtrip_all_lend(&client, caps, n, 12, &result) ==
				HELIOS_OK);
		CHECK(result == n && seen.ncaps == n && seen.v[0] == 12);
		CHECK(!memcmp(seen.caps, caps, n * sizeof(caps[0])));
		/* What the server did not take it has no more. */
		CHECK(fake.ndestroyed == n);
	}
	fake_reset();
	give.keep = true;
	CHECK(roundtrip_all_lend(&client, caps, 3, 12, &result) == HELIOS_OK);
	CHECK(fake.ndestroyed == 2 && !was_destroyed(100));
}

static void
swap_caps(bool late)
{
	helios_cap_t first = 1, second = 1;
	uint64_t result = 0;

	fake_reset();
	give.late = late;
	give.value = UINT64_MAX;
	give.caps[0] = 31;
	give.caps[1] = 32;
	CHECK(roundtrip_all_swap(&client, 21, 22, &result, &first, &second) ==
			HELIOS_OK);
	CHECK(seen.ncaps == 2 && seen.caps[0] == 21 && seen.caps[1] == 22);
	CHECK(result == UINT64_MAX && first == 31 && second == 32);
	CHECK(was_destroyed(21) && was_destroyed(22));
	CHECK(fake.ndestroyed == 2);
	/* Who does not want one does not get it. */
	fake.ndestroyed = 0;
	CHECK(roundtrip_all_swap(&client, 21, 22, NULL, NULL, &second) ==
			HELIOS_OK);
	CHECK(was_destroyed(31) && !was_destroyed(32) && second == 32);
	fake.ndestroyed = 0;
	CHECK(roundtrip_all_swap(&client, 21, 22, NULL, NULL, NULL) ==
			HELIOS_OK);
	CHECK(was_destroyed(31) && was_destroyed(32));
}

static void
test_caps_both(void)
{
	const helios_cap_t others[] = { 52, 53, 54 };
	helios_cap_t out = 0;
	size_t len = 4;
	char got[4];

	give.bytes = "abcd";
	give.len = 4;
	give.caps[0] = 61;
	give.keep = true;
	CHECK(roundtrip_all_both(&client, 51, others, 3, "xyz", 3, got, &len,
			&out) == HELIOS_OK);
	CHECK(out == 61 && len == 4 && !memcmp(got, "abcd", 4));
	CHECK(seen.ncaps == 4 && seen.caps[0] == 51 && seen.caps[3] == 54);
	CHECK(seen.len == 3 && !memcmp(seen.bytes, "xyz", 3));
	CHECK(!was_destroyed(51) && fake.ndestroyed == 3);
}

static void
test_caps_out(void)
{
	swap_caps(false);
	swap_caps(true);
}

/*
 * Errors, units, and who answers
 */

static void
test_errors(void)
{
	static const ipc_status_t statuses[] = { HELIOS_OK, ROUNDTRIP_PLAIN,
		ROUNDTRIP_CODED, ROUNDTRIP_DONE, TYPES_GONE };
	helios_cap_t first = 1;
	uint64_t result = 1;
	uint8_t i;

	for (i = 0; i < 5; i++) {
		CHECK(roundtrip_all_fail(&client, i, 1000u + i) ==
				statuses[i]);
		CHECK(i == 0 || fake.detail == 1000u + i);
		CHECK(helios_tag_label(fake.reply.tag) == statuses[i]);
	}
	fake_reset();
	give.status = ROUNDTRIP_PLAIN;
	CHECK(roundtrip_all_swap(&client, 21, 22, &result, &first, NULL) ==
			ROUNDTRIP_PLAIN);
	CHECK(result == 1 && first == 1 && fake.ndestroyed == 2);
	CHECK(helios_tag_ncaps(fake.reply.tag) == 0);
}

static void
test_late(void)
{
	char got[4] = "";
	size_t len = sizeof(got);

	give.late = true;
	CHECK(roundtrip_all_nothing(&client) == HELIOS_OK && fake.late == 1);
	give.status = ROUNDTRIP_CODED;
	give.payload = 4711;
	CHECK(roundtrip_all_nothing(&client) == ROUNDTRIP_CODED);
	CHECK(fake.detail == 4711);
	CHECK(roundtrip_all_text(&client, data, 1, got, &len) ==
			ROUNDTRIP_CODED);
	CHECK(len == sizeof(got) && fake.late == 1 && seen.functions == 3);
}

static void
test_names(void)
{
	CHECK(!strcmp(roundtrip_strerror(ROUNDTRIP_PLAIN),
			"roundtrip::plain"));
	CHECK(!strcmp(roundtrip_strerror(ROUNDTRIP_DONE), "roundtrip::done"));
	CHECK(!strcmp(roundtrip_strerror(TYPES_GONE), "types::gone"));
	CHECK(!strcmp(roundtrip_strerror(IPC_MALFORMED), "ipc::malformed"));
	CHECK(!strcmp(roundtrip_strerror(HELIOS_NOMEM), "of the library"));
	CHECK(!strcmp(types_strerror(TYPES_GONE), "types::gone"));
	CHECK(strcmp(types_strerror(ROUNDTRIP_PLAIN), "roundtrip::plain"));
	CHECK(!roundtrip_error_name(HELIOS_NOMEM));
}

/* Parents' methods are theirs, with their id, on the same capability. */
static void
test_parents(void)
{
	char got[4];
	size_t len = sizeof(got);
	uint32_t who = 0;
	uint8_t side = 0;

	give.value = 99;
	CHECK(roundtrip_root_whoami(&client, &who) == HELIOS_OK && who == 99);
	CHECK(helios_tag_label(fake.request.tag) ==
			HELIOS_LABEL(ROUNDTRIP_ROOT_ID, 1));
	CHECK(roundtrip_left_left(&client, &side) == HELIOS_OK && side == 'l');
	CHECK(roundtrip_right_right(&client, &side) == HELIOS_OK);
	CHECK(side == 'r' && seen.functions == 3);
	/* This parent's function the server does not have. */
	CHECK(types_base_name(&client, got, &len) == IPC_NOMETHOD);
	CHECK(fake.detail == HELIOS_LABEL(TYPES_BASE_ID, TYPES_BASE_NAME));
	CHECK(seen.functions == 3);
}

/*
 * Send, and what the server sends
 */

static void
test_send(void)
{
	give.keep = true;
	CHECK(roundtrip_all_tell(&client, 44, 7, data, 500 - 8) == HELIOS_OK);
	CHECK(seen.method == ROUNDTRIP_ALL_TELL && seen.v[0] == 7);
	CHECK(seen.len == 492 && !memcmp(seen.bytes, data, 492));
	CHECK(seen.caps[0] == 44 && !fake.ndestroyed && !fake.answered);
	give.keep = false;
	/* Whatever the function says: nobody waits for it. */
	give.status = ROUNDTRIP_PLAIN;
	CHECK(roundtrip_all_ping(&client) == HELIOS_OK);
	CHECK(seen.method == ROUNDTRIP_ALL_PING && !fake.answered);
}

static void
test_events(void)
{
	unsigned char got[504];
	uint64_t w[HELIOS_MSG_WORDS];
	size_t len = sizeof(got);
	unsigned int n = HELIOS_MSG_WORDS;
	uint8_t a = 0;
	uint16_t s = 0;
	enum types_colour b = TYPES_COLOUR_RED;
	int64_t d = 0;
	int16_t e = 0;
	bool f = false;

	CHECK(roundtrip_all_event_send(EVENTS_CAP, 255, TYPES_COLOUR_BLUE,
			INT64_MIN, -2, true) == HELIOS_OK);
	CHECK(roundtrip_all_tick_recv(&events) == IPC_MALFORMED);
	CHECK(roundtrip_all_event_recv(&events, &a, &b, &d, &e, &f) ==
			HELIOS_OK);
	CHECK(a == 255 && b == TYPES_COLOUR_BLUE && d == INT64_MIN);
	CHECK(e == -2 && f);
	CHECK(roundtrip_all_event_recv(&events, NULL, NULL, NULL, NULL, NULL)
			== HELIOS_OK);
	roundtrip_all_line_send(EVENTS_CAP, 65535, data, IPC_BYTES_MAX(1));
	CHECK(roundtrip_all_line_recv(&events, &s, got, &len) == HELIOS_OK);
	CHECK(s == 65535 && len == IPC_BYTES_MAX(1));
	CHECK(!memcmp(got, data, len));
	len = 3;
	CHECK(roundtrip_all_line_recv(&events, &s, got, &len) == IPC_TOO_LONG);
	CHECK(fake.detail == IPC_BYTES_MAX(1) && len == 3);
	CHECK(roundtrip_all_line_recv(&events, &s, NULL, NULL) == HELIOS_OK);
	roundtrip_all_samples_send(EVENTS_CAP, true, numbers, 63);
	CHECK(roundtrip_all_samples_recv(&events, &f, w, &n) == HELIOS_OK);
	CHECK(n == 63 && !memcmp(w, numbers, 63 * sizeof(w[0])));
	n = 62;
	CHECK(roundtrip_all_samples_recv(&events, &f, w, &n) == IPC_TOO_LONG);
	CHECK(roundtrip_all_samples_recv(&events, NULL, NULL, NULL) ==
			HELIOS_OK);
	roundtrip_all_tick_send(EVENTS_CAP);
	CHECK(roundtrip_all_tick_recv(&events) == HELIOS_OK);
}

/* Another message is sent in between: the request is made anew. */
static ipc_status_t
reconnect(struct ipc_client *c)
{
	return c->cap == SERVER_CAP && fake.messages < 4 ? HELIOS_OK :
		HELIOS_NOMEM;
}

static void
test_again(void)
{
	struct ipc_client c = { SERVER_CAP, reconnect };
	const helios_cap_t others[] = { 52, 53 };
	size_t len = 0;

	fake.lost = 2;
	CHECK(roundtrip_all_both(&c, 51, others, 2, data, 400, NULL, &len,
			NULL) == HELIOS_OK);
	CHECK(fake.messages == 3 && seen.functions == 1);
	CHECK(seen.caps[0] == 51 && seen.caps[2] == 53);
	CHECK(seen.len == 400 && !memcmp(seen.bytes, data, 400));
	fake.lost = 5;
	CHECK(roundtrip_all_ping(&c) == HELIOS_REVOKED);
	CHECK(fake.messages == 4 && seen.functions == 1);
	CHECK(roundtrip_all_nothing(&client) == HELIOS_REVOKED);
	CHECK(fake.messages == 5 && seen.functions == 1);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "constants", test_constants },
	{ "each type, both ways", test_types },
	{ "words in registers and buffer", test_many_words },
	{ "bytes of each length", test_bytes },
	{ "bytes after words", test_bytes_after_words },
	{ "words of any number", test_words },
	{ "more than a message holds is not sent", test_too_much },
	{ "more than the client has room for", test_too_long },
	{ "more than the server has room for", test_server_too_long },
	{ "capabilities in requests", test_caps_in },
	{ "capabilities in replies", test_caps_out },
	{ "capabilities and bytes, both ways", test_caps_both },
	{ "errors and units, with payloads", test_errors },
	{ "replies to deferred requests", test_late },
	{ "names of errors", test_names },
	{ "methods of parents, and of theirs", test_parents },
	{ "send", test_send },
	{ "what the server sends", test_events },
	{ "a request that is made again", test_again },
	{ "requests with wrong numbers of words and capabilities",
		test_malformed_requests },
	{ "requests with values outside their types", test_malformed_values },
	{ "requests with bytes that are cut off or too many",
		test_malformed_bytes },
	{ "malformed replies", test_malformed_replies },
	{ "malformed messages from the server", test_malformed_events },
};

int
main(void)
{
	unsigned int i, bad = 0;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + 1);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		checks = failures = 0;
		fake_reset();
		tests[i].run();
		printf("%s %s\n", failures || !checks ? "not ok" : "ok",
				tests[i].name);
		bad += failures || !checks;
	}
	return bad != 0;
}
