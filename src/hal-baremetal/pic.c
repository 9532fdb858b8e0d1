/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two 8259A interrupt controllers of a PC, and the edge/level control
 * register (ELCR) of its chipset.  (Intel 8259A data sheet; PIIX4 data sheet,
 * 4.2.9 for the ELCR.)
 *
 * The second one's output is line 2 of the first.  When the APIC is in use
 * they are only moved away from the vectors of exceptions and masked.
 */
#include <klog.h>

#include "interrupt.h"

#define PIC1		0x20u
#define PIC2		0xa0u
#define COMMAND		0u
#define DATA		1u

#define ICW1_INIT	0x11u		/* ICW4 follows */
#define ICW4_8086	0x01u
#define OCW2_EOI	0x60u		/* specific: + line */
#define OCW3_READ_ISR	0x0bu
#define ELCR1		0x4d0u
#define ELCR2		0x4d1u
#define ELCR_NEVER	0x2107u		/* lines 0, 1, 2, 8, 13: always edge */

static uint16_t pic_mask = 0xffff;

/* A write to an unused port gives an old 8259 the time it needs. */
static BOOT_CODE void
pic_write(uint16_t port, unsigned int value)
{
	outb(port, (uint8_t)value);
	outb(0x80, 0);
}

static BOOT_CODE void
write_mask(void)
{
	pic_write(PIC1 + DATA, pic_mask & 0xffu);
	pic_write(PIC2 + DATA, pic_mask >> 8);
}

void
pic_silence(void)
{
	pic_mask = 0xffff;
	pic_write(PIC1 + COMMAND, ICW1_INIT);
	pic_write(PIC2 + COMMAND, ICW1_INIT);
	pic_write(PIC1 + DATA, VECTOR_IRQ);
	pic_write(PIC2 + DATA, VECTOR_IRQ + 8);
	pic_write(PIC1 + DATA, 1u << ISA_CASCADE);
	pic_write(PIC2 + DATA, ISA_CASCADE);
	pic_write(PIC1 + DATA, ICW4_8086);
	pic_write(PIC2 + DATA, ICW4_8086);
	write_mask();
}

static void
pic_set_mask(unsigned int line, bool masked)
{
	uint16_t bit = (uint16_t)(1u << line);

	pic_mask = (uint16_t)(masked ? pic_mask | bit : pic_mask & ~bit);
	if (line < 8)
		outb(PIC1 + DATA, (uint8_t)pic_mask);
	else
		outb(PIC2 + DATA, (uint8_t)(pic_mask >> 8));
}

static void
pic_line_mask(unsigned int line)
{
	pic_set_mask(line, true);
}

static void
pic_line_unmask(unsigned int line)
{
	pic_set_mask(line, false);
}

static void
pic_eoi(unsigned int line)
{
	if (line >= 8) {
		outb(PIC2 + COMMAND, (uint8_t)(OCW2_EOI | (line - 8)));
		line = ISA_CASCADE;
	}
	outb(PIC1 + COMMAND, (uint8_t)(OCW2_EOI | line));
}

static bool
in_service(uint16_t pic, unsigned int line)
{
	outb((uint16_t)(pic + COMMAND), OCW3_READ_ISR);
	return inb((uint16_t)(pic + COMMAND)) & 1u << line;
}

/*
 * A line that fell before the processor asked is reported as the lowest of
 * its chip, without being in service.  The first chip does not know that the
 * second had nothing, so it wants its EOI.
 */
static bool
pic_spurious(unsigned int line)
{
	if (line == 7)
		return !in_service(PIC1, 7);
	if (line != 15 || in_service(PIC2, 7))
		return false;
	pic_eoi(ISA_CASCADE);
	return true;
}

/* Which lines are level triggered; an ELCR that cannot be is none. */
static BOOT_CODE unsigned int
read_elcr(void)
{
	unsigned int elcr = inb(ELCR1) | (unsigned int)inb(ELCR2) << 8;

	return elcr & ELCR_NEVER ? 0 : elcr;
}

static const struct irq_chip pic_chip = {
	.lines = ISA_LINES,
	.mask = pic_line_mask,
	.unmask = pic_line_unmask,
	.spurious = pic_spurious,
	.eoi = pic_eoi,
};

const struct irq_chip *
pic_init(struct irq_trigger trigger[IRQ_LINES])
{
	unsigned int elcr;

	if (acpi.madt && !acpi.has_8259)
		return NULL;
	pic_silence();
	/* Where there is no chip, nothing remembers the mask. */
	if (inb(PIC1 + DATA) != 0xff)
		return NULL;
	pic_set_mask(ISA_CASCADE, false);
	if (inb(PIC1 + DATA) != (0xff & ~(1u << ISA_CASCADE)))
		return NULL;
	elcr = read_elcr();
	for (unsigned int i = 0; i < ISA_LINES; i++)
		trigger[i].level = elcr >> i & 1;
	lapic_virtual_wire();
	return &pic_chip;
}
