/* SPDX-License-Identifier: BSD-2-Clause */
/* Benchmarks: what the files share. */
#ifndef BENCH_H
#define BENCH_H

#include <libhelios.h>

/* Batches are short and the best one counts, for the host may be busy with
 * something else; bench-host.c measures in the same way. */
#define BATCHES		101u

struct bench_scale {
	unsigned int calls;	/* in a batch of short operations */
	unsigned int pages;	/* in a batch of fills */
	unsigned int steps;	/* of flatness: 10, 100, 1000, 10000 */
	unsigned int spaces;
};
extern struct bench_scale scale;

/* End the run with a line on why. */
void bench_check(enum helios_status status, const char *what);

/* Time of one of count calls of op, in picoseconds, in the best batch.
 * before (may be NULL) prepares each batch, untimed. */
uint64_t bench_time(void (*op)(void), unsigned int count,
		void (*before)(void));

/* One result for the host: "name value". */
void bench_result(const char *name, uint64_t value);

void bench_fills(void);
void bench_flat(void);
void bench_ipc(const char *name);
void bench_ipc_start(void);
void bench_spaces(void);
void bench_switch(void);

#endif
