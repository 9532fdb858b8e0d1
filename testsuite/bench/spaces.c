/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces with a task each, whose only page is one of code: many at
 * once, each of which sends a message and then waits for ever; and two that
 * call one another.
 */
#include "bench.h"

#define MOST	1000u

/* %r12: system call entry, %r13: endpoint to wait on; the registers of the
 * first call are set by whoever starts the task.  It has no stack. */
__asm__(".pushsection .rodata\n"
	"space_code:\n"
	"	lea 1f(%rip), %rcx\n"
	"	jmp *%r12\n"
	"1:	mov $4, %eax\n"		/* HELIOS_SYS_RECV */
	"	mov %r13, %rdi\n"
	"	lea 1b(%rip), %rcx\n"
	"	jmp *%r12\n"
	"space_code_end:\n"
	"	.popsection\n");
extern const char space_code[], space_code_end[];

/* %r12 and %r13 as above.  The first call is made with the registers it is
 * started with; %r14: the tag of its answers. */
__asm__(".pushsection .rodata\n"
	"server_code:\n"
	"	lea 1f(%rip), %rcx\n"
	"	jmp *%r12\n"
	"1:	mov $7, %eax\n"		/* HELIOS_SYS_REPLY_RECV */
	"	mov %r13, %rdi\n"
	"	mov %r14, %rsi\n"
	"	lea 1b(%rip), %rcx\n"
	"	jmp *%r12\n"
	"server_code_end:\n"
	"	.popsection\n");
extern const char server_code[], server_code_end[];

/* A batch of calls to %r13, then a message to %r15 on how long they took, and
 * again.  Batches are short: one in which the host runs something else, too,
 * is lost. */
#define SWITCH_CALLS	16
#define STRING(x)	STRING_(x)
#define STRING_(x)	#x

__asm__(".pushsection .rodata\n"
	"client_code:\n"
	"	mov $" STRING(SWITCH_CALLS) ", %ebx\n"
	"	mov $14, %eax\n"		/* HELIOS_SYS_CLOCK */
	"	lea 1f(%rip), %rcx\n"
	"	jmp *%r12\n"
	"1:	mov %rdx, %rbp\n"
	"2:	mov $5, %eax\n"		/* HELIOS_SYS_CALL */
	"	mov %r13, %rdi\n"
	"	mov %r14, %rsi\n"
	"	lea 3f(%rip), %rcx\n"
	"	jmp *%r12\n"
	"3:	dec %ebx\n"
	"	jnz 2b\n"
	"	mov $14, %eax\n"
	"	lea 4f(%rip), %rcx\n"
	"	jmp *%r12\n"
	"4:	sub %rbp, %rdx\n"
	"	mov $3, %eax\n"		/* HELIOS_SYS_SEND */
	"	mov %r15, %rdi\n"
	"	mov %r14, %rsi\n"
	"	lea client_code(%rip), %rcx\n"
	"	jmp *%r12\n"
	"client_code_end:\n"
	"	.popsection\n");
extern const char client_code[], client_code_end[];

_Static_assert(HELIOS_SYS_SEND == 3 && HELIOS_SYS_RECV == 4 &&
	HELIOS_SYS_CALL == 5 && HELIOS_SYS_REPLY_RECV == 7 &&
	HELIOS_SYS_CLOCK == 14,
	"the numbers in the assembly above");

static struct space {
	helios_cap_t task, code, space;
} all[MOST];
static helios_cap_t report, silent;

static helios_cap_t
make_code(const char *start, const char *end)
{
	helios_cap_t code;
	char buf[64];
	size_t len = (size_t)(end - start);

	memcpy(buf, start, len);
	bench_check(helios_newpage(&code), "page");
	bench_check(helios_page_write(code, 0, buf, len), "write");
	return code;
}

static helios_cap_t
make_endpoint(void)
{
	helios_cap_t endpoint;

	bench_check(helios_newendpoint(&endpoint), "endpoint");
	return endpoint;
}

/* A task at the start of the code, with these registers. */
static void
make_space(struct space *s, helios_cap_t code, struct helios_regs regs)
{
	struct helios_vspace_info info;

	bench_check(helios_newvspace(&s->space), "space");
	bench_check(helios_vspace_info(s->space, &info), "info");
	bench_check(helios_copy(code, HELIOS_RIGHTS_ALL, &s->code), "copy");
	bench_check(helios_map(s->space, info.base, HELIOS_MAP_X |
		HELIOS_MAP_FIXED, 1, &s->code, NULL), "map");
	bench_check(helios_newtask(&s->task), "task");
	bench_check(helios_task_configure(s->task, helios_process.cspace,
		s->space, HELIOS_CADDR_UNDEF), "configure");
	regs.rip = info.base;
	regs.r12 = (uint64_t)(uintptr_t)helios_entry;
	bench_check(helios_task_write_registers(s->task, &regs), "regs");
}

/* Each says its number once.  Returns how many did. */
static unsigned int
run_all(unsigned int n)
{
	static bool heard[MOST];
	unsigned int i, count = 0;
	struct helios_raw r = { 0 };

	for (i = 0; i < n; i++)
		bench_check(helios_task_resume(all[i].task), "resume");
	for (i = 0; i < n; i++) {
		bench_check(helios_raw_recv(report, &r), "receive");
		count += r.rdx < n && !heard[r.rdx];
		heard[r.rdx] = true;
	}
	return count;
}

void
bench_spaces(void)
{
	unsigned int i, n = scale.spaces;
	helios_cap_t code = make_code(space_code, space_code_end);
	uint64_t start, made, gone;

	report = make_endpoint();
	silent = make_endpoint();
	start = helios_clock();
	for (i = 0; i < n; i++)
		make_space(&all[i], code, (struct helios_regs){
			.rax = HELIOS_SYS_SEND, .rdi = report,
			.rsi = helios_tag(0, 1, 0), .rdx = i, .r13 = silent });
	made = helios_clock();
	bench_result("spaces_alive", run_all(n));
	bench_result("spaces_wanted", n);
	bench_result("space_create_ps", (made - start) * 1000 / n);
	start = helios_clock();
	for (i = 0; i < n; i++) {
		bench_check(helios_destroy(all[i].task), "destroy");
		bench_check(helios_destroy(all[i].space), "destroy");
		bench_check(helios_destroy(all[i].code), "destroy");
	}
	gone = helios_clock();
	bench_result("space_destroy_ps", (gone - start) * 1000 / n);
}

/*
 * A call and its reply between two spaces.  That is two switches of space;
 * with strict isolation each empties a range and fills one page.
 */
void
bench_switch(void)
{
	uint64_t tag = helios_tag(0, 1, 0), best = UINT64_MAX;
	unsigned int b;
	helios_cap_t endpoint = make_endpoint();
	struct helios_raw r = { 0 };

	report = make_endpoint();
	make_space(&all[0], make_code(server_code, server_code_end),
		(struct helios_regs){ .rax = HELIOS_SYS_RECV, .rdi = endpoint,
			.r13 = endpoint, .r14 = tag });
	make_space(&all[1], make_code(client_code, client_code_end),
		(struct helios_regs){ .r13 = endpoint, .r14 = tag,
			.r15 = report });
	bench_check(helios_task_resume(all[0].task), "resume");
	bench_check(helios_task_resume(all[1].task), "resume");
	for (b = 0; b < BATCHES; b++) {
		bench_check(helios_raw_recv(report, &r), "receive");
		best = r.rdx < best ? r.rdx : best;
	}
	bench_result("switch_ps", best * 1000 / SWITCH_CALLS);
}
