/* SPDX-License-Identifier: BSD-2-Clause */
/* The small data structures of the core: list, tree, wait queue, format. */
#include <stdlib.h>
#include <string.h>

#include <klog.h>
#include <list.h>
#include <tree.h>
#include <waitq.h>

#include "mock_hal.h"
#include "suites.h"
#include "unit.h"

struct item {
	int value;
	struct list link;
};

static int
list_sum(struct list *l, int *count)
{
	int sum = 0;

	*count = 0;
	for (struct list *p = l->next; p != l; p = p->next) {
		ck_assert_ptr_eq(p->next->prev, p);
		sum = sum * 10 + container_of(p, struct item, link)->value;
		++*count;
	}
	return sum;
}

START_TEST(list_order)
{
	struct item items[5];
	struct list a, b;
	int n;

	list_init(&a);
	list_init(&b);
	ck_assert(list_empty(&a));
	for (int i = 0; i < 5; i++) {
		items[i].value = i + 1;
		list_append(i < 3 ? &a : &b, &items[i].link);
	}
	ck_assert_int_eq(list_sum(&a, &n), 123);
	ck_assert_int_eq(list_sum(&b, &n), 45);
	list_splice(&a, &b);
	ck_assert(list_empty(&b));
	ck_assert_int_eq(list_sum(&a, &n), 12345);
	list_splice(&a, &b);
	ck_assert_int_eq(list_sum(&a, &n), 12345);
	list_remove(&items[2].link);
	list_remove(&items[2].link);
	ck_assert(list_empty(&items[2].link));
	ck_assert_int_eq(list_sum(&a, &n), 1245);
}
END_TEST

/* The reference: an array that is searched from end to end. */
#define TREE_MAX	512

static int
array_find(struct tree_node *const *a, int n, uint64_t key, uint64_t key2)
{
	for (int i = 0; i < n; i++)
		if (a[i]->key == key && a[i]->key2 == key2)
			return i;
	return -1;
}

static int
compare_nodes(const void *pa, const void *pb)
{
	const struct tree_node *a = *(struct tree_node *const *)pa;
	const struct tree_node *b = *(struct tree_node *const *)pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->key2 < b->key2 ? -1 : a->key2 > b->key2;
}

static void
tree_compare(struct tree *t, struct tree_node **a, int n)
{
	struct tree_node *node = tree_first(t);

	ck_assert(tree_valid(t));
	qsort(a, (size_t)n, sizeof(*a), compare_nodes);
	for (int i = 0; i < n; i++) {
		ck_assert_ptr_eq(node, a[i]);
		node = tree_next(node);
	}
	ck_assert_ptr_null(node);
}

static void
floor_compare(struct tree *t, struct tree_node **a, int n, uint64_t key)
{
	struct tree_node *best = NULL, *found = tree_floor(t, key);

	for (int i = 0; i < n; i++)
		if (a[i]->key <= key && (best == NULL ||
		    a[i]->key >= best->key))
			best = a[i];
	if (best == NULL) {
		ck_assert_ptr_null(found);
		return;
	}
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->key, best->key);
}

START_TEST(tree_random)
{
	static struct tree_node nodes[TREE_MAX];
	struct tree_node *in[TREE_MAX];
	struct tree t = { NULL };
	struct rng r = { 77 + (uint64_t)_i };
	int n = 0, steps = mock_is_slow() ? 2000 : 20000;
	unsigned int range = _i % 2 == 0 ? 100000 : 300;

	for (int i = 0; i < TREE_MAX; i++)
		nodes[i].key2 = ~0ull;
	for (int step = 0; step < steps; step++) {
		struct tree_node *node = &nodes[rng_below(&r, TREE_MAX)];
		int at = -1;

		for (int i = 0; i < n; i++)
			if (in[i] == node)
				at = i;
		if (at >= 0) {
			tree_remove(&t, node);
			in[at] = in[--n];
		} else {
			node->key = rng_below(&r, range);
			node->key2 = rng_below(&r, 4);
			if (array_find(in, n, node->key, node->key2) >= 0)
				continue;
			tree_insert(&t, node);
			in[n++] = node;
		}
		floor_compare(&t, in, n, rng_below(&r, range));
		if (step % 16 == 0)
			tree_compare(&t, in, n);
	}
	while (n > 0) {
		tree_remove(&t, in[--n]);
		ck_assert(tree_valid(&t));
	}
	ck_assert_ptr_null(t.root);
}
END_TEST

/* Ascending, descending: the rotations of each side; and that the depth is
 * logarithmic. */
START_TEST(tree_monotone)
{
	static struct tree_node nodes[1024];
	struct tree t = { NULL };
	int depth = 0;

	for (int i = 0; i < 1024; i++) {
		nodes[i].key = (uint64_t)(_i == 0 ? i : 1024 - i);
		nodes[i].key2 = 0;
		tree_insert(&t, &nodes[i]);
		ck_assert(tree_valid(&t));
	}
	for (struct tree_node *n = tree_first(&t); n != NULL; n = n->parent)
		depth++;
	ck_assert_int_le(depth, 14);
	ck_assert_ptr_eq(tree_floor(&t, 0), _i == 0 ? &nodes[0] : NULL);
	for (int i = 0; i < 1024; i++) {
		tree_remove(&t, &nodes[i]);
		ck_assert(tree_valid(&t));
	}
}
END_TEST

/* A tree whose order is broken must be found out. */
START_TEST(tree_valid_can_fail)
{
	struct tree_node nodes[7];
	struct tree t = { NULL };

	for (unsigned int i = 0; i < 7; i++) {
		nodes[i].key = i * 10;
		nodes[i].key2 = 0;
		tree_insert(&t, &nodes[i]);
	}
	ck_assert(tree_valid(&t));
	nodes[2].key = 55;
	ck_assert(!tree_valid(&t));
	nodes[2].key = 20;
	nodes[2].balance++;
	ck_assert(!tree_valid(&t));
	nodes[2].balance--;
	nodes[6].parent = &nodes[0];
	ck_assert(!tree_valid(&t));
}
END_TEST

/* The reference: an array kept in the order of joining. */
#define WAITERS	64

struct reference {
	struct waiter *w[WAITERS];
	unsigned int n;
};

static void
reference_leave(struct reference *ref, const struct waiter *w)
{
	for (unsigned int i = 0; i < ref->n; i++) {
		if (ref->w[i] != w)
			continue;
		memmove(&ref->w[i], &ref->w[i + 1],
			(ref->n - i - 1) * sizeof(ref->w[0]));
		ref->n--;
		return;
	}
}

static struct waiter *
reference_first(const struct reference *ref)
{
	struct waiter *best = NULL;

	for (unsigned int i = 0; i < ref->n; i++)
		if (best == NULL || ref->w[i]->priority > best->priority)
			best = ref->w[i];
	return best;
}

/* As those of a task: who waits nowhere is a ring of its own. */
static void
waiters_init(struct waiter *w, unsigned int n)
{
	for (; n > 0; n--, w++)
		w->next = w->prev = w;
}

START_TEST(waitq_random)
{
	static struct waiter w[WAITERS];
	struct waitq q = { NULL };
	struct reference ref = { .n = 0 };
	struct rng r = { 5 + (uint64_t)_i };
	unsigned int priorities = _i % 2 == 0 ? 256 : 3;

	waiters_init(w, WAITERS);
	for (int step = 0; step < 20000; step++) {
		struct waiter *one = &w[rng_below(&r, WAITERS)];

		if (one->q == NULL) {
			waitq_join(&q, one, rng_below(&r, priorities), NULL);
			ref.w[ref.n++] = one;
		} else if (rng_below(&r, 4) == 0) {
			reference_leave(&ref, one);
			waitq_set_priority(one, rng_below(&r, priorities));
			ref.w[ref.n++] = one;
		} else if (rng_below(&r, 2) == 0) {
			reference_leave(&ref, one);
			waitq_leave(one);
			waitq_leave(one);
		} else {
			one = q.first;
			ck_assert_ptr_eq(one, reference_first(&ref));
			reference_leave(&ref, one);
			waitq_leave(one);
		}
		ck_assert(waitq_valid(&q));
		ck_assert_ptr_eq(q.first, reference_first(&ref));
		ck_assert_int_eq(waitq_empty(&q), ref.n == 0);
	}
	while (ref.n > 0) {
		struct waiter *one = reference_first(&ref);

		ck_assert_ptr_eq(q.first, one);
		reference_leave(&ref, one);
		waitq_leave(one);
	}
	ck_assert(waitq_empty(&q));
}
END_TEST

/* The heads that one of this priority passes by when it joins. */
static unsigned int
heads_passed(const struct waitq *q, unsigned int priority)
{
	const struct waiter *w = q->first;
	unsigned int n = 0;

	while (w != NULL && w->priority > priority) {
		w = w->priority / WAITQ_GROUP > priority / WAITQ_GROUP ?
			w->skip : w->lower;
		n++;
	}
	return n;
}

/* However many priorities wait, joining is short. */
START_TEST(waitq_short)
{
	static struct waiter w[256];
	struct waitq q = { NULL };
	unsigned int i, most = 0;

	waiters_init(w, 256);
	for (i = 0; i < 256; i++)
		waitq_join(&q, &w[i], i * 77 % 256, NULL);
	ck_assert(waitq_valid(&q));
	for (i = 0; i < 256; i++)
		if (heads_passed(&q, i) > most)
			most = heads_passed(&q, i);
	ck_assert_uint_le(most, 2 * WAITQ_GROUP);
	for (i = 0; i < 256; i++)
		waitq_set_priority(&w[i], i * 13 % 251);
	ck_assert(waitq_valid(&q));
	for (i = 0; i < 256; i++) {
		waitq_leave(&w[i]);
		ck_assert(waitq_valid(&q));
	}
	ck_assert(waitq_empty(&q));
}
END_TEST

static unsigned int
via_count(const struct slot *s)
{
	unsigned int n = 0;

	for (const struct waiter *w = s->waiters; w != NULL; w = w->via_next) {
		ck_assert_ptr_eq(w->via, n == 0 ? s : NULL);
		ck_assert(w->via_next == NULL || w->via_next->via_prev == w);
		n++;
	}
	return n;
}

/* Waiters stand in the list of the slot they came through, and follow it. */
START_TEST(waitq_slots)
{
	static struct waiter w[8];
	static struct slot a, b, c;
	struct waitq q1 = { NULL }, q2 = { NULL };

	waiters_init(w, 8);
	a.cap = b.cap = c.cap = cap_make(HELIOS_ENDPOINT, NULL, 0);
	for (unsigned int i = 0; i < 8; i++)
		waitq_join(i < 4 ? &q1 : &q2, &w[i], i & 1,
			i % 3 == 0 ? &a : &b);
	ck_assert_uint_eq(via_count(&a), 3);
	ck_assert_uint_eq(via_count(&b), 5);
	waitq_leave(&w[3]);
	ck_assert_uint_eq(via_count(&a), 2);
	waiters_moved(&c, &b);
	ck_assert_uint_eq(via_count(&c), 5);
	ck_assert_ptr_null(b.waiters);
	for (unsigned int i = 0; i < 8; i++)
		waitq_leave(&w[i]);
	ck_assert_uint_eq(via_count(&a) + via_count(&c), 0);
	ck_assert(waitq_empty(&q1) && waitq_empty(&q2));
}
END_TEST

struct format {
	const char *expected, *format;
	uint64_t arg;
};

static const struct format wide[] = {
	{ "0", "%lu", 0 },
	{ "18446744073709551615", "%lu", UINT64_MAX },
	{ "-9223372036854775808", "%ld", 1ull << 63 },
	{ "deadbeef12345678", "%lx", 0xdeadbeef12345678 },
	{ "[    2a]", "[%6lx]", 42 },
	{ "[00002a]", "[%06lx]", 42 },
	{ "[123456]", "[%3lu]", 123456 },
};
static const struct format narrow[] = {
	{ "-1", "%d", 0xffffffff },
	{ "-2147483648", "%d", 0x80000000 },
	{ "4294967295", "%u", 0xffffffff },
	{ "ffffffff", "%x", 0xffffffff },
	{ "[0007]", "[%04u]", 7 },
	{ "[   7]", "[%4d]", 7 },
	{ "100%", "%u%%", 100 },
	{ "A", "%c", 'A' },
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
START_TEST(klog_numbers)
{
	char buf[64];

	for (unsigned int i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		ksnprintf(buf, sizeof(buf), wide[i].format,
			(unsigned long)wide[i].arg);
		ck_assert_str_eq(buf, wide[i].expected);
	}
	for (unsigned int i = 0; i < sizeof(narrow) / sizeof(narrow[0]);
	    i++) {
		size_t n = ksnprintf(buf, sizeof(buf), narrow[i].format,
			(unsigned int)narrow[i].arg);
		ck_assert_str_eq(buf, narrow[i].expected);
		ck_assert_uint_eq(n, strlen(buf));
	}
}
END_TEST
#pragma GCC diagnostic pop

START_TEST(klog_bounds)
{
	char buf[16];

	for (size_t size = 1; size <= sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		size_t n = ksnprintf(buf, size, "%s-%u", "abcdefgh", 123456u);
		ck_assert_uint_eq(n, size - 1 < 15 ? size - 1 : 15);
		ck_assert_int_eq(buf[n], '\0');
		ck_assert_int_eq(strncmp(buf, "abcdefgh-123456", n), 0);
		for (size_t i = size; i < sizeof(buf); i++)
			ck_assert_int_eq(buf[i], '#');
	}
	ksnprintf(buf, sizeof(buf), "%s|", "");
	ck_assert_str_eq(buf, "|");
}
END_TEST

START_TEST(klog_lines)
{
	mock_init(1 << 20);
	klog(KLOG_INFO, "first %u", 1u);
	klog(KLOG_WARN, "second %s", "line");
	ck_assert_str_eq(mock_log_line(0), "second line");
	ck_assert_str_eq(mock_log_line(1), "first 1");
}
END_TEST

START_TEST(panic_stops)
{
	mock_init(1 << 20);
	mock.quiet = true;
	kpanic("this is %s", "the end");
}
END_TEST

Suite *
suite_struct(void)
{
	Suite *s = suite_create("struct");
	TCase *tc = tcase_create("struct");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, list_order);
	tcase_add_loop_test(tc, tree_random, 0, 4);
	tcase_add_loop_test(tc, tree_monotone, 0, 2);
	tcase_add_test(tc, tree_valid_can_fail);
	tcase_add_loop_test(tc, waitq_random, 0, 4);
	tcase_add_test(tc, waitq_short);
	tcase_add_test(tc, waitq_slots);
	tcase_add_test(tc, klog_numbers);
	tcase_add_test(tc, klog_bounds);
	tcase_add_test(tc, klog_lines);
	tcase_add_test_raise_signal(tc, panic_stops, 6);
	suite_add_tcase(s, tc);
	return s;
}
