/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Revoking large trees while others work on them.
 *
 * Revocation is preemptible, so others run in the middle of it; whatever
 * they add, it must end, and end with nothing left.
 */
#include "peer.h"

#define TREE	1500u

static helios_cap_t tree[TREE];

/* Copies of root: a chain (each derived from the last), or a fan. */
static unsigned int
grow(helios_cap_t root, bool chain)
{
	unsigned int n = scaled(TREE, 200);

	for (unsigned int i = 0; i < n; i++)
		CHECK_OK(helios_copy(chain && i > 0 ? tree[i - 1] : root,
					HELIOS_RIGHTS_ALL, &tree[i]));
	return n;
}

static void
check_revoked(helios_cap_t root, unsigned int n)
{
	CHECK_EQ(type_at(root), HELIOS_ENDPOINT);
	for (unsigned int i = 0; i < n; i++)
		CHECK_EQ(type_at(tree[i]), HELIOS_DEAD);
	CHECK_OK(helios_destroy_many(n, tree));
}

TEST(revoke, large_trees)
{
	helios_cap_t root;
	unsigned int n;

	CHECK_OK(helios_newendpoint(&root));
	for (unsigned int i = 0; i < 2; i++) {
		n = grow(root, i == 0);
		CHECK_OK(helios_revoke(root));
		check_revoked(root, n);
	}
}

struct copier {
	helios_cap_t from;
	volatile unsigned int copies;
	volatile bool revoking;
	unsigned int late;		/* copies made after that */
	enum helios_status status;	/* what stopped it */
};

/* Copy the copy of the copy until that fails; keep the table from filling. */
static void *
copier_run(void *arg)
{
	struct copier *c = arg;
	helios_cap_t from = c->from, next;

	for (;;) {
		c->status = helios_copy(from, HELIOS_RIGHTS_ALL, &next);
		if (c->status != HELIOS_OK)
			return NULL;
		c->copies++;
		if (c->revoking)
			c->late++;
		if (from != c->from)
			CHECK_OK(helios_destroy(from));
		from = next;
	}
}

TEST(revoke, cannot_be_outrun)
{
	struct helios_thread *threads[3];
	struct copier copiers[3];
	helios_cap_t root;
	unsigned int n;

	CHECK_OK(helios_newendpoint(&root));
	n = grow(root, true);
	for (unsigned int i = 0; i < 3; i++) {
		copiers[i] = (struct copier){ .from = tree[n - 1 - i] };
		CHECK_OK(helios_thread_spawn(&threads[i], copier_run,
					&copiers[i]));
		while (copiers[i].copies == 0)
			breathe();
	}
	for (unsigned int i = 0; i < 3; i++)
		copiers[i].revoking = true;
	CHECK_OK(helios_revoke(root));
	/* Each copy helps the revoke by two steps, so there are few. */
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_OK(helios_thread_join(threads[i], NULL));
		CHECK_STATUS(copiers[i].status, HELIOS_REVOKED);
		if (copiers[i].late > n)
			FAIL("%u copies outran a revoke of %u",
				copiers[i].late, n);
	}
	check_revoked(root, n);
}

struct revoker {
	helios_cap_t cap;
	enum helios_status status;
};

static void *
revoker_run(void *arg)
{
	struct revoker *r = arg;

	r->status = helios_revoke(r->cap);
	return NULL;
}

/* Several at once, each inside the other. */
TEST(revoke, nested_at_once)
{
	struct helios_thread *threads[4];
	struct revoker revokers[4];
	helios_cap_t root;
	unsigned int n;

	CHECK_OK(helios_newendpoint(&root));
	n = grow(root, true);
	for (unsigned int i = 0; i < 4; i++) {
		revokers[i].cap = tree[i * n / 8];
		CHECK_OK(helios_thread_spawn(&threads[i], revoker_run,
					&revokers[i]));
	}
	CHECK_OK(helios_revoke(root));
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_OK(helios_thread_join(threads[i], NULL));
		/* Done, or its own capability went first. */
		if (revokers[i].status != HELIOS_OK)
			CHECK_STATUS(revokers[i].status, HELIOS_REVOKED);
	}
	check_revoked(root, n);
}

/* A task that is killed in mid-revoke leaves a tree that can be revoked. */
TEST(revoke, revoker_dies)
{
	struct helios_thread *thread;
	struct revoker revoker;
	helios_cap_t root;
	unsigned int n;

	CHECK_OK(helios_newendpoint(&root));
	for (unsigned int round = 0; round < 4; round++) {
		n = grow(root, round % 2 == 0);
		revoker.cap = root;
		CHECK_OK(helios_thread_spawn(&thread, revoker_run, &revoker));
		if (round >= 2)
			helios_yield();
		CHECK_OK(helios_thread_kill(thread));
		CHECK_OK(helios_revoke(root));
		check_revoked(root, n);
	}
}

#define MESSAGES	60u	/* more than any revoke here needs */

static void *
taker_run(void *arg)
{
	struct helios_msg msg;

	do
		helios_accept(HELIOS_MSG_CAPS, NULL);
	while (helios_recv(*(helios_cap_t *)arg, &msg) == HELIOS_OK &&
			helios_tag_ncaps(msg.tag) > 0);
	return NULL;
}

/* A message adds 64 capabilities at once, and must help accordingly. */
TEST(revoke, cannot_be_outrun_by_messages)
{
	struct helios_thread_attr low = { .has_priority = true,
		.priority = 50, .highest = 50 };
	struct helios_thread *taker, *thread;
	helios_cap_t channel, root, copy;
	enum helios_status status;
	struct revoker revoker;
	struct helios_msg msg;
	unsigned int sent = 0, n;

	CHECK_OK(helios_newendpoint(&channel));
	CHECK_OK(helios_newendpoint(&root));
	CHECK_OK(helios_copy(root, HELIOS_RIGHTS_ALL, &copy));
	n = grow(root, false);
	CHECK_OK(helios_thread_spawn(&taker, taker_run, &channel));
	revoker.cap = root;
	CHECK_OK(helios_thread_new(&thread, revoker_run, &revoker, &low));
	CHECK_OK(helios_thread_start(thread));
	/* Until it is under way: the youngest goes first. */
	for (uint64_t ns = 20000; type_at(tree[n - 1]) != HELIOS_DEAD; ns *= 2)
		CHECK_OK(helios_sleep(ns));
	do {
		helios_msg_start(&msg, 1, 0, HELIOS_MSG_CAPS);
		for (unsigned int i = 0; i < HELIOS_MSG_CAPS; i++)
			msg.caps[i] = copy;
		status = helios_send(channel, &msg);
		sent++;
	} while (status == HELIOS_OK && sent < MESSAGES);
	CHECK_STATUS(status, HELIOS_REVOKED);
	helios_msg_start(&msg, 1, 0, 0);
	CHECK_OK(helios_send(channel, &msg));
	CHECK_OK(helios_thread_join(taker, NULL));
	CHECK_OK(helios_thread_join(thread, NULL));
	CHECK_OK(revoker.status);
}
