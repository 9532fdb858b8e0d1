/* SPDX-License-Identifier: BSD-2-Clause */
/* What all unit test programs share. */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include <libcheck.h>

/* End the test; works outside of a Check test too. */
_Noreturn void unit_fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* Run the kernel's own invariant checks (debug builds). */
void unit_check_core(void);

/* A reproducible sequence (xorshift64*); the seed must not be 0. */
struct rng {
	uint64_t state;
};
uint64_t rng_next(struct rng *r);
/* 0 to n - 1 */
unsigned int rng_below(struct rng *r, unsigned int n);

/* A number from the environment, or the default. */
uint64_t unit_env(const char *name, uint64_t otherwise);

/* Run the suites, which ends with NULL, and report as TAP. */
int unit_main(Suite *const *suites);

#endif
