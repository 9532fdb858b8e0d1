/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program: each operation once, with peers in this address space and in
 * another.  An argument: how many samples of each, if not SAMPLES.
 */
#include "cost.h"

static void
fewer_samples(const char *arg)
{
	unsigned long long n;

	if (helios_parse_u64(arg, &n) || n < 9 || n > SAMPLES)
		helios_panic("cost: a number of samples from 9 to %u expected, "
			"'%s' found", SAMPLES, arg);
	cost_kept = (unsigned int)n;
	if (cost_warm_up > cost_kept)
		cost_warm_up = cost_kept;
}

int
main(int argc, char **argv, char **envp)
{
	(void)envp;
	if (!helios_process.bootinfo)
		return cost_peer_main(argc, argv);
	if (argc > 1)
		fewer_samples(argv[1]);
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
