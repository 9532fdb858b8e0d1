/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's HAL without a machine.
 *
 * Those files of src/hal-baremetal that are logic are compiled into a Linux
 * process, each by the test of it, which includes it as text: so a test
 * reaches what is static, can put it back for the next of thousands of cases,
 * and the kernel's sources know nothing of tests.  What they call of the
 * machine is here.
 *
 * What the kernel must not read is not there to be read: a table of physical
 * memory is handed out as an allocation of just its size, and what a boot
 * loader says lies at the end of its last page.
 */
#ifndef UNIT_MACHINE_H
#define UNIT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE	4096u

/* Where linker symbols put the image. */
#define IMAGE_START	0x200000ull
#define IMAGE_END	0x280000ull

/* Everything the serial line was sent, with an end. */
extern char machine_out[65536];
void machine_out_clear(void);

/* In place of inb and outb. */
uint8_t machine_inb(uint16_t port);
void machine_outb(uint16_t port, uint8_t v);
extern uint8_t machine_crtc[256];	/* the CRT controller's registers */
extern uint8_t machine_keyboard[2];	/* port 0x60, port 0x64 */

/* Does f(arg) call boot_fail?  Its text; NULL: no. */
const char *machine_fails(void (*f)(void *), void *arg);

/* RAM from 0 on at hal_physmap. */
void machine_ram(size_t size);

/* Physical memory for map_physical; what is around it reads as 0xff. */
void machine_physical(uint64_t base, const void *bytes, size_t size);
void machine_unmap_all(void);
extern unsigned int machine_maps;		/* since machine_unmap_all */

/* A copy of these bytes below 4 GiB; behind it, to a multiple of 8, zeros,
 * and then nothing.  One at a time. */
uint64_t machine_low(const void *bytes, size_t size);

/* machine_memory.c: all of memory.c and boot_info as before a boot. */
void machine_memory_reset(void);

#endif
