/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people read: the kernel log on standard error, the user console on
 * standard output.  Both are written at once and unbuffered, so that nothing
 * is lost when the process dies.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <klog.h>

#include "hosted.h"

/* All of it, unless nobody is there to read it. */
static void
write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, buf, len);
		if (n >= 0) {
			buf += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){.fd = fd, .events = POLLOUT},
				1, -1);
		} else if (errno != EINTR) {
			return;
		}
	}
}

void
hal_console_write(const char *buf, size_t len)
{
	write_all(STDOUT_FILENO, buf, len);
}

bool
hal_console_flush(void)
{
	return true;
}

/* The screen is the terminal, and nobody else draws there. */
void
hal_console_own(bool kernel)
{
	(void)kernel;
}

static void
log_line(const char *prefix, const char *text)
{
	char buf[1024];
	int n;

	n = snprintf(buf, sizeof(buf), "helios: %s%s\n", prefix, text);
	if (n >= (int)sizeof(buf)) {
		n = sizeof(buf) - 1;
		buf[n - 1] = '\n';
	}
	write_all(STDERR_FILENO, buf, (size_t)n);
}

void
hal_log(unsigned int level, const char *line)
{
	static const char *const prefixes[] = {"", "error: ", "warning: ",
		"", "debug: "};

	if (level > options.log_level)
		return;
	log_line(level <= KLOG_DEBUG ? prefixes[level] : "", line);
}

static void
log_va(unsigned int level, const char *fmt, va_list ap)
{
	char line[900];

	vsnprintf(line, sizeof(line), fmt, ap);
	hal_log(level, line);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(KLOG_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(KLOG_WARN, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(KLOG_INFO, fmt, ap);
	va_end(ap);
}

void
fail(const char *fmt, ...)
{
	char line[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	uart_restore();
	fprintf(stderr, "helios-hosted: %s\n", line);
	exit(STATUS_USAGE);
}

/* Whose fault could it be?  "" before the first task. */
static void
describe_current(char *buf, size_t size)
{
	struct host_thread *th = atomic_load(&baton_holder);

	buf[0] = '\0';
	if (th && th->task)
		snprintf(buf, size, " (task %llu \"%s\")",
			(unsigned long long)task_id(th->task),
			task_name(th->task));
	else if (th)
		snprintf(buf, size, " (no task runs)");
}

/* abort() here, so that a debugger or core file shows who called. */
void
hal_panic(const char *message)
{
	char line[900], who[96];

	describe_current(who, sizeof(who));
	snprintf(line, sizeof(line), "%s%s", message, who);
	log_line("panic: ", line);
	uart_restore();
	trace_close();
	abort();
}

void
kernel_fault(int sig, const siginfo_t *si, uint64_t ip)
{
	char message[160];

	if (si->si_code <= 0)
		snprintf(message, sizeof(message),
			"expected no %s from outside, found one sent by "
			"process %d", strsignal(sig), (int)si->si_pid);
	else
		snprintf(message, sizeof(message),
			"%s in the kernel, address %#llx, instruction %#llx",
			strsignal(sig),
			(unsigned long long)(uintptr_t)si->si_addr,
			(unsigned long long)ip);
	hal_panic(message);
}
