/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the manifest parser share.
 *
 *	manifest.c		lines, sections and keys
 *	manifest_caps.c		the types of [capabilities] and their options
 *	manifest_check.c	what concerns several lines
 *	manifest_text.c		words, numbers, messages
 *	manifest_print.c	names, descriptions, interface ids
 *
 * They are part of sysinit and of host programs (helios-manifest, fuzzers),
 * so that what passes the tool is what the system takes.  Hence they use
 * nothing but memory given by the caller, the ISO C functions that
 * helios-user/string.h declares, and helios_vsnprintf() and
 * helios_snprintf(), which host programs have from
 * tools/helios-manifest/format.c.
 *
 * Lines are read one by one into struct manifest; what can only be judged
 * when all are known, because order does not matter, is left to
 * manifest_check().  The parser stops at the first error: there is one place
 * for it, and a person mends one at a time.
 */
#ifndef MANIFEST_INTERNAL_H
#define MANIFEST_INTERNAL_H

#include <helios-user/format.h>
#include <helios-user/string.h>
#include <mercury/manifest.h>

#define SLOT_MAX	65535u		/* of the largest CSpace */
#define PHYS_END	(1ull << 52)	/* Intel SDM vol. 3, 4.1.4: at most */
#define QUOTE_SIZE	32u

/* A part of the text, without a NUL. */
struct span {
	const char *at;
	size_t len;
};

enum section {
	SECTION_DRIVER,
	SECTION_CSPACE,
	SECTION_CAPABILITIES,
	SECTION_SERVICES,
	SECTION_RESET,
	SECTION_RESTART,
	SECTIONS			/* none yet */
};

/* Keys that stand at most once, of all sections. */
enum key {
	KEY_NAME,
	KEY_DESC,
	KEY_RADIX,
	KEY_POLICY,
	KEY_LIMIT,
	KEY_WINDOW,
	KEY_DELAY,
	KEY_MAX_DELAY,
	KEY_WATCHDOG,
	KEY_INTERVAL,
	KEYS
};

/* What takes slots: a line of [capabilities] or [services]. */
struct place {
	const char *what;
	unsigned int line;
	bool any;			/* and not placed yet */
	uint32_t count;
	uint32_t *slot;
};

struct parser {
	struct manifest *m;
	struct manifest_error *error;
	unsigned int line;
	enum section section;
	unsigned int section_line[SECTIONS];	/* 0: not there */
	unsigned int key_line[KEYS];
	unsigned int reset_line[MANIFEST_RESETS];
	struct place places[MANIFEST_CAPS + MANIFEST_SERVICES];
	unsigned int nplaces;
};

/* manifest_text.c; those that return bool have reported an error if false */

struct span manifest_trim(struct span s);
/* Cut text at the first c: what is before stays in *text, *rest gets what is
 * after.  false: there is none. */
bool manifest_cut(struct span *text, char c, struct span *rest);
bool manifest_is(struct span s, const char *word);
/* The text for a message: shortened, unprintable bytes as '?'. */
const char *manifest_quote(char buf[QUOTE_SIZE], struct span s);
/* Note an error.  Always false. */
bool manifest_fail(struct parser *p, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The value of name, base 10 or 16, with or without 0x in the latter. */
bool manifest_number(struct parser *p, const char *name, struct span text,
		unsigned int base, uint64_t min, uint64_t max, uint64_t *out);
/* Which of the names, ended by NULL, a word is; what says what they are. */
bool manifest_word(struct parser *p, const char *what, struct span word,
		const char *const *names, unsigned int *out);
/* _, or a decimal slot. */
bool manifest_address(struct parser *p, struct span text, bool *any,
		uint32_t *slot);
/* Remember that the current line takes slots. */
void manifest_place(struct parser *p, const char *what, bool any,
		uint32_t *slot, uint32_t count);

/* manifest_caps.c: a line of [capabilities]. */
bool manifest_cap_line(struct parser *p, struct span key, struct span value);

/* manifest_check.c: the manifest as a whole; gives slots to _. */
bool manifest_check(struct parser *p);

/* manifest_print.c: ended by NULL, in the order of the enums. */
extern const char *const manifest_type_names[MANIFEST_TYPES + 1];
extern const char *const
	manifest_service_names[MANIFEST_SERVICE_NAMES + 1];

#endif
