/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: what a supervisor is told, and what it can do about it.  Who
 * supervises whom, and what becomes of the fault message, is in supervise.c.
 */
#include "machine.h"

/* Where the code of a probe faults, and what it does there. */
static const struct access {
	const char *probe;
	unsigned int prot;		/* of the page; NONE: not there */
	uint64_t access;
} accesses[] = {
	{ probe_read, HELIOS_PROT_NONE, HELIOS_RIGHT_R },
	{ probe_write, HELIOS_PROT_NONE, HELIOS_RIGHT_W },
	{ probe_jump, HELIOS_PROT_NONE, HELIOS_RIGHT_X },
	{ probe_write, HELIOS_PROT_READ, HELIOS_RIGHT_W },
	{ probe_jump, HELIOS_PROT_READ, HELIOS_RIGHT_X },
	{ probe_jump, HELIOS_PROT_READ | HELIOS_PROT_WRITE, HELIOS_RIGHT_X },
	{ probe_write, HELIOS_PROT_EXEC, HELIOS_RIGHT_W },
};
#define NACCESSES	(sizeof accesses / sizeof *accesses)

/* A page with this protection; none if that is NONE. */
static uint64_t
page_with(unsigned int prot)
{
	void *page;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, prot, HELIOS_MMAP_GUARD,
				&page));
	return (uint64_t)(uintptr_t)page;
}

TEST(fault, page)
{
	struct helios_regs regs;
	struct helios_fault f;
	helios_cap_t ep, task;
	uint64_t address;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NACCESSES; i++) {
		const struct access *a = &accesses[i];

		vulcan_note("access %u", i);
		if (a->access == HELIOS_RIGHT_X && !has_no_execute() &&
				a->prot != HELIOS_PROT_NONE)
			continue;
		address = page_with(a->prot) + 0x123 * i;
		task = probe_task(a->probe, address, ep);
		CHECK_OK(helios_task_resume(task));
		f = recv_fault(ep, HELIOS_FAULT_PAGE);
		CHECK_EQ(f.address, address);
		CHECK_EQ(f.access, a->access);
		CHECK_EQ(f.ip, a->access == HELIOS_RIGHT_X ? address :
				(uint64_t)(uintptr_t)a->probe);
		CHECK_EQ((f.error & 2) != 0, a->access == HELIOS_RIGHT_W);
		CHECK_OK(helios_task_read_registers(task, &regs));
		CHECK_EQ(f.ip, regs.rip);
		CHECK_EQ(f.sp, regs.rsp);
		CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
		CHECK_OK(helios_destroy(task));
	}
}

TEST(fault, message_layout)
{
	struct helios_task_info info;
	helios_cap_t ep, badged, task;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_mint(ep, HELIOS_RIGHT_SEND, 0xfab1e, &badged));
	task = probe_task(probe_read, 0x18, badged);
	CHECK_OK(helios_task_resume(task));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.badge, 0xfab1e);
	CHECK((msg.tag & HELIOS_TAG_FAULT) != 0);
	CHECK((msg.tag & HELIOS_TAG_NOTE) == 0);
	CHECK_EQ(helios_tag_nwords(msg.tag), HELIOS_FAULT_WORDS);
	CHECK_EQ(helios_tag_ncaps(msg.tag), 0);
	CHECK_EQ(msg.words[HELIOS_FAULT_KIND], HELIOS_FAULT_PAGE);
	CHECK_EQ(msg.words[HELIOS_FAULT_ADDR], 0x18);
	CHECK_EQ(msg.words[HELIOS_FAULT_ACCESS], HELIOS_RIGHT_R);
	CHECK_OK(helios_task_info(task, &info));
	CHECK_EQ(msg.words[HELIOS_FAULT_TASK], info.id);
}

/* The supervisor mends the page; the access is made again and succeeds. */
TEST(fault, mended)
{
	helios_cap_t ep, task;
	struct helios_msg msg;
	uint64_t address;

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NACCESSES; i++) {
		if (accesses[i].access == HELIOS_RIGHT_X)
			continue;
		address = reserve_page();
		task = probe_task(accesses[i].probe, address + 8, ep);
		CHECK_OK(helios_task_resume(task));
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address,
				address + 8);
		back_page(address);
		*(volatile uint64_t *)(uintptr_t)(address + 8) = 0x600d;
		helios_msg_start(&msg, 0, 0, 0);
		CHECK_OK(helios_reply(&msg));
		/* Both probes end with the word they leave there. */
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address,
				accesses[i].access == HELIOS_RIGHT_W ?
				PROBE_WORD : 0x600d);
		CHECK_OK(helios_destroy(task));
	}
}

/* A push that faults has not moved the stack pointer yet. */
TEST(fault, first_touch_of_a_stack)
{
	helios_cap_t ep, task;
	uint64_t top = reserve_page() + HELIOS_PAGE_SIZE;
	struct helios_fault f;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_push, top, ep);
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_EQ(f.address, top - 8);
	CHECK_EQ(f.access, HELIOS_RIGHT_W);
	CHECK_EQ(f.ip, probe_push_ip);
	CHECK_EQ(f.sp, top);
	back_page(top - HELIOS_PAGE_SIZE);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_reply(&msg));
	f = recv_fault(ep, HELIOS_FAULT_EXIT);
	CHECK_EQ(f.address, top);
	CHECK_EQ(*(uint64_t *)(uintptr_t)(top - 8), top);
}

/* Where an access reaches into the next page, that page is named. */
TEST(fault, straddling)
{
	helios_cap_t ep, task;
	uint64_t end;

	if (vulcan_boot_flag(HELIOS_BOOT_SLOW))
		SKIP("the tool this runs under reports the start of an "
			"access for its faulting byte");
	CHECK_OK(helios_newendpoint(&ep));
	end = page_with(HELIOS_PROT_WRITE) + HELIOS_PAGE_SIZE;
	for (unsigned int i = 0; i < 2; i++) {
		task = probe_task(i == 0 ? probe_read : probe_write, end - 3,
				ep);
		CHECK_OK(helios_task_resume(task));
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address, end);
	}
}

/* All registers, vectors too, are what they were at the fault. */
TEST(fault, registers_survive)
{
	static const unsigned char zero[256];
	static unsigned char area[528];
	helios_cap_t ep, task;
	struct helios_regs before, after;
	struct helios_msg msg;
	uint64_t address = reserve_page(), kept[2];

	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 256; i++)
		area[i] = (unsigned char)(i * 3 + 1);
	memset(area + 256, 0, 256);
	task = probe_task(probe_vectors, address, ep);
	CHECK_OK(helios_task_read_registers(task, &before));
	before.rsi = (uint64_t)(uintptr_t)area;
	before.rbp = 0xb0b;
	before.r15 = UINT64_MAX;
	before.rflags = HELIOS_RFLAGS_USER & 0xcd5;
	CHECK_OK(helios_task_write_registers(task, &before));
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_OK(helios_task_read_registers(task, &after));
	/* The direction flag, which the kernel must not inherit, included. */
	CHECK_EQ(after.rflags & 0xcd5, before.rflags);
	CHECK(memcmp(area + 256, zero, 256) == 0);
	back_page(address);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_reply(&msg));
	recv_fault(ep, HELIOS_FAULT_EXIT);
	CHECK(memcmp(area, area + 256, 256) == 0);
	memcpy(kept, area + 512, sizeof kept);
	CHECK_EQ(kept[0], 0xb0b);
	CHECK_EQ(kept[1], UINT64_MAX);
}

/*
 * Exceptions.
 */

/* The probe raises this one, at offset behind its start. */
static void
check_exception(const char *probe, unsigned int vector, unsigned int offset)
{
	struct helios_fault f;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe, 1ull << 63, ep);
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.error >> 32, vector);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)probe + offset);
	CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
}

TEST(fault, undefined_instruction)
{
	check_exception(probe_ud2, 6, 0);
}

TEST(fault, division_by_zero)
{
	check_exception(probe_divide, 0, 0);
}

TEST(fault, breakpoint)
{
	check_exception(probe_int3, 3, 1);
}

TEST(fault, not_canonical)
{
	check_exception(probe_read, 13, 0);
}

TEST(fault, privileged_instructions)
{
	static const char *const probes[] = { probe_hlt, probe_cli,
		probe_port, probe_cr3, probe_msr };

	if (vulcan_boot_flag(HELIOS_BOOT_SLOW))
		SKIP("the tool this runs under does not know them");
	for (unsigned int i = 0; i < sizeof probes / sizeof *probes; i++) {
		vulcan_note("instruction %u", i);
		check_exception(probes[i], 13, 0);
	}
}

TEST(fault, vector_exception)
{
	if (vulcan_boot_flag(HELIOS_BOOT_SLOW))
		SKIP("the tool this runs under masks these exceptions");
	if (!vulcan_boot_flag(HELIOS_BOOT_HOSTED) && is_tcg())
		SKIP("QEMU's emulator never raises them");
	check_exception(probe_simd, 19, probe_simd_offset());
}

/* A system call that is to return to %rdi: YIELD, with %rbx and %r12 to %r15
 * as they are. */
extern const char call_returning_to[] __attribute__((visibility("hidden")));
__asm__(".text\n"
	"	.globl call_returning_to\n"
	"	.hidden call_returning_to\n"
	"call_returning_to:\n"
	"	mov %rdi, %rcx\n"
	"	mov $1, %eax\n"
	"	jmp *helios_entry(%rip)\n");
_Static_assert(HELIOS_SYS_YIELD == 1, "what it calls");

/* The call is made, and the way back faults: in the task, not the kernel. */
TEST(fault, return_to_no_address)
{
	static const uint64_t bad[] = { 0x0000800000000000ull, 1ull << 63,
		0xffff7fffffffffffull };
	struct helios_regs before, after;
	struct helios_fault f;
	struct helios_msg msg;
	helios_cap_t ep, task;

	if (!vulcan_boot_flag(HELIOS_BOOT_HOSTED))
		SKIP("here the instruction sets the return address");
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof bad / sizeof *bad; i++) {
		task = probe_task(call_returning_to, bad[i], ep);
		CHECK_OK(helios_task_read_registers(task, &before));
		before.rbx = 0xb0b;
		before.r15 = UINT64_MAX;
		CHECK_OK(helios_task_write_registers(task, &before));
		CHECK_OK(helios_task_resume(task));
		/* Answered without mending anything, it comes again. */
		for (unsigned int n = 0; n < 2; n++) {
			f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
			CHECK_EQ(f.error >> 32, 13);
			CHECK_EQ(f.ip, bad[i]);
			CHECK_EQ(f.sp, before.rsp);
			CHECK_OK(helios_task_read_registers(task, &after));
			CHECK_EQ(after.rip, bad[i]);
			CHECK_EQ(after.rax, HELIOS_OK);
			CHECK_EQ(after.rbx, 0xb0b);
			CHECK_EQ(after.r15, UINT64_MAX);
			CHECK_EQ(after.rdi, bad[i]);
			helios_msg_start(&msg, 0, 0, 0);
			CHECK_OK(helios_reply(&msg));
		}
		recv_fault(ep, HELIOS_FAULT_EXCEPTION);
		after.rip = (uint64_t)(uintptr_t)probe_exit;
		after.rdi = 77;
		CHECK_OK(helios_task_write_registers(task, &after));
		CHECK_OK(helios_task_resume(task));
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 77);
		CHECK_OK(helios_destroy(task));
	}
}

/* The hosted machine has no device there: it says 13, not 17. */
TEST(fault, device_that_is_not_there)
{
	struct helios_devmem_info root;
	uint64_t address = reserve_page(), phys;
	helios_cap_t ep, page, task;

	if (!vulcan_boot_flag(HELIOS_BOOT_HOSTED))
		SKIP("there may be a device, and touching it does things");
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_devmem_info(HELIOS_INIT_DEVMEM, &root));
	phys = root.base + root.size - HELIOS_PAGE_SIZE;
	CHECK_OK(helios_devmem_pages(HELIOS_INIT_DEVMEM, phys,
				HELIOS_PAGE_SIZE, 1, &page));
	CHECK_OK(helios_map(helios_process.vspace, address, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &page, NULL));
	for (unsigned int i = 0; i < 2; i++) {
		task = probe_task(i == 0 ? probe_read : probe_write, address,
				ep);
		CHECK_OK(helios_task_resume(task));
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXCEPTION).error >> 32,
				13);
		CHECK_OK(helios_destroy(task));
	}
	CHECK_OK(helios_destroy(page));
}

/* The supervisor may step over what it does not like. */
TEST(fault, skipped_instruction)
{
	struct helios_regs regs;
	struct helios_fault f;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_ud2, 0, ep);
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_OK(helios_task_read_registers(task, &regs));
	CHECK_EQ(regs.rip, f.ip);
	regs.rip += 2;
	regs.rax = 88;
	/* That is the end of the fault, but nobody has said to go on. */
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_EQ(task_state(task), HELIOS_TASK_SUSPENDED);
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 88);
}

/*
 * Faults that programs make on purpose.
 */

TEST(fault, exit_may_be_undone)
{
	struct bare_call call = { .nr = HELIOS_SYS_CLOCK };
	struct helios_msg msg;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, ep);
	CHECK_OK(helios_task_resume(task));
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address,
				HELIOS_OK);
		helios_msg_start(&msg, 0, 0, 0);
		CHECK_OK(helios_reply(&msg));
	}
	recv_fault(ep, HELIOS_FAULT_EXIT);
}

TEST(fault, exit_status_is_64_bits)
{
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	task = bare_task(helios_raw_exit, 0x123456789abcdef0ull,
			HELIOS_CADDR_UNDEF, ep);
	CHECK_OK(helios_task_resume(task));
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address,
			0x123456789abcdef0ull);
}

/* A missing capability is put there, and the call made again finds it. */
TEST(fault, capability)
{
	struct bare_call call = { .nr = HELIOS_SYS_SIGNAL };
	helios_cap_t ep, task, note, slot = null_slot(0);
	struct helios_fault f;
	struct helios_msg msg;
	uint64_t bits;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	call.regs.rdi = slot;
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, ep);
	CHECK_OK(helios_task_set_flags(task, HELIOS_TASK_CAPFAULT));
	CHECK_OK(helios_task_resume(task));
	helios_msg_start(&msg, 0, 0, 0);
	/* Answered without doing anything, it comes again. */
	for (unsigned int i = 0; i < 2; i++) {
		f = recv_fault(ep, HELIOS_FAULT_CAPABILITY);
		CHECK_EQ(f.address, slot);
		CHECK_EQ(f.error, HELIOS_INVALID_CSLOT);
		if (i == 1)
			CHECK_OK(helios_cspace_copy(helios_process.cspace,
						slot, HELIOS_CADDR_UNDEF, note,
						HELIOS_RIGHTS_ALL, NULL));
		CHECK_OK(helios_reply(&msg));
	}
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, HELIOS_OK);
	CHECK_OK(helios_nbwait(note, &bits));
	CHECK_EQ(bits, 1);
}

/* Where calls go through an entry pointer, the instruction is a mistake. */
TEST(fault, stray_system_call)
{
	struct helios_regs regs;
	struct helios_fault f;
	struct helios_msg msg;
	helios_cap_t ep, task;

	if (!vulcan_boot_flag(HELIOS_BOOT_HOSTED))
		SKIP("here the instruction is how programs call");
	need_system_call_trap();
	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_syscall, 11, ep);
	CHECK_OK(helios_task_read_registers(task, &regs));
	regs.rax = 10;
	regs.rsi = 12;
	regs.rdx = 13;
	regs.r10 = 14;
	regs.r8 = 15;
	regs.r9 = 16;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_SYSCALL);
	CHECK_EQ(f.nr, 10);
	for (unsigned int i = 0; i < 6; i++)
		CHECK_EQ(f.args[i], 11 + i);
	CHECK_EQ(f.sp, regs.rsp);
	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = 0xfeed;
	CHECK_OK(helios_reply(&msg));
	/* The probe ends with what the call gave. */
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0xfeed);
}

/* A runaway recursion ends in the page below the stack. */
static unsigned int
recurse(volatile unsigned int *depth)
{
	volatile unsigned char frame[256];

	frame[0] = (unsigned char)++*depth;
	if (*depth == 0)
		return 0;
	return recurse(depth) + frame[0];
}

static void *
overflow(void *arg)
{
	volatile unsigned int depth = 1;

	(void)arg;
	return (void *)(uintptr_t)recurse(&depth);
}

TEST(fault, stack_overflow)
{
	struct helios_thread *thread;
	struct helios_fault f;
	helios_cap_t ep;
	size_t size;
	void *base;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_new(&thread, overflow, NULL, NULL));
	CHECK_OK(helios_thread_set_fault(thread, ep));
	helios_thread_stack(thread, &base, &size);
	CHECK_OK(helios_thread_start(thread));
	f = recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK(f.address < (uint64_t)(uintptr_t)base);
	CHECK(f.address >= (uint64_t)(uintptr_t)base - HELIOS_PAGE_SIZE);
	CHECK_EQ(f.access, HELIOS_RIGHT_W);
	CHECK_OK(helios_thread_kill(thread));
}
