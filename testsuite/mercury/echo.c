/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echo: a driver without a device.  What is put comes back by get, in order.
 * Its two devices, serial numbers 0 and 1, have a buffer each.  It has no
 * CSpace, so it cannot keep a caller waiting: an empty buffer says again.
 */
#include <mercury/driver.h>
#include <mercury/io.h>

#include "interfaces.h"

#define DEVICES		2u
#define BUFFER		4096u		/* a power of two */
#define CHUNK		256u

static struct {
	uint32_t head, tail;		/* read at, written at; run freely */
	uint8_t data[BUFFER];
} rings[DEVICES];

static ipc_status_t
put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	uint32_t ring = mercury_cookie(rq);
	const uint8_t *bytes = data;
	size_t i;

	(void)mode;
	if (ring >= DEVICES)
		return IO_NODEVICE;
	for (i = 0; i < data_len; i++) {
		if (rings[ring].tail - rings[ring].head == BUFFER)
			break;
		rings[ring].data[rings[ring].tail++ % BUFFER] = bytes[i];
	}
	*result = i;
	return i > 0 ? 0 : IO_AGAIN;
}

static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *result,
		size_t *result_len)
{
	uint32_t ring = mercury_cookie(rq);
	uint8_t *bytes = result;
	size_t n = 0;

	(void)mode;
	if (ring >= DEVICES)
		return IO_NODEVICE;
	while (n < amt && n < CHUNK && n < *result_len &&
			rings[ring].head != rings[ring].tail)
		bytes[n++] = rings[ring].data[rings[ring].head++ % BUFFER];
	*result_len = n;
	return n > 0 ? 0 : IO_AGAIN;
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
	uint32_t i;

	(void)argc;
	(void)argv;
	(void)envp;
	for (i = 0; i < DEVICES; i++)
		if (mercury_register(loop.endpoint, ECHO_IFACE, i, NULL))
			return 1;
	mercury_serve(&loop);
}
