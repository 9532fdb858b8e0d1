/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the machine: each part in turn, then core, then init.
 *
 * The console comes up before anything is complained of, so that whatever
 * cannot be done is readable.
 */
#include <hal.h>
#include <helios/bootinfo.h>
#include <klog.h>

#include "baremetal.h"

#define MIB		(1ul << 20)

/* boot.S */
_Noreturn void kernel_main(uint32_t magic, uint64_t info);

static struct helios_machine machine;
static bool options_right;
static char options_error[256];		/* if not */

/*
 * What the log says of the machine
 */

static void
log_processor(void)
{
	klog(KLOG_INFO, "processor: %s, %u physical address bits", cpu.name,
		cpu.phys_bits);
	klog(KLOG_INFO, "processor: uses%s%s%s%s%s%s%s%s",
		cpu.nx ? " no-execute" : "", cpu.smep ? " SMEP" : "",
		cpu.smap ? " SMAP" : "", cpu.umip ? " UMIP" : "",
		cpu.pcid ? " PCID" : "", cpu.fsgsbase ? " FSGSBASE" : "",
		cpu.xsave ? " XSAVE" : " FXSAVE", cpu.avx ? " AVX" : "");
	if (!cpu.nx)
		klog(KLOG_WARN, "processor: without no-execute; whatever a "
			"program can read it can execute");
}

static void
log_memory(const struct hal_boot *b)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < b->nram; i++)
		bytes += b->ram[i].size;
	klog(KLOG_INFO, "memory: %lu MiB in %lu ranges; initramfs %lu KiB",
		bytes / MIB, b->nram, b->initramfs.size / 1024);
}

static void
log_machine(const struct hal_boot *b)
{
	const struct helios_framebuffer *fb = &boot_info.framebuffer;

	klog(KLOG_INFO, "started by %s", boot_info.loader);
	log_processor();
	log_memory(b);
	klog(KLOG_INFO, "clock: %s; timer: %s", clock_name(), timer_name());
	klog(KLOG_INFO, "interrupts: %u lines, %s", hal_irq_count(),
		lapic_present() ? "APIC" : "8259");
	if (fb->width != 0)
		klog(KLOG_INFO, "screen: %u x %u, %u bits a pixel",
			fb->width, fb->height, (unsigned int)fb->bpp);
	else
		klog(KLOG_INFO, "screen: %s",
			boot_info.vga_text ? "VGA text" : "none");
}

/*
 * What core is told
 */

/* The finalizer of SplitMix64: each bit of the result hangs on all. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t
choose_seed(void)
{
	uint64_t random = 0;

	if (options.seeded)
		return options.seed;
	/* It may have nothing to give right now; then the time must do. */
	if (cpu.rdrand)
		__asm__ volatile("rdrand %0" : "=r"(random) : : "cc");
	return mix(mix(random) + rdtsc());
}

static void
describe_machine(void)
{
	unsigned int i;

	machine.acpi_root = boot_info.acpi_root;
	machine.tsc_hz = tsc_hz;
	machine.tsc_boot = tsc_boot;
	machine.framebuffer = boot_info.framebuffer;
	machine.nranges = boot_info.nranges;
	for (i = 0; i < boot_info.nranges; i++)
		machine.range[i] = boot_info.range[i];
}

static void
start_core(void)
{
	struct hal_boot b = {
		.platform = "pc",
		.phys_limit = 1ull << cpu.phys_bits,
		.initramfs = boot_info.initramfs,
		.argv = options.argv,
		.slice_ns = options.slice_ns,
		.seed = choose_seed(),
		.machine = &machine,
	};
	char err[256] = "no reason given";

	if (boot_info.initramfs.size == 0)
		boot_fail("no initramfs: one module (a tar archive with "
			"init in it) expected, none found; with GRUB: "
			"module2 /helios.tar, with QEMU: -initrd helios.tar");
	describe_machine();
	memory_finish(&b);
	log_machine(&b);
	if (!core_boot(&b, err, sizeof(err)))
		boot_fail("%s", err);
}

static void
read_loader(uint32_t magic, uint64_t info)
{
	char err[256] = "no reason given";
	bool ok = bootloader_parse(magic, info, err, sizeof(err));

	options_right = options_parse(boot_info.cmdline, options_error,
		sizeof(options_error));
	console_init();
	if (!ok)
		boot_fail("%s", err);
}

/* Only now, when panic=poweroff can do what it says. */
static void
check_options(void)
{
	if (!options_right)
		boot_fail("%s", options_error);
}

void
kernel_main(uint32_t magic, uint64_t info)
{
	struct task *first;

	cpu_tables();
	read_loader(magic, info);
	cpu_init();
	task_unload();
	paging_init();
	console_framebuffer();
	acpi_init();
	interrupts_init();
	clock_init();
	power_init();
	check_options();
	start_core();
	first = core_start();
	/* With a current task, so that the report has one to name. */
	if (options.crash != NULL)
		crash_now(options.crash);
	boot_over(first);
}
