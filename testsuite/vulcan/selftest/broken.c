/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests that fail in every way a test can, to see that Vulcan notices each
 * and goes on.  testsuite/system/vulcan-selftest.sh knows what must come out.
 */
#include "../vulcan.h"

#define SHORT	200u			/* ms, for tests that hang */

TEST(broken, passes)
{
	CHECK(1 + 1 == 2);
	CHECK_EQ(-1, -1);
	CHECK_OK(HELIOS_OK);
	CHECK_ERROR(helios_destroy(0x7fffffff), HELIOS_INVALID_CADDR,
			0x7fffffff);
}

TEST(broken, check)
{
	vulcan_note("a note before");
	CHECK(1 + 1 == 3);
}

TEST(broken, check_eq)
{
	int a = 3, b = -4;

	CHECK_EQ(a, b);
}

TEST(broken, check_ok)
{
	CHECK_OK(helios_destroy(0x7fffffff));
}

TEST(broken, check_status)
{
	CHECK_STATUS(HELIOS_OK, HELIOS_NOMEM);
}

TEST(broken, check_detail)
{
	CHECK_ERROR(helios_destroy(0x7fffffff), HELIOS_INVALID_CADDR, 5);
}

TEST(broken, skip)
{
	SKIP("because of %s", "a reason");
}

TEST(broken, page_fault)
{
	volatile uint64_t *at = (uint64_t *)(helios_process.image_base - 24);

	*at = 1;
}

TEST(broken, invalid_instruction)
{
	__asm__ volatile("ud2");
}

TEST(broken, exit)
{
	helios_raw_exit(3);
}

static void *
crash(void *arg)
{
	return (void *)*(volatile uint64_t *)arg;
}

TEST(broken, crash_of_another_thread)
{
	struct helios_thread *t;

	CHECK_OK(helios_thread_spawn(&t, crash,
			(char *)helios_process.image_base - 32));
	CHECK_OK(helios_thread_join(t, NULL));
}

static void *
check_here(void *arg)
{
	CHECK(arg != NULL);
	return arg;
}

TEST(broken, check_in_another_thread)
{
	struct helios_thread *t;

	CHECK_OK(helios_thread_spawn(&t, check_here, NULL));
	CHECK_OK(helios_thread_join(t, NULL));
}

TEST(broken, spins)
{
	volatile unsigned int forever = 1;

	vulcan_timeout(SHORT);
	while (forever)
		;
}

TEST(broken, blocks)
{
	helios_cap_t note;
	uint64_t bits;

	vulcan_timeout(SHORT);
	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_wait(note, &bits));
}

static void *
spin(void *arg)
{
	volatile unsigned int forever = 1;

	while (forever)
		;
	return arg;
}

/* Nobody is left who could let it return. */
TEST(broken, spins_above_all_others)
{
	struct helios_task_info info;
	struct helios_thread *t;

	vulcan_timeout(SHORT);
	CHECK_OK(helios_task_info(helios_thread_task(helios_thread_self()),
			&info));
	CHECK_OK(helios_thread_new(&t, spin, NULL, NULL));
	CHECK_OK(helios_thread_set_priority(t, info.highest, info.highest));
	CHECK_OK(helios_thread_start(t));
	helios_yield();
}

TEST(broken, heap_overrun)
{
	volatile char *p = helios_malloc(10);

	p[10] = 1;
	helios_free((char *)(uint64_t)p);
}

/* Not broken: what it leaves behind goes away with it. */
TEST(broken, leaves_everything_behind)
{
	struct helios_thread *t;
	helios_cap_t cap, copy;
	void *p;
	int i;

	for (i = 0; i < 5; i++) {
		CHECK_OK(helios_thread_spawn(&t, spin, NULL));
		CHECK_OK(helios_newendpoint(&cap));
		CHECK_OK(helios_mint(cap, HELIOS_RIGHTS_ALL, 5, &copy));
		CHECK_OK(helios_newcspace(6, &cap));
		CHECK_OK(helios_newvspace(&cap));
		CHECK_OK(helios_newmemory(10, &cap));
		CHECK_OK(helios_mmap(NULL, 30000, HELIOS_PROT_WRITE, 0, &p));
		CHECK(helios_malloc(1000) != NULL);
	}
	/* From outside its Memory, too. */
	cap = HELIOS_CADDR_UNDEF;
	CHECK_OK(helios_allocate(HELIOS_INIT_MEMORY, HELIOS_NOTE, 0, 1,
			&cap));
}

TEST(broken, still_passes)
{
	CHECK(helios_malloc(100000) != NULL);
}
