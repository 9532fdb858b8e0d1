/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that are not for programs (Intel SDM volume 3, 5.9): each one
 * faults where it stands, and nothing of it has happened.
 */
#include "machine.h"

#define GP	13
#define UD	6

/* Registers: %rdi is an address that can be read and written, %rsp as in any
 * program, all others 0. */
#define PRIVILEGED(I)							\
	I(cli, GP, "cli")						\
	I(sti, GP, "sti")						\
	I(hlt, GP, "hlt")						\
	I(in_byte, GP, "in $0x21, %al")					\
	I(in_word, GP, "in %dx, %ax")					\
	I(in_long, GP, "in %dx, %eax")					\
	I(out_byte, GP, "out %al, $0x80")				\
	I(out_long, GP, "out %eax, %dx")				\
	I(ins, GP, "insb")						\
	I(outs, GP, "outsb")						\
	I(lgdt, GP, "lgdt (%rdi)")					\
	I(lidt, GP, "lidt (%rdi)")					\
	I(lldt, GP, "lldt %ax")						\
	I(ltr, GP, "ltr %ax")						\
	I(mov_from_cr0, GP, "mov %cr0, %rax")				\
	I(mov_from_cr2, GP, "mov %cr2, %rax")				\
	I(mov_from_cr3, GP, "mov %cr3, %rax")				\
	I(mov_from_cr4, GP, "mov %cr4, %rax")				\
	I(mov_from_cr8, GP, "mov %cr8, %rax")				\
	I(mov_to_cr0, GP, "mov %rax, %cr0")				\
	I(mov_to_cr3, GP, "mov %rax, %cr3")				\
	I(mov_to_cr4, GP, "mov %rax, %cr4")				\
	I(mov_to_cr8, GP, "mov %rax, %cr8")				\
	I(mov_from_dr0, GP, "mov %dr0, %rax")				\
	I(mov_from_dr7, GP, "mov %dr7, %rax")				\
	I(mov_to_dr0, GP, "mov %rax, %dr0")				\
	I(mov_to_dr7, GP, "mov %rax, %dr7")				\
	I(clts, GP, "clts")						\
	I(lmsw, GP, "lmsw %ax")						\
	I(rdmsr, GP, "rdmsr")						\
	I(wrmsr, GP, "wrmsr")						\
	I(rdpmc, GP, "rdpmc")						\
	I(invlpg, GP, "invlpg (%rdi)")					\
	I(invd, GP, "invd")						\
	I(wbinvd, GP, "wbinvd")						\
	I(swapgs, GP, "swapgs")						\
	I(sysret, GP, "sysretq")					\
	I(monitor, UD, "monitor")					\
	I(mwait, UD, "mwait")						\
	I(stac, UD, ".byte 0x0f, 0x01, 0xcb")				\
	I(clac, UD, ".byte 0x0f, 0x01, 0xca")

/* Returns to segments of the kernel: on the stack are zeros. */
#define FAR_RETURNS(I)							\
	I(lret, GP, "lretq")						\
	I(iret, GP, "iretq")

/* Stores of what the processor knows; only UMIP forbids them (2.5). */
#define SENSITIVE(I)							\
	I(sgdt, GP, "sgdt (%rdi)")					\
	I(sidt, GP, "sidt (%rdi)")					\
	I(sldt, GP, "sldt %rax")					\
	I(smsw, GP, "smsw %rax")					\
	I(str, GP, "str %rax")

#define CODE(name, vector, text)					\
	"	.globl insn_" #name "\n	.hidden insn_" #name "\n"	\
	"insn_" #name ":\n	" text "\n	ud2\n"
#define DECLARE(name, vector, text)	PROBE(insn_##name);
#define ENTRY(name, vector, text)	{ #name, insn_##name, vector },

__asm__(".text\n" PRIVILEGED(CODE) FAR_RETURNS(CODE) SENSITIVE(CODE));
PRIVILEGED(DECLARE)
FAR_RETURNS(DECLARE)
SENSITIVE(DECLARE)

struct instruction {
	const char *name, *code;
	unsigned int vector;
};

static const struct instruction privileged[] = { PRIVILEGED(ENTRY) };
static const struct instruction far_returns[] = { FAR_RETURNS(ENTRY) };
static const struct instruction sensitive[] = { SENSITIVE(ENTRY) };

/* Zeros where %rsp points: selectors of far returns and the like. */
static uint64_t area[64];

static void
check_instruction(const struct instruction *insn, helios_cap_t ep)
{
	helios_cap_t task = probe_task(insn->code, 0, ep);
	struct helios_regs regs, after;
	struct helios_fault f;

	vulcan_note("%s", insn->name);
	CHECK_OK(helios_task_read_registers(task, &regs));
	regs.rdi = (uint64_t)(uintptr_t)&area[32];
	regs.rsp = (uint64_t)(uintptr_t)&area[40];
	regs.rax = regs.rcx = regs.rdx = regs.rsi = 0;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.error >> 32, insn->vector);
	CHECK_EQ(f.ip, (uint64_t)(uintptr_t)insn->code);
	CHECK_OK(helios_task_read_registers(task, &after));
	CHECK_EQ(after.rax, 0);
	CHECK_EQ(after.rsp, regs.rsp);
	CHECK_EQ(after.rflags & 0x200, 0x200);
	CHECK_OK(helios_destroy(task));
}

static void
check_all(const struct instruction *insns, unsigned int n)
{
	static const uint64_t none[64];
	helios_cap_t ep;

	memset(area, 0, sizeof area);
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < n; i++)
		check_instruction(&insns[i], ep);
	CHECK(memcmp(area, none, sizeof area) == 0);
}

TEST(privileged, instructions)
{
	NEED_MACHINE();
	check_all(privileged, sizeof privileged / sizeof *privileged);
}

TEST(privileged, far_returns)
{
	NEED_MACHINE();
	if (is_tcg())
		SKIP("QEMU's emulator reads the stack as the kernel would, "
			"and meets SMAP");
	check_all(far_returns, sizeof far_returns / sizeof *far_returns);
}

TEST(privileged, stores_of_system_registers)
{
	NEED_MACHINE();
	if (!has_umip())
		SKIP("this processor has no UMIP: programs may ask for the "
			"addresses of its tables");
	check_all(sensitive, sizeof sensitive / sizeof *sensitive);
}

/* INT n for each n: two bytes of code in a page of their own. */
static uint64_t
code_page(helios_cap_t *page)
{
	uint64_t address = reserve_page();

	CHECK_OK(helios_newpage(page));
	CHECK_OK(helios_map(helios_process.vspace, address, HELIOS_MAP_X |
				HELIOS_MAP_FIXED, 1, page, NULL));
	return address;
}

static struct helios_fault
fault_of(uint64_t address, helios_cap_t ep)
{
	helios_cap_t task = probe_task((const char *)(uintptr_t)address, 0,
			ep);
	struct helios_fault f;

	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_EXCEPTION);
	CHECK_OK(helios_destroy(task));
	return f;
}

TEST(privileged, software_interrupts)
{
	struct helios_fault f;
	helios_cap_t ep, page;
	uint64_t address;

	NEED_MACHINE();
	address = code_page(&page);
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int n = 0; n < 256; n++) {
		const unsigned char code[] = { 0xcd, (unsigned char)n };

		CHECK_OK(helios_page_write(page, 0, code, sizeof code));
		f = fault_of(address, ep);
		vulcan_note("int %u", n);
		/* Only the breakpoint is for programs. */
		CHECK_EQ(f.error >> 32, n == 3 ? 3 : GP);
		CHECK_EQ(f.ip, address + (n == 3 ? 2 : 0));
		/* The error code is of the interrupt table.  (Its index is
		 * doubled by QEMU's emulator.) */
		if (n != 3 && !is_tcg())
			CHECK_EQ(f.error & 0xffffffff, n * 8 + 2);
		CHECK_EQ(f.error & 2, n == 3 ? 0 : 2);
	}
}

/* One that is not there in 64-bit code is an invalid opcode. */
TEST(privileged, old_instructions)
{
	static const unsigned char codes[][2] = {
		{ 0x06, 0x90 },		/* push es */
		{ 0x27, 0x90 },		/* daa */
		{ 0x60, 0x90 },		/* pusha */
		{ 0xce, 0x90 },		/* into */
		{ 0xd4, 0x0a },		/* aam */
		{ 0x9a, 0x90 },		/* call far */
		{ 0xea, 0x90 },		/* jmp far */
	};
	struct helios_fault f;
	helios_cap_t ep, page;
	uint64_t address;

	NEED_MACHINE();
	address = code_page(&page);
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof codes / sizeof *codes; i++) {
		CHECK_OK(helios_page_write(page, 0, codes[i], 2));
		f = fault_of(address, ep);
		vulcan_note("opcode 0x%x", (unsigned int)codes[i][0]);
		CHECK_EQ(f.error >> 32, UD);
		CHECK_EQ(f.ip, address);
	}
}

/* Having a capability for ports does not open them to instructions. */
TEST(privileged, ports_by_capability_only)
{
	helios_cap_t ep, port;
	uint32_t value;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_ioport_issue(HELIOS_INIT_IOCONTROL, 0x21, 0x21,
				&port));
	CHECK_OK(helios_ioport_in(port, 0x21, 1, &value));
	for (unsigned int i = 0; i < sizeof privileged / sizeof *privileged;
			i++)
		if (!strcmp(privileged[i].name, "in_byte"))
			check_instruction(&privileged[i], ep);
}
