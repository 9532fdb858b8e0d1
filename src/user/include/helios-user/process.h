/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process: what crt0 found out about the program it started.
 *
 * init gets its capabilities in the slots of enum helios_init_cap.  Any other
 * program gets what its starter gave it, and the starter says where it is by
 * aux entries HELIOS_AT_CAP(n), n being the slot in which init would have it.
 * A capability the program does not have is HELIOS_CADDR_UNDEF here.
 */
#ifndef HELIOS_USER_PROCESS_H
#define HELIOS_USER_PROCESS_H

#include <stddef.h>
#include <helios/bootinfo.h>
#include <helios/error.h>
#include <helios/types.h>

/* Aux entries between a starter and crt0 (the kernel gives neither). */
/* The FS base the task was started with: room for the program's TLS lies
 * below, and 64 bytes above it.  crt0 fills it. */
#define HELIOS_AT_TLS		0x48000100ull
/* The caddr of what init has in slot n (enum helios_init_cap). */
#define HELIOS_AT_CAP(n)	(0x48000110ull + (uint64_t)(n))

struct helios_process {
	/*
	 * What the library works with.  May be set while no other thread
	 * uses the library; threads share it.
	 */
	helios_cap_t cspace;
	helios_cap_t vspace;
	helios_cap_t task;		/* the main thread's */
	helios_cap_t memory;		/* new objects come from here */
	helios_cap_t system;		/* SystemControl, or UNDEF */
	helios_cap_t thread_fault;	/* fault endpoint of new threads */
	/*
	 * Called with the text by helios_panic(), if set, before anything
	 * else; when it returns the program ends.
	 */
	void (*panic)(const char *text);

	/* What crt0 found; read only. */
	const struct helios_bootinfo *bootinfo;	/* NULL: not init */
	uint64_t image_base;		/* where the program was loaded */
	uint64_t image_end;
	int argc;
	char **argv;
	char **envp;
	const uint64_t *auxv;		/* pairs, ends with type 0 */
};

extern struct helios_process helios_process;

/*
 * The program's own.  Define HELIOS_OWN_MAIN to leave this out, for a main()
 * with fewer parameters.
 */
#ifndef HELIOS_OWN_MAIN
int main(int argc, char **argv, char **envp);
#endif

/*
 * End the program.  With a SystemControl capability (init) that is POWEROFF
 * with the status, else the kernel's EXIT, which the supervisor sees as a
 * fault.  Other threads are not waited for.
 */
_Noreturn void helios_exit(int status);

/* Say why on the console (printf format), and helios_exit(127). */
_Noreturn void helios_panic(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* Value of an aux entry; fallback if there is none. */
uint64_t helios_aux(uint64_t type, uint64_t fallback);

/* Value of an environment variable, or NULL. */
const char *helios_getenv(const char *name);

/* The detail of this thread's last status other than HELIOS_OK. */
uint64_t helios_detail(void);
/* For libraries on top of this one: make it so. */
void helios_set_detail(uint64_t detail);

/* "INVALID_CTYPE", or "unknown status".  Static storage. */
const char *helios_status_name(enum helios_status status);

/* A sentence, without full stop: "capability of the wrong type". */
const char *helios_strerror(enum helios_status status);

/* "Endpoint" and so on. */
const char *helios_type_name(unsigned int type);

#endif
