/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: destroying and revoking one takes all that came from it along,
 * wherever the capabilities are and whatever runs.
 */
#include "objects.h"

static _Atomic uint64_t spins;

static void
spin(void *arg)
{
	(void)arg;
	for (;;) {
		spins++;
		helios_raw_yield();
	}
}

/* Let others run until the spinner has made some way. */
static void
watch_spinner(void)
{
	uint64_t before = spins;

	while (spins < before + 10)
		helios_yield();
}

static void
check_spinner_gone(void)
{
	uint64_t before = spins;
	unsigned int i;

	for (i = 0; i < 50; i++)
		helios_yield();
	CHECK_EQ(spins, before);
}

TEST(memory, destroying_takes_everything_along)
{
	helios_cap_t q = make(HELIOS_MEMORY, 64), caps[6], copy, there;
	helios_cap_t table = make(HELIOS_CSPACE, RADIX);
	struct helios_counts before = counts();
	unsigned int i;

	caps[0] = make_from(q, HELIOS_PAGE, PAGE);
	caps[1] = make_from(q, HELIOS_ENDPOINT, 0);
	caps[2] = make_from(q, HELIOS_CSPACE, RADIX);
	caps[3] = make_from(q, HELIOS_VSPACE, 0);
	caps[4] = make_from(q, HELIOS_TASK, 0);
	caps[5] = make_from(q, HELIOS_MEMORY, 4);
	copy = make_copy(caps[1], HELIOS_RIGHT_SEND);
	there = copy_into(table, caps[0]);
	copy_into(caps[2], caps[1]);
	CHECK_OK(helios_destroy(q));
	CHECK_EQ(type_of(q), HELIOS_NULL);
	for (i = 0; i < 6; i++)
		CHECK_EQ(type_of(caps[i]), HELIOS_DEAD);
	CHECK_EQ(type_of(copy), HELIOS_DEAD);
	CHECK_EQ(type_in(table, there), HELIOS_DEAD);
	CHECK_EQ(counts().memories, before.memories - 1);
	CHECK_EQ(counts().endpoints, before.endpoints);
	CHECK_EQ(counts().cspaces, before.cspaces);
	CHECK_EQ(counts().vspaces, before.vspaces);
	CHECK_EQ(counts().tasks, before.tasks);
}

TEST(memory, destroying_gives_all_pages_back)
{
	helios_cap_t outer = make(HELIOS_MEMORY, 300), q, pages[62];
	struct helios_memory_info before = memory_of(outer), after;
	unsigned int i;

	q = make_from(outer, HELIOS_MEMORY, 200);
	for (i = 0; i < 62; i++)
		pages[i] = UNDEF;
	CHECK_OK(helios_allocate(q, HELIOS_PAGE, PAGE, 62, pages));
	make_from(q, HELIOS_CSPACE, 8);
	make_from(q, HELIOS_MEMORY, 50);
	CHECK_OK(helios_destroy(q));
	after = memory_of(outer);
	CHECK_EQ(after.free, before.free);
	CHECK_EQ(after.largest, before.largest);
	CHECK_EQ(after.objects, 0);
}

TEST(memory, destroying_unmaps)
{
	helios_cap_t q = make(HELIOS_MEMORY, 8), page;
	uint64_t at, mapped = space_of(helios_process.vspace).mapped;

	page = make_from(q, HELIOS_PAGE, PAGE);
	at = map_here(page, HELIOS_MAP_W);
	CHECK(can_access(at, HELIOS_RIGHT_W));
	CHECK_OK(helios_destroy(q));
	CHECK(!can_access(at, HELIOS_RIGHT_R));
	CHECK_EQ(space_of(helios_process.vspace).mapped, mapped);
}

TEST(memory, destroying_ends_tasks_that_run)
{
	helios_cap_t q = make(HELIOS_MEMORY, 64);
	struct helios_counts before = counts();
	struct bare b;

	bare_new(&b, q, spin, NULL);
	CHECK_OK(helios_task_resume(b.task));
	watch_spinner();
	CHECK_OK(helios_destroy(q));
	check_spinner_gone();
	CHECK_EQ(type_of(b.task), HELIOS_DEAD);
	CHECK_EQ(counts().tasks, before.tasks);
}

static enum helios_status call_status;
static _Atomic bool called;

static void *
call_doomed(void *arg)
{
	struct helios_msg msg;

	helios_msg_start(&msg, 1, 0, 0);
	called = true;
	call_status = helios_call(*(helios_cap_t *)arg, &msg);
	return NULL;
}

/* Who waits at an object that goes away is told. */
TEST(memory, destroying_wakes_who_waits)
{
	helios_cap_t q = make(HELIOS_MEMORY, 8), ep;
	struct helios_thread *thread;
	struct helios_task_info info;

	ep = make_from(q, HELIOS_ENDPOINT, 0);
	called = false;
	CHECK_OK(helios_thread_spawn(&thread, call_doomed, &ep));
	do {
		helios_yield();
		CHECK_OK(helios_task_info(helios_thread_task(thread), &info));
	} while (!called || !(info.state & HELIOS_TASK_BLOCKED));
	CHECK_EQ(info.state, HELIOS_TASK_SENDING);
	CHECK_OK(helios_destroy(q));
	CHECK_OK(helios_thread_join(thread, NULL));
	CHECK_EQ(call_status, HELIOS_REVOKED);
}

TEST(memory, nested_quotas_go_at_once)
{
	enum { DEPTH = 200 };
	helios_cap_t first = make(HELIOS_MEMORY, 1000), q[DEPTH];
	struct helios_memory_info parent;
	struct helios_counts before = counts();
	unsigned int i;

	parent = memory_of(helios_process.memory);
	q[0] = first;
	for (i = 1; i < DEPTH; i++)
		q[i] = make_from(q[i - 1], HELIOS_MEMORY,
			memory_of(q[i - 1]).free - 1);
	make_from(q[DEPTH - 1], HELIOS_TASK, 0);
	CHECK_EQ(counts().memories, before.memories + DEPTH - 1);
	CHECK_OK(helios_destroy(first));
	for (i = 1; i < DEPTH; i++)
		CHECK_EQ(type_of(q[i]), HELIOS_DEAD);
	CHECK_EQ(counts().memories, before.memories - 1);
	CHECK_EQ(counts().tasks, before.tasks);
	CHECK(memory_of(helios_process.memory).free >= parent.free + 1000);
}

TEST(memory, middle_of_nested_quotas)
{
	helios_cap_t outer = make(HELIOS_MEMORY, 100), mid, inner, page, mine;
	struct helios_memory_info before = memory_of(outer);

	mid = make_from(outer, HELIOS_MEMORY, 50);
	inner = make_from(mid, HELIOS_MEMORY, 20);
	page = make_from(inner, HELIOS_PAGE, PAGE);
	mine = make_from(outer, HELIOS_PAGE, PAGE);
	CHECK_OK(helios_destroy(mid));
	CHECK_EQ(type_of(inner), HELIOS_DEAD);
	CHECK_EQ(type_of(page), HELIOS_DEAD);
	CHECK_EQ(type_of(mine), HELIOS_PAGE);
	CHECK_EQ(memory_of(outer).free, before.free - 1);
	CHECK_OK(helios_destroy(mine));
	CHECK_EQ(memory_of(outer).free, before.free);
}

TEST(memory, revoked_memory_can_be_used_again)
{
	helios_cap_t q = make(HELIOS_MEMORY, 40), page;
	struct helios_memory_info before = memory_of(q), after;

	page = make_from(q, HELIOS_PAGE, PAGE);
	make_from(q, HELIOS_MEMORY, 20);
	make_from(q, HELIOS_TASK, 0);
	CHECK_OK(helios_revoke(q));
	CHECK_EQ(type_of(page), HELIOS_DEAD);
	after = memory_of(q);
	CHECK_EQ(after.free, before.free);
	CHECK_EQ(after.largest, before.largest);
	CHECK_EQ(after.objects, 0);
	CHECK_EQ(type_of(make_from(q, HELIOS_PAGE, PAGE)), HELIOS_PAGE);
}

/*
 * The pattern of supervisors: carve twice, keep the outer Memory and give
 * the inner away.  However the child hides it, revoking the outer one ends
 * the process.
 */
TEST(memory, outer_memory_ends_a_process)
{
	helios_cap_t outer = make(HELIOS_MEMORY, 200), inner, hidden, ep;
	struct helios_memory_info before = memory_of(outer), after;
	struct bare b;

	inner = make_from(outer, HELIOS_MEMORY, 100);
	bare_new(&b, inner, spin, NULL);
	/* The child moves its Memory into a table of its own making. */
	hidden = make_from(inner, HELIOS_CSPACE, RADIX);
	CHECK_OK(helios_cspace_move(b.cspace, 0, helios_process.cspace,
			hidden, NULL));
	CHECK_OK(helios_cspace_move(b.cspace, 1, helios_process.cspace, inner,
			NULL));
	/* It holds something of ours too, which lives on. */
	ep = make(HELIOS_ENDPOINT, 0);
	copy_into(b.cspace, ep);
	CHECK_OK(helios_task_resume(b.task));
	watch_spinner();
	CHECK_OK(helios_revoke(outer));
	check_spinner_gone();
	CHECK_EQ(type_of(b.task), HELIOS_DEAD);
	CHECK_EQ(type_of(b.cspace), HELIOS_DEAD);
	CHECK_EQ(type_of(ep), HELIOS_ENDPOINT);
	after = memory_of(outer);
	CHECK_EQ(after.free, before.free);
	CHECK_EQ(after.largest, before.largest);
	CHECK_EQ(after.objects, 0);
}

TEST(memory, page_lives_as_long_as_a_capability)
{
	helios_cap_t q = make(HELIOS_MEMORY, 4), page, copy, again;
	uint64_t word = 99;

	page = make_from(q, HELIOS_PAGE, PAGE);
	copy = make_copy(page, RIGHTS_RWX);
	again = make_copy(copy, HELIOS_RIGHT_R);
	CHECK_OK(helios_page_write(page, 8, &word, sizeof(word)));
	CHECK_OK(helios_destroy(page));
	CHECK_OK(helios_destroy(copy));
	CHECK_EQ(memory_of(q).free, 3);
	word = 0;
	CHECK_OK(helios_page_read(again, 8, &word, sizeof(word)));
	CHECK_EQ(word, 99);
	CHECK_OK(helios_destroy(again));
	CHECK_EQ(memory_of(q).free, 4);
}

/* A task in the Memory that is destroyed by its own hand is gone at once. */
struct suicide {
	helios_cap_t memory;
	helios_cap_t cspace;
	_Atomic bool survived;
};

static void
suicide_run(void *arg)
{
	struct suicide *s = arg;
	struct helios_raw r = {
		.rsi = helios_tag(HELIOS_LABEL(HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY), 1, 0),
		.rdx = s->memory,
	};

	helios_raw_call(s->cspace, &r);
	s->survived = true;
	for (;;)
		helios_raw_yield();
}

TEST(memory, task_destroys_the_memory_it_lives_in)
{
	static struct suicide s;
	helios_cap_t q = make(HELIOS_MEMORY, 64);
	struct helios_counts before = counts();
	unsigned int i;
	struct bare b;

	bare_new(&b, q, suicide_run, &s);
	s.survived = false;
	s.memory = 0;
	s.cspace = 1;
	CHECK_OK(helios_cspace_copy(b.cspace, 1, helios_process.cspace,
			b.cspace, HELIOS_RIGHTS_ALL, NULL));
	CHECK_OK(helios_cspace_move(b.cspace, 0, helios_process.cspace, q,
			NULL));
	CHECK_OK(helios_task_resume(b.task));
	for (i = 0; i < 10000 && type_of(b.task) != HELIOS_DEAD; i++)
		helios_yield();
	CHECK_EQ(type_of(b.task), HELIOS_DEAD);
	CHECK_EQ(type_of(b.cspace), HELIOS_DEAD);
	CHECK(!s.survived);
	/* Nobody is left to take it apart: whatever is called does some. */
	for (i = 0; i < 10000 && counts().memories >= before.memories; i++)
		;
	CHECK_EQ(counts().memories, before.memories - 1);
	CHECK_EQ(counts().tasks, before.tasks);
	CHECK_EQ(counts().cspaces, before.cspaces);
}
