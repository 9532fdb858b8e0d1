/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers: from the file to the running process, and its end.
 *
 * A driver's record, once it is loaded, stays; processes that run it come and
 * go.  What it needs and who has what of the machine is decided by manifests
 * alone, so that a driver that is down keeps what is its own.
 */
#include <mercury/elfinfo.h>
#include "sysinit.h"

#define DIRECTORY	"drivers/"
#define AUX_MAX		(2 * MANIFEST_CAPS + MANIFEST_SERVICES + 5)

struct driver *drivers;

struct driver *
driver_find(const char *name, size_t len)
{
	struct driver *d;

	for (d = drivers; d; d = d->next)
		if (strlen(d->manifest.name) == len &&
				!memcmp(d->manifest.name, name, len))
			return d;
	return NULL;
}

/*
 * Words
 */

/* "8086:100E at 00:03.0, memory FEB80000-FEB9FFFF, ports C000-C03F" */
static int
describe_pci(const struct manifest_cap *c, const struct pci_function *f,
		char *buf, size_t size)
{
	int n = helios_snprintf(buf, size, "slot %-3u %-7s %04X:%04X at "
		"%02x:%02x.%x", c->slot, manifest_type_name(c->type),
		f->vendor, f->device, f->address >> 8, f->address >> 3 & 0x1f,
		f->address & 7);
	unsigned int i;

	for (i = 0; i < MANIFEST_PCI_BARS; i++) {
		unsigned long long base = f->bar[i].base;

		if (!f->bar[i].size || (size_t)n >= size)
			continue;
		n += helios_snprintf(buf + n, size - (size_t)n,
			", %s %llX-%llX", f->bar[i].io ? "ports" : "memory",
			base, base + f->bar[i].size - 1);
	}
	if (pci_has_irq(f) && c->note != HELIOS_CADDR_UNDEF &&
			(size_t)n < size)
		n += helios_snprintf(buf + n, size - (size_t)n,
			", irq %u, note %u", f->irq, c->note);
	if (c->pci.dma && (size_t)n < size)
		n += helios_snprintf(buf + n, size - (size_t)n, ", dma");
	return n;
}

int
grant_describe(const struct driver *d, unsigned int i, char *buf, size_t size)
{
	const struct manifest *m = &d->manifest;
	const struct manifest_service *s;
	const struct pci_function *f;
	int n;

	if (i < m->ncaps) {
		f = m->caps[i].type == MANIFEST_PCI ? pci_find(&m->caps[i]) :
			NULL;
		if (f)
			return describe_pci(&m->caps[i], f, buf, size);
		n = manifest_describe(&m->caps[i], buf, size);
		if (d->grants[i].mapped && (size_t)n < size)
			n += helios_snprintf(buf + n, size - (size_t)n,
				" at 0x%llx", (unsigned long long)
				d->grants[i].mapped);
		return n;
	}
	i -= m->ncaps;
	if (i >= m->nservices)
		return -1;
	s = &m->services[i];
	return helios_snprintf(buf, size, "slot %-3u %-7s %s", s->slot,
		"service", manifest_service_label(s->name));
}

static void
say_started(const struct driver *d)
{
	const struct manifest *m = &d->manifest;
	char line[200];
	unsigned int i;

	if (d->ended) {
		say("%s: runs again (process %u), after %llu ms", m->name,
			d->process->id, (unsigned long long)(d->downtime /
			MS));
		return;
	}
	say("%s: %s (%s, process %u)", m->name, m->desc[0] ? m->desc :
		"driver", d->path, d->process->id);
	for (i = 0; grant_describe(d, i, line, sizeof(line)) >= 0; i++)
		helios_printf("  %s\n", line);
}

/*
 * Starting
 */

struct aux {
	uint64_t words[2 * AUX_MAX];
	unsigned int n;
};

static void
tell(struct aux *a, uint64_t type, uint64_t value)
{
	a->words[2 * a->n] = type;
	a->words[2 * a->n + 1] = value;
	a->n++;
}

/* What libhelios works with; the first of each. */
static void
tell_library(struct aux *a, const struct manifest *m, enum manifest_type type,
		enum helios_init_cap as)
{
	unsigned int i;

	for (i = 0; i < m->ncaps; i++)
		if (m->caps[i].type == type) {
			tell(a, HELIOS_AT_CAP(as), m->caps[i].slot);
			return;
		}
}

static void
tell_all(struct aux *a, const struct manifest *m)
{
	unsigned int i;

	for (i = 0; i < m->ncaps; i++) {
		const struct manifest_cap *c = &m->caps[i];

		tell(a, MERCURY_AT_CAP(i), c->slot);
		/* Where, grants_make() finds out. */
		if (c->type == MANIFEST_PAGE &&
				c->page.map != MANIFEST_UNMAPPED)
			tell(a, MERCURY_AT_MAP(i), 0);
	}
	for (i = 0; i < m->nservices; i++)
		tell(a, MERCURY_AT_SERVICE(grants_service_id(
			m->services[i].name)), m->services[i].slot);
	tell_library(a, m, MANIFEST_CSPACE, HELIOS_INIT_CSPACE);
	tell_library(a, m, MANIFEST_VSPACE, HELIOS_INIT_VSPACE);
	tell_library(a, m, MANIFEST_MEMORY, HELIOS_INIT_MEMORY);
	if (m->restart.watchdog != HELIOS_CADDR_UNDEF)
		tell(a, MERCURY_AT_WATCHDOG, m->restart.watchdog);
	if (m->bound != HELIOS_CADDR_UNDEF)
		tell(a, MERCURY_AT_BOUND, m->bound);
}

static ipc_status_t
error_of(enum helios_status status)
{
	switch (status) {
	case HELIOS_OK: return 0;
	case HELIOS_WOULD_BLOCK: return SYS_NOENT;
	case HELIOS_INVALID_PARAM: return SYS_NOEXEC;
	case HELIOS_NOMEM: case HELIOS_CSPACE_FULL: return SYS_NOMEM;
	default: return SYS_BUSY;
	}
}

static enum helios_status
load_program(struct driver *d, const char **why)
{
	struct load load = {
		.cspace_radix = d->manifest.radix,
		.extra_pages = grants_pages(&d->manifest),
	};
	struct aux aux = { .n = 0 };
	enum helios_status status;
	void *image;

	*why = NULL;
	status = sys_file(d->path, &image, &load.size);
	if (status != HELIOS_OK)
		return status;
	tell_all(&aux, &d->manifest);
	load.image = image;
	load.aux = aux.words;
	load.naux = aux.n;
	status = process_load(d->process, &load, why);
	free(image);
	return status;
}

/* The process is there and does not run; false: a line says why. */
static enum helios_status
prepare(struct driver *d)
{
	const char *name = d->manifest.name, *why;
	enum helios_status status = load_program(d, &why);
	unsigned int line = 0;
	uint64_t detail;

	if (status != HELIOS_OK) {
		say("%s: %s cannot be loaded: %s", name, d->path,
			why ? why : helios_strerror(status));
		return status;
	}
	status = grants_make(d, &line);
	detail = helios_detail();
	if (status != HELIOS_OK)
		say("%s: manifest, line %u: %s (0x%llx)", name, line,
			helios_strerror(status), (unsigned long long)detail);
	return status;
}

static struct process *
new_process(struct driver *d)
{
	struct process *p = process_new(NULL, 0);

	if (!p)
		return NULL;
	p->driver = d;
	strlcpy(p->name, d->manifest.name, sizeof(p->name));
	process_arg(p, d->path, strlen(d->path));
	return p;
}

static ipc_status_t
start(struct driver *d)
{
	enum helios_status status;

	d->process = new_process(d);
	if (!d->process) {
		say("%s: no room for its process", d->manifest.name);
		return SYS_NOMEM;
	}
	status = prepare(d);
	if (status == HELIOS_OK)
		status = process_run(d->process);
	if (status != HELIOS_OK) {
		driver_halt(d);
		grants_release(d);
		process_free(d->process);
		d->process = NULL;
		return error_of(status);
	}
	d->state = SYS_DRIVER_STATE_RUNNING;
	supervise_started(d);
	say_started(d);
	return 0;
}

/* When its PCI functions have come out of their reset. */
static uint64_t
ready(const struct driver *d)
{
	const struct manifest *m = &d->manifest;
	uint64_t at = 0;
	unsigned int i;

	for (i = 0; i < m->ncaps; i++) {
		const struct pci_function *f = m->caps[i].type ==
			MANIFEST_PCI ? pci_find(&m->caps[i]) : NULL;

		if (f && f->ready > at)
			at = f->ready;
	}
	return at;
}

ipc_status_t
driver_start(struct driver *d)
{
	char what[128];

	unsigned int line;

	if (d->state == SYS_DRIVER_STATE_RUNNING)
		return SYS_STATE;
	/* Another may have its devices since it stopped. */
	if (grants_check(d, &line, what, sizeof(what))) {
		say("%s: %s", d->manifest.name, what);
		return SYS_BUSY;
	}
	timer_stop(&d->timer);
	if (grants_missing(d, what, sizeof(what))) {
		d->state = SYS_DRIVER_STATE_WAITING;
		say("%s: waits for what is not there: %s", d->manifest.name,
			what);
		return 0;
	}
	if (ready(d) > helios_clock()) {
		supervise_later(d, ready(d));
		return 0;
	}
	return start(d);
}

ipc_status_t
driver_stop(struct driver *d)
{
	static const struct ending stopped = {
		.how = SYS_ENDING_KILLED, .why = "stopped",
	};
	bool runs = d->state == SYS_DRIVER_STATE_RUNNING;

	if (d->state == SYS_DRIVER_STATE_FAILED ||
			d->state == SYS_DRIVER_STATE_STOPPED)
		return SYS_STATE;
	timer_stop(&d->timer);
	d->state = SYS_DRIVER_STATE_STOPPED;
	if (runs)
		process_end(d->process, &stopped);
	else
		supervise_ended(d, stopped.why);
	return 0;
}

/*
 * The end
 */

void
driver_halt(struct driver *d)
{
	unsigned int i;

	for (i = 0; i < d->manifest.ncaps; i++)
		if (d->grants[i].pci)
			pci_quiet(d->grants[i].pci);
}

void
driver_ended(struct driver *d, const struct ending *e)
{
	char text[200];

	report_ending(d->process, d->path, e, text, sizeof(text));
	timer_stop(&d->timer);
	registry_driver_down(d);
	supervise_reset(d);
	grants_release(d);
	process_free(d->process);
	d->process = NULL;
	supervise_ended(d, text);
}

void
drivers_retry(void)
{
	struct driver *d;
	char what[128];

	for (d = drivers; d; d = d->next)
		if (d->state == SYS_DRIVER_STATE_RUNNING)
			grants_renew(d);
		else if (d->state == SYS_DRIVER_STATE_WAITING &&
				!grants_missing(d, what, sizeof(what)))
			supervise_later(d, helios_clock());
}

/*
 * Loading
 */

static ipc_status_t
read_manifest(struct driver *d, const char *text, size_t len,
		unsigned int *line)
{
	struct manifest_error error;
	const struct manifest *m = &d->manifest;
	char why[160];

	if (!manifest_parse(text, len, &d->manifest, &error)) {
		*line = error.line;
		say("%s: manifest, line %u: %s", d->path, error.line,
			error.text);
		return SYS_MANIFEST;
	}
	if (driver_find(m->name, strlen(m->name))) {
		say("%s: there is a driver %s already (%s)", d->path, m->name,
			driver_find(m->name, strlen(m->name))->path);
		return SYS_STATE;
	}
	if (grants_check(d, line, why, sizeof(why))) {
		say("%s: manifest, line %u: %s", d->path, *line, why);
		return SYS_BUSY;
	}
	return 0;
}

static ipc_status_t
read_file(struct driver *d, unsigned int *line)
{
	const char *text, *why;
	ipc_status_t status;
	void *image;
	size_t size, len;

	status = error_of(sys_file(d->path, &image, &size));
	if (status)
		return status;
	if (elfinfo_section(image, size, MANIFEST_SECTION, &text, &len,
			&why)) {
		status = read_manifest(d, text, len, line);
	} else {
		say("%s: no driver: section %s: %s", d->path,
			MANIFEST_SECTION, why);
		status = SYS_NOEXEC;
	}
	free(image);
	return status;
}

/* Where it goes in the list; NULL: there are too many. */
static struct driver **
end_of_list(void)
{
	struct driver **end = &drivers;
	unsigned int n = 0;

	for (; *end; end = &(*end)->next)
		n++;
	return n < DRIVERS ? end : NULL;
}

ipc_status_t
driver_load(const char *path, struct driver **out, unsigned int *line)
{
	struct driver **end = end_of_list();
	struct driver *d;
	ipc_status_t status;

	if (!end)
		return SYS_LIMIT;
	d = calloc(1, sizeof(*d));
	if (!d)
		return SYS_NOMEM;
	strlcpy(d->path, path, sizeof(d->path));
	d->state = SYS_DRIVER_STATE_STOPPED;
	grants_clear(d);
	status = read_file(d, line);
	if (!status) {
		*end = d;
		status = driver_start(d);
	}
	if (status) {
		*end = NULL;
		free(d);
		return status;
	}
	*out = d;
	return 0;
}

static bool
is_driver(const struct helios_tar_entry *e)
{
	const size_t len = sizeof(DIRECTORY) - 1;

	return e->type == '0' && !strncmp(e->name, DIRECTORY, len) &&
		e->name[len] && !strchr(e->name + len, '/');
}

void
drivers_start(void)
{
	struct helios_tar_entry e;
	struct driver *d;
	unsigned int line;
	ipc_status_t status;

	for (e.next = 0; !helios_tar_entry(&sys_tar, e.next, &e); ) {
		if (!is_driver(&e))
			continue;
		if (strlen(e.name) >= PROCESS_TAR_NAME) {
			say("%s: a name of more than %d bytes", e.name,
				PROCESS_TAR_NAME - 1);
			continue;
		}
		status = driver_load(e.name, &d, &line);
		if (status)
			say("%s: not loaded: %s", e.name,
				sys_strerror(status));
	}
}
