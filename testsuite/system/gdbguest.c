/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program to debug: init of the initramfs that the gdb-*.sh scripts boot.
 *
 * It does a known number of known things, so that the scripts can count
 * them: starts the program "child" STARTS times, one after the other, and
 * answers its calls; steps over a system call and over a page fault; runs a
 * function in a second space of its own address range.  The arguments
 * choose: none is everything, else see main.
 */
#include <libhelios.h>

#include "gdbguest.h"

volatile unsigned int guest_ticks, guest_served;
volatile uint64_t guest_time, guest_word;
static helios_cap_t endpoint, derived;

__attribute__((noinline)) void
guest_tick(unsigned int n)
{
	guest_ticks += n;
}

/* What the scripts step over, each on a line of its own. */
__attribute__((noinline)) void
guest_step_call(void)
{
	guest_time = 1;
	guest_time = helios_clock();		/* step: call */
	guest_word = guest_time;		/* step: after call */
}

__attribute__((noinline)) void
guest_step_fault(volatile uint64_t *fresh)
{
	guest_word = 1;
	*fresh = 0x1234;			/* step: fault */
	guest_word = *fresh;			/* step: after fault */
}

static void
check(enum helios_status status, const char *what)
{
	if (status != HELIOS_OK)
		helios_panic("%s: %s", what, helios_strerror(status));
}

/*
 * Children
 */

static void
serve(unsigned int calls)
{
	struct helios_msg msg;
	unsigned int i;

	for (i = 0; i < calls; i++) {
		check(helios_recv(endpoint, &msg), "recv");
		guest_served++;
		guest_tick(1);
		helios_msg_start(&msg, 0, 0, 0);
		check(helios_reply(&msg), "reply");
	}
}

static void
start_child(const void *image, size_t size)
{
	static const char *const argv[] = { "child", NULL };
	const helios_cap_t as = CHILD_ENDPOINT;
	struct helios_program child = {
		.image = image,
		.size = size,
		.name = "child",
		.argv = argv,
		.fault = HELIOS_CADDR_UNDEF,
		.memory_pages = 256,
		.ncaps = 1,
		.caps = &derived,
		.as = &as,
	};

	check(helios_program_load(&child), "load");
	check(helios_task_resume(child.task), "resume");
	serve(CHILD_CALLS);
	check(helios_program_destroy(&child), "destroy");
}

static void
do_children(void)
{
	struct helios_tar tar;
	void *image;
	size_t size;
	unsigned int i;

	check(helios_tar_initramfs(&tar), "initramfs");
	check(helios_tar_load(&tar, "child", &image, &size), "child");
	for (i = 0; i < CHILD_STARTS; i++)
		start_child(image, size);
	free(image);
}

/*
 * A second space of the same addresses: init's own image, mapped once more.
 * When hosted, the two share one range of the host, so each switch between
 * them drops all mappings there.
 */

static void
copy_page(helios_cap_t space, helios_cap_t page)
{
	struct helios_page_info info;
	helios_cap_t copy;

	check(helios_page_info(page, &info), "page");
	check(helios_copy(page, HELIOS_RIGHTS_ALL, &copy), "copy");
	check(helios_map(space, info.address, HELIOS_MAP_FIXED |
		(info.flags & (HELIOS_MAP_W | HELIOS_MAP_X)), 1, &copy, NULL),
		"map");
}

/* Runs there, without library state. */
static void
copy_main(void)
{
	struct helios_raw r;
	unsigned int i;

	for (i = 0;; i++) {
		if (i < COPY_CALLS)
			guest_tick(1);
		r = (struct helios_raw){ .rsi = helios_tag(0, 0, 0) };
		helios_raw_call(endpoint, &r);
	}
}

static void
start_copy(helios_cap_t task, helios_cap_t space, void *stack)
{
	const struct helios_bootinfo *info = helios_process.bootinfo;
	struct helios_regs regs;
	helios_cap_t i;

	for (i = 0; i < info->image_count; i++)
		copy_page(space, info->image_first + i);
	copy_page(space, helios_page_at(stack));
	memset(&regs, 0, sizeof(regs));
	regs.rip = (uint64_t)(uintptr_t)copy_main;
	regs.rsp = (uint64_t)(uintptr_t)stack + 4096 - 8;
	check(helios_task_set_name(task, "copy"), "name");
	check(helios_task_configure(task, helios_process.cspace, space,
		HELIOS_CADDR_UNDEF), "configure");
	check(helios_task_write_registers(task, &regs), "registers");
	check(helios_task_resume(task), "resume");
}

static void
do_copy(void)
{
	helios_cap_t task, space;
	void *stack;

	check(helios_newvspace_like(helios_process.vspace, &space), "space");
	check(helios_newtask(&task), "task");
	check(helios_mmap(NULL, 4096, HELIOS_PROT_READ | HELIOS_PROT_WRITE, 0,
		&stack), "mmap");
	start_copy(task, space, stack);
	serve(COPY_CALLS);
	check(helios_destroy(task), "destroy");
	check(helios_destroy(space), "destroy");
}

/*
 * Steps
 */

static void
do_steps(void)
{
	void *fresh;

	guest_step_call();
	check(helios_mmap(NULL, 4096, HELIOS_PROT_READ | HELIOS_PROT_WRITE, 0,
		&fresh), "mmap");
	guest_step_fault(fresh);
	check(helios_munmap(fresh, 4096), "munmap");
}

/*
 * Threads: one stays in a receive, with the known name.
 */

static void *
wait_for_ever(void *arg)
{
	struct helios_msg msg;

	helios_recv(*(const helios_cap_t *)arg, &msg);
	return NULL;
}

/* Nobody is told of its fault: the kernel stops it, and says so. */
static void *
crash(void *arg)
{
	*(volatile uint64_t *)arg = 1;
	return NULL;
}

__attribute__((noinline)) void
guest_all_set(void)
{
	guest_word = 0;
}

static struct helios_thread *
start_thread(const char *name, void *(*fn)(void *), void *arg)
{
	const struct helios_thread_attr attr = { .name = name };
	struct helios_thread *thread;

	check(helios_thread_new(&thread, fn, arg, &attr), "thread");
	check(helios_thread_start(thread), "start");
	return thread;
}

/* However slow the machine is. */
static void
wait_state(const struct helios_thread *thread, uint64_t state)
{
	struct helios_task_info info;

	do {
		check(helios_sleep(1000000), "sleep");
		check(helios_task_info(helios_thread_task(thread), &info),
			"task info");
	} while (!(info.state & state));
}

static void
do_threads(void)
{
	struct helios_thread *waiter, *crasher;
	static helios_cap_t waited;

	check(helios_newendpoint(&waited), "endpoint");
	waiter = start_thread("waiter", wait_for_ever, &waited);
	crasher = start_thread("crasher", crash, NULL);
	wait_state(waiter, HELIOS_TASK_RECEIVING);
	wait_state(crasher, HELIOS_TASK_SUSPENDED);
	guest_all_set();
	check(helios_thread_kill(waiter), "kill");
	check(helios_thread_kill(crasher), "kill");
	check(helios_destroy(waited), "destroy");
}

static bool
wanted(int argc, char **argv, const char *name)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int
main(int argc, char **argv, char **envp)
{
	(void)envp;
	check(helios_newendpoint(&endpoint), "endpoint");
	check(helios_mint(endpoint, HELIOS_RIGHTS_ALL, CHILD_BADGE, &derived),
		"mint");
	if (wanted(argc, argv, "bad-call"))
		helios_destroy(HELIOS_CADDR_UNDEF - 1);
	if (wanted(argc, argv, "steps"))
		do_steps();
	if (wanted(argc, argv, "threads"))
		do_threads();
	if (wanted(argc, argv, "children"))
		do_children();
	if (wanted(argc, argv, "copy"))
		do_copy();
	/* For a debugger that comes later: tick until somebody ends us. */
	if (argc > 1)
		helios_printf("ready\n");
	while (argc > 1 && wanted(argc, argv, "forever")) {
		check(helios_sleep(5000000), "sleep");
		guest_tick(1);
	}
	helios_printf("served %u, ticks %u\n", guest_served, guest_ticks);
	return 0;
}
