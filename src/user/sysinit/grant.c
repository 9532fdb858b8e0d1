/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grants: from the lines of a manifest to capabilities in the CSpace of the
 * driver's process.
 *
 * Objects are made from the process's quota, and devices' ranges issued from
 * sysinit's control capabilities.  sysinit keeps the first capability and
 * gives the driver a copy, so that it can take back what it gave; what
 * cannot be copied (Memory, DevMem) is moved, and goes with the driver's
 * CSpace.
 *
 * The kernel does not mind two IOPorts with the same port.  That no port,
 * interrupt or physical page has two drivers is seen to here, by comparing
 * what a manifest claims with what those of the other drivers do.
 */
#include "sysinit.h"

#define PAGES_FOR_OBJECTS	8u	/* Endpoints, Notes, Memories */
#define PCI_IRQ			(MANIFEST_PCI_SLOTS - 1)

#define SESSION_RIGHTS	(HELIOS_RIGHT_SEND | HELIOS_RIGHT_GRANT)

enum claim_kind { CLAIM_PORTS, CLAIM_IRQ, CLAIM_MEMORY, CLAIM_FUNCTION };

struct claim {
	enum claim_kind kind;
	uint64_t first, last;
};

/* Whole pages: that is how memory is handed out. */
static struct claim
memory_claim(uint64_t base, uint64_t size)
{
	return (struct claim){ CLAIM_MEMORY, base & ~(HELIOS_PAGE_SIZE - 1),
		(base + size - 1) | (HELIOS_PAGE_SIZE - 1) };
}

static unsigned int
pci_claims(const struct manifest_cap *c, struct claim *out)
{
	const struct pci_function *f = pci_find(c);
	unsigned int i, n = 0;

	if (!f)
		return 0;
	out[n++] = (struct claim){ CLAIM_FUNCTION, f->address, f->address };
	for (i = 0; i < MANIFEST_PCI_BARS; i++) {
		uint64_t base = f->bar[i].base, size = f->bar[i].size;

		if (!size)
			continue;
		out[n++] = f->bar[i].io ? (struct claim){ CLAIM_PORTS, base,
			base + size - 1 } : memory_claim(base, size);
	}
	if (pci_has_irq(f) && c->note != HELIOS_CADDR_UNDEF)
		out[n++] = (struct claim){ CLAIM_IRQ, f->irq, f->irq };
	return n;
}

/* What nobody else may have; at most MANIFEST_PCI_SLOTS of a line. */
static unsigned int
claims(const struct manifest_cap *c, struct claim *out)
{
	switch (c->type) {
	case MANIFEST_IOPORT:
		*out = (struct claim){ CLAIM_PORTS, c->ioport.min,
			c->ioport.max };
		return 1;
	case MANIFEST_IRQ:
		*out = (struct claim){ CLAIM_IRQ, c->irq, c->irq };
		return 1;
	case MANIFEST_DEVMEM:
		*out = memory_claim(c->devmem.base, c->devmem.size);
		return 1;
	case MANIFEST_PAGE:
		if (!c->page.device)
			return 0;
		*out = memory_claim(c->page.phys, HELIOS_PAGE_SIZE);
		return 1;
	case MANIFEST_PCI:
		return pci_claims(c, out);
	default:
		return 0;
	}
}

static void
explain(const struct claim *c, const char *whose, char *why, size_t size)
{
	unsigned long long first = c->first, last = c->last;

	switch (c->kind) {
	case CLAIM_PORTS:
		helios_snprintf(why, size, "ports %llX-%llX are %s's", first,
			last, whose);
		break;
	case CLAIM_IRQ:
		helios_snprintf(why, size, "interrupt %llu is %s's", first,
			whose);
		break;
	case CLAIM_MEMORY:
		helios_snprintf(why, size, "memory %llX-%llX is %s's", first,
			last, whose);
		break;
	case CLAIM_FUNCTION:
		helios_snprintf(why, size, "PCI function %02llx:%02llx.%llx "
			"is %s's", first >> 8, first >> 3 & 0x1f, first & 7,
			whose);
		break;
	}
}

static bool
overlap(const struct claim *a, const struct claim *b)
{
	return a->kind == b->kind && a->first <= b->last &&
		b->first <= a->last;
}

static bool
conflicts(const struct claim *mine, const struct driver *other, char *why,
		size_t size)
{
	const struct manifest *m = &other->manifest;
	struct claim theirs[MANIFEST_PCI_SLOTS];
	unsigned int i, j, n;

	for (i = 0; i < m->ncaps; i++) {
		n = claims(&m->caps[i], theirs);
		for (j = 0; j < n; j++) {
			if (!overlap(mine, &theirs[j]))
				continue;
			explain(&theirs[j], m->name, why, size);
			return true;
		}
	}
	return false;
}

/* Whoever comes for its devices now can have them. */
static bool
has_given_up(const struct driver *d)
{
	return d->state == SYS_DRIVER_STATE_STOPPED ||
		d->state == SYS_DRIVER_STATE_FAILED;
}

static bool
taken(const struct driver *d, const struct claim *mine, char *why,
		size_t size)
{
	/* Whoever has them has every PCI function. */
	static const struct claim own = { CLAIM_PORTS, 0xcf8, 0xcff };
	const struct driver *other;

	if (overlap(mine, &own)) {
		explain(&own, "sysinit", why, size);
		return true;
	}
	for (other = drivers; other; other = other->next)
		if (other != d && !has_given_up(other) &&
				conflicts(mine, other, why, size))
			return true;
	return false;
}

ipc_status_t
grants_check(const struct driver *d, unsigned int *line, char *why,
		size_t size)
{
	const struct manifest *m = &d->manifest;
	struct claim mine[MANIFEST_PCI_SLOTS];
	unsigned int i, j, n;

	for (i = 0; i < m->ncaps; i++) {
		*line = m->caps[i].line;
		n = claims(&m->caps[i], mine);
		for (j = 0; j < n; j++)
			if (taken(d, &mine[j], why, size))
				return SYS_BUSY;
	}
	return 0;
}

bool
grants_missing(const struct driver *d, char *why, size_t size)
{
	const struct manifest *m = &d->manifest;
	const struct manifest_cap *c;

	for (c = m->caps; c < m->caps + m->ncaps; c++) {
		if (c->type == MANIFEST_PCI && pci_find(c))
			continue;
		if (c->type == MANIFEST_SERVICE && registry_has(
				c->service.interface, c->service.index))
			continue;
		if (c->type != MANIFEST_PCI && c->type != MANIFEST_SERVICE)
			continue;
		manifest_describe(c, why, size);
		return true;
	}
	return false;
}

bool
grants_possible(const struct driver *d)
{
	const struct manifest *m = &d->manifest;
	unsigned int i;

	for (i = 0; i < m->ncaps; i++)
		if (m->caps[i].type == MANIFEST_PCI && !pci_find(&m->caps[i]))
			return false;
	return true;
}

uint64_t
grants_pages(const struct manifest *m)
{
	uint64_t pages = PAGES_FOR_OBJECTS;
	unsigned int i;

	for (i = 0; i < m->ncaps; i++)
		if (m->caps[i].type == MANIFEST_MEMORY)
			pages += m->caps[i].pages;
		else if (m->caps[i].type == MANIFEST_PAGE)
			pages++;
	return pages;
}

/*
 * Making them
 */

static enum helios_status
put(const struct driver *d, helios_cap_t cap, helios_cap_t slot,
		uint32_t rights)
{
	return helios_cspace_copy(d->process->program.cspace, slot,
		helios_process.cspace, cap, rights, NULL);
}

static enum helios_status
put_moved(const struct driver *d, helios_cap_t cap, helios_cap_t slot)
{
	enum helios_status status = helios_cspace_move(
		d->process->program.cspace, slot, helios_process.cspace, cap,
		NULL);

	if (status != HELIOS_OK)
		helios_destroy(cap);
	return status;
}

/* The destination of ALLOCATE: any slot. */
static enum helios_status
make(const struct driver *d, enum helios_type type, uint64_t size,
		helios_cap_t *out)
{
	*out = HELIOS_CADDR_UNDEF;
	return helios_allocate(d->process->quota, type, size, 1, out);
}

static enum helios_status
give_object(struct driver *d, unsigned int i, enum helios_type type)
{
	helios_cap_t *cap = &d->grants[i].cap[0];
	enum helios_status status = make(d, type, 0, cap);

	return status ? status : put(d, *cap, d->manifest.caps[i].slot,
		HELIOS_RIGHTS_ALL);
}

static enum helios_status
give_memory(struct driver *d, const struct manifest_cap *c)
{
	helios_cap_t cap;
	enum helios_status status = make(d, HELIOS_MEMORY, c->pages, &cap);

	return status ? status : put_moved(d, cap, c->slot);
}

static enum helios_status
give_ports(struct driver *d, uint64_t first, uint64_t last, helios_cap_t slot,
		helios_cap_t *out)
{
	enum helios_status status = helios_ioport_issue(
		HELIOS_INIT_IOCONTROL, first, last, out);

	return status ? status : put(d, *out, slot, HELIOS_RIGHTS_ALL);
}

static enum helios_status
give_devmem(struct driver *d, uint64_t base, uint64_t size, helios_cap_t slot)
{
	struct claim c = memory_claim(base, size);
	helios_cap_t cap;
	enum helios_status status = helios_devmem_carve(HELIOS_INIT_DEVMEM,
		c.first, c.last - c.first + 1, &cap);

	return status ? status : put_moved(d, cap, slot);
}

/* sysinit's capability to the note at a slot. */
static helios_cap_t
note_at(const struct driver *d, uint32_t slot)
{
	const struct manifest *m = &d->manifest;
	unsigned int i;

	for (i = 0; i < m->ncaps; i++)
		if (m->caps[i].type == MANIFEST_NOTE &&
				m->caps[i].slot == slot)
			return d->grants[i].cap[0];
	return HELIOS_CADDR_UNDEF;
}

/* The handler keeps a copy of the note with the bit. */
static enum helios_status
give_irq(struct driver *d, uint32_t irq, uint32_t note, helios_cap_t slot,
		helios_cap_t *out)
{
	helios_cap_t bit;
	enum helios_status status = helios_mint(note_at(d, note),
		HELIOS_RIGHT_SEND, 1ull << irq % 63, &bit);

	if (status)
		return status;
	status = helios_irq_issue(HELIOS_INIT_IRQCONTROL, irq, bit, out);
	helios_destroy(bit);
	return status ? status : put(d, *out, slot, HELIOS_RIGHTS_ALL);
}

/*
 * The program's aux vector was written when it was loaded; where a page is
 * mapped came out after that.
 */
static enum helios_status
tell_mapped(const struct driver *d, unsigned int i)
{
	const struct helios_program *p = &d->process->program;
	struct helios_regs regs;
	uint64_t at, word[2] = { 1, 0 };
	enum helios_status status = helios_task_read_registers(p->task,
		&regs);

	if (!status)
		status = helios_vspace_read(p->vspace, regs.rsp, word, 8);
	/* argc, so many pointers and a zero; then the environment's. */
	at = regs.rsp + 8 * (word[0] + 2);
	for (word[0] = 1; !status && word[0]; at += 8)
		status = helios_vspace_read(p->vspace, at, word, 8);
	for (word[0] = 1; !status && word[0] && word[0] !=
			MERCURY_AT_MAP(i); at += 16)
		status = helios_vspace_read(p->vspace, at, word, 16);
	return status ? status : helios_vspace_write(p->vspace, at - 8,
		&d->grants[i].mapped, 8);
}

/* sysinit's capability is the mapping; the driver's is a copy. */
static enum helios_status
give_page(struct driver *d, unsigned int i)
{
	const struct manifest_cap *c = &d->manifest.caps[i];
	struct grant *g = &d->grants[i];
	uint32_t rights = c->page.map == MANIFEST_MAP_R ? HELIOS_RIGHT_R :
		HELIOS_RIGHT_R | HELIOS_RIGHT_W;
	enum helios_status status = c->page.device ? helios_devmem_pages(
		HELIOS_INIT_DEVMEM, c->page.phys, HELIOS_PAGE_SIZE, 1,
		&g->cap[0]) : make(d, HELIOS_PAGE, HELIOS_PAGE_SIZE,
		&g->cap[0]);

	if (!status)
		status = put(d, g->cap[0], c->slot, rights);
	if (status || c->page.map == MANIFEST_UNMAPPED)
		return status;
	status = helios_map(d->process->program.vspace, 0, c->page.map ==
		MANIFEST_MAP_RW ? HELIOS_MAP_W : 0, 1, &g->cap[0],
		&g->mapped);
	return status ? status : tell_mapped(d, i);
}

static enum helios_status
give_pci(struct driver *d, unsigned int i)
{
	const struct manifest_cap *c = &d->manifest.caps[i];
	struct grant *g = &d->grants[i];
	struct pci_function *f = g->pci = pci_find(c);
	struct handle *h;
	unsigned int n;
	enum helios_status status = handle_new(HANDLE_PCI, d->process, f, &h);

	if (!status)
		status = put(d, h->cap, c->slot, SESSION_RIGHTS);
	for (n = 0; !status && n < MANIFEST_PCI_BARS; n++) {
		uint64_t base = f->bar[n].base, size = f->bar[n].size;
		helios_cap_t slot = c->slot + 1 + n;

		if (size && f->bar[n].io)
			status = give_ports(d, base, base + size - 1, slot,
				&g->cap[1 + n]);
		else if (size)
			status = give_devmem(d, base, size, slot);
	}
	if (!status && pci_has_irq(f) && c->note != HELIOS_CADDR_UNDEF)
		status = give_irq(d, f->irq, c->note, c->slot + PCI_IRQ,
			&g->cap[PCI_IRQ]);
	if (!status)
		pci_enable(f, c->pci.dma);
	return status;
}

static enum helios_status
give_service(struct driver *d, unsigned int i)
{
	const struct manifest_cap *c = &d->manifest.caps[i];
	helios_cap_t *cap = &d->grants[i].cap[0];

	if (registry_service(c->service.interface, c->service.index, cap))
		return HELIOS_REVOKED;
	return put(d, *cap, c->slot, SESSION_RIGHTS);
}

/* Notes have been made when this is called. */
static enum helios_status
give(struct driver *d, unsigned int i)
{
	const struct manifest_cap *c = &d->manifest.caps[i];
	const struct helios_program *p = &d->process->program;
	helios_cap_t *cap = &d->grants[i].cap[0];

	switch (c->type) {
	case MANIFEST_ENDPOINT:
		return give_object(d, i, HELIOS_ENDPOINT);
	case MANIFEST_IOPORT:
		return give_ports(d, c->ioport.min, c->ioport.max, c->slot,
			cap);
	case MANIFEST_IRQ:
		return give_irq(d, c->irq, c->note, c->slot, cap);
	case MANIFEST_CSPACE:
		return put(d, p->cspace, c->slot, HELIOS_RIGHTS_ALL);
	case MANIFEST_VSPACE:
		return put(d, p->vspace, c->slot, HELIOS_RIGHTS_ALL);
	case MANIFEST_MEMORY:
		return give_memory(d, c);
	case MANIFEST_DEVMEM:
		return give_devmem(d, c->devmem.base, c->devmem.size,
			c->slot);
	case MANIFEST_PAGE:
		return give_page(d, i);
	case MANIFEST_PCI:
		return give_pci(d, i);
	case MANIFEST_SERVICE:
		return give_service(d, i);
	case MANIFEST_NOTE:
	case MANIFEST_TYPES:
		break;
	}
	return HELIOS_OK;
}

/* The services of sysinit's that drivers can have. */
uint32_t
grants_service_id(enum manifest_service_name name)
{
	static const uint32_t ids[MANIFEST_SERVICE_NAMES] = {
		[MANIFEST_DEVREGISTRY] = SYS_DEVREGISTRY_ID,
		[MANIFEST_DEVMGR] = SYS_DEVMGR_ID,
		[MANIFEST_FS] = IO_FS_ID,
		[MANIFEST_LOG] = SYS_LOG_ID,
	};

	return ids[name];
}

static enum helios_status
give_own_service(struct driver *d, const struct manifest_service *s)
{
	struct handle *h;
	enum helios_status status = handle_new(handle_service(
		grants_service_id(s->name)), d->process, NULL, &h);

	return status ? status : put(d, h->cap, s->slot, SESSION_RIGHTS);
}

static enum helios_status
give_notes(struct driver *d, unsigned int *line)
{
	const struct manifest *m = &d->manifest;
	enum helios_status status = HELIOS_OK;
	unsigned int i;

	for (i = 0; !status && i < m->ncaps; i++) {
		if (m->caps[i].type != MANIFEST_NOTE)
			continue;
		*line = m->caps[i].line;
		status = give_object(d, i, HELIOS_NOTE);
	}
	if (!status && m->bound != HELIOS_CADDR_UNDEF)
		status = helios_task_bind_note(d->process->program.task,
			note_at(d, m->bound));
	return status;
}

static enum helios_status
make_watchdog(struct driver *d)
{
	const struct manifest *m = &d->manifest;

	if (m->restart.watchdog == HELIOS_CADDR_UNDEF)
		return HELIOS_OK;
	d->watchdog = note_at(d, m->restart.watchdog);
	return helios_mint(note_at(d, m->bound), HELIOS_RIGHT_SEND,
		MERCURY_WATCHDOG_BIT, &d->ring);
}

enum helios_status
grants_make(struct driver *d, unsigned int *line)
{
	const struct manifest *m = &d->manifest;
	enum helios_status status = give_notes(d, line);
	unsigned int i;

	for (i = 0; !status && i < m->ncaps; i++) {
		*line = m->caps[i].line;
		status = give(d, i);
	}
	for (i = 0; !status && i < m->nservices; i++) {
		*line = m->services[i].line;
		status = give_own_service(d, &m->services[i]);
	}
	if (!status)
		status = make_watchdog(d);
	return status;
}

void
grants_clear(struct driver *d)
{
	unsigned int i, n;

	for (i = 0; i < MANIFEST_CAPS; i++) {
		d->grants[i].pci = NULL;
		d->grants[i].mapped = 0;
		for (n = 0; n < MANIFEST_PCI_SLOTS; n++)
			d->grants[i].cap[n] = HELIOS_CADDR_UNDEF;
	}
	d->ring = d->watchdog = HELIOS_CADDR_UNDEF;
}

void
grants_release(struct driver *d)
{
	unsigned int i, n;

	if (d->ring != HELIOS_CADDR_UNDEF)
		helios_destroy(d->ring);
	for (i = 0; i < d->manifest.ncaps; i++)
		for (n = 0; n < MANIFEST_PCI_SLOTS; n++) {
			helios_cap_t cap = d->grants[i].cap[n];

			if (cap == HELIOS_CADDR_UNDEF)
				continue;
			/* With the driver's copies, should it have any. */
			helios_revoke(cap);
			helios_destroy(cap);
		}
	grants_clear(d);
}

/*
 * Another driver's device came back: its capability has another session.
 * What the driver put into the slot itself stays.
 */
static void
renew(struct driver *d, unsigned int i)
{
	const struct manifest_cap *c = &d->manifest.caps[i];
	helios_cap_t *cap = &d->grants[i].cap[0];
	helios_cap_t cspace = d->process->program.cspace;
	struct helios_slot_info slot;
	uint64_t what = 0;

	if (*cap != HELIOS_CADDR_UNDEF) {
		helios_identify(*cap, &what);
		if (HELIOS_IDENTIFY_TYPE(what) == HELIOS_ENDPOINT)
			return;
		helios_destroy(*cap);
		*cap = HELIOS_CADDR_UNDEF;
	}
	if (registry_service(c->service.interface, c->service.index, cap))
		return;
	if (!helios_cspace_slot_info(cspace, c->slot, &slot) &&
			HELIOS_IDENTIFY_TYPE(slot.identify) == HELIOS_DEAD)
		helios_cspace_destroy(cspace, 1, &c->slot);
	put(d, *cap, c->slot, SESSION_RIGHTS);
}

void
grants_renew(struct driver *d)
{
	unsigned int i;

	for (i = 0; i < d->manifest.ncaps; i++)
		if (d->manifest.caps[i].type == MANIFEST_SERVICE)
			renew(d, i);
}
