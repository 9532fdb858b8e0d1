/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program for the session to run.  Its argument says how it ends; without
 * one it never does.
 */
#include <mercury/driver.h>
#include <mercury/file.h>
#include <mercury/service.h>
#include <mercury/sys.h>

static int
use_line(const char *text)
{
	struct ipc_client line = IPC_CLIENT(mercury_service(IO_FILE_ID));

	return mercury_fprintf(&line, "guest: %s\r\n", text) ? 1 : 0;
}

/* The files are there, too. */
static int
count_files(void)
{
	struct ipc_client fs = IPC_CLIENT(mercury_service(IO_FS_ID));
	char entry[IPC_BYTES_MAX(0)];
	ipc_status_t status;
	size_t len;
	int n = -1;

	do {
		len = sizeof(entry);
		status = io_fs_list(&fs, (uint32_t)++n, entry, &len);
	} while (!status);
	return status == IO_EOF ? n : -1;
}

int
main(int argc, char **argv, char **envp)
{
	const char *what = argc > 1 ? argv[1] : "";
	volatile char *volatile nowhere = (volatile char *)8;
	unsigned long long n;

	(void)envp;
	if (!strcmp(what, "line") && argc == 3)
		return use_line(argv[2]);
	if (!strcmp(what, "log") && argc == 3)
		mercury_log("%s, %d arguments, %d files", argv[2], argc,
				count_files());
	else if (!strcmp(what, "fault"))
		*nowhere = 0;
	else if (!helios_parse_u64(what, &n))
		return (int)n;
	else
		for (;;)
			helios_sleep(1000000000);
	return 0;
}
