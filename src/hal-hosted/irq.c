/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines, the kick, and waiting for either; and the I/O ports, which
 * lead to the same devices.
 *
 * hosted_pending is only a hint: "look again".  Whoever makes something
 * pending sets it, then wakes the idle main thread or signals the holder of
 * the baton.  The holder clears it, then looks.  A guest is resumed only
 * after hosted_pending was seen clear with where = 0, so a signal that hits
 * the wrong thread, because the baton was just moving, loses nothing.
 *
 * Lines are level-triggered.  One that rises is latched, so that what
 * hal_irq_pending has promised is delivered even if it falls again.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hosted.h"

#define IRQ_COUNT	16u
#define PORT_DEVICES	8u

_Atomic uint32_t hosted_pending;

static _Atomic uint32_t level;
static _Atomic uint32_t latched;
static _Atomic uint32_t masked = (1u << IRQ_COUNT) - 1;

static struct port_device port_devices[PORT_DEVICES];
static unsigned int nport_devices;

void
kernel_notify(void)
{
	struct host_thread *th;
	int tid;

	atomic_store(&hosted_pending, 1);
	th = atomic_load(&baton_holder);
	if (th == main_thread) {
		syscall(SYS_futex, &hosted_pending, FUTEX_WAKE_PRIVATE, 1);
		return;
	}
	tid = atomic_load(&th->tid);
	if (tid != 0)
		syscall(SYS_tgkill, getpid(), tid, SIG_KICK);
}

unsigned int
hal_irq_count(void)
{
	return IRQ_COUNT;
}

void
hal_irq_mask(unsigned int irq)
{
	atomic_fetch_or(&masked, 1u << irq);
}

void
hal_irq_unmask(unsigned int irq)
{
	uint32_t bit = 1u << irq;

	if (atomic_load(&level) & bit)
		atomic_fetch_or(&latched, bit);
	else
		atomic_fetch_and(&latched, ~bit);
	atomic_fetch_and(&masked, ~bit);
	/* The line may have risen in between. */
	if (atomic_load(&level) & bit)
		atomic_fetch_or(&latched, bit);
	if (irq_deliverable())
		atomic_store(&hosted_pending, 1);
}

void
irq_line(unsigned int irq, bool up)
{
	uint32_t bit = 1u << irq;

	if (!up) {
		atomic_fetch_and(&level, ~bit);
		return;
	}
	if (atomic_fetch_or(&level, bit) & bit)
		return;
	atomic_fetch_or(&latched, bit);
	if (!(atomic_load(&masked) & bit))
		kernel_notify();
}

bool
irq_deliverable(void)
{
	return (atomic_load(&latched) & ~atomic_load(&masked)) != 0;
}

bool
irq_unmasked(unsigned int irq)
{
	return !(atomic_load(&masked) & 1u << irq);
}

int
irq_take(void)
{
	uint32_t ready = atomic_load(&latched) & ~atomic_load(&masked);
	int irq;

	if (!ready)
		return -1;
	irq = __builtin_ctz(ready);
	atomic_fetch_or(&masked, 1u << irq);
	atomic_fetch_and(&latched, ~(1u << irq));
	return irq;
}

bool
something_pending(void)
{
	return irq_deliverable() || time_due();
}

/* Core asks only while it works, and work takes time. */
bool
hal_irq_pending(void)
{
	time_work();
	return something_pending();
}

/*
 * Idle
 */

/* Until hosted_pending, or a time of CLOCK_MONOTONIC as hal_now counts. */
static void
wait_until(uint64_t deadline)
{
	uint64_t now = hal_now();
	struct timespec ts;

	if (deadline == HELIOS_FOREVER) {
		syscall(SYS_futex, &hosted_pending, FUTEX_WAIT_PRIVATE, 0,
			NULL);
		return;
	}
	if (deadline <= now)
		return;
	ts.tv_sec = (time_t)((deadline - now) / 1000000000);
	ts.tv_nsec = (long)((deadline - now) % 1000000000);
	syscall(SYS_futex, &hosted_pending, FUTEX_WAIT_PRIVATE, 0, &ts);
}

bool
kernel_idle(void)
{
	uint64_t deadline;

	while (!atomic_load(&hosted_pending) && !time_due()) {
		if (time_jump())
			break;
		deadline = time_deadline();
		if (deadline == HELIOS_FOREVER && !uart_can_interrupt())
			return atomic_load(&hosted_pending) != 0;
		wait_until(deadline);
	}
	return true;
}

/*
 * Ports
 */

void
port_add(const struct port_device *d)
{
	if (nport_devices == PORT_DEVICES)
		hal_panic("too many devices with ports");
	port_devices[nport_devices++] = *d;
}

void
hal_port_range(uint16_t *first, uint16_t *last)
{
	*first = 0;
	*last = UINT16_MAX;
}

static const struct port_device *
port_device(unsigned int port)
{
	unsigned int i;

	for (i = 0; i < nport_devices; i++)
		if (port >= port_devices[i].first &&
				port <= port_devices[i].last)
			return &port_devices[i];
	return NULL;
}

/* As on the bus: a wide access is one to each of its ports; where nobody
 * answers, all lines float high. */
uint32_t
hal_port_in(uint16_t port, unsigned int width)
{
	const struct port_device *d;
	uint32_t value = 0;
	unsigned int i;
	uint8_t byte;

	for (i = 0; i < width; i++) {
		d = port_device(port + i);
		byte = d ? d->in(d->arg, port + i - d->first) : 0xff;
		value |= (uint32_t)byte << (8 * i);
	}
	return value;
}

void
hal_port_out(uint16_t port, unsigned int width, uint32_t value)
{
	const struct port_device *d;
	unsigned int i;

	for (i = 0; i < width; i++) {
		d = port_device(port + i);
		if (d)
			d->out(d->arg, port + i - d->first,
				(uint8_t)(value >> (8 * i)));
	}
}
