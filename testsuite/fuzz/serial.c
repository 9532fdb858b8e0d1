/* SPDX-License-Identifier: BSD-2-Clause */
/* A server of dev::serial, and of io::file, which that inherits. */
#include <mercury/dev.h>
#include <mercury/io.h>

#include "calls.h"

#define FILE_(serial)	HELIOS_LABEL(IO_FILE_ID, serial)
#define LINE(serial)	HELIOS_LABEL(DEV_SERIAL_ID, serial)

static const int64_t modes[] = { 2, 0, 1 };
static const int64_t whences[] = { 3, 0, 1, 2 };
static const int64_t stops[] = { 2, 1, 2 };
static const int64_t parities[] = { 5, 0, 1, 2, 3, 4 };
static const int64_t counters[] = { 9, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
static const int64_t *const enums[] = { modes, whences, stops, parities,
	modes, counters };

static const struct call_method methods[] = {
	{ .label = FILE_(1), .params = "88A", .result = "8", .more = true },
	{ .label = FILE_(2), .params = "88A", .result = "8", .more = true },
	{ .label = FILE_(3), .params = "lB", .result = "8" },
	{ .label = FILE_(4), .params = "4A", .result = "$" },
	{ .label = FILE_(5), .params = "A$", .result = "8" },
	{ .label = FILE_(6), .params = "", .result = "" },
	{ .label = LINE(1), .params = "", .result = "4" },
	{ .label = LINE(2), .params = "4", .result = "" },
	{ .label = LINE(3), .params = "", .result = "1" },
	{ .label = LINE(4), .params = "1", .result = "" },
	{ .label = LINE(5), .params = "", .result = "C" },
	{ .label = LINE(6), .params = "C", .result = "" },
	{ .label = LINE(7), .params = "", .result = "D" },
	{ .label = LINE(8), .params = "D", .result = "" },
	{ .label = LINE(9), .params = "", .result = "E" },
	{ .label = LINE(10), .params = "E", .result = "" },
	{ .label = LINE(11), .params = "", .result = "1" },
	{ .label = LINE(12), .params = "F", .result = "8" },
	{ .label = LINE(13), .params = "", .result = "" },
};

static const struct call_table table = {
	methods, sizeof(methods) / sizeof(methods[0]), enums
};

static ipc_status_t
file_read(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	server_got_caps(pages, 0, npages);
	*result = server_value();
	return SERVER_GOT(rq, FILE_(1), NULL, 0, buf, amt, mode);
}

static ipc_status_t
file_write(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	server_got_caps(pages, 0, npages);
	*result = server_value();
	return SERVER_GOT(rq, FILE_(2), NULL, 0, buf, amt, mode);
}

static ipc_status_t
file_seek(struct ipc_request *rq, int64_t offs, enum io_whence whence,
		uint64_t *result)
{
	*result = server_value();
	return SERVER_GOT(rq, FILE_(3), NULL, 0, (uint64_t)offs, whence);
}

static ipc_status_t
file_get(struct ipc_request *rq, uint32_t amt, enum io_mode mode,
		void *result, size_t *result_len)
{
	server_bytes(result, result_len);
	return SERVER_GOT(rq, FILE_(4), NULL, 0, amt, mode);
}

static ipc_status_t
file_put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	*result = server_value();
	return SERVER_GOT(rq, FILE_(5), data, data_len, mode);
}

static ipc_status_t
file_close(struct ipc_request *rq)
{
	return SERVER_GOT(rq, FILE_(6), NULL, 0, 0);
}

/* Functions that give a value, and that take one. */
#define GET(name, serial, type, value) \
	static ipc_status_t \
	name(struct ipc_request *rq, type *result) \
	{ \
		*result = (type)(value); \
		return SERVER_GOT(rq, LINE(serial), NULL, 0, 0); \
	}
#define SET(name, serial, type) \
	static ipc_status_t \
	name(struct ipc_request *rq, type value) \
	{ \
		return SERVER_GOT(rq, LINE(serial), NULL, 0, value); \
	}

GET(get_baud, 1, uint32_t, server_value())
SET(set_baud, 2, uint32_t)
GET(get_charlen, 3, uint8_t, server_value())
SET(set_charlen, 4, uint8_t)
GET(get_stopbits, 5, enum dev_stop, DEV_STOP_TWO)
SET(set_stopbits, 6, enum dev_stop)
GET(get_parity, 7, enum dev_parity, DEV_PARITY_MARK)
SET(set_parity, 8, enum dev_parity)
GET(get_flow, 9, enum dev_flow, DEV_FLOW_HARDWARE)
SET(set_flow, 10, enum dev_flow)
GET(get_lines, 11, uint8_t, server_value())

static ipc_status_t
get_count(struct ipc_request *rq, enum dev_counter counter, uint64_t *result)
{
	*result = server_value();
	return SERVER_GOT(rq, LINE(12), NULL, 0, counter);
}

static ipc_status_t
drain(struct ipc_request *rq)
{
	return SERVER_GOT(rq, LINE(13), NULL, 0, 0);
}

static const struct dev_serial_server functions = {
	.io_file = {
		.read = file_read,
		.write = file_write,
		.seek = file_seek,
		.get = file_get,
		.put = file_put,
		.close = file_close,
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

static void
dispatch(struct ipc_request *rq)
{
	dev_serial_dispatch(&functions, rq);
}

/* What a driver does later: data has come, or has gone. */
static ipc_status_t
answer(uint64_t label, helios_cap_t reply, ipc_status_t status,
		uint64_t payload)
{
	uint8_t bytes[IPC_BYTES_MAX(0)];
	size_t len = sizeof(bytes);

	switch (label) {
	case FILE_(1):
		return io_file_read_reply(reply, status, payload,
			server_value());
	case FILE_(2):
		return io_file_write_reply(reply, status, payload,
			server_value());
	case FILE_(4):
		server_bytes(bytes, &len);
		return io_file_get_reply(reply, status, payload, bytes, len);
	case FILE_(5):
		return io_file_put_reply(reply, status, payload,
			server_value());
	case LINE(13):
		return dev_serial_drain_reply(reply, status, payload);
	default:
		return SERVER_NEVER;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct server server = { dispatch, answer, false };
	struct call_input in = { data, size };

	server_run(&table, &in, &server);
	return 0;
}
