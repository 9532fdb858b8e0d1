/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libhelios' reader of ustar archives: it reads no byte outside the archive,
 * comes to an end, and what an entry says lies in the archive.
 */
#include <libhelios.h>

#include "fuzz.h"

#define BLOCK	512u

static const uint8_t *archive;

static enum helios_status
read_checked(void *cookie, uint64_t offset, void *buf, size_t len)
{
	const struct helios_tar *tar = cookie;

	fuzz_check(offset <= tar->size && len <= tar->size - offset);
	if (len > 0)
		memcpy(buf, archive + offset, len);
	return HELIOS_OK;
}

/* A file is what lies there, and there is nothing behind it. */
static void
check_contents(const struct helios_tar *tar,
		const struct helios_tar_entry *entry)
{
	char byte;

	fuzz_check(helios_tar_read(tar, entry, entry->size, &byte, 1) ==
		HELIOS_INVALID_PARAM);
	fuzz_check(helios_tar_read(tar, entry, UINT64_MAX, &byte, 1) ==
		HELIOS_INVALID_PARAM);
	if (entry->size == 0)
		return;
	fuzz_check(helios_tar_read(tar, entry, entry->size - 1, &byte, 1) ==
		HELIOS_OK);
	fuzz_check((uint8_t)byte == archive[entry->data + entry->size - 1]);
	fuzz_check(helios_tar_read(tar, entry, entry->size - 1, &byte, 2) ==
		HELIOS_INVALID_PARAM);
}

/* By name one finds it, or one of the same name before it. */
static void
check_find(const struct helios_tar *tar, const struct helios_tar_entry *entry)
{
	struct helios_tar_entry found;
	void *p = NULL;
	size_t size = 0;

	fuzz_check(helios_tar_find(tar, entry->name, &found) == HELIOS_OK);
	fuzz_check(found.data <= entry->data);
	fuzz_check(strcmp(found.name, entry->name) == 0);
	fuzz_check(helios_tar_load(tar, entry->name, &p, &size) == HELIOS_OK);
	fuzz_check(size == found.size);
	fuzz_check(memcmp(p, archive + found.data, size) == 0);
	helios_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct helios_tar tar = { read_checked, &tar, size };
	struct helios_tar_entry entry;
	enum helios_status status = HELIOS_OK;
	uint64_t at = 0;

	archive = data;
	while ((status = helios_tar_entry(&tar, at, &entry)) == HELIOS_OK) {
		fuzz_check(fuzz_string(entry.name));
		fuzz_check(entry.data == at + BLOCK);
		fuzz_check(entry.size <= size - entry.data);
		fuzz_check(entry.next > at);
		check_contents(&tar, &entry);
		check_find(&tar, &entry);
		at = entry.next;
	}
	/* What is wrong is at the place where it stopped. */
	fuzz_check(status == HELIOS_WOULD_BLOCK ||
		(status == HELIOS_INVALID_PARAM && helios_detail() == at));
	return 0;
}
