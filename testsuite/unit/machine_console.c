/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.c: the log's lines start where a line starts.  serial.c: what it
 * writes reaches the line whatever a driver is in the middle of, and the
 * driver finds the port as it left it.
 */
#include "src/hal-baremetal/baremetal.h"

#include "machine.h"
#define inb	machine_inb
#define outb	machine_outb
#include "src/hal-baremetal/console.c"

#include <string.h>

#include "machine_suites.h"
#include "unit.h"

/* The real one, beside machine_mock.c's, on a port of its own. */
static uint8_t uart_in(uint16_t port);
static void uart_out(uint16_t port, uint8_t v);
#undef inb
#undef outb
#define inb		uart_in
#define outb		uart_out
#define serial_init	port_init
#define serial_write	port_write
#define serial_key	port_key
bool port_init(void);
void port_write(const char *buf, size_t len);
bool port_key(void);
#include "src/hal-baremetal/serial.c"
#undef serial_init
#undef serial_write
#undef serial_key

static void
reset(void)
{
	machine_memory_reset();
	machine_out_clear();
	mid_line = false;
	options.log_level = KLOG_WARN;
	options.serial = options.screen = true;
}

static void
program(const char *text)
{
	hal_console_write(text, strlen(text));
}

START_TEST(console_levels)
{
	klog(KLOG_ERROR, "one %u", 1u);
	klog(KLOG_WARN, "two");
	klog(KLOG_INFO, "three");
	klog(KLOG_DEBUG, "four");
	ck_assert_str_eq(machine_out, "helios: error: one 1\n"
		"helios: warning: two\n");
	machine_out_clear();
	options.log_level = KLOG_DEBUG;
	klog(KLOG_INFO, "three");
	klog(KLOG_DEBUG, "four");
	ck_assert_str_eq(machine_out, "helios: three\nhelios: debug: four\n");
}
END_TEST

START_TEST(console_line_starts)
{
	program("abc");
	program("");
	klog(KLOG_WARN, "x");
	klog(KLOG_WARN, "y");
	program("abc\n");
	klog(KLOG_INFO, "not shown");
	klog(KLOG_WARN, "z");
	program("\n");
	klog(KLOG_WARN, "z");
	ck_assert_str_eq(machine_out, "abc\nhelios: warning: x\n"
		"helios: warning: y\nabc\nhelios: warning: z\n\n"
		"helios: warning: z\n");
}
END_TEST

START_TEST(console_puts_lines)
{
	options.serial = options.screen = false;
	program("abc");
	klog(KLOG_WARN, "x");
	ck_assert_str_eq(machine_out, "");
	program("abc");
	console_puts("panic\n");
	console_puts("more\n");
	console_puts("half");
	console_puts("line\n");
	ck_assert_str_eq(machine_out, "\npanic\nmore\nhalf\nline\n");
}
END_TEST

START_TEST(console_long_line)
{
	char text[600];
	size_t n;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	program("a");
	hal_log(KLOG_ERROR, text);
	n = strlen(machine_out);
	ck_assert_uint_gt(n, 256);
	ck_assert_int_eq(machine_out[n - 1], '\n');
	ck_assert_ptr_eq(strchr(machine_out + 2, '\n'), machine_out + n - 1);
	program("b");
	ck_assert_str_eq(machine_out + n, "b");
}
END_TEST

START_TEST(console_keys)
{
	static const struct { uint8_t code, status; bool key; } cases[] = {
		{ 0x1e, 0x1d, true }, { 0x9e, 0x1d, false },
		{ 0x1e, 0x1c, false }, { 0x1e, 0x3d, false },
		{ 0x1e, 0xff, false }, { 0xfa, 0x15, false },
	};
	unsigned int i;

	for (i = 0; i < 6; i++) {
		machine_keyboard[0] = cases[i].code;
		machine_keyboard[1] = cases[i].status;
		ck_assert_int_eq(console_key(), cases[i].key);
	}
}
END_TEST

/*
 * A PC16550D.  Its time is what the processor asks: each read of the line's
 * status is a quarter of a character.
 */

#define QUARTERS	4u

static struct {
	uint8_t ier, fcr, lcr, mcr, scratch, divisor[2];
	unsigned char fifo[16];		/* the transmitter's */
	unsigned int queued, shifting;	/* quarters left of shifted */
	unsigned char shifted;
	unsigned char got;		/* the receiver's */
	bool full;
	bool absent, halted;		/* the far end's clear to send */
	unsigned int rises;		/* of an empty transmitter */
	unsigned int garbled;		/* settings changed under way */
	unsigned int lost;		/* bytes that had no room */
	unsigned int touched;		/* writes to IER and FCR */
	unsigned int polls;
	char line[256];			/* what the far end has read */
	unsigned int sent;
} uart;

/* A character has left the shift register. */
static void
uart_shifted(void)
{
	if (uart.mcr & MCR_LOOP) {
		uart.got = uart.shifted;
		uart.full = true;
	} else if (!(uart.lcr & LCR_BREAK)) {
		ck_assert_uint_lt(uart.sent, sizeof(uart.line) - 1);
		uart.line[uart.sent++] = (char)uart.shifted;
	}
}

static void
uart_tick(void)
{
	if (uart.halted)
		return;
	if (uart.shifting > 0 && --uart.shifting == 0)
		uart_shifted();
	if (uart.shifting > 0 || uart.queued == 0)
		return;
	uart.shifted = uart.fifo[0];
	uart.shifting = QUARTERS;
	memmove(uart.fifo, uart.fifo + 1, --uart.queued);
	if (uart.queued == 0)
		uart.rises++;
}

static bool
uart_busy(void)
{
	return uart.queued > 0 || uart.shifting > 0;
}

static uint8_t
uart_status(void)
{
	uart.polls++;
	uart_tick();
	return (uint8_t)((uart.full ? LSR_RECEIVED : 0) |
		(uart.queued == 0 ? LSR_READY : 0) |
		(uart_busy() ? 0 : LSR_IDLE));
}

static uint8_t
uart_in(uint16_t port)
{
	if (uart.absent)
		return 0xff;
	switch (port) {
	case DATA:
		if (uart.lcr & LCR_DLAB)
			return uart.divisor[0];
		uart.full = false;
		return uart.got;
	case LCR:
		return uart.lcr;
	case MCR:
		return uart.mcr;
	case LSR:
		return uart_status();
	case MSR:
		/* DTR, RTS, OUT1, OUT2 come back as DSR, CTS, RI, DCD. */
		return (uint8_t)(!(uart.mcr & MCR_LOOP) ? 0 :
			(uart.mcr & 1) << 5 | (uart.mcr & 2) << 3 |
			(uart.mcr & 4) << 4 | (uart.mcr & 8) << 4);
	case SCRATCH:
		return uart.scratch;
	default:
		unit_fail("a read of port 0x%x", (unsigned int)port);
	}
}

static void
uart_send(uint8_t v)
{
	unsigned int room = uart.fcr & 1 ? sizeof(uart.fifo) : 1;

	if (uart.queued >= room)
		uart.lost++;
	else
		uart.fifo[uart.queued++] = v;
}

/* A setting of the transmitter. */
static void
uart_set(uint8_t *reg, uint8_t v, uint8_t bits)
{
	if (((*reg ^ v) & bits) && uart_busy())
		uart.garbled++;
	*reg = v;
}

static void
uart_out(uint16_t port, uint8_t v)
{
	if (uart.absent)
		return;
	if ((port == DATA || port == IER) && (uart.lcr & LCR_DLAB)) {
		uart_set(&uart.divisor[port - DATA], v, 0xff);
	} else if (port == DATA) {
		uart_send(v);
	} else if (port == LCR) {
		uart_set(&uart.lcr, v, 0xff & ~LCR_DLAB);
	} else if (port == MCR) {
		uart_set(&uart.mcr, v, MCR_LOOP);
	} else if (port == SCRATCH) {
		uart.scratch = v;
	} else if (port == IER || port == FCR) {
		*(port == IER ? &uart.ier : &uart.fcr) = v;
		uart.touched++;
	} else {
		unit_fail("a write to port 0x%x", (unsigned int)port);
	}
}

static void
plug(void)
{
	memset(&uart, 0, sizeof(uart));
	present = stuck = false;
	ck_assert(port_init());
	uart.touched = uart.polls = 0;
}

static void
write_text(const char *text)
{
	port_write(text, strlen(text));
}

START_TEST(serial_setup)
{
	ck_assert_uint_eq(uart.divisor[0], 1);
	ck_assert_uint_eq(uart.divisor[1], 0);
	ck_assert_uint_eq(uart.lcr, LCR_8N1);
	ck_assert_uint_eq(uart.ier, 0);
	ck_assert_uint_eq(uart.mcr, MCR_PLAIN);
	write_text("one\ntwo\n");
	ck_assert_str_eq(uart.line, "one\r\ntwo\r\n");
	ck_assert_uint_eq(uart.touched + uart.lost, 0);
}
END_TEST

/* After a write there is room for a whole FIFO, and nothing is on its way
 * that a change of speed would garble. */
START_TEST(serial_ends_empty)
{
	unsigned int i;

	write_text("x");
	ck_assert(!uart_busy());
	for (i = 0; i < sizeof(uart.fifo); i++)
		uart_out(DATA, (uint8_t)('a' + i));
	write_text("y\n");
	ck_assert(!uart_busy());
	ck_assert_uint_eq(uart.lost, 0);
	ck_assert_str_eq(uart.line, "xabcdefghijklmnopy\r\n");
}
END_TEST

/* Without FIFO there is room for one byte. */
START_TEST(serial_no_fifo)
{
	uart.fcr = 0;
	uart_out(DATA, 'a');
	write_text("bcd");
	ck_assert_uint_eq(uart.lost, 0);
	ck_assert_str_eq(uart.line, "abcd");
}
END_TEST

/* A driver that waits for the transmitter's interrupt gets one. */
START_TEST(serial_interrupt_again)
{
	unsigned int before = uart.rises;

	write_text("x");
	ck_assert_uint_gt(uart.rises, before);
}
END_TEST

/* What a driver may have set when the kernel writes.  All of it is the same
 * afterwards, and the text came through. */
START_TEST(serial_in_the_middle)
{
	static const struct { uint8_t lcr, mcr; } cases[] = {
		{ LCR_8N1, 0x0b },
		{ LCR_8N1 | LCR_DLAB, 0x0b },
		{ LCR_DLAB, 0x00 },
		{ LCR_8N1 | LCR_BREAK, 0x0b },
		{ LCR_8N1, 0x0b | MCR_LOOP },
		{ 0x1f | LCR_BREAK | LCR_DLAB, 0x0f | MCR_LOOP },
		{ 0x00, MCR_LOOP },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plug();
		uart.lcr = cases[i].lcr;
		uart.mcr = cases[i].mcr;
		uart.divisor[0] = 12;
		uart.divisor[1] = 7;
		uart.ier = 0x0f;
		write_text("text\n");
		ck_assert_str_eq(uart.line, "text\r\n");
		ck_assert_uint_eq(uart.lcr, cases[i].lcr);
		ck_assert_uint_eq(uart.mcr, cases[i].mcr);
		ck_assert_uint_eq(uart.divisor[0], 12);
		ck_assert_uint_eq(uart.divisor[1], 7);
		ck_assert_uint_eq(uart.ier, 0x0f);
		ck_assert_uint_eq(uart.touched + uart.garbled + uart.lost, 0);
		ck_assert(!uart.full);
	}
}
END_TEST

/* A driver's test in loopback: its byte comes back to it. */
START_TEST(serial_driver_loops)
{
	uart.mcr |= MCR_LOOP;
	uart_out(DATA, 'L');
	write_text("x");
	ck_assert_str_eq(uart.line, "x");
	ck_assert(uart.full);
	ck_assert_uint_eq(uart.got, 'L');
	ck_assert_uint_eq(uart.garbled, 0);
}
END_TEST

/* One that sends nothing costs patience once, and works when it works. */
START_TEST(serial_stuck)
{
	unsigned int once;

	uart.halted = true;
	write_text("lost");
	once = uart.polls;
	ck_assert_uint_ge(once, PATIENCE);
	ck_assert_uint_lt(once, 2 * PATIENCE);
	write_text("lost too");
	ck_assert_uint_lt(uart.polls - once, 64);
	uart.halted = false;
	while (uart_busy())
		(void)uart_status();
	write_text("there");
	ck_assert_ptr_nonnull(strstr(uart.line, "there"));
	ck_assert_uint_eq(uart.lost, 0);
}
END_TEST

START_TEST(serial_absent)
{
	uart.absent = true;
	ck_assert(!port_init());
	write_text("x");
	ck_assert(!port_key());
	ck_assert_uint_eq(uart.polls, 0);
}
END_TEST

START_TEST(serial_keys)
{
	ck_assert(!port_key());
	uart.got = 'k';
	uart.full = true;
	ck_assert(port_key());
	ck_assert(!port_key());
}
END_TEST

/* Whatever the driver left, after a panic the port is the kernel's. */
START_TEST(serial_taken_back)
{
	uart.lcr = 0xff;
	uart.mcr = 0x1f;
	uart.ier = 0x0f;
	uart.divisor[0] = uart.divisor[1] = 0xff;
	ck_assert(port_init());
	write_text("panic");
	ck_assert_str_eq(uart.line, "panic");
	ck_assert_uint_eq(uart.divisor[0], 1);
	ck_assert_uint_eq(uart.divisor[1], 0);
	ck_assert_uint_eq(uart.lcr, LCR_8N1);
	ck_assert_uint_eq(uart.mcr, MCR_PLAIN);
	ck_assert_uint_eq(uart.ier, 0);
}
END_TEST

static TCase *
serial_case(void)
{
	TCase *t = tcase_create("serial");

	tcase_add_checked_fixture(t, plug, NULL);
	tcase_add_test(t, serial_setup);
	tcase_add_test(t, serial_ends_empty);
	tcase_add_test(t, serial_no_fifo);
	tcase_add_test(t, serial_interrupt_again);
	tcase_add_test(t, serial_in_the_middle);
	tcase_add_test(t, serial_driver_loops);
	tcase_add_test(t, serial_stuck);
	tcase_add_test(t, serial_absent);
	tcase_add_test(t, serial_keys);
	tcase_add_test(t, serial_taken_back);
	return t;
}

Suite *
suite_machine_console(void)
{
	Suite *s = suite_create("machine-console");
	TCase *t = tcase_create("console");

	tcase_add_checked_fixture(t, reset, NULL);
	tcase_add_test(t, console_levels);
	tcase_add_test(t, console_line_starts);
	tcase_add_test(t, console_puts_lines);
	tcase_add_test(t, console_long_line);
	tcase_add_test(t, console_keys);
	suite_add_tcase(s, t);
	suite_add_tcase(s, serial_case());
	return s;
}
