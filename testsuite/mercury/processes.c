/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes: what they are given, how they end, what their maker learns, and
 * that none gets more than its quota or outlives who made it.
 */
#include <stdatomic.h>

#include "world.h"

#define CHILD_PAGES	256u
#define STATUS		77

CHILD(status)
{
	return STATUS;
}

TEST(process, exit_status)
{
	struct ipc_client p = new_child("status", 0);

	CHECK_EQ(run_child(&p), STATUS);
}

static const char *const arguments[] = {
	"one", "", "three words here", "\xff\x01", "NAME=VALUE",
};
static const char *const environment[] = {
	"FIRST=1", "EMPTY=", "TWICE=a=b",
};
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The number of the first that is not as it should be; 0: all are. */
CHILD(arguments)
{
	size_t i;

	if (helios_process.argc != 3 + (int)COUNT(arguments) ||
			strcmp(helios_process.argv[0], "usrinit"))
		return 1;
	for (i = 0; i < COUNT(arguments); i++)
		if (strcmp(helios_process.argv[3 + i], arguments[i]))
			return 10 + (int)i;
	for (i = 0; i < COUNT(environment); i++)
		if (!helios_process.envp[i] ||
				strcmp(helios_process.envp[i],
					environment[i]))
			return 20 + (int)i;
	return helios_process.envp[i] ? 30 : 0;
}

TEST(process, arguments_and_environment)
{
	struct ipc_client p = new_child("arguments", 0);
	size_t i;

	for (i = 0; i < COUNT(arguments); i++)
		CHECK_DONE(sys_process_arg(&p, arguments[i],
					strlen(arguments[i])));
	for (i = 0; i < COUNT(environment); i++)
		CHECK_DONE(sys_process_env(&p, environment[i],
					strlen(environment[i])));
	CHECK_EQ(run_child(&p), 0);
}

/* 4096 bytes in all; then no more, and what was there before still is. */
TEST(process, arguments_too_long)
{
	struct ipc_client p = new_child("status", 0);
	ipc_status_t status = 0;
	unsigned int n;
	char text[400];

	memset(text, 'x', sizeof(text));
	text[1] = '=';
	for (n = 0; n < 100 && !status; n++)
		status = sys_process_arg(&p, text, sizeof(text));
	CHECK_IPC(status, SYS_LIMIT);
	CHECK(n > 4 && n <= 11);
	CHECK_IPC(sys_process_env(&p, text, sizeof(text)), SYS_LIMIT);
	CHECK_EQ(run_child(&p), STATUS);
}

TEST(process, arguments_with_nul)
{
	struct ipc_client p = new_child("status", 0);

	CHECK(sys_process_arg(&p, "a\0b", 3) != 0);
	CHECK(sys_process_env(&p, "A=\0", 3) != 0);
	CHECK_EQ(run_child(&p), STATUS);
}

TEST(process, no_program)
{
	static const struct {
		const char *path;
		ipc_status_t expected;
	} cases[] = {
		{ "none", SYS_NOENT },
		{ "", SYS_NOENT },
		{ "drivers", SYS_NOENT },
		{ "test/text", SYS_NOEXEC },
	};
	struct ipc_client manager = service(SYS_PROCMGR_ID), p;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		p = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
		CHECK_DONE(sys_procmgr_new(&manager, 0, &p.cap));
		CHECK_DONE(sys_process_arg(&p, cases[i].path,
					strlen(cases[i].path)));
		CHECK_IPC(sys_process_start(&p), cases[i].expected);
		close_process(&p);
	}
	/* Nor without any argument. */
	CHECK_DONE(sys_procmgr_new(&manager, 0, &p.cap));
	CHECK(sys_process_start(&p) != 0);
	close_process(&p);
}

TEST(process, states)
{
	struct ipc_client p = new_child("status", 0);
	enum sys_ending how;
	uint64_t status;

	CHECK_IPC(sys_process_wait(&p, &status), SYS_STATE);
	CHECK_IPC(sys_process_how(&p, &how), SYS_STATE);
	start_child(&p);
	CHECK_DONE(sys_process_wait(&p, &status));
	CHECK_EQ(status, STATUS);
	/* Again: it ends only once, but can be asked often. */
	CHECK_DONE(sys_process_wait(&p, &status));
	CHECK_EQ(status, STATUS);
	CHECK_IPC(sys_process_start(&p), SYS_STATE);
	CHECK_IPC(sys_process_arg(&p, "x", 1), SYS_STATE);
	CHECK_IPC(sys_process_env(&p, "x=", 2), SYS_STATE);
	CHECK_IPC(sys_process_give(&p, service(SYS_LOG_ID).cap, 1),
			SYS_STATE);
	CHECK_IPC(sys_process_kill(&p), SYS_STATE);
	CHECK_DONE(sys_process_close(&p));
	CHECK_IPC(sys_process_wait(&p, &status), HELIOS_REVOKED);
	helios_destroy(p.cap);
}

CHILD(fault)
{
	volatile uint64_t *volatile nowhere = (volatile uint64_t *)0x20;

	return (int)*nowhere;
}

TEST(process, fault)
{
	struct ipc_client p = new_child("fault", 0);
	enum sys_ending how;
	uint64_t kind;

	start_child(&p);
	CHECK_DONE(sys_process_wait(&p, &kind));
	CHECK_EQ(kind, HELIOS_FAULT_PAGE);
	CHECK_DONE(sys_process_how(&p, &how));
	CHECK_EQ(how, SYS_ENDING_FAULT);
	close_process(&p);
}

/* For ever; does it have a page, it counts there. */
CHILD(spin)
{
	struct shared *s = given_shared();

	for (;;)
		if (s)
			atomic_fetch_add(&s->rounds, 1);
	return 0;
}

struct waiter {
	struct helios_thread *thread;
	struct ipc_client process;
	ipc_status_t status;
	uint64_t value;
};

static void *
wait_for_end(void *arg)
{
	struct waiter *w = arg;

	w->status = sys_process_wait(&w->process, &w->value);
	return NULL;
}

static void
start_waiter(struct waiter *w, struct ipc_client process)
{
	struct helios_task_info info;

	w->process = process;
	w->value = STATUS;
	CHECK_OK(helios_thread_spawn(&w->thread, wait_for_end, w));
	do {
		helios_sleep(MS);
		CHECK_OK(helios_task_info(helios_thread_task(w->thread),
					&info));
	} while ((info.state & HELIOS_TASK_BLOCKED) != HELIOS_TASK_CALLING);
}

static void
check_waiter(struct waiter *w, uint64_t value)
{
	CHECK_OK(helios_thread_join(w->thread, NULL));
	CHECK_IPC(w->status, 0);
	CHECK_EQ(w->value, value);
}

/* It spins; killing it answers all who wait. */
TEST(process, kill)
{
	struct ipc_client p = new_child("spin", 0);
	struct waiter w[3];
	enum sys_ending how;
	unsigned int i;

	start_child(&p);
	for (i = 0; i < 3; i++)
		start_waiter(&w[i], p);
	CHECK_IPC(sys_process_how(&p, &how), SYS_STATE);
	CHECK_DONE(sys_process_kill(&p));
	for (i = 0; i < 3; i++)
		check_waiter(&w[i], 0);
	CHECK_DONE(sys_process_how(&p, &how));
	CHECK_EQ(how, SYS_ENDING_KILLED);
	close_process(&p);
}

TEST(process, close_while_it_runs)
{
	struct ipc_client p = new_child("spin", 0);
	struct shared *s;
	helios_cap_t page;
	uint64_t rounds;

	s = new_shared(&page);
	CHECK_DONE(sys_process_give(&p, page, SHARED_PAGE));
	start_child(&p);
	await_above(&s->rounds, 0);
	close_process(&p);
	rounds = atomic_load(&s->rounds);
	helios_sleep(20 * MS);
	CHECK_EQ(atomic_load(&s->rounds), rounds);
}

TEST(process, closed_before_its_start)
{
	struct ipc_client p = new_child("status", 16);

	close_process(&p);
	p = new_child("status", 1u << 30);
	close_process(&p);
}

/* Its waiters are threads that are no more. */
TEST(process, waiter_is_gone)
{
	struct ipc_client p = new_child("spin", 0);
	struct waiter w;

	start_child(&p);
	start_waiter(&w, p);
	CHECK_OK(helios_thread_kill(w.thread));
	close_process(&p);
}

/*
 * The list of processes
 */

struct entry {
	uint64_t id, maker, state, cpu, pages, free;
	char name[HELIOS_TASK_NAME + 1];
};

/* The entry of this process; false: there is none. */
static bool
find_entry(uint32_t pid, struct entry *out)
{
	struct ipc_client manager = service(SYS_PROCMGR_ID);
	uint32_t after = 0;

	for (;;) {
		size_t len = sizeof(*out);
		ipc_status_t status = sys_procmgr_list(&manager, after, out,
				&len);

		if (status == SYS_END)
			return false;
		CHECK_DONE(status);
		CHECK(len > offsetof(struct entry, name));
		CHECK(out->id > after);
		if (out->id == pid)
			return true;
		after = (uint32_t)out->id;
	}
}

TEST(process, list)
{
	struct ipc_client p = new_child("spin", CHILD_PAGES);
	struct entry e;
	uint32_t pid;

	start_child(&p);
	CHECK_DONE(sys_process_pid(&p, &pid));
	CHECK(find_entry(pid, &e));
	CHECK_EQ(e.state, SYS_PROCESS_STATE_RUNNING);
	CHECK_EQ(e.pages, CHILD_PAGES);
	CHECK(e.free <= CHILD_PAGES);
	CHECK(!strcmp(e.name, "usrinit"));
	CHECK_DONE(sys_process_kill(&p));
	CHECK(find_entry(pid, &e));
	CHECK_EQ(e.state, SYS_PROCESS_STATE_ENDED);
	close_process(&p);
	CHECK(!find_entry(pid, &e));
}

/*
 * Quotas
 */

/* All the memory it can get, page by page. */
CHILD(eat_memory)
{
	struct shared *s = given_shared();
	helios_cap_t page;
	enum helios_status status;

	if (!s)
		return 1;
	while ((status = helios_newpage(&page)) == HELIOS_OK)
		atomic_fetch_add(&s->rounds, 1);
	atomic_store(&s->extra[0], status);
	return 0;
}

static uint64_t
eaten(uint32_t pages)
{
	struct ipc_client p = new_child("eat_memory", pages);
	struct shared *s;
	helios_cap_t page;

	s = new_shared(&page);
	CHECK_DONE(sys_process_give(&p, page, SHARED_PAGE));
	CHECK_EQ(run_child(&p), 0);
	CHECK(atomic_load(&s->extra[0]) == HELIOS_NOMEM ||
			atomic_load(&s->extra[0]) == HELIOS_CSPACE_FULL);
	return atomic_load(&s->rounds);
}

TEST(process, quota)
{
	uint64_t n = eaten(CHILD_PAGES);

	CHECK(n > 0);
	CHECK(n < CHILD_PAGES);
	/* Everything came back. */
	CHECK_EQ(eaten(CHILD_PAGES), n);
}

TEST(process, quota_that_is_not_there)
{
	struct ipc_client p = new_child("status", UINT32_MAX);

	CHECK_IPC(sys_process_start(&p), SYS_NOMEM);
	close_process(&p);
}

TEST(process, quota_too_small_for_the_program)
{
	struct ipc_client p = new_child("status", 1);

	CHECK_IPC(sys_process_start(&p), SYS_NOMEM);
	close_process(&p);
}

/* 16 children, the bystander among them. */
TEST(process, children_have_a_limit)
{
	struct ipc_client manager = service(SYS_PROCMGR_ID), p[40];
	ipc_status_t status = 0;
	unsigned int n, i;

	for (n = 0; n < 40; n++) {
		p[n] = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
		status = sys_procmgr_new(&manager, 0, &p[n].cap);
		if (status)
			break;
	}
	CHECK_IPC(status, SYS_LIMIT);
	CHECK(n > 4);
	for (i = 0; i < n; i++)
		close_process(&p[i]);
	p[0] = new_child("status", 0);
	CHECK_EQ(run_child(&p[0]), STATUS);
}

/*
 * Families
 */

/* Makes a child that counts in the page, and stays. */
CHILD(maker)
{
	struct ipc_client manager = IPC_CLIENT(
			mercury_service(SYS_PROCMGR_ID));
	static const char *const args[] = { "usrinit", "--child", "spin" };
	helios_cap_t page = mercury_service(SHARED_PAGE);
	struct ipc_client p = IPC_CLIENT(HELIOS_CADDR_UNDEF);
	ipc_status_t status = sys_procmgr_new(&manager, CHILD_PAGES, &p.cap);
	unsigned int i;

	for (i = 0; i < 3 && !status; i++)
		status = sys_process_arg(&p, args[i], strlen(args[i]));
	if (!status)
		status = sys_process_give(&p, page, SHARED_PAGE);
	if (!status)
		status = sys_process_start(&p);
	if (status || helios_getenv("LEAVE"))
		return status ? 1 : 0;
	for (;;)
		helios_sleep(MS);
}

static void
check_orphan_ends(bool leave)
{
	struct ipc_client p = new_child("maker", 3 * CHILD_PAGES);
	struct shared *s;
	helios_cap_t page;
	uint64_t rounds, status;

	s = new_shared(&page);
	equip_child(&p, page);
	if (leave)
		CHECK_DONE(sys_process_env(&p, "LEAVE=", 6));
	start_child(&p);
	if (leave) {
		CHECK_DONE(sys_process_wait(&p, &status));
		CHECK_EQ(status, 0);
	} else {
		await_above(&s->rounds, 0);
		CHECK_DONE(sys_process_kill(&p));
	}
	rounds = atomic_load(&s->rounds);
	helios_sleep(20 * MS);
	CHECK_EQ(atomic_load(&s->rounds), rounds);
	close_process(&p);
}

TEST(process, orphans_end_with_their_killed_maker)
{
	check_orphan_ends(false);
}

TEST(process, orphans_end_with_their_maker_that_exits)
{
	check_orphan_ends(true);
}

/* Only what its maker gives it. */
CHILD(services)
{
	static const uint32_t ids[] = {
		SYS_PROCMGR_ID, SYS_DEVMGR_ID, SYS_DEVLOADER_ID, IO_FS_ID,
		SYS_LOG_ID, SYS_STATS_ID, SYS_DEVREGISTRY_ID,
	};
	unsigned int i;
	int found = 0;

	for (i = 0; i < COUNT(ids); i++)
		if (mercury_service(ids[i]) != HELIOS_CADDR_UNDEF)
			found |= 1 << i;
	if (helios_writecons("x", 1) != HELIOS_ACCESS ||
			helios_process.system != HELIOS_CADDR_UNDEF)
		found |= 0x80;
	return found;
}

TEST(process, has_no_services_of_its_own)
{
	struct ipc_client p = new_child("services", 0);

	CHECK_EQ(run_child(&p), 0);
	p = new_child("services", 0);
	CHECK_DONE(sys_process_give(&p, service(SYS_DEVMGR_ID).cap,
				SYS_DEVMGR_ID));
	CHECK_EQ(run_child(&p), 2);
}

TEST(process, gifts_have_a_limit)
{
	struct ipc_client p = new_child("status", 0);
	ipc_status_t status = 0;
	unsigned int n;

	for (n = 0; n < 64 && !status; n++)
		status = sys_process_give(&p, service(SYS_LOG_ID).cap,
				100 + n);
	CHECK_IPC(status, SYS_LIMIT);
	CHECK(n > 8);
	CHECK_EQ(run_child(&p), STATUS);
}
