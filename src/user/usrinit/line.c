/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line, as something to write to.
 *
 * A driver may die at any time, with what it had not sent yet; that much is
 * lost.  What it had not taken is written again to the next one.
 */
#include <stdarg.h>
#include <mercury/file.h>
#include "usrinit.h"

static struct mercury_device line;
static bool lost;
static char buffer[MERCURY_INLINE];
static size_t used;

#define MS		1000000ull	/* ns */
#define PATIENCE	(5000 * MS)
#define STEP		(10 * MS)

ipc_status_t
line_open(uint32_t number)
{
	uint64_t deadline = helios_clock() + PATIENCE;

	while (!device_known(DEV_SERIAL_ID, number)) {
		if (helios_clock() >= deadline)
			return SYS_NOENT;
		helios_sleep(STEP);
	}
	return mercury_open(&line, DEV_SERIAL_ID, number, true);
}

uint32_t
line_number(void)
{
	return line.index;
}

helios_cap_t
line_cap(void)
{
	return line.client.cap;
}

bool
line_good(void)
{
	return !lost;
}

/*
 * CANCELED: the driver died with the request.  REVOKED: the generated code
 * found it dead and no other; asking once more gives the reason.
 */
bool
line_again(struct mercury_device *d, ipc_status_t *status)
{
	if (*status == HELIOS_CANCELED)
		return true;
	if (*status != HELIOS_REVOKED)
		return false;
	*status = d->client.reconnect(&d->client);
	return *status == HELIOS_OK;
}

static void
lose(ipc_status_t status)
{
	lost = true;
	helios_printf("usrinit: cannot write to dev::serial %u: %s\n",
			line.index, mercury_strerror(status));
}

void
out_flush(void)
{
	size_t sent = 0, n;
	ipc_status_t status;

	while (!lost && sent < used) {
		status = mercury_write(&line.client, buffer + sent,
				used - sent, IO_MODE_BLOCK, &n);
		if (!status)
			sent += n;
		else if (!line_again(&line, &status))
			lose(status);
	}
	used = 0;
}

static void
out_byte(char c)
{
	if (used == sizeof(buffer))
		out_flush();
	buffer[used++] = c;
}

void
out_bytes(const void *data, size_t len)
{
	const char *p = data;

	for (; len > 0; p++, len--) {
		if (*p == '\n')
			out_byte('\r');
		out_byte(*p);
	}
}

static void
out_args(const char *fmt, va_list ap)
{
	char text[BYTES_MAX + 64];
	size_t len = (size_t)helios_vsnprintf(text, sizeof(text), fmt, ap);

	out_bytes(text, len < sizeof(text) ? len : sizeof(text) - 1);
}

void
out(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_args(fmt, ap);
	va_end(ap);
}

int
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_args(fmt, ap);
	va_end(ap);
	out("\n");
	return 1;
}

/* With flow control the other end may hold the line back for ever. */
static bool
held_back(void)
{
	enum dev_flow flow;
	uint8_t lines;

	return dev_serial_get_flow(&line.client, &flow) ||
		(flow == DEV_FLOW_HARDWARE &&
		 (dev_serial_get_lines(&line.client, &lines) ||
		  !(lines & DEV_LINES_CTS)));
}

void
out_drain(void)
{
	out_flush();
	if (!lost && !held_back())
		dev_serial_drain(&line.client);
}
