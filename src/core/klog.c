/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatting without libc, the kernel log, panic.
 */
#include <stdbool.h>
#include <stdint.h>

#include <hal.h>
#include <klog.h>

#define LINE_SIZE	256
#define HEAD_SIZE	40	/* two numbers, two blanks */

struct klog_ring klog_ring;

/* Where the next byte goes, and the end of the room. */
struct out {
	char *at, *end;
};

struct spec {
	unsigned int width;
	bool zero, is_long;
};

static void
put(struct out *o, char c)
{
	if (o->at < o->end)
		*o->at++ = c;
}

/* All at once: a line is written whenever a task exits. */
static void
put_bytes(struct out *o, const char *s, size_t len)
{
	size_t room = (size_t)(o->end - o->at);

	if (len > room)
		len = room;
	__builtin_memcpy(o->at, s, len);
	o->at += len;
}

static void
put_padded(struct out *o, const char *s, size_t len, const struct spec *spec)
{
	for (size_t i = len; i < spec->width; i++)
		put(o, ' ');
	put_bytes(o, s, len);
}

char *
kdigits(char *end, uint64_t v, unsigned int base)
{
	do {
		*--end = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	return end;
}

static void
put_number(struct out *o, uint64_t v, unsigned int base, bool minus,
		const struct spec *spec)
{
	char digits[1 + KDIGITS_MAX], *end = digits + sizeof(digits);
	char *first = kdigits(end, v, base);
	size_t width = spec->width;

	if (minus && !spec->zero)
		*--first = '-';
	if (!spec->zero) {
		put_padded(o, first, (size_t)(end - first), spec);
		return;
	}
	if (minus) {
		put(o, '-');
		width -= width > 0;
	}
	for (size_t i = (size_t)(end - first); i < width; i++)
		put(o, '0');
	put_bytes(o, first, (size_t)(end - first));
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

/* The next conversion, or the end of all. */
static const char *
end_of_text(const char *s)
{
	for (;; s++)
		switch (*s) {
		case '\0':
		case '%':
			return s;
		}
}

static void
put_format(struct out *o, const char *fmt, va_list *ap)
{
	struct spec spec;
	const char *s;

	for (;; fmt++) {
		s = fmt;
		fmt = end_of_text(s);
		if (fmt != s)
			put_bytes(o, s, (size_t)(fmt - s));
		if (*fmt == '\0')
			return;
		fmt = parse_spec(fmt + 1, &spec);
		if (*fmt == '\0')
			return;
		convert(o, *fmt, &spec, ap);
	}
}

static size_t
format(char *buf, size_t size, const char *fmt, va_list *ap)
{
	struct out o = { buf, buf };

	if (size == 0)
		return 0;
	o.end += size - 1;
	put_format(&o, fmt, ap);
	*o.at = '\0';
	return (size_t)(o.at - buf);
}

size_t
kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	va_list args;
	size_t len;

	va_copy(args, ap);
	len = format(buf, size, fmt, &args);
	va_end(args);
	return len;
}

size_t
ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = format(buf, size, fmt, &ap);
	va_end(ap);
	return len;
}

static void
ring_put(const char *s, size_t len)
{
	struct klog_ring *r = &klog_ring;
	size_t at = r->written % KLOG_RING_SIZE;
	size_t first = KLOG_RING_SIZE - at;

	if (first > len)
		first = len;
	__builtin_memcpy(r->text + at, s, first);
	__builtin_memcpy(r->text, s + first, len - first);
	r->written += len;
}

/* A line as the ring has it, and which part of it others see. */
struct line {
	char bytes[HEAD_SIZE + LINE_SIZE];
	const char *text;
};

static void
remember(struct line *l, unsigned int level, const char *fmt, va_list *ap)
{
	static const struct spec plain;
	struct out o = { l->bytes, l->bytes + HEAD_SIZE };

	put_number(&o, hal_now(), 10, false, &plain);
	put(&o, ' ');
	put_number(&o, level, 10, false, &plain);
	put(&o, ' ');
	l->text = o.at;
	o.end = o.at + LINE_SIZE - 1;
	put_format(&o, fmt, ap);
	*o.at = '\n';
	ring_put(l->bytes, (size_t)(o.at + 1 - l->bytes));
	*o.at = '\0';
}

void
klog(unsigned int level, const char *fmt, ...)
{
	struct line line;
	va_list ap;

	va_start(ap, fmt);
	remember(&line, level, fmt, &ap);
	va_end(ap);
	hal_log(level, line.text);
}

void
kpanic(const char *fmt, ...)
{
	struct line line;
	va_list ap;

	va_start(ap, fmt);
	remember(&line, KLOG_PANIC, fmt, &ap);
	va_end(ap);
	hal_panic(line.text);
}
