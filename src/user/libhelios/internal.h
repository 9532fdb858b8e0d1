/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the library share.
 */
#ifndef LIBHELIOS_INTERNAL_H
#define LIBHELIOS_INTERNAL_H

#include <libhelios.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* Per thread. */
struct helios_tls {
	struct helios_thread *self;
	struct helios_ipcbuf *ipcbuf;
	uint64_t detail;
};

extern HIDDEN _Thread_local struct helios_tls helios_tls;

/* Room above the thread pointer: its own address, and what compilers keep
 * at fixed offsets there. */
#define HELIOS_TCB_SIZE		64u

enum helios_thread_owner {
	THREAD_JOINABLE,
	THREAD_TAKEN,			/* joined, killed or detached */
};

struct helios_thread {
	helios_cap_t task;
	helios_cap_t note;		/* signalled at its end */
	_Atomic uint32_t owner;		/* enum helios_thread_owner */
	_Atomic uint32_t started;
	_Atomic uint32_t ended;
	bool main;
	void *(*fn)(void *);
	void *arg;
	void *value;
	struct helios_ipcbuf *ipcbuf;
	char *map;			/* all of it but the guards */
	size_t map_size;
	size_t stack_size;		/* at map */
	struct helios_thread *next;	/* detached ones */
};

extern HIDDEN struct helios_thread helios_main_thread;

/* The program's thread-local storage (PT_TLS); filled in by crt0. */
struct helios_tls_image {
	const void *data;
	size_t file_size, size, align;
};

extern HIDDEN struct helios_tls_image helios_tls_image;

HIDDEN void helios_start(uint64_t *stack);
HIDDEN void helios_thread_main(struct helios_thread *thread);
HIDDEN void helios_thread_entry(void);
HIDDEN void helios_entry_insn(void);
/* Fill in a TLS block: tp is the thread pointer. */
HIDDEN void helios_tls_fill(uint64_t tp);
/* Bytes below the thread pointer. */
HIDDEN size_t helios_tls_below(void);
HIDDEN void helios_heap_abandon(void);
HIDDEN void helios_threads_abandon(void);

static inline uint64_t
round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* Remember the detail of a failure. */
static inline enum helios_status
failed(enum helios_status status, uint64_t detail)
{
	helios_tls.detail = detail;
	return status;
}

static inline enum helios_status
result(uint64_t status, uint64_t detail)
{
	if (status != HELIOS_OK)
		helios_tls.detail = detail;
	return (enum helios_status)status;
}

#endif
