/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock chip (MC146818) at ports 0x70 and 0x71: time of day as the
 * machine has it, read-only, and 128 bytes of which the rest is memory.  It
 * never interrupts.
 */
#include <config.h>

#include <time.h>

#include "hosted.h"

#define PORT_FIRST	0x70
#define PORT_LAST	0x71

#define REG_SECONDS	0x00
#define REG_MINUTES	0x02
#define REG_HOURS	0x04
#define REG_WEEKDAY	0x06
#define REG_DAY		0x07
#define REG_MONTH	0x08
#define REG_YEAR	0x09
#define REG_A		0x0a
#define REG_B		0x0b
#define REG_C		0x0c
#define REG_D		0x0d
#define REG_CENTURY	0x32

#define A_DIVIDER	0x26		/* 32768 Hz, never updating */
#define B_24H		0x02
#define B_BINARY	0x04
#define D_VALID		0x80

static uint8_t memory[128] = {[REG_A] = A_DIVIDER, [REG_B] = B_24H};
static unsigned int selected;

/* As register B wants numbers. */
static uint8_t
encode(int n)
{
	if (memory[REG_B] & B_BINARY)
		return (uint8_t)n;
	return (uint8_t)((n / 10) << 4 | n % 10);
}

static uint8_t
encode_hours(int n)
{
	if (memory[REG_B] & B_24H)
		return encode(n);
	return encode((n + 11) % 12 + 1) | (n >= 12 ? 0x80 : 0);
}

static uint8_t
read_selected(void)
{
	time_t now = (time_t)time_wall();
	struct tm tm;

	gmtime_r(&now, &tm);
	switch (selected) {
	case REG_SECONDS:
		return encode(tm.tm_sec);
	case REG_MINUTES:
		return encode(tm.tm_min);
	case REG_HOURS:
		return encode_hours(tm.tm_hour);
	case REG_WEEKDAY:
		return encode(tm.tm_wday + 1);
	case REG_DAY:
		return encode(tm.tm_mday);
	case REG_MONTH:
		return encode(tm.tm_mon + 1);
	case REG_YEAR:
		return encode(tm.tm_year % 100);
	case REG_CENTURY:
		return encode((tm.tm_year + 1900) / 100);
	case REG_C:
		return 0;
	case REG_D:
		return D_VALID;
	default:
		return memory[selected];
	}
}

static uint8_t
cmos_in(void *arg, unsigned int reg)
{
	(void)arg;
	return reg == 0 ? 0xff : read_selected();
}

static void
cmos_out(void *arg, unsigned int reg, uint8_t value)
{
	(void)arg;
	if (reg == 0)
		selected = value & 0x7f;
	else
		memory[selected] = value;
}

void
cmos_init(void)
{
	port_add(&(struct port_device){PORT_FIRST, PORT_LAST, cmos_in,
		cmos_out, NULL});
}
