/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Mercury adds to the aux vector of the programs it starts.
 *
 * Besides these, the capabilities that libhelios works with are announced as
 * HELIOS_AT_CAP(n): a driver's cspace, vspace and first memory.
 */
#ifndef MERCURY_AUX_H
#define MERCURY_AUX_H

#include <stdint.h>

/* A service of sysinit's, by interface id: its slot. */
#define MERCURY_AT_SERVICE(id)	(0x4d53000000000000ull | (uint64_t)(id))
/* Line n of the manifest's [capabilities], from 0: its slot. */
#define MERCURY_AT_CAP(n)	(0x4d43000000000000ull | (uint64_t)(n))
/* The same, of a page with map: where it is mapped. */
#define MERCURY_AT_MAP(n)	(0x4d4d000000000000ull | (uint64_t)(n))
/* The slot of the watchdog's note. */
#define MERCURY_AT_WATCHDOG	0x4d57000000000000ull
/* The slot of the note that is bound to the program's task. */
#define MERCURY_AT_BOUND	0x4d42000000000000ull

/* The bit of the bound note by which the watchdog asks. */
#define MERCURY_WATCHDOG_BIT	(1ull << 63)

#endif
