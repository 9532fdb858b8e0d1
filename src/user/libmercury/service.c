/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of sysinit's by the aux vector, and devices by sys::devmgr.
 *
 * A driver that was restarted has a new endpoint.  A device is named by its
 * interface and serial number, which stay the same, so opening it again by
 * these two is all that reconnecting takes; devmgr waits until the driver is
 * up, or says that it never will be.
 */
#include <mercury/service.h>
#include <mercury/sys.h>

helios_cap_t
mercury_service(uint32_t iface)
{
	return (helios_cap_t)helios_aux(MERCURY_AT_SERVICE(iface),
			HELIOS_CADDR_UNDEF);
}

static ipc_status_t
ask_devmgr(const struct mercury_device *d, bool wait, helios_cap_t *out)
{
	struct ipc_client devmgr = IPC_CLIENT(mercury_service(SYS_DEVMGR_ID));

	if (devmgr.cap == HELIOS_CADDR_UNDEF) {
		helios_set_detail(0);
		return HELIOS_MISSING_PART;
	}
	return sys_devmgr_open(&devmgr, d->iface, d->index,
			wait ? SYS_WAIT_YES : SYS_WAIT_NO, out);
}

/* The old capability stays in its slot until there is another, so that a
 * later request finds it revoked, and tries again. */
static ipc_status_t
reconnect(struct ipc_client *c)
{
	struct mercury_device *d = (struct mercury_device *)c;
	helios_cap_t cap;
	ipc_status_t status = ask_devmgr(d, true, &cap);

	if (status)
		return status;
	helios_destroy(c->cap);
	c->cap = cap;
	return HELIOS_OK;
}

ipc_status_t
mercury_open(struct mercury_device *d, uint32_t iface, uint32_t index,
		bool wait)
{
	d->client = (struct ipc_client){ HELIOS_CADDR_UNDEF, reconnect };
	d->iface = iface;
	d->index = index;
	return ask_devmgr(d, wait, &d->client.cap);
}

void
mercury_close(struct mercury_device *d)
{
	if (d->client.cap != HELIOS_CADDR_UNDEF)
		helios_destroy(d->client.cap);
	d->client.cap = HELIOS_CADDR_UNDEF;
}
