/* SPDX-License-Identifier: BSD-2-Clause */
/* A good image: what init finds when it starts. */
#include <string.h>

#include <cap.h>
#include <cspace.h>
#include <memory.h>
#include <object.h>
#include <page.h>

#include "archive.h"
#include "snapshot.h"
#include "suites.h"
#include "unit.h"
#include "world.h"

#define RAM	(8u << 20)

static uint64_t
read_word(uint64_t va)
{
	uint64_t word, bad;
	struct vspace *vs = task_vspace(world.init);

	if (!user_check(vs, (struct uptr){ va }, 8, false, &bad))
		unit_fail("nothing at %#lx", (unsigned long)va);
	user_copy_in(vs, &word, (struct uptr){ va }, 8);
	return word;
}

static void
check_string(uint64_t va, const char *expected)
{
	char text[64] = "";
	uint64_t len = strlen(expected) + 1, bad;

	ck_assert(user_check(task_vspace(world.init), (struct uptr){ va },
		len, false, &bad));
	user_copy_in(task_vspace(world.init), text, (struct uptr){ va }, len);
	ck_assert_str_eq(text, expected);
}

START_TEST(boot_registers)
{
	const struct helios_regs *r;
	uint64_t argc;

	world_boot(RAM);
	r = task_regs(world.init);
	ck_assert_uint_eq(r->rip, world.info->image_base + IMAGE_ENTRY);
	ck_assert_uint_eq(r->rsp % 16, 0);
	ck_assert_uint_eq(r->rflags & ~0x202ull, 0);
	ck_assert_uint_eq(r->rax | r->rbx | r->rcx | r->rdx | r->rsi | r->rdi |
		r->rbp | r->r8 | r->r9 | r->r10 | r->r11 | r->r12 | r->r13 |
		r->r14 | r->r15, 0);
	argc = read_word(r->rsp);
	ck_assert_uint_eq(argc, 2);
	check_string(read_word(r->rsp + 8), "init");
	check_string(read_word(r->rsp + 16), "init");
	ck_assert_uint_eq(read_word(r->rsp + 24), 0);
	ck_assert_uint_eq(read_word(r->rsp + 32), 0);
	ck_assert(task_vspace(world.init) != NULL);
	ck_assert(!task_is_foreign(world.init));
	ck_assert_str_ne(task_name(world.init), "");
}
END_TEST

/* The value of an aux vector entry. */
static uint64_t
aux(uint64_t type)
{
	uint64_t p = task_regs(world.init)->rsp + 40;

	for (; read_word(p) != 0; p += 16)
		if (read_word(p) == type)
			return read_word(p + 8);
	unit_fail("no aux entry of type %lu", (unsigned long)type);
}

START_TEST(boot_auxv)
{
	uint64_t base, info;

	world_boot(RAM);
	base = world.info->image_base;
	ck_assert_uint_eq(aux(3), base + sizeof(Elf64_Ehdr));
	ck_assert_uint_eq(aux(4), sizeof(Elf64_Phdr));
	ck_assert_uint_eq(aux(5), IMAGE_PHDRS);
	ck_assert_uint_eq(aux(6), 4096);
	ck_assert_uint_eq(aux(9), base + IMAGE_ENTRY);
	ck_assert_uint_ne(read_word(aux(25)), read_word(aux(25) + 8));
	info = aux(HELIOS_AT_BOOTINFO);
	ck_assert_uint_eq(read_word(info), HELIOS_BOOTINFO_MAGIC);
	ck_assert_uint_eq(aux(HELIOS_AT_ENTRY), 0);
	read_word(aux(HELIOS_AT_IPCBUF));
}
END_TEST

START_TEST(boot_image)
{
	struct hal_mapping m;
	uint64_t base;
	struct vspace *vs;

	world_boot(RAM);
	base = world.info->image_base;
	vs = task_vspace(world.init);
	ck_assert(tlb_lookup(vs, base + IMAGE_TEXT, &m) && m.x && !m.w);
	ck_assert(tlb_lookup(vs, base, &m) && !m.x && !m.w);
	ck_assert(tlb_lookup(vs, base + IMAGE_DATA, &m) && !m.x && m.w);
	ck_assert(tlb_lookup(vs, base + IMAGE_DATA + 0x1000, &m) && m.w);
	ck_assert(!tlb_lookup(vs, base + IMAGE_DATA + 0x2000, &m));
	ck_assert(!tlb_lookup(vs, 0, &m));
	for (unsigned int i = 0; i < IMAGE_DATA_MEM; i += 8) {
		uint64_t w = read_word(base + IMAGE_DATA + i), want = 0;

		for (unsigned int j = 0; j < 8 && i < IMAGE_DATA_FILE; j++)
			want |= (uint64_t)(unsigned char)((i + j) * 7 + 1) <<
				8 * j;
		ck_assert_uint_eq(w, want);
	}
	ck_assert_uint_eq(read_word(base + IMAGE_TEXT), 0xccccccccccccccccull);
}
END_TEST

START_TEST(boot_info)
{
	static const unsigned int types[] = { HELIOS_CSPACE, HELIOS_VSPACE,
		HELIOS_TASK, HELIOS_MEMORY, HELIOS_DEVMEM, HELIOS_IRQCONTROL,
		HELIOS_IOCONTROL, HELIOS_SYSTEMCONTROL, HELIOS_PAGE,
		HELIOS_PAGE };
	const struct helios_bootinfo *info;

	world_boot(RAM);
	info = world.info;
	ck_assert_uint_eq(info->magic, HELIOS_BOOTINFO_MAGIC);
	ck_assert_uint_eq(info->version, HELIOS_BOOTINFO_VERSION);
	ck_assert_str_eq(info->platform, "mock");
	ck_assert_uint_eq(info->user_base, MOCK_USER_BASE);
	ck_assert_uint_eq(info->user_limit, MOCK_USER_LIMIT);
	ck_assert_uint_eq(info->irq_count, MOCK_IRQS);
	ck_assert_uint_eq(info->slice_ns, 1000000);
	ck_assert_uint_eq(info->machine.acpi_root, 0xfee1dead);
	ck_assert_uint_eq(info->machine.range[0].type, HELIOS_RANGE_BAD);
	ck_assert_uint_le(info->memory_pages, (RAM + MOCK_LOW_SIZE) / 4096);
	ck_assert_uint_gt(info->memory_pages + info->kernel_pages,
		(RAM + MOCK_LOW_SIZE) / 4096 - 64);
	for (unsigned int i = 0; i < HELIOS_INIT_CAPS; i++) {
		sys(world.init, HELIOS_SYS_IDENTIFY, i, 0, NULL);
		ck_assert_uint_eq(world.status, HELIOS_OK);
		ck_assert_uint_eq(HELIOS_IDENTIFY_TYPE(world.detail),
			types[i]);
	}
	unit_check_core();
}
END_TEST

/* Every page that bootinfo speaks of is there, and what follows is Null. */
START_TEST(boot_pages)
{
	const struct helios_bootinfo *info;
	uint64_t last = 0, used = 0;
	uint64_t row[512 / 8];

	world_boot(RAM);
	info = world.info;
	ck_assert_uint_eq(info->initramfs_count,
		(info->initramfs_size + 4095) / 4096);
	for (uint64_t i = 0; i < info->cspace_slots; i++) {
		const struct slot *s = init_slot(i);

		if (cap_type(s) == HELIOS_NULL)
			continue;
		used++;
		last = i;
		ck_assert_uint_ne(cap_type(s), HELIOS_DEAD);
	}
	ck_assert_uint_eq(last + 1, used);
	ck_assert_uint_eq(used, HELIOS_INIT_CAPS + info->initramfs_count +
		info->image_count + info->stack_count);
	ck_assert_uint_eq(info->image_count, 4);
	/* The archive, read by its capabilities: it was left alone. */
	kop(world.init, info->initramfs_first, HELIOS_PAGE, HELIOS_PAGE_READ,
		0, task_regs(world.init)->rsp - 2048, 512);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	for (unsigned int i = 0; i < 64; i++)
		row[i] = read_word(task_regs(world.init)->rsp - 2048 + 8 * i);
	ck_assert_str_eq((const char *)row, "etc/");
	kop(world.init, info->initramfs_first, HELIOS_PAGE, HELIOS_PAGE_WRITE,
		0, task_regs(world.init)->rsp - 2048, 512);
	ck_assert_uint_eq(world.status, HELIOS_ACCESS);
}
END_TEST

/* Nothing but the kernel's own and what init holds is gone from Memory. */
START_TEST(boot_accounts)
{
	uint64_t pages, free, objects = 0;

	world_boot(RAM);
	kop(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY, HELIOS_MEMORY_INFO);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	ck_assert_uint_eq(world.nout, 4);
	pages = world.out[0];
	free = world.out[1];
	ck_assert_uint_eq(pages, world.info->memory_pages);
	ck_assert_uint_lt(free, pages);
	for (uint64_t i = 0; i < world.info->cspace_slots; i++) {
		unsigned int type = cap_type(init_slot(i));

		objects += type == HELIOS_CSPACE || type == HELIOS_VSPACE ||
			type == HELIOS_TASK || type == HELIOS_PAGE;
	}
	/* The kernel's own small Memory came from it too. */
	ck_assert_uint_eq(world.out[3], objects + 1);
}
END_TEST

/* Too little RAM for something: an error each time, and in the end a boot. */
START_TEST(boot_little_ram)
{
	static struct elf elf;
	static struct tar tar;
	struct hal_boot boot = { .platform = "mock", .nram = 2,
		.slice_ns = 1000000 };
	uint64_t pages = (uint64_t)_i * 7 + 1;
	char err[200] = "";
	bool ok;

	make_elf(&elf);
	make_tar(&tar, &elf);
	mock_init(RAM);
	/* Only so much of it is called RAM, and the archive lies in it. */
	mock.ram[1].size = (pages + 8) * 4096;
	boot.ram = mock.ram;
	boot.initramfs.base = MOCK_RAM_BASE;
	boot.initramfs.size = tar.size;
	memcpy(hal_physmap + MOCK_RAM_BASE, tar.bytes, tar.size);
	ok = core_boot(&boot, err, sizeof(err));
	ck_assert_msg(ok || strlen(err) > 10, "failed without a word");
	ck_assert_msg(ok || strchr(err, '\n') == NULL, "%s", err);
	if (_i == 0)
		ck_assert(!ok);
	if (ok)
		ck_assert_ptr_nonnull(core_start());
	if (_i == 79)
		ck_assert_msg(ok, "%lu pages are too few: %s",
			(unsigned long)pages, err);
}
END_TEST

Suite *
suite_boot(void)
{
	Suite *s = suite_create("boot");
	TCase *tc = tcase_create("boot");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, boot_registers);
	tcase_add_test(tc, boot_auxv);
	tcase_add_test(tc, boot_image);
	tcase_add_test(tc, boot_info);
	tcase_add_test(tc, boot_pages);
	tcase_add_test(tc, boot_accounts);
	tcase_add_loop_test(tc, boot_little_ram, 0, 80);
	suite_add_tcase(s, tc);
	return s;
}
