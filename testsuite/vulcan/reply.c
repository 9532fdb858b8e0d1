/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stored replies: answered once, by whoever holds them, or not at all.
 */
#include "peer.h"

static void
answer_with(helios_cap_t reply, uint64_t word)
{
	struct helios_msg msg;

	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = word;
	CHECK_OK(helios_send(reply, &msg));
}

/* Start a client, take its call and store the reply. */
static helios_cap_t
stored(struct peer *client, helios_cap_t ep)
{
	struct helios_msg msg;
	helios_cap_t reply;

	peer_set(client, HELIOS_SYS_CALL, ep, 1, 0);
	peer_start(client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_store_reply(&reply));
	CHECK_EQ(type_at(reply), HELIOS_REPLY);
	return reply;
}

TEST(reply, answered_out_of_order)
{
	struct peer clients[3];
	helios_cap_t ep, replies[3];

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++)
		replies[i] = stored(&clients[i], ep);
	for (unsigned int i = 3; i-- > 0; ) {
		answer_with(replies[i], 500 + i);
		peer_expect(&clients[i], HELIOS_OK);
		check_words(&clients[i].msg, 1, 500 + i);
	}
}

/* A stored reply is nobody's debt any more. */
TEST(reply, storing_clears_what_is_owed)
{
	struct helios_msg msg;
	struct peer client;
	helios_cap_t ep, reply, other;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_STATUS(helios_store_reply(&other), HELIOS_NO_REPLY);
	reply = stored(&client, ep);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	CHECK_STATUS(helios_store_reply(&other), HELIOS_NO_REPLY);
	/* Nor does receiving again cancel the caller. */
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	answer_with(reply, 1);
	peer_expect(&client, HELIOS_OK);
}

TEST(reply, one_shot)
{
	struct helios_msg msg;
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	answer_with(reply, 9);
	CHECK_EQ(type_at(reply), HELIOS_NULL);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_ERROR(helios_send(reply, &msg), HELIOS_INVALID_CSLOT, reply);
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 9);
}

TEST(reply, large)
{
	struct helios_msg msg;
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	helios_msg_start(&msg, 0xabcdef, HELIOS_MSG_WORDS, 0);
	for (unsigned int i = 0; i < HELIOS_MSG_WORDS; i++)
		msg.words[i] = 7000 + i;
	CHECK_OK(helios_send(reply, &msg));
	peer_expect(&client, HELIOS_OK);
	CHECK_EQ(helios_tag_label(client.msg.tag), 0xabcdef);
	check_words(&client.msg, HELIOS_MSG_WORDS, 7000);
}

/* A reply never waits, so the non-blocking send answers as well. */
TEST(reply, answered_without_blocking)
{
	struct helios_msg msg;
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = 31;
	CHECK_OK(helios_nbsend(reply, &msg));
	CHECK_EQ(type_at(reply), HELIOS_NULL);
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 31);
}

TEST(reply, malformed_answer_keeps_it)
{
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	CHECK_STATUS(helios_raw_send(reply, helios_tag(0, 65, 0), 0, 0, 0, 0),
			HELIOS_INVALID_PARAM);
	CHECK_STATUS(helios_raw_send(reply, HELIOS_TAG_FAULT, 0, 0, 0, 0),
			HELIOS_INVALID_PARAM);
	CHECK_EQ(type_at(reply), HELIOS_REPLY);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	answer_with(reply, 4);
	peer_expect(&client, HELIOS_OK);
}

static void *
answer_thread(void *arg)
{
	const helios_cap_t *reply = arg;

	answer_with(*reply, 123);
	return NULL;
}

TEST(reply, answered_by_another_thread)
{
	struct helios_thread *thread;
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	CHECK_OK(helios_thread_spawn(&thread, answer_thread, &reply));
	CHECK_OK(helios_thread_join(thread, NULL));
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 123);
}

TEST(reply, moved_by_message)
{
	struct peer client, sender;
	struct helios_msg msg;
	helios_cap_t ep, other, reply;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newendpoint(&other));
	reply = stored(&client, ep);
	peer_set(&sender, HELIOS_SYS_SEND, other, 0, 0);
	sender.msg.tag = helios_tag(0, 0, 1);
	sender.msg.caps[0] = reply;
	peer_start(&sender);
	helios_accept(1, NULL);
	CHECK_OK(helios_recv(other, &msg));
	peer_expect(&sender, HELIOS_OK);
	CHECK_EQ(helios_tag_ncaps(msg.tag), 1);
	CHECK_EQ(type_at(msg.caps[0]), HELIOS_REPLY);
	CHECK(msg.caps[0] == reply || type_at(reply) == HELIOS_NULL);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	answer_with(msg.caps[0], 55);
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 55);
}

TEST(reply, moved_between_cspaces)
{
	helios_cap_t ep, reply, cspace, back;
	struct peer client;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newcspace(6, &cspace));
	reply = stored(&client, ep);
	CHECK_OK(helios_cspace_move(cspace, 9, helios_process.cspace, reply,
				NULL));
	CHECK_EQ(type_at(reply), HELIOS_NULL);
	CHECK_OK(helios_cspace_move(helios_process.cspace, HELIOS_CADDR_UNDEF,
				cspace, 9, &back));
	answer_with(back, 66);
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 66);
}

TEST(reply, never_copied)
{
	helios_cap_t ep, reply, copy;
	struct peer client;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	CHECK_ERROR(helios_copy(reply, HELIOS_RIGHTS_ALL, &copy),
			HELIOS_UNSUPPORTED, HELIOS_REPLY);
	CHECK_ERROR(helios_mint(reply, HELIOS_RIGHTS_ALL, 5, &copy),
			HELIOS_UNSUPPORTED, HELIOS_REPLY);
	answer_with(reply, 1);
	peer_expect(&client, HELIOS_OK);
}

TEST(reply, destroyed_cancels_the_caller)
{
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	CHECK_OK(helios_destroy(reply));
	CHECK_EQ(type_at(reply), HELIOS_NULL);
	peer_expect(&client, HELIOS_CANCELED);
}

TEST(reply, destroyed_with_its_cspace)
{
	helios_cap_t ep, reply, cspace;
	struct peer client;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newcspace(6, &cspace));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_cspace_store_reply(cspace, 17, &reply));
	CHECK_EQ(reply, 17);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	CHECK_OK(helios_destroy(cspace));
	peer_expect(&client, HELIOS_CANCELED);
}

static void
check_dead_reply(helios_cap_t reply)
{
	struct helios_msg msg;

	CHECK_EQ(type_at(reply), HELIOS_DEAD);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_ERROR(helios_send(reply, &msg), HELIOS_REVOKED, reply);
	CHECK_EQ(type_at(reply), HELIOS_DEAD);
	CHECK_OK(helios_destroy(reply));
	CHECK_EQ(type_at(reply), HELIOS_NULL);
}

TEST(reply, caller_killed)
{
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	peer_kill(&client);
	check_dead_reply(reply);
}

TEST(reply, caller_canceled)
{
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	CHECK_OK(helios_task_cancel(helios_thread_task(client.thread)));
	peer_expect(&client, HELIOS_CANCELED);
	check_dead_reply(reply);
}

/* The server may die: whoever holds the reply answers. */
static void *
store_and_leave(void *arg)
{
	struct {
		helios_cap_t ep, reply;
	} *server = arg;
	struct helios_msg msg;

	CHECK_OK(helios_recv(server->ep, &msg));
	CHECK_OK(helios_store_reply(&server->reply));
	return NULL;
}

TEST(reply, outlives_the_server)
{
	struct {
		helios_cap_t ep, reply;
	} server;
	struct helios_thread *thread;
	struct peer client;

	CHECK_OK(helios_newendpoint(&server.ep));
	CHECK_OK(helios_thread_spawn(&thread, store_and_leave, &server));
	peer_set(&client, HELIOS_SYS_CALL, server.ep, 1, 0);
	peer_start(&client);
	CHECK_OK(helios_thread_join(thread, NULL));
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	answer_with(server.reply, 3);
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 3);
}

/* The endpoint may go: a call that was taken is answered all the same. */
TEST(reply, outlives_the_endpoint)
{
	struct peer client;
	helios_cap_t ep, reply;

	CHECK_OK(helios_newendpoint(&ep));
	reply = stored(&client, ep);
	CHECK_OK(helios_destroy(ep));
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	answer_with(reply, 12);
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 12);
}

/* A full table: the reply stays owed. */
TEST(reply, no_slot_to_store_it)
{
	helios_cap_t ep, cspace, page, slot;
	struct helios_cspace_info info;
	struct helios_msg msg;
	struct peer client;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newcspace(6, &cspace));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_cspace_info(cspace, &info));
	for (uint64_t i = 0; i < info.free; i++)
		CHECK_OK(helios_cspace_copy(cspace, HELIOS_CADDR_UNDEF,
					helios_process.cspace, page,
					HELIOS_RIGHT_R, NULL));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_ERROR(helios_cspace_store_reply(cspace, HELIOS_CADDR_UNDEF,
				&slot), HELIOS_CSPACE_FULL, 1);
	CHECK_ERROR(helios_cspace_store_reply(cspace, 3, &slot),
			HELIOS_INVALID_CSLOT, 3);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
}
