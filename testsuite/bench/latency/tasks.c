/* SPDX-License-Identifier: BSD-2-Clause */
/* Thousands of tasks, queued, asleep, ready, at one object. */
#include "hostile.h"

static struct store store;
static helios_cap_t at;			/* what they wait at */

static unsigned int
many(void)
{
	return hostile_size / 10;
}

/* n tasks in this call at an object of this type. */
static void
queue(unsigned int type, uint64_t nr)
{
	const struct crowd c = { .n = many() };

	at = hostile_new(type, 0);
	store_open(&store, many());
	hostile_crowd(&store, &c, nr, at, 0, 0);
}

static void
finish(void)
{
	store_close(&store);
	hostile_end(at);
}

static void
move(void)
{
	helios_cap_t to;

	crowd_check(helios_move(at, HELIOS_CADDR_UNDEF, &to), "move");
	at = to;
}

static void
receivers_move(void)
{
	queue(HELIOS_ENDPOINT, HELIOS_SYS_RECV);
	move();
	finish();
}

static void
senders_move(void)
{
	queue(HELIOS_ENDPOINT, HELIOS_SYS_CALL);
	move();
	finish();
}

static void
receivers_destroy(void)
{
	queue(HELIOS_ENDPOINT, HELIOS_SYS_RECV);
	hostile_end(at);
	store_close(&store);
}

static void
senders_destroy(void)
{
	queue(HELIOS_ENDPOINT, HELIOS_SYS_SEND);
	hostile_end(at);
	store_close(&store);
}

static void
waiters_destroy(void)
{
	queue(HELIOS_NOTE, HELIOS_SYS_WAIT);
	move();
	hostile_end(at);
	store_close(&store);
}

/* They wait through a copy that is revoked. */
static void
receivers_revoke(void)
{
	helios_cap_t ours = hostile_new(HELIOS_ENDPOINT, 0);
	const struct crowd c = { .n = many() };

	crowd_check(helios_copy(ours, HELIOS_RIGHTS_ALL, &at), "copy");
	store_open(&store, many());
	hostile_crowd(&store, &c, HELIOS_SYS_RECV, at, 0, 0);
	helios_revoke(ours);
	store_close(&store);
	hostile_end(ours);
	hostile_end(at);
}

/* Each polls sixteen times the same. */
static void
pollers(void)
{
	static struct helios_poll entries[HELIOS_POLL_MAX];
	const struct crowd c = { .n = many() };

	at = hostile_new(HELIOS_NOTE, 0);
	for (unsigned int i = 0; i < HELIOS_POLL_MAX; i++)
		entries[i] = (struct helios_poll){ .caddr = at,
			.events = HELIOS_POLL_RECV };
	store_open(&store, many());
	hostile_crowd(&store, &c, HELIOS_SYS_POLL, (uint64_t)entries,
		HELIOS_POLL_MAX, HELIOS_FOREVER);
	helios_signal(at);
	move();
	hostile_end(at);
	store_close(&store);
}

/* All of them due at the same time. */
static void
sleepers(void)
{
	const struct crowd c = { .n = many() };
	uint64_t when = helios_clock() + 1000000000ull;

	store_open(&store, many());
	hostile_crowd(&store, &c, HELIOS_SYS_POLL, 0, 0, when);
	helios_sleep_until(when + 1000000);
	store_close(&store);
}

static void
ready(void)
{
	const struct crowd c = { .n = many() };

	store_open(&store, many());
	hostile_crowd(&store, &c, CROWD_SPIN, 0, 0, 0);
	for (unsigned int i = 0; i < 100; i++) {
		helios_cap_t t = store_get(&store, i);

		helios_task_set_priority(t, 100, 100);
		helios_task_suspend(t);
		hostile_end(t);
	}
	store_close(&store);
}

/* All in a fault, at one handler; it takes some, and goes. */
static void
faults(void)
{
	struct crowd c = { .n = many() };
	struct helios_msg msg;

	at = hostile_new(HELIOS_ENDPOINT, 0);
	c.fault = at;
	store_open(&store, many());
	hostile_crowd(&store, &c, HELIOS_SYS_EXIT, 0, 0, 0);
	for (unsigned int i = 0; i < 100; i++)
		helios_nbrecv(at, &msg);
	move();
	hostile_end(at);
	store_close(&store);
}

/* A table, a space and a buffer that all of them have, and lose. */
static void
parts(void)
{
	struct crowd c = { .n = many() };

	c.cspace = hostile_new(HELIOS_CSPACE, 6);
	c.vspace = hostile_new(HELIOS_VSPACE, 0);
	c.buffer = hostile_new(HELIOS_PAGE, HELIOS_PAGE_SIZE);
	store_open(&store, many());
	hostile_crowd(&store, &c, CROWD_SPIN, 0, 0, 0);
	helios_revoke(c.buffer);
	helios_revoke(c.cspace);
	helios_revoke(c.vspace);
	hostile_end(c.buffer);
	hostile_end(c.cspace);
	hostile_end(c.vspace);
	store_close(&store);
}

/* Many have called and are owed a reply, which is kept, moved, destroyed. */
static void
replies(void)
{
	const unsigned int n = many();
	struct store kept;
	struct helios_msg msg;
	unsigned int i;

	queue(HELIOS_ENDPOINT, HELIOS_SYS_CALL);
	store_open(&kept, n);
	for (i = 0; i < n; i++) {
		helios_cap_t reply;

		crowd_check(helios_recv(at, &msg), "recv");
		crowd_check(helios_store_reply(&reply), "store");
		store_put(&kept, 1, &reply);
	}
	store_close(&kept);
	finish();
}

/* A Memory with a bit of everything. */
static void
everything(void)
{
	struct crowd c = { .n = many() / 2 };
	struct store things;

	c.memory = hostile_new(HELIOS_MEMORY, 40000);
	at = HELIOS_CADDR_UNDEF;
	crowd_check(helios_allocate(c.memory, HELIOS_ENDPOINT, 0, 1, &at),
		"endpoint");
	store_open(&store, many());
	store_open(&things, hostile_size);
	hostile_crowd(&store, &c, HELIOS_SYS_RECV, at, 0, 0);
	hostile_crowd(&store, &c, CROWD_SPIN, 0, 0, 0);
	store_make(&things, c.memory, HELIOS_PAGE, HELIOS_PAGE_SIZE, many());
	store_make(&things, c.memory, HELIOS_NOTE, 0, many());
	store_make(&things, c.memory, HELIOS_VSPACE, 0, many() / 10);
	store_make(&things, c.memory, HELIOS_CSPACE, 10, 16);
	store_make(&things, c.memory, HELIOS_MEMORY, 10, 100);
	hostile_end(c.memory);
	store_close(&things);
	finish();
}

const struct scenario hostile_tasks[] = {
	{ "receivers-move", receivers_move },
	{ "senders-move", senders_move },
	{ "receivers-destroy", receivers_destroy },
	{ "senders-destroy", senders_destroy },
	{ "waiters-destroy", waiters_destroy },
	{ "receivers-revoke", receivers_revoke },
	{ "pollers", pollers }, { "sleepers", sleepers },
	{ "ready", ready }, { "faults", faults }, { "parts", parts },
	{ "replies", replies }, { "everything", everything },
	{ NULL, NULL }
};
