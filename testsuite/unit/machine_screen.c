/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen.c on displays of this test's, against a model that keeps all lines
 * there ever were.  A display complains of a cell drawn that shows the same
 * already.
 */
#include "src/hal-baremetal/baremetal.h"

#include "machine.h"
#define inb	machine_inb
#define outb	machine_outb
#include "src/hal-baremetal/screen.c"

#include <stdio.h>
#include <string.h>

#include "machine_suites.h"
#include "unit.h"

#define CASES	2000u

static struct display panel;
static char grid[SCREEN_ROWS][SCREEN_COLUMNS];
static unsigned int draws, clears, cursor_x, cursor_y;

static void
panel_clear(void)
{
	memset(grid, ' ', sizeof(grid));
	clears++;
}

static void
panel_draw(unsigned int x, unsigned int y, char c)
{
	ck_assert_uint_lt(x, panel.columns);
	ck_assert_uint_lt(y, panel.rows);
	ck_assert(c >= ' ' && c < 0x7f);
	if (grid[y][x] == c)
		ck_abort_msg("cell %u, %u is '%c' already", x, y, c);
	grid[y][x] = c;
	draws++;
}

static void
panel_cursor(unsigned int x, unsigned int y)
{
	cursor_x = x;
	cursor_y = y;
}

static void
reset(void)
{
	machine_memory_reset();
	memset(wanted, 0, sizeof(wanted));
	memset(shown, 0, sizeof(shown));
	memset(grid, '#', sizeof(grid));
	display = NULL;
	vga_mapped = NULL;
	columns = VGA_COLUMNS;
	rows = VGA_ROWS;
	jump = 1;
	column = row = top = first_changed = end_changed = 0;
	theirs = false;
	stale = true;
	draws = clears = 0;
	screen_write("\033c", 2);	/* out of any escape sequence */
}

static void
connect(unsigned int width, unsigned int height, unsigned int lines)
{
	panel = (struct display){ .columns = width, .rows = height,
		.jump = lines, .clear = panel_clear, .draw = panel_draw,
		.cursor = panel_cursor };
	attach(&panel);
	screen_own(true);
}

static void
say(const char *text)
{
	screen_write(text, strlen(text));
}

static void
check_row(unsigned int y, const char *text)
{
	char expected[SCREEN_COLUMNS + 1];

	snprintf(expected, sizeof(expected), "%-*s", (int)panel.columns, text);
	if (memcmp(grid[y], expected, panel.columns) != 0)
		ck_abort_msg("row %u is \"%.*s\", not \"%s\"", y,
			(int)panel.columns, grid[y], text);
}

START_TEST(screen_text)
{
	connect(16, 4, 1);
	ck_assert_uint_eq(clears, 1);
	say("one\ntwo\n");
	check_row(0, "one");
	check_row(1, "two");
	check_row(2, "");
	ck_assert_uint_eq(draws, 6);
	ck_assert_uint_eq(cursor_x, 0);
	ck_assert_uint_eq(cursor_y, 2);
	say("a\tb\rc\b\bd\te");
	check_row(2, "d       e");
	ck_assert_uint_eq(cursor_x, 9);
	ck_assert_uint_eq(clears, 1);
}
END_TEST

/* A full line wraps when more comes, not before. */
START_TEST(screen_wraps)
{
	connect(10, 3, 1);
	say("0123456789");
	ck_assert_uint_eq(cursor_x, 9);
	ck_assert_uint_eq(cursor_y, 0);
	say("\nab");
	check_row(0, "0123456789");
	check_row(1, "ab");
	say("0123456789");
	check_row(1, "ab01234567");
	check_row(2, "89");
	say("\t\tx");
	check_row(0, "ab01234567");
	check_row(1, "89");
	check_row(2, "x");
	say("\r0123456789\bX");
	check_row(2, "012345678X");
}
END_TEST

START_TEST(screen_scrolls_what_differs)
{
	unsigned int y;

	connect(80, 25, 1);
	for (y = 0; y < 24; y++)
		say("the same\n");
	say("the same");
	draws = 0;
	say("\n");
	ck_assert_uint_eq(draws, 7);	/* the last row goes: one is blank */
	check_row(23, "the same");
	check_row(24, "");
	/* Many lines in one write are drawn once. */
	draws = 0;
	say("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n"
		"19\n20\n21\n22\n23\n24\n25\n26\n27\n28\n29\n30");
	check_row(0, "6");
	check_row(24, "30");
	ck_assert_uint_le(draws, 25 * 8);
}
END_TEST

START_TEST(screen_jumps)
{
	unsigned int y;

	connect(20, 8, 3);
	for (y = 0; y < 8; y++)
		say(y == 0 ? "0" : "\nx");
	check_row(0, "0");
	say("\n");
	check_row(0, "x");
	check_row(4, "x");
	check_row(5, "");
	ck_assert_uint_eq(cursor_y, 5);
}
END_TEST

START_TEST(screen_escapes)
{
	connect(40, 4, 1);
	say("a\033[31mb\033[0;1;44mc\033[2Jd\033[?25le\033(Bf\033)0g\033 Fh"
		"\0337i\033]0;title\007j\033]2;t\033\\k\033P1$x\033\\l");
	check_row(0, "abcdefghijkl");
	say("\033[");
	say("3");
	say("1mX");
	check_row(0, "abcdefghijklX");
	say("\033\033[1mY\001\002\016\177Z");
	check_row(0, "abcdefghijklXYZ");
	say("\r\303\251\342\202\254!\377");
	check_row(0, "?\?!?efghijklXYZ");
}
END_TEST

/* A program may stop in the middle of a sequence: lines come through. */
START_TEST(screen_escape_unfinished)
{
	connect(40, 4, 1);
	say("\033]0;title");
	say("\nhelios: a\n");
	check_row(1, "helios: a");
	say("\033[31");
	say("\nhelios: b\n");
	check_row(3, "");
	check_row(2, "helios: b");
}
END_TEST

START_TEST(screen_appears_later)
{
	unsigned int i;
	char text[16];

	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "line %u\n", i);
		say(text);
	}
	connect(80, 25, 1);
	check_row(0, "line 16");
	check_row(23, "line 39");
	check_row(24, "");
	/* On one with fewer rows: the last of them. */
	connect(20, 10, 1);
	check_row(0, "line 31");
	check_row(8, "line 39");
	say("x");
	check_row(9, "x");
}
END_TEST

/* A display that is larger shows no lines that have left a smaller one. */
START_TEST(screen_grows)
{
	connect(16, 4, 1);
	for (unsigned int i = 0; i < SCREEN_ROWS + 8; i++)
		say("old\n");
	say("new");
	connect(16, 30, 1);
	check_row(0, "old");
	check_row(3, "new");
	for (unsigned int y = 4; y < 30; y++)
		check_row(y, "");
}
END_TEST

/* However much is to be drawn, a step draws little; and what is written in
 * between is drawn, too. */
START_TEST(screen_steps)
{
	unsigned int steps = 0, before;

	connect(80, 25, 1);
	for (unsigned int i = 0; i < 25; i++)
		screen_put("\n0123456789abcdefghijklmnopqrstuvwxyz", 37);
	ck_assert_uint_eq(draws, 0);
	do {
		before = draws;
		if (++steps == 24 * 6 + 3)
			screen_put("\rA", 2);
		ck_assert_uint_lt(steps, 1000);
		ck_assert_uint_le(draws - before, WORD);
	} while (!screen_show_some());
	ck_assert_uint_eq(draws, 25 * 36 + 1);
	check_row(0, "0123456789abcdefghijklmnopqrstuvwxyz");
	check_row(24, "A123456789abcdefghijklmnopqrstuvwxyz");
	ck_assert_uint_eq(cursor_x, 1);
	ck_assert(screen_show_some());
}
END_TEST

START_TEST(screen_theirs)
{
	connect(20, 4, 1);
	say("one\n");
	screen_own(false);
	memset(grid, '#', sizeof(grid));
	draws = clears = 0;
	say("two\nthree\nfour");
	ck_assert_uint_eq(draws + clears, 0);
	screen_own(true);
	ck_assert_uint_eq(clears, 1);
	check_row(0, "one");
	check_row(3, "four");
	screen_own(false);
	memset(grid, '#', sizeof(grid));
	screen_take();
	check_row(3, "four");
}
END_TEST

START_TEST(screen_vga)
{
	static uint16_t cells[VGA_COLUMNS * VGA_ROWS];

	vga_mapped = cells;
	boot_info.vga_text = true;
	ck_assert(screen_init());
	screen_own(true);
	ck_assert_uint_eq(cells[1999], 0x0720);
	ck_assert_int_eq(machine_crtc[12] << 8 | machine_crtc[13], 0);
	say("\n\nab");
	ck_assert_uint_eq(cells[160], 0x0700 | 'a');
	ck_assert_uint_eq(cells[161], 0x0700 | 'b');
	ck_assert_int_eq(machine_crtc[14] << 8 | machine_crtc[15], 162);
}
END_TEST

/*
 * The model
 */

static char (*line)[SCREEN_COLUMNS];
static unsigned int at_line, at_column, first_line, most;

static void
model_newline(void)
{
	at_column = 0;
	at_line++;
	ck_assert_uint_lt(at_line, most);
	memset(line[at_line], ' ', sizeof(line[0]));
	if (at_line - first_line == panel.rows)
		first_line += panel.jump;
}

static void
model_put(char c)
{
	if (c == '\n') {
		model_newline();
	} else if (c == '\r') {
		at_column = 0;
	} else if (c == '\b') {
		at_column = at_column > 0 ? at_column - 1 : 0;
	} else if (c == '\t') {
		do
			at_column++;
		while (at_column % 8 != 0);
		if (at_column > panel.columns)
			at_column = panel.columns;
	} else {
		if (at_column == panel.columns)
			model_newline();
		line[at_line][at_column++] = c;
	}
}

static size_t
random_text(struct rng *r, char *text, size_t n)
{
	static const char *const noise[] = { "\033[1;31m", "\033[K", "\033(B",
		"\033]0;x y\a", "\033]0;x\033\\", "\0338", "\001", "\177" };
	static const char control[] = "\n\n\n\r\t\b";
	size_t at = 0;

	while (at + 16 < n) {
		unsigned int kind = rng_below(r, 24);
		char c = (char)(' ' + rng_below(r, 0x5f));

		if (kind == 0) {
			const char *s = noise[rng_below(r, 8)];

			memcpy(text + at, s, strlen(s));
			at += strlen(s);
			continue;
		}
		if (kind == 1) {
			memcpy(text + at, "\303\251", 2);
			at += 2;
			model_put('?');
			continue;
		}
		c = kind < 5 ? control[rng_below(r, 6)] : kind < 14 ?
			"x "[kind & 1] : c;
		text[at++] = c;
		model_put(c);
	}
	return at;
}

static void
check_model(void)
{
	unsigned int x, y;

	for (y = 0; y < panel.rows; y++)
		for (x = 0; x < panel.columns; x++) {
			unsigned int n = first_line + y;
			char c = n > at_line ? ' ' : line[n][x];

			if (grid[y][x] != c)
				ck_abort_msg("cell %u, %u is '%c', not '%c'",
					x, y, grid[y][x], c);
		}
	ck_assert_uint_eq(cursor_y, at_line - first_line);
	ck_assert_uint_eq(cursor_x, at_column < panel.columns ? at_column :
		panel.columns - 1);
}

START_TEST(screen_random)
{
	static const struct { unsigned int width, height, jump; } sizes[] = {
		{ 80, 25, 1 }, { 45, 13, 1 }, { 100, 37, 4 }, { 256, 128, 16 },
		{ 20, 6, 1 }, { 1, 1, 1 },
	};
	static char text[400], lines[4000][SCREEN_COLUMNS];
	unsigned int i = (unsigned int)_i, k;
	struct rng r = { 0x5c4 + i };

	line = lines;
	most = 4000;
	connect(sizes[i].width, sizes[i].height, sizes[i].jump);
	memset(lines[0], ' ', sizeof(lines[0]));
	at_line = at_column = first_line = 0;
	for (k = 0; k < CASES / 4 && at_line + 400 < most; k++) {
		size_t n = random_text(&r, text, 20 + rng_below(&r, 380));
		size_t at = 0;

		while (at < n) {
			size_t part = 1 + rng_below(&r, 64);

			part = part > n - at ? n - at : part;
			screen_write(text + at, part);
			at += part;
		}
		check_model();
	}
}
END_TEST

/* Any bytes at all, between lines that must come through whole. */
START_TEST(screen_random_bytes)
{
	struct rng r = { 0xb17e };
	unsigned int i, k;
	char text[200];

	connect(64, 16, 2);
	for (i = 0; i < CASES; i++) {
		size_t n = rng_below(&r, sizeof(text));

		for (k = 0; k < n; k++)
			text[k] = (char)rng_next(&r);
		screen_write(text, n);
		say("\n\n\nhelios: here\n");
		check_row(row - 1, "helios: here");
	}
}
END_TEST

/*
 * Framebuffers
 */

START_TEST(screen_refuses)
{
	boot_info.framebuffer = (struct helios_framebuffer){
		.phys = 0xfd000000, .pitch = 2559, .width = 640,
		.height = 480, .bpp = 32, .red_shift = 16, .red_bits = 8,
		.green_shift = 8, .green_bits = 8, .blue_bits = 8 };
	options.screen = false;
	machine_out_clear();
	ck_assert(!screen_framebuffer());
	ck_assert_ptr_nonnull(strstr(machine_out, "640 x 480, 32 bits a "
		"pixel, 2559 bytes a row: a row is shorter"));
	ck_assert_uint_eq(boot_info.framebuffer.width, 0);
	ck_assert_ptr_null(display);
}
END_TEST

START_TEST(screen_cannot_map)
{
	boot_info.framebuffer = (struct helios_framebuffer){
		.phys = 1ull << 40, .pitch = 2560, .width = 640,
		.height = 480, .bpp = 32, .red_shift = 16, .red_bits = 8,
		.green_shift = 8, .green_bits = 8, .blue_bits = 8 };
	options.screen = false;
	machine_out_clear();
	ck_assert(!screen_framebuffer());
	ck_assert_ptr_nonnull(strstr(machine_out, "cannot be mapped"));
	boot_info.framebuffer.phys = 0;
	boot_info.vga_text = true;
	machine_unmap_all();
	ck_assert(screen_framebuffer());	/* VGA in its place */
	ck_assert_uint_eq(machine_maps, 1);
	machine_unmap_all();
}
END_TEST

Suite *
suite_machine_screen(void)
{
	Suite *s = suite_create("machine-screen");
	TCase *t = tcase_create("screen");

	tcase_add_checked_fixture(t, reset, NULL);
	tcase_add_test(t, screen_text);
	tcase_add_test(t, screen_wraps);
	tcase_add_test(t, screen_scrolls_what_differs);
	tcase_add_test(t, screen_jumps);
	tcase_add_test(t, screen_escapes);
	tcase_add_test(t, screen_escape_unfinished);
	tcase_add_test(t, screen_appears_later);
	tcase_add_test(t, screen_grows);
	tcase_add_test(t, screen_steps);
	tcase_add_test(t, screen_theirs);
	tcase_add_test(t, screen_vga);
	tcase_add_loop_test(t, screen_random, 0, 6);
	tcase_add_test(t, screen_random_bytes);
	tcase_add_test(t, screen_refuses);
	tcase_add_test(t, screen_cannot_map);
	suite_add_tcase(s, t);
	return s;
}
