/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities in messages: the receiver agrees first, all arrive or none,
 * and what arrives is derived from what was sent.
 */
#include "peer.h"

static helios_cap_t ep;

static void
sender_with(struct peer *sender, unsigned int ncaps, const helios_cap_t *caps)
{
	peer_set(sender, HELIOS_SYS_SEND, ep, 1, 1);
	sender->msg.tag = helios_tag(0, 1, ncaps);
	memcpy(sender->msg.caps, caps, ncaps * sizeof *caps);
}

/*
 * A receiver of these capabilities waits; the test's thread sends, which
 * must end so; the receiver must not have noticed.
 */
static void
check_send_fails(unsigned int ncaps, const helios_cap_t *caps,
		unsigned int accept, const helios_cap_t *dests,
		enum helios_status expected, uint64_t detail)
{
	struct helios_cspace_info before, after;
	struct peer receiver;
	struct helios_msg msg;

	peer_set(&receiver, HELIOS_SYS_RECV, ep, 0, 0);
	receiver.accept = accept;
	receiver.dests = dests;
	peer_block(&receiver, HELIOS_TASK_RECEIVING);
	helios_msg_start(&msg, 0, 0, ncaps);
	memcpy(msg.caps, caps, ncaps * sizeof *caps);
	CHECK_OK(helios_cspace_info(helios_process.cspace, &before));
	CHECK_ERROR(helios_nbsend(ep, &msg), expected, detail);
	CHECK_ERROR(helios_send(ep, &msg), expected, detail);
	CHECK_OK(helios_cspace_info(helios_process.cspace, &after));
	CHECK_EQ(after.free, before.free);
	CHECK_EQ(peer_state(&receiver), HELIOS_TASK_RECEIVING);
	helios_msg_start(&msg, 1, 2, 0);
	msg.words[0] = 20;
	msg.words[1] = 21;
	CHECK_OK(helios_send(ep, &msg));
	peer_expect(&receiver, HELIOS_OK);
	check_words(&receiver.msg, 2, 20);
	CHECK_EQ(helios_tag_ncaps(receiver.msg.tag), 0);
}

TEST(transfer, refused_without_consent)
{
	helios_cap_t note;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	check_send_fails(1, &note, 0, NULL, HELIOS_REFUSED, 0);
}

TEST(transfer, refused_beyond_consent)
{
	helios_cap_t notes[3];

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_allocate(helios_process.memory, HELIOS_NOTE, 0, 3,
				memset(notes, 0xff, sizeof notes)));
	check_send_fails(3, notes, 2, NULL, HELIOS_REFUSED, 2);
}

/* A sender that was there first is told too; the receiver waits on. */
TEST(transfer, queued_sender_refused)
{
	struct peer sender, plain;
	struct helios_msg msg;
	helios_cap_t note;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	sender_with(&sender, 1, &note);
	peer_block(&sender, HELIOS_TASK_SENDING);
	peer_set(&plain, HELIOS_SYS_SEND, ep, 1, 30);
	peer_block(&plain, HELIOS_TASK_SENDING);
	CHECK_OK(helios_recv(ep, &msg));
	check_words(&msg, 1, 30);
	CHECK_EQ(helios_tag_ncaps(msg.tag), 0);
	peer_expect(&sender, HELIOS_REFUSED);
	CHECK_EQ(sender.detail, 0);
	peer_expect(&plain, HELIOS_OK);
}

TEST(transfer, anywhere)
{
	helios_cap_t caps[2];
	struct helios_slot_info sent, got;
	struct peer sender;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&caps[0]));
	CHECK_OK(helios_newpage(&caps[1]));
	sender_with(&sender, 2, caps);
	peer_start(&sender);
	helios_accept(5, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_EQ(helios_tag_ncaps(msg.tag), 2);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK(msg.caps[i] != caps[i]);
		CHECK_OK(helios_slot_info(caps[i], &sent));
		CHECK_OK(helios_slot_info(msg.caps[i], &got));
		CHECK_EQ(got.identify, sent.identify);
		CHECK_EQ(got.id, sent.id);
	}
}

TEST(transfer, to_chosen_slots)
{
	helios_cap_t caps[3], dests[3];
	struct peer sender;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&caps[0]));
	CHECK_OK(helios_newendpoint(&caps[1]));
	CHECK_OK(helios_newpage(&caps[2]));
	dests[0] = null_slot(0);
	dests[1] = HELIOS_CADDR_UNDEF;
	dests[2] = null_slot(1);
	sender_with(&sender, 3, caps);
	peer_block(&sender, HELIOS_TASK_SENDING);
	helios_accept(3, dests);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_EQ(msg.caps[0], dests[0]);
	CHECK_EQ(msg.caps[2], dests[2]);
	CHECK(msg.caps[1] != dests[0] && msg.caps[1] != dests[2]);
	CHECK_EQ(type_at(msg.caps[0]), HELIOS_NOTE);
	CHECK_EQ(type_at(msg.caps[1]), HELIOS_ENDPOINT);
	CHECK_EQ(type_at(msg.caps[2]), HELIOS_PAGE);
	/* What the task accepts is its own word: the kernel leaves it. */
	CHECK_EQ(helios_ipcbuf()->accept_count, 3);
	CHECK_EQ(helios_ipcbuf()->accept[0], dests[0]);
	CHECK_EQ(helios_ipcbuf()->accept[1], HELIOS_CADDR_UNDEF);
}

TEST(transfer, no_room_at_the_chosen_slot)
{
	helios_cap_t caps[2], dests[2], slot;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&caps[0]));
	CHECK_OK(helios_newnote(&caps[1]));
	dests[0] = ep;
	check_send_fails(1, caps, 1, dests, HELIOS_REFUSED, 1);
	dests[0] = 0x7ffffff;
	check_send_fails(1, caps, 1, dests, HELIOS_REFUSED, 1);
	/* The same slot cannot take two. */
	slot = null_slot(0);
	dests[0] = slot;
	dests[1] = slot;
	check_send_fails(2, caps, 2, dests, HELIOS_REFUSED, 2);
	CHECK_EQ(type_at(slot), HELIOS_NULL);
}

TEST(transfer, sixty_four_at_once)
{
	helios_cap_t caps[HELIOS_MSG_CAPS];
	struct helios_slot_info sent, got;
	struct peer sender;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < HELIOS_MSG_CAPS; i++)
		CHECK_OK(helios_mint(ep, HELIOS_RIGHT_SEND, 900 + i,
					&caps[i]));
	sender_with(&sender, HELIOS_MSG_CAPS, caps);
	sender.msg.tag = helios_tag(0, HELIOS_MSG_WORDS, HELIOS_MSG_CAPS);
	peer_start(&sender);
	helios_accept(HELIOS_MSG_CAPS, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_EQ(helios_tag_ncaps(msg.tag), HELIOS_MSG_CAPS);
	CHECK_EQ(helios_tag_nwords(msg.tag), HELIOS_MSG_WORDS);
	for (unsigned int i = 0; i < HELIOS_MSG_CAPS; i++) {
		CHECK_OK(helios_slot_info(caps[i], &sent));
		CHECK_OK(helios_slot_info(msg.caps[i], &got));
		CHECK_EQ(got.badge, 900 + i);
		CHECK_EQ(got.id, sent.id);
		CHECK_EQ(got.identify, sent.identify);
	}
}

TEST(transfer, all_or_nothing)
{
	helios_cap_t caps[20], empty = null_slot(0);

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 20; i++)
		CHECK_OK(helios_newnote(&caps[i]));
	for (unsigned int i = 0; i < 20; i += 19) {
		helios_cap_t good = caps[i];

		caps[i] = 0x7ffffff;
		check_send_fails(20, caps, 20, NULL, HELIOS_INVALID_CADDR,
				0x7ffffff);
		caps[i] = empty;
		check_send_fails(20, caps, 20, NULL, HELIOS_INVALID_CSLOT,
				empty);
		caps[i] = good;
	}
}

TEST(transfer, needs_grant)
{
	helios_cap_t full, note;

	CHECK_OK(helios_newendpoint(&full));
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_copy(full, HELIOS_RIGHT_SEND | HELIOS_RIGHT_RECV,
				&ep));
	check_send_fails(1, &note, 1, NULL, HELIOS_ACCESS,
			HELIOS_RIGHT_SEND | HELIOS_RIGHT_RECV);
}

/* What arrives is derived from what was sent: the sender can take it back. */
TEST(transfer, revocable_by_the_sender)
{
	struct peer sender;
	struct helios_msg msg;
	helios_cap_t note;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	sender_with(&sender, 1, &note);
	peer_start(&sender);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_OK(helios_signal(msg.caps[0]));
	CHECK_OK(helios_revoke(note));
	CHECK_EQ(type_at(msg.caps[0]), HELIOS_DEAD);
	CHECK_ERROR(helios_signal(msg.caps[0]), HELIOS_REVOKED, msg.caps[0]);
	CHECK_EQ(type_at(note), HELIOS_NOTE);
	CHECK_OK(helios_destroy(msg.caps[0]));
}

TEST(transfer, factories_move)
{
	struct helios_memory_info info;
	struct peer sender;
	struct helios_msg msg;
	helios_cap_t quota, page = HELIOS_CADDR_UNDEF;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newmemory(8, &quota));
	sender_with(&sender, 1, &quota);
	peer_start(&sender);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK(msg.caps[0] == quota || type_at(quota) == HELIOS_NULL);
	CHECK_OK(helios_memory_info(msg.caps[0], &info));
	CHECK_EQ(info.pages, 8);
	CHECK_OK(helios_allocate(msg.caps[0], HELIOS_PAGE, HELIOS_PAGE_SIZE, 1,
				&page));
}

/* A factory cannot be moved to two places. */
TEST(transfer, factory_twice)
{
	struct helios_memory_info info;
	struct peer receiver;
	struct helios_msg msg;
	helios_cap_t quota;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newmemory(8, &quota));
	peer_set(&receiver, HELIOS_SYS_RECV, ep, 0, 0);
	receiver.accept = 2;
	peer_block(&receiver, HELIOS_TASK_RECEIVING);
	helios_msg_start(&msg, 0, 0, 2);
	msg.caps[0] = quota;
	msg.caps[1] = quota;
	CHECK(helios_send(ep, &msg) != HELIOS_OK);
	CHECK_OK(helios_memory_info(quota, &info));
	CHECK_EQ(peer_state(&receiver), HELIOS_TASK_RECEIVING);
	peer_kill(&receiver);
}

TEST(transfer, badge_and_rights_are_kept)
{
	struct helios_slot_info info;
	struct peer sender;
	struct helios_msg msg;
	helios_cap_t cap, other;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_mint(ep, HELIOS_RIGHT_SEND, 4711, &cap));
	sender_with(&sender, 1, &cap);
	peer_start(&sender);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_OK(helios_slot_info(msg.caps[0], &info));
	CHECK_EQ(info.badge, 4711);
	CHECK((info.identify & HELIOS_IDENTIFY_SEND) != 0);
	CHECK((info.identify & HELIOS_IDENTIFY_RECV) == 0);
	CHECK((info.identify & HELIOS_IDENTIFY_GRANT) == 0);
	CHECK((info.identify & HELIOS_IDENTIFY_BADGED) != 0);
	/* A badge never changes, and rights do not come back. */
	CHECK_ERROR(helios_mint(msg.caps[0], HELIOS_RIGHTS_ALL, 1, &other),
			HELIOS_BUSY, 4711);
	CHECK_OK(helios_copy(msg.caps[0], HELIOS_RIGHTS_ALL, &other));
	CHECK_STATUS(helios_nbrecv(other, &msg), HELIOS_ACCESS);
}

TEST(transfer, page_arrives_unmapped)
{
	struct helios_page_info info;
	struct peer sender;
	struct helios_msg msg;
	helios_cap_t page;
	uint64_t at, text = 0;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_map(helios_process.vspace, 0, HELIOS_MAP_W, 1, &page,
				&at));
	*(volatile uint64_t *)(uintptr_t)at = 0x1234;
	sender_with(&sender, 1, &page);
	peer_start(&sender);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_OK(helios_page_info(msg.caps[0], &info));
	CHECK_EQ(info.flags & HELIOS_PAGE_MAPPED, 0);
	CHECK_OK(helios_page_read(msg.caps[0], 0, &text, sizeof text));
	CHECK_EQ(text, 0x1234);
	CHECK_OK(helios_page_info(page, &info));
	CHECK((info.flags & HELIOS_PAGE_MAPPED) != 0);
	CHECK_EQ(info.address, at);
}

/* Both ways in one call. */
TEST(transfer, by_call_and_reply)
{
	struct peer client;
	struct helios_msg msg;
	helios_cap_t note, page;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_newpage(&page));
	sender_with(&client, 1, &note);
	client.nr = HELIOS_SYS_CALL;
	client.accept = 1;
	peer_start(&client);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(helios_tag_ncaps(msg.tag), 1);
	CHECK_EQ(type_at(msg.caps[0]), HELIOS_NOTE);
	helios_msg_start(&msg, 0, 0, 1);
	msg.caps[0] = page;
	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
	CHECK_EQ(helios_tag_ncaps(client.msg.tag), 1);
	CHECK_EQ(type_at(client.msg.caps[0]), HELIOS_PAGE);
	CHECK(client.msg.caps[0] != page);
}

/* The caller waits no longer: it cannot have the reply, and is told so. */
TEST(transfer, reply_the_caller_cannot_take)
{
	struct helios_cspace_info before, after;
	struct peer client;
	struct helios_msg msg;
	helios_cap_t note;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	peer_set(&client, HELIOS_SYS_CALL, ep, 0, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	helios_msg_start(&msg, 0, 0, 1);
	msg.caps[0] = note;
	CHECK_OK(helios_cspace_info(helios_process.cspace, &before));
	CHECK_OK(helios_reply(&msg));
	CHECK_OK(helios_cspace_info(helios_process.cspace, &after));
	CHECK_EQ(after.free, before.free);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	peer_expect(&client, HELIOS_REFUSED);
	CHECK_EQ(client.detail, 0);
}

/* A bad capability is the server's error: the reply is still owed. */
TEST(transfer, reply_with_a_bad_capability)
{
	helios_cap_t note = null_slot(0);
	struct peer client;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 0, 0);
	client.accept = 1;
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	helios_msg_start(&msg, 0, 0, 1);
	msg.caps[0] = note;
	CHECK_ERROR(helios_reply(&msg), HELIOS_INVALID_CSLOT, note);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = 5;
	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 5);
}

/* The endpoint a message goes through may be in the message. */
TEST(transfer, the_endpoint_itself)
{
	struct peer sender;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	sender_with(&sender, 1, &ep);
	peer_start(&sender);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(ep, &msg));
	peer_expect(&sender, HELIOS_OK);
	peer_set(&sender, HELIOS_SYS_SEND, msg.caps[0], 1, 77);
	peer_start(&sender);
	CHECK_OK(helios_recv(ep, &msg));
	check_words(&msg, 1, 77);
	peer_expect(&sender, HELIOS_OK);
}
