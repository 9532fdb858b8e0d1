/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ELF file says besides its segments: named sections, symbols.
 * Every offset is checked; a file that lies gets "not found".
 */
#ifndef MERCURY_ELFINFO_H
#define MERCURY_ELFINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The contents of the first section of this name.  image is aligned to 8
 * bytes.  *why (may be NULL) says what is wrong, a static string.
 */
bool elfinfo_section(const void *image, size_t size, const char *name,
		const char **data, size_t *len, const char **why);

/*
 * The function symbol that covers an address (as linked: relative to the
 * load address).  The name lies in the image.
 */
bool elfinfo_symbol(const void *image, size_t size, uint64_t address,
		const char **name, uint64_t *offset);

#endif
