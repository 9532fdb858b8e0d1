/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * acpi.c: tables that are right, that are wrong in one way, and that are
 * wrong in any.  Each is mapped as an allocation of its own size, so a byte
 * read outside of it is noticed.
 */
#include "src/hal-baremetal/acpi.c"

#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "machine_suites.h"
#include "unit.h"

#define CASES		2000u
#define BASE		0x7fe0000ull	/* physical address of firmware[0] */
#define ROOT		0x000u		/* offsets in firmware */
#define MADT		0x100u
#define FADT		0x200u
#define HPET		0x400u
#define DSDT		0x500u
#define SSDT		0x700u

static unsigned char firmware[0x1000];
static const uint16_t tables[] = { ROOT, MADT, FADT, HPET, DSDT, SSDT };

static void
put(unsigned int at, uint64_t value, unsigned int bytes)
{
	while (bytes-- > 0) {
		firmware[at++] = (unsigned char)value;
		value >>= 8;
	}
}

static uint32_t
length(unsigned int at)
{
	uint32_t len;

	memcpy(&len, firmware + at + 4, 4);
	return len;
}

/* The sum of a table that fits, whatever it was. */
static void
seal(unsigned int at)
{
	uint32_t i, len = length(at);
	uint8_t sum = 0;

	if (len < HEADER_SIZE || len > sizeof(firmware) - at)
		return;
	firmware[at + 9] = 0;
	for (i = 0; i < len; i++)
		sum = (uint8_t)(sum + firmware[at + i]);
	firmware[at + 9] = (uint8_t)-sum;
}

static void
make(unsigned int at, const char *sig, uint32_t len)
{
	memset(firmware + at, 0, len);
	memcpy(firmware + at, sig, 4);
	put(at + 4, len, 4);
	seal(at);
}

static void
make_root(unsigned int width)
{
	static const unsigned int entries[] = { SSDT, MADT, FADT, HPET };
	unsigned int i;

	make(ROOT, width == 8 ? "XSDT" : "RSDT", HEADER_SIZE + 4 * width);
	for (i = 0; i < 4; i++)
		put(ROOT + HEADER_SIZE + i * width, BASE + entries[i], width);
	seal(ROOT);
}

static void
make_madt(void)
{
	static const unsigned char entries[] = {
		0, 8, 0, 0, 1, 0, 0, 0,				/* CPU */
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,
		1, 12, 1, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0,
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,			/* timer */
		2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,		/* SCI */
		2, 10, 0, 5, 20, 0, 0, 0, 0x0f, 0,
		2, 10, 1, 7, 21, 0, 0, 0, 0x0f, 0,		/* not ISA */
		2, 10, 0, 16, 22, 0, 0, 0, 0x0f, 0,		/* no line */
		4, 6, 0xff, 0, 0, 1,				/* NMI */
	};

	make(MADT, "APIC", MADT_ENTRIES + sizeof(entries));
	put(MADT + MADT_LAPIC, 0xfee00000, 4);
	put(MADT + MADT_FLAGS, 1, 4);
	memcpy(firmware + MADT + MADT_ENTRIES, entries, sizeof(entries));
	seal(MADT);
}

static void
make_fadt(uint32_t len)
{
	make(FADT, "FACP", 276);
	put(FADT + FADT_DSDT, BASE + DSDT, 4);
	put(FADT + FADT_SMI_CMD, 0xb2, 4);
	put(FADT + FADT_ENABLE, 0xf1, 1);
	put(FADT + FADT_PM1A, 0x604, 4);
	put(FADT + FADT_PM_TIMER, 0x608, 4);
	put(FADT + FADT_FLAGS, FADT_FLAG_RESET, 4);
	put(FADT + FADT_RESET, SPACE_IO, 1);
	put(FADT + FADT_RESET + GAS_ADDRESS, 0xcf9, 8);
	put(FADT + FADT_RESET_VAL, 0x0f, 1);
	put(FADT + FADT_X_PM1B, SPACE_IO, 1);
	put(FADT + FADT_X_PM1B + GAS_ADDRESS, 0x704, 8);
	put(FADT + 4, len, 4);
	seal(FADT);
}

static void
make_hpet(void)
{
	make(HPET, "HPET", 56);
	put(HPET + HPET_BASE + GAS_ADDRESS, 0xfed00000, 8);
	seal(HPET);
}

/* \_S5_ as firmware has it: Name (_S5_, Package () {5, 6, 0, 0}) */
static const unsigned char s5_plain[] = { AML_NAME, '_', 'S', '5', '_',
	AML_PACKAGE, 8, 4, AML_BYTE, 5, AML_BYTE, 6, 0, 0 };

static void
make_dsdt(unsigned int at, const char *sig, const void *aml, size_t size)
{
	make(at, sig, HEADER_SIZE + 8 + (uint32_t)size);
	memset(firmware + at + HEADER_SIZE, 0xa3, 8);	/* NoopOp */
	memcpy(firmware + at + HEADER_SIZE + 8, aml, size);
	seal(at);
}

static void
make_all(void)
{
	memset(firmware, 0, sizeof(firmware));
	make_root(8);
	make_madt();
	make_fadt(276);
	make_hpet();
	make_dsdt(DSDT, "DSDT", s5_plain, sizeof(s5_plain));
	make_dsdt(SSDT, "SSDT", "", 0);
}

static void
run(void)
{
	machine_unmap_all();
	machine_out_clear();
	memset(&acpi, 0, sizeof(acpi));
	boot_info.acpi_root = BASE + ROOT;
	machine_physical(BASE, firmware, sizeof(firmware));
	acpi_init();
}

static void
setup(void)
{
	machine_memory_reset();
	options.log_level = KLOG_WARN;
	options.screen = false;
	make_all();
}

static void
check_log(const char *text)
{
	if (strstr(machine_out, text) == NULL)
		ck_abort_msg("the log is \"%s\", without \"%s\"", machine_out,
			text);
}

static void
check_all(void)
{
	ck_assert(acpi.madt && acpi.has_8259);
	ck_assert_uint_eq(acpi.lapic, 0xfee00000);
	ck_assert_uint_eq(acpi.nioapics, 2);
	ck_assert_uint_eq(acpi.ioapic[0].base, 0xfec00000);
	ck_assert_uint_eq(acpi.ioapic[1].base, 0xfec01000);
	ck_assert_uint_eq(acpi.ioapic[1].gsi, 24);
	ck_assert_uint_eq(acpi.hpet, 0xfed00000);
	ck_assert_uint_eq(acpi.pm1a_control, 0x604);
	ck_assert_uint_eq(acpi.pm_timer, 0x608);
	ck_assert_uint_eq(acpi.smi_command, 0xb2);
	ck_assert_uint_eq(acpi.acpi_enable, 0xf1);
	ck_assert(acpi.s5);
	ck_assert_uint_eq(acpi.s5_a, 5);
	ck_assert_uint_eq(acpi.s5_b, 6);
	ck_assert(acpi.reset && acpi.reset_is_port);
	ck_assert_uint_eq(acpi.reset_address, 0xcf9);
	ck_assert_uint_eq(acpi.reset_value, 0x0f);
}

START_TEST(acpi_whole)
{
	run();
	check_all();
	ck_assert_uint_eq(acpi.pm1b_control, 0x704);
	ck_assert_str_eq(machine_out, "");
}
END_TEST

START_TEST(acpi_rsdt)
{
	make_root(4);
	run();
	check_all();
	ck_assert_str_eq(machine_out, "");
}
END_TEST

START_TEST(acpi_overrides)
{
	unsigned int i;

	run();
	for (i = 0; i < 16; i++) {
		const struct acpi_override *o = &acpi.override[i];
		unsigned int gsi = i == 0 ? 2 : i == 5 ? 20 : i;

		ck_assert_uint_eq(o->isa, i);
		ck_assert_uint_eq(o->gsi, gsi);
		ck_assert_int_eq(o->level, i == 9 || i == 5);
		ck_assert_int_eq(o->low, i == 5);
	}
}
END_TEST

START_TEST(acpi_none)
{
	machine_unmap_all();
	boot_info.acpi_root = 0;
	acpi_init();
	ck_assert_uint_eq(machine_maps, 0);
	ck_assert_uint_eq(acpi.override[15].gsi, 15);
	ck_assert(!acpi.madt && !acpi.s5);
}
END_TEST

START_TEST(acpi_root_elsewhere)
{
	machine_unmap_all();
	machine_out_clear();
	boot_info.acpi_root = UINT64_MAX - 8;
	acpi_init();
	check_log("where nothing can be");
	ck_assert(!acpi.madt);
}
END_TEST

START_TEST(acpi_root_signature)
{
	memcpy(firmware + ROOT, "XS\nT", 4);
	seal(ROOT);
	run();
	check_log("signature XSDT or RSDT expected, XS?T found");
	ck_assert(!acpi.madt);
}
END_TEST

/* One bit of any table's sum: that table is not believed. */
START_TEST(acpi_checksums)
{
	unsigned int i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) - 1; i++) {
		make_all();
		firmware[tables[i] + 9] ^= 0x10;
		run();
		check_log("its bytes add up to 0x");
		ck_assert_int_eq(acpi.madt, i != 0 && tables[i] != MADT);
		ck_assert_int_eq(acpi.hpet != 0, i != 0 && tables[i] != HPET);
		ck_assert_int_eq(acpi.pm1a_control != 0, i != 0 &&
			tables[i] != FADT);
		ck_assert_int_eq(acpi.s5, tables[i] == MADT ||
			tables[i] == HPET);
	}
}
END_TEST

START_TEST(acpi_lengths)
{
	static const uint32_t lengths[] = { 0, 8, HEADER_SIZE - 1,
		TABLE_MAX + 1, 0x80000000, UINT32_MAX };
	unsigned int i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 6; k++) {
			make_all();
			put(tables[i] + 4, lengths[k], 4);
			run();
			check_log("length 36 to 1048576 expected");
			ck_assert(!acpi.madt || i > 1);
		}
}
END_TEST

START_TEST(acpi_empty_tables)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		make_all();
		put(tables[i] + 4, HEADER_SIZE, 4);
		seal(tables[i]);
		run();
	}
	ck_assert_uint_eq(acpi.hpet, 0);
	ck_assert(acpi.madt && acpi.s5);
}
END_TEST

/* An entry of a length that leads nowhere ends the list. */
START_TEST(acpi_madt_entries)
{
	static const unsigned char lengths[] = { 0, 1, 255 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		make_all();
		firmware[MADT + MADT_ENTRIES + 20 + 1] = lengths[i];
		seal(MADT);
		run();
		check_log("the entry at 64 has length");
		ck_assert(acpi.madt);
		ck_assert_uint_eq(acpi.nioapics, 1);
	}
	/* One too short for its type is passed over. */
	make_all();
	firmware[MADT + MADT_ENTRIES + 20 + 1] = 2;
	firmware[MADT + MADT_ENTRIES + 22 + 1] = 10;
	seal(MADT);
	run();
	ck_assert_uint_eq(acpi.nioapics, 1);
	ck_assert_str_eq(machine_out, "");
}
END_TEST

START_TEST(acpi_many_ioapics)
{
	unsigned int i;

	make(MADT, "APIC", MADT_ENTRIES + 12 * 12);
	for (i = 0; i < 12; i++) {
		put(MADT + MADT_ENTRIES + i * 12, 0x0c01, 2);
		put(MADT + MADT_ENTRIES + i * 12 + 4, 0xfec00000 + i, 4);
	}
	seal(MADT);
	run();
	ck_assert_uint_eq(acpi.nioapics, 8);
	ck_assert_uint_eq(acpi.ioapic[7].base, 0xfec00007);
	check_log("more than 8 I/O APICs");
}
END_TEST

/* The same table twice, and one as its own entry. */
START_TEST(acpi_repeated)
{
	put(ROOT + HEADER_SIZE, BASE + MADT, 8);
	put(ROOT + HEADER_SIZE + 24, BASE + ROOT, 8);
	seal(ROOT);
	run();
	ck_assert_uint_eq(acpi.nioapics, 2);
	ck_assert(acpi.s5);
}
END_TEST

/* A root table of a million bytes of itself: some of it is read. */
START_TEST(acpi_itself)
{
	static unsigned char big[TABLE_MAX];
	uint64_t self = BASE;
	uint8_t sum = 0;
	uint32_t i;

	memcpy(big, "XSDT", 4);
	memcpy(big + 4, &(uint32_t){ sizeof(big) }, 4);
	for (i = HEADER_SIZE; i + 8 <= sizeof(big); i += 8)
		memcpy(big + i, &self, 8);
	for (i = 0; i < sizeof(big); i++)
		sum = (uint8_t)(sum + big[i]);
	big[9] = (uint8_t)-sum;
	boot_info.acpi_root = BASE;
	machine_physical(BASE, big, sizeof(big));
	machine_out_clear();
	acpi_init();
	ck_assert(!acpi.madt && !acpi.s5);
	ck_assert_str_eq(machine_out, "");
}
END_TEST

START_TEST(acpi_fadt_old)
{
	make_fadt(116);			/* ACPI 1.0: no reset register */
	run();
	ck_assert(!acpi.reset && acpi.s5);
	ck_assert_uint_eq(acpi.pm1a_control, 0x604);
	ck_assert_uint_eq(acpi.pm1b_control, 0);
}
END_TEST

START_TEST(acpi_fadt_extended)
{
	put(FADT + FADT_X_PM1A, SPACE_IO, 1);
	put(FADT + FADT_X_PM1A + GAS_ADDRESS, 0x1804, 8);
	put(FADT + FADT_X_PM_TIMER, SPACE_MEMORY, 1);
	put(FADT + FADT_X_PM_TIMER + GAS_ADDRESS, 0x1808, 8);
	put(FADT + FADT_X_PM1B + GAS_ADDRESS, 0x10704, 8);
	put(FADT + FADT_PM1B, 0x10000, 4);
	put(FADT + FADT_X_DSDT, BASE + SSDT, 8);
	seal(FADT);
	run();
	ck_assert_uint_eq(acpi.pm1a_control, 0x1804);
	ck_assert_uint_eq(acpi.pm_timer, 0x608);
	ck_assert_uint_eq(acpi.pm1b_control, 0);
	ck_assert(!acpi.s5);		/* that is no DSDT */
}
END_TEST

START_TEST(acpi_fadt_reset)
{
	put(FADT + FADT_RESET, SPACE_MEMORY, 1);
	put(FADT + FADT_RESET + GAS_ADDRESS, 0xfed40000, 8);
	seal(FADT);
	run();
	ck_assert(acpi.reset && !acpi.reset_is_port);
	put(FADT + FADT_RESET, SPACE_IO, 1);
	seal(FADT);
	run();
	ck_assert(!acpi.reset);		/* no such port */
	put(FADT + FADT_RESET, 2, 1);
	put(FADT + FADT_RESET + GAS_ADDRESS, 0xcf9, 8);
	seal(FADT);
	run();
	ck_assert(!acpi.reset);
	put(FADT + FADT_FLAGS, FADT_FLAG_LEAN, 4);
	seal(FADT);
	run();
	ck_assert(!acpi.reset && acpi.s5);
	ck_assert_uint_eq(acpi.pm1a_control | acpi.pm_timer |
		acpi.smi_command, 0);
}
END_TEST

/*
 * \_S5_
 */

static bool
s5(const void *aml, size_t size)
{
	make_all();
	make_dsdt(DSDT, "DSDT", aml, size);
	run();
	return acpi.s5;
}

START_TEST(acpi_s5_forms)
{
	static const unsigned char ones[] = { AML_NAME, '\\', '_', 'S', '5',
		'_', AML_PACKAGE, 4, 2, AML_ONE, AML_ZERO };
	static const unsigned char wide[] = { AML_NAME, '_', 'S', '5', '_',
		AML_PACKAGE, 0x4b, 0, 2, AML_WORD, 7, 0, AML_DWORD, 3, 0, 0,
		0 };
	static const unsigned char second[] = { AML_NAME, '_', 'S', '5', '_',
		AML_PACKAGE, 4, 1, AML_ONE, AML_ZERO,
		'x', '_', 'S', '5', '_', AML_PACKAGE, 4, 2, AML_ONE, AML_ONE,
		AML_NAME, '_', 'S', '5', '_', AML_PACKAGE, 6, 2, AML_BYTE, 4,
		AML_BYTE, 2 };

	ck_assert(s5(ones, sizeof(ones)));
	ck_assert_uint_eq(acpi.s5_a, 1);
	ck_assert_uint_eq(acpi.s5_b, 0);
	ck_assert(s5(wide, sizeof(wide)));
	ck_assert_uint_eq(acpi.s5_a, 7);
	ck_assert_uint_eq(acpi.s5_b, 3);
	ck_assert(s5(second, sizeof(second)));
	ck_assert_uint_eq(acpi.s5_a, 4);
	ck_assert_uint_eq(acpi.s5_b, 2);
}
END_TEST

START_TEST(acpi_s5_broken)
{
	unsigned char aml[sizeof(s5_plain)];
	unsigned int i;

	/* Cut off anywhere. */
	for (i = 0; i < sizeof(aml); i++)
		ck_assert(!s5(s5_plain, i));
	memcpy(aml, s5_plain, sizeof(aml));
	for (i = 0; i < 6; i++) {	/* too short for two constants */
		aml[6] = (unsigned char)i;
		ck_assert(!s5(aml, sizeof(aml)));
	}
	aml[6] = 0x3f;			/* too long for the table */
	ck_assert(!s5(aml, sizeof(aml)));
	aml[6] = 0xc8;
	ck_assert(!s5(aml, sizeof(aml)));
	aml[6] = 8;
	aml[9] = 8;			/* no type of sleep */
	ck_assert(!s5(aml, sizeof(aml)));
	aml[9] = 5;
	aml[8] = 0x0e;			/* no constant */
	ck_assert(!s5(aml, sizeof(aml)));
	aml[8] = AML_BYTE;
	ck_assert(s5(aml, sizeof(aml)));
}
END_TEST

START_TEST(acpi_s5_in_ssdt)
{
	make_dsdt(DSDT, "DSDT", "", 0);
	make_dsdt(SSDT, "SSDT", s5_plain, sizeof(s5_plain));
	run();
	ck_assert(acpi.s5);
	ck_assert_uint_eq(acpi.s5_a, 5);
}
END_TEST

/*
 * Anything
 */

static void
corrupt(struct rng *r)
{
	unsigned int i, n = 1 + rng_below(r, 12);

	for (i = 0; i < n; i++) {
		unsigned int table = tables[rng_below(r, 6)];
		uint32_t len = length(table);
		unsigned int at;

		len = len < 8 || len > 0x100 ? 0x100 : len;
		at = table + (rng_below(r, 4) == 0 ? 4 + rng_below(r, 4) :
			rng_below(r, len));
		if (rng_below(r, 3) == 0)
			firmware[at] = (unsigned char)rng_next(r);
		else
			firmware[at] = (unsigned char)(firmware[at] ^
				1u << rng_below(r, 8));
	}
	for (i = 0; i < 6; i++)
		if (rng_below(r, 8) != 0)
			seal(tables[i]);
}

START_TEST(acpi_corrupted)
{
	struct rng r = { 0xac91 };
	unsigned int i, madt = 0, asleep = 0, complaints = 0;

	for (i = 0; i < CASES; i++) {
		make_all();
		corrupt(&r);
		run();
		madt += acpi.madt;
		asleep += acpi.s5;
		complaints += machine_out[0] != '\0';
		ck_assert_uint_le(acpi.nioapics, 8);
		ck_assert(!acpi.s5 || (acpi.s5_a <= 7 && acpi.s5_b <= 7));
		ck_assert_uint_le(acpi.pm1a_control | acpi.pm1b_control |
			acpi.pm_timer | acpi.smi_command, 0xffff);
		ck_assert(!acpi.reset_is_port || !acpi.reset ||
			acpi.reset_address <= 0xffff);
	}
	machine_unmap_all();
	ck_assert_uint_gt(madt, CASES / 10);
	ck_assert_uint_gt(asleep, CASES / 10);
	ck_assert_uint_gt(complaints, CASES / 10);
}
END_TEST

static void
teardown(void)
{
	machine_unmap_all();
}

Suite *
suite_machine_acpi(void)
{
	Suite *s = suite_create("machine-acpi");
	TCase *t = tcase_create("acpi");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, acpi_whole);
	tcase_add_test(t, acpi_rsdt);
	tcase_add_test(t, acpi_overrides);
	tcase_add_test(t, acpi_none);
	tcase_add_test(t, acpi_root_elsewhere);
	tcase_add_test(t, acpi_root_signature);
	tcase_add_test(t, acpi_checksums);
	tcase_add_test(t, acpi_lengths);
	tcase_add_test(t, acpi_empty_tables);
	tcase_add_test(t, acpi_madt_entries);
	tcase_add_test(t, acpi_many_ioapics);
	tcase_add_test(t, acpi_repeated);
	tcase_add_test(t, acpi_itself);
	tcase_add_test(t, acpi_fadt_old);
	tcase_add_test(t, acpi_fadt_extended);
	tcase_add_test(t, acpi_fadt_reset);
	tcase_add_test(t, acpi_s5_forms);
	tcase_add_test(t, acpi_s5_broken);
	tcase_add_test(t, acpi_s5_in_ssdt);
	tcase_add_test(t, acpi_corrupted);
	suite_add_tcase(s, t);
	return s;
}
