/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Benchmarks: what the kernel's operations cost, measured from user space
 * with the clock system call.  Runs as init and prints a line "name value"
 * for each result; testsuite/system/bench-host.c, on the other side, measures
 * the host's own primitives in the same run and prints the table.
 *
 * init's arguments: "full" or "quick" (tiny counts: does it work at all?), and
 * then a part of it; or "first": say that init runs, and end.  The parts are
 * "short", what has a counterpart on the host, "switch", the same with strict
 * isolation, and "rest".
 */
#include "bench.h"

struct bench_scale scale = { 2000, 64, 4, 1000 };

static const struct bench_scale quick = { 20, 8, 2, 8 };

void
bench_check(enum helios_status status, const char *what)
{
	if (status == HELIOS_OK)
		return;
	helios_printf("error %s: %s\n", what, helios_strerror(status));
	helios_exit(1);
}

void
bench_result(const char *name, uint64_t value)
{
	helios_printf("%s %llu\n", name, (unsigned long long)value);
}

uint64_t
bench_time(void (*op)(void), unsigned int count, void (*before)(void))
{
	uint64_t best = UINT64_MAX, start, took;
	unsigned int i, b;

	for (b = 0; b < BATCHES; b++) {
		if (before)
			before();
		start = helios_raw_clock();
		for (i = 0; i < count; i++)
			op();
		took = helios_raw_clock() - start;
		best = took < best ? took : best;
	}
	return best * 1000 / count;
}

/* The shortest call that does something: what is in slot 0? */
static void
null_call(void)
{
	struct helios_raw r = { .rdi = HELIOS_INIT_CSPACE };

	helios_raw(HELIOS_SYS_IDENTIFY, &r);
}

static void
bench_short(void)
{
	bench_result("null_ps", bench_time(null_call, scale.calls, NULL));
	bench_ipc_start();
	bench_ipc("ipc_ps");
	bench_fills();
}

static void
bench_rest(void)
{
	bench_ipc_start();
	bench_flat();
	bench_spaces();
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "short", bench_short },
	{ "switch", bench_switch },
	{ "rest", bench_rest },
};

int
main(int argc, char **argv, char **envp)
{
	const char *what = argc > 1 ? argv[1] : "full";
	unsigned int i;

	(void)envp;
	if (!strcmp(what, "first")) {
		helios_writecons("first\n", 6);
		return 0;
	}
	if (!strcmp(what, "quick"))
		scale = quick;
	helios_printf("build %s\n", helios_process.bootinfo->flags &
		HELIOS_BOOT_DEBUG ? "debug" : "release");
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (argc < 3 || !strcmp(argv[2], parts[i].name))
			parts[i].run();
	helios_printf("end\n");
	return 0;
}
