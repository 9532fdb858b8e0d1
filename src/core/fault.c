/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: calls that a task makes without knowing.
 *
 * A faulted task has one of three ends: its supervisor answers, somebody
 * resumes it, or nobody can answer any more.  Then it is suspended, and a
 * line in the kernel log says why; what it would do when resumed is settled
 * at once, so that a stopped task needs no further state.
 */
#include <stddef.h>

#include <helios/fault.h>
#include <helios/object.h>

#include <ipc.h>
#include <klog.h>
#include <sched.h>

void
fault_set(struct task *t, unsigned int kind, uint64_t address,
		uint64_t access, uint64_t error)
{
	uint64_t *w = t->fault.words;

	w[HELIOS_FAULT_KIND] = kind;
	w[HELIOS_FAULT_ADDR] = address;
	w[HELIOS_FAULT_ACCESS] = access;
	w[HELIOS_FAULT_IP] = t->regs.rip;
	w[HELIOS_FAULT_SP] = t->regs.rsp;
	w[HELIOS_FAULT_ERROR] = error;
	w[HELIOS_FAULT_TASK] = task_id(t);
	t->fault.nwords = HELIOS_FAULT_WORDS;
}

void
fault_set_syscall(struct task *t)
{
	uint64_t *w = t->fault.words;

	w[HELIOS_FAULT_KIND] = HELIOS_FAULT_SYSCALL;
	w[HELIOS_FAULT_SYS_NR] = t->regs.rax;
	w[HELIOS_FAULT_SYS_ARG0] = t->regs.rdi;
	w[HELIOS_FAULT_SYS_ARG0 + 1] = t->regs.rsi;
	w[HELIOS_FAULT_SYS_ARG0 + 2] = t->regs.rdx;
	w[HELIOS_FAULT_SYS_ARG0 + 3] = t->regs.r10;
	w[HELIOS_FAULT_SYS_ARG0 + 4] = t->regs.r8;
	w[HELIOS_FAULT_SYS_ARG0 + 5] = t->regs.r9;
	w[HELIOS_FAULT_SYS_IP] = t->regs.rip;
	w[HELIOS_FAULT_SYS_SP] = t->regs.rsp;
	w[HELIOS_FAULT_SYS_TASK] = task_id(t);
	t->fault.nwords = HELIOS_FAULT_SYS_WORDS;
}

static const char *
access_name(uint64_t access)
{
	if (access == HELIOS_RIGHT_X)
		return "execute";
	return access == HELIOS_RIGHT_W ? "write" : "read";
}

static void
describe(const struct task *t, char *buf, size_t size)
{
	const uint64_t *w = t->fault.words;

	switch (w[HELIOS_FAULT_KIND]) {
	case HELIOS_FAULT_PAGE:
		ksnprintf(buf, size, "page fault, %s at 0x%lx",
				access_name(w[HELIOS_FAULT_ACCESS]),
				w[HELIOS_FAULT_ADDR]);
		break;
	case HELIOS_FAULT_EXCEPTION:
		ksnprintf(buf, size, "exception %lu, code 0x%lx",
				w[HELIOS_FAULT_ERROR] >> 32,
				w[HELIOS_FAULT_ERROR] & 0xffffffffu);
		break;
	case HELIOS_FAULT_CAPABILITY:
		ksnprintf(buf, size, "no capability at %lu (%s)",
				w[HELIOS_FAULT_ADDR],
				status_name((int64_t)w[HELIOS_FAULT_ERROR]));
		break;
	case HELIOS_FAULT_SYSCALL:
		ksnprintf(buf, size, "foreign system call %lu",
				w[HELIOS_FAULT_SYS_NR]);
		break;
	default:
		ksnprintf(buf, size, "exit with status %ld",
				(int64_t)w[HELIOS_FAULT_ADDR]);
		break;
	}
}

void
fault_stop(struct task *t, const char *why)
{
	char what[80];

	describe(t, what, sizeof(what));
	if (t->fault.words[HELIOS_FAULT_KIND] == HELIOS_FAULT_EXIT)
		klog(KLOG_INFO, "task '%s' (%lu): %s", t->name, task_id(t),
				what);
	else
		klog(KLOG_WARN, "task '%s' (%lu) stopped: %s, ip 0x%lx: %s",
				t->name, task_id(t), what, t->regs.rip, why);
	fault_over(t);
	t->suspended = true;
	sched_stopped(t);
}

void
fault_over(struct task *t)
{
	t->blocked = NOT_BLOCKED;
	switch (t->fault.words[HELIOS_FAULT_KIND]) {
	case HELIOS_FAULT_CAPABILITY:
		t->restart = true;
		break;
	case HELIOS_FAULT_EXIT:
		task_set_result(t, RESULT_OK);
		break;
	default:	/* its registers are as they shall be */
		break;
	}
}

bool
fault_has_handler(const struct task *t)
{
	const struct slot *s = &t->slots[SLOT_FAULT];

	return cap_type(s) == HELIOS_ENDPOINT &&
		(cap_rights(s) & HELIOS_RIGHT_SEND);
}

/* Kept out of the paths of system calls, which have several ways to it. */
__attribute__((noinline)) void
fault_raise(struct task *t)
{
	if (fault_has_handler(t))
		endpoint_send_fault(t);
	else
		fault_stop(t, "it has no fault endpoint");
}
