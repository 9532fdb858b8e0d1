/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program: each operation once, with peers in this address space and in
 * another.  It is its own peer: loaded once more, with the name of a role.
 */
#include "cost.h"

struct cost_samples cost_samples;
uint64_t cost_empty;
bool cost_other;
volatile uint64_t *cost_shared;

static struct helios_thread *peer_thread;
static struct helios_program peer;
static void *image;
static size_t image_size;

void
cost_check(enum helios_status status, const char *what)
{
	if (status != HELIOS_OK)
		helios_panic("cost: %s: %s (detail %lu)", what,
			helios_strerror(status), helios_detail());
}

void
cost_start(void)
{
	cost_samples.n = 0;
}

static void
sort(uint64_t *v, unsigned int n)
{
	unsigned int i, j;

	for (i = 1; i < n; i++) {
		uint64_t x = v[i];

		for (j = i; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

void
cost_result(const char *fmt, ...)
{
	struct cost_samples *s = &cost_samples;
	char name[64];
	va_list ap;

	va_start(ap, fmt);
	helios_vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	sort(s->at, SAMPLES);
	helios_printf("cost %s%s %lu %lu %lu\n", name,
		cost_other ? "/other" : "", s->at[SAMPLES / 2], s->at[0],
		s->at[SAMPLES - 1]);
}

void
cost_op(const char *name, void (*op)(void), void (*before)(void))
{
	uint64_t t;

	for (cost_start(); cost_more(); ) {
		if (before)
			before();
		t = ticks();
		op();
		cost_sample(t, ticks());
	}
	cost_result("%s", name);
}

static void
find_empty(void)
{
	uint64_t t;

	for (cost_start(); cost_more(); ) {
		t = ticks();
		cost_sample(t, ticks());
	}
	sort(cost_samples.at, SAMPLES);
	cost_empty = cost_samples.at[SAMPLES / 2];
}

static void *
thread_role(void *arg)
{
	cost_role(arg);
	return NULL;
}

static void
peer_process(const char *role, unsigned int priority)
{
	static const helios_cap_t slots[] = {
		EP, NOTE_A, NOTE_B, SHARED, GIFT, FAULT_EP
	};
	const char *argv[] = { "peer", role, NULL };

	peer = (struct helios_program){
		.image = image, .size = image_size, .argv = argv,
		.cspace_radix = 13, .task_flags = HELIOS_TASK_WRITECONS,
		.priority = priority, .highest = 255,
		.fault = HELIOS_CADDR_UNDEF, .ncaps = 6, .caps = slots,
		.as = slots, .self = 7, .memory_pages = 400,
	};
	cost_check(helios_program_load(&peer), "peer");
	cost_check(helios_task_resume(peer.task), "start");
}

void
cost_peer(const char *role, unsigned int priority)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = priority, .highest = 255 };
	union { const char *in; char *out; } name = { .in = role };

	if (cost_other) {
		peer_process(role, priority);
		return;
	}
	cost_check(helios_thread_new(&peer_thread, thread_role, name.out,
			&attr), "thread");
	cost_check(helios_thread_start(peer_thread), "start");
}

void
cost_peer_end(void)
{
	if (cost_other)
		cost_check(helios_program_destroy(&peer), "end");
	else
		cost_check(helios_thread_kill(peer_thread), "kill");
}

static void
make(void)
{
	struct helios_tar tar;
	helios_cap_t at;
	void *page;

	at = EP;
	cost_check(helios_allocate(helios_process.memory, HELIOS_ENDPOINT, 0,
			1, &at), "endpoint");
	at = FAULT_EP;
	cost_check(helios_allocate(helios_process.memory, HELIOS_ENDPOINT, 0,
			1, &at), "endpoint");
	at = NOTE_A;
	cost_check(helios_allocate(helios_process.memory, HELIOS_NOTE, 0,
			1, &at), "note");
	at = NOTE_B;
	cost_check(helios_allocate(helios_process.memory, HELIOS_NOTE, 0,
			1, &at), "note");
	at = GIFT;
	cost_check(helios_allocate(helios_process.memory, HELIOS_ENDPOINT, 0,
			1, &at), "endpoint");
	at = SHARED;
	cost_check(helios_mmap(NULL, 4096, HELIOS_PROT_WRITE, 0, &page),
		"mmap");
	cost_check(helios_cspace_copy(helios_process.cspace, at,
			HELIOS_CADDR_UNDEF, helios_page_at(page),
			HELIOS_RIGHTS_ALL, NULL), "copy");
	cost_shared = page;
	cost_check(helios_tar_initramfs(&tar), "initramfs");
	cost_check(helios_tar_load(&tar, "init", &image, &image_size), "init");
}

static int
run_peer(const char *role)
{
	helios_cap_t page = SHARED;
	uint64_t at;

	cost_check(helios_map(helios_process.vspace, 0x10000000,
			HELIOS_MAP_W, 1, &page, &at), "map");
	cost_shared = (volatile uint64_t *)at;
	cost_role(role);
	return 0;
}

int
main(int argc, char **argv, char **envp)
{
	(void)envp;
	if (!helios_process.bootinfo)
		return run_peer(argc > 1 ? argv[1] : "");
	cost_check(helios_task_set_priority(helios_process.task, 100, 255),
		"priority");
	find_empty();
	make();
	helios_printf("cost empty %lu %lu %lu\n", cost_empty, cost_empty,
		cost_empty);
	cost_caps();
	cost_memory();
	cost_tasks();
	for (cost_other = false; ; cost_other = true) {
		cost_ipc();
		cost_notes();
		cost_faults();
		if (cost_other)
			break;
	}
	return 0;
}

struct helios_program *
cost_peer_program(void)
{
	return &peer;
}

struct helios_thread *
cost_peer_thread(void)
{
	return peer_thread;
}
