/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How texts are changed: half of the time as libFuzzer likes, which breaks
 * most lines, else by whole lines and whole numbers, so that what is behind
 * the parser of one line is reached as well.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static uint64_t state;

static size_t
random_below(size_t n)
{
	/* Knuth's MMIX; its high bits are the good ones. */
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (size_t)(state >> 33) % n;
}

/* Put text in place of len bytes at a place; the new size. */
static size_t
replace(uint8_t *data, size_t size, size_t max, size_t at, size_t len,
		const void *text, size_t n)
{
	if (size - len + n > max)
		return size;
	memmove(data + at + n, data + at + len, size - at - len);
	memcpy(data + at, text, n);
	return size - len + n;
}

/* A line, of those that start before a random place. */
static size_t
find_line(const uint8_t *data, size_t size, size_t *len)
{
	size_t at = random_below(size), end;

	for (end = at; end < size && data[end] != '\n'; end++)
		;
	while (at > 0 && data[at - 1] != '\n')
		at--;
	*len = end - at + (end < size);
	return at;
}

static size_t
copy_line(uint8_t *data, size_t size, size_t max)
{
	size_t len, ignored, from = find_line(data, size, &len);
	size_t to = find_line(data, size, &ignored);
	uint8_t *line = malloc(len);

	fuzz_check(line);
	memcpy(line, data + from, len);
	size = replace(data, size, max, to, 0, line, len);
	free(line);
	return size;
}

static size_t
remove_line(uint8_t *data, size_t size, size_t max)
{
	size_t len, at = find_line(data, size, &len);

	return replace(data, size, max, at, len, "", 0);
}

static size_t
change_number(uint8_t *data, size_t size, size_t max)
{
	static const char *const numbers[] = { "0", "1", "2", "3", "9", "10",
		"16", "63", "64", "65", "100", "255", "256", "4088", "4095",
		"4096", "65535", "65536", "1000000", "4294967295",
		"4294967296", "18446744073709551615",
		"18446744073709551616" };
	const char *n = numbers[random_below(sizeof(numbers) /
		sizeof(numbers[0]))];
	size_t at = random_below(size), len = 0;

	while (at < size && !isdigit(data[at]))
		at++;
	while (at > 0 && isdigit(data[at - 1]))
		at--;
	while (at + len < size && isdigit(data[at + len]))
		len++;
	return len == 0 ? size :
		replace(data, size, max, at, len, n, strlen(n));
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
		unsigned int seed)
{
	size_t times;

	state = seed;
	if (size == 0 || random_below(2) == 0)
		return LLVMFuzzerMutate(data, size, max);
	for (times = 1 + random_below(3); times > 0 && size > 0; times--) {
		switch (random_below(4)) {
		case 0:
			size = remove_line(data, size, max);
			break;
		case 1:
			size = copy_line(data, size, max);
			break;
		default:
			size = change_number(data, size, max);
		}
	}
	return size > 0 ? size : LLVMFuzzerMutate(data, 0, max);
}
