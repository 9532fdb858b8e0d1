/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator is splitmix64. */
#include "differ.h"

static uint64_t state;

void
random_seed(uint64_t seed)
{
	state = seed;
}

uint64_t
draw(uint64_t n)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) % n;
}

bool
chance(unsigned int percent)
{
	return draw(100) < percent;
}
