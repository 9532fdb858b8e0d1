/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usrinit: a session on a serial line, for a person.
 *
 * sysinit starts it last, with all its services.  What is typed reaches it
 * through the driver of the line, and what it says goes back that way; the
 * kernel's console is only for what has to be said when there is no line.
 * When that driver dies and is restarted, the session goes on.
 *
 * Commands talk to sysinit and to drivers by generated functions alone.  A
 * command returns 0, or 1 after a line that says what was wrong.
 */
#ifndef USRINIT_H
#define USRINIT_H

#include <stdbool.h>
#include <libhelios.h>
#include <mercury/dev.h>
#include <mercury/io.h>
#include <mercury/service.h>
#include <mercury/sys.h>

#define BYTES_MAX	IPC_BYTES_MAX(0)	/* of a result */
#define NAME_SIZE	64u			/* of drivers, with a NUL */
#define WORDS_MAX	32u			/* of a command */

#define KEY_CTRL(c)	((c) & 0x1f)

/* sysinit's services. */
extern struct ipc_client procmgr, devmgr, devloader, fs, syslog;

/*
 * line.c: what is said on the line.  Output is collected: out_flush() sends
 * it to the driver.  "\n" becomes CR LF.
 */

/* Drivers that are just starting get some time.  SYS_NOENT: there is none. */
ipc_status_t line_open(uint32_t number);
uint32_t line_number(void);
/* The capability, for a program that is to write to the line too. */
helios_cap_t line_cap(void);
/* false: it cannot be written to any more.  The console said why. */
bool line_good(void);
/*
 * Its driver died, or was restarted: is it to be tried again?  Otherwise
 * *status is the reason.
 */
bool line_again(struct mercury_device *d, ipc_status_t *status);

void out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_bytes(const void *data, size_t len);
void out_flush(void);
/* Flush, and wait until everything has left the machine. */
void out_drain(void);
/* A line that says what is wrong; returns 1. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * keys.c: what is typed on it.
 */

enum { KEY_END = -1 };

/* Begin to read; not called in a batch. */
ipc_status_t keys_start(void);
/* The next byte, or KEY_END. */
int key_next(void);
/* After KEY_END: IO_EOF, or what was wrong. */
ipc_status_t keys_ended(void);
/* Wait for the end of a process, as sys_process_wait(); Ctrl-C kills it. */
ipc_status_t keys_await(struct ipc_client *process, uint64_t *value);

/* While commands run Ctrl-C is no key, but ends what it can. */
void keys_busy(bool on);
/* From here on it also cancels what the main thread waits for.  false: it
 * has come already. */
bool keys_cancelable(void);
/* No longer.  Was there one, since keys_busy()? */
bool keys_interrupted(void);

/* session.c: lines from the keyboard, until the end. */
void session_run(void);

/*
 * commands.c
 */

struct command {
	const char *name;
	const char *args;		/* for people */
	const char *help;
	int min, max;			/* arguments */
	int (*run)(int argc, char **argv);
};

/* Run the commands of a line, which is taken apart.  The last one's status. */
int commands_run(char *text);
/* Was there an exit?  *status (may be NULL): its own. */
bool commands_over(int *status);

/* A number below limit; false after a line about it. */
bool parse_number(const char *text, const char *what, uint64_t limit,
		uint64_t *out);

/*
 * drivers.c, devices.c, serial.c, files.c, processes.c
 */

int cmd_drivers(int argc, char **argv);
int cmd_driver(int argc, char **argv);
int cmd_crash(int argc, char **argv);
int cmd_kill(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_load(int argc, char **argv);

int cmd_devices(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_write(int argc, char **argv);
int cmd_serial(int argc, char **argv);
int cmd_counters(int argc, char **argv);

int cmd_ls(int argc, char **argv);
int cmd_cat(int argc, char **argv);

int cmd_ps(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_machine(int argc, char **argv);

/* The name of the driver with this number. */
ipc_status_t driver_name(uint32_t index, char name[NAME_SIZE]);
/* A driver by its name; false after a line with those there are. */
bool driver_find(const char *name, struct ipc_client *out);
void driver_drop(struct ipc_client *driver);

struct device {
	uint32_t iface, index;
	bool there;
	char driver[NAME_SIZE];
};

ipc_status_t device_get(uint32_t number, struct device *out);
/*
 * Has a driver registered it, once?  Then it is worth waiting for: sysinit
 * knows whether it will return.  Of others it cannot tell.
 */
bool device_known(uint32_t iface, uint32_t index);
/* Is this driver the line's? */
bool device_is_line(const char *driver);

/* A file; false after a line that says why not. */
bool file_open(const char *path, struct ipc_client *out, uint64_t *size);
void file_drop(struct ipc_client *file);

/* Say which processes in the background have ended. */
void jobs_report(void);
/* Kill one of them; 1 after a line. */
int job_kill(uint32_t id);

#endif
