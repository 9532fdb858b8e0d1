/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads.
 *
 * One mapping with guards around it holds all a thread has:
 *
 *	guard | stack ... | TLS  TCB  struct helios_thread | IPC buffer | guard
 *
 * A thread ends by setting "ended", signalling its note and suspending
 * itself.  Whoever frees it suspends it again first: that returns when the
 * task does not run any more, so its stack can go.  The owner word decides
 * who that is: exactly one join, kill or detach wins it.
 */
#include <stdatomic.h>

#include "internal.h"

#define STACK_MIN	4096u
#define STACK_MAX	(1u << 30)

static struct {
	struct helios_mutex lock;
	struct helios_thread *detached;
} threads = { .lock = HELIOS_MUTEX_INIT };

struct helios_thread *
helios_thread_self(void)
{
	return helios_tls.self;
}

helios_cap_t
helios_thread_task(const struct helios_thread *thread)
{
	return thread->task;
}

helios_cap_t
helios_thread_note(const struct helios_thread *thread)
{
	return thread->note;
}

bool
helios_thread_ended(const struct helios_thread *thread)
{
	return atomic_load(&thread->ended);
}

void
helios_thread_stack(const struct helios_thread *thread, void **base,
		size_t *size)
{
	*base = thread->map;
	*size = thread->stack_size;
}

/* Bytes above the stack and below the IPC buffer, whole pages. */
static size_t
block_size(void)
{
	return round_up(helios_tls_below() + helios_tls_image.align + 64 +
			HELIOS_TCB_SIZE + sizeof(struct helios_thread),
			HELIOS_PAGE_SIZE);
}

/* Free what a thread has, whose task does not run. */
static void
release(struct helios_thread *t)
{
	const helios_cap_t caps[] = { t->task, t->note };
	char *start = t->map - HELIOS_PAGE_SIZE;
	size_t size = t->map_size + 2 * HELIOS_PAGE_SIZE;
	unsigned int i;

	/* One by one: a supervisor may have taken one of them away. */
	for (i = 0; i < 2; i++)
		if (caps[i] != HELIOS_CADDR_UNDEF)
			helios_destroy(caps[i]);
	helios_munmap(start, size);
}

/* The library's thread-local variables of a thread that does not run yet. */
static struct helios_tls *
tls_at(uint64_t tp)
{
	uint64_t own;

	__asm__("mov %%fs:0, %0" : "=r" (own));
	return (struct helios_tls *)(tp + ((uint64_t)&helios_tls - own));
}

/* The mapping, with the record and a TLS block in it. */
static enum helios_status
new_block(size_t stack_size, struct helios_thread **out, uint64_t *tp)
{
	size_t size = stack_size + block_size() + HELIOS_PAGE_SIZE;
	struct helios_thread *t;
	enum helios_status status;
	uint64_t at;
	void *map;

	status = helios_mmap(NULL, size, HELIOS_PROT_READ |
			HELIOS_PROT_WRITE, HELIOS_MMAP_GUARD, &map);
	if (status != HELIOS_OK)
		return status;
	at = (uint64_t)map + size - HELIOS_PAGE_SIZE;
	at = (at - sizeof(*t)) & ~63ull;
	t = (struct helios_thread *)at;
	*tp = (at - HELIOS_TCB_SIZE) & ~(helios_tls_image.align - 1) & ~63ull;
	t->task = HELIOS_CADDR_UNDEF;
	t->note = HELIOS_CADDR_UNDEF;
	t->map = map;
	t->map_size = size;
	t->stack_size = stack_size;
	t->ipcbuf = (void *)((uint64_t)map + size - HELIOS_PAGE_SIZE);
	helios_tls_fill(*tp);
	*tls_at(*tp) = (struct helios_tls){ .self = t, .ipcbuf = t->ipcbuf };
	*out = t;
	return HELIOS_OK;
}

/* A new thread may do what its maker may. */
static enum helios_status
set_attributes(helios_cap_t task, const struct helios_thread_attr *attr)
{
	struct helios_task_info info;
	enum helios_status status;
	helios_cap_t fault;

	status = helios_task_info(helios_tls.self->task, &info);
	if (status == HELIOS_OK)
		status = helios_task_set_flags(task, info.flags);
	if (status == HELIOS_OK && attr->has_priority)
		status = helios_task_set_priority(task, attr->priority,
				attr->highest);
	else if (status == HELIOS_OK)
		status = helios_task_set_priority(task, info.priority,
				info.highest);
	if (status != HELIOS_OK)
		return status;
	fault = attr->has_fault ? attr->fault : helios_process.thread_fault;
	if (fault != HELIOS_CADDR_UNDEF)
		status = helios_task_set_fault(task, fault);
	if (status == HELIOS_OK)
		status = helios_task_set_name(task, attr->name ? attr->name :
				"thread");
	return status;
}

static enum helios_status
new_task(struct helios_thread *t, const struct helios_thread_attr *attr,
		uint64_t tp)
{
	struct helios_regs regs = {
		.rip = (uint64_t)helios_thread_entry,
		.rdi = (uint64_t)t,
		.rsp = (uint64_t)t->map + t->stack_size,
		.fs_base = tp,
	};
	enum helios_status status = helios_newnote(&t->note);

	if (status == HELIOS_OK)
		status = helios_newtask(&t->task);
	if (status == HELIOS_OK)
		status = helios_task_configure(t->task,
				helios_process.cspace, helios_process.vspace,
				helios_page_at(t->ipcbuf));
	if (status == HELIOS_OK)
		status = helios_task_write_registers(t->task, &regs);
	if (status == HELIOS_OK)
		status = set_attributes(t->task, attr);
	return status;
}

enum helios_status
helios_thread_new(struct helios_thread **out, void *(*fn)(void *), void *arg,
		const struct helios_thread_attr *attr)
{
	static const struct helios_thread_attr none;
	struct helios_thread *t;
	enum helios_status status;
	uint64_t tp, detail;
	size_t stack;

	helios_thread_reap();
	attr = attr ? attr : &none;
	stack = attr->stack_size ? attr->stack_size : HELIOS_THREAD_STACK;
	if (stack < STACK_MIN || stack > STACK_MAX)
		return failed(HELIOS_INVALID_PARAM, 3);
	status = new_block(round_up(stack, HELIOS_PAGE_SIZE), &t, &tp);
	if (status != HELIOS_OK)
		return status;
	t->fn = fn;
	t->arg = arg;
	status = new_task(t, attr, tp);
	if (status != HELIOS_OK) {
		detail = helios_detail();
		release(t);
		return failed(status, detail);
	}
	*out = t;
	return HELIOS_OK;
}

enum helios_status
helios_thread_start(struct helios_thread *thread)
{
	if (atomic_exchange(&thread->started, 1))
		return failed(HELIOS_BUSY, 0);
	return helios_task_resume(thread->task);
}

enum helios_status
helios_thread_spawn(struct helios_thread **out, void *(*fn)(void *),
		void *arg)
{
	enum helios_status status = helios_thread_new(out, fn, arg, NULL);

	return status == HELIOS_OK ? helios_thread_start(*out) : status;
}

void
helios_thread_main(struct helios_thread *thread)
{
	helios_thread_exit(thread->fn(thread->arg));
}

void
helios_thread_exit(void *value)
{
	struct helios_thread *t = helios_tls.self;
	helios_cap_t task = t->task, note = t->note;

	if (t->main)
		helios_exit(0);
	t->value = value;
	atomic_store(&t->ended, 1);
	/* From here on this stack may vanish whenever we do not run. */
	helios_raw_signal(note);
	for (;;)
		helios_task_suspend(task);
}

static bool
take(struct helios_thread *t)
{
	uint32_t joinable = THREAD_JOINABLE;

	return t != helios_tls.self && !t->main &&
		atomic_compare_exchange_strong(&t->owner, &joinable,
				THREAD_TAKEN);
}

static enum helios_status
stop_and_release(struct helios_thread *t, void **value)
{
	enum helios_status status = helios_task_suspend(t->task);

	if (status != HELIOS_OK) {
		/* It may still run on that memory: rather leak it. */
		atomic_store(&t->owner, THREAD_JOINABLE);
		return status;
	}
	if (value)
		*value = t->value;
	release(t);
	helios_thread_reap();
	return HELIOS_OK;
}

enum helios_status
helios_thread_join_until(struct helios_thread *thread, uint64_t deadline,
		void **value)
{
	enum helios_status status = HELIOS_OK;
	uint64_t bits;

	if (!atomic_load(&thread->started) || !take(thread))
		return failed(HELIOS_BUSY, 0);
	while (!helios_thread_ended(thread) && status == HELIOS_OK)
		status = deadline == HELIOS_FOREVER ?
			helios_wait(thread->note, &bits) :
			helios_wait_until(thread->note, deadline, &bits);
	if (status != HELIOS_OK && !helios_thread_ended(thread)) {
		atomic_store(&thread->owner, THREAD_JOINABLE);
		return status;
	}
	return stop_and_release(thread, value);
}

enum helios_status
helios_thread_join(struct helios_thread *thread, void **value)
{
	return helios_thread_join_until(thread, HELIOS_FOREVER, value);
}

enum helios_status
helios_thread_kill(struct helios_thread *thread)
{
	if (!take(thread))
		return failed(HELIOS_BUSY, 0);
	return stop_and_release(thread, NULL);
}

enum helios_status
helios_thread_detach(struct helios_thread *thread)
{
	uint32_t joinable = THREAD_JOINABLE;

	/* A thread may detach itself. */
	if (thread->main || !atomic_compare_exchange_strong(&thread->owner,
			&joinable, THREAD_TAKEN))
		return failed(HELIOS_BUSY, 0);
	helios_mutex_lock(&threads.lock);
	thread->next = threads.detached;
	threads.detached = thread;
	helios_mutex_unlock(&threads.lock);
	helios_thread_reap();
	return HELIOS_OK;
}

unsigned int
helios_thread_reap(void)
{
	struct helios_thread **p, *t, *dead = NULL;
	unsigned int alive = 0;

	helios_mutex_lock(&threads.lock);
	for (p = &threads.detached; (t = *p);) {
		if (!helios_thread_ended(t)) {
			alive++;
			p = &t->next;
			continue;
		}
		*p = t->next;
		t->next = dead;
		dead = t;
	}
	helios_mutex_unlock(&threads.lock);
	while ((t = dead)) {
		dead = t->next;
		if (helios_task_suspend(t->task) == HELIOS_OK)
			release(t);
	}
	return alive;
}

void
helios_threads_abandon(void)
{
	threads.lock = (struct helios_mutex)HELIOS_MUTEX_INIT;
	threads.detached = NULL;
}

enum helios_status
helios_thread_suspend(struct helios_thread *thread)
{
	return helios_task_suspend(thread->task);
}

enum helios_status
helios_thread_resume(struct helios_thread *thread)
{
	return helios_task_resume(thread->task);
}

enum helios_status
helios_thread_set_fault(struct helios_thread *thread, helios_cap_t endpoint)
{
	return helios_task_set_fault(thread->task, endpoint);
}

enum helios_status
helios_thread_set_priority(struct helios_thread *thread,
		unsigned int priority, unsigned int highest)
{
	return helios_task_set_priority(thread->task, priority, highest);
}

enum helios_status
helios_thread_set_name(struct helios_thread *thread, const char *name)
{
	return helios_task_set_name(thread->task, name);
}
