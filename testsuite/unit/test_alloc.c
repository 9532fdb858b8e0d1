/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocation failure.  Each operation that allocates is made with exactly k
 * pages left, for k = 0, 1, 2 and so on: as long as it fails it says NOMEM
 * and leaves no trace, and once it succeeds, undoing it gives every page
 * back.  The same for a full CSpace, and for a HAL that has no means.
 */
#include <string.h>

#include <cap.h>
#include <check.h>
#include <cspace.h>
#include <memory.h>

#include "snapshot.h"
#include "suites.h"
#include "unit.h"
#include "world.h"

#define RAM		(12u << 20)
#define MOST_PAGES	700u		/* that any of them needs */

/* A Memory with exactly k free pages; and what the operations work on. */
struct stage {
	helios_cap_t memory, vspace, pages[4];
	struct memory *m;
};

struct operation {
	const char *name;
	void (*prepare)(struct stage *st);	/* while there is plenty */
	uint64_t (*run)(const struct stage *st);	/* the status */
	uint64_t needs;		/* pages it needs at least */
	bool odd;		/* may skip some numbers of pages: it needs
				 * a run of them */
};

static uint64_t
allocate(const struct stage *st, uint64_t type, uint64_t size, unsigned int n)
{
	uint64_t words[2 + 62] = { type, size };

	for (unsigned int i = 0; i < n; i++)
		words[2 + i] = UNDEF;
	return invoke_words(world.init, st->memory, HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE, 2 + n, words);
}

static uint64_t
run_page(const struct stage *st)
{
	return allocate(st, HELIOS_PAGE, HELIOS_PAGE_SIZE, 1);
}

static uint64_t
run_pages(const struct stage *st)
{
	return allocate(st, HELIOS_PAGE, HELIOS_PAGE_SIZE, 9);
}

static uint64_t
run_most_pages(const struct stage *st)
{
	return allocate(st, HELIOS_PAGE, HELIOS_PAGE_SIZE, 62);
}

static uint64_t
run_contiguous(const struct stage *st)
{
	return allocate(st, HELIOS_PAGE | HELIOS_ALLOC_CONTIGUOUS,
		HELIOS_PAGE_SIZE, 5);
}

static uint64_t
run_large(const struct stage *st)
{
	return allocate(st, HELIOS_PAGE, HELIOS_LARGE_PAGE_SIZE, 1);
}

static uint64_t
run_endpoint(const struct stage *st)
{
	return allocate(st, HELIOS_ENDPOINT, 0, 1);
}

static uint64_t
run_endpoints(const struct stage *st)
{
	return allocate(st, HELIOS_ENDPOINT, 0, 62);
}

static uint64_t
run_notes(const struct stage *st)
{
	return allocate(st, HELIOS_NOTE, 0, 62);
}

static uint64_t
run_task(const struct stage *st)
{
	return allocate(st, HELIOS_TASK, 0, 1);
}

static uint64_t
run_vspace(const struct stage *st)
{
	return allocate(st, HELIOS_VSPACE, 0, 1);
}

static uint64_t
run_cspace(const struct stage *st)
{
	return allocate(st, HELIOS_CSPACE, 6, 1);
}

static uint64_t
run_large_cspace(const struct stage *st)
{
	return allocate(st, HELIOS_CSPACE, 10, 1);
}

static uint64_t
run_memory(const struct stage *st)
{
	return allocate(st, HELIOS_MEMORY, 1, 1);
}

static uint64_t
run_large_memory(const struct stage *st)
{
	return allocate(st, HELIOS_MEMORY, 37, 1);
}

static void
prepare_vspace(struct stage *st)
{
	st->vspace = must_alloc(world.init, st->memory, HELIOS_VSPACE, 0);
	for (unsigned int i = 0; i < 4; i++)
		st->pages[i] = must_alloc(world.init, HELIOS_INIT_MEMORY,
			HELIOS_PAGE, HELIOS_PAGE_SIZE);
}

static uint64_t
run_map(const struct stage *st)
{
	return kop(world.init, st->vspace, HELIOS_VSPACE, HELIOS_VSPACE_MAP,
		MOCK_USER_BASE, HELIOS_MAP_FIXED, st->pages[0]);
}

/* Across a boundary of 1 GiB: two tables of each lower level. */
static uint64_t
run_map_across(const struct stage *st)
{
	return kop(world.init, st->vspace, HELIOS_VSPACE, HELIOS_VSPACE_MAP,
		(1ull << 30) - 0x2000, HELIOS_MAP_FIXED | HELIOS_MAP_W,
		st->pages[0], st->pages[1], st->pages[2], st->pages[3]);
}

static const struct operation operations[] = {
	{ "a page", NULL, run_page, 1, false },
	{ "9 pages", NULL, run_pages, 9, false },
	{ "62 pages", NULL, run_most_pages, 62, false },
	{ "5 contiguous pages", NULL, run_contiguous, 5, true },
	{ "a large page", NULL, run_large, 512, true },
	{ "an Endpoint", NULL, run_endpoint, 1, false },
	{ "62 Endpoints", NULL, run_endpoints, 1, false },
	{ "62 Notes", NULL, run_notes, 1, false },
	{ "a Task", NULL, run_task, 1, false },
	{ "a VSpace", NULL, run_vspace, 2, false },
	{ "a CSpace", NULL, run_cspace, 2, false },
	{ "a CSpace of 1024", NULL, run_large_cspace, 17, true },
	{ "a Memory of a page", NULL, run_memory, 2, false },
	{ "a Memory of 37 pages", NULL, run_large_memory, 38, false },
	{ "a mapping", prepare_vspace, run_map, 3, false },
	{ "a mapping across tables", prepare_vspace, run_map_across, 5,
		false },
};
#define NOPERATIONS	((int)(sizeof(operations) / sizeof(operations[0])))

static void
setup(struct stage *st, const struct operation *op, uint64_t k)
{
	/* What is prepared takes at most 4. */
	memset(st, 0, sizeof(*st));
	st->memory = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		op->prepare == NULL ? k + 1 : k + 4);
	st->m = init_object(st->memory);
	if (op->prepare != NULL)
		op->prepare(st);
	while (st->m->free > k)
		must_alloc(world.init, st->memory, HELIOS_PAGE,
			HELIOS_PAGE_SIZE);
	ck_assert_uint_eq(st->m->free, k);
}

static void
teardown(struct stage *st)
{
	must_destroy(world.init, HELIOS_INIT_CSPACE, st->memory);
	for (unsigned int i = 0; i < 4; i++)
		if (st->pages[i] != 0)
			must_destroy(world.init, HELIOS_INIT_CSPACE,
				st->pages[i]);
}

/* One try with k pages.  True: it succeeded. */
static bool
try_with(const struct operation *op, uint64_t k, long preempt)
{
	struct stage st;
	uint64_t before, status;

	setup(&st, op, k);
	before = snapshot_all();
	if (preempt != MOCK_NEVER)
		mock_preempt(preempt, 1);
	status = op->run(&st);
	mock_preempt_off();
	unit_check_core();
	if (status == HELIOS_OK) {
		teardown(&st);
		return true;
	}
	ck_assert_msg(status == HELIOS_NOMEM, "%s with %lu pages: status %lu",
		op->name, (unsigned long)k, (unsigned long)status);
	ck_assert_msg(world.detail > 0, "%s with %lu pages: none missing",
		op->name, (unsigned long)k);
	ck_assert_msg(snapshot_all() == before,
		"%s with %lu pages fails and leaves a trace", op->name,
		(unsigned long)k);
	teardown(&st);
	return false;
}

static void
exhaust(const struct operation *op, long preempt)
{
	uint64_t free = 0, k, step = op->needs > 100 ? 61 : 1;

	world_boot(RAM);
	core_check_interval = 0;
	free = snapshot_free(root_memory);
	for (k = 0; !try_with(op, k, preempt); k += step)
		ck_assert_msg(k <= MOST_PAGES, "%s never succeeds", op->name);
	ck_assert_msg(k >= op->needs, "%s succeeds with %lu pages", op->name,
		(unsigned long)k);
	if (!op->odd)
		ck_assert_msg(k == op->needs, "%s needs %lu pages, not %lu",
			op->name, (unsigned long)k, (unsigned long)op->needs);
	ck_assert_msg(snapshot_free(root_memory) == free,
		"%s: pages are lost", op->name);
}

START_TEST(alloc_exhausted)
{
	exhaust(&operations[_i], MOCK_NEVER);
}
END_TEST

START_TEST(alloc_exhausted_preempted)
{
	exhaust(&operations[_i], 0);
}
END_TEST

/* A CSpace with n free slots, as its task sees it. */
static struct task *
nearly_full(unsigned int left)
{
	struct task *t = make_task(HELIOS_INIT_MEMORY, UNDEF, 6);
	struct cspace *cs = task_cspace(t);
	helios_cap_t e = must_alloc(world.init, HELIOS_INIT_MEMORY,
		HELIOS_ENDPOINT, 0);

	must_copy(world.init, made.cspace, HELIOS_INIT_CSPACE, made.cspace, 0);
	kop(world.init, made.cspace, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, 1,
		HELIOS_INIT_CSPACE, must_alloc(world.init, HELIOS_INIT_MEMORY,
		HELIOS_MEMORY, 100));
	ck_assert_uint_eq(world.status, HELIOS_OK);
	while (cs->nfree > left)
		must_copy(world.init, made.cspace, HELIOS_INIT_CSPACE, e,
			HELIOS_RIGHTS_ALL);
	return t;
}

START_TEST(cspace_full)
{
	static const unsigned int types[] = { HELIOS_PAGE, HELIOS_ENDPOINT,
		HELIOS_NOTE };
	struct task *t;
	uint64_t before, words[2 + 9];

	world_boot(RAM);
	core_check_interval = 0;
	t = nearly_full((unsigned int)_i);
	for (unsigned int i = 0; i < 9; i++)
		words[2 + i] = UNDEF;
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int n = 9; n > (unsigned int)_i; n--) {
			words[0] = types[i];
			words[1] = i == 0 ? HELIOS_PAGE_SIZE : 0;
			before = snapshot_all();
			invoke_words(t, 1, HELIOS_MEMORY,
				HELIOS_MEMORY_ALLOCATE, 2 + n, words);
			ck_assert_uint_eq(world.status, HELIOS_CSPACE_FULL);
			ck_assert_uint_eq(world.detail, n);
			ck_assert(snapshot_all() == before);
		}
	if (_i == 0) {
		before = snapshot_all();
		kop(t, 0, HELIOS_CSPACE, HELIOS_CSPACE_COPY, UNDEF, UNDEF, 2,
			HELIOS_RIGHTS_ALL);
		ck_assert_uint_eq(world.status, HELIOS_CSPACE_FULL);
		kop(t, 0, HELIOS_CSPACE, HELIOS_CSPACE_MINT, UNDEF, UNDEF, 2,
			5);
		ck_assert_uint_eq(world.status, HELIOS_CSPACE_FULL);
		kop(t, 0, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, UNDEF, UNDEF, 2);
		ck_assert_uint_eq(world.status, HELIOS_CSPACE_FULL);
		ck_assert(snapshot_all() == before);
	} else {
		invoke_words(t, 1, HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE,
			2 + (unsigned int)_i, words);
		ck_assert_uint_eq(world.status, HELIOS_OK);
	}
	unit_check_core();
}
END_TEST

/* The HAL has no means for another task, or no address range. */
START_TEST(hal_refuses)
{
	unsigned int type = _i == 0 ? HELIOS_TASK : HELIOS_VSPACE;
	uint64_t before;
	unsigned int tasks, spaces;

	world_boot(RAM);
	must_alloc(world.init, HELIOS_INIT_MEMORY, type, 0);
	before = snapshot_all();
	tasks = mock.ntasks;
	spaces = mock.nvspaces;
	mock.task_inits = mock.vspace_inits = 0;
	kop(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE, type, 0, UNDEF);
	ck_assert_uint_eq(world.status, HELIOS_NOMEM);
	ck_assert(snapshot_all() == before);
	ck_assert_uint_eq(mock.ntasks, tasks);
	ck_assert_uint_eq(mock.nvspaces, spaces);
	mock.task_inits = mock.vspace_inits = MOCK_NEVER;
	must_alloc(world.init, HELIOS_INIT_MEMORY, type, 0);
	ck_assert_uint_eq(mock.ntasks + mock.nvspaces, tasks + spaces + 1);
}
END_TEST

/* The hash must see what it is there to see. */
START_TEST(snapshot_can_differ)
{
	uint64_t before, after;
	struct slot *s;

	world_boot(RAM);
	before = snapshot_all();
	ck_assert(before == snapshot_all());
	s = init_slot(HELIOS_INIT_CAPS);
	s->cap ^= 1;
	ck_assert(snapshot_all() != before);
	s->cap ^= 1;
	world.init->priority++;
	ck_assert(snapshot_all() != before);
	world.init->priority--;
	ck_assert(snapshot_all() == before);
	must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_NOTE, 0);
	after = snapshot_all();
	ck_assert(after != before);
	must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_NOTE, 0);
	ck_assert(snapshot_all() != after);
}
END_TEST

Suite *
suite_alloc(void)
{
	Suite *s = suite_create("alloc");
	TCase *tc = tcase_create("alloc");

	tcase_set_timeout(tc, 1200);
	tcase_add_test(tc, snapshot_can_differ);
	tcase_add_loop_test(tc, alloc_exhausted, 0, NOPERATIONS);
	tcase_add_loop_test(tc, alloc_exhausted_preempted, 0, NOPERATIONS);
	tcase_add_loop_test(tc, cspace_full, 0, 5);
	tcase_add_loop_test(tc, hal_refuses, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
