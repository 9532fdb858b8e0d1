/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"
#include "unit.h"

int
main(void)
{
	Suite *const suites[] = { suite_boot(), suite_broken(), NULL };

	return unit_main(suites);
}
