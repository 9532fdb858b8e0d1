/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysinit: from the start to the loop.
 *
 * Whatever comes, comes to one endpoint: requests, and the faults of the
 * processes, told apart by the badge's handle and the tag.  With deadlines
 * set the loop polls; without, a turn is one system call.
 */
#include "sysinit.h"

/* process.give and devregistry.new bring one, a file's read some pages. */
#define ACCEPT		IO_FILE_ACCEPT

#define LINE		256u
#define USRINIT		"usrinit"

helios_cap_t sys_endpoint;
struct helios_tar sys_tar;

/* One write, so that lines do not mix. */
void
say(const char *fmt, ...)
{
	static const char prefix[] = "sysinit: ";
	char line[LINE];
	size_t len = sizeof(prefix) - 1, room = sizeof(line) - len - 1;
	va_list ap;
	int n;

	memcpy(line, prefix, len);
	va_start(ap, fmt);
	n = helios_vsnprintf(line + len, room, fmt, ap);
	va_end(ap);
	len += (size_t)n < room ? (size_t)n : room - 1;
	log_clean(line, len);
	line[len++] = '\n';
	helios_writecons(line, len);
}

void
sys_shutdown(int status)
{
	const struct helios_bootinfo *info = helios_process.bootinfo;

	/* The last chance for a kernel with checks to tell of a mistake. */
	if (info->flags & HELIOS_BOOT_DEBUG)
		helios_system_check(helios_process.system, NULL);
	helios_exit(status);
}

typedef void request_fn(struct ipc_request *rq);

static request_fn *const servers[] = {
	[HANDLE_PROCMGR] = procmgr_request,
	[HANDLE_DEVMGR] = devmgr_request,
	[HANDLE_DEVLOADER] = devloader_request,
	[HANDLE_DEVREGISTRY] = devregistry_request,
	[HANDLE_FS] = fs_request,
	[HANDLE_LOG] = log_request,
	[HANDLE_PROCESS] = process_request,
	[HANDLE_DRIVER] = driver_request,
	[HANDLE_FILE] = file_request,
	[HANDLE_PCI] = pci_request,
	[HANDLE_STATS] = stats_request,
};

/*
 * A process can have its threads fault to any capability that it may send
 * to.  Such a thread stays where it is: what a handle's owner is told to do
 * does not end others.
 */
static void
fault(const struct ipc_request *rq, const struct handle *h)
{
	struct helios_msg msg = { .tag = rq->tag, .badge = rq->badge };

	memcpy(msg.words, helios_ipcbuf()->words, sizeof(msg.words));
	memcpy(msg.words, rq->words, sizeof(rq->words));
	if (h && h->kind == HANDLE_FAULT) {
		process_fault(h->object, &msg);
		return;
	}
	helios_msg_start(&msg, 1, 0, 0);
	helios_reply(&msg);
}

/* true: there is an answer. */
static bool
handle_one(struct ipc_request *rq)
{
	struct handle *h = handle_find(rq->badge);

	if (rq->tag & HELIOS_TAG_FAULT) {
		fault(rq, h);
		return false;
	}
	rq->object = h;
	if (h && h->kind < sizeof(servers) / sizeof(servers[0]) &&
			servers[h->kind])
		servers[h->kind](rq);
	else
		ipc_no_method(rq);
	return !rq->deferred;
}

/* Deadlines are looked at before each request, so that no flood of those
 * puts them off. */
static enum helios_status
receive_or_time(struct ipc_request *rq)
{
	struct helios_poll p = { sys_endpoint, HELIOS_POLL_RECV, 0 };
	enum helios_status status;

	do {
		timer_run(helios_clock());
		status = helios_poll(&p, 1, timer_next(), NULL);
		if (status == HELIOS_OK)
			status = ipc_receive_now(sys_endpoint, ACCEPT, rq);
	} while (status == HELIOS_WOULD_BLOCK);
	return status;
}

static enum helios_status
next(struct ipc_request *rq, bool answer)
{
	if (timer_next() == HELIOS_FOREVER)
		return answer ? ipc_reply_receive(sys_endpoint, ACCEPT, rq) :
			ipc_receive(sys_endpoint, ACCEPT, rq);
	if (answer)
		ipc_reply(rq);
	return receive_or_time(rq);
}

static _Noreturn void
serve(void)
{
	static struct ipc_request rq;
	bool answer = false;
	enum helios_status status;

	for (;;) {
		status = next(&rq, answer);
		if (status != HELIOS_OK)
			helios_panic("sysinit: cannot receive: %s",
					helios_strerror(status));
		answer = handle_one(&rq);
	}
}

static _Noreturn void
no_usrinit(const char *what, const char *why)
{
	say("%s: %s%s%s; powering off", USRINIT, what, why ? ": " : "",
			why ? why : "");
	sys_shutdown(1);
}

/* It has all services, and half of the memory that is left. */
static struct process *
make_usrinit(int argc, char **argv)
{
	static const uint32_t given[] = {
		SYS_PROCMGR_ID, SYS_DEVMGR_ID, SYS_DEVLOADER_ID, IO_FS_ID,
		SYS_LOG_ID, SYS_STATS_ID,
	};
	struct helios_memory_info memory;
	struct process *p;
	unsigned int n;
	bool ok;
	int i;

	if (helios_memory_info(helios_process.memory, &memory) != HELIOS_OK)
		memory.free = 0;
	p = process_new(NULL, memory.free / 2);
	if (!p)
		no_usrinit("no memory", NULL);
	p->usrinit = true;
	ok = process_arg(p, USRINIT, strlen(USRINIT));
	for (i = 1; i < argc; i++)
		ok = ok && process_arg(p, argv[i], strlen(argv[i]));
	if (!ok)
		no_usrinit("more or longer arguments than a process may have",
				NULL);
	for (n = 0; n < sizeof(given) / sizeof(given[0]); n++) {
		p->given[n].cap = HELIOS_CADDR_UNDEF;
		p->given[n].iface = given[n];
	}
	p->ngiven = n;
	return p;
}

static void
start_usrinit(int argc, char **argv)
{
	struct process *p = make_usrinit(argc, argv);
	struct load load = { .task_flags = HELIOS_TASK_WRITECONS };
	enum helios_status status;
	const char *why;
	void *image;

	status = sys_file(USRINIT, &image, &load.size);
	if (status != HELIOS_OK)
		no_usrinit("cannot be loaded", status == HELIOS_WOULD_BLOCK ?
				"the initramfs has no such file" :
				helios_strerror(status));
	load.image = image;
	status = process_load(p, &load, &why);
	free(image);
	if (status == HELIOS_OK)
		status = process_run(p);
	if (status != HELIOS_OK)
		no_usrinit("cannot be started", why ? why :
				helios_strerror(status));
}

static void
must(enum helios_status status, const char *what)
{
	if (status != HELIOS_OK)
		helios_panic("sysinit: %s: %s", what,
				helios_strerror(status));
}

int
main(int argc, char **argv, char **envp)
{
	(void)envp;
	if (!helios_process.bootinfo)
		helios_panic("sysinit: not started by the kernel as init");
	must(helios_task_set_priority(helios_process.task, PRIORITY_SELF,
			HELIOS_PRIORITIES - 1), "own priority");
	must(helios_newendpoint(&sys_endpoint), "endpoint");
	must(helios_tar_initramfs(&sys_tar), "initramfs");
	fs_start();
	pci_scan();
	drivers_start();
	start_usrinit(argc, argv);
	serve();
}
