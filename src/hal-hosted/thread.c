/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads and the baton.
 *
 * Regions stand below the guest ranges: a debugger unwinding from the kernel
 * into a guest expects callers at higher addresses.  A region is kept when
 * its thread has gone, for the next one.
 *
 * A task ends in one of two ways.  Another task destroys it: its thread is
 * parked on its baton, is told to die, and is joined.  It destroys itself:
 * its thread leaves core, hands the baton over and ends, and whoever next
 * leaves core joins it.
 */
#include <config.h>

#include <asm/prctl.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hosted.h"

#define REGION_BASE	0x540000000000ull
#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer allows application memory in few places only. */
#undef REGION_BASE
#define REGION_BASE	0x4000000000ull
#endif
#define REGION_COUNT	4096u

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH	59
#define PR_SYS_DISPATCH_ON		1
#endif
#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH			78
#define PR_FUTEX_HASH_SET_SLOTS		1
#endif
/* Above the guests lies all of the program and its libraries. */
#define HOST_BASE	0x555000000000ull
#define HOST_END	0x7ffffffff000ull

_Static_assert(GUEST_END <= HOST_BASE, "guest ranges end below the program");

#define SAME(structure, member, number) \
	_Static_assert(offsetof(struct structure, member) == (number), \
		#member " is not where assembly looks for it")
SAME(host_thread, self, THREAD_SELF);
SAME(host_thread, regs, THREAD_REGS);
SAME(host_thread, host_sp, THREAD_HOST_SP);
SAME(host_thread, host_fs, THREAD_HOST_FS);
SAME(host_thread, rbx, THREAD_RBX);
SAME(host_thread, exit_ip, THREAD_EXIT_IP);
SAME(host_thread, where, THREAD_WHERE);
SAME(helios_regs, rax, R_RAX);
SAME(helios_regs, rbx, R_RBX);
SAME(helios_regs, rcx, R_RCX);
SAME(helios_regs, rdx, R_RDX);
SAME(helios_regs, rsi, R_RSI);
SAME(helios_regs, rdi, R_RDI);
SAME(helios_regs, rbp, R_RBP);
SAME(helios_regs, rsp, R_RSP);
SAME(helios_regs, r8, R_R8);
SAME(helios_regs, r9, R_R9);
SAME(helios_regs, r10, R_R10);
SAME(helios_regs, r11, R_R11);
SAME(helios_regs, r12, R_R12);
SAME(helios_regs, r13, R_R13);
SAME(helios_regs, r14, R_R14);
SAME(helios_regs, r15, R_R15);
SAME(helios_regs, rip, R_RIP);
SAME(helios_regs, rflags, R_RFLAGS);
SAME(helios_regs, fs_base, R_FS_BASE);
_Static_assert(SIG_KICK == SIGUSR1, "assembly has the right number");
_Static_assert(sizeof(struct host_thread) <= PAGE, "it has one page");

/* The HAL's part of a task. */
struct task_part {
	struct host_thread *thread;
};
_Static_assert(sizeof(struct task_part) <= HAL_TASK_SIZE, "room in a task");

struct host_thread *main_thread;
_Atomic(struct host_thread *) baton_holder;

static struct host_thread *threads[REGION_COUNT];
static bool region_ready[REGION_COUNT];
static unsigned int region_hint;	/* none below is free */
static struct host_thread *zombie;	/* ends, and nobody has joined it */
static const struct task *last_run;
static bool warned_foreign;

struct hosted_debug hosted_debug = {
	.version = 1,
	.range_count = RANGE_COUNT,
	.guest_base = GUEST_BASE,
	.range_size = RANGE_SIZE,
	.threads = threads,
	.thread_count = REGION_COUNT,
};

struct host_thread *
thread_of(struct task *t)
{
	return ((struct task_part *)task_hal(t))->thread;
}

/*
 * Futexes, of this process
 */

static void
futex_wait(_Atomic uint32_t *word, uint32_t while_it_is)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_it_is, NULL);
}

static void
futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

void
baton_pass(struct host_thread *to)
{
	atomic_store(&baton_holder, to);
	atomic_store(&to->baton, 1);
	futex_wake(&to->baton);
}

bool
baton_wait(struct host_thread *th)
{
	while (!atomic_load(&th->baton) && !atomic_load(&th->die))
		futex_wait(&th->baton, 0);
	atomic_store(&th->baton, 0);
	return !atomic_load(&th->die);
}

/* The thread is parked, or about to: the word it waits on must change. */
static void
thread_kill(struct host_thread *th)
{
	atomic_store(&th->die, true);
	atomic_store(&th->baton, 1);
	futex_wake(&th->baton);
}

bool
kernel_enter(struct host_thread *th)
{
	uint32_t was;

	was = atomic_fetch_or(&th->where, WHERE_KERNEL);
	if (was & WHERE_KERNEL)
		return false;
	while ((was = atomic_load(&th->where)) & WHERE_WALKER)
		futex_wait(&th->where, was);
	return true;
}

/*
 * Regions
 */

static struct host_thread *
region_at(unsigned int slot)
{
	return (struct host_thread *)(REGION_BASE +
		(uint64_t)slot * REGION_SIZE);
}

static bool
region_map(unsigned int slot)
{
	char *base = (char *)region_at(slot);
	void *p;

	p = mmap(base, REGION_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	if (p != base || mprotect(base + PAGE, REGION_ALTSTACK - PAGE,
			PROT_NONE) < 0 ||
			mprotect(base + REGION_STACK, PAGE, PROT_NONE) < 0) {
		munmap(p, REGION_SIZE);
		return false;
	}
	region_ready[slot] = true;
	return true;
}

static struct host_thread *
region_get(void)
{
	struct host_thread *th;
	unsigned int i;

	for (i = region_hint; i < REGION_COUNT && threads[i]; i++)
		;
	region_hint = i;
	if (i == REGION_COUNT || (!region_ready[i] && !region_map(i)))
		return NULL;
	th = region_at(i);
	memset(th, 0, sizeof(*th));
	th->self = th;
	th->slot = i;
	th->where = WHERE_KERNEL;
	threads[i] = th;
	return th;
}

static void
region_put(struct host_thread *th)
{
	threads[th->slot] = NULL;
	if (th->slot < region_hint)
		region_hint = th->slot;
}

/*
 * A thread's life
 */

static uint64_t
get_fs_base(void)
{
	uint64_t base;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	return base;
}

/* A system call instruction in guest code must not reach Linux. */
static void
trap_stray_syscalls(void)
{
	static bool warned;

	/* It would trap what Valgrind itself calls. */
	if (under_valgrind() || prctl(PR_SET_SYSCALL_USER_DISPATCH,
			PR_SYS_DISPATCH_ON, HOST_BASE, HOST_END - HOST_BASE,
			0) == 0 || warned)
		return;
	warned = true;
	log_warn("this Linux cannot trap system call instructions of guests "
		"(%s): they would reach Linux itself", strerror(errno));
}

static void
thread_ready(struct host_thread *th)
{
	checker_stacks(region_at(0), region_at(REGION_COUNT));
	th->host_fs = get_fs_base();
	signals_thread_init(th);
}

static void *
task_main(void *arg)
{
	struct host_thread *th = arg;

	thread_ready(th);
	syscall(SYS_arch_prctl, ARCH_SET_GS, th);
	trap_stray_syscalls();
	atomic_store(&th->tid, gettid());
	if (baton_wait(th)) {
		checker_guest_runs(th);
		hosted_run(th);
	}
	atomic_store(&th->tid, 0);
	signals_thread_fini(th);
	return NULL;
}

static void *
service_main(void *arg)
{
	struct host_thread *th = arg;

	thread_ready(th);
	atomic_store(&th->tid, gettid());
	th->service(th->service_arg);
	atomic_store(&th->tid, 0);
	signals_thread_fini(th);
	return NULL;
}

static bool
thread_start(struct host_thread *th, void *(*run)(void *))
{
	char *stack = (char *)th + REGION_STACK + PAGE;
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	error = pthread_attr_setstack(&attr, stack,
		REGION_SIZE - REGION_STACK - PAGE);
	if (error == 0)
		error = pthread_create(&th->pthread, &attr, run, th);
	pthread_attr_destroy(&attr);
	errno = error;
	return error == 0;
}

static void
set_name(struct host_thread *th, const char *name)
{
	char buf[sizeof(th->name)];

	snprintf(buf, sizeof(buf), "%s", name);
	if (strcmp(buf, th->name) == 0)
		return;
	memcpy(th->name, buf, sizeof(buf));
	pthread_setname_np(th->pthread, th->name);
}

struct host_thread *
service_start(const char *name, void (*run)(void *), void *arg)
{
	struct host_thread *th;

	th = region_get();
	if (!th)
		return NULL;
	th->service = run;
	th->service_arg = arg;
	if (!thread_start(th, service_main)) {
		region_put(th);
		return NULL;
	}
	set_name(th, name);
	return th;
}

static void
thread_join(struct host_thread *th)
{
	pthread_join(th->pthread, NULL);
	region_put(th);
}

/* A signal may come just before the system call it is meant for: repeat. */
void
thread_stop(struct host_thread *th)
{
	int tid;

	while (pthread_tryjoin_np(th->pthread, NULL) != 0) {
		tid = atomic_load(&th->tid);
		if (tid != 0)
			syscall(SYS_tgkill, getpid(), tid, SIG_KICK);
		usleep(200);
	}
	region_put(th);
}

static void
join_zombie(struct host_thread *self)
{
	if (!zombie || zombie == self)
		return;
	thread_join(zombie);
	zombie = NULL;
}

/* Each task waits on a futex of its own, and Linux (since 6.16) would sort
 * all of a process's into few buckets.  Older ones have a big table anyway. */
static void
spread_futexes(void)
{
	if (!under_valgrind())
		prctl(PR_FUTEX_HASH, PR_FUTEX_HASH_SET_SLOTS, REGION_COUNT, 0);
}

void
threads_init(void)
{
	spread_futexes();
	main_thread = region_get();
	if (!main_thread)
		fail("cannot map the first stack: %s", strerror(errno));
	main_thread->pthread = pthread_self();
	thread_ready(main_thread);
	atomic_store(&main_thread->tid, gettid());
	atomic_store(&baton_holder, main_thread);
}

void
threads_finish(void)
{
	unsigned int i;

	for (i = 0; i < REGION_COUNT; i++) {
		if (!threads[i] || threads[i] == main_thread ||
				threads[i]->service)
			continue;
		thread_kill(threads[i]);
		thread_join(threads[i]);
	}
	zombie = NULL;
}

/*
 * What core asks for
 */

bool
hal_task_init(struct task *t)
{
	struct task_part *part = task_hal(t);
	struct host_thread *th;

	th = region_get();
	if (!th)
		return false;
	th->task = t;
	th->regs = task_regs(t);
	if (!thread_start(th, task_main)) {
		region_put(th);
		return false;
	}
	part->thread = th;
	return true;
}

void
hal_task_fini(struct task *t)
{
	struct host_thread *th = thread_of(t);

	if (!th)
		return;
	th->task = NULL;
	th->regs = NULL;
	if (last_run == t)
		last_run = NULL;
	join_zombie(th);
	if (th == atomic_load(&baton_holder)) {
		atomic_store(&th->die, true);
		zombie = th;
		return;
	}
	thread_kill(th);
	thread_join(th);
}

void
hal_task_changed(struct task *t)
{
	struct host_thread *th = thread_of(t);

	set_name(th, task_name(t));
	if (task_is_foreign(t) && under_valgrind() && !warned_foreign) {
		warned_foreign = true;
		log_warn("task %llu \"%s\" is foreign: under Valgrind its "
			"system calls reach Linux itself",
			(unsigned long long)task_id(t), task_name(t));
	}
}

/* It is loaded from the registers at each return. */
void
hal_task_tls(struct task *t)
{
	(void)t;
}

/*
 * Leaving core
 */

static struct task *
take_pending(struct task *next)
{
	int irq;

	do {
		atomic_store(&hosted_pending, 0);
		hosted_check_exit();
		while ((irq = irq_take()) >= 0) {
			time_entry();
			trace_event("irq %d", irq);
			next = core_irq((unsigned int)irq);
		}
		if (time_take()) {
			time_entry();
			trace_event("timer");
			next = core_timer();
		}
	} while (something_pending());
	return next;
}

bool
kernel_leave(struct host_thread *th, struct task *next)
{
	struct host_thread *to;

	join_zombie(th);
	/* Whatever hal_irq_pending has said to core must be seen here. */
	if (atomic_load(&hosted_pending) || something_pending())
		next = take_pending(next);
	to = next ? thread_of(next) : main_thread;
	if (next && next != last_run) {
		last_run = next;
		trace_switch(next);
		time_resume();
	}
	if (next)
		tlb_switch(task_vspace(next));
	if (to == th)
		return !atomic_load(&th->die);
	baton_pass(to);
	/* Its task gone, this thread has nothing more to wait for. */
	return baton_wait(th);
}

int
hosted_again(struct host_thread *th)
{
	while (atomic_load(&th->where) & WHERE_WALKER)
		futex_wait(&th->where, WHERE_KERNEL | WHERE_WALKER);
	/* Nothing has run yet if this is a fresh task. */
	checker_guest_left(th->regs);
	if (!kernel_leave(th, th->task))
		return 1;
	checker_guest_runs(th);
	return 0;
}

int
hosted_syscall(struct host_thread *th)
{
	while (atomic_load_explicit(&th->where, memory_order_acquire) &
			WHERE_WALKER)
		futex_wait(&th->where, WHERE_KERNEL | WHERE_WALKER);
	checker_guest_left(th->regs);
	time_entry();
	if (trace_on)
		trace_call("call", th->task);
	if (!kernel_leave(th, core_syscall()))
		return 1;
	if (trace_on)
		trace_return(th->task);
	checker_guest_runs(th);
	return 0;
}
