/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells init.
 *
 * Programs start as the System V ABI says, with argc, argv, environment and
 * aux vector on the stack.  Helios adds the HELIOS_AT_* entries.  init's
 * CSpace holds the capabilities below; all other slots are Null.
 */
#ifndef HELIOS_BOOTINFO_H
#define HELIOS_BOOTINFO_H

#include <helios/types.h>

/* Aux vector types, next to the usual AT_PHDR and so on. */
#define HELIOS_AT_BOOTINFO	0x48000001ull	/* struct helios_bootinfo */
#define HELIOS_AT_ENTRY		0x48000002ull	/* system call entry, or 0 */
#define HELIOS_AT_IPCBUF	0x48000003ull	/* struct helios_ipcbuf */

/* init's capabilities. */
enum helios_init_cap {
	HELIOS_INIT_CSPACE = 0,
	HELIOS_INIT_VSPACE = 1,
	HELIOS_INIT_TASK = 2,
	HELIOS_INIT_MEMORY = 3,		/* all memory there is */
	HELIOS_INIT_DEVMEM = 4,		/* whatever is not RAM */
	HELIOS_INIT_IRQCONTROL = 5,
	HELIOS_INIT_IOCONTROL = 6,
	HELIOS_INIT_SYSTEMCONTROL = 7,
	HELIOS_INIT_IPCBUF = 8,		/* Page, mapped */
	HELIOS_INIT_BOOTINFO = 9,	/* Page, mapped read-only */
	HELIOS_INIT_CAPS = 10
};

#define HELIOS_BOOTINFO_MAGIC	0x736f696c6568ull	/* "helios" */
#define HELIOS_BOOTINFO_VERSION	2

/* bootinfo.flags */
#define HELIOS_BOOT_DEBUG	0x1ull	/* kernel with invariant checks */
#define HELIOS_BOOT_VIRTUAL	0x2ull	/* virtual time */
#define HELIOS_BOOT_STRICT	0x4ull	/* hosted: strict isolation */
#define HELIOS_BOOT_HOSTED	0x8ull	/* for skipping tests, nothing else */
#define HELIOS_BOOT_SLOW	0x10ull	/* runs under an instrumenting tool */

/* A linear framebuffer.  Reach it by a Page of DevMem, mapped WC. */
struct helios_framebuffer {
	uint64_t phys;
	uint32_t pitch;			/* bytes from row to row */
	uint32_t width, height;		/* pixels; 0: there is none */
	uint8_t bpp;			/* bits of a pixel: 16, 24 or 32 */
	uint8_t red_shift, red_bits;
	uint8_t green_shift, green_bits;
	uint8_t blue_shift, blue_bits;
	uint8_t zero;
};

/* What the firmware says of physical memory. */
enum helios_memory_type {
	HELIOS_RANGE_RAM = 1,		/* as it was before the kernel took
					 * its part */
	HELIOS_RANGE_RESERVED = 2,	/* devices, firmware */
	HELIOS_RANGE_ACPI = 3,		/* ACPI's tables */
	HELIOS_RANGE_ACPI_NVS = 4,	/* firmware's, not to be written */
	HELIOS_RANGE_BAD = 5,		/* RAM with defects */
};

struct helios_memory_range {
	uint64_t base, size;		/* bytes */
	uint64_t type;			/* enum helios_memory_type */
};

#define HELIOS_MACHINE_RANGES	96

/* All zero where there is no such thing (hosted). */
struct helios_machine {
	uint64_t acpi_root;		/* physical: XSDT, or else RSDT */
	uint64_t tsc_hz;
	uint64_t tsc_boot;		/* at the kernel's first instruction */
	struct helios_framebuffer framebuffer;
	uint64_t nranges;
	struct helios_memory_range range[HELIOS_MACHINE_RANGES];
};

struct helios_bootinfo {
	uint64_t magic, version;
	uint64_t flags;			/* HELIOS_BOOT_* */
	char platform[16];		/* "hosted", "pc" */
	uint64_t user_base, user_limit;	/* init's address range */
	uint64_t cspace_slots;
	/*
	 * Capabilities in a row: the pages (R, X) of the initramfs, a ustar
	 * archive of initramfs_size bytes, not mapped; and the pages of
	 * init's own image and stack, mapped.
	 */
	helios_cap_t initramfs_first, initramfs_count;
	uint64_t initramfs_size;
	helios_cap_t image_first, image_count;
	helios_cap_t stack_first, stack_count;
	uint64_t image_base;		/* where init was loaded */
	uint64_t memory_pages;		/* RAM */
	uint64_t kernel_pages;		/* of which the kernel keeps: frame
					 * table and device records */
	uint64_t irq_count;
	uint64_t slice_ns;		/* time slice */
	struct helios_machine machine;
};

#endif
