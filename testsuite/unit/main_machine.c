/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine_suites.h"
#include "unit.h"

int
main(void)
{
	Suite *const suites[] = { suite_machine_boot(), suite_machine_memory(),
		suite_machine_options(), suite_machine_acpi(),
		suite_machine_symbols(), suite_machine_framebuffer(),
		suite_machine_screen(), suite_machine_console(), NULL };

	return unit_main(suites);
}
