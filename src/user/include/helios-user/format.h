/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output.
 *
 * Conversions: d i u x X o c s p %, with the flags - + space # 0, a width
 * and precision (digits or *), and the lengths hh h l ll z t j.  No floating
 * point.  A conversion that is none of these is printed as it stands.
 */
#ifndef HELIOS_USER_FORMAT_H
#define HELIOS_USER_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Return the length of the whole text, as C says; the buffer gets as much as
 * fits and, if size is not 0, ends with a NUL.
 */
int helios_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int helios_snprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * To the kernel console, of any length; one call of less than 256 bytes is
 * one system call, so that lines of several threads do not mix.  Returns
 * the length, or -1 if the console refused.
 */
int helios_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int helios_vprintf(const char *fmt, va_list ap);

#endif
