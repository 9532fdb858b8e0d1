/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vulcan's supervisor: runs the tests one by one and survives them.
 *
 * The main thread is the supervisor.  It runs at the highest priority there
 * is, so no test can keep it from its deadline, and waits for the first of
 * three things: the event note (a verdict: passed, failed or skipped, set by
 * whichever thread of the test comes first), a fault, or the deadline.  Then
 * it destroys the test's Memory, which ends all its threads wherever they
 * are, empties the slots it used, and compares the system with before.
 *
 * Its own objects come from outside the test's Memory, and it uses neither
 * heap nor memory map: those belong to the running test and are abandoned
 * with it.
 */
#include <stdatomic.h>

#include "supervisor.h"

#define MS		1000000ull
#define SLOW_FACTOR	20u
#define MAX_SLOTS	65536u

/* Badges at the fault endpoint. */
enum { TEST_THREAD = 1, OTHER_THREAD = 2 };

/* The running test, written by its threads. */
static struct {
	const struct vulcan_test *test;
	uint64_t start;
	_Atomic uint32_t verdict;
	_Atomic uint64_t deadline;
	char text[512];
	char leak[400];
	struct helios_mutex notes_lock;
	char notes[4096];
} run;

static struct {
	helios_cap_t memory;		/* where tests' Memories come from */
	helios_cap_t faults, test_fault, other_fault;
	helios_cap_t event, park;
	unsigned int highest;		/* of tests */
	struct helios_msg msg;
} sup;

/* What must be the same after a test. */
struct level {
	struct helios_memory_info memory;
	struct helios_cspace_info cspace;
	struct helios_vspace_info vspace;
	struct helios_counts counts;
	struct vulcan_world world;
};

static uint8_t used_before[MAX_SLOTS / 8];

bool
vulcan_boot_flag(uint64_t flag)
{
	return helios_process.bootinfo &&
		(helios_process.bootinfo->flags & flag) == flag;
}

static uint64_t
scale(uint64_t ms)
{
	return ms * MS * (vulcan_boot_flag(HELIOS_BOOT_SLOW) ?
			SLOW_FACTOR : 1);
}

/* Called by tests. */

/* Registers only: this may run in a task that has no more than that. */
static _Noreturn void
park(void)
{
	uint64_t bits;

	for (;;)
		if (helios_raw_wait(sup.park, &bits) != HELIOS_OK)
			helios_raw_yield();
}

static bool
claim(void)
{
	uint32_t none = NONE;

	return atomic_compare_exchange_strong(&run.verdict, &none, CLAIMED);
}

static _Noreturn void
finish(enum verdict verdict)
{
	atomic_store(&run.verdict, verdict);
	helios_raw_signal(sup.event);
	park();
}

static const char *
base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

static void
write_text(const char *file, int line, const char *fmt, va_list ap)
{
	size_t n = 0;

	if (file)
		n = (size_t)helios_snprintf(run.text, sizeof(run.text),
				"%s:%d: ", base_name(file), line);
	if (n < sizeof(run.text))
		helios_vsnprintf(run.text + n, sizeof(run.text) - n, fmt, ap);
}

void
vulcan_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (run.test && !claim())
		park();
	va_start(ap, fmt);
	write_text(file, line, fmt, ap);
	va_end(ap);
	/* Before the first test, or between two. */
	if (!run.test)
		helios_panic("%s", run.text);
	finish(FAILED);
}

void
vulcan_skip(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	(void)file;
	(void)line;
	if (!claim())
		park();
	va_start(ap, fmt);
	write_text(NULL, 0, fmt, ap);
	va_end(ap);
	finish(SKIPPED);
}

void
vulcan_check_eq(const char *file, int line, const char *a_text,
		const char *b_text, uint64_t a, uint64_t b)
{
	if (a == b)
		return;
	vulcan_fail(file, line, "CHECK_EQ(%s, %s): %s = %lld (0x%llx), "
		"%s = %lld (0x%llx)", a_text, b_text,
		a_text, (long long)a, (unsigned long long)a,
		b_text, (long long)b, (unsigned long long)b);
}

void
vulcan_check_status(const char *file, int line, const char *text,
		enum helios_status found, enum helios_status expected)
{
	if (found == expected)
		return;
	if (found == HELIOS_OK)
		vulcan_fail(file, line, "%s: expected %s, found OK", text,
				helios_status_name(expected));
	vulcan_fail(file, line, "%s: expected %s, found %s (%s), detail %lld "
		"(0x%llx)", text, helios_status_name(expected),
		helios_status_name(found), helios_strerror(found),
		(long long)helios_detail(),
		(unsigned long long)helios_detail());
}

void
vulcan_note(const char *fmt, ...)
{
	size_t n;
	va_list ap;

	helios_mutex_lock(&run.notes_lock);
	n = strlen(run.notes);
	va_start(ap, fmt);
	helios_vsnprintf(run.notes + n, sizeof(run.notes) - n, fmt, ap);
	va_end(ap);
	strlcat(run.notes, "\n", sizeof(run.notes));
	helios_mutex_unlock(&run.notes_lock);
}

void
vulcan_timeout(unsigned int ms)
{
	atomic_store(&run.deadline, run.start + scale(ms));
	/* The supervisor waits for the old one. */
	helios_raw_signal(sup.event);
}

/* The library found something it cannot go on with (heap corruption). */
static void
on_panic(const char *text)
{
	if (run.test)
		vulcan_fail(NULL, 0, "panic: %s", text);
}

/* The supervisor. */

static void
set_verdict(enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_text(NULL, 0, fmt, ap);
	va_end(ap);
	atomic_store(&run.verdict, verdict);
}

/* Something the supervisor itself needs went wrong: the run is over. */
static void
need(enum helios_status status, const char *what)
{
	if (status == HELIOS_OK)
		return;
	run.test = NULL;
	helios_panic("vulcan: %s: %s (%s), detail %llu", what,
		helios_status_name(status), helios_strerror(status),
		(unsigned long long)helios_detail());
}

/* Another program has neither SystemControl nor a higher priority. */
static bool
is_init(void)
{
	return helios_process.system != HELIOS_CADDR_UNDEF;
}

static void
measure(struct level *l)
{
	*l = (struct level){ 0 };
	need(helios_memory_info(sup.memory, &l->memory), "Memory INFO");
	need(helios_cspace_info(helios_process.cspace, &l->cspace),
			"CSpace INFO");
	need(helios_vspace_info(helios_process.vspace, &l->vspace),
			"VSpace INFO");
	if (is_init())
		need(helios_system_counts(helios_process.system, &l->counts),
				"SystemControl COUNTS");
	if (vulcan_world_measure)
		vulcan_world_measure(&l->world);
}

static bool
slot_used(helios_cap_t cap)
{
	uint64_t what;

	need(helios_identify(cap, &what), "IDENTIFY");
	return HELIOS_IDENTIFY_TYPE(what) != HELIOS_NULL;
}

static void
remember_slots(uint64_t slots)
{
	uint64_t i;

	if (slots > MAX_SLOTS)
		slots = MAX_SLOTS;
	for (i = 0; i < slots; i++)
		if (slot_used((helios_cap_t)i))
			used_before[i / 8] |= (uint8_t)(1u << i % 8);
}

/* Empty what was free before, until as many are free as were. */
static void
sweep_slots(const struct level *before)
{
	struct helios_cspace_info now;
	uint64_t i, slots = before->cspace.slots;

	need(helios_cspace_info(helios_process.cspace, &now), "CSpace INFO");
	if (slots > MAX_SLOTS)
		slots = MAX_SLOTS;
	for (i = 0; i < slots && now.free < before->cspace.free; i++) {
		if (used_before[i / 8] & 1u << i % 8 ||
				!slot_used((helios_cap_t)i))
			continue;
		if (helios_destroy((helios_cap_t)i) != HELIOS_OK)
			continue;
		/* More than one may have gone: what came from it. */
		need(helios_cspace_info(helios_process.cspace, &now),
				"CSpace INFO");
	}
}

/* A capability of the system that the test had no business with. */
static void
check_own_caps(void)
{
	helios_cap_t cap;

	for (cap = 0; cap < HELIOS_INIT_CAPS; cap++) {
		uint64_t what = 0;

		if (!(used_before[cap / 8] & 1u << cap % 8))
			continue;
		need(helios_identify(cap, &what), "IDENTIFY");
		if (HELIOS_IDENTIFY_TYPE(what) > HELIOS_DEAD)
			continue;
		run.test = NULL;
		helios_panic("vulcan: the test has destroyed the capability "
			"at %u, which is not its own; cannot go on", cap);
	}
}

static void
compare(const char *what, uint64_t before, uint64_t after)
{
	size_t n = strlen(run.leak);

	if (before == after)
		return;
	helios_snprintf(run.leak + n, sizeof(run.leak) - n,
		"%s%s: %llu before, %llu after", n ? "; " : "", what,
		(unsigned long long)before, (unsigned long long)after);
}

static void
check_leaks(const struct level *a)
{
	struct level b;

	measure(&b);
	compare("free pages", a->memory.free, b.memory.free);
	compare("largest block", a->memory.largest, b.memory.largest);
	compare("objects", a->memory.objects, b.memory.objects);
	compare("free slots", a->cspace.free, b.cspace.free);
	compare("mapped pages", a->vspace.mapped, b.vspace.mapped);
	compare("table pages", a->vspace.tables, b.vspace.tables);
	compare("tasks", a->counts.tasks, b.counts.tasks);
	compare("endpoints", a->counts.endpoints, b.counts.endpoints);
	compare("notes", a->counts.notes, b.counts.notes);
	compare("cspaces", a->counts.cspaces, b.counts.cspaces);
	compare("vspaces", a->counts.vspaces, b.counts.vspaces);
	compare("memories", a->counts.memories, b.counts.memories);
	for (unsigned int i = 0; i < a->world.count; i++)
		compare(a->world.names[i], a->world.values[i],
				b.world.values[i]);
	if (run.leak[0] && atomic_load(&run.verdict) != FAILED)
		set_verdict(FAILED, "after everything the test had was "
				"destroyed, the system is not as before");
}

static void *
test_main(void *arg)
{
	const struct vulcan_test *test = arg;

	test->run();
	if (claim())
		finish(PASSED);
	park();
}

static void
describe_ip(uint64_t ip, char *out, size_t size)
{
	const struct helios_process *p = &helios_process;

	if (ip >= p->image_base && ip < p->image_end)
		helios_snprintf(out, size, "image+0x%llx",
			(unsigned long long)(ip - p->image_base));
	else
		helios_snprintf(out, size, "outside the image");
}

/* A fault came.  Returns true if it decides the test. */
static bool
take_fault(void)
{
	struct helios_fault fault;
	char text[160], where[40];

	need(helios_recv(sup.faults, &sup.msg), "RECV of a fault");
	if (helios_fault_decode(&sup.msg, &fault) != HELIOS_OK) {
		if (claim())
			set_verdict(FAILED, "a message that is no fault came "
				"to the supervisor");
		return true;
	}
	/* A helper's last system call; it stays as it is. */
	if (fault.kind == HELIOS_FAULT_EXIT && sup.msg.badge != TEST_THREAD)
		return false;
	helios_fault_describe(&fault, text, sizeof(text));
	describe_ip(fault.ip, where, sizeof(where));
	if (claim())
		set_verdict(FAILED, "%s: %s (%s), task %llu",
			sup.msg.badge == TEST_THREAD ? "the test's thread" :
			"a thread of the test", text, where,
			(unsigned long long)fault.task);
	return true;
}

static void
take_timeout(struct helios_thread *thread)
{
	struct helios_task_info info = { .state = 0 };
	helios_cap_t task = helios_thread_task(thread);
	struct helios_regs regs = { .rip = 0 };
	char where[40];

	helios_task_info(task, &info);
	helios_task_suspend(task);
	helios_task_read_registers(task, &regs);
	describe_ip(regs.rip, where, sizeof(where));
	if (claim())
		set_verdict(FAILED, "no verdict after %llu ms; the test's "
			"thread was at ip 0x%llx (%s), state 0x%llx",
			(unsigned long long)((helios_clock() - run.start) /
			MS), (unsigned long long)regs.rip, where,
			(unsigned long long)info.state);
}

/* Until there is a verdict. */
static void
watch(struct helios_thread *thread)
{
	struct helios_poll entries[2] = {
		{ sup.event, HELIOS_POLL_RECV, 0 },
		{ sup.faults, HELIOS_POLL_RECV, 0 },
	};
	uint64_t deadline, bits;
	unsigned int ready;

	while (atomic_load(&run.verdict) <= CLAIMED) {
		deadline = atomic_load(&run.deadline);
		need(helios_poll(entries, 2, deadline, &ready), "POLL");
		if (entries[0].revents)
			helios_nbwait(sup.event, &bits);
		else if (entries[1].revents && take_fault())
			return;
		else if (!ready && deadline == atomic_load(&run.deadline)) {
			take_timeout(thread);
			return;
		}
	}
}

static void
clear_events(void)
{
	uint64_t bits;

	helios_nbwait(sup.event, &bits);
	helios_nbwait(sup.park, &bits);
}

static void
start_and_watch(const struct vulcan_test *test)
{
	const struct helios_thread_attr attr = {
		.name = test->name,
		.has_priority = true,
		.priority = sup.highest < VULCAN_PRIORITY ? sup.highest :
			VULCAN_PRIORITY,
		.highest = sup.highest,
		.has_fault = true,
		.fault = sup.test_fault,
	};
	struct helios_thread *thread;
	union {
		const struct vulcan_test *in;
		void *out;
	} arg = { .in = test };

	need(helios_thread_new(&thread, test_main, arg.out, &attr),
			"a thread for the test");
	need(helios_thread_start(thread), "starting the test");
	watch(thread);
}

/* Everything the test had goes with its Memory. */
static void
clear_away(const struct level *before)
{
	helios_cap_t memory = helios_process.memory;

	need(helios_destroy(memory), "destroying the test's Memory");
	helios_process.memory = sup.memory;
	helios_process.thread_fault = HELIOS_CADDR_UNDEF;
	helios_memory_abandon();
	check_own_caps();
	sweep_slots(before);
	clear_events();
	check_leaks(before);
	if (vulcan_boot_flag(HELIOS_BOOT_DEBUG))
		need(helios_system_check(helios_process.system, NULL),
				"SystemControl CHECK");
}

enum verdict
supervisor_run(const struct vulcan_test *test, uint64_t timeout_ms,
		struct report *report)
{
	struct level before;
	helios_cap_t memory;

	measure(&before);
	need(helios_newmemory(VULCAN_PAGES, &memory), "a Memory for a test");
	helios_process.memory = memory;
	helios_process.thread_fault = sup.other_fault;
	run.test = test;
	run.text[0] = 0;
	run.leak[0] = 0;
	run.notes[0] = 0;
	run.notes_lock = (struct helios_mutex)HELIOS_MUTEX_INIT;
	atomic_store(&run.verdict, NONE);
	run.start = helios_clock();
	atomic_store(&run.deadline, run.start + scale(timeout_ms));
	start_and_watch(test);
	clear_away(&before);
	run.test = NULL;
	*report = (struct report){ run.text, run.leak, run.notes,
		helios_clock() - run.start };
	return (enum verdict)atomic_load(&run.verdict);
}

void
supervisor_set_up(void)
{
	struct helios_task_info info;
	struct level now;

	helios_process.panic = on_panic;
	if (vulcan_world_set_up)
		vulcan_world_set_up();
	sup.memory = helios_process.memory;
	need(helios_newendpoint(&sup.faults), "an endpoint");
	need(helios_newnote(&sup.event), "a note");
	need(helios_newnote(&sup.park), "a note");
	need(helios_mint(sup.faults, HELIOS_RIGHT_SEND | HELIOS_RIGHT_GRANT,
			TEST_THREAD, &sup.test_fault), "MINT");
	need(helios_mint(sup.faults, HELIOS_RIGHT_SEND | HELIOS_RIGHT_GRANT,
			OTHER_THREAD, &sup.other_fault), "MINT");
	need(helios_task_info(helios_process.task, &info), "Task INFO");
	sup.highest = info.highest;
	if (is_init() && info.highest > 0) {
		need(helios_task_set_priority(helios_process.task,
				info.highest, info.highest), "SET_PRIORITY");
		sup.highest--;
	}
	measure(&now);
	remember_slots(now.cspace.slots);
}
