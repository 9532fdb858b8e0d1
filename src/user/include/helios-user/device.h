/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices and the system: DevMem, interrupts, I/O ports, SystemControl.
 * Errors: see the operations in helios/object.h.
 */
#ifndef HELIOS_USER_DEVICE_H
#define HELIOS_USER_DEVICE_H

#include <helios/error.h>
#include <helios/object.h>
#include <helios/types.h>

/* A part of size bytes at a physical address. */
enum helios_status helios_devmem_carve(helios_cap_t devmem, uint64_t address,
		uint64_t size, helios_cap_t *out);
/* count (1 to 61) pages of page_size bytes at successive addresses. */
enum helios_status helios_devmem_pages(helios_cap_t devmem, uint64_t address,
		uint64_t page_size, unsigned int count, helios_cap_t *out);

struct helios_devmem_info {
	uint64_t base, size, used;	/* bytes */
};

enum helios_status helios_devmem_info(helios_cap_t devmem,
		struct helios_devmem_info *out);

/* Interrupts.  Masked until the first ack. */
enum helios_status helios_irq_issue(helios_cap_t irqcontrol, uint64_t irq,
		helios_cap_t note, helios_cap_t *out);
enum helios_status helios_irq_count(helios_cap_t irqcontrol, uint64_t *out);
enum helios_status helios_irq_ack(helios_cap_t irqhandler);

struct helios_irq_info {
	uint64_t irq, count, masked;
};

enum helios_status helios_irq_info(helios_cap_t irqhandler,
		struct helios_irq_info *out);

/* Ports first to last, inclusive. */
enum helios_status helios_ioport_issue(helios_cap_t iocontrol,
		uint64_t first, uint64_t last, helios_cap_t *out);
/* bytes: 1, 2 or 4. */
enum helios_status helios_ioport_in(helios_cap_t ioport, uint64_t port,
		unsigned int bytes, uint32_t *value);
enum helios_status helios_ioport_out(helios_cap_t ioport, uint64_t port,
		unsigned int bytes, uint32_t value);
enum helios_status helios_ioport_info(helios_cap_t ioport, uint64_t *first,
		uint64_t *last);

/* Return only on an error. */
enum helios_status helios_system_poweroff(helios_cap_t system,
		uint64_t status);
enum helios_status helios_system_reboot(helios_cap_t system);
/* 1: the kernel keeps off the screen. */
enum helios_status helios_system_console(helios_cap_t system,
		unsigned int own);
/* Debug kernels: verify every invariant.  objects may be NULL. */
enum helios_status helios_system_check(helios_cap_t system,
		uint64_t *objects);

struct helios_counts {
	uint64_t tasks, endpoints, notes, cspaces, vspaces, memories;
};

enum helios_status helios_system_counts(helios_cap_t system,
		struct helios_counts *out);

#endif
