/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections and symbols of an ELF file (System V gABI, chapters "Sections"
 * and "Symbol Table").
 *
 * Tables are copied out entry by entry: where they lie is the file's to say,
 * and need not be aligned.  Used by sysinit and by host programs.
 */
#include <elf.h>
#include <helios-user/string.h>
#include <mercury/elfinfo.h>

struct image {
	const char *bytes;
	size_t size;
	uint64_t shoff;
	unsigned int nsections;
};

/* A part of the image that was checked to lie inside it. */
struct part {
	const char *bytes;
	size_t size;
};

static const char *
open_image(const void *bytes, size_t size, struct image *im)
{
	Elf64_Ehdr eh;

	if (size < sizeof(eh))
		return "no ELF file";
	memcpy(&eh, bytes, sizeof(eh));
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
		return "no ELF file";
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 ||
			eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return "no ELF file of 64 bits, little-endian";
	if (!eh.e_shoff || !eh.e_shnum)
		return "an ELF file without section headers";
	if (eh.e_shentsize != sizeof(Elf64_Shdr) || eh.e_shoff > size ||
			(size - eh.e_shoff) / sizeof(Elf64_Shdr) < eh.e_shnum)
		return "section headers outside the file";
	*im = (struct image){ bytes, size, eh.e_shoff, eh.e_shnum };
	return NULL;
}

/* false: there is none of this number. */
static bool
header(const struct image *im, uint64_t n, Elf64_Shdr *out)
{
	if (n >= im->nsections)
		return false;
	memcpy(out, im->bytes + im->shoff + n * sizeof(*out), sizeof(*out));
	return true;
}

/* false: the section has no contents in the file, or they lie outside. */
static bool
contents(const struct image *im, const Elf64_Shdr *sh, struct part *out)
{
	if (sh->sh_type == SHT_NOBITS || sh->sh_offset > im->size ||
			sh->sh_size > im->size - sh->sh_offset)
		return false;
	out->bytes = im->bytes + sh->sh_offset;
	out->size = sh->sh_size;
	return true;
}

/* The string at an offset of a string table; NULL: not in it. */
static const char *
string(const struct part *table, uint64_t at)
{
	if (at >= table->size ||
			!memchr(table->bytes + at, 0, table->size - at))
		return NULL;
	return table->bytes + at;
}

static const char *
find_section(const struct image *im, const char *name, Elf64_Shdr *out)
{
	const char *found;
	struct part names;
	unsigned int i;
	Elf64_Ehdr eh;

	memcpy(&eh, im->bytes, sizeof(eh));
	if (!header(im, eh.e_shstrndx, out) || !contents(im, out, &names))
		return "an ELF file without names of sections";
	for (i = 0; header(im, i, out); i++) {
		found = string(&names, out->sh_name);
		if (found && strcmp(found, name) == 0)
			return NULL;
	}
	return "no section of this name";
}

static const char *
section(const void *bytes, size_t size, const char *name, struct part *out)
{
	struct image im;
	Elf64_Shdr sh;
	const char *why = open_image(bytes, size, &im);

	if (!why)
		why = find_section(&im, name, &sh);
	if (!why && (sh.sh_flags & SHF_COMPRESSED))
		why = "the section is compressed";
	if (!why && !contents(&im, &sh, out))
		why = "the section's contents are not in the file";
	return why;
}

bool
elfinfo_section(const void *image, size_t size, const char *name,
		const char **data, size_t *len, const char **why)
{
	struct part found = { NULL, 0 };
	const char *reason = section(image, size, name, &found);

	if (why)
		*why = reason;
	if (reason)
		return false;
	*data = found.bytes;
	*len = found.size;
	return true;
}

/*
 * The best so far of the functions that could cover an address.  One of
 * known size covers what it says; the one that starts last is the innermost.
 * One of size 0, from assembly, is taken to reach to the next function, or
 * the end of its section.
 */
struct search {
	uint64_t address;
	Elf64_Sym sized, bare;		/* st_name 0: none */
	uint64_t last;			/* start of any, below the address */
};

static void
consider(struct search *s, const Elf64_Sym *sym)
{
	if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC || !sym->st_name ||
			sym->st_shndx == SHN_UNDEF ||
			sym->st_value > s->address)
		return;
	if (sym->st_value > s->last)
		s->last = sym->st_value;
	if (!sym->st_size) {
		if (!s->bare.st_name || sym->st_value > s->bare.st_value)
			s->bare = *sym;
	} else if (s->address - sym->st_value < sym->st_size) {
		if (!s->sized.st_name || sym->st_value > s->sized.st_value)
			s->sized = *sym;
	}
}

static const Elf64_Sym *
chosen(const struct image *im, const struct search *s)
{
	Elf64_Shdr sh;

	if (s->sized.st_name)
		return &s->sized;
	if (!s->bare.st_name || s->bare.st_value != s->last ||
			!header(im, s->bare.st_shndx, &sh) ||
			s->address < sh.sh_addr ||
			s->address - sh.sh_addr >= sh.sh_size)
		return NULL;
	return &s->bare;
}

static bool
search_table(const struct image *im, const Elf64_Shdr *sh, uint64_t address,
		const char **name, uint64_t *offset)
{
	struct search s = { .address = address };
	const Elf64_Sym *found;
	struct part table, names;
	Elf64_Shdr strings;
	Elf64_Sym sym;
	size_t i;

	if (!contents(im, sh, &table) || !header(im, sh->sh_link, &strings) ||
			!contents(im, &strings, &names))
		return false;
	for (i = 0; i < table.size / sizeof(sym); i++) {
		memcpy(&sym, table.bytes + i * sizeof(sym), sizeof(sym));
		consider(&s, &sym);
	}
	found = chosen(im, &s);
	if (!found || !string(&names, found->st_name))
		return false;
	*name = string(&names, found->st_name);
	*offset = address - found->st_value;
	return true;
}

bool
elfinfo_symbol(const void *image, size_t size, uint64_t address,
		const char **name, uint64_t *offset)
{
	struct image im;
	unsigned int i;
	Elf64_Shdr sh;

	if (open_image(image, size, &im))
		return false;
	for (i = 0; header(&im, i, &sh); i++) {
		if ((sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM) &&
				search_table(&im, &sh, address, name, offset))
			return true;
	}
	return false;
}
