/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock: nanoseconds since the kernel's first instruction.
 *
 * It is the time stamp counter, unless that one may change its pace (not
 * invariant, and no hypervisor beneath to see to it) and there is an HPET.
 * How fast the TSC counts the processor says (CPUID leaf 15h), or else one
 * of three counters of known rate: HPET, ACPI's PM timer, PIT channel 2.
 * The rate of the local APIC's timer is measured in the same interval.
 *
 * Nothing here waits for a device without a bound: a counter that stands
 * still is not one, and the next is tried.
 */
#include <hal.h>
#include <helios/types.h>
#include <klog.h>

#include "interrupt.h"

#define NS_PER_S	1000000000ull
#define CALIBRATE_HZ	200u		/* 1/s: the interval is 5 ms */
#define STILL_POLLS	100000u		/* a counter that does not move */
#define SAMPLES		8u

#define HPET_MASK	0xffffffffu
#define HPET_PIECE	(1u << 30)

#define PM_TIMER_HZ	3579545u	/* ACPI 6.5, 4.8.3.3 */
#define PM_TIMER_MASK	0xffffffu	/* the upper bits are optional */

#define PIT_HZ		1193182u
#define PIT_CHANNEL2	0x42u
#define PIT_CONTROL	0x43u
#define PIT_CH2_MODE0	0xb0u		/* both bytes, count down once */
#define PIT_CH2_LATCH	0x80u
#define SPEAKER		0x61u
#define SPEAKER_GATE	0x01u
#define SPEAKER_SOUND	0x02u

/* A counter of a known rate. */
struct reference {
	const char *name;
	uint64_t hz, mask;
	uint64_t (*read)(void);		/* upwards */
	void (*start)(void);
};

/* What the counters said at one moment. */
struct sample {
	uint64_t tsc, reference;
	uint32_t lapic;
};

/* boot.S sets it before it clears .bss. */
uint64_t tsc_boot __attribute__((section(".data")));
uint64_t tsc_hz;
struct rate tsc_rate;

static struct rate hpet_rate;
static uint64_t hpet_last, hpet_base_ns;	/* hpet_base_ns: at hpet_last */
static bool use_hpet;
static uint64_t lapic_hz;
static char name[32];

void
rate_set(struct rate *r, uint64_t hz)
{
	r->hz = hz;
	r->ns_mult = (NS_PER_S << 32) / hz;
	r->tick_mult = (hz << 30) / NS_PER_S;
}

/*
 * Reading the time
 */

bool
clock_is_tsc(void)
{
	return !use_hpet;
}

uint64_t
clock_limit(void)
{
	return use_hpet ? rate_to_ns(&hpet_rate, HPET_MASK / 2) :
		HELIOS_FOREVER;
}

/* The counter wraps, so what it has counted is put aside in pieces. */
static uint64_t
hpet_now(void)
{
	uint64_t gone = (hpet_read() - hpet_last) & HPET_MASK;

	while (gone >= HPET_PIECE) {
		hpet_base_ns += rate_to_ns(&hpet_rate, HPET_PIECE);
		hpet_last += HPET_PIECE;
		gone -= HPET_PIECE;
	}
	return hpet_base_ns + rate_to_ns(&hpet_rate, gone);
}

uint64_t
hal_now(void)
{
	if (tsc_hz == 0)
		return 0;
	if (use_hpet)
		return hpet_now();
	return rate_to_ns(&tsc_rate, rdtsc() - tsc_boot);
}

/* CPU time is charged in ticks of the TSC, whatever the clock is. */
uint64_t
hal_cycles(void)
{
	return rdtsc();
}

uint64_t
hal_cycles_ns(uint64_t cycles)
{
	return rate_to_ns(&tsc_rate, cycles);
}

/* Before calibration by writes to an unused port, a microsecond each. */
void
delay_us(unsigned int us)
{
	uint64_t start = rdtsc(), ticks;

	if (tsc_hz == 0) {
		for (unsigned int i = 0; i < us; i++)
			outb(0x80, 0);
		return;
	}
	ticks = rate_to_ticks(&tsc_rate, us * 1000ull);
	while (rdtsc() - start < ticks)
		__asm__ volatile("pause");
}

const char *
clock_name(void)
{
	return name;
}

/*
 * References
 */

static BOOT_CODE void
start_nothing(void)
{
}

static BOOT_CODE uint64_t
pm_timer_read(void)
{
	return hal_port_in((uint16_t)acpi.pm_timer, 4);
}

/*
 * It counts down from 0xffff, once; 5 ms are a tenth of that.  It takes the
 * count at its next tick, so the old one must not be read before.
 */
static BOOT_CODE void
pit_start(void)
{
	uint8_t speaker = inb(SPEAKER);

	outb(SPEAKER, (uint8_t)((speaker & ~SPEAKER_SOUND) | SPEAKER_GATE));
	outb(PIT_CONTROL, PIT_CH2_MODE0);
	outb(PIT_CHANNEL2, 0xff);
	outb(PIT_CHANNEL2, 0xff);
	delay_us(4);
}

static BOOT_CODE uint64_t
pit_read(void)
{
	unsigned int low;

	outb(PIT_CONTROL, PIT_CH2_LATCH);
	low = inb(PIT_CHANNEL2);
	return 0xffffu - (low | (unsigned int)inb(PIT_CHANNEL2) << 8);
}

/*
 * Calibration
 */

/* The reading least disturbed: by system management, or a hypervisor. */
static BOOT_CODE struct sample
take_sample(const struct reference *ref)
{
	struct sample s, best = { 0 };
	uint64_t before, after, width = UINT64_MAX;

	for (unsigned int i = 0; i < SAMPLES; i++) {
		before = rdtsc();
		s.reference = ref->read();
		s.lapic = lapic_present() ? lapic_read(LAPIC_CURRENT) : 0;
		after = rdtsc();
		s.tsc = before + (after - before) / 2;
		if (after - before >= width)
			continue;
		width = after - before;
		best = s;
	}
	return best;
}

/* False: it stands still. */
static BOOT_CODE bool
wait_ticks(const struct reference *ref, uint64_t from, uint64_t ticks)
{
	uint64_t now, last = from;
	unsigned int still = 0;

	do {
		now = ref->read();
		still = now == last ? still + 1 : 0;
		last = now;
		if (still == STILL_POLLS)
			return false;
	} while (((now - from) & ref->mask) < ticks);
	return true;
}

static BOOT_CODE bool
measure(const struct reference *ref)
{
	struct sample a, b;
	uint64_t gone;

	ref->start();
	a = take_sample(ref);
	if (!wait_ticks(ref, a.reference, ref->hz / CALIBRATE_HZ))
		return false;
	b = take_sample(ref);
	gone = (b.reference - a.reference) & ref->mask;
	if (tsc_hz == 0)
		tsc_hz = (b.tsc - a.tsc) * ref->hz / gone;
	if (lapic_present())
		lapic_hz = (uint64_t)(a.lapic - b.lapic) * ref->hz / gone;
	klog(KLOG_INFO, "clock: measured against the %s", ref->name);
	return tsc_hz != 0;
}

/* Counts down from the highest value while the rest is measured. */
static BOOT_CODE void
lapic_timer_run(bool run)
{
	if (!lapic_present())
		return;
	lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_16);
	lapic_write(LAPIC_INITIAL, run ? UINT32_MAX : 0);
}

static BOOT_CODE bool
measure_against_any(void)
{
	const struct reference refs[] = {
		{ "TSC", tsc_hz, UINT64_MAX, rdtsc, start_nothing },
		{ "HPET", hpet_hz, HPET_MASK, hpet_read, start_nothing },
		{ "ACPI PM timer", acpi.pm_timer != 0 ? PM_TIMER_HZ : 0,
			PM_TIMER_MASK, pm_timer_read, start_nothing },
		{ "PIT", PIT_HZ, 0xffff, pit_read, pit_start },
	};

	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		if (refs[i].hz == 0)
			continue;
		if (measure(&refs[i]))
			return true;
		klog(KLOG_WARN, "clock: the %s stands still", refs[i].name);
	}
	return false;
}

/* The crystal and its ratio (Intel SDM volume 3, 19.7.3). */
static BOOT_CODE uint64_t
tsc_hz_told(void)
{
	uint32_t r[4];

	if (cpu.max_leaf < 0x15)
		return 0;
	cpuid(0x15, 0, r);
	return r[0] == 0 ? 0 : (uint64_t)r[2] * r[1] / r[0];
}

static BOOT_CODE void
choose_clock(bool hpet)
{
	const char *what = "TSC";
	uint64_t hz = tsc_hz;

	rate_set(&tsc_rate, tsc_hz);
	if (hpet && !cpu.tsc_invariant && !cpu.hypervisor) {
		rate_set(&hpet_rate, hpet_hz);
		hpet_base_ns = hal_now();
		hpet_last = hpet_read();
		use_hpet = true;
		what = "HPET";
		hz = hpet_hz;
	}
	ksnprintf(name, sizeof(name), "%s %lu MHz", what,
		(hz + 500000) / 1000000);
}

void
clock_init(void)
{
	bool hpet = hpet_init();

	tsc_hz = tsc_hz_told();
	lapic_timer_run(true);
	if (tsc_hz == 0 || timer_wants_lapic())
		if (!measure_against_any())
			boot_fail("clock: an HPET, an ACPI PM timer or a PIT "
				"that counts expected, none found");
	lapic_timer_run(false);
	choose_clock(hpet);
	timer_init(lapic_hz);
}
