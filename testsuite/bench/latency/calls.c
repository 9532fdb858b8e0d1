/* SPDX-License-Identifier: BSD-2-Clause */
/* Many tasks in the middle of long calls; interrupts; devices. */
#include "hostile.h"

enum { REVOKERS = 64, LINES = 16 };

static struct store store;

/*
 * Each of many tasks revokes, and is preempted by the next, which is above
 * it: so all are in the middle of it at once.  Then the roots are moved and
 * destroyed.
 */
static void
revokers(void)
{
	const unsigned int each = hostile_size / REVOKERS;
	struct crowd c = { .n = 1 };
	helios_cap_t root[REVOKERS];
	struct store tasks;
	unsigned int i, j;

	store_open(&store, hostile_size);
	store_open(&tasks, REVOKERS);
	for (i = 0; i < REVOKERS; i++) {
		root[i] = hostile_new(HELIOS_ENDPOINT, 0);
		for (j = 0; j < each; j++)
			store_copy(&store, root[i]);
	}
	for (i = 0; i < REVOKERS; i++) {
		c.lowest = c.highest = 120 + i;
		crowd_call(&c, HELIOS_SYS_CALL, helios_process.cspace,
			helios_tag(HELIOS_LABEL(HELIOS_CSPACE,
			HELIOS_CSPACE_REVOKE), 1, 0), root[i]);
		crowd_gather(&tasks, &c);
		helios_sleep(100000);
	}
	for (i = 0; i < REVOKERS; i++)
		helios_move(root[i], HELIOS_CADDR_UNDEF, &root[i]);
	helios_destroy_many(REVOKERS, root);
	store_close(&tasks);
	store_close(&store);
}

/* The same table destroyed by many at once. */
static void
destroyers(void)
{
	struct crowd c = { .n = 1 };
	helios_cap_t memory = hostile_new(HELIOS_MEMORY, 4096), ours;
	struct store tasks;

	store_open(&store, hostile_size);
	store_open(&tasks, REVOKERS);
	store_make(&store, memory, HELIOS_ENDPOINT, 0, hostile_size);
	for (unsigned int i = 0; i < REVOKERS; i++) {
		c.lowest = c.highest = 120 + i;
		crowd_call(&c, HELIOS_SYS_CALL, helios_process.cspace,
			helios_tag(HELIOS_LABEL(HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY), 1, 0), memory);
		crowd_gather(&tasks, &c);
		helios_sleep(20000);
	}
	if (helios_move(memory, HELIOS_CADDR_UNDEF, &ours) == HELIOS_OK)
		hostile_end(ours);
	store_close(&tasks);
	store_close(&store);
}

/* Every line there is, with its handler, at one note; and all of it goes. */
static void
lines(void)
{
	helios_cap_t note = hostile_new(HELIOS_NOTE, 0), irq[LINES];
	unsigned int n = 0;

	for (unsigned int i = 0; i < LINES; i++)
		if (helios_irq_issue(HELIOS_INIT_IRQCONTROL, i, note,
				&irq[n]) == HELIOS_OK)
			helios_irq_ack(irq[n++]);
	hostile_end(note);
	helios_destroy_many(n, irq);
}

/* As many ranges of ports as there is room for. */
static void
ports(void)
{
	const unsigned int n = hostile_size / 20;
	helios_cap_t cap;

	store_open(&store, n);
	for (unsigned int i = 0; i < n; i++)
		if (helios_ioport_issue(HELIOS_INIT_IOCONTROL, i, i + 100,
				&cap) == HELIOS_OK)
			store_put(&store, 1, &cap);
	store_close(&store);
}

/* The capabilities of a crowd's own parts, one after the other, while all of
 * it runs: what each is derived from is one. */
static void
priorities(void)
{
	struct crowd c = { .n = hostile_size / 10 };
	helios_cap_t ep = hostile_new(HELIOS_ENDPOINT, 0);

	store_open(&store, c.n);
	hostile_crowd(&store, &c, HELIOS_SYS_RECV, ep, 0, 0);
	for (unsigned int i = 0; i < c.n && i < 1000; i++) {
		helios_cap_t t = store_get(&store, i);

		helios_task_set_priority(t, i % 200, 200);
		helios_task_cancel(t);
		hostile_end(t);
	}
	store_close(&store);
	hostile_end(ep);
}

/* Pages of devices, as many as a call can take, in the holes between others:
 * every second page of a range, first. */
static void
devices(void)
{
	const uint64_t page = HELIOS_PAGE_SIZE, most = 61;
	const uint64_t size = 2 * hostile_size * page, base = 1ull << 38;
	helios_cap_t range, pages[61];

	if (helios_devmem_carve(HELIOS_INIT_DEVMEM, base, size, &range) !=
			HELIOS_OK)
		return;
	store_open(&store, hostile_size);
	for (uint64_t at = 0; at + 2 * most * page <= size; at += 2 * page)
		if (at / page % 128 >= 64 && helios_devmem_pages(range,
				base + at, page, 1, pages) == HELIOS_OK)
			store_put(&store, 1, pages);
	for (uint64_t at = 0; at + 64 * page <= size; at += 128 * page)
		if (helios_devmem_pages(range, base + at, page, most,
				pages) == HELIOS_OK)
			helios_destroy_many(most, pages);
	hostile_end(range);
	store_close(&store);
}

/* Screens full of text of which no line is like the one before. */
static void
console(void)
{
	char line[81];

	for (unsigned int i = 0; i < 60; i++) {
		for (unsigned int x = 0; x < 79; x++)
			line[x] = (char)('A' + (i + x) % 32);
		line[79] = '\n';
		helios_writecons(line, 80);
	}
}

const struct scenario hostile_calls[] = {
	{ "revokers", revokers }, { "destroyers", destroyers },
	{ "lines", lines }, { "ports", ports },
	{ "priorities", priorities },
	{ "devices", devices }, { "console", console },
	{ NULL, NULL }
};
