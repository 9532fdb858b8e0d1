/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that gdbguest starts: calls it so many times. */
#include <libhelios.h>

#include "gdbguest.h"

volatile unsigned int child_ticks;

__attribute__((noinline)) void
child_tick(unsigned int n)
{
	child_ticks += n;
}

int
main(int argc, char **argv, char **envp)
{
	struct helios_msg msg;
	unsigned int i;

	(void)argc;
	(void)argv;
	(void)envp;
	for (i = 0; i < CHILD_CALLS; i++) {
		child_tick(1);
		helios_msg_start(&msg, 0, 0, 0);
		if (helios_call(CHILD_ENDPOINT, &msg) != HELIOS_OK)
			return 1;
	}
	/* The parent takes it apart now. */
	helios_sleep_until(HELIOS_FOREVER);
	return 0;
}
