/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations of ../cost, with a number of live objects of some kind
 * around them.
 *
 * Arguments: the numbers of objects; "tree" with the sizes of trees after it.
 * For each number and kind it prints "scale KIND NUMBER BYTES MADE", BYTES
 * being the kernel memory of one object in 1/1000 and MADE how many there are,
 * and then the lines of ../cost; "scale KIND NUMBER -" and why, if the memory
 * does not suffice.
 */
#include "cost.h"
#include "crowd.h"
#include "scale.h"

/* From where the operations run: others are not to disturb them. */
#define MAIN_PRIORITY	100u
#define CROWD_HIGHEST	98u

static struct store store;
static helios_cap_t other_ep;


/*
 * The kinds
 */

static void
endpoints(unsigned int n)
{
	store_make(&store, helios_process.memory, HELIOS_ENDPOINT, 0, n);
}

static void
notes(unsigned int n)
{
	store_make(&store, helios_process.memory, HELIOS_NOTE, 0, n);
}

static void
pages(unsigned int n)
{
	store_make(&store, helios_process.memory, HELIOS_PAGE,
		HELIOS_PAGE_SIZE, n);
}

static void
spaces(unsigned int n)
{
	store_make(&store, helios_process.memory, HELIOS_VSPACE, 0, n);
}

static void
cspaces(unsigned int n)
{
	store_make(&store, helios_process.memory, HELIOS_CSPACE, 6, n);
}

static void
tasks(unsigned int n)
{
	store_make(&store, helios_process.memory, HELIOS_TASK, 0, n);
}

static void
copies(unsigned int n)
{
	while (n-- > 0)
		store_copy(&store, GIFT);
}

static void
chain(unsigned int n)
{
	store_copy(&store, GIFT);
	while (--n > 0)
		store_copy_last(&store);
}

/* This program's own space, 62 pages at a time. */
static void
mapped(unsigned int n)
{
	uint64_t at = helios_process.bootinfo->user_limit - (3ull << 30);
	helios_cap_t caps[HELIOS_RUN_MAX];
	unsigned int now;

	for (; n > 0; n -= now, at += now * HELIOS_PAGE_SIZE) {
		now = n < HELIOS_RUN_MAX ? n : HELIOS_RUN_MAX;
		crowd_check(helios_newpages(now, caps), "page");
		crowd_check(helios_map(helios_process.vspace, at,
			HELIOS_MAP_W | HELIOS_MAP_FIXED, now, caps, NULL),
			"map");
		store_put(&store, now, caps);
	}
}

/* Is the first of them where it is to be, and the last? */
static void
expect(uint64_t state)
{
	struct helios_task_info info;

	for (unsigned int i = 0; i < store.used; i += store.used - 1) {
		helios_cap_t task = store_get(&store, i);

		crowd_check(helios_task_info(task, &info), "task");
		if (info.state != state)
			helios_panic("scale: task %u: state %lx expected, %lx "
				"found", i, state, info.state);
		crowd_check(helios_destroy(task), "task");
		if (store.used == 1)
			break;
	}
}

/* The crowd is to come to its call before we go on. */
static void
gather(unsigned int n, const struct crowd *like, uint64_t nr, uint64_t rdi,
		uint64_t rdx, uint64_t state)
{
	struct crowd c = *like;

	c.n = n;
	c.lowest = 1;
	c.highest = CROWD_HIGHEST;
	crowd_call(&c, nr, rdi, 0, rdx);
	if (nr != CROWD_SPIN)
		crowd_check(helios_task_set_priority(helios_process.task, 0,
			255), "priority");
	crowd_gather(&store, &c);
	crowd_check(helios_task_set_priority(helios_process.task,
		MAIN_PRIORITY, 255), "priority");
	expect(state);
}

static const struct crowd plain;

static void
ready(unsigned int n)
{
	gather(n, &plain, CROWD_SPIN, 0, 0, 0);
}

/* On the very endpoint and note that messages and signals go to. */
static void
receiving(unsigned int n)
{
	gather(n, &plain, HELIOS_SYS_RECV, EP, 0, HELIOS_TASK_RECEIVING);
}

static void
waiting(unsigned int n)
{
	gather(n, &plain, HELIOS_SYS_WAIT, NOTE_A, 0, HELIOS_TASK_WAITING);
}

static void
sending(unsigned int n)
{
	gather(n, &plain, HELIOS_SYS_CALL, other_ep, 0, HELIOS_TASK_SENDING);
}

static void
faulted(unsigned int n)
{
	const struct crowd c = { .fault = other_ep };

	gather(n, &c, HELIOS_SYS_EXIT, 0, 0, HELIOS_TASK_FAULTED);
}

static void
asleep(unsigned int n)
{
	const struct crowd c = { .step = 1000 };

	gather(n, &c, HELIOS_SYS_POLL, 0, helios_clock() + 3600000000000ull,
		HELIOS_TASK_POLLING);
}

/* A table that is full but for one slot. */
static void
slots(unsigned int n)
{
	while (n-- > 0)
		crowd_check(helios_cspace_copy(scale_table, HELIOS_CADDR_UNDEF,
			helios_process.cspace, GIFT, HELIOS_RIGHTS_ALL, NULL),
			"copy");
}

enum { CAPS = 1, MEMORY = 2, TASKS = 4, IPC = 8, NOTES = 16, FAULTS = 32,
	ALL = 63 };

static const struct kind {
	const char *name;
	void (*make)(unsigned int n);
	unsigned int groups;
	unsigned int most;		/* 0: as many as a store holds */
} kinds[] = {
	{ "endpoint", endpoints, ALL, 0 },
	{ "note", notes, ALL, 0 },
	{ "copy", copies, ALL, 0 },
	{ "chain", chain, ALL, 0 },
	{ "page", pages, ALL, 0 },
	{ "mapping", mapped, ALL, 0 },
	{ "space", spaces, ALL, 0 },
	{ "cspace", cspaces, ALL, 0 },
	{ "task", tasks, ALL, 0 },
	{ "ready", ready, ALL, 0 },
	{ "receiving", receiving, ALL, 0 },
	/* A signal of theirs would wake one of these. */
	{ "waiting", waiting, IPC | FAULTS | MEMORY, 0 },
	{ "sending", sending, ALL, 0 },
	{ "faulted", faulted, ALL, 0 },
	{ "asleep", asleep, ALL, 0 },
	{ "slots", slots, CAPS, STORE_SLOTS - 1 },
};

/*
 * What cost_peer is here (--wrap): others may wait for what the operations
 * send, so the peer comes to wait for it, above them, before any is sent.
 */
void __real_cost_peer(const char *role, unsigned int priority);
void __wrap_cost_peer(const char *role, unsigned int priority);

void
__wrap_cost_peer(const char *role, unsigned int priority)
{
	__real_cost_peer(role, priority);
	helios_yield();
}

static void
measure(unsigned int groups)
{
	cost_other = false;
	if (groups & CAPS) {
		cost_caps();
		scale_caps();
	}
	if (groups & MEMORY)
		cost_memory();
	if (groups & TASKS)
		cost_tasks();
	cost_other = true;
	if (groups & IPC)
		cost_ipc();
	if (groups & NOTES)
		cost_notes();
	if (groups & FAULTS)
		cost_faults();
	cost_other = false;
}

static uint64_t
free_pages(void)
{
	struct helios_memory_info info;

	crowd_check(helios_memory_info(helios_process.memory, &info), "info");
	return info.free;
}

/*
 * The slots that ../cost names by number are free in between, and would be
 * the next to be taken for what is to stay.
 */
enum { HELD_FIRST = 4020, HELD_LAST = 4039 };

static void
hold(void)
{
	for (helios_cap_t at = HELD_FIRST; at <= HELD_LAST; at++)
		crowd_check(helios_cspace_copy(helios_process.cspace, at,
			HELIOS_CADDR_UNDEF, GIFT, HELIOS_RIGHTS_ALL, NULL),
			"hold");
}

static void
let_go(void)
{
	for (helios_cap_t at = HELD_FIRST; at <= HELD_LAST; at++)
		crowd_check(helios_destroy(at), "let go");
}

/* n, though more were asked for where there is no room. */
static void
run(const struct kind *k, unsigned int n, unsigned int asked)
{
	uint64_t before;

	hold();
	store_open(&store, n);
	crowd_check(helios_newcspace(STORE_RADIX, &scale_table), "table");
	before = free_pages();
	k->make(n);
	helios_printf("scale %s %u %lu %u\n", k->name, asked,
		(before - free_pages()) * 4096 * 1000 / n, n);
	let_go();
	measure(k->groups);
	crowd_check(helios_destroy(scale_table), "table");
	store_close(&store);
}

/* Two pages for each is the most that any kind takes. */
static bool
fits(const struct kind *k, unsigned int n)
{
	uint64_t need = 2ull * n + 3 * (STORE_SLOTS / 64) + 4096;
	uint64_t have = free_pages();

	if (n > STORE_TABLES * STORE_SLOTS) {
		helios_printf("scale %s %u - at most %u expected\n", k->name,
			n, STORE_TABLES * STORE_SLOTS);
		return false;
	}
	if (need > have)
		helios_printf("scale %s %u - %lu pages needed, %lu free\n",
			k->name, n, need, have);
	return need <= have;
}

static void
run_all(unsigned int n)
{
	const struct kind *k = kinds;

	for (; k < kinds + sizeof(kinds) / sizeof(kinds[0]); k++)
		if (fits(k, n))
			run(k, k->most != 0 && n > k->most ? k->most : n, n);
}

static unsigned int
number(const char *word)
{
	unsigned long long n;

	if (helios_parse_u64(word, &n) || n == 0 || n > UINT32_MAX)
		helios_panic("scale: a number from 1 on expected, '%s' found",
			word);
	return (unsigned int)n;
}

int
main(int argc, char **argv, char **envp)
{
	int i;

	(void)envp;
	if (!helios_process.bootinfo)
		return cost_peer_main(argc, argv);
	cost_prepare();
	crowd_check(helios_newendpoint(&other_ep), "endpoint");
	for (i = 1; i < argc && strcmp(argv[i], "tree"); i++)
		run_all(number(argv[i]));
	scale_table_alone();
	for (i++; i < argc; i++)
		scale_trees(number(argv[i]));
	helios_printf("scale end\n");
	return 0;
}
