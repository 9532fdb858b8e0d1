/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checking an ELF image: everything a loader will rely on is checked here,
 * before anything is made of it.  Only static PIEs for x86_64 with
 * page-aligned segments in order pass.
 */
#include <elf.h>

#include "internal.h"

#define SPAN_MAX	(1ull << 32)

static const char *
bad_header(const Elf64_Ehdr *eh, size_t size)
{
	if (size < sizeof(*eh))
		return "shorter than an ELF header";
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return "not an ELF file";
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 ||
			eh->e_ident[EI_DATA] != ELFDATA2LSB ||
			eh->e_ident[EI_VERSION] != EV_CURRENT ||
			eh->e_version != EV_CURRENT)
		return "not a 64-bit little-endian ELF file of version 1";
	if (eh->e_machine != EM_X86_64)
		return "not for x86_64";
	if (eh->e_type != ET_DYN)
		return "not position independent (link with -static-pie)";
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return "program headers of a wrong size";
	if (eh->e_phnum == 0 || eh->e_phnum > 64)
		return "no program headers, or more than 64";
	if (eh->e_phoff % 8 || eh->e_phoff > size || eh->e_phnum *
			sizeof(Elf64_Phdr) > size - eh->e_phoff)
		return "program headers beyond the end of the file";
	return NULL;
}

static const char *
bad_load(const Elf64_Phdr *p, size_t size, const struct helios_elf *out)
{
	if (out->nsegments == HELIOS_ELF_SEGMENTS)
		return "too many segments";
	if (p->p_filesz > p->p_memsz)
		return "a segment is longer in the file than in memory";
	if (p->p_offset > size || p->p_filesz > size - p->p_offset)
		return "a segment beyond the end of the file";
	if (p->p_memsz == 0 || p->p_memsz > SPAN_MAX ||
			p->p_vaddr > SPAN_MAX)
		return "a segment that is empty or too large";
	if (p->p_vaddr % HELIOS_PAGE_SIZE != p->p_offset % HELIOS_PAGE_SIZE)
		return "a segment whose address and offset do not agree";
	if ((p->p_flags & PF_W) && (p->p_flags & PF_X))
		return "a segment that is writable and executable";
	if (!(p->p_flags & PF_R))
		return "a segment that is not readable";
	if ((p->p_vaddr & ~(HELIOS_PAGE_SIZE - 1)) < out->span)
		return "segments that overlap, share a page or are out of "
			"order (link with -z separate-code)";
	return NULL;
}

static void
add_load(const Elf64_Phdr *p, struct helios_elf *out)
{
	out->segments[out->nsegments++] = (struct helios_elf_segment){
		.offset = p->p_offset,
		.file_size = p->p_filesz,
		.vaddr = p->p_vaddr,
		.mem_size = p->p_memsz,
		.map_flags = (p->p_flags & PF_W ? HELIOS_MAP_W : 0) |
			(p->p_flags & PF_X ? HELIOS_MAP_X : 0),
	};
	out->span = round_up(p->p_vaddr + p->p_memsz, HELIOS_PAGE_SIZE);
}

static const char *
take_tls(const Elf64_Phdr *p, struct helios_elf *out)
{
	if (out->tls_size)
		return "more than one TLS segment";
	if (p->p_align & (p->p_align - 1) || p->p_align > HELIOS_PAGE_SIZE)
		return "a TLS alignment that is not a power of two, or above "
			"a page";
	if (p->p_memsz > 1 << 20 || p->p_filesz > p->p_memsz)
		return "a TLS segment that is too large";
	out->tls_size = p->p_memsz;
	out->tls_align = p->p_align ? p->p_align : 1;
	return NULL;
}

static bool
inside(const struct helios_elf *elf, uint64_t at, uint64_t len,
		uint64_t flags)
{
	unsigned int i;

	for (i = 0; i < elf->nsegments; i++) {
		const struct helios_elf_segment *s = &elf->segments[i];

		if (at >= s->vaddr && at - s->vaddr < s->file_size &&
				len <= s->file_size - (at - s->vaddr) &&
				(s->map_flags & flags) == flags)
			return true;
	}
	return false;
}

/* The address at which a piece of the file is in memory; 0: nowhere. */
static uint64_t
address_of(const struct helios_elf *elf, uint64_t offset, uint64_t len)
{
	unsigned int i;

	for (i = 0; i < elf->nsegments; i++) {
		const struct helios_elf_segment *s = &elf->segments[i];

		if (offset >= s->offset &&
				offset - s->offset <= s->file_size &&
				len <= s->file_size - (offset - s->offset))
			return s->vaddr + (offset - s->offset);
	}
	return 0;
}

static const char *
parse(const char *image, size_t size, struct helios_elf *out)
{
	const Elf64_Ehdr *eh = (const void *)image;
	const char *why = bad_header(eh, size);
	const Elf64_Phdr *p;
	unsigned int i;

	if (why)
		return why;
	p = (const void *)(image + eh->e_phoff);
	for (i = 0; !why && i < eh->e_phnum; i++, p++) {
		if (p->p_type == PT_INTERP)
			why = "dynamically linked (link with -static-pie)";
		else if (p->p_type == PT_TLS)
			why = take_tls(p, out);
		else if (p->p_type == PT_LOAD && p->p_memsz)
			why = bad_load(p, size, out);
		if (!why && p->p_type == PT_LOAD && p->p_memsz)
			add_load(p, out);
	}
	if (why)
		return why;
	if (!out->nsegments)
		return "nothing to load";
	out->entry = eh->e_entry;
	if (!inside(out, eh->e_entry, 1, HELIOS_MAP_X))
		return "an entry point outside its code";
	out->phnum = eh->e_phnum;
	out->phdr = address_of(out, eh->e_phoff,
			eh->e_phnum * sizeof(Elf64_Phdr));
	if (!out->phdr)
		return "program headers that are not in a segment";
	return NULL;
}

enum helios_status
helios_elf_parse(const void *image, size_t size, struct helios_elf *out,
		const char **why)
{
	const char *reason = "image not aligned to 8 bytes";
	struct helios_elf elf = { 0 };

	if ((uint64_t)image % 8 == 0)
		reason = parse(image, size, &elf);
	if (why)
		*why = reason;
	if (reason)
		return failed(HELIOS_INVALID_PARAM, 0);
	*out = elf;
	return HELIOS_OK;
}
