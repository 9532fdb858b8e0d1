/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the UART and the clients: two buffers and who waits for them.
 *
 * After each event settle() brings everything in line: whoever waits and can
 * be answered is, then the interrupts and RTS are set to what the state of
 * the port asks for.  So nobody waits to read while there are bytes, and no
 * interrupt is on that nothing would be done about.
 *
 * Flow control by hardware: RTS goes off when the receive buffer is 3/4 full
 * and on again at 1/4; should it fill all the same, bytes are left in the
 * UART.  Without flow control the sender cannot be stopped: what does not fit
 * is dropped, and counted.  Nothing is sent while CTS is off.
 *
 * Writers that wait go on when the send buffer is half empty, so that each
 * turn is worth its while.
 *
 * A line is hung up when its carrier goes away, until it comes back.  One
 * that has never had a carrier (a cable of three wires) is not.
 */
#include "port.h"

#define HIGH_WATER	(BUFFER_SIZE / 4 * 3)
#define LOW_WATER	(BUFFER_SIZE / 4)

/* For one interrupt, and for one of its causes: a line has no end. */
#define CAUSES_MAX	32u
#define BYTES_MAX	32u

static bool
is_full(const struct buffer *b)
{
	return b->used == BUFFER_SIZE;
}

static bool
held(const struct port *p)
{
	return p->flow == DEV_FLOW_HARDWARE && !(p->lines & DEV_LINES_CTS);
}

/*
 * The UART's events
 */

static void
take_byte(struct port *p, uint8_t byte)
{
	size_t n;

	if (is_full(&p->received)) {
		p->uart.counts[DEV_COUNTER_DROPPED]++;
		return;
	}
	*buffer_room(&p->received, 0, &n) = byte;
	p->received.used++;
	p->uart.counts[DEV_COUNTER_RECEIVED]++;
}

static void
receive(struct port *p)
{
	unsigned int i;
	int byte;

	for (i = 0; i < BYTES_MAX; i++) {
		if (p->flow == DEV_FLOW_HARDWARE && is_full(&p->received))
			return;
		byte = uart_receive(&p->uart);
		if (byte < 0)
			return;
		take_byte(p, (uint8_t)byte);
	}
}

static void
send(struct port *p)
{
	size_t n;
	const uint8_t *bytes = buffer_bytes(&p->sending, 0, &n);

	if (n && !held(p))
		buffer_take(&p->sending, uart_send(&p->uart, bytes, n));
}

static void serve_readers(struct port *p);

static void
modem_changed(struct port *p)
{
	uint8_t msr = uart_modem(&p->uart);
	bool changed = msr & UART_CARRIER_CHANGED;
	bool before = p->lines & DEV_LINES_CARRIER;
	bool now = UART_LINES(msr) & DEV_LINES_CARRIER;

	p->lines = UART_LINES(msr);
	p->hung_up = changed ? before || !now : p->hung_up;
	/* Down and up again: a new call; what waits belongs to the old. */
	if (p->hung_up && now) {
		serve_readers(p);
		p->hung_up = false;
	}
	send(p);
}

/*
 * Those that wait
 */

/* A client that is gone has taken nothing. */
static void
serve_reader(struct port *p, struct waiter *w)
{
	ipc_status_t status = IO_EOF;
	size_t n = 0;

	if (p->received.used) {
		n = transfer_read(&w->transfer, &p->received);
		status = n ? HELIOS_OK : IO_INVALID;
	}
	if (w->transfer.npages)
		status = io_file_read_reply(w->reply, status, 0, n);
	else
		status = io_file_get_reply(w->reply, status, 0, w->bytes, n);
	if (status == HELIOS_OK)
		buffer_take(&p->received, n);
}

static void
serve_readers(struct port *p)
{
	struct waiter *w;

	while ((p->received.used || p->hung_up) &&
			(w = queue_first(&p->readers))) {
		serve_reader(p, w);
		queue_remove_first(&p->readers);
	}
}

static void
serve_writer(struct port *p, struct waiter *w)
{
	size_t n = transfer_write(&w->transfer, &p->sending);
	ipc_status_t status = n ? HELIOS_OK : IO_INVALID;

	if (w->transfer.npages)
		status = io_file_write_reply(w->reply, status, 0, n);
	else
		status = io_file_put_reply(w->reply, status, 0, n);
	if (status == HELIOS_OK)
		p->sending.used += n;
}

static void
serve_writers(struct port *p)
{
	struct waiter *w;

	while (p->sending.used <= BUFFER_SIZE / 2 &&
			(w = queue_first(&p->writers))) {
		serve_writer(p, w);
		queue_remove_first(&p->writers);
	}
}

static bool
all_sent(struct port *p)
{
	if (p->sending.used || p->writers.used || !uart_sent(&p->uart))
		return false;
	uart_settle(&p->uart);
	return true;
}

static void
serve_drainers(struct port *p)
{
	struct waiter *w;

	if (!p->drainers.used || !all_sent(p))
		return;
	while ((w = queue_first(&p->drainers))) {
		dev_serial_drain_reply(w->reply, HELIOS_OK, 0);
		queue_remove_first(&p->drainers);
	}
}

/*
 * What the UART is to do
 */

static void
set_throttle(struct port *p)
{
	if (p->flow == DEV_FLOW_NONE || p->received.used <= LOW_WATER)
		p->throttled = false;
	else if (p->received.used >= HIGH_WATER)
		p->throttled = true;
	uart_set_rts(&p->uart, !p->throttled);
}

static void
set_interrupts(struct port *p)
{
	uint8_t ier = UART_STATUS | UART_MODEM;

	if (p->flow == DEV_FLOW_NONE || !is_full(&p->received))
		ier |= UART_RECEIVED;
	if (p->sending.used ? !held(p) : p->drainers.used > 0)
		ier |= UART_SENT;
	uart_interrupts(&p->uart, ier);
}

static void
settle(struct port *p)
{
	serve_readers(p);
	serve_writers(p);
	serve_drainers(p);
	set_throttle(p);
	set_interrupts(p);
}

/*
 * Interrupts
 */

static void
handle(struct port *p, enum uart_cause cause)
{
	switch (cause) {
	case UART_CAUSE_MODEM:
		modem_changed(p);
		break;
	case UART_CAUSE_SENT:
		send(p);
		break;
	default:
		receive(p);
		break;
	}
}

/* An edge that comes while its cause is being handled is delivered after the
 * acknowledgement, when nothing is left of it: one such is no surprise. */
static void
no_cause(struct port *p)
{
	if (!p->handled)
		p->uart.counts[DEV_COUNTER_SPURIOUS]++;
	p->handled = false;
}

static bool
handle_all(struct port *p)
{
	enum uart_cause cause;
	unsigned int i;

	for (i = 0; i < CAUSES_MAX; i++) {
		cause = uart_cause(&p->uart);
		if (cause == UART_CAUSE_NONE) {
			if (i == 0)
				no_cause(p);
			return true;
		}
		p->handled = true;
		handle(p, cause);
		if (cause == UART_CAUSE_SENT)
			serve_writers(p);
	}
	uart_interrupt_again(&p->uart);
	return false;
}

/* Is dropping bytes all that there is to be done? */
static bool
only_drops(const struct port *p)
{
	return p->flow == DEV_FLOW_NONE && is_full(&p->received) &&
		!p->sending.used && !p->drainers.used;
}

/* Receiving comes before sending in the UART; where it never ends, sending
 * would never begin. */
bool
port_interrupt(struct port *p)
{
	bool done;

	p->uart.counts[DEV_COUNTER_INTERRUPTS]++;
	if (!p->present)
		return true;
	done = handle_all(p);
	if (!done)
		send(p);
	settle(p);
	return done || !only_drops(p);
}

void
port_open(struct port *p, helios_cap_t ioport)
{
	uint8_t before, now;

	p->present = uart_probe(&p->uart, ioport, &before);
	if (!p->present)
		return;
	receive(p);
	uart_start(&p->uart);
	now = uart_modem(&p->uart);
	p->lines = UART_LINES(now);
	p->hung_up = !(p->lines & DEV_LINES_CARRIER) &&
		(before & UART_CARRIER_CHANGED ||
		UART_LINES(before) & DEV_LINES_CARRIER);
	settle(p);
}

/*
 * Requests
 */

ipc_status_t
port_read(struct port *p, struct ipc_request *rq, const struct transfer *t,
		enum io_mode mode, size_t *done)
{
	if (p->received.used) {
		*done = transfer_read(t, &p->received);
		if (!*done)
			return IO_INVALID;
		buffer_take(&p->received, *done);
		settle(p);
		return HELIOS_OK;
	}
	if (p->hung_up)
		return IO_EOF;
	if (mode == IO_MODE_NONBLOCK)
		return IO_AGAIN;
	return queue_add(&p->readers, rq, t);
}

/* If the transmitter's interrupt is on, it is busy and will ask for more. */
ipc_status_t
port_write(struct port *p, struct ipc_request *rq, const struct transfer *t,
		enum io_mode mode, size_t *done)
{
	if (!p->writers.used && !is_full(&p->sending)) {
		*done = transfer_write(t, &p->sending);
		if (!*done)
			return IO_INVALID;
		p->sending.used += *done;
		if (!(p->uart.ier & UART_SENT))
			send(p);
		settle(p);
		return HELIOS_OK;
	}
	if (mode == IO_MODE_NONBLOCK)
		return IO_AGAIN;
	return queue_add(&p->writers, rq, t);
}

ipc_status_t
port_drain(struct port *p, struct ipc_request *rq)
{
	static const struct transfer nothing;
	ipc_status_t status;

	if (all_sent(p))
		return HELIOS_OK;
	status = queue_add(&p->drainers, rq, &nothing);
	settle(p);
	return status;
}

void
port_set_flow(struct port *p, enum dev_flow flow)
{
	p->flow = flow;
	send(p);
	settle(p);
}

uint8_t
port_lines(struct port *p)
{
	modem_changed(p);
	settle(p);
	return p->lines;
}
