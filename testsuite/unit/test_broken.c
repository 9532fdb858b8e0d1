/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Broken images.  Each is the good one with one thing changed; core_boot must
 * say false, and one line that names what was expected or found.
 */
#include <string.h>

#include "archive.h"
#include "mock_hal.h"
#include "suites.h"
#include "unit.h"

#define RAM	(8u << 20)

/* Where the image's member begins in the archive: after the directory. */
#define INIT_AT	512u

struct parts {
	struct elf elf;
	struct tar tar;
	uint64_t base;		/* physical */
	const char *const *argv;
};

struct broken {
	const char *name;
	void (*elf)(struct elf *e);	/* before the archive is made */
	void (*tar)(struct parts *p);	/* after */
	const char *says;		/* part of the error */
};

#define ELF(name, change, text) { name, change, NULL, text }
#define TAR(name, change, text) { name, NULL, change, text }

#define ELF_CHANGE(fn, statement) \
static void fn(struct elf *e) \
{ \
	statement; \
}
#define TAR_CHANGE(fn, statement) \
static void fn(struct parts *p) \
{ \
	struct tar_header *h = (void *)(p->tar.bytes + INIT_AT); \
	(void)h; \
	statement; \
}

ELF_CHANGE(no_magic, e->head.e_ident[1] = 'X')
ELF_CHANGE(class_32, e->head.e_ident[EI_CLASS] = ELFCLASS32)
ELF_CHANGE(big_endian, e->head.e_ident[EI_DATA] = ELFDATA2MSB)
ELF_CHANGE(ident_version, e->head.e_ident[EI_VERSION] = 7)
ELF_CHANGE(head_version, e->head.e_version = 9)
ELF_CHANGE(machine_arm, e->head.e_machine = EM_AARCH64)
ELF_CHANGE(type_exec, e->head.e_type = ET_EXEC)
ELF_CHANGE(type_rel, e->head.e_type = ET_REL)
ELF_CHANGE(ehsize, e->head.e_ehsize = 52)
ELF_CHANGE(phentsize, e->head.e_phentsize = 32)
ELF_CHANGE(no_phdrs, e->head.e_phnum = 0)
ELF_CHANGE(many_phdrs, e->head.e_phnum = 0xffff)
ELF_CHANGE(phoff_outside, e->head.e_phoff = 1u << 20)
ELF_CHANGE(phoff_huge, e->head.e_phoff = UINT64_MAX - 7)
ELF_CHANGE(phoff_odd, e->head.e_phoff = 65)
ELF_CHANGE(phoff_end, e->head.e_phoff = IMAGE_ELF_SIZE - 56)
ELF_CHANGE(entry_nowhere, e->head.e_entry = 0x900000)
ELF_CHANGE(entry_in_data, e->head.e_entry = IMAGE_DATA)
ELF_CHANGE(entry_huge, e->head.e_entry = UINT64_MAX)
ELF_CHANGE(entry_past_text, e->head.e_entry = IMAGE_TEXT + 0x1000)
ELF_CHANGE(file_over_mem, e->ph[PH_DATA].p_memsz = 0x7ff)
ELF_CHANGE(offset_outside, e->ph[PH_DATA].p_offset = 0x1000000)
ELF_CHANGE(offset_huge, e->ph[PH_DATA].p_offset = UINT64_MAX - 0xfff)
ELF_CHANGE(file_outside, e->ph[PH_DATA].p_filesz =
	e->ph[PH_DATA].p_memsz = 0x100000)
ELF_CHANGE(vaddr_huge, e->ph[PH_DATA].p_vaddr = UINT64_MAX - 0xfff)
ELF_CHANGE(memsz_huge, e->ph[PH_DATA].p_memsz = UINT64_MAX)
ELF_CHANGE(memsz_large, e->ph[PH_DATA].p_memsz = 1ull << 40)
ELF_CHANGE(align_odd, e->ph[PH_DATA].p_align = 4097)
ELF_CHANGE(align_small, e->ph[PH_DATA].p_align = 16)
ELF_CHANGE(misaligned, e->ph[PH_DATA].p_vaddr += 8)
ELF_CHANGE(w_and_x, e->ph[PH_TEXT].p_flags |= PF_W)
ELF_CHANGE(not_readable, e->ph[PH_TEXT].p_flags = PF_X)
ELF_CHANGE(overlap, e->ph[PH_DATA].p_vaddr = IMAGE_TEXT)
ELF_CHANGE(descending, (e->ph[PH_HEAD].p_vaddr = 0x8000))
ELF_CHANGE(needs_loader, e->ph[PH_STACK].p_type = PT_INTERP)
ELF_CHANGE(nothing_to_load, (e->ph[PH_HEAD].p_type = PT_NOTE,
	e->ph[PH_TEXT].p_type = PT_NOTE, e->ph[PH_DATA].p_type = PT_NOTE))
ELF_CHANGE(no_code, e->ph[PH_TEXT].p_flags = PF_R)
ELF_CHANGE(phdrs_not_loaded, e->ph[PH_HEAD].p_type = PT_NOTE)
ELF_CHANGE(more_than_ram, e->ph[PH_DATA].p_memsz = 32u << 20)

TAR_CHANGE(empty, p->tar.size = 0)
TAR_CHANGE(one_byte, p->tar.size = 1)
TAR_CHANGE(half_header, p->tar.size = 256)
TAR_CHANGE(cut_in_init, p->tar.size = INIT_AT + 512 + 1000)
TAR_CHANGE(cut_header, p->tar.size = INIT_AT + 100)
TAR_CHANGE(no_end, p->tar.size -= 1024)
TAR_CHANGE(only_zeros, memset(p->tar.bytes, 0, p->tar.size))
TAR_CHANGE(noise, memset(p->tar.bytes, 0xa5, p->tar.size))
TAR_CHANGE(bad_checksum, h->mode[0] ^= 1)
TAR_CHANGE(checksum_text, memcpy(h->checksum, "notoctal", 8))
TAR_CHANGE(bad_magic, (memcpy(h->magic, "USTAR", 6), tar_checksum(h)))
TAR_CHANGE(size_text, (memcpy(h->size, "xyz", 3), tar_checksum(h)))
TAR_CHANGE(size_empty, (memset(h->size, 0, 12), tar_checksum(h)))
TAR_CHANGE(size_huge, (memcpy(h->size, "77777777777", 12), tar_checksum(h)))
TAR_CHANGE(size_binary, (memset(h->size, 0xff, 12), tar_checksum(h)))
TAR_CHANGE(size_short, (memcpy(h->size, "00000000040", 12), tar_checksum(h)))
TAR_CHANGE(other_name, (h->name[0] = 'x', tar_checksum(h)))
TAR_CHANGE(longer_name, (h->name[4] = 'x', tar_checksum(h)))
TAR_CHANGE(a_directory, (h->typeflag = '5', tar_checksum(h)))
TAR_CHANGE(a_link, (h->typeflag = '2', tar_checksum(h)))
TAR_CHANGE(unaligned, p->base += 512)

static const char *many_args[1000];

static void
name_many_args(void)
{
	for (unsigned int i = 0; i < 999; i++)
		many_args[i] = "a";
}

TAR_CHANGE(many_arguments, (name_many_args(), p->argv = many_args))

static const struct broken broken[] = {
	ELF("no ELF magic", no_magic, "ELF file expected"),
	ELF("32-bit", class_32, "64-bit"),
	ELF("big-endian", big_endian, "little-endian"),
	ELF("version in the identification", ident_version, "7"),
	ELF("version in the header", head_version, "9"),
	ELF("another machine", machine_arm, "183"),
	ELF("fixed addresses", type_exec, "PIE"),
	ELF("an object file", type_rel, "PIE"),
	ELF("size of the ELF header", ehsize, "52"),
	ELF("size of a program header", phentsize, "32"),
	ELF("no program headers", no_phdrs, "program headers"),
	ELF("65535 program headers", many_phdrs, "65535"),
	ELF("program headers outside", phoff_outside, "program headers"),
	ELF("program headers wrap", phoff_huge, "program headers"),
	ELF("program headers unaligned", phoff_odd, "program headers"),
	ELF("program headers cut", phoff_end, "program headers"),
	ELF("entry nowhere", entry_nowhere, "900000"),
	ELF("entry in data", entry_in_data, "entry"),
	ELF("entry wraps", entry_huge, "entry"),
	ELF("entry one past", entry_past_text, "entry"),
	ELF("more in the file than in memory", file_over_mem, "segment 2"),
	ELF("segment outside the file", offset_outside, "segment 2"),
	ELF("segment offset wraps", offset_huge, "segment 2"),
	ELF("segment past the end of the file", file_outside, "segment 2"),
	ELF("segment address wraps", vaddr_huge, "segment 2"),
	ELF("segment memory wraps", memsz_huge, "segment 2"),
	ELF("segment larger than any image", memsz_large, "segment 2"),
	ELF("alignment no power of two", align_odd, "segment 2"),
	ELF("alignment less than a page", align_small, "segment 2"),
	ELF("address and offset disagree", misaligned, "segment 2"),
	ELF("writable and executable", w_and_x, "segment 1"),
	ELF("not readable", not_readable, "segment 1"),
	ELF("segments overlap", overlap, "segment 2"),
	ELF("segments descend", descending, "segment 1"),
	ELF("a dynamic loader", needs_loader, "dynamic loader"),
	ELF("nothing to load", nothing_to_load, "segment"),
	ELF("no code", no_code, "executable"),
	ELF("program headers not loaded", phdrs_not_loaded,
		"program headers"),
	ELF("larger than RAM", more_than_ram, "memory"),
	TAR("empty", empty, "empty"),
	TAR("one byte", one_byte, "truncated"),
	TAR("half a header", half_header, "truncated"),
	TAR("cut in init", cut_in_init, "truncated"),
	TAR("cut in a header", cut_header, "truncated"),
	TAR("no end", no_end, "truncated"),
	TAR("only zeros", only_zeros, "init"),
	TAR("noise", noise, "byte 0"),
	TAR("checksum", bad_checksum, "checksum"),
	TAR("checksum is text", checksum_text, "checksum"),
	TAR("magic", bad_magic, "ustar"),
	TAR("size is text", size_text, "size"),
	TAR("size is empty", size_empty, "size"),
	TAR("size is huge", size_huge, "truncated"),
	TAR("size is binary", size_binary, "size"),
	TAR("size is too small", size_short, "64 bytes expected"),
	TAR("no init", other_name, "init"),
	TAR("a name that begins with init", longer_name, "init"),
	TAR("init is a directory", a_directory, "init"),
	TAR("init is a link", a_link, "init"),
	TAR("archive not on a page", unaligned, "initramfs"),
	TAR("too many arguments", many_arguments, "arguments"),
};
#define NBROKEN	((int)(sizeof(broken) / sizeof(broken[0])))

static struct parts parts;

static bool
try_boot(const struct broken *b, char *err, size_t errsize)
{
	struct hal_boot boot = { .platform = "mock", .ram = mock.ram,
		.nram = 2,
		.slice_ns = 1000000 };

	make_elf(&parts.elf);
	if (b->elf != NULL)
		b->elf(&parts.elf);
	make_tar(&parts.tar, &parts.elf);
	parts.base = MOCK_RAM_BASE + (1u << 20);
	if (b->tar != NULL)
		b->tar(&parts);
	/* What lies beyond its end is not the archive's. */
	memset(hal_physmap + parts.base, 0xee, 4096);
	memcpy(hal_physmap + parts.base, parts.tar.bytes, parts.tar.size);
	boot.initramfs.base = parts.base;
	boot.initramfs.size = parts.tar.size;
	boot.argv = parts.argv;
	return core_boot(&boot, err, errsize);
}

START_TEST(image_broken)
{
	const struct broken *b = &broken[_i];
	char err[256];

	memset(err, '#', sizeof(err));
	mock_init(RAM);
	ck_assert_msg(!try_boot(b, err, sizeof(err)), "%s: boots", b->name);
	ck_assert_msg(memchr(err, '\0', sizeof(err)) != NULL,
		"%s: no end of the error", b->name);
	ck_assert_msg(strstr(err, b->says) != NULL, "%s: \"%s\" says nothing "
		"of \"%s\"", b->name, err, b->says);
	ck_assert_msg(strchr(err, '\n') == NULL, "%s: two lines", b->name);
}
END_TEST

/* The error is cut where it does not fit. */
START_TEST(error_bounds)
{
	char err[64];

	memset(err, '#', sizeof(err));
	mock_init(RAM);
	ck_assert(!try_boot(&broken[_i], err, 20));
	ck_assert_uint_eq(strlen(err), 19);
	ck_assert_int_eq(err[20], '#');
}
END_TEST

/* The same code boots what is not broken: else the table proves nothing. */
START_TEST(image_good)
{
	const struct broken nothing = { "good", NULL, NULL, "" };
	char err[200] = "";

	mock_init(RAM);
	ck_assert_msg(try_boot(&nothing, err, sizeof(err)), "%s", err);
}
END_TEST

/* Any byte of the headers changed: it boots or it says why, but no crash. */
START_TEST(image_random)
{
	struct rng r = { 1000 + (uint64_t)_i };
	struct parts *p = &parts;
	struct hal_boot boot = { .platform = "mock", .ram = mock.ram,
		.nram = 2,
		.slice_ns = 1000000 };
	char err[200] = "";

	mock_init(RAM);
	make_elf(&p->elf);
	for (int n = 1 + (int)rng_below(&r, 4); n > 0; n--)
		p->elf.bytes[rng_below(&r, 288)] =
			(unsigned char)(rng_next(&r) >> 40);
	make_tar(&p->tar, &p->elf);
	if (rng_below(&r, 2) == 0)
		p->tar.bytes[rng_below(&r, 1024)] ^=
			(unsigned char)(1u << rng_below(&r, 8));
	boot.initramfs.base = MOCK_RAM_BASE + (1u << 20);
	boot.initramfs.size = p->tar.size - rng_below(&r, 2) *
		rng_below(&r, (unsigned int)p->tar.size);
	memcpy(hal_physmap + boot.initramfs.base, p->tar.bytes, p->tar.size);
	if (!core_boot(&boot, err, sizeof(err)))
		ck_assert_msg(strlen(err) > 10, "failed without a word");
	else
		unit_check_core();
}
END_TEST

Suite *
suite_broken(void)
{
	Suite *s = suite_create("broken");
	TCase *tc = tcase_create("broken");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, image_good);
	tcase_add_loop_test(tc, image_broken, 0, NBROKEN);
	tcase_add_loop_test(tc, error_bounds, 0, 3);
	tcase_add_loop_test(tc, image_random, 0, 300);
	suite_add_tcase(s, tc);
	return s;
}
