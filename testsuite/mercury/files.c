/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initramfs, as sysinit serves it.
 */
#include "world.h"


static const char text_file[] = "One line of text.\n";

static struct ipc_client
open_file(const char *path, uint64_t *size)
{
	struct ipc_client fs = service(IO_FS_ID);
	struct ipc_client file = IPC_CLIENT(HELIOS_CADDR_UNDEF);

	CHECK_DONE(io_fs_open(&fs, path, strlen(path), size, &file.cap));
	return file;
}

TEST(file, read)
{
	struct ipc_client f;
	char text[64];
	uint64_t size, at;

	f = open_file("test/text", &size);
	CHECK_EQ(size, sizeof(text_file) - 1);
	CHECK_DONE(get_text(&f, text, 5));
	CHECK(!memcmp(text, text_file, 4));
	CHECK_DONE(get_text(&f, text, sizeof(text)));
	CHECK(!strcmp(text, text_file + 4));
	CHECK_IPC(get_text(&f, text, sizeof(text)), IO_EOF);
	CHECK_DONE(io_file_seek(&f, -3, IO_WHENCE_END, &at));
	CHECK_EQ(at, size - 3);
	CHECK_DONE(get_text(&f, text, sizeof(text)));
	CHECK(!strcmp(text, text_file + at));
	CHECK_IPC(io_file_seek(&f, -1, IO_WHENCE_SET, &at), IO_INVALID);
	CHECK_IPC(io_file_seek(&f, INT64_MIN, IO_WHENCE_END, &at),
			IO_INVALID);
	CHECK_IPC(put_text(&f, "x"), IO_READONLY);
	CHECK_DONE(io_file_close(&f));
	CHECK_IPC(get_text(&f, text, sizeof(text)), HELIOS_REVOKED);
	helios_destroy(f.cap);
}

/* The same bytes by message and by page: of this very program. */
TEST(file, pages_and_messages_agree)
{
	struct ipc_client a, b;
	uint8_t big[4000], small[4000];
	uint64_t size, at;
	size_t n, got, part;

	a = open_file("usrinit", &size);
	b = open_file("usrinit", &size);
	for (at = 0; at < size && at < 40000; at += n) {
		CHECK_DONE(mercury_read(&a, big, sizeof(big), IO_MODE_BLOCK,
					&n));
		for (got = 0; got < n; got += part)
			CHECK_DONE(mercury_read(&b, small + got, n - got < 300
						? n - got : 300,
						IO_MODE_BLOCK, &part));
		CHECK(!memcmp(big, small, n));
	}
	CHECK_DONE(io_file_close(&a));
	CHECK_DONE(io_file_close(&b));
	helios_destroy(a.cap);
	helios_destroy(b.cap);
}

TEST(file, none)
{
	struct ipc_client fs = service(IO_FS_ID);
	helios_cap_t file;
	uint64_t size;

	CHECK_IPC(io_fs_open(&fs, "none", 4, &size, &file), IO_NOENT);
	CHECK_IPC(io_fs_open(&fs, "", 0, &size, &file), IO_NOENT);
	CHECK_IPC(io_fs_open(&fs, "test/text\0", 10, &size, &file),
			IO_NOENT);
	CHECK_IPC(io_fs_list(&fs, UINT32_MAX, NULL, NULL), IO_EOF);
}

TEST(file, limit)
{
	struct ipc_client fs = service(IO_FS_ID), files[64];
	ipc_status_t status = 0;
	unsigned int n, i;

	for (n = 0; n < 64; n++) {
		files[n] = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
		status = io_fs_open(&fs, "usrinit", 7, NULL, &files[n].cap);
		if (status)
			break;
	}
	CHECK_IPC(status, IO_LIMIT);
	CHECK(n > 4);
	for (i = 0; i < n; i++) {
		CHECK_DONE(io_file_close(&files[i]));
		helios_destroy(files[i].cap);
	}
}

/* For mercury_elf.py, which knows what they should be. */
static void
tell_checksum(const char *path)
{
	struct ipc_client f;
	uint64_t size, done, sum = 0xcbf29ce484222325ull;
	uint8_t piece[4096];
	size_t n, i;

	f = open_file(path, &size);
	for (done = 0; done < size; done += n) {
		CHECK_DONE(mercury_read(&f, piece, sizeof(piece),
					IO_MODE_BLOCK, &n));
		for (i = 0; i < n; i++)
			sum = (sum ^ piece[i]) * 0x100000001b3ull;
	}
	helios_printf("file: %s %llu bytes, sum %016llx\n", path,
			(unsigned long long)size, (unsigned long long)sum);
	CHECK_DONE(io_file_close(&f));
	helios_destroy(f.cap);
}

TEST(file, checksums)
{
	struct ipc_client fs = service(IO_FS_ID);
	struct { uint64_t size; char name[300]; } entry;
	unsigned int i, drivers = 0;

	for (i = 0; ; i++) {
		size_t len = sizeof(entry) - 1;
		ipc_status_t status = io_fs_list(&fs, i, &entry, &len);

		if (status == IO_EOF)
			break;
		CHECK_DONE(status);
		CHECK(len > sizeof(entry.size));
		((char *)&entry)[len] = 0;
		if (strncmp(entry.name, "drivers/", 8) || !entry.name[8])
			continue;
		tell_checksum(entry.name);
		drivers++;
	}
	CHECK(drivers > 0);
}
