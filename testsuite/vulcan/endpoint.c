/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints: who meets whom, in which order, and what of a message arrives.
 * How waits end early is in ipcwait.c.
 */
#include "peer.h"

TEST(endpoint, fifo_within_priority)
{
	struct peer senders[5];
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 5; i++) {
		peer_set(&senders[i], HELIOS_SYS_SEND, ep, 1, 1000 + i);
		peer_block(&senders[i], HELIOS_TASK_SENDING);
	}
	for (unsigned int i = 0; i < 5; i++) {
		CHECK_OK(helios_recv(ep, &msg));
		check_words(&msg, 1, 1000 + i);
		peer_expect(&senders[i], HELIOS_OK);
	}
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
}

/* Queue peers of these priorities in this order; expect this order out. */
static const unsigned int priorities[] = { 50, 90, 70, 90, 20, 70, 90 };
static const unsigned int served[] = { 1, 3, 6, 2, 5, 0, 4 };
#define NPRIORITIES	7u

TEST(endpoint, senders_by_priority)
{
	struct peer senders[NPRIORITIES];
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NPRIORITIES; i++) {
		peer_set(&senders[i], HELIOS_SYS_SEND, ep, 1, i);
		senders[i].priority = priorities[i];
		peer_block(&senders[i], HELIOS_TASK_SENDING);
	}
	for (unsigned int i = 0; i < NPRIORITIES; i++) {
		CHECK_OK(helios_recv(ep, &msg));
		CHECK_EQ(msg.words[0], served[i]);
	}
	for (unsigned int i = 0; i < NPRIORITIES; i++)
		peer_expect(&senders[i], HELIOS_OK);
}

TEST(endpoint, receivers_by_priority)
{
	struct peer receivers[NPRIORITIES];
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NPRIORITIES; i++) {
		peer_set(&receivers[i], HELIOS_SYS_RECV, ep, 0, 0);
		receivers[i].priority = priorities[i];
		peer_block(&receivers[i], HELIOS_TASK_RECEIVING);
	}
	helios_msg_start(&msg, 0, 1, 0);
	for (unsigned int i = 0; i < NPRIORITIES; i++) {
		msg.words[0] = i;
		CHECK_OK(helios_nbsend(ep, &msg));
	}
	CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
	for (unsigned int i = 0; i < NPRIORITIES; i++)
		peer_expect(&receivers[i], HELIOS_OK);
	for (unsigned int i = 0; i < NPRIORITIES; i++)
		CHECK_EQ(receivers[served[i]].msg.words[0], i);
}

/* A task that leaves the middle of the queue leaves the others' order. */
TEST(endpoint, leaving_keeps_order)
{
	struct peer senders[NPRIORITIES];
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NPRIORITIES; i++) {
		peer_set(&senders[i], HELIOS_SYS_SEND, ep, 1, i);
		senders[i].priority = priorities[i];
		peer_block(&senders[i], HELIOS_TASK_SENDING);
	}
	/* The first of one priority, a middle one, the only one of its. */
	peer_kill(&senders[1]);
	CHECK_OK(helios_task_cancel(helios_thread_task(senders[3].thread)));
	peer_expect(&senders[3], HELIOS_CANCELED);
	peer_kill(&senders[0]);
	for (unsigned int i = 0; i < NPRIORITIES; i++) {
		if (served[i] == 1 || served[i] == 3 || served[i] == 0)
			continue;
		CHECK_OK(helios_recv(ep, &msg));
		CHECK_EQ(msg.words[0], served[i]);
		peer_expect(&senders[served[i]], HELIOS_OK);
	}
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
}

TEST(endpoint, badge)
{
	static const uint64_t badges[] = { 0, 1, 0x8000000000000000ull,
		UINT64_MAX };
	struct peer sender;
	struct helios_msg msg;
	helios_cap_t ep, cap;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 4; i++) {
		cap = ep;
		if (badges[i] != 0)
			CHECK_OK(helios_mint(ep, HELIOS_RIGHTS_ALL, badges[i],
						&cap));
		peer_set(&sender, HELIOS_SYS_SEND, cap, 0, 0);
		peer_start(&sender);
		CHECK_OK(helios_recv(ep, &msg));
		CHECK_EQ(msg.badge, badges[i]);
		peer_expect(&sender, HELIOS_OK);
	}
	/* Receiving through a badged capability shows the sender's badge. */
	peer_set(&sender, HELIOS_SYS_SEND, ep, 0, 0);
	peer_start(&sender);
	CHECK_OK(helios_recv(cap, &msg));
	CHECK_EQ(msg.badge, 0);
	peer_expect(&sender, HELIOS_OK);
}

TEST(endpoint, call_and_reply)
{
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 4, 10);
	client.msg.tag = helios_tag(0x77, 4, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(helios_tag_label(msg.tag), 0x77);
	check_words(&msg, 4, 10);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	helios_msg_start(&msg, 0x88, 2, 0);
	msg.words[0] = 20;
	msg.words[1] = 21;
	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
	CHECK_EQ(helios_tag_label(client.msg.tag), 0x88);
	check_words(&client.msg, 2, 20);
}

static void *
doubler(void *arg)
{
	const helios_cap_t *ep = arg;
	struct helios_msg msg;

	CHECK_OK(helios_recv(*ep, &msg));
	while (helios_tag_label(msg.tag) != 0) {
		msg.words[0] = msg.words[0] * 2 + msg.badge;
		msg.tag = helios_tag(1, 1, 0);
		CHECK_OK(helios_reply_recv(*ep, &msg));
	}
	return NULL;
}

TEST(endpoint, reply_recv)
{
	struct helios_thread *server;
	struct helios_msg msg;
	helios_cap_t ep, cap;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_mint(ep, HELIOS_RIGHT_SEND, 7, &cap));
	/* Nobody to answer: nothing is done, so this does not wait. */
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_reply_recv(ep, &msg), HELIOS_NO_REPLY);
	CHECK_OK(helios_thread_spawn(&server, doubler, &ep));
	for (uint64_t i = 0; i < 100; i++) {
		helios_msg_start(&msg, 1, 1, 0);
		msg.words[0] = i;
		CHECK_OK(helios_call(cap, &msg));
		CHECK_EQ(msg.words[0], 2 * i + 7);
	}
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_send(ep, &msg));
	CHECK_OK(helios_thread_join(server, NULL));
}

/* A bad reply leaves the reply owed, and does not receive. */
TEST(endpoint, reply_recv_bad_reply)
{
	struct helios_raw regs = { .rsi = 65 };
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 1);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_STATUS(helios_raw_reply_recv(ep, &regs), HELIOS_INVALID_PARAM);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = 99;
	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 99);
}

TEST(endpoint, nonblocking)
{
	struct peer peer;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	helios_msg_start(&msg, 5, 0, 0);
	CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);

	peer_set(&peer, HELIOS_SYS_RECV, ep, 0, 0);
	peer_block(&peer, HELIOS_TASK_RECEIVING);
	helios_msg_start(&msg, 6, 0, 0);
	CHECK_OK(helios_nbsend(ep, &msg));
	peer_expect(&peer, HELIOS_OK);
	CHECK_EQ(helios_tag_label(peer.msg.tag), 6);

	peer_set(&peer, HELIOS_SYS_SEND, ep, 3, 30);
	peer_block(&peer, HELIOS_TASK_SENDING);
	/* Another sender is no receiver. */
	CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_OK(helios_nbrecv(ep, &msg));
	check_words(&msg, 3, 30);
	peer_expect(&peer, HELIOS_OK);

	peer_set(&peer, HELIOS_SYS_CALL, ep, 1, 40);
	peer_block(&peer, HELIOS_TASK_SENDING);
	CHECK_OK(helios_nbrecv(ep, &msg));
	CHECK_OK(helios_reply(&msg));
	peer_expect(&peer, HELIOS_OK);
	check_words(&peer.msg, 1, 40);
}

static const unsigned int sizes[] = { 0, 1, 3, 4, 5, 16, 63, 64 };
#define NSIZES	8u

TEST(endpoint, sizes_by_send)
{
	struct peer sender;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NSIZES; i++) {
		/* Once the receiver waits first, once the sender. */
		peer_set(&sender, HELIOS_SYS_SEND, ep, sizes[i], 0xaa00);
		peer_block(&sender, HELIOS_TASK_SENDING);
		CHECK_OK(helios_recv(ep, &msg));
		check_words(&msg, sizes[i], 0xaa00);
		CHECK_EQ(helios_tag_ncaps(msg.tag), 0);
		peer_expect(&sender, HELIOS_OK);

		peer_set(&sender, HELIOS_SYS_RECV, ep, 0, 0);
		peer_block(&sender, HELIOS_TASK_RECEIVING);
		CHECK_OK(helios_nbsend(ep, &msg));
		peer_expect(&sender, HELIOS_OK);
		check_words(&sender.msg, sizes[i], 0xaa00);
	}
}

TEST(endpoint, sizes_by_call)
{
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NSIZES; i++) {
		unsigned int back = sizes[NSIZES - 1 - i];

		peer_set(&client, HELIOS_SYS_CALL, ep, sizes[i], 0xbb00);
		peer_start(&client);
		CHECK_OK(helios_recv(ep, &msg));
		check_words(&msg, sizes[i], 0xbb00);
		helios_msg_start(&msg, 0, back, 0);
		for (unsigned int j = 0; j < back; j++)
			msg.words[j] = 0xcc00 + j;
		CHECK_OK(helios_reply(&msg));
		peer_expect(&client, HELIOS_OK);
		check_words(&client.msg, back, 0xcc00);
	}
}

/* What lies behind the count in the sender's buffer stays there. */
TEST(endpoint, words_past_the_count)
{
	struct helios_raw regs = { .rdx = 1, .r10 = 2, .r8 = 3, .r9 = 4 };
	struct helios_ipcbuf *buf = helios_ipcbuf();
	struct peer sender;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int n = 0; n <= 8; n++) {
		/* The sender's buffer has zeros there, this one does not. */
		peer_set(&sender, HELIOS_SYS_SEND, ep, HELIOS_MSG_WORDS, 500);
		sender.msg.tag = helios_tag(0, n, 0);
		peer_block(&sender, HELIOS_TASK_SENDING);
		for (unsigned int i = 4; i < HELIOS_MSG_WORDS; i++)
			buf->words[i] = ~(uint64_t)i;
		CHECK_OK(helios_raw_recv(ep, &regs));
		CHECK_EQ(regs.rdx, n > 0 ? 500 : 0);
		CHECK_EQ(regs.r10, n > 1 ? 501 : 0);
		CHECK_EQ(regs.r8, n > 2 ? 502 : 0);
		CHECK_EQ(regs.r9, n > 3 ? 503 : 0);
		for (unsigned int i = 4; i < HELIOS_MSG_WORDS; i++)
			CHECK_EQ(buf->words[i],
					i < n ? 500 + i : ~(uint64_t)i);
		peer_join(&sender);
	}
}

/* And what stands in the registers behind it. */
TEST(endpoint, registers_past_the_count)
{
	struct bare_call call = { .nr = HELIOS_SYS_SEND };
	struct helios_raw regs;
	helios_cap_t ep, fault, task;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newendpoint(&fault));
	for (unsigned int n = 0; n <= 4; n++) {
		call.regs = (struct helios_raw){ ep, helios_tag(0, n, 0),
			11, 12, 13, 14 };
		task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
				HELIOS_CADDR_UNDEF, fault);
		CHECK_OK(helios_task_resume(task));
		memset(&regs, 0xee, sizeof regs);
		CHECK_OK(helios_raw_recv(ep, &regs));
		CHECK_EQ(regs.rdx, n > 0 ? 11 : 0);
		CHECK_EQ(regs.r10, n > 1 ? 12 : 0);
		CHECK_EQ(regs.r8, n > 2 ? 13 : 0);
		CHECK_EQ(regs.r9, n > 3 ? 14 : 0);
		recv_fault(fault, HELIOS_FAULT_EXIT);
	}
}

TEST(endpoint, label_has_48_bits)
{
	static const uint64_t labels[] = { 0, 1, 0xffffffffffffull,
		0x800000000000ull, 0xa5a55a5aa5a5ull };
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 5; i++) {
		peer_set(&client, HELIOS_SYS_CALL, ep, 0, 0);
		client.msg.tag = helios_tag(labels[i], 0, 0);
		peer_start(&client);
		CHECK_OK(helios_recv(ep, &msg));
		CHECK_EQ(msg.tag, labels[i] << HELIOS_TAG_LABEL_SHIFT);
		msg.tag = helios_tag(labels[4 - i], 0, 0);
		CHECK_OK(helios_reply(&msg));
		peer_expect(&client, HELIOS_OK);
		CHECK_EQ(client.msg.tag,
				labels[4 - i] << HELIOS_TAG_LABEL_SHIFT);
	}
}

TEST(endpoint, missing_rights)
{
	helios_cap_t ep, send, recv, grant;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_SEND, &send));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_RECV, &recv));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_GRANT, &grant));
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_ERROR(helios_send(recv, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_RECV);
	CHECK_ERROR(helios_nbsend(recv, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_RECV);
	CHECK_ERROR(helios_call(recv, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_RECV);
	CHECK_ERROR(helios_recv(send, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_SEND);
	CHECK_ERROR(helios_nbrecv(send, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_SEND);
	CHECK_ERROR(helios_send(grant, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_GRANT);
	CHECK_ERROR(helios_recv(grant, &msg), HELIOS_ACCESS,
			HELIOS_RIGHT_GRANT);
	/* With it the same calls get as far as they can. */
	CHECK_STATUS(helios_nbsend(send, &msg), HELIOS_WOULD_BLOCK);
	CHECK_STATUS(helios_nbrecv(recv, &msg), HELIOS_WOULD_BLOCK);
}

/* All calls that take a tag; expects that each refuses this one. */
static void
check_tag_refused(helios_cap_t ep, uint64_t tag)
{
	static const enum helios_syscall calls[] = { HELIOS_SYS_SEND,
		HELIOS_SYS_NBSEND, HELIOS_SYS_CALL, HELIOS_SYS_REPLY,
		HELIOS_SYS_REPLY_RECV };

	for (unsigned int i = 0; i < 5; i++) {
		struct helios_raw regs = { .rdi = ep, .rsi = tag };
		uint64_t status = helios_raw(calls[i], &regs);

		if (status != HELIOS_INVALID_PARAM)
			FAIL("call %d, tag 0x%llx: %s", (int)calls[i],
				(unsigned long long)tag, helios_status_name(
					(enum helios_status)status));
		CHECK_EQ(regs.rsi, 0);
		CHECK_EQ(regs.rdi, ep);
	}
}

/* Neither a fault nor a note can be forged, nor more sent than there is. */
TEST(endpoint, malformed_tags)
{
	struct peer receiver, client;
	struct helios_msg msg;
	helios_cap_t ep, other;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newendpoint(&other));
	/* A receiver for the sends, a caller for the replies. */
	peer_set(&receiver, HELIOS_SYS_RECV, ep, 0, 0);
	peer_block(&receiver, HELIOS_TASK_RECEIVING);
	peer_set(&client, HELIOS_SYS_CALL, other, 0, 0);
	peer_start(&client);
	CHECK_OK(helios_recv(other, &msg));

	check_tag_refused(ep, HELIOS_TAG_FAULT);
	check_tag_refused(ep, HELIOS_TAG_NOTE);
	check_tag_refused(ep, HELIOS_TAG_NOTE | HELIOS_TAG_FAULT | 1);
	check_tag_refused(ep, helios_tag(0, 65, 0));
	check_tag_refused(ep, helios_tag(0, 127, 0));
	check_tag_refused(ep, helios_tag(0, 0, 65));
	check_tag_refused(ep, helios_tag(0, 0, 127));
	check_tag_refused(ep, UINT64_MAX);

	CHECK_EQ(peer_state(&receiver), HELIOS_TASK_RECEIVING);
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	helios_msg_start(&msg, 3, 0, 0);
	CHECK_OK(helios_reply(&msg));
	CHECK_OK(helios_nbsend(ep, &msg));
	peer_expect(&client, HELIOS_OK);
	peer_expect(&receiver, HELIOS_OK);
}

TEST(endpoint, wrong_capabilities)
{
	helios_cap_t ep, page;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_destroy(ep));
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_ERROR(helios_send(ep, &msg), HELIOS_INVALID_CSLOT, ep);
	CHECK_ERROR(helios_recv(ep, &msg), HELIOS_INVALID_CSLOT, ep);
	CHECK_ERROR(helios_call(ep, &msg), HELIOS_INVALID_CSLOT, ep);
	CHECK_ERROR(helios_recv(0x7fffffff, &msg), HELIOS_INVALID_CADDR,
			0x7fffffff);
	CHECK_ERROR(helios_nbrecv(HELIOS_CADDR_UNDEF, &msg),
			HELIOS_INVALID_CADDR, HELIOS_CADDR_UNDEF);
	CHECK_ERROR(helios_recv(page, &msg), HELIOS_INVALID_CTYPE,
			HELIOS_PAGE);
	CHECK_ERROR(helios_send(page, &msg), HELIOS_INVALID_CTYPE,
			HELIOS_PAGE);
}

/* A server may use others, and kernel objects, before it answers. */
TEST(endpoint, own_calls_leave_the_owed_reply)
{
	struct helios_thread *backend;
	struct peer client;
	struct helios_msg msg;
	helios_cap_t front, back, note;
	uint64_t bits;

	CHECK_OK(helios_newendpoint(&front));
	CHECK_OK(helios_newendpoint(&back));
	CHECK_OK(helios_thread_spawn(&backend, doubler, &back));
	peer_set(&client, HELIOS_SYS_CALL, front, 1, 21);
	peer_start(&client);
	CHECK_OK(helios_recv(front, &msg));

	msg.tag = helios_tag(1, 1, 0);
	CHECK_OK(helios_call(back, &msg));
	CHECK_EQ(msg.words[0], 42);
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_wait(note, &bits));
	CHECK_OK(helios_sleep(1));
	helios_yield();
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);

	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
	check_words(&client.msg, 1, 42);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_send(back, &msg));
	CHECK_OK(helios_thread_join(backend, NULL));
}
