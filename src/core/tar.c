/* SPDX-License-Identifier: BSD-2-Clause */
#include <image.h>

#define BLOCK	512u

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, linkname[100], magic[6], version[2];
	char uname[32], gname[32], devmajor[8], devminor[8], prefix[155];
	char pad[12];
};

_Static_assert(sizeof(struct ustar) == BLOCK, "one block");

/* A field of octal digits that ends at a space, a NUL or its end. */
static bool
octal(const char *field, size_t len, uint64_t *value)
{
	size_t i = 0;

	*value = 0;
	while (i < len && field[i] == ' ')
		i++;
	if (i == len || field[i] < '0' || field[i] > '7')
		return false;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*value = *value << 3 | (uint64_t)(field[i] - '0');
	return i == len || field[i] == ' ' || field[i] == '\0';
}

/* Sum of all bytes, those of the checksum field counting as spaces. */
static uint64_t
checksum(const struct ustar *h)
{
	const unsigned char *p = (const unsigned char *)h;
	const size_t at = offsetof(struct ustar, checksum);
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= at && i < at + sizeof(h->checksum) ? ' ' : p[i];
	return sum;
}

static bool
is_zero(const char *block)
{
	size_t i;

	for (i = 0; i < BLOCK; i++)
		if (block[i] != 0)
			return false;
	return true;
}

/* Does the field (NUL-padded) hold this name, "./" before it allowed? */
static bool
name_is(const struct ustar *h, const char *name)
{
	const char *field = h->name;
	size_t i = 0, len = sizeof(h->name);

	if (h->prefix[0] != '\0')
		return false;
	if (field[0] == '.' && field[1] == '/') {
		field += 2;
		len -= 2;
	}
	while (i < len && name[i] != '\0' && field[i] == name[i])
		i++;
	return name[i] == '\0' && (i == len || field[i] == '\0');
}

static bool
check_header(const struct ustar *h, uint64_t at, uint64_t *size,
		struct error_text *err)
{
	uint64_t sum;

	if (__builtin_memcmp(h->magic, "ustar", 5) != 0)
		return image_error(err, "initramfs: a ustar header expected "
			"at byte %lu, found something else", at);
	if (!octal(h->checksum, sizeof(h->checksum), &sum) ||
			sum != checksum(h))
		return image_error(err, "initramfs: header at byte %lu: "
			"checksum %lu expected, %lu found", at, checksum(h),
			sum);
	if (!octal(h->size, sizeof(h->size), size))
		return image_error(err, "initramfs: header at byte %lu: "
			"an octal size expected", at);
	return true;
}

/* The whole archive is walked, so that a truncated one is never used. */
bool
tar_find(const char *tar, uint64_t size, const char *name, const char **data,
		uint64_t *len, struct error_text *err)
{
	uint64_t at = 0, body, blocks;
	bool found = false;

	for (;; at += BLOCK + blocks) {
		const struct ustar *h = (const void *)(tar + at);

		if (size - at < BLOCK)
			return image_error(err, "initramfs: a ustar archive "
				"that ends in a zero block expected, it is "
				"empty or truncated at byte %lu", size);
		if (is_zero(tar + at))
			break;
		if (!check_header(h, at, &body, err))
			return false;
		blocks = body + (BLOCK - body % BLOCK) % BLOCK;
		if (blocks < body || blocks > size - at - BLOCK)
			return image_error(err, "initramfs: truncated: the "
				"file at byte %lu has %lu bytes, %lu are "
				"left", at, body, size - at - BLOCK);
		if (found || !name_is(h, name) ||
				(h->type != '0' && h->type != '\0'))
			continue;
		found = true;
		*data = tar + at + BLOCK;
		*len = body;
	}
	if (!found)
		return image_error(err, "initramfs: a program \"%s\" "
			"expected, the archive has none", name);
	return true;
}
