/* SPDX-License-Identifier: BSD-2-Clause */
#include "suites.h"
#include "unit.h"

int
main(void)
{
	Suite *const suites[] = { suite_struct(), suite_memory(),
		suite_cap(), suite_vspace(), suite_fastpath(), suite_sched(),
		NULL };

	return unit_main(suites);
}
