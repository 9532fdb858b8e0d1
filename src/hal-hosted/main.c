/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the machine, running it, and taking it apart.
 *
 * The main thread boots core and then stands for the idle processor.  It is
 * also where everything ends: a task's thread that powers the machine off
 * hands the baton over and unwinds, and the main thread joins all others, so
 * that leak checkers find nothing left.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <helios/bootinfo.h>

#include "hosted.h"

static int exit_status = -1;
static bool reboot;

static void
restart_program(void)
{
	sigset_t none;

	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	execv("/proc/self/exe", options.command);
	fprintf(stderr, "helios-hosted: cannot start again: %s\n",
		strerror(errno));
	exit(STATUS_USAGE);
}

/* On the main thread, with the baton. */
static _Noreturn void
hosted_finish(void)
{
	threads_finish();
	uffd_fini();
	io_fini();
	uart_fini();
	time_fini();
	trace_close();
	tlb_fini();
	signals_thread_fini(main_thread);
	munmap(hal_physmap, physmem.size);
	close(physmem.fd);
	if (reboot)
		restart_program();
	exit(exit_status);
}

void
hosted_exit(unsigned int status)
{
	struct host_thread *th = atomic_load(&baton_holder);

	exit_status = (int)(status & 0xff);
	if (th == main_thread)
		hosted_finish();
	baton_pass(main_thread);
	hosted_unwind();
}

void
hosted_exit_now(int status)
{
	uart_restore();
	trace_abandon();
	_exit(status);
}

void
hosted_check_exit(void)
{
	if (exit_status >= 0)
		hosted_finish();
	if (io_quit_status() >= 0)
		hosted_exit((unsigned int)io_quit_status());
}

void
hal_poweroff(unsigned int status)
{
	trace_event("power off %u", status & 0xff);
	hosted_exit(status);
}

void
hal_reboot(void)
{
	trace_event("reboot");
	reboot = true;
	hosted_exit(0);
}

/* Walker and guests share a CPU, whichever this is: waking another takes
 * longer than all that the walker does. */
static void
stay_on_one_cpu(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		log_warn("cannot stay on one CPU: %s", strerror(errno));
}

static void
choose_faults(void)
{
	char why[128];

	if (options.faults == FAULTS_SIGSEGV || uffd_init(why, sizeof(why)))
		return;
	if (options.faults == FAULTS_UFFD)
		fail("--faults=uffd: not possible here: %s", why);
	log_info("faults by sigsegv: %s", why);
}

static void
choose_seed(void)
{
	if (options.seeded || options.virtual_time)
		return;
	if (getrandom(&options.seed, sizeof(options.seed), 0) !=
			sizeof(options.seed))
		options.seed = time_wall();
}

static uint64_t
boot_flags(void)
{
	uint64_t flags = HELIOS_BOOT_HOSTED;

	if (options.virtual_time)
		flags |= HELIOS_BOOT_VIRTUAL;
	if (options.strict)
		flags |= HELIOS_BOOT_STRICT;
	if (under_valgrind())
		flags |= HELIOS_BOOT_SLOW;
	return flags;
}

static void
hosted_boot(void)
{
	struct hal_boot b = {
		.platform = "hosted",
		.flags = boot_flags(),
		.ram = &physmem.ram,
		.nram = 1,
		.initramfs = physmem.initramfs,
		.argv = (const char *const *)options.args,
		.user_entry = (uint64_t)(uintptr_t)hosted_entry,
		.slice_ns = options.slice_ns,
		.seed = options.seed,
	};
	char err[256] = "no reason given";

	if (core_boot(&b, err, sizeof(err)))
		return;
	fprintf(stderr, "helios-hosted: %s\n", err);
	hosted_exit(STATUS_USAGE);
}

/* Idle, whenever the main thread has the baton. */
static _Noreturn void
hosted_idle(void)
{
	struct task *next = core_start();

	for (;;) {
		kernel_leave(main_thread, next);
		next = NULL;
		hosted_check_exit();
		if (kernel_idle())
			continue;
		log_error("all tasks are blocked and nothing can wake them");
		trace_event("deadlock");
		hosted_exit(STATUS_DEADLOCK);
	}
}

/*
 * What the caller has done to us.  Descriptors 0 to 2 may be closed: then
 * something of ours would get the number, and the console would write into
 * the memory.  And a limit on file sizes is to be an error, not our end.
 */
static void
check_surroundings(void)
{
	int fd;

	signal(SIGXFSZ, SIG_IGN);
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			_exit(STATUS_USAGE);	/* is there a place to say why? */
	} while (fd <= STDERR_FILENO);
	close(fd);
}

int
main(int argc, char **argv)
{
	checker_init();
	check_surroundings();
	options_parse(argc, argv);
	choose_seed();
	physmem_init(options.memory, options.initramfs);
	io_init();
	stay_on_one_cpu();
	signals_init();
	threads_init();
	tlb_init(options.strict);
	time_init(&options);
	uart_init(&options);
	cmos_init();
	trace_open(options.trace);
	choose_faults();
	io_start();
	hosted_boot();
	hosted_idle();
}
