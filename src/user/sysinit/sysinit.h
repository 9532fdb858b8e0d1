/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysinit: the first program.  It starts the drivers of the initramfs, then
 * usrinit, and looks after both.
 *
 * One thread, one endpoint, one loop (main.c): requests, faults of processes
 * and deadlines come in there.  sysinit never waits for anybody else: it
 * answers at once or keeps the Reply, and it makes no call to a program.  So
 * nothing that a program does, or leaves undone, can stop it.
 *
 * Every capability to that endpoint that leaves sysinit is badged with a
 * handle (handle.c): what it stands for, and whose it is.  A process has a
 * limited number of handles; when it ends, they are revoked with all that
 * was derived from them.
 *
 * Memory: a process has a quota, a Memory carved from its maker's (sysinit's
 * own for drivers and usrinit).  Its program and the processes that it makes
 * come from there, so that destroying it ends them all and brings back every
 * page.  sysinit's records of it are freed by process_end().
 *
 * Times are absolute, in nanoseconds since boot.
 */
#ifndef SYSINIT_H
#define SYSINIT_H

#include <stdbool.h>
#include <libhelios.h>
#include <mercury/aux.h>
#include <mercury/ipc.h>
#include <mercury/manifest.h>
#include <mercury/sys.h>
#include <mercury/io.h>

#define MS	1000000ull		/* ns */

/* What one process may have, so that it cannot take what others need. */
#define HANDLES_EACH	32u		/* handles owned */
#define CHILDREN_EACH	16u		/* processes made, ended ones included
					 * until closed */
#define WAITERS_EACH	16u		/* replies owed to it */
#define ARGUMENT_BYTES	4096u		/* of a process: arguments and
					 * environment, with their NULs */
#define STRINGS_EACH	256u		/* their number */
#define GIVEN_EACH	16u		/* capabilities by process.give */

/* And in all.  Handles (with those for faults) and waiters are enough for
 * all processes to have as many as they may: nobody can take another's. */
#define PROCESSES	64u		/* made by others than sysinit */
#define DRIVERS		32u
#define DEVICES		128u
#define HOLDERS		(PROCESSES + DRIVERS + 1)	/* and usrinit */
#define HANDLES		(HOLDERS * (HANDLES_EACH + 1))
#define WAITERS		(HOLDERS * WAITERS_EACH)

/* Nobody is above sysinit; all it starts are equals, so that one that spins
 * takes its share and no more. */
#define PRIORITY_SELF	130u
#define PRIORITY_CHILD	100u

struct process;
struct driver;

/*
 * main.c
 */

extern helios_cap_t sys_endpoint;	/* unbadged: sysinit's alone */

/* A line on the console: "sysinit: ...". */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The initramfs. */
extern struct helios_tar sys_tar;

/* fs.c: find out what is in it. */
void fs_start(void);

/* Power off with this status: when usrinit ended. */
_Noreturn void sys_shutdown(int status);

/*
 * timer.c: one list of deadlines.  A timer is part of what it belongs to.
 */
struct timer {
	struct timer *next;
	uint64_t at;			/* 0: not set */
	void (*fn)(struct timer *t);
};

void timer_set(struct timer *t, uint64_t at, void (*fn)(struct timer *t));
void timer_stop(struct timer *t);
uint64_t timer_next(void);		/* HELIOS_FOREVER: none */
void timer_run(uint64_t now);

/*
 * handle.c: what the badges of sysinit's endpoint mean.
 */

enum handle_kind {
	HANDLE_FREE,
	HANDLE_FAULT,			/* object: struct process */
	HANDLE_PROCMGR,			/* no object: the services */
	HANDLE_DEVMGR,
	HANDLE_DEVLOADER,
	HANDLE_DEVREGISTRY,
	HANDLE_FS,
	HANDLE_LOG,
	HANDLE_STATS,
	HANDLE_PROCESS,			/* object: struct process */
	HANDLE_DRIVER,			/* object: struct driver */
	HANDLE_FILE,			/* object: struct file, fs.c */
	HANDLE_PCI,			/* object: struct pci_function */
};

struct handle {
	enum handle_kind kind;
	uint32_t generation;		/* of this place in the table */
	struct process *owner;
	void *object;
	helios_cap_t cap;		/* minted; the holder's is its copy */
	uint64_t detail;		/* for the kind's own use */
};

/*
 * A new handle of owner's, with rights SEND and GRANT.  NOMEM if owner or
 * the table is at its limit (owner NULL has none), or the kernel's status.
 */
enum helios_status handle_new(enum handle_kind kind, struct process *owner,
		void *object, struct handle **out);
/* Revoke it, and all copies. */
void handle_close(struct handle *h);
/* The handle a badge stands for; NULL: of one that was closed. */
struct handle *handle_find(uint64_t badge);
/* All handles of a process, or all of a kind to an object. */
void handle_close_owned(struct process *owner);
void handle_close_object(enum handle_kind kind, const void *object);
/* How many are in use. */
unsigned int handle_count(void);
/* The service of sysinit with this interface id: its kind, or HANDLE_FREE. */
enum handle_kind handle_service(uint32_t iface);

/*
 * A request: rq->object is the handle.  The dispatch functions of the kinds,
 * each in its server's file.  In them caller(rq) is who asks.
 */
static inline struct handle *
request_handle(const struct ipc_request *rq)
{
	return rq->object;
}

static inline struct process *
caller(const struct ipc_request *rq)
{
	return request_handle(rq)->owner;
}

void procmgr_request(struct ipc_request *rq);
void process_request(struct ipc_request *rq);
void fs_request(struct ipc_request *rq);
void file_request(struct ipc_request *rq);
void log_request(struct ipc_request *rq);
void stats_request(struct ipc_request *rq);
void devmgr_request(struct ipc_request *rq);
void devloader_request(struct ipc_request *rq);
void devregistry_request(struct ipc_request *rq);
void driver_request(struct ipc_request *rq);
void pci_request(struct ipc_request *rq);

/*
 * log.c: may there be a line of, or about, this process now?  Those that may
 * not are counted, and their number said later.
 */
bool log_admit(struct process *p);
/* At its end. */
void log_ended(struct process *p);
/* Make text printable, so that nobody forges a line or drives a terminal. */
void log_clean(char *text, size_t len);

/*
 * waiter.c: requests that are answered later.  A Reply is kept in a list of
 * whoever will answer it, and counted against the process that asked.  When
 * that process ends its waiters are dropped.
 */
struct waiter {
	struct waiter *next;
	struct process *who;
	helios_cap_t reply;
	uint32_t key[2];		/* for the answerer's own use */
};

/*
 * Defer the request.  false: the process, or sysinit, has too many (nothing
 * was deferred; answer with limit).
 */
bool waiter_add(struct waiter **list, struct ipc_request *rq,
		const uint32_t key[2]);
/* Take the first (any, or with this key) off a list; NULL: none. */
struct waiter *waiter_take(struct waiter **list);
struct waiter *waiter_take_key(struct waiter **list, const uint32_t key[2]);
/* After its reply was used. */
void waiter_free(struct waiter *w);
/* All of a process, in whatever list: their replies are destroyed. */
void waiter_drop(const struct process *who);

/*
 * process.c
 */

enum { PROCESS_TAR_NAME = 64 };

/* Why a process ended. */
struct ending {
	enum sys_ending how;
	struct helios_fault fault;	/* how is fault, or exit (address) */
	const char *why;		/* killed: by what, static text */
};

struct process {
	uint32_t id;			/* from 1, never used again */
	struct process *next;		/* all there are, by id */
	struct process *parent;		/* NULL: sysinit */
	struct driver *driver;		/* it runs this one */
	bool usrinit;
	enum sys_process_state state;
	struct ending ending;
	char name[HELIOS_TASK_NAME];
	uint64_t quota_pages;		/* 0: what the image needs */
	helios_cap_t quota;		/* Memory: all it has; UNDEF when not
					 * running */
	helios_cap_t system;		/* Memory in quota that only sysinit
					 * allocates from, or UNDEF */
	struct handle *fault;
	struct helios_program program;
	char *strings;			/* arguments, then environment */
	size_t args_len, env_len;
	unsigned int nargs, nenv;	/* nargs first, with their NULs */
	unsigned int nhandles, nchildren, nwaiters;
	unsigned int ngiven;
	struct {
		helios_cap_t cap;	/* UNDEF: sysinit's own service */
		uint32_t iface;
	} given[GIVEN_EACH];
	struct waiter *waiting;		/* for its end */
	uint64_t started;		/* time */
	uint64_t cpu_ns;		/* of its main task, when it ended */
	uint64_t log_spent;		/* log.c: until when its lines count */
	uint64_t log_dropped;
	struct timer log_timer;
};

extern struct process *processes;

/* Its record; it does not run yet.  NULL: at a limit, or no memory. */
struct process *process_new(struct process *parent, uint64_t quota_pages);
/* Append a string; false: too long. */
bool process_arg(struct process *p, const char *text, size_t len);
bool process_env(struct process *p, const char *text, size_t len);

/* What process_load needs to know beyond the record: for drivers. */
struct load {
	const void *image;		/* 8-byte aligned; stays the caller's */
	size_t size;
	unsigned int cspace_radix;	/* 0: 8 */
	uint64_t extra_pages;		/* of quota beyond image and tables */
	uint64_t task_flags;
	/* Aux entries, pairs, naux of them (2 words each). */
	const uint64_t *aux;
	unsigned int naux;
};

/*
 * Carve its quota, load the image, with a fault endpoint and PRIORITY_CHILD;
 * suspended.  Places in its CSpace are free but for what load->aux announces
 * (the caller fills those).  Processes (not drivers) get their given
 * capabilities from slot 16 on, and a CSpace, VSpace and Task capability of
 * their own and a Memory with what is left of the quota, so that they can
 * allocate.  On an error nothing is left behind and *why (may be NULL) says
 * more, or NULL.
 */
enum helios_status process_load(struct process *p, const struct load *load,
		const char **why);
enum helios_status process_run(struct process *p);

/*
 * The end of it, whatever state it is in: everything it had goes (its own
 * children first), its waiters are answered, its record stays until
 * process_free().  Tells its driver (driver_ended) or shuts down (usrinit).
 */
void process_end(struct process *p, const struct ending *e);
/* Of its end: the exit status, or the kind of the fault, or 0. */
uint64_t process_value(const struct process *p);
/* Forget it; ends it first if it still runs. */
void process_free(struct process *p);
/* By id, NULL: none. */
struct process *process_find(uint32_t id);
/* A fault message came by this process's fault handle. */
void process_fault(struct process *p, const struct helios_msg *msg);

/* Load the whole file of the initramfs (heap, the caller frees).
 * WOULD_BLOCK: there is none. */
enum helios_status sys_file(const char *path, void **image, size_t *size);

/*
 * driver.c: the drivers, from manifest to end.  grant.c: their capabilities.
 * supervise.c: restarts and the watchdog.  driverserver.c: sys::driver and
 * sys::devloader.  registry.c: devices, sys::devregistry and sys::devmgr.
 */

/* What sysinit holds for one line of a manifest while the driver runs. */
struct grant {
	helios_cap_t cap[MANIFEST_PCI_SLOTS];	/* UNDEF: none */
	struct pci_function *pci;
	uint64_t mapped;		/* page: address in the driver */
};

struct driver {
	struct driver *next;		/* all, in the order of loading */
	char path[PROCESS_TAR_NAME];
	struct manifest manifest;
	enum sys_driver_state state;
	struct process *process;	/* while running */
	struct grant grants[MANIFEST_CAPS];
	helios_cap_t ring;		/* bound note, minted with the watchdog's
					 * bit */
	helios_cap_t watchdog;		/* note */
	bool asked;			/* and not answered yet */
	struct timer timer;		/* restart, or watchdog */
	uint64_t restarts, downtime, ended;
	uint64_t window_start;		/* of the count below */
	uint32_t in_window;
	uint64_t delay;			/* ns, of the next restart */
	uint64_t waits;			/* since when, for that restart */
	uint32_t sessions;		/* last session number given out */
	uint64_t registered;		/* time: its last device; 0: none yet */
};

extern struct driver *drivers;

/* Load all of drivers/ in the initramfs.  Prints what each is granted. */
void drivers_start(void);
/* sys::devloader.load: parse, check for conflicts, start.  *line: with
 * SYS_MANIFEST. */
ipc_status_t driver_load(const char *path, struct driver **out,
		unsigned int *line);
struct driver *driver_find(const char *name, size_t len);
/* Start one that is waiting, in back-off, failed or stopped. */
ipc_status_t driver_start(struct driver *d);
/* End it for good; STATE if it is stopped or has failed. */
ipc_status_t driver_stop(struct driver *d);
/* Its process does not run any more and its memory is about to be freed:
 * keep its devices from writing there. */
void driver_halt(struct driver *d);
/* Its process ended (by process_end): release what it had, reset devices,
 * tell the registry, restart or not.  One line says so. */
void driver_ended(struct driver *d, const struct ending *e);
/* Start those that waited for a device that is there now. */
void drivers_retry(void);

/* Make or find the capabilities of the manifest, and put them into the
 * process's CSpace.  After an error *line is that of the manifest, and
 * grants_release() is due. */
enum helios_status grants_make(struct driver *d, unsigned int *line);
void grants_release(struct driver *d);
/* Nothing is granted: of a new record. */
void grants_clear(struct driver *d);
/* Is something it asks for another driver's?  Before anything is made. */
ipc_status_t grants_check(const struct driver *d, unsigned int *line,
		char *why, size_t size);
/* Is a PCI function or device it lists not there?  Which. */
bool grants_missing(const struct driver *d, char *why, size_t size);
/* Can what it lists come to be there?  PCI functions do not. */
bool grants_possible(const struct driver *d);
/* What it is granted takes so many pages of quota. */
uint64_t grants_pages(const struct manifest *m);
/* Devices of other drivers that came back, for a running one. */
void grants_renew(struct driver *d);
/* Of an entry of [services]: its interface. */
uint32_t grants_service_id(enum manifest_service_name name);
/* As manifest_describe(), with what was found (PCI address, page); after the
 * capabilities come the services.  Negative: no such line. */
int grant_describe(const struct driver *d, unsigned int i, char *buf,
		size_t size);

/* supervise.c */
void supervise_started(struct driver *d);
/* It has ended, as the text says: restart it or not. */
void supervise_ended(struct driver *d, const char *text);
/* Start it at this time. */
void supervise_later(struct driver *d, uint64_t at);
/* Apply the manifest's [reset] lines, and reset its PCI functions. */
void supervise_reset(struct driver *d);

/* registry.c */
void registry_driver_down(struct driver *d);	/* its devices are away */
void registry_driver_failed(struct driver *d);	/* and will not return */
/* Is this device there now? */
bool registry_has(uint32_t iface, uint32_t index);
/* A capability to a device for the driver that lists it: SEND and GRANT,
 * minted into sysinit's CSpace.  NOENT if it is not there. */
ipc_status_t registry_service(uint32_t iface, uint32_t index,
		helios_cap_t *out);
/* Mint for a new session; also for sys::driver.endpoint. */
ipc_status_t registry_session(struct driver *d, helios_cap_t endpoint,
		uint32_t cookie, helios_cap_t *out);

/*
 * report.c: words for the end of a process, with the symbol of the
 * instruction from its file: "page fault: write to 0x10 at 0x1234
 * (uart_write+0x1c)".
 */
int report_ending(const struct process *p, const char *path,
		const struct ending *e, char *buf, size_t size);

/*
 * pci.c: functions on the buses that ports CF8 and CFC reach.
 */
struct pci_function {
	struct pci_function *next;
	uint16_t address;		/* bus << 8 | device << 3 | function */
	uint16_t vendor, device;
	uint32_t class;			/* 24 bits */
	uint8_t irq;			/* line; 0 or 255: none */
	struct {
		bool io;
		uint64_t base, size;	/* size 0: not there */
	} bar[MANIFEST_PCI_BARS];
	uint8_t reset_at;		/* register of PCIe FLR, 0: none */
	bool dma;
	uint64_t ready;			/* time: when its reset is over */
};

static inline bool
pci_has_irq(const struct pci_function *f)
{
	return f->irq != 0 && f->irq != 255;
}

void pci_scan(void);
/* The n-th that matches a manifest's line, free or not; NULL: none. */
struct pci_function *pci_find(const struct manifest_cap *want);
/* Interrupt, I/O, memory and bus mastering off. */
void pci_quiet(struct pci_function *f);
/* The same, and function-level reset where the function has one (PCIe FLR);
 * it can be enabled when f->ready has come. */
void pci_reset(struct pci_function *f);
/* Memory and I/O on; bus mastering if dma. */
void pci_enable(struct pci_function *f, bool dma);

#endif
