/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests.  One that is accepted grants capabilities: every slot lies in
 * the driver's CSpace and is given once, every range is one, every note that
 * is named is there.  One that is refused gets a line that a terminal can be
 * shown, whatever bytes the manifest has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mercury/manifest.h>

#include "fuzz.h"

#define PAGE	4096u
#define UNDEF	HELIOS_CADDR_UNDEF
#define SLOTS	(1u << 16)

static unsigned char used[SLOTS];

/* Take slots of the CSpace: they lie in it, and nobody has them. */
static void
take(const struct manifest *m, uint32_t slot, unsigned int count)
{
	fuzz_check(slot < 1u << m->radix && count <= (1u << m->radix) - slot);
	while (count-- > 0) {
		fuzz_check(!used[slot + count]);
		used[slot + count] = 1;
	}
}

static const struct manifest_cap *
note_at(const struct manifest *m, uint32_t slot)
{
	unsigned int i;

	for (i = 0; i < m->ncaps; i++)
		if (m->caps[i].type == MANIFEST_NOTE &&
				m->caps[i].slot == slot)
			return &m->caps[i];
	return NULL;
}

static void
check_range(const struct manifest_cap *cap)
{
	uint64_t base = cap->devmem.base, size = cap->devmem.size;

	switch (cap->type) {
	case MANIFEST_IOPORT:
		fuzz_check(cap->ioport.min <= cap->ioport.max);
		break;
	case MANIFEST_MEMORY:
		fuzz_check(cap->pages > 0);
		break;
	case MANIFEST_DEVMEM:
		fuzz_check(base % PAGE == 0 && size % PAGE == 0 && size > 0);
		fuzz_check(base + size - 1 >= base);
		break;
	case MANIFEST_PAGE:
		fuzz_check(!cap->page.device || cap->page.phys % PAGE == 0);
		fuzz_check(cap->page.map <= MANIFEST_MAP_RW);
		break;
	case MANIFEST_PCI:
		fuzz_check(!(cap->pci.class & ~cap->pci.class_mask));
		fuzz_check(!(cap->pci.class_mask & ~0xffffffu));
		fuzz_check(cap->pci.vendor != UNDEF ||
			cap->pci.device != UNDEF || cap->pci.class_mask);
		break;
	default:
		break;
	}
}

/* Says it in one line, within whatever room there is. */
static void
check_description(const struct manifest_cap *cap)
{
	static const size_t sizes[] = { 0, 1, 2, 9, 20, 200 };
	unsigned int i;
	char *buf;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buf = malloc(sizes[i] + (sizes[i] == 0));
		fuzz_check(buf);
		fuzz_check(manifest_describe(cap, buf, sizes[i]) > 0);
		fuzz_check(sizes[i] == 0 || fuzz_ends(buf, sizes[i]));
		fuzz_check(sizes[i] == 0 || !strchr(buf, '\n'));
		free(buf);
	}
}

static void
check_caps(const struct manifest *m)
{
	const struct manifest_cap *cap = m->caps;
	uint32_t bound = UNDEF;
	unsigned int i;

	fuzz_check(m->ncaps <= MANIFEST_CAPS);
	for (i = 0; i < m->ncaps; i++, cap++) {
		fuzz_check(cap->type < MANIFEST_TYPES);
		take(m, cap->slot, cap->type == MANIFEST_PCI ?
			MANIFEST_PCI_SLOTS : 1);
		if (bound == UNDEF && cap->type == MANIFEST_NOTE)
			bound = cap->slot;
		if (cap->type == MANIFEST_IRQ)
			fuzz_check(note_at(m, cap->note));
		if (cap->type == MANIFEST_PCI && cap->note != UNDEF)
			fuzz_check(note_at(m, cap->note));
		check_range(cap);
		check_description(cap);
	}
	fuzz_check(m->bound == bound);
}

static void
check_rest(const struct manifest *m)
{
	const struct manifest_restart *r = &m->restart;
	unsigned int i, j;
	bool inside;

	fuzz_check(m->nservices <= MANIFEST_SERVICES);
	for (i = 0; i < m->nservices; i++) {
		fuzz_check(m->services[i].name < MANIFEST_SERVICE_NAMES);
		take(m, m->services[i].slot, 1);
	}
	fuzz_check(m->nresets <= MANIFEST_RESETS);
	for (i = 0; i < m->nresets; i++) {
		inside = false;
		for (j = 0; j < m->ncaps; j++)
			if (m->caps[j].type == MANIFEST_IOPORT &&
					m->resets[i].port >=
					m->caps[j].ioport.min &&
					m->resets[i].port <=
					m->caps[j].ioport.max)
				inside = true;
		fuzz_check(inside);
	}
	if (r->watchdog == UNDEF)
		return;
	fuzz_check(note_at(m, r->watchdog) && r->watchdog != m->bound);
	fuzz_check(r->interval > 0);
}

static void
check_head(const struct manifest *m)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-_";

	fuzz_check(fuzz_string(m->name) && fuzz_string(m->desc));
	fuzz_check(m->name[0] && !m->name[strspn(m->name, letters)]);
	fuzz_check(m->radix >= 6 && m->radix <= 16);
}

/* The line of the text is there, and what is said can be shown. */
static void
check_error(const struct manifest_error *error, const char *text, size_t len)
{
	unsigned int lines = 1;
	const char *p;
	size_t i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	fuzz_check(error->line <= lines);
	fuzz_check(fuzz_string(error->text) && error->text[0]);
	for (p = error->text; *p; p++)
		fuzz_check(*p >= ' ' && *p <= '~');
}

/* Does it mean the same with lines that end in CR LF? */
static void
check_crlf(const char *text, size_t len, bool accepted)
{
	static struct manifest m;
	struct manifest_error error;
	char *crlf;
	size_t i, n = 0;

	crlf = malloc(2 * len + 1);
	fuzz_check(crlf);
	for (i = 0; i < len; i++) {
		if (text[i] == '\n')
			crlf[n++] = '\r';
		crlf[n++] = text[i];
	}
	if (n <= MANIFEST_SIZE)
		fuzz_check(manifest_parse(crlf, n, &m, &error) == accepted);
	free(crlf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest m;
	const char *text = (const char *)data;
	struct manifest_error error;
	bool accepted;

	memset(&m, 0xa5, sizeof(m));
	memset(&error, 0xa5, sizeof(error));
	memset(used, 0, sizeof(used));
	accepted = manifest_parse(text, size, &m, &error);
	if (size > 0 && !memchr(text, '\r', size))
		check_crlf(text, size, accepted);
	if (!accepted) {
		check_error(&error, text, size);
		return 0;
	}
	fuzz_check(size <= MANIFEST_SIZE);
	check_head(&m);
	check_caps(&m);
	check_rest(&m);
	return 0;
}
