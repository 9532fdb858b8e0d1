/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TLB-miss walker: a thread that reads not-present faults of the guests
 * from a userfaultfd, and fills a valid translation or installs a negative
 * one.  It never reports anything to core: whatever it cannot fill becomes
 * PROT_NONE, the guest's retry raises a real SIGSEGV, and that one knows the
 * registers and the kind of access exactly.
 *
 * A message can be stale (a signal pulled the thread out of the fault).
 * Filling once more is harmless, and a thread that is in the kernel by now
 * is left alone, except that its page is made to fault: a kernel that
 * touches guest memory should be caught at that instruction.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <helios/object.h>

#include "hosted.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY	1
#endif
#ifndef UFFD_FEATURE_EXACT_ADDRESS
#define UFFD_FEATURE_EXACT_ADDRESS	(1 << 11)
#endif

#define PROT_ALL	(PROT_READ | PROT_WRITE | PROT_EXEC)

static int ufd = -1;
static struct host_thread *walker;
static _Atomic bool stopping;

bool
uffd_active(void)
{
	return ufd >= 0;
}

static void
walker_wake(uint64_t va)
{
	struct uffdio_range range = {va & ~(PAGE - 1), PAGE};

	ioctl(ufd, UFFDIO_WAKE, &range);
}

/* The guest on th missed; its registers stay as they are meanwhile. */
static void
walker_fill(struct host_thread *th, uint64_t va)
{
	(void)atomic_load_explicit(&th->released, memory_order_acquire);
	if (!th->task || !tlb_fill(task_vspace(th->task), va, HELIOS_RIGHT_R))
		tlb_negative(va);
	if (atomic_fetch_and(&th->where, ~(uint32_t)WHERE_WALKER) &
			WHERE_KERNEL)
		syscall(SYS_futex, &th->where, FUTEX_WAKE_PRIVATE, 1);
}

static void
walker_serve(const struct uffd_msg *msg)
{
	struct host_thread *th = atomic_load(&baton_holder);
	uint64_t va = msg->arg.pagefault.address;
	uint32_t guest = 0;

	if (msg->event != UFFD_EVENT_PAGEFAULT ||
			(int)msg->arg.pagefault.feat.ptid !=
			atomic_load(&th->tid))
		return;
	if (atomic_compare_exchange_strong(&th->where, &guest, WHERE_WALKER))
		walker_fill(th, va);
	else
		mprotect((void *)(va & ~(PAGE - 1)), PAGE, PROT_NONE);
	walker_wake(va);
}

static void
walker_main(void *arg)
{
	struct uffd_msg msg;

	(void)arg;
	while (!atomic_load(&stopping))
		if (read(ufd, &msg, sizeof(msg)) == sizeof(msg))
			walker_serve(&msg);
}

/* The order matters: a page is never accessible and not yet registered, or
 * a guest could read zeros that nobody put there. */
void
uffd_reset(uint64_t va, uint64_t len)
{
	struct uffdio_register reg = {
		.range = {va, len},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	void *p = (void *)va;
	char why[128];

	if (mmap(p, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_NORESERVE | MAP_FIXED, -1, 0) == p &&
			ioctl(ufd, UFFDIO_REGISTER, &reg) == 0 &&
			mprotect(p, len, PROT_ALL) == 0)
		return;
	snprintf(why, sizeof(why), "the host cannot empty guest memory: %s",
		strerror(errno));
	hal_panic(why);
}

/* Can a range be had at all?  (Not where memory may not be overcommitted.) */
static bool
try_range(void)
{
	struct uffdio_register reg = {
		.range = {GUEST_BASE, RANGE_SIZE},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	void *want = (void *)GUEST_BASE, *p;
	bool ok;

	p = mmap(want, RANGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	ok = p == want && ioctl(ufd, UFFDIO_REGISTER, &reg) == 0 &&
		mprotect(p, RANGE_SIZE, PROT_ALL) == 0;
	if (p != MAP_FAILED)
		munmap(p, RANGE_SIZE);
	return ok;
}

static bool
give_up(const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", what, strerror(errno));
	if (ufd >= 0)
		close(ufd);
	ufd = -1;
	return false;
}

bool
uffd_init(char *why, size_t size)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_THREAD_ID |
			UFFD_FEATURE_EXACT_ADDRESS,
	};

	if (under_valgrind()) {
		snprintf(why, size, "Valgrind does not know it");
		return false;
	}
	ufd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (ufd < 0)
		return give_up("userfaultfd", why, size);
	if (ioctl(ufd, UFFDIO_API, &api) < 0)
		return give_up("UFFDIO_API", why, size);
	if (!try_range())
		return give_up("UFFDIO_REGISTER", why, size);
	walker = service_start("walker", walker_main, NULL);
	if (!walker)
		return give_up("thread", why, size);
	return true;
}

void
uffd_fini(void)
{
	if (!walker)
		return;
	atomic_store(&stopping, true);
	thread_stop(walker);
	walker = NULL;
	close(ufd);
	ufd = -1;
}
