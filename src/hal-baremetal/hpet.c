/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The high precision event timer (IA-PC HPET specification 1.0a): a counter
 * to measure by, to be the clock where the TSC cannot, and a one-shot timer.
 *
 * As a timer it takes the place of the PIT ("legacy replacement"), because
 * that line reaches both kinds of interrupt controller.  The interrupt of
 * the real-time clock goes with it.
 */
#include "interrupt.h"

#define HPET_SIZE	0x400u
#define HPET_CAP	0x000u
#define HPET_CONFIG	0x010u
#define HPET_COUNTER	0x0f0u
#define HPET_TIMER(n)	(0x100u + 0x20u * (n))
#define HPET_COMPARE(n)	(0x108u + 0x20u * (n))

#define CAP_TIMERS(cap)	(((cap) >> 8 & 0x1f) + 1)
#define CAP_LEGACY	(1ull << 15)
#define CAP_PERIOD(cap)	((cap) >> 32)		/* femtoseconds */
#define PERIOD_MAX	100000000u
#define CONFIG_ON	1ull
#define CONFIG_LEGACY	2ull
#define TIMER_LEVEL	(1ull << 1)
#define TIMER_ON	(1ull << 2)
#define TIMER_PERIODIC	(1ull << 3)
#define TIMER_32	(1ull << 8)
#define TIMER_FSB	(1ull << 14)

/* Closer than this the counter may pass before the comparator is set. */
#define NEAR		128u

uint64_t hpet_hz;

static volatile char *hpet;

static uint64_t
reg_read(unsigned int reg)
{
	return *(volatile uint64_t *)(hpet + reg);
}

static void
reg_write(unsigned int reg, uint64_t value)
{
	*(volatile uint64_t *)(hpet + reg) = value;
}

/* Half of it: not every chipset reads 64 bits at once. */
uint64_t
hpet_read(void)
{
	return *(volatile uint32_t *)(hpet + HPET_COUNTER);
}

/* No interrupts; bits that are not ours stay as they are. */
static BOOT_CODE void
timers_off(uint64_t cap)
{
	uint64_t config;

	for (unsigned int i = 0; i < CAP_TIMERS(cap); i++) {
		config = reg_read(HPET_TIMER(i));
		config &= ~(TIMER_ON | TIMER_LEVEL | TIMER_PERIODIC |
			TIMER_FSB);
		reg_write(HPET_TIMER(i), config);
	}
}

bool
hpet_init(void)
{
	uint64_t cap, period, config;

	if (acpi.hpet == 0)
		return false;
	hpet = map_physical(acpi.hpet, HPET_SIZE, MAP_UNCACHED);
	if (hpet == NULL)
		return false;
	cap = reg_read(HPET_CAP);
	period = CAP_PERIOD(cap);
	if (period == 0 || period > PERIOD_MAX)
		return false;
	hpet_hz = 1000000000000000 / period;
	timers_off(cap);
	config = reg_read(HPET_CONFIG) & ~CONFIG_LEGACY;
	reg_write(HPET_CONFIG, config | CONFIG_ON);
	return true;
}

bool
hpet_timer_init(void)
{
	if (hpet_hz == 0 || !(reg_read(HPET_CAP) & CAP_LEGACY))
		return false;
	reg_write(HPET_TIMER(0), reg_read(HPET_TIMER(0)) | TIMER_32);
	reg_write(HPET_CONFIG, reg_read(HPET_CONFIG) | CONFIG_LEGACY);
	return true;
}

/*
 * The comparator fires only when the counter meets it: if it has passed
 * meanwhile, again and further away.  An interrupt too many does no harm.
 */
void
hpet_timer_arm(uint32_t ticks)
{
	uint32_t now, until, margin = NEAR;

	if (!(reg_read(HPET_TIMER(0)) & TIMER_ON))
		reg_write(HPET_TIMER(0), reg_read(HPET_TIMER(0)) | TIMER_ON);
	for (;;) {
		if (ticks < margin)
			ticks = margin;
		now = (uint32_t)hpet_read();
		until = now + ticks;
		reg_write(HPET_COMPARE(0), until);
		now = (uint32_t)hpet_read();
		if ((int32_t)(until - now) > 0)
			return;
		margin *= 2;
	}
}

void
hpet_timer_disarm(void)
{
	reg_write(HPET_TIMER(0), reg_read(HPET_TIMER(0)) & ~TIMER_ON);
}
