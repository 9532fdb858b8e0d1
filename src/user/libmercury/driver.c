/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver's loop, its devices, its ports and its log.
 *
 * A driver may have no more than the capabilities of its manifest, not even
 * its own CSpace; nothing here needs more than the caller names, except what
 * the aux vector announces.
 */
#include <mercury/driver.h>
#include <mercury/service.h>
#include <mercury/sys.h>

#define LINE_MAX	200u		/* what sys::log takes */

static void
log_line(const char *text, size_t len)
{
	struct ipc_client log = IPC_CLIENT(mercury_service(SYS_LOG_ID));

	if (log.cap != HELIOS_CADDR_UNDEF)
		sys_log_write(&log, text, len);
	else
		helios_printf("%.*s\n", (int)len, text);
}

static void
log_args(const char *fmt, va_list ap)
{
	uint64_t detail = helios_detail();
	char text[LINE_MAX + 1];
	int len = helios_vsnprintf(text, sizeof(text), fmt, ap);

	log_line(text, (size_t)len < LINE_MAX ? (size_t)len : LINE_MAX);
	helios_set_detail(detail);
}

void
mercury_log(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_args(fmt, ap);
	va_end(ap);
}

/* helios_panic() would say it on the console, which drivers have none of. */
static _Noreturn void __attribute__((format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_args(fmt, ap);
	va_end(ap);
	helios_exit(127);
}

ipc_status_t
mercury_register(helios_cap_t endpoint, uint32_t iface, uint32_t cookie,
		uint32_t *index)
{
	struct ipc_client registry = IPC_CLIENT(mercury_service(
			SYS_DEVREGISTRY_ID));

	if (registry.cap == HELIOS_CADDR_UNDEF) {
		helios_set_detail(0);
		return HELIOS_MISSING_PART;
	}
	return sys_devregistry_new(&registry, endpoint, iface, cookie, index);
}

static void
notified(const struct mercury_loop *loop, helios_cap_t watchdog,
		uint64_t bits)
{
	if (bits & MERCURY_WATCHDOG_BIT && watchdog != HELIOS_CADDR_UNDEF)
		helios_signal(watchdog);
	bits &= ~MERCURY_WATCHDOG_BIT;
	if (bits && loop->notify)
		loop->notify(bits);
}

_Noreturn void
mercury_serve(const struct mercury_loop *loop)
{
	helios_cap_t watchdog = (helios_cap_t)helios_aux(
			MERCURY_AT_WATCHDOG, HELIOS_CADDR_UNDEF);
	struct ipc_request rq;
	enum helios_status status = ipc_receive(loop->endpoint, loop->accept,
			&rq);

	while (status == HELIOS_OK) {
		if (rq.tag & HELIOS_TAG_NOTE)
			notified(loop, watchdog, rq.words[0]);
		else if (!(rq.tag & HELIOS_TAG_FAULT))
			loop->request(&rq);
		status = ipc_reply_receive(loop->endpoint, loop->accept, &rq);
	}
	die("cannot receive requests at slot %u: %s (detail 0x%llx)",
			loop->endpoint, helios_strerror(status),
			(unsigned long long)helios_detail());
}

static uint32_t
port_in(helios_cap_t ioport, uint16_t port, unsigned int bytes)
{
	uint32_t value;
	enum helios_status status = helios_ioport_in(ioport, port, bytes,
			&value);

	if (status != HELIOS_OK)
		die("cannot read %u bytes at port %X with the capability in "
				"slot %u: %s", bytes, port, ioport,
				helios_strerror(status));
	return value;
}

static void
port_out(helios_cap_t ioport, uint16_t port, unsigned int bytes,
		uint32_t value)
{
	enum helios_status status = helios_ioport_out(ioport, port, bytes,
			value);

	if (status != HELIOS_OK)
		die("cannot write %u bytes at port %X with the capability in "
				"slot %u: %s", bytes, port, ioport,
				helios_strerror(status));
}

uint8_t
mercury_in8(helios_cap_t ioport, uint16_t port)
{
	return (uint8_t)port_in(ioport, port, 1);
}

void
mercury_out8(helios_cap_t ioport, uint16_t port, uint8_t value)
{
	port_out(ioport, port, 1, value);
}

uint16_t
mercury_in16(helios_cap_t ioport, uint16_t port)
{
	return (uint16_t)port_in(ioport, port, 2);
}

void
mercury_out16(helios_cap_t ioport, uint16_t port, uint16_t value)
{
	port_out(ioport, port, 2, value);
}

uint32_t
mercury_in32(helios_cap_t ioport, uint16_t port)
{
	return port_in(ioport, port, 4);
}

void
mercury_out32(helios_cap_t ioport, uint16_t port, uint32_t value)
{
	port_out(ioport, port, 4, value);
}
