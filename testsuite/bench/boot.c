/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long does the kernel take from its first instruction to init's?  In
 * ticks of the time stamp counter, which QEMU with -icount shift=0 advances
 * by one for each instruction.  machine.sh starts this and reads the line.
 */
#define HELIOS_OWN_MAIN

#include <libhelios.h>

extern uint64_t boot_first;
uint64_t boot_first;

int main(void);

int
main(void)
{
	const struct helios_bootinfo *info = helios_process.bootinfo;
	uint64_t boot = info->machine.tsc_boot;

	if (boot == 0) {
		helios_printf("boot: this machine has no tsc_boot\n");
		return 1;
	}
	helios_printf("boot %s %lu %lu %lu\n", info->flags &
		HELIOS_BOOT_DEBUG ? "debug" : "release", boot, boot_first,
		boot_first - boot);
	return 0;
}
