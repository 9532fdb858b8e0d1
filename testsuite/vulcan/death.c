/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of tasks, in every state there is, and of very many of them.  All
 * that they were made of comes back.
 */
#include "peer.h"

TEST(death, never_run)
{
	struct levels before;
	helios_cap_t task;

	levels_take(&before);
	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_destroy(task));
	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_task_configure(task, helios_process.cspace,
				helios_process.vspace, HELIOS_CADDR_UNDEF));
	CHECK_OK(helios_destroy(task));
	levels_check(&before);
}

TEST(death, running)
{
	volatile uint64_t count = 0;
	helios_cap_t task;
	uint64_t then;

	for (unsigned int i = 0; i < 3; i++) {
		task = bare_task(spin, (uint64_t)(uintptr_t)&count,
				HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
		CHECK_OK(helios_task_resume(task));
		wait_progress(&count);
		CHECK_OK(helios_destroy(task));
		then = count;
		breathe();
		CHECK_EQ(count, then);
	}
}

static const struct {
	enum helios_syscall nr;
	bool note;			/* else on an endpoint */
	uint64_t state;
} waits[] = {
	{ HELIOS_SYS_SEND, false, HELIOS_TASK_SENDING },
	{ HELIOS_SYS_CALL, false, HELIOS_TASK_SENDING },
	{ HELIOS_SYS_RECV, false, HELIOS_TASK_RECEIVING },
	{ HELIOS_SYS_WAIT, true, HELIOS_TASK_WAITING },
	{ HELIOS_SYS_RECV, true, HELIOS_TASK_WAITING },
};

TEST(death, blocked)
{
	struct bare_call call;
	helios_cap_t ep, note, task;
	struct helios_msg msg;
	uint64_t bits;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	for (unsigned int i = 0; i < 5; i++) {
		call = (struct bare_call){ .nr = waits[i].nr };
		call.regs.rdi = waits[i].note ? note : ep;
		task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
				HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
		CHECK_OK(helios_task_resume(task));
		wait_state(task, waits[i].state);
		CHECK_OK(helios_destroy(task));
		helios_msg_start(&msg, 0, 0, 0);
		CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
		CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
		CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_WOULD_BLOCK);
	}
}

TEST(death, polling_and_sleeping)
{
	struct helios_poll entry = { .events = HELIOS_POLL_RECV };
	struct bare_call call = { .nr = HELIOS_SYS_POLL };
	helios_cap_t task;
	uint64_t bits;

	CHECK_OK(helios_newnote(&entry.caddr));
	for (unsigned int n = 0; n < 2; n++) {
		call.regs = (struct helios_raw){
			.rdi = (uint64_t)(uintptr_t)&entry, .rsi = n,
			.rdx = HELIOS_FOREVER - n };
		task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
				HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
		CHECK_OK(helios_task_resume(task));
		wait_state(task, HELIOS_TASK_POLLING);
		CHECK_OK(helios_destroy(task));
		CHECK_OK(helios_signal(entry.caddr));
		CHECK_OK(helios_nbwait(entry.caddr, &bits));
	}
}

/* A receiver of faults, itself of no interest. */
TEST(death, faulted)
{
	helios_cap_t ep, tasks[3];
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++) {
		tasks[i] = bare_task(helios_raw_exit, i, HELIOS_CADDR_UNDEF,
				ep);
		CHECK_OK(helios_task_resume(tasks[i]));
	}
	/* Two are queued at the endpoint, one awaits its supervisor. */
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0);
	wait_state(tasks[1], HELIOS_TASK_FAULTED);
	wait_state(tasks[2], HELIOS_TASK_FAULTED);
	CHECK_OK(helios_destroy(tasks[1]));
	CHECK_OK(helios_destroy(tasks[0]));
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_reply(&msg), HELIOS_NO_REPLY);
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 2);
	CHECK_OK(helios_destroy(tasks[2]));
	CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
}

/* A task that destroys the last capability of itself is gone at once. */
static void
destroy_slot(uint64_t slot)
{
	struct helios_raw regs = operation(helios_process.cspace,
			HELIOS_CSPACE, HELIOS_CSPACE_DESTROY, 1, slot,
			0, 0, 0);

	helios_raw(HELIOS_SYS_CALL, &regs);
	__builtin_trap();	/* not reached */
}

TEST(death, by_its_own_hand)
{
	struct helios_counts before, after;
	struct helios_regs regs;
	struct helios_msg msg;
	helios_cap_t task, ep;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_system_counts(helios_process.system, &before));
	for (unsigned int i = 0; i < 5; i++) {
		task = bare_task(destroy_slot, 0, HELIOS_CADDR_UNDEF, ep);
		CHECK_OK(helios_task_read_registers(task, &regs));
		regs.rdi = task;
		CHECK_OK(helios_task_write_registers(task, &regs));
		CHECK_OK(helios_task_resume(task));
		while (type_at(task) != HELIOS_NULL)
			breathe();
		CHECK_STATUS(helios_nbrecv(ep, &msg), HELIOS_WOULD_BLOCK);
	}
	do {
		breathe();
		CHECK_OK(helios_system_counts(helios_process.system, &after));
	} while (after.tasks != before.tasks);
}

/* The Memory a task came from goes while it runs. */
TEST(death, with_its_memory)
{
	helios_cap_t quota, old = helios_process.memory, task;
	struct helios_regs regs = { 0 };
	volatile uint64_t count = 0;
	struct levels before;
	uint64_t then, stack[64];

	levels_take(&before);
	CHECK_OK(helios_newmemory(64, &quota));
	helios_process.memory = quota;
	CHECK_OK(helios_newtask(&task));
	helios_process.memory = old;
	CHECK_OK(helios_task_configure(task, helios_process.cspace,
				helios_process.vspace, HELIOS_CADDR_UNDEF));
	regs.rip = (uint64_t)(uintptr_t)spin;
	regs.rdi = (uint64_t)(uintptr_t)&count;
	regs.rsp = (uint64_t)(uintptr_t)&stack[63];
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_set_priority(task, VULCAN_PRIORITY,
				VULCAN_PRIORITY));
	CHECK_OK(helios_task_resume(task));
	wait_progress(&count);
	CHECK_OK(helios_destroy(quota));
	then = count;
	breathe();
	CHECK_EQ(count, then);
	CHECK_EQ(type_at(task), HELIOS_DEAD);
	CHECK_OK(helios_destroy(task));
	levels_check(&before);
}

/* Threads in a row: nothing is left of any. */
static void *
return_arg(void *arg)
{
	return arg;
}

TEST(death, threads_in_a_row)
{
	struct helios_thread *thread;
	struct levels before;
	unsigned int n = scaled(200, 20), i = 0;
	void *value;

	CHECK_OK(helios_thread_spawn(&thread, return_arg, NULL));
	CHECK_OK(helios_thread_join(thread, NULL));
	levels_take(&before);
	for (i = 0; i < n; i++) {
		CHECK_OK(helios_thread_spawn(&thread, return_arg, &i));
		CHECK_OK(helios_thread_join(thread, &value));
		CHECK_EQ(value, &i);
	}
	levels_check(&before);
}

/*
 * Very many, alive at the same time.
 */
#define MANY	1000u

static helios_cap_t many[MANY];

static unsigned int
enough(uint64_t pages)
{
	struct helios_memory_info info;
	unsigned int n = scaled(MANY, 60);

	CHECK_OK(helios_memory_info(helios_process.memory, &info));
	if (info.free < pages * n)
		FAIL("%llu free pages are not enough for %u objects",
			(unsigned long long)info.free, n);
	return n;
}

TEST(death, a_thousand_tasks)
{
	struct helios_counts counts;
	struct levels before;
	unsigned int n = enough(1);

	vulcan_timeout(60000);
	levels_take(&before);
	for (unsigned int i = 0; i < n; i++) {
		CHECK_OK(helios_newtask(&many[i]));
		CHECK_OK(helios_task_configure(many[i], helios_process.cspace,
					helios_process.vspace,
					HELIOS_CADDR_UNDEF));
	}
	CHECK_OK(helios_system_counts(helios_process.system, &counts));
	CHECK_EQ(counts.tasks, before.counts.tasks + n);
	/* Every third first, so that what is freed is scattered. */
	for (unsigned int step = 0; step < 3; step++) {
		for (unsigned int i = step; i < n; i += 3)
			CHECK_OK(helios_destroy(many[i]));
	}
	levels_check(&before);
}

TEST(death, a_thousand_spaces)
{
	struct helios_counts counts;
	struct levels before;
	unsigned int n = enough(1);

	vulcan_timeout(60000);
	levels_take(&before);
	for (unsigned int i = 0; i < n; i++)
		CHECK_OK(helios_newvspace(&many[i]));
	CHECK_OK(helios_system_counts(helios_process.system, &counts));
	CHECK_EQ(counts.vspaces, before.counts.vspaces + n);
	for (unsigned int step = 0; step < 3; step++) {
		for (unsigned int i = step; i < n; i += 3)
			CHECK_OK(helios_destroy(many[i]));
	}
	levels_check(&before);
}

/* Each with a page of its own in a space of its own, and run to its end. */
TEST(death, tasks_with_spaces)
{
	static const unsigned char code[] = { 0x0f, 0x0b };	/* ud2 */
	helios_cap_t ep, page, vspace, task;
	struct helios_regs regs = { 0 };
	struct levels before;
	unsigned int n = scaled(1000, 40);

	vulcan_timeout(60000);
	CHECK_OK(helios_newendpoint(&ep));
	levels_take(&before);
	for (unsigned int i = 0; i < n; i++) {
		CHECK_OK(helios_newpage(&page));
		CHECK_OK(helios_page_write(page, 0, code, sizeof code));
		CHECK_OK(helios_newvspace(&vspace));
		CHECK_OK(helios_map(vspace, 0, HELIOS_MAP_X, 1, &page,
					&regs.rip));
		CHECK_OK(helios_newtask(&task));
		CHECK_OK(helios_task_configure(task, HELIOS_CADDR_UNDEF,
					vspace, HELIOS_CADDR_UNDEF));
		CHECK_OK(helios_task_set_fault(task, ep));
		CHECK_OK(helios_task_write_registers(task, &regs));
		CHECK_OK(helios_task_resume(task));
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXCEPTION).ip, regs.rip);
		/* The space goes first, then the task, the page. */
		if (i % 2 == 0)
			CHECK_OK(helios_destroy(vspace));
		CHECK_OK(helios_destroy(task));
		if (i % 2 != 0)
			CHECK_OK(helios_destroy(vspace));
		CHECK_OK(helios_destroy(page));
	}
	levels_check(&before);
}
