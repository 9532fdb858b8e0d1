/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF-64, as the System V gABI and its x86-64 supplement have it, and only
 * what init may be: a static position-independent executable.
 */
#include <image.h>

#define EHDR_SIZE	64u
#define PHDR_SIZE	56u
#define ET_DYN		3
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_INTERP	3
#define PF_X		1u
#define PF_W		2u
#define PF_R		4u
#define PAGE		4096ull

struct ehdr {
	unsigned char ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct ehdr) == EHDR_SIZE, "ELF-64");
_Static_assert(sizeof(struct phdr) == PHDR_SIZE, "ELF-64");

static bool
check_ident(const struct ehdr *h, uint64_t len, struct error_text *err)
{
	if (len < EHDR_SIZE)
		return image_error(err, "init: an ELF header of 64 bytes "
			"expected, the file has %lu", len);
	if (__builtin_memcmp(h->ident, "\177ELF", 4) != 0)
		return image_error(err, "init: an ELF file expected, its "
			"first bytes are %02x %02x %02x %02x", h->ident[0],
			h->ident[1], h->ident[2], h->ident[3]);
	if (h->ident[4] != 2)
		return image_error(err, "init: ELF class 2 (64-bit) "
			"expected, %u found", h->ident[4]);
	if (h->ident[5] != 1)
		return image_error(err, "init: ELF data 1 (little-endian) "
			"expected, %u found", h->ident[5]);
	if (h->ident[6] != 1 || h->version != 1)
		return image_error(err, "init: ELF version 1 expected, %u "
			"found", h->ident[6] != 1 ? h->ident[6] : h->version);
	if (h->machine != EM_X86_64)
		return image_error(err, "init: ELF machine %u (x86-64) "
			"expected, %u found", EM_X86_64, h->machine);
	if (h->type != ET_DYN)
		return image_error(err, "init: a static PIE (ELF type %u) "
			"expected, type %u found; link with -static-pie",
			ET_DYN, h->type);
	return true;
}

static bool
check_table(const struct ehdr *h, uint64_t len, struct error_text *err)
{
	if (h->ehsize != EHDR_SIZE || h->phentsize != PHDR_SIZE)
		return image_error(err, "init: header sizes %u and %u "
			"expected, %u and %u found", EHDR_SIZE, PHDR_SIZE,
			h->ehsize, h->phentsize);
	if (h->phnum == 0 || h->phnum > 64)
		return image_error(err, "init: 1 to 64 program headers "
			"expected, %u found", h->phnum);
	if (h->phoff % 8 != 0 || h->phoff > len ||
			(uint64_t)h->phnum * PHDR_SIZE > len - h->phoff)
		return image_error(err, "init: %u program headers at byte "
			"%lu do not lie in the file of %lu bytes", h->phnum,
			h->phoff, len);
	return true;
}

static bool
check_segment(const struct phdr *p, unsigned int i, uint64_t len,
		uint64_t most, struct error_text *err)
{
	if (p->filesz > p->memsz)
		return image_error(err, "init: segment %u: %lu bytes in the "
			"file do not fit in %lu of memory", i, p->filesz,
			p->memsz);
	if (p->offset > len || p->filesz > len - p->offset)
		return image_error(err, "init: segment %u: bytes %lu + %lu "
			"lie outside the file of %lu", i, p->offset,
			p->filesz, len);
	if (p->memsz > most || p->vaddr > most - p->memsz)
		return image_error(err, "init: segment %u: addresses %lx + "
			"%lx exceed the largest image, %lx", i, p->vaddr,
			p->memsz, most);
	if (p->align < PAGE || (p->align & (p->align - 1)) != 0 ||
			p->vaddr % p->align != p->offset % p->align)
		return image_error(err, "init: segment %u: alignment %lx, "
			"address %lx and offset %lx do not agree", i,
			p->align, p->vaddr, p->offset);
	if ((p->flags & PF_W) && (p->flags & PF_X))
		return image_error(err, "init: segment %u is writable and "
			"executable; only one is allowed", i);
	if (!(p->flags & PF_R))
		return image_error(err, "init: segment %u is not readable", i);
	return true;
}

/* In ascending order, no page in two segments? */
static bool
add_segment(struct elf_image *image, const struct phdr *p, unsigned int i,
		struct error_text *err)
{
	struct elf_segment *s = &image->segment[image->nsegments];

	if (image->nsegments == ELF_SEGMENTS)
		return image_error(err, "init: at most %u loadable segments "
			"expected", ELF_SEGMENTS);
	if (image->nsegments > 0 && p->vaddr / PAGE * PAGE < image->end)
		return image_error(err, "init: segment %u at %lx overlaps "
			"the one before, which ends at %lx", i, p->vaddr,
			image->end);
	s->offset = p->offset;
	s->filesz = p->filesz;
	s->vaddr = p->vaddr;
	s->memsz = p->memsz;
	s->w = (p->flags & PF_W) != 0;
	s->x = (p->flags & PF_X) != 0;
	image->nsegments++;
	image->end = (p->vaddr + p->memsz + PAGE - 1) / PAGE * PAGE;
	return true;
}

static bool
load_segments(const struct ehdr *h, uint64_t len, uint64_t most,
		struct elf_image *image, struct error_text *err)
{
	const struct phdr *p = (const void *)(image->data + h->phoff);
	unsigned int i;

	for (i = 0; i < h->phnum; i++, p++) {
		if (p->type == PT_INTERP)
			return image_error(err, "init: a static program "
				"expected, this one needs a dynamic loader");
		if (p->type != PT_LOAD || p->memsz == 0)
			continue;
		if (!check_segment(p, i, len, most, err) ||
				!add_segment(image, p, i, err))
			return false;
	}
	if (image->nsegments == 0)
		return image_error(err, "init: a loadable segment expected, "
			"there is none");
	return true;
}

/* Is the entry in code, and are the program headers in memory? */
static bool
check_entry(const struct ehdr *h, struct elf_image *image,
		struct error_text *err)
{
	uint64_t size = (uint64_t)h->phnum * PHDR_SIZE;
	bool entry = false, phdr = false;
	unsigned int i;

	for (i = 0; i < image->nsegments; i++) {
		const struct elf_segment *s = &image->segment[i];

		if (s->x && h->entry >= s->vaddr &&
				h->entry - s->vaddr < s->memsz)
			entry = true;
		if (h->phoff >= s->offset && size <= s->filesz &&
				h->phoff - s->offset <= s->filesz - size) {
			phdr = true;
			image->phdr = s->vaddr + (h->phoff - s->offset);
		}
	}
	if (!entry)
		return image_error(err, "init: entry %lx lies in no "
			"executable segment", h->entry);
	if (!phdr)
		return image_error(err, "init: the program headers lie in no "
			"loadable segment");
	image->entry = h->entry;
	image->phnum = h->phnum;
	return true;
}

bool
elf_parse(const char *data, uint64_t len, uint64_t most,
		struct elf_image *image, struct error_text *err)
{
	/* A file in a tar archive starts at a multiple of 512 bytes. */
	const struct ehdr *h = (const void *)data;

	*image = (struct elf_image){ .data = data };
	return check_ident(h, len, err) && check_table(h, len, err) &&
		load_segments(h, len, most, image, err) &&
		check_entry(h, image, err);
}
