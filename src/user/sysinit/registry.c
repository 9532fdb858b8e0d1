/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices: who serves which interface, and their clients' first contact
 * (sys::devregistry, sys::devmgr).
 *
 * A device is an interface and a cookie of a driver's.  Its record is there
 * for good once it was registered, so that its serial number means the same
 * device after its driver was restarted; what comes and goes is the endpoint.
 *
 * Clients get capabilities minted from that endpoint and talk to the driver
 * themselves.  When the driver ends its endpoint does, and with it all that
 * was minted.
 */
#include "sysinit.h"

#define DEVICES_EACH	32u		/* of one driver */
/* After one device, a driver that has more to register does so by then. */
#define GRACE		(1000 * MS)

static struct device {
	uint32_t iface, cookie, index;
	struct driver *driver;
	helios_cap_t endpoint;		/* unbadged; UNDEF: not there now */
} devices[DEVICES];

static unsigned int ndevices;
static struct waiter *waiting;		/* key: interface, serial number */
static struct timer grace;

static struct device *
device_of(const struct driver *d, uint32_t iface, uint32_t cookie)
{
	struct device *v;

	for (v = devices; v < devices + ndevices; v++)
		if (v->driver == d && v->iface == iface &&
				v->cookie == cookie)
			return v;
	return NULL;
}

static struct device *
device_find(uint32_t iface, uint32_t index)
{
	struct device *v;

	for (v = devices; v < devices + ndevices; v++)
		if (v->iface == iface && v->index == index)
			return v;
	return NULL;
}

static struct device *
device_new(struct driver *d, uint32_t iface, uint32_t cookie)
{
	struct device *v;
	uint32_t index = 0;
	unsigned int own = 0;

	for (v = devices; v < devices + ndevices; v++) {
		index += v->iface == iface;
		own += v->driver == d;
	}
	if (ndevices == DEVICES || own == DEVICES_EACH)
		return NULL;
	ndevices++;
	*v = (struct device){ .iface = iface, .cookie = cookie,
		.index = index, .driver = d, .endpoint = HELIOS_CADDR_UNDEF };
	return v;
}

ipc_status_t
registry_session(struct driver *d, helios_cap_t endpoint, uint32_t cookie,
		helios_cap_t *out)
{
	/* Never 0: a badge of 0 is none. */
	if (!++d->sessions)
		d->sessions = 1;
	return helios_mint(endpoint, HELIOS_RIGHT_SEND | HELIOS_RIGHT_GRANT,
			(uint64_t)d->sessions << 32 | cookie, out);
}

/* Is it to come up, or still coming up? */
static bool
is_starting(const struct driver *d)
{
	switch (d->state) {
	case SYS_DRIVER_STATE_WAITING:
		return grants_possible(d);
	case SYS_DRIVER_STATE_BACKOFF:
		return true;
	case SYS_DRIVER_STATE_RUNNING:
		return !d->registered ||
			helios_clock() < d->registered + GRACE;
	case SYS_DRIVER_STATE_FAILED:
	case SYS_DRIVER_STATE_STOPPED:
		break;
	}
	return false;
}

/* Might it register a device that is not known yet? */
static bool
may_register(const struct driver *d)
{
	unsigned int i;

	if (!is_starting(d))
		return false;
	for (i = 0; i < d->manifest.nservices; i++)
		if (d->manifest.services[i].name == MANIFEST_DEVREGISTRY)
			return true;
	return false;
}

static bool
expected(void)
{
	const struct driver *d;

	for (d = drivers; d; d = d->next)
		if (may_register(d))
			return true;
	return false;
}

/*
 * Where a device stands: 0 there, HELIOS_WOULD_BLOCK to come, or an error.
 */
static ipc_status_t
look_up(uint32_t iface, uint32_t index, struct device **out)
{
	struct device *v = *out = device_find(iface, index);

	if (!v)
		return expected() ? HELIOS_WOULD_BLOCK : SYS_NOENT;
	if (v->endpoint != HELIOS_CADDR_UNDEF)
		return 0;
	if (v->driver->state == SYS_DRIVER_STATE_FAILED)
		return SYS_FAILED;
	if (v->driver->state == SYS_DRIVER_STATE_STOPPED)
		return SYS_NOENT;
	return HELIOS_WOULD_BLOCK;
}

/* The endpoint can have gone by the driver's own doing. */
static ipc_status_t
connect(struct device *v, helios_cap_t *out)
{
	return registry_session(v->driver, v->endpoint, v->cookie, out) ?
		SYS_NOENT : 0;
}

static void
answer(struct waiter *w, ipc_status_t status, struct device *v)
{
	helios_cap_t cap = HELIOS_CADDR_UNDEF;

	if (!status)
		status = connect(v, &cap);
	sys_devmgr_open_reply(w->reply, status, 0, cap);
	waiter_free(w);
	if (!status)
		helios_destroy(cap);
}

/* Answer those of whom it is now known what becomes of their device. */
static void
settle(void)
{
	struct waiter *w, *next;
	struct device *v;
	ipc_status_t status;

	for (w = waiting; w; w = next) {
		next = w->next;
		status = look_up(w->key[0], w->key[1], &v);
		if (status == HELIOS_WOULD_BLOCK)
			continue;
		/* Of those with the same key the first is meant. */
		answer(waiter_take_key(&waiting, w->key), status, v);
		next = waiting;
	}
}

void
registry_driver_down(struct driver *d)
{
	struct device *v;

	d->registered = 0;
	for (v = devices; v < devices + ndevices; v++) {
		if (v->driver != d || v->endpoint == HELIOS_CADDR_UNDEF)
			continue;
		helios_destroy(v->endpoint);
		v->endpoint = HELIOS_CADDR_UNDEF;
	}
}

void
registry_driver_failed(struct driver *d)
{
	(void)d;
	settle();
}

bool
registry_has(uint32_t iface, uint32_t index)
{
	const struct device *v = device_find(iface, index);

	return v && v->endpoint != HELIOS_CADDR_UNDEF;
}

ipc_status_t
registry_service(uint32_t iface, uint32_t index, helios_cap_t *out)
{
	struct device *v = device_find(iface, index);

	if (!v || v->endpoint == HELIOS_CADDR_UNDEF)
		return SYS_NOENT;
	return connect(v, out);
}

static void
grace_over(struct timer *t)
{
	(void)t;
	settle();
}

/*
 * sys::devregistry
 */

/* Can sessions be minted from it?  One with a badge is somebody else's. */
static bool
suits(helios_cap_t endpoint)
{
	const uint64_t need = HELIOS_IDENTIFY_SEND | HELIOS_IDENTIFY_GRANT;
	uint64_t what = 0;

	return helios_identify(endpoint, &what) == HELIOS_OK &&
		HELIOS_IDENTIFY_TYPE(what) == HELIOS_ENDPOINT &&
		(what & need) == need && !(what & HELIOS_IDENTIFY_BADGED);
}

static ipc_status_t
devregistry_new(struct ipc_request *rq, helios_cap_t endpoint, uint64_t iface,
		uint32_t cookie, uint32_t *result)
{
	struct driver *d = caller(rq)->driver;
	struct device *v;

	if (!suits(endpoint) || iface > UINT32_MAX) {
		rq->payload = iface > UINT32_MAX;
		return SYS_INVALID;
	}
	v = device_of(d, (uint32_t)iface, cookie);
	if (!v)
		v = device_new(d, (uint32_t)iface, cookie);
	if (!v)
		return SYS_LIMIT;
	if (v->endpoint != HELIOS_CADDR_UNDEF)
		helios_destroy(v->endpoint);
	v->endpoint = endpoint;
	rq->caps[0] = HELIOS_CADDR_UNDEF;
	*result = v->index;
	d->registered = helios_clock();
	timer_set(&grace, d->registered + GRACE, grace_over);
	settle();
	drivers_retry();
	return 0;
}

static const struct sys_devregistry_server registry_server = {
	.new = devregistry_new,
};

/* Only drivers are given this service, so the caller is one's process. */
void
devregistry_request(struct ipc_request *rq)
{
	if (caller(rq)->driver)
		sys_devregistry_dispatch(&registry_server, rq);
	else
		ipc_no_method(rq);
}

/*
 * sys::devmgr
 */

/*
 * The capability is sysinit's until the reply is sent, and then of no more
 * use to it: hence the reply is sent here.
 */
static ipc_status_t
open_now(struct ipc_request *rq, struct device *v)
{
	helios_cap_t cap, reply;
	ipc_status_t status = connect(v, &cap);

	if (status)
		return status;
	if (ipc_defer(rq, &reply))
		status = SYS_LIMIT;
	else
		sys_devmgr_open_reply(reply, 0, 0, cap);
	helios_destroy(cap);
	return status;
}

static ipc_status_t
devmgr_open(struct ipc_request *rq, uint64_t iface, uint32_t index,
		enum sys_wait wait, helios_cap_t *device)
{
	const uint32_t key[2] = { (uint32_t)iface, index };
	struct device *v;
	ipc_status_t status;

	(void)device;
	if (iface > UINT32_MAX)
		return SYS_NOENT;
	status = look_up(key[0], index, &v);
	if (!status)
		return open_now(rq, v);
	if (status != HELIOS_WOULD_BLOCK)
		return status;
	if (wait == SYS_WAIT_NO)
		return SYS_NOENT;
	return waiter_add(&waiting, rq, key) ? 0 : SYS_LIMIT;
}

static ipc_status_t
devmgr_list(struct ipc_request *rq, uint32_t index, void *result,
		size_t *result_len)
{
	const struct device *v = &devices[index < ndevices ? index : 0];
	const uint64_t words[] = { v->iface, v->index,
		v->endpoint != HELIOS_CADDR_UNDEF };
	size_t len;

	(void)rq;
	if (index >= ndevices)
		return SYS_END;
	len = strlen(v->driver->manifest.name) + 1;
	memcpy(result, words, sizeof(words));
	memcpy((char *)result + sizeof(words), v->driver->manifest.name, len);
	*result_len = sizeof(words) + len;
	return 0;
}

static const struct sys_devmgr_server devmgr_server = {
	.open = devmgr_open,
	.list = devmgr_list,
};

void
devmgr_request(struct ipc_request *rq)
{
	sys_devmgr_dispatch(&devmgr_server, rq);
}
