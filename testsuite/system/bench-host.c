/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's side of the benchmarks: bench-host KERNEL INITRAMFS full|quick.
 *
 * A hosted kernel can be no faster than the Linux primitives it is made of,
 * and this machine's speed drifts.  So the bare primitives are measured here,
 * in turns with the kernel, pinned to one CPU as it is, and the table has the
 * ratios.  Each figure is that of the best of many short batches, on both
 * sides, for other programs share the machine.  It judges nothing: its exit
 * status says only whether all was measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define PAGE	4096ull
#define TURNS	5
#define BATCHES	101			/* in each */
#define SWITCHES 16u			/* in a batch: as the guest makes */
#define RESULTS	64
#define NONE	UINT64_MAX

static unsigned int rounds = 200, fills = 64;
static char error[160];			/* of the guest */
static char build[16] = "unknown";

static struct result {
	char name[32];
	uint64_t value;			/* NONE: not possible */
} results[RESULTS];
static unsigned int nresults;

static _Noreturn void __attribute__((format(printf, 1, 2)))
fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench-host: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Picoseconds each, in the best batch of count calls: as the guest does. */
static uint64_t
best_of(void (*batch)(unsigned int), unsigned int count)
{
	uint64_t best = NONE, start, took;
	unsigned int i;

	for (i = 0; i < BATCHES; i++) {
		start = now_ns();
		batch(count);
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	return best * 1000 / count;
}

/*
 * The bare primitives
 */

static void
getppid_batch(unsigned int count)
{
	while (count-- > 0)
		syscall(SYS_getppid);
}

static _Atomic uint32_t turn;		/* 0, 1; 2: end */
static void (*in_turn)(uint32_t mine);	/* NULL: nothing */

static void
take_turn(uint32_t mine, uint32_t other)
{
	uint32_t seen;

	while ((seen = atomic_load(&turn)) == other)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, other, NULL);
	if (seen != mine)
		return;
	if (in_turn)
		in_turn(mine);
	atomic_store(&turn, other);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1);
}

static void *
pong(void *arg)
{
	while (atomic_load(&turn) != 2)
		take_turn(1, 0);
	return arg;
}

static void
ping_batch(unsigned int count)
{
	while (count-- > 0) {
		take_turn(0, 1);
	}
	while (atomic_load(&turn) == 1)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1, NULL);
}

static uint64_t
futex_pingpong(unsigned int count)
{
	pthread_t thread;
	uint64_t ps;

	atomic_store(&turn, 0);
	if (pthread_create(&thread, NULL, pong, NULL) != 0)
		fail("cannot create a thread");
	ps = best_of(ping_batch, count);
	atomic_store(&turn, 2);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1);
	pthread_join(thread, NULL);
	return ps;
}

static int ufd = -1, memfd = -1;
static char *window;

static void *
walker(void *arg)
{
	struct uffdio_range range;
	struct uffd_msg msg;
	char *page;

	while (read(ufd, &msg, sizeof(msg)) == sizeof(msg)) {
		page = window + (msg.arg.pagefault.address -
			(uint64_t)(uintptr_t)window) / PAGE * PAGE;
		range.start = (uint64_t)(uintptr_t)page;
		range.len = PAGE;
		if (mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED |
				MAP_FIXED | MAP_POPULATE, memfd,
				page - window) != page ||
				ioctl(ufd, UFFDIO_WAKE, &range) < 0 ||
				page == window + fills * PAGE)
			break;
	}
	return arg;
}

/* As a kernel must: a page that is accessible and not registered would read
 * as zeros to whoever gets there first. */
static void
reset_page(char *page)
{
	struct uffdio_register reg = {
		.range = { (uint64_t)(uintptr_t)page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (mmap(page, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_FIXED | MAP_NORESERVE, -1, 0) != page ||
			ioctl(ufd, UFFDIO_REGISTER, &reg) < 0 ||
			mprotect(page, PAGE, PROT_READ | PROT_WRITE |
				PROT_EXEC) < 0)
		fail("userfaultfd: %s", strerror(errno));
}

static bool
reset_window(void)
{
	struct uffdio_register reg = {
		.range = { (uint64_t)(uintptr_t)window, (fills + 1) * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return mmap(window, (fills + 1) * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		-1, 0) == window && ioctl(ufd, UFFDIO_REGISTER, &reg) == 0;
}

static bool
uffd_open(void)
{
	struct uffdio_api api = { .api = UFFD_API };

	ufd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	memfd = memfd_create("bench", MFD_CLOEXEC);
	if (ufd < 0 || ioctl(ufd, UFFDIO_API, &api) < 0 || memfd < 0 ||
			ftruncate(memfd, (off_t)((fills + 1) * PAGE)) < 0)
		return false;
	window = mmap(NULL, (fills + 1) * PAGE, PROT_NONE, MAP_PRIVATE |
		MAP_ANONYMOUS, -1, 0);
	return window != MAP_FAILED;
}

static uint64_t
uffd_fills(void)
{
	uint64_t best = NONE, start, took;
	unsigned int i, b;

	for (b = 0; b < BATCHES; b++) {
		if (b > 0 && !reset_window())
			fail("userfaultfd: %s", strerror(errno));
		start = now_ns();
		for (i = 0; i < fills; i++)
			*(volatile char *)(window + i * PAGE) = 1;
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	return best * 1000 / fills;
}

/* Two spaces of one page each, which stand apart: the one that ran is
 * emptied when it has handed over. */
static void
touch_and_empty(uint32_t mine)
{
	char *page = window + (mine ? fills / 2 : 1) * PAGE;

	*(volatile char *)page = 1;
	reset_page(page);
}

static uint64_t
space_switches(void)
{
	uint64_t ps;

	if (!reset_window())
		fail("userfaultfd: %s", strerror(errno));
	reset_page(window);
	in_turn = touch_and_empty;
	ps = futex_pingpong(SWITCHES);
	in_turn = NULL;
	return ps;
}

/* Miss, message, mmap, wake; and hand over, empty, miss, there and back.
 * NONE: userfaultfd is refused here. */
static void
uffd_round_trips(uint64_t *fill, uint64_t *space)
{
	pthread_t thread;

	if (!uffd_open() || !reset_window())
		return;
	if (pthread_create(&thread, NULL, walker, NULL) != 0)
		fail("cannot create a thread");
	*fill = least(*fill, uffd_fills());
	*space = least(*space, space_switches());
	*(volatile char *)(window + fills * PAGE) = 1;	/* the end */
	pthread_join(thread, NULL);
	munmap(window, (fills + 1) * PAGE);
	close(ufd);
	close(memfd);
}

/*
 * The kernel
 */

/* What init is to do, and of that which part (NULL: all). */
static pid_t
start(char *kernel, char *archive, char *what, char *part, FILE **out)
{
	char dashes[] = "--", memory[] = "--memory=768M";
	char strict[] = "--isolation=strict", lazy[] = "--isolation=lazy";
	bool switches = part && strcmp(part, "switch") == 0;
	char *argv[] = { kernel, memory, switches ? strict : lazy, archive,
		dashes, what, part, NULL };
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		fail("cannot start %s: %s", kernel, strerror(errno));
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(kernel, argv);
		_exit(127);
	}
	close(ends[1]);
	*out = fdopen(ends[0], "r");
	if (!*out)
		fail("%s", strerror(errno));
	return pid;
}

static void
finish(pid_t pid, FILE *out)
{
	int status;

	fclose(out);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
			WEXITSTATUS(status) != 0)
		fail("the kernel ended with status %#x; the guest said: %s",
			(unsigned int)status, error[0] ? error : "nothing");
}

/* From fork to the first line that init writes. */
static uint64_t
boot_once(char *kernel, char *archive)
{
	char first[] = "first", line[64];
	uint64_t began = now_ns(), took;
	FILE *out;
	pid_t pid;

	pid = start(kernel, archive, first, NULL, &out);
	if (!fgets(line, sizeof(line), out) || strcmp(line, "first\n") != 0)
		fail("expected init's first line, found none");
	took = now_ns() - began;
	finish(pid, out);
	return took;
}

static uint64_t
boot_time(char *kernel, char *archive)
{
	uint64_t took[5];
	unsigned int i;

	for (i = 0; i < 5; i++)
		took[i] = boot_once(kernel, archive);
	qsort(took, 5, sizeof(took[0]), compare);
	return took[2];
}

/* Of what is measured again, the least. */
static void
add_result(const char *name, uint64_t value)
{
	struct result *r;
	unsigned int i;

	for (i = 0; i < nresults; i++) {
		r = &results[i];
		if (strcmp(r->name, name) == 0) {
			r->value = least(r->value, value);
			return;
		}
	}
	if (nresults == RESULTS)
		fail("too many results");
	r = &results[nresults++];
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->value = value;
}

static void
run_guest(char *kernel, char *archive, char *what, char *part)
{
	char line[160], name[32], value[24];
	bool ended = false;
	FILE *out;
	pid_t pid;

	pid = start(kernel, archive, what, part, &out);
	while (fgets(line, sizeof(line), out)) {
		if (strcmp(line, "end\n") == 0) {
			ended = true;
		} else if (strncmp(line, "error ", 6) == 0) {
			snprintf(error, sizeof(error), "%s", line);
		} else if (sscanf(line, "%31s %23s", name, value) == 2) {
			if (strcmp(name, "build") == 0)
				snprintf(build, sizeof(build), "%.15s", value);
			else
				add_result(name, strcmp(value, "none") == 0 ?
					NONE : strtoull(value, NULL, 10));
		}
	}
	finish(pid, out);
	if (!ended)
		fail("the guest did not get to its end");
}

/*
 * The table
 */

static uint64_t
get(const char *name)
{
	unsigned int i;

	for (i = 0; i < nresults; i++)
		if (strcmp(results[i].name, name) == 0)
			return results[i].value;
	fail("the guest gave no \"%s\"", name);
}

static const char *
verdict(bool pass)
{
	return pass ? "PASS" : "MISS";
}

static void
row(const char *what, double value, const char *unit, double target)
{
	printf("%-44s %10.1f %-3s", what, value, unit);
	if (target > 0)
		printf("  target <= %5.1f  %s", target,
			verdict(value <= target));
	printf("\n");
}

static void
ratio_row(const char *what, uint64_t ps, uint64_t bare, double target)
{
	double ratio;

	if (ps == NONE || bare == NONE) {
		printf("%-44s %10s\n", what, "none");
		return;
	}
	ratio = (double)ps / (double)bare;
	printf("%-44s %10.2f      target <= %5.1f  %s\n", what, ratio, target,
		verdict(ratio <= target));
}

/* Sizes 10, 100, ... as many as were measured. */
static void
flat_row(const char *what, const char *label, unsigned int steps)
{
	uint64_t first = 0, value, size = 10;
	double ratio, worst = 0;
	bool all = true;
	char name[48];
	unsigned int i;

	printf("%-28s", label);
	for (i = 0; i < steps; i++, size *= 10) {
		snprintf(name, sizeof(name), "flat_%s_%" PRIu64, what, size);
		value = get(name);
		if (i == 0)
			first = value;
		all = all && value != NONE;
		if (value == NONE) {
			printf(" %9s", "none");
			continue;
		}
		ratio = (double)value / (double)first;
		worst = ratio > worst ? ratio : worst;
		printf(" %9.0f", (double)value / 1000);
	}
	printf("  ratio %.2f, target <= 1.3  %s%s\n", worst,
		verdict(worst <= 1.3), all ? "" : " (as far as it goes)");
}

static void
flat_table(unsigned int steps)
{
	unsigned int i, size = 10;

	printf("\n%-28s", "ns beside so many others:");
	for (i = 0; i < steps; i++, size *= 10)
		printf(" %9u", size);
	printf("\n");
	flat_row("ipc", "call+reply, tasks", steps);
	flat_row("slot", "copy and destroy, slots", steps);
	flat_row("destroy", "destroy, slots", steps);
	flat_row("page", "allocate and destroy, pages", steps);
	for (i = 0; i < nresults; i++)
		if (strcmp(results[i].name, "most_tasks") == 0)
			printf("(none: the host allows no more than about %"
				PRIu64 " tasks)\n", results[i].value);
}

static void
pin(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The best that was seen of the host's own. */
struct bare {
	uint64_t getppid, futex, fill, space;	/* ps */
};

static void
measure_bare(struct bare *b)
{
	b->getppid = least(b->getppid, best_of(getppid_batch, rounds));
	b->futex = least(b->futex, futex_pingpong(rounds));
	uffd_round_trips(&b->fill, &b->space);
}

static void
against(const char *what, const char *name, const char *host, uint64_t bare,
		double target)
{
	row(what, (double)get(name) / 1000, "ns", 0);
	if (bare != NONE)
		row(host, (double)bare / 1000, "ns", 0);
	ratio_row("  ratio", get(name), bare, target);
}

static void
table(const struct bare *b, uint64_t boot_ns, unsigned int steps)
{
	uint64_t alive = get("spaces_alive"), wanted = get("spaces_wanted");

	printf("kernel: %s build%s\n", build, strcmp(build, "release") == 0 ?
		"" : " (configure --disable-debug for the real figures)");
	printf("best of %u batches each, in turns, both sides on one CPU\n\n",
		BATCHES * TURNS);
	row("null system call", (double)get("null_ps") / 1000, "ns", 60);
	row("  bare getppid", (double)b->getppid / 1000, "ns", 0);
	against("call and reply", "ipc_ps", "  bare futex ping-pong",
		b->futex, 1.3);
	against("TLB fill", "fill_ps", "  bare userfaultfd, mmap, wake",
		b->fill, 1.2);
	against("call and reply, two spaces, strict", "switch_ps",
		"  bare futex, userfaultfd, mmap, mprotect", b->space, 1.5);
	row("process start to init's first line", (double)boot_ns / 1e6, "ms",
		50);
	printf("%-44s %10" PRIu64 "      target %" PRIu64 "  %s\n",
		"address spaces with a task, alive at once", alive, wanted,
		verdict(alive == wanted));
	row("  to make one", (double)get("space_create_ps") / 1e6, "us", 0);
	row("  to destroy one", (double)get("space_destroy_ps") / 1e6, "us",
		0);
	flat_table(steps);
}

int
main(int argc, char **argv)
{
	struct bare bare = { NONE, NONE, NONE, NONE };
	char brief[] = "short", switches[] = "switch", rest[] = "rest";
	unsigned int turns = TURNS;
	uint64_t boot_ns;
	bool quick;

	if (argc != 4 || (strcmp(argv[3], "full") != 0 &&
			strcmp(argv[3], "quick") != 0))
		fail("expected KERNEL INITRAMFS full|quick");
	quick = strcmp(argv[3], "quick") == 0;
	if (quick) {
		rounds = 20;
		fills = 8;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	pin();
	boot_ns = boot_time(argv[1], argv[2]);
	while (turns-- > 0) {
		measure_bare(&bare);
		run_guest(argv[1], argv[2], argv[3], brief);
		run_guest(argv[1], argv[2], argv[3], switches);
	}
	run_guest(argv[1], argv[2], argv[3], rest);
	table(&bare, boot_ns, quick ? 2 : 4);
	return 0;
}
