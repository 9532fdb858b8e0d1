/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a driver that ends, in whatever way, and of its clients:
 * a call that it had taken is canceled, one that it had not is made again,
 * and the device is the same one as before.
 */
#include "world.h"

#define PENDING		5u		/* clients that wait */
#define WATCHED		3u		/* intervals of the watchdog */
#define INTERVAL	2000u		/* ms, as in sleeper.manifest */

/* A driver of crasher.c and its device. */
struct victim {
	struct ipc_client driver;
	struct mercury_device device;
	uint64_t restarts;
};

static void
open_victim(struct victim *v, const char *name, enum crasher_slot slot)
{
	v->driver = find_driver(name);
	open_device(&v->device, CRASHER_IFACE + slot, 0);
	v->restarts = driver_restarts(&v->driver);
}

static void
close_victim(struct victim *v)
{
	mercury_close(&v->device);
	close_driver(&v->driver);
}

/* It serves, by the capability it had or by another. */
static void
check_serves(struct ipc_client *device)
{
	char text[NAME_MAX];

	CHECK_DONE(put_text(device, "ping"));
	CHECK_DONE(get_text(device, text, sizeof(text)));
	CHECK(!strcmp(text, "ping"));
}

static void
check_came_back(struct victim *v)
{
	await_restart(&v->driver, v->restarts);
	CHECK_EQ(driver_restarts(&v->driver), v->restarts + 1);
	check_serves(&v->device.client);
}

static void
crash_and_come_back(const char *name, enum crasher_slot slot,
		const char *way)
{
	struct victim v;

	open_victim(&v, name, slot);
	CHECK_IPC(put_text(&v.device.client, way), HELIOS_CANCELED);
	check_came_back(&v);
	close_victim(&v);
}

#define WAY_TEST(test, way)						\
	TEST(crash, test)						\
	{								\
		crash_and_come_back("crasher", CRASHER, way);		\
	}

WAY_TEST(read, "read")
WAY_TEST(write, "write")
WAY_TEST(own_text, "text")
WAY_TEST(exec, "exec")
WAY_TEST(exec_of_stack, "stack-exec")
WAY_TEST(divide, "divide")
WAY_TEST(invalid_opcode, "opcode")
WAY_TEST(privileged_instruction, "privileged")
WAY_TEST(port_instruction, "port")
WAY_TEST(breakpoint, "breakpoint")
WAY_TEST(syscall_instruction, "syscall")
WAY_TEST(stack_overflow, "stack")
WAY_TEST(exit_with_status, "exit")
WAY_TEST(return_from_main, "return")
WAY_TEST(panic, "panic")
WAY_TEST(system_call_garbage, "garbage")

TEST(crash, many_in_a_row)
{
	struct victim v;
	unsigned int i;

	open_victim(&v, "crasher", CRASHER);
	for (i = 0; i < 20; i++) {
		v.restarts = driver_restarts(&v.driver);
		CHECK_IPC(put_text(&v.device.client, i % 2 ? "write" :
					"exit"), HELIOS_CANCELED);
		check_came_back(&v);
	}
	close_victim(&v);
}

/*
 * The watchdog
 */

TEST(watchdog, endless_loop)
{
	crash_and_come_back("sleeper", SLEEPER, "loop");
}

TEST(watchdog, endless_wait)
{
	crash_and_come_back("sleeper", SLEEPER, "wait");
}

/* It serves its clients, but does not answer the watchdog. */
TEST(watchdog, silence)
{
	struct victim v;

	open_victim(&v, "sleeper", SLEEPER);
	CHECK_DONE(put_text(&v.device.client, "silent"));
	check_came_back(&v);
	close_victim(&v);
}

TEST(watchdog, answered)
{
	struct victim v;

	open_victim(&v, "sleeper", SLEEPER);
	helios_sleep(WATCHED * INTERVAL * MS);
	CHECK_EQ(driver_restarts(&v.driver), v.restarts);
	check_serves(&v.device.client);
	close_victim(&v);
}

/*
 * Clients at the moment of the crash
 */

struct waiting {
	struct helios_thread *thread;
	struct mercury_device device;
	ipc_status_t status;
	const char *put;		/* NULL: get */
};

static void *
wait_for_driver(void *arg)
{
	struct waiting *w = arg;
	char text[NAME_MAX];

	w->status = w->put ? put_text(&w->device.client, w->put) :
		get_text(&w->device.client, text, sizeof(text));
	return NULL;
}

static void
start_waiting(struct waiting *w, enum crasher_slot slot, const char *put)
{
	w->put = put;
	open_device(&w->device, CRASHER_IFACE + slot, 0);
	CHECK_OK(helios_thread_spawn(&w->thread, wait_for_driver, w));
}

/* Until its call was taken (CALLING), or stands in the queue (SENDING). */
static void
await_blocked(const struct waiting *w, uint64_t how)
{
	struct helios_task_info info;

	do {
		helios_sleep(MS);
		CHECK_OK(helios_task_info(helios_thread_task(w->thread),
					&info));
	} while ((info.state & HELIOS_TASK_BLOCKED) != how);
}

static void
check_waiting(struct waiting *w, ipc_status_t expected)
{
	CHECK_OK(helios_thread_join(w->thread, NULL));
	CHECK_IPC(w->status, expected);
	mercury_close(&w->device);
}

/* Their Replies are in the driver's CSpace, where they go down with it. */
TEST(client, calls_kept_are_canceled)
{
	struct waiting w[PENDING];
	struct victim v;
	unsigned int i;

	open_victim(&v, "crasher", CRASHER);
	CHECK_DONE(put_text(&v.device.client, "keep"));
	for (i = 0; i < PENDING; i++)
		start_waiting(&w[i], CRASHER, NULL);
	for (i = 0; i < PENDING; i++)
		await_blocked(&w[i], HELIOS_TASK_CALLING);
	CHECK_DONE(sys_driver_crash(&v.driver));
	for (i = 0; i < PENDING; i++)
		check_waiting(&w[i], HELIOS_CANCELED);
	check_came_back(&v);
	close_victim(&v);
}

/* Nobody has seen these yet: they are the next instance's. */
TEST(client, calls_queued_are_made_again)
{
	struct waiting taken, queued[PENDING];
	struct victim v;
	unsigned int i;

	open_victim(&v, "crasher", CRASHER);
	start_waiting(&taken, CRASHER, "wait");
	await_blocked(&taken, HELIOS_TASK_CALLING);
	for (i = 0; i < PENDING; i++)
		start_waiting(&queued[i], CRASHER, "ping");
	for (i = 0; i < PENDING; i++)
		await_blocked(&queued[i], HELIOS_TASK_SENDING);
	CHECK_DONE(sys_driver_kill(&v.driver));
	check_waiting(&taken, HELIOS_CANCELED);
	for (i = 0; i < PENDING; i++)
		check_waiting(&queued[i], 0);
	check_came_back(&v);
	close_victim(&v);
}

/* One that does not want to be connected again is told. */
TEST(client, without_reconnect_is_told)
{
	struct victim v;
	struct ipc_client once;

	open_victim(&v, "crasher", CRASHER);
	once = (struct ipc_client)IPC_CLIENT(v.device.client.cap);
	CHECK_DONE(sys_driver_kill(&v.driver));
	await_restart(&v.driver, v.restarts);
	CHECK_IPC(put_text(&once, "ping"), HELIOS_REVOKED);
	check_serves(&v.device.client);
	CHECK(v.device.client.cap != once.cap);
	close_victim(&v);
}

TEST(client, gone_while_its_call_is_pending)
{
	struct waiting w;
	struct victim v;

	open_victim(&v, "crasher", CRASHER);
	CHECK_DONE(put_text(&v.device.client, "keep"));
	start_waiting(&w, CRASHER, NULL);
	await_blocked(&w, HELIOS_TASK_CALLING);
	CHECK_OK(helios_thread_kill(w.thread));
	mercury_close(&w.device);
	CHECK_DONE(sys_driver_crash(&v.driver));
	check_came_back(&v);
	close_victim(&v);
}

/*
 * Restarts: how many, how fast
 */

TEST(restart, pid_changes_and_index_stays)
{
	struct victim v;
	uint32_t before, after;

	open_victim(&v, "crasher", CRASHER);
	CHECK_DONE(sys_driver_pid(&v.driver, &before));
	CHECK_DONE(sys_driver_crash(&v.driver));
	check_came_back(&v);
	CHECK_DONE(sys_driver_pid(&v.driver, &after));
	CHECK(after != before);
	CHECK_EQ(v.device.index, 0);
	close_victim(&v);
}

/* 20, 40, 80, 80 ms: never earlier.  How much later is the machine's. */
TEST(restart, backs_off)
{
	static const uint64_t delays[] = { 20, 40, 80, 80 };
	struct victim v;
	uint64_t ns;
	unsigned int i;

	open_victim(&v, "backoff", BACKOFF);
	if (v.restarts > 0)
		SKIP("the driver has been restarted before");
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		v.restarts = driver_restarts(&v.driver);
		CHECK_DONE(sys_driver_crash(&v.driver));
		check_came_back(&v);
		CHECK_DONE(sys_driver_downtime(&v.driver, &ns));
		if (ns < delays[i] * MS)
			FAIL("restart %u came after %llu ns, expected at "
				"least %llu ms", i, (unsigned long long)ns,
				(unsigned long long)delays[i]);
	}
	close_victim(&v);
}

/* Two restarts, then it is given up; start() gives it another chance. */
TEST(restart, limit)
{
	struct mercury_device d;
	struct victim v;
	unsigned int i;

	open_victim(&v, "limited", LIMITED);
	if (v.restarts > 0)
		SKIP("the driver has been restarted before");
	for (i = 0; i < 2; i++) {
		CHECK_DONE(sys_driver_crash(&v.driver));
		check_came_back(&v);
		v.restarts++;
	}
	CHECK_DONE(sys_driver_crash(&v.driver));
	await_state(&v.driver, SYS_DRIVER_STATE_FAILED);
	CHECK_EQ(driver_restarts(&v.driver), 2);
	CHECK_IPC(put_text(&v.device.client, "ping"), HELIOS_REVOKED);
	CHECK_IPC(mercury_open(&d, CRASHER_IFACE + LIMITED, 0, true),
			SYS_FAILED);
	CHECK_DONE(sys_driver_start(&v.driver));
	await_state(&v.driver, SYS_DRIVER_STATE_RUNNING);
	check_serves(&v.device.client);
	close_victim(&v);
}

TEST(restart, limit_before_it_registers)
{
	struct ipc_client driver = find_driver("stillborn");

	await_state(&driver, SYS_DRIVER_STATE_FAILED);
	CHECK_EQ(driver_restarts(&driver), 3);
	close_driver(&driver);
}

TEST(restart, never)
{
	struct mercury_device d;
	struct victim v;

	open_victim(&v, "never", NEVER);
	CHECK_IPC(put_text(&v.device.client, "exit"), HELIOS_CANCELED);
	await_state(&v.driver, SYS_DRIVER_STATE_FAILED);
	CHECK_EQ(driver_restarts(&v.driver), v.restarts);
	CHECK_IPC(mercury_open(&d, CRASHER_IFACE + NEVER, 0, true),
			SYS_FAILED);
	CHECK_DONE(sys_driver_start(&v.driver));
	await_state(&v.driver, SYS_DRIVER_STATE_RUNNING);
	check_serves(&v.device.client);
	close_victim(&v);
}

TEST(restart, stop_and_start)
{
	struct mercury_device d;
	struct victim v;
	uint32_t pid;

	open_victim(&v, "crasher", CRASHER);
	CHECK_IPC(sys_driver_start(&v.driver), SYS_STATE);
	CHECK_DONE(sys_driver_stop(&v.driver));
	CHECK_EQ(driver_state(&v.driver), SYS_DRIVER_STATE_STOPPED);
	CHECK_IPC(sys_driver_stop(&v.driver), SYS_STATE);
	CHECK_IPC(sys_driver_crash(&v.driver), SYS_STATE);
	CHECK_IPC(sys_driver_kill(&v.driver), SYS_STATE);
	CHECK_IPC(sys_driver_pid(&v.driver, &pid), SYS_STATE);
	CHECK_IPC(mercury_open(&d, CRASHER_IFACE, 0, false), SYS_NOENT);
	CHECK_DONE(sys_driver_start(&v.driver));
	await_state(&v.driver, SYS_DRIVER_STATE_RUNNING);
	check_serves(&v.device.client);
	close_victim(&v);
}
