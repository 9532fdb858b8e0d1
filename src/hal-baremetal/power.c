/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end: switching off by ACPI's soft-off state (ACPI 6.5, 4.8.3.2 and
 * 16.1.7), and starting again.
 *
 * Both can fail, on a machine without ACPI or with a bad one, so each has
 * something to fall back to, and switching off at last a line for the person
 * who has to do it.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"
#include "latency.h"

#define PM1_SCI_EN	(1u << 0)
#define PM1_SLP_TYP	(7u << 10)
#define PM1_SLP_EN	(1u << 13)
#define ENABLE_MS	3000u		/* some firmware takes its time */
#define OFF_MS		2000u

#define I8042_COMMAND	0x64u
#define I8042_BUSY	0x02u		/* has not taken the last command */
#define I8042_RESET	0xfeu
#define RESET_CONTROL	0xcf9u
#define RESET_HARD	0x02u
#define RESET_NOW	0x04u
#define RESET_MS	50u

#define COM1_STATUS	0x3fdu
#define COM1_SENT	0x40u
#define SENT_POLLS	1000000u

static volatile uint8_t *reset_memory;

static BOOT_CODE uint32_t
pm1_read(void)
{
	return hal_port_in((uint16_t)acpi.pm1a_control, 2);
}

/*
 * Firmware owns the power management registers until it is asked for them,
 * by a system management interrupt.
 */
static BOOT_CODE void
acpi_enable(void)
{
	if (acpi.pm1a_control == 0 || pm1_read() & PM1_SCI_EN)
		return;
	if (acpi.smi_command == 0 || acpi.acpi_enable == 0)
		return;
	outb((uint16_t)acpi.smi_command, acpi.acpi_enable);
	for (unsigned int i = 0; i < ENABLE_MS; i++) {
		if (pm1_read() & PM1_SCI_EN)
			return;
		delay_us(1000);
	}
	klog(KLOG_WARN, "ACPI: firmware does not hand over power management; "
		"power off may fail");
}

/* Afterwards nothing can be mapped. */
void
power_init(void)
{
	acpi_enable();
	if (acpi.reset && !acpi.reset_is_port)
		reset_memory = map_physical(acpi.reset_address, 1,
			MAP_UNCACHED);
}

/* What was written last is still on its way.  No UART reads as all ones. */
static void
flush_serial(void)
{
	if (!options.serial)
		return;
	for (unsigned int i = 0; i < SENT_POLLS; i++)
		if (inb(COM1_STATUS) & COM1_SENT)
			return;
}

static void
say(const char *line)
{
	console_puts(line);
	flush_serial();
}

static _Noreturn void
halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* The type first, then the order to enter it. */
static void
sleep_type(uint32_t pm1, uint32_t type)
{
	uint32_t v;

	if (pm1 == 0)
		return;
	v = hal_port_in((uint16_t)pm1, 2) & ~(PM1_SLP_TYP | PM1_SLP_EN);
	hal_port_out((uint16_t)pm1, 2, v | type << 10);
}

static void
sleep_now(uint32_t pm1)
{
	if (pm1 != 0)
		hal_port_out((uint16_t)pm1, 2,
			hal_port_in((uint16_t)pm1, 2) | PM1_SLP_EN);
}

static void
soft_off(void)
{
	if (!acpi.s5 || acpi.pm1a_control == 0)
		return;
	sleep_type(acpi.pm1a_control, acpi.s5_a);
	sleep_type(acpi.pm1b_control, acpi.s5_b);
	sleep_now(acpi.pm1a_control);
	sleep_now(acpi.pm1b_control);
	delay_us(OFF_MS * 1000);
}

static void
wait_for_key(void)
{
	say("helios: press a key to power off\n");
	while (!console_key())
		__asm__ volatile("pause");
}

void
hal_poweroff(unsigned int status)
{
	char line[64];

	if (options.end == END_KEY)
		wait_for_key();
	ksnprintf(line, sizeof(line), "helios: power off, status %u\n",
		status);
	latency_print();
	say(line);
	soft_off();
	say("helios: this machine cannot be switched off by software; it is "
		"safe to do so by hand\n");
	halt();
}

static void
reset_by_acpi(void)
{
	if (!acpi.reset)
		return;
	if (acpi.reset_is_port)
		outb((uint16_t)acpi.reset_address, acpi.reset_value);
	else if (reset_memory != NULL)
		*reset_memory = acpi.reset_value;
	delay_us(RESET_MS * 1000);
}

static void
reset_by_keyboard(void)
{
	for (unsigned int i = 0; i < RESET_MS; i++) {
		if (!(inb(I8042_COMMAND) & I8042_BUSY))
			break;
		delay_us(1000);
	}
	outb(I8042_COMMAND, I8042_RESET);
	delay_us(RESET_MS * 1000);
}

static void
reset_by_chipset(void)
{
	outb(RESET_CONTROL, RESET_HARD);
	delay_us(50);
	outb(RESET_CONTROL, RESET_HARD | RESET_NOW);
	delay_us(RESET_MS * 1000);
}

/* An exception with no way to handle it shuts the processor down. */
static _Noreturn void
triple_fault(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0, 0 };

	__asm__ volatile("lidt %0; ud2" : : "m"(none));
	halt();
}

void
hal_reboot(void)
{
	say("helios: reboot\n");
	reset_by_acpi();
	reset_by_keyboard();
	reset_by_chipset();
	triple_fault();
}
