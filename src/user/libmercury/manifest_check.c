/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: what concerns several lines (see manifest_internal.h).
 *
 * Slots that are written down are taken first, wherever they stand; then
 * each _ gets the lowest free ones, in the order of lines.
 *
 * I/O ports and device memory of two lines may overlap: both are the same
 * driver's, and a window inside a larger one can be handed on by itself.
 */
#include "manifest_internal.h"

/* Another line that has one of count slots from slot on; or NULL. */
static const struct place *
taken(const struct parser *p, uint32_t slot, uint32_t count,
		const struct place *end)
{
	const struct place *o;

	for (o = p->places; o < end; o++) {
		if (!o->any && slot < *o->slot + o->count &&
				*o->slot < slot + count)
			return o;
	}
	return NULL;
}

static bool
check_place(struct parser *p, const struct place *place)
{
	uint32_t slots = 1u << p->m->radix, slot = *place->slot;
	const struct place *other;

	if (slot + place->count > slots)
		return manifest_fail(p, place->line,
			"%s in slot%s %u%s; expected at most %u, as radix=%u "
			"makes %u slots", place->what,
			place->count > 1 ? "s from" : "", slot,
			place->count > 1 ? " on" : "", slots - place->count,
			p->m->radix, slots);
	other = taken(p, slot, place->count, place);
	if (!other)
		return true;
	if (slot < *other->slot)
		slot = *other->slot;
	return manifest_fail(p, place->line,
		"%s needs slot %u, which the %s in line %u has; expected "
		"another, or _ for any", place->what, slot, other->what,
		other->line);
}

static bool
find_place(struct parser *p, struct place *place)
{
	uint32_t slots = 1u << p->m->radix, slot = 0;
	const struct place *other = NULL;

	do {
		if (slot + place->count > slots)
			return manifest_fail(p, place->line,
				"%s needs %u free slot%s; expected "
				"a larger radix than %u (%u slots)",
				place->what, place->count,
				place->count > 1 ? "s in a row" : "",
				p->m->radix, slots);
		other = taken(p, slot, place->count,
				p->places + p->nplaces);
		if (other)
			slot = *other->slot + other->count;
	} while (other);
	*place->slot = slot;
	place->any = false;
	return true;
}

static bool
check_places(struct parser *p)
{
	unsigned int i;

	for (i = 0; i < p->nplaces; i++) {
		if (!p->places[i].any && !check_place(p, &p->places[i]))
			return false;
	}
	for (i = 0; i < p->nplaces; i++) {
		if (p->places[i].any && !find_place(p, &p->places[i]))
			return false;
	}
	return true;
}

/* name says which note is meant: it has to be in that slot. */
static bool
check_note(struct parser *p, unsigned int line, const char *name,
		uint32_t slot)
{
	const struct place *place = taken(p, slot, 1,
			p->places + p->nplaces);
	unsigned int i;

	for (i = 0; i < p->m->ncaps; i++) {
		if (p->m->caps[i].slot == slot &&
				p->m->caps[i].type == MANIFEST_NOTE)
			return true;
	}
	if (place)
		return manifest_fail(p, line, "%s=%u: slot %u has the %s in "
			"line %u; expected a note", name, slot, slot,
			place->what, place->line);
	return manifest_fail(p, line, "%s=%u: slot %u is empty; expected a "
		"note, such as %u:note =", name, slot, slot, slot);
}

static bool
check_notes(struct parser *p)
{
	struct manifest *m = p->m;
	const struct manifest_cap *c;

	for (c = m->caps; c < m->caps + m->ncaps; c++) {
		if (c->note != HELIOS_CADDR_UNDEF &&
				!check_note(p, c->line, "note", c->note))
			return false;
		if (c->type == MANIFEST_NOTE &&
				m->bound == HELIOS_CADDR_UNDEF)
			m->bound = c->slot;
	}
	return true;
}

static bool
check_reset(struct parser *p, unsigned int i)
{
	const struct manifest *m = p->m;
	const struct manifest_cap *c;
	unsigned int port = m->resets[i].port;

	for (c = m->caps; c < m->caps + m->ncaps; c++) {
		if (c->type == MANIFEST_IOPORT && port >= c->ioport.min &&
				port <= c->ioport.max)
			return true;
	}
	return manifest_fail(p, p->reset_line[i], "port %X is in no ioport of "
		"this manifest; expected a port that the driver has", port);
}

static bool
check_watchdog(struct parser *p)
{
	const struct manifest *m = p->m;
	unsigned int line = p->key_line[KEY_WATCHDOG];

	if (!line && p->key_line[KEY_INTERVAL])
		return manifest_fail(p, p->key_line[KEY_INTERVAL],
			"interval without watchdog; expected watchdog=SLOT");
	if (!line)
		return true;
	if (!check_note(p, line, "watchdog", m->restart.watchdog))
		return false;
	if (m->restart.watchdog != m->bound)
		return true;
	return manifest_fail(p, line, "watchdog=%u is the first note, by "
		"which the driver is asked; expected another, to answer by",
		m->bound);
}

static bool
check_delay(struct parser *p)
{
	const struct manifest_restart *r = &p->m->restart;
	unsigned int line = p->key_line[KEY_DELAY];

	if (r->delay <= r->max_delay)
		return true;
	if (line < p->key_line[KEY_MAX_DELAY])
		line = p->key_line[KEY_MAX_DELAY];
	return manifest_fail(p, line, "delay=%u is above max-delay=%u%s; "
		"expected at most that", r->delay, r->max_delay,
		p->key_line[KEY_MAX_DELAY] ? "" : ", its default");
}

bool
manifest_check(struct parser *p)
{
	unsigned int i;

	if (!p->key_line[KEY_NAME])
		return manifest_fail(p, p->section_line[SECTION_DRIVER],
			"no name; expected name=NAME in section [driver]");
	if (!check_places(p) || !check_notes(p))
		return false;
	for (i = 0; i < p->m->nresets; i++) {
		if (!check_reset(p, i))
			return false;
	}
	return check_delay(p) && check_watchdog(p);
}
