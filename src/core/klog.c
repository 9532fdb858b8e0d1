/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatting without libc, the kernel log, panic.
 */
#include <stdbool.h>
#include <stdint.h>

#include <hal.h>
#include <klog.h>

#define LINE_SIZE	256

struct klog_ring klog_ring;

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	unsigned int width;
	bool zero, is_long;
};

static void
put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len++] = c;
}

static void
put_padded(struct out *o, const char *s, size_t len, const struct spec *spec)
{
	for (size_t i = len; i < spec->width; i++)
		put(o, ' ');
	for (size_t i = 0; i < len; i++)
		put(o, s[i]);
}

static void
put_number(struct out *o, uint64_t v, unsigned int base, bool minus,
		const struct spec *spec)
{
	char digits[24];
	size_t n = sizeof(digits);
	size_t width = spec->width;

	do {
		digits[--n] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	if (minus && !spec->zero)
		digits[--n] = '-';
	if (!spec->zero) {
		put_padded(o, digits + n, sizeof(digits) - n, spec);
		return;
	}
	if (minus) {
		put(o, '-');
		width -= width > 0;
	}
	for (size_t i = sizeof(digits) - n; i < width; i++)
		put(o, '0');
	while (n < sizeof(digits))
		put(o, digits[n++]);
}

static void
put_string(struct out *o, const char *s, const struct spec *spec)
{
	size_t len = 0;

	if (s == NULL)
		s = "(null)";
	while (s[len] != '\0')
		len++;
	put_padded(o, s, len, spec);
}

static const char *
parse_spec(const char *fmt, struct spec *spec)
{
	*spec = (struct spec){ 0, false, false };
	if (*fmt == '0') {
		spec->zero = true;
		fmt++;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		spec->width = spec->width * 10 + (unsigned int)(*fmt - '0');
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		spec->is_long = true;
	return fmt;
}

/* One conversion.  Its argument list is handed on by address. */
static void
convert(struct out *o, char c, const struct spec *spec, va_list *ap)
{
	int64_t d;

	switch (c) {
	case 'd':
		d = spec->is_long ? va_arg(*ap, long) : va_arg(*ap, int);
		put_number(o, d < 0 ? 0 - (uint64_t)d : (uint64_t)d, 10,
				d < 0, spec);
		break;
	case 'u':
	case 'x':
		put_number(o, spec->is_long ? va_arg(*ap, unsigned long) :
				va_arg(*ap, unsigned int),
				c == 'x' ? 16 : 10, false, spec);
		break;
	case 'p':
		put(o, '0');
		put(o, 'x');
		put_number(o, (uintptr_t)va_arg(*ap, void *), 16, false, spec);
		break;
	case 's':
		put_string(o, va_arg(*ap, const char *), spec);
		break;
	case 'c':
		put(o, (char)va_arg(*ap, int));
		break;
	default:	/* %%, and what is no conversion: as it stands */
		put(o, c);
		break;
	}
}

size_t
kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct spec spec;
	va_list args;

	va_copy(args, ap);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &spec);
		if (*fmt == '\0')
			break;
		convert(&o, *fmt, &spec, &args);
	}
	va_end(args);
	if (size > 0)
		buf[o.len] = '\0';
	return o.len;
}

size_t
ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = kvsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}

static void
remember(unsigned int level, const char *line)
{
	struct klog_ring *r = &klog_ring;
	char head[40];
	const char *s;

	ksnprintf(head, sizeof(head), "%lu %u ", hal_now(), level);
	for (s = head; *s != '\0'; s++)
		r->text[r->written++ % KLOG_RING_SIZE] = *s;
	for (s = line; *s != '\0'; s++)
		r->text[r->written++ % KLOG_RING_SIZE] = *s;
	r->text[r->written++ % KLOG_RING_SIZE] = '\n';
}

void
klog(unsigned int level, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	remember(level, line);
	hal_log(level, line);
}

void
kpanic(const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	remember(KLOG_PANIC, line);
	hal_panic(line);
}
