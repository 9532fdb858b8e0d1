/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks: made, run, ended, destroyed, on memory that is there already. */
#include "cost.h"

static helios_cap_t task = 4023, buffer;
static uint64_t stack[64];

#define TASK(op) HELIOS_LABEL(HELIOS_TASK, HELIOS_TASK_##op)

static void
body(void)
{
	uint64_t cap = NOTE_A, tag = 0, w = 0;

	cost_syscall(HELIOS_SYS_SIGNAL, &cap, &tag, &w);
	cost_syscall(HELIOS_SYS_EXIT, &cap, &tag, &w);
}

static void
life(void)
{
	struct helios_regs regs = { .rip = (uint64_t)body,
		.rsp = (uint64_t)(stack + 63) };
	uint64_t cap = NOTE_A, tag = 0, w = 0;

	cost_invoke(HELIOS_INIT_MEMORY, HELIOS_LABEL(HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE), 3, HELIOS_TASK, 0, task, 0);
	cost_invoke(task, TASK(CONFIGURE), 3, HELIOS_INIT_CSPACE,
		HELIOS_INIT_VSPACE, buffer, 0);
	helios_task_write_registers(task, &regs);
	cost_invoke(task, TASK(SET_PRIORITY), 2, 100, 100, 0, 0);
	cost_invoke(task, TASK(RESUME), 0, 0, 0, 0, 0);
	cost_syscall(HELIOS_SYS_WAIT, &cap, &tag, &w);
	cost_invoke(HELIOS_INIT_CSPACE, HELIOS_LABEL(HELIOS_CSPACE,
		HELIOS_CSPACE_DESTROY), 1, task, 0, 0, 0);
}

void
cost_tasks(void)
{
	uint64_t cap = NOTE_A, tag = 0, w = 0;

	cost_check(helios_newpage(&buffer), "page");
	cost_syscall(HELIOS_SYS_NBWAIT, &cap, &tag, &w);
	cost_op("task-life", life, NULL);
	helios_destroy(buffer);
}
