/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From arguments to exit status.
 *
 * The status is that of the command exit, or of the last one of a batch; 0
 * when the input ends; 1 if there is no line, or no longer; 2 for arguments
 * that make no sense.  sysinit switches the machine off with it.
 */
#include <mercury/file.h>
#include "usrinit.h"

#define USAGE	"usage: usrinit [--line=N] [-c 'COMMAND; COMMAND...']\n"

struct ipc_client procmgr, devmgr, devloader, fs, syslog;

static struct {
	uint32_t line;
	const char *batch;
} options;

static const struct {
	uint32_t iface;
	const char *name;
	struct ipc_client *client;
} services[] = {
	{ SYS_PROCMGR_ID, "sys::procmgr", &procmgr },
	{ SYS_DEVMGR_ID, "sys::devmgr", &devmgr },
	{ SYS_DEVLOADER_ID, "sys::devloader", &devloader },
	{ IO_FS_ID, "io::fs", &fs },
	{ SYS_LOG_ID, "sys::log", &syslog },
};

static bool
find_services(void)
{
	size_t i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		services[i].client->cap = mercury_service(services[i].iface);
		if (services[i].client->cap == HELIOS_CADDR_UNDEF) {
			helios_printf("usrinit: expected to be started by "
				"sysinit with %s\n", services[i].name);
			return false;
		}
	}
	return true;
}

static bool
parse_line(const char *text)
{
	unsigned long long n;

	if (helios_parse_u64(text, &n) || n > UINT32_MAX) {
		helios_printf("usrinit: --line: expected the number of a "
				"dev::serial, found '%s'\n", text);
		return false;
	}
	options.line = (uint32_t)n;
	return true;
}

static bool
parse_options(char **argv)
{
	for (argv++; *argv; argv++) {
		if (!strncmp(*argv, "--line=", 7)) {
			if (!parse_line(*argv + 7))
				return false;
		} else if (!strcmp(*argv, "-c") && argv[1]) {
			options.batch = *++argv;
		} else {
			helios_printf("usrinit: unexpected argument '%s'\n"
					USAGE, *argv);
			return false;
		}
	}
	return true;
}

static int
run_batch(void)
{
	size_t size = strlen(options.batch) + 1;
	char *text = malloc(size);
	int status;

	if (!text) {
		helios_printf("usrinit: no memory for %zu bytes of commands\n",
				size);
		return 1;
	}
	memcpy(text, options.batch, size);
	status = commands_run(text);
	commands_over(&status);
	free(text);
	return status;
}

static int
say_end(void)
{
	if (keys_ended() == IO_EOF) {
		helios_printf("usrinit: end of input on dev::serial %u\n",
				options.line);
		return 0;
	}
	if (keys_ended() && line_good())
		helios_printf("usrinit: cannot read dev::serial %u: %s\n",
				options.line, mercury_strerror(keys_ended()));
	return keys_ended() ? 1 : 0;
}

static int
run_session(void)
{
	ipc_status_t status = keys_start();
	int exit_status;

	if (status) {
		helios_printf("usrinit: cannot read dev::serial %u: %s\n",
				options.line, mercury_strerror(status));
		return 1;
	}
	out("\nHelios " HELIOS_VERSION "; help lists the commands\n");
	session_run();
	out_drain();
	if (commands_over(&exit_status))
		return exit_status;
	return say_end();
}

int
main(int argc, char **argv, char **envp)
{
	ipc_status_t status;
	int result;

	(void)envp;
	if (argc > 0 && !parse_options(argv))
		return 2;
	if (!find_services())
		return 1;
	status = line_open(options.line);
	if (status) {
		helios_printf("usrinit: no line for a session: dev::serial "
			"%u: %s\n", options.line, mercury_strerror(status));
		return 1;
	}
	result = options.batch ? run_batch() : run_session();
	out_drain();
	return line_good() ? result : 1;
}
