/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections and symbols of an ELF file.  What is found lies in the file; a
 * name ends in it.
 */
#include <stdlib.h>
#include <string.h>

#include <mercury/elfinfo.h>

#include "fuzz.h"

/* Does a piece lie in the image? */
static bool
inside(const uint8_t *image, size_t size, const char *p, size_t len)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)image;

	return at <= size && len <= size - at;
}

static void
find_section(const uint8_t *image, size_t size, const char *name)
{
	const char *data = NULL, *why = NULL;
	size_t len = 0, again = 0;

	if (!elfinfo_section(image, size, name, &data, &len, &why)) {
		fuzz_check(why && *why);
		fuzz_check(!elfinfo_section(image, size, name, &data, &again,
			NULL));
		return;
	}
	fuzz_check(inside(image, size, data, len));
}

static void
find_symbol(const uint8_t *image, size_t size, uint64_t address)
{
	const char *name = NULL;
	uint64_t offset = 0;

	if (!elfinfo_symbol(image, size, address, &name, &offset))
		return;
	fuzz_check(inside(image, size, name, 1));
	fuzz_check(fuzz_ends(name, size - (size_t)((uintptr_t)name -
		(uintptr_t)image)));
	fuzz_check(offset <= address);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t addresses[] = { 0, 1, 0x1000, 0x10000,
		0x201000, 0x201010, 1ull << 63, UINT64_MAX };
	uint64_t word;
	unsigned int i;

	find_section(data, size, ".manifest");
	find_section(data, size, "");
	find_section(data, size, "a name that no section has");
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		find_symbol(data, size, addresses[i]);
	/* The entry, wherever it is. */
	if (size >= 32) {
		memcpy(&word, data + 24, sizeof(word));
		find_symbol(data, size, word);
		find_symbol(data, size, word + 1);
	}
	return 0;
}
