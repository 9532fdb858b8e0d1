/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What boot reads from the initramfs: a ustar archive (POSIX.1-2017, pax)
 * and the static-PIE ELF file of init in it.  Every field is checked; on
 * false, err says what was expected and what was found.
 */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error_text {
	char *text;
	size_t size;
};

/* Always false, so that a check can end with it. */
bool image_error(struct error_text *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The regular file of this name. */
bool tar_find(const char *tar, uint64_t size, const char *name,
		const char **data, uint64_t *len, struct error_text *err);

#define ELF_SEGMENTS	16

struct elf_segment {
	uint64_t offset, filesz, vaddr, memsz;
	bool w, x;
};

struct elf_image {
	const char *data;
	uint64_t entry;		/* relative to the load base, as vaddr is */
	uint64_t phdr, phnum;	/* address of the program headers */
	uint64_t end;		/* of the highest segment, whole pages */
	unsigned int nsegments;
	struct elf_segment segment[ELF_SEGMENTS];
};

/* most: the largest image accepted, in bytes of address space */
bool elf_parse(const char *data, uint64_t len, uint64_t most,
		struct elf_image *image, struct error_text *err);

#endif
