/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about the files of the initramfs: io::fs and io::file.
 */
#include <mercury/file.h>
#include "usrinit.h"

bool
file_open(const char *path, struct ipc_client *file, uint64_t *size)
{
	ipc_status_t status;

	*file = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
	status = io_fs_open(&fs, path, strlen(path), size, &file->cap);
	if (status == IO_NOENT)
		complain("no file '%s'; ls lists them", path);
	else if (status)
		complain("%s: %s", path, mercury_strerror(status));
	return !status;
}

void
file_drop(struct ipc_client *file)
{
	io_file_close(file);
	helios_destroy(file->cap);
}

int
cmd_ls(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[1] : "*";
	struct {
		uint64_t size;
		char name[BYTES_MAX - sizeof(uint64_t) + 1];
	} entry;
	ipc_status_t status;
	uint32_t i, shown = 0;
	size_t len;

	for (i = 0;; i++) {
		len = BYTES_MAX;
		status = io_fs_list(&fs, i, &entry, &len);
		if (status || len < sizeof(entry.size))
			break;
		entry.name[len - sizeof(entry.size)] = '\0';
		if (!helios_glob(pattern, entry.name))
			continue;
		out("%10llu  %s\n", (unsigned long long)entry.size,
				entry.name);
		shown++;
	}
	if (status != IO_EOF)
		return complain("ls: %s", mercury_strerror(status ? status :
				IPC_MALFORMED));
	return shown > 0 ? 0 : complain("no file matches '%s'", pattern);
}

int
cmd_cat(int argc, char **argv)
{
	struct ipc_client file;
	char data[MERCURY_INLINE];
	ipc_status_t status;
	uint64_t size;
	size_t len;

	(void)argc;
	if (!file_open(argv[1], &file, &size))
		return 1;
	while (!(status = mercury_read(&file, data, sizeof(data),
			IO_MODE_BLOCK, &len))) {
		if (memchr(data, '\0', len)) {
			file_drop(&file);
			return complain("%s: not a text; it has %llu bytes",
				argv[1], (unsigned long long)size);
		}
		out_bytes(data, len);
	}
	file_drop(&file);
	return status == IO_EOF ? 0 : complain("%s: %s", argv[1],
			mercury_strerror(status));
}
