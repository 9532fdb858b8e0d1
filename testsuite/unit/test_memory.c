/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks, small objects and carving, called directly. */
#include <string.h>

#include <cap.h>
#include <check.h>
#include <memory.h>
#include <object.h>

#include "snapshot.h"
#include "suites.h"
#include "unit.h"
#include "world.h"

#define RAM	(16u << 20)
#define MOST	512

/* Free pages by walking the frame table, not by the Memory's count. */
static uint64_t
count_free(const struct memory *m)
{
	uint64_t n = 0;

	for (uint64_t p = 0; p < RAM / PAGE_SIZE; p++) {
		const struct frame *f = frame_of(MOCK_RAM_BASE +
			p * PAGE_SIZE);

		if (f->kind == FRAME_FREE && f->owner == m)
			n += 1ull << f->order;
	}
	for (uint64_t p = 0; p < MOCK_LOW_SIZE / PAGE_SIZE; p++) {
		const struct frame *f = frame_of(MOCK_LOW_BASE +
			p * PAGE_SIZE);

		if (f->kind == FRAME_FREE && f->owner == m)
			n += 1ull << f->order;
	}
	return n;
}

static unsigned char owner_of[(MOCK_RAM_BASE + RAM) / PAGE_SIZE];

/* Mark the frames of a block; none of them may be in use, or no RAM. */
static void
claim(const struct frame *f, unsigned int order, bool take)
{
	uint32_t nr = frame_number(f);

	ck_assert_uint_eq(nr & ((1u << order) - 1), 0);
	for (uint32_t i = nr; i < nr + (1u << order); i++) {
		uint64_t phys = (uint64_t)i << PAGE_SHIFT;

		ck_assert(phys >= MOCK_RAM_BASE || (phys >= MOCK_LOW_BASE &&
			phys < MOCK_LOW_BASE + MOCK_LOW_SIZE));
		ck_assert_uint_eq(owner_of[i], take ? 0 : 1);
		owner_of[i] = take;
	}
}

START_TEST(blocks_random)
{
	struct { struct frame *f; unsigned int order; } got[MOST];
	struct rng r = { 31 + (uint64_t)_i };
	unsigned int n = 0;
	uint64_t before, used = 0, free;

	world_boot(RAM);
	before = snapshot_free(root_memory);
	free = root_memory->free;
	for (int step = 0; step < 20000; step++) {
		if (n < MOST && rng_below(&r, 5) < 3) {
			unsigned int order = rng_below(&r, _i == 0 ? 4 : 9);
			struct frame *f = block_alloc(root_memory, order,
				FRAME_PAGE);

			if (f == NULL) {
				ck_assert(memory_largest(root_memory) <
					1ull << order);
				continue;
			}
			claim(f, order, true);
			got[n].f = f;
			got[n++].order = order;
			used += 1ull << order;
		} else if (n > 0) {
			unsigned int i = rng_below(&r, n);

			claim(got[i].f, got[i].order, false);
			used -= 1ull << got[i].order;
			block_free(got[i].f);
			got[i] = got[--n];
		}
		ck_assert_uint_eq(root_memory->free, free - used);
		if (step % 512 == 0)
			ck_assert_uint_eq(count_free(root_memory),
				free - used);
	}
	while (n-- > 0)
		block_free(got[n].f);
	ck_assert(snapshot_free(root_memory) == before);
	unit_check_core();
}
END_TEST

/* All of it in pages, given back in any order, is in one piece again. */
START_TEST(blocks_merge)
{
	static struct frame *got[RAM / PAGE_SIZE + 64];
	struct rng r = { 7 };
	uint64_t before, largest;
	unsigned int n = 0;

	world_boot(RAM);
	before = snapshot_free(root_memory);
	largest = memory_largest(root_memory);
	while ((got[n] = block_alloc(root_memory, 0, FRAME_PAGE)) != NULL)
		n++;
	ck_assert_uint_eq(root_memory->free, 0);
	ck_assert_uint_eq(memory_largest(root_memory), 0);
	ck_assert_ptr_null(block_alloc(root_memory, 3, FRAME_PAGE));
	while (n > 0) {
		unsigned int i = rng_below(&r, n);

		block_free(got[i]);
		got[i] = got[--n];
	}
	ck_assert_uint_eq(memory_largest(root_memory), largest);
	ck_assert(snapshot_free(root_memory) == before);
}
END_TEST

/* Objects of every size: cleared, apart, and gone without a trace. */
START_TEST(slab_random)
{
	static struct { unsigned char *p; size_t size; } got[MOST];
	static const size_t sizes[] = { 1, 40, 64, 65, 128, 200, 256, 500,
		512, 1000, 1024 };
	struct rng r = { 3 };
	unsigned int n = 0;
	uint64_t before;

	world_boot(RAM);
	before = snapshot_free(root_memory);
	for (int step = 0; step < 20000; step++) {
		if (n < MOST && rng_below(&r, 5) < 3) {
			size_t size = sizes[rng_below(&r, 11)];
			unsigned char *p = slab_alloc(root_memory, size);

			ck_assert_ptr_nonnull(p);
			ck_assert_uint_eq((uintptr_t)p % 64, 0);
			ck_assert(slab_is_live(p));
			for (size_t i = 0; i < size; i++)
				ck_assert_uint_eq(p[i], 0);
			memset(p, (int)(n & 0xff), size);
			got[n].p = p;
			got[n++].size = size;
		} else if (n > 0) {
			unsigned int i = rng_below(&r, n);
			unsigned char tag = got[i].p[0];

			for (size_t j = 0; j < got[i].size; j++)
				ck_assert_uint_eq(got[i].p[j], tag);
			slab_free(got[i].p);
			got[i] = got[--n];
		}
	}
	while (n-- > 0)
		slab_free(got[n].p);
	ck_assert(snapshot_free(root_memory) == before);
}
END_TEST

START_TEST(slab_liveness)
{
	char *p;

	world_boot(RAM);
	p = slab_alloc(root_memory, 128);
	ck_assert(slab_is_live(p));
	ck_assert(!slab_is_live(p + 128));
	ck_assert(!slab_is_live(hal_physmap + MOCK_RAM_BASE + RAM - 4096));
	slab_free(p);
	ck_assert(!slab_is_live(p));
}
END_TEST

/* Only what is free can be reserved, and it is then nobody else's. */
START_TEST(reserve_pages)
{
	uint64_t free, phys = MOCK_RAM_BASE + RAM - 37 * PAGE_SIZE;
	struct frame *f;

	world_boot(RAM);
	free = root_memory->free;
	ck_assert(memory_reserve(root_memory, phys, 5, FRAME_PAGE));
	ck_assert_uint_eq(root_memory->free, free - 5);
	ck_assert_uint_eq(count_free(root_memory), free - 5);
	ck_assert(!memory_reserve(root_memory, phys + PAGE_SIZE, 1,
		FRAME_PAGE));
	ck_assert(!memory_reserve(root_memory, MOCK_RAM_BASE + RAM, 1,
		FRAME_PAGE));
	while ((f = block_alloc(root_memory, 0, FRAME_PAGE)) != NULL)
		ck_assert(frame_number(f) < phys >> 12 ||
			frame_number(f) >= (phys >> 12) + 5);
}
END_TEST

/* A quota: its blocks never merge with its parent's, and all come back. */
START_TEST(carve_and_return)
{
	struct task *init;
	helios_cap_t m, inner, caps[64];
	uint64_t before, free;

	world_boot(RAM);
	init = world.init;
	before = snapshot_free(root_memory);
	free = root_memory->free;
	m = must_alloc(init, HELIOS_INIT_MEMORY, HELIOS_MEMORY, 100);
	ck_assert_uint_le(root_memory->free, free - 100);
	ck_assert_uint_ge(root_memory->free, free - 101);
	inner = must_alloc(init, m, HELIOS_MEMORY, 50);
	ck_assert_uint_eq(count_free(init_object(inner)), 50);
	for (unsigned int i = 0; i < 50; i++)
		caps[i] = must_alloc(init, inner, HELIOS_PAGE,
			HELIOS_PAGE_SIZE);
	kop(init, inner, HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE, HELIOS_PAGE,
		HELIOS_PAGE_SIZE, UNDEF);
	ck_assert_uint_eq(world.status, HELIOS_NOMEM);
	ck_assert_uint_eq(world.detail, 1);
	for (unsigned int i = 0; i < 50; i++)
		must_destroy(init, HELIOS_INIT_CSPACE, caps[(i * 7) % 50]);
	ck_assert_uint_eq(count_free(init_object(inner)), 50);
	kop(init, m, HELIOS_MEMORY, HELIOS_MEMORY_INFO);
	ck_assert_uint_eq(world.out[0], 100);
	ck_assert_uint_eq(world.out[3], 1);
	must_destroy(init, HELIOS_INIT_CSPACE, m);
	ck_assert_uint_eq(cap_type(init_slot(inner)), HELIOS_DEAD);
	ck_assert(snapshot_free(root_memory) == before);
}
END_TEST

Suite *
suite_memory(void)
{
	Suite *s = suite_create("memory");
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, blocks_random, 0, 2);
	tcase_add_test(tc, blocks_merge);
	tcase_add_test(tc, slab_random);
	tcase_add_test(tc, slab_liveness);
	tcase_add_test(tc, reserve_pages);
	tcase_add_test(tc, carve_and_return);
	suite_add_tcase(s, tc);
	return s;
}
