/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks, as the kernel has them.  Threads of the own program: thread.h;
 * whole programs: elf.h.  Errors: see enum helios_task_op.
 */
#ifndef HELIOS_USER_TASK_H
#define HELIOS_USER_TASK_H

#include <helios/error.h>
#include <helios/fault.h>
#include <helios/object.h>
#include <helios/regs.h>
#include <helios/types.h>

struct helios_msg;

/* HELIOS_CADDR_UNDEF leaves a part as it is. */
enum helios_status helios_task_configure(helios_cap_t task,
		helios_cap_t cspace, helios_cap_t vspace, helios_cap_t ipcbuf);
enum helios_status helios_task_read_registers(helios_cap_t task,
		struct helios_regs *out);
enum helios_status helios_task_write_registers(helios_cap_t task,
		const struct helios_regs *regs);
enum helios_status helios_task_set_tls_base(helios_cap_t task, uint64_t base);
enum helios_status helios_task_resume(helios_cap_t task);
enum helios_status helios_task_suspend(helios_cap_t task);
enum helios_status helios_task_cancel(helios_cap_t task);
/* highest: the most that the task may give to itself or others. */
enum helios_status helios_task_set_priority(helios_cap_t task,
		unsigned int priority, unsigned int highest);
enum helios_status helios_task_set_affinity(helios_cap_t task, uint64_t mask);
enum helios_status helios_task_set_flags(helios_cap_t task, uint64_t flags);
/* UNDEF: none. */
enum helios_status helios_task_set_fault(helios_cap_t task,
		helios_cap_t endpoint);
enum helios_status helios_task_bind_note(helios_cap_t task,
		helios_cap_t note);
/* Cut after HELIOS_TASK_NAME - 1 bytes. */
enum helios_status helios_task_set_name(helios_cap_t task, const char *name);

struct helios_task_info {
	uint64_t state;			/* HELIOS_TASK_SUSPENDED ... */
	uint64_t cpu_ns;
	uint64_t id;
	unsigned int priority, highest;
	uint64_t flags;			/* HELIOS_TASK_FOREIGN ... */
	char name[HELIOS_TASK_NAME + 1];
};

enum helios_status helios_task_info(helios_cap_t task,
		struct helios_task_info *out);

/* A fault message, taken apart. */
struct helios_fault {
	uint64_t kind;			/* HELIOS_FAULT_PAGE ... */
	uint64_t address;		/* EXIT: the status */
	uint64_t access;
	uint64_t ip, sp;
	uint64_t error;
	uint64_t task;			/* id */
	uint64_t nr, args[6];		/* SYSCALL only */
};

/*
 * INVALID_PARAM (no detail) if msg is not a fault.  Missing words are 0.
 */
enum helios_status helios_fault_decode(const struct helios_msg *msg,
		struct helios_fault *out);

/* "page fault: write to 0x1000 at ip 0x..."; returns as helios_snprintf. */
int helios_fault_describe(const struct helios_fault *fault, char *buf,
		unsigned long size);

#endif
