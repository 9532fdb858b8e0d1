/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program: each operation once, with peers in this address space and in
 * another.
 */
#include "cost.h"

int
main(int argc, char **argv, char **envp)
{
	(void)envp;
	if (!helios_process.bootinfo)
		return cost_peer_main(argc, argv);
	cost_prepare();
	cost_caps();
	cost_memory();
	cost_tasks();
	for (cost_other = false; ; cost_other = true) {
		cost_ipc();
		cost_notes();
		cost_faults();
		if (cost_other)
			break;
	}
	helios_printf("cost end\n");
	return 0;
}
