/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: the types of [capabilities] and their options (see
 * manifest_internal.h).
 *
 * A type is a table of its options and a function that takes their values.
 * The table's order is that of the values.
 */
#include "manifest_internal.h"

#define OPTIONS_MAX	6u

enum option_kind { OPTION_FLAG, OPTION_HEX, OPTION_DECIMAL, OPTION_TEXT };

struct option {
	const char *name;		/* NULL: the end */
	enum option_kind kind;
	bool required;
	uint64_t min, max;		/* of a number */
};

struct value {
	bool given;
	struct span text;
	uint64_t number;
};

struct type {
	const struct option *options;
	bool (*take)(struct parser *p, struct manifest_cap *cap,
			const struct value *v);
};

static const struct option no_options[] = { { .name = NULL } };

static bool
take_nothing(struct parser *p, struct manifest_cap *cap,
		const struct value *v)
{
	(void)p;
	(void)cap;
	(void)v;
	return true;
}

static const struct option ioport_options[] = {
	{ "min", OPTION_HEX, true, 0, 0xffff },
	{ "max", OPTION_HEX, true, 0, 0xffff },
	{ .name = NULL }
};

static bool
take_ioport(struct parser *p, struct manifest_cap *cap,
		const struct value *v)
{
	cap->ioport.min = (uint16_t)v[0].number;
	cap->ioport.max = (uint16_t)v[1].number;
	if (cap->ioport.min <= cap->ioport.max)
		return true;
	return manifest_fail(p, p->line,
		"min=%X is above max=%X; expected the lowest port first",
		cap->ioport.min, cap->ioport.max);
}

/* The kernel has 256 interrupt lines at most. */
static const struct option irq_options[] = {
	{ "irq", OPTION_DECIMAL, true, 0, 255 },
	{ "note", OPTION_DECIMAL, true, 0, SLOT_MAX },
	{ .name = NULL }
};

static bool
take_irq(struct parser *p, struct manifest_cap *cap, const struct value *v)
{
	const struct manifest_cap *c;

	cap->irq = (uint32_t)v[0].number;
	cap->note = (uint32_t)v[1].number;
	for (c = p->m->caps; c < cap; c++) {
		if (c->type == MANIFEST_IRQ && c->irq == cap->irq)
			return manifest_fail(p, p->line,
				"irq=%u is given twice, first in line %u",
				cap->irq, c->line);
	}
	return true;
}

static const struct option self_options[] = {
	{ "self", OPTION_FLAG, true, 0, 0 },
	{ .name = NULL }
};

static bool
take_self(struct parser *p, struct manifest_cap *cap, const struct value *v)
{
	const struct manifest_cap *c;

	(void)v;
	for (c = p->m->caps; c < cap; c++) {
		if (c->type == cap->type)
			return manifest_fail(p, p->line,
				"%s is given twice, first in line %u",
				manifest_type_name(cap->type), c->line);
	}
	return true;
}

static const struct option memory_options[] = {
	{ "pages", OPTION_DECIMAL, true, 1, 1u << 24 },	/* 64 GiB */
	{ .name = NULL }
};

static bool
take_memory(struct parser *p, struct manifest_cap *cap,
		const struct value *v)
{
	(void)p;
	cap->pages = v[0].number;
	return true;
}

static bool
check_pages(struct parser *p, const char *name, uint64_t value)
{
	if (value % HELIOS_PAGE_SIZE == 0)
		return true;
	return manifest_fail(p, p->line, "%s=%llX: expected whole pages, a "
		"multiple of 1000 (hexadecimal)", name,
		(unsigned long long)value);
}

static const struct option devmem_options[] = {
	{ "base", OPTION_HEX, true, 0, PHYS_END - 1 },
	{ "size", OPTION_HEX, true, 1, PHYS_END },
	{ .name = NULL }
};

static bool
take_devmem(struct parser *p, struct manifest_cap *cap,
		const struct value *v)
{
	cap->devmem.base = v[0].number;
	cap->devmem.size = v[1].number;
	if (!check_pages(p, "base", cap->devmem.base) ||
			!check_pages(p, "size", cap->devmem.size))
		return false;
	if (cap->devmem.size <= PHYS_END - cap->devmem.base)
		return true;
	return manifest_fail(p, p->line, "size=%llX: from base=%llX; expected "
		"at most %llX", (unsigned long long)cap->devmem.size,
		(unsigned long long)cap->devmem.base,
		(unsigned long long)(PHYS_END - cap->devmem.base));
}

static const struct option page_options[] = {
	{ "phys", OPTION_HEX, false, 0, PHYS_END - 1 },
	{ "map", OPTION_TEXT, false, 0, 0 },
	{ .name = NULL }
};

static bool
take_page(struct parser *p, struct manifest_cap *cap, const struct value *v)
{
	static const char *const ways[] = { "r", "rw", NULL };
	unsigned int way;

	cap->page.device = v[0].given;
	cap->page.phys = v[0].number;
	if (!check_pages(p, "phys", cap->page.phys))
		return false;
	if (!v[1].given)
		return true;
	if (!manifest_word(p, "map", v[1].text, ways, &way))
		return false;
	cap->page.map = way ? MANIFEST_MAP_RW : MANIFEST_MAP_R;
	return true;
}

/* FFFF is what a vendor reads as where there is no function: PCI 3.0, 6.1. */
static const struct option pci_options[] = {
	{ "vendor", OPTION_HEX, false, 0, 0xfffe },
	{ "device", OPTION_HEX, false, 0, 0xffff },
	{ "class", OPTION_TEXT, false, 0, 0 },
	{ "index", OPTION_DECIMAL, false, 0, 65535 },
	{ "note", OPTION_DECIMAL, false, 0, SLOT_MAX },
	{ "dma", OPTION_FLAG, false, 0, 0 },
	{ .name = NULL }
};

/* Two, four or six digits: the more, the narrower. */
static bool
take_class(struct parser *p, struct manifest_cap *cap, struct span text)
{
	char found[QUOTE_SIZE];
	unsigned int missing;
	uint64_t class;

	if (text.len > 2 && text.at[0] == '0' &&
			(text.at[1] == 'x' || text.at[1] == 'X')) {
		text.at += 2;
		text.len -= 2;
	}
	if (text.len != 2 && text.len != 4 && text.len != 6)
		return manifest_fail(p, p->line, "class=%s: expected 2, 4 or "
			"6 hexadecimal digits (class, subclass, interface)",
			manifest_quote(found, text));
	if (!manifest_number(p, "class", text, 16, 0, 0xffffff, &class))
		return false;
	missing = (6 - (unsigned int)text.len) * 4;
	cap->pci.class = (uint32_t)class << missing;
	cap->pci.class_mask = 0xffffffu << missing & 0xffffffu;
	return true;
}

static uint32_t
number_or_undef(const struct value *v)
{
	return v->given ? (uint32_t)v->number : HELIOS_CADDR_UNDEF;
}

static bool
take_pci(struct parser *p, struct manifest_cap *cap, const struct value *v)
{
	if (!v[0].given && !v[1].given && !v[2].given)
		return manifest_fail(p, p->line,
			"pci that matches any function; expected vendor=, "
			"device= or class=");
	cap->pci.vendor = number_or_undef(&v[0]);
	cap->pci.device = number_or_undef(&v[1]);
	if (v[2].given && !take_class(p, cap, v[2].text))
		return false;
	cap->pci.index = (uint32_t)v[3].number;
	cap->note = number_or_undef(&v[4]);
	cap->pci.dma = v[5].given;
	return true;
}

static const struct option service_options[] = {
	{ "interface", OPTION_TEXT, true, 0, 0 },
	{ "index", OPTION_DECIMAL, false, 0, 65535 },
	{ .name = NULL }
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* namespace::name, of at least two identifiers. */
static bool
is_interface_name(struct span s)
{
	bool start = true;		/* of an identifier */
	size_t i, parts = 0;

	for (i = 0; i < s.len; i++) {
		if (start && !is_letter(s.at[i]))
			return false;
		parts += start;
		start = false;
		if (s.at[i] == ':' && i + 1 < s.len && s.at[i + 1] == ':') {
			start = true;
			i++;
		} else if (!is_letter(s.at[i]) && !is_digit(s.at[i])) {
			return false;
		}
	}
	return !start && parts >= 2;
}

static bool
take_service(struct parser *p, struct manifest_cap *cap,
		const struct value *v)
{
	struct span name = v[0].text;
	char found[QUOTE_SIZE];
	uint64_t id;

	cap->service.index = (uint32_t)v[1].number;
	if (name.len > 2 && name.at[0] == '0' &&
			(name.at[1] == 'x' || name.at[1] == 'X')) {
		if (!manifest_number(p, "interface", name, 16, 0, UINT32_MAX,
				&id))
			return false;
		cap->service.interface = (uint32_t)id;
		return true;
	}
	if (!is_interface_name(name))
		return manifest_fail(p, p->line,
			"interface=%s: expected a name such as dev::serial or "
			"an id such as 0xEBB969BE",
			manifest_quote(found, name));
	cap->service.interface = manifest_interface_id(name.at, name.len);
	return true;
}

static const struct type types[MANIFEST_TYPES] = {
	[MANIFEST_ENDPOINT] = { no_options, take_nothing },
	[MANIFEST_NOTE] = { no_options, take_nothing },
	[MANIFEST_IOPORT] = { ioport_options, take_ioport },
	[MANIFEST_IRQ] = { irq_options, take_irq },
	[MANIFEST_CSPACE] = { self_options, take_self },
	[MANIFEST_VSPACE] = { self_options, take_self },
	[MANIFEST_MEMORY] = { memory_options, take_memory },
	[MANIFEST_DEVMEM] = { devmem_options, take_devmem },
	[MANIFEST_PAGE] = { page_options, take_page },
	[MANIFEST_PCI] = { pci_options, take_pci },
	[MANIFEST_SERVICE] = { service_options, take_service },
};

static bool
find_option(struct parser *p, struct span name, const struct option *options,
		unsigned int *out)
{
	const char *names[OPTIONS_MAX + 1];
	unsigned int i;

	for (i = 0; options[i].name; i++)
		names[i] = options[i].name;
	names[i] = NULL;
	return manifest_word(p, "option", name, names, out);
}

/* One of the options: NAME, or NAME=VALUE. */
static bool
take_option(struct parser *p, struct span text, const struct option *options,
		struct value *values)
{
	struct span name = text, rest;
	bool has_value = manifest_cut(&name, '=', &rest);
	const struct option *o;
	struct value *v;
	unsigned int i;

	if (!find_option(p, manifest_trim(name), options, &i))
		return false;
	o = &options[i];
	v = &values[i];
	if (v->given)
		return manifest_fail(p, p->line, "%s is given twice; "
			"expected each option once", o->name);
	v->given = true;
	if (has_value && o->kind == OPTION_FLAG)
		return manifest_fail(p, p->line, "a value for %s; expected "
			"the word alone", o->name);
	if (!has_value && o->kind != OPTION_FLAG)
		return manifest_fail(p, p->line, "%s without a value; "
			"expected %s=VALUE", o->name, o->name);
	if (!has_value)
		return true;
	v->text = manifest_trim(rest);
	return o->kind == OPTION_TEXT || manifest_number(p, o->name, v->text,
			o->kind == OPTION_HEX ? 16 : 10, o->min, o->max,
			&v->number);
}

/* Separated by commas. */
static bool
take_options(struct parser *p, const char *type, struct span text,
		const struct option *options, struct value *values)
{
	struct span rest = text, one;
	char found[QUOTE_SIZE];
	bool more = text.len != 0;
	unsigned int i;

	if (more && !options[0].name)
		return manifest_fail(p, p->line,
			"\"%s\" as an option; expected nothing, as a%s %s has "
			"none", manifest_quote(found, text),
			type[0] == 'e' ? "n" : "", type);
	while (more) {
		one = rest;
		more = manifest_cut(&one, ',', &rest);
		one = manifest_trim(one);
		if (!one.len)
			return manifest_fail(p, p->line, "nothing %s a comma; "
				"expected an option",
				more ? "before" : "after");
		if (!take_option(p, one, options, values))
			return false;
	}
	for (i = 0; options[i].name; i++) {
		if (options[i].required && !values[i].given)
			return manifest_fail(p, p->line,
				"%s without %s; expected %s%s", type,
				options[i].name, options[i].name,
				options[i].kind == OPTION_FLAG ? "" :
				"=VALUE");
	}
	return true;
}

static bool
take_type(struct parser *p, struct span word, enum manifest_type *out)
{
	unsigned int which;

	if (!manifest_word(p, "type", word, manifest_type_names, &which))
		return false;
	*out = (enum manifest_type)which;
	return true;
}

bool
manifest_cap_line(struct parser *p, struct span key, struct span value)
{
	struct manifest *m = p->m;
	struct manifest_cap *cap = &m->caps[m->ncaps];
	struct value values[OPTIONS_MAX] = { 0 };
	struct span address = key, type;
	char found[QUOTE_SIZE];

	if (!manifest_cut(&address, ':', &type))
		return manifest_fail(p, p->line, "\"%s\" without :; expected "
			"ADDRESS:TYPE = OPTIONS", manifest_quote(found, key));
	if (m->ncaps == MANIFEST_CAPS)
		return manifest_fail(p, p->line,
			"too many capabilities; expected at most %u",
			MANIFEST_CAPS);
	cap->line = p->line;
	cap->note = HELIOS_CADDR_UNDEF;
	if (!manifest_address(p, manifest_trim(address), &cap->any,
			&cap->slot) ||
			!take_type(p, manifest_trim(type), &cap->type) ||
			!take_options(p, manifest_type_name(cap->type), value,
			types[cap->type].options, values) ||
			!types[cap->type].take(p, cap, values))
		return false;
	manifest_place(p, manifest_type_name(cap->type), cap->any, &cap->slot,
			cap->type == MANIFEST_PCI ? MANIFEST_PCI_SLOTS : 1);
	m->ncaps++;
	return true;
}
