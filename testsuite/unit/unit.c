/* SPDX-License-Identifier: BSD-2-Clause */
/* What all unit test programs share: see unit.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "unit.h"

void
unit_fail(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "# %s\n", text);
	abort();
}

void
unit_check_core(void)
{
#ifdef HELIOS_DEBUG
	core_check();
#endif
}

uint64_t
rng_next(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dull;
}

unsigned int
rng_below(struct rng *r, unsigned int n)
{
	return (unsigned int)((rng_next(r) >> 32) * n >> 32);
}

uint64_t
unit_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	char *end;
	uint64_t value;

	if (text == NULL || text[0] == '\0')
		return otherwise;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno != 0 || *end != '\0') {
		fprintf(stderr, "%s=%s: expected a number\n", name, text);
		exit(99);
	}
	return value;
}

int
unit_main(Suite *const *suites)
{
	SRunner *runner = srunner_create(*suites);
	int failed;

	while (*++suites != NULL)
		srunner_add_suite(runner, *suites);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
