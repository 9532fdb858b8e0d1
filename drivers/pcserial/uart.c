/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550's registers (National Semiconductor PC16550D data sheet,
 * section 8).
 *
 * COM1 may be the kernel's console, too.  It keeps what is set here, and
 * leaves the transmitter empty after each of its lines; what it cannot know
 * is that a burst is on its way, so one place of the FIFO is left to it.
 *
 * Reading the line status clears its errors, and the errors of a byte show
 * up while it is the next to be read.  So they are kept for that byte
 * whoever it is that has looked.
 *
 * Line settings change at once, whatever is in the buffers: clients drain
 * first.  Only the character that is just being shifted out is waited for.
 */
#include "uart.h"

#define DATA		0u
#define DIVISOR_LOW	0u		/* with LCR_DLAB */
#define IER		1u
#define DIVISOR_HIGH	1u		/* with LCR_DLAB */
#define IIR		2u
#define FCR		2u
#define LCR		3u
#define MCR		4u
#define LSR		5u
#define MSR		6u
#define SCRATCH		7u

#define IIR_CAUSE	0x0fu
#define IIR_FIFOS	0xc0u

#define FCR_ENABLE	0x01u
#define FCR_TRIGGER_8	0x80u

#define LCR_TWO_STOP	0x04u
#define LCR_PARITY	0x38u
#define LCR_DLAB	0x80u
#define LCR_8N1		0x03u

#define MCR_DTR		0x01u
#define MCR_RTS		0x02u
#define MCR_OUT2	0x08u		/* lets the interrupt through */
#define MCR_LOOP	0x10u

#define MSR_LINES	0xf0u
#define MSR_CTS_DCD	0x90u		/* what RTS and OUT2 loop back to */

#define LSR_RECEIVED	0x01u
#define LSR_OVERRUN	0x02u
#define LSR_BREAK	0x10u
#define LSR_BYTE_ERRORS	0x1cu		/* parity, framing, break */
#define LSR_EMPTY	0x20u		/* FIFO and holding register */
#define LSR_IDLE	0x40u		/* and shift register */

#define FIFO_BURST	15u

/* Reads of the line status, about 1 us each: a character takes 87 us at
 * 115200 baud.  On slower lines the last one may still be on its way. */
#define SETTLE_READS	512u

static uint8_t
get(const struct uart *u, unsigned int reg)
{
	return mercury_in8(u->ioport, (uint16_t)(u->base + reg));
}

static void
put(const struct uart *u, unsigned int reg, uint8_t value)
{
	mercury_out8(u->ioport, (uint16_t)(u->base + reg), value);
}

static uint8_t
line_status(struct uart *u)
{
	uint8_t lsr = get(u, LSR);

	u->errors |= lsr & LSR_BYTE_ERRORS;
	if (lsr & LSR_OVERRUN)
		u->counts[DEV_COUNTER_OVERRUN]++;
	return lsr;
}

void
uart_settle(struct uart *u)
{
	unsigned int i;

	for (i = 0; i < SETTLE_READS; i++)
		if (line_status(u) & LSR_IDLE)
			return;
}

/*
 * Finding and starting
 */

static void
set_mcr(struct uart *u, uint8_t mcr)
{
	if (mcr != u->mcr)
		put(u, MCR, mcr);
	u->mcr = mcr;
}

static bool
find_ports(struct uart *u)
{
	uint64_t first, last;

	if (helios_ioport_info(u->ioport, &first, &last) != HELIOS_OK)
		return false;
	u->base = (uint16_t)first;
	return last - first >= SCRATCH;
}

/* Nothing answers with the byte that was written last, or none. */
static bool
keeps_scratch(const struct uart *u)
{
	put(u, SCRATCH, 0x5a);
	if (get(u, SCRATCH) != 0x5a)
		return false;
	put(u, SCRATCH, 0xa5);
	return get(u, SCRATCH) == 0xa5;
}

/* A driver that died may have left anything in the registers. */
bool
uart_probe(struct uart *u, helios_cap_t ioport, uint8_t *msr)
{
	*u = (struct uart){ .ioport = ioport, .lcr = LCR_8N1 };
	if (!find_ports(u) || !keeps_scratch(u))
		return false;
	*msr = get(u, MSR);
	put(u, LCR, u->lcr);
	put(u, IER, 0);
	uart_settle(u);
	set_mcr(u, MCR_LOOP | MCR_RTS | MCR_OUT2);
	if ((get(u, MSR) & MSR_LINES) == MSR_CTS_DCD)
		return uart_set_baud(u, UART_DIVIDEND);
	set_mcr(u, 0);
	return false;
}

/* Switching the FIFOs on empties them; what came before has been read, and
 * comes in again only when loopback ends. */
void
uart_start(struct uart *u)
{
	put(u, FCR, FCR_ENABLE | FCR_TRIGGER_8);
	u->burst = (get(u, IIR) & IIR_FIFOS) == IIR_FIFOS ? FIFO_BURST : 1;
	set_mcr(u, MCR_DTR | MCR_RTS | MCR_OUT2);
}

/*
 * Interrupts and data
 */

enum uart_cause
uart_cause(struct uart *u)
{
	return get(u, IIR) & IIR_CAUSE;
}

void
uart_interrupts(struct uart *u, uint8_t ier)
{
	if (ier != u->ier)
		put(u, IER, ier);
	u->ier = ier;
}

/* An edge-triggered interrupt line that stays up says nothing more. */
void
uart_interrupt_again(struct uart *u)
{
	put(u, IER, 0);
	put(u, IER, u->ier);
}

uint8_t
uart_modem(struct uart *u)
{
	return get(u, MSR);
}

static void
count_errors(struct uart *u)
{
	static const struct {
		uint8_t bit;
		enum dev_counter counter;
	} errors[] = {
		{ 0x04, DEV_COUNTER_PARITY_ERRORS },
		{ 0x08, DEV_COUNTER_FRAMING_ERRORS },
	};
	unsigned int i;

	/* A break has no stop bit, nor perhaps parity, and that is no error
	 * of its own. */
	if (u->errors & LSR_BREAK) {
		u->counts[DEV_COUNTER_BREAKS]++;
		return;
	}
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (u->errors & errors[i].bit)
			u->counts[errors[i].counter]++;
}

int
uart_receive(struct uart *u)
{
	while (line_status(u) & LSR_RECEIVED) {
		bool is_break = u->errors & LSR_BREAK;
		uint8_t byte = get(u, DATA);

		count_errors(u);
		u->errors = 0;
		if (!is_break)
			return byte;
	}
	return -1;
}

bool
uart_sent(struct uart *u)
{
	return line_status(u) & LSR_EMPTY;
}

unsigned int
uart_send(struct uart *u, const uint8_t *bytes, size_t n)
{
	unsigned int i;

	if (!uart_sent(u))
		return 0;
	for (i = 0; i < n && i < u->burst; i++)
		put(u, DATA, bytes[i]);
	u->counts[DEV_COUNTER_SENT] += i;
	return i;
}

/*
 * Line settings
 */

void
uart_set_rts(struct uart *u, bool on)
{
	set_mcr(u, (uint8_t)(on ? u->mcr | MCR_RTS : u->mcr & ~MCR_RTS));
}

static void
set_lcr(struct uart *u, uint8_t lcr)
{
	if (lcr == u->lcr)
		return;
	uart_settle(u);
	put(u, LCR, lcr);
	u->lcr = lcr;
}

bool
uart_set_baud(struct uart *u, uint32_t baud)
{
	uint32_t divisor;

	if (baud < 50 || baud > UART_DIVIDEND || UART_DIVIDEND % baud)
		return false;
	divisor = UART_DIVIDEND / baud;
	uart_settle(u);
	put(u, LCR, u->lcr | LCR_DLAB);
	put(u, DIVISOR_LOW, (uint8_t)divisor);
	put(u, DIVISOR_HIGH, (uint8_t)(divisor >> 8));
	put(u, LCR, u->lcr);
	u->baud = baud;
	return true;
}

bool
uart_set_charlen(struct uart *u, uint8_t bits)
{
	if (bits < 5 || bits > 8)
		return false;
	set_lcr(u, (uint8_t)((u->lcr & ~0x03u) | (bits - 5u)));
	return true;
}

void
uart_set_stopbits(struct uart *u, enum dev_stop stop)
{
	set_lcr(u, (uint8_t)(stop == DEV_STOP_TWO ? u->lcr | LCR_TWO_STOP :
			u->lcr & ~LCR_TWO_STOP));
}

/* Enabled, even, and stuck: at the opposite of what "even" says. */
static const uint8_t parities[] = {
	[DEV_PARITY_NONE] = 0x00,
	[DEV_PARITY_ODD] = 0x08,
	[DEV_PARITY_EVEN] = 0x18,
	[DEV_PARITY_MARK] = 0x28,
	[DEV_PARITY_SPACE] = 0x38,
};

void
uart_set_parity(struct uart *u, enum dev_parity parity)
{
	set_lcr(u, (uint8_t)((u->lcr & ~LCR_PARITY) | parities[parity]));
}

uint8_t
uart_charlen(const struct uart *u)
{
	return (uint8_t)((u->lcr & 0x03u) + 5);
}

enum dev_stop
uart_stopbits(const struct uart *u)
{
	return u->lcr & LCR_TWO_STOP ? DEV_STOP_TWO : DEV_STOP_ONE;
}

enum dev_parity
uart_parity(const struct uart *u)
{
	unsigned int i;

	for (i = 0; parities[i] != (u->lcr & LCR_PARITY); i++)
		;
	return i;
}
