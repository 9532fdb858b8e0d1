/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSpaces: what revoking and destroying does to derived capabilities, Dead
 * slots, tables that hold tables, replies in slots, and what a task without
 * a CSpace capability can do to its table.
 */
#include "objects.h"

TEST(cspace, revoke_takes_the_whole_tree)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), kids[3], deep[3][3];
	uint64_t dead = table_of(helios_process.cspace).dead;
	unsigned int i, j;

	for (i = 0; i < 3; i++) {
		kids[i] = make_copy(ep, HELIOS_RIGHTS_ALL);
		for (j = 0; j < 3; j++)
			deep[i][j] = make_copy(kids[i], HELIOS_RIGHT_SEND);
	}
	/* One branch first: the others stay. */
	CHECK_OK(helios_revoke(kids[1]));
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++)
			CHECK_EQ(type_of(deep[i][j]), i == 1 ? HELIOS_DEAD :
				HELIOS_ENDPOINT);
	CHECK_EQ(type_of(kids[1]), HELIOS_ENDPOINT);
	CHECK_OK(helios_revoke(ep));
	for (i = 0; i < 3; i++) {
		CHECK_EQ(type_of(kids[i]), HELIOS_DEAD);
		for (j = 0; j < 3; j++)
			CHECK_EQ(type_of(deep[i][j]), HELIOS_DEAD);
	}
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
	CHECK_EQ(table_of(helios_process.cspace).dead, dead + 12);
}

TEST(cspace, revoke_without_children_changes_nothing)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), copy, null;
	struct snapshot s;

	copy = make_copy(ep, HELIOS_RIGHTS_ALL);
	null = free_slot();
	SNAP(&s);
	CHECK_OK(helios_revoke(copy));
	SNAP_SAME(&s);
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
	CHECK_EQ(type_of(copy), HELIOS_ENDPOINT);
	CHECK_NO_CHANGE(&s, helios_revoke(null), HELIOS_INVALID_CSLOT, null);
}

TEST(cspace, revoke_reaches_other_tables)
{
	helios_cap_t a = make(HELIOS_CSPACE, RADIX);
	helios_cap_t b = make(HELIOS_CSPACE, RADIX);
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), in_a, in_b = UNDEF, own;

	own = copy_into(a, a);
	in_a = copy_into(a, ep);
	CHECK_OK(helios_cspace_copy(b, UNDEF, a, in_a, HELIOS_RIGHTS_ALL,
			&in_b));
	CHECK_OK(helios_revoke(ep));
	CHECK_EQ(type_in(a, in_a), HELIOS_DEAD);
	CHECK_EQ(type_in(b, in_b), HELIOS_DEAD);
	CHECK_EQ(type_in(a, own), HELIOS_CSPACE);
	CHECK_EQ(table_of(a).dead, 1);
	CHECK_EQ(table_of(a).used, 1);
	CHECK_EQ(table_of(b).dead, 1);
	CHECK_EQ(table_of(b).used, 0);
	CHECK_EQ(table_of(b).free, SLOTS - 1);
}

TEST(cspace, revoke_finds_what_was_moved)
{
	helios_cap_t table = make(HELIOS_CSPACE, RADIX);
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), kid, grandkid, at = UNDEF;

	kid = make_copy(ep, HELIOS_RIGHTS_ALL);
	grandkid = make_copy(kid, HELIOS_RIGHTS_ALL);
	/* Move all three: nobody's place in the tree changes. */
	CHECK_OK(helios_cspace_move(table, 3, helios_process.cspace, kid,
			NULL));
	CHECK_OK(helios_cspace_move(table, 2, helios_process.cspace,
			grandkid, NULL));
	CHECK_OK(helios_move(ep, UNDEF, &at));
	CHECK_OK(helios_cspace_revoke(table, 3));
	CHECK_EQ(type_in(table, 2), HELIOS_DEAD);
	CHECK_EQ(type_in(table, 3), HELIOS_ENDPOINT);
	CHECK_OK(helios_revoke(at));
	CHECK_EQ(type_in(table, 3), HELIOS_DEAD);
}

TEST(cspace, long_chain_is_revoked)
{
	helios_cap_t table = make(HELIOS_CSPACE, 9);
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	unsigned int i;

	/* Each a copy of the one before: 300 generations. */
	CHECK_EQ(copy_into(table, ep), 0);
	for (i = 1; i < 300; i++)
		CHECK_OK(helios_cspace_copy(table, i, UNDEF, i - 1,
				HELIOS_RIGHTS_ALL, NULL));
	CHECK_OK(helios_cspace_revoke(table, 149));
	CHECK_EQ(table_of(table).dead, 150);
	CHECK_EQ(type_in(table, 149), HELIOS_ENDPOINT);
	CHECK_EQ(type_in(table, 150), HELIOS_DEAD);
	CHECK_OK(helios_revoke(ep));
	CHECK_EQ(table_of(table).dead, 300);
	CHECK_EQ(table_of(table).used, 0);
}

TEST(cspace, dead_slot_says_revoked)
{
	helios_cap_t note = make(HELIOS_NOTE, 0), copy;
	helios_cap_t page = make(HELIOS_PAGE, PAGE), page_copy;
	struct helios_page_info info;
	uint64_t bits;

	copy = make_copy(note, HELIOS_RIGHTS_ALL);
	page_copy = make_copy(page, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_revoke(note));
	CHECK_OK(helios_revoke(page));
	CHECK_ERROR(helios_signal(copy), HELIOS_REVOKED, copy);
	CHECK_ERROR(helios_nbwait(copy, &bits), HELIOS_REVOKED, copy);
	CHECK_ERROR(helios_page_info(page_copy, &info), HELIOS_REVOKED,
		page_copy);
	CHECK_ERROR(helios_copy(copy, HELIOS_RIGHTS_ALL, &page),
		HELIOS_REVOKED, copy);
	CHECK_ERROR(helios_move(copy, UNDEF, NULL), HELIOS_REVOKED, copy);
	CHECK_ERROR(helios_revoke(copy), HELIOS_REVOKED, copy);
	CHECK_ERROR(helios_map(helios_process.vspace, 0, 0, 1, &page_copy,
			NULL), HELIOS_REVOKED, page_copy);
	CHECK_EQ(type_of(copy), HELIOS_DEAD);
}

TEST(cspace, dead_slot_is_not_reused_until_destroyed)
{
	helios_cap_t table = make(HELIOS_CSPACE, RADIX), dead, slot = UNDEF;
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0);
	helios_cap_t note = make(HELIOS_NOTE, 0);
	unsigned int i;

	dead = copy_into(table, note);
	CHECK_OK(helios_revoke(note));
	CHECK_ERROR(helios_cspace_copy(table, dead, helios_process.cspace, ep,
			HELIOS_RIGHTS_ALL, &slot), HELIOS_INVALID_CSLOT, dead);
	for (i = 1; i < SLOTS; i++)
		CHECK(copy_into(table, ep) != dead);
	CHECK_ERROR(helios_cspace_copy(table, UNDEF, helios_process.cspace,
			ep, HELIOS_RIGHTS_ALL, &slot), HELIOS_CSPACE_FULL, 1);
	CHECK_EQ(type_in(table, dead), HELIOS_DEAD);
	CHECK_OK(helios_cspace_destroy(table, 1, &dead));
	CHECK_EQ(type_in(table, dead), HELIOS_NULL);
	CHECK_EQ(table_of(table).dead, 0);
	CHECK_EQ(copy_into(table, ep), dead);
}

TEST(cspace, destroying_hands_children_to_the_parent)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), mid, leaf, sibling;

	mid = make_copy(ep, HELIOS_RIGHTS_ALL);
	leaf = make_copy(mid, HELIOS_RIGHTS_ALL);
	sibling = make_copy(ep, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_destroy(mid));
	CHECK_EQ(type_of(leaf), HELIOS_ENDPOINT);
	/* Not to the neighbour... */
	CHECK_OK(helios_revoke(sibling));
	CHECK_EQ(type_of(leaf), HELIOS_ENDPOINT);
	/* ... but to the grandparent. */
	CHECK_OK(helios_revoke(ep));
	CHECK_EQ(type_of(leaf), HELIOS_DEAD);
	CHECK_EQ(type_of(sibling), HELIOS_DEAD);
}

/* The same where the orphans' new neighbour is younger or older. */
TEST(cspace, orphans_do_not_join_neighbours)
{
	helios_cap_t ep = make(HELIOS_ENDPOINT, 0), old, mid, young, leaf[2];

	old = make_copy(ep, HELIOS_RIGHTS_ALL);
	mid = make_copy(ep, HELIOS_RIGHTS_ALL);
	leaf[0] = make_copy(mid, HELIOS_RIGHTS_ALL);
	leaf[1] = make_copy(leaf[0], HELIOS_RIGHTS_ALL);
	young = make_copy(ep, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_destroy(mid));
	CHECK_OK(helios_revoke(young));
	CHECK_OK(helios_revoke(old));
	CHECK_EQ(type_of(leaf[0]), HELIOS_ENDPOINT);
	CHECK_EQ(type_of(leaf[1]), HELIOS_ENDPOINT);
	CHECK_OK(helios_revoke(leaf[0]));
	CHECK_EQ(type_of(leaf[0]), HELIOS_ENDPOINT);
	CHECK_EQ(type_of(leaf[1]), HELIOS_DEAD);
}

TEST(cspace, copies_outlive_the_original)
{
	helios_cap_t note = make(HELIOS_NOTE, 0), copy, leaf;
	uint64_t bits = 0;

	copy = make_copy(note, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_destroy(note));
	CHECK_EQ(type_of(copy), HELIOS_NOTE);
	CHECK_OK(helios_signal(copy));
	CHECK_OK(helios_nbwait(copy, &bits));
	CHECK_EQ(bits, 1);
	leaf = make_copy(copy, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_destroy(copy));
	CHECK_OK(helios_signal(leaf));
}

TEST(cspace, table_takes_its_contents_along)
{
	helios_cap_t table = make(HELIOS_CSPACE, RADIX), ep, slot, copy;
	struct helios_counts before = counts();

	ep = make(HELIOS_ENDPOINT, 0);
	CHECK_OK(helios_cspace_move(table, 7, helios_process.cspace, ep,
			NULL));
	ep = make(HELIOS_ENDPOINT, 0);
	slot = copy_into(table, ep);
	CHECK_OK(helios_cspace_copy(helios_process.cspace, UNDEF, table, slot,
			HELIOS_RIGHTS_ALL, &copy));
	CHECK_EQ(counts().endpoints, before.endpoints + 2);
	CHECK_OK(helios_destroy(table));
	/* What was only in there is gone; the others' copies are not. */
	CHECK_EQ(counts().endpoints, before.endpoints + 1);
	CHECK_EQ(counts().cspaces, before.cspaces - 1);
	CHECK_EQ(type_of(copy), HELIOS_ENDPOINT);
	/* Its parent in the table was destroyed: the original's now. */
	CHECK_OK(helios_revoke(ep));
	CHECK_EQ(type_of(copy), HELIOS_DEAD);
}

TEST(cspace, nested_tables_go_at_once)
{
	helios_cap_t quota = make(HELIOS_MEMORY, 512), outer;
	struct helios_counts before = counts();
	struct helios_memory_info fresh = memory_of(quota);
	unsigned int i;

	/* Each in the one before: the kernel must not recurse. */
	outer = make_from(quota, HELIOS_CSPACE, RADIX);
	for (i = 1; i < 200; i++) {
		helios_cap_t inner = make_from(quota, HELIOS_CSPACE, RADIX);

		CHECK_OK(helios_cspace_move(inner, 0, helios_process.cspace,
				outer, NULL));
		CHECK_EQ(type_in(inner, 0), HELIOS_CSPACE);
		outer = inner;
	}
	CHECK_EQ(counts().cspaces, before.cspaces + 200);
	CHECK_OK(helios_destroy(outer));
	CHECK_EQ(counts().cspaces, before.cspaces);
	CHECK_EQ(memory_of(quota).free, fresh.free);
	CHECK_EQ(memory_of(quota).objects, 0);
}

TEST(cspace, cycles_die_with_their_memory)
{
	helios_cap_t quota = make(HELIOS_MEMORY, 64), a, b, self;
	struct helios_counts before = counts();

	self = make_from(quota, HELIOS_CSPACE, RADIX);
	copy_into(self, self);
	CHECK_OK(helios_destroy(self));
	a = make_from(quota, HELIOS_CSPACE, RADIX);
	b = make_from(quota, HELIOS_CSPACE, RADIX);
	copy_into(a, b);
	copy_into(b, a);
	CHECK_OK(helios_destroy(a));
	CHECK_OK(helios_destroy(b));
	/* Each still has a capability, inside. */
	CHECK_EQ(counts().cspaces, before.cspaces + 3);
	CHECK_OK(helios_destroy(quota));
	CHECK_EQ(counts().cspaces, before.cspaces);
	CHECK_EQ(counts().memories, before.memories - 1);
}

TEST(cspace, table_destroys_its_own_capability)
{
	uint64_t before = counts().cspaces;
	helios_cap_t table = make(HELIOS_CSPACE, RADIX), slot;

	slot = copy_into(table, table);
	CHECK_OK(helios_cspace_destroy(table, 1, &slot));
	CHECK_EQ(table_of(table).free, SLOTS);
	/* The invoked capability names itself, in the own table. */
	CHECK_OK(helios_destroy(table));
	CHECK_EQ(counts().cspaces, before);
	CHECK_EQ(type_of(table), HELIOS_NULL);
}

/*
 * Replies
 */

static void *
call_once(void *arg)
{
	struct helios_msg msg;

	helios_msg_start(&msg, 77, 1, 0);
	msg.words[0] = 5;
	return (void *)(uintptr_t)helios_call(*(helios_cap_t *)arg, &msg);
}

/* A thread that has called ep; the message was received by us. */
static struct helios_thread *
receive_call(helios_cap_t *ep)
{
	struct helios_thread *thread;
	struct helios_msg msg;

	*ep = make(HELIOS_ENDPOINT, 0);
	CHECK_OK(helios_thread_spawn(&thread, call_once, ep));
	CHECK_OK(helios_recv(*ep, &msg));
	CHECK_EQ(helios_tag_label(msg.tag), 77);
	return thread;
}

static enum helios_status
call_result(struct helios_thread *thread)
{
	void *value = NULL;

	CHECK_OK(helios_thread_join(thread, &value));
	return (enum helios_status)(uintptr_t)value;
}

TEST(cspace, store_reply_needs_one)
{
	helios_cap_t out = UNDEF;
	struct snapshot s;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_store_reply(&out), HELIOS_NO_REPLY, 0);
	CHECK_EQ(out, UNDEF);
}

TEST(cspace, stored_reply_answers_once)
{
	helios_cap_t ep, reply = UNDEF, copy;
	struct helios_thread *thread = receive_call(&ep);
	struct helios_msg msg;

	CHECK_OK(helios_store_reply(&reply));
	CHECK_EQ(type_of(reply), HELIOS_REPLY);
	/* It is owed no more by us, but by whoever holds the slot. */
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	CHECK_ERROR(helios_copy(reply, HELIOS_RIGHTS_ALL, &copy),
		HELIOS_UNSUPPORTED, HELIOS_REPLY);
	CHECK_OK(helios_move(reply, UNDEF, &reply));
	CHECK_OK(helios_send(reply, &msg));
	CHECK_EQ(call_result(thread), HELIOS_OK);
	CHECK_EQ(type_of(reply), HELIOS_NULL);
	CHECK_ERROR(helios_send(reply, &msg), HELIOS_INVALID_CSLOT, reply);
}

TEST(cspace, destroyed_reply_cancels_the_caller)
{
	helios_cap_t ep, reply = UNDEF;
	struct helios_thread *thread = receive_call(&ep);

	CHECK_OK(helios_store_reply(&reply));
	CHECK_OK(helios_destroy(reply));
	CHECK_EQ(call_result(thread), HELIOS_CANCELED);
}

TEST(cspace, reply_goes_with_its_table)
{
	helios_cap_t ep, table = make(HELIOS_CSPACE, RADIX), slot = UNDEF;
	struct helios_thread *thread = receive_call(&ep);

	CHECK_ERROR(helios_cspace_store_reply(table, SLOTS, &slot),
		HELIOS_INVALID_CADDR, SLOTS);
	CHECK_OK(helios_cspace_store_reply(table, 9, &slot));
	CHECK_EQ(slot, 9);
	CHECK_EQ(type_in(table, 9), HELIOS_REPLY);
	CHECK_OK(helios_destroy(table));
	CHECK_EQ(call_result(thread), HELIOS_CANCELED);
}

/*
 * A sandbox: a task with a table, but no capability of it.
 */

#define SANDBOX_PAGE	1	/* what it has there */
#define SANDBOX_TASK	2
#define SANDBOX_TRIES	5

struct sandbox {
	helios_cap_t slots[SANDBOX_TRIES];
	uint64_t status[SANDBOX_TRIES][HELIOS_CSPACE_STORE_REPLY + 1];
};

static void
sandbox_run(void *arg)
{
	struct sandbox *box = arg;
	unsigned int i, op;

	for (i = 0; i < SANDBOX_TRIES; i++) {
		for (op = 0; op <= HELIOS_CSPACE_STORE_REPLY; op++) {
			struct helios_raw r = {
				.rsi = helios_tag(HELIOS_LABEL(HELIOS_CSPACE,
					op), 1, 0),
				.rdx = SANDBOX_PAGE,
			};

			box->status[i][op] = helios_raw_call(box->slots[i],
				&r);
		}
	}
	helios_raw_exit(0);
}

TEST(cspace, sandbox_cannot_alter_its_table)
{
	static struct sandbox box = { .slots = { 0, SANDBOX_PAGE,
		SANDBOX_TASK, SLOTS, UNDEF } };
	const enum helios_status expected[SANDBOX_TRIES] = {
		HELIOS_INVALID_CSLOT, HELIOS_INVALID_CTYPE,
		HELIOS_INVALID_CTYPE, HELIOS_INVALID_CADDR,
		HELIOS_INVALID_CADDR };
	struct helios_cspace_info before;
	struct bare b;
	unsigned int i, op;

	bare_new(&b, helios_process.memory, sandbox_run, &box);
	CHECK_OK(helios_cspace_copy(b.cspace, SANDBOX_PAGE,
			helios_process.cspace, b.stack, HELIOS_RIGHTS_ALL,
			NULL));
	CHECK_OK(helios_cspace_copy(b.cspace, SANDBOX_TASK,
			helios_process.cspace, b.task, HELIOS_RIGHTS_ALL,
			NULL));
	before = table_of(b.cspace);
	CHECK_OK(helios_task_resume(b.task));
	CHECK_EQ(bare_fault(&b, HELIOS_FAULT_EXIT).address, 0);
	for (i = 0; i < SANDBOX_TRIES; i++)
		for (op = 0; op <= HELIOS_CSPACE_STORE_REPLY; op++)
			CHECK_EQ(box.status[i][op], expected[i]);
	CHECK_EQ(table_of(b.cspace).used, before.used);
	CHECK_EQ(table_of(b.cspace).free, before.free);
	CHECK_EQ(table_of(b.cspace).dead, 0);
	CHECK_EQ(type_in(b.cspace, SANDBOX_PAGE), HELIOS_PAGE);
	CHECK_EQ(type_in(b.cspace, SANDBOX_TASK), HELIOS_TASK);
}
