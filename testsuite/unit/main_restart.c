/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"
#include "unit.h"

int
main(void)
{
	Suite *const suites[] = { suite_restart(), NULL };

	return unit_main(suites);
}
