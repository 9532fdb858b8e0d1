/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart: looks at two registers of COM2's UART as it starts, and leaves them
 * in a mess when it is told to.  What its manifest's [reset] lines say about
 * them must be so whenever it starts again, and when another driver of that
 * UART does.
 */
#include <mercury/driver.h>
#include <mercury/io.h>

#include "interfaces.h"

#define PORT		0x2f8u		/* COM2 */
#define IER		(PORT + 1)
#define LCR		(PORT + 3)
#define SCR		(PORT + 7)

static struct {
	uint8_t ier, scr;
} found;
static helios_cap_t port;

static ipc_status_t
put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	(void)rq;
	(void)mode;
	(void)data;
	mercury_out8(port, IER, 0x0f);
	mercury_out8(port, SCR, 0x99);
	*result = data_len;
	return 0;
}

static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *result,
		size_t *result_len)
{
	(void)rq;
	(void)amt;
	(void)mode;
	memcpy(result, &found, sizeof(found));
	*result_len = sizeof(found);
	return 0;
}

static const struct io_file_server server = { .put = put, .get = get };

static void
request(struct ipc_request *rq)
{
	io_file_dispatch(&server, rq);
}

int
main(int argc, char **argv, char **envp)
{
	const struct mercury_loop loop = {
		.endpoint = (helios_cap_t)helios_aux(MERCURY_AT_CAP(0),
				HELIOS_CADDR_UNDEF),
		.request = request,
	};

	(void)argc;
	(void)argv;
	(void)envp;
	port = (helios_cap_t)helios_aux(MERCURY_AT_CAP(1),
			HELIOS_CADDR_UNDEF);
	/* IER is behind the divisor latch's bit, which must be clear. */
	mercury_out8(port, LCR, 0x03);
	found.ier = mercury_in8(port, IER);
	found.scr = mercury_in8(port, SCR);
	if (mercury_register(loop.endpoint, UART_IFACE, 0, NULL))
		return 1;
	mercury_serve(&loop);
}
