/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The screen: text in screen.c, on what can show it.
 *
 * A display is told of each character that changes, and is never asked what
 * it shows: reading a framebuffer back is slow beyond use.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include <helios/bootinfo.h>

/* More cells than that and characters are drawn larger. */
#define SCREEN_COLUMNS	256u		/* a multiple of 8 */
#define SCREEN_ROWS	128u

struct display {
	unsigned int columns, rows;
	unsigned int jump;		/* lines to scroll at a time */
	void (*clear)(void);
	/* c: 0x20 to 0x7e */
	void (*draw)(unsigned int column, unsigned int row, char c);
	/* NULL: it has no cursor */
	void (*cursor)(unsigned int column, unsigned int row);
};

/*
 * screen.c
 */
/* false: keep off it until true, which clears and redraws it. */
void screen_own(bool kernel);
/* Ours, whoever has it and however early it is. */
void screen_take(void);

/*
 * framebuffer.c
 */
/* What is wrong with it; NULL: nothing. */
const char *framebuffer_wrong(const struct helios_framebuffer *fb);
/* Bytes from the first to the last that is shown. */
uint64_t framebuffer_size(const struct helios_framebuffer *fb);
/* The display it makes, mapped at base; NULL: the font is bad. */
const struct display *framebuffer_open(const struct helios_framebuffer *fb,
		volatile void *base);

#endif
