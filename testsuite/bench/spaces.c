/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many address spaces at once, each with a task of its own that runs in it:
 * all map one page of code, which sends a message and then waits for ever.
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

_Static_assert(HELIOS_SYS_RECV == 4, "the number in the assembly above");

static struct {
	helios_cap_t task, code, space;
} all[MOST];
static helios_cap_t code, report, silent;

static void
make_code(void)
{
	char buf[64];
	size_t len = (size_t)(space_code_end - space_code);

	memcpy(buf, space_code, len);
	bench_check(helios_newpage(&code), "page");
	bench_check(helios_page_write(code, 0, buf, len), "write");
	bench_check(helios_newendpoint(&report), "endpoint");
	bench_check(helios_newendpoint(&silent), "endpoint");
}

static void
make_space(unsigned int i)
{
	struct helios_vspace_info info;
	struct helios_regs regs;

	bench_check(helios_newvspace(&all[i].space), "space");
	bench_check(helios_vspace_info(all[i].space, &info), "info");
	bench_check(helios_copy(code, HELIOS_RIGHTS_ALL, &all[i].code), "copy");
	bench_check(helios_map(all[i].space, info.base, HELIOS_MAP_X |
		HELIOS_MAP_FIXED, 1, &all[i].code, NULL), "map");
	bench_check(helios_newtask(&all[i].task), "task");
	bench_check(helios_task_configure(all[i].task, helios_process.cspace,
		all[i].space, HELIOS_CADDR_UNDEF), "configure");
	memset(&regs, 0, sizeof(regs));
	regs.rip = info.base;
	regs.rax = HELIOS_SYS_SEND;
	regs.rdi = report;
	regs.rsi = helios_tag(0, 1, 0);
	regs.rdx = i;
	regs.r12 = (uint64_t)(uintptr_t)helios_entry;
	regs.r13 = silent;
	bench_check(helios_task_write_registers(all[i].task, &regs), "regs");
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
	uint64_t start, made, gone;

	make_code();
	start = helios_clock();
	for (i = 0; i < n; i++)
		make_space(i);
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
