/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: words, numbers and messages (see manifest_internal.h).
 *
 * A message says what was found and what would have been right; for a word
 * it names all there are and the nearest one, since most errors are slips.
 */
#include "manifest_internal.h"

#define WORD_MAX	16u		/* letters: longer ones resemble none */

/* What a message is put together from. */
struct text {
	char *buf;
	size_t size, len;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span
manifest_trim(struct span s)
{
	while (s.len && is_blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool
manifest_cut(struct span *text, char c, struct span *rest)
{
	size_t i;

	for (i = 0; i < text->len; i++) {
		if (text->at[i] != c)
			continue;
		rest->at = text->at + i + 1;
		rest->len = text->len - i - 1;
		text->len = i;
		return true;
	}
	return false;
}

bool
manifest_is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

const char *
manifest_quote(char buf[QUOTE_SIZE], struct span s)
{
	size_t len = s.len < QUOTE_SIZE ? s.len : QUOTE_SIZE - 4;
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = s.at[i] >= ' ' && s.at[i] <= '~' ? s.at[i] : '?';
	buf[len] = '\0';
	if (len < s.len)
		memcpy(buf + len, "...", 4);
	return buf;
}

bool
manifest_fail(struct parser *p, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	p->error->line = line;
	va_start(ap, fmt);
	helios_vsnprintf(p->error->text, sizeof(p->error->text), fmt, ap);
	va_end(ap);
	return false;
}

static unsigned int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

static bool
convert(struct span s, unsigned int base, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	if (base == 16 && s.len > 2 && s.at[0] == '0' &&
			(s.at[1] == 'x' || s.at[1] == 'X'))
		i = 2;
	if (!s.len)
		return false;
	for (; i < s.len; i++) {
		unsigned int d = digit(s.at[i]);

		if (d >= base || value > (UINT64_MAX - d) / base)
			return false;
		value = value * base + d;
	}
	*out = value;
	return true;
}

bool
manifest_number(struct parser *p, const char *name, struct span text,
		unsigned int base, uint64_t min, uint64_t max, uint64_t *out)
{
	struct span left = text, right;
	char found[QUOTE_SIZE];
	const char *hint = "";
	uint64_t value;

	if (convert(text, base, &value) && value >= min && value <= max) {
		*out = value;
		return true;
	}
	if (manifest_cut(&left, '=', &right))
		hint = "; is a comma missing?";
	manifest_quote(found, text);
	if (base == 16)
		return manifest_fail(p, p->line, "%s=%s: expected a "
			"hexadecimal number from %llX to %llX%s", name, found,
			(unsigned long long)min, (unsigned long long)max, hint);
	return manifest_fail(p, p->line, "%s=%s: expected a decimal number "
		"from %llu to %llu%s", name, found, (unsigned long long)min,
		(unsigned long long)max, hint);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/*
 * How many letters have to be added, removed or replaced to turn a word into
 * a name (the distance of Levenshtein), upper case or not.  row[j] is the
 * distance of the word's letters so far to the first j of the name.
 */
static size_t
distance(struct span word, const char *name)
{
	size_t row[WORD_MAX + 1], n = strlen(name), i, j;

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; i < word.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (j = 1; j <= n; j++) {
			size_t best = diagonal +
				(lower(word.at[i]) != name[j - 1]);

			diagonal = row[j];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

/* The name that was meant; NULL if it could be anything. */
static const char *
nearest(struct span word, const char *const *names)
{
	const char *best = NULL;
	size_t least = 3;

	if (word.len > WORD_MAX)
		return NULL;
	for (; *names; names++) {
		size_t n = strlen(*names), d;

		if (n > WORD_MAX)
			continue;
		d = distance(word, *names);
		if (d < least && d <= n / 2) {
			least = d;
			best = *names;
		}
	}
	return best;
}

static void
append(struct text *t, const char *s)
{
	while (*s && t->len + 1 < t->size)
		t->buf[t->len++] = *s++;
	t->buf[t->len] = '\0';
}

static void
append_names(struct text *t, const char *const *names)
{
	for (; *names; names++) {
		append(t, *names);
		if (names[1])
			append(t, names[2] ? ", " : " or ");
	}
}

bool
manifest_word(struct parser *p, const char *what, struct span word,
		const char *const *names, unsigned int *out)
{
	struct text t = { p->error->text, sizeof(p->error->text), 0 };
	char found[QUOTE_SIZE];
	const char *meant;
	unsigned int i;

	for (i = 0; names[i]; i++) {
		if (manifest_is(word, names[i])) {
			*out = i;
			return true;
		}
	}
	manifest_fail(p, p->line, "unknown %s \"%s\"", what,
			manifest_quote(found, word));
	t.len = strlen(t.buf);
	meant = nearest(word, names);
	if (meant) {
		append(&t, " (did you mean ");
		append(&t, meant);
		append(&t, "?)");
	}
	append(&t, "; expected ");
	append_names(&t, names);
	return false;
}

bool
manifest_address(struct parser *p, struct span text, bool *any,
		uint32_t *slot)
{
	char found[QUOTE_SIZE];
	uint64_t value = 0;

	*any = manifest_is(text, "_");
	*slot = HELIOS_CADDR_UNDEF;
	if (*any)
		return true;
	if (!convert(text, 10, &value) || value > SLOT_MAX)
		return manifest_fail(p, p->line, "address \"%s\": expected a "
			"decimal slot number from 0 to %u, or _ for any",
			manifest_quote(found, text), SLOT_MAX);
	*slot = (uint32_t)value;
	return true;
}

void
manifest_place(struct parser *p, const char *what, bool any, uint32_t *slot,
		uint32_t count)
{
	p->places[p->nplaces++] = (struct place){
		.what = what, .line = p->line, .any = any, .slot = slot,
		.count = count,
	};
}
