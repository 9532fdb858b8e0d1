/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How archives are changed: as libFuzzer likes, and then most of the time
 * the checksums are put right, which it would hardly ever hit.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define BLOCK		512u
#define SIZE		124u		/* fields of a ustar header */
#define CHECKSUM	148u

static void
put_checksum(uint8_t *h)
{
	unsigned int sum = 0, i;
	char text[8];

	memset(h + CHECKSUM, ' ', 8);
	for (i = 0; i < BLOCK; i++)
		sum += h[i];
	(void)snprintf(text, sizeof(text), "%06o", sum & 0777777);
	memcpy(h + CHECKSUM, text, 7);
}

/* Blocks of the contents; what is no number is none. */
static size_t
body(const uint8_t *h)
{
	size_t n = 0, i;

	for (i = 0; i < 11 && h[SIZE + i] >= '0' && h[SIZE + i] <= '7'; i++)
		n = n * 8 + (size_t)(h[SIZE + i] - '0');
	return (n + BLOCK - 1) / BLOCK;
}

static void
repair(uint8_t *data, size_t size)
{
	static const uint8_t zero[BLOCK];
	size_t at = 0, blocks;

	while (size - at >= BLOCK && memcmp(data + at, zero, BLOCK) != 0) {
		put_checksum(data + at);
		blocks = 1 + body(data + at);
		if (blocks > (size - at) / BLOCK)
			return;
		at += blocks * BLOCK;
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
		unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 8 != 0)
		repair(data, size);
	return size;
}
