/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about drivers: sys::devloader and sys::driver.
 */
#include <mercury/file.h>
#include "usrinit.h"

static const char *const states[] = {
	[SYS_DRIVER_STATE_WAITING] = "waiting",
	[SYS_DRIVER_STATE_RUNNING] = "running",
	[SYS_DRIVER_STATE_BACKOFF] = "back-off",
	[SYS_DRIVER_STATE_FAILED] = "failed",
	[SYS_DRIVER_STATE_STOPPED] = "stopped",
};

ipc_status_t
driver_name(uint32_t index, char name[NAME_SIZE])
{
	size_t len = NAME_SIZE - 1;
	ipc_status_t status = sys_devloader_list(&devloader, index, name,
			&len);

	name[status ? 0 : len] = '\0';
	return status;
}

static void
complain_unknown(const char *name)
{
	char known[NAME_SIZE];
	uint32_t i;

	out("no driver '%s'; there are:", name);
	for (i = 0; !driver_name(i, known); i++)
		out(" %s", known);
	out("\n");
}

bool
driver_find(const char *name, struct ipc_client *driver)
{
	ipc_status_t status;

	*driver = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
	status = sys_devloader_find(&devloader, name, strlen(name),
			&driver->cap);
	if (status == SYS_NOENT)
		complain_unknown(name);
	else if (status)
		complain("%s: %s", name, mercury_strerror(status));
	return !status;
}

void
driver_drop(struct ipc_client *driver)
{
	sys_driver_close(driver);
	helios_destroy(driver->cap);
}

struct facts {
	enum sys_driver_state state;
	uint64_t restarts, downtime;
	char process[16];
	char about[BYTES_MAX + 1];
};

static ipc_status_t
get_facts(struct ipc_client *driver, struct facts *f)
{
	size_t len = BYTES_MAX;
	ipc_status_t status = sys_driver_state(driver, &f->state);
	uint32_t pid;

	if (!status)
		status = sys_driver_restarts(driver, &f->restarts);
	if (!status)
		status = sys_driver_downtime(driver, &f->downtime);
	if (!status)
		status = sys_driver_describe(driver, f->about, &len);
	if (status)
		return status;
	f->about[len] = '\0';
	status = sys_driver_pid(driver, &pid);
	if (status)
		strlcpy(f->process, "-", sizeof(f->process));
	else
		helios_snprintf(f->process, sizeof(f->process), "%u", pid);
	return status == SYS_STATE ? HELIOS_OK : status;
}

static void
print_row(const char *name, struct ipc_client *driver)
{
	struct facts f;
	ipc_status_t status = get_facts(driver, &f);

	if (status)
		complain("%s: %s", name, mercury_strerror(status));
	else
		out("%-16s %-9s %8llu %8s  %s\n", name, states[f.state],
				(unsigned long long)f.restarts, f.process,
				f.about);
}

int
cmd_drivers(int argc, char **argv)
{
	struct ipc_client driver;
	char name[NAME_SIZE];
	ipc_status_t status;
	uint32_t i;

	(void)argc;
	(void)argv;
	out("%-16s %-9s %8s %8s  %s\n", "NAME", "STATE", "RESTARTS",
			"PROCESS", "DESCRIPTION");
	for (i = 0; !(status = driver_name(i, name)); i++)
		if (driver_find(name, &driver)) {
			print_row(name, &driver);
			driver_drop(&driver);
		}
	return status == SYS_END ? 0 :
		complain("drivers: %s", mercury_strerror(status));
}

static ipc_status_t
print_grants(struct ipc_client *driver)
{
	char text[BYTES_MAX];
	ipc_status_t status;
	uint32_t i;
	size_t len;

	for (i = 0;; i++) {
		len = sizeof(text);
		status = sys_driver_grant(driver, i, text, &len);
		if (status)
			return status == SYS_END ? HELIOS_OK : status;
		out("  %.*s\n", (int)len, text);
	}
}

int
cmd_driver(int argc, char **argv)
{
	struct ipc_client driver;
	struct facts f;
	ipc_status_t status;

	(void)argc;
	if (!driver_find(argv[1], &driver))
		return 1;
	status = get_facts(&driver, &f);
	if (!status) {
		out("%s: %s\n", argv[1], f.about);
		out("  %s, process %s, %llu restarts", states[f.state],
				f.process, (unsigned long long)f.restarts);
		if (f.downtime)
			out(", the last one after %llu us",
				(unsigned long long)f.downtime / 1000);
		out("\n");
		status = print_grants(&driver);
	}
	driver_drop(&driver);
	return status ? complain("%s: %s", argv[1],
			mercury_strerror(status)) : 0;
}

static int
do_to(const char *name, ipc_status_t (*what)(struct ipc_client *),
		const char *done)
{
	struct ipc_client driver;
	ipc_status_t status;

	if (!driver_find(name, &driver))
		return 1;
	status = what(&driver);
	driver_drop(&driver);
	if (status == SYS_STATE)
		return complain("%s: not possible in its state; see drivers",
				name);
	if (status)
		return complain("%s: %s", name, mercury_strerror(status));
	out("%s: %s\n", name, done);
	return 0;
}

int
cmd_crash(int argc, char **argv)
{
	(void)argc;
	return do_to(argv[1], sys_driver_crash, "crashed");
}

int
cmd_kill(int argc, char **argv)
{
	unsigned long long id;

	(void)argc;
	if (!helios_parse_u64(argv[1], &id))
		return job_kill(id > UINT32_MAX ? UINT32_MAX : (uint32_t)id);
	return do_to(argv[1], sys_driver_kill, "killed");
}

int
cmd_stop(int argc, char **argv)
{
	(void)argc;
	if (device_is_line(argv[1]))
		return complain("%s: it serves the line of this session; "
				"kill starts it again", argv[1]);
	return do_to(argv[1], sys_driver_stop, "stopped");
}

int
cmd_start(int argc, char **argv)
{
	(void)argc;
	return do_to(argv[1], sys_driver_start, "started");
}

int
cmd_load(int argc, char **argv)
{
	struct ipc_client driver = IPC_CLIENT(HELIOS_CADDR_UNDEF);
	ipc_status_t status = sys_devloader_load(&devloader, argv[1],
			strlen(argv[1]), &driver.cap);

	(void)argc;
	if (status == SYS_STATE)
		return complain("%s: a driver of this name is there already",
				argv[1]);
	if (status == SYS_NOENT)
		return complain("no file '%s'; ls lists them", argv[1]);
	if (status)
		return complain("%s: %s", argv[1], mercury_strerror(status));
	driver_drop(&driver);
	out("%s: loaded\n", argv[1]);
	return 0;
}
