/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes of the kernel's state, for "nothing has changed".
 */
#ifndef UNIT_SNAPSHOT_H
#define UNIT_SNAPSHOT_H

#include <stdint.h>

struct memory;

/* The free blocks of one Memory, as a set. */
uint64_t snapshot_free(const struct memory *m);

/*
 * All that can be observed: what each frame is and whose, free blocks as
 * sets, every slot with its place in the derivation and in its free list,
 * every task but for the registers a call returns in, page tables, and the
 * bytes of all small objects.  The scheduler's clock and queues are not in
 * it.
 */
uint64_t snapshot_all(void);

#endif
