/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a ustar archive, such as the initramfs.
 *
 * The archive is read through a function, since the pages of the initramfs
 * are not mapped.  Strict: a header whose checksum or size is wrong ends the
 * walk with INVALID_PARAM (detail: its offset), never a guess.
 */
#ifndef HELIOS_USER_TAR_H
#define HELIOS_USER_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <helios/error.h>
#include <helios/types.h>

struct helios_tar {
	/* Copy len bytes at offset; all or an error. */
	enum helios_status (*read)(void *cookie, uint64_t offset, void *buf,
			size_t len);
	void *cookie;
	uint64_t size;			/* of the archive */
};

struct helios_tar_entry {
	char name[257];			/* prefix/name, no leading "./" */
	char type;			/* '0' file, '5' directory, ... */
	uint64_t mode;
	uint64_t data;			/* offset of its contents */
	uint64_t size;
	uint64_t next;			/* offset of the next header */
};

/* The initramfs of init: its pages.  MISSING_PART if this is not init. */
enum helios_status helios_tar_initramfs(struct helios_tar *out);
/* An archive in memory, which stays the caller's. */
void helios_tar_memory(struct helios_tar *out, const void *data, size_t size);

/*
 * The entry at offset (0 is the first; then entry->next).  WOULD_BLOCK at
 * the end of the archive.
 */
enum helios_status helios_tar_entry(const struct helios_tar *tar,
		uint64_t offset, struct helios_tar_entry *out);
/* By name.  WOULD_BLOCK: no such entry. */
enum helios_status helios_tar_find(const struct helios_tar *tar,
		const char *name, struct helios_tar_entry *out);
/* Copy part of an entry's contents; INVALID_PARAM beyond its end. */
enum helios_status helios_tar_read(const struct helios_tar *tar,
		const struct helios_tar_entry *entry, uint64_t offset,
		void *buf, size_t len);
/* All of a file, in a heap block that the caller frees. */
enum helios_status helios_tar_load(const struct helios_tar *tar,
		const char *name, void **data, size_t *size);

#endif
