/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads and mutexes of the library.
 */
#include <stdatomic.h>

#include "level.h"

static void *
identity(void *arg)
{
	return arg;
}

static void *
square(void *arg)
{
	uint64_t n = (uint64_t)arg;

	return (void *)(n * n);
}

TEST(threads, join)
{
	struct helios_thread *t;
	void *value = NULL;

	CHECK_OK(helios_thread_spawn(&t, square, (void *)12));
	CHECK_OK(helios_thread_join(t, &value));
	CHECK_EQ(value, 144);
}

static void *
exits_deep(void *arg)
{
	helios_thread_exit((void *)((uint64_t)arg + 1));
}

static void *
calls_exit(void *arg)
{
	exits_deep(arg);
	return NULL;
}

TEST(threads, exit_value)
{
	struct helios_thread *t;
	void *value = NULL;

	CHECK_OK(helios_thread_spawn(&t, calls_exit, (void *)41));
	CHECK_OK(helios_thread_join(t, &value));
	CHECK_EQ(value, 42);
}

TEST(threads, join_frees_everything)
{
	struct helios_thread *t;
	struct level before;
	unsigned int i;

	level(&before);
	for (i = 0; i < 10; i++) {
		CHECK_OK(helios_thread_spawn(&t, identity, NULL));
		CHECK_OK(helios_thread_join(t, NULL));
		check_level(&before);
	}
}

/* Long since ended, or not started yet: join must work for both. */
TEST(threads, join_after_end)
{
	struct helios_thread *t;
	void *value = NULL;

	CHECK_OK(helios_thread_new(&t, square, (void *)5, NULL));
	CHECK_STATUS(helios_thread_join(t, &value), HELIOS_BUSY);
	CHECK_OK(helios_thread_start(t));
	CHECK_STATUS(helios_thread_start(t), HELIOS_BUSY);
	while (!helios_thread_ended(t))
		helios_sleep(100000);
	CHECK_OK(helios_thread_join(t, &value));
	CHECK_EQ(value, 25);
}

static void *
wait_for(void *arg)
{
	uint64_t bits;

	CHECK_OK(helios_wait((helios_cap_t)(uint64_t)arg, &bits));
	return (void *)bits;
}

TEST(threads, join_until)
{
	struct helios_thread *t;
	void *value = NULL;
	helios_cap_t note;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_thread_spawn(&t, wait_for, (void *)(uint64_t)note));
	CHECK_STATUS(helios_thread_join_until(t, helios_clock() + 1000000,
			&value), HELIOS_WOULD_BLOCK);
	CHECK_OK(helios_signal(note));
	CHECK_OK(helios_thread_join_until(t, HELIOS_FOREVER, &value));
	CHECK_EQ(value, 1);
}

static _Atomic uint32_t go, done;

static void *
count_when_told(void *arg)
{
	while (!atomic_load(&go))
		helios_yield();
	atomic_fetch_add(&done, 1);
	return arg;
}

TEST(threads, detach)
{
	struct helios_thread *t;
	struct level before;
	unsigned int i;

	atomic_store(&go, 0);
	atomic_store(&done, 0);
	level(&before);
	for (i = 0; i < 4; i++) {
		CHECK_OK(helios_thread_spawn(&t, count_when_told, NULL));
		CHECK_OK(helios_thread_detach(t));
	}
	CHECK_STATUS(helios_thread_join(t, NULL), HELIOS_BUSY);
	CHECK_EQ(helios_thread_reap(), 4);
	atomic_store(&go, 1);
	while (helios_thread_reap() > 0)
		helios_sleep(100000);
	CHECK_EQ(atomic_load(&done), 4);
	check_level(&before);
}

static _Thread_local uint64_t local_number = 7;
static _Thread_local char local_zeros[100];
static _Thread_local uint64_t local_aligned __attribute__((aligned(64)));

static void *
use_tls(void *arg)
{
	uint64_t me = (uint64_t)arg, i;

	CHECK_EQ(local_number, 7);
	CHECK_EQ((uint64_t)&local_aligned % 64, 0);
	for (i = 0; i < sizeof(local_zeros); i++)
		CHECK_EQ(local_zeros[i], 0);
	local_number = me;
	local_aligned = me;
	memset(local_zeros, (int)me, sizeof(local_zeros));
	for (i = 0; i < 20; i++) {
		helios_yield();
		CHECK_EQ(local_number, me);
		CHECK_EQ(local_aligned, me);
		CHECK_EQ(local_zeros[i], (char)me);
	}
	return &local_number;
}

TEST(threads, tls)
{
	struct helios_thread *t[4];
	void *where[4];
	uint64_t i, j;

	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_spawn(&t[i], use_tls,
				(void *)(i + 100)));
	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_join(t[i], &where[i]));
	for (i = 0; i < 4; i++) {
		CHECK(where[i] != &local_number);
		for (j = 0; j < i; j++)
			CHECK(where[i] != where[j]);
	}
	CHECK_EQ(local_number, 7);
}

/* The detail of a failure belongs to the thread that failed. */
static void *
fail_on(void *arg)
{
	CHECK_ERROR(helios_destroy((helios_cap_t)(uint64_t)arg),
			HELIOS_INVALID_CADDR, (uint64_t)arg);
	return (void *)helios_detail();
}

TEST(threads, detail_is_per_thread)
{
	struct helios_thread *t;
	void *value;

	CHECK_ERROR(helios_destroy(0x7ffffff0), HELIOS_INVALID_CADDR,
			0x7ffffff0);
	CHECK_OK(helios_thread_spawn(&t, fail_on, (void *)0x70000000));
	CHECK_OK(helios_thread_join(t, &value));
	CHECK_EQ(value, 0x70000000);
	CHECK_EQ(helios_detail(), 0x7ffffff0);
}

#define MANY	40u

TEST(threads, many)
{
	struct helios_thread *t[MANY];
	struct level before;
	uint64_t i;
	void *value;

	level(&before);
	for (i = 0; i < MANY; i++)
		CHECK_OK(helios_thread_new(&t[i], square, (void *)i, NULL));
	for (i = 0; i < MANY; i++)
		CHECK_OK(helios_thread_start(t[MANY - 1 - i]));
	for (i = 0; i < MANY; i++) {
		CHECK_OK(helios_thread_join(t[i], &value));
		CHECK_EQ(value, i * i);
	}
	check_level(&before);
}

static void *
read_at(void *arg)
{
	return (void *)(uint64_t)*(volatile char *)arg;
}

/* A supervisor of our own gets the fault, repairs it, and lets it go on. */
TEST(threads, set_fault)
{
	struct helios_fault fault;
	struct helios_thread *t;
	struct helios_msg msg;
	helios_cap_t ep;
	void *hole, *value, *at;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_NONE, 0,
			&hole));
	CHECK_OK(helios_thread_new(&t, read_at, (char *)hole + 123, NULL));
	CHECK_OK(helios_thread_set_fault(t, ep));
	CHECK_OK(helios_thread_start(t));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_fault_decode(&msg, &fault));
	CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, (char *)hole + 123);
	CHECK_EQ(fault.access, HELIOS_RIGHT_R);
	CHECK(fault.ip >= helios_process.image_base &&
			fault.ip < helios_process.image_end);
	CHECK_OK(helios_munmap(hole, HELIOS_PAGE_SIZE));
	CHECK_OK(helios_mmap(hole, HELIOS_PAGE_SIZE, HELIOS_PROT_READ |
			HELIOS_PROT_WRITE, HELIOS_MMAP_FIXED, &at));
	((char *)hole)[123] = 99;
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_reply(&msg));
	CHECK_OK(helios_thread_join(t, &value));
	CHECK_EQ(value, 99);
}

static __attribute__((noinline)) uint64_t
recurse(volatile char *below, uint64_t depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	if (depth == 0 || !below)
		return 0;
	return recurse(frame, depth - 1) + (uint64_t)frame[0];
}

static void *
overflow_stack(void *arg)
{
	volatile char here = 0;

	return (void *)recurse(&here, (uint64_t)arg);
}

TEST(threads, stack_overflow_hits_guard)
{
	const struct helios_thread_attr attr = { .stack_size = 16384 };
	struct helios_fault fault;
	struct helios_thread *t;
	struct helios_msg msg;
	helios_cap_t ep;
	size_t size;
	void *base;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_new(&t, overflow_stack, (void *)100000,
			&attr));
	helios_thread_stack(t, &base, &size);
	CHECK_EQ(size, 16384);
	CHECK_OK(helios_thread_set_fault(t, ep));
	CHECK_OK(helios_thread_start(t));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_fault_decode(&msg, &fault));
	CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
	CHECK(fault.address < (uint64_t)base);
	CHECK(fault.address >= (uint64_t)base - HELIOS_PAGE_SIZE);
	CHECK_OK(helios_thread_kill(t));
}

static _Atomic uint64_t progress;

static void *
count_forever(void *arg)
{
	for (;;) {
		atomic_fetch_add(&progress, 1);
		if (!arg)
			helios_yield();
	}
	return NULL;
}

static void
wait_for_progress(void)
{
	uint64_t was = atomic_load(&progress);

	while (atomic_load(&progress) == was)
		helios_sleep(100000);
}

/* arg: also without ever entering the kernel. */
static void
suspend_and_resume(void *arg)
{
	struct helios_thread *t;
	uint64_t was, i;

	CHECK_OK(helios_thread_spawn(&t, count_forever, arg));
	wait_for_progress();
	CHECK_OK(helios_thread_suspend(t));
	was = atomic_load(&progress);
	for (i = 0; i < 10; i++)
		helios_sleep(100000);
	CHECK_EQ(atomic_load(&progress), was);
	CHECK_OK(helios_thread_resume(t));
	wait_for_progress();
	CHECK_OK(helios_thread_kill(t));
	was = atomic_load(&progress);
	helios_sleep(1000000);
	CHECK_EQ(atomic_load(&progress), was);
}

TEST(threads, suspend_resume)
{
	suspend_and_resume(NULL);
}

TEST(threads, suspend_resume_busy_loop)
{
	suspend_and_resume((void *)1);
}

TEST(threads, kill_frees_everything)
{
	struct helios_thread *t;
	struct level before;

	helios_cap_t note;

	CHECK_OK(helios_newnote(&note));
	level(&before);
	CHECK_OK(helios_thread_spawn(&t, wait_for, (void *)(uint64_t)note));
	helios_sleep(1000000);
	CHECK_OK(helios_thread_kill(t));
	check_level(&before);
	CHECK_OK(helios_thread_new(&t, identity, NULL, NULL));
	CHECK_OK(helios_thread_kill(t));
	check_level(&before);
}

TEST(threads, self)
{
	struct helios_thread *self = helios_thread_self();
	struct helios_task_info info;
	size_t size;
	void *base;
	char here;

	helios_thread_stack(self, &base, &size);
	CHECK(&here >= (char *)base && &here < (char *)base + size);
	CHECK_OK(helios_task_info(helios_thread_task(self), &info));
	CHECK(!strcmp(info.name, "self"));
	CHECK_EQ(info.state, 0);
	CHECK_STATUS(helios_thread_join(self, NULL), HELIOS_BUSY);
	CHECK_STATUS(helios_thread_kill(self), HELIOS_BUSY);
}

TEST(threads, no_memory_leaves_nothing)
{
	const struct helios_thread_attr huge = { .stack_size = 64u << 20 };
	struct helios_thread *t = NULL;
	struct level before;

	level(&before);
	CHECK_STATUS(helios_thread_new(&t, identity, NULL, &huge),
			HELIOS_NOMEM);
	CHECK(t == NULL);
	check_level(&before);
}

static struct helios_mutex mutex;
static uint64_t guarded;

static void *
add_under_lock(void *arg)
{
	uint64_t i;

	for (i = 0; i < (uint64_t)arg; i++) {
		uint64_t n;

		helios_mutex_lock(&mutex);
		n = guarded;
		if (i % 3 == 0)
			helios_yield();
		guarded = n + 1;
		helios_mutex_unlock(&mutex);
	}
	return NULL;
}

static void
hammer_mutex(void)
{
	struct helios_thread *t[4];
	unsigned int i;

	guarded = 0;
	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_spawn(&t[i], add_under_lock,
				(void *)200));
	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_join(t[i], NULL));
	CHECK_EQ(guarded, 800);
	CHECK_EQ(helios_mutex_trylock(&mutex), 1);
	CHECK_EQ(helios_mutex_trylock(&mutex), 0);
	helios_mutex_unlock(&mutex);
}

TEST(threads, mutex)
{
	CHECK_OK(helios_mutex_new(&mutex));
	hammer_mutex();
	helios_mutex_destroy(&mutex);
}

TEST(threads, mutex_without_note)
{
	mutex = (struct helios_mutex)HELIOS_MUTEX_INIT;
	hammer_mutex();
}
