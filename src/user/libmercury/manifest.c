/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: lines, sections and keys (see manifest_internal.h; the format
 * is in mercury/manifest.h and helios-manifest(5)).
 */
#include "manifest_internal.h"

#define DAY	86400000u		/* ms */
#define HOUR	3600000u
#define LIMIT_MAX	1000000u

static const char *const section_names[SECTIONS + 1] = {
	[SECTION_DRIVER] = "driver",
	[SECTION_CSPACE] = "cspace",
	[SECTION_CAPABILITIES] = "capabilities",
	[SECTION_SERVICES] = "services",
	[SECTION_RESET] = "reset",
	[SECTION_RESTART] = "restart",
};

/* What a line of each looks like. */
static const char *const section_syntax[SECTIONS] = {
	[SECTION_DRIVER] = "KEY=VALUE",
	[SECTION_CSPACE] = "radix=NUMBER",
	[SECTION_CAPABILITIES] = "ADDRESS:TYPE = OPTIONS",
	[SECTION_SERVICES] = "NAME = [SLOT]",
	[SECTION_RESET] = "PORT = VALUE",
	[SECTION_RESTART] = "KEY=VALUE",
};

static const char *const driver_keys[] = { "name", "desc", NULL };
static const char *const cspace_keys[] = { "radix", NULL };
static const char *const restart_keys[] = {
	"policy", "limit", "window", "delay", "max-delay", "watchdog",
	"interval", NULL
};

/* Which of the section's keys this is; the first of names is first. */
static bool
take_key(struct parser *p, struct span word, const char *const *names,
		enum key first, enum key *out)
{
	unsigned int i;

	if (!manifest_word(p, "key", word, names, &i))
		return false;
	*out = (enum key)((unsigned int)first + i);
	if (p->key_line[*out])
		return manifest_fail(p, p->line,
			"%s is given twice, first in line %u", names[i],
			p->key_line[*out]);
	p->key_line[*out] = p->line;
	return true;
}

static bool
take_text(struct parser *p, const char *key, struct span value, char *out,
		size_t size)
{
	if (value.len >= size)
		return manifest_fail(p, p->line,
			"%s has %zu bytes; expected at most %zu", key,
			value.len, size - 1);
	memcpy(out, value.at, value.len);
	out[value.len] = '\0';
	return true;
}

static bool
is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		(c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

static bool
take_name(struct parser *p, struct span value)
{
	char found[QUOTE_SIZE];
	bool good = value.len != 0;
	size_t i;

	for (i = 0; i < value.len; i++)
		good = good && is_name_byte(value.at[i]);
	if (!good)
		return manifest_fail(p, p->line,
			"name=%s: expected letters, digits, - and _",
			manifest_quote(found, value));
	return take_text(p, "name", value, p->m->name, sizeof(p->m->name));
}

static bool
driver_line(struct parser *p, struct span word, struct span value)
{
	enum key key;

	if (!take_key(p, word, driver_keys, KEY_NAME, &key))
		return false;
	if (key == KEY_NAME)
		return take_name(p, value);
	return take_text(p, "desc", value, p->m->desc, sizeof(p->m->desc));
}

static bool
take_u32(struct parser *p, const char *key, struct span value, uint32_t min,
		uint32_t max, uint32_t *out)
{
	uint64_t number;

	if (!manifest_number(p, key, value, 10, min, max, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool
cspace_line(struct parser *p, struct span word, struct span value)
{
	enum key key;

	return take_key(p, word, cspace_keys, KEY_RADIX, &key) &&
		take_u32(p, "radix", value, 6, 16, &p->m->radix);
}

static bool
service_line(struct parser *p, struct span word, struct span value)
{
	struct manifest *m = p->m;
	struct manifest_service *s = &m->services[m->nservices];
	unsigned int which, i;

	if (!manifest_word(p, "service", word, manifest_service_names,
			&which))
		return false;
	/* So that there are never more of them than names. */
	for (i = 0; i < m->nservices; i++) {
		if (m->services[i].name == which)
			return manifest_fail(p, p->line,
				"%s is given twice, first in line %u",
				manifest_service_names[which],
				m->services[i].line);
	}
	if (!value.len)
		value = (struct span){ "_", 1 };
	if (!manifest_address(p, value, &s->any, &s->slot))
		return false;
	s->name = (enum manifest_service_name)which;
	s->line = p->line;
	manifest_place(p, manifest_service_names[which], s->any, &s->slot, 1);
	m->nservices++;
	return true;
}

static bool
reset_line(struct parser *p, struct span word, struct span value)
{
	struct manifest *m = p->m;
	struct manifest_reset *r = &m->resets[m->nresets];
	uint64_t port, byte;

	if (m->nresets == MANIFEST_RESETS)
		return manifest_fail(p, p->line,
			"too many lines in [reset]; expected at most %u",
			MANIFEST_RESETS);
	if (!manifest_number(p, "port", word, 16, 0, 0xffff, &port) ||
			!manifest_number(p, "value", value, 16, 0, 0xff,
			&byte))
		return false;
	r->port = (uint16_t)port;
	r->value = (uint8_t)byte;
	p->reset_line[m->nresets++] = p->line;
	return true;
}

static bool
take_policy(struct parser *p, struct span value)
{
	static const char *const policies[] = { "always", "never", NULL };
	unsigned int which;

	if (!manifest_word(p, "policy", value, policies, &which))
		return false;
	p->m->restart.never = which == 1;
	return true;
}

static bool
take_limit(struct parser *p, struct span value)
{
	struct manifest_restart *r = &p->m->restart;
	char found[QUOTE_SIZE];

	r->unlimited = manifest_is(value, "none");
	/* None at all is what policy=never says. */
	return r->unlimited ||
		take_u32(p, "limit", value, 1, LIMIT_MAX, &r->limit) ||
		manifest_fail(p, p->line, "limit=%s: expected a decimal number "
			"from 1 to %u, or none", manifest_quote(found, value),
			LIMIT_MAX);
}

static bool
restart_line(struct parser *p, struct span word, struct span value)
{
	struct manifest_restart *r = &p->m->restart;
	enum key key;

	if (!take_key(p, word, restart_keys, KEY_POLICY, &key))
		return false;
	switch (key) {
	case KEY_POLICY:
		return take_policy(p, value);
	case KEY_LIMIT:
		return take_limit(p, value);
	case KEY_WINDOW:
		return take_u32(p, "window", value, 1, DAY, &r->window);
	case KEY_DELAY:
		return take_u32(p, "delay", value, 0, HOUR, &r->delay);
	case KEY_MAX_DELAY:
		return take_u32(p, "max-delay", value, 0, HOUR,
				&r->max_delay);
	case KEY_WATCHDOG:
		return take_u32(p, "watchdog", value, 0, SLOT_MAX,
				&r->watchdog);
	default:
		return take_u32(p, "interval", value, 1, HOUR, &r->interval);
	}
}

static bool
header_line(struct parser *p, struct span line)
{
	struct span name = { line.at + 1, line.len - 1 }, rest;
	char found[QUOTE_SIZE];
	unsigned int which;

	if (!manifest_cut(&name, ']', &rest))
		return manifest_fail(p, p->line,
			"section \"%s\" without ]; expected [NAME]",
			manifest_quote(found, line));
	if (manifest_trim(rest).len)
		return manifest_fail(p, p->line, "\"%s\" after a section's "
			"name; expected the end of the line",
			manifest_quote(found, manifest_trim(rest)));
	if (!manifest_word(p, "section", manifest_trim(name), section_names,
			&which))
		return false;
	if (p->section_line[which])
		return manifest_fail(p, p->line,
			"[%s] is there twice, first in line %u; expected all "
			"of a section in one place", section_names[which],
			p->section_line[which]);
	p->section = (enum section)which;
	p->section_line[which] = p->line;
	return true;
}

static bool
key_line(struct parser *p, struct span line)
{
	static bool (*const take[SECTIONS])(struct parser *, struct span,
			struct span) = {
		[SECTION_DRIVER] = driver_line,
		[SECTION_CSPACE] = cspace_line,
		[SECTION_CAPABILITIES] = manifest_cap_line,
		[SECTION_SERVICES] = service_line,
		[SECTION_RESET] = reset_line,
		[SECTION_RESTART] = restart_line,
	};
	struct span key = line, value;
	char found[QUOTE_SIZE];

	if (p->section == SECTIONS)
		return manifest_fail(p, p->line, "\"%s\" before the first "
			"section; expected a line such as [driver]",
			manifest_quote(found, line));
	if (!manifest_cut(&key, '=', &value))
		return manifest_fail(p, p->line, "\"%s\" without =; expected "
			"%s", manifest_quote(found, line),
			section_syntax[p->section]);
	return take[p->section](p, manifest_trim(key), manifest_trim(value));
}

/*
 * Descriptions are printed: no control characters, which could move a
 * terminal's cursor.  Bytes from 0x80 on may be UTF-8 and are let through.
 */
static bool
check_bytes(struct parser *p, struct span line)
{
	size_t i;

	if (line.len > MANIFEST_LINE)
		return manifest_fail(p, p->line,
			"a line of %zu bytes; expected at most %u", line.len,
			MANIFEST_LINE);
	for (i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return manifest_fail(p, p->line, "byte 0x%02X at "
				"column %zu; expected plain text", c, i + 1);
	}
	return true;
}

static bool
take_line(struct parser *p, struct span line)
{
	p->line++;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (!check_bytes(p, line))
		return false;
	line = manifest_trim(line);
	if (!line.len || line.at[0] == '#' || line.at[0] == ';')
		return true;
	return line.at[0] == '[' ? header_line(p, line) : key_line(p, line);
}

static bool
check_start(struct parser *p, struct span text)
{
	if (text.len > MANIFEST_SIZE)
		return manifest_fail(p, 0,
			"a manifest of %zu bytes; expected at most %u",
			text.len, MANIFEST_SIZE);
	if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		return manifest_fail(p, 1,
			"a byte order mark; expected UTF-8 without one");
	if (text.len >= 2 && (memcmp(text.at, "\xff\xfe", 2) == 0 ||
			memcmp(text.at, "\xfe\xff", 2) == 0))
		return manifest_fail(p, 1, "UTF-16 text; expected UTF-8");
	return true;
}

bool
manifest_parse(const char *text, size_t len, struct manifest *out,
		struct manifest_error *error)
{
	struct parser p = { .m = out, .error = error, .section = SECTIONS };
	struct span rest = { text, len }, line;
	bool more = len != 0;

	memset(error, 0, sizeof(*error));
	memset(out, 0, sizeof(*out));
	out->radix = 12;
	out->bound = HELIOS_CADDR_UNDEF;
	out->restart = (struct manifest_restart){
		.limit = 10, .window = 10000, .max_delay = 10000,
		.watchdog = HELIOS_CADDR_UNDEF, .interval = 1000,
	};
	if (!check_start(&p, rest))
		return false;
	while (more) {
		line = rest;
		more = manifest_cut(&line, '\n', &rest);
		if (!take_line(&p, line))
			return false;
	}
	return manifest_check(&p);
}
