/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine: what the parts of src/hal-baremetal promise each other.
 *
 * One processor, for now: what belongs to it is in plain globals, and no
 * path needs swapgs.
 *
 * Address space.  The lower half is the user's.  The upper half is the same
 * in every space (hal_vspace_init copies the root's upper entries, all of
 * which exist before core_boot):
 *
 *	PHYSMAP_BASE	the RAM core was given, and nothing else: writable,
 *			no-execute, global.  The kernel image is not in it,
 *			so nothing can write to its text.
 *	DEVICE_BASE	what map_physical maps: devices, firmware's tables
 *	KERNEL_BASE	+ physical address: the image.  Text is read-only,
 *			all else no-execute; a hole below each stack.  What
 *			only boot needs comes first, and goes when it is over
 *
 * Interrupts.  The kernel runs with interrupts off.  An interrupt is only
 * recorded where it arrives (irq_record): in user mode, in kernel_idle, and
 * in the one-instruction window of hal_irq_pending.  kernel_leave delivers
 * what is recorded to core before it resumes a task.
 *
 * Order of boot, in main.c: cpu_tables, bootloader_parse, options_parse,
 * console_init, cpu_init, task_unload, paging_init, console_framebuffer,
 * acpi_init, interrupts_init, clock_init, power_init, core_boot, core_start,
 * boot_over.
 */
#ifndef BAREMETAL_H
#define BAREMETAL_H

#include "layout.h"

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hal.h>
#include <helios/bootinfo.h>

/*
 * bootcode.c: what runs before the first program and never again stands apart
 * (local.mk lists whole files, BOOT_CODE is for functions of others), and is
 * gone when boot is over.  bootcode.awk, at link time, lets nothing else call
 * it.
 */
#define BOOT_CODE	__attribute__((section(".boot.text")))
/* kernel.lds: virtual addresses of its text, then its constants. */
extern char boot_start[], boot_text_end[], boot_end[];
/* The entries that map them, one after the other. */
extern uint64_t *boot_entries;
extern bool boot_code_gone;
void boot_code_drop(void);
/* Drop it and begin with this task. */
_Noreturn void boot_over(struct task *first);

/*
 * bootloader.c: Multiboot2 (3.6 of its specification) or PVH (Xen's
 * start_of_day structure, as QEMU -kernel passes it) to one description.
 */
struct boot_info {
	const char *loader;		/* name, for the log */
	char cmdline[1024];		/* without the kernel's name */
	/* Ascending, disjoint, neighbours of a type merged; RAM ranges are
	 * page aligned inwards, all others outwards. */
	struct helios_memory_range range[HELIOS_MACHINE_RANGES];
	unsigned int nranges;
	unsigned int nmodules;
	struct hal_range initramfs;	/* the first; size 0: none */
	uint64_t acpi_root;		/* physical, XSDT or RSDT; 0: none */
	struct helios_framebuffer framebuffer;	/* width 0: none */
	bool vga_text;			/* 80x25 at 0xb8000 */
};
extern struct boot_info boot_info;

/* magic: EAX at entry; info: physical address in EBX.  Early identity map of
 * the first 4 GiB.  False: one line on why in err. */
bool bootloader_parse(uint32_t magic, uint64_t info, char *err, size_t size);

/*
 * memory.c: physical memory until core has it.
 */
/* One entry of the firmware's map, whatever its alignment; type as E820 and
 * ACPI have it. */
void memory_map_add(uint64_t base, uint64_t size, uint32_t type);
/* Into boot_info.range.  False: there was none; err says so. */
bool memory_map_finish(char *err, size_t size);
uint64_t memory_ram(void);		/* bytes of RAM in the map */
uint64_t memory_limit(void);		/* RAM from here on is not used */
/* Set pages aside below 4 GiB, and hand them out, cleared; boot_fail if
 * there is no room. */
void boot_pages_init(uint64_t pages);
uint64_t boot_page(void);		/* physical */
/* What core gets: RAM without what the kernel took for itself; and what no
 * DevMem may hand out: image, tables, interrupt controllers.  From then on
 * nothing can be mapped any more. */
void memory_finish(struct hal_boot *b);
/* This physical range belongs to the kernel for good (a controller). */
void keep_physical(uint64_t base, uint64_t size);

/*
 * options.c: the words of the command line before "--" are the kernel's, the
 * rest init's arguments.  doc/helios-kernel.7 describes them.
 */
enum end_action { END_POWEROFF, END_KEY };	/* wait for a key before */
enum panic_action { PANIC_HALT, PANIC_POWEROFF, PANIC_REBOOT };
enum timer_choice { TIMER_AUTO, TIMER_TSC, TIMER_APIC, TIMER_HPET, TIMER_PIT };

struct options {
	unsigned int log_level;		/* log-level=error|warn|info|debug */
	bool serial, screen;		/* console=serial|screen|both */
	enum end_action end;		/* end=poweroff|key */
	enum panic_action panic;	/* panic=halt|poweroff|reboot */
	enum timer_choice timer;	/* timer=auto|tsc|apic|hpet|pit */
	bool no_apic;			/* apic=off: the legacy 8259 */
	const char *crash;		/* crash=KIND, see crash.c, or NULL */
	uint64_t slice_ns;		/* slice=MICROSECONDS, 20 to 1000000 */
	bool seeded;
	uint64_t seed;			/* seed=N: AT_RANDOM repeats */
	const char *argv[65];		/* init's arguments, then NULL */
};
extern struct options options;		/* with its defaults until parsed */
/* False: unknown or bad option; err says what was expected and found. */
bool options_parse(char *cmdline, char *err, size_t size);

/*
 * paging.c
 */
void paging_init(void);			/* from boot_info; loads CR3 */
extern uint64_t kernel_root;		/* physical, tables without a user */
enum map_type { MAP_UNCACHED, MAP_COMBINED, MAP_READONLY };
/* Map a physical range for good, at any alignment; before core_boot only.
 * NULL: no room, or it is not a physical address of this processor. */
volatile void *map_physical(uint64_t phys, uint64_t size, enum map_type type);
extern bool paging_closed;		/* set by memory_finish */
/* kernel.lds.  Stack i of the interrupt stack table (1 and up) ends at
 * ist_stacks + i * IST_STRIDE. */
extern char kernel_stack[], kernel_stack_top[], ist_stacks[];
#define IST_STRIDE	(4096 + STACK_SIZE_IST)

/*
 * cpu.c: features, control registers, GDT, TSS, IDT, MSRs.
 */
struct cpu_features {
	bool nx, smep, smap, umip, pge, pcid, fsgsbase, xsave, xsaveopt,
		xinuse, avx, apic, x2apic, tsc_deadline, tsc_invariant,
		hypervisor, gib_pages, mce, arat, rdrand, x87_leak;
	/* What switching tasks comes to: with xsave, fsgsbase and no x87_leak,
	 * and xinuse or not; or the way of other processors. */
	enum { SWITCH_OLD, SWITCH_XSAVE, SWITCH_XINUSE } switching;
	unsigned int phys_bits;
	uint32_t max_leaf;
	char name[49];			/* brand string, trimmed */
};
extern struct cpu_features cpu;
void cpu_tables(void);			/* first of all: a fault is a panic */
void cpu_init(void);			/* needs no memory */

static inline uint64_t
rdtsc(void)
{
	uint64_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return hi << 32 | lo;
}

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void
wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value),
		"d"((uint32_t)(value >> 32)) : "memory");
}

static inline void
cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]),
		"=d"(r[3]) : "a"(leaf), "c"(sub));
}

static inline uint8_t
inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %w1, %b0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void
outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %b0, %w1" : : "a"(v), "Nd"(port));
}

/*
 * entry.S, trap.c: the ways in and out.  An exception in the kernel is a
 * panic with its frame.
 */
struct trap_frame {		/* as trap stubs in entry.S build it */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;	/* the processor's part */
};

/* Deliver what is recorded, idle if next is NULL, resume a task. */
_Noreturn void kernel_leave(struct task *next);
/* A task was resumed last with these registers; entry.S saves to them.  The
 * pointer stands at kernel_stack_top, where entry.S says why. */
extern struct helios_regs *current_regs;

/*
 * task.c, space.c
 */
/* The processor has the vector state, bases and selectors of the task that
 * current_regs are of: is it this one?  (NULL is none.) */
static inline bool
task_is_loaded(struct task *t)
{
	return task_regs(t) == current_regs;
}
/* It is nobody's from now on.  Before anything else is asked of task.c. */
void task_unload(void);
/* Save those, and load this task's; from is current_regs. */
void task_switch(struct helios_regs *from, struct task *t);
void space_load(struct vspace *vs);

/*
 * acpi.c: only what the kernel itself needs.  All fields as of the tables,
 * checked (signature, length, checksum); 0 or false: not there.
 */
struct acpi_override {
	uint8_t isa;
	uint32_t gsi;
	bool level, low;
};
struct acpi {
	bool madt;
	uint64_t lapic;			/* physical */
	bool has_8259;
	struct { uint64_t base; uint32_t gsi; } ioapic[8];
	unsigned int nioapics;
	struct acpi_override override[16];	/* by ISA line */
	uint64_t hpet;			/* physical */
	uint32_t pm_timer;		/* I/O port */
	uint32_t pm1a_control, pm1b_control;	/* I/O ports */
	uint32_t smi_command;
	uint8_t acpi_enable;
	bool s5;
	uint8_t s5_a, s5_b;		/* SLP_TYP of soft off */
	bool reset;			/* FADT reset register */
	bool reset_is_port;
	uint64_t reset_address;
	uint8_t reset_value;
};
extern struct acpi acpi;
void acpi_init(void);

/*
 * irq.c (apic.c, pic.c; interrupt.h): vectors VECTOR_IRQ + line.  Edge lines
 * are latched while masked, so that no interrupt is lost between a driver's
 * last look at its device and its ACK.
 */
BOOT_CODE void interrupts_init(void);
/* Interrupt `vector` has arrived: tell the controller.  The line, now masked,
 * if core is to hear of it at once; else -1. */
int irq_arrived(unsigned int vector);
/* The same, and core hears of it before the next task is resumed. */
void irq_record(unsigned int vector);
/* The next recorded line, or -1. */
int irq_take(void);
/* Set by irq_record: for core_irq (irq_take has something), core_timer. */
union pending {
	struct {
		bool irq, timer;
	};
	uint16_t any;
};
extern union pending pending;
bool lapic_present(void);
uint32_t lapic_read(unsigned int reg);	/* register offset, as in the SDM */
void lapic_write(unsigned int reg, uint32_t value);

/*
 * clock.c
 */
BOOT_CODE void clock_init(void);	/* calibrates; starts nothing */
extern uint64_t tsc_hz, tsc_boot;	/* tsc_boot: set by boot.S */
const char *clock_name(void);		/* "TSC 2400 MHz" */
const char *timer_name(void);
void delay_us(unsigned int us);		/* busy */

/*
 * console.c, serial.c, screen.c (VGA text and framebuffer)
 */
BOOT_CODE void console_init(void);	/* serial, VGA text; early map */
BOOT_CODE void console_framebuffer(void);	/* after paging_init */
void console_puts(const char *s);	/* kernel's: all consoles, always */
void console_panic(void);		/* from now on the screen is ours */
bool console_key(void);			/* a key or a serial byte is there;
					 * takes it */
bool serial_init(void);
void serial_write(const char *buf, size_t len);
bool serial_key(void);
BOOT_CODE bool screen_init(void);	/* VGA text, if boot_info says so */
BOOT_CODE bool screen_framebuffer(void);
/* Put text there, and show it all; or show a few cells of what was put.
 * True: all is shown. */
void screen_write(const char *buf, size_t len);
void screen_put(const char *buf, size_t len);
bool screen_show_some(void);

/*
 * panic.c, symbols.c, power.c, crash.c
 */
_Noreturn void panic_trap(const struct trap_frame *f);
/* A boot that cannot go on: one readable line everywhere, then stop as
 * options.panic says. */
_Noreturn void boot_fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
/* The function that holds this address, and the offset in it; NULL: none. */
const char *symbol_of(uint64_t address, uint64_t *offset);
BOOT_CODE void power_init(void);
/* Break something on purpose (options.crash), to see the panic. */
void crash_now(const char *kind);
bool crash_kind_known(const char *kind);


#endif /* __ASSEMBLER__ */
#endif
