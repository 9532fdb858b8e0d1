/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init of the image that a person boots first: what Helios sees of the
 * machine, on one screen of 24 lines and 79 columns.
 */
#include <libhelios.h>

#define MIB	(1ull << 20)
#define PAGE	HELIOS_PAGE_SIZE

/* CPUID leaves of the brand string, four registers each. */
#define BRAND_FIRST	0x80000002u
#define BRAND_LAST	0x80000004u

static const struct helios_bootinfo *info;

static void
cpuid(uint32_t leaf, uint32_t r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]),
		"=d"(r[3]) : "a"(leaf), "c"(0));
}

static void
print_row(const char *name, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
print_row(const char *name, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	helios_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	helios_printf("  %-12s %s\n", name, text);
}

static void
print_processor(void)
{
	char brand[49] = "";
	const char *start = brand;
	uint32_t r[4], leaf;

	cpuid(0x80000000u, r);
	for (leaf = BRAND_FIRST; r[0] >= BRAND_LAST && leaf <= BRAND_LAST;
			leaf++) {
		uint32_t part[4];

		cpuid(leaf, part);
		memcpy(brand + 16 * (leaf - BRAND_FIRST), part, 16);
	}
	while (*start == ' ')
		start++;
	print_row("processor", "%s", *start != '\0' ? start : "x86_64");
}

static void
print_clock(void)
{
	if (info->flags & HELIOS_BOOT_VIRTUAL)
		print_row("clock", "virtual");
	else if (info->machine.tsc_hz != 0)
		print_row("clock", "%llu MHz, slices of %llu us",
			(unsigned long long)info->machine.tsc_hz / 1000000,
			(unsigned long long)info->slice_ns / 1000);
	else
		print_row("clock", "slices of %llu us",
			(unsigned long long)info->slice_ns / 1000);
}

static enum helios_status
print_memory(void)
{
	struct helios_memory_info m;
	enum helios_status status = helios_memory_info(HELIOS_INIT_MEMORY, &m);

	if (status != HELIOS_OK)
		return status;
	print_row("memory", "%llu MiB, %llu MiB free, kernel %llu KiB",
		(unsigned long long)((info->memory_pages + info->kernel_pages)
			* PAGE / MIB),
		(unsigned long long)(m.free * PAGE / MIB),
		(unsigned long long)(info->kernel_pages * PAGE / 1024));
	return HELIOS_OK;
}

static void
print_devices(void)
{
	const struct helios_framebuffer *fb = &info->machine.framebuffer;

	print_row("interrupts", "%llu lines",
		(unsigned long long)info->irq_count);
	if (fb->width != 0)
		print_row("screen", "%u x %u, %u bits a pixel", fb->width,
			fb->height, (unsigned int)fb->bpp);
	else
		print_row("screen", "text");
	print_row("ACPI", "%s", info->machine.acpi_root != 0 ? "yes" : "no");
}

static enum helios_status
print_files(void)
{
	struct helios_tar_entry entry;
	struct helios_tar tar;
	enum helios_status status = helios_tar_initramfs(&tar);
	uint64_t at = 0;

	if (status == HELIOS_OK)
		status = helios_tar_entry(&tar, 0, &entry);
	for (; status == HELIOS_OK; at = entry.next,
			status = helios_tar_entry(&tar, at, &entry))
		print_row("initramfs", "%s, %llu KiB", entry.name,
			(unsigned long long)(entry.size + 1023) / 1024);
	return status == HELIOS_WOULD_BLOCK ? HELIOS_OK : status;
}

static enum helios_status
print_all(void)
{
	enum helios_status status;

	helios_printf("\nHelios " HELIOS_VERSION "\n\n");
	print_row("platform", "%s, kernel with%s invariant checks",
		info->platform, info->flags & HELIOS_BOOT_DEBUG ? "" : "out");
	print_processor();
	print_clock();
	status = print_memory();
	print_devices();
	if (status == HELIOS_OK)
		status = print_files();
	return status;
}

int
main(int argc, char **argv, char **envp)
{
	enum helios_status status;

	(void)argc;
	(void)argv;
	(void)envp;
	info = helios_process.bootinfo;
	if (info == NULL) {
		helios_printf("sysinfo: expected to be started as init\n");
		return 1;
	}
	status = print_all();
	if (status != HELIOS_OK) {
		helios_printf("sysinfo: %s (detail %llu)\n",
			helios_strerror(status),
			(unsigned long long)helios_detail());
		return 1;
	}
	helios_printf("\nAll of this is a program in user mode.  The kernel's "
		"tests are another:\nchoose the self test in the boot menu, or "
		"boot vulcan.tar.\n\n");
	return 0;
}
