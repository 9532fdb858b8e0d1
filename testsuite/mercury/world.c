/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests share: services, drivers, children, and the comparison of
 * sysinit before and after.
 */
#include <stdatomic.h>

#include "world.h"

static bool changes;

void
check_ipc(const char *file, int line, const char *text, ipc_status_t found,
		ipc_status_t expected)
{
	uint64_t detail = helios_detail();

	if (found == expected)
		return;
	vulcan_fail(file, line, "%s: expected %s, found %s (%s), detail 0x%llx",
			text, expected ? sys_strerror(expected) : "0",
			found ? sys_strerror(found) : "0",
			mercury_strerror(found), (unsigned long long)detail);
}

struct ipc_client
service(uint32_t iface)
{
	struct ipc_client c = IPC_CLIENT(mercury_service(iface));

	if (c.cap == HELIOS_CADDR_UNDEF)
		helios_panic("expected a service with the id 0x%x in the "
				"aux vector, found none", iface);
	return c;
}

void
read_stats(uint64_t out[STATS])
{
	struct ipc_client c = service(SYS_STATS_ID);
	size_t len = STATS * sizeof(out[0]);
	ipc_status_t status = sys_stats_get(&c, out, &len);

	if (status || len != STATS * sizeof(out[0]))
		helios_panic("sys::stats: %s, %zu bytes",
				mercury_strerror(status), len);
}

void
world_changes(void)
{
	changes = true;
}

/*
 * Drivers
 */

bool
try_driver(const char *name, struct ipc_client *out)
{
	struct ipc_client loader = service(SYS_DEVLOADER_ID);

	*out = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
	return !sys_devloader_find(&loader, name, strlen(name), &out->cap);
}

struct ipc_client
find_driver(const char *name)
{
	struct ipc_client driver;

	if (!try_driver(name, &driver))
		FAIL("expected a driver '%s', found none", name);
	return driver;
}

void
close_driver(struct ipc_client *driver)
{
	sys_driver_close(driver);
	helios_destroy(driver->cap);
}

enum sys_driver_state
driver_state(struct ipc_client *driver)
{
	enum sys_driver_state state;

	CHECK_DONE(sys_driver_state(driver, &state));
	return state;
}

uint64_t
driver_restarts(struct ipc_client *driver)
{
	uint64_t n;

	CHECK_DONE(sys_driver_restarts(driver, &n));
	return n;
}

void
await_state(struct ipc_client *driver, enum sys_driver_state state)
{
	while (driver_state(driver) != state)
		helios_sleep(MS);
}

void
await_restart(struct ipc_client *driver, uint64_t restarts)
{
	while (driver_restarts(driver) <= restarts)
		helios_sleep(MS);
	await_state(driver, SYS_DRIVER_STATE_RUNNING);
}

/* Will this driver do something yet that nobody asked it to? */
static bool
settled(const char *name)
{
	struct ipc_client driver;
	enum sys_driver_state state;

	if (!try_driver(name, &driver))
		helios_panic("no driver '%s', which is in the list", name);
	if (sys_driver_state(&driver, &state))
		helios_panic("driver '%s' has no state", name);
	close_driver(&driver);
	return state != SYS_DRIVER_STATE_BACKOFF;
}

void
settle(void)
{
	struct ipc_client loader = service(SYS_DEVLOADER_ID);
	char name[NAME_MAX + 1];
	uint32_t i;

	for (i = 0; ; ) {
		size_t len = NAME_MAX;

		if (sys_devloader_list(&loader, i, name, &len))
			return;
		name[len] = 0;
		if (settled(name))
			i++;
		else
			helios_sleep(MS);
	}
}

void
open_device(struct mercury_device *d, uint32_t iface, uint32_t index)
{
	CHECK_DONE(mercury_open(d, iface, index, true));
}

ipc_status_t
put_text(struct ipc_client *file, const char *text)
{
	uint64_t done;

	return io_file_put(file, IO_MODE_BLOCK, text, strlen(text), &done);
}

ipc_status_t
get_text(struct ipc_client *file, char *out, size_t size)
{
	size_t len = size - 1;
	ipc_status_t status = io_file_get(file, (uint32_t)len, IO_MODE_BLOCK,
			out, &len);

	out[status ? 0 : len] = 0;
	return status;
}

/*
 * Children
 */

struct ipc_client
new_child(const char *name, uint32_t pages)
{
	static const char *const start[] = { "usrinit", VULCAN_CHILD_OPTION };
	struct ipc_client manager = service(SYS_PROCMGR_ID);
	struct ipc_client process = IPC_CLIENT(HELIOS_CADDR_UNDEF);
	unsigned int i;

	CHECK_DONE(sys_procmgr_new(&manager, pages, &process.cap));
	for (i = 0; i < 2; i++)
		CHECK_DONE(sys_process_arg(&process, start[i],
					strlen(start[i])));
	CHECK_DONE(sys_process_arg(&process, name, strlen(name)));
	return process;
}

void
start_child(struct ipc_client *process)
{
	CHECK_DONE(sys_process_start(process));
}

uint64_t
run_child(struct ipc_client *process)
{
	enum sys_ending how;
	uint64_t status;

	start_child(process);
	CHECK_DONE(sys_process_wait(process, &status));
	CHECK_DONE(sys_process_how(process, &how));
	CHECK_EQ(how, SYS_ENDING_EXIT);
	close_process(process);
	return status;
}

void
close_process(struct ipc_client *process)
{
	CHECK_DONE(sys_process_close(process));
	helios_destroy(process->cap);
}

struct shared *
new_shared(helios_cap_t *page)
{
	void *at;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE,
				HELIOS_PROT_READ | HELIOS_PROT_WRITE, 0, &at));
	*page = helios_page_at(at);
	return at;
}

struct shared *
given_shared(void)
{
	helios_cap_t page = mercury_service(SHARED_PAGE);
	uint64_t at;

	if (helios_map(helios_process.vspace, 0, HELIOS_MAP_W, 1, &page, &at))
		return NULL;
	return (struct shared *)(uintptr_t)at;
}

void
equip_child(struct ipc_client *process, helios_cap_t page)
{
	static const uint32_t ids[] = {
		SYS_PROCMGR_ID, SYS_DEVMGR_ID, SYS_DEVLOADER_ID, IO_FS_ID,
		SYS_LOG_ID,
	};
	unsigned int i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		CHECK_DONE(sys_process_give(process, service(ids[i]).cap,
					ids[i]));
	CHECK_DONE(sys_process_give(process, page, SHARED_PAGE));
}

void
await_above(_Atomic uint64_t *counter, uint64_t value)
{
	while (atomic_load(counter) <= value)
		helios_sleep(MS);
}

uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/*
 * The bystander
 */

#define PIECE		200u

static struct {
	struct shared *page;
	uint64_t rounds;		/* when the test began */
} bystander;

static bool
echo_piece(struct ipc_client *echo, uint64_t *state)
{
	uint8_t sent[PIECE], got[PIECE];
	size_t i, done, n;

	for (i = 0; i < PIECE; i++)
		sent[i] = (uint8_t)next_random(state);
	if (mercury_write_all(echo, sent, PIECE, NULL))
		return false;
	for (done = 0; done < PIECE; done += n)
		if (mercury_read(echo, got + done, PIECE - done,
					IO_MODE_BLOCK, &n))
			return false;
	return !memcmp(sent, got, PIECE);
}

CHILD(bystander)
{
	struct shared *s = given_shared();
	struct mercury_device echo;
	uint64_t state = 1;

	if (!s)
		return 1;
	if (mercury_open(&echo, ECHO_IFACE, 0, true)) {
		atomic_fetch_add(&s->errors, 1);
		return 1;
	}
	while (echo_piece(&echo.client, &state)) {
		atomic_fetch_add(&s->rounds, 1);
		helios_sleep(MS);
	}
	atomic_fetch_add(&s->errors, 1);
	return 1;
}

/* It must have gone on since the test began, or go on now. */
static void
await_bystander(void)
{
	while (atomic_load(&bystander.page->rounds) <= bystander.rounds &&
			!atomic_load(&bystander.page->errors))
		helios_sleep(MS);
}

/*
 * What Vulcan's supervisor asks for
 */

void
vulcan_world_set_up(void)
{
	struct ipc_client process;
	helios_cap_t page;

	bystander.page = new_shared(&page);
	process = new_child("bystander", 0);
	equip_child(&process, page);
	start_child(&process);
	await_bystander();
	if (atomic_load(&bystander.page->errors))
		helios_panic("the bystander does not get its bytes back");
}

void
vulcan_world_measure(struct vulcan_world *out)
{
	static const char *const names[STATS] = {
		[STAT_PAGES] = "sysinit's free pages",
		[STAT_SLOTS] = "sysinit's free slots",
		[STAT_HANDLES] = "handles",
		[STAT_TASKS] = "all tasks",
		[STAT_ENDPOINTS] = "all endpoints",
		[STAT_NOTES] = "all notes",
		[STAT_CSPACES] = "all cspaces",
		[STAT_VSPACES] = "all vspaces",
		[STAT_MEMORIES] = "all memories",
	};
	static uint64_t last[STATS];
	unsigned int i;

	await_bystander();
	settle();
	if (!changes)
		read_stats(last);
	changes = false;
	for (i = 0; i < STATS; i++) {
		out->names[i] = names[i];
		out->values[i] = last[i];
	}
	out->names[STATS] = "errors that the bystander saw";
	out->values[STATS] = atomic_load(&bystander.page->errors);
	out->count = STATS + 1;
	bystander.rounds = atomic_load(&bystander.page->rounds);
}
