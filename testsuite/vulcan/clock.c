/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock and deadlines.  Nothing here says how long something may take:
 * only that it is never early, and never out of order.
 */
#include "peer.h"

TEST(clock, monotonic)
{
	uint64_t last = helios_clock(), now;

	for (unsigned int i = 0; i < 2000; i++) {
		now = helios_clock();
		CHECK(now >= last);
		last = now;
	}
}

TEST(clock, same_for_all)
{
	uint64_t before = helios_clock(), raw, after;

	raw = helios_raw_clock();
	after = helios_clock();
	CHECK(before <= raw && raw <= after);
}

TEST(clock, deadline_in_the_past)
{
	struct helios_poll e = { .events = HELIOS_POLL_RECV };
	unsigned int ready;
	uint64_t bits;

	CHECK_OK(helios_newnote(&e.caddr));
	CHECK_OK(helios_sleep(1));
	/* It still looks. */
	CHECK_OK(helios_poll(&e, 1, 1, &ready));
	CHECK_EQ(ready, 0);
	CHECK_OK(helios_signal(e.caddr));
	CHECK_OK(helios_poll(&e, 1, 1, &ready));
	CHECK_EQ(ready, 1);
	CHECK_OK(helios_nbwait(e.caddr, &bits));
	CHECK_OK(helios_poll(&e, 1, helios_clock(), &ready));
	CHECK_EQ(ready, 0);
	CHECK_OK(helios_poll(NULL, 0, 0, &ready));
	CHECK_EQ(ready, 0);
	CHECK_OK(helios_poll(NULL, 0, 1, &ready));
	CHECK_EQ(ready, 0);
}

TEST(clock, never_early)
{
	static const uint64_t spans[] = { 1, 1000, 100000, 1000000, 5000000 };
	unsigned int ready;
	uint64_t until;

	for (unsigned int i = 0; i < 5; i++) {
		until = helios_clock() + spans[i];
		CHECK_OK(helios_poll(NULL, 0, until, &ready));
		CHECK_EQ(ready, 0);
		CHECK(helios_clock() >= until);
	}
}

TEST(clock, deadline_ends_a_poll)
{
	struct helios_poll e[2];
	unsigned int ready;
	uint64_t until, bits;

	for (unsigned int i = 0; i < 2; i++) {
		e[i] = (struct helios_poll){ .events = HELIOS_POLL_RECV };
		CHECK_OK(helios_newnote(&e[i].caddr));
	}
	until = helios_clock() + 1000000;
	CHECK_OK(helios_poll(e, 2, until, &ready));
	CHECK_EQ(ready, 0);
	CHECK_EQ(e[0].revents | e[1].revents, 0);
	CHECK(helios_clock() >= until);
	CHECK_STATUS(helios_wait_until(e[0].caddr, helios_clock() + 1000,
				&bits), HELIOS_WOULD_BLOCK);
	/* What comes later finds nobody of that wait left. */
	CHECK_OK(helios_signal(e[0].caddr));
	CHECK_OK(helios_wait_until(e[0].caddr, HELIOS_FOREVER, &bits));
	CHECK_EQ(bits, 1);
}

struct sleeper {
	uint64_t until, woke;
	unsigned int place;
	volatile unsigned int *places;
	struct helios_thread *thread;
};

static void *
sleeper_run(void *arg)
{
	struct sleeper *s = arg;

	CHECK_OK(helios_sleep_until(s->until));
	s->woke = helios_clock();
	s->place = __atomic_fetch_add(s->places, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

#define SLEEPERS	24u

/*
 * Scattered deadlines, all different, none before all are asleep.  True: they
 * woke in order.  It is no proof if they did not: one may have been preempted
 * as it woke, or making them may have taken longer than lead.
 */
static bool
wake_in_order(uint64_t lead)
{
	struct helios_thread_attr attr = { .stack_size = 8192 };
	struct sleeper s[SLEEPERS];
	volatile unsigned int places = 0;
	uint64_t first = helios_clock() + lead;
	bool asleep, good = true;

	for (unsigned int i = 0; i < SLEEPERS; i++) {
		s[i].places = &places;
		s[i].until = first + (i * 7 + 3) % SLEEPERS * 1000000;
		CHECK_OK(helios_thread_new(&s[i].thread, sleeper_run, &s[i],
					&attr));
		CHECK_OK(helios_thread_start(s[i].thread));
	}
	do {
		breathe();
		asleep = true;
		for (unsigned int i = 0; i < SLEEPERS; i++)
			asleep &= task_state(helios_thread_task(s[i].thread))
				== HELIOS_TASK_POLLING;
	} while (!asleep && helios_clock() < first);
	for (unsigned int i = 0; i < SLEEPERS; i++) {
		CHECK_OK(helios_thread_join(s[i].thread, NULL));
		CHECK(s[i].woke >= s[i].until);
		good &= s[i].place == (i * 7 + 3) % SLEEPERS;
	}
	CHECK_EQ(places, SLEEPERS);
	return asleep && good;
}

TEST(clock, sleepers_wake_in_order)
{
	uint64_t lead = 50000000;

	vulcan_timeout(60000);
	for (unsigned int i = 0; i < 20; i++) {
		if (wake_in_order(lead))
			return;
		lead += lead / 4;
	}
	FAIL("sleepers do not wake in order");
}

/* Equal deadlines are no reason to forget anybody. */
TEST(clock, equal_deadlines)
{
	struct helios_thread_attr attr = { .stack_size = 8192 };
	struct sleeper s[SLEEPERS];
	volatile unsigned int places = 0;
	uint64_t until = helios_clock() + 20000000;

	for (unsigned int i = 0; i < SLEEPERS; i++) {
		s[i].places = &places;
		s[i].until = until;
		CHECK_OK(helios_thread_new(&s[i].thread, sleeper_run, &s[i],
					&attr));
		CHECK_OK(helios_thread_start(s[i].thread));
	}
	for (unsigned int i = 0; i < SLEEPERS; i++)
		CHECK_OK(helios_thread_join(s[i].thread, NULL));
	CHECK_EQ(places, SLEEPERS);
}

/* Sleepers that are killed or canceled leave the others' deadlines alone. */
TEST(clock, sleepers_that_leave)
{
	struct helios_thread_attr attr = { .stack_size = 8192 };
	struct sleeper s[SLEEPERS];
	volatile unsigned int places = 0;
	uint64_t now = helios_clock();

	for (unsigned int i = 0; i < SLEEPERS; i++) {
		s[i].places = &places;
		s[i].until = i % 2 == 0 ? HELIOS_FOREVER - i :
			now + 20000000 + (i * 5 % SLEEPERS) * 500000;
		CHECK_OK(helios_thread_new(&s[i].thread, sleeper_run, &s[i],
					&attr));
		CHECK_OK(helios_thread_start(s[i].thread));
	}
	for (unsigned int i = 0; i < SLEEPERS; i += 2) {
		wait_state(helios_thread_task(s[i].thread),
				HELIOS_TASK_POLLING);
		CHECK_OK(helios_thread_kill(s[i].thread));
	}
	for (unsigned int i = 1; i < SLEEPERS; i += 2)
		CHECK_OK(helios_thread_join(s[i].thread, NULL));
	CHECK_EQ(places, SLEEPERS / 2);
}
