/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Task operations, and faults in words.
 */
#include "internal.h"

#define TASK(op)	HELIOS_LABEL(HELIOS_TASK, HELIOS_TASK_##op)

static enum helios_status
simple(helios_cap_t task, uint64_t label, uint64_t a, uint64_t b,
		unsigned int n)
{
	const uint64_t w[] = { a, b };

	return helios_invoke(task, label, w, n, NULL, 0);
}

enum helios_status
helios_task_configure(helios_cap_t task, helios_cap_t cspace,
		helios_cap_t vspace, helios_cap_t ipcbuf)
{
	const uint64_t w[] = { cspace, vspace, ipcbuf };

	return helios_invoke(task, TASK(CONFIGURE), w, 3, NULL, 0);
}

_Static_assert(sizeof(struct helios_regs) ==
		HELIOS_REGS_WORDS * sizeof(uint64_t), "registers are words");

enum helios_status
helios_task_read_registers(helios_cap_t task, struct helios_regs *out)
{
	uint64_t w[HELIOS_REGS_WORDS];
	enum helios_status status = helios_invoke(task, TASK(READ_REGISTERS),
			NULL, 0, w, HELIOS_REGS_WORDS);

	if (status == HELIOS_OK)
		memcpy(out, w, sizeof(*out));
	return status;
}

enum helios_status
helios_task_write_registers(helios_cap_t task,
		const struct helios_regs *regs)
{
	uint64_t w[HELIOS_REGS_WORDS];

	memcpy(w, regs, sizeof(w));
	return helios_invoke(task, TASK(WRITE_REGISTERS), w,
			HELIOS_REGS_WORDS, NULL, 0);
}

enum helios_status
helios_task_set_tls_base(helios_cap_t task, uint64_t base)
{
	return simple(task, TASK(SET_TLS_BASE), base, 0, 1);
}

enum helios_status
helios_task_resume(helios_cap_t task)
{
	return simple(task, TASK(RESUME), 0, 0, 0);
}

enum helios_status
helios_task_suspend(helios_cap_t task)
{
	return simple(task, TASK(SUSPEND), 0, 0, 0);
}

enum helios_status
helios_task_cancel(helios_cap_t task)
{
	return simple(task, TASK(CANCEL), 0, 0, 0);
}

enum helios_status
helios_task_set_priority(helios_cap_t task, unsigned int priority,
		unsigned int highest)
{
	return simple(task, TASK(SET_PRIORITY), priority, highest, 2);
}

enum helios_status
helios_task_set_affinity(helios_cap_t task, uint64_t mask)
{
	return simple(task, TASK(SET_AFFINITY), mask, 0, 1);
}

enum helios_status
helios_task_set_flags(helios_cap_t task, uint64_t flags)
{
	return simple(task, TASK(SET_FLAGS), flags, 0, 1);
}

enum helios_status
helios_task_set_fault(helios_cap_t task, helios_cap_t endpoint)
{
	return simple(task, TASK(SET_FAULT), endpoint, 0, 1);
}

enum helios_status
helios_task_bind_note(helios_cap_t task, helios_cap_t note)
{
	return simple(task, TASK(BIND_NOTE), note, 0, 1);
}

enum helios_status
helios_task_set_name(helios_cap_t task, const char *name)
{
	uint64_t w[HELIOS_TASK_NAME / sizeof(uint64_t)] = { 0 };

	memcpy(w, name, strnlen(name, HELIOS_TASK_NAME - 1));
	return helios_invoke(task, TASK(SET_NAME), w,
			HELIOS_TASK_NAME / sizeof(uint64_t), NULL, 0);
}

enum helios_status
helios_task_info(helios_cap_t task, struct helios_task_info *out)
{
	uint64_t w[8];
	enum helios_status status = helios_invoke(task, TASK(INFO), NULL, 0,
			w, 8);

	if (status != HELIOS_OK)
		return status;
	out->state = w[0];
	out->cpu_ns = w[1];
	out->id = w[2];
	out->priority = w[3] & 0xff;
	out->highest = w[3] >> 8 & 0xff;
	out->flags = w[3] >> 16;
	memcpy(out->name, &w[4], HELIOS_TASK_NAME);
	out->name[HELIOS_TASK_NAME] = 0;
	return HELIOS_OK;
}

static uint64_t
word(const struct helios_msg *msg, unsigned int i)
{
	return i < helios_tag_nwords(msg->tag) ? msg->words[i] : 0;
}

enum helios_status
helios_fault_decode(const struct helios_msg *msg, struct helios_fault *out)
{
	unsigned int i;

	if (!(msg->tag & HELIOS_TAG_FAULT))
		return failed(HELIOS_INVALID_PARAM, 0);
	*out = (struct helios_fault){ .kind = word(msg, HELIOS_FAULT_KIND) };
	if (out->kind == HELIOS_FAULT_SYSCALL) {
		out->nr = word(msg, HELIOS_FAULT_SYS_NR);
		for (i = 0; i < 6; i++)
			out->args[i] = word(msg, HELIOS_FAULT_SYS_ARG0 + i);
		out->ip = word(msg, HELIOS_FAULT_SYS_IP);
		out->sp = word(msg, HELIOS_FAULT_SYS_SP);
		out->task = word(msg, HELIOS_FAULT_SYS_TASK);
		return HELIOS_OK;
	}
	out->address = word(msg, HELIOS_FAULT_ADDR);
	out->access = word(msg, HELIOS_FAULT_ACCESS);
	out->ip = word(msg, HELIOS_FAULT_IP);
	out->sp = word(msg, HELIOS_FAULT_SP);
	out->error = word(msg, HELIOS_FAULT_ERROR);
	out->task = word(msg, HELIOS_FAULT_TASK);
	return HELIOS_OK;
}

static const char *
access_name(uint64_t access)
{
	return access == HELIOS_RIGHT_W ? "write to" :
		access == HELIOS_RIGHT_X ? "execution of" : "read of";
}

int
helios_fault_describe(const struct helios_fault *f, char *buf,
		unsigned long size)
{
	switch (f->kind) {
	case HELIOS_FAULT_PAGE:
		return helios_snprintf(buf, size, "page fault: %s 0x%llx, "
			"ip 0x%llx, sp 0x%llx", access_name(f->access),
			(unsigned long long)f->address,
			(unsigned long long)f->ip, (unsigned long long)f->sp);
	case HELIOS_FAULT_EXCEPTION:
		return helios_snprintf(buf, size, "exception %llu, code "
			"0x%llx, ip 0x%llx, sp 0x%llx",
			(unsigned long long)(f->error >> 32),
			(unsigned long long)(f->error & 0xffffffff),
			(unsigned long long)f->ip, (unsigned long long)f->sp);
	case HELIOS_FAULT_CAPABILITY:
		return helios_snprintf(buf, size, "capability fault: caddr "
			"%llu: %s, ip 0x%llx", (unsigned long long)f->address,
			helios_status_name((enum helios_status)f->error),
			(unsigned long long)f->ip);
	case HELIOS_FAULT_SYSCALL:
		return helios_snprintf(buf, size, "system call instruction, "
			"number %llu, ip 0x%llx", (unsigned long long)f->nr,
			(unsigned long long)f->ip);
	case HELIOS_FAULT_EXIT:
		return helios_snprintf(buf, size, "exit with status %lld",
			(long long)f->address);
	default:
		return helios_snprintf(buf, size, "fault of unknown kind "
			"%llu", (unsigned long long)f->kind);
	}
}
