/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver manifests: an INI text in the ELF section ".manifest".
 *
 *	[driver]
 *	name=pcserial			letters, digits, - and _; at most 31
 *	desc=Serial driver		at most 79 bytes
 *
 *	[cspace]
 *	radix=12			2^radix slots, 6 to 16; 12 if not said
 *
 *	[capabilities]			ADDRESS:TYPE = OPTIONS
 *	0:endpoint =
 *	1:ioport = min=3F8, max=400	hexadecimal, both inclusive
 *	3:note =
 *	4:irq = irq=3, note=3		decimal; slot of a note
 *	_:memory = pages=16
 *
 *	[services]			NAME = [SLOT]
 *	devregistry=
 *
 *	[reset]				PORT = VALUE, hexadecimal, in order
 *	3F9 = 00
 *
 *	[restart]
 *	policy=always			or never
 *
 * An address is a slot of the driver's CSpace, or _ for a free one, which
 * the aux vector reports (mercury/aux.h).  Types and their options:
 *
 *	endpoint			the driver receives, and may send, on it
 *	note				the same.  The first one of the
 *					manifest is bound to the driver's task
 *	ioport	min, max		ports, hexadecimal, inclusive
 *	irq	irq, note		an IRQHandler that signals the note with
 *					bit (irq mod 63), so that a driver tells
 *					apart who rang; bit 63 is the watchdog's
 *	cspace	self			its own CSpace
 *	vspace	self			its own VSpace
 *	memory	pages			so many pages of 4 KiB
 *	devmem	base, size		physical, hexadecimal, whole pages
 *	page	[phys], [map=r|rw]	a page of RAM, or of a device; perhaps
 *					mapped, where the aux vector tells
 *	pci	vendor, device, class, [index], [note], [dma]
 *					a PCI function: hexadecimal; at least one
 *					of the first three; class is 2, 4 or 6
 *					digits (class, subclass, interface);
 *					index counts those that match, from 0.
 *					Eight slots in a row: its configuration
 *					(sys::pcifunction), its base addresses 0
 *					to 5 (IOPort or DevMem; empty if unused),
 *					its IRQHandler (with note)
 *	service	interface, [index]	a device of another driver: a name such
 *					as dev::serial, or its id (0xebb969be)
 *
 * Order does not matter, but that _ takes the lowest free slots in the order
 * of lines.  A line whose first character is # or ; is a comment.  Lines end
 * with LF or CRLF.  Blanks around names, values and signs do not matter.
 */
#ifndef MERCURY_MANIFEST_H
#define MERCURY_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <helios/types.h>

#define MANIFEST_SECTION	".manifest"
#define MANIFEST_SIZE		16384u	/* bytes, at most */
#define MANIFEST_LINE		255u	/* bytes of a line, at most */
#define MANIFEST_CAPS		64u
#define MANIFEST_SERVICES	8u
#define MANIFEST_RESETS		32u
#define MANIFEST_PCI_SLOTS	8u
#define MANIFEST_PCI_BARS	6u

enum manifest_type {
	MANIFEST_ENDPOINT,
	MANIFEST_NOTE,
	MANIFEST_IOPORT,
	MANIFEST_IRQ,
	MANIFEST_CSPACE,
	MANIFEST_VSPACE,
	MANIFEST_MEMORY,
	MANIFEST_DEVMEM,
	MANIFEST_PAGE,
	MANIFEST_PCI,
	MANIFEST_SERVICE,
	MANIFEST_TYPES
};

enum manifest_map { MANIFEST_UNMAPPED, MANIFEST_MAP_R, MANIFEST_MAP_RW };

/* A line of [capabilities]. */
struct manifest_cap {
	enum manifest_type type;
	unsigned int line;
	bool any;			/* its address is _ */
	uint32_t slot;			/* resolved, also for _ */
	uint32_t note;			/* irq, pci: slot of a note, or UNDEF */
	union {
		struct { uint16_t min, max; } ioport;
		uint32_t irq;
		uint64_t pages;		/* memory */
		struct { uint64_t base, size; } devmem;
		struct {
			bool device;	/* else RAM */
			uint64_t phys;
			enum manifest_map map;
		} page;
		struct {
			uint32_t vendor, device;	/* UNDEF: any */
			uint32_t class, class_mask;	/* 24 bits */
			uint32_t index;
			bool dma;
		} pci;
		struct { uint32_t interface, index; } service;
	};
};

/* What of sysinit a driver can be given: names of [services]. */
enum manifest_service_name {
	MANIFEST_DEVREGISTRY,
	MANIFEST_DEVMGR,
	MANIFEST_FS,
	MANIFEST_LOG,
	MANIFEST_SERVICE_NAMES
};

struct manifest_service {
	enum manifest_service_name name;
	unsigned int line;
	bool any;
	uint32_t slot;			/* resolved */
};

struct manifest_reset {
	uint16_t port;			/* inside an ioport of the manifest */
	uint8_t value;
};

struct manifest_restart {
	bool never;			/* policy; default always */
	/*
	 * Give up after more than limit restarts within window ms, the time
	 * that it waited for them not counted; limit=none never does.
	 * Defaults 10 and 10000.
	 */
	bool unlimited;
	uint32_t limit, window;
	/*
	 * Wait delay ms before the first restart, twice as long before each
	 * next one in a window, at most max-delay.  Defaults 0 (then 100),
	 * 10000.  delay=0 with max-delay=0: always at once.
	 */
	uint32_t delay, max_delay;
	/*
	 * watchdog=SLOT, interval=MS: the driver is asked, by bit 63 of its
	 * first note, each interval (default 1000), and has to signal the
	 * note in that slot, which is not the first, before the next.
	 */
	uint32_t watchdog;		/* UNDEF: none */
	uint32_t interval;
};

struct manifest {
	char name[32], desc[80];
	unsigned int radix;
	unsigned int ncaps, nservices, nresets;
	uint32_t bound;			/* slot of the first note, or UNDEF */
	struct manifest_cap caps[MANIFEST_CAPS];
	struct manifest_service services[MANIFEST_SERVICES];
	struct manifest_reset resets[MANIFEST_RESETS];
	struct manifest_restart restart;
};

struct manifest_error {
	unsigned int line;		/* from 1; 0: of the whole text */
	/* What was found, what was expected; no full stop, no newline. */
	char text[160];
};

/*
 * Parse len bytes.  false: *error says why, *out is not to be used.  Works
 * on the given memory only, for any bytes whatever.
 */
bool manifest_parse(const char *text, size_t len, struct manifest *out,
		struct manifest_error *error);

/* "endpoint" and so on; "devregistry" and so on. */
const char *manifest_type_name(enum manifest_type type);
const char *manifest_service_label(enum manifest_service_name name);

/* One line: "slot 1   ioport  3F8-3FF"; as snprintf.  PCI lines are the
 * request, not what was found. */
int manifest_describe(const struct manifest_cap *cap, char *buf, size_t size);

/*
 * The id of an interface from its qualified name: the 32-bit FNV-1 hash over
 * each component followed by a NUL byte.
 */
uint32_t manifest_interface_id(const char *name, size_t len);

#endif
