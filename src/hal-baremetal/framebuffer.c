/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Characters on a linear framebuffer, in a font of the console (PSF, as
 * kbd's psf.h describes it: version 1 or 2; its Unicode table is not needed,
 * for the first glyphs of any such font are ASCII).
 *
 * A line of a glyph goes out in groups of four pixels.  What each of the 16
 * groups looks like, in the pixels of this screen and enlarged as it needs,
 * is computed once; so drawing is copying, for all formats alike, and it
 * only ever stores: reading a framebuffer is slow.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"
#include "screen.h"

#define GROUP		4u		/* pixels */
#define GROUPS		16u
#define MOST_SCALE	8u
#define MOST_BYTES	4u		/* of a pixel */
#define MOST_PIXELS	16384u		/* each way */
#define FEW_COLUMNS	80u		/* fewer, and margins are given up */
#define FEW_ROWS	25u
#define MARGIN		64u		/* one of so many parts */
#define BRIGHT		0xd0u		/* of 0xff: grey tires less */

struct font {
	const unsigned char *glyphs;
	unsigned int count, width, height;
	unsigned int row_bytes, glyph_bytes;
};

struct psf1 {
	uint8_t magic[2], mode, height;
};

#define PSF1_MAGIC0	0x36
#define PSF1_MAGIC1	0x04
#define PSF1_MODE_512	0x01
#define PSF1_MODES	0x07

struct psf2 {
	uint32_t magic, version, header, flags, count, bytes, height, width;
};

#define PSF2_MAGIC	0x864ab572u

/* font.S */
extern const unsigned char font_file[], font_file_end[];

static struct font font;
static volatile unsigned char *pixels;	/* of the first cell */
static volatile unsigned char *corner;	/* of the screen */
static unsigned int bytes, scale, pitch;
static uint32_t row_shown, rows_shown;	/* bytes, lines */
static struct display screen;

/* Little-endian, as on the screen. */
static uint32_t group[GROUPS][MOST_SCALE * MOST_BYTES];

/*
 * Font
 */

static bool
font_psf1(const void *file, size_t size, struct font *f)
{
	const struct psf1 *h = file;

	if (size < sizeof(*h) || h->magic[0] != PSF1_MAGIC0 ||
			h->magic[1] != PSF1_MAGIC1 || h->mode > PSF1_MODES)
		return false;
	*f = (struct font){
		.glyphs = (const unsigned char *)file + sizeof(*h),
		.count = h->mode & PSF1_MODE_512 ? 512 : 256,
		.width = 8, .height = h->height,
		.row_bytes = 1, .glyph_bytes = h->height,
	};
	return (size - sizeof(*h)) / f->count >= f->glyph_bytes;
}

static bool
font_psf2(const void *file, size_t size, struct font *f)
{
	struct psf2 h;

	if (size < sizeof(h))
		return false;
	__builtin_memcpy(&h, file, sizeof(h));
	if (h.magic != PSF2_MAGIC || h.version != 0 || h.header > size ||
			h.count == 0 || h.width == 0 || h.width > 32)
		return false;
	*f = (struct font){
		.glyphs = (const unsigned char *)file + h.header,
		.count = h.count, .width = h.width, .height = h.height,
		.row_bytes = (h.width + 7) / 8, .glyph_bytes = h.bytes,
	};
	return (size - h.header) / h.count >= h.bytes &&
		h.bytes / f->row_bytes >= h.height;
}

/* Widths come in groups; ASCII must be there. */
static bool
font_parse(const void *file, size_t size, struct font *f)
{
	if (!font_psf1(file, size, f) && !font_psf2(file, size, f))
		return false;
	return f->count >= 0x7f && f->width % GROUP == 0 && f->height > 0 &&
		f->height <= 64;
}

/*
 * Format
 */

static uint32_t
mask_of(unsigned int shift, unsigned int bits)
{
	return (uint32_t)(((1ull << bits) - 1) << shift);
}

static bool
colours_fit(const struct helios_framebuffer *fb)
{
	uint32_t r, g, b;

	if (fb->red_bits == 0 || fb->green_bits == 0 || fb->blue_bits == 0 ||
			fb->red_shift + fb->red_bits > fb->bpp ||
			fb->green_shift + fb->green_bits > fb->bpp ||
			fb->blue_shift + fb->blue_bits > fb->bpp)
		return false;
	r = mask_of(fb->red_shift, fb->red_bits);
	g = mask_of(fb->green_shift, fb->green_bits);
	b = mask_of(fb->blue_shift, fb->blue_bits);
	return (r & g) == 0 && (g & b) == 0 && (r & b) == 0;
}

/* 15 is a way to write 16 of which one is not used. */
static unsigned int
bytes_of(const struct helios_framebuffer *fb)
{
	return fb->bpp == 15 ? 2 : fb->bpp % 8 == 0 ? fb->bpp / 8u : 0;
}

const char *
framebuffer_wrong(const struct helios_framebuffer *fb)
{
	unsigned int n = bytes_of(fb);

	if (n < 2 || n > MOST_BYTES)
		return "16, 24 or 32 bits a pixel expected";
	if (fb->width < 320 || fb->height < 200)
		return "320 x 200 pixels or more expected";
	if (fb->width > MOST_PIXELS || fb->height > MOST_PIXELS)
		return "16384 pixels each way at most expected";
	if (fb->pitch / n < fb->width)
		return "a row is shorter than its pixels";
	if (!colours_fit(fb))
		return "red, green and blue of a bit or more each expected, "
			"side by side in a pixel";
	if (fb->phys == 0 || fb->phys + framebuffer_size(fb) < fb->phys)
		return "there is no such address";
	return NULL;
}

uint64_t
framebuffer_size(const struct helios_framebuffer *fb)
{
	return (uint64_t)fb->pitch * (fb->height - 1) +
		fb->width * bytes_of(fb);
}

static uint32_t
shade(unsigned int shift, unsigned int bits)
{
	return (uint32_t)(((1ull << bits) - 1) * BRIGHT / 0xff << shift);
}

static uint32_t
text_colour(const struct helios_framebuffer *fb)
{
	return shade(fb->red_shift, fb->red_bits) |
		shade(fb->green_shift, fb->green_bits) |
		shade(fb->blue_shift, fb->blue_bits);
}

/* The first pixel of a group is its highest bit, as in the font. */
static void
make_groups(uint32_t colour)
{
	unsigned int g, i;

	for (g = 0; g < GROUPS; g++) {
		unsigned char *p = (unsigned char *)group[g];

		for (i = 0; i < GROUP * scale; i++) {
			bool set = (g >> (GROUP - 1 - i / scale) & 1) != 0;

			__builtin_memcpy(p + i * bytes, &colour, bytes);
			if (!set)
				__builtin_memset(p + i * bytes, 0, bytes);
		}
	}
}

/*
 * Drawing
 */

static void
clear(void)
{
	uint32_t y;

	for (y = 0; y < rows_shown; y++)
		__builtin_memset((void *)(uintptr_t)(corner +
			(size_t)y * pitch), 0, row_shown);
}

/* Two words at a time, if there are. */
static inline volatile unsigned char *
put_group(volatile unsigned char *to, const uint32_t *from, unsigned int words)
{
	uint64_t two;

	for (; words >= 2; words -= 2, from += 2, to += sizeof(two)) {
		__builtin_memcpy(&two, from, sizeof(two));
		*(volatile uint64_t *)to = two;
	}
	if (words == 0)
		return to;
	*(volatile uint32_t *)to = *from;
	return to + sizeof(uint32_t);
}

/* bits: of the row, its first pixel the highest. */
static inline void
put_row(volatile unsigned char *to, uint32_t bits, unsigned int groups,
		unsigned int words)
{
	for (; groups > 0; groups--, bits <<= GROUP)
		to = put_group(to, group[bits >> 28], words);
}

static uint32_t
row_bits(const unsigned char *row)
{
	uint32_t bits = 0;
	unsigned int i;

	for (i = 0; i < font.row_bytes; i++)
		bits |= (uint32_t)row[i] << (24 - 8 * i);
	return bits;
}

static void
draw(unsigned int column, unsigned int line, char c)
{
	const unsigned char *glyph = font.glyphs +
		(size_t)(unsigned char)c * font.glyph_bytes;
	volatile unsigned char *to = pixels +
		(size_t)line * font.height * scale * pitch +
		(size_t)column * font.width * scale * bytes;
	unsigned int groups = font.width / GROUP, words = scale * bytes;
	unsigned int y, i;

	for (y = 0; y < font.height; y++, glyph += font.row_bytes)
		for (i = 0; i < scale; i++, to += pitch)
			put_row(to, row_bits(glyph), groups, words);
}

/*
 * Where on the screen
 */

/* How many of these with a margin, or else without. */
static unsigned int
cells(uint32_t length, unsigned int cell, unsigned int few, unsigned int most)
{
	uint32_t n = (length - 2 * (length / MARGIN)) / cell;

	if (n < few)
		n = length / cell;
	return n < most ? n : most;
}

/* As small as fits into the cells there are, so that text on a large screen
 * can be read. */
static void
choose_scale(const struct helios_framebuffer *fb)
{
	for (scale = 1; scale < MOST_SCALE; scale++)
		if (fb->width / (font.width * scale) < SCREEN_COLUMNS &&
				fb->height / (font.height * scale) <=
				SCREEN_ROWS)
			break;
}

static void
lay_out(const struct helios_framebuffer *fb)
{
	unsigned int w, h;

	choose_scale(fb);
	w = font.width * scale;
	h = font.height * scale;
	screen = (struct display){
		.columns = cells(fb->width, w, FEW_COLUMNS, SCREEN_COLUMNS),
		.rows = cells(fb->height, h, FEW_ROWS, SCREEN_ROWS),
		.clear = clear, .draw = draw,
	};
	/* Each scroll draws most of the screen: not for each line. */
	screen.jump = screen.rows < 8 ? 1 : screen.rows / 8;
	pixels = corner + (size_t)((fb->height - screen.rows * h) / 2) *
		pitch + (size_t)((fb->width - screen.columns * w) / 2) * bytes;
}

const struct display *
framebuffer_open(const struct helios_framebuffer *fb, volatile void *base)
{
	if (!font_parse(font_file, (size_t)(font_file_end - font_file), &font))
		return NULL;
	corner = base;
	bytes = bytes_of(fb);
	pitch = fb->pitch;
	row_shown = fb->width * bytes;
	rows_shown = fb->height;
	lay_out(fb);
	make_groups(text_colour(fb));
	return &screen;
}
