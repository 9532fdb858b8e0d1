/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile programs: processes that send sysinit and the drivers whatever they
 * like, as fast as they can, and take whatever they can get.  The test goes
 * on with its own work meanwhile, and when they have ended nothing of them
 * is left.
 *
 * Messages are made from a seed (--set=seed=N), so that a failure can be seen
 * again.
 */
#include <stdatomic.h>

#include <mercury/dev.h>

#include "world.h"

#define MESSAGES	4000u		/* without --set=messages=N */
#define FLOODER_PAGES	512u
#define SEED		0x6d657263757279ull
#define MAX_CAPS	4u

/*
 * A target has the ids of the interfaces that its messages shall look like.
 */
struct target {
	uint32_t service;		/* of sysinit's; 0: a device */
	uint32_t iface[2];
	unsigned int methods;
	uint32_t device;		/* interface to open */
	uint32_t index;
};

static const struct target targets[] = {
	{ SYS_PROCMGR_ID, { SYS_PROCMGR_ID, SYS_PROCESS_ID }, 10, 0, 0 },
	{ SYS_DEVMGR_ID, { SYS_DEVMGR_ID, SYS_DRIVER_ID }, 12, 0, 0 },
	{ SYS_DEVLOADER_ID, { SYS_DEVLOADER_ID, SYS_DEVREGISTRY_ID }, 5,
		0, 0 },
	{ IO_FS_ID, { IO_FS_ID, IO_FILE_ID }, 8, 0, 0 },
	{ SYS_LOG_ID, { SYS_STATS_ID, SYS_PCIFUNCTION_ID }, 4, 0, 0 },
	{ 0, { IO_FILE_ID, DEV_SERIAL_ID }, 16, ECHO_IFACE, 1 },
	{ 0, { IO_FILE_ID, DEV_SERIAL_ID }, 16, DEV_SERIAL_ID, 1 },
};
#define TARGETS		(sizeof(targets) / sizeof(targets[0]))

/* The flooder's side. */

static struct shared *s;
static uint64_t state;
static helios_cap_t spare[MAX_CAPS];

static uint64_t
below(uint64_t n)
{
	return next_random(&state) % n;
}

/* Small numbers, addresses, all ones: what checks are made against. */
static uint64_t
random_word(void)
{
	switch (below(8)) {
	case 0:
		return below(4);
	case 1:
		return below(600);
	case 2:
		return UINT64_MAX - below(3);
	case 3:
		return 1ull << below(64);
	case 4:
		return ECHO_IFACE;
	case 5:
		return 0x2f6f6863652f7473ull >> 8 * below(8);
	case 6:
		return (uint64_t)(uintptr_t)&state;
	default:
		return next_random(&state);
	}
}

static uint64_t
random_label(const struct target *t)
{
	switch (below(6)) {
	case 0:
		return next_random(&state) >> 16;
	case 1:
		return HELIOS_LABEL(below(HELIOS_TYPE_COUNT), below(16));
	case 2:
		return below(3);
	default:
		return HELIOS_LABEL(t->iface[below(2)], below(t->methods));
	}
}

/* Now and then with the capabilities of pages and endpoints. */
static void
random_message(const struct target *t, struct helios_msg *msg)
{
	unsigned int nwords = (unsigned int)(below(4) ? below(6) : below(65));
	unsigned int ncaps = below(3) ? 0 : (unsigned int)below(MAX_CAPS + 1);
	unsigned int i;

	helios_msg_start(msg, random_label(t), nwords, ncaps);
	if (below(16) == 0)
		msg->tag = next_random(&state);
	nwords = helios_tag_nwords(msg->tag);
	for (i = 0; i < nwords && i < HELIOS_MSG_WORDS; i++)
		msg->words[i] = random_word();
	for (i = 0; i < HELIOS_MSG_CAPS; i++)
		msg->caps[i] = spare[below(MAX_CAPS)];
}

/* A request that says "wait" is waited for no longer than this. */
static void *
call_off(void *arg)
{
	for (;;) {
		helios_sleep(5 * MS);
		helios_task_cancel(helios_process.task);
	}
	return arg;
}

static void
drop_caps(const struct helios_msg *msg, unsigned int accepted)
{
	unsigned int i, n = helios_tag_ncaps(msg->tag);

	for (i = 0; i < n && i < accepted; i++)
		helios_destroy(msg->caps[i]);
}

/* Accept what comes, or refuse it; ask again by what came. */
static void
one_message(const struct target *t, helios_cap_t cap)
{
	static struct helios_msg msg;
	unsigned int accept = below(2) ? 0 : 2;
	enum helios_status status;

	random_message(t, &msg);
	helios_accept(accept, NULL);
	if (below(8) == 0)
		helios_nbsend(cap, &msg);
	status = helios_call(cap, &msg);
	helios_accept(0, NULL);
	if (status != HELIOS_OK)
		return;
	if (accept && helios_tag_ncaps(msg.tag) == 1 && below(2)) {
		helios_cap_t got = msg.caps[0];

		random_message(t, &msg);
		helios_call(got, &msg);
		helios_destroy(got);
		return;
	}
	drop_caps(&msg, accept);
}

static helios_cap_t
target_cap(const struct target *t, struct mercury_device *d)
{
	if (t->service)
		return mercury_service(t->service);
	return mercury_open(d, t->device, t->index, true) ?
		HELIOS_CADDR_UNDEF : d->client.cap;
}

static bool
make_spares(void)
{
	unsigned int i;

	for (i = 0; i < MAX_CAPS; i++)
		if (i % 2 ? helios_newendpoint(&spare[i]) :
				helios_newpage(&spare[i]))
			return false;
	return true;
}

static unsigned long long
number_from(const char *name)
{
	unsigned long long n = 0;
	const char *text = helios_getenv(name);

	if (!text || helios_parse_u64(text, &n))
		return 0;
	return n;
}

CHILD(flooder)
{
	const struct target *t = &targets[number_from("TARGET") % TARGETS];
	uint64_t i, messages = number_from("MESSAGES");
	struct helios_thread *thread;
	struct mercury_device d = { 0 };
	helios_cap_t cap;

	s = given_shared();
	state = number_from("SEED");
	if (!s || !make_spares() ||
			helios_thread_spawn(&thread, call_off, NULL))
		return 1;
	cap = target_cap(t, &d);
	for (i = 0; i < messages; i++) {
		one_message(t, cap);
		atomic_fetch_add(&s->rounds, 1);
		/* The device came back, or is someone else's now. */
		if (!t->service && i % 64 == 63) {
			mercury_close(&d);
			cap = target_cap(t, &d);
		}
	}
	return 0;
}

/* The test's side. */

static void
set_number(struct ipc_client *p, const char *name, uint64_t n)
{
	char text[64];

	helios_snprintf(text, sizeof(text), "%s=%llu", name,
			(unsigned long long)n);
	CHECK_DONE(sys_process_env(p, text, strlen(text)));
}

static struct ipc_client
start_flooder(unsigned int target, uint64_t messages)
{
	struct ipc_client p = new_child("flooder", FLOODER_PAGES);
	helios_cap_t page;

	new_shared(&page);
	equip_child(&p, page);
	set_number(&p, "TARGET", target);
	set_number(&p, "MESSAGES", messages);
	set_number(&p, "SEED", vulcan_setting("seed", SEED) + target);
	start_child(&p);
	return p;
}

/* A driver that was sent nonsense still has the process that it had. */
static void
check_not_restarted(const char *name, uint64_t restarts)
{
	struct ipc_client driver = find_driver(name);

	CHECK_EQ(driver_restarts(&driver), restarts);
	close_driver(&driver);
}

static uint64_t
restarts_of(const char *name)
{
	struct ipc_client driver = find_driver(name);
	uint64_t n = driver_restarts(&driver);

	close_driver(&driver);
	return n;
}

static void
flood(unsigned int target)
{
	uint64_t messages = vulcan_setting("messages", MESSAGES), status;
	uint64_t serial = restarts_of("pcserial"), echo = restarts_of("echo");
	struct ipc_client p = start_flooder(target, messages);

	CHECK_DONE(sys_process_wait(&p, &status));
	CHECK_EQ(status, 0);
	close_process(&p);
	check_not_restarted("pcserial", serial);
	check_not_restarted("echo", echo);
}

/* Its settings may be anything by now; a new instance has its own. */
static void
freshen(const char *name)
{
	struct ipc_client driver = find_driver(name);
	uint64_t restarts = driver_restarts(&driver);

	CHECK_DONE(sys_driver_kill(&driver));
	await_restart(&driver, restarts);
	close_driver(&driver);
}

TEST(flood, process_manager)
{
	flood(0);
}

TEST(flood, device_manager)
{
	flood(1);
}

TEST(flood, driver_loader)
{
	flood(2);
}

TEST(flood, filesystem)
{
	flood(3);
}

TEST(flood, log)
{
	flood(4);
}

TEST(flood, echo)
{
	flood(5);
}

TEST(flood, pcserial)
{
	flood(6);
	freshen("pcserial");
}

/* All of them at once, killed in the middle of it. */
TEST(flood, by_many_that_are_killed)
{
	struct ipc_client p[TARGETS];
	unsigned int i;

	for (i = 0; i < TARGETS; i++)
		p[i] = start_flooder(i, UINT64_MAX);
	helios_sleep(200 * MS);
	for (i = 0; i < TARGETS; i++)
		close_process(&p[i]);
	freshen("pcserial");
}

/*
 * Messages that are nearly right
 */

struct wrong {
	const char *what;
	uint32_t iface, method;
	unsigned int nwords, ncaps;
	uint64_t words[2];
	ipc_status_t expected;
	uint64_t payload;
};

static void
check_wrong(helios_cap_t cap, const struct wrong *w)
{
	struct helios_msg msg;
	helios_cap_t page;

	CHECK_OK(helios_newpage(&page));
	helios_msg_start(&msg, HELIOS_LABEL(w->iface, w->method), w->nwords,
			w->ncaps);
	memset(msg.words, 0, sizeof(msg.words));
	memcpy(msg.words, w->words, sizeof(w->words));
	msg.caps[0] = page;
	CHECK_OK(helios_call(cap, &msg));
	if (helios_tag_label(msg.tag) != w->expected ||
			msg.words[0] != w->payload)
		FAIL("%s: expected %s, payload %llu; found %s, payload %llu",
			w->what, sys_strerror(w->expected),
			(unsigned long long)w->payload,
			sys_strerror((ipc_status_t)helios_tag_label(msg.tag)),
			(unsigned long long)msg.words[0]);
	CHECK_OK(helios_destroy(page));
}

TEST(malformed, to_sysinit)
{
	static const struct wrong cases[] = {
		{ "no words", SYS_DEVMGR_ID, SYS_DEVMGR_OPEN, 0, 0, { 0, 0 },
			IPC_MALFORMED, 0 },
		{ "a word too many", SYS_DEVMGR_ID, SYS_DEVMGR_LIST, 2, 0,
			{ 0, 0 }, IPC_MALFORMED, 2 },
		{ "a number above its type's", SYS_DEVMGR_ID, SYS_DEVMGR_LIST,
			1, 0, { 1ull << 32, 0 }, IPC_MALFORMED, 0 },
		{ "an enum above its last", SYS_DEVMGR_ID, SYS_DEVMGR_OPEN, 3,
			0, { 0, 0 }, SYS_NOENT, 0 },
		{ "method 0", SYS_DEVMGR_ID, 0, 0, 0, { 0, 0 }, IPC_NOMETHOD,
			HELIOS_LABEL(SYS_DEVMGR_ID, 0) },
		{ "method 99", SYS_DEVMGR_ID, 99, 0, 0, { 0, 0 },
			IPC_NOMETHOD, HELIOS_LABEL(SYS_DEVMGR_ID, 99) },
		{ "another interface", SYS_PROCMGR_ID, SYS_PROCMGR_NEW, 1, 0,
			{ 0, 0 }, IPC_NOMETHOD,
			HELIOS_LABEL(SYS_PROCMGR_ID, SYS_PROCMGR_NEW) },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_wrong(service(SYS_DEVMGR_ID).cap, &cases[i]);
}

TEST(malformed, capability_where_there_is_none)
{
	static const struct wrong w = { "a capability too many",
		SYS_DEVMGR_ID, SYS_DEVMGR_LIST, 1, 1, { 0, 0 },
		IPC_MALFORMED, IPC_PAYLOAD_CAPS };

	check_wrong(service(SYS_DEVMGR_ID).cap, &w);
}

TEST(malformed, to_a_driver)
{
	static const struct wrong cases[] = {
		{ "no words", IO_FILE_ID, IO_FILE_GET, 0, 0, { 0, 0 },
			IPC_MALFORMED, 0 },
		{ "a mode that is none", IO_FILE_ID, IO_FILE_GET, 2, 0,
			{ 1, 2 }, IPC_MALFORMED, 1 },
		{ "an amount above its type's", IO_FILE_ID, IO_FILE_GET, 2, 0,
			{ UINT64_MAX, 0 }, IPC_MALFORMED, 0 },
		{ "bytes without their words", IO_FILE_ID, IO_FILE_PUT, 2, 0,
			{ 0, 100 }, IPC_MALFORMED, 1 },
		{ "bytes without end", IO_FILE_ID, IO_FILE_PUT, 2, 0,
			{ 0, UINT64_MAX }, IPC_MALFORMED, 1 },
		{ "method 99", IO_FILE_ID, 99, 0, 0, { 0, 0 }, IPC_NOMETHOD,
			HELIOS_LABEL(IO_FILE_ID, 99) },
		{ "another interface", SYS_LOG_ID, 1, 0, 0, { 0, 0 },
			IPC_NOMETHOD, HELIOS_LABEL(SYS_LOG_ID, 1) },
	};
	struct mercury_device d;
	size_t i;

	open_device(&d, ECHO_IFACE, 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_wrong(d.client.cap, &cases[i]);
	mercury_close(&d);
}

/*
 * What sysinit hands out is sysinit's
 */

/* A client has no right to receive by what it may send to, and cannot make
 * another badge out of it. */
TEST(forgery, rights_of_services)
{
	static const uint32_t ids[] = { SYS_PROCMGR_ID, SYS_DEVMGR_ID,
		SYS_DEVLOADER_ID, IO_FS_ID, SYS_LOG_ID, SYS_STATS_ID };
	struct helios_msg msg;
	helios_cap_t minted;
	uint64_t what;
	unsigned int i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		helios_cap_t cap = service(ids[i]).cap;

		CHECK_OK(helios_identify(cap, &what));
		CHECK_EQ(HELIOS_IDENTIFY_TYPE(what), HELIOS_ENDPOINT);
		CHECK(what & HELIOS_IDENTIFY_SEND);
		CHECK(!(what & HELIOS_IDENTIFY_RECV));
		CHECK(what & HELIOS_IDENTIFY_BADGED);
		CHECK_STATUS(helios_nbrecv(cap, &msg), HELIOS_ACCESS);
		CHECK_STATUS(helios_mint(cap, HELIOS_RIGHTS_ALL, 1, &minted),
				HELIOS_BUSY);
	}
}

TEST(forgery, rights_of_devices)
{
	struct mercury_device d;
	struct helios_msg msg;
	helios_cap_t minted;

	open_device(&d, ECHO_IFACE, 1);
	CHECK_STATUS(helios_nbrecv(d.client.cap, &msg), HELIOS_ACCESS);
	CHECK_STATUS(helios_mint(d.client.cap, HELIOS_RIGHTS_ALL, 1,
				&minted), HELIOS_BUSY);
	mercury_close(&d);
}

/* A capability to one kind of thing is not one to another. */
TEST(forgery, labels_of_other_services)
{
	struct ipc_client log = service(SYS_LOG_ID), echo;
	struct mercury_device d;
	helios_cap_t got;
	uint64_t n;

	CHECK_IPC(sys_procmgr_new(&log, 0, &got), IPC_NOMETHOD);
	CHECK_IPC(sys_driver_kill(&log), IPC_NOMETHOD);
	CHECK_IPC(sys_process_kill(&log), IPC_NOMETHOD);
	echo = find_driver("echo");
	CHECK_IPC(sys_process_kill(&echo), IPC_NOMETHOD);
	CHECK_IPC(sys_stats_get(&echo, NULL, NULL), IPC_NOMETHOD);
	close_driver(&echo);
	open_device(&d, ECHO_IFACE, 1);
	CHECK_IPC(sys_driver_restarts(&d.client, &n), IPC_NOMETHOD);
	mercury_close(&d);
}

/*
 * Greed
 */

/* All it can get of everything, from its own Memory and from sysinit; then
 * it stays. */
CHILD(greedy)
{
	struct ipc_client manager = IPC_CLIENT(
			mercury_service(SYS_PROCMGR_ID));
	struct ipc_client fs = IPC_CLIENT(mercury_service(IO_FS_ID));
	helios_cap_t cap;
	unsigned int radix;

	s = given_shared();
	if (!s)
		return 1;
	while (!sys_procmgr_new(&manager, 1, &cap))
		atomic_fetch_add(&s->extra[0], 1);
	while (!io_fs_open(&fs, "usrinit", 7, NULL, &cap))
		atomic_fetch_add(&s->extra[1], 1);
	for (radix = 16; radix >= 6; radix--)
		while (helios_newcspace(radix, &cap) == HELIOS_OK)
			atomic_fetch_add(&s->extra[2], 1);
	while (helios_newendpoint(&cap) == HELIOS_OK)
		atomic_fetch_add(&s->extra[3], 1);
	while (helios_newpage(&cap) == HELIOS_OK)
		atomic_fetch_add(&s->extra[4], 1);
	atomic_store(&s->rounds, 1);
	for (;;)
		helios_sleep(MS);
}

TEST(greed, takes_its_own_share_only)
{
	struct ipc_client p = new_child("greedy", FLOODER_PAGES), other;
	struct shared *page;
	helios_cap_t cap;

	page = new_shared(&cap);
	equip_child(&p, cap);
	start_child(&p);
	await_above(&page->rounds, 0);
	CHECK(page->extra[0] > 0);
	CHECK(page->extra[1] > 0);
	/* Others still get what they ask for. */
	other = new_child("status", 0);
	CHECK_EQ(run_child(&other), 77);
	close_process(&p);
}

/* 16 replies that sysinit owes to one process, and no more. */
#define WAITERS		20u
#define WAITERS_EACH	16u

static struct {
	struct ipc_client process;
	_Atomic uint64_t refused, answered;
} waits;

static void *
wait_for_end(void *arg)
{
	uint64_t value;
	ipc_status_t status = sys_process_wait(&waits.process, &value);

	if (status == SYS_LIMIT)
		atomic_fetch_add(&waits.refused, 1);
	else if (status == 0)
		atomic_fetch_add(&waits.answered, 1);
	return arg;
}

static bool
is_calling(struct helios_thread *thread)
{
	struct helios_task_info info;

	CHECK_OK(helios_task_info(helios_thread_task(thread), &info));
	return (info.state & HELIOS_TASK_BLOCKED) == HELIOS_TASK_CALLING;
}

TEST(greed, waits_have_a_limit)
{
	struct helios_thread *threads[WAITERS];
	unsigned int i, calling;

	waits.process = new_child("spin", 0);
	atomic_store(&waits.refused, 0);
	atomic_store(&waits.answered, 0);
	start_child(&waits.process);
	for (i = 0; i < WAITERS; i++)
		CHECK_OK(helios_thread_spawn(&threads[i], wait_for_end,
					NULL));
	do {
		helios_sleep(MS);
		for (calling = 0, i = 0; i < WAITERS; i++)
			calling += is_calling(threads[i]);
	} while (calling + atomic_load(&waits.refused) < WAITERS);
	CHECK_DONE(sys_process_kill(&waits.process));
	for (i = 0; i < WAITERS; i++)
		CHECK_OK(helios_thread_join(threads[i], NULL));
	CHECK_EQ(atomic_load(&waits.refused), WAITERS - WAITERS_EACH);
	CHECK_EQ(atomic_load(&waits.answered), WAITERS_EACH);
	close_process(&waits.process);
}
