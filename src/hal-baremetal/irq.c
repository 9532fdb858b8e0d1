/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines: what core masks, what has fired, what it has missed.
 *
 * Protocol.  Line 0 to 15 are the ISA interrupts, by whatever pin they come;
 * a line above is the pin of an I/O APIC of that number.  A line is masked
 * from boot, and again when it is recorded, until core unmasks it.
 *
 * A level line is masked at its controller at once: it would go on firing.
 * An edge line is not, because a controller forgets the edges that come
 * while it masks, and one may come between a driver's last look at its
 * device and its ACK.  It is latched here and delivered at the unmask; only
 * a second one masks the line at the controller, so that a line gone wild
 * costs two interrupts for each ACK and no more.
 *
 * What is recorded is delivered even if core masks the line before that:
 * hal_irq_pending has promised it.
 */
#include <hal.h>
#include <irq.h>
#include <klog.h>

#include "interrupt.h"

#define WORD_BITS	64u

#define MESSAGES_BASE	0xfee00000u
#define MESSAGES_SIZE	0x100000u

struct line {
	struct irq_trigger trigger;
	bool masked;		/* core has not unmasked it */
	bool latched;		/* an edge has come since */
	bool stopped;		/* masked at the controller, too */
};

union pending pending;

static struct line lines[IRQ_LINES];
static uint64_t recorded[(IRQ_LINES + WORD_BITS - 1) / WORD_BITS];
static const struct irq_chip *chip;
static unsigned int nlines;
static unsigned int timer_line = IRQ_LINES;	/* none */

/*
 * Whoever can write there makes interrupts of any kind, exceptions and NMIs
 * among them: messages to the local APIC (Intel SDM volume 3, 11.11.1), and
 * what an I/O APIC or HPET is told to send, whether the kernel uses it or
 * not.
 */
static BOOT_CODE void
keep_interrupt_sources(void)
{
	keep_physical(MESSAGES_BASE, MESSAGES_SIZE);
	for (unsigned int i = 0; i < acpi.nioapics; i++)
		keep_physical(acpi.ioapic[i].base, 0x1000);
	if (acpi.hpet != 0)
		keep_physical(acpi.hpet, 0x1000);
}

void
interrupts_init(void)
{
	struct irq_trigger trigger[IRQ_LINES] = { 0 };

	keep_interrupt_sources();
	chip = apic_init(trigger);
	if (chip == NULL)
		chip = pic_init(trigger);
	if (chip == NULL)
		boot_fail("no interrupt controller: an I/O APIC or an 8259 "
			"expected, the machine has neither");
	nlines = chip->lines;
	if (nlines > IRQ_LINES)
		nlines = IRQ_LINES;
	if (nlines > IRQ_MAX)
		nlines = IRQ_MAX;
	for (unsigned int i = 0; i < IRQ_LINES; i++)
		lines[i] = (struct line){ .trigger = trigger[i],
			.masked = true, .stopped = true };
}

unsigned int
hal_irq_count(void)
{
	return nlines;
}

/* Lines that are the kernel's or nobody's stay as they are. */
static bool
cores(unsigned int irq)
{
	return irq < nlines && irq != timer_line && irq != ISA_CASCADE;
}

void
irq_claim_timer(unsigned int line)
{
	timer_line = line;
	chip->unmask(line);
}

static void
record(unsigned int irq)
{
	recorded[irq / WORD_BITS] |= 1ull << irq % WORD_BITS;
	pending.irq = true;
}

static void
stop(unsigned int irq)
{
	if (!lines[irq].stopped)
		chip->mask(irq);
	lines[irq].stopped = true;
}

/* A new owner of the line is not to hear of the old one's interrupts. */
void
hal_irq_mask(unsigned int irq)
{
	if (!cores(irq))
		return;
	lines[irq].masked = true;
	lines[irq].latched = false;
	stop(irq);
}

void
hal_irq_unmask(unsigned int irq)
{
	struct line *l = &lines[irq];

	if (!cores(irq))
		return;
	l->masked = l->latched;
	if (l->latched)
		record(irq);
	l->latched = false;
	if (l->stopped)
		chip->unmask(irq);
	l->stopped = false;
}

/* True: core is to hear of it. */
static bool
line_fired(unsigned int irq)
{
	struct line *l = &lines[irq];
	bool masked = l->masked;

	/* Before the EOI, or a level line comes at once again. */
	if (l->trigger.level || l->latched)
		stop(irq);
	chip->eoi(irq);
	if (masked && !l->trigger.level)
		l->latched = true;
	l->masked = true;
	return !masked;
}

/* What is no line of core's: the timer, and what nobody asked for. */
static __attribute__((noinline)) void
other_interrupt(unsigned int vector)
{
	unsigned int irq = vector - VECTOR_IRQ;

	/* Needs no EOI (Intel SDM volume 3, 11.9). */
	if (vector == VECTOR_SPURIOUS)
		return;
	if (vector == VECTOR_TIMER) {
		lapic_write(LAPIC_EOI, 0);
		timer_interrupt();
	} else if (vector < VECTOR_IRQ || irq >= nlines) {
		lapic_stray(vector);
	} else {
		chip->eoi(irq);
		timer_interrupt();
	}
}

int
irq_arrived(unsigned int vector)
{
	unsigned int irq = vector - VECTOR_IRQ;

	if (irq >= nlines || irq == timer_line) {
		other_interrupt(vector);
		return -1;
	}
	if (chip->spurious != NULL && chip->spurious(irq))
		return -1;
	return line_fired(irq) ? (int)irq : -1;
}

void
irq_record(unsigned int vector)
{
	int irq = irq_arrived(vector);

	if (irq >= 0)
		record((unsigned int)irq);
}

int
irq_take(void)
{
	const unsigned int words = sizeof(recorded) / sizeof(recorded[0]);
	unsigned int irq, i;

	for (i = 0; i < words && recorded[i] == 0; i++)
		;
	if (i == words)
		return -1;
	irq = i * WORD_BITS + (unsigned int)__builtin_ctzll(recorded[i]);
	recorded[i] &= recorded[i] - 1;
	pending.irq = false;
	for (; i < words; i++)
		pending.irq = pending.irq || recorded[i] != 0;
	return (int)irq;
}
