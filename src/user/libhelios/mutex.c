/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes.  A waiter marks the word 2 before it waits, and keeps it 2 when
 * it takes the mutex since others may wait behind it; so every unlock that
 * finds 2 signals, and the note keeps a signal that comes before the wait.
 */
#include <stdatomic.h>

#include "internal.h"

#define SPINS	16u			/* yields before sleeping */
#define NAP	50000u			/* ns */

enum { FREE, TAKEN, CONTENDED };

enum helios_status
helios_mutex_new(struct helios_mutex *mutex)
{
	atomic_init(&mutex->state, FREE);
	mutex->note = HELIOS_CADDR_UNDEF;
	return helios_newnote(&mutex->note);
}

void
helios_mutex_destroy(struct helios_mutex *mutex)
{
	if (mutex->note != HELIOS_CADDR_UNDEF)
		helios_destroy(mutex->note);
	mutex->note = HELIOS_CADDR_UNDEF;
}

bool
helios_mutex_trylock(struct helios_mutex *mutex)
{
	uint32_t free = FREE;

	return atomic_compare_exchange_strong_explicit(&mutex->state, &free,
			TAKEN, memory_order_acquire, memory_order_relaxed);
}

static void
wait_turn(const struct helios_mutex *mutex, unsigned int spins)
{
	uint64_t bits;

	if (mutex->note != HELIOS_CADDR_UNDEF &&
			helios_raw_wait(mutex->note, &bits) == HELIOS_OK)
		return;
	/* No note, or it went away under us: we still exclude. */
	if (spins < SPINS)
		helios_yield();
	else
		helios_sleep(NAP);
}

void
helios_mutex_lock(struct helios_mutex *mutex)
{
	unsigned int spins;

	if (helios_mutex_trylock(mutex))
		return;
	for (spins = 0; atomic_exchange_explicit(&mutex->state, CONTENDED,
			memory_order_acquire) != FREE; spins++)
		wait_turn(mutex, spins);
}

void
helios_mutex_unlock(struct helios_mutex *mutex)
{
	uint32_t was = atomic_exchange_explicit(&mutex->state, FREE,
			memory_order_release);

	if (was == CONTENDED && mutex->note != HELIOS_CADDR_UNDEF)
		helios_raw_signal(mutex->note);
}
