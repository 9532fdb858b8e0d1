/* SPDX-License-Identifier: BSD-2-Clause */
/* The suites of unit-machine, one per file. */
#ifndef UNIT_MACHINE_SUITES_H
#define UNIT_MACHINE_SUITES_H

#include <libcheck.h>

Suite *suite_machine_acpi(void);
Suite *suite_machine_boot(void);
Suite *suite_machine_console(void);
Suite *suite_machine_framebuffer(void);
Suite *suite_machine_memory(void);
Suite *suite_machine_options(void);
Suite *suite_machine_screen(void);
Suite *suite_machine_symbols(void);

#endif
