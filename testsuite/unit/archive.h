/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small synthetic init in a ustar archive, for booting core without a tool
 * chain.  The tests of broken images change what make_elf and make_tar leave.
 */
#ifndef UNIT_ARCHIVE_H
#define UNIT_ARCHIVE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_INIT	"init"		/* its name in the archive */
#define IMAGE_TEXT	0x1000u		/* offset and address of each part */
#define IMAGE_DATA	0x2000u
#define IMAGE_DATA_FILE	0x800u		/* bytes in the file, */
#define IMAGE_DATA_MEM	0x1800u		/* and in memory */
#define IMAGE_ENTRY	0x1010u
#define IMAGE_PHDRS	4
#define IMAGE_ELF_SIZE	(IMAGE_DATA + IMAGE_DATA_FILE)
#define IMAGE_MAX	(256u << 10)

enum image_phdr { PH_HEAD, PH_TEXT, PH_DATA, PH_STACK };

struct elf {
	union {
		unsigned char bytes[IMAGE_ELF_SIZE];
		Elf64_Ehdr head;
	};
	Elf64_Phdr *ph;			/* in bytes */
};

void make_elf(struct elf *e);

/* The 512 bytes of a ustar header. */
struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], typeflag, linkname[100], magic[6], version[2];
	char uname[32], gname[32], devmajor[8], devminor[8], prefix[155];
	char pad[12];
};

struct tar {
	_Alignas(8) unsigned char bytes[IMAGE_MAX];
	size_t size;
};

/* Add a member; returns its header. */
struct tar_header *tar_add(struct tar *t, const char *name, const void *data,
		size_t len);
/* The two zero blocks at the end. */
void tar_end(struct tar *t);
/* Make the checksum right again. */
void tar_checksum(struct tar_header *h);

/* The usual archive: a directory, init, and one more file. */
void make_tar(struct tar *t, const struct elf *e);

#endif
