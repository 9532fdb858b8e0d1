/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Check library's header.  The kernel has a check.h of its own, which is
 * earlier in the search path; so include this one as <libcheck.h>, with this
 * directory after the kernel's: then "next" is the library's.
 */
#ifndef UNIT_LIBCHECK_H
#define UNIT_LIBCHECK_H

#include_next <check.h>

/*
 * The library's own writes a message to its parent for each assertion that
 * holds, so that a crash can be located.  Some tests make millions of them.
 */
#undef ck_assert_msg
#define ck_assert_msg(expr, ...) \
	((expr) ? (void)0 : _ck_assert_failed(__FILE__, __LINE__, \
		"Assertion '" #expr "' failed", ## __VA_ARGS__))
#undef ck_assert
#define ck_assert(expr) \
	((expr) ? (void)0 : _ck_assert_failed(__FILE__, __LINE__, \
		"Assertion '" #expr "' failed", NULL))

#endif
