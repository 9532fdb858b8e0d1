/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Check library's header.  The kernel has a check.h of its own, which is
 * earlier in the search path; so include this one as <libcheck.h>, with this
 * directory after the kernel's: then "next" is the library's.
 */
#ifndef UNIT_LIBCHECK_H
#define UNIT_LIBCHECK_H

#include_next <check.h>

#endif
