/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSpaces: copying, moving and minting capabilities, destinations, full
 * tables, destroying.  What revoking does is in revoke.c.
 */
#include "objects.h"

#define CSPACE_OP(op, ...) \
	INVOKE(helios_process.cspace, HELIOS_CSPACE, op, __VA_ARGS__)

static uint64_t
rights_of(helios_cap_t cap)
{
	uint64_t what = 0;

	CHECK_OK(helios_identify(cap, &what));
	return what & (HELIOS_IDENTIFY_SEND | HELIOS_IDENTIFY_RECV |
		HELIOS_IDENTIFY_GRANT | HELIOS_IDENTIFY_R |
		HELIOS_IDENTIFY_W | HELIOS_IDENTIFY_X);
}

TEST(cspace, copy_drops_rights)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), send, again, none;

	CHECK_EQ(rights_of(ep), HELIOS_IDENTIFY_SEND | HELIOS_IDENTIFY_RECV |
		HELIOS_IDENTIFY_GRANT);
	send = make_copy(ep, HELIOS_RIGHT_SEND);
	CHECK_EQ(rights_of(send), HELIOS_IDENTIFY_SEND);
	/* What was dropped never comes back. */
	again = make_copy(send, HELIOS_RIGHTS_ALL);
	CHECK_EQ(rights_of(again), HELIOS_IDENTIFY_SEND);
	none = make_copy(send, HELIOS_RIGHT_RECV);
	CHECK_EQ(rights_of(none), 0);
	CHECK_ERROR(helios_signal(make_copy(make(HELIOS_NOTE, 0),
			HELIOS_RIGHT_RECV)), HELIOS_ACCESS, HELIOS_RIGHT_RECV);
}

TEST(cspace, copy_drops_page_rights)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), ro;
	uint64_t word = 1;

	CHECK_EQ(rights_of(page), HELIOS_IDENTIFY_R | HELIOS_IDENTIFY_W |
		HELIOS_IDENTIFY_X);
	ro = make_copy(page, HELIOS_RIGHT_R);
	CHECK_EQ(rights_of(ro), HELIOS_IDENTIFY_R);
	CHECK_ERROR(helios_page_write(ro, 0, &word, sizeof(word)),
		HELIOS_ACCESS, HELIOS_RIGHT_R);
	CHECK_OK(helios_page_read(page, 0, &word, sizeof(word)));
	CHECK_EQ(word, 0);
}

TEST(cspace, copy_keeps_badge_and_object)
{
	helios_cap_t note = make(HELIOS_NOTE, 0), badged = UNDEF, copy;
	struct helios_slot_info a, b;
	uint64_t bits = 0;

	CHECK_OK(helios_mint(note, HELIOS_RIGHTS_ALL, 0x50, &badged));
	copy = make_copy(badged, HELIOS_RIGHT_SEND);
	a = slot_of(helios_process.cspace, note);
	b = slot_of(helios_process.cspace, copy);
	CHECK_EQ(a.badge, 0);
	CHECK_EQ(b.badge, 0x50);
	CHECK_EQ(a.id, b.id);
	CHECK(!(a.identify & HELIOS_IDENTIFY_BADGED));
	CHECK(b.identify & HELIOS_IDENTIFY_BADGED);
	CHECK_OK(helios_signal(copy));
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 0x50);
}

TEST(cspace, copy_refuses_what_only_moves)
{
	const helios_cap_t caps[] = { helios_process.memory,
		HELIOS_INIT_DEVMEM, HELIOS_INIT_IRQCONTROL,
		HELIOS_INIT_IOCONTROL, helios_process.system };
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_COPY, UNDEF,
				UNDEF, caps[i], HELIOS_RIGHTS_ALL),
			HELIOS_UNSUPPORTED, type_of(caps[i]));
}

TEST(cspace, copy_refuses_unknown_rights)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	struct snapshot s;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_COPY, UNDEF, UNDEF, ep,
			HELIOS_RIGHTS_ALL + 1), HELIOS_INVALID_PARAM, 3);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_COPY, UNDEF, UNDEF, ep,
			1ull << 63), HELIOS_INVALID_PARAM, 3);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_MINT, UNDEF, UNDEF,
			ep | (HELIOS_RIGHTS_ALL + 1ull) << 32, 1),
		HELIOS_INVALID_PARAM, 2);
}

TEST(cspace, move_empties_the_source)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), to = UNDEF;
	struct helios_slot_info before, after;
	struct snapshot s;

	before = slot_of(helios_process.cspace, ep);
	SNAP(&s);
	CHECK_OK(helios_move(ep, UNDEF, &to));
	SNAP_SAME(&s);
	CHECK(to != ep);
	after = slot_of(helios_process.cspace, to);
	CHECK_EQ(before.id, after.id);
	CHECK_EQ(before.identify, after.identify);
	CHECK_EQ(type_of(ep), HELIOS_NULL);
	CHECK_ERROR(helios_destroy(ep), HELIOS_INVALID_CSLOT, ep);
	/* And the slot can be a destination again. */
	CHECK_OK(helios_move(to, ep, NULL));
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
}

TEST(cspace, move_takes_the_mapping_along)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), to = UNDEF, there;
	helios_cap_t table = make(HELIOS_CSPACE, RADIX);
	uint64_t at = map_here(page, HELIOS_MAP_W);
	volatile uint64_t *p = (volatile uint64_t *)at;

	*p = 42;
	CHECK_OK(helios_move(page, UNDEF, &to));
	CHECK_EQ(*p, 42);
	CHECK_EQ(page_of(to).address, at);
	CHECK_EQ(page_of(to).flags, HELIOS_PAGE_MAPPED | HELIOS_MAP_W);
	/* Through another table and back. */
	CHECK_OK(helios_cspace_move(table, UNDEF, helios_process.cspace, to,
			&there));
	*p = 43;
	CHECK_OK(helios_cspace_move(helios_process.cspace, UNDEF, table,
			there, &page));
	CHECK_EQ(*p, 43);
	CHECK_OK(helios_destroy(page));
	CHECK(!can_access(at, HELIOS_RIGHT_R));
}

TEST(cspace, move_to_itself_is_occupied)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	struct snapshot s;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_move(ep, ep, NULL), HELIOS_INVALID_CSLOT,
		ep);
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
}

TEST(cspace, mint_badges_once)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), badged = UNDEF, copy;
	struct snapshot s;

	CHECK_OK(helios_mint(ep, HELIOS_RIGHT_SEND, UINT64_MAX, &badged));
	copy = make_copy(badged, HELIOS_RIGHTS_ALL);
	CHECK_EQ(slot_of(helios_process.cspace, badged).badge, UINT64_MAX);
	CHECK_EQ(rights_of(badged), HELIOS_IDENTIFY_SEND);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_mint(badged, HELIOS_RIGHTS_ALL, 1, &ep),
		HELIOS_BUSY, UINT64_MAX);
	CHECK_NO_CHANGE(&s, helios_mint(copy, HELIOS_RIGHTS_ALL, UINT64_MAX,
			&ep), HELIOS_BUSY, UINT64_MAX);
	CHECK_NO_CHANGE(&s, helios_mint(ep, HELIOS_RIGHTS_ALL, 0, &badged),
		HELIOS_INVALID_PARAM, 3);
}

TEST(cspace, mint_is_for_endpoints_and_notes)
{
	const unsigned int types[] = { HELIOS_PAGE, HELIOS_TASK,
		HELIOS_VSPACE };
	helios_cap_t caps[3], out;
	struct snapshot s;
	unsigned int i;

	for (i = 0; i < 3; i++)
		caps[i] = make(types[i], types[i] == HELIOS_PAGE ? PAGE : 0);
	SNAP(&s);
	for (i = 0; i < 3; i++)
		CHECK_NO_CHANGE(&s, helios_mint(caps[i], HELIOS_RIGHTS_ALL, 1,
				&out), HELIOS_INVALID_CTYPE, types[i]);
	CHECK_NO_CHANGE(&s, helios_mint(helios_process.memory,
			HELIOS_RIGHTS_ALL, 1, &out), HELIOS_UNSUPPORTED,
		HELIOS_MEMORY);
}

TEST(cspace, automatic_address_is_a_free_slot)
{
	struct helios_cspace_info before = table_of(helios_process.cspace);
	helios_cap_t caps[8];
	unsigned int i, j;

	for (i = 0; i < 8; i++)
		caps[i] = make(HELIOS_NOTE, 0);
	for (i = 0; i < 8; i++) {
		CHECK(caps[i] < before.slots);
		CHECK_EQ(type_of(caps[i]), HELIOS_NOTE);
		for (j = 0; j < i; j++)
			CHECK(caps[i] != caps[j]);
	}
	CHECK_EQ(table_of(helios_process.cspace).used, before.used + 8);
	CHECK_EQ(table_of(helios_process.cspace).free, before.free - 8);
}

TEST(cspace, destination_can_be_chosen)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	helios_cap_t table = make(HELIOS_CSPACE, RADIX), out = UNDEF;
	unsigned int i;

	/* First, last and every other slot there is, in any order. */
	for (i = 0; i < SLOTS; i++) {
		helios_cap_t want = (i * 37 + SLOTS - 1) % SLOTS;

		CHECK_OK(helios_cspace_copy(table, want,
				helios_process.cspace, ep, HELIOS_RIGHTS_ALL,
				&out));
		CHECK_EQ(out, want);
		CHECK_EQ(table_of(table).used, i + 1);
	}
	CHECK_EQ(table_of(table).free, 0);
}

TEST(cspace, destination_must_be_free)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	helios_cap_t note = make(HELIOS_NOTE, 0), caps[1];
	struct helios_cspace_info info = table_of(helios_process.cspace);
	struct snapshot s;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_COPY, note, UNDEF, ep,
			HELIOS_RIGHTS_ALL), HELIOS_INVALID_CSLOT, note);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_COPY, info.slots, UNDEF,
			ep, HELIOS_RIGHTS_ALL), HELIOS_INVALID_CADDR,
		info.slots);
	caps[0] = note;
	CHECK_NO_CHANGE(&s, helios_allocate(helios_process.memory,
			HELIOS_NOTE, 0, 1, caps), HELIOS_INVALID_CSLOT, note);
	CHECK_EQ(type_of(note), HELIOS_NOTE);
}

/* A caddr has 32 bits; more in a word must not be cut off silently. */
TEST(cspace, caddr_words_are_not_truncated)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	uint64_t wide = 1ull << 32 | ep;
	struct snapshot s;

	SNAP(&s);
	CHECK_STATUS(CSPACE_OP(HELIOS_CSPACE_COPY, UNDEF, UNDEF, wide,
			HELIOS_RIGHTS_ALL), HELIOS_INVALID_CADDR);
	CHECK_STATUS(CSPACE_OP(HELIOS_CSPACE_DESTROY, wide),
		HELIOS_INVALID_CADDR);
	CHECK_STATUS(CSPACE_OP(HELIOS_CSPACE_REVOKE, wide),
		HELIOS_INVALID_CADDR);
	SNAP_SAME(&s);
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
}

TEST(cspace, destination_named_twice)
{
	helios_cap_t caps[3] = { UNDEF, UNDEF, UNDEF };
	struct snapshot s;

	caps[0] = caps[2] = free_slot();
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_allocate(helios_process.memory,
			HELIOS_ENDPOINT, 0, 3, caps), HELIOS_INVALID_CSLOT,
		caps[0]);
	CHECK_EQ(type_of(caps[0]), HELIOS_NULL);
}

/* The slot freed last is the first choice: it must not be taken before it
 * is seen that the caller wants it by name. */
TEST(cspace, chosen_slot_beats_automatic_one)
{
	helios_cap_t want = free_slot(), caps[3] = { UNDEF, UNDEF, want };

	CHECK_OK(helios_allocate(helios_process.memory, HELIOS_ENDPOINT, 0, 3,
			caps));
	CHECK_EQ(caps[2], want);
	CHECK(caps[0] != want && caps[1] != want && caps[0] != caps[1]);
	CHECK_EQ(type_of(caps[0]), HELIOS_ENDPOINT);
	CHECK_EQ(type_of(caps[1]), HELIOS_ENDPOINT);
	CHECK_EQ(type_of(caps[2]), HELIOS_ENDPOINT);
}

TEST(cspace, full_table_refuses_and_stays)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), out = 12345;
	helios_cap_t table = make(HELIOS_CSPACE, RADIX);
	struct snapshot s;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		copy_into(table, ep);
	SNAP_OF(&s, table, UNDEF, UNDEF);
	CHECK_EQ(s.c.free, 0);
	CHECK_NO_CHANGE(&s, helios_cspace_copy(table, UNDEF,
			helios_process.cspace, ep, HELIOS_RIGHTS_ALL, &out),
		HELIOS_CSPACE_FULL, 1);
	CHECK_NO_CHANGE(&s, helios_cspace_mint(table, UNDEF,
			helios_process.cspace, ep, HELIOS_RIGHTS_ALL, 9, &out),
		HELIOS_CSPACE_FULL, 1);
	CHECK_NO_CHANGE(&s, helios_cspace_move(table, UNDEF,
			helios_process.cspace, ep, &out),
		HELIOS_CSPACE_FULL, 1);
	CHECK_EQ(out, 12345);
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
	/* What becomes free is what is handed out next. */
	out = 17;
	CHECK_OK(helios_cspace_destroy(table, 1, &out));
	CHECK_EQ(copy_into(table, ep), 17);
	CHECK_EQ(table_of(table).free, 0);
}

TEST(cspace, freed_slots_are_reused)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	helios_cap_t table = make(HELIOS_CSPACE, RADIX), slots[SLOTS / 2];
	uint64_t seen = 0;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		copy_into(table, ep);
	for (i = 0; i < SLOTS / 2; i++)
		slots[i] = 2 * i + 1;
	CHECK_OK(helios_cspace_destroy(table, SLOTS / 2, slots));
	CHECK_EQ(table_of(table).free, SLOTS / 2);
	for (i = 0; i < SLOTS / 2; i++)
		seen |= 1ull << copy_into(table, ep);
	CHECK_EQ(seen, 0xaaaaaaaaaaaaaaaaull);
}

TEST(cspace, destroy_many_at_once)
{
	helios_cap_t caps[62];
	struct helios_counts before = counts();
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < 62; i++)
		caps[i] = UNDEF;
	CHECK_OK(helios_allocate(helios_process.memory, HELIOS_NOTE, 0, 62,
			caps));
	CHECK_EQ(counts().notes, before.notes + 62);
	CHECK_OK(helios_cspace_destroy(helios_process.cspace, 62, caps));
	SNAP_SAME(&s);
	CHECK_STATUS(INVOKE_0(helios_process.cspace, HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY), HELIOS_INVALID_PARAM);
}

TEST(cspace, destroy_is_all_or_nothing)
{
	helios_cap_t a = make(HELIOS_ENDPOINT, 0), b = make(HELIOS_NOTE, 0);
	helios_cap_t null = free_slot();
	uint64_t end = table_of(helios_process.cspace).slots;
	struct snapshot s;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_DESTROY, a, b, null),
		HELIOS_INVALID_CSLOT, null);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_DESTROY, a, end, b),
		HELIOS_INVALID_CADDR, end);
	/* Named twice it would be empty the second time. */
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_DESTROY, a, b, a),
		HELIOS_INVALID_PARAM, 2);
	CHECK_EQ(type_of(a), HELIOS_ENDPOINT);
	CHECK_EQ(type_of(b), HELIOS_NOTE);
}

TEST(cspace, last_capability_ends_the_object)
{
	uint64_t before = counts().endpoints;
	helios_cap_t a = make(HELIOS_ENDPOINT, 0), b, c, badged = UNDEF;

	b = make_copy(a, HELIOS_RIGHT_SEND);
	c = make_copy(b, 0);
	CHECK_OK(helios_mint(a, HELIOS_RIGHT_RECV, 3, &badged));
	CHECK_EQ(counts().endpoints, before + 1);
	/* The one it was made with has no special part. */
	CHECK_OK(helios_destroy(a));
	CHECK_OK(helios_destroy(c));
	CHECK_OK(helios_destroy(badged));
	CHECK_EQ(counts().endpoints, before + 1);
	CHECK_EQ(type_of(b), HELIOS_ENDPOINT);
	CHECK_OK(helios_destroy(b));
	CHECK_EQ(counts().endpoints, before);
}

/* Equals, with nothing above them that names the object. */
TEST(cspace, orphaned_copies_keep_the_object)
{
	uint64_t before = counts().endpoints;
	unsigned int order, i;

	for (order = 0; order < 3; order++) {
		helios_cap_t ep = make(HELIOS_ENDPOINT, 0), copy[3];

		for (i = 0; i < 3; i++)
			copy[i] = make_copy(ep, HELIOS_RIGHTS_ALL);
		CHECK_OK(helios_destroy(ep));
		/* Oldest, youngest or middle one first. */
		CHECK_OK(helios_destroy(copy[order]));
		CHECK_EQ(counts().endpoints, before + 1);
		CHECK_OK(helios_destroy(copy[(order + 1) % 3]));
		CHECK_EQ(counts().endpoints, before + 1);
		CHECK_EQ(type_of(copy[(order + 2) % 3]), HELIOS_ENDPOINT);
		CHECK_OK(helios_destroy(copy[(order + 2) % 3]));
		CHECK_EQ(counts().endpoints, before);
	}
}

TEST(cspace, ids_are_never_used_twice)
{
	uint64_t last = 0;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		helios_cap_t cap = make(i % 2 ? HELIOS_NOTE :
			HELIOS_ENDPOINT, 0);
		uint64_t id = slot_of(helios_process.cspace, cap).id;

		CHECK(id > last);
		last = id;
		CHECK_OK(helios_destroy(cap));
	}
}

TEST(cspace, info_counts)
{
	helios_cap_t table, ep = make(HELIOS_ENDPOINT, 0), slot;
	struct helios_cspace_info info;
	unsigned int radix;

	for (radix = 6; radix <= 10; radix++) {
		table = make(HELIOS_CSPACE, radix);
		info = table_of(table);
		CHECK_EQ(info.slots, 1ull << radix);
		CHECK_EQ(info.free, 1ull << radix);
		CHECK_EQ(info.used, 0);
		CHECK_EQ(info.dead, 0);
	}
	slot = copy_into(table, ep);
	info = table_of(table);
	CHECK_EQ(info.used, 1);
	CHECK_EQ(info.free, info.slots - 1);
	CHECK_OK(helios_cspace_destroy(table, 1, &slot));
	CHECK_EQ(table_of(table).free, info.slots);
}

TEST(cspace, slot_info_of_every_state)
{
	helios_cap_t table = make(HELIOS_CSPACE, RADIX);
	helios_cap_t page = make(HELIOS_PAGE, PAGE), slot;
	struct helios_slot_info info;

	info = slot_of(table, 5);
	CHECK_EQ(info.identify, 0);
	CHECK_EQ(info.badge, 0);
	CHECK_EQ(info.id, 0);
	slot = copy_into(table, page);
	info = slot_of(table, slot);
	CHECK_EQ(HELIOS_IDENTIFY_TYPE(info.identify), HELIOS_PAGE);
	CHECK_EQ(info.badge, 0);
	CHECK_OK(helios_revoke(page));
	info = slot_of(table, slot);
	CHECK_EQ(HELIOS_IDENTIFY_TYPE(info.identify), HELIOS_DEAD);
	CHECK_EQ(info.id, 0);
	CHECK_ERROR(helios_cspace_slot_info(table, SLOTS, &info),
		HELIOS_INVALID_CADDR, SLOTS);
	CHECK_ERROR(helios_identify((helios_cap_t)table_of(
			helios_process.cspace).slots, &info.identify),
		HELIOS_INVALID_CADDR, table_of(helios_process.cspace).slots);
}

/* Every operation with one word less than it takes, and one more. */
TEST(cspace, wrong_number_of_words)
{
	static const struct {
		unsigned int op, words;
		bool more;		/* takes more, too */
	} ops[] = {
		{ HELIOS_CSPACE_DESTROY, 1, true },
		{ HELIOS_CSPACE_COPY, 4, false },
		{ HELIOS_CSPACE_MOVE, 3, false },
		{ HELIOS_CSPACE_MINT, 4, false },
		{ HELIOS_CSPACE_REVOKE, 1, false },
		{ HELIOS_CSPACE_STORE_REPLY, 1, false },
		{ HELIOS_CSPACE_INFO, 0, false },
		{ HELIOS_CSPACE_SLOT_INFO, 1, false },
	};
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	uint64_t words[5] = { ep, ep, ep, ep, ep };
	struct snapshot s;
	unsigned int i;

	SNAP(&s);
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		uint64_t label = HELIOS_LABEL(HELIOS_CSPACE, ops[i].op);

		if (ops[i].words > 0)
			CHECK_STATUS(helios_invoke(helios_process.cspace,
					label, words, ops[i].words - 1, NULL,
					0), HELIOS_INVALID_PARAM);
		if (!ops[i].more)
			CHECK_STATUS(helios_invoke(helios_process.cspace,
					label, words, ops[i].words + 1, NULL,
					0), HELIOS_INVALID_PARAM);
	}
	SNAP_SAME(&s);
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
}

TEST(cspace, wrong_type_and_operation)
{
	helios_cap_t page = make(HELIOS_PAGE, PAGE), null = free_slot();
	uint64_t label = HELIOS_LABEL(HELIOS_CSPACE, 8);
	struct snapshot s;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, INVOKE_0(helios_process.cspace, HELIOS_CSPACE, 8),
		HELIOS_INVALID_OP, label);
	CHECK_NO_CHANGE(&s, INVOKE_0(helios_process.cspace, HELIOS_CSPACE,
			0xffff), HELIOS_INVALID_OP,
		HELIOS_LABEL(HELIOS_CSPACE, 0xffff));
	/* An operation of another type is never one of this. */
	CHECK_NO_CHANGE(&s, INVOKE(page, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY,
			page), HELIOS_INVALID_CTYPE, HELIOS_PAGE);
	CHECK_NO_CHANGE(&s, INVOKE(helios_process.cspace, HELIOS_PAGE,
			HELIOS_PAGE_READ, page), HELIOS_INVALID_CTYPE,
		HELIOS_CSPACE);
	CHECK_NO_CHANGE(&s, INVOKE(null, HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY, page), HELIOS_INVALID_CSLOT,
		null);
	/* "from" must be a table. */
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_COPY, UNDEF, page, page,
			HELIOS_RIGHTS_ALL), HELIOS_INVALID_CTYPE,
		HELIOS_PAGE);
	CHECK_NO_CHANGE(&s, CSPACE_OP(HELIOS_CSPACE_MOVE, UNDEF, null, page),
		HELIOS_INVALID_CSLOT, null);
	CHECK_EQ(type_of(page), HELIOS_PAGE);
}

/* Fields of a tag that operations do not use must be zero. */
TEST(cspace, tag_of_an_operation)
{
	uint64_t label = HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_REVOKE);
	const uint64_t bad[] = { helios_tag(label, 1, 1),
		helios_tag(label, 1, 0) | HELIOS_TAG_FAULT,
		helios_tag(label, 1, 0) | HELIOS_TAG_NOTE,
		helios_tag(label, 65, 0), helios_tag(label, 0, 0),
		helios_tag(label | 1ull << 40, 1, 0) };
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), copy;
	struct snapshot s;
	unsigned int i;

	copy = make_copy(ep, HELIOS_RIGHTS_ALL);
	SNAP(&s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct helios_raw r = { .rsi = bad[i], .rdx = ep, .r10 = 10,
			.r8 = 8, .r9 = 9 };

		CHECK_STATUS(helios_raw_call(helios_process.cspace, &r),
			i == 5 ? HELIOS_INVALID_CTYPE : HELIOS_INVALID_PARAM);
		/* The tag is 0; the other outputs are as they were. */
		CHECK_EQ(r.rsi, 0);
		CHECK_EQ(r.rdi, helios_process.cspace);
		CHECK(r.r10 == 10 && r.r8 == 8 && r.r9 == 9);
	}
	SNAP_SAME(&s);
	CHECK_EQ(type_of(copy), HELIOS_ENDPOINT);
}
