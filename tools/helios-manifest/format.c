/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The formatted output of libhelios for host programs that contain parts of
 * Mercury (the manifest parser): what it can do, the C library can.
 */
#include <stdarg.h>
#include <stdio.h>

#include <helios-user/format.h>

int
helios_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	return vsnprintf(buf, size, fmt, ap);
}

int
helios_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
