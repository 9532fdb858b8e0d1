/* SPDX-License-Identifier: BSD-2-Clause */
/* The suites, one per file. */
#ifndef UNIT_SUITES_H
#define UNIT_SUITES_H

#include <libcheck.h>

Suite *suite_struct(void);
Suite *suite_memory(void);
Suite *suite_cap(void);
Suite *suite_vspace(void);
Suite *suite_fastpath(void);
Suite *suite_sched(void);
Suite *suite_boot(void);
Suite *suite_broken(void);
Suite *suite_alloc(void);
Suite *suite_restart(void);
Suite *suite_model(void);

#endif
