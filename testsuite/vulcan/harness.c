/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what the other tests stand on: threads, heap, memory map, the
 * supervisor's environment.
 */
#include <stdatomic.h>

#include "vulcan.h"

struct level {
	struct helios_memory_info memory;
	struct helios_cspace_info cspace;
};

static void
level(struct level *out)
{
	CHECK_OK(helios_memory_info(helios_process.memory, &out->memory));
	CHECK_OK(helios_cspace_info(helios_process.cspace, &out->cspace));
}

static void
check_level(const struct level *before)
{
	struct level now;

	level(&now);
	CHECK_EQ(now.memory.free, before->memory.free);
	CHECK_EQ(now.memory.objects, before->memory.objects);
	CHECK_EQ(now.cspace.free, before->cspace.free);
	CHECK_EQ(now.cspace.dead, before->cspace.dead);
}

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

/* The heap. */

static void
fill(unsigned char *p, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (unsigned char)(i * 7 + seed);
}

static void
check_fill(const unsigned char *p, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != (unsigned char)(i * 7 + seed))
			FAIL("byte %zu of %zu: %u, expected %u", i, n, p[i],
				(unsigned char)(i * 7 + seed));
}

#define BLOCKS	64u

TEST(heap, sizes)
{
	unsigned char *p[BLOCKS];
	size_t size[BLOCKS];
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < BLOCKS; i++) {
			size[i] = i * i * 11 + i + round;
			p[i] = malloc(size[i]);
			CHECK(p[i] != NULL);
			CHECK_EQ((uint64_t)p[i] % 16, 0);
			fill(p[i], size[i], i);
		}
		CHECK_EQ(helios_heap_check(), BLOCKS);
		for (i = 0; i < BLOCKS; i++)
			check_fill(p[i], size[i], i);
		for (i = 0; i < BLOCKS; i++)
			free(p[(i * 37 + 5) % BLOCKS]);
		CHECK_EQ(helios_heap_check(), 0);
	}
}

TEST(heap, random_operations)
{
	unsigned char *p[BLOCKS] = { NULL };
	size_t size[BLOCKS] = { 0 };
	uint64_t random = 12345;
	unsigned int i, n;

	for (n = 0; n < 3000; n++) {
		random = random * 6364136223846793005ull + 1442695040888963407;
		i = (unsigned int)(random >> 40) % BLOCKS;
		if (p[i]) {
			check_fill(p[i], size[i], i);
			free(p[i]);
			p[i] = NULL;
			continue;
		}
		size[i] = (random >> 33) % (1u << (random >> 59) % 14);
		p[i] = malloc(size[i]);
		CHECK(p[i] != NULL);
		fill(p[i], size[i], i);
		if (n % 100 == 0)
			helios_heap_check();
	}
	for (i = 0; i < BLOCKS; i++)
		free(p[i]);
	CHECK_EQ(helios_heap_check(), 0);
}

TEST(heap, realloc)
{
	static const size_t sizes[] = {
		1, 10, 100, 3000, 20000, 40000, 300000, 40000, 5000, 16, 1
	};
	unsigned char *p = NULL;
	size_t had = 0, i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = realloc(p, sizes[i]);
		CHECK(p != NULL);
		CHECK_EQ(helios_malloc_size(p), sizes[i]);
		check_fill(p, had < sizes[i] ? had : sizes[i], 1);
		fill(p, sizes[i], 1);
		had = sizes[i];
		CHECK_EQ(helios_heap_check(), 1);
	}
	free(p);
}

TEST(heap, calloc)
{
	unsigned char *p;
	size_t i, n;

	for (n = 16; n < 200000; n *= 3) {
		p = malloc(n);
		CHECK(p != NULL);
		memset(p, 0xff, n);
		free(p);
		p = calloc(n / 4, 4);
		CHECK(p != NULL);
		for (i = 0; i < n / 4 * 4; i++)
			CHECK_EQ(p[i], 0);
		free(p);
	}
	CHECK(calloc((size_t)1 << 40, (size_t)1 << 40) == NULL);
}

TEST(heap, alignment)
{
	size_t align;
	void *p[21];
	unsigned int n = 0, i;

	for (align = 1; align <= 1u << 20; align *= 2) {
		p[n] = aligned_alloc(align, 100 + align / 64);
		CHECK(p[n] != NULL);
		CHECK_EQ((uint64_t)p[n] % align, 0);
		memset(p[n], 1, 100 + align / 64);
		n++;
	}
	CHECK_EQ(helios_heap_check(), n);
	for (i = 0; i < n; i++)
		free(p[i]);
	CHECK(aligned_alloc(3, 8) == NULL);
	CHECK(aligned_alloc(0, 8) == NULL);
}

TEST(heap, large_blocks_go_back)
{
	struct level before, with;
	void *p;

	level(&before);
	p = malloc(1 << 20);
	CHECK(p != NULL);
	memset(p, 1, 1 << 20);
	level(&with);
	CHECK(with.memory.free + 256 <= before.memory.free);
	free(p);
	check_level(&before);
}

TEST(heap, small_blocks_go_back)
{
	struct helios_heap_stats stats;
	struct level before;
	void *p[500];
	unsigned int i;

	level(&before);
	for (i = 0; i < 500; i++)
		CHECK((p[i] = malloc(1000)) != NULL);
	helios_heap_stats(&stats);
	CHECK_EQ(stats.blocks, 500);
	CHECK_EQ(stats.bytes, 500000);
	CHECK(stats.mapped >= 500000);
	for (i = 0; i < 500; i++)
		free(p[i]);
	helios_heap_trim();
	helios_heap_stats(&stats);
	CHECK_EQ(stats.blocks, 0);
	CHECK_EQ(stats.mapped, 0);
	check_level(&before);
}

TEST(heap, exhaustion_is_an_answer)
{
	struct level before;
	void *p;

	level(&before);
	CHECK(malloc((VULCAN_PAGES + 100) * HELIOS_PAGE_SIZE) == NULL);
	CHECK(malloc(SIZE_MAX) == NULL);
	CHECK(malloc(SIZE_MAX - 100) == NULL);
	check_level(&before);
	p = malloc(100);
	CHECK(p != NULL);
	free(p);
}

static void *
allocate_a_lot(void *arg)
{
	unsigned char *p[16];
	unsigned int seed = (unsigned int)(uint64_t)arg, i, round;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 16; i++) {
			p[i] = malloc(i * 100 + seed);
			CHECK(p[i] != NULL);
			fill(p[i], i * 100 + seed, seed);
		}
		helios_yield();
		for (i = 0; i < 16; i++) {
			check_fill(p[i], i * 100 + seed, seed);
			free(p[i]);
		}
	}
	return NULL;
}

TEST(heap, threads)
{
	struct helios_thread *t[4];
	uint64_t i;

	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_spawn(&t[i], allocate_a_lot,
				(void *)(i + 1)));
	for (i = 0; i < 4; i++)
		CHECK_OK(helios_thread_join(t[i], NULL));
	CHECK_EQ(helios_heap_check(), 0);
}

/* What misuse does: the program would end; here the panic is caught. */

static char panic_text[200];
static void (*usual_panic)(const char *);

static void
catch_panic(const char *text)
{
	strlcpy(panic_text, text, sizeof(panic_text));
	helios_thread_exit((void *)1);
}

static void *
misuse(void *arg)
{
	char *p = malloc(40), *q = malloc(40);
	volatile char *wild = p;

	switch ((uint64_t)arg) {
	case 0:				/* one byte too far */
		wild[40] = 1;
		free(p);
		break;
	case 1:
		free(p);
		free(p);
		break;
	case 2:				/* the header */
		wild[-9] ^= 1;
		free(p);
		break;
	case 3:				/* inside a block */
		free(p + 16);
		break;
	default:			/* the free list */
		free(p);
		wild[-9] ^= 1;
		p = malloc(40);
	}
	free(q);
	return NULL;
}

TEST(heap, misuse_is_reported)
{
	static const char *const words[] = {
		"beyond its end", "freed already", "not a block",
		"not a block", "after it was freed",
	};
	struct helios_thread *t;
	void *value;
	uint64_t i;

	usual_panic = helios_process.panic;
	helios_process.panic = catch_panic;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		helios_memory_abandon();
		value = NULL;
		panic_text[0] = 0;
		CHECK_OK(helios_thread_spawn(&t, misuse, (void *)i));
		CHECK_OK(helios_thread_join(t, &value));
		vulcan_note("%s", panic_text);
		if (!value || !strstr(panic_text, words[i])) {
			helios_process.panic = usual_panic;
			FAIL("misuse %llu: \"%s\", expected \"%s\"",
				(unsigned long long)i, panic_text, words[i]);
		}
	}
	helios_process.panic = usual_panic;
}

/* The memory map. */

TEST(mmap, zeroed_and_writable)
{
	unsigned char *p;
	size_t i, len = 100 * HELIOS_PAGE_SIZE + 1;
	void *at;

	CHECK_OK(helios_mmap(NULL, len, HELIOS_PROT_WRITE, 0, &at));
	p = at;
	for (i = 0; i < 101 * HELIOS_PAGE_SIZE; i += 512)
		CHECK_EQ(p[i], 0);
	fill(p, len, 3);
	check_fill(p, len, 3);
	CHECK_OK(helios_munmap(at, len));
}

TEST(mmap, munmap_returns_everything)
{
	struct level before;
	void *p[3];
	unsigned int i;

	level(&before);
	for (i = 0; i < 3; i++)
		CHECK_OK(helios_mmap(NULL, (i * 60 + 1) * HELIOS_PAGE_SIZE,
				HELIOS_PROT_READ, i ? HELIOS_MMAP_GUARD : 0,
				&p[i]));
	CHECK_OK(helios_munmap(p[0], HELIOS_PAGE_SIZE));
	for (i = 1; i < 3; i++)
		CHECK_OK(helios_munmap((char *)p[i] - HELIOS_PAGE_SIZE,
				(i * 60 + 3) * HELIOS_PAGE_SIZE));
	check_level(&before);
}

TEST(mmap, reuse)
{
	void *a, *b, *c;

	CHECK_OK(helios_mmap(NULL, 8 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0,
			&a));
	memset(a, 0xaa, 8 * HELIOS_PAGE_SIZE);
	CHECK_OK(helios_munmap(a, 8 * HELIOS_PAGE_SIZE));
	CHECK_OK(helios_mmap(a, 8 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_FIXED, &b));
	CHECK_EQ(a, b);
	CHECK_EQ(*(uint64_t *)b, 0);
	CHECK_ERROR(helios_mmap(a, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_FIXED, &c), HELIOS_BUSY, a);
	CHECK_OK(helios_mmap(a, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0, &c));
	CHECK(c != a);
}

TEST(mmap, split)
{
	struct helios_mmap_stats stats;
	struct level before;
	char *p;
	void *at;
	unsigned int i;

	level(&before);
	CHECK_OK(helios_mmap(NULL, 10 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			0, &at));
	p = at;
	for (i = 0; i < 10; i++)
		p[i * HELIOS_PAGE_SIZE] = (char)i;
	CHECK_OK(helios_munmap(p + 4 * HELIOS_PAGE_SIZE,
			2 * HELIOS_PAGE_SIZE));
	CHECK_OK(helios_munmap(p, HELIOS_PAGE_SIZE));
	CHECK_OK(helios_munmap(p + 9 * HELIOS_PAGE_SIZE, HELIOS_PAGE_SIZE));
	for (i = 1; i < 9; i++)
		if (i != 4 && i != 5)
			CHECK_EQ(p[i * HELIOS_PAGE_SIZE], i);
	CHECK_EQ(helios_page_at(p + 4 * HELIOS_PAGE_SIZE),
			HELIOS_CADDR_UNDEF);
	CHECK(helios_page_at(p + 6 * HELIOS_PAGE_SIZE) != HELIOS_CADDR_UNDEF);
	helios_mmap_stats(&stats);
	CHECK(stats.pages >= 6);
	CHECK_OK(helios_munmap(p, 10 * HELIOS_PAGE_SIZE));
	check_level(&before);
}

static uint64_t
fault_kind_of(void *(*fn)(void *), void *arg, struct helios_fault *fault)
{
	struct helios_thread *t;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_new(&t, fn, arg, NULL));
	CHECK_OK(helios_thread_set_fault(t, ep));
	CHECK_OK(helios_thread_start(t));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_OK(helios_fault_decode(&msg, fault));
	CHECK_OK(helios_thread_kill(t));
	CHECK_OK(helios_destroy(ep));
	return fault->kind;
}

static void *
write_at(void *arg)
{
	*(volatile char *)arg = 1;
	return NULL;
}

static void *
run_at(void *arg)
{
	union {
		void *in;
		void (*out)(void);
	} code = { .in = arg };

	code.out();
	return NULL;
}

TEST(mmap, protect)
{
	struct helios_fault fault;
	unsigned char *p;
	void *at;

	CHECK_OK(helios_mmap(NULL, 3 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0,
			&at));
	p = (unsigned char *)at + HELIOS_PAGE_SIZE;
	p[0] = 0xc3;			/* ret */
	CHECK_OK(helios_mprotect(p, HELIOS_PAGE_SIZE, HELIOS_PROT_READ));
	CHECK_EQ(p[0], 0xc3);
	CHECK_EQ(fault_kind_of(write_at, p, &fault), HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p);
	CHECK_EQ(fault.access, HELIOS_RIGHT_W);
	CHECK_EQ(fault_kind_of(run_at, p, &fault), HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p);
	CHECK_EQ(fault.access, HELIOS_RIGHT_X);
	p[-1] = 1;
	p[HELIOS_PAGE_SIZE] = 1;
	CHECK_OK(helios_mprotect(p, HELIOS_PAGE_SIZE, HELIOS_PROT_READ |
			HELIOS_PROT_EXEC));
	run_at(p);
	CHECK_OK(helios_mprotect(at, 3 * HELIOS_PAGE_SIZE,
			HELIOS_PROT_WRITE));
	p[0] = 1;
}

TEST(mmap, guard)
{
	struct helios_fault fault;
	char *p;
	void *at;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_GUARD, &at));
	p = at;
	CHECK_EQ(fault_kind_of(write_at, p - 1, &fault), HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p - 1);
	CHECK_EQ(fault_kind_of(write_at, p + HELIOS_PAGE_SIZE, &fault),
			HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p + HELIOS_PAGE_SIZE);
	p[0] = 1;
	p[HELIOS_PAGE_SIZE - 1] = 1;
}

TEST(mmap, bad_arguments)
{
	struct level before;
	void *at = NULL;

	level(&before);
	CHECK_ERROR(helios_mmap((void *)1, 1, HELIOS_PROT_READ, 0, &at),
			HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_mmap(NULL, 0, HELIOS_PROT_READ, 0, &at),
			HELIOS_INVALID_PARAM, 1);
	CHECK_ERROR(helios_mmap(NULL, SIZE_MAX, HELIOS_PROT_READ, 0, &at),
			HELIOS_INVALID_PARAM, 1);
	CHECK_ERROR(helios_mmap(NULL, 1, HELIOS_PROT_WRITE | HELIOS_PROT_EXEC,
			0, &at), HELIOS_INVALID_PARAM, 2);
	CHECK_ERROR(helios_mmap(NULL, 1, HELIOS_PROT_READ, 64, &at),
			HELIOS_INVALID_PARAM, 3);
	CHECK(at == NULL);
	CHECK_OK(helios_mmap(NULL, 2 * HELIOS_PAGE_SIZE, HELIOS_PROT_READ, 0,
			&at));
	CHECK_ERROR(helios_mprotect(at, 3 * HELIOS_PAGE_SIZE,
			HELIOS_PROT_WRITE), HELIOS_FAULT,
			(char *)at + 2 * HELIOS_PAGE_SIZE);
	CHECK_STATUS(helios_mprotect(at, 1, HELIOS_PROT_NONE),
			HELIOS_INVALID_PARAM);
	CHECK_OK(helios_munmap(at, 2 * HELIOS_PAGE_SIZE));
	CHECK_STATUS(helios_mmap(NULL, (VULCAN_PAGES + 1) * HELIOS_PAGE_SIZE,
			HELIOS_PROT_READ, 0, &at), HELIOS_NOMEM);
	check_level(&before);
}

/* Something that the library did not map is in the way. */
TEST(mmap, foreign_mapping)
{
	helios_cap_t page;
	void *a, *b;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE, 0,
			&a));
	CHECK_OK(helios_munmap(a, HELIOS_PAGE_SIZE));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_map(helios_process.vspace, (uint64_t)a +
			HELIOS_PAGE_SIZE, HELIOS_MAP_W | HELIOS_MAP_FIXED, 1,
			&page, NULL));
	CHECK_OK(helios_mmap(NULL, 80 * HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			0, &b));
	memset(b, 1, 80 * HELIOS_PAGE_SIZE);
	CHECK_EQ(*((char *)a + HELIOS_PAGE_SIZE), 0);
	CHECK_STATUS(helios_mmap((char *)a + HELIOS_PAGE_SIZE,
			HELIOS_PAGE_SIZE, HELIOS_PROT_WRITE,
			HELIOS_MMAP_FIXED, &b), HELIOS_BUSY);
}
