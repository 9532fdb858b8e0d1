/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer: one interrupt at the time core asks for.
 *
 * Protocol.  A device is armed for an interval, and its interrupt only means
 * "look at the clock".  If the time has not come (intervals are bounded, and
 * devices drift) it is armed for the rest; if core asked for nothing
 * meanwhile, that was a late one and is forgotten.  So a device may fire too
 * early, or once after it was disarmed, but not lose an interval.
 */
#include <helios/types.h>
#include <klog.h>

#include "interrupt.h"

#define MSR_TSC_DEADLINE 0x6e0u

#define LVT_DEADLINE	(2u << 17)

#define PIT_HZ		1193182u
#define PIT_CHANNEL0	0x40u
#define PIT_CONTROL	0x43u
#define PIT_CH0_MODE0	0x30u		/* both bytes, count down once */

#define INTERVAL_MAX	3600000000000ull	/* an hour of ns */

struct timer {
	const char *name;
	bool (*init)(void);		/* false: it is not there */
	void (*arm)(uint64_t ticks);	/* at least 1, at most max */
	void (*disarm)(void);
	uint64_t max;
	struct rate rate;
};

static struct timer *timer;
static uint64_t deadline = HELIOS_FOREVER;

/*
 * Local APIC: the TSC meets a deadline, or a counter of its own meets zero
 * (Intel SDM volume 3, 11.5.4).
 */

static bool
tsc_init(void)
{
	if (!lapic_present() || !cpu.tsc_deadline || !clock_is_tsc())
		return false;
	lapic_write(LAPIC_TIMER, LVT_DEADLINE | VECTOR_TIMER);
	/* The write above may be to memory, the next is to an MSR. */
	__asm__ volatile("mfence" : : : "memory");
	return true;
}

static void
tsc_arm(uint64_t ticks)
{
	wrmsr(MSR_TSC_DEADLINE, rdtsc() + ticks);
}

static void
tsc_disarm(void)
{
	wrmsr(MSR_TSC_DEADLINE, 0);
}

static bool
apic_timer_init(void)
{
	if (!lapic_present())
		return false;
	lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_16);
	lapic_write(LAPIC_TIMER, VECTOR_TIMER);
	return true;
}

static void
apic_timer_arm(uint64_t ticks)
{
	lapic_write(LAPIC_INITIAL, (uint32_t)ticks);
}

static void
apic_timer_disarm(void)
{
	lapic_write(LAPIC_INITIAL, 0);
}

/*
 * HPET and PIT, both on line 0
 */

static bool
hpet_start(void)
{
	if (!hpet_timer_init())
		return false;
	klog(KLOG_INFO, "timer: the HPET takes the interrupt of the real-time "
		"clock (line 8), too");
	irq_claim_timer(ISA_TIMER);
	return true;
}

static void
hpet_arm(uint64_t ticks)
{
	hpet_timer_arm((uint32_t)ticks);
}

/* Without a count it does not count (8254 data sheet, mode 0). */
static void
pit_disarm(void)
{
	outb(PIT_CONTROL, PIT_CH0_MODE0);
}

static bool
pit_init(void)
{
	pit_disarm();
	irq_claim_timer(ISA_TIMER);
	return true;
}

static void
pit_arm(uint64_t ticks)
{
	outb(PIT_CONTROL, PIT_CH0_MODE0);
	outb(PIT_CHANNEL0, (uint8_t)ticks);
	outb(PIT_CHANNEL0, (uint8_t)(ticks >> 8));
}

/* By preference. */
static struct timer timers[] = {
	{ .name = "TSC deadline", .init = tsc_init, .arm = tsc_arm,
		.disarm = tsc_disarm, .max = UINT64_MAX >> 1 },
	{ .name = "local APIC", .init = apic_timer_init,
		.arm = apic_timer_arm, .disarm = apic_timer_disarm,
		.max = UINT32_MAX },
	{ .name = "HPET", .init = hpet_start, .arm = hpet_arm,
		.disarm = hpet_timer_disarm, .max = 1u << 30 },
	{ .name = "PIT", .init = pit_init, .arm = pit_arm,
		.disarm = pit_disarm, .max = 0xffff },
};
#define NTIMERS		(sizeof(timers) / sizeof(timers[0]))

_Static_assert(TIMER_TSC == 1 && TIMER_APIC == 2 && TIMER_HPET == 3 &&
	TIMER_PIT == 4, "the order of timers is not that of timer_choice");

/*
 * Arming
 */

static void
arm_next(void)
{
	uint64_t now, ticks, ns = clock_limit();

	if (deadline == HELIOS_FOREVER && ns == HELIOS_FOREVER) {
		timer->disarm();
		return;
	}
	now = hal_now();
	if (deadline <= now)
		ns = 0;
	else if (deadline - now < ns)
		ns = deadline - now;
	ticks = rate_to_ticks(&timer->rate,
		ns < INTERVAL_MAX ? ns : INTERVAL_MAX);
	timer->arm(ticks < timer->max ? ticks : timer->max);
}

void
hal_timer_set(uint64_t when)
{
	deadline = when;
	arm_next();
}

void
timer_interrupt(void)
{
	if (deadline != HELIOS_FOREVER && deadline <= hal_now()) {
		deadline = HELIOS_FOREVER;
		pending.timer = true;
	}
	arm_next();
}

/*
 * Choosing
 */

const char *
timer_name(void)
{
	return timer == NULL ? "none" : timer->name;
}

bool
timer_wants_lapic(void)
{
	if (!lapic_present() || options.timer > TIMER_APIC)
		return false;
	return options.timer == TIMER_APIC || !cpu.tsc_deadline;
}

static bool
try_timer(struct timer *t, uint64_t hz)
{
	if (hz == 0 || !t->init())
		return false;
	rate_set(&t->rate, hz);
	timer = t;
	timer->disarm();
	return true;
}

void
timer_init(uint64_t lapic_hz)
{
	static const char words[NTIMERS][5] = { "tsc", "apic", "hpet", "pit" };
	const uint64_t hz[NTIMERS] = { tsc_rate.hz, lapic_hz, hpet_hz,
		PIT_HZ };

	for (size_t i = 0; i < NTIMERS; i++) {
		if (options.timer != TIMER_AUTO && options.timer != i + 1)
			continue;
		if (try_timer(&timers[i], hz[i]))
			return;
		if (options.timer != TIMER_AUTO)
			boot_fail("timer=%s: this machine has no such timer, "
				"or it is not in use; timer=auto takes what "
				"there is", words[i]);
	}
	kpanic("timer: not even a PIT");
}
