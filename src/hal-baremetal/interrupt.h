/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between irq.c, the two kinds of interrupt controller (apic.c, pic.c), and
 * the clock and timer (clock.c, timer.c, hpet.c).
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baremetal.h"

#define ISA_LINES	16u
#define ISA_TIMER	0u	/* the PIT, or the HPET in its place */
#define ISA_CASCADE	2u	/* the second 8259: no interrupt of its own */

/* What irq.c asks of a controller; all lines are masked to begin with. */
struct irq_chip {
	unsigned int lines;	/* one past the highest */
	void (*mask)(unsigned int line);
	void (*unmask)(unsigned int line);
	/* Nothing is there after all; whatever it takes has been done.  NULL:
	 * that does not happen. */
	bool (*spurious)(unsigned int line);
	void (*eoi)(unsigned int line);
};

struct irq_trigger {
	bool level, low;
};

/* The controller, with the trigger of each line; NULL: it is not there. */
BOOT_CODE
const struct irq_chip *apic_init(struct irq_trigger trigger[IRQ_LINES]);
BOOT_CODE
const struct irq_chip *pic_init(struct irq_trigger trigger[IRQ_LINES]);

/* Move the 8259s out of the way of exceptions and mask all they have. */
BOOT_CODE void pic_silence(void);
/* Let the 8259's interrupts through the local APIC, if that one is on. */
BOOT_CODE void lapic_virtual_wire(void);
/* A vector nobody asked for: if it waits for an EOI it gets it. */
void lapic_stray(unsigned int vector);

/* This line belongs to the kernel's timer from now on, and is unmasked. */
void irq_claim_timer(unsigned int line);

/* Registers of the local APIC that irq.c and the timer use. */
#define LAPIC_EOI	0x0b0u
#define LAPIC_TIMER	0x320u
#define LAPIC_INITIAL	0x380u
#define LAPIC_CURRENT	0x390u
#define LAPIC_DIVIDE	0x3e0u
#define LAPIC_DIVIDE_16	0x3u

/* timer.c: the timer's interrupt has come. */
void timer_interrupt(void);
/* hz of the local APIC's timer, by calibration; 0: not wanted. */
BOOT_CODE void timer_init(uint64_t lapic_hz);
BOOT_CODE bool timer_wants_lapic(void);

/* A rate as a multiplication: ns = ticks * mult >> 32. */
struct rate {
	uint64_t hz;
	uint64_t ns_mult;	/* ns per tick, times 2^32 */
	uint64_t tick_mult;	/* ticks per ns, times 2^30 */
};
void rate_set(struct rate *r, uint64_t hz);

static inline uint64_t
rate_to_ns(const struct rate *r, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * r->ns_mult >> 32);
}

/* Rounded up: what waits for so many ticks is not early. */
static inline uint64_t
rate_to_ticks(const struct rate *r, uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * r->tick_mult >> 30) + 1;
}

extern struct rate tsc_rate;	/* hz 0: not calibrated yet */
bool clock_is_tsc(void);
/* The clock must be read this often (ns), or it loses time. */
uint64_t clock_limit(void);

/* hpet.c */
BOOT_CODE bool hpet_init(void);	/* false: there is none that counts */
extern uint64_t hpet_hz;
uint64_t hpet_read(void);	/* 32 bits */
bool hpet_timer_init(void);	/* false: it cannot interrupt line 0 */
void hpet_timer_arm(uint32_t ticks);
void hpet_timer_disarm(void);

#endif
