/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

/* Whatever becomes of 2, which libFuzzer closes for targets that talk. */
static int errors = 2;

static void __attribute__((constructor))
keep_errors(void)
{
	errors = dup(2);
}

void
fuzz_fail(const char *file, int line, const char *what)
{
	dprintf(errors, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

bool
fuzz_ends(const char *s, size_t size)
{
	return memchr(s, 0, size) != NULL;
}
