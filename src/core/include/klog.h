/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel log and panic.  Formats: %d %u %x %lu %lx %s %c %p %%, with
 * an optional width and 0; l means 64 bits.
 */
#ifndef CORE_KLOG_H
#define CORE_KLOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum klog_level {
	KLOG_PANIC = 0,		/* only in the ring */
	KLOG_ERROR = 1,		/* something is broken */
	KLOG_WARN = 2,		/* a task was stopped, a limit was met */
	KLOG_INFO = 3,		/* what a person at boot wants to see */
	KLOG_DEBUG = 4,		/* each failed system call (debug builds) */
};

/*
 * The last lines, shown or not, for the debugger: time of the kernel entry
 * in ns, level and text of each.  Byte i of the log is text[i % size].
 */
#define KLOG_RING_SIZE	16384u

struct klog_ring {
	uint64_t written;
	char text[KLOG_RING_SIZE];
};
extern struct klog_ring klog_ring;

void klog(unsigned int level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Format into buf, always terminated; returns the length written. */
size_t kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
size_t ksnprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The digits of a number, up to end; returns where they begin. */
#define KDIGITS_MAX	20
char *kdigits(char *end, uint64_t v, unsigned int base);

_Noreturn void kpanic(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* An invariant that holds unless the kernel has a bug. */
#ifdef HELIOS_DEBUG
#define kassert(cond) \
	((cond) ? (void)0 : kpanic("%s:%d: broken: %s", \
		__FILE__, __LINE__, #cond))
#else
#define kassert(cond) ((void)0)
#endif

#endif
