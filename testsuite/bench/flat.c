/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flatness: does an operation cost more when there is more of everything?
 * Each is measured beside 10, 100, 1000 and 10000 live tasks, slots or
 * pages; a size that this kernel cannot hold is reported as "none".
 */
#include "bench.h"

#define MOST	10000u
/* Tasks park in a receive, each on a stack of so many bytes: they make one
 * system call in registers and come back never. */
#define STACK	256u

static helios_cap_t filler[MOST];
static unsigned int fillers;
static helios_cap_t source, silent, one;
static helios_cap_t victims[64];
static unsigned int next_victim;

static void
result(const char *what, unsigned int size, uint64_t value)
{
	char name[64];

	helios_snprintf(name, sizeof(name), "flat_%s_%u", what, size);
	bench_result(name, value);
}

static void
drop_fillers(void)
{
	bench_check(helios_destroy_many(fillers, filler), "destroy");
	fillers = 0;
}

/*
 * Slots and pages
 */

static void
slot_op(void)
{
	bench_check(helios_copy(source, HELIOS_RIGHTS_ALL, &one), "copy");
	helios_destroy(one);
}

static void
page_op(void)
{
	bench_check(helios_newpage(&one), "page");
	helios_destroy(one);
}

static void
make_victims(void)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		bench_check(helios_copy(source, HELIOS_RIGHTS_ALL,
			&victims[i]), "copy");
	next_victim = 0;
}

static void
destroy_op(void)
{
	helios_destroy(victims[next_victim++]);
}

static void
slots_and_pages(unsigned int size)
{
	unsigned int count = scale.calls / 20 + 1;

	for (; fillers < size; fillers++)
		bench_check(helios_copy(source, HELIOS_RIGHTS_ALL,
			&filler[fillers]), "copy");
	result("slot", size, bench_time(slot_op, count, NULL));
	result("destroy", size, bench_time(destroy_op, 64, make_victims));
	drop_fillers();
	for (; fillers < size; fillers++)
		bench_check(helios_newpage(&filler[fillers]), "page");
	result("page", size, bench_time(page_op, count, NULL));
	drop_fillers();
}

/*
 * Tasks
 */

static void
park(void)
{
	struct helios_raw r = { 0 };

	for (;;)
		helios_raw_recv(silent, &r);
}

static enum helios_status
parked_task(char *stack, helios_cap_t *out)
{
	enum helios_status status;
	struct helios_regs regs;

	memset(&regs, 0, sizeof(regs));
	regs.rip = (uint64_t)(uintptr_t)park;
	regs.rsp = (uint64_t)(uintptr_t)stack + STACK - 8;
	status = helios_newtask(out);
	if (status != HELIOS_OK)
		return status;
	status = helios_task_configure(*out, helios_process.cspace,
		helios_process.vspace, HELIOS_CADDR_UNDEF);
	if (status == HELIOS_OK)
		status = helios_task_write_registers(*out, &regs);
	if (status == HELIOS_OK)
		status = helios_task_resume(*out);
	if (status != HELIOS_OK)
		helios_destroy(*out);
	return status;
}

static bool
tasks(unsigned int size, char *stacks)
{
	for (; fillers < size; fillers++)
		if (parked_task(stacks + (size_t)fillers * STACK,
				&filler[fillers]) != HELIOS_OK)
			return false;
	/* They run once, and park. */
	bench_check(helios_sleep(1000000), "sleep");
	return true;
}

static void
flat_ipc(void)
{
	unsigned int i, size;
	char name[64];
	void *stacks;

	bench_check(helios_mmap(NULL, (size_t)MOST * STACK, HELIOS_PROT_READ |
		HELIOS_PROT_WRITE, 0, &stacks), "stacks");
	for (i = 0, size = 10; i < scale.steps; i++, size *= 10) {
		helios_snprintf(name, sizeof(name), "flat_ipc_%u", size);
		if (tasks(size, stacks))
			bench_ipc(name);
		else
			helios_printf("%s none\nmost_tasks %u\n", name,
				fillers);
	}
	drop_fillers();
	bench_check(helios_munmap(stacks, (size_t)MOST * STACK), "stacks");
}

void
bench_flat(void)
{
	unsigned int i, size;

	bench_check(helios_newnote(&source), "note");
	bench_check(helios_newendpoint(&silent), "endpoint");
	for (i = 0, size = 10; i < scale.steps; i++, size *= 10)
		slots_and_pages(size);
	flat_ipc();
}
