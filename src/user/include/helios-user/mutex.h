/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutual exclusion.
 *
 * A mutex is a word: 0 free, 1 taken, 2 taken and perhaps waited for.  The
 * uncontended paths are one atomic instruction; contended ones wait on a
 * Note.  A mutex without a note (HELIOS_MUTEX_INIT) yields, and then sleeps
 * in short steps so that a holder of lower priority can go on; the library
 * uses that kind, because it must work before any object was made.
 *
 * Not recursive.  A holder that dies keeps it.
 */
#ifndef HELIOS_USER_MUTEX_H
#define HELIOS_USER_MUTEX_H

#include <stdbool.h>
#include <helios/error.h>
#include <helios/types.h>

struct helios_mutex {
	_Atomic uint32_t state;
	helios_cap_t note;		/* UNDEF: none */
};

#define HELIOS_MUTEX_INIT { 0, HELIOS_CADDR_UNDEF }

/* With a note of its own; helios_mutex_destroy() frees it. */
enum helios_status helios_mutex_new(struct helios_mutex *mutex);
/* Free, and not used by anybody any more. */
void helios_mutex_destroy(struct helios_mutex *mutex);

void helios_mutex_lock(struct helios_mutex *mutex);
/* true: taken. */
bool helios_mutex_trylock(struct helios_mutex *mutex);
/* The caller holds it. */
void helios_mutex_unlock(struct helios_mutex *mutex);

#endif
