/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys::driver and sys::devloader: drivers, for those who look after them.
 */
#include "sysinit.h"

static struct driver *
driver_of(const struct ipc_request *rq)
{
	return request_handle(rq)->object;
}

static bool
running(const struct driver *d)
{
	return d->state == SYS_DRIVER_STATE_RUNNING;
}

static ipc_status_t
driver_get_state(struct ipc_request *rq, enum sys_driver_state *result)
{
	*result = driver_of(rq)->state;
	return 0;
}

static ipc_status_t
driver_get_restarts(struct ipc_request *rq, uint64_t *result)
{
	*result = driver_of(rq)->restarts;
	return 0;
}

static ipc_status_t
driver_get_downtime(struct ipc_request *rq, uint64_t *result)
{
	*result = driver_of(rq)->downtime;
	return 0;
}

static ipc_status_t
driver_get_pid(struct ipc_request *rq, uint32_t *result)
{
	const struct driver *d = driver_of(rq);

	if (!running(d))
		return SYS_STATE;
	*result = d->process->id;
	return 0;
}

static ipc_status_t
driver_get_grant(struct ipc_request *rq, uint32_t index, void *result,
		size_t *result_len)
{
	int len = grant_describe(driver_of(rq), index, result, *result_len);

	if (len < 0)
		return SYS_END;
	if ((size_t)len < *result_len)
		*result_len = (size_t)len;
	return 0;
}

/* sysinit's own capability to the endpoint at a slot; UNDEF: none there. */
static helios_cap_t
endpoint_at(const struct driver *d, uint32_t slot)
{
	const struct manifest *m = &d->manifest;
	unsigned int i;

	for (i = 0; i < m->ncaps; i++)
		if (m->caps[i].type == MANIFEST_ENDPOINT &&
				m->caps[i].slot == slot)
			return d->grants[i].cap[0];
	return HELIOS_CADDR_UNDEF;
}

/* As with sys::devmgr's open: sent here, then sysinit's copy goes. */
static ipc_status_t
driver_get_endpoint(struct ipc_request *rq, uint32_t slot, uint32_t badge,
		helios_cap_t *endpoint)
{
	struct driver *d = driver_of(rq);
	helios_cap_t from = endpoint_at(d, slot), cap, reply;
	ipc_status_t status = 0;

	(void)endpoint;
	if (!running(d))
		return SYS_STATE;
	if (from == HELIOS_CADDR_UNDEF)
		return SYS_NOENT;
	if (registry_session(d, from, badge, &cap))
		return SYS_STATE;
	if (ipc_defer(rq, &reply))
		status = SYS_STATE;
	else
		sys_driver_endpoint_reply(reply, 0, 0, cap);
	helios_destroy(cap);
	return status;
}

/*
 * Its next instruction is at 0, where nothing is ever mapped: the fault that
 * it then has is like any other.
 */
static ipc_status_t
driver_crash(struct ipc_request *rq)
{
	struct driver *d = driver_of(rq);
	struct helios_regs regs;
	helios_cap_t task;

	if (!running(d))
		return SYS_STATE;
	task = d->process->program.task;
	if (helios_task_suspend(task) ||
			helios_task_read_registers(task, &regs))
		return SYS_STATE;
	regs.rip = 0;
	if (helios_task_write_registers(task, &regs) ||
			helios_task_resume(task))
		return SYS_STATE;
	return 0;
}

static ipc_status_t
driver_kill(struct ipc_request *rq)
{
	static const struct ending killed = {
		.how = SYS_ENDING_KILLED, .why = "killed",
	};
	struct driver *d = driver_of(rq);

	if (!running(d))
		return SYS_STATE;
	process_end(d->process, &killed);
	return 0;
}

static ipc_status_t
driver_stop_it(struct ipc_request *rq)
{
	return driver_stop(driver_of(rq));
}

static ipc_status_t
driver_start_it(struct ipc_request *rq)
{
	struct driver *d = driver_of(rq);

	/* Whoever says so starts with a clean slate. */
	d->in_window = 0;
	return driver_start(d);
}

static ipc_status_t
driver_get_description(struct ipc_request *rq, void *result,
		size_t *result_len)
{
	const char *text = driver_of(rq)->manifest.desc;

	*result_len = strlen(text);
	memcpy(result, text, *result_len);
	return 0;
}

static ipc_status_t
driver_close(struct ipc_request *rq)
{
	handle_close(request_handle(rq));
	return 0;
}

static const struct sys_driver_server driver_server = {
	.state = driver_get_state,
	.restarts = driver_get_restarts,
	.downtime = driver_get_downtime,
	.pid = driver_get_pid,
	.grant = driver_get_grant,
	.endpoint = driver_get_endpoint,
	.crash = driver_crash,
	.kill = driver_kill,
	.stop = driver_stop_it,
	.start = driver_start_it,
	.close = driver_close,
	.describe = driver_get_description,
};

void
driver_request(struct ipc_request *rq)
{
	sys_driver_dispatch(&driver_server, rq);
}

/*
 * sys::devloader
 */

static ipc_status_t
give_driver(struct ipc_request *rq, struct driver *d, helios_cap_t *out)
{
	struct handle *h;

	if (handle_new(HANDLE_DRIVER, caller(rq), d, &h))
		return SYS_LIMIT;
	*out = h->cap;
	return 0;
}

/*
 * The handle comes first: a driver that was loaded, but that the caller could
 * not have, would be a surprise.
 */
static ipc_status_t
devloader_load(struct ipc_request *rq, const void *path, size_t path_len,
		helios_cap_t *driver)
{
	char name[PROCESS_TAR_NAME];
	struct handle *h;
	struct driver *d;
	unsigned int line = 0;
	ipc_status_t status;

	if (path_len >= sizeof(name))
		return SYS_NOENT;
	memcpy(name, path, path_len);
	name[path_len] = '\0';
	if (handle_new(HANDLE_DRIVER, caller(rq), NULL, &h))
		return SYS_LIMIT;
	status = driver_load(name, &d, &line);
	if (status) {
		handle_close(h);
		rq->payload = line;
		return status;
	}
	h->object = d;
	*driver = h->cap;
	return 0;
}

static ipc_status_t
devloader_find(struct ipc_request *rq, const void *name, size_t name_len,
		helios_cap_t *driver)
{
	struct driver *d = driver_find(name, name_len);

	return d ? give_driver(rq, d, driver) : SYS_NOENT;
}

static ipc_status_t
devloader_list(struct ipc_request *rq, uint32_t index, void *result,
		size_t *result_len)
{
	const struct driver *d = drivers;

	(void)rq;
	while (d && index--)
		d = d->next;
	if (!d)
		return SYS_END;
	*result_len = strlen(d->manifest.name);
	memcpy(result, d->manifest.name, *result_len);
	return 0;
}

static const struct sys_devloader_server devloader_server = {
	.load = devloader_load,
	.find = devloader_find,
	.list = devloader_list,
};

void
devloader_request(struct ipc_request *rq)
{
	sys_devloader_dispatch(&devloader_server, rq);
}
