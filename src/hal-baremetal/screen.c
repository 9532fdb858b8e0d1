/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The screen console: one page of text, as VGA shows it (80 columns, 25
 * lines at 0xb8000) or drawn on a framebuffer.
 *
 * What should be seen is in `wanted`, what is seen in `shown`; after a write
 * the cells that differ are drawn, a few in each step.  So a scroll costs what
 * it changes, many lines in one write scroll once, and what was written while
 * there was no screen, or while it was another's, appears when there is one.
 *
 * A program's escape sequences are swallowed, and what is not ASCII shows
 * as "?": this screen is for plain text that must come through always.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"
#include "screen.h"

#define VGA_TEXT	0xb8000u
#define VGA_COLUMNS	80u
#define VGA_ROWS	25u
#define VGA_SIZE	(VGA_COLUMNS * VGA_ROWS * 2)
#define VGA_PLAIN	0x0700u		/* light grey on black */

/* CRT controller, colour (IBM VGA; FreeVGA "CRT Controller Registers") */
#define CRTC_INDEX	0x3d4u
#define CRTC_DATA	0x3d5u
#define CRTC_START	0x0cu		/* what is shown first; and 0x0d */
#define CRTC_CURSOR	0x0eu		/* and 0x0f */

#define TAB		8u
#define WORD		8u		/* cells compared at a time */
#define EARLY_END	(1ull << 32)	/* what boot.S has mapped */

/* 0: a blank, written or not.  The row of wanted that is the first of the
 * screen moves with each scroll; what lies behind the last one is stale. */
static _Alignas(8) char wanted[SCREEN_ROWS][SCREEN_COLUMNS];
static _Alignas(8) char shown[SCREEN_ROWS][SCREEN_COLUMNS];
static unsigned int top;

static const struct display *display;	/* NULL: none, yet */
static unsigned int columns = VGA_COLUMNS, rows = VGA_ROWS, jump = 1;
static unsigned int column, row;	/* column == columns: wrap first */
static unsigned int first_changed, end_changed;	/* rows; none if equal */
static bool theirs;			/* a program's: keep off */
static bool stale = true;		/* shown is not what is there */

/*
 * VGA text
 */

static volatile uint16_t *vga_mapped;
static unsigned int vga_cursor_at;

/* NULL: between the early tables and console_framebuffer. */
static volatile uint16_t *
vga_cells(void)
{
	uintptr_t early = VGA_TEXT;

	if (vga_mapped != NULL || hal_physmap != NULL)
		return vga_mapped;
	return (volatile uint16_t *)early;
}

static void
vga_draw(unsigned int at, unsigned int line, char c)
{
	volatile uint16_t *cells = vga_cells();

	if (cells != NULL)
		cells[line * VGA_COLUMNS + at] =
			(uint16_t)(VGA_PLAIN | (unsigned char)c);
}

static void
crtc_write(uint8_t index, unsigned int value)
{
	outb(CRTC_INDEX, index);
	outb(CRTC_DATA, (uint8_t)(value >> 8));
	outb(CRTC_INDEX, (uint8_t)(index + 1));
	outb(CRTC_DATA, (uint8_t)value);
}

static void
vga_clear(void)
{
	unsigned int x, y;

	vga_cursor_at = VGA_COLUMNS * VGA_ROWS;
	crtc_write(CRTC_START, 0);
	for (y = 0; y < VGA_ROWS; y++)
		for (x = 0; x < VGA_COLUMNS; x++)
			vga_draw(x, y, ' ');
}

static void
vga_cursor(unsigned int at, unsigned int line)
{
	unsigned int where = line * VGA_COLUMNS + at;

	if (where != vga_cursor_at)
		crtc_write(CRTC_CURSOR, where);
	vga_cursor_at = where;
}

static const struct display vga = {
	.columns = VGA_COLUMNS, .rows = VGA_ROWS, .jump = 1,
	.clear = vga_clear, .draw = vga_draw, .cursor = vga_cursor,
};

/*
 * Cells to display
 */

static uint64_t
word_at(const char *cells)
{
	uint64_t w;

	__builtin_memcpy(&w, cells, sizeof(w));
	return w;
}

static char *
wanted_row(unsigned int y)
{
	return wanted[(top + y) % SCREEN_ROWS];
}

static void
show_cell(unsigned int x, unsigned int y, char c)
{
	if (c == shown[y][x])
		return;
	shown[y][x] = c;
	display->draw(x, y, c == '\0' ? ' ' : c);
}

/* Draw the first word of a row that differs.  False: none does. */
static bool
show_word(unsigned int y)
{
	const char *cells = wanted_row(y);
	unsigned int x, i;

	for (x = 0; x < columns; x += WORD) {
		if (word_at(cells + x) == word_at(&shown[y][x]))
			continue;
		for (i = x; i < x + WORD && i < columns; i++)
			show_cell(i, y, cells[i]);
		return true;
	}
	return false;
}

static void
start_anew(void)
{
	display->clear();
	__builtin_memset(shown, 0, sizeof(shown));
	first_changed = 0;
	end_changed = rows;
	stale = false;
}

bool
screen_show_some(void)
{
	if (display == NULL || theirs)
		return true;
	if (stale)
		start_anew();
	if (first_changed < end_changed) {
		if (!show_word(first_changed))
			first_changed++;
		return false;
	}
	if (display->cursor != NULL)
		display->cursor(column < columns ? column : columns - 1, row);
	return true;
}

static void
show(void)
{
	while (!screen_show_some())
		;
}

static void
changed(unsigned int from, unsigned int end)
{
	if (first_changed >= end_changed) {
		first_changed = from;
		end_changed = end;
		return;
	}
	first_changed = from < first_changed ? from : first_changed;
	end_changed = end > end_changed ? end : end_changed;
}

/*
 * Text to cells
 */

static void
clear_rows(unsigned int from, unsigned int end)
{
	for (unsigned int y = from; y < end; y++)
		__builtin_memset(wanted_row(y), 0, SCREEN_COLUMNS);
}

static void
scroll(unsigned int n)
{
	top = (top + n) % SCREEN_ROWS;
	clear_rows(rows - n, rows);
	changed(0, rows);
}

static void
new_line(void)
{
	column = 0;
	if (++row < rows)
		return;
	scroll(jump);
	row -= jump;
}

static void
put_visible(char c)
{
	if (column == columns)
		new_line();
	wanted_row(row)[column++] = c == ' ' ? '\0' : c;
	changed(row, row + 1);
}

static void
tab(void)
{
	column = (column / TAB + 1) * TAB;
	if (column > columns)
		column = columns;
}

static void
put_text(unsigned char c)
{
	switch (c) {
	case '\n':
		new_line();
		break;
	case '\r':
		column = 0;
		break;
	case '\t':
		tab();
		break;
	case '\b':
		column -= column > 0;
		break;
	default:
		/* Of a character in UTF-8, what follows its first byte. */
		if (c < ' ' || c == 0x7f || (c >= 0x80 && c < 0xc0))
			break;
		put_visible(c < 0x7f ? (char)c : '?');
		break;
	}
}

/*
 * Escape sequences (ECMA-48, 5.3, 5.4 and 8.3.89): ESC, intermediates, one
 * final; or ESC [ parameters, one final; or ESC and one of P X ] ^ _, a
 * string, BEL or ESC \.
 */
enum escape { ESC_NONE, ESC_START, ESC_CONTROL, ESC_STRING };

static enum escape
escape_start(unsigned char c)
{
	switch (c) {
	case '[':
		return ESC_CONTROL;
	case 'P':
	case 'X':
	case ']':
	case '^':
	case '_':
		return ESC_STRING;
	default:
		return c >= 0x20 && c < 0x30 ? ESC_START : ESC_NONE;
	}
}

static void
put(unsigned char c)
{
	static enum escape state;

	if (c == 0x1b) {
		state = ESC_START;
		return;
	}
	/* One that a program has left unfinished hides no other's line. */
	if (c == '\n')
		state = ESC_NONE;
	switch (state) {
	case ESC_START:
		state = escape_start(c);
		break;
	case ESC_CONTROL:
		if (c >= 0x40 && c < 0x7f)
			state = ESC_NONE;
		break;
	case ESC_STRING:
		if (c == '\a')
			state = ESC_NONE;
		break;
	default:
		put_text(c);
		break;
	}
}

void
screen_put(const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put((unsigned char)buf[i]);
}

void
screen_write(const char *buf, size_t len)
{
	screen_put(buf, len);
	show();
}

/*
 * Whose, and on what
 */

static void
attach(const struct display *d)
{
	clear_rows(rows, d->rows);
	display = d;
	columns = d->columns;
	rows = d->rows;
	jump = d->jump;
	stale = true;
	if (row >= rows) {
		top = (top + row + 1 - rows) % SCREEN_ROWS;
		row = rows - 1;
	}
	if (column > columns)
		column = columns;
}

/* Not a framebuffer yet: it is drawn on through the early tables only if
 * the kernel will not live to see others. */
bool
screen_init(void)
{
	if (boot_info.vga_text)
		attach(&vga);
	return display != NULL;
}

static bool
use_framebuffer(volatile void *base)
{
	const struct display *d;

	d = framebuffer_open(&boot_info.framebuffer, base);
	if (d != NULL)
		attach(d);
	else
		klog(KLOG_ERROR, "screen: a PSF font expected, the kernel was "
			"built with something else (see CONSOLE_FONT)");
	return d != NULL;
}

static BOOT_CODE bool
map_framebuffer(void)
{
	struct helios_framebuffer *fb = &boot_info.framebuffer;
	const char *wrong = framebuffer_wrong(fb);
	volatile void *base = NULL;

	if (wrong == NULL) {
		base = map_physical(fb->phys, framebuffer_size(fb),
			MAP_COMBINED);
		if (base != NULL)
			return use_framebuffer(base);
		wrong = "memory there cannot be mapped";
	}
	klog(KLOG_ERROR, "screen: framebuffer at 0x%lx, %u x %u, %u bits a "
		"pixel, %u bytes a row: %s; not used", fb->phys, fb->width,
		fb->height, (unsigned int)fb->bpp, fb->pitch, wrong);
	*fb = (struct helios_framebuffer){ 0 };	/* nor by programs */
	return false;
}

bool
screen_framebuffer(void)
{
	if (boot_info.framebuffer.width != 0 && map_framebuffer())
		return true;
	if (boot_info.vga_text)
		vga_mapped = map_physical(VGA_TEXT, VGA_SIZE, MAP_UNCACHED);
	return vga_mapped != NULL;
}

void
screen_own(bool kernel)
{
	theirs = !kernel;
	stale = true;
	show();
}

static void
use_early_framebuffer(void)
{
	const struct helios_framebuffer *fb = &boot_info.framebuffer;

	if (fb->width == 0 || hal_physmap != NULL ||
			framebuffer_wrong(fb) != NULL ||
			fb->phys + framebuffer_size(fb) > EARLY_END)
		return;
	(void)use_framebuffer((volatile void *)(uintptr_t)fb->phys);
}

void
screen_take(void)
{
	if (display == NULL)
		use_early_framebuffer();
	if (theirs)
		screen_own(true);
}
