/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks: made, run, ended, destroyed, on memory that is there already.  The
 * end is told by a note, bound to nothing: the kernel's own word of it would
 * be a fault message, which is measured elsewhere.
 */
#include "cost.h"

enum { TASK = 4023 };

static helios_cap_t buffer;
static uint64_t stack[64];

#define LABEL(op) HELIOS_LABEL(HELIOS_TASK, HELIOS_TASK_##op)

static void
body(void)
{
	cost_signal(NOTE_A);
	cost_syscall(HELIOS_SYS_EXIT, 0, 0);
}

static uint64_t
life(void)
{
	struct helios_regs regs = { .rip = (uint64_t)body,
		.rsp = (uint64_t)(stack + 63) };
	uint64_t status;

	status = cost_invoke(HELIOS_INIT_MEMORY, HELIOS_LABEL(HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE), 3, HELIOS_TASK, 0, TASK, 0);
	status |= cost_invoke(TASK, LABEL(CONFIGURE), 3, HELIOS_INIT_CSPACE,
		HELIOS_INIT_VSPACE, buffer, 0);
	status |= helios_task_write_registers(TASK, &regs);
	status |= cost_invoke(TASK, LABEL(SET_PRIORITY), 2, 100, 100, 0, 0);
	status |= cost_invoke(TASK, LABEL(RESUME), 0, 0, 0, 0, 0);
	status |= cost_wait(NOTE_A);
	return status | cost_invoke(HELIOS_INIT_CSPACE,
		HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_DESTROY), 1, TASK, 0,
		0, 0);
}

void
cost_tasks(void)
{
	cost_check(helios_newpage(&buffer), "page");
	cost_op("task-life", life, NULL);
	helios_destroy(buffer);
}
