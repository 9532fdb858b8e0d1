/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Linux program with no libc: it makes Linux's system calls itself, with
 * the instruction, and knows nothing of Helios.
 *
 * It says what it has to say, checks that a system call leaves everything
 * alone but %rax, %rcx and %r11, and exits with the number of things that it
 * did not (0 is good; with an argument, that is the status instead).
 */

#define NR_WRITE	1
#define NR_EXIT_GROUP	231
#define NR_TEST		0x1234567	/* Linux has none such; see foreign.c */

#define VECTORS		256		/* bytes */
#define RED_ZONE	16		/* words */

/* In the order of foreign_call below. */
struct state {
	unsigned long rax, rdi, rsi, rdx, r10, r8, r9;
	unsigned long rbx, rbp, r12, r13, r14, r15;
	unsigned long red_zone[RED_ZONE];
	unsigned char vectors[VECTORS];
};

/* Load in, make the call, store out. */
void foreign_call(const struct state *in, struct state *out);
_Noreturn void foreign_main(unsigned long *stack);

#define LOAD(n)		"	movups 232+16*" #n "(%rdi), %xmm" #n "\n"
#define STORE(n)	"	movups %xmm" #n ", 232+16*" #n "(%rcx)\n"
#define ZONE_IN(n)	"	mov 104+8*" #n "(%rdi), %rax\n" \
			"	mov %rax, -8*(" #n "+1)(%rsp)\n"
#define ZONE_OUT(n)	"	mov -8*(" #n "+1)(%rsp), %rax\n" \
			"	mov %rax, 104+8*" #n "(%rcx)\n"
#define EACH(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) \
	op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)

__asm__(".text\n"
	"	.globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call foreign_main\n"
	"	.globl foreign_call\n"
	"foreign_call:\n"
	"	push %rbx\n	push %rbp\n	push %r12\n"
	"	push %r13\n	push %r14\n	push %r15\n"
	"	push %rsi\n"
	EACH(ZONE_IN)
	EACH(LOAD)
	"	mov 0(%rdi), %rax\n"
	"	mov 16(%rdi), %rsi\n	mov 24(%rdi), %rdx\n"
	"	mov 32(%rdi), %r10\n	mov 40(%rdi), %r8\n"
	"	mov 48(%rdi), %r9\n	mov 56(%rdi), %rbx\n"
	"	mov 64(%rdi), %rbp\n	mov 72(%rdi), %r12\n"
	"	mov 80(%rdi), %r13\n	mov 88(%rdi), %r14\n"
	"	mov 96(%rdi), %r15\n	mov 8(%rdi), %rdi\n"
	"	syscall\n"
	"	mov (%rsp), %rcx\n"
	"	mov %rax, 0(%rcx)\n	mov %rdi, 8(%rcx)\n"
	"	mov %rsi, 16(%rcx)\n	mov %rdx, 24(%rcx)\n"
	"	mov %r10, 32(%rcx)\n	mov %r8, 40(%rcx)\n"
	"	mov %r9, 48(%rcx)\n	mov %rbx, 56(%rcx)\n"
	"	mov %rbp, 64(%rcx)\n	mov %r12, 72(%rcx)\n"
	"	mov %r13, 80(%rcx)\n	mov %r14, 88(%rcx)\n"
	"	mov %r15, 96(%rcx)\n"
	EACH(STORE)
	EACH(ZONE_OUT)
	"	pop %rsi\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n"
	"	pop %r12\n	pop %rbp\n	pop %rbx\n"
	"	ret\n");

static long
linux_call(long nr, long a, long b, long c)
{
	__asm__ volatile("syscall" : "+a" (nr)
		: "D" (a), "S" (b), "d" (c) : "rcx", "r11", "memory");
	return nr;
}

static void
say(const char *text)
{
	long len = 0;

	while (text[len] != '\0')
		len++;
	if (linux_call(NR_WRITE, 1, (long)text, len) != len)
		linux_call(NR_EXIT_GROUP, 99, 0, 0);
}

/* How many words and bytes does a system call change that it should not? */
static long
damage(void)
{
	static struct state in, out;
	/* Through volatile, so that no compiler makes a memset of it. */
	volatile unsigned long *words = (volatile unsigned long *)&in;
	volatile unsigned long *found = (volatile unsigned long *)&out;
	volatile unsigned char *vectors = in.vectors;
	long bad = 0;

	/* All words up to the vectors: 0x1111..., 0x2222... and so on. */
	for (int i = 0; i < 13 + RED_ZONE; i++)
		words[i] = 0x1111111111111111ul * (unsigned long)(i % 15) +
			(unsigned long)i;
	in.rax = NR_TEST;
	for (int i = 0; i < VECTORS; i++)
		vectors[i] = (unsigned char)(i * 5 + 3);
	foreign_call(&in, &out);
	/* The reply is the complement of the number. */
	bad += out.rax != ~(unsigned long)NR_TEST;
	for (int i = 1; i < 13 + RED_ZONE; i++)
		bad += found[i] != words[i];
	for (int i = 0; i < VECTORS; i++)
		bad += out.vectors[i] != vectors[i];
	return bad;
}

void
foreign_main(unsigned long *stack)
{
	unsigned long argc = stack[0];
	const char *const *argv = (const char *const *)(stack + 1);
	long status = 0;

	say("Greetings from another system.\n");
	for (unsigned long i = 1; i < argc; i++) {
		say(argv[i]);
		say("\n");
		for (const char *s = argv[i]; *s >= '0' && *s <= '9'; s++)
			status = status * 10 + *s - '0';
	}
	if (argc < 2)
		status = damage();
	for (;;)
		linux_call(NR_EXIT_GROUP, status, 0, 0);
}
