/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading ustar archives.  Numbers are octal digits, ended by a space or a
 * NUL; the checksum covers the header with its own field as spaces.  An
 * archive ends with a block of zeros, or where its size says.
 */
#include "internal.h"

#define BLOCK	512u

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2];
	char uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct ustar) == BLOCK, "a header is a block");

static bool
octal(const char *field, size_t len, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < len && field[i] == ' ')
		i++;
	if (i == len || field[i] < '0' || field[i] > '7')
		return false;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		n = n * 8 + (uint64_t)(field[i] - '0');
	if (i < len && field[i] != ' ' && field[i] != 0)
		return false;
	*out = n;
	return true;
}

static bool
checksum_matches(const struct ustar *h)
{
	const unsigned char *p = (const unsigned char *)h;
	const size_t at = offsetof(struct ustar, checksum);
	uint64_t sum = 0, found;
	size_t i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= at && i < at + sizeof(h->checksum) ? ' ' : p[i];
	return octal(h->checksum, sizeof(h->checksum), &found) &&
		found == sum;
}

static bool
is_zero(const struct ustar *h)
{
	const char *p = (const char *)h;
	size_t i;

	for (i = 0; i < BLOCK; i++)
		if (p[i])
			return false;
	return true;
}

/* prefix/name, without "./" in front and slashes behind. */
static void
join_name(const struct ustar *h, char *out)
{
	size_t n = strnlen(h->prefix, sizeof(h->prefix)), skip = 0, m;

	memcpy(out, h->prefix, n);
	if (n)
		out[n++] = '/';
	m = strnlen(h->name, sizeof(h->name));
	memcpy(out + n, h->name, m);
	n += m;
	out[n] = 0;
	while (out[skip] == '.' && out[skip + 1] == '/')
		skip += 2;
	n -= skip;
	memmove(out, out + skip, n + 1);
	while (n > 1 && out[n - 1] == '/')
		out[--n] = 0;
}

enum helios_status
helios_tar_entry(const struct helios_tar *tar, uint64_t offset,
		struct helios_tar_entry *out)
{
	enum helios_status status;
	struct ustar h;
	uint64_t left;

	if (offset % BLOCK || offset > tar->size)
		return failed(HELIOS_INVALID_PARAM, offset);
	if (tar->size - offset < BLOCK)
		return failed(HELIOS_WOULD_BLOCK, 0);
	status = tar->read(tar->cookie, offset, &h, BLOCK);
	if (status != HELIOS_OK)
		return status;
	if (is_zero(&h))
		return failed(HELIOS_WOULD_BLOCK, 0);
	left = tar->size - offset - BLOCK;
	if (memcmp(h.magic, "ustar", 5) || !checksum_matches(&h) ||
			!octal(h.size, sizeof(h.size), &out->size) ||
			!octal(h.mode, sizeof(h.mode), &out->mode) ||
			out->size > left)
		return failed(HELIOS_INVALID_PARAM, offset);
	join_name(&h, out->name);
	out->type = h.type ? h.type : '0';
	out->data = offset + BLOCK;
	/* The last contents need not be padded. */
	out->next = out->data + round_up(out->size, BLOCK);
	if (out->next > tar->size)
		out->next = round_up(tar->size, BLOCK);
	return HELIOS_OK;
}

enum helios_status
helios_tar_find(const struct helios_tar *tar, const char *name,
		struct helios_tar_entry *out)
{
	enum helios_status status;
	uint64_t at = 0;

	for (;;) {
		if (at >= tar->size)
			return failed(HELIOS_WOULD_BLOCK, 0);
		status = helios_tar_entry(tar, at, out);
		if (status != HELIOS_OK || !strcmp(out->name, name))
			return status;
		at = out->next;
	}
}

enum helios_status
helios_tar_read(const struct helios_tar *tar,
		const struct helios_tar_entry *entry, uint64_t offset,
		void *buf, size_t len)
{
	if (offset > entry->size || len > entry->size - offset)
		return failed(HELIOS_INVALID_PARAM, 2);
	return tar->read(tar->cookie, entry->data + offset, buf, len);
}

enum helios_status
helios_tar_load(const struct helios_tar *tar, const char *name, void **data,
		size_t *size)
{
	struct helios_tar_entry entry;
	enum helios_status status = helios_tar_find(tar, name, &entry);
	void *p;

	if (status != HELIOS_OK)
		return status;
	p = helios_malloc(entry.size);
	if (!p)
		return failed(HELIOS_NOMEM, entry.size / HELIOS_PAGE_SIZE + 1);
	status = helios_tar_read(tar, &entry, 0, p, entry.size);
	if (status != HELIOS_OK) {
		helios_free(p);
		return status;
	}
	*data = p;
	*size = entry.size;
	return HELIOS_OK;
}

static enum helios_status
read_pages(void *cookie, uint64_t offset, void *buf, size_t len)
{
	const struct helios_bootinfo *info = cookie;
	char *p = buf;

	while (len > 0) {
		uint64_t at = offset % HELIOS_PAGE_SIZE;
		size_t n = HELIOS_PAGE_SIZE - at;
		enum helios_status status;

		if (n > len)
			n = len;
		status = helios_page_read(info->initramfs_first +
				(helios_cap_t)(offset / HELIOS_PAGE_SIZE),
				at, p, n);
		if (status != HELIOS_OK)
			return status;
		p += n;
		offset += n;
		len -= n;
	}
	return HELIOS_OK;
}

enum helios_status
helios_tar_initramfs(struct helios_tar *out)
{
	const struct helios_bootinfo *info = helios_process.bootinfo;

	if (!info)
		return failed(HELIOS_MISSING_PART, 0);
	out->read = read_pages;
	out->cookie = (void *)(uint64_t)info;
	out->size = info->initramfs_size;
	return HELIOS_OK;
}

static enum helios_status
read_memory(void *cookie, uint64_t offset, void *buf, size_t len)
{
	memcpy(buf, (const char *)cookie + offset, len);
	return HELIOS_OK;
}

void
helios_tar_memory(struct helios_tar *out, const void *data, size_t size)
{
	out->read = read_memory;
	out->cookie = (void *)(uint64_t)data;
	out->size = size;
}
