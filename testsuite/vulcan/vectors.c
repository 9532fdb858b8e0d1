/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers across the ways into the kernel: x87, SSE and AVX state, and the
 * general registers.  Contexts hold a pattern of their own in every register
 * there is, and compare after each round; whatever a switch forgets, or the
 * kernel itself uses, shows.
 *
 * All of it is assembly: a compiler's code would use what it is to watch.
 */
#include "machine.h"

#define NO_CALL		UINT64_MAX
#define ROUNDS		150u

struct context {
	/* An FXSAVE image (Intel SDM volume 1, 10.5.1), then the upper
	 * halves of the AVX registers. */
	_Alignas(64) unsigned char want[768];
	unsigned char got[768];
	uint64_t nr, cap;		/* this call in each round */
	volatile uint64_t rounds, limit;
	uint64_t wrong;			/* rounds with a difference */
	uint64_t failed;		/* statuses of the calls */
	uint64_t avx;
};
_Static_assert(offsetof(struct context, got) == 768 &&
	offsetof(struct context, nr) == 1536 &&
	offsetof(struct context, cap) == 1544 &&
	offsetof(struct context, rounds) == 1552 &&
	offsetof(struct context, limit) == 1560 &&
	offsetof(struct context, wrong) == 1568 &&
	offsetof(struct context, failed) == 1576 &&
	offsetof(struct context, avx) == 1584, "where the assembly looks");
_Static_assert(HELIOS_SYS_EXIT == 15, "what it calls");

#define EACH(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) \
	op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
#define LOAD_UPPER(n) \
	"	vinsertf128 $1, 512+16*" #n "(%rbx), %ymm" #n ", %ymm" #n "\n"
#define STORE_UPPER(n) \
	"	vextractf128 $1, %ymm" #n ", 768+512+16*" #n "(%rbx)\n"
/* Compare a part of the images. */
#define SAME(offset, size)						\
	"	lea " #offset "(%rbx), %rsi\n"				\
	"	lea 768+" #offset "(%rbx), %rdi\n"			\
	"	mov $" #size ", %ecx\n"					\
	"	repe cmpsb\n"						\
	"	jne 5f\n"

/* Hold the pattern of the context at %rdi; store what is there. */
PROBE(vectors_hold);
PROBE(vectors_look);
__asm__(".text\n"
	"vectors_look:\n"
	"	mov %rdi, %rbx\n"
	"	jmp 3f\n"
	"vectors_hold:\n"
	"	mov %rdi, %rbx\n"
	"	fxrstor64 (%rbx)\n"
	"	cmpq $0, 1584(%rbx)\n"
	"	je 2f\n"
	EACH(LOAD_UPPER)
	"2:	mov 1536(%rbx), %rax\n"
	"	cmp $-1, %rax\n"
	"	je 3f\n"
	"	mov 1544(%rbx), %rdi\n"
	"	xor %esi, %esi\n"
	"	syscall\n"
	"	or %rax, 1576(%rbx)\n"
	"3:	fxsave64 768(%rbx)\n"
	"	cmpq $0, 1584(%rbx)\n"
	"	je 4f\n"
	EACH(STORE_UPPER)
	"4:	cld\n"
	SAME(0, 5)			/* FCW, FSW, FTW */
	SAME(24, 4)			/* MXCSR */
	SAME(32, 384)			/* x87 and SSE registers */
	SAME(512, 256)
	"	jmp 6f\n"
	"5:	incq 1568(%rbx)\n"
	"6:	incq 1552(%rbx)\n"
	"	mov 1552(%rbx), %rax\n"
	"	cmp 1560(%rbx), %rax\n"
	"	jb 2b\n"
	"	mov 1568(%rbx), %rdi\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"	ud2\n");

static bool
has_avx(void)
{
	uint32_t low, high;

	/* OSXSAVE and AVX: the kernel has switched it on. */
	if ((cpuid_of(1, 0).ecx >> 27 & 3) != 3)
		return false;
	__asm__ ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

static void
fill(struct context *c, unsigned int seed)
{
	uint16_t fcw = (uint16_t)(0x37f ^ (seed & 3) << 10);
	uint16_t top = (uint16_t)((seed & 7) << 11);
	uint32_t mxcsr = 0x1f80u | (seed & 3) << 13;
	unsigned int i;

	memset(c, 0, sizeof *c);
	c->nr = NO_CALL;
	c->avx = has_avx();
	for (i = 32; i < (c->avx ? 768u : 416u); i++)
		if (i < 416 || i >= 512)
			c->want[i] = (unsigned char)(i * 7 + seed * 101 + 1);
	/* Each x87 register a normal number of 80 bits, in 16 bytes. */
	for (i = 32; i < 160; i += 16) {
		c->want[i + 7] |= 0x80;
		c->want[i + 9] = 0x3f;
		memset(c->want + i + 10, 0, 6);
	}
	memcpy(c->want, &fcw, 2);
	memcpy(c->want + 2, &top, 2);
	c->want[4] = 0xff;			/* all x87 registers in use */
	memcpy(c->want + 24, &mxcsr, 4);
}

/* Nothing may be left of this in the others, either. */
static void
spoil_own(void)
{
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\t"
		"movdqa %%xmm0, %%xmm7\n\tmovdqa %%xmm0, %%xmm15\n\tfld1\n\t"
		"fstp %%st(0)" : : : "xmm0", "xmm7", "xmm15", "st", "st(1)",
		"st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
}

static helios_cap_t
start(const char *code, struct context *c, helios_cap_t ep)
{
	helios_cap_t task = probe_task(code, (uint64_t)(uintptr_t)c, ep);

	CHECK_OK(helios_task_resume(task));
	return task;
}

#define HOLDERS	3u

static struct context contexts[HOLDERS];

static void
prepare(uint64_t nr, helios_cap_t cap, uint64_t limit)
{
	for (unsigned int i = 0; i < HOLDERS; i++) {
		fill(&contexts[i], i + 1);
		contexts[i].nr = nr;
		contexts[i].cap = cap;
		contexts[i].limit = limit;
	}
}

static void
start_holders(helios_cap_t ep)
{
	for (unsigned int i = 0; i < HOLDERS; i++)
		start(vectors_hold, &contexts[i], ep);
}

static void
end_holders(helios_cap_t ep)
{
	unsigned int i;

	for (i = 0; i < HOLDERS; i++)
		recv_fault(ep, HELIOS_FAULT_EXIT);
	for (i = 0; i < HOLDERS; i++) {
		vulcan_note("task %u: %llu rounds", i,
			(unsigned long long)contexts[i].rounds);
		CHECK_EQ(contexts[i].wrong, 0);
		CHECK_EQ(contexts[i].failed, HELIOS_OK);
		CHECK(contexts[i].rounds >= contexts[i].limit);
	}
}

/* As in a new task, but for one thing. */
static void
thin(struct context *c, unsigned int offset, unsigned int size)
{
	unsigned char part[256];

	memcpy(part, c->want + offset, size);
	memset(c->want, 0, sizeof c->want);
	memcpy(c->want, "\x7f\x03", 2);
	memcpy(c->want + 24, "\x80\x1f", 2);
	memcpy(c->want + offset, part, size);
}

/* The watchers see a difference if there is one. */
TEST(vectors, differences_are_seen)
{
	static const unsigned int bytes[] = { 0, 24, 32, 159, 160, 415, 512,
		767 };
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		fill(&contexts[0], 1);
		/* What vectors_look finds is a new task's. */
		thin(&contexts[0], 0, 0);
		contexts[0].want[bytes[i]] ^= 1;
		start(vectors_look, &contexts[0], ep);
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 1);
	}
}

/* A system call on the machine leaves all of them alone. */
TEST(vectors, kept_by_calls)
{
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	fill(&contexts[0], 5);
	contexts[0].nr = HELIOS_SYS_CLOCK;
	contexts[0].limit = ROUNDS;
	start(vectors_hold, &contexts[0], ep);
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0);
	CHECK_EQ(contexts[0].failed, HELIOS_OK);
	CHECK_EQ(contexts[0].rounds, ROUNDS);
}

TEST(vectors, kept_apart_by_yields)
{
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	prepare(HELIOS_SYS_YIELD, 0, ROUNDS);
	start_holders(ep);
	end_holders(ep);
}

/* The processor can say what is in use; MXCSR is not among it, and each part
 * is one for itself. */
TEST(vectors, little_in_use)
{
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	prepare(HELIOS_SYS_YIELD, 0, ROUNDS);
	thin(&contexts[0], 24, 4);	/* MXCSR */
	thin(&contexts[1], 0, 2);	/* FCW */
	thin(&contexts[2], 512, 256);	/* upper halves */
	start_holders(ep);
	end_holders(ep);
}

TEST(vectors, kept_apart_by_messages)
{
	helios_cap_t ep, server;
	struct helios_msg msg;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newendpoint(&server));
	prepare(HELIOS_SYS_CALL, server, ROUNDS);
	start_holders(ep);
	for (unsigned int i = 0; i < HOLDERS * ROUNDS; i++) {
		CHECK_OK(helios_recv(server, &msg));
		CHECK((msg.tag & HELIOS_TAG_FAULT) == 0);
		spoil_own();
		helios_msg_start(&msg, 0, 0, 0);
		CHECK_OK(helios_reply(&msg));
	}
	end_holders(ep);
}

/* They never call: only the end of a slice takes the processor from them. */
TEST(vectors, kept_apart_by_the_clock)
{
	helios_cap_t ep;
	unsigned int i;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	prepare(NO_CALL, 0, UINT64_MAX);
	start_holders(ep);
	for (unsigned int round = 0; round < 4; round++)
		for (i = 0; i < HOLDERS; i++)
			wait_progress(&contexts[i].rounds);
	for (i = 0; i < HOLDERS; i++)
		contexts[i].limit = 1;
	end_holders(ep);
}

/* A new task finds the initial state, whatever others have left, and when
 * it comes where a dead one was. */
TEST(vectors, new_tasks_are_clean)
{
	static const unsigned char zero[384];
	struct context *c = &contexts[1];
	helios_cap_t ep, task;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 4; i++) {
		fill(&contexts[0], i + 1);
		contexts[0].limit = 1;
		task = start(vectors_hold, &contexts[0], ep);
		CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 0);
		if (i & 1)
			CHECK_OK(helios_destroy(task));
		fill(c, 1);
		memset(c->got, 0xee, sizeof c->got);
		task = start(vectors_look, c, ep);
		recv_fault(ep, HELIOS_FAULT_EXIT);
		CHECK_OK(helios_destroy(task));
		CHECK_EQ(c->got[0] | c->got[1] << 8, 0x37f);
		/* FSW, FTW, and where the last x87 instruction was. */
		CHECK(memcmp(c->got + 2, zero, 3) == 0);
		CHECK(memcmp(c->got + 8, zero, 16) == 0);
		CHECK_EQ(c->got[24] | c->got[25] << 8, 0x1f80);
		for (unsigned int st = 32; st < 160; st += 16)
			CHECK(memcmp(c->got + st, zero, 10) == 0);
		CHECK(memcmp(c->got + 160, zero, 256) == 0);
		CHECK(!c->avx || memcmp(c->got + 512, zero, 256) == 0);
	}
}

/* No state that the kernel would not switch can be used at all. */
TEST(vectors, nothing_beyond_avx)
{
	uint32_t low, high;

	NEED_MACHINE();
	if (!(cpuid_of(1, 0).ecx & 1u << 27))
		SKIP("this processor has no XSAVE");
	__asm__ ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	CHECK_EQ(low & ~7u, 0);
	CHECK_EQ(high, 0);
}

/*
 * General registers
 */

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13,
	R14, R15, NREGS };

/* One task stores them; there is no register left for an address. */
extern uint64_t registers_seen[NREGS] __attribute__((visibility("hidden")));
uint64_t registers_seen[NREGS];

#define STORE(reg, n)	"	mov %" #reg ", registers_seen+8*" #n "(%rip)\n"

PROBE(registers_call);
PROBE(registers_after);
__asm__(".text\n"
	"registers_call:\n"
	"	syscall\n"
	"registers_after:\n"
	STORE(rax, 0) STORE(rbx, 1) STORE(rcx, 2) STORE(rdx, 3)
	STORE(rsi, 4) STORE(rdi, 5) STORE(rbp, 6) STORE(rsp, 7)
	STORE(r8, 8) STORE(r9, 9) STORE(r10, 10) STORE(r11, 11)
	STORE(r12, 12) STORE(r13, 13) STORE(r14, 14) STORE(r15, 15)
	"	mov $15, %eax\n"
	"	syscall\n"
	"	ud2\n");

/* Call with all registers set; *given: with what. */
static void
call_with_registers(uint64_t nr, helios_cap_t cap, uint64_t *given,
		helios_cap_t ep)
{
	helios_cap_t task = probe_task(registers_call, 0, ep);
	struct helios_regs regs;

	CHECK_OK(helios_task_read_registers(task, &regs));
	for (unsigned int i = 0; i < NREGS; i++)
		given[i] = 0x0101010101010101ull * (0x70 + i);
	given[RAX] = nr;
	given[RDI] = cap;
	given[RSI] = 0;
	given[RSP] = 0x77;
	memcpy(&regs, given, 8 * NREGS);
	/* No DF, TF or AC. */
	regs.rflags = 0x8d7;
	CHECK_OK(helios_task_write_registers(task, &regs));
	memset(registers_seen, 0, sizeof registers_seen);
	CHECK_OK(helios_task_resume(task));
	recv_fault(ep, HELIOS_FAULT_EXIT);
	CHECK_OK(helios_destroy(task));
}

static void
check_kept(const uint64_t *given, unsigned int except)
{
	/* As the instruction leaves them: no word of the kernel's. */
	CHECK_EQ(registers_seen[RCX], (uint64_t)(uintptr_t)registers_after);
	CHECK_EQ(registers_seen[R11], 0xad7);
	except |= 1u << RAX | 1u << RCX | 1u << R11;
	for (unsigned int i = 0; i < NREGS; i++)
		if (!(except >> i & 1) && registers_seen[i] != given[i])
			FAIL("register %u: found 0x%llx, expected 0x%llx", i,
				(unsigned long long)registers_seen[i],
				(unsigned long long)given[i]);
}

TEST(vectors, general_registers)
{
	helios_cap_t ep, note, nothing = null_slot(0);
	uint64_t given[NREGS];

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	call_with_registers(HELIOS_SYS_YIELD, 0x12345678, given, ep);
	CHECK_EQ(registers_seen[RAX], HELIOS_OK);
	check_kept(given, 0);
	call_with_registers(HELIOS_SYS_SIGNAL, note, given, ep);
	CHECK_EQ(registers_seen[RAX], HELIOS_OK);
	check_kept(given, 0);
	call_with_registers(HELIOS_SYS_CLOCK, 0, given, ep);
	CHECK_EQ(registers_seen[RAX], HELIOS_OK);
	CHECK(registers_seen[RDX] != given[RDX]);
	check_kept(given, 1u << RDX);
	/* One that fails: its detail, and a tag of 0. */
	call_with_registers(HELIOS_SYS_SIGNAL, nothing, given, ep);
	CHECK_EQ(registers_seen[RAX], HELIOS_INVALID_CSLOT);
	CHECK_EQ(registers_seen[RDX], nothing);
	CHECK_EQ(registers_seen[RSI], 0);
	check_kept(given, 1u << RDX);
}
