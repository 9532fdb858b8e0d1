/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * framebuffer.c: what is drawn is compared, pixel by pixel, with what the
 * font says; nothing is written outside of the rows, not even between them.
 */
#include "src/hal-baremetal/framebuffer.c"

#include <stdlib.h>
#include <string.h>

#include "machine_suites.h"
#include "unit.h"

/* A font of 256 glyphs of 8 x 16, no two alike: machine_mock.c. */
#define GLYPH_ROW(c, y)	((unsigned char)((unsigned char)(c) + 37 * (y)))

static const struct helios_framebuffer plain = {
	.phys = 0xfd000000, .pitch = 1024 * 4, .width = 1024, .height = 768,
	.bpp = 32, .red_shift = 16, .red_bits = 8, .green_shift = 8,
	.green_bits = 8, .blue_shift = 0, .blue_bits = 8,
};

static unsigned char *memory;
static struct helios_framebuffer fb;

static const struct display *
open_plain(void)
{
	const struct display *d;

	ck_assert_ptr_null(framebuffer_wrong(&fb));
	memory = malloc(framebuffer_size(&fb));
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0xee, framebuffer_size(&fb));
	d = framebuffer_open(&fb, memory);
	ck_assert_ptr_nonnull(d);
	return d;
}

static uint32_t
pixel(uint32_t x, uint32_t y)
{
	uint32_t v = 0, size = fb.bpp == 15 ? 2 : fb.bpp / 8;

	memcpy(&v, memory + (size_t)y * fb.pitch + (size_t)x * size, size);
	return v;
}

/* Between the rows. */
static void
check_gaps(void)
{
	uint32_t row = fb.width * (fb.bpp == 15 ? 2 : fb.bpp / 8), x, y;

	for (y = 0; y + 1 < fb.height; y++)
		for (x = row; x < fb.pitch; x++)
			ck_assert_uint_eq(memory[(size_t)y * fb.pitch + x],
				0xee);
}

/* Of each cell one character; then all the screen, with its margins. */
static void
check_drawing(void)
{
	const struct display *d = open_plain();
	unsigned int zoom, left, top, x, y;
	uint32_t colour = text_colour(&fb);

	d->clear();
	for (y = 0; y < d->rows; y++)
		for (x = 0; x < d->columns; x++)
			d->draw(x, y, (char)(0x20 + (x + y * 7) % 0x5f));
	/* As large as fits, the cells being what they are. */
	zoom = fb.width / d->columns / 8;
	while (fb.height / d->rows / 16 < zoom)
		zoom--;
	left = (fb.width - d->columns * 8 * zoom) / 2;
	top = (fb.height - d->rows * 16 * zoom) / 2;
	for (y = 0; y < fb.height; y++)
		for (x = 0; x < fb.width; x++) {
			unsigned int cx = (x - left) / (8 * zoom);
			unsigned int cy = (y - top) / (16 * zoom);
			char c = (char)(0x20 + (cx + cy * 7) % 0x5f);
			bool in = x >= left && y >= top && cx < d->columns &&
				cy < d->rows;
			bool on = in && GLYPH_ROW(c, (y - top) / zoom % 16) >>
				(7 - (x - left) / zoom % 8) & 1;

			if (pixel(x, y) != (on ? colour : 0))
				ck_abort_msg("%ux%u, %u bits: pixel %u, %u is "
					"0x%x", fb.width, fb.height,
					(unsigned int)fb.bpp, x, y,
					pixel(x, y));
		}
	check_gaps();
	free(memory);
}

static void
format(unsigned int bpp, unsigned int red, unsigned int green,
		unsigned int blue)
{
	fb = plain;
	fb.bpp = (uint8_t)bpp;
	fb.blue_shift = 0;
	fb.blue_bits = (uint8_t)blue;
	fb.green_shift = (uint8_t)blue;
	fb.green_bits = (uint8_t)green;
	fb.red_shift = (uint8_t)(blue + green);
	fb.red_bits = (uint8_t)red;
}

START_TEST(fb_formats)
{
	format(32, 8, 8, 8);
	check_drawing();
	ck_assert_uint_eq(text_colour(&fb), 0xd0d0d0);
	format(32, 10, 10, 10);
	check_drawing();
	format(24, 8, 8, 8);
	fb.pitch = 1024 * 3 + 1;
	check_drawing();
	format(16, 5, 6, 5);
	check_drawing();
	format(15, 5, 5, 5);
	fb.pitch = 1024 * 2 + 6;
	check_drawing();
	format(16, 1, 1, 1);
	ck_assert_ptr_null(framebuffer_wrong(&fb));
}
END_TEST

START_TEST(fb_sizes)
{
	static const struct { uint32_t width, height; } sizes[] = {
		{ 320, 200 }, { 321, 203 }, { 640, 480 }, { 800, 600 },
		{ 1366, 768 }, { 2560, 1440 }, { 3840, 2160 }, { 320, 4096 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		format(16, 5, 6, 5);
		fb.width = sizes[i].width;
		fb.height = sizes[i].height;
		fb.pitch = fb.width * 2 + 10;
		check_drawing();
	}
}
END_TEST

/* Never more cells than screen.c has, never none, all on the screen. */
START_TEST(fb_random_sizes)
{
	struct rng r = { 0xfb };
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		const struct display *d;

		format(32, 8, 8, 8);
		fb.width = 320 + rng_below(&r, MOST_PIXELS - 319);
		fb.height = 200 + rng_below(&r, MOST_PIXELS - 199);
		fb.pitch = fb.width * 4;
		d = framebuffer_open(&fb, &fb);	/* nothing is drawn */
		ck_assert_ptr_nonnull(d);
		ck_assert_uint_ge(d->columns, 5);
		ck_assert_uint_ge(d->rows, 1);
		ck_assert_uint_le(d->columns, SCREEN_COLUMNS);
		ck_assert_uint_le(d->rows, SCREEN_ROWS);
		ck_assert_uint_ge(d->jump, 1);
		ck_assert_uint_le(d->jump, d->rows);
		ck_assert_uint_le(d->columns * font.width * scale, fb.width);
		ck_assert_uint_le(d->rows * font.height * scale, fb.height);
	}
}
END_TEST

static void
wrong(const char *why)
{
	const char *found = framebuffer_wrong(&fb);

	if (found == NULL || strstr(found, why) == NULL)
		ck_abort_msg("\"%s\", not \"%s\"", found == NULL ? "nothing" :
			found, why);
	fb = plain;
}

START_TEST(fb_nonsense)
{
	static const uint8_t depths[] = { 0, 1, 4, 8, 12, 17, 40, 48, 64,
		255 };
	unsigned int i;

	fb = plain;
	ck_assert_ptr_null(framebuffer_wrong(&fb));
	for (i = 0; i < sizeof(depths); i++) {
		fb.bpp = depths[i];
		wrong("bits a pixel expected");
	}
	fb.width = 319;
	wrong("320 x 200");
	fb.height = 199;
	wrong("320 x 200");
	fb.width = 16385;
	fb.pitch = UINT32_MAX;
	wrong("16384 pixels");
	fb.height = UINT32_MAX;
	wrong("16384 pixels");
	fb.pitch = 4095;
	wrong("a row is shorter");
	fb.pitch = 0;
	wrong("a row is shorter");
	fb.red_bits = 0;
	wrong("red, green and blue");
	fb.red_shift = 25;
	wrong("red, green and blue");
	fb.green_bits = 255;
	wrong("red, green and blue");
	fb.blue_shift = 255;
	wrong("red, green and blue");
	fb.blue_bits = 9;
	wrong("side by side");
	fb.phys = 0;
	wrong("no such address");
	fb.phys = UINT64_MAX - 4096;
	wrong("no such address");
	fb.pitch = UINT32_MAX;
	ck_assert_ptr_null(framebuffer_wrong(&fb));
}
END_TEST

/* What is let through can be drawn on. */
START_TEST(fb_random)
{
	struct rng r = { 0xfbfb };
	unsigned int i, k, accepted = 0;

	for (i = 0; i < 2000; i++) {
		unsigned char *p = (unsigned char *)&fb;

		fb = plain;
		fb.width = fb.height = 400;
		fb.pitch = 1600;
		for (k = rng_below(&r, 3); k < 3; k++)
			p[offsetof(struct helios_framebuffer, pitch) +
				rng_below(&r, 19)] =
				(unsigned char)rng_below(&r, 40);
		if (framebuffer_wrong(&fb) != NULL ||
				framebuffer_size(&fb) > 1u << 24)
			continue;
		accepted++;
		{
			const struct display *d = open_plain();

			d->clear();
			for (k = 0; k < d->columns; k++) {
				d->draw(k, 0, 'x');
				d->draw(k, d->rows - 1, '~');
			}
			for (k = 0; k < d->rows; k++)
				d->draw(d->columns - 1, k, '!');
			free(memory);
		}
	}
	ck_assert_uint_gt(accepted, 100);
}
END_TEST

/*
 * Fonts
 */

static bool
psf2(uint32_t count, uint32_t header, uint32_t size, uint32_t width,
		uint32_t height, size_t room)
{
	struct psf2 h = { PSF2_MAGIC, 0, header, 0, count, size, height,
		width };
	unsigned char *file = calloc(1, room < sizeof(h) ? sizeof(h) : room);
	struct font f;
	bool ok;

	ck_assert_ptr_nonnull(file);
	memcpy(file, &h, sizeof(h));
	ok = font_parse(file, room, &f);
	if (ok) {
		ck_assert_uint_eq(f.width, width);
		ck_assert_uint_eq(f.height, height);
		ck_assert_ptr_eq(f.glyphs, file + header);
	}
	free(file);
	return ok;
}

START_TEST(fb_fonts)
{
	ck_assert(psf2(128, 32, 16, 8, 16, 32 + 128 * 16));
	ck_assert(psf2(512, 40, 64, 16, 32, 40 + 512 * 64));
	ck_assert(psf2(127, 32, 256, 32, 64, 32 + 127 * 256));
	ck_assert(psf2(256, 32, 24, 12, 12, 32 + 256 * 24));
	ck_assert(!psf2(128, 32, 16, 8, 16, 32 + 128 * 16 - 1));
	ck_assert(!psf2(126, 32, 16, 8, 16, 32 + 126 * 16));
	ck_assert(!psf2(0, 32, 16, 8, 16, 4096));
	ck_assert(!psf2(UINT32_MAX, 32, 16, 8, 16, 4096));
	ck_assert(!psf2(128, 4097, 16, 8, 16, 4096));
	ck_assert(!psf2(128, UINT32_MAX, 16, 8, 16, 4096));
	ck_assert(!psf2(128, 32, 15, 8, 16, 4096));
	ck_assert(!psf2(128, 32, 16, 9, 16, 8192));	/* two bytes a row */
	ck_assert(!psf2(128, 32, 16, 6, 16, 8192));
	ck_assert(!psf2(128, 32, 16, 0, 16, 8192));
	ck_assert(!psf2(128, 32, 16, 8, 0, 8192));
	ck_assert(!psf2(128, 32, 65, 8, 65, 16384));
	ck_assert(!psf2(128, 32, 16, 36, 1, 8192));
	ck_assert(!psf2(128, 32, 16, 8, 16, 31));
	ck_assert(!psf2(128, 32, 16, 8, 16, 0));
}
END_TEST

START_TEST(fb_fonts_psf1)
{
	unsigned char *file = calloc(1, 4 + 512 * 16);
	struct font f;

	ck_assert_ptr_nonnull(file);
	memcpy(file, (unsigned char[]){ 0x36, 4, 0, 16 }, 4);
	ck_assert(font_parse(file, 4 + 256 * 16, &f));
	ck_assert(!font_parse(file, 4 + 256 * 16 - 1, &f));
	ck_assert(!font_parse(file, 3, &f));
	file[2] = PSF1_MODE_512;
	ck_assert(font_parse(file, 4 + 512 * 16, &f));
	ck_assert(!font_parse(file, 4 + 256 * 16, &f));
	file[2] = 8;
	ck_assert(!font_parse(file, 4 + 512 * 16, &f));
	file[2] = 0;
	file[3] = 0;
	ck_assert(!font_parse(file, 4 + 512 * 16, &f));
	file[1] = 5;
	ck_assert(!font_parse(file, 4 + 512 * 16, &f));
	free(file);
}
END_TEST

Suite *
suite_machine_framebuffer(void)
{
	Suite *s = suite_create("machine-framebuffer");
	TCase *t = tcase_create("framebuffer");

	tcase_add_test(t, fb_formats);
	tcase_add_test(t, fb_sizes);
	tcase_add_test(t, fb_random_sizes);
	tcase_add_test(t, fb_nonsense);
	tcase_add_test(t, fb_random);
	tcase_add_test(t, fb_fonts);
	tcase_add_test(t, fb_fonts_psf1);
	suite_add_tcase(s, t);
	return s;
}
