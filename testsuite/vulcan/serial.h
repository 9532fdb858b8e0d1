/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550 serial port, as something that makes interrupts and answers port
 * accesses the same way on every machine.
 *
 * The second port is preferred: the first may be the console.  A test that
 * changes its registers must set them back with serial_close() before it
 * checks anything, or what it has to say may be lost.
 */
#ifndef VULCAN_SERIAL_H
#define VULCAN_SERIAL_H

#include "objects.h"

enum {
	SERIAL_DATA = 0,
	SERIAL_IER = 1,
	SERIAL_IIR = 2,
	SERIAL_LCR = 3,
	SERIAL_MCR = 4,
	SERIAL_LSR = 5,
	SERIAL_MSR = 6,
	SERIAL_SCRATCH = 7,
};

#define SERIAL_IER_THRE		0x02u
#define SERIAL_LSR_READY	0x01u
#define SERIAL_LSR_THRE		0x20u
#define SERIAL_MCR_RTS		0x02u
#define SERIAL_MCR_OUT2		0x08u	/* lets interrupts through */
#define SERIAL_MCR_LOOP		0x10u
#define SERIAL_MSR_CTS		0x10u

struct serial {
	helios_cap_t port;
	uint64_t base;
	unsigned int irq;
	uint32_t ier, mcr, scratch;	/* as they were */
};

static inline uint32_t
serial_read(const struct serial *sp, unsigned int reg)
{
	uint32_t value = 0;

	CHECK_OK(helios_ioport_in(sp->port, sp->base + reg, 1, &value));
	return value;
}

static inline void
serial_write(const struct serial *sp, unsigned int reg, uint32_t value)
{
	CHECK_OK(helios_ioport_out(sp->port, sp->base + reg, 1, value));
}

/* Until any of these bits of the line status is set; false: it never is. */
static inline bool
serial_wait(const struct serial *sp, uint32_t bits)
{
	unsigned int i;

	for (i = 0; i < 100000; i++) {
		if (serial_read(sp, SERIAL_LSR) & bits)
			return true;
		helios_yield();
	}
	return false;
}

static inline bool
serial_there(const struct serial *sp)
{
	uint32_t first, second;

	serial_write(sp, SERIAL_SCRATCH, 0x5a);
	first = serial_read(sp, SERIAL_SCRATCH);
	serial_write(sp, SERIAL_SCRATCH, 0xa5);
	second = serial_read(sp, SERIAL_SCRATCH);
	return first == 0x5a && second == 0xa5;
}

static inline struct serial
serial_open(void)
{
	static const struct {
		uint64_t base;
		unsigned int irq;
	} ports[] = { { 0x2f8, 3 }, { 0x3f8, 4 } };
	struct serial sp = { .port = UNDEF };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		sp.base = ports[i].base;
		sp.irq = ports[i].irq;
		CHECK_OK(helios_ioport_issue(HELIOS_INIT_IOCONTROL, sp.base,
				sp.base + 7, &sp.port));
		sp.scratch = serial_read(&sp, SERIAL_SCRATCH);
		if (!serial_there(&sp)) {
			CHECK_OK(helios_destroy(sp.port));
			continue;
		}
		sp.ier = serial_read(&sp, SERIAL_IER);
		sp.mcr = serial_read(&sp, SERIAL_MCR);
		return sp;
	}
	SKIP("this machine has no serial port");
}

static inline void
serial_close(const struct serial *sp)
{
	serial_write(sp, SERIAL_IER, sp->ier);
	serial_write(sp, SERIAL_MCR, sp->mcr);
	serial_write(sp, SERIAL_SCRATCH, sp->scratch);
}

#endif
