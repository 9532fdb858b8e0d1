/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts.  A serial port whose transmitter is empty raises one as soon
 * as it is asked to: nothing is sent.
 */
#include "objects.h"
#include "serial.h"

#define CONTROL		HELIOS_INIT_IRQCONTROL
#define SECONDS(n)	((n) * 1000000000ull)

static struct helios_irq_info
irq_of(helios_cap_t handler)
{
	struct helios_irq_info info;

	CHECK_OK(helios_irq_info(handler, &info));
	return info;
}

/* The line must go down and up again for another interrupt. */
static void
quiet(const struct serial *sp)
{
	serial_write(sp, SERIAL_IER, 0);
	(void)serial_read(sp, SERIAL_IIR);
}

static void
raise_irq(const struct serial *sp)
{
	serial_write(sp, SERIAL_IER, SERIAL_IER_THRE);
}

static struct serial
open_quiet(void)
{
	struct serial sp = serial_open();

	quiet(&sp);
	serial_write(&sp, SERIAL_MCR, sp.mcr | SERIAL_MCR_OUT2);
	return sp;
}

static helios_cap_t
issue(const struct serial *sp, helios_cap_t note)
{
	helios_cap_t handler = UNDEF;
	enum helios_status status = helios_irq_issue(CONTROL, sp->irq, note,
		&handler);

	if (status == HELIOS_BUSY)
		SKIP("a driver has interrupt %u", sp->irq);
	CHECK_OK(status);
	return handler;
}

/* Did the note get this badge within a while? */
static bool
arrives(helios_cap_t note, uint64_t badge)
{
	uint64_t bits = 0;

	return helios_wait_until(note, helios_clock() + SECONDS(5), &bits) ==
		HELIOS_OK && bits == badge;
}

/* Does it stay silent? */
static bool
silent(helios_cap_t note)
{
	uint64_t bits = 0;

	return helios_wait_until(note, helios_clock() + SECONDS(1) / 50,
		&bits) == HELIOS_WOULD_BLOCK;
}

TEST(irq, masked_until_the_first_ack)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), h = issue(&sp, note);
	bool early, late;

	raise_irq(&sp);
	early = !silent(note);
	quiet(&sp);
	CHECK_OK(helios_irq_ack(h));
	raise_irq(&sp);
	late = arrives(note, 1);
	serial_close(&sp);
	CHECK(!early);
	CHECK(late);
	CHECK_EQ(irq_of(h).irq, sp.irq);
	CHECK_EQ(irq_of(h).count >= 1, true);
	CHECK_EQ(irq_of(h).masked, 1);
}

TEST(irq, each_ack_is_one_interrupt)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), badged = UNDEF, h;
	unsigned int i, good = 0, extra = 0;
	uint64_t count;

	CHECK_OK(helios_mint(note, HELIOS_RIGHT_SEND, 0x40, &badged));
	h = issue(&sp, badged);
	CHECK_EQ(irq_of(h).masked, 1);
	CHECK_OK(helios_irq_ack(h));
	CHECK_EQ(irq_of(h).masked, 0);
	count = irq_of(h).count;
	for (i = 0; i < 5; i++) {
		raise_irq(&sp);
		good += arrives(note, 0x40);
		/* It masked itself: no other before the ack. */
		quiet(&sp);
		raise_irq(&sp);
		extra += !silent(note);
		quiet(&sp);
		CHECK_OK(helios_irq_ack(h));
		/* One that was latched meanwhile may come now. */
		(void)silent(note);
		CHECK_OK(helios_irq_ack(h));
	}
	serial_close(&sp);
	CHECK_EQ(good, 5);
	CHECK_EQ(extra, 0);
	CHECK(irq_of(h).count >= count + 5);
}

/* What comes while the driver is still at work comes again at its ACK. */
TEST(irq, raised_before_the_ack)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), h = issue(&sp, note);
	unsigned int i, again = 0;

	CHECK_OK(helios_irq_ack(h));
	for (i = 0; i < 5; i++) {
		raise_irq(&sp);
		(void)arrives(note, 1);
		quiet(&sp);
		raise_irq(&sp);
		CHECK_OK(helios_irq_ack(h));
		again += arrives(note, 1);
		quiet(&sp);
		CHECK_OK(helios_irq_ack(h));
		(void)silent(note);
		CHECK_OK(helios_irq_ack(h));
	}
	serial_close(&sp);
	CHECK_EQ(again, 5);
}

TEST(irq, one_handler_for_a_line)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), h = issue(&sp, note), copy;
	struct snapshot s;

	serial_close(&sp);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, sp.irq, note, UNDEF),
		HELIOS_BUSY, sp.irq);
	/* Until the last capability of it is gone. */
	copy = make_copy(h, HELIOS_RIGHTS_ALL);
	CHECK_OK(helios_destroy(h));
	CHECK_STATUS(helios_irq_issue(CONTROL, sp.irq, note, &h),
		HELIOS_BUSY);
	CHECK_EQ(irq_of(copy).irq, sp.irq);
	CHECK_OK(helios_destroy(copy));
	CHECK_OK(helios_irq_issue(CONTROL, sp.irq, note, &h));
	CHECK_EQ(irq_of(h).masked, 1);
	CHECK_EQ(irq_of(h).count, 0);
}

TEST(irq, released_line_is_masked)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), h = issue(&sp, note);
	bool quiet_after, works;

	CHECK_OK(helios_irq_ack(h));
	CHECK_OK(helios_destroy(h));
	raise_irq(&sp);
	quiet_after = silent(note);
	quiet(&sp);
	/* A new handler starts afresh. */
	h = issue(&sp, note);
	CHECK_OK(helios_irq_ack(h));
	raise_irq(&sp);
	works = arrives(note, 1);
	serial_close(&sp);
	CHECK(quiet_after);
	CHECK(works);
}

TEST(irq, note_goes_before_the_interrupt)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), h = issue(&sp, note);
	uint64_t notes = counts().notes, left;

	CHECK_OK(helios_irq_ack(h));
	/* The handler's own capability is a copy: it keeps the note. */
	CHECK_OK(helios_destroy(note));
	left = counts().notes;
	raise_irq(&sp);
	(void)helios_sleep(SECONDS(1) / 50);
	quiet(&sp);
	serial_close(&sp);
	CHECK_EQ(left, notes);
	CHECK_EQ(irq_of(h).irq, sp.irq);
	CHECK_OK(helios_destroy(h));
	CHECK_EQ(counts().notes, notes - 1);
}

TEST(irq, revoked_note_is_signalled_no_more)
{
	struct serial sp = open_quiet();
	helios_cap_t note = make(HELIOS_NOTE, 0), h = issue(&sp, note);
	bool nothing;

	CHECK_OK(helios_irq_ack(h));
	CHECK_OK(helios_revoke(note));
	raise_irq(&sp);
	nothing = silent(note);
	quiet(&sp);
	serial_close(&sp);
	CHECK(nothing);
	CHECK_EQ(irq_of(h).irq, sp.irq);
	CHECK_OK(helios_irq_ack(h));
}

TEST(irq, issue_refused)
{
	helios_cap_t note = make(HELIOS_NOTE, 0), recv, ep;
	uint64_t lines = 0;
	struct snapshot s;

	CHECK_OK(helios_irq_count(CONTROL, &lines));
	CHECK_EQ(lines, helios_process.bootinfo->irq_count);
	CHECK(lines >= 5);
	recv = make_copy(note, HELIOS_RIGHT_RECV);
	ep = make(HELIOS_ENDPOINT, 0);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, lines, note, UNDEF),
		HELIOS_INVALID_PARAM, 0);
	CHECK_NO_CHANGE(&s, INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, 1ull << 32 | 5, note, UNDEF),
		HELIOS_INVALID_PARAM, 0);
	CHECK_NO_CHANGE(&s, INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, 5, recv, UNDEF),
		HELIOS_ACCESS, HELIOS_RIGHT_RECV);
	CHECK_NO_CHANGE(&s, INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, 5, ep, UNDEF),
		HELIOS_INVALID_CTYPE, HELIOS_ENDPOINT);
	CHECK_NO_CHANGE(&s, INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, 5, note, note),
		HELIOS_INVALID_CSLOT, note);
	CHECK_NO_CHANGE(&s, INVOKE_0(CONTROL, HELIOS_IRQCONTROL, 2),
		HELIOS_INVALID_OP, HELIOS_LABEL(HELIOS_IRQCONTROL, 2));
	CHECK_STATUS(INVOKE(CONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, 5, note),
		HELIOS_INVALID_PARAM);
	SNAP_SAME(&s);
}
