/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strings and memory, as C has them.  This file is compiled without loop
 * idiom recognition, which would turn memcpy() into a call to itself.
 *
 * Copies are loops of words and not string instructions: memory here may
 * fault and be filled at any access, and under Valgrind a string instruction
 * that faults in the middle goes on with one element missing.
 */
#include "internal.h"

/* Eight bytes anywhere, of any type. */
struct word {
	uint64_t value;
} __attribute__((packed, may_alias));

static void
copy_up(char *dst, const char *src, size_t n)
{
	for (; n >= 8; n -= 8, dst += 8, src += 8)
		*(struct word *)dst = *(const struct word *)src;
	while (n-- > 0)
		*dst++ = *src++;
}

static void
copy_down(char *dst, const char *src, size_t n)
{
	for (; n >= 8; n -= 8)
		*(struct word *)(dst + n - 8) =
			*(const struct word *)(src + n - 8);
	while (n-- > 0)
		dst[n] = src[n];
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	if ((uint64_t)dst - (uint64_t)src >= n)
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	uint64_t word = 0x0101010101010101ull * (unsigned char)c;
	char *p = dst;

	for (; n >= 8; n -= 8, p += 8)
		((struct word *)p)->value = word;
	while (n-- > 0)
		*p++ = (char)c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
	return 0;
}

/* The standard's signatures lose const; this is how. */
static void *
unconst(const void *p)
{
	return (void *)(uint64_t)p;
}

void *
memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == (unsigned char)c)
			return unconst(p + i);
	return NULL;
}

size_t
strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return unconst(s);
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	do
		if (*s == (char)c)
			last = s;
	while (*s++);
	return unconst(last);
}

char *
strstr(const char *s, const char *find)
{
	size_t n = strlen(find);

	for (; strncmp(s, find, n); s++)
		if (!*s)
			return NULL;
	return unconst(s);
}

size_t
strlcpy(char *restrict dst, const char *restrict src, size_t size)
{
	size_t n = strlen(src), copy;

	if (size > 0) {
		copy = n < size - 1 ? n : size - 1;
		memcpy(dst, src, copy);
		dst[copy] = 0;
	}
	return n;
}

size_t
strlcat(char *restrict dst, const char *restrict src, size_t size)
{
	size_t have = strnlen(dst, size);

	if (have == size)
		return size + strlen(src);
	return have + strlcpy(dst + have, src, size - have);
}

static unsigned int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 99;
}

int
helios_parse_u64(const char *s, unsigned long long *out)
{
	unsigned long long n = 0;
	unsigned int base = 10;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!*s)
		return -1;
	for (; *s; s++) {
		unsigned int d = digit(*s);

		if (d >= base || __builtin_mul_overflow(n, base, &n) ||
				__builtin_add_overflow(n, d, &n))
			return -1;
	}
	*out = n;
	return 0;
}

/* Only the last star needs to be reconsidered: an earlier one that took
 * more could not help. */
int
helios_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
