/* SPDX-License-Identifier: BSD-2-Clause */
/* Derivation brackets against an explicit tree; the free list of a CSpace. */
#include <string.h>

#include <cap.h>
#include <check.h>
#include <cspace.h>
#include <memory.h>
#include <object.h>

#include "suites.h"
#include "unit.h"
#include "world.h"

#define RAM	(8u << 20)
#define SLOTS	256

/* The tree: parent of each slot; the last index is the slot all are from. */
static int parent[SLOTS + 1];
static bool used[SLOTS];
static struct slot *slots;
static struct slot *root;

static struct slot *
slot_at(int i)
{
	return i == SLOTS ? root : &slots[i];
}

/* Walk the brackets of root and compare each slot's enclosing one. */
static void
compare_tree(void)
{
	static int open[SLOTS + 2];
	int depth = 0, found = 0, expected = 0;

	open[0] = SLOTS;
	for (const struct mark *m = root->open.next; m != &root->close;
	    m = m->next) {
		int i = (int)(mark_slot(m) - slots);

		ck_assert(m->next->prev == m && m->prev->next == m);
		ck_assert(i >= 0 && i < SLOTS && used[i]);
		if (mark_is_close(m)) {
			ck_assert_int_eq(open[depth--], i);
			continue;
		}
		ck_assert_int_eq(parent[i], open[depth]);
		open[++depth] = i;
		found++;
	}
	ck_assert_int_eq(depth, 0);
	for (int i = 0; i < SLOTS; i++)
		expected += used[i];
	ck_assert_int_eq(found, expected);
}

static bool
is_below(int i, int top)
{
	for (; i != SLOTS; i = parent[i])
		if (i == top)
			return true;
	return top == SLOTS;
}

static void
tree_destroy(int i)
{
	for (int j = 0; j < SLOTS; j++)
		if (used[j] && parent[j] == i)
			parent[j] = parent[i];
	used[i] = false;
}

static int
pick(struct rng *r, bool state)
{
	int start = (int)rng_below(r, SLOTS);

	for (int i = 0; i < SLOTS; i++)
		if (used[(start + i) % SLOTS] == state)
			return (start + i) % SLOTS;
	return -1;
}

static void
cap_copy_one(struct rng *r, int to, int from)
{
	if (to < 0)
		return;
	if (from < 0 || rng_below(r, 20) == 0)
		from = SLOTS;
	cap_copy(slot_at(to), slot_at(from), HELIOS_RIGHT_SEND, 0);
	used[to] = true;
	parent[to] = from;
}

static void
cap_move_one(int to, int from)
{
	if (to < 0 || from < 0)
		return;
	cap_move(slot_at(to), slot_at(from));
	for (int i = 0; i < SLOTS; i++)
		if (used[i] && parent[i] == from)
			parent[i] = to;
	parent[to] = parent[from];
	used[to] = true;
	used[from] = false;
}

static void
cap_destroy_one(int i)
{
	if (i < 0)
		return;
	while (!cap_destroy_step(slot_at(i)))
		;
	ck_assert_uint_eq(cap_type(slot_at(i)), HELIOS_NULL);
	tree_destroy(i);
}

static void
cap_revoke_some(int i, unsigned int steps)
{
	if (i < 0)
		return;
	while (steps-- > 0) {
		bool done = cap_revoke_step(slot_at(i));
		int gone = -1;

		for (int j = 0; j < SLOTS; j++)
			if (used[j] && cap_type(slot_at(j)) == HELIOS_DEAD)
				gone = j;
		if (gone >= 0) {
			ck_assert(is_below(gone, i) && gone != i);
			tree_destroy(gone);
			*slot_at(gone) = (struct slot){ 0 };
		}
		if (done) {
			for (int j = 0; j < SLOTS; j++)
				ck_assert(!used[j] || j == i ||
					!is_below(j, i));
			return;
		}
	}
}

START_TEST(derivation_random)
{
	struct rng r = { 17 + (uint64_t)_i };
	helios_cap_t e, cs;

	world_boot(RAM);
	e = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_ENDPOINT, 0);
	cs = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_CSPACE, 8);
	slots = ((struct cspace *)init_object(cs))->slots;
	root = init_slot(e);
	parent[SLOTS] = -1;
	for (int step = 0; step < 30000; step++) {
		int from = pick(&r, true), to = pick(&r, false);

		switch (rng_below(&r, 16)) {
		case 0: case 1: case 2:
			cap_move_one(to, from);
			break;
		case 3: case 4: case 5: case 6:
			cap_destroy_one(from);
			break;
		case 7:
			cap_revoke_some(from, rng_below(&r, 4) + 1);
			break;
		case 8:
			cap_revoke_some(from, SLOTS * 2);
			break;
		default:
			cap_copy_one(&r, to, from);
			break;
		}
		compare_tree();
		if (from >= 0 && used[from])
			ck_assert(!cap_is_last(slot_at(from)));
	}
	cap_revoke_some(SLOTS, SLOTS * 2);
	ck_assert(cap_is_last(root));
}
END_TEST

/* The list as it is walked by one who only takes. */
static unsigned int
free_list(const struct cspace *cs, uint32_t *list)
{
	unsigned int n = 0;
	uint32_t i = cs->free;

	for (; i < cs->nslots; i = i + 1 + (uint32_t)cs->slots[i].next) {
		ck_assert_uint_eq(cap_type(&cs->slots[i]), HELIOS_NULL);
		ck_assert_uint_lt(n, cs->nslots);
		list[n++] = i;
	}
	ck_assert_uint_eq(n, cs->nfree);
	return n;
}

static void
compare_free(const struct cspace *cs, const uint32_t *list, unsigned int n)
{
	static uint32_t now[SLOTS];

	ck_assert_uint_eq(free_list(cs, now), n);
	ck_assert_int_eq(memcmp(now, list, n * sizeof(now[0])), 0);
}

/* Zeroed memory is a list of all slots, in order. */
START_TEST(free_list_zeroed)
{
	uint32_t list[SLOTS];
	helios_cap_t cs;

	world_boot(RAM);
	cs = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_CSPACE, 8);
	ck_assert_uint_eq(free_list(init_object(cs), list), SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		ck_assert_uint_eq(list[i], i);
}
END_TEST

static unsigned int
random_dests(struct rng *r, helios_cap_t *caddr)
{
	unsigned int n = 1 + rng_below(r, 8);

	for (unsigned int i = 0; i < n; i++) {
		caddr[i] = rng_below(r, 2) == 0 ? UNDEF :
			rng_below(r, SLOTS + 2);
	}
	return n;
}

/* May taking these destinations end so? */
static bool
may_end(const struct cspace *cs, const helios_cap_t *caddr, unsigned int n,
	int64_t status)
{
	bool outside = false, taken = false, chosen = false;

	for (unsigned int i = 0; i < n; i++) {
		if (caddr[i] == UNDEF) {
			chosen = true;
			continue;
		}
		if (caddr[i] >= cs->nslots) {
			outside = true;
			continue;
		}
		taken |= cap_type(&cs->slots[caddr[i]]) != HELIOS_NULL;
		for (unsigned int j = 0; j < i; j++)
			taken |= caddr[j] == caddr[i];
	}
	switch (status) {
	case HELIOS_OK:
		return !outside && !taken && n <= cs->nfree;
	case HELIOS_INVALID_CADDR:
		return outside;
	case HELIOS_INVALID_CSLOT:
		return taken;
	case HELIOS_CSPACE_FULL:
		return chosen && n > cs->nfree;
	}
	return false;
}

/* Take and return, at random: exactly the same list afterwards. */
START_TEST(dests_exact)
{
	struct rng r = { 23 + (uint64_t)_i };
	uint32_t before[SLOTS];
	struct slot *got[8];
	struct cspace *cs;
	helios_cap_t e, caddr[8];

	world_boot(RAM);
	e = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_ENDPOINT, 0);
	cs = init_object(must_alloc(world.init, HELIOS_INIT_MEMORY,
		HELIOS_CSPACE, 8));
	for (int step = 0; step < 30000; step++) {
		unsigned int free = free_list(cs, before);
		unsigned int n = random_dests(&r, caddr);
		struct result res = dests_take(cs, caddr, n, got);

		if (res.status != HELIOS_OK) {
			compare_free(cs, before, free);
			ck_assert(may_end(cs, caddr, n, res.status));
			/* Make room now and then. */
			uint32_t i = rng_below(&r, SLOTS);

			if (cap_type(&cs->slots[i]) == HELIOS_ENDPOINT) {
				while (!cap_destroy_step(&cs->slots[i]))
					;
				slot_release(cs, &cs->slots[i]);
			}
			continue;
		}
		ck_assert_uint_eq(cs->nfree, free - n);
		for (unsigned int i = 0; i < n; i++)
			ck_assert(caddr[i] == UNDEF ||
				slot_index(cs, got[i]) == caddr[i]);
		if (rng_below(&r, 2) == 0) {
			dests_return(cs, caddr, n, got);
			compare_free(cs, before, free);
			ck_assert(may_end(cs, caddr, n, HELIOS_OK));
			continue;
		}
		for (unsigned int i = 0; i < n; i++)
			cap_copy(got[i], init_slot(e), 0, 0);
	}
	unit_check_core();
}
END_TEST

Suite *
suite_cap(void)
{
	Suite *s = suite_create("cap");
	TCase *tc = tcase_create("cap");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, derivation_random, 0, 2);
	tcase_add_test(tc, free_list_zeroed);
	tcase_add_loop_test(tc, dests_exact, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
