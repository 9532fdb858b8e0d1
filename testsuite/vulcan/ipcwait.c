/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a wait on an endpoint ends other than by a message: the capability is
 * revoked, the endpoint or the partner goes, or somebody calls it off.
 */
#include "peer.h"

static const struct {
	enum helios_syscall nr;
	uint64_t state;
} waits[] = {
	{ HELIOS_SYS_SEND, HELIOS_TASK_SENDING },
	{ HELIOS_SYS_CALL, HELIOS_TASK_SENDING },
	{ HELIOS_SYS_RECV, HELIOS_TASK_RECEIVING },
};

/* The endpoint is empty, and a message goes through it. */
static void
check_usable(helios_cap_t ep)
{
	struct peer peer;
	struct helios_msg msg;

	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
	peer_set(&peer, HELIOS_SYS_SEND, ep, 2, 8);
	peer_start(&peer);
	CHECK_OK(helios_recv(ep, &msg));
	check_words(&msg, 2, 8);
	peer_expect(&peer, HELIOS_OK);
}

TEST(endpoint, revoked_while_waiting)
{
	helios_cap_t ep, copy;
	struct peer peer;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_OK(helios_copy(ep, HELIOS_RIGHTS_ALL, &copy));
		peer_set(&peer, waits[i].nr, copy, 1, 0);
		peer_block(&peer, waits[i].state);
		CHECK_OK(helios_revoke(ep));
		peer_expect(&peer, HELIOS_REVOKED);
		CHECK_EQ(peer.detail, copy);
		check_usable(ep);
	}
}

/* Those who wait through another capability are not concerned. */
TEST(endpoint, revoked_for_some)
{
	helios_cap_t ep, copies[2];
	struct peer peers[3];
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_SEND, &copies[0]));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_SEND, &copies[1]));
	peer_set(&peers[0], HELIOS_SYS_SEND, copies[0], 1, 100);
	peer_set(&peers[1], HELIOS_SYS_SEND, copies[1], 1, 101);
	peer_set(&peers[2], HELIOS_SYS_SEND, ep, 1, 102);
	for (unsigned int i = 0; i < 3; i++)
		peer_block(&peers[i], HELIOS_TASK_SENDING);
	CHECK_OK(helios_destroy(copies[0]));
	peer_expect(&peers[0], HELIOS_REVOKED);
	for (unsigned int i = 1; i < 3; i++) {
		CHECK_OK(helios_recv(ep, &msg));
		check_words(&msg, 1, 100 + i);
		peer_expect(&peers[i], HELIOS_OK);
	}
}

/* A capability that moves takes those who wait through it along. */
TEST(endpoint, moved_while_waiting)
{
	helios_cap_t ep, copy, moved;
	struct helios_msg msg;
	struct peer peer;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHTS_ALL, &copy));
	peer_set(&peer, HELIOS_SYS_SEND, copy, 1, 5);
	peer_block(&peer, HELIOS_TASK_SENDING);
	CHECK_OK(helios_move(copy, HELIOS_CADDR_UNDEF, &moved));
	CHECK_EQ(peer_state(&peer), HELIOS_TASK_SENDING);
	CHECK_OK(helios_recv(ep, &msg));
	check_words(&msg, 1, 5);
	peer_expect(&peer, HELIOS_OK);

	peer_set(&peer, HELIOS_SYS_SEND, moved, 1, 5);
	peer_block(&peer, HELIOS_TASK_SENDING);
	CHECK_OK(helios_move(moved, HELIOS_CADDR_UNDEF, &copy));
	CHECK_OK(helios_destroy(copy));
	peer_expect(&peer, HELIOS_REVOKED);
	check_usable(ep);
}

TEST(endpoint, destroyed_while_waiting)
{
	struct peer peers[20];
	helios_cap_t ep;

	for (unsigned int i = 0; i < 3; i++) {
		CHECK_OK(helios_newendpoint(&ep));
		for (unsigned int j = 0; j < 20; j++) {
			peer_set(&peers[j], waits[i].nr, ep, 1, j);
			peers[j].priority = 10 + j % 4;
			peer_block(&peers[j], waits[i].state);
		}
		CHECK_OK(helios_destroy(ep));
		for (unsigned int j = 0; j < 20; j++)
			peer_expect(&peers[j], HELIOS_REVOKED);
	}
}

/* The last capability goes with the CSpace that holds it. */
TEST(endpoint, destroyed_with_its_cspace)
{
	helios_cap_t ep, cspace;
	struct peer peer;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newcspace(6, &cspace));
	CHECK_OK(helios_cspace_copy(cspace, 5, helios_process.cspace, ep,
				HELIOS_RIGHTS_ALL, NULL));
	peer_set(&peer, HELIOS_SYS_CALL, ep, 1, 0);
	peer_block(&peer, HELIOS_TASK_SENDING);
	CHECK_OK(helios_destroy(cspace));
	CHECK_EQ(peer_state(&peer), HELIOS_TASK_SENDING);
	CHECK_OK(helios_destroy(ep));
	peer_expect(&peer, HELIOS_REVOKED);
}

TEST(endpoint, cancel)
{
	helios_cap_t ep;
	struct peer peer;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++) {
		peer_set(&peer, waits[i].nr, ep, 1, 0);
		peer_block(&peer, waits[i].state);
		CHECK_OK(helios_task_cancel(helios_thread_task(
						peer.thread)));
		peer_expect(&peer, HELIOS_CANCELED);
		check_usable(ep);
	}
}

TEST(endpoint, cancel_while_answer_is_owed)
{
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_task_cancel(helios_thread_task(client.thread)));
	peer_expect(&client, HELIOS_CANCELED);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	check_usable(ep);
}

/* A server that takes a call and waits for ever on a note. */
struct keeper {
	helios_cap_t ep, note;
};

static void *
keep_call(void *arg)
{
	struct keeper *keeper = arg;
	struct helios_msg msg;
	uint64_t bits;

	CHECK_OK(helios_recv(keeper->ep, &msg));
	CHECK_OK(helios_wait(keeper->note, &bits));
	return NULL;
}

TEST(endpoint, server_dies_in_mid_call)
{
	struct helios_thread *server;
	struct keeper keeper;
	struct peer client;

	CHECK_OK(helios_newendpoint(&keeper.ep));
	CHECK_OK(helios_newnote(&keeper.note));
	CHECK_OK(helios_thread_spawn(&server, keep_call, &keeper));
	peer_set(&client, HELIOS_SYS_CALL, keeper.ep, 1, 0);
	peer_block(&client, HELIOS_TASK_CALLING);
	wait_state(helios_thread_task(server), HELIOS_TASK_WAITING);
	CHECK_OK(helios_thread_kill(server));
	peer_expect(&client, HELIOS_CANCELED);
	check_usable(keeper.ep);
}

TEST(endpoint, client_dies_in_mid_call)
{
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	peer_kill(&client);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	check_usable(ep);
}

TEST(endpoint, peers_die_in_the_queue)
{
	struct helios_msg msg;
	helios_cap_t ep;
	struct peer peer;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++) {
		peer_set(&peer, waits[i].nr, ep, 1, 0);
		peer_block(&peer, waits[i].state);
		peer_kill(&peer);
		CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
		check_usable(ep);
	}
}

TEST(endpoint, receiving_again_cancels_the_caller)
{
	struct peer first, second;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&first, HELIOS_SYS_CALL, ep, 1, 1);
	peer_block(&first, HELIOS_TASK_SENDING);
	peer_set(&second, HELIOS_SYS_CALL, ep, 1, 2);
	peer_block(&second, HELIOS_TASK_SENDING);
	CHECK_OK(helios_recv(ep, &msg));
	check_words(&msg, 1, 1);
	CHECK_OK(helios_recv(ep, &msg));
	check_words(&msg, 1, 2);
	peer_expect(&first, HELIOS_CANCELED);
	CHECK_EQ(peer_state(&second), HELIOS_TASK_CALLING);
	CHECK_OK(helios_reply(&msg));
	peer_expect(&second, HELIOS_OK);
	check_words(&second.msg, 1, 2);
}

/* Also if there is nothing to receive yet. */
static void *
receive_twice(void *arg)
{
	const helios_cap_t *ep = arg;
	struct helios_msg msg;

	CHECK_OK(helios_recv(*ep, &msg));
	CHECK_OK(helios_recv(*ep, &msg));
	check_words(&msg, 1, 2);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	return NULL;
}

TEST(endpoint, waiting_again_cancels_the_caller)
{
	struct helios_thread *server;
	struct peer client;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_spawn(&server, receive_twice, &ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 1);
	peer_start(&client);
	peer_expect(&client, HELIOS_CANCELED);
	wait_state(helios_thread_task(server), HELIOS_TASK_RECEIVING);
	peer_set(&client, HELIOS_SYS_SEND, ep, 1, 2);
	peer_start(&client);
	peer_expect(&client, HELIOS_OK);
	CHECK_OK(helios_thread_join(server, NULL));
}

/* A receive that fails has changed nothing: the caller is still owed. */
TEST(endpoint, failed_receive_keeps_the_caller)
{
	struct peer client;
	struct helios_msg msg, answer;
	helios_cap_t ep, send;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_SEND, &send));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 1);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_STATUS(helios_recv(send, &msg), HELIOS_ACCESS);
	CHECK_STATUS(helios_recv(0x7ffffff, &msg), HELIOS_INVALID_CADDR);
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	helios_msg_start(&answer, 0, 1, 0);
	answer.words[0] = 77;
	CHECK_OK(helios_reply(&answer));
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 77);
}

/* Suspended and blocked are separate: a message reaches a suspended task. */
TEST(endpoint, suspended_receiver_gets_its_message)
{
	struct peer peer;
	struct helios_msg msg;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&peer, HELIOS_SYS_RECV, ep, 0, 0);
	peer_block(&peer, HELIOS_TASK_RECEIVING);
	task = helios_thread_task(peer.thread);
	CHECK_OK(helios_task_suspend(task));
	CHECK_EQ(task_state(task),
			HELIOS_TASK_RECEIVING | HELIOS_TASK_SUSPENDED);
	helios_msg_start(&msg, 0, 3, 0);
	for (unsigned int i = 0; i < 3; i++)
		msg.words[i] = 60 + i;
	CHECK_OK(helios_send(ep, &msg));
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	peer_expect(&peer, HELIOS_OK);
	check_words(&peer.msg, 3, 60);
}

/* A change of priority moves a waiter to where it now belongs. */
TEST(endpoint, priority_changed_in_the_queue)
{
	struct peer peers[3];
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++) {
		peer_set(&peers[i], HELIOS_SYS_SEND, ep, 1, i);
		peers[i].priority = 50 - i;
		peer_block(&peers[i], HELIOS_TASK_SENDING);
	}
	CHECK_OK(helios_thread_set_priority(peers[2].thread, 60, 60));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.words[0], 2);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.words[0], 0);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.words[0], 1);
	for (unsigned int i = 0; i < 3; i++)
		peer_expect(&peers[i], HELIOS_OK);
}
