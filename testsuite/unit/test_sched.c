/* SPDX-License-Identifier: BSD-2-Clause */
/* Time slices, on a clock that only the tests move. */
#include <libcheck.h>

#include <helios/types.h>

#include <hal.h>
#include <sched.h>

#include "mock_hal.h"
#include "suites.h"
#include "unit.h"
#include "world.h"

#define NAPS	64u

/* init sleeps, and somebody else runs till then.  Who? */
static struct task *
nap(uint64_t ns)
{
	struct helios_regs *regs = task_regs(world.init);
	struct task *runs;

	regs->rax = HELIOS_SYS_POLL;
	regs->rdi = regs->rsi = 0;
	regs->rdx = mock.now + ns;
	runs = core_syscall();
	mock.now += ns;
	ck_assert_ptr_eq(core_timer(), world.init);
	return runs;
}

/*
 * Two tasks of one priority share the processor, also if a third, of a higher
 * one, wakes up at each end of a slice, or before, or long after.
 */
START_TEST(interrupted_and_yet_shared)
{
	static const unsigned int percent[] = { 100, 30, 75, 99, 101, 350 };
	struct task *a, *b, *runs;
	unsigned int turns[2] = { 0, 0 };

	world_boot(32u << 20);
	a = make_task(HELIOS_INIT_MEMORY, UNDEF, 6);
	b = make_task(HELIOS_INIT_MEMORY, UNDEF, 6);
	ck_assert_uint_eq(kop(world.init, HELIOS_INIT_TASK, HELIOS_TASK,
		HELIOS_TASK_SET_PRIORITY, a->priority + 1u, 255), HELIOS_OK);
	ck_assert_uint_eq(a->priority, b->priority);
	ck_assert(world_switch(world.init));
	for (unsigned int i = 0; i < NAPS; i++) {
		runs = nap(sched_slice_ns * percent[_i] / 100);
		ck_assert(runs == a || runs == b);
		turns[runs == b]++;
	}
	ck_assert_msg(turns[0] >= NAPS / 3 && turns[1] >= NAPS / 3,
		"sleeping %u %% of a slice: %u and %u turns", percent[_i],
		turns[0], turns[1]);
}
END_TEST

/* The same, and what a and the others had of that time. */
static void
share(uint64_t ns, const struct task *a, uint64_t had[2])
{
	struct helios_regs *regs = task_regs(world.init);
	struct task *runs;
	uint64_t since;

	regs->rax = HELIOS_SYS_POLL;
	regs->rdi = regs->rsi = 0;
	regs->rdx = mock.now + ns;
	for (runs = core_syscall(); runs != world.init; runs = core_timer()) {
		since = mock.now;
		mock.now = mock.timer;
		had[runs != a] += mock.now - since;
	}
}

/*
 * Whoever was interrupted has the rest of that slice and then whole ones, as
 * the other has; also if that was away for a while.
 */
START_TEST(rest_of_a_slice)
{
	uint64_t had[2] = { 0, 0 };
	struct task *a;

	world_boot(32u << 20);
	a = make_task(HELIOS_INIT_MEMORY, UNDEF, 6);
	make_task(HELIOS_INIT_MEMORY, UNDEF, 6);
	kop(world.init, HELIOS_INIT_TASK, HELIOS_TASK,
		HELIOS_TASK_SET_PRIORITY, a->priority + 1u, 255);
	ck_assert(world_switch(world.init));
	nap(sched_slice_ns * (unsigned int)_i / 10);
	kop(world.init, made.task, HELIOS_TASK, HELIOS_TASK_SUSPEND);
	nap(sched_slice_ns / 50);
	kop(world.init, made.task, HELIOS_TASK, HELIOS_TASK_RESUME);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	share(40 * sched_slice_ns, a, had);
	ck_assert_msg(had[0] > 18 * sched_slice_ns &&
		had[1] > 18 * sched_slice_ns,
		"of 40 slices one had %.1f, and the other %.1f",
		(double)had[0] / (double)sched_slice_ns,
		(double)had[1] / (double)sched_slice_ns);
}
END_TEST

Suite *
suite_sched(void)
{
	Suite *s = suite_create("sched");
	TCase *tc = tcase_create("sched");

	tcase_add_loop_test(tc, interrupted_and_yet_shared, 0, 6);
	tcase_add_loop_test(tc, rest_of_a_slice, 1, 10);
	suite_add_tcase(s, tc);
	return s;
}
