/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libhelios' check of an ELF file.  A loader copies what an accepted image
 * says without another look, so what it says must lie in the file, in order,
 * and nothing be writable and executable.
 */
#include <libhelios.h>

#include "fuzz.h"

#define PAGE	HELIOS_PAGE_SIZE

static void
check_segment(const struct helios_elf *elf, unsigned int i, size_t size)
{
	const struct helios_elf_segment *s = &elf->segments[i];
	uint64_t before = 0;

	if (i > 0)
		before = s[-1].vaddr + s[-1].mem_size;
	fuzz_check(s->offset <= size && s->file_size <= size - s->offset);
	fuzz_check(s->file_size <= s->mem_size && s->mem_size > 0);
	fuzz_check(s->vaddr % PAGE == s->offset % PAGE);
	fuzz_check(i == 0 || s->vaddr / PAGE > (before - 1) / PAGE);
	fuzz_check(s->vaddr + s->mem_size > s->vaddr);
	fuzz_check(s->vaddr + s->mem_size <= elf->span);
	fuzz_check(s->map_flags == 0 || s->map_flags == HELIOS_MAP_W ||
		s->map_flags == HELIOS_MAP_X);
}

/* Are so many bytes from there on in one segment, with these flags? */
static bool
in_file(const struct helios_elf *elf, uint64_t at, uint64_t len,
		uint64_t flags)
{
	unsigned int i;

	for (i = 0; i < elf->nsegments; i++) {
		const struct helios_elf_segment *s = &elf->segments[i];

		if (at >= s->vaddr && at - s->vaddr <= s->file_size &&
				len <= s->file_size - (at - s->vaddr) &&
				(s->map_flags & flags) == flags)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct helios_elf elf = { .nsegments = 77 };
	const char *why = "nothing";
	unsigned int i;

	if (helios_elf_parse(data, size, &elf, &why) != HELIOS_OK) {
		fuzz_check(why && *why && elf.nsegments == 77);
		return 0;
	}
	fuzz_check(!why);
	fuzz_check(elf.nsegments > 0 && elf.nsegments <= HELIOS_ELF_SEGMENTS);
	fuzz_check(elf.span % PAGE == 0);
	for (i = 0; i < elf.nsegments; i++)
		check_segment(&elf, i, size);
	fuzz_check(in_file(&elf, elf.entry, 1, HELIOS_MAP_X));
	fuzz_check(in_file(&elf, elf.phdr, elf.phnum * 56, 0));
	fuzz_check(!(elf.tls_align & (elf.tls_align - 1)));
	fuzz_check(elf.tls_align <= PAGE);
	fuzz_check(!elf.tls_size || elf.tls_align);
	return 0;
}
