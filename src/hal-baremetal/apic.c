/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC (Intel SDM volume 3, chapter 11) and the I/O APICs (82093AA
 * data sheet).
 *
 * All interrupts go to this one processor, in physical mode with the vector
 * of their line.  x2APIC registers are MSRs and need no mapping, so they are
 * used wherever there are any.
 */
#include <klog.h>

#include "interrupt.h"

#define MSR_APIC_BASE	0x1bu
#define APIC_BASE_ON	(1ull << 11)
#define APIC_BASE_X2	(1ull << 10)
#define MSR_X2APIC	0x800u

#define LAPIC_ID	0x020u
#define LAPIC_VERSION	0x030u
#define LAPIC_TPR	0x080u
#define LAPIC_SVR	0x0f0u
#define LAPIC_ISR	0x100u		/* 8 registers, 0x10 apart */
#define LAPIC_ESR	0x280u
#define LAPIC_CMCI	0x2f0u
#define LAPIC_THERMAL	0x330u
#define LAPIC_PERF	0x340u
#define LAPIC_LINT0	0x350u
#define LAPIC_LINT1	0x360u
#define LAPIC_ERROR	0x370u
#define SVR_ENABLE	0x100u
#define LVT_MASKED	(1u << 16)
#define LVT_NMI		(4u << 8)
#define LVT_EXTINT	(7u << 8)

#define IOAPIC_VERSION	0x01u
#define IOAPIC_ENTRY	0x10u		/* two registers each */
#define IOREGSEL	0u		/* index of 32-bit words */
#define IOWIN		4u
#define ENTRY_LOW	(1u << 13)	/* active low */
#define ENTRY_LEVEL	(1u << 15)
#define ENTRY_MASKED	(1u << 16)

#define MAX_IOAPICS	(sizeof(acpi.ioapic) / sizeof(acpi.ioapic[0]))

struct ioapic {
	volatile uint32_t *regs;
	unsigned int gsi, pins;
};

/* Where a line arrives; io NULL: nowhere. */
struct route {
	struct ioapic *io;
	unsigned int pin;
	uint32_t entry;			/* low word, unmasked */
};

static bool x2apic;
static volatile uint32_t *lapic;
static bool in_use;
static struct ioapic ioapics[MAX_IOAPICS];
static unsigned int nioapics;
static struct route routes[IRQ_LINES];

/*
 * Local APIC
 */

bool
lapic_present(void)
{
	return in_use;
}

uint32_t
lapic_read(unsigned int reg)
{
	if (x2apic)
		return (uint32_t)rdmsr(MSR_X2APIC + (reg >> 4));
	return lapic[reg / 4];
}

void
lapic_write(unsigned int reg, uint32_t value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), value);
	else
		lapic[reg / 4] = value;
}

static void
lapic_eoi(unsigned int line)
{
	(void)line;
	lapic_write(LAPIC_EOI, 0);
}

static bool
lapic_in_service(unsigned int vector)
{
	return lapic_read(LAPIC_ISR + vector / 32 * 0x10) >> vector % 32 & 1;
}

void
lapic_stray(unsigned int vector)
{
	if (in_use && lapic_in_service(vector))
		lapic_write(LAPIC_EOI, 0);
}

/* The way to its registers.  False: the address is not one. */
static BOOT_CODE bool
lapic_map(void)
{
	uint64_t msr = rdmsr(MSR_APIC_BASE);
	uint64_t base = msr & ((1ull << cpu.phys_bits) - 1) & ~0xfffull;

	x2apic = (msr & APIC_BASE_ON) != 0 && (msr & APIC_BASE_X2) != 0;
	/* Also when x2APIC is on: no one else's business. */
	keep_physical(base, 0x1000);
	if (x2apic)
		return true;
	lapic = map_physical(base, 0x1000, MAP_UNCACHED);
	return lapic != NULL;
}

/* Off to x2APIC is not one step (Intel SDM volume 3, 11.12.5). */
static BOOT_CODE void
lapic_switch_on(void)
{
	uint64_t msr = rdmsr(MSR_APIC_BASE);

	if (!(msr & APIC_BASE_ON))
		wrmsr(MSR_APIC_BASE, msr |= APIC_BASE_ON);
	if (cpu.x2apic && !(msr & APIC_BASE_X2))
		wrmsr(MSR_APIC_BASE, msr | APIC_BASE_X2);
}

static BOOT_CODE void
lapic_mask_all(void)
{
	unsigned int max = lapic_read(LAPIC_VERSION) >> 16 & 0xff;

	lapic_write(LAPIC_TIMER, LVT_MASKED);
	lapic_write(LAPIC_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LINT1, LVT_MASKED);
	lapic_write(LAPIC_ERROR, LVT_MASKED);
	if (max >= 4)
		lapic_write(LAPIC_PERF, LVT_MASKED);
	if (max >= 5)
		lapic_write(LAPIC_THERMAL, LVT_MASKED);
	if (max >= 6)
		lapic_write(LAPIC_CMCI, LVT_MASKED);
}

/* What the firmware was interrupted by and never finished. */
static BOOT_CODE void
lapic_finish_all(void)
{
	for (unsigned int vector = 255; vector >= 16; vector--)
		if (lapic_in_service(vector))
			lapic_write(LAPIC_EOI, 0);
}

/* LINT1 is where a PC's chipset reports what cannot wait. */
static BOOT_CODE void
lapic_setup(uint32_t lint0)
{
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_mask_all();
	lapic_write(LAPIC_LINT0, lint0);
	lapic_write(LAPIC_LINT1, LVT_NMI);
	lapic_write(LAPIC_TPR, 0);
	lapic_finish_all();
	lapic_write(LAPIC_ESR, 0);
}

void
lapic_virtual_wire(void)
{
	if (!cpu.apic || !(rdmsr(MSR_APIC_BASE) & APIC_BASE_ON))
		return;
	if (lapic_map())
		lapic_setup(LVT_EXTINT);
}

static BOOT_CODE uint32_t
lapic_id(void)
{
	uint32_t id = lapic_read(LAPIC_ID);

	return x2apic ? id : id >> 24;
}

/*
 * I/O APIC
 */

static BOOT_CODE uint32_t
ioapic_read(const struct ioapic *io, unsigned int reg)
{
	io->regs[IOREGSEL] = reg;
	return io->regs[IOWIN];
}

static void
ioapic_write(const struct ioapic *io, unsigned int reg, uint32_t value)
{
	io->regs[IOREGSEL] = reg;
	io->regs[IOWIN] = value;
}

static BOOT_CODE void
ioapic_mask_all(const struct ioapic *io)
{
	for (unsigned int i = 0; i < io->pins; i++) {
		ioapic_write(io, IOAPIC_ENTRY + 2 * i, ENTRY_MASKED);
		ioapic_write(io, IOAPIC_ENTRY + 2 * i + 1, 0);
	}
}

static BOOT_CODE void
ioapic_add(uint64_t base, unsigned int gsi)
{
	struct ioapic *io = &ioapics[nioapics];
	uint32_t version;

	io->regs = map_physical(base, 0x20, MAP_UNCACHED);
	if (io->regs == NULL) {
		klog(KLOG_WARN, "I/O APIC at 0x%lx: not a physical address "
			"here; ignored", base);
		return;
	}
	version = ioapic_read(io, IOAPIC_VERSION);
	if (version == UINT32_MAX) {
		klog(KLOG_WARN, "I/O APIC at 0x%lx: does not answer; ignored",
			base);
		return;
	}
	io->gsi = gsi;
	io->pins = (version >> 16 & 0xff) + 1;
	ioapic_mask_all(io);
	nioapics++;
}

static void
write_entry(unsigned int line, uint32_t flags)
{
	const struct route *r = &routes[line];

	if (r->io != NULL)
		ioapic_write(r->io, IOAPIC_ENTRY + 2 * r->pin,
			r->entry | flags);
}

static void
ioapic_mask(unsigned int line)
{
	write_entry(line, ENTRY_MASKED);
}

static void
ioapic_unmask(unsigned int line)
{
	write_entry(line, 0);
}

static struct irq_chip apic_chip = {
	.mask = ioapic_mask,
	.unmask = ioapic_unmask,
	.eoi = lapic_eoi,
};

/*
 * Routing
 */

static BOOT_CODE struct ioapic *
ioapic_of(unsigned int gsi)
{
	for (unsigned int i = 0; i < nioapics; i++)
		if (gsi >= ioapics[i].gsi &&
				gsi - ioapics[i].gsi < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

static BOOT_CODE bool
routed(const struct ioapic *io, unsigned int pin)
{
	for (unsigned int i = 0; i < IRQ_LINES; i++)
		if (routes[i].io == io && routes[i].pin == pin)
			return true;
	return false;
}

/* A pin is one line's: an ISA interrupt that comes by a high pin has it. */
static BOOT_CODE void
route(unsigned int line, unsigned int gsi, struct irq_trigger trigger)
{
	struct ioapic *io = ioapic_of(gsi);
	struct route *r = &routes[line];

	if (io == NULL || routed(io, gsi - io->gsi))
		return;
	r->io = io;
	r->pin = gsi - io->gsi;
	r->entry = VECTOR_IRQ + line;
	if (trigger.level)
		r->entry |= ENTRY_LEVEL;
	if (trigger.low)
		r->entry |= ENTRY_LOW;
	ioapic_write(io, IOAPIC_ENTRY + 2 * r->pin + 1, lapic_id() << 24);
	ioapic_mask(line);
}

/* ISA lines without an override must not take the pin of one that has. */
static BOOT_CODE void
route_isa(struct irq_trigger trigger[IRQ_LINES], bool overridden)
{
	const struct acpi_override *o;

	for (unsigned int i = 0; i < ISA_LINES; i++) {
		o = &acpi.override[i];
		if (i == ISA_CASCADE || (o->gsi != i) != overridden)
			continue;
		trigger[i] = (struct irq_trigger){ o->level, o->low };
		route(i, o->gsi, trigger[i]);
	}
}

/* What has no other number is PCI's: level, active low. */
static BOOT_CODE void
route_all(struct irq_trigger trigger[IRQ_LINES])
{
	unsigned int end;

	apic_chip.lines = ISA_LINES;
	for (unsigned int i = 0; i < nioapics; i++) {
		end = ioapics[i].gsi + ioapics[i].pins;
		if (end > apic_chip.lines)
			apic_chip.lines = end;
	}
	if (apic_chip.lines > IRQ_LINES) {
		klog(KLOG_WARN, "I/O APIC: of %u lines the kernel handles %u",
			apic_chip.lines, IRQ_LINES);
		apic_chip.lines = IRQ_LINES;
	}
	route_isa(trigger, true);
	route_isa(trigger, false);
	for (unsigned int i = ISA_LINES; i < apic_chip.lines; i++) {
		trigger[i] = (struct irq_trigger){ .level = true,
			.low = true };
		route(i, i, trigger[i]);
	}
}

const struct irq_chip *
apic_init(struct irq_trigger trigger[IRQ_LINES])
{
	if (options.no_apic || !cpu.apic || !acpi.madt)
		return NULL;
	for (unsigned int i = 0; i < acpi.nioapics; i++)
		ioapic_add(acpi.ioapic[i].base, acpi.ioapic[i].gsi);
	if (nioapics == 0)
		return NULL;
	lapic_switch_on();
	if (!lapic_map())
		boot_fail("local APIC: its address is not a physical address "
			"of this processor; apic=off does without it");
	/* An entry of an I/O APIC has eight bits for it. */
	if (lapic_id() > 0xfe)
		boot_fail("local APIC: an identity up to 254 expected, %u "
			"found; apic=off does without it", lapic_id());
	if (acpi.has_8259)
		pic_silence();
	lapic_setup(LVT_MASKED);
	in_use = true;
	route_all(trigger);
	klog(KLOG_INFO, "APIC: %s, identity %u, %u I/O APICs",
		x2apic ? "x2APIC" : "xAPIC", lapic_id(), nioapics);
	return &apic_chip;
}
