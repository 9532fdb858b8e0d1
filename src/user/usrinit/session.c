/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines from the keyboard.
 *
 * The terminal at the other end is raw: it sends each key at once and shows
 * nothing but what it is sent.  Enter is CR, LF, or both.  Erasing is done
 * with backspaces and blanks, which every terminal has; escape sequences are
 * understood (ECMA-48, 5.4; the arrows as a VT100 sends them) and, but for
 * the two arrows, ignored.
 */
#include "usrinit.h"

#define PROMPT		"helios> "

enum { LINE_SIZE = 256, HISTORY = 8 };

enum escape { PLAIN, ESCAPE, SEQUENCE, SHIFT };

enum done { MORE, ENTERED, ABANDONED, ENDED };

static struct {
	char text[LINE_SIZE];
	size_t len;
	enum escape escape;
	bool after_cr;
	unsigned int recalled;		/* how far back in history */
} edit;

/* The last lines; newest is number history_count - 1, modulo HISTORY. */
static char history[HISTORY][LINE_SIZE];
static unsigned int history_count;

static void
remember(void)
{
	const char *last = history[(history_count + HISTORY - 1) % HISTORY];

	if (edit.len > 0 && strcmp(edit.text, last) != 0)
		memcpy(history[history_count++ % HISTORY], edit.text,
				sizeof(edit.text));
}

/* One character, which in UTF-8 is several bytes but one column. */
static void
erase(void)
{
	if (edit.len == 0)
		return;
	while (--edit.len > 0 && (edit.text[edit.len] & 0xc0) == 0x80)
		;
	out("\b \b");
}

static void
erase_all(void)
{
	while (edit.len > 0)
		erase();
}

static void
insert(char c)
{
	if (edit.len == LINE_SIZE - 1) {
		out("\a");
		return;
	}
	edit.text[edit.len++] = c;
	out_bytes(&c, 1);
}

/* The line that many back; 0 is a new one. */
static void
recall(unsigned int back)
{
	unsigned int known = history_count < HISTORY ? history_count : HISTORY;
	const char *p;

	if (back > known)
		return;
	erase_all();
	edit.recalled = back;
	if (back == 0)
		return;
	for (p = history[(history_count - back) % HISTORY]; *p != '\0'; p++)
		insert(*p);
}

static void
arrow(int key)
{
	if (key == 'A')
		recall(edit.recalled + 1);
	else if (key == 'B' && edit.recalled > 0)
		recall(edit.recalled - 1);
}

/* Within an escape sequence: parameters, and what ends it. */
static void
escaped(int key)
{
	if (edit.escape == ESCAPE && (key == '[' || key == 'O')) {
		edit.escape = key == '[' ? SEQUENCE : SHIFT;
		return;
	}
	if (edit.escape == SEQUENCE && key >= 0x20 && key < 0x40)
		return;
	if (edit.escape != ESCAPE)
		arrow(key);
	edit.escape = PLAIN;
}

static enum done
control(int key)
{
	switch (key) {
	case '\r':
	case '\n':
		out("\n");
		return ENTERED;
	case KEY_CTRL('C'):
		out("^C\n");
		return ABANDONED;
	case KEY_CTRL('D'):
		return edit.len == 0 ? ENDED : MORE;
	case KEY_CTRL('U'):
		erase_all();
		return MORE;
	case '\b':
	case 0x7f:
		erase();
		return MORE;
	case 0x1b:
		edit.escape = ESCAPE;
		return MORE;
	default:
		return MORE;
	}
}

static enum done
take(int key)
{
	bool after_cr = edit.after_cr;

	if (key == KEY_END)
		return ENDED;
	edit.after_cr = key == '\r';
	if (key == '\n' && after_cr)
		return MORE;
	/* Enter and Ctrl-C count even in a sequence that was cut short. */
	if (edit.escape != PLAIN && key >= 0x20) {
		escaped(key);
		return MORE;
	}
	edit.escape = PLAIN;
	if (key < 0x20 || key == 0x7f)
		return control(key);
	insert((char)key);
	return MORE;
}

/* false: no more of them. */
static bool
read_line(void)
{
	enum done done;

	edit.len = 0;
	edit.recalled = 0;
	do
		done = take(key_next());
	while (done == MORE);
	if (done == ABANDONED)
		edit.len = 0;
	edit.text[edit.len] = '\0';
	remember();
	return done != ENDED;
}

void
session_run(void)
{
	while (line_good() && !commands_over(NULL)) {
		jobs_report();
		out(PROMPT);
		if (!read_line()) {
			out("\n");
			return;
		}
		keys_busy(true);
		commands_run(edit.text);
		keys_busy(false);
	}
}
