/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions, found and reached by configuration mechanism #1: a function
 * and register written to port CF8 appear at CFC (PCI Local Bus 3.0, section
 * 3.2.2.3.2).  PC chipsets have it for PCI Express too.
 *
 * Those two ports reach every function there is, so nobody else gets them:
 * a driver reads and writes its function's configuration here, and no more
 * of it than what concerns the function alone (sys::pcifunction).
 *
 * Addresses are the firmware's; sysinit assigns none.
 */
#include "sysinit.h"

#define CONFIG_ADDRESS	0xcf8u
#define CONFIG_DATA	0xcfcu
#define CONFIG_ENABLE	0x80000000u
#define CONFIG_SIZE	256u
#define BUSES		256u

/* Chapter 6: the header. */
#define VENDOR		0x00u
#define NONE		0xffffu		/* nobody answers */
#define COMMAND		0x04u
#define COMMAND_IO	0x0001u
#define COMMAND_MEMORY	0x0002u
#define COMMAND_MASTER	0x0004u
#define COMMAND_NO_INTX	0x0400u
#define STATUS		0x06u
#define STATUS_CAPS	0x0010u
#define STATUS_CLEARS	0xf900u		/* by writing ones */
#define CLASS		0x08u		/* and revision, low byte */
#define HEADER		0x0eu
#define HEADER_TYPE	0x7fu
#define HEADER_MULTI	0x80u
#define BRIDGE_SECONDARY 0x19u
#define BAR(n)		(0x10u + 4u * (n))
#define CAPABILITIES	0x34u
#define INTERRUPT_LINE	0x3cu
#define INTERRUPT_PIN	0x3du

#define BAR_IO		0x1u
#define BAR_TYPE	0x6u
#define BAR_64		0x4u

#define CLASS_BRIDGE	0x06u
#define CLASS_HOST	0x060000u	/* a host bridge */

/* PCI Express Base 4.0, section 7.5.3. */
#define CAP_EXPRESS	0x10u
#define EXPRESS_CAPS	0x04u		/* device capabilities */
#define EXPRESS_FLR	(1u << 28)
#define EXPRESS_CONTROL	0x08u
#define EXPRESS_RESET	(1u << 15)

static struct pci_function *functions;
static helios_cap_t ports = HELIOS_CADDR_UNDEF;
static bool seen[BUSES];

static void
aim(uint16_t address, unsigned int offset)
{
	helios_ioport_out(ports, CONFIG_ADDRESS, 4, CONFIG_ENABLE |
		(uint32_t)address << 8 | (offset & ~3u));
}

static uint32_t
config_read(uint16_t address, unsigned int offset, unsigned int width)
{
	uint32_t value = UINT32_MAX;

	aim(address, offset);
	helios_ioport_in(ports, CONFIG_DATA + (offset & 3), width, &value);
	return value;
}

static void
config_write(uint16_t address, unsigned int offset, unsigned int width,
		uint32_t value)
{
	aim(address, offset);
	helios_ioport_out(ports, CONFIG_DATA + (offset & 3), width, value);
}

static void
command(const struct pci_function *f, uint32_t clear, uint32_t set)
{
	uint32_t old = config_read(f->address, COMMAND, 2);

	config_write(f->address, COMMAND, 2, (old & ~clear) | set);
}

/*
 * Finding them
 */

/* What stays of all ones in a base address register: the size's bits. */
static uint32_t
probe_bar(uint16_t address, unsigned int n, uint32_t old)
{
	uint32_t mask;

	config_write(address, BAR(n), 4, UINT32_MAX);
	mask = config_read(address, BAR(n), 4);
	config_write(address, BAR(n), 4, old);
	return mask;
}

/* Section 6.2.5.1.  Returns how many registers it takes. */
static unsigned int
read_bar(struct pci_function *f, unsigned int n)
{
	uint32_t low = config_read(f->address, BAR(n), 4), high;
	uint32_t low_mask = probe_bar(f->address, n, low);
	uint64_t base, mask;

	if (low & BAR_IO) {
		/* Ports end at FFFF: the upper half may be left out. */
		mask = low_mask & 0xfffcu;
		f->bar[n].io = true;
		f->bar[n].base = low & 0xfffcu;
		f->bar[n].size = mask ? 0x10000u - mask : 0;
		return 1;
	}
	base = low & ~0xfu;
	mask = low_mask & ~0xfu;
	if ((low & BAR_TYPE) != BAR_64 || n + 1 == MANIFEST_PCI_BARS) {
		f->bar[n].base = base;
		f->bar[n].size = mask ? (1ull << 32) - mask : 0;
		return 1;
	}
	high = config_read(f->address, BAR(n + 1), 4);
	base |= (uint64_t)high << 32;
	mask |= (uint64_t)probe_bar(f->address, n + 1, high) << 32;
	f->bar[n].base = base;
	f->bar[n].size = ~mask + 1;
	return 2;
}

/* With decoding off: for a moment the registers hold nonsense. */
static void
read_bars(struct pci_function *f)
{
	uint32_t old = config_read(f->address, COMMAND, 2);
	unsigned int n;

	config_write(f->address, COMMAND, 2, old & ~(COMMAND_IO |
		COMMAND_MEMORY));
	for (n = 0; n < MANIFEST_PCI_BARS; )
		n += read_bar(f, n);
	config_write(f->address, COMMAND, 2, old);
	/* Not assigned by the firmware: as good as not there. */
	for (n = 0; n < MANIFEST_PCI_BARS; n++)
		if (!f->bar[n].base)
			f->bar[n].size = 0;
}

/* The offset of the PCI Express capability, 0: none.  A list that runs in a
 * circle ends after as many as there is room for. */
static unsigned int
find_express(uint16_t address)
{
	unsigned int at, left = (CONFIG_SIZE - 0x40) / 4;

	if (!(config_read(address, STATUS, 2) & STATUS_CAPS))
		return 0;
	at = config_read(address, CAPABILITIES, 1) & ~3u;
	for (; at >= 0x40 && left; left--) {
		uint32_t head = config_read(address, at, 2);

		if ((head & 0xff) == CAP_EXPRESS)
			return at;
		at = head >> 8 & ~3u;
	}
	return 0;
}

static void
add_function(uint16_t address, uint32_t id, uint32_t class)
{
	struct pci_function **end = &functions;
	struct pci_function *f = calloc(1, sizeof(*f));
	unsigned int at;

	if (!f) {
		say("PCI: no memory for a function's record");
		return;
	}
	f->address = address;
	f->vendor = (uint16_t)id;
	f->device = (uint16_t)(id >> 16);
	f->class = class;
	if (config_read(address, INTERRUPT_PIN, 1))
		f->irq = (uint8_t)config_read(address, INTERRUPT_LINE, 1);
	read_bars(f);
	at = find_express(address);
	if (at && config_read(address, at + EXPRESS_CAPS, 4) & EXPRESS_FLR)
		f->reset_at = (uint8_t)(at + EXPRESS_CONTROL);
	while (*end)
		end = &(*end)->next;
	*end = f;
}

/* Bridges are nobody's: what is behind them is.  Returns the bus behind it,
 * or 0. */
static unsigned int
add(uint16_t address, uint32_t id)
{
	uint32_t class = config_read(address, CLASS, 4) >> 8;
	uint32_t type = config_read(address, HEADER, 1) & HEADER_TYPE;

	if (type)
		return config_read(address, BRIDGE_SECONDARY, 1);
	/* Function n of the first device is the bridge of bus n. */
	if (class == CLASS_HOST && address < 8)
		return address;
	if (class >> 16 != CLASS_BRIDGE)
		add_function(address, id, class);
	return 0;
}

/* One bus; those behind its bridges go on the list. */
static void
scan_bus(unsigned int bus, uint8_t *list, unsigned int *n)
{
	unsigned int at, behind;

	for (at = 0; at < 256; at++) {
		uint16_t address = (uint16_t)(bus << 8 | at);
		uint32_t id = config_read(address, VENDOR, 4);

		if ((id & NONE) == NONE) {
			/* Without function 0 there are no others. */
			at |= at & 7 ? 0 : 7;
			continue;
		}
		behind = add(address, id);
		if (behind && behind < BUSES && !seen[behind]) {
			seen[behind] = true;
			list[(*n)++] = (uint8_t)behind;
		}
		if (!(at & 7) && !(config_read(address, HEADER, 1) &
				HEADER_MULTI))
			at |= 7;
	}
}

void
pci_scan(void)
{
	static uint8_t list[BUSES];
	unsigned int n = 1, i;
	enum helios_status status = helios_ioport_issue(HELIOS_INIT_IOCONTROL,
		CONFIG_ADDRESS, CONFIG_DATA + 3, &ports);

	if (status != HELIOS_OK) {
		say("PCI: no ports %X-%X: %s", CONFIG_ADDRESS, CONFIG_DATA + 3,
			helios_strerror(status));
		return;
	}
	seen[0] = true;
	for (i = 0; i < n; i++)
		scan_bus(list[i], list, &n);
}

static bool
matches(const struct pci_function *f, const struct manifest_cap *want)
{
	return (want->pci.vendor == HELIOS_CADDR_UNDEF ||
			want->pci.vendor == f->vendor) &&
		(want->pci.device == HELIOS_CADDR_UNDEF ||
			want->pci.device == f->device) &&
		(f->class & want->pci.class_mask) == want->pci.class;
}

struct pci_function *
pci_find(const struct manifest_cap *want)
{
	struct pci_function *f;
	uint32_t n = 0;

	for (f = functions; f; f = f->next)
		if (matches(f, want) && n++ == want->pci.index)
			return f;
	return NULL;
}

/*
 * Giving and taking them
 */

void
pci_enable(struct pci_function *f, bool dma)
{
	unsigned int n;

	f->dma = dma;
	/* A reset has emptied them. */
	for (n = 0; n < MANIFEST_PCI_BARS; n++) {
		if (!f->bar[n].size)
			continue;
		config_write(f->address, BAR(n), 4, (uint32_t)f->bar[n].base);
		if (f->bar[n].base >> 32)
			config_write(f->address, BAR(n + 1), 4,
				(uint32_t)(f->bar[n].base >> 32));
	}
	config_write(f->address, INTERRUPT_LINE, 1, f->irq);
	command(f, COMMAND_NO_INTX, COMMAND_IO | COMMAND_MEMORY |
		(dma ? COMMAND_MASTER : 0));
}

void
pci_quiet(struct pci_function *f)
{
	command(f, COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER,
		COMMAND_NO_INTX);
}

/*
 * PCI Express Base 4.0, section 6.6.2: it has 100 ms for a function-level
 * reset, in which nobody may touch it.
 */
void
pci_reset(struct pci_function *f)
{
	uint32_t control;

	pci_quiet(f);
	f->ready = 0;
	if (!f->reset_at)
		return;
	control = config_read(f->address, f->reset_at, 2);
	config_write(f->address, f->reset_at, 2, control | EXPRESS_RESET);
	f->ready = helios_clock() + 100 * MS;
}

/*
 * sys::pcifunction
 */

static bool
aligned(uint16_t offset, uint8_t width)
{
	return (width == 1 || width == 2 || width == 4) &&
		!(offset & (width - 1)) && offset < CONFIG_SIZE;
}

static ipc_status_t
pci_read(struct ipc_request *rq, uint16_t offset, uint8_t width,
		uint32_t *result)
{
	const struct pci_function *f = request_handle(rq)->object;

	if (!aligned(offset, width)) {
		rq->payload = offset < CONFIG_SIZE;
		return SYS_INVALID;
	}
	*result = config_read(f->address, offset, width);
	return 0;
}

/*
 * What is written lies in the command and status registers.  Bits of the
 * first that are sysinit's must stay as they are; in the second ones clear
 * and zeros do nothing.
 */
static ipc_status_t
pci_write(struct ipc_request *rq, uint16_t offset, uint8_t width,
		uint32_t value)
{
	const struct pci_function *f = request_handle(rq)->object;
	uint32_t own = COMMAND_IO | COMMAND_MEMORY |
		(f->dma ? COMMAND_MASTER : 0);
	unsigned int shift = 8 * (offset & 3u);
	uint32_t lanes, old;

	if (!aligned(offset, width) || offset < COMMAND ||
			offset > STATUS + 1) {
		rq->payload = 0;
		return SYS_INVALID;
	}
	lanes = (uint32_t)((1ull << 8 * width) - 1) << shift;
	value = value << shift & lanes;
	old = config_read(f->address, COMMAND, 2);
	if ((value ^ old) & lanes & ~own & 0xffff) {
		rq->payload = 2;
		return SYS_INVALID;
	}
	if (lanes & 0xffff)
		config_write(f->address, COMMAND, 2, (old & ~lanes) |
			(value & 0xffff));
	if (value >> 16 & STATUS_CLEARS)
		config_write(f->address, STATUS, 2, value >> 16 &
			STATUS_CLEARS);
	return 0;
}

static ipc_status_t
pci_address(struct ipc_request *rq, uint16_t *result)
{
	const struct pci_function *f = request_handle(rq)->object;

	*result = f->address;
	return 0;
}

static const struct sys_pcifunction_server server = {
	.read = pci_read,
	.write = pci_write,
	.address = pci_address,
};

void
pci_request(struct ipc_request *rq)
{
	sys_pcifunction_dispatch(&server, rq);
}
