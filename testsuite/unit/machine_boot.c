/* SPDX-License-Identifier: BSD-2-Clause */
/* bootloader.c: what Multiboot2 and PVH loaders say, and what they should
 * not. */
#include "src/hal-baremetal/bootloader.c"

#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "machine_suites.h"
#include "unit.h"

#define CASES	2000u

static char err[256];

static void
reset(void)
{
	machine_memory_reset();
	cmdline_cut = false;
	err[0] = '\0';
}

/*
 * Making Multiboot2 information
 */

static unsigned char info[8192];
static uint32_t info_size;

static void
info_head(uint32_t size)
{
	memcpy(info, &size, sizeof(size));
}

static void
info_start(void)
{
	memset(info, 0, sizeof(info));
	info_size = 8;
}

static void *
info_tag(uint32_t type, const void *body, size_t size)
{
	struct mb2_tag t = { type, (uint32_t)(sizeof(t) + size) };
	unsigned char *at = info + info_size;

	memcpy(at, &t, sizeof(t));
	if (size > 0)
		memcpy(at + sizeof(t), body, size);
	info_size += (t.size + 7) & ~7u;
	info_head(info_size);
	return at;
}

static void
info_end(void)
{
	info_tag(MB2_END, NULL, 0);
}

static bool
parse(void)
{
	uint64_t at = machine_low(info, info_size);

	return bootloader_parse(MAGIC_MULTIBOOT2, at, err, sizeof(err));
}

static void
good(void)
{
	if (!parse())
		ck_abort_msg("%s", err);
}

static void
bad(const char *why)
{
	ck_assert(!parse());
	if (strstr(err, why) == NULL)
		ck_abort_msg("\"%s\", without \"%s\"", err, why);
}

static void
info_map(void)
{
	const struct {
		uint32_t entry_size, version;
		struct mb2_memory e[3];
	} map = { sizeof(struct mb2_memory), 0, {
		{ 0, 0x9fc00, 1, 0 }, { 0xf0000, 0x10000, 2, 0 },
		{ 0x100000, 0x7ee0000, 1, 0 },
	} };

	info_tag(MB2_MEMORY_MAP, &map, sizeof(map));
}

static void
info_rsdp(uint32_t type, uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
	struct rsdp r = { "RSD PTR ", 0, "HELIOS", revision, rsdt, sizeof(r),
		xsdt, 0, { 0 } };
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < RSDP_SIZE_1; i++)
		sum = (uint8_t)(sum + ((uint8_t *)&r)[i]);
	r.checksum = (uint8_t)-sum;
	for (sum = 0, i = 0; i < sizeof(r); i++)
		sum = (uint8_t)(sum + ((uint8_t *)&r)[i]);
	r.checksum2 = (uint8_t)-sum;
	info_tag(type, &r, revision >= 2 ? sizeof(r) : RSDP_SIZE_1);
}

static void
info_module(uint32_t start, uint32_t end)
{
	const struct {
		uint32_t start, end;
		char name[8];
	} m = { start, end, "helios" };

	info_tag(MB2_MODULE, &m, sizeof(m));
}

static void
info_framebuffer(uint8_t type, size_t size)
{
	struct mb2_framebuffer f = {
		.address = 0xfd000000, .pitch = 4096, .width = 1024,
		.height = 768, .bpp = 32, .type = type,
		.red_shift = 16, .red_bits = 8, .green_shift = 8,
		.green_bits = 8, .blue_shift = 0, .blue_bits = 8,
	};

	info_tag(MB2_FRAMEBUFFER, (char *)&f + sizeof(f.tag),
		size - sizeof(f.tag));
}

static void
info_whole(void)
{
	info_start();
	info_tag(MB2_LOADER, "GRUB 2", 7);
	info_tag(MB2_CMDLINE, "log-level=info -- a", 20);
	info_module(0x400000, 0x512345);
	info_map();
	info_framebuffer(MB2_FRAMEBUFFER_RGB, MB2_FRAMEBUFFER_WHOLE);
	info_rsdp(MB2_ACPI_OLD, 0, 0x7fe1000, 0);
	info_rsdp(MB2_ACPI_NEW, 2, 0x7fe1000, 0x7fe2000);
	info_tag(77, "unknown", 8);
	info_end();
}

/*
 * Multiboot2
 */

START_TEST(mb2_whole)
{
	info_whole();
	good();
	ck_assert_str_eq(boot_info.loader, "a Multiboot2 loader");
	ck_assert_str_eq(boot_info.cmdline, "log-level=info -- a");
	ck_assert_uint_eq(boot_info.nmodules, 1);
	ck_assert_uint_eq(boot_info.initramfs.base, 0x400000);
	ck_assert_uint_eq(boot_info.initramfs.size, 0x112345);
	ck_assert_uint_eq(boot_info.nranges, 3);
	ck_assert_uint_eq(boot_info.range[0].size, 0x9f000);
	ck_assert_uint_eq(boot_info.range[2].base, 0x100000);
	ck_assert_uint_eq(boot_info.acpi_root, 0x7fe2000);
	ck_assert_uint_eq(boot_info.framebuffer.phys, 0xfd000000);
	ck_assert_uint_eq(boot_info.framebuffer.width, 1024);
	ck_assert_uint_eq(boot_info.framebuffer.red_shift, 16);
	ck_assert_uint_eq(boot_info.framebuffer.blue_bits, 8);
	ck_assert(!boot_info.vga_text);
}
END_TEST

START_TEST(mb2_magic)
{
	info_whole();
	ck_assert(!bootloader_parse(0x2badb002, machine_low(info, info_size),
		err, sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "magic 0x2badb002"));
	ck_assert_uint_eq(boot_info.nranges, 0);
}
END_TEST

START_TEST(mb2_place)
{
	uint64_t at;

	info_whole();
	at = machine_low(info, info_size);
	ck_assert(!bootloader_parse(MAGIC_MULTIBOOT2, 0, err, sizeof(err)));
	ck_assert(!bootloader_parse(MAGIC_MULTIBOOT2, 1ull << 32, err,
		sizeof(err)));
	ck_assert(!bootloader_parse(MAGIC_MULTIBOOT2, (1ull << 32) - 4, err,
		sizeof(err)));
	ck_assert(!bootloader_parse(MAGIC_MULTIBOOT2, UINT64_MAX - 7, err,
		sizeof(err)));
	ck_assert(!bootloader_parse(MAGIC_MULTIBOOT2, at + 4, err,
		sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "16 bytes to 1 MiB expected"));
	ck_assert_uint_eq(boot_info.nranges, 0);
}
END_TEST

START_TEST(mb2_total)
{
	static const uint32_t sizes[] = { 0, 8, 15, LARGEST_INFO + 1,
		UINT32_MAX };
	unsigned int i;

	for (i = 0; i < 5; i++) {
		info_whole();
		info_head(sizes[i]);
		bad("16 bytes to 1 MiB expected");
	}
	/* The end tag is not in it. */
	info_whole();
	info_head(info_size - 8);
	bad("no end tag");
	info_head(info_size - 1);
	bad("no end tag");
	info_start();
	info_tag(77, "x", 1);
	bad("no end tag");
}
END_TEST

START_TEST(mb2_tag_sizes)
{
	static const uint32_t sizes[] = { 0, 1, 7, 25, 0x7fffffff,
		UINT32_MAX - 7, UINT32_MAX };
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct mb2_tag *t;

		info_start();
		info_map();
		t = info_tag(77, "unknown", 8);
		info_end();
		t->size = sizes[i];
		bad("tag 77 at offset");
		ck_assert(boot_info.vga_text);
	}
}
END_TEST

/* Every type, with every size that is too small for it: nothing is read
 * that is not its own, and nothing is made of it. */
START_TEST(mb2_short_tags)
{
	uint32_t type, size;
	char body[20];

	for (type = 1; type < 24; type++)
		for (size = 8; size < 8 + sizeof(body); size++) {
			memset(body, type == MB2_CMDLINE ? 'x' : 0xff,
				sizeof(body));
			reset();
			info_start();
			info_tag(type, body, size - 8);
			ck_assert(!parse());
			ck_assert_uint_eq(boot_info.acpi_root, 0);
			ck_assert_uint_eq(boot_info.initramfs.size, 0);
			ck_assert_uint_eq(boot_info.framebuffer.width, 0);
			ck_assert_uint_eq(strlen(boot_info.cmdline),
				type == MB2_CMDLINE ? size - 8 : 0);
		}
}
END_TEST

START_TEST(mb2_cmdline)
{
	char text[1100];

	memset(text, 'x', sizeof(text));
	info_start();
	info_map();
	info_tag(MB2_CMDLINE, text, 1023);	/* as long as can be */
	info_end();
	good();
	ck_assert_uint_eq(strlen(boot_info.cmdline), 1023);
	reset();
	info_start();
	info_map();
	info_tag(MB2_CMDLINE, text, 1024);
	info_end();
	bad("command line: at most 1023 characters");
	ck_assert_uint_eq(strlen(boot_info.cmdline), 1023);
	reset();
	text[1023] = '\0';
	info_start();
	info_map();
	info_tag(MB2_CMDLINE, text, sizeof(text));
	info_end();
	good();
}
END_TEST

START_TEST(mb2_modules)
{
	info_start();
	info_map();
	info_module(0x400000, 0x400000);
	info_module(0x500000, 0x500001);
	info_end();
	good();
	ck_assert_uint_eq(boot_info.nmodules, 2);
	ck_assert_uint_eq(boot_info.initramfs.size, 0);
	reset();
	info_start();
	info_map();
	info_module(0x500000, 0x400000);
	info_end();
	good();
	ck_assert_uint_eq(boot_info.initramfs.size, 0);
	reset();
	info_start();
	info_map();
	info_module(0x1000, UINT32_MAX);
	info_module(0x500000, 0x500001);
	info_end();
	good();
	ck_assert_uint_eq(boot_info.initramfs.base, 0x1000);
	ck_assert_uint_eq(boot_info.initramfs.size, UINT32_MAX - 0x1000u);
}
END_TEST

/* Larger entries are those of a later version; smaller ones are none. */
START_TEST(mb2_map_entries)
{
	unsigned char map[8 + 3 * 40] = { 0 };
	struct mb2_memory e = { 0x100000, 0x100000, 1, 0 };
	uint32_t size;

	for (size = 24; size <= 40; size++) {
		reset();
		memset(map, 0, sizeof(map));
		memcpy(map, &size, 4);
		memcpy(map + 8, &e, sizeof(e));
		memcpy(map + 8 + size, &e, sizeof(e));
		info_start();
		info_tag(MB2_MEMORY_MAP, map, 8 + 2 * size - 1);
		info_end();
		good();
		ck_assert_uint_eq(boot_info.nranges, 1);
		ck_assert_uint_eq(memory_ram(), 0x100000);
	}
	for (size = 0; size < 24; size++) {
		reset();
		memcpy(map, &size, 4);
		info_start();
		info_tag(MB2_MEMORY_MAP, map, sizeof(map));
		info_end();
		bad("a map of physical memory expected");
	}
}
END_TEST

START_TEST(mb2_framebuffers)
{
	info_start();
	info_map();
	info_framebuffer(MB2_FRAMEBUFFER_TEXT, MB2_FRAMEBUFFER_ANY);
	info_end();
	good();
	ck_assert(boot_info.vga_text);
	ck_assert_uint_eq(boot_info.framebuffer.width, 0);
	reset();
	info_start();
	info_map();
	info_framebuffer(0, MB2_FRAMEBUFFER_WHOLE);	/* a palette */
	info_framebuffer(3, MB2_FRAMEBUFFER_WHOLE);
	info_framebuffer(MB2_FRAMEBUFFER_RGB, MB2_FRAMEBUFFER_WHOLE - 1);
	info_end();
	good();
	ck_assert(!boot_info.vga_text);
	ck_assert_uint_eq(boot_info.framebuffer.width, 0);
}
END_TEST

START_TEST(mb2_rsdp)
{
	unsigned char *tag;

	info_start();
	info_map();
	info_rsdp(MB2_ACPI_NEW, 2, 0x1000, 0x2000);
	info_rsdp(MB2_ACPI_OLD, 0, 0x3000, 0);
	info_end();
	good();
	ck_assert_uint_eq(boot_info.acpi_root, 0x2000);
	reset();
	info_start();
	info_map();
	info_rsdp(MB2_ACPI_NEW, 2, 0x1000, 0);
	info_end();
	good();
	ck_assert_uint_eq(boot_info.acpi_root, 0x1000);
	/* A broken extended checksum leaves the old part. */
	reset();
	info_start();
	info_map();
	tag = info + info_size;
	info_rsdp(MB2_ACPI_NEW, 2, 0x1000, 0x2000);
	info_end();
	tag[8 + 30] ^= 1;
	good();
	ck_assert_uint_eq(boot_info.acpi_root, 0x1000);
	reset();
	tag[8 + 9] ^= 1;
	good();
	ck_assert_uint_eq(boot_info.acpi_root, 0);
	reset();
	tag[8 + 9] ^= 1;
	tag[8] = 'r';
	good();
	ck_assert_uint_eq(boot_info.acpi_root, 0);
}
END_TEST

/* Of an address anywhere in the firmware's map or the modules there is
 * nothing to read yet: only the information itself is looked at. */
START_TEST(mb2_corrupted)
{
	struct rng r = { 0xc0de };
	unsigned int i, k, n, accepted = 0;

	for (i = 0; i < CASES; i++) {
		reset();
		info_whole();
		n = 1 + rng_below(&r, 8);
		for (k = 0; k < n; k++) {
			unsigned int at = 8 + rng_below(&r, info_size - 8);

			if (rng_below(&r, 3) == 0)
				info[at] = (unsigned char)rng_next(&r);
			else
				info[at] = (unsigned char)(info[at] ^
					1u << rng_below(&r, 8));
		}
		if (rng_below(&r, 4) == 0)
			info_head(16 + rng_below(&r, info_size - 15));
		if (!parse())
			ck_assert_str_ne(err, "");
		else
			accepted++;
		ck_assert_uint_le(boot_info.nranges, HELIOS_MACHINE_RANGES);
		ck_assert_ptr_nonnull(memchr(boot_info.cmdline, '\0',
			sizeof(boot_info.cmdline)));
	}
	ck_assert_uint_gt(accepted, CASES / 20);
	ck_assert_uint_lt(accepted, CASES);
}
END_TEST

/* Cut off anywhere, with a head that says so. */
START_TEST(mb2_cut)
{
	uint32_t size, whole;

	info_whole();
	whole = info_size;
	for (size = 16; size < whole; size++) {
		reset();
		info_whole();
		info_head(size);
		info_size = size;
		ck_assert(!parse());
		ck_assert_str_ne(err, "");
	}
}
END_TEST

/*
 * PVH: everything in one block, at addresses in it.
 */

static struct {
	struct pvh_start start;
	struct pvh_module module[2];
	struct pvh_memory map[3];
	struct rsdp rsdp;
	char cmdline[1028];
} __attribute__((aligned(8))) pvh;

static uint64_t
pvh_make(void)
{
	uint64_t at;

	memset(&pvh, 0, sizeof(pvh));
	at = machine_low(&pvh, sizeof(pvh));
	pvh.start = (struct pvh_start){
		.magic = MAGIC_PVH, .version = 1, .nmodules = 2,
		.modules = at + offsetof(__typeof__(pvh), module),
		.cmdline = at + offsetof(__typeof__(pvh), cmdline),
		.rsdp = at + offsetof(__typeof__(pvh), rsdp),
		.memory_map = at + offsetof(__typeof__(pvh), map),
		.nmemory_map = 3,
	};
	pvh.module[0] = (struct pvh_module){ 0x600000, 0x1001, 0, 0 };
	pvh.map[0] = (struct pvh_memory){ 0, 0x9fc00, 1, 0 };
	pvh.map[1] = (struct pvh_memory){ 0xf0000, 0x10000, 2, 0 };
	pvh.map[2] = (struct pvh_memory){ 0x100000, 0x7ee0000, 1, 0 };
	strcpy(pvh.cmdline, "end=key");
	return at;
}

static bool
pvh_parse(void)
{
	return bootloader_parse(BOOT_MAGIC_PVH, machine_low(&pvh,
		sizeof(pvh)), err, sizeof(err));
}

START_TEST(pvh_whole)
{
	pvh_make();
	ck_assert(pvh_parse());
	ck_assert_str_eq(boot_info.loader, "a PVH loader");
	ck_assert_str_eq(boot_info.cmdline, "end=key");
	ck_assert_uint_eq(boot_info.nmodules, 2);
	ck_assert_uint_eq(boot_info.initramfs.base, 0x600000);
	ck_assert_uint_eq(boot_info.initramfs.size, 0x1001);
	ck_assert_uint_eq(boot_info.nranges, 3);
	ck_assert_uint_eq(boot_info.acpi_root, 0);
	ck_assert(boot_info.vga_text);
}
END_TEST

START_TEST(pvh_nothing)
{
	pvh_make();
	pvh.start.modules = pvh.start.cmdline = pvh.start.rsdp = 0;
	ck_assert(pvh_parse());
	ck_assert_str_eq(boot_info.cmdline, "");
	ck_assert_uint_eq(boot_info.nmodules, 0);
	reset();
	pvh.start.memory_map = 0;
	ck_assert(!pvh_parse());
	ck_assert_ptr_nonnull(strstr(err, "PVH: a memory map"));
}
END_TEST

START_TEST(pvh_wrong)
{
	uint64_t at = pvh_make();

	ck_assert(!bootloader_parse(BOOT_MAGIC_PVH, 0, err, sizeof(err)));
	ck_assert(!bootloader_parse(BOOT_MAGIC_PVH, 1ull << 32, err,
		sizeof(err)));
	ck_assert(!bootloader_parse(BOOT_MAGIC_PVH, at + 4, err,
		sizeof(err)));
	ck_assert_ptr_nonnull(strstr(err, "PVH: start information expected"));
	pvh.start.version = 0;
	ck_assert(!pvh_parse());
	ck_assert_ptr_nonnull(strstr(err, "version 0 found"));
}
END_TEST

/* Counts of things that cannot all be below 4 GiB. */
START_TEST(pvh_counts)
{
	pvh_make();
	pvh.start.nmodules = UINT32_MAX;
	ck_assert(pvh_parse());
	ck_assert_uint_eq(boot_info.nmodules, 0);
	reset();
	pvh_make();
	pvh.start.nmemory_map = UINT32_MAX;
	ck_assert(!pvh_parse());
	reset();
	pvh_make();
	pvh.start.modules = UINT64_MAX - 8;
	pvh.start.rsdp = (1ull << 32) - 8;
	ck_assert(pvh_parse());
	ck_assert_uint_eq(boot_info.nmodules, 0);
}
END_TEST

/* A module whose end is no address. */
START_TEST(pvh_module_wraps)
{
	pvh_make();
	pvh.module[0].size = UINT64_MAX - 4096;
	ck_assert(pvh_parse());
	ck_assert_uint_eq(boot_info.nmodules, 2);
	ck_assert_uint_eq(boot_info.initramfs.size, 0);
}
END_TEST

START_TEST(pvh_cmdline)
{
	pvh_make();
	memset(pvh.cmdline, 'x', 1023);
	ck_assert(pvh_parse());
	ck_assert_uint_eq(strlen(boot_info.cmdline), 1023);
	reset();
	memset(pvh.cmdline, 'x', 1024);
	ck_assert(!pvh_parse());
	ck_assert_ptr_nonnull(strstr(err, "at most 1023 characters"));
}
END_TEST

Suite *
suite_machine_boot(void)
{
	Suite *s = suite_create("machine-boot");
	TCase *t = tcase_create("loader");

	tcase_add_checked_fixture(t, reset, NULL);
	tcase_add_test(t, mb2_whole);
	tcase_add_test(t, mb2_magic);
	tcase_add_test(t, mb2_place);
	tcase_add_test(t, mb2_total);
	tcase_add_test(t, mb2_tag_sizes);
	tcase_add_test(t, mb2_short_tags);
	tcase_add_test(t, mb2_cmdline);
	tcase_add_test(t, mb2_modules);
	tcase_add_test(t, mb2_map_entries);
	tcase_add_test(t, mb2_framebuffers);
	tcase_add_test(t, mb2_rsdp);
	tcase_add_test(t, mb2_corrupted);
	tcase_add_test(t, mb2_cut);
	tcase_add_test(t, pvh_whole);
	tcase_add_test(t, pvh_nothing);
	tcase_add_test(t, pvh_wrong);
	tcase_add_test(t, pvh_counts);
	tcase_add_test(t, pvh_module_wraps);
	tcase_add_test(t, pvh_cmdline);
	suite_add_tcase(s, t);
	return s;
}
