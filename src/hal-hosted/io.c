/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread waits for all of the host's descriptors: the timer, the back
 * ends of devices, and the signals that ask the process to end.  poll, not
 * epoll: standard input may be a plain file.  It is not bound to the CPU of
 * the guests, so that it can interrupt one that spins.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "hosted.h"

#define SOURCES_MAX	12u
/* After being asked to end, the kernel gets this long to comply. */
#define QUIT_GRACE_S	3
#define QUIT_LOOK_MS	500

static struct io_source sources[SOURCES_MAX];
static unsigned int nsources;
static int wake_fd = -1, signal_fd = -1;
static struct host_thread *io_thread;
static cpu_set_t all_cpus;
static _Atomic bool stopping;
static _Atomic int quit_status = -1;
static time_t quit_asked;

int
io_quit_status(void)
{
	return atomic_load(&quit_status);
}

void
io_add(const struct io_source *s)
{
	if (nsources == SOURCES_MAX)
		fail("too many sources of input");
	sources[nsources++] = *s;
}

void
io_set_fd(void *arg, int old, int fd)
{
	unsigned int i;

	for (i = 0; i < nsources; i++)
		if (sources[i].arg == arg && sources[i].fd == old)
			sources[i].fd = fd;
}

void
io_wake(void)
{
	uint64_t one = 1;

	if (wake_fd >= 0 && write(wake_fd, &one, sizeof(one)) < 0 &&
			errno != EAGAIN)
		hal_panic("the I/O thread cannot be woken");
}

static short
always(void *arg)
{
	(void)arg;
	return POLLIN;
}

static void
woken(void *arg, short revents)
{
	uint64_t count;

	(void)arg;
	(void)revents;
	if (read(wake_fd, &count, sizeof(count)) < 0)
		return;
}

static time_t
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* A second signal does not wait for the kernel. */
static void
asked_to_quit(void *arg, short revents)
{
	struct signalfd_siginfo si;
	int status;

	(void)arg;
	(void)revents;
	if (read(signal_fd, &si, sizeof(si)) != sizeof(si))
		return;
	status = STATUS_SIGNAL + (int)si.ssi_signo;
	if (atomic_exchange(&quit_status, status) >= 0)
		hosted_exit_now(status);
	quit_asked = seconds();
	kernel_notify();
}

/* A kernel that does not come to its senses ends all the same. */
static void
check_quit(void)
{
	if (io_quit_status() >= 0 && !atomic_load(&stopping) &&
			seconds() - quit_asked > QUIT_GRACE_S)
		hosted_exit_now(io_quit_status());
}

static void
poll_once(void)
{
	struct pollfd p[SOURCES_MAX];
	unsigned int i;
	int n;

	for (i = 0; i < nsources; i++) {
		p[i].events = sources[i].events(sources[i].arg);
		p[i].fd = p[i].events ? sources[i].fd : -1;
		p[i].revents = 0;
	}
	n = poll(p, nsources, io_quit_status() >= 0 ? QUIT_LOOK_MS : -1);
	check_quit();
	for (i = 0; n > 0 && i < nsources; i++)
		if (p[i].revents)
			sources[i].ready(sources[i].arg, p[i].revents);
}

static void
io_main(void *arg)
{
	(void)arg;
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	while (!atomic_load(&stopping))
		poll_once();
}

void
io_init(void)
{
	sigset_t set;

	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (wake_fd < 0 || signal_fd < 0)
		fail("cannot create an event descriptor: %s",
			strerror(errno));
	io_add(&(struct io_source){wake_fd, always, woken, NULL});
	io_add(&(struct io_source){signal_fd, always, asked_to_quit, NULL});
}

void
io_start(void)
{
	io_thread = service_start("io", io_main, NULL);
	if (!io_thread)
		fail("cannot start a thread: %s", strerror(errno));
}

void
io_fini(void)
{
	atomic_store(&stopping, true);
	io_wake();
	if (io_thread)
		thread_stop(io_thread);
	io_thread = NULL;
	close(wake_fd);
	close(signal_fd);
	wake_fd = signal_fd = -1;
}
