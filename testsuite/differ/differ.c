/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The differential test's program: init's arguments are a seed and a number
 * of steps.  See differ.h.
 */
#include "differ.h"

#define STEPS_DEFAULT	3000u
#define EPOCH		400u		/* steps */
#define STATE		20u

unsigned long step_number;

/* Decimal; false: it is no number. */
static bool
number(const char *text, uint64_t *out)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || n > UINT64_MAX / 16)
			return false;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	*out = n;
	return true;
}

int
main(int argc, char **argv, char **envp)
{
	uint64_t seed = 1, steps = STEPS_DEFAULT;

	(void)envp;
	if ((argc > 1 && !number(argv[1], &seed)) ||
			(argc > 2 && !number(argv[2], &steps)) || argc > 3) {
		helios_printf("differ: expected SEED [STEPS]\n");
		return 2;
	}
	random_seed(seed);
	say("differ seed %lu\n", seed);
	for (step_number = 0; step_number < steps; step_number++) {
		if (step_number % EPOCH == 0) {
			if (step_number > 0)
				world_destroy();
			world_make();
		}
		one_step();
		if (step_number % STATE == STATE - 1) {
			world_settle();
			state_print();
		}
	}
	world_destroy();
	say("differ end %lu steps\n", step_number);
	say_flush();
	return 0;
}
