/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial console: a 16550 at COM1, 115200 baud, 8 bits, no parity
 * (National Semiconductor PC16550D).
 *
 * Polled, with OUT2 off: on a PC that line is what lets its interrupt
 * through, and none is wanted here.
 *
 * A driver may have the same port, and is stopped at any of its instructions
 * while the kernel writes.  So what it has set up stays: speed, format,
 * FIFOs, interrupts, modem lines.  Each byte relies on no more than the
 * transmitter's state: the FIFO may be off, so only one goes out at a time.
 * What would keep bytes off the line is put aside for the time of a write:
 * access to the divisor, a break, loopback.  A write ends when all is sent,
 * so that a driver that has seen an empty FIFO finds it empty, and one about
 * to change the line's speed garbles nothing.  The transmitter's interrupt
 * comes once more then.  One thing is lost: reading the line's status clears
 * its errors, so those of bytes that arrive meanwhile are not the driver's to
 * count.
 */
#include <hal.h>

#include "baremetal.h"

#define COM1		0x3f8u
#define DATA		(COM1 + 0)	/* divisor's low byte, with LCR_DLAB */
#define IER		(COM1 + 1)	/* and its high byte */
#define FCR		(COM1 + 2)
#define LCR		(COM1 + 3)
#define MCR		(COM1 + 4)
#define LSR		(COM1 + 5)
#define MSR		(COM1 + 6)
#define SCRATCH		(COM1 + 7)

#define DIVISOR		1u		/* 115200 baud */
#define FCR_ON		0x07u		/* both FIFOs on and empty */
#define LCR_8N1		0x03u
#define LCR_BREAK	0x40u
#define LCR_DLAB	0x80u
#define MCR_PLAIN	0x03u		/* DTR, RTS */
#define MCR_LOOP	0x10u
#define MCR_RTS_OUT2	0x0au
#define MSR_LINES	0xf0u
#define MSR_CTS_DCD	0x90u		/* what those two loop back to */
#define LSR_RECEIVED	0x01u
#define LSR_READY	0x20u		/* transmitter takes a byte */
#define LSR_IDLE	0x40u		/* and has sent all */

/*
 * Reads of a status before the port counts as stuck.  One takes about 1 us
 * on a PC, much less under an emulator, and whoever reads the other end of
 * an emulated port may be held up himself: seconds, not characters.
 */
#define PATIENCE	5000000u

static bool present;
static bool stuck;			/* do not wait until it is ready */

static bool
wait_for(uint8_t bit)
{
	unsigned int i, polls = stuck ? 1 : PATIENCE;

	for (i = 0; i < polls; i++)
		if (inb(LSR) & bit)
			return true;
	return false;
}

static void
drain(void)
{
	stuck = !wait_for(LSR_IDLE);
}

/* A scratch register that keeps what it is given, and modem lines that come
 * back in loopback mode. */
static bool
probe(void)
{
	uint8_t lines;

	outb(SCRATCH, 0x5a);
	if (inb(SCRATCH) != 0x5a)
		return false;
	outb(SCRATCH, 0xa5);
	if (inb(SCRATCH) != 0xa5)
		return false;
	outb(MCR, MCR_LOOP | MCR_RTS_OUT2);
	lines = inb(MSR) & MSR_LINES;
	outb(MCR, MCR_PLAIN);
	/* Its changes are ours, and no loss of a carrier for a driver. */
	(void)inb(MSR);
	return lines == MSR_CTS_DCD;
}

/* Also for a port that a program has left in whatever state. */
bool
serial_init(void)
{
	if (present)
		drain();
	outb(IER, 0);
	present = probe();
	if (!present)
		return false;
	outb(LCR, LCR_DLAB | LCR_8N1);
	outb(DATA, DIVISOR & 0xff);
	outb(IER, DIVISOR >> 8);
	outb(LCR, LCR_8N1);
	outb(IER, 0);
	outb(FCR, FCR_ON);
	outb(MCR, MCR_PLAIN);
	return true;
}

static void
put(char c)
{
	stuck = !wait_for(LSR_READY);
	if (!stuck)
		outb(DATA, (uint8_t)c);
}

/* Some hosts of emulated ports are slow to take what changes nothing. */
static void
change(uint16_t port, uint8_t from, uint8_t to)
{
	if (from != to)
		outb(port, to);
}

void
serial_write(const char *buf, size_t len)
{
	uint8_t lcr, mcr, line, modem;

	if (!present)
		return;
	lcr = inb(LCR);
	mcr = inb(MCR);
	line = (uint8_t)(lcr & ~(LCR_DLAB | LCR_BREAK));
	modem = (uint8_t)(mcr & ~MCR_LOOP);
	drain();
	change(LCR, lcr, line);
	change(MCR, mcr, modem);
	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '\n')
			put('\r');
		put(buf[i]);
	}
	drain();
	change(MCR, modem, mcr);
	change(LCR, line, lcr);
}

bool
serial_key(void)
{
	if (!present || !(inb(LSR) & LSR_RECEIVED))
		return false;
	(void)inb(DATA);
	return true;
}
