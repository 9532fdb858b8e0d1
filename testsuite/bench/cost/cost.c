/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples, and peers: threads here, or processes that are this program loaded
 * once more, with the name of a role.
 */
#include "cost.h"

struct cost_samples cost_samples;
uint64_t cost_empty;
unsigned int cost_kept = SAMPLES, cost_warm_up = WARM_UP;
bool cost_other;
volatile uint64_t *cost_shared;
uint8_t *cost_code, *cost_code_writable;

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
cost_start(const char *fmt, ...)
{
	struct cost_samples *s = &cost_samples;
	char name[sizeof(s->name)];
	va_list ap;

	va_start(ap, fmt);
	helios_vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	helios_snprintf(s->name, sizeof(s->name), "%s%s", name,
		cost_other ? "/other" : "");
	s->n = 0;
	s->empty = cost_empty;
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
cost_result(void)
{
	struct cost_samples *s = &cost_samples;

	sort(s->at, cost_kept);
	helios_printf("cost %s %lu %lu %lu\n", s->name, s->at[cost_kept / 2],
		s->at[0], s->at[cost_kept - 1]);
}

/* The arguments are in their registers, which is all that is asked. */
__attribute__((noinline)) void
cost_trace(const char *name)
{
	__asm__ volatile("" : : "r"(name) : "memory");
}

__attribute__((noinline)) void
cost_traced(uint64_t start, uint64_t end, uint64_t empty, const char *name)
{
	__asm__ volatile("" : : "r"(start), "r"(end), "r"(empty), "r"(name) :
		"memory");
}

/* Nothing at all, in the loop of all the others. */
static uint64_t
nothing(void)
{
	return HELIOS_OK;
}

static void
find_empty(void)
{
	cost_op("empty", nothing, NULL);
	cost_empty = cost_samples.at[cost_kept / 2];
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
		EP, NOTE_A, NOTE_B, SHARED, GIFT, FAULT_EP, CODE
	};
	const char *argv[] = { "peer", role, NULL };

	peer = (struct helios_program){
		.image = image, .size = image_size, .argv = argv,
		.cspace_radix = 13, .task_flags = HELIOS_TASK_WRITECONS,
		.priority = priority, .highest = 255,
		.fault = HELIOS_CADDR_UNDEF, .ncaps = 7, .caps = slots,
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
make(helios_cap_t at, uint64_t type)
{
	cost_check(helios_allocate(helios_process.memory, type, 0, 1, &at),
		"allocate");
}

/* The same page twice, for none is both written and executed. */
static void
make_code(void)
{
	helios_cap_t page, at = CODE;
	uint64_t where;

	cost_check(helios_newpage(&page), "page");
	cost_check(helios_cspace_copy(helios_process.cspace, at,
			HELIOS_CADDR_UNDEF, page, HELIOS_RIGHTS_ALL, NULL),
		"copy");
	where = helios_process.bootinfo->user_limit - 0x20000000;
	cost_check(helios_map(helios_process.vspace, where, HELIOS_MAP_W, 1,
			&page, &where), "map");
	cost_code_writable = (uint8_t *)where;
	cost_check(helios_cspace_copy(helios_process.cspace, CODE_HERE,
			HELIOS_CADDR_UNDEF, page, HELIOS_RIGHTS_ALL, NULL),
		"copy");
	at = CODE_HERE;
	cost_check(helios_map(helios_process.vspace, where + 8192,
			HELIOS_MAP_X, 1, &at, &where), "map");
	cost_code = (uint8_t *)where;
}

void
cost_prepare(void)
{
	struct helios_tar tar;
	void *page;

	cost_check(helios_task_set_priority(helios_process.task, 100, 255),
		"priority");
	find_empty();
	make(EP, HELIOS_ENDPOINT);
	make(FAULT_EP, HELIOS_ENDPOINT);
	make(GIFT, HELIOS_ENDPOINT);
	make(NOTE_A, HELIOS_NOTE);
	make(NOTE_B, HELIOS_NOTE);
	cost_check(helios_mmap(NULL, 4096, HELIOS_PROT_WRITE, 0, &page),
		"mmap");
	cost_check(helios_cspace_copy(helios_process.cspace, SHARED,
			HELIOS_CADDR_UNDEF, helios_page_at(page),
			HELIOS_RIGHTS_ALL, NULL), "copy");
	cost_shared = page;
	make_code();
	cost_check(helios_tar_initramfs(&tar), "initramfs");
	cost_check(helios_tar_load(&tar, "init", &image, &image_size), "init");
}

static uint64_t
map_of(helios_cap_t page, uint64_t where, uint64_t flags)
{
	cost_check(helios_map(helios_process.vspace, where, flags, 1, &page,
			&where), "map");
	return where;
}

int
cost_peer_main(int argc, char **argv)
{
	cost_shared = (volatile uint64_t *)map_of(SHARED, 0x10000000,
		HELIOS_MAP_W);
	cost_code = (uint8_t *)map_of(CODE, 0x10002000, HELIOS_MAP_X);
	cost_role(argc > 1 ? argv[1] : "");
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
