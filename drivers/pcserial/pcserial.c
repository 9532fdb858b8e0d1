/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first two serial ports of a PC, as dev::serial.  A client's badge says
 * which: cookie 0 is COM1, 1 is COM2; both are registered, in this order,
 * there or not, so that their serial numbers are these, too.
 *
 * The driver needs the capabilities of slots 0 to 5 only.  Without a CSpace
 * of its own it can keep no Reply and accept no pages: then requests that
 * would have to wait, and reads and writes of pages, are io::unsupported.
 * Without the services it registers and logs nothing.
 *
 * Changing its name or slots means changing pcserial.manifest.
 */
#include "port.h"

enum {
	ENDPOINT = 0,
	COM1_PORTS = 1,
	COM2_PORTS = 2,
	COM2_IRQ = 4,
	COM1_IRQ = 5,
};

static const struct {
	const char *name;
	helios_cap_t ports, irq;
	uint64_t bit;			/* of the note: the IRQ's number */
} lines[] = {
	{ "COM1", COM1_PORTS, COM1_IRQ, 1u << 4 },
	{ "COM2", COM2_PORTS, COM2_IRQ, 1u << 3 },
};

#define NPORTS	(sizeof(lines) / sizeof(lines[0]))

static struct port ports[NPORTS];
static bool resting[NPORTS];		/* interrupt not acknowledged yet */

static struct port *
port_of(const struct ipc_request *rq)
{
	return rq->object;
}

/*
 * io::file.  The payload of io::invalid is the number of the argument.
 */

static ipc_status_t
invalid(struct ipc_request *rq, unsigned int argument)
{
	rq->payload = argument;
	return IO_INVALID;
}

/* Do the pages hold amt bytes from buf on? */
static ipc_status_t
through_pages(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		struct transfer *t)
{
	uint64_t size = npages * (uint64_t)HELIOS_PAGE_SIZE;

	if (!npages && helios_process.cspace == HELIOS_CADDR_UNDEF)
		return IO_UNSUPPORTED;
	if (buf >= size || npages > TRANSFER_PAGES ||
			!ipc_all_pages(pages, npages))
		return invalid(rq, 0);
	if (!amt || amt > size - buf)
		return invalid(rq, 1);
	*t = (struct transfer){ .amount = amt, .offset = buf,
		.npages = npages };
	memcpy(t->pages, pages, npages * sizeof(pages[0]));
	return HELIOS_OK;
}

static ipc_status_t
serial_read(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	struct transfer t;
	ipc_status_t status = through_pages(rq, pages, npages, buf, amt, &t);

	return status ? status : port_read(port_of(rq), rq, &t, mode, result);
}

static ipc_status_t
serial_write(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	struct transfer t;
	ipc_status_t status = through_pages(rq, pages, npages, buf, amt, &t);

	return status ? status : port_write(port_of(rq), rq, &t, mode, result);
}

static ipc_status_t
serial_seek(struct ipc_request *rq, int64_t offs, enum io_whence whence,
		uint64_t *result)
{
	(void)rq;
	(void)offs;
	(void)whence;
	(void)result;
	return IO_UNSUPPORTED;
}

static ipc_status_t
serial_get(struct ipc_request *rq, uint32_t amt, enum io_mode mode,
		void *result, size_t *result_len)
{
	const struct transfer t = { .to = result,
		.amount = amt < *result_len ? amt : *result_len };

	if (!amt)
		return invalid(rq, 0);
	return port_read(port_of(rq), rq, &t, mode, result_len);
}

static ipc_status_t
serial_put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	const struct transfer t = { .from = data, .amount = data_len };

	if (!data_len)
		return invalid(rq, 1);
	return port_write(port_of(rq), rq, &t, mode, result);
}

/* The line stays as it is: other clients may use it. */
static ipc_status_t
serial_close(struct ipc_request *rq)
{
	(void)rq;
	return HELIOS_OK;
}

/*
 * dev::serial
 */

static ipc_status_t
get_baud(struct ipc_request *rq, uint32_t *result)
{
	*result = port_of(rq)->uart.baud;
	return HELIOS_OK;
}

static ipc_status_t
set_baud(struct ipc_request *rq, uint32_t baud)
{
	return uart_set_baud(&port_of(rq)->uart, baud) ? HELIOS_OK :
		invalid(rq, 0);
}

static ipc_status_t
get_charlen(struct ipc_request *rq, uint8_t *result)
{
	*result = uart_charlen(&port_of(rq)->uart);
	return HELIOS_OK;
}

static ipc_status_t
set_charlen(struct ipc_request *rq, uint8_t bits)
{
	return uart_set_charlen(&port_of(rq)->uart, bits) ? HELIOS_OK :
		invalid(rq, 0);
}

static ipc_status_t
get_stopbits(struct ipc_request *rq, enum dev_stop *result)
{
	*result = uart_stopbits(&port_of(rq)->uart);
	return HELIOS_OK;
}

static ipc_status_t
set_stopbits(struct ipc_request *rq, enum dev_stop stopbits)
{
	uart_set_stopbits(&port_of(rq)->uart, stopbits);
	return HELIOS_OK;
}

static ipc_status_t
get_parity(struct ipc_request *rq, enum dev_parity *result)
{
	*result = uart_parity(&port_of(rq)->uart);
	return HELIOS_OK;
}

static ipc_status_t
set_parity(struct ipc_request *rq, enum dev_parity parity)
{
	uart_set_parity(&port_of(rq)->uart, parity);
	return HELIOS_OK;
}

static ipc_status_t
get_flow(struct ipc_request *rq, enum dev_flow *result)
{
	*result = port_of(rq)->flow;
	return HELIOS_OK;
}

static ipc_status_t
set_flow(struct ipc_request *rq, enum dev_flow flow)
{
	port_set_flow(port_of(rq), flow);
	return HELIOS_OK;
}

static ipc_status_t
get_lines(struct ipc_request *rq, uint8_t *result)
{
	*result = port_lines(port_of(rq));
	return HELIOS_OK;
}

static ipc_status_t
get_count(struct ipc_request *rq, enum dev_counter counter, uint64_t *result)
{
	*result = port_of(rq)->uart.counts[counter];
	return HELIOS_OK;
}

static ipc_status_t
drain(struct ipc_request *rq)
{
	return port_drain(port_of(rq), rq);
}

static const struct dev_serial_server server = {
	.io_file = {
		.read = serial_read,
		.write = serial_write,
		.seek = serial_seek,
		.get = serial_get,
		.put = serial_put,
		.close = serial_close,
	},
	.get_baud = get_baud,
	.set_baud = set_baud,
	.get_charlen = get_charlen,
	.set_charlen = set_charlen,
	.get_stopbits = get_stopbits,
	.set_stopbits = set_stopbits,
	.get_parity = get_parity,
	.set_parity = set_parity,
	.get_flow = get_flow,
	.set_flow = set_flow,
	.get_lines = get_lines,
	.get_count = get_count,
	.drain = drain,
};

/*
 * The driver
 */

static void
acknowledge(size_t i)
{
	enum helios_status status = helios_irq_ack(lines[i].irq);

	if (status == HELIOS_OK)
		return;
	mercury_log("%s: the capability in slot %u is not for its interrupt: "
			"%s", lines[i].name, lines[i].irq,
			helios_strerror(status));
	helios_exit(1);
}

static void
interrupt(size_t i)
{
	resting[i] = !port_interrupt(&ports[i]);
	if (!resting[i])
		acknowledge(i);
}

static void
notify(uint64_t bits)
{
	size_t i;

	for (i = 0; i < NPORTS; i++)
		if (bits & lines[i].bit)
			interrupt(i);
}

/* Answer first: what follows answers others, through the same IPC buffer. */
static void
wake_resting(struct ipc_request *rq, size_t i)
{
	if (!rq->deferred)
		ipc_reply(rq);
	rq->deferred = true;
	interrupt(i);
}

static void
request(struct ipc_request *rq)
{
	uint32_t cookie = mercury_cookie(rq);
	size_t i;

	if (cookie < NPORTS && ports[cookie].present) {
		rq->object = &ports[cookie];
		dev_serial_dispatch(&server, rq);
	} else {
		ipc_drop_caps(rq);
		ipc_fail(rq, IO_NODEVICE);
	}
	for (i = 0; i < NPORTS; i++)
		if (resting[i])
			wake_resting(rq, i);
}

static void
start(size_t i)
{
	ipc_status_t status;

	port_open(&ports[i], lines[i].ports);
	acknowledge(i);
	if (ports[i].present)
		mercury_log("%s at %X, %s", lines[i].name, ports[i].uart.base,
				ports[i].uart.burst > 1 ? "16550A" :
				"without FIFOs");
	else
		mercury_log("%s: no UART at %X", lines[i].name,
				ports[i].uart.base);
	status = mercury_register(ENDPOINT, DEV_SERIAL_ID, (uint32_t)i, NULL);
	if (status && status != HELIOS_MISSING_PART)
		mercury_log("%s: not registered: %s", lines[i].name,
				mercury_strerror(status));
}

int
main(int argc, char **argv, char **envp)
{
	struct mercury_loop loop = {
		.endpoint = ENDPOINT,
		.request = request,
		.notify = notify,
	};
	size_t i;

	(void)argc;
	(void)argv;
	(void)envp;
	if (helios_process.cspace != HELIOS_CADDR_UNDEF)
		loop.accept = DEV_SERIAL_ACCEPT;
	for (i = 0; i < NPORTS; i++)
		start(i);
	mercury_serve(&loop);
}
