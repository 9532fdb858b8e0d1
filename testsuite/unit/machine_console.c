/* SPDX-License-Identifier: BSD-2-Clause */
/* console.c: the log's lines start where a line starts. */
#include "src/hal-baremetal/baremetal.h"

#include "machine.h"
#define inb	machine_inb
#define outb	machine_outb
#include "src/hal-baremetal/console.c"

#include <string.h>

#include "machine_suites.h"
#include "unit.h"

static void
reset(void)
{
	machine_memory_reset();
	machine_out_clear();
	mid_line = false;
	options.log_level = KLOG_WARN;
	options.serial = options.screen = true;
}

static void
program(const char *text)
{
	hal_console_write(text, strlen(text));
}

START_TEST(console_levels)
{
	klog(KLOG_ERROR, "one %u", 1u);
	klog(KLOG_WARN, "two");
	klog(KLOG_INFO, "three");
	klog(KLOG_DEBUG, "four");
	ck_assert_str_eq(machine_out, "helios: error: one 1\n"
		"helios: warning: two\n");
	machine_out_clear();
	options.log_level = KLOG_DEBUG;
	klog(KLOG_INFO, "three");
	klog(KLOG_DEBUG, "four");
	ck_assert_str_eq(machine_out, "helios: three\nhelios: debug: four\n");
}
END_TEST

START_TEST(console_line_starts)
{
	program("abc");
	program("");
	klog(KLOG_WARN, "x");
	klog(KLOG_WARN, "y");
	program("abc\n");
	klog(KLOG_INFO, "not shown");
	klog(KLOG_WARN, "z");
	program("\n");
	klog(KLOG_WARN, "z");
	ck_assert_str_eq(machine_out, "abc\nhelios: warning: x\n"
		"helios: warning: y\nabc\nhelios: warning: z\n\n"
		"helios: warning: z\n");
}
END_TEST

START_TEST(console_puts_lines)
{
	options.serial = options.screen = false;
	program("abc");
	klog(KLOG_WARN, "x");
	ck_assert_str_eq(machine_out, "");
	program("abc");
	console_puts("panic\n");
	console_puts("more\n");
	console_puts("half");
	console_puts("line\n");
	ck_assert_str_eq(machine_out, "\npanic\nmore\nhalf\nline\n");
}
END_TEST

START_TEST(console_long_line)
{
	char text[600];
	size_t n;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	program("a");
	hal_log(KLOG_ERROR, text);
	n = strlen(machine_out);
	ck_assert_uint_gt(n, 256);
	ck_assert_int_eq(machine_out[n - 1], '\n');
	ck_assert_ptr_eq(strchr(machine_out + 2, '\n'), machine_out + n - 1);
	program("b");
	ck_assert_str_eq(machine_out + n, "b");
}
END_TEST

START_TEST(console_keys)
{
	static const struct { uint8_t code, status; bool key; } cases[] = {
		{ 0x1e, 0x1d, true }, { 0x9e, 0x1d, false },
		{ 0x1e, 0x1c, false }, { 0x1e, 0x3d, false },
		{ 0x1e, 0xff, false }, { 0xfa, 0x15, false },
	};
	unsigned int i;

	for (i = 0; i < 6; i++) {
		machine_keyboard[0] = cases[i].code;
		machine_keyboard[1] = cases[i].status;
		ck_assert_int_eq(console_key(), cases[i].key);
	}
}
END_TEST

Suite *
suite_machine_console(void)
{
	Suite *s = suite_create("machine-console");
	TCase *t = tcase_create("console");

	tcase_add_checked_fixture(t, reset, NULL);
	tcase_add_test(t, console_levels);
	tcase_add_test(t, console_line_starts);
	tcase_add_test(t, console_puts_lines);
	tcase_add_test(t, console_long_line);
	tcase_add_test(t, console_keys);
	suite_add_tcase(s, t);
	return s;
}
