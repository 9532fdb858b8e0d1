/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables (ACPI 6.5, chapter 5): where the interrupt controllers and the
 * timers are, and how to switch off.
 *
 * The kernel interprets no AML; of \_S5_ it reads the two numbers that
 * switching off takes, which firmware writes down as constants.  Whatever is
 * broken is logged and treated as if it was not there: firmware's mistakes
 * are no reason not to boot.
 */
#include <klog.h>

#include "baremetal.h"

#define TABLE_MAX	(1u << 20)
#define HEADER_SIZE	36u
#define MAX_ROOTS	256u

/* The root table, and the fixed description table (FADT; 5.2.9). */
#define FADT_DSDT	40u
#define FADT_SMI_CMD	48u
#define FADT_ENABLE	52u
#define FADT_PM1A	64u
#define FADT_PM1B	68u
#define FADT_PM_TIMER	76u
#define FADT_FLAGS	112u
#define FADT_RESET	116u
#define FADT_RESET_VAL	128u
#define FADT_X_DSDT	140u
#define FADT_X_PM1A	172u
#define FADT_X_PM1B	184u
#define FADT_X_PM_TIMER	208u
#define FADT_FLAG_RESET	(1u << 10)
#define FADT_FLAG_LEAN	(1u << 20)	/* hardware-reduced: no PM1 */

/* Generic address structure (5.2.3.2). */
#define GAS_SIZE	12u
#define GAS_ADDRESS	4u
#define SPACE_MEMORY	0u
#define SPACE_IO	1u

/* Multiple APIC description table (MADT; 5.2.12). */
#define MADT_LAPIC	36u
#define MADT_FLAGS	40u
#define MADT_ENTRIES	44u
#define MADT_PCAT	1u
#define ENTRY_IOAPIC	1u
#define ENTRY_OVERRIDE	2u
#define ENTRY_LAPIC64	5u

#define HPET_BASE	40u

/* AML (20.2) */
#define AML_ZERO	0x00u
#define AML_ONE		0x01u
#define AML_NAME	0x08u
#define AML_BYTE	0x0au
#define AML_WORD	0x0bu
#define AML_DWORD	0x0cu
#define AML_PACKAGE	0x12u
#define SLP_TYP_MAX	7u

struct table {
	const volatile uint8_t *p;
	uint32_t len;
};

struct acpi acpi;

/*
 * Reading
 */

/* Out of the table's bounds there are zeros: an older version of it. */
static uint64_t
get(const struct table *t, uint32_t at, unsigned int bytes)
{
	uint64_t v = 0;

	if (at > t->len || bytes > t->len - at)
		return 0;
	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)t->p[at + i] << 8 * i;
	return v;
}

static uint32_t
get32(const struct table *t, uint32_t at)
{
	return (uint32_t)get(t, at, 4);
}

static bool
is(const struct table *t, const char sig[5])
{
	for (unsigned int i = 0; i < 4; i++)
		if (t->p[i] != (uint8_t)sig[i])
			return false;
	return true;
}

/* A signature for a person, whatever firmware wrote there. */
static const char *
signature(const struct table *t)
{
	static char s[5];

	for (unsigned int i = 0; i < 4; i++)
		s[i] = t->p[i] >= ' ' && t->p[i] < 0x7f ? (char)t->p[i] : '?';
	return s;
}

static bool
map(uint64_t phys, uint32_t len, struct table *t)
{
	t->p = map_physical(phys, len, MAP_READONLY);
	t->len = len;
	if (t->p == NULL)
		klog(KLOG_WARN, "ACPI: a table at 0x%lx, where nothing can "
			"be; ignored", phys);
	return t->p != NULL;
}

static bool
open_header(uint64_t phys, struct table *t)
{
	return phys != 0 && map(phys, HEADER_SIZE, t);
}

/* t: its header.  All of the table, if it is whole. */
static bool
open_rest(uint64_t phys, struct table *t)
{
	uint32_t len = get32(t, 4);
	uint8_t sum = 0;

	if (len < HEADER_SIZE || len > TABLE_MAX) {
		klog(KLOG_WARN, "ACPI: table %s at 0x%lx: length %u to %u "
			"expected, %u found; ignored", signature(t), phys,
			HEADER_SIZE, TABLE_MAX, len);
		return false;
	}
	if (!map(phys, len, t))
		return false;
	for (uint32_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + t->p[i]);
	if (sum != 0)
		klog(KLOG_WARN, "ACPI: table %s at 0x%lx: its bytes add up to "
			"0x%x instead of 0; ignored", signature(t), phys,
			(unsigned int)sum);
	return sum == 0;
}

/*
 * MADT
 */

/* What conforms to the bus is as the ISA bus has it: edge, active high. */
static void
read_override(const struct table *t, uint32_t at)
{
	uint64_t isa = get(t, at + 3, 1), flags = get(t, at + 8, 2);
	struct acpi_override *o;

	if (get(t, at + 2, 1) != 0 || isa >= 16)
		return;
	o = &acpi.override[isa];
	o->gsi = get32(t, at + 4);
	o->low = (flags & 3) == 3;
	o->level = (flags >> 2 & 3) == 3;
}

static void
read_ioapic(const struct table *t, uint32_t at)
{
	const unsigned int max = sizeof(acpi.ioapic) / sizeof(acpi.ioapic[0]);

	if (acpi.nioapics == max) {
		klog(KLOG_WARN, "ACPI: more than %u I/O APICs; the rest is "
			"ignored", max);
		return;
	}
	acpi.ioapic[acpi.nioapics].base = get32(t, at + 4);
	acpi.ioapic[acpi.nioapics++].gsi = get32(t, at + 8);
}

static void
read_madt_entry(const struct table *t, uint32_t at, uint64_t type,
		uint32_t len)
{
	if (type == ENTRY_IOAPIC && len >= 12)
		read_ioapic(t, at);
	else if (type == ENTRY_OVERRIDE && len >= 10)
		read_override(t, at);
	else if (type == ENTRY_LAPIC64 && len >= 12)
		acpi.lapic = get(t, at + 4, 8);
}

static void
read_madt(const struct table *t)
{
	uint32_t at, len;

	acpi.madt = true;
	acpi.lapic = get32(t, MADT_LAPIC);
	acpi.has_8259 = get32(t, MADT_FLAGS) & MADT_PCAT;
	for (at = MADT_ENTRIES; at + 2 <= t->len; at += len) {
		len = (uint32_t)get(t, at + 1, 1);
		if (len < 2 || len > t->len - at) {
			klog(KLOG_WARN, "ACPI: table APIC: the entry at %u "
				"has length %u; the rest is ignored", at, len);
			return;
		}
		read_madt_entry(t, at, get(t, at, 1), len);
	}
}

/*
 * AML: \_S5_
 */

/* The length of a package, which counts itself; *used bytes hold it. */
static uint32_t
package_length(const struct table *t, uint32_t at, uint32_t *used)
{
	uint32_t lead = (uint32_t)get(t, at, 1), more = lead >> 6;

	*used = 1 + more;
	if (more == 0)
		return lead & 0x3f;
	return (lead & 0x0f) | (uint32_t)get(t, at + 1, more) << 4;
}

/* A constant before end; false: it is something else. */
static bool
constant(const struct table *t, uint32_t *at, uint32_t end, uint64_t *value)
{
	uint64_t op = get(t, *at, 1);
	unsigned int bytes = op == AML_BYTE ? 1 : op == AML_WORD ? 2 : 4;

	if (*at >= end)
		return false;
	++*at;
	if (op == AML_ZERO || op == AML_ONE) {
		*value = op;
		return true;
	}
	if (op < AML_BYTE || op > AML_DWORD || bytes > end - *at)
		return false;
	*value = get(t, *at, bytes);
	*at += bytes;
	return true;
}

/* at: behind the PackageOp. */
static bool
read_s5(const struct table *t, uint32_t at)
{
	uint32_t used, len = package_length(t, at, &used), end;
	uint64_t a, b;

	if (len < used + 1 || len > t->len - at)
		return false;
	end = at + len;
	at += used;
	if (get(t, at++, 1) < 2 || !constant(t, &at, end, &a) ||
			!constant(t, &at, end, &b))
		return false;
	if (a > SLP_TYP_MAX || b > SLP_TYP_MAX)
		return false;
	acpi.s5_a = (uint8_t)a;
	acpi.s5_b = (uint8_t)b;
	return true;
}

static void
find_s5(const struct table *t)
{
	const uint64_t name = 0x5f35535f;	/* "_S5_" */
	uint32_t at;

	for (at = HEADER_SIZE; at + 8 <= t->len && !acpi.s5; at++) {
		if (get(t, at, 4) != name || get(t, at + 4, 1) != AML_PACKAGE)
			continue;
		/* The name may be given from the root. */
		if (get(t, at - 1, 1) == AML_NAME ||
				(get(t, at - 1, 1) == '\\' &&
				get(t, at - 2, 1) == AML_NAME))
			acpi.s5 = read_s5(t, at + 5);
	}
}

static void
find_s5_at(uint64_t phys, const char sig[5])
{
	struct table t;

	if (open_header(phys, &t) && is(&t, sig) && open_rest(phys, &t))
		find_s5(&t);
}

/*
 * FADT
 */

/* A port by its extended description, or else by the old one. */
static uint32_t
port(const struct table *t, uint32_t x, uint32_t old)
{
	uint64_t address = get(t, x + GAS_ADDRESS, 8);

	if (get(t, x, 1) == SPACE_IO && address != 0 && address <= 0xffff)
		return (uint32_t)address;
	return get32(t, old) <= 0xffff ? get32(t, old) : 0;
}

static void
read_reset(const struct table *t)
{
	uint64_t space = get(t, FADT_RESET, 1);

	acpi.reset_address = get(t, FADT_RESET + GAS_ADDRESS, 8);
	acpi.reset_value = (uint8_t)get(t, FADT_RESET_VAL, 1);
	acpi.reset_is_port = space == SPACE_IO;
	acpi.reset = acpi.reset_address != 0 && (space == SPACE_MEMORY ||
		(space == SPACE_IO && acpi.reset_address <= 0xffff));
}

static void
read_fadt(const struct table *t)
{
	uint32_t flags = get32(t, FADT_FLAGS);
	uint64_t dsdt = get(t, FADT_X_DSDT, 8);

	if (flags & FADT_FLAG_RESET)
		read_reset(t);
	if (!(flags & FADT_FLAG_LEAN)) {
		acpi.pm1a_control = port(t, FADT_X_PM1A, FADT_PM1A);
		acpi.pm1b_control = port(t, FADT_X_PM1B, FADT_PM1B);
		acpi.pm_timer = port(t, FADT_X_PM_TIMER, FADT_PM_TIMER);
		acpi.smi_command = get32(t, FADT_SMI_CMD) & 0xffff;
		acpi.acpi_enable = (uint8_t)get(t, FADT_ENABLE, 1);
	}
	find_s5_at(dsdt != 0 ? dsdt : get32(t, FADT_DSDT), "DSDT");
}

static void
read_hpet(const struct table *t)
{
	if (get(t, HPET_BASE, 1) == SPACE_MEMORY)
		acpi.hpet = get(t, HPET_BASE + GAS_ADDRESS, 8);
}

/*
 * The root
 */

static void
read_table(uint64_t phys)
{
	struct table t;

	if (!open_header(phys, &t))
		return;
	/* Of several the first counts; they would list the same twice. */
	if (is(&t, "APIC") && !acpi.madt && open_rest(phys, &t))
		read_madt(&t);
	else if (is(&t, "FACP") && open_rest(phys, &t))
		read_fadt(&t);
	else if (is(&t, "HPET") && open_rest(phys, &t))
		read_hpet(&t);
}

/* Entries of an XSDT have 8 bytes, those of an RSDT 4. */
static bool
open_root(struct table *t, uint32_t *width)
{
	if (!open_header(boot_info.acpi_root, t))
		return false;
	*width = is(t, "XSDT") ? 8 : 4;
	if (*width == 8 || is(t, "RSDT"))
		return open_rest(boot_info.acpi_root, t);
	klog(KLOG_WARN, "ACPI: root table at 0x%lx: signature XSDT or RSDT "
		"expected, %s found; ignored", boot_info.acpi_root,
		signature(t));
	return false;
}

void
acpi_init(void)
{
	struct table root;
	uint32_t width, n;

	for (uint8_t i = 0; i < 16; i++)
		acpi.override[i] = (struct acpi_override){ .isa = i,
			.gsi = i };
	if (boot_info.acpi_root == 0) {
		klog(KLOG_INFO, "ACPI: none; a PC without it is assumed");
		return;
	}
	if (!open_root(&root, &width))
		return;
	n = (root.len - HEADER_SIZE) / width;
	if (n > MAX_ROOTS)
		n = MAX_ROOTS;
	for (uint32_t i = 0; i < n; i++)
		read_table(get(&root, HEADER_SIZE + i * width, width));
	/* Rarely it is not in the DSDT. */
	for (uint32_t i = 0; i < n && !acpi.s5; i++)
		find_s5_at(get(&root, HEADER_SIZE + i * width, width), "SSDT");
}
