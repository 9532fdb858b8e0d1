/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vulcan: options, the choice of tests, and results as TAP.
 *
 * The plan comes last, so that a run that stops in the middle is seen to be
 * incomplete.  The exit status is 0 only if no test failed.
 */
#include "supervisor.h"

#define MAX_TESTS	4096u
#define MAX_PATTERNS	32u

extern struct vulcan_test *__start_vulcan_tests[];
extern struct vulcan_test *__stop_vulcan_tests[];

static struct {
	const char *only[MAX_PATTERNS];
	const char *skip[MAX_PATTERNS];
	const char *set[MAX_PATTERNS];
	unsigned int nonly, nskip, nset;
	unsigned long long repeat, seed, timeout;
	bool list, verbose, shuffle;
} opt = { .repeat = 1, .timeout = VULCAN_TIMEOUT };

static struct {
	unsigned int passed, failed, skipped, count;
} result;

/* Output. */

static void
print_comment(const char *text)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t n = end ? (size_t)(end - text) : strlen(text);

		helios_printf("# %.*s\n", (int)n, text);
		text += n + (end ? 1 : 0);
	}
}

static void
print_result(const struct vulcan_test *test, enum verdict verdict,
		const struct report *report)
{
	bool skipped = verdict == SKIPPED;

	result.count++;
	/* One line is one write: others may use the console, too. */
	helios_printf("%sok %u - %s::%s%s%s\n", verdict == FAILED ? "not " :
			"", result.count, test->area, test->name,
			skipped ? " # SKIP " : "",
			skipped ? report->text : "");
	if (verdict == FAILED) {
		result.failed++;
		print_comment(report->text);
		print_comment(report->leak);
	} else if (skipped) {
		result.skipped++;
	} else {
		result.passed++;
	}
	if (verdict == FAILED || opt.verbose)
		print_comment(report->notes);
	if (opt.verbose)
		helios_printf("# %llu us\n",
				(unsigned long long)(report->ns / 1000));
}

/* Which tests. */

/* A pattern without "::" means a whole area. */
static bool
matches(const char *pattern, const struct vulcan_test *test)
{
	char name[128];

	if (!strstr(pattern, "::"))
		return helios_glob(pattern, test->area);
	helios_snprintf(name, sizeof(name), "%s::%s", test->area, test->name);
	return helios_glob(pattern, name);
}

static bool
matches_any(const char *const *patterns, unsigned int n,
		const struct vulcan_test *test)
{
	while (n-- > 0)
		if (matches(patterns[n], test))
			return true;
	return false;
}

static bool
wanted(const struct vulcan_test *test)
{
	return (opt.nonly == 0 || matches_any(opt.only, opt.nonly, test)) &&
		!matches_any(opt.skip, opt.nskip, test);
}

static uint64_t
next_random(uint64_t *state)
{
	uint64_t n = *state += 0x9e3779b97f4a7c15ull;

	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9ull;
	n = (n ^ n >> 27) * 0x94d049bb133111ebull;
	return n ^ n >> 31;
}

static const struct vulcan_test *chosen[MAX_TESTS];

/* Compilers emit a file's tests in any order; people expect the written one. */
static bool
comes_before(const struct vulcan_test *a, const struct vulcan_test *b)
{
	return !strcmp(a->file, b->file) && a->line < b->line;
}

static unsigned int
choose(void)
{
	struct vulcan_test **p;
	unsigned int n = 0, i;

	for (p = __start_vulcan_tests; p < __stop_vulcan_tests; p++) {
		if (!wanted(*p))
			continue;
		if (n == MAX_TESTS)
			helios_panic("vulcan: more than %u tests", MAX_TESTS);
		for (i = n++; i > 0 && comes_before(*p, chosen[i - 1]); i--)
			chosen[i] = chosen[i - 1];
		chosen[i] = *p;
	}
	return n;
}

static void
shuffle(unsigned int n, uint64_t *state)
{
	for (; n > 1; n--) {
		unsigned int i = (unsigned int)(next_random(state) % n);
		const struct vulcan_test *t = chosen[i];

		chosen[i] = chosen[n - 1];
		chosen[n - 1] = t;
	}
}

/* Options. */

static _Noreturn void
usage(const char *what, const char *arg)
{
	helios_printf("Bail out! %s: %s\n"
		"# usage: [--list] [--repeat=N] [--shuffle[=SEED]]\n"
		"# [--timeout=MS] [--skip=GLOB] [--set=NAME=NUMBER] [--verbose]\n"
		"# [GLOB...]\n"
		"# a GLOB is area::name or area, with * and ?\n", what, arg);
	helios_exit(1);
}

static unsigned long long
number(const char *arg, const char *value)
{
	unsigned long long n;

	if (helios_parse_u64(value, &n))
		usage("expected a number", arg);
	return n;
}

uint64_t
vulcan_setting(const char *name, uint64_t otherwise)
{
	size_t len = strlen(name);
	unsigned int i;

	for (i = 0; i < opt.nset; i++)
		if (!strncmp(opt.set[i], name, len) && opt.set[i][len] == '=')
			return number(opt.set[i], opt.set[i] + len + 1);
	return otherwise;
}

static void
add_pattern(const char **list, unsigned int *n, const char *pattern)
{
	if (*n == MAX_PATTERNS)
		usage("too many patterns", pattern);
	list[(*n)++] = pattern;
}

static void
parse_option(const char *arg)
{
	if (!strcmp(arg, "--list"))
		opt.list = true;
	else if (!strcmp(arg, "--verbose"))
		opt.verbose = true;
	else if (!strncmp(arg, "--repeat=", 9))
		opt.repeat = number(arg, arg + 9);
	else if (!strncmp(arg, "--timeout=", 10))
		opt.timeout = number(arg, arg + 10);
	else if (!strncmp(arg, "--skip=", 7))
		add_pattern(opt.skip, &opt.nskip, arg + 7);
	else if (!strncmp(arg, "--set=", 6))
		add_pattern(opt.set, &opt.nset, arg + 6);
	else if (!strncmp(arg, "--shuffle=", 10))
		opt.seed = number(arg, arg + 10);
	else if (arg[0] == '-' && strcmp(arg, "--shuffle"))
		usage("unknown option", arg);
	else if (arg[0] != '-')
		add_pattern(opt.only, &opt.nonly, arg);
	if (!strncmp(arg, "--shuffle", 9))
		opt.shuffle = true;
	if (!strcmp(arg, "--shuffle"))
		opt.seed = helios_clock();
	if (opt.timeout == 0 || opt.repeat == 0)
		usage("expected a number above 0", arg);
}

static void
list(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		helios_printf("%s::%s\n", chosen[i]->area, chosen[i]->name);
}

static void
run_all(unsigned int n)
{
	uint64_t state = opt.seed;
	unsigned long long round;
	struct report report;
	enum verdict v;
	unsigned int i;

	helios_printf("TAP version 13\n");
	if (opt.shuffle)
		helios_printf("# --shuffle=%llu\n", opt.seed);
	for (round = 0; round < opt.repeat; round++) {
		if (opt.shuffle)
			shuffle(n, &state);
		for (i = 0; i < n; i++) {
			v = supervisor_run(chosen[i], opt.timeout, &report);
			print_result(chosen[i], v, &report);
		}
	}
	helios_printf("1..%u\n", result.count);
	helios_printf("# %u passed, %u failed, %u skipped\n", result.passed,
			result.failed, result.skipped);
}

int
main(int argc, char **argv, char **envp)
{
	unsigned int n;
	int i;

	(void)envp;
	if (argc >= 3 && !strcmp(argv[1], VULCAN_CHILD_OPTION))
		return child_main(argv[2]);
	for (i = 1; i < argc; i++)
		parse_option(argv[i]);
	n = choose();
	if (n == 0)
		usage("no test matches", opt.nonly ? opt.only[0] : "");
	if (opt.list) {
		list(n);
		return 0;
	}
	supervisor_set_up();
	run_all(n);
	return result.failed ? 1 : 0;
}
