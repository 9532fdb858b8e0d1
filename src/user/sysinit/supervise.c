/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a driver ends: its devices are reset and, as its manifest says, it is
 * started again; now, later, or not at all.
 *
 * Restarts are counted in windows.  The first end opens one; while it is
 * open each restart waits longer than the one before, and there are only so
 * many.  The time that a driver waits does not count: it proves nothing.
 *
 * The watchdog asks, and looks for the answer when it is to ask again.
 */
#include "sysinit.h"

#define SECOND_DELAY	(100 * MS)	/* after a first of 0 */

static struct driver *
driver_of(struct timer *t)
{
	return (struct driver *)((char *)t - offsetof(struct driver, timer));
}

/*
 * The watchdog
 */

static void
watch(struct timer *t)
{
	static char why[64];
	const struct ending hangs = { .how = SYS_ENDING_KILLED, .why = why };
	struct driver *d = driver_of(t);
	uint32_t interval = d->manifest.restart.interval;
	uint64_t bits;

	if (helios_nbwait(d->watchdog, &bits) != HELIOS_OK && d->asked) {
		helios_snprintf(why, sizeof(why), "did not answer its "
			"watchdog within %u ms", interval);
		process_end(d->process, &hangs);
		return;
	}
	d->asked = helios_signal(d->ring) == HELIOS_OK;
	timer_set(t, helios_clock() + interval * MS, watch);
}

void
supervise_started(struct driver *d)
{
	uint64_t now = helios_clock();

	if (d->ended) {
		d->restarts++;
		d->downtime = now - d->ended;
	}
	d->asked = false;
	if (d->watchdog != HELIOS_CADDR_UNDEF)
		timer_set(&d->timer, now + d->manifest.restart.interval * MS,
			watch);
}

/*
 * Devices
 */

static void
reset_port(const struct driver *d, const struct manifest_reset *r)
{
	const struct manifest *m = &d->manifest;
	unsigned int i;

	for (i = 0; i < m->ncaps; i++) {
		if (m->caps[i].type != MANIFEST_IOPORT ||
				m->caps[i].ioport.min > r->port ||
				m->caps[i].ioport.max < r->port)
			continue;
		helios_ioport_out(d->grants[i].cap[0], r->port, 1, r->value);
		return;
	}
}

void
supervise_reset(struct driver *d)
{
	unsigned int i;

	for (i = 0; i < d->manifest.nresets; i++)
		reset_port(d, &d->manifest.resets[i]);
	for (i = 0; i < d->manifest.ncaps; i++)
		if (d->grants[i].pci)
			pci_reset(d->grants[i].pci);
}

/*
 * Restarts
 */

static void
give_up(struct driver *d, const char *text, const char *why)
{
	d->state = SYS_DRIVER_STATE_FAILED;
	say("%s: %s; %snot restarted (see [restart] in its manifest)",
		d->manifest.name, text, why);
	registry_driver_failed(d);
}

/* More restarts than there may be?  Counts this one, if not. */
static bool
too_often(struct driver *d, uint64_t now)
{
	const struct manifest_restart *r = &d->manifest.restart;

	if (!d->in_window || now - d->window_start > r->window * MS) {
		d->in_window = 0;
		d->window_start = now;
	}
	if (!r->unlimited && d->in_window >= r->limit)
		return true;
	d->in_window++;
	return false;
}

/* Of the restart that in_window counted last. */
static uint64_t
delay_now(struct driver *d)
{
	const struct manifest_restart *r = &d->manifest.restart;
	uint64_t most = r->max_delay * MS;

	if (d->in_window == 1)
		d->delay = r->delay * MS;
	else if (d->delay)
		d->delay *= 2;
	else
		d->delay = SECOND_DELAY;
	if (d->delay > most)
		d->delay = most;
	return d->delay;
}

static void schedule(struct driver *d, const char *text);

static void
restart(struct timer *t)
{
	struct driver *d = driver_of(t);
	uint64_t now = helios_clock();

	/* However long that was: it may have waited for another driver. */
	d->window_start += now - d->waits;
	d->waits = now;
	if (driver_start(d))
		schedule(d, "could not be started");
}

static void
schedule(struct driver *d, const char *text)
{
	const struct manifest_restart *r = &d->manifest.restart;
	bool seconds = r->window % 1000 == 0;
	uint64_t now = helios_clock();
	char times[64];

	if (r->never) {
		give_up(d, text, "");
		return;
	}
	if (too_often(d, now)) {
		helios_snprintf(times, sizeof(times), "crashed %u times in "
			"%u %s, ", d->in_window + 1, seconds ? r->window /
			1000 : r->window, seconds ? "s" : "ms");
		give_up(d, text, times);
		return;
	}
	d->state = SYS_DRIVER_STATE_BACKOFF;
	d->waits = now;
	timer_set(&d->timer, now + delay_now(d), restart);
	say("%s: %s; restart %llu in %llu ms", d->manifest.name, text,
		(unsigned long long)d->restarts + 1,
		(unsigned long long)(d->delay / MS));
}

void
supervise_later(struct driver *d, uint64_t at)
{
	d->state = SYS_DRIVER_STATE_BACKOFF;
	timer_set(&d->timer, at, restart);
}

void
supervise_ended(struct driver *d, const char *text)
{
	d->ended = helios_clock();
	if (d->state == SYS_DRIVER_STATE_STOPPED) {
		say("%s: %s", d->manifest.name, text);
		registry_driver_failed(d);
		return;
	}
	schedule(d, text);
}
