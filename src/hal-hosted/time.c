/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time.
 *
 * Real time is the host's.  A timer descriptor watched by the I/O thread
 * makes the armed time an interrupt.  It is programmed only if the new time
 * is earlier than what it waits for already, so that arming a slice at every
 * switch costs no system call; when it fires early it is programmed again.
 * With strict isolation a switch can take longer than a slice, so a guest
 * runs for a moment, counted from its resume, before the timer may end its
 * turn: otherwise short slices would be all switch and no run.
 *
 * Virtual time is a number.  It moves by a pseudo-random step at every entry
 * to core, by a fixed one at each preemption point inside, and to the armed
 * time when all is idle; nothing else depends on the host.  A watchdog
 * catches guests that never enter: after so much CPU time without an entry
 * the armed time counts as come.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "hosted.h"

#define NS		1000000000ull
#define GRACE_NS	200000ull	/* at least, in strict mode */
#define WATCHDOG_MS	100ull
#define VALGRIND_FACTOR	20ull

/* A step of virtual time: about what an entry costs a real machine. */
#define STEP_MIN	500u
#define STEP_MASK	1023u

/* ... and what lies between two preemption points of a long operation. */
#define WORK_STEP	1000u

/* The clock chip's, in virtual time: 2000-01-01. */
#define VIRTUAL_EPOCH	946684800ull

static bool is_virtual;
static _Atomic uint64_t armed = HELIOS_FOREVER;

/* Real */
static uint64_t boot_time;
static int timer_fd = -1;
static _Atomic uint64_t programmed = HELIOS_FOREVER;
static pthread_mutex_t program_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool fired;
static uint64_t grace;			/* 0: none */
static _Atomic uint64_t resumed;

/* Virtual */
static uint64_t virtual_now, virtual_random;
static _Atomic uint32_t entries;
static _Atomic bool barked;
static uint64_t watchdog_ns;
static int watchdog_fd = -1;

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

uint64_t
hal_now(void)
{
	return is_virtual ? virtual_now :
		clock_ns(CLOCK_MONOTONIC) - boot_time;
}

uint64_t
hal_cycles(void)
{
	return hal_now();
}

uint64_t
hal_cycles_ns(uint64_t cycles)
{
	return cycles;
}

uint64_t
time_wall(void)
{
	if (is_virtual)
		return VIRTUAL_EPOCH + virtual_now / NS;
	return clock_ns(CLOCK_REALTIME) / NS;
}

uint64_t
time_deadline(void)
{
	return atomic_load(&armed);
}

static void
set_timer(int fd, uint64_t first, uint64_t period, int flags)
{
	struct itimerspec its = {
		.it_value = {(time_t)(first / NS), (long)(first % NS)},
		.it_interval = {(time_t)(period / NS), (long)(period % NS)},
	};

	if (timerfd_settime(fd, flags, &its, NULL) < 0)
		hal_panic("the host refuses to set a timer");
}

/* Locked.  Boot was not at 0 of the host's clock, and a deadline may be as
 * late as there are numbers. */
static void
program_timer(uint64_t when)
{
	uint64_t at = when < UINT64_MAX - boot_time ? when + boot_time :
		UINT64_MAX;

	atomic_store(&programmed, when);
	if (when != HELIOS_FOREVER)
		set_timer(timer_fd, at, 0, TFD_TIMER_ABSTIME);
}

void
hal_timer_set(uint64_t deadline)
{
	atomic_store(&armed, deadline);
	if (is_virtual || deadline >= atomic_load(&programmed))
		return;
	pthread_mutex_lock(&program_lock);
	if (deadline < atomic_load(&programmed))
		program_timer(deadline);
	pthread_mutex_unlock(&program_lock);
}

/* The time at which the armed time may interrupt. */
static uint64_t
effective(uint64_t deadline)
{
	uint64_t earliest = atomic_load(&resumed) + grace;

	if (grace == 0 || deadline == HELIOS_FOREVER || deadline > earliest)
		return deadline;
	return earliest;
}

/* I/O thread: the descriptor has fired. */
static void
timer_ready(void *arg, short revents)
{
	uint64_t count, when;
	bool now = false;

	(void)arg;
	(void)revents;
	if (read(timer_fd, &count, sizeof(count)) != sizeof(count))
		return;
	pthread_mutex_lock(&program_lock);
	atomic_store(&programmed, HELIOS_FOREVER);
	when = effective(atomic_load(&armed));
	if (when > hal_now())
		program_timer(when);
	else
		now = true;
	pthread_mutex_unlock(&program_lock);
	if (!now)
		return;
	atomic_store(&fired, true);
	kernel_notify();
}

static short
timer_events(void *arg)
{
	(void)arg;
	return POLLIN;
}

/* I/O thread, several times in each period. */
static void
watchdog_ready(void *arg, short revents)
{
	static uint64_t since;
	static uint32_t seen;
	uint32_t now_seen = atomic_load(&entries);
	uint64_t count, cpu;

	(void)arg;
	(void)revents;
	if (read(watchdog_fd, &count, sizeof(count)) != sizeof(count))
		return;
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	if (now_seen != seen) {
		seen = now_seen;
		since = cpu;
	} else if (cpu - since >= watchdog_ns &&
			atomic_load(&armed) != HELIOS_FOREVER) {
		since = cpu;
		atomic_store(&barked, true);
		kernel_notify();
	}
}

/* Not past the last deadline there is: time does not go back. */
static void
advance(uint64_t step)
{
	if (step < HELIOS_FOREVER - virtual_now)
		virtual_now += step;
}

void
time_entry(void)
{
	if (!is_virtual)
		return;
	atomic_fetch_add_explicit(&entries, 1, memory_order_relaxed);
	virtual_random ^= virtual_random << 13;
	virtual_random ^= virtual_random >> 7;
	virtual_random ^= virtual_random << 17;
	advance(STEP_MIN + (virtual_random >> 32 & STEP_MASK));
}

void
time_work(void)
{
	if (is_virtual)
		advance(WORK_STEP);
}

bool
time_due(void)
{
	if (is_virtual)
		return virtual_now >= atomic_load_explicit(&armed,
			memory_order_relaxed);
	return atomic_load_explicit(&fired, memory_order_relaxed);
}

bool
time_take(void)
{
	uint64_t deadline = atomic_load(&armed);

	if (!is_virtual)
		return atomic_exchange(&fired, false);
	if (atomic_exchange(&barked, false) && deadline != HELIOS_FOREVER &&
			deadline > virtual_now)
		virtual_now = deadline;
	if (virtual_now < deadline)
		return false;
	atomic_store(&armed, HELIOS_FOREVER);
	return true;
}

bool
time_jump(void)
{
	uint64_t deadline = atomic_load(&armed);

	if (!is_virtual) {
		if (deadline > hal_now())
			return false;
		atomic_store(&fired, true);
		return true;
	}
	if (deadline == HELIOS_FOREVER)
		return false;
	if (deadline > virtual_now)
		virtual_now = deadline;
	return true;
}

void
time_resume(void)
{
	if (grace != 0)
		atomic_store_explicit(&resumed, hal_now(),
			memory_order_relaxed);
}

static int
new_timer(void)
{
	int fd;

	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		fail("cannot create a timer: %s", strerror(errno));
	return fd;
}

static void
init_real(const struct options *o)
{
	boot_time = clock_ns(CLOCK_MONOTONIC);
	if (o->strict)
		grace = o->slice_ns < GRACE_NS ? o->slice_ns : GRACE_NS;
	timer_fd = new_timer();
	io_add(&(struct io_source){timer_fd, timer_events, timer_ready, NULL});
}

static void
init_virtual(const struct options *o)
{
	uint64_t ms = o->watchdog_ms;

	/* Spread the seed over all bits; a generator must not start at 0. */
	virtual_random = (o->seed + 1) * 0x9e3779b97f4a7c15ull;
	if (virtual_random == 0)
		virtual_random = 1;
	if (ms == 0)
		ms = WATCHDOG_MS * (under_valgrind() ? VALGRIND_FACTOR : 1);
	watchdog_ns = ms * (NS / 1000);
	watchdog_fd = new_timer();
	set_timer(watchdog_fd, watchdog_ns / 4, watchdog_ns / 4, 0);
	io_add(&(struct io_source){watchdog_fd, timer_events, watchdog_ready,
		NULL});
}

void
time_init(const struct options *o)
{
	is_virtual = o->virtual_time;
	if (is_virtual)
		init_virtual(o);
	else
		init_real(o);
}

void
time_fini(void)
{
	if (timer_fd >= 0)
		close(timer_fd);
	if (watchdog_fd >= 0)
		close(watchdog_fd);
}
