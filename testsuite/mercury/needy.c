/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * needy: a driver whose manifest asks for another driver's device.  It passes
 * everything on to that.  It has no CSpace: whatever the other driver does,
 * the device is in the slot that the manifest says, or nowhere.
 */
#include <mercury/driver.h>
#include <mercury/io.h>

#include "interfaces.h"

static struct ipc_client below;

/* The other driver is not there: that is all its client can know. */
static ipc_status_t
passed(ipc_status_t status)
{
	return status != 0 && status < IPC_ERRORS ? IO_NODEVICE : status;
}

static ipc_status_t
put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	(void)rq;
	return passed(io_file_put(&below, mode, data, data_len, result));
}

static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *result,
		size_t *result_len)
{
	(void)rq;
	return passed(io_file_get(&below, amt, mode, result, result_len));
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
	below.cap = (helios_cap_t)helios_aux(MERCURY_AT_CAP(1),
			HELIOS_CADDR_UNDEF);
	if (mercury_register(loop.endpoint, NEEDY_IFACE, 0, NULL))
		return 1;
	mercury_serve(&loop);
}
