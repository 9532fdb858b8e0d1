/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys::procmgr and sys::process.
 */
#include "sysinit.h"

static struct process *
object(const struct ipc_request *rq)
{
	return request_handle(rq)->object;
}

static bool
is_new(const struct process *p)
{
	return p->state == SYS_PROCESS_STATE_NEW;
}

static ipc_status_t
invalid(struct ipc_request *rq, unsigned int argument)
{
	rq->payload = argument;
	return SYS_INVALID;
}

static ipc_status_t
procmgr_new(struct ipc_request *rq, uint32_t pages, helios_cap_t *process)
{
	struct process *p = process_new(caller(rq), pages);
	struct handle *h;

	if (!p)
		return SYS_LIMIT;
	if (handle_new(HANDLE_PROCESS, caller(rq), p, &h) != HELIOS_OK) {
		process_free(p);
		return SYS_LIMIT;
	}
	*process = h->cap;
	return 0;
}

static uint64_t
free_in(helios_cap_t memory)
{
	struct helios_memory_info info;

	return memory != HELIOS_CADDR_UNDEF && helios_memory_info(memory,
			&info) == HELIOS_OK ? info.free : 0;
}

/*
 * The Memory it was given is in its CSpace, and there is one capability to
 * it.  It is taken for as long as it takes to look: the process, of lower
 * priority, does not run meanwhile.
 */
static uint64_t
free_in_own(const struct process *p)
{
	struct helios_slot_info slot;
	helios_cap_t cap;
	uint64_t pages;

	if (helios_cspace_slot_info(p->program.cspace, HELIOS_INIT_MEMORY,
			&slot) != HELIOS_OK || HELIOS_IDENTIFY_TYPE(
			slot.identify) != HELIOS_MEMORY)
		return 0;
	if (helios_cspace_move(helios_process.cspace, HELIOS_CADDR_UNDEF,
			p->program.cspace, HELIOS_INIT_MEMORY, &cap) !=
			HELIOS_OK)
		return 0;
	pages = free_in(cap);
	helios_cspace_move(p->program.cspace, HELIOS_INIT_MEMORY,
			helios_process.cspace, cap, NULL);
	return pages;
}

static uint64_t
free_pages(const struct process *p)
{
	return free_in(p->quota) + free_in(p->system) + free_in_own(p);
}

static void
measure(const struct process *p, uint64_t words[3])
{
	struct helios_memory_info memory = { .pages = p->quota_pages };
	struct helios_task_info task = { .cpu_ns = p->cpu_ns };

	words[2] = 0;
	if (p->state == SYS_PROCESS_STATE_RUNNING) {
		helios_task_info(p->program.task, &task);
		helios_memory_info(p->quota, &memory);
		words[2] = free_pages(p);
	}
	words[0] = task.cpu_ns;
	words[1] = memory.pages;
}

static ipc_status_t
procmgr_list(struct ipc_request *rq, uint32_t after, void *result,
		size_t *result_len)
{
	const struct process *p = processes;
	uint64_t words[6];

	(void)rq;
	while (p && p->id <= after)
		p = p->next;
	if (!p)
		return SYS_END;
	words[0] = p->id;
	words[1] = p->parent ? p->parent->id : 0;
	words[2] = p->state;
	measure(p, &words[3]);
	memcpy(result, words, sizeof(words));
	strlcpy((char *)result + sizeof(words), p->name, sizeof(p->name));
	*result_len = sizeof(words) + strlen(p->name) + 1;
	return 0;
}

static const struct sys_procmgr_server procmgr_server = {
	.new = procmgr_new,
	.list = procmgr_list,
};

void
procmgr_request(struct ipc_request *rq)
{
	sys_procmgr_dispatch(&procmgr_server, rq);
}

static ipc_status_t
process_arg_call(struct ipc_request *rq, const void *text, size_t text_len)
{
	if (!is_new(object(rq)))
		return SYS_STATE;
	if (memchr(text, 0, text_len))
		return invalid(rq, 0);
	return process_arg(object(rq), text, text_len) ? 0 : SYS_LIMIT;
}

static ipc_status_t
process_env_call(struct ipc_request *rq, const void *text, size_t text_len)
{
	if (!is_new(object(rq)))
		return SYS_STATE;
	if (memchr(text, 0, text_len) || !memchr(text, '=', text_len))
		return invalid(rq, 0);
	return process_env(object(rq), text, text_len) ? 0 : SYS_LIMIT;
}

/* Is this a capability of sysinit's to that service? */
static bool
is_service(helios_cap_t cap, uint64_t iface)
{
	struct helios_slot_info given, own;
	const struct handle *h;

	if (helios_slot_info(cap, &given) != HELIOS_OK ||
			helios_slot_info(sys_endpoint, &own) != HELIOS_OK ||
			given.id != own.id)
		return false;
	h = handle_find(given.badge);
	return h && h->kind == handle_service((uint32_t)iface);
}

static ipc_status_t
process_give(struct ipc_request *rq, helios_cap_t service, uint64_t iface)
{
	struct process *p = object(rq);
	unsigned int i;

	if (!is_new(p))
		return SYS_STATE;
	if (!iface || iface > UINT32_MAX)
		return invalid(rq, 0);
	for (i = 0; i < p->ngiven; i++)
		if (p->given[i].iface == iface)
			return invalid(rq, 0);
	if (p->ngiven == GIVEN_EACH)
		return SYS_LIMIT;
	p->given[i].iface = (uint32_t)iface;
	p->given[i].cap = HELIOS_CADDR_UNDEF;
	if (!is_service(service, iface)) {
		p->given[i].cap = service;
		rq->caps[0] = HELIOS_CADDR_UNDEF;
	}
	p->ngiven++;
	return 0;
}

static ipc_status_t
load_error(enum helios_status status)
{
	switch (status) {
	case HELIOS_INVALID_PARAM: return SYS_NOEXEC;
	case HELIOS_CSPACE_FULL: return SYS_LIMIT;
	default: return SYS_NOMEM;
	}
}

static ipc_status_t
process_start(struct ipc_request *rq)
{
	struct process *p = object(rq);
	struct load load = { 0 };
	enum helios_status status;
	const char *why;
	void *image;

	if (!is_new(p))
		return SYS_STATE;
	status = sys_file(p->strings, &image, &load.size);
	if (status != HELIOS_OK)
		return status == HELIOS_WOULD_BLOCK ? SYS_NOENT : SYS_NOMEM;
	load.image = image;
	status = process_load(p, &load, &why);
	free(image);
	if (status == HELIOS_OK)
		status = process_run(p);
	if (why && log_admit(caller(rq)))
		say("%s: cannot be started: %s", p->name, why);
	return status == HELIOS_OK ? 0 : load_error(status);
}

static ipc_status_t
process_wait(struct ipc_request *rq, uint64_t *result)
{
	struct process *p = object(rq);

	if (is_new(p))
		return SYS_STATE;
	if (p->state == SYS_PROCESS_STATE_ENDED) {
		*result = process_value(p);
		return 0;
	}
	return waiter_add(&p->waiting, rq, NULL) ? 0 : SYS_LIMIT;
}

static ipc_status_t
process_how(struct ipc_request *rq, enum sys_ending *result)
{
	const struct process *p = object(rq);

	if (p->state != SYS_PROCESS_STATE_ENDED)
		return SYS_STATE;
	*result = p->ending.how;
	return 0;
}

static ipc_status_t
process_kill(struct ipc_request *rq)
{
	static const struct ending killed = {
		.how = SYS_ENDING_KILLED, .why = "killed by its maker",
	};

	if (object(rq)->state != SYS_PROCESS_STATE_RUNNING)
		return SYS_STATE;
	process_end(object(rq), &killed);
	return 0;
}

static ipc_status_t
process_pid(struct ipc_request *rq, uint32_t *result)
{
	*result = object(rq)->id;
	return 0;
}

static ipc_status_t
process_close(struct ipc_request *rq)
{
	process_free(object(rq));
	return 0;
}

static const struct sys_process_server process_server = {
	.arg = process_arg_call,
	.env = process_env_call,
	.give = process_give,
	.start = process_start,
	.wait = process_wait,
	.how = process_how,
	.kill = process_kill,
	.pid = process_pid,
	.close = process_close,
};

void
process_request(struct ipc_request *rq)
{
	sys_process_dispatch(&process_server, rq);
}
