/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols.c: which function is at an address. */
#include "src/hal-baremetal/symbols.c"

#include "machine_suites.h"
#include "unit.h"

/* machine_mock.c has the table. */
#define BOOT	0xffffffff80fff000ull
#define TEXT	0xffffffff81000000ull

static void
check(uint64_t address, const char *name, uint64_t offset)
{
	uint64_t found = 0;

	ck_assert_ptr_nonnull(symbol_of(address, &found));
	ck_assert_str_eq(symbol_of(address, &found), name);
	ck_assert_uint_eq(found, offset);
}

START_TEST(symbols_inside)
{
	check(BOOT, "boot", 0);
	check(BOOT + 0x7ff, "boot", 0x7ff);
	check(TEXT + 0x10, "start", 0);
	check(TEXT + 0x1f, "start", 0xf);
	check(TEXT + 0x20, "main", 0);
	check(TEXT + 0x21, "short", 0);
	check(TEXT + 0xfff, "short", 0xfde);
	check(TEXT + 0x1000, "last", 0);
	check(TEXT + 0x10ff, "last", 0xff);
}
END_TEST

START_TEST(symbols_outside)
{
	uint64_t offset;

	ck_assert_ptr_null(symbol_of(BOOT - 1, &offset));
	ck_assert_ptr_null(symbol_of(BOOT + 0x800, &offset));
	ck_assert_ptr_null(symbol_of(TEXT, &offset));
	ck_assert_ptr_null(symbol_of(TEXT + 0xf, &offset));
	ck_assert_ptr_null(symbol_of(TEXT - 1, &offset));
	ck_assert_ptr_null(symbol_of(TEXT + 0x1100, &offset));
	ck_assert_ptr_null(symbol_of(0, &offset));
	ck_assert_ptr_null(symbol_of(UINT64_MAX, &offset));
	/* Only the low half is right. */
	ck_assert_ptr_null(symbol_of(0x81000020, &offset));
	ck_assert_ptr_null(symbol_of(0xffff888081000020, &offset));
}
END_TEST

Suite *
suite_machine_symbols(void)
{
	Suite *s = suite_create("machine-symbols");
	TCase *t = tcase_create("symbols");

	tcase_add_test(t, symbols_inside);
	tcase_add_test(t, symbols_outside);
	suite_add_tcase(s, t);
	return s;
}
