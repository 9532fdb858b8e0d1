/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the boot.  A quarter of the kernel's text runs once, before the
 * first program; kernel.lds puts it first in the image.  What is no longer
 * mapped cannot be called by mistake, nor be of use to an attacker.
 *
 * Its few pages of RAM stay the kernel's: core would have to take memory late,
 * when init has been told how much there is, and the map of physical memory
 * to change.
 */
#include <hal.h>

#include "baremetal.h"

#define PAGE		4096ul

uint64_t *boot_entries;
bool boot_code_gone;

void
boot_code_drop(void)
{
	unsigned long i, pages = (unsigned long)(boot_end - boot_start) / PAGE;

	boot_code_gone = true;
	for (i = 0; i < pages; i++) {
		boot_entries[i] = 0;
		__asm__ volatile("invlpg (%0)" : : "r"(boot_start + i * PAGE) :
			"memory");
	}
}

void
boot_over(struct task *first)
{
	boot_code_drop();
	kernel_leave(first);
}
