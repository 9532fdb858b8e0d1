/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcserial crashes and is restarted, a thousand times (--set=cycles=N), while
 * clients write to it and wait for input.  Afterwards sysinit has what it had
 * to the page, slot and task.  How long each restart took is told, not
 * judged.
 */
#include <stdatomic.h>

#include <mercury/dev.h>

#include "world.h"

#define CYCLES		1000u
#define MAX_CYCLES	100000u
#define EACH		500u		/* bytes between two crashes */
#define COM2		1u

static struct {
	_Atomic bool stop;
	_Atomic uint64_t written, canceled, other;
	_Atomic ipc_status_t what;
} load;

/* A request that was taken by the one that crashed is lost, and that is all
 * that a client may see. */
static void
tally(ipc_status_t status)
{
	if (status == HELIOS_CANCELED) {
		atomic_fetch_add(&load.canceled, 1);
	} else if (status) {
		atomic_store(&load.what, status);
		atomic_fetch_add(&load.other, 1);
	}
}

static void *
writer(void *arg)
{
	struct mercury_device *d = arg;
	uint8_t piece[100];
	size_t n;

	memset(piece, 'x', sizeof(piece));
	while (!atomic_load(&load.stop)) {
		tally(mercury_write(&d->client, piece, sizeof(piece),
					IO_MODE_BLOCK, &n));
		atomic_fetch_add(&load.written, n);
		helios_yield();
	}
	return NULL;
}

static void *
reader(void *arg)
{
	struct mercury_device *d = arg;
	uint8_t piece[100];
	size_t n;

	while (!atomic_load(&load.stop))
		tally(mercury_read(&d->client, piece, sizeof(piece),
					IO_MODE_BLOCK, &n));
	return NULL;
}

static void
sort(uint64_t *values, size_t count)
{
	size_t gap, i, j;

	for (gap = count / 2; gap > 0; gap /= 2)
		for (i = gap; i < count; i++)
			for (j = i; j >= gap && values[j - gap] > values[j];
					j -= gap) {
				uint64_t v = values[j];

				values[j] = values[j - gap];
				values[j - gap] = v;
			}
}

/* Crashed and killed by turns, when it has been at work again. */
static uint64_t
one_cycle(struct ipc_client *driver, uint64_t i)
{
	uint64_t restarts = driver_restarts(driver), ns;

	await_above(&load.written, atomic_load(&load.written) + EACH);
	if (i % 2)
		CHECK_DONE(sys_driver_crash(driver));
	else
		CHECK_DONE(sys_driver_kill(driver));
	await_restart(driver, restarts);
	CHECK_EQ(driver_restarts(driver), restarts + 1);
	CHECK_DONE(sys_driver_downtime(driver, &ns));
	return ns;
}

static void
tell(const uint64_t before[STATS], const uint64_t after[STATS],
		const uint64_t *ns, uint64_t cycles)
{
	helios_printf("# restarts of pcserial: %llu; median %llu us, worst "
		"%llu us; %llu bytes written meanwhile, %llu calls canceled\n",
		(unsigned long long)cycles,
		(unsigned long long)ns[cycles / 2] / 1000,
		(unsigned long long)ns[cycles - 1] / 1000,
		(unsigned long long)atomic_load(&load.written),
		(unsigned long long)atomic_load(&load.canceled));
	helios_printf("# before: %llu free pages, %llu free slots, %llu "
		"tasks; after: %llu, %llu, %llu\n",
		(unsigned long long)before[STAT_PAGES],
		(unsigned long long)before[STAT_SLOTS],
		(unsigned long long)before[STAT_TASKS],
		(unsigned long long)after[STAT_PAGES],
		(unsigned long long)after[STAT_SLOTS],
		(unsigned long long)after[STAT_TASKS]);
}

/* The reader waits for input that does not come. */
static void
end_load(struct helios_thread *threads[2], struct mercury_device devices[2])
{
	unsigned int i;

	atomic_store(&load.stop, true);
	CHECK_OK(helios_thread_join(threads[0], NULL));
	CHECK_OK(helios_thread_kill(threads[1]));
	for (i = 0; i < 2; i++)
		mercury_close(&devices[i]);
}

TEST(cycles, crash_and_restart_under_load)
{
	struct ipc_client driver = find_driver("pcserial");
	uint64_t cycles = vulcan_setting("cycles", CYCLES), i;
	uint64_t before[STATS], after[STATS], *ns;
	struct mercury_device devices[2];
	struct helios_thread *threads[2];

	if (cycles == 0 || cycles > MAX_CYCLES)
		FAIL("expected 1 to %u cycles", MAX_CYCLES);
	ns = malloc(cycles * sizeof(*ns));
	CHECK(ns);
	open_device(&devices[0], DEV_SERIAL_ID, COM2);
	open_device(&devices[1], DEV_SERIAL_ID, COM2);
	read_stats(before);
	CHECK_OK(helios_thread_spawn(&threads[0], writer, &devices[0]));
	CHECK_OK(helios_thread_spawn(&threads[1], reader, &devices[1]));
	for (i = 0; i < cycles; i++)
		ns[i] = one_cycle(&driver, i);
	end_load(threads, devices);
	settle();
	read_stats(after);
	sort(ns, cycles);
	tell(before, after, ns, cycles);
	if (atomic_load(&load.other))
		FAIL("%llu requests ended with something else than CANCELED, "
			"the last with %s", (unsigned long long)
			atomic_load(&load.other),
			mercury_strerror(atomic_load(&load.what)));
	CHECK(atomic_load(&load.written) > 0);
	CHECK(atomic_load(&load.canceled) > 0);
	for (i = 0; i < STATS; i++)
		if (i != STAT_HANDLES)
			CHECK_EQ(after[i], before[i]);
	free(ns);
	close_driver(&driver);
}
