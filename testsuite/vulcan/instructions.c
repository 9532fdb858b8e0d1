/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions with more than one way to fail: what some processors have and
 * others have not, far transfers, and encodings made to confuse.  privileged.c
 * has those that are the same everywhere.
 */
#include "machine.h"

#define DB	(1u << 1)
#define UD	(1u << 6)
#define GP	(1u << 13)

#define KERNEL_CODE	0x08
#define KERNEL_DATA	0x10
#define USER_DATA	0x1b
#define USER_CODE	0x23
#define TSS		0x28
#define NOWHERE		0xfff8

/* Any of these vectors; without the feature it is #UD.  %rdi is an address
 * in a page that is there, other registers are 0. */
#define INSTRUCTIONS(I)							\
	I(mov_to_cr2, GP, "mov %rax, %cr2")				\
	I(mov_from_dr6, GP, "mov %dr6, %rax")				\
	I(mov_to_dr4, GP | UD, ".byte 0x0f, 0x23, 0xe0")		\
	I(mov_to_cr1, GP | UD, ".byte 0x0f, 0x22, 0xc8")		\
	I(sysenter, GP | UD, "sysenter")				\
	I(sysexit, GP | UD, ".byte 0x0f, 0x35")				\
	I(sysret_32, GP, ".byte 0x0f, 0x07")				\
	I(xsetbv, GP | UD, "xsetbv")					\
	I(xsaves, GP | UD, ".byte 0x0f, 0xc7, 0x2f")			\
	I(xrstors, GP | UD, ".byte 0x0f, 0xc7, 0x1f")			\
	I(invpcid, GP | UD, ".byte 0x66, 0x0f, 0x38, 0x82, 0x07")	\
	I(wbnoinvd, GP, ".byte 0xf3, 0x0f, 0x09")			\
	I(rsm, UD, "rsm")						\
	I(vmlaunch, UD, ".byte 0x0f, 0x01, 0xc2")			\
	I(vmxoff, UD, ".byte 0x0f, 0x01, 0xc4")				\
	I(vmrun, UD, ".byte 0x0f, 0x01, 0xd8")				\
	I(stgi, UD, ".byte 0x0f, 0x01, 0xdc")				\
	I(rdpkru, UD, ".byte 0x0f, 0x01, 0xee")				\
	I(wrpkru, UD, ".byte 0x0f, 0x01, 0xef")				\
	I(ud0, UD, ".byte 0x0f, 0xff, 0xc0")				\
	I(ud1, UD, ".byte 0x0f, 0xb9, 0xc0")				\
	I(salc, UD, ".byte 0xd6")					\
	I(avx512, UD, ".byte 0x62, 0xa1, 0x7d, 0x40, 0xef, 0xc0")	\
	I(mov_to_cs, UD, ".byte 0x8e, 0xc8")				\
	I(lock_nop, UD, ".byte 0xf0, 0x90")				\
	I(lock_cmpxchg8b, UD, ".byte 0xf0, 0x0f, 0xc7, 0xc8")		\
	I(too_long, GP, ".fill 15, 1, 0x66\n	nop")

#define CODE(name, vectors, text)					\
	"	.globl more_" #name "\n	.hidden more_" #name "\n"	\
	"more_" #name ":\n	" text "\n	ud2\n"
#define DECLARE(name, vectors, text)	PROBE(more_##name);
#define ENTRY(name, vectors, text)	{ #name, more_##name, vectors },

__asm__(".text\n" INSTRUCTIONS(CODE)
	"	.globl more_icebp\n	.hidden more_icebp\n"
	"more_icebp:\n	.byte 0xf1\n	ud2\n");
INSTRUCTIONS(DECLARE)
PROBE(more_icebp);

/* The task is to run this with %rdi so, and faults in it. */
static struct helios_fault
fault_in(const char *code, uint64_t argument, helios_cap_t ep)
{
	helios_cap_t task = probe_task(code, argument, ep);
	struct helios_fault f;

	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_OK(helios_destroy(task));
	return f;
}

TEST(instructions, of_some_processors)
{
	static const struct {
		const char *name, *code;
		unsigned int vectors;
	} all[] = { INSTRUCTIONS(ENTRY) };
	static _Alignas(64) uint64_t area[128];
	struct helios_fault f;
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof all / sizeof *all; i++) {
		vulcan_note("%s", all[i].name);
		f = fault_in(all[i].code, (uint64_t)(uintptr_t)area, ep);
		CHECK(f.error >> 32 < 32);
		if (!(all[i].vectors >> (f.error >> 32) & 1))
			FAIL("%s: vector %llu", all[i].name,
				(unsigned long long)f.error >> 32);
		CHECK_EQ(f.error & 0xffffffff, 0);
		CHECK_EQ(f.ip, (uint64_t)(uintptr_t)all[i].code);
	}
}

/* INT1 is for anybody, whatever its gate says: a trap, like a step. */
TEST(instructions, icebp)
{
	struct helios_fault f;
	helios_cap_t ep;

	NEED_MACHINE();
	if (is_tcg())
		SKIP("QEMU's emulator stops for its debugger");
	CHECK_OK(helios_newendpoint(&ep));
	f = fault_in(more_icebp, 0, ep);
	CHECK_EQ(f.error >> 32, 1);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)more_icebp + 1);
}

/*
 * Far transfers
 */

/* An offset of 32 bits and a selector, at %rdi. */
struct far_pointer {
	uint32_t offset;
	uint16_t selector;
} __attribute__((packed));

/* Selectors a program cannot go to.  The index is what the fault names. */
static const uint16_t bad[] = { 0, 3, 7, KERNEL_CODE, KERNEL_CODE | 3,
	KERNEL_DATA, KERNEL_DATA | 3, USER_DATA, TSS, TSS | 3, NOWHERE,
	NOWHERE | 3 };
#define NBAD	(sizeof bad / sizeof *bad)

/* By pointer at %rdi; with %edi on the stack. */
PROBE(far_jump);
PROBE(far_call);
PROBE(far_ret);
PROBE(far_ret_ip);
PROBE(far_iret);
PROBE(far_iret_ip);
__asm__(".text\n"
	"far_jump:\n"
	"	ljmp *(%rdi)\n"
	"	ud2\n"
	"far_call:\n"
	"	lcall *(%rdi)\n"
	"	ud2\n"
	"far_ret:\n"
	"	push %rdi\n"
	"	push $0x1000\n"
	"far_ret_ip:\n"
	"	lretq\n"
	"	ud2\n"
	"far_iret:\n"
	"	mov %rsp, %rax\n"
	"	push $0x1b\n"
	"	push %rax\n"
	"	push $0x202\n"
	"	push %rdi\n"
	"	push $0x1000\n"
	"far_iret_ip:\n"
	"	iretq\n"
	"	ud2\n");

static void
check_far(const char *code, const char *ip, uint64_t argument,
		uint16_t selector, helios_cap_t ep)
{
	struct helios_fault f;

	vulcan_note("selector %x", (unsigned int)selector);
	f = fault_in(code, argument, ep);
	CHECK_EQ(f.error >> 32, 13);
	CHECK_EQ(f.error & 0xffffffff, selector & 0xfffcu);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)ip);
}

TEST(instructions, far_jumps_and_calls)
{
	static struct far_pointer to;
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NBAD; i++) {
		to = (struct far_pointer){ 0x1000, bad[i] };
		check_far(far_jump, far_jump, (uint64_t)(uintptr_t)&to,
			bad[i], ep);
		check_far(far_call, far_call, (uint64_t)(uintptr_t)&to,
			bad[i], ep);
	}
}

TEST(instructions, far_returns)
{
	helios_cap_t ep;

	NEED_MACHINE();
	if (is_tcg())
		SKIP("QEMU's emulator reads the stack as the kernel would, "
			"and meets SMAP");
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < NBAD; i++) {
		check_far(far_ret, far_ret_ip, bad[i], bad[i], ep);
		check_far(far_iret, far_iret_ip, bad[i], bad[i], ep);
	}
}

/* LAR, LSL, VERR and VERW tell of segments for programs, and of no other. */
static unsigned int
told_of(uint32_t selector)
{
	bool lar, lsl, verr, verw;
	uint32_t out;

	__asm__ ("lar %2, %0" : "=r"(out), "=@ccz"(lar) : "r"(selector));
	__asm__ ("lsl %2, %0" : "=r"(out), "=@ccz"(lsl) : "r"(selector));
	__asm__ ("verr %w1" : "=@ccz"(verr) : "r"(selector));
	__asm__ ("verw %w1" : "=@ccz"(verw) : "r"(selector));
	return (lar ? 1u : 0) | (lsl ? 2u : 0) | (verr ? 4u : 0) |
		(verw ? 8u : 0);
}

TEST(instructions, segments_asked_for)
{
	NEED_MACHINE();
	CHECK_EQ(told_of(USER_DATA), 15);
	CHECK_EQ(told_of(USER_CODE), 7);
	for (unsigned int selector = 0; selector < 0x10000; selector += 4)
		if ((selector | 3) != USER_DATA && (selector | 3) != USER_CODE)
			CHECK_EQ(told_of(selector | 3), 0);
}
