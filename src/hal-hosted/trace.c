/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event log.  One line for each event:
 *
 *	TIME TASK call NAME rdi=.. rsi=.. rdx=.. r10=.. r8=.. r9=..
 *	TIME TASK return STATUS rdi=.. ...
 *	TIME TASK fault page ADDRESS ACCESS ip=.. sp=..
 *	TIME TASK fault exception VECTOR error=.. ip=.. sp=..
 *	TIME - run TASK NAME			another task runs
 *	TIME - irq N | timer | power off N | ...
 *
 * TIME is in ns, TASK the id of its INFO.  An instruction pointer in the
 * system call entry, whose address differs from run to run, is shown as
 * "entry".
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <helios/object.h>
#include <helios/syscall.h>

#include "hosted.h"

bool trace_on;
static FILE *trace;

static const char *const call_names[HELIOS_SYS_COUNT] = {
	[HELIOS_SYS_WRITECONS] = "writecons",
	[HELIOS_SYS_YIELD] = "yield",
	[HELIOS_SYS_IDENTIFY] = "identify",
	[HELIOS_SYS_SEND] = "send",
	[HELIOS_SYS_RECV] = "recv",
	[HELIOS_SYS_CALL] = "call",
	[HELIOS_SYS_REPLY] = "reply",
	[HELIOS_SYS_REPLY_RECV] = "reply_recv",
	[HELIOS_SYS_NBSEND] = "nbsend",
	[HELIOS_SYS_NBRECV] = "nbrecv",
	[HELIOS_SYS_SIGNAL] = "signal",
	[HELIOS_SYS_WAIT] = "wait",
	[HELIOS_SYS_NBWAIT] = "nbwait",
	[HELIOS_SYS_POLL] = "poll",
	[HELIOS_SYS_CLOCK] = "clock",
	[HELIOS_SYS_EXIT] = "exit",
};

void
trace_open(const char *path)
{
	if (!path)
		return;
	trace = fdopen(open_output("trace", path), "w");
	if (!trace)
		fail("--trace: %s: %s", path, strerror(errno));
	trace_on = true;
}

void
trace_close(void)
{
	if (!trace)
		return;
	trace_on = false;
	if (fclose(trace) != 0)
		log_error("--trace: %s: %s", options.trace, strerror(errno));
	trace = NULL;
}

/* In a hurry: a reader that does not read must not keep us. */
void
trace_abandon(void)
{
	if (!trace || ftrylockfile(trace) != 0)
		return;
	fcntl(fileno(trace), F_SETFL, O_WRONLY | O_NONBLOCK);
	trace_close();
}

static void
trace_stamp(const struct task *t)
{
	fprintf(trace, "%llu ", (unsigned long long)hal_now());
	if (t)
		fprintf(trace, "%llu ", (unsigned long long)task_id(t));
	else
		fputs("- ", trace);
}

/* A copy that may be printed: a guest's registers may be undefined. */
static struct helios_regs
trace_registers(struct task *t)
{
	struct helios_regs r = *task_regs(t);

	checker_defined(&r, sizeof(r));
	return r;
}

/* Nothing of the host may show: a wild pointer's address, perhaps. */
static void
print_word(const char *name, uint64_t value)
{
	if (value == (uint64_t)(uintptr_t)hosted_entry)
		fprintf(trace, " %s=entry", name);
	else
		fprintf(trace, " %s=%#llx", name, (unsigned long long)value);
}

static void
print_words(const struct helios_regs *r)
{
	print_word("rdi", r->rdi);
	print_word("rsi", r->rsi);
	print_word("rdx", r->rdx);
	print_word("r10", r->r10);
	print_word("r8", r->r8);
	print_word("r9", r->r9);
	putc('\n', trace);
}

void
trace_call(const char *what, struct task *t)
{
	struct helios_regs r = trace_registers(t);

	trace_stamp(t);
	if (r.rax < HELIOS_SYS_COUNT && !task_is_foreign(t))
		fprintf(trace, "%s %s", what, call_names[r.rax]);
	else
		fprintf(trace, "%s %llu", what, (unsigned long long)r.rax);
	print_words(&r);
}

void
trace_return(struct task *t)
{
	struct helios_regs r = trace_registers(t);

	trace_stamp(t);
	fprintf(trace, "return %llu", (unsigned long long)r.rax);
	print_words(&r);
}

static const char *
access_name(unsigned int access)
{
	if (access == HELIOS_RIGHT_W)
		return "write";
	return access == HELIOS_RIGHT_X ? "execute" : "read";
}

void
trace_fault(struct task *t, const struct hal_fault *f)
{
	struct helios_regs r = trace_registers(t);

	trace_stamp(t);
	if (f->page)
		fprintf(trace, "fault page %#llx %s",
			(unsigned long long)f->address,
			access_name(f->access));
	else
		fprintf(trace, "fault exception %u error=%#llx", f->vector,
			(unsigned long long)f->error);
	print_word("ip", r.rip);
	print_word("sp", r.rsp);
	putc('\n', trace);
}

void
trace_switch(struct task *to)
{
	if (!trace_on)
		return;
	trace_stamp(NULL);
	fprintf(trace, "run %llu %s\n", (unsigned long long)task_id(to),
		task_name(to));
}

void
trace_event(const char *fmt, ...)
{
	va_list ap;

	if (!trace_on)
		return;
	trace_stamp(NULL);
	va_start(ap, fmt);
	vfprintf(trace, fmt, ap);
	va_end(ap);
	putc('\n', trace);
}
