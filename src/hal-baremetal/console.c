/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people read: the kernel log and what programs write to the console,
 * on the serial line and the screen.  All is written at once, so that
 * nothing is lost when the machine stops.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"
#include "screen.h"

/* Keyboard controller (IBM AT Technical Reference; 8042) */
#define I8042_DATA	0x60u
#define I8042_STATUS	0x64u
#define I8042_FULL	0x01u		/* a byte is there */
#define I8042_MOUSE	0x20u		/* not the keyboard's */
#define I8042_ABSENT	0xffu
#define KEY_RELEASED	0x80u		/* and all that is no key */

static bool mid_line;			/* the last character was no newline */

void
console_init(void)
{
	(void)serial_init();
	(void)screen_init();
}

/* Clear what the boot loader has left. */
void
console_framebuffer(void)
{
	if (screen_framebuffer() && options.screen)
		screen_own(true);
}

static void
note_end(const char *buf, size_t len)
{
	if (len > 0)
		mid_line = buf[len - 1] != '\n';
}

void
hal_console_write(const char *buf, size_t len)
{
	if (options.serial)
		serial_write(buf, len);
	if (options.screen)
		screen_put(buf, len);
	note_end(buf, len);
}

bool
hal_console_flush(void)
{
	while (options.screen && !screen_show_some())
		if (hal_irq_pending())
			return false;
	return true;
}

void
hal_log(unsigned int level, const char *line)
{
	static const char *const prefixes[] = {"", "error: ", "warning: ",
		"", "debug: "};
	char buf[320];
	size_t n;

	if (level > options.log_level)
		return;
	n = ksnprintf(buf, sizeof(buf), "%shelios: %s%s\n",
		mid_line ? "\n" : "",
		level <= KLOG_DEBUG ? prefixes[level] : "", line);
	buf[n - 1] = '\n';
	hal_console_write(buf, n);
	if (options.screen)
		screen_write("", 0);
}

void
hal_console_own(bool kernel)
{
	screen_own(kernel);
}

/* Whole lines that must be read: whoever has the screen. */
void
console_puts(const char *s)
{
	size_t len = __builtin_strlen(s);

	if (mid_line) {
		serial_write("\n", 1);
		screen_write("\n", 1);
	}
	note_end(s, len);
	serial_write(s, len);
	screen_take();
	screen_write(s, len);
}

/* Programs may have left port and screen in any state, and not said so. */
void
console_panic(void)
{
	(void)serial_init();
	screen_own(true);
}

static bool
keyboard_key(void)
{
	uint8_t status = inb(I8042_STATUS), code;

	if (status == I8042_ABSENT || !(status & I8042_FULL))
		return false;
	code = inb(I8042_DATA);
	return !(status & I8042_MOUSE) && !(code & KEY_RELEASED);
}

bool
console_key(void)
{
	return serial_key() || keyboard_key();
}
