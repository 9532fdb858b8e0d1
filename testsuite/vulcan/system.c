/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SystemControl, and what init is told.  Powering off is what the harness
 * does at the end of the run.
 */
#include "objects.h"

TEST(system, counts_follow_objects)
{
	static const unsigned int types[] = { HELIOS_TASK, HELIOS_ENDPOINT,
		HELIOS_NOTE, HELIOS_CSPACE, HELIOS_VSPACE, HELIOS_MEMORY };
	uint64_t before[6], now[6];
	helios_cap_t cap;
	unsigned int i, j;
	const uint64_t label = HELIOS_LABEL(HELIOS_SYSTEMCONTROL,
		HELIOS_SYSTEM_COUNTS);

	CHECK_OK(helios_invoke(helios_process.system, label, NULL, 0, before,
			6));
	for (i = 0; i < 6; i++) {
		uint64_t size = types[i] == HELIOS_CSPACE ? RADIX :
			types[i] == HELIOS_MEMORY ? 1 : 0;

		cap = make(types[i], size);
		CHECK_OK(helios_invoke(helios_process.system, label, NULL, 0,
				now, 6));
		for (j = 0; j < 6; j++)
			CHECK_EQ(now[j], before[j] + (i == j));
		/* Another capability is not another object. */
		if (types[i] != HELIOS_MEMORY) {
			make_copy(cap, HELIOS_RIGHTS_ALL);
			CHECK_OK(helios_invoke(helios_process.system, label,
					NULL, 0, now, 6));
			CHECK_EQ(now[i], before[i] + 1);
			CHECK_OK(helios_revoke(cap));
		}
		CHECK_OK(helios_destroy(cap));
		CHECK_OK(helios_invoke(helios_process.system, label, NULL, 0,
				now, 6));
		CHECK_EQ(now[i], before[i]);
	}
}

TEST(system, check_sees_every_object)
{
	helios_cap_t cap;
	uint64_t before = 0, now = 0;

	if (!vulcan_boot_flag(HELIOS_BOOT_DEBUG)) {
		CHECK_STATUS(helios_system_check(helios_process.system, &now),
			HELIOS_UNSUPPORTED);
		return;
	}
	CHECK_OK(helios_system_check(helios_process.system, &before));
	CHECK(before > 0);
	cap = make(HELIOS_ENDPOINT, 0);
	CHECK_OK(helios_system_check(helios_process.system, &now));
	CHECK_EQ(now, before + 1);
	CHECK_OK(helios_destroy(cap));
	CHECK_OK(helios_system_check(helios_process.system, &now));
	CHECK_EQ(now, before);
}

TEST(system, operations_refused)
{
	helios_cap_t system = helios_process.system;
	struct snapshot s;
	helios_cap_t copy;

	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_copy(system, HELIOS_RIGHTS_ALL, &copy),
		HELIOS_UNSUPPORTED, HELIOS_SYSTEMCONTROL);
	CHECK_NO_CHANGE(&s, INVOKE(system, HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_CONSOLE, 2), HELIOS_INVALID_PARAM, 0);
	/* One word too few or too many: the machine must stay on. */
	CHECK_STATUS(INVOKE_0(system, HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_POWEROFF), HELIOS_INVALID_PARAM);
	CHECK_STATUS(INVOKE(system, HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_POWEROFF, 0, 0), HELIOS_INVALID_PARAM);
	CHECK_STATUS(INVOKE(system, HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_REBOOT, 0), HELIOS_INVALID_PARAM);
	CHECK_NO_CHANGE(&s, INVOKE_0(system, HELIOS_SYSTEMCONTROL, 5),
		HELIOS_INVALID_OP, HELIOS_LABEL(HELIOS_SYSTEMCONTROL, 5));
	CHECK_NO_CHANGE(&s, INVOKE_0(helios_process.cspace,
			HELIOS_SYSTEMCONTROL, HELIOS_SYSTEM_COUNTS),
		HELIOS_INVALID_CTYPE, HELIOS_CSPACE);
}

TEST(system, bootinfo_holds)
{
	const struct helios_bootinfo *info = helios_process.bootinfo;
	helios_cap_t i;

	CHECK(info != NULL);
	CHECK_EQ(info->magic, HELIOS_BOOTINFO_MAGIC);
	CHECK_EQ(info->version, HELIOS_BOOTINFO_VERSION);
	CHECK_EQ(info->cspace_slots,
		table_of(HELIOS_INIT_CSPACE).slots);
	CHECK(memory_of(HELIOS_INIT_MEMORY).pages <= info->memory_pages);
	CHECK(info->kernel_pages < info->memory_pages);
	CHECK(info->initramfs_count * PAGE >= info->initramfs_size);
	CHECK((info->initramfs_count - 1) * PAGE < info->initramfs_size);
	CHECK(info->slice_ns > 0);
	for (i = 0; i < info->initramfs_count; i++) {
		helios_cap_t cap = info->initramfs_first + i;
		struct helios_slot_info slot =
			slot_of(helios_process.cspace, cap);

		CHECK_EQ(HELIOS_IDENTIFY_TYPE(slot.identify), HELIOS_PAGE);
		CHECK(!(slot.identify & HELIOS_IDENTIFY_W));
		CHECK_EQ(page_of(cap).flags & HELIOS_PAGE_MAPPED, 0);
	}
}

TEST(system, first_capabilities)
{
	static const unsigned int types[HELIOS_INIT_CAPS] = {
		[HELIOS_INIT_CSPACE] = HELIOS_CSPACE,
		[HELIOS_INIT_VSPACE] = HELIOS_VSPACE,
		[HELIOS_INIT_TASK] = HELIOS_TASK,
		[HELIOS_INIT_MEMORY] = HELIOS_MEMORY,
		[HELIOS_INIT_DEVMEM] = HELIOS_DEVMEM,
		[HELIOS_INIT_IRQCONTROL] = HELIOS_IRQCONTROL,
		[HELIOS_INIT_IOCONTROL] = HELIOS_IOCONTROL,
		[HELIOS_INIT_SYSTEMCONTROL] = HELIOS_SYSTEMCONTROL,
		[HELIOS_INIT_IPCBUF] = HELIOS_PAGE,
		[HELIOS_INIT_BOOTINFO] = HELIOS_PAGE,
	};
	unsigned int i;

	for (i = 0; i < HELIOS_INIT_CAPS; i++)
		CHECK_EQ(type_of(i), types[i]);
	CHECK_EQ(page_of(HELIOS_INIT_BOOTINFO).flags, HELIOS_PAGE_MAPPED);
	CHECK_EQ(page_of(HELIOS_INIT_BOOTINFO).address,
		(uintptr_t)helios_process.bootinfo);
	CHECK_EQ(page_of(HELIOS_INIT_IPCBUF).flags, HELIOS_PAGE_MAPPED |
		HELIOS_MAP_W);
	/* The image is W^X, page by page. */
	for (i = 0; i < helios_process.bootinfo->image_count; i++) {
		uint64_t flags = page_of(helios_process.bootinfo->image_first +
			i).flags;

		CHECK((flags & (HELIOS_MAP_W | HELIOS_MAP_X)) !=
			(HELIOS_MAP_W | HELIOS_MAP_X));
	}
}
