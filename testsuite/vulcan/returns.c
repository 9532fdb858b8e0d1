/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways into the kernel and back: what a program can hand it in flags,
 * addresses, segments and bases, and what is left of it for others.
 */
#include "machine.h"

#define CF	0x1ull
#define TF	0x100ull
#define DF	0x400ull
#define IOPL	0x3000ull
#define NT	0x4000ull
#define AC	0x40000ull
#define ID	0x200000ull

#define GP	13
#define DB	1

/* Set the flags in %rdi, YIELD, and EXIT with those there are then. */
PROBE(return_flags);
/* The same with single steps: nop, SYSCALL, nop. */
PROBE(return_step);
PROBE(return_step_nop);
PROBE(return_step_call);
PROBE(return_step_after);
PROBE(return_step_end);
/* Go to %rdi by a return; make it a base. */
PROBE(return_ret);
PROBE(return_stackless);
PROBE(return_wrfsbase);
PROBE(return_wrgsbase);
__asm__(".text\n"
	"return_flags:\n"
	"	push %rdi\n"
	"	popf\n"
	"	mov $1, %eax\n"
	"	syscall\n"
	"	pushf\n"
	"	pop %rdi\n"
	"	push $2\n"
	"	popf\n"
	"	jmp probe_exit\n"
	"return_step:\n"
	"	push %rdi\n"
	"	popf\n"
	"return_step_nop:\n"
	"	nop\n"
	"return_step_call:\n"
	"	mov $1, %eax\n"
	"	syscall\n"
	"return_step_after:\n"
	"	nop\n"
	"return_step_end:\n"
	"	nop\n"
	"	ud2\n"
	"return_ret:\n"
	"	push %rdi\n"
	"	ret\n"
	"return_stackless:\n"		/* YIELD, then EXIT */
	"	mov %rdi, %rsp\n"
	"	mov $1, %eax\n"
	"	syscall\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"	ud2\n"
	"return_wrfsbase:\n"
	"	wrfsbase %rdi\n"
	"	mov %rdi, %rax\n"
	"	jmp probe_exit\n"
	"return_wrgsbase:\n"
	"	wrgsbase %rdi\n"
	"	jmp probe_exit\n");
_Static_assert(HELIOS_SYS_YIELD == 1, "what they call");

static helios_cap_t
start(const char *probe, uint64_t argument, helios_cap_t ep)
{
	helios_cap_t task = probe_task(probe, argument, ep);

	CHECK_OK(helios_task_resume(task));
	return task;
}

/*
 * Flags
 */

/* The kernel works with its own; the program finds its own again, those
 * apart that are not for programs. */
TEST(returns, flags)
{
	static const uint64_t given[] = { 0, CF, DF, AC, ID, DF | AC | CF };
	helios_cap_t ep, task;
	uint64_t found;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof given / sizeof *given; i++) {
		task = start(return_flags, given[i] | 2, ep);
		found = recv_fault(ep, HELIOS_FAULT_EXIT).address;
		vulcan_note("%llx", (unsigned long long)given[i]);
		CHECK_EQ(found & (CF | DF | AC | ID), given[i]);
		CHECK_EQ(found & (IOPL | NT | TF), 0);
		CHECK_OK(helios_destroy(task));
	}
	/* Those a program cannot set, or must not keep. */
	task = start(return_flags, IOPL | 2, ep);
	found = recv_fault(ep, HELIOS_FAULT_EXIT).address;
	CHECK_EQ(found & IOPL, 0);
	CHECK_OK(helios_destroy(task));
	task = start(return_flags, NT | 2, ep);
	found = recv_fault(ep, HELIOS_FAULT_EXIT).address;
	CHECK_EQ(found & IOPL, 0);
	CHECK_OK(helios_destroy(task));
}

static void
expect_step(helios_cap_t ep, const char *ip)
{
	struct helios_fault f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	struct helios_msg msg;

	CHECK_EQ(f.error >> 32, DB);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)ip);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_reply(&msg));
}

/* Each instruction traps, the system call is one, and no step is the
 * kernel's. */
TEST(returns, single_step)
{
	struct helios_fault f;
	struct helios_msg msg;
	helios_cap_t ep;
	unsigned int i;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	start(return_step, TF | 2, ep);
	expect_step(ep, return_step_call);
	expect_step(ep, return_step_call + 5);	/* before the SYSCALL */
	for (i = 0; i < 3; i++) {
		f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
		CHECK_EQ(f.error >> 32, DB);
		/* The trap of the call itself, if this processor makes it. */
		if (f.ip != (uint64_t)(uintptr_t)return_step_after)
			break;
		helios_msg_start(&msg, 0, 0, 0);
		CHECK_OK(helios_reply(&msg));
	}
	CHECK(i < 2);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)return_step_end);
}

/*
 * Addresses
 */

/* Where no program can be: by a return, and by the registers it is given. */
TEST(returns, to_no_address)
{
	static const uint64_t bad[] = { 0x800000000000ull, 1ull << 63,
		0xffff7fffffffffffull };
	struct helios_regs regs;
	struct helios_fault f;
	helios_cap_t ep, task;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof bad / sizeof *bad; i++) {
		task = start(return_ret, bad[i], ep);
		f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
		CHECK_EQ(f.error >> 32, GP);
		CHECK_OK(helios_task_read_registers(task, &regs));
		regs.rip = bad[i];
		CHECK_STATUS(helios_task_write_registers(task, &regs),
			HELIOS_INVALID_PARAM);
		CHECK_OK(helios_destroy(task));
	}
}

/* The last two bytes of a program's addresses are a SYSCALL: it returns to
 * where nothing can be mapped, and faults there, in the program. */
TEST(returns, to_the_end_of_addresses)
{
	static const unsigned char code[] = { 0x0f, 0x05 };
	struct helios_regs regs;
	struct helios_fault f;
	helios_cap_t ep, page, task;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_page_write(page, HELIOS_PAGE_SIZE - 2, code, 2));
	CHECK_OK(helios_map(helios_process.vspace, USER_END -
			HELIOS_PAGE_SIZE, HELIOS_MAP_X | HELIOS_MAP_FIXED, 1,
			&page, NULL));
	task = probe_task(probe_read, 0, ep);
	CHECK_OK(helios_task_read_registers(task, &regs));
	regs.rip = USER_END - 2;
	regs.rax = HELIOS_SYS_YIELD;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_PAGE);
	CHECK_EQ(f.address, USER_END);
	CHECK_EQ(f.ip, USER_END);
	CHECK_EQ(f.sp, regs.rsp);
	CHECK_OK(helios_task_read_registers(task, &regs));
	CHECK_EQ(regs.rax, HELIOS_OK);
}

/* The stack is not looked at until the program uses it. */
TEST(returns, with_no_stack)
{
	static const uint64_t bad[] = { 0, 1ull << 63, 0xffffffff80201000ull,
		0x800000000000ull };
	helios_cap_t ep, task;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof bad / sizeof *bad; i++) {
		task = start(return_stackless, bad[i], ep);
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).sp, bad[i]);
		CHECK_OK(helios_destroy(task));
	}
}

/*
 * Bases and segments
 */

TEST(returns, bases_that_are_no_addresses)
{
	struct helios_regs regs;
	struct helios_fault f;
	helios_cap_t ep, task;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	task = probe_task(probe_read, 0, ep);
	CHECK_STATUS(helios_task_set_tls_base(task, 1ull << 63),
		HELIOS_INVALID_PARAM);
	CHECK_OK(helios_task_read_registers(task, &regs));
	regs.gs_base = 0x800000000000ull;
	CHECK_STATUS(helios_task_write_registers(task, &regs),
		HELIOS_INVALID_PARAM);
	/* QEMU's emulator lets a program write any base. */
	if (!has_fsgsbase() || is_tcg())
		return;
	start(return_wrfsbase, 1ull << 63, ep);
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.error >> 32, GP);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)return_wrfsbase);
	start(return_wrgsbase, 0x800000000000ull, ep);
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.error >> 32, GP);
}

/* Some of what a task has, which it looks at again and again. */
struct own {
	uint64_t fs, gs;		/* words that these bases lead to */
	uint64_t rounds, wrong;
	uint16_t fcw;
	uint32_t mxcsr;
};

static void
look(uint64_t arg)
{
	struct own *o = (struct own *)(uintptr_t)arg;
	struct helios_raw r = { 0, 0, 0, 0, 0, 0 };

	__asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(o->fcw),
		"m"(o->mxcsr));
	while (o->rounds < 200) {
		uint64_t fs, gs;
		uint32_t mxcsr;
		uint16_t fcw;

		__asm__ volatile("mov %%fs:0, %0\n\tmov %%gs:0, %1\n\t"
			"fnstcw %2\n\tstmxcsr %3" : "=&r"(fs), "=r"(gs),
			"=m"(fcw), "=m"(mxcsr));
		o->wrong += fs != o->fs || gs != o->gs ||
			fcw != o->fcw || mxcsr != o->mxcsr;
		o->rounds++;
		helios_raw(HELIOS_SYS_YIELD, &r);
	}
	helios_raw_exit(o->wrong);
}

static helios_cap_t
looker(struct own *o, helios_cap_t ep)
{
	helios_cap_t task = bare_task(look, (uint64_t)(uintptr_t)o,
		HELIOS_CADDR_UNDEF, ep);
	struct helios_regs regs;

	CHECK_OK(helios_task_read_registers(task, &regs));
	regs.fs_base = (uint64_t)(uintptr_t)&o->fs;
	regs.gs_base = (uint64_t)(uintptr_t)&o->gs;
	CHECK_OK(helios_task_write_registers(task, &regs));
	return task;
}

/* FS and GS bases, x87 and SSE control words of three tasks that give way to
 * each other all the time. */
TEST(returns, contexts_are_kept_apart)
{
	static struct own own[3];
	helios_cap_t ep;
	unsigned int i;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (i = 0; i < 3; i++) {
		own[i] = (struct own){ .fs = 0xf500 + i, .gs = 0x6500 + i,
			.fcw = (uint16_t)(0x37f & ~(i << 8)),
			.mxcsr = 0x1f80 | i << 13 };
		CHECK_OK(helios_task_resume(looker(&own[i], ep)));
	}
	for (i = 0; i < 3; i++)
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0);
	for (i = 0; i < 3; i++)
		CHECK_EQ(own[i].rounds, 200);
}

/* Load the selector in %rdi into a segment register. */
PROBE(load_ds);
PROBE(load_es);
PROBE(load_fs);
PROBE(load_gs);
PROBE(load_ss);
PROBE(read_selectors);
__asm__(".text\n"
	"load_ds: mov %edi, %ds\n	jmp load_done\n"
	"load_es: mov %edi, %es\n	jmp load_done\n"
	"load_fs: mov %edi, %fs\n	jmp load_done\n"
	"load_gs: mov %edi, %gs\n	jmp load_done\n"
	"load_ss: mov %edi, %ss\n"
	"load_done:\n"
	"	mov $1, %eax\n"
	"	syscall\n"
	"	mov $15, %eax\n"
	"	mov $0, %edi\n"
	"	syscall\n"
	"	ud2\n"
	"read_selectors:\n"
	"	mov %ds, %edi\n"
	"	mov %es, %eax\n"
	"	or %eax, %edi\n"
	"	mov %fs, %eax\n"
	"	or %eax, %edi\n"
	"	mov %gs, %eax\n"
	"	or %eax, %edi\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"	ud2\n");
_Static_assert(HELIOS_SYS_EXIT == 15, "what they call");

#define KERNEL_CODE	0x08
#define KERNEL_DATA	0x10
#define USER_DATA	0x1b
#define USER_CODE	0x23
#define TSS		0x28
#define NOWHERE		0xfff8

/* A program may load what is made for programs; all else faults, and nobody
 * else ever sees it. */
TEST(returns, selectors)
{
	static const char *const loads[] = { load_ds, load_es, load_fs,
		load_gs };
	static const uint64_t bad[] = { KERNEL_CODE, KERNEL_DATA,
		KERNEL_DATA | 3, TSS, TSS | 3, NOWHERE, 0x7 };
	struct helios_fault f;
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int n = 0; n < sizeof bad / sizeof *bad; n++) {
			vulcan_note("register %u, selector %llx", i,
				(unsigned long long)bad[n]);
			start(loads[i], bad[n], ep);
			f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
			CHECK_EQ(f.error >> 32, GP);
			CHECK_EQ(f.ip, (uint64_t)(uintptr_t)loads[i]);
			CHECK_EQ(f.error & 0xffff, bad[n] & 0xfffc);
		}
		start(loads[i], USER_DATA, ep);
		start(read_selectors, 0, ep);
		for (unsigned int n = 0; n < 2; n++)
			CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0);
	}
	start(load_ss, KERNEL_DATA, ep);
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.error >> 32, GP);
	start(load_ss, 0, ep);
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.error >> 32, GP);
}

/*
 * Exceptions that need arranging
 */

/* Alignment check: AC set, a word at an odd address. */
PROBE(misaligned);
PROBE(misaligned_ip);
PROBE(x87_fault);
PROBE(x87_fault_ip);
PROBE(divide_overflow);
static const uint16_t x87_unmasked = 0x37b;
static uint64_t misaligned_words[2];
__asm__(".text\n"
	"misaligned:\n"
	"	push $0x40002\n"
	"	popf\n"
	"misaligned_ip:\n"
	"	mov 1(%rdi), %rax\n"
	"	ud2\n"
	"x87_fault:\n"
	"	fldcw (%rdi)\n"
	"	fld1\n"
	"	fldz\n"
	"	fdivrp\n"
	"x87_fault_ip:\n"
	"	fwait\n"
	"	ud2\n"
	"divide_overflow:\n"
	"	mov $-1, %edx\n"
	"	mov $1, %ecx\n"
	"	div %ecx\n"
	"	ud2\n");

static struct helios_fault
exception_of(const char *probe, uint64_t argument)
{
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	start(probe, argument, ep);
	return recv_fault(ep, HELIOS_FAULT_EXCEPTION);
}

TEST(returns, alignment_check)
{
	struct helios_fault f;

	NEED_MACHINE();
	if (is_tcg())
		SKIP("QEMU's emulator does not check alignment");
	f = exception_of(misaligned,
		(uint64_t)(uintptr_t)misaligned_words);
	CHECK_EQ(f.error >> 32, 17);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)misaligned_ip);
}

TEST(returns, floating_point_error)
{
	struct helios_fault f;

	NEED_MACHINE();
	f = exception_of(x87_fault, (uint64_t)(uintptr_t)&x87_unmasked);
	CHECK_EQ(f.error >> 32, 16);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)x87_fault_ip);
}

TEST(returns, division_overflow)
{
	struct helios_fault f;

	NEED_MACHINE();
	f = exception_of(divide_overflow, 0);
	CHECK_EQ(f.error >> 32, 0);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)divide_overflow + 10);
}
