/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c: the kernel's command line. */
#include "src/hal-baremetal/options.c"

#include <stdio.h>
#include <string.h>

#include "machine_suites.h"
#include "unit.h"

#define CASES	20000u

static char line[1024];
static char err[256];

static bool
parse(const char *text)
{
	const struct options defaults = { .log_level = KLOG_WARN,
		.serial = true, .screen = true, .slice_ns = 5000000 };

	options = defaults;
	err[0] = '\0';
	ck_assert_uint_lt(strlen(text), sizeof(line));
	strcpy(line, text);
	return options_parse(line, err, sizeof(err));
}

static void
good(const char *text)
{
	if (!parse(text))
		ck_abort_msg("%s: %s", text, err);
}

static void
bad(const char *text, const char *why)
{
	if (parse(text))
		ck_abort_msg("%s: accepted", text);
	if (strstr(err, why) == NULL)
		ck_abort_msg("%s: \"%s\", without \"%s\"", text, err, why);
}

START_TEST(options_none)
{
	good("");
	ck_assert_uint_eq(options.log_level, KLOG_WARN);
	ck_assert(options.serial && options.screen && !options.no_apic &&
		!options.seeded);
	ck_assert_int_eq(options.end, END_POWEROFF);
	ck_assert_int_eq(options.panic, PANIC_HALT);
	ck_assert_int_eq(options.timer, TIMER_AUTO);
	ck_assert_uint_eq(options.slice_ns, 5000000);
	ck_assert_ptr_null(options.crash);
	ck_assert_ptr_null(options.argv[0]);
	good(" \t  ");
	ck_assert_ptr_null(options.argv[0]);
}
END_TEST

START_TEST(options_choices)
{
	static const char *const levels[] = { "error", "warn", "info",
		"debug" };
	static const char *const timers[] = { "auto", "tsc", "apic", "hpet",
		"pit" };
	static const char *const panics[] = { "halt", "poweroff", "reboot" };
	char text[64];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "log-level=%s", levels[i]);
		good(text);
		ck_assert_uint_eq(options.log_level, KLOG_ERROR + i);
	}
	for (i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "timer=%s", timers[i]);
		good(text);
		ck_assert_uint_eq(options.timer, TIMER_AUTO + i);
	}
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "panic=%s", panics[i]);
		good(text);
		ck_assert_uint_eq(options.panic, PANIC_HALT + i);
	}
	good("end=key");
	ck_assert_int_eq(options.end, END_KEY);
	good("end=poweroff");
	ck_assert_int_eq(options.end, END_POWEROFF);
	good("apic=off");
	ck_assert(options.no_apic);
	good("apic=off apic=on");
	ck_assert(!options.no_apic);
}
END_TEST

START_TEST(options_console)
{
	good("console=serial");
	ck_assert(options.serial && !options.screen);
	good("console=screen");
	ck_assert(!options.serial && options.screen);
	good("console=serial console=both");
	ck_assert(options.serial && options.screen);
}
END_TEST

START_TEST(options_numbers)
{
	good("slice=20");
	ck_assert_uint_eq(options.slice_ns, 20000);
	good("slice=1000000");
	ck_assert_uint_eq(options.slice_ns, 1000000000);
	good("seed=0");
	ck_assert(options.seeded);
	ck_assert_uint_eq(options.seed, 0);
	good("seed=18446744073709551615");
	ck_assert_uint_eq(options.seed, UINT64_MAX);
	bad("slice=19", "20 to 1000000 (microseconds) expected");
	bad("slice=1000001", "slice=1000001: 20 to");
	bad("slice=", "20 to 1000000");
	bad("slice=5000x", "20 to 1000000");
	bad("slice=-5000", "20 to 1000000");
	bad("slice=18446744073709551716", "20 to 1000000");
	bad("seed=18446744073709551616", "a number below 2^64 expected");
	bad("seed=", "seed=: a number");
	bad("seed=0x10", "seed=0x10: a number");
}
END_TEST

START_TEST(options_wrong)
{
	bad("log-level=loud", "log-level=loud: one of error|warn|info|debug "
		"expected");
	bad("log-level=", "log-level=: one of");
	bad("log-level=err", "one of");
	bad("log-level=errors", "one of");
	bad("log-level=error|warn", "one of");
	bad("log-level", "unknown option \"log-level\"");
	bad("log-levels=info", "unknown option \"log-levels=info\"");
	bad("log=info", "unknown option");
	bad("LOG-LEVEL=info", "unknown option");
	bad("=info", "unknown option \"=info\"");
	bad("\"\"", "unknown option \"\"");
	bad("-", "unknown option \"-\"");
	bad("--- x", "unknown option \"---\"");
	bad("end=key quiet", "unknown option \"quiet\"");
	bad("crash=nothing", "crash=nothing: no such kind");
	good("crash=boot");
	ck_assert_str_eq(options.crash, "boot");
	/* The first error is told; what else is right counts. */
	bad("foo bar panic=reboot", "unknown option \"foo\"");
	ck_assert_int_eq(options.panic, PANIC_REBOOT);
	bad("panic=poweroff foo", "unknown option \"foo\"");
	ck_assert_int_eq(options.panic, PANIC_POWEROFF);
	bad("panic=poweroff \"foo", "closing double quote");
	ck_assert_int_eq(options.panic, PANIC_POWEROFF);
}
END_TEST

START_TEST(options_arguments)
{
	good("-- one two\tthree  ");
	ck_assert_str_eq(options.argv[0], "one");
	ck_assert_str_eq(options.argv[1], "two");
	ck_assert_str_eq(options.argv[2], "three");
	ck_assert_ptr_null(options.argv[3]);
	good("end=key -- end=poweroff --");
	ck_assert_int_eq(options.end, END_KEY);
	ck_assert_str_eq(options.argv[0], "end=poweroff");
	ck_assert_str_eq(options.argv[1], "--");
	good("--");
	ck_assert_ptr_null(options.argv[0]);
}
END_TEST

START_TEST(options_quotes)
{
	good("\"log-level=info\" -- \"a b\" c\" \"d \\\"e\\\" \\\\ \"\" "
		"f\\ g \"\\\"\"");
	ck_assert_uint_eq(options.log_level, KLOG_INFO);
	ck_assert_str_eq(options.argv[0], "a b");
	ck_assert_str_eq(options.argv[1], "c d");
	ck_assert_str_eq(options.argv[2], "\"e\"");
	ck_assert_str_eq(options.argv[3], "\\");
	ck_assert_str_eq(options.argv[4], "");
	ck_assert_str_eq(options.argv[5], "f g");
	ck_assert_str_eq(options.argv[6], "\"");
	ck_assert_ptr_null(options.argv[7]);
	bad("-- \"a b", "a closing double quote expected");
	bad("-- a\\\\\"", "a closing double quote expected");
	good("-- a\\");
	ck_assert_str_eq(options.argv[0], "a\\");
}
END_TEST

START_TEST(options_most_arguments)
{
	char text[256] = "--";
	unsigned int i;

	for (i = 0; i < 64; i++)
		strcat(text, " x");
	good(text);
	ck_assert_str_eq(options.argv[63], "x");
	ck_assert_ptr_null(options.argv[64]);
	strcat(text, " x");
	bad(text, "at most 64 arguments");
}
END_TEST

/* Its words, written for GRUB, come back as they were. */
START_TEST(options_random_words)
{
	static const char letters[] = "ab \t\"\\=-";
	struct rng r = { 0x0b7 };
	unsigned int i, k, n;

	for (i = 0; i < CASES; i++) {
		char words[8][8], text[256] = "--";
		size_t at = 2;

		n = rng_below(&r, 9);
		for (k = 0; k < n; k++) {
			unsigned int len = rng_below(&r, 8), c;

			at += (size_t)sprintf(text + at, " \"");
			for (c = 0; c < len; c++) {
				char l = letters[rng_below(&r, 8)];

				words[k][c] = l;
				if (l == '"' || l == '\\')
					text[at++] = '\\';
				text[at++] = l;
			}
			words[k][len] = '\0';
			text[at++] = '"';
			text[at] = '\0';
		}
		good(text);
		for (k = 0; k < n; k++)
			ck_assert_str_eq(options.argv[k], words[k]);
		ck_assert_ptr_null(options.argv[n]);
	}
}
END_TEST

/* Anything at all: a clean answer, and every argument inside the line. */
START_TEST(options_random_text)
{
	static const char letters[] = "-- \t\"\\=slicendb09k";
	struct rng r = { 0x7e87 };
	unsigned int i, k, accepted = 0;
	char text[64];

	for (i = 0; i < CASES; i++) {
		unsigned int len = rng_below(&r, sizeof(text));

		for (k = 0; k < len; k++)
			text[k] = letters[rng_below(&r, sizeof(letters) - 1)];
		text[len] = '\0';
		if (!parse(text)) {
			ck_assert_str_ne(err, "");
			continue;
		}
		accepted++;
		for (k = 0; options.argv[k] != NULL; k++)
			ck_assert(options.argv[k] >= line &&
				options.argv[k] + strlen(options.argv[k]) <=
				line + len);
	}
	ck_assert_uint_gt(accepted, CASES / 100);
}
END_TEST

Suite *
suite_machine_options(void)
{
	Suite *s = suite_create("machine-options");
	TCase *t = tcase_create("options");

	tcase_add_test(t, options_none);
	tcase_add_test(t, options_choices);
	tcase_add_test(t, options_console);
	tcase_add_test(t, options_numbers);
	tcase_add_test(t, options_wrong);
	tcase_add_test(t, options_arguments);
	tcase_add_test(t, options_quotes);
	tcase_add_test(t, options_most_arguments);
	tcase_add_test(t, options_random_words);
	tcase_add_test(t, options_random_text);
	suite_add_tcase(s, t);
	return s;
}
