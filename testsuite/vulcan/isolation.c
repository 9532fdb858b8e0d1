/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses that are not a program's: the kernel's, those that are none, and
 * its own in ways the mapping does not allow.
 */
#include "machine.h"

static const char *const probes[] = { probe_read, probe_write, probe_jump };
static const uint64_t accesses[] = { HELIOS_RIGHT_R, HELIOS_RIGHT_W,
	HELIOS_RIGHT_X };

/* The task does this and faults; the fault is returned. */
static struct helios_fault
fault_by(const char *probe, uint64_t address, uint64_t kind, helios_cap_t ep)
{
	helios_cap_t task = probe_task(probe, address, ep);
	struct helios_fault f;

	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, kind);
	CHECK_EQ(task_state(task), HELIOS_TASK_FAULTED);
	CHECK_OK(helios_destroy(task));
	return f;
}

/* Without the bit for it, fetches look like reads but for the address. */
static void
check_refused(uint64_t address, helios_cap_t ep, uint64_t errors[3])
{
	struct helios_fault f;

	for (unsigned int i = 0; i < 3; i++) {
		vulcan_note("access %u to %llx", i,
			(unsigned long long)address);
		f = fault_by(probes[i], address, HELIOS_FAULT_PAGE, ep);
		CHECK_EQ(f.address, address);
		CHECK_EQ(f.access, accesses[i]);
		CHECK_EQ(f.ip, i == 2 ? address :
			(uint64_t)(uintptr_t)probes[i]);
		errors[i] = f.error;
	}
}

/*
 * The kernel's: its image, its map of physical memory, its devices, and
 * where nothing is.  What is there cannot be told from what is not.
 */
TEST(isolation, kernel_addresses)
{
	static const uint64_t addresses[] = {
		0xffff800000000000ull,	/* nothing */
		0xffffffff80201000ull,	/* text */
		0xffffffff80220000ull,	/* data */
		0xffff888000001000ull,	/* memory */
		0xffff888000400000ull,
		0xffffff8000000000ull,	/* devices */
		0xfffffffffffff000ull,	/* nothing */
	};
	uint64_t nothing[3], errors[3];
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	check_refused(addresses[0], ep, nothing);
	for (unsigned int i = 1; i < sizeof addresses / sizeof *addresses;
			i++) {
		check_refused(addresses[i], ep, errors);
		for (unsigned int n = 0; n < 3; n++)
			CHECK_EQ(errors[n], nothing[n]);
	}
}

/* 48 bits count; the others must be copies of the highest. */
TEST(isolation, not_canonical)
{
	static const uint64_t addresses[] = { 0x800000000000ull,
		0xffff7ffffffffff0ull, 1ull << 63, 0x1234567800000000ull };
	struct helios_fault f;
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < sizeof addresses / sizeof *addresses;
			i++)
		for (unsigned int n = 0; n < 3; n++) {
			vulcan_note("access %u to %llx", n,
				(unsigned long long)addresses[i]);
			f = fault_by(probes[n], addresses[i],
				HELIOS_FAULT_EXCEPTION, ep);
			CHECK_EQ(f.error >> 32, 13);
		}
}

TEST(isolation, null_page)
{
	helios_cap_t ep, page;
	uint64_t errors[3];

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	check_refused(0, ep, errors);
	check_refused(0xff8, ep, errors);
	CHECK_OK(helios_newpage(&page));
	CHECK_STATUS(helios_map(helios_process.vspace, 0, HELIOS_MAP_W |
			HELIOS_MAP_FIXED, 1, &page, NULL),
		HELIOS_INVALID_PARAM);
}

TEST(isolation, last_page)
{
	helios_cap_t page;

	NEED_MACHINE();
	CHECK_EQ(helios_process.bootinfo->user_limit, USER_END);
	CHECK_OK(helios_newpage(&page));
	CHECK_STATUS(helios_map(helios_process.vspace, USER_END,
			HELIOS_MAP_W | HELIOS_MAP_FIXED, 1, &page, NULL),
		HELIOS_INVALID_PARAM);
	CHECK_OK(helios_map(helios_process.vspace, USER_END -
			HELIOS_PAGE_SIZE, HELIOS_MAP_W | HELIOS_MAP_FIXED, 1,
			&page, NULL));
}

/*
 * Memory that is the kernel's own is not to be had as a device: its image,
 * the interrupt controllers and what sends interrupts, and addresses that
 * this processor does not have.
 */
TEST(isolation, what_the_kernel_keeps)
{
	static const uint64_t kept[] = { 0, 0x200000, 0x220000, 0xfec00000,
		0xfee00000, 0xfee01000, 0xfeeff000 };
	uint64_t limit = 1ull << (cpuid_of(0x80000008u, 0).eax & 0xff);
	struct helios_devmem_info info;
	helios_cap_t page, part;

	NEED_MACHINE();
	for (unsigned int i = 0; i < sizeof kept / sizeof *kept; i++) {
		vulcan_note("%llx", (unsigned long long)kept[i]);
		CHECK(helios_devmem_pages(HELIOS_INIT_DEVMEM, kept[i],
				HELIOS_PAGE_SIZE, 1, &page) != HELIOS_OK);
	}
	CHECK_OK(helios_devmem_info(HELIOS_INIT_DEVMEM, &info));
	CHECK_EQ(info.base, 0);
	CHECK(limit == 1 || info.size <= limit);
	CHECK(helios_devmem_pages(HELIOS_INIT_DEVMEM, info.size,
			HELIOS_PAGE_SIZE, 1, &page) != HELIOS_OK);
	CHECK(helios_devmem_carve(HELIOS_INIT_DEVMEM, 0xfed00000, 0x200000,
			&part) != HELIOS_OK);
	/* The next one is free, so it was not refused for something else. */
	CHECK_OK(helios_devmem_pages(HELIOS_INIT_DEVMEM, 0xfef00000,
			HELIOS_PAGE_SIZE, 1, &page));
}

/* Data, stack and heap are no code. */
TEST(isolation, data_is_not_executed)
{
	static uint64_t data = 0xc3c3c3c3c3c3c3c3ull;
	uint64_t stack = data, where[3];
	struct helios_fault f;
	helios_cap_t ep;

	NEED_MACHINE();
	NEED_NO_EXECUTE();
	where[0] = (uint64_t)(uintptr_t)&data;
	where[1] = (uint64_t)(uintptr_t)&stack;
	where[2] = (uint64_t)(uintptr_t)malloc(64);
	CHECK_OK(helios_newendpoint(&ep));
	for (unsigned int i = 0; i < 3; i++) {
		f = fault_by(probe_jump, where[i], HELIOS_FAULT_PAGE, ep);
		CHECK_EQ(f.address, where[i]);
		CHECK_EQ(f.access, HELIOS_RIGHT_X);
	}
}

TEST(isolation, text_is_not_written)
{
	uint64_t text = (uint64_t)(uintptr_t)probe_read;
	struct helios_fault f;
	helios_cap_t ep;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	f = fault_by(probe_write, text, HELIOS_FAULT_PAGE, ep);
	CHECK_EQ(f.address, text);
	CHECK_EQ(f.access, HELIOS_RIGHT_W);
}

/* An access over the end of a page is at fault where the next begins. */
TEST(isolation, straddling_access)
{
	uint64_t next = USER_END;
	uint32_t tail = 1;
	struct helios_fault f;
	helios_cap_t ep, page;

	NEED_MACHINE();
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_map(helios_process.vspace, USER_END -
			HELIOS_PAGE_SIZE, HELIOS_MAP_W | HELIOS_MAP_FIXED, 1,
			&page, NULL));
	for (unsigned int i = 0; i < 2; i++) {
		f = fault_by(probes[i], next - 4, HELIOS_FAULT_PAGE, ep);
		CHECK_EQ(f.address, next);
		CHECK_EQ(f.access, accesses[i]);
	}
	CHECK_OK(helios_page_read(page, HELIOS_PAGE_SIZE - 4, &tail, 4));
	CHECK_EQ(tail, 0);
}
