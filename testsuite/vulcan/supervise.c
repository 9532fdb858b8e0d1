/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Supervision: how a fault message is answered, and what becomes of a task
 * whose supervisor does not.
 */
#include "probe.h"

static uint64_t pagefault_base;

static void *
task_pagefault(void *arg)
{
	volatile int *ptr = (volatile int *)(uintptr_t)(pagefault_base +
			0x100);

	*ptr = 1337;
	CHECK_EQ(*ptr, 1337);
	return arg;
}

/* The oldest fault of all.  Only the address is not as it was then. */
TEST(task, pagefault)
{
	struct helios_thread *thread;
	struct helios_fault info;
	helios_cap_t fault, page;

	pagefault_base = helios_process.bootinfo->user_base;
	CHECK_OK(helios_newendpoint(&fault));
	CHECK_OK(helios_thread_new(&thread, task_pagefault, NULL, NULL));
	CHECK_OK(helios_thread_set_fault(thread, fault));
	CHECK_OK(helios_thread_start(thread));

	info = recv_fault(fault, HELIOS_FAULT_PAGE);
	CHECK_EQ(info.address, pagefault_base + 0x100);

	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_map(helios_process.vspace, pagefault_base,
				HELIOS_MAP_W | HELIOS_MAP_FIXED, 1, &page,
				NULL));
	CHECK_OK(helios_thread_resume(thread));
	CHECK_OK(helios_thread_join(thread, NULL));
	CHECK_OK(helios_destroy(page));
	CHECK_OK(helios_destroy(fault));
}

static void
answer(uint64_t label)
{
	struct helios_msg msg;

	helios_msg_start(&msg, label, 0, 0);
	CHECK_OK(helios_reply(&msg));
}

/* An address where nothing is. */
#define NOWHERE		0x28

TEST(supervise, label_says_whether_to_go_on)
{
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	/* 0: again, and as nothing has changed it faults again. */
	recv_fault(ep, HELIOS_FAULT_PAGE);
	answer(0);
	recv_fault(ep, HELIOS_FAULT_PAGE);
	answer(1);
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_PAGE);
	answer(0xffffffffffffull);
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
}

TEST(supervise, resume_voids_the_reply)
{
	struct helios_msg msg;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_OK(helios_task_resume(task));
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	recv_fault(ep, HELIOS_FAULT_PAGE);
}

TEST(supervise, stored_reply)
{
	struct helios_msg msg;
	helios_cap_t ep, task, reply;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_OK(helios_store_reply(&reply));
	CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_send(reply, &msg));
	recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_OK(helios_store_reply(&reply));
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(type_at(reply), HELIOS_DEAD);
	CHECK_ERROR(helios_send(reply, &msg), HELIOS_REVOKED, reply);
	recv_fault(ep, HELIOS_FAULT_PAGE);
	/* Dropped, the task stays where it is. */
	CHECK_OK(helios_store_reply(&reply));
	CHECK_OK(helios_destroy(reply));
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
}

/* Resume restarts who stopped in a fault, never who awaits an answer. */
TEST(supervise, resume_leaves_ordinary_calls)
{
	struct peer client;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&client, HELIOS_SYS_CALL, ep, 1, 1);
	peer_start(&client);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_thread_resume(client.thread));
	CHECK_EQ(peer_state(&client), HELIOS_TASK_CALLING);
	CHECK_OK(helios_reply(&msg));
	peer_expect(&client, HELIOS_OK);
}

TEST(supervise, nobody)
{
	volatile uint64_t count = 0;
	helios_cap_t task, other;

	other = bare_task(spin, (uint64_t)(uintptr_t)&count,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_resume(other));
	task = probe_task(probe_write, NOWHERE, HELIOS_CADDR_UNDEF);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_OK(helios_task_resume(task));
		wait_state(task, HELIOS_TASK_SUSPENDED);
	}
	task = probe_task(probe_ud2, 0, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_resume(task));
	wait_state(task, HELIOS_TASK_SUSPENDED);
	wait_progress(&count);
	CHECK_OK(helios_task_suspend(other));
}

/* The endpoint goes before the fault, while it is queued, or after. */
TEST(supervise, endpoint_goes)
{
	helios_cap_t ep, task;

	for (unsigned int i = 0; i < 3; i++) {
		CHECK_OK(helios_newendpoint(&ep));
		task = probe_task(probe_write, NOWHERE, ep);
		/* Revoked first: the task has a capability of its own. */
		if (i == 0) {
			CHECK_OK(helios_revoke(ep));
			CHECK_OK(helios_destroy(ep));
		}
		CHECK_OK(helios_task_resume(task));
		if (i == 1) {
			wait_state(task, HELIOS_TASK_FAULTED);
			CHECK_OK(helios_revoke(ep));
			wait_state(task, HELIOS_TASK_SUSPENDED);
			CHECK_OK(helios_destroy(ep));
		} else if (i == 2) {
			recv_fault(ep, HELIOS_FAULT_PAGE);
			CHECK_OK(helios_revoke(ep));
			CHECK_OK(helios_destroy(ep));
			CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
			answer(1);
		}
		wait_state(task, HELIOS_TASK_SUSPENDED);
	}
}

/* Takes a fault and waits for ever. */
static void *
negligent(void *arg)
{
	const helios_cap_t *ep = arg;
	helios_cap_t note;
	uint64_t bits;

	recv_fault(*ep, HELIOS_FAULT_PAGE);
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_wait(note, &bits));
	return NULL;
}

TEST(supervise, supervisor_dies)
{
	struct helios_thread *thread;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_spawn(&thread, negligent, &ep));
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	wait_state(task, HELIOS_TASK_FAULTED);
	wait_state(helios_thread_task(thread), HELIOS_TASK_WAITING);
	CHECK_OK(helios_thread_kill(thread));
	wait_state(task, HELIOS_TASK_SUSPENDED);
	/* Another one can take over. */
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address, NOWHERE);
}

/* A supervisor that moves on without an answer leaves the task stopped. */
TEST(supervise, forgotten)
{
	helios_cap_t ep, tasks[2];

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 2; i++) {
		tasks[i] = probe_task(probe_write, NOWHERE + i, ep);
		CHECK_OK(helios_task_resume(tasks[i]));
		wait_state(tasks[i], HELIOS_TASK_FAULTED);
	}
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address, NOWHERE);
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address, NOWHERE + 1);
	CHECK_EQ(task_state(tasks[0]), HELIOS_TASK_SUSPENDED);
	CHECK_EQ(task_state(tasks[1]), HELIOS_TASK_FAULTED);
}

/* Faults queue with messages, in the same order. */
TEST(supervise, queued_with_messages)
{
	struct peer senders[2];
	struct helios_msg msg;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	peer_set(&senders[0], HELIOS_SYS_SEND, ep, 1, 10);
	peer_block(&senders[0], HELIOS_TASK_SENDING);
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	wait_state(task, HELIOS_TASK_FAULTED);
	peer_set(&senders[1], HELIOS_SYS_SEND, ep, 1, 11);
	peer_block(&senders[1], HELIOS_TASK_SENDING);

	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.tag & HELIOS_TAG_FAULT, 0);
	check_words(&msg, 1, 10);
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address, NOWHERE);
	answer(1);
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.tag & HELIOS_TAG_FAULT, 0);
	check_words(&msg, 1, 11);
	peer_expect(&senders[0], HELIOS_OK);
	peer_expect(&senders[1], HELIOS_OK);
}

#define CROWD	20u

/* Many fault at once, on the same page; each goes on. */
TEST(supervise, many_at_once)
{
	struct helios_fault f;
	helios_cap_t ep, tasks[CROWD];
	unsigned int faults = 0, exits = 0;
	uint64_t base = reserve_page();
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < CROWD; i++) {
		tasks[i] = probe_task(probe_write, base + 64 * i, ep);
		CHECK_OK(helios_task_resume(tasks[i]));
	}
	for (unsigned int i = 0; i < CROWD; i++)
		wait_state(tasks[i], HELIOS_TASK_FAULTED);
	while (exits < CROWD) {
		CHECK_OK(helios_recv(ep, &msg));
		CHECK_OK(helios_fault_decode(&msg, &f));
		if (f.kind == HELIOS_FAULT_EXIT) {
			CHECK_EQ(f.address, PROBE_WORD);
			exits++;
			continue;
		}
		CHECK_EQ(f.kind, HELIOS_FAULT_PAGE);
		CHECK_EQ(f.address & ~4095ull, base);
		if (faults++ == 0)
			back_page(base);
		answer(0);
	}
	CHECK_EQ(faults, CROWD);
	for (unsigned int i = 0; i < CROWD; i++)
		CHECK_EQ(*(uint64_t *)(uintptr_t)(base + 64 * i), PROBE_WORD);
}

/*
 * A supervisor that faults while it handles a fault, and whose supervisor
 * mends that.
 */
struct level {
	helios_cap_t ep;		/* on which it hears of faults */
	uint64_t needs;			/* address it touches first */
};

static void *
supervisor(void *arg)
{
	struct level *level = arg;

	recv_fault(level->ep, HELIOS_FAULT_PAGE);
	*(volatile uint64_t *)(uintptr_t)level->needs = 1;
	answer(0);
	return NULL;
}

#define LEVELS	4u

TEST(supervise, nested)
{
	struct helios_thread *threads[LEVELS];
	struct level levels[LEVELS];
	helios_cap_t ep, task;
	uint64_t base = reserve_page();
	struct helios_fault f;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < LEVELS; i++) {
		CHECK_OK(helios_newendpoint(&levels[i].ep));
		levels[i].needs = base + 8 * i;
		CHECK_OK(helios_thread_new(&threads[i], supervisor,
					&levels[i], NULL));
		CHECK_OK(helios_thread_start(threads[i]));
	}
	for (unsigned int i = 0; i < LEVELS; i++)
		CHECK_OK(helios_thread_set_fault(threads[i], i + 1 < LEVELS ?
					levels[i + 1].ep : ep));
	task = probe_task(probe_write, base + 512, levels[0].ep);
	CHECK_OK(helios_task_resume(task));
	/* All of them, down to the last one, wait for the test. */
	f = recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_EQ(f.address, levels[LEVELS - 1].needs);
	CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
	back_page(base);
	answer(0);
	for (unsigned int i = 0; i < LEVELS; i++) {
		CHECK_OK(helios_thread_join(threads[i], NULL));
		CHECK_EQ(*(uint64_t *)(uintptr_t)(base + 8 * i), 1);
	}
	CHECK_EQ(recv_fault(levels[0].ep, HELIOS_FAULT_EXIT).address,
			PROBE_WORD);
}

/* A receiver without an IPC buffer gets what fits into registers. */
TEST(supervise, without_buffer)
{
	struct bare_call call = { .nr = HELIOS_SYS_RECV };
	helios_cap_t ep, fault, task, receiver;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newendpoint(&fault));
	call.regs.rdi = ep;
	receiver = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, fault);
	CHECK_OK(helios_task_resume(receiver));
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(recv_fault(fault, HELIOS_FAULT_EXIT).address, HELIOS_OK);
	CHECK((call.regs.rsi & HELIOS_TAG_FAULT) != 0);
	CHECK_EQ(call.regs.rdx, HELIOS_FAULT_PAGE);
	CHECK_EQ(call.regs.r10, NOWHERE);
	CHECK_EQ(call.regs.r8, HELIOS_RIGHT_W);
	CHECK_EQ(call.regs.r9, (uint64_t)(uintptr_t)probe_write);
}

/* Suspending a faulted task, and then answering: it stays suspended. */
TEST(supervise, suspended_in_a_fault)
{
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_write, NOWHERE, ep);
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_OK(helios_task_suspend(task));
	CHECK_EQ(task_state(task),
			HELIOS_TASK_FAULTED | HELIOS_TASK_SUSPENDED);
	answer(0);
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_PAGE);
}
