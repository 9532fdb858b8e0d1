/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: priorities, yielding, preemption; and that being preempted cannot
 * be noticed.
 */
#include "peer.h"

/* Threads that note in which order they ran. */
static volatile unsigned int order[16];
static volatile unsigned int norder;

static void *
note_order(void *arg)
{
	order[__atomic_fetch_add(&norder, 1, __ATOMIC_SEQ_CST)] =
		(unsigned int)(uintptr_t)arg;
	return NULL;
}

static struct helios_thread *
thread_at(unsigned int priority, void *(*fn)(void *), void *arg)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = priority, .highest = priority };
	struct helios_thread *thread;

	CHECK_OK(helios_thread_new(&thread, fn, arg, &attr));
	return thread;
}

TEST(sched, higher_runs_first)
{
	static const unsigned int priorities[] = { 20, 60, 40, 60, 1, 0 };
	struct helios_thread *threads[6];

	norder = 0;
	for (unsigned int i = 0; i < 6; i++) {
		threads[i] = thread_at(priorities[i], note_order,
				(void *)(uintptr_t)i);
		CHECK_OK(helios_thread_start(threads[i]));
	}
	/* None of them ran while the test, above them, could. */
	CHECK_EQ(norder, 0);
	for (unsigned int i = 0; i < 6; i++)
		CHECK_OK(helios_thread_join(threads[i], NULL));
	/* Two are equal: one may have been preempted by the other. */
	CHECK(order[0] == 1 || order[0] == 3);
	CHECK_EQ(order[0] + order[1], 4);
	CHECK_EQ(order[2], 2);
	CHECK_EQ(order[3], 0);
	CHECK_EQ(order[4], 4);
	CHECK_EQ(order[5], 5);
}

/* The test's own priority; it keeps the right to raise it again. */
static void
own_priority(unsigned int priority)
{
	struct helios_thread *self = helios_thread_self();
	struct helios_task_info info;

	CHECK_OK(helios_task_info(helios_thread_task(self), &info));
	CHECK_OK(helios_thread_set_priority(self, priority, info.highest));
}

/* A thread above its maker runs before start returns. */
TEST(sched, preempts_at_once)
{
	struct helios_thread *high, *same;

	norder = 0;
	own_priority(50);
	high = thread_at(60, note_order, (void *)1);
	same = thread_at(40, note_order, (void *)2);
	CHECK_OK(helios_thread_start(same));
	CHECK_EQ(norder, 0);
	CHECK_OK(helios_thread_start(high));
	CHECK_EQ(norder, 1);
	CHECK_EQ(order[0], 1);
	/* Raised above the running one it runs there and then. */
	CHECK_OK(helios_thread_set_priority(same, 51, 51));
	CHECK_EQ(norder, 2);
	CHECK_EQ(order[1], 2);
	CHECK_OK(helios_thread_join(high, NULL));
	CHECK_OK(helios_thread_join(same, NULL));
	own_priority(VULCAN_PRIORITY);
}

/* Lowering itself lets others in. */
TEST(sched, steps_back)
{
	struct helios_thread *thread;

	norder = 0;
	thread = thread_at(60, note_order, (void *)1);
	CHECK_OK(helios_thread_start(thread));
	own_priority(61);
	CHECK_EQ(norder, 0);
	own_priority(59);
	CHECK_EQ(norder, 1);
	own_priority(VULCAN_PRIORITY);
	CHECK_OK(helios_thread_join(thread, NULL));
}

/* A message for somebody higher is handled before send returns. */
static void *
receive_and_note(void *arg)
{
	const helios_cap_t *ep = arg;
	struct helios_msg msg;

	CHECK_OK(helios_recv(*ep, &msg));
	order[__atomic_fetch_add(&norder, 1, __ATOMIC_SEQ_CST)] =
		(unsigned int)msg.words[0];
	return NULL;
}

TEST(sched, message_wakes_higher_first)
{
	struct helios_thread *low, *high;
	struct helios_msg msg;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	norder = 0;
	low = thread_at(40, receive_and_note, &ep);
	high = thread_at(60, receive_and_note, &ep);
	CHECK_OK(helios_thread_start(low));
	wait_state(helios_thread_task(low), HELIOS_TASK_RECEIVING);
	CHECK_OK(helios_thread_start(high));
	wait_state(helios_thread_task(high), HELIOS_TASK_RECEIVING);
	own_priority(50);
	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = 1;
	CHECK_OK(helios_nbsend(ep, &msg));
	CHECK_EQ(norder, 1);
	msg.words[0] = 2;
	CHECK_OK(helios_nbsend(ep, &msg));
	CHECK_EQ(norder, 1);
	CHECK_OK(helios_thread_join(high, NULL));
	CHECK_OK(helios_thread_join(low, NULL));
	CHECK_EQ(order[0], 1);
	CHECK_EQ(order[1], 2);
	own_priority(VULCAN_PRIORITY);
}

/*
 * Nobody gives more than they have.
 */
static void *
raise_others(void *arg)
{
	const helios_cap_t *task = arg;

	CHECK_ERROR(helios_task_set_priority(*task, 61, 61), HELIOS_ACCESS,
			60);
	CHECK_ERROR(helios_task_set_priority(*task, 10, 61), HELIOS_ACCESS,
			60);
	CHECK_ERROR(helios_task_set_priority(*task, 61, 10), HELIOS_ACCESS,
			60);
	CHECK_ERROR(helios_thread_set_priority(helios_thread_self(), 61, 60),
			HELIOS_ACCESS, 60);
	CHECK_OK(helios_task_set_priority(*task, 60, 60));
	CHECK_OK(helios_task_set_priority(*task, 0, 0));
	/* And what is given up does not come back. */
	CHECK_OK(helios_thread_set_priority(helios_thread_self(), 20, 30));
	CHECK_ERROR(helios_thread_set_priority(helios_thread_self(), 20, 31),
			HELIOS_ACCESS, 30);
	return NULL;
}

TEST(sched, ceiling)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = 50, .highest = 60 };
	struct helios_task_info info;
	struct helios_thread *thread;
	helios_cap_t task;

	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_thread_new(&thread, raise_others, &task, &attr));
	CHECK_OK(helios_thread_start(thread));
	CHECK_OK(helios_thread_join(thread, NULL));
	CHECK_STATUS(helios_task_set_priority(task, 256, 1),
			HELIOS_INVALID_PARAM);
	CHECK_STATUS(helios_task_set_priority(task, 1, 256),
			HELIOS_INVALID_PARAM);
	CHECK_OK(helios_task_info(task, &info));
	CHECK_EQ(info.priority, 0);
	CHECK_EQ(info.highest, 0);
}

/*
 * Yielding.
 */
#define YIELDERS	3u
#define ROUNDS		5u

static volatile unsigned int turns[YIELDERS * ROUNDS];
static volatile unsigned int nturns;

static void *
yielder(void *arg)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		turns[__atomic_fetch_add(&nturns, 1, __ATOMIC_SEQ_CST)] =
			(unsigned int)(uintptr_t)arg;
		helios_yield();
	}
	return NULL;
}

static bool
in_turn(void)
{
	struct helios_thread *threads[YIELDERS];
	bool good = true;

	nturns = 0;
	for (unsigned int i = 0; i < YIELDERS; i++) {
		threads[i] = thread_at(60, yielder, (void *)(uintptr_t)i);
		CHECK_OK(helios_thread_start(threads[i]));
	}
	for (unsigned int i = 0; i < YIELDERS; i++)
		CHECK_OK(helios_thread_join(threads[i], NULL));
	CHECK_EQ(nturns, YIELDERS * ROUNDS);
	for (unsigned int i = 0; i < YIELDERS * ROUNDS; i++)
		good &= turns[i] == i % YIELDERS;
	return good;
}

/* The end of a time slice may disturb the order, but not for ever. */
TEST(sched, yield_in_turn)
{
	if (helios_process.bootinfo->slice_ns < 500000)
		SKIP("slices are too short to tell");
	for (unsigned int i = 0; i < 100; i++) {
		if (in_turn())
			return;
	}
	FAIL("yield does not go round");
}

/* Yielding is for equals: it does not let anybody lower run. */
TEST(sched, yield_among_equals_only)
{
	struct helios_thread *thread;

	norder = 0;
	thread = thread_at(VULCAN_PRIORITY - 1, note_order, NULL);
	CHECK_OK(helios_thread_start(thread));
	for (unsigned int i = 0; i < 100; i++)
		helios_yield();
	CHECK_EQ(norder, 0);
	CHECK_OK(helios_thread_join(thread, NULL));
}

/*
 * Preemption.
 */

static helios_cap_t
spinner(volatile uint64_t *counter, unsigned int priority)
{
	helios_cap_t task = bare_task(spin, (uint64_t)(uintptr_t)counter,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);

	CHECK_OK(helios_task_set_priority(task, priority, priority));
	CHECK_OK(helios_task_resume(task));
	return task;
}

/* Those that never enter the kernel still share the processor. */
TEST(sched, spinners_share)
{
	volatile uint64_t counts[3] = { 0, 0, 0 };
	helios_cap_t tasks[3];

	for (unsigned int i = 0; i < 3; i++)
		tasks[i] = spinner(&counts[i], 50);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 3; i++)
			wait_progress(&counts[i]);
	}
	for (unsigned int i = 0; i < 3; i++)
		CHECK_OK(helios_task_suspend(tasks[i]));
}

/* Nor does one of the same priority keep the test from running. */
TEST(sched, spinner_of_the_same_priority)
{
	volatile uint64_t count = 0;
	helios_cap_t task;

	task = spinner(&count, VULCAN_PRIORITY);
	wait_progress(&count);
	helios_yield();
	wait_progress(&count);
	CHECK_OK(helios_task_suspend(task));
}

/* One that spins below the sleeper does not hold it up. */
TEST(sched, sleeper_preempts_spinner)
{
	volatile uint64_t count = 0;
	helios_cap_t task;

	task = spinner(&count, 10);
	CHECK_EQ(count, 0);
	for (unsigned int i = 0; i < 2; i++)
		wait_progress(&count);
	CHECK_OK(helios_task_suspend(task));
}

/* And one above others keeps them out for as long as it spins. */
TEST(sched, spinner_keeps_lower_out)
{
	volatile uint64_t high = 0, low = 0;
	helios_cap_t tasks[2];

	tasks[0] = spinner(&high, 20);
	tasks[1] = spinner(&low, 10);
	for (unsigned int i = 0; i < 2; i++)
		wait_progress(&high);
	CHECK_EQ(low, 0);
	CHECK_OK(helios_task_suspend(tasks[0]));
	wait_progress(&low);
	CHECK_OK(helios_task_suspend(tasks[1]));
}

/*
 * Vector state.  Two tasks fill the same registers with patterns of their
 * own and wait; whatever the kernel forgets to put aside shows.
 */
struct vectors {
	_Alignas(64) unsigned char in[16 * 32];
	_Alignas(64) unsigned char out[16 * 32];
	volatile uint64_t count;
	volatile uint64_t stop;
	uint32_t mxcsr_in, mxcsr_out;
	uint16_t x87_in, x87_out;
	double st_in, st_out;
};

static bool
has_avx(void)
{
	uint32_t a = 1, b, c = 0, d, xcr0, xcr1;

	__asm__ ("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	if ((c & (1u << 27)) == 0 || (c & (1u << 28)) == 0)
		return false;
	__asm__ ("xgetbv" : "=a" (xcr0), "=d" (xcr1) : "c" (0));
	return (xcr0 & 6) == 6;
}

#define ALL_REGISTERS(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) \
	op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
#define LOAD_SSE(n)	"movaps 16*" #n "(%[in]), %%xmm" #n "\n\t"
#define STORE_SSE(n)	"movaps %%xmm" #n ", 16*" #n "(%[out])\n\t"
#define LOAD_AVX(n)	"vmovaps 32*" #n "(%[in]), %%ymm" #n "\n\t"
#define STORE_AVX(n)	"vmovaps %%ymm" #n ", 32*" #n "(%[out])\n\t"
#define HOLD(load, store)						\
	__asm__ volatile(						\
		"ldmxcsr %[mxcsr_in]\n\t"				\
		"fldcw %[x87_in]\n\t"					\
		"fldl %[st_in]\n\t"					\
		ALL_REGISTERS(load)					\
		"1: incq %[count]\n\t"					\
		"cmpq $0, %[stop]\n\t"					\
		"je 1b\n\t"						\
		ALL_REGISTERS(store)					\
		"fstpl %[st_out]\n\t"					\
		"fnstcw %[x87_out]\n\t"					\
		"stmxcsr %[mxcsr_out]\n\t"				\
		: [count] "+m" (v->count), [st_out] "=m" (v->st_out),	\
		  [x87_out] "=m" (v->x87_out),				\
		  [mxcsr_out] "=m" (v->mxcsr_out)			\
		: [stop] "m" (v->stop), [st_in] "m" (v->st_in),		\
		  [x87_in] "m" (v->x87_in),				\
		  [mxcsr_in] "m" (v->mxcsr_in),				\
		  [in] "r" (v->in), [out] "r" (v->out)			\
		: "memory", "cc",					\
		  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",	\
		  "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",	\
		  "xmm12", "xmm13", "xmm14", "xmm15")

static void
hold_sse(uint64_t arg)
{
	struct vectors *v = (struct vectors *)(uintptr_t)arg;

	HOLD(LOAD_SSE, STORE_SSE);
	helios_raw_exit(0);
}

static void
hold_avx(uint64_t arg)
{
	struct vectors *v = (struct vectors *)(uintptr_t)arg;

	HOLD(LOAD_AVX, STORE_AVX);
	helios_raw_exit(0);
}

static void
check_vectors(void (*hold)(uint64_t), unsigned int size)
{
	static struct vectors v[2];
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	memset(v, 0, sizeof v);
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int j = 0; j < size; j++)
			v[i].in[j] = (unsigned char)(j * 7 + i * 101 + 1);
		/* Rounding modes: all exceptions stay masked. */
		v[i].mxcsr_in = 0x1f80u | (i + 1) << 13;
		v[i].x87_in = (uint16_t)(0x37fu | (i + 1) << 10);
		v[i].st_in = 1.5 + i;
		CHECK_OK(helios_task_resume(bare_task(hold,
						(uint64_t)(uintptr_t)&v[i],
						HELIOS_CADDR_UNDEF, ep)));
	}
	for (unsigned int round = 0; round < 2; round++) {
		wait_progress(&v[0].count);
		wait_progress(&v[1].count);
	}
	v[0].stop = 1;
	v[1].stop = 1;
	recv_fault(ep, HELIOS_FAULT_EXIT);
	recv_fault(ep, HELIOS_FAULT_EXIT);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK(memcmp(v[i].in, v[i].out, size) == 0);
		CHECK_EQ(v[i].mxcsr_out & 0x6000, v[i].mxcsr_in & 0x6000);
		CHECK_EQ(v[i].x87_out, v[i].x87_in);
		CHECK(memcmp(&v[i].st_in, &v[i].st_out, 8) == 0);
	}
}

TEST(sched, sse_survives_preemption)
{
	check_vectors(hold_sse, 16 * 16);
}

TEST(sched, avx_survives_preemption)
{
	if (!has_avx())
		SKIP("this processor has no AVX");
	check_vectors(hold_avx, 16 * 32);
}

/* A new task finds nothing of what others had in their registers. */
static struct vectors fresh;

static void
look_at_registers(uint64_t arg)
{
	unsigned char *out = (unsigned char *)(uintptr_t)arg;

	__asm__ volatile(ALL_REGISTERS(STORE_SSE)
		"stmxcsr %[mxcsr]\n\t"
		"fnstcw %[x87]\n\t"
		: [mxcsr] "=m" (fresh.mxcsr_out), [x87] "=m" (fresh.x87_out)
		: [out] "r" (out) : "memory");
	helios_raw_exit(0);
}

TEST(sched, new_tasks_start_clean)
{
	static const unsigned char zero[16 * 16];
	helios_cap_t ep;

	memset(&fresh, 0xee, sizeof fresh);
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_task_resume(bare_task(look_at_registers,
					(uint64_t)(uintptr_t)fresh.out,
					HELIOS_CADDR_UNDEF, ep)));
	recv_fault(ep, HELIOS_FAULT_EXIT);
	CHECK(memcmp(fresh.out, zero, sizeof zero) == 0);
	CHECK_EQ(fresh.mxcsr_out, 0x1f80);
	CHECK_EQ(fresh.x87_out, 0x37f);
}

/* Many of one priority all get their turn. */
TEST(sched, many_of_one_priority)
{
	unsigned int n = vulcan_boot_flag(HELIOS_BOOT_VIRTUAL) ? 4 : 30;
	volatile uint64_t counts[30];
	helios_cap_t tasks[30];

	n = scaled(n, 4);
	for (unsigned int i = 0; i < n; i++) {
		counts[i] = 0;
		tasks[i] = spinner(&counts[i], 50);
	}
	for (unsigned int i = 0; i < n; i++)
		wait_progress(&counts[i]);
	for (unsigned int i = 0; i < n; i++)
		CHECK_OK(helios_task_suspend(tasks[i]));
}
