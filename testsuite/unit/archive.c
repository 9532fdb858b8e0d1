/* SPDX-License-Identifier: BSD-2-Clause */
/* A small synthetic init in a ustar archive: see archive.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"

static void
make_phdr(Elf64_Phdr *ph, uint32_t type, uint32_t flags, uint64_t at,
	uint64_t filesz, uint64_t memsz)
{
	*ph = (Elf64_Phdr){
		.p_type = type, .p_flags = flags, .p_offset = at,
		.p_vaddr = at, .p_paddr = at, .p_filesz = filesz,
		.p_memsz = memsz,
		.p_align = type == PT_LOAD ? 4096 : 16,
	};
}

void
make_elf(struct elf *e)
{
	memset(e, 0, sizeof(*e));
	memcpy(e->head.e_ident, ELFMAG, SELFMAG);
	e->head.e_ident[EI_CLASS] = ELFCLASS64;
	e->head.e_ident[EI_DATA] = ELFDATA2LSB;
	e->head.e_ident[EI_VERSION] = EV_CURRENT;
	e->head.e_type = ET_DYN;
	e->head.e_machine = EM_X86_64;
	e->head.e_version = EV_CURRENT;
	e->head.e_entry = IMAGE_ENTRY;
	e->head.e_phoff = sizeof(Elf64_Ehdr);
	e->head.e_ehsize = sizeof(Elf64_Ehdr);
	e->head.e_phentsize = sizeof(Elf64_Phdr);
	e->head.e_phnum = IMAGE_PHDRS;
	e->ph = (Elf64_Phdr *)(void *)(e->bytes + sizeof(Elf64_Ehdr));
	make_phdr(&e->ph[PH_HEAD], PT_LOAD, PF_R, 0, 0x400, 0x400);
	make_phdr(&e->ph[PH_TEXT], PT_LOAD, PF_R | PF_X, IMAGE_TEXT, 0x1000,
		0x1000);
	make_phdr(&e->ph[PH_DATA], PT_LOAD, PF_R | PF_W, IMAGE_DATA,
		IMAGE_DATA_FILE, IMAGE_DATA_MEM);
	make_phdr(&e->ph[PH_STACK], PT_GNU_STACK, PF_R | PF_W, 0, 0, 0);
	memset(e->bytes + IMAGE_TEXT, 0xcc, 0x1000);
	for (unsigned int i = 0; i < IMAGE_DATA_FILE; i++)
		e->bytes[IMAGE_DATA + i] = (unsigned char)(i * 7 + 1);
}

void
tar_checksum(struct tar_header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	char text[8];
	unsigned int sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (unsigned int i = 0; i < sizeof(*h); i++)
		sum += p[i];
	snprintf(text, sizeof(text), "%06o", sum & 0777777);
	memcpy(h->checksum, text, 7);
	h->checksum[7] = ' ';
}

struct tar_header *
tar_add(struct tar *t, const char *name, const void *data, size_t len)
{
	struct tar_header *h = (void *)(t->bytes + t->size);
	char text[13];
	size_t n = strlen(name);

	if (t->size + 512 + len + 1536 > sizeof(t->bytes) ||
	    n > sizeof(h->name))
		abort();
	memset(h, 0, sizeof(*h));
	memcpy(h->name, name, n);
	memcpy(h->mode, "0000755", 8);
	memcpy(h->uid, "0000000", 8);
	memcpy(h->gid, "0000000", 8);
	snprintf(text, sizeof(text), "%011lo", (unsigned long)len);
	memcpy(h->size, text, 12);
	memcpy(h->mtime, "00000000000", 12);
	h->typeflag = n > 0 && name[n - 1] == '/' ? '5' : '0';
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	tar_checksum(h);
	if (len > 0)
		memcpy(h + 1, data, len);
	t->size += 512 + ((len + 511) & ~511ul);
	return h;
}

void
tar_end(struct tar *t)
{
	memset(t->bytes + t->size, 0, 1024);
	t->size += 1024;
}

void
make_tar(struct tar *t, const struct elf *e)
{
	memset(t, 0, sizeof(*t));
	tar_add(t, "etc/", NULL, 0);
	tar_add(t, IMAGE_INIT, e->bytes, sizeof(e->bytes));
	tar_add(t, "etc/motd", "hello\n", 6);
	tar_end(t);
}
