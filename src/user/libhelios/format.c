/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted output, through a sink that counts everything and keeps what
 * fits.
 */
#include "internal.h"

struct sink {
	char *buf;
	size_t size;			/* of buf */
	size_t len;			/* of the whole text */
	/* Console: called when buf is full; then it is empty again. */
	bool console;
	size_t used;
	bool failed;
};

struct spec {
	bool left, plus, space, alt, zero;
	int width;
	int precision;			/* < 0: none */
	int bytes;			/* of an integer argument */
	char conv;
};

static void
flush(struct sink *s)
{
	if (s->used && helios_writecons(s->buf, s->used) != HELIOS_OK)
		s->failed = true;
	s->used = 0;
}

static void
put(struct sink *s, char c)
{
	if (s->console) {
		if (s->used == s->size)
			flush(s);
		s->buf[s->used++] = c;
	} else if (s->len + 1 < s->size) {
		s->buf[s->len] = c;
	}
	s->len++;
}

static void
pad(struct sink *s, char c, int n)
{
	while (n-- > 0)
		put(s, c);
}

static void
put_text(struct sink *s, const struct spec *spec, const char *text, size_t n)
{
	int fill = spec->width - (int)n;

	if (!spec->left)
		pad(s, ' ', fill);
	while (n-- > 0)
		put(s, *text++);
	if (spec->left)
		pad(s, ' ', fill);
}

static void
put_string(struct sink *s, const struct spec *spec, const char *text)
{
	if (!text)
		text = "(null)";
	put_text(s, spec, text, spec->precision >= 0 ?
			strnlen(text, (size_t)spec->precision) : strlen(text));
}

static void
put_number(struct sink *s, const struct spec *spec, unsigned long long n,
		unsigned int base, const char *sign)
{
	const char *digits = spec->conv == 'X' ? "0123456789ABCDEF" :
		"0123456789abcdef";
	char text[24];
	int len = 0, zeros, fill;

	for (; n; n /= base)
		text[len++] = digits[n % base];
	zeros = (spec->precision < 0 ? 1 : spec->precision) - len;
	if (base == 8 && spec->alt && zeros < 1)
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	fill = spec->width - len - zeros - (int)strlen(sign);
	if (spec->zero && !spec->left && spec->precision < 0 && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!spec->left)
		pad(s, ' ', fill);
	while (*sign)
		put(s, *sign++);
	pad(s, '0', zeros);
	while (len > 0)
		put(s, text[--len]);
	if (spec->left)
		pad(s, ' ', fill);
}

static void
put_signed(struct sink *s, const struct spec *spec, long long n)
{
	unsigned long long u = (unsigned long long)n;

	put_number(s, spec, n < 0 ? -u : u, 10, n < 0 ? "-" :
			spec->plus ? "+" : spec->space ? " " : "");
}

static void
put_unsigned(struct sink *s, const struct spec *spec, unsigned long long n)
{
	const char *prefix = "";

	if (spec->alt && n && spec->conv == 'x')
		prefix = "0x";
	if (spec->alt && n && spec->conv == 'X')
		prefix = "0X";
	put_number(s, spec, n, spec->conv == 'u' ? 10 :
			spec->conv == 'o' ? 8 : 16, prefix);
}

/* Arguments smaller than int come as int; they are cut to their size. */
static unsigned long long
cut(unsigned long long n, int bytes)
{
	return bytes == 8 ? n : n & ((1ull << bytes * 8) - 1);
}

static long long
extend(unsigned long long n, int bytes)
{
	int shift = 64 - bytes * 8;

	return (long long)(n << shift) >> shift;
}

static const char *
parse_flags(const char *p, struct spec *spec)
{
	for (;; p++) {
		if (*p == '-')
			spec->left = true;
		else if (*p == '+')
			spec->plus = true;
		else if (*p == ' ')
			spec->space = true;
		else if (*p == '#')
			spec->alt = true;
		else if (*p == '0')
			spec->zero = true;
		else
			return p;
	}
}

#define NUMBER_MAX	100000		/* width and precision */

static const char *
parse_digits(const char *p, int *out)
{
	for (*out = 0; *p >= '0' && *p <= '9'; p++)
		if (*out < NUMBER_MAX)
			*out = *out * 10 + (*p - '0');
	return p;
}

static const char *
parse_length(const char *p, struct spec *spec)
{
	spec->bytes = 4;
	if (p[0] == 'h' && p[1] == 'h') {
		spec->bytes = 1;
		return p + 2;
	}
	if (p[0] == 'l' && p[1] == 'l') {
		spec->bytes = 8;
		return p + 2;
	}
	if (*p == 'h')
		spec->bytes = 2;
	else if (*p == 'l' || *p == 'z' || *p == 't' || *p == 'j')
		spec->bytes = 8;
	else
		return p;
	return p + 1;
}

static void
clamp_width(struct spec *spec, int width)
{
	spec->left |= width < 0;
	if (width < 0)
		width = width < -NUMBER_MAX ? NUMBER_MAX : -width;
	spec->width = width > NUMBER_MAX ? NUMBER_MAX : width;
}

static void
format(struct sink *s, const char *fmt, va_list ap)
{
	for (; *fmt; fmt++) {
		struct spec spec = { .precision = -1 };
		const char *p = fmt;
		unsigned long long n;
		char c;

		if (*fmt != '%') {
			put(s, *fmt);
			continue;
		}
		p = parse_flags(p + 1, &spec);
		if (*p == '*') {
			clamp_width(&spec, va_arg(ap, int));
			p++;
		} else {
			p = parse_digits(p, &spec.width);
		}
		if (*p == '.' && p[1] == '*') {
			spec.precision = va_arg(ap, int);
			if (spec.precision > NUMBER_MAX)
				spec.precision = NUMBER_MAX;
			p += 2;
		} else if (*p == '.') {
			p = parse_digits(p + 1, &spec.precision);
		}
		p = parse_length(p, &spec);
		spec.conv = *p;
		switch (*p) {
		case 'd': case 'i':
			n = spec.bytes == 8 ? va_arg(ap, unsigned long long) :
				va_arg(ap, unsigned int);
			put_signed(s, &spec, extend(n, spec.bytes));
			break;
		case 'u': case 'x': case 'X': case 'o':
			n = spec.bytes == 8 ? va_arg(ap, unsigned long long) :
				va_arg(ap, unsigned int);
			put_unsigned(s, &spec, cut(n, spec.bytes));
			break;
		case 'p':
			put_number(s, &spec,
				(unsigned long long)va_arg(ap, void *), 16,
				"0x");
			break;
		case 's':
			put_string(s, &spec, va_arg(ap, const char *));
			break;
		case 'c':
			c = (char)va_arg(ap, int);
			put_text(s, &spec, &c, 1);
			break;
		case '%':
			put(s, '%');
			break;
		default:
			/* Not ours: as it stands. */
			put(s, '%');
			continue;
		}
		fmt = p;
	}
}

int
helios_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct sink s = { .buf = buf, .size = size };

	format(&s, fmt, ap);
	if (size > 0)
		buf[s.len < size ? s.len : size - 1] = 0;
	return (int)s.len;
}

int
helios_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = helios_vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

int
helios_vprintf(const char *fmt, va_list ap)
{
	char buf[256];
	struct sink s = { .buf = buf, .size = sizeof(buf), .console = true };

	format(&s, fmt, ap);
	flush(&s);
	return s.failed ? -1 : (int)s.len;
}

int
helios_printf(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = helios_vprintf(fmt, ap);
	va_end(ap);
	return n;
}
