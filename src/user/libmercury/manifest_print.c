/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Manifests: names, descriptions of capabilities, interface ids (see
 * manifest_internal.h).
 */
#include "manifest_internal.h"

/* Like snprintf: what does not fit is counted. */
struct line {
	char *buf;
	size_t size, len;
};

const char *const manifest_type_names[MANIFEST_TYPES + 1] = {
	[MANIFEST_ENDPOINT] = "endpoint",
	[MANIFEST_NOTE] = "note",
	[MANIFEST_IOPORT] = "ioport",
	[MANIFEST_IRQ] = "irq",
	[MANIFEST_CSPACE] = "cspace",
	[MANIFEST_VSPACE] = "vspace",
	[MANIFEST_MEMORY] = "memory",
	[MANIFEST_DEVMEM] = "devmem",
	[MANIFEST_PAGE] = "page",
	[MANIFEST_PCI] = "pci",
	[MANIFEST_SERVICE] = "service",
};

const char *const manifest_service_names[MANIFEST_SERVICE_NAMES + 1] = {
	[MANIFEST_DEVREGISTRY] = "devregistry",
	[MANIFEST_DEVMGR] = "devmgr",
	[MANIFEST_FS] = "fs",
	[MANIFEST_LOG] = "log",
};

const char *
manifest_type_name(enum manifest_type type)
{
	return manifest_type_names[type];
}

const char *
manifest_service_label(enum manifest_service_name name)
{
	return manifest_service_names[name];
}

__attribute__((format(printf, 2, 3)))
static void
add(struct line *l, const char *fmt, ...)
{
	size_t room = l->len < l->size ? l->size - l->len : 0;
	va_list ap;

	va_start(ap, fmt);
	l->len += (size_t)helios_vsnprintf(room ? l->buf + l->len : NULL,
			room, fmt, ap);
	va_end(ap);
}

static void
add_page(struct line *l, const struct manifest_cap *cap)
{
	static const char *const mapped[] = {
		[MANIFEST_UNMAPPED] = "",
		[MANIFEST_MAP_R] = ", mapped r",
		[MANIFEST_MAP_RW] = ", mapped rw",
	};

	if (cap->page.device)
		add(l, "%llX", (unsigned long long)cap->page.phys);
	else
		add(l, "RAM");
	add(l, "%s", mapped[cap->page.map]);
}

/* The class has as many digits as the manifest says: 01, 0106, 010601. */
static void
add_class(struct line *l, uint32_t class, uint32_t mask)
{
	int digits = 6;

	while (!(mask & 0xff)) {
		mask >>= 8;
		class >>= 8;
		digits -= 2;
	}
	add(l, "class %0*X, ", digits, class);
}

static void
add_pci(struct line *l, const struct manifest_cap *cap)
{
	if (cap->pci.vendor != HELIOS_CADDR_UNDEF)
		add(l, "vendor %04X, ", cap->pci.vendor);
	if (cap->pci.device != HELIOS_CADDR_UNDEF)
		add(l, "device %04X, ", cap->pci.device);
	if (cap->pci.class_mask)
		add_class(l, cap->pci.class, cap->pci.class_mask);
	add(l, "index %u", cap->pci.index);
	if (cap->note != HELIOS_CADDR_UNDEF)
		add(l, ", note %u", cap->note);
	if (cap->pci.dma)
		add(l, ", dma");
	add(l, ", %u slots", MANIFEST_PCI_SLOTS);
}

static void
add_details(struct line *l, const struct manifest_cap *cap)
{
	switch (cap->type) {
	case MANIFEST_IOPORT:
		add(l, "%X-%X", cap->ioport.min, cap->ioport.max);
		break;
	case MANIFEST_IRQ:
		add(l, "%u, note %u", cap->irq, cap->note);
		break;
	case MANIFEST_CSPACE:
	case MANIFEST_VSPACE:
		add(l, "self");
		break;
	case MANIFEST_MEMORY:
		add(l, "%llu page%s", (unsigned long long)cap->pages,
				cap->pages == 1 ? "" : "s");
		break;
	case MANIFEST_DEVMEM:
		add(l, "%llX-%llX", (unsigned long long)cap->devmem.base,
				(unsigned long long)(cap->devmem.base +
				(cap->devmem.size - 1)));
		break;
	case MANIFEST_PAGE:
		add_page(l, cap);
		break;
	case MANIFEST_PCI:
		add_pci(l, cap);
		break;
	case MANIFEST_SERVICE:
		add(l, "0x%08X, index %u", cap->service.interface,
				cap->service.index);
		break;
	case MANIFEST_ENDPOINT:
	case MANIFEST_NOTE:
	case MANIFEST_TYPES:
		break;
	}
}

int
manifest_describe(const struct manifest_cap *cap, char *buf, size_t size)
{
	struct line l = { buf, size, 0 };

	add(&l, "slot %-3u ", cap->slot);
	if (cap->type == MANIFEST_ENDPOINT || cap->type == MANIFEST_NOTE) {
		add(&l, "%s", manifest_type_name(cap->type));
	} else {
		add(&l, "%-7s ", manifest_type_name(cap->type));
		add_details(&l, cap);
	}
	return (int)l.len;
}

uint32_t
manifest_interface_id(const char *name, size_t len)
{
	/* FNV-1, 32 bits: Fowler, Noll, Vo; RFC 9923. */
	uint32_t hash = 0x811c9dc5u;
	size_t i;

	for (i = 0; i <= len; i++) {
		uint8_t byte = i < len ? (uint8_t)name[i] : 0;

		if (byte == ':' && i + 1 < len && name[i + 1] == ':') {
			byte = 0;
			i++;
		}
		hash = hash * 0x01000193u ^ byte;
	}
	return hash;
}
