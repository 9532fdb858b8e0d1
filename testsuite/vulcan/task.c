/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks: starting, stopping, their parts, registers and what INFO says.
 * Priorities and preemption are in sched.c, how tasks end is in death.c.
 */
#include "peer.h"

TEST(task, life)
{
	helios_cap_t task, ep;

	CHECK_OK(helios_newendpoint(&ep));
	task = bare_task(helios_raw_exit, 42, HELIOS_CADDR_UNDEF, ep);
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 42);
	CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
}

TEST(task, needs_a_vspace_to_run)
{
	helios_cap_t task;

	CHECK_OK(helios_newtask(&task));
	CHECK_EQ(task_state(task),
			HELIOS_TASK_SUSPENDED | HELIOS_TASK_NO_VSPACE);
	CHECK_ERROR(helios_task_resume(task), HELIOS_MISSING_PART,
			HELIOS_PART_VSPACE);
	CHECK_OK(helios_task_configure(task, HELIOS_CADDR_UNDEF,
				helios_process.vspace, HELIOS_CADDR_UNDEF));
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
}

/* What a task relies on can be taken from it. */
TEST(task, loses_its_vspace)
{
	volatile uint64_t count = 0;
	helios_cap_t task, vspace;
	uint64_t then;

	CHECK_OK(helios_copy(helios_process.vspace, HELIOS_RIGHTS_ALL,
				&vspace));
	task = bare_task(spin, (uint64_t)(uintptr_t)&count,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_configure(task, HELIOS_CADDR_UNDEF, vspace,
				HELIOS_CADDR_UNDEF));
	CHECK_OK(helios_task_resume(task));
	wait_progress(&count);
	CHECK_ERROR(helios_task_configure(task, HELIOS_CADDR_UNDEF, vspace,
				HELIOS_CADDR_UNDEF), HELIOS_BUSY, 0);
	CHECK_OK(helios_revoke(vspace));
	CHECK_EQ(task_state(task), HELIOS_TASK_NO_VSPACE);
	then = count;
	breathe();
	CHECK_EQ(count, then);

	CHECK_OK(helios_task_suspend(task));
	CHECK_OK(helios_task_configure(task, HELIOS_CADDR_UNDEF,
				helios_process.vspace, HELIOS_CADDR_UNDEF));
	CHECK_OK(helios_task_resume(task));
	wait_progress(&count);
	CHECK_OK(helios_task_suspend(task));
}

/* Make this call in a bare task; returns the status. */
static uint64_t
status_of(helios_cap_t task, helios_cap_t ep)
{
	CHECK_OK(helios_task_resume(task));
	return recv_fault(ep, HELIOS_FAULT_EXIT).address;
}

TEST(task, calls_need_parts)
{
	struct bare_call call = { .nr = HELIOS_SYS_SEND };
	helios_cap_t task, ep, cspace;

	/* Five words, but no buffer for the fifth. */
	CHECK_OK(helios_newendpoint(&ep));
	call.regs = (struct helios_raw){ .rdi = ep,
		.rsi = helios_tag(0, 5, 0) };
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, ep);
	CHECK_EQ(status_of(task, ep), HELIOS_MISSING_PART);
	CHECK_EQ(call.regs.rdx, HELIOS_PART_IPCBUF);

	/* A CSpace that is taken away; the task's copy goes with it. */
	CHECK_OK(helios_newcspace(6, &cspace));
	call.regs = (struct helios_raw){ .rdi = 3 };
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call, cspace,
			ep);
	CHECK_OK(helios_revoke(cspace));
	CHECK_EQ(status_of(task, ep), HELIOS_MISSING_PART);
	CHECK_EQ(call.regs.rdx, HELIOS_PART_CSPACE);
}

TEST(task, ipc_buffer_needs_rights)
{
	helios_cap_t task, page, read;

	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_copy(page, HELIOS_RIGHT_R, &read));
	CHECK_ERROR(helios_task_configure(task, HELIOS_CADDR_UNDEF,
				HELIOS_CADDR_UNDEF, read), HELIOS_ACCESS,
			HELIOS_RIGHT_R);
	CHECK_OK(helios_task_configure(task, HELIOS_CADDR_UNDEF,
				HELIOS_CADDR_UNDEF, page));
	/* Types are looked at, and a failure changes nothing. */
	CHECK_ERROR(helios_task_configure(task, page,
				helios_process.vspace, HELIOS_CADDR_UNDEF),
			HELIOS_INVALID_CTYPE, HELIOS_PAGE);
	CHECK_EQ(task_state(task),
			HELIOS_TASK_SUSPENDED | HELIOS_TASK_NO_VSPACE);
}

TEST(task, suspend_is_synchronous)
{
	volatile uint64_t count = 0;
	helios_cap_t task;
	uint64_t then;

	task = bare_task(spin, (uint64_t)(uintptr_t)&count,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	for (unsigned int i = 0; i < 5; i++) {
		CHECK_OK(helios_task_resume(task));
		CHECK_EQ(task_state(task), 0);
		wait_progress(&count);
		CHECK_OK(helios_task_suspend(task));
		then = count;
		CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
		breathe();
		CHECK_EQ(count, then);
		/* Once more is no harm, and one resume undoes both. */
		CHECK_OK(helios_task_suspend(task));
	}
}

TEST(task, suspends_itself)
{
	struct bare_call call = { .nr = HELIOS_SYS_CALL };
	helios_cap_t task, ep;

	CHECK_OK(helios_newendpoint(&ep));
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, ep);
	call.regs = operation(task, HELIOS_TASK, HELIOS_TASK_SUSPEND, 0,
			0, 0, 0, 0);
	CHECK_OK(helios_task_resume(task));
	wait_state(task, HELIOS_TASK_SUSPENDED);
	CHECK_EQ(status_of(task, ep), HELIOS_OK);
}

TEST(task, suspended_and_blocked_are_separate)
{
	struct peer waiter;
	helios_cap_t note, task;

	CHECK_OK(helios_newnote(&note));
	peer_set(&waiter, HELIOS_SYS_WAIT, note, 0, 0);
	peer_block(&waiter, HELIOS_TASK_WAITING);
	task = helios_thread_task(waiter.thread);
	CHECK_OK(helios_task_suspend(task));
	CHECK_EQ(task_state(task),
			HELIOS_TASK_WAITING | HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(task_state(task), HELIOS_TASK_WAITING);
	CHECK_OK(helios_task_suspend(task));
	CHECK_OK(helios_signal(note));
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	peer_expect(&waiter, HELIOS_OK);
}

/*
 * Registers.
 */

/* Stands still with whatever registers it was given. */
extern const char vulcan_halt[];
__asm__(".text\n"
	"	.globl vulcan_halt\n"
	"	.hidden vulcan_halt\n"
	"vulcan_halt:\n"
	"	jmp vulcan_halt\n");

#define RFLAGS_IF	0x200ull
#define RFLAGS_TF	0x100ull
#define RFLAGS_RF	0x10000ull
#define RFLAGS_AC	0x40000ull
/* Those that an instruction, or a single step, leaves alone. */
#define USER_FLAGS	(HELIOS_RFLAGS_USER & ~(RFLAGS_TF | RFLAGS_RF | \
				RFLAGS_AC))

TEST(task, registers_survive)
{
	struct helios_regs regs, back;
	uint64_t *words = (uint64_t *)&regs, *found = (uint64_t *)&back;
	volatile uint64_t count = 0;
	helios_cap_t task, other;

	task = bare_task(spin, 0, HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	for (unsigned int i = 0; i < 16; i++)
		words[i] = 0x0101010101010101ull * (0x80 + i);
	/* An address, but no stack: nothing may be put there. */
	regs.rsp = 0x77;
	regs.rip = (uint64_t)(uintptr_t)vulcan_halt;
	regs.rflags = USER_FLAGS;
	regs.fs_base = 0x1230;
	regs.gs_base = 0;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_resume(task));
	CHECK_ERROR(helios_task_read_registers(task, &back), HELIOS_BUSY, 0);
	CHECK_ERROR(helios_task_write_registers(task, &regs), HELIOS_BUSY, 0);
	/* Somebody else runs and uses them, so they must be put aside. */
	other = bare_task(spin, (uint64_t)(uintptr_t)&count,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_resume(other));
	for (unsigned int i = 0; i < 3; i++)
		wait_progress(&count);
	CHECK_OK(helios_task_suspend(task));
	CHECK_OK(helios_task_suspend(other));
	CHECK_OK(helios_task_read_registers(task, &back));
	for (unsigned int i = 0; i < HELIOS_REGS_WORDS; i++) {
		if (i == offsetof(struct helios_regs, rflags) / 8)
			CHECK_EQ(found[i] & USER_FLAGS, words[i]);
		else if (found[i] != words[i])
			FAIL("register %u: found 0x%llx, expected 0x%llx", i,
				(unsigned long long)found[i],
				(unsigned long long)words[i]);
	}
}

TEST(task, flags_are_sanitised)
{
	struct helios_regs regs = { 0 }, back;
	helios_cap_t task;

	task = bare_task(spin, 0, HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	regs.rflags = UINT64_MAX;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_read_registers(task, &back));
	CHECK_EQ(back.rflags & HELIOS_RFLAGS_USER, HELIOS_RFLAGS_USER);
	/* Interrupts stay on; no I/O privilege, nested task or the like. */
	CHECK_EQ(back.rflags & ~(HELIOS_RFLAGS_USER | RFLAGS_IF | 2), 0);
	regs.rflags = 0;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_read_registers(task, &back));
	CHECK_EQ(back.rflags & ~(RFLAGS_IF | 2), 0);
}

/* Neither such as the processor refuses, nor the kernel's. */
TEST(task, addresses_must_be_user_addresses)
{
	static const uint64_t bad[] = { 1ull << 47, 0x8000000000000000ull,
		0xffff7fffffffffffull, 0xffff800000000000ull };
	struct helios_regs regs = { 0 }, back;
	helios_cap_t task;

	task = bare_task(spin, 5, HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_read_registers(task, &back));
	for (unsigned int i = 0; i < 4; i++) {
		regs = back;
		regs.rdi = 6;
		regs.rip = bad[i];
		CHECK_ERROR(helios_task_write_registers(task, &regs),
				HELIOS_INVALID_PARAM, 16);
		regs.rip = back.rip;
		regs.rsp = bad[i];
		CHECK_ERROR(helios_task_write_registers(task, &regs),
				HELIOS_INVALID_PARAM, 7);
		regs.rsp = back.rsp;
		regs.fs_base = bad[i];
		CHECK_ERROR(helios_task_write_registers(task, &regs),
				HELIOS_INVALID_PARAM, 18);
		regs.fs_base = 0;
		regs.gs_base = bad[i];
		CHECK_ERROR(helios_task_write_registers(task, &regs),
				HELIOS_INVALID_PARAM, 19);
		CHECK_ERROR(helios_task_set_tls_base(task, bad[i]),
				HELIOS_INVALID_PARAM, 0);
	}
	CHECK_OK(helios_task_read_registers(task, &regs));
	CHECK_EQ(regs.rdi, 5);
	CHECK_EQ(regs.rip, back.rip);
}

/* The entry state of a blocked call can be read, and replaced. */
TEST(task, registers_of_a_blocked_task)
{
	struct bare_call call = { .nr = HELIOS_SYS_RECV };
	helios_cap_t task, ep, fault;
	struct helios_regs regs;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newendpoint(&fault));
	call.regs.rdi = ep;
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, fault);
	CHECK_OK(helios_task_resume(task));
	wait_state(task, HELIOS_TASK_RECEIVING);
	CHECK_OK(helios_task_read_registers(task, &regs));
	CHECK_EQ(regs.rax, HELIOS_SYS_RECV);
	CHECK_EQ(regs.rdi, ep);
	/* Writing them cancels the wait, and the task is not suspended. */
	regs.rip = (uint64_t)(uintptr_t)helios_raw_exit;
	regs.rdi = 77;
	regs.rsp &= ~15ull;
	regs.rsp -= 8;
	CHECK_OK(helios_task_write_registers(task, &regs));
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_STATUS(helios_nbsend(ep, &msg), HELIOS_WOULD_BLOCK);
	CHECK_EQ(recv_fault(fault, HELIOS_FAULT_EXIT).address, 77);
}

struct tls {
	helios_cap_t task;
	uint64_t own;			/* FS base to set itself */
	uint64_t found[2];		/* what was at %fs:0 */
};

static uint64_t
at_fs(void)
{
	uint64_t value;

	__asm__ volatile("mov %%fs:0, %0" : "=r" (value));
	return value;
}

static void
use_tls(uint64_t arg)
{
	struct tls *tls = (struct tls *)(uintptr_t)arg;
	struct helios_raw regs;

	tls->found[0] = at_fs();
	regs = operation(tls->task, HELIOS_TASK, HELIOS_TASK_SET_TLS_BASE, 1,
			tls->own, 0, 0, 0);
	if (helios_raw(HELIOS_SYS_CALL, &regs) != HELIOS_OK)
		helios_raw_exit(1);
	helios_raw_yield();
	tls->found[1] = at_fs();
	helios_raw_exit(0);
}

TEST(task, tls_base)
{
	uint64_t areas[2] = { 0x1111, 0x2222 };
	struct tls tls;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	tls.own = (uint64_t)(uintptr_t)&areas[1];
	tls.task = bare_task(use_tls, (uint64_t)(uintptr_t)&tls,
			HELIOS_CADDR_UNDEF, ep);
	CHECK_OK(helios_task_set_tls_base(tls.task,
				(uint64_t)(uintptr_t)&areas[0]));
	CHECK_OK(helios_task_resume(tls.task));
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0);
	CHECK_EQ(tls.found[0], 0x1111);
	CHECK_EQ(tls.found[1], 0x2222);
}

/*
 * INFO and the settings it reports.
 */

TEST(task, info)
{
	struct helios_task_info one, two;
	helios_cap_t tasks[2];

	CHECK_OK(helios_newtask(&tasks[0]));
	CHECK_OK(helios_newtask(&tasks[1]));
	CHECK_OK(helios_task_set_name(tasks[0], "pale rider"));
	CHECK_OK(helios_task_set_priority(tasks[0], 33, 44));
	CHECK_OK(helios_task_set_flags(tasks[0], HELIOS_TASK_CAPFAULT));
	CHECK_OK(helios_task_info(tasks[0], &one));
	CHECK(strcmp(one.name, "pale rider") == 0);
	CHECK_EQ(one.priority, 33);
	CHECK_EQ(one.highest, 44);
	CHECK_EQ(one.flags, HELIOS_TASK_CAPFAULT);
	CHECK_EQ(one.cpu_ns, 0);
	/* Ids are never used twice. */
	CHECK_OK(helios_task_info(tasks[1], &two));
	CHECK(one.id != two.id);
	CHECK_OK(helios_destroy(tasks[1]));
	CHECK_OK(helios_newtask(&tasks[1]));
	CHECK_OK(helios_task_info(tasks[1], &one));
	CHECK(one.id != two.id && one.id > two.id);
}

TEST(task, long_name)
{
	static const char name[] = "0123456789012345678901234567890123456789";
	struct helios_task_info info;
	helios_cap_t task;

	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_task_set_name(task, name));
	CHECK_OK(helios_task_info(task, &info));
	CHECK_EQ(strlen(info.name), HELIOS_TASK_NAME - 1);
	CHECK(strncmp(info.name, name, HELIOS_TASK_NAME - 1) == 0);
}

TEST(task, cpu_time_grows)
{
	struct helios_task_info info;
	volatile uint64_t count = 0;
	helios_cap_t task;
	uint64_t then;

	task = bare_task(spin, (uint64_t)(uintptr_t)&count,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_resume(task));
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_OK(helios_task_info(task, &info));
		then = info.cpu_ns;
		do {
			breathe();
			CHECK_OK(helios_task_info(task, &info));
			CHECK(info.cpu_ns >= then);
		} while (info.cpu_ns == then);
	}
	CHECK_OK(helios_task_suspend(task));
	/* Who does not run is not charged. */
	CHECK_OK(helios_task_info(task, &info));
	then = info.cpu_ns;
	for (unsigned int i = 0; i < 5; i++)
		breathe();
	CHECK_OK(helios_task_info(task, &info));
	CHECK_EQ(info.cpu_ns, then);
}

TEST(task, flags)
{
	struct bare_call call = { .nr = HELIOS_SYS_CALL };
	helios_cap_t task, other, ep;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newtask(&other));
	CHECK_ERROR(helios_task_set_flags(other, HELIOS_TASK_FLAGS + 1),
			HELIOS_INVALID_PARAM, 0);
	/* Nobody gives away the console who does not have it. */
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, ep);
	call.regs = operation(other, HELIOS_TASK, HELIOS_TASK_SET_FLAGS, 1,
			HELIOS_TASK_WRITECONS, 0, 0, 0);
	CHECK_EQ(status_of(task, ep), HELIOS_ACCESS);
	call.nr = HELIOS_SYS_WRITECONS;
	call.regs = (struct helios_raw){ .rdi = (uint64_t)(uintptr_t)&call };
	CHECK_EQ(status_of(task, ep), HELIOS_ACCESS);
	CHECK_OK(helios_task_set_flags(task, HELIOS_TASK_WRITECONS));
	CHECK_EQ(status_of(task, ep), HELIOS_OK);
	CHECK_EQ(call.regs.rdx, 0);
}

TEST(task, affinity)
{
	helios_cap_t task;

	CHECK_OK(helios_newtask(&task));
	CHECK_ERROR(helios_task_set_affinity(task, 0), HELIOS_INVALID_PARAM,
			0);
	CHECK_ERROR(helios_task_set_affinity(task, UINT64_MAX),
			HELIOS_INVALID_PARAM, 0);
	CHECK_OK(helios_task_set_affinity(task, 1));
}

TEST(task, set_fault_needs_send)
{
	helios_cap_t task, ep, recv;

	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_copy(ep, HELIOS_RIGHT_RECV, &recv));
	CHECK_ERROR(helios_task_set_fault(task, recv), HELIOS_ACCESS,
			HELIOS_RIGHT_RECV);
	CHECK_ERROR(helios_task_set_fault(task, task), HELIOS_INVALID_CTYPE,
			HELIOS_TASK);
	CHECK_OK(helios_task_set_fault(task, ep));
	CHECK_OK(helios_task_set_fault(task, HELIOS_CADDR_UNDEF));
}
