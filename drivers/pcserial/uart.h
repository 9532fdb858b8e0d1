/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550 and its registers.
 */
#ifndef PCSERIAL_UART_H
#define PCSERIAL_UART_H

#include <mercury/dev.h>
#include <mercury/driver.h>

#define UART_COUNTERS	(DEV_COUNTER_SPURIOUS + 1)
#define UART_DIVIDEND	115200u		/* baud, by the divisor */

/* Interrupt enable bits. */
#define UART_RECEIVED	0x01u
#define UART_SENT	0x02u		/* the transmitter is empty */
#define UART_STATUS	0x04u
#define UART_MODEM	0x08u

/* Why it interrupts, as the identification register says. */
enum uart_cause {
	UART_CAUSE_MODEM = 0x0,
	UART_CAUSE_NONE = 0x1,
	UART_CAUSE_SENT = 0x2,
	UART_CAUSE_RECEIVED = 0x4,
	UART_CAUSE_STATUS = 0x6,
	UART_CAUSE_TIMEOUT = 0xc,	/* received, and no more for a while */
};

/* Modem status: bits of enum dev_lines, and since the last look: */
#define UART_LINES(msr)		((uint8_t)((msr) >> 4))
#define UART_CARRIER_CHANGED	0x08u

struct uart {
	helios_cap_t ioport;
	uint16_t base;
	unsigned int burst;		/* bytes an empty transmitter takes */
	uint8_t ier, lcr, mcr;		/* as written last */
	uint8_t errors;			/* of the next byte to be read */
	uint32_t baud;
	uint64_t counts[UART_COUNTERS];
};

/*
 * Is there one at these ports?  Then it is set to 115200 8N1, in loopback
 * and without interrupts, so that nothing comes in but what came before, and
 * *msr is what the modem lines were until then.  Read that, then start.
 */
bool uart_probe(struct uart *u, helios_cap_t ioport, uint8_t *msr);
void uart_start(struct uart *u);

enum uart_cause uart_cause(struct uart *u);
/* Reading them clears what had changed. */
uint8_t uart_modem(struct uart *u);
/* The next byte, or -1.  Breaks are counted and passed over. */
int uart_receive(struct uart *u);
/* Give the transmitter up to n bytes if it is empty; how many it took. */
unsigned int uart_send(struct uart *u, const uint8_t *bytes, size_t n);
bool uart_sent(struct uart *u);
/* Give the last character the time it takes at the usual speeds. */
void uart_settle(struct uart *u);

void uart_interrupts(struct uart *u, uint8_t ier);
/* Make an edge of what is still pending, where it would not interrupt. */
void uart_interrupt_again(struct uart *u);
void uart_set_rts(struct uart *u, bool on);

/* false: not possible. */
bool uart_set_baud(struct uart *u, uint32_t baud);
bool uart_set_charlen(struct uart *u, uint8_t bits);
void uart_set_stopbits(struct uart *u, enum dev_stop stop);
void uart_set_parity(struct uart *u, enum dev_parity parity);
uint8_t uart_charlen(const struct uart *u);
enum dev_stop uart_stopbits(const struct uart *u);
enum dev_parity uart_parity(const struct uart *u);

#endif
