/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding services.
 */
#ifndef MERCURY_SERVICE_H
#define MERCURY_SERVICE_H

#include <mercury/aux.h>
#include <mercury/ipc.h>

/* The capability that the program was started with for an interface of
 * sysinit's; HELIOS_CADDR_UNDEF if it has none. */
helios_cap_t mercury_service(uint32_t iface);

/*
 * A device of a driver.  When the driver was restarted the generated
 * functions find it again (see struct ipc_client): client must stay the first
 * member.
 */
struct mercury_device {
	struct ipc_client client;
	uint32_t iface, index;
};

/*
 * The device of an interface with a serial number.  wait: also if its driver
 * is just starting.  sys::devmgr's errors; HELIOS_MISSING_PART if the program
 * has no devmgr.  mercury_close() frees it.
 */
ipc_status_t mercury_open(struct mercury_device *d, uint32_t iface,
		uint32_t index, bool wait);
void mercury_close(struct mercury_device *d);

#endif
