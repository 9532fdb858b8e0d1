/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What compilers call on their own.  Word by word, for the repeated string
 * instructions cost a start-up on each processor and an instruction for each
 * step under an emulator that counts.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

/* Forward, 8 bytes a step, then what is left. */
static void
copy_up(void *to, const void *from, size_t n)
{
	size_t words = n / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) :
		: "memory");
	n &= 7;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) :
		: "memory");
}

/* Backward from one past the end, odd bytes first. */
static void
copy_down(unsigned char *to, const unsigned char *from, size_t n)
{
	uint64_t word;

	for (; n % 8 != 0; n--) {
		*--to = *--from;
		__asm__ volatile("" : : : "memory");	/* not memmove */
	}
	for (; n > 0; n -= 8) {
		to -= 8;
		from -= 8;
		__asm__ volatile("movq (%1), %0\n\tmovq %0, (%2)" :
			"=&r"(word) : "r"(from), "r"(to) : "memory");
	}
}

void *
memcpy(void *to, const void *from, size_t n)
{
	copy_up(to, from, n);
	return to;
}

void *
memmove(void *to, const void *from, size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	if (d <= s || d >= s + n) {
		copy_up(to, from, n);
		return to;
	}
	copy_down(d + n, s + n, n);
	return to;
}

void *
memset(void *to, int c, size_t n)
{
	uint64_t word = (uint8_t)c * 0x0101010101010101ull;
	void *p = to;
	size_t words = n / 8;

	__asm__ volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(word) :
		"memory");
	n &= 7;
	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(word) :
		"memory");
	return to;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n > 0; p++, q++, n--)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t
strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}
