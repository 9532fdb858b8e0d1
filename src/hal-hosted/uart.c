/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two 16550A serial ports: every register a driver can tell them by.
 *
 * A line here has no speed.  A byte written has been sent at once, unless
 * the other end is slow; then the transmitter stays busy until it has caught
 * up.  Input waits at the host until the FIFO has room, so it never
 * overruns; in loopback it does.  Bytes below the trigger level count as
 * timed out as soon as they are there: nothing else would come sooner.
 *
 * The interrupt line passes through MCR bit OUT2, as on every PC.
 */
#include <config.h>

#include <string.h>

#include "chardev.h"
#include "hosted.h"

#define FIFO_SIZE	16u

/* Registers; some share an offset. */
#define RBR	0
#define THR	0
#define DLL	0
#define IER	1
#define DLM	1
#define IIR	2
#define FCR	2
#define LCR	3
#define MCR	4
#define LSR	5
#define MSR	6
#define SCR	7

#define IER_RDA		0x01
#define IER_THRE	0x02
#define IER_RLS		0x04
#define IER_MSR		0x08

#define IIR_NONE	0x01
#define IIR_MSR		0x00
#define IIR_THRE	0x02
#define IIR_RDA		0x04
#define IIR_RLS		0x06
#define IIR_TIMEOUT	0x0c
#define IIR_FIFOS	0xc0

#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define FCR_CLEAR_TX	0x04
#define FCR_TRIGGER	6		/* shift */

#define LCR_BREAK	0x40
#define LCR_DLAB	0x80

#define MCR_DTR		0x01
#define MCR_RTS		0x02
#define MCR_OUT1	0x04
#define MCR_OUT2	0x08
#define MCR_LOOP	0x10
#define MCR_BITS	0x1f

#define LSR_DR		0x01
#define LSR_OE		0x02
#define LSR_BI		0x10
#define LSR_ERRORS	0x1e
#define LSR_THRE	0x20
#define LSR_TEMT	0x40
#define LSR_FIFO_ERROR	0x80

#define MSR_CTS		0x10
#define MSR_DSR		0x20
#define MSR_RI		0x40
#define MSR_DCD		0x80
#define MSR_LINES	0xf0
#define MSR_TERI	0x04		/* ring: its falling edge only */

struct uart {
	unsigned int irq;
	struct chardev *dev;
	pthread_mutex_t lock;
	uint8_t ier, fcr, lcr, mcr, lsr, msr, scr;
	uint8_t dll, dlm;
	uint8_t fifo[FIFO_SIZE];
	unsigned int head, count;
	bool broken;			/* the byte at head is a break */
	bool thre_interrupt;		/* not yet read from IIR */
	bool was_ready;
};

static struct uart uarts[2];

static unsigned int
capacity(const struct uart *u)
{
	return u->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static unsigned int
trigger(const struct uart *u)
{
	static const uint8_t levels[] = {1, 4, 8, 14};

	return u->fcr & FCR_ENABLE ? levels[u->fcr >> FCR_TRIGGER] : 1;
}

/* The most urgent interrupt, as IIR shows it. */
static uint8_t
cause(const struct uart *u)
{
	if (u->ier & IER_RLS && u->lsr & LSR_ERRORS)
		return IIR_RLS;
	if (u->ier & IER_RDA && u->count > 0)
		return u->count >= trigger(u) ? IIR_RDA : IIR_TIMEOUT;
	if (u->ier & IER_THRE && u->thre_interrupt)
		return IIR_THRE;
	if (u->ier & IER_MSR && u->msr & ~MSR_LINES)
		return IIR_MSR;
	return IIR_NONE;
}

static void
update(struct uart *u)
{
	irq_line(u->irq, cause(u) != IIR_NONE && u->mcr & MCR_OUT2 &&
		!(u->mcr & MCR_LOOP));
}

/* The modem lines as they are now; remember what changed. */
static void
set_lines(struct uart *u)
{
	uint8_t now, delta;

	if (u->mcr & MCR_LOOP)
		now = (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) |
			(u->mcr & MCR_DTR ? MSR_DSR : 0) |
			(u->mcr & MCR_OUT1 ? MSR_RI : 0) |
			(u->mcr & MCR_OUT2 ? MSR_DCD : 0));
	else
		now = (chardev_connected(u->dev) ? MSR_CTS | MSR_DSR : 0) |
			(chardev_carrier(u->dev) ? MSR_DCD : 0);
	delta = (uint8_t)(((now ^ u->msr) & MSR_LINES) >> 4);
	if (now & MSR_RI)
		delta &= (uint8_t)~MSR_TERI;
	u->msr = (uint8_t)(now | (u->msr & ~MSR_LINES) | delta);
}

static void
push(struct uart *u, uint8_t byte)
{
	if (u->count == capacity(u)) {
		u->lsr |= LSR_OE;
		if (u->fcr & FCR_ENABLE)
			return;
		/* Without FIFOs the new byte replaces the old. */
		u->count = 0;
	}
	u->fifo[(u->head + u->count++) % FIFO_SIZE] = byte;
}

static void
clear_rx(struct uart *u)
{
	u->head = u->count = 0;
	u->broken = false;
	u->lsr &= (uint8_t)~LSR_BI;
}

static uint8_t
read_rbr(struct uart *u)
{
	uint8_t byte;

	if (u->count == 0)
		return 0;
	byte = u->fifo[u->head];
	u->head = (u->head + 1) % FIFO_SIZE;
	if (--u->count == 0)
		chardev_resume(u->dev);
	u->broken = false;
	return byte;
}

static void
write_thr(struct uart *u, uint8_t byte)
{
	bool ready = true;

	if (u->mcr & MCR_LOOP) {
		push(u, byte);
	} else {
		chardev_put(u->dev, byte);
		ready = chardev_ready(u->dev);
	}
	u->was_ready = ready;
	u->thre_interrupt = ready;
}

static uint8_t
read_iir(struct uart *u)
{
	uint8_t c = cause(u);

	if (c == IIR_THRE)
		u->thre_interrupt = false;
	return c | (u->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static uint8_t
read_lsr(struct uart *u)
{
	uint8_t value = u->lsr;

	if (u->count > 0)
		value |= LSR_DR;
	if (u->mcr & MCR_LOOP || chardev_ready(u->dev))
		value |= LSR_THRE | LSR_TEMT;
	if (u->broken && u->fcr & FCR_ENABLE)
		value |= LSR_FIFO_ERROR;
	u->lsr &= (uint8_t)~LSR_ERRORS;
	return value;
}

static uint8_t
read_msr(struct uart *u)
{
	uint8_t value;

	set_lines(u);
	value = u->msr;
	u->msr &= MSR_LINES;
	return value;
}

static uint8_t
read_register(struct uart *u, unsigned int reg)
{
	switch (reg) {
	case RBR:
		return u->lcr & LCR_DLAB ? u->dll : read_rbr(u);
	case IER:
		return u->lcr & LCR_DLAB ? u->dlm : u->ier;
	case IIR:
		return read_iir(u);
	case LCR:
		return u->lcr;
	case MCR:
		return u->mcr;
	case LSR:
		return read_lsr(u);
	case MSR:
		return read_msr(u);
	default:
		return u->scr;
	}
}

/* Enabling the transmitter's interrupt while it is empty raises it. */
static void
write_ier(struct uart *u, uint8_t value)
{
	if (value & IER_THRE && !(u->ier & IER_THRE))
		u->thre_interrupt = u->mcr & MCR_LOOP ||
			chardev_ready(u->dev);
	u->ier = value & 0x0f;
}

/* Switching the FIFOs on or off empties them. */
static void
write_fcr(struct uart *u, uint8_t value)
{
	if ((value ^ u->fcr) & FCR_ENABLE || value & FCR_CLEAR_RX) {
		clear_rx(u);
		chardev_resume(u->dev);
	}
	if (value & FCR_CLEAR_TX)
		u->thre_interrupt = true;
	u->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | 3 << FCR_TRIGGER) :
		0;
}

/* In loopback a break arrives as a zero byte with its error bit. */
static void
write_lcr(struct uart *u, uint8_t value)
{
	if (u->mcr & MCR_LOOP && value & ~u->lcr & LCR_BREAK) {
		push(u, 0);
		u->broken = true;
		u->lsr |= LSR_BI;
	}
	u->lcr = value;
}

static void
write_register(struct uart *u, unsigned int reg, uint8_t value)
{
	switch (reg) {
	case THR:
		if (u->lcr & LCR_DLAB)
			u->dll = value;
		else
			write_thr(u, value);
		break;
	case IER:
		if (u->lcr & LCR_DLAB)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case FCR:
		write_fcr(u, value);
		break;
	case LCR:
		write_lcr(u, value);
		break;
	case MCR:
		u->mcr = value & MCR_BITS;
		set_lines(u);
		/* Input may have waited for the end of loopback. */
		chardev_resume(u->dev);
		break;
	case SCR:
		u->scr = value;
		break;
	default:
		break;		/* LSR and MSR cannot be written */
	}
}

static uint8_t
uart_in(void *arg, unsigned int reg)
{
	struct uart *u = arg;
	uint8_t value;

	pthread_mutex_lock(&u->lock);
	value = read_register(u, reg);
	update(u);
	pthread_mutex_unlock(&u->lock);
	return value;
}

static void
uart_out(void *arg, unsigned int reg, uint8_t value)
{
	struct uart *u = arg;

	pthread_mutex_lock(&u->lock);
	write_register(u, reg, value);
	update(u);
	pthread_mutex_unlock(&u->lock);
}

/*
 * The host's end, on the I/O thread
 */

static size_t
room(void *arg)
{
	struct uart *u = arg;
	size_t n;

	pthread_mutex_lock(&u->lock);
	n = u->mcr & MCR_LOOP ? 0 : capacity(u) - u->count;
	pthread_mutex_unlock(&u->lock);
	return n;
}

static void
receive(void *arg, const uint8_t *buf, size_t len)
{
	struct uart *u = arg;
	size_t i;

	pthread_mutex_lock(&u->lock);
	for (i = 0; i < len; i++)
		push(u, buf[i]);
	update(u);
	pthread_mutex_unlock(&u->lock);
}

static void
changed(void *arg)
{
	struct uart *u = arg;
	bool ready = chardev_ready(u->dev);

	pthread_mutex_lock(&u->lock);
	if (ready && !u->was_ready)
		u->thre_interrupt = true;
	u->was_ready = ready;
	set_lines(u);
	update(u);
	pthread_mutex_unlock(&u->lock);
}

static void
init_one(struct uart *u, const char *name, const char *spec, uint16_t port,
		unsigned int irq)
{
	const struct chardev_user user = {room, receive, changed, u};

	u->irq = irq;
	u->dll = 1;			/* 115200 baud */
	u->was_ready = true;
	pthread_mutex_init(&u->lock, NULL);
	u->dev = chardev_open(name, spec, &user);
	set_lines(u);
	u->msr &= MSR_LINES;
	port_add(&(struct port_device){port, port + 7, uart_in, uart_out, u});
}

void
uart_init(const struct options *o)
{
	init_one(&uarts[0], "com1", o->com[0], 0x3f8, 4);
	init_one(&uarts[1], "com2", o->com[1], 0x2f8, 3);
}

void
uart_restore(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (uarts[i].dev)
			chardev_restore(uarts[i].dev);
}

void
uart_fini(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		chardev_close(uarts[i].dev);
}

/* With its line masked and all tasks blocked nobody will ever unmask it. */
static bool
can_interrupt(const struct uart *u)
{
	return irq_unmasked(u->irq) && chardev_live(u->dev);
}

bool
uart_can_interrupt(void)
{
	return can_interrupt(&uarts[0]) || can_interrupt(&uarts[1]);
}
