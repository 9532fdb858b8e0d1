/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about processes: sys::procmgr and sys::process.
 *
 * A program is given what it can make use of without harm: the log, the
 * files, the devices, and under io::file the line, to write to.
 */
#include <mercury/file.h>
#include "usrinit.h"

enum { JOBS = 8 };

/* Programs in the background. */
static struct job {
	struct ipc_client process;	/* UNDEF: none */
	uint32_t id;
	char name[NAME_SIZE];
} jobs[JOBS];

static unsigned int njobs;

static const char *const states[] = {
	[SYS_PROCESS_STATE_NEW] = "new",
	[SYS_PROCESS_STATE_RUNNING] = "running",
	[SYS_PROCESS_STATE_ENDED] = "ended",
};

/* As procmgr.list gives it. */
struct entry {
	uint64_t id, maker, state, cpu_ns, quota, free;
	char name[BYTES_MAX - 6 * sizeof(uint64_t) + 1];
};

static ipc_status_t
process_after(uint64_t id, struct entry *e)
{
	size_t len = BYTES_MAX;
	ipc_status_t status = sys_procmgr_list(&procmgr, (uint32_t)id, e,
			&len);

	if (status)
		return status;
	if (len <= 6 * sizeof(uint64_t) || e->state > SYS_PROCESS_STATE_ENDED)
		return IPC_MALFORMED;
	((char *)e)[len] = '\0';
	return HELIOS_OK;
}

int
cmd_ps(int argc, char **argv)
{
	ipc_status_t status;
	struct entry e = { .id = 0 };

	(void)argc;
	(void)argv;
	out("%5s %5s  %-8s %10s %7s %7s  %s\n", "ID", "MAKER", "STATE",
			"CPU ms", "PAGES", "FREE", "NAME");
	while (!(status = process_after(e.id, &e)))
		out("%5llu %5llu  %-8s %6llu.%03llu %7llu %7llu  %s\n",
			(unsigned long long)e.id, (unsigned long long)e.maker,
			states[e.state],
			(unsigned long long)e.cpu_ns / 1000000,
			(unsigned long long)e.cpu_ns / 1000 % 1000,
			(unsigned long long)e.quota,
			(unsigned long long)e.free, e.name);
	return status == SYS_END ? 0 :
		complain("ps: %s", mercury_strerror(status));
}

static void
process_drop(struct ipc_client *process)
{
	sys_process_close(process);
	helios_destroy(process->cap);
	process->cap = HELIOS_CADDR_UNDEF;
}

static ipc_status_t
give_all(struct ipc_client *process)
{
	ipc_status_t status = sys_process_give(process, syslog.cap,
			SYS_LOG_ID);

	if (!status)
		status = sys_process_give(process, fs.cap, IO_FS_ID);
	if (!status)
		status = sys_process_give(process, devmgr.cap, SYS_DEVMGR_ID);
	if (!status)
		status = sys_process_give(process, line_cap(), IO_FILE_ID);
	return status;
}

static ipc_status_t
set_up(struct ipc_client *process, int argc, char **argv)
{
	ipc_status_t status = HELIOS_OK;
	int i;

	for (i = 0; !status && i < argc; i++)
		status = sys_process_arg(process, argv[i], strlen(argv[i]));
	if (!status)
		status = give_all(process);
	if (!status)
		status = sys_process_start(process);
	return status;
}

static bool
start(struct ipc_client *process, int argc, char **argv)
{
	ipc_status_t status;

	*process = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
	status = sys_procmgr_new(&procmgr, 0, &process->cap);
	if (!status) {
		status = set_up(process, argc, argv);
		if (status)
			process_drop(process);
	}
	if (status == SYS_NOENT)
		complain("no file '%s'; ls lists them", argv[0]);
	else if (status)
		complain("%s: %s", argv[0], mercury_strerror(status));
	return !status;
}

static const char *
fault_name(uint64_t kind)
{
	switch (kind) {
	case HELIOS_FAULT_PAGE:
		return "page fault";
	case HELIOS_FAULT_EXCEPTION:
		return "exception of the processor";
	case HELIOS_FAULT_CAPABILITY:
		return "capability fault";
	case HELIOS_FAULT_SYSCALL:
		return "system call instruction";
	default:
		return "fault";
	}
}

/* How it ended; 0 if with status 0. */
static int
report(const char *name, struct ipc_client *process, uint64_t value)
{
	enum sys_ending how;
	ipc_status_t status = sys_process_how(process, &how);

	if (status)
		return complain("%s: %s", name, mercury_strerror(status));
	if (how == SYS_ENDING_FAULT)
		return complain("%s: %s; the console says where", name,
				fault_name(value));
	if (how == SYS_ENDING_KILLED)
		return complain("%s: killed", name);
	out("%s: exit status %llu\n", name, (unsigned long long)value);
	return value == 0 ? 0 : 1;
}

static int
run_foreground(int argc, char **argv)
{
	struct ipc_client process;
	ipc_status_t status;
	uint64_t value;
	int result;

	if (!start(&process, argc, argv))
		return 1;
	status = keys_await(&process, &value);
	if (status)
		result = complain("%s: %s", argv[0],
				mercury_strerror(status));
	else
		result = report(argv[0], &process, value);
	process_drop(&process);
	return result;
}

static int
run_background(int argc, char **argv)
{
	struct job *job = &jobs[njobs];

	if (njobs == JOBS)
		return complain("%d programs run in the background already",
				JOBS);
	if (!start(&job->process, argc, argv))
		return 1;
	strlcpy(job->name, argv[0], sizeof(job->name));
	if (sys_process_pid(&job->process, &job->id))
		job->id = 0;
	njobs++;
	out("%s: process %u\n", job->name, job->id);
	return 0;
}

int
cmd_run(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[argc - 1], "&"))
		return run_background(argc - 2, argv + 1);
	return run_foreground(argc - 1, argv + 1);
}

static void
job_forget(struct job *job)
{
	process_drop(&job->process);
	*job = jobs[--njobs];
}

void
jobs_report(void)
{
	enum sys_ending how;
	uint64_t value;
	unsigned int i = 0;

	while (i < njobs) {
		struct job *job = &jobs[i];

		/* It runs: that is no state to say how it ended. */
		if (sys_process_how(&job->process, &how) == SYS_STATE) {
			i++;
			continue;
		}
		if (!sys_process_wait(&job->process, &value)) {
			out("process %u, ", job->id);
			report(job->name, &job->process, value);
		}
		job_forget(job);
	}
}

int
job_kill(uint32_t id)
{
	unsigned int i;
	ipc_status_t status;

	for (i = 0; i < njobs; i++) {
		if (jobs[i].id != id)
			continue;
		status = sys_process_kill(&jobs[i].process);
		return status ? complain("process %u: %s", id,
				mercury_strerror(status)) : 0;
	}
	return complain("no process %u in the background of this session; "
			"drivers are killed by name", id);
}

static uint32_t
count_processes(void)
{
	struct entry e = { .id = 0 };
	uint32_t n = 0;

	while (!process_after(e.id, &e))
		n++;
	return n;
}

int
cmd_machine(int argc, char **argv)
{
	struct helios_memory_info memory;
	struct device device;
	char name[NAME_SIZE];
	uint64_t now = helios_clock();
	uint32_t ndrivers = 0, ndevices = 0;

	(void)argc;
	(void)argv;
	while (!driver_name(ndrivers, name))
		ndrivers++;
	while (!device_get(ndevices, &device))
		ndevices++;
	out("Helios %s, up %llu.%03llu s\n", HELIOS_VERSION,
			(unsigned long long)now / 1000000000,
			(unsigned long long)now / 1000000 % 1000);
	out("%u processes, %u drivers, %u devices\n", count_processes(),
			ndrivers, ndevices);
	if (helios_memory_info(helios_process.memory, &memory) == HELIOS_OK)
		out("this session: %llu of %llu pages are free\n",
				(unsigned long long)memory.free,
				(unsigned long long)memory.pages);
	return 0;
}
