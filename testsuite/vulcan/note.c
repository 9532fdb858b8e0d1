/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notes: bits that add up, one waiter woken at a time, and one receive that
 * waits for a note and for messages.
 */
#include "peer.h"

static void *
notification_signal(void *arg)
{
	const helios_cap_t *note = arg;

	CHECK_OK(helios_signal(*note));
	return NULL;
}

/* The oldest test of all: one thread waits, another signals. */
TEST(notification, wait)
{
	struct helios_thread *thread;
	helios_cap_t note;
	uint64_t bits = 0;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_thread_new(&thread, notification_signal, &note,
				NULL));
	CHECK_OK(helios_thread_start(thread));
	CHECK_OK(helios_wait(note, &bits));
	CHECK_EQ(bits, 1);
	CHECK_OK(helios_thread_join(thread, NULL));
	CHECK_OK(helios_destroy(note));
}

TEST(note, signal_before_wait)
{
	helios_cap_t note;
	uint64_t bits = 0;

	CHECK_OK(helios_newnote(&note));
	CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_WOULD_BLOCK);
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_wait(note, &bits));
	CHECK_EQ(bits, 1);
	/* Taken and cleared. */
	CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_WOULD_BLOCK);
}

TEST(note, badges_add_up)
{
	static const uint64_t badges[] = { 0x2, 0x6, 0x8000000000000000ull };
	helios_cap_t note, caps[3];
	uint64_t bits = 0;

	CHECK_OK(helios_newnote(&note));
	for (unsigned int i = 0; i < 3; i++)
		CHECK_OK(helios_mint(note, HELIOS_RIGHT_SEND, badges[i],
					&caps[i]));
	CHECK_OK(helios_signal(caps[1]));
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 0x6);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_OK(helios_signal(caps[i]));
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 0x8000000000000007ull);
	CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_WOULD_BLOCK);
}

/* SEND to a note signals, RECV waits. */
TEST(note, as_endpoint)
{
	struct helios_raw regs = { 0 };
	struct peer waiter;
	helios_cap_t note, cap;
	uint64_t bits = 0;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_mint(note, HELIOS_RIGHT_SEND, 0x30, &cap));
	CHECK_STATUS(helios_raw_send(cap, helios_tag(9, 2, 0), 7, 8, 0, 0),
			HELIOS_OK);
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 0x30);
	CHECK_OK(helios_signal(cap));
	CHECK_OK(helios_raw_recv(note, &regs));
	CHECK_EQ(regs.rdx, 0x30);
	peer_set(&waiter, HELIOS_SYS_WAIT, note, 0, 0);
	peer_block(&waiter, HELIOS_TASK_WAITING);
	CHECK_STATUS(helios_raw_send(cap, 0, 0, 0, 0, 0), HELIOS_OK);
	peer_expect(&waiter, HELIOS_OK);
	CHECK_EQ(waiter.bits, 0x30);
}

TEST(note, one_waiter_per_signal)
{
	static const unsigned int priorities[] = { 40, 60, 60, 50 };
	static const unsigned int order[] = { 1, 2, 3, 0 };
	struct peer waiters[4];
	helios_cap_t note;
	uint64_t bits;

	CHECK_OK(helios_newnote(&note));
	for (unsigned int i = 0; i < 4; i++) {
		peer_set(&waiters[i], HELIOS_SYS_WAIT, note, 0, 0);
		waiters[i].priority = priorities[i];
		peer_block(&waiters[i], HELIOS_TASK_WAITING);
	}
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_OK(helios_signal(note));
		peer_expect(&waiters[order[i]], HELIOS_OK);
		CHECK_EQ(waiters[order[i]].bits, 1);
		for (unsigned int j = i + 1; j < 4; j++)
			CHECK_EQ(peer_state(&waiters[order[j]]),
					HELIOS_TASK_WAITING);
	}
	CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_WOULD_BLOCK);
}

TEST(note, missing_rights)
{
	helios_cap_t note, send, recv;
	uint64_t bits;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_copy(note, HELIOS_RIGHT_SEND, &send));
	CHECK_OK(helios_copy(note, HELIOS_RIGHT_RECV, &recv));
	CHECK_ERROR(helios_signal(recv), HELIOS_ACCESS, HELIOS_RIGHT_RECV);
	CHECK_ERROR(helios_wait(send, &bits), HELIOS_ACCESS,
			HELIOS_RIGHT_SEND);
	CHECK_ERROR(helios_nbwait(send, &bits), HELIOS_ACCESS,
			HELIOS_RIGHT_SEND);
	CHECK_OK(helios_signal(send));
	CHECK_OK(helios_nbwait(recv, &bits));
}

TEST(note, wrong_capabilities)
{
	helios_cap_t ep, empty = null_slot(0);
	uint64_t bits;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_ERROR(helios_signal(ep), HELIOS_INVALID_CTYPE, HELIOS_ENDPOINT);
	CHECK_ERROR(helios_wait(ep, &bits), HELIOS_INVALID_CTYPE,
			HELIOS_ENDPOINT);
	CHECK_ERROR(helios_nbwait(helios_process.vspace, &bits),
			HELIOS_INVALID_CTYPE, HELIOS_VSPACE);
	CHECK_ERROR(helios_signal(empty), HELIOS_INVALID_CSLOT, empty);
	CHECK_ERROR(helios_wait(0x7ffffff, &bits), HELIOS_INVALID_CADDR,
			0x7ffffff);
}

TEST(note, wait_ends_early)
{
	helios_cap_t note, copy;
	struct peer waiter;
	uint64_t bits;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_copy(note, HELIOS_RIGHTS_ALL, &copy));
	peer_set(&waiter, HELIOS_SYS_WAIT, copy, 0, 0);
	peer_block(&waiter, HELIOS_TASK_WAITING);
	CHECK_OK(helios_task_cancel(helios_thread_task(waiter.thread)));
	peer_expect(&waiter, HELIOS_CANCELED);

	peer_block(&waiter, HELIOS_TASK_WAITING);
	CHECK_OK(helios_revoke(note));
	peer_expect(&waiter, HELIOS_REVOKED);
	CHECK_EQ(waiter.detail, copy);

	/* Those who are gone take no signal along. */
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 1);

	waiter.cap = note;
	peer_block(&waiter, HELIOS_TASK_WAITING);
	CHECK_OK(helios_destroy(note));
	peer_expect(&waiter, HELIOS_REVOKED);
}

/*
 * Bound notes.
 */

/* A note bound to the test's own task, with an endpoint to receive on. */
static void
bind_note(helios_cap_t *note, helios_cap_t *ep)
{
	CHECK_OK(helios_newnote(note));
	CHECK_OK(helios_newendpoint(ep));
	CHECK_OK(helios_task_bind_note(helios_thread_task(
					helios_thread_self()), *note));
}

static void
check_note_arrives(helios_cap_t ep, uint64_t bits)
{
	struct helios_msg msg;

	CHECK_OK(helios_recv(ep, &msg));
	CHECK((msg.tag & HELIOS_TAG_NOTE) != 0);
	CHECK((msg.tag & HELIOS_TAG_FAULT) == 0);
	CHECK_EQ(msg.words[0], bits);
}

TEST(note, bound_arrives_by_receive)
{
	helios_cap_t note, ep, cap;
	struct peer signaller, sender;
	struct helios_msg msg;
	uint64_t bits;

	bind_note(&note, &ep);
	CHECK_OK(helios_mint(note, HELIOS_RIGHT_SEND, 0x50, &cap));
	/* Bits that are there already. */
	CHECK_OK(helios_signal(cap));
	CHECK_OK(helios_signal(note));
	check_note_arrives(ep, 0x51);
	/* Bits that come while it waits. */
	peer_set(&signaller, HELIOS_SYS_SEND, cap, 0, 0);
	signaller.priority = 50;
	peer_start(&signaller);
	check_note_arrives(ep, 0x50);
	peer_expect(&signaller, HELIOS_OK);
	/* Messages come as ever, and do not look like notes. */
	peer_set(&sender, HELIOS_SYS_SEND, ep, 1, 3);
	peer_start(&sender);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.tag, helios_tag(0, 1, 0));
	check_words(&msg, 1, 3);
	peer_expect(&sender, HELIOS_OK);
	/* The note can still be waited on alone. */
	CHECK_OK(helios_signal(cap));
	CHECK_OK(helios_wait(note, &bits));
	CHECK_EQ(bits, 0x50);
}

/* Bits first, and the sender keeps its place in the queue. */
TEST(note, bound_comes_before_messages)
{
	helios_cap_t note, ep;
	struct helios_msg msg;
	struct peer sender;

	bind_note(&note, &ep);
	peer_set(&sender, HELIOS_SYS_SEND, ep, 1, 8);
	peer_block(&sender, HELIOS_TASK_SENDING);
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_nbrecv(ep, &msg));
	CHECK((msg.tag & HELIOS_TAG_NOTE) != 0);
	CHECK_EQ(peer_state(&sender), HELIOS_TASK_SENDING);
	CHECK_OK(helios_nbrecv(ep, &msg));
	check_words(&msg, 1, 8);
	peer_expect(&sender, HELIOS_OK);
}

TEST(note, bound_serves_its_task_only)
{
	helios_cap_t note, ep;
	struct peer waiter;

	bind_note(&note, &ep);
	peer_set(&waiter, HELIOS_SYS_WAIT, note, 0, 0);
	peer_start(&waiter);
	peer_expect(&waiter, HELIOS_BUSY);
	/* Its bits are not lost by that. */
	CHECK_OK(helios_signal(note));
	peer_start(&waiter);
	peer_expect(&waiter, HELIOS_BUSY);
	check_note_arrives(ep, 1);
}

TEST(note, bind_errors)
{
	helios_cap_t note, ep, other, send, task;
	struct peer waiter;

	bind_note(&note, &ep);
	CHECK_OK(helios_newtask(&task));
	CHECK_STATUS(helios_task_bind_note(task, note), HELIOS_BUSY);
	CHECK_OK(helios_newnote(&other));
	CHECK_OK(helios_copy(other, HELIOS_RIGHT_SEND, &send));
	CHECK_ERROR(helios_task_bind_note(task, send), HELIOS_ACCESS,
			HELIOS_RIGHT_SEND);
	CHECK_ERROR(helios_task_bind_note(task, ep), HELIOS_INVALID_CTYPE,
			HELIOS_ENDPOINT);
	peer_set(&waiter, HELIOS_SYS_WAIT, other, 0, 0);
	peer_block(&waiter, HELIOS_TASK_WAITING);
	CHECK_STATUS(helios_task_bind_note(task, other), HELIOS_BUSY);
	CHECK_OK(helios_signal(other));
	peer_expect(&waiter, HELIOS_OK);
	CHECK_OK(helios_task_bind_note(task, other));
	/* Unbound, it is anybody's. */
	CHECK_OK(helios_task_bind_note(task, HELIOS_CADDR_UNDEF));
	peer_block(&waiter, HELIOS_TASK_WAITING);
	CHECK_OK(helios_signal(other));
	peer_expect(&waiter, HELIOS_OK);
}

/* The task goes, or the capability: the note is free again. */
TEST(note, unbound_by_the_end_of_either)
{
	helios_cap_t note, task, copy;
	uint64_t bits;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_task_bind_note(task, note));
	CHECK_OK(helios_signal(note));
	CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_BUSY);
	CHECK_OK(helios_destroy(task));
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 1);

	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_copy(note, HELIOS_RIGHTS_ALL, &copy));
	CHECK_OK(helios_task_bind_note(task, copy));
	CHECK_OK(helios_revoke(copy));
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 1);
}

/* A receiver that is woken by its note has left the endpoint's queue. */
static void *
receive_note(void *arg)
{
	const helios_cap_t *ep = arg;

	check_note_arrives(*ep, 1);
	return NULL;
}

TEST(note, bound_receiver_leaves_the_endpoint)
{
	struct helios_thread *thread;
	helios_cap_t ep, note;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_thread_new(&thread, receive_note, &ep, NULL));
	CHECK_OK(helios_task_bind_note(helios_thread_task(thread), note));
	CHECK_OK(helios_thread_start(thread));
	wait_state(helios_thread_task(thread), HELIOS_TASK_RECEIVING);
	CHECK_OK(helios_signal(note));
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_OK(helios_thread_join(thread, NULL));
}

/* Bits that were there when it was bound, by a task that waits already. */
TEST(note, bound_while_its_task_receives)
{
	struct helios_thread *thread;
	helios_cap_t ep, note;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_thread_spawn(&thread, receive_note, &ep));
	wait_state(helios_thread_task(thread), HELIOS_TASK_RECEIVING);
	CHECK_OK(helios_task_bind_note(helios_thread_task(thread), note));
	CHECK_OK(helios_thread_join(thread, NULL));
}
