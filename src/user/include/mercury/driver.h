/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What drivers are made of.
 */
#ifndef MERCURY_DRIVER_H
#define MERCURY_DRIVER_H

#include <mercury/aux.h>
#include <mercury/ipc.h>

/*
 * Make a device known: requests of iface come to endpoint with this cookie in
 * the low 32 bits of the badge.  *index (may be NULL): its serial number.
 * HELIOS_MISSING_PART if the manifest does not list devregistry: then nobody
 * finds the driver but through its sys::driver.
 */
ipc_status_t mercury_register(helios_cap_t endpoint, uint32_t iface,
		uint32_t cookie, uint32_t *index);

static inline uint32_t
mercury_cookie(const struct ipc_request *rq)
{
	return (uint32_t)rq->badge;
}

/* A line for the console, by the log service if the driver has it. */
void mercury_log(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

struct mercury_loop {
	helios_cap_t endpoint;
	unsigned int accept;		/* most capabilities of a request */
	/* A request: calls the generated dispatch function. */
	void (*request)(struct ipc_request *rq);
	/* Bits of the bound note, without the watchdog's.  May be NULL. */
	void (*notify)(uint64_t bits);
};

/*
 * Serve for ever: requests and interrupts, and the watchdog's question, which
 * is answered here and nowhere else.
 */
_Noreturn void mercury_serve(const struct mercury_loop *loop);

/* I/O ports.  What is not in the capability's range ends the driver, with
 * the reason in its log. */
uint8_t mercury_in8(helios_cap_t ioport, uint16_t port);
void mercury_out8(helios_cap_t ioport, uint16_t port, uint8_t value);
uint16_t mercury_in16(helios_cap_t ioport, uint16_t port);
void mercury_out16(helios_cap_t ioport, uint16_t port, uint16_t value);
uint32_t mercury_in32(helios_cap_t ioport, uint16_t port);
void mercury_out32(helios_cap_t ioport, uint16_t port, uint32_t value);

#endif
