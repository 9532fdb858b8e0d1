/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot loader says, in one form.
 *
 * Multiboot2 gives a list of tags (specification 3.6), PVH a structure with
 * addresses of others (Xen's include/public/arch-x86/hvm/start_info.h).  Both
 * are read where they lie, below 4 GiB, before anything else is done with
 * memory; what is kept is copied.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"

#define MAGIC_MULTIBOOT2	0x36d76289u
#define MAGIC_PVH		0x336ec578u	/* of its structure */
#define EARLY_END		(1ull << 32)	/* what is mapped this early */
#define LARGEST_INFO		(1u << 20)

struct boot_info boot_info;

static bool cmdline_cut;

static bool __attribute__((format(printf, 3, 4)))
wrong(char *err, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(err, size, fmt, ap);
	va_end(ap);
	return false;
}

/* Bytes at a physical address; NULL: not all of them can be seen now. */
static const void *
early(uint64_t phys, uint64_t size)
{
	if (phys == 0 || phys >= EARLY_END || size > EARLY_END - phys)
		return NULL;
	return (const void *)(uintptr_t)phys;
}

/* What does not fit is noticed when all has been read. */
static void
keep_cmdline(const char *text, uint64_t most)
{
	uint64_t i;

	for (i = 0; i < most && text[i] != '\0' &&
			i + 1 < sizeof(boot_info.cmdline); i++)
		boot_info.cmdline[i] = text[i];
	boot_info.cmdline[i] = '\0';
	cmdline_cut = i < most && text[i] != '\0';
}

/*
 * ACPI's root pointer (ACPI 6.4, 5.2.5.3)
 */

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;		/* from here on: revision 2 */
	uint64_t xsdt;
	uint8_t checksum2, reserved[3];
} __attribute__((packed));

#define RSDP_SIZE_1	20u

static bool
sums_to_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (n-- > 0)
		sum = (uint8_t)(sum + *b++);
	return sum == 0;
}

static void
keep_rsdp(const void *p, uint64_t size)
{
	const struct rsdp *r = p;

	if (size < RSDP_SIZE_1 ||
			__builtin_memcmp(r->signature, "RSD PTR ", 8) != 0 ||
			!sums_to_zero(r, RSDP_SIZE_1))
		return;
	boot_info.acpi_root = r->rsdt;
	if (r->revision >= 2 && size >= sizeof(*r) && r->xsdt != 0 &&
			sums_to_zero(r, sizeof(*r)))
		boot_info.acpi_root = r->xsdt;
}

/*
 * Multiboot2
 */

enum mb2_tag_type {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_LOADER = 2,
	MB2_MODULE = 3,
	MB2_MEMORY_MAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_ACPI_OLD = 14,
	MB2_ACPI_NEW = 15,
};

struct mb2_tag {
	uint32_t type, size;
};

struct mb2_module {
	struct mb2_tag tag;
	uint32_t start, end;
};

struct mb2_memory_map {
	struct mb2_tag tag;
	uint32_t entry_size, entry_version;
};

struct mb2_memory {
	uint64_t base, size;
	uint32_t type, zero;
};

struct mb2_framebuffer {
	struct mb2_tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bpp, type;
	uint16_t reserved;
	/* if it is RGB: */
	uint8_t red_shift, red_bits, green_shift, green_bits;
	uint8_t blue_shift, blue_bits;
};

#define MB2_FRAMEBUFFER_ANY	offsetof(struct mb2_framebuffer, red_shift)
#define MB2_FRAMEBUFFER_WHOLE	\
	(offsetof(struct mb2_framebuffer, blue_bits) + 1)
#define MB2_FRAMEBUFFER_RGB	1
#define MB2_FRAMEBUFFER_TEXT	2

static void
keep_module(uint64_t start, uint64_t end)
{
	if (boot_info.nmodules++ == 0 && start < end)
		boot_info.initramfs = (struct hal_range){ start, end - start };
}

static void
mb2_memory_map(const struct mb2_memory_map *m)
{
	const char *p = (const char *)(m + 1);
	const char *end = (const char *)m + m->tag.size;

	if (m->entry_size < sizeof(struct mb2_memory))
		return;
	for (; (size_t)(end - p) >= m->entry_size; p += m->entry_size) {
		struct mb2_memory e;

		__builtin_memcpy(&e, p, sizeof(e));
		memory_map_add(e.base, e.size, e.type);
	}
}

static void
mb2_framebuffer(const struct mb2_framebuffer *f)
{
	if (f->type == MB2_FRAMEBUFFER_TEXT)
		boot_info.vga_text = true;
	if (f->type != MB2_FRAMEBUFFER_RGB ||
			f->tag.size < MB2_FRAMEBUFFER_WHOLE)
		return;
	boot_info.framebuffer = (struct helios_framebuffer){
		.phys = f->address, .pitch = f->pitch, .width = f->width,
		.height = f->height, .bpp = f->bpp,
		.red_shift = f->red_shift, .red_bits = f->red_bits,
		.green_shift = f->green_shift, .green_bits = f->green_bits,
		.blue_shift = f->blue_shift, .blue_bits = f->blue_bits,
	};
}

/* Its size is checked against what is read of it here. */
static void
mb2_tag(const struct mb2_tag *t)
{
	const struct mb2_module *m = (const void *)t;
	size_t body = t->size - sizeof(*t);

	switch (t->type) {
	case MB2_CMDLINE:
		keep_cmdline((const char *)(t + 1), body);
		break;
	case MB2_MODULE:
		if (t->size >= sizeof(*m))
			keep_module(m->start, m->end);
		break;
	case MB2_MEMORY_MAP:
		if (t->size >= sizeof(struct mb2_memory_map))
			mb2_memory_map((const void *)t);
		break;
	case MB2_FRAMEBUFFER:
		if (t->size >= MB2_FRAMEBUFFER_ANY)
			mb2_framebuffer((const void *)t);
		break;
	case MB2_ACPI_OLD:
		if (boot_info.acpi_root == 0)
			keep_rsdp(t + 1, body);
		break;
	case MB2_ACPI_NEW:
		keep_rsdp(t + 1, body);
		break;
	default:
		break;
	}
}

static bool
parse_multiboot2(uint64_t info, char *err, size_t size)
{
	const uint32_t *head = early(info, 8);
	const struct mb2_tag *t;
	uint64_t at;

	boot_info.loader = "a Multiboot2 loader";
	if (head == NULL || info % 8 != 0 || head[0] < 16 ||
			head[0] > LARGEST_INFO || early(info, head[0]) == NULL)
		return wrong(err, size, "Multiboot2: information of 16 bytes "
			"to 1 MiB expected, found %u bytes at 0x%lx",
			head == NULL ? 0 : head[0], info);
	for (at = 8; at + sizeof(*t) <= head[0];
			at += (t->size + 7ull) & ~7ull) {
		t = (const void *)((const char *)head + at);
		if (t->type == MB2_END)
			return true;
		if (t->size < sizeof(*t) || t->size > head[0] - at)
			return wrong(err, size, "Multiboot2: tag %u at offset "
				"%lu says %u bytes, of %lu there are", t->type,
				at, t->size, head[0] - at);
		mb2_tag(t);
	}
	return wrong(err, size, "Multiboot2: no end tag in %u bytes", head[0]);
}

/*
 * PVH
 */

struct pvh_start {
	uint32_t magic, version, flags, nmodules;
	uint64_t modules, cmdline, rsdp;
	uint64_t memory_map;		/* version 1 */
	uint32_t nmemory_map, reserved;
};

struct pvh_module {
	uint64_t base, size, cmdline, reserved;
};

struct pvh_memory {
	uint64_t base, size;
	uint32_t type, reserved;
};

static bool
pvh_memory_map(const struct pvh_start *s, char *err, size_t size)
{
	const struct pvh_memory *e = early(s->memory_map,
		s->nmemory_map * sizeof(*e));
	uint32_t i;

	if (s->version < 1 || e == NULL)
		return wrong(err, size, "PVH: a memory map (version 1) "
			"expected, version %u found", s->version);
	for (i = 0; i < s->nmemory_map; i++)
		memory_map_add(e[i].base, e[i].size, e[i].type);
	return true;
}

static bool
parse_pvh(uint64_t info, char *err, size_t size)
{
	const struct pvh_start *s = early(info, sizeof(*s));
	const struct pvh_module *m;
	const void *p;
	uint32_t i;

	boot_info.loader = "a PVH loader";
	boot_info.vga_text = true;	/* as the BIOS has left it */
	if (s == NULL || s->magic != MAGIC_PVH)
		return wrong(err, size, "PVH: start information expected at "
			"0x%lx, not found", info);
	p = early(s->cmdline, sizeof(boot_info.cmdline));
	if (p != NULL)
		keep_cmdline(p, sizeof(boot_info.cmdline));
	m = early(s->modules, s->nmodules * sizeof(*m));
	for (i = 0; m != NULL && i < s->nmodules; i++)
		keep_module(m[i].base, m[i].base + m[i].size);
	p = early(s->rsdp, sizeof(struct rsdp));
	if (p != NULL)
		keep_rsdp(p, sizeof(struct rsdp));
	return pvh_memory_map(s, err, size);
}

bool
bootloader_parse(uint32_t magic, uint64_t info, char *err, size_t size)
{
	bool ok;

	if (magic != MAGIC_MULTIBOOT2 && magic != BOOT_MAGIC_PVH)
		return wrong(err, size, "a Multiboot2 or PVH loader expected, "
			"found one with magic 0x%x", magic);
	ok = magic == MAGIC_MULTIBOOT2 ? parse_multiboot2(info, err, size) :
		parse_pvh(info, err, size);
	if (!ok)
		boot_info.vga_text = boot_info.framebuffer.width == 0;
	else if (cmdline_cut)
		return wrong(err, size, "command line: at most %lu characters "
			"expected, found more", sizeof(boot_info.cmdline) - 1);
	return ok && memory_map_finish(err, size);
}
