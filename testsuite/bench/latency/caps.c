/* SPDX-License-Identifier: BSD-2-Clause */
/* Large derivation trees and tables. */
#include "hostile.h"

static struct store store;
static helios_cap_t root;

static void
wide(void)
{
	root = hostile_new(HELIOS_ENDPOINT, 0);
	store_open(&store, hostile_size);
	for (unsigned int i = 0; i < hostile_size; i++)
		store_copy(&store, root);
}

static void
deep(void)
{
	root = hostile_new(HELIOS_NOTE, 0);
	store_open(&store, hostile_size);
	store_copy(&store, root);
	for (unsigned int i = 1; i < hostile_size; i++)
		store_copy_last(&store);
}

/* Chains of 200 side by side. */
static void
mixed(void)
{
	root = hostile_new(HELIOS_ENDPOINT, 0);
	store_open(&store, hostile_size);
	for (unsigned int i = 0; i < hostile_size; i++)
		if (i % 200 == 0)
			store_copy(&store, root);
		else
			store_copy_last(&store);
}

static void
move_and_revoke(void)
{
	helios_cap_t to;

	crowd_check(helios_move(root, HELIOS_CADDR_UNDEF, &to), "move");
	helios_revoke(to);
	store_close(&store);
	hostile_end(to);
}

static void
move_and_destroy(void)
{
	helios_cap_t to;

	crowd_check(helios_move(root, HELIOS_CADDR_UNDEF, &to), "move");
	hostile_end(to);
	store_close(&store);
}

static void
wide_revoke(void)
{
	wide();
	move_and_revoke();
}

static void
wide_destroy(void)
{
	wide();
	move_and_destroy();
}

static void
deep_revoke(void)
{
	deep();
	move_and_revoke();
}

static void
deep_destroy(void)
{
	deep();
	move_and_destroy();
}

static void
mixed_revoke(void)
{
	mixed();
	move_and_revoke();
}

static void
mixed_destroy(void)
{
	mixed();
	move_and_destroy();
}

/* 64 at once, from the last to the first, and each slot of a full table. */
static void
destroy_64(void)
{
	helios_cap_t slots[64];

	wide();
	for (unsigned int n = hostile_size; n >= 64; n -= 64) {
		for (unsigned int i = 0; i < 64; i++)
			slots[i] = (n - 1 - i) % STORE_SLOTS;
		helios_cspace_destroy(store.table[0], 64, slots);
	}
	hostile_end(root);
	store_close(&store);
}

/* Sixty-four factories in one DESTROY, each with a lot below it. */
static void
destroy_factories(void)
{
	helios_cap_t m[64];

	for (unsigned int i = 0; i < 64; i++) {
		m[i] = hostile_new(HELIOS_MEMORY, 64);
		store_open(&store, hostile_size / 64);
		store_make(&store, m[i], HELIOS_ENDPOINT, 0,
			hostile_size / 64);
		store_close(&store);
	}
	helios_cspace_destroy(helios_process.cspace, 64, m);
}

/* Tables of all sizes; a table with nothing but Dead slots. */
static void
tables(void)
{
	for (unsigned int radix = 6; radix <= 16; radix++)
		hostile_end(hostile_new(HELIOS_CSPACE, radix));
	wide();
	helios_revoke(root);
	store_copy(&store, root);
	store_close(&store);
	hostile_end(root);
}

/* Tables inside each other: each holds the next. */
static void
nested(void)
{
	helios_cap_t outer = hostile_new(HELIOS_CSPACE, 6), inner;

	for (unsigned int i = 0; i < hostile_size / 20; i++) {
		inner = hostile_new(HELIOS_CSPACE, 6);
		crowd_check(helios_cspace_move(inner, 0, helios_process.cspace,
			outer, NULL), "move");
		outer = inner;
	}
	hostile_end(outer);
}

/* Memories inside each other. */
static void
memories(void)
{
	unsigned int n = hostile_size / 60;
	helios_cap_t first = HELIOS_CADDR_UNDEF, at = helios_process.memory;

	store_open(&store, n);
	for (unsigned int i = 0; i < n; i++) {
		helios_cap_t next = HELIOS_CADDR_UNDEF;

		crowd_check(helios_allocate(at, HELIOS_MEMORY,
			4 * (n - i), 1, &next), "memory");
		if (i == 0)
			first = next;
		else
			store_put(&store, 1, &at);
		at = next;
		if (i == 0)
			continue;
	}
	hostile_end(first);
	store_close(&store);
	hostile_end(at);
}

const struct scenario hostile_caps[] = {
	{ "wide-revoke", wide_revoke }, { "wide-destroy", wide_destroy },
	{ "deep-revoke", deep_revoke }, { "deep-destroy", deep_destroy },
	{ "mixed-revoke", mixed_revoke }, { "mixed-destroy", mixed_destroy },
	{ "destroy-64", destroy_64 },
	{ "destroy-factories", destroy_factories },
	{ "tables", tables }, { "nested", nested }, { "memories", memories },
	{ NULL, NULL }
};
