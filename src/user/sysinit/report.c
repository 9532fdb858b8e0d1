/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a process ended, in words for people.
 *
 * Addresses of instructions are as in its ELF file, so that they can be
 * looked up there; the function's name is, if the file still has symbols.
 */
#include <mercury/elfinfo.h>
#include "sysinit.h"

/* Like snprintf: what does not fit is counted. */
struct text {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3)))
static void
add(struct text *t, const char *fmt, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)helios_vsnprintf(room ? t->buf + t->len : NULL,
			room, fmt, ap);
	va_end(ap);
}

/* "at 0x1234 (uart_write+0x1c)" */
static void
add_place(struct text *t, const struct process *p, const char *path,
		uint64_t ip)
{
	uint64_t address = ip - p->program.base, offset;
	const char *name;
	void *image;
	size_t size;

	if (ip < p->program.base || sys_file(path, &image, &size)) {
		add(t, " at 0x%llx", (unsigned long long)ip);
		return;
	}
	if (elfinfo_symbol(image, size, address, &name, &offset))
		add(t, " at 0x%llx (%.64s+0x%llx)",
			(unsigned long long)address, name,
			(unsigned long long)offset);
	else
		add(t, " at 0x%llx", (unsigned long long)address);
	free(image);
}

static const char *
access_name(uint64_t access)
{
	switch (access) {
	case HELIOS_RIGHT_R: return "read of";
	case HELIOS_RIGHT_W: return "write to";
	case HELIOS_RIGHT_X: return "jump to";
	default: return "access to";
	}
}

/* Intel SDM volume 3, section 6.3.1, table 6-1. */
static const char *const exceptions[] = {
	[0] = "division error", [1] = "debug exception", [3] = "breakpoint",
	[4] = "overflow", [5] = "bound range exceeded",
	[6] = "invalid instruction", [7] = "no floating-point unit",
	[11] = "segment not present", [12] = "stack fault",
	[13] = "general protection fault", [16] = "floating-point error",
	[17] = "alignment check", [19] = "SIMD floating-point error",
	[21] = "control protection fault",
};

static void
add_exception(struct text *t, uint64_t error)
{
	uint64_t vector = error >> 32;
	unsigned int code = (unsigned int)(error & UINT32_MAX);

	if (vector < sizeof(exceptions) / sizeof(exceptions[0]) &&
			exceptions[vector])
		add(t, "%s", exceptions[vector]);
	else
		add(t, "exception %llu", (unsigned long long)vector);
	if (code)
		add(t, ", code 0x%x,", code);
}

static void
add_fault(struct text *t, const struct process *p, const char *path,
		const struct helios_fault *f)
{
	switch (f->kind) {
	case HELIOS_FAULT_PAGE:
		add(t, "page fault: %s 0x%llx", access_name(f->access),
			(unsigned long long)f->address);
		/* A jump's place is where it went to. */
		if (f->access == HELIOS_RIGHT_X && f->address == f->ip)
			return;
		break;
	case HELIOS_FAULT_EXCEPTION:
		add_exception(t, f->error);
		break;
	case HELIOS_FAULT_CAPABILITY:
		add(t, "no capability %llu: %s,",
			(unsigned long long)f->address,
			helios_strerror((enum helios_status)f->error));
		break;
	case HELIOS_FAULT_SYSCALL:
		add(t, "foreign system call %llu",
			(unsigned long long)f->nr);
		break;
	default:
		add(t, "fault of unknown kind %llu",
			(unsigned long long)f->kind);
	}
	add_place(t, p, path, f->ip);
}

int
report_ending(const struct process *p, const char *path,
		const struct ending *e, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };

	switch (e->how) {
	case SYS_ENDING_EXIT:
		add(&t, "exited with status %lld",
			(long long)e->fault.address);
		break;
	case SYS_ENDING_FAULT:
		add_fault(&t, p, path, &e->fault);
		break;
	case SYS_ENDING_KILLED:
		add(&t, "%s", e->why ? e->why : "killed");
		break;
	}
	return (int)t.len;
}
