/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O ports: ranges, and what an access must keep to.  The scratch register
 * of a serial port serves as one that can be written without effect.
 */
#include "objects.h"
#include "serial.h"

static void
check_range(helios_cap_t port, uint64_t first, uint64_t last)
{
	uint64_t a = 0, b = 0;

	CHECK_OK(helios_ioport_info(port, &a, &b));
	CHECK_EQ(a, first);
	CHECK_EQ(b, last);
}

TEST(ioport, issue_and_info)
{
	helios_cap_t port = UNDEF, copy;

	CHECK_OK(helios_ioport_issue(HELIOS_INIT_IOCONTROL, 0x60, 0x64,
			&port));
	check_range(port, 0x60, 0x64);
	/* It can be copied, and ranges may overlap. */
	copy = make_copy(port, HELIOS_RIGHTS_ALL);
	check_range(copy, 0x60, 0x64);
	CHECK_OK(helios_destroy(port));
	check_range(copy, 0x60, 0x64);
	CHECK_OK(helios_ioport_issue(HELIOS_INIT_IOCONTROL, 0x64, 0x64,
			&port));
	check_range(port, 0x64, 0x64);
	CHECK_EQ(type_of(port), HELIOS_IOPORT);
}

TEST(ioport, ranges_refused)
{
	uint64_t all[2] = { UINT64_MAX, 0 };
	struct snapshot s;

	CHECK_OK(helios_invoke(HELIOS_INIT_IOCONTROL,
			HELIOS_LABEL(HELIOS_IOCONTROL, HELIOS_IOCONTROL_INFO),
			NULL, 0, all, 2));
	CHECK(all[0] <= 0x60 && all[1] >= 0x3ff && all[1] <= 0xffff);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, INVOKE(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, 0x10000, 0x10000, UNDEF),
		HELIOS_INVALID_PARAM, 0);
	CHECK_NO_CHANGE(&s, INVOKE(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, 0x60, 0x10000, UNDEF),
		HELIOS_INVALID_PARAM, 1);
	CHECK_NO_CHANGE(&s, INVOKE(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, 0x64, 0x60, UNDEF),
		HELIOS_INVALID_PARAM, 1);
	CHECK_NO_CHANGE(&s, INVOKE(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, 0x60 | 1ull << 32, 0x64,
			UNDEF), HELIOS_INVALID_PARAM, 0);
	CHECK_NO_CHANGE(&s, INVOKE(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, 0x60, 0x64,
			HELIOS_INIT_CSPACE), HELIOS_INVALID_CSLOT,
		HELIOS_INIT_CSPACE);
	CHECK_NO_CHANGE(&s, INVOKE_0(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			2), HELIOS_INVALID_OP,
		HELIOS_LABEL(HELIOS_IOCONTROL, 2));
}

TEST(ioport, access_stays_inside)
{
	struct serial sp = serial_open();
	uint64_t scratch = sp.base + SERIAL_SCRATCH;
	helios_cap_t port = UNDEF;
	uint32_t value = 77;

	CHECK_OK(helios_ioport_issue(HELIOS_INIT_IOCONTROL, scratch, scratch,
			&port));
	CHECK_OK(helios_ioport_in(port, scratch, 1, &value));
	value = 77;
	CHECK_ERROR(helios_ioport_in(port, scratch, 2, &value),
		HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_ioport_in(port, scratch - 1, 2, &value),
		HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_ioport_in(port, scratch - 1, 1, &value),
		HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_ioport_in(port, scratch + 1, 1, &value),
		HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_ioport_in(port, scratch | 1ull << 16, 1, &value),
		HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_ioport_in(port, UINT64_MAX, 1, &value),
		HELIOS_INVALID_PARAM, 0);
	CHECK_EQ(value, 77);
	/* A write that straddles the end does not write its first byte. */
	serial_write(&sp, SERIAL_SCRATCH, 0x5a);
	CHECK_ERROR(helios_ioport_out(port, scratch, 2, 0xffff),
		HELIOS_INVALID_PARAM, 0);
	CHECK_ERROR(helios_ioport_out(port, scratch - 3, 4, 0),
		HELIOS_INVALID_PARAM, 0);
	CHECK_EQ(serial_read(&sp, SERIAL_SCRATCH), 0x5a);
	serial_close(&sp);
}

TEST(ioport, widths)
{
	struct serial sp = serial_open();
	uint64_t scratch = sp.base + SERIAL_SCRATCH;
	static const unsigned int bad[] = { 0, 3, 5, 8, 1u << 31 };
	uint32_t value = 1;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERROR(helios_ioport_in(sp.port, sp.base, bad[i],
				&value), HELIOS_INVALID_PARAM, 1);
		CHECK_ERROR(helios_ioport_out(sp.port, sp.base, bad[i], 0),
			HELIOS_INVALID_PARAM, 1);
	}
	CHECK_EQ(value, 1);
	CHECK_OK(helios_ioport_out(sp.port, scratch, 1, 0xa5));
	CHECK_OK(helios_ioport_in(sp.port, scratch, 1, &value));
	CHECK_EQ(value, 0xa5);
	/* Only as many bits as were asked for. */
	CHECK_OK(helios_ioport_in(sp.port, scratch - 1, 2, &value));
	CHECK_EQ(value >> 16, 0);
	CHECK_EQ(value >> 8, 0xa5);
	CHECK_ERROR(helios_ioport_out(sp.port, scratch, 1, 0x100),
		HELIOS_INVALID_PARAM, 2);
	CHECK_EQ(serial_read(&sp, SERIAL_SCRATCH), 0xa5);
	CHECK_ERROR(INVOKE_0(sp.port, HELIOS_IOPORT, 3), HELIOS_INVALID_OP,
		HELIOS_LABEL(HELIOS_IOPORT, 3));
	serial_close(&sp);
}

TEST(ioport, revoked)
{
	helios_cap_t port = UNDEF, copy;
	uint64_t a, b;

	CHECK_OK(helios_ioport_issue(HELIOS_INIT_IOCONTROL, 0x60, 0x60,
			&port));
	copy = make_copy(port, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_revoke(port));
	CHECK_ERROR(helios_ioport_info(copy, &a, &b), HELIOS_REVOKED, copy);
	check_range(port, 0x60, 0x60);
}

/* The UART end to end: what goes out comes back in loopback mode. */
TEST(ioport, serial_loopback)
{
	struct serial sp = serial_open();
	unsigned int i, got = 0, sent, lines;

	serial_write(&sp, SERIAL_IER, 0);
	serial_write(&sp, SERIAL_MCR, SERIAL_MCR_LOOP);
	while (serial_read(&sp, SERIAL_LSR) & SERIAL_LSR_READY)
		(void)serial_read(&sp, SERIAL_DATA);
	for (i = 0; i < 8; i++) {
		sent = 0x41 + i;
		serial_write(&sp, SERIAL_DATA, sent);
		if (!serial_wait(&sp, SERIAL_LSR_READY))
			break;
		got += serial_read(&sp, SERIAL_DATA) == sent;
	}
	/* Its modem lines loop back too. */
	serial_write(&sp, SERIAL_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_RTS);
	lines = serial_read(&sp, SERIAL_MSR);
	/* Only now may a failure be printed: it may be on this port. */
	serial_close(&sp);
	CHECK_EQ(got, 8);
	CHECK(lines & SERIAL_MSR_CTS);
}
