/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor: what it can do, and its tables and control registers.
 *
 * Only what every x86_64 processor has is required.  What protects the
 * kernel from programs (SMEP, SMAP, UMIP, no-execute) is used where it is
 * there, and the log says so.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"

/* Control registers (Intel SDM volume 3, 2.5) */
#define CR0_PE		(1u << 0)
#define CR0_MP		(1u << 1)
#define CR0_ET		(1u << 4)
#define CR0_NE		(1u << 5)
#define CR0_WP		(1u << 16)
#define CR0_AM		(1u << 18)
#define CR0_PG		(1u << 31)

#define CR4_PAE		(1u << 5)
#define CR4_MCE		(1u << 6)
#define CR4_PGE		(1u << 7)
#define CR4_OSFXSR	(1u << 9)
#define CR4_OSXMMEXCPT	(1u << 10)
#define CR4_UMIP	(1u << 11)
#define CR4_FSGSBASE	(1u << 16)
#define CR4_PCIDE	(1u << 17)
#define CR4_OSXSAVE	(1u << 18)
#define CR4_SMEP	(1u << 20)
#define CR4_SMAP	(1u << 21)

#define MSR_SYSENTER_CS	0x174
#define MSR_PAT		0x277
#define MSR_EFER	0xc0000080
#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_CSTAR	0xc0000083
#define MSR_SFMASK	0xc0000084

#define EFER_SCE	(1u << 0)
#define EFER_LME	(1u << 8)
#define EFER_NXE	(1u << 11)

/* Of eight entries, as at reset but for entry 1, which is write-combining
 * instead of write-through (Intel SDM volume 3, 11.12). */
#define PAT_HELIOS	0x0007040600070106ull

/* All flags but the one that is always set: CF to ID. */
#define SFMASK_ALL	0x003f7fd5u

#define XCR0_X87	0x1u
#define XCR0_SSE	0x2u
#define XCR0_AVX	0x4u

#define LEAF_EXT	0x80000000u

struct cpu_features cpu;

/* entry.S; boot.S */
extern const char trap_stubs[], interrupt_stubs[], syscall_entry[];

enum { EAX, EBX, ECX, EDX };

/*
 * Features
 */

static uint32_t
leaf(uint32_t number, uint32_t sub, unsigned int reg)
{
	uint32_t r[4];

	cpuid(number & LEAF_EXT, 0, r);
	if (number > r[EAX])
		return 0;
	cpuid(number, sub, r);
	return r[reg];
}

static bool
bit(uint32_t word, unsigned int n)
{
	return (word >> n & 1) != 0;
}

/* The brand string, or else the vendor's name, without blanks around it. */
static void
name_read(void)
{
	char text[49] = "";
	uint32_t r[4], i;
	const char *start = text;
	size_t n;

	if (leaf(LEAF_EXT, 0, EAX) >= LEAF_EXT + 4) {
		for (i = 0; i < 3; i++) {
			cpuid(LEAF_EXT + 2 + i, 0, r);
			__builtin_memcpy(text + 16 * i, r, 16);
		}
	} else {
		cpuid(0, 0, r);
		__builtin_memcpy(text, &r[EBX], 4);
		__builtin_memcpy(text + 4, &r[EDX], 4);
		__builtin_memcpy(text + 8, &r[ECX], 4);
	}
	while (*start == ' ')
		start++;
	n = ksnprintf(cpu.name, sizeof(cpu.name), "%s", start);
	while (n > 0 && cpu.name[n - 1] == ' ')
		cpu.name[--n] = '\0';
}

/* Is the AVX part where the save area of a task expects it? */
static bool
avx_fits(void)
{
	uint32_t r[4];

	if (!bit(leaf(0xd, 0, EAX), 2))
		return false;
	cpuid(0xd, 2, r);
	return r[EAX] == 256 && r[EBX] == 576;
}

/* AMD and its like; newer ones say that they do not have this. */
static bool
has_x87_leak(void)
{
	uint32_t r[4];

	cpuid(0, 0, r);
	return r[EBX] != 0x756e6547 && !bit(leaf(LEAF_EXT + 8, 0, EBX), 2);
}

static void
features_basic(void)
{
	uint32_t c = leaf(1, 0, ECX), d = leaf(1, 0, EDX);

	cpu.mce = bit(d, 7);
	cpu.apic = bit(d, 9);
	cpu.pge = bit(d, 13);
	cpu.pcid = bit(c, 17) && cpu.pge;
	cpu.x2apic = bit(c, 21);
	cpu.tsc_deadline = bit(c, 24);
	cpu.xsave = bit(c, 26);
	cpu.avx = cpu.xsave && bit(c, 28) && avx_fits();
	cpu.rdrand = bit(c, 30);
	cpu.hypervisor = bit(c, 31);
	cpu.arat = bit(leaf(6, 0, EAX), 2);
}

static void
features_extended(void)
{
	uint32_t b = leaf(7, 0, EBX), d = leaf(LEAF_EXT + 1, 0, EDX);

	cpu.fsgsbase = bit(b, 0);
	cpu.smep = bit(b, 7);
	cpu.smap = bit(b, 20);
	cpu.umip = bit(leaf(7, 0, ECX), 2);
	cpu.xsaveopt = cpu.xsave && bit(leaf(0xd, 1, EAX), 0);
	cpu.xinuse = cpu.xsave && bit(leaf(0xd, 1, EAX), 2);
	cpu.nx = bit(d, 20);
	cpu.gib_pages = bit(d, 26);
	cpu.tsc_invariant = bit(leaf(LEAF_EXT + 7, 0, EDX), 8);
	cpu.phys_bits = leaf(LEAF_EXT + 8, 0, EAX) & 0xff;
	if (cpu.phys_bits == 0)
		cpu.phys_bits = 36;
	cpu.x87_leak = has_x87_leak();
	if (cpu.xsave && cpu.fsgsbase && !cpu.x87_leak)
		cpu.switching = cpu.xinuse ? SWITCH_XINUSE : SWITCH_XSAVE;
}

static void
features_read(void)
{
	cpu.max_leaf = leaf(0, 0, EAX);
	name_read();
	features_basic();
	features_extended();
}

/* Bits of CPUID leaf 1, EDX. */
static void
features_require(void)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} need[] = {
		{ 0, "a floating-point unit" }, { 4, "TSC" }, { 5, "MSRs" },
		{ 16, "PAT" }, { 24, "FXSAVE" }, { 25, "SSE" },
		{ 26, "SSE2" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (!bit(leaf(1, 0, EDX), need[i].bit))
			boot_fail("processor: one with %s expected, found "
				"\"%s\" without", need[i].name, cpu.name);
	if (!bit(leaf(LEAF_EXT + 1, 0, EDX), 11))
		boot_fail("processor: one with SYSCALL expected, found "
			"\"%s\" without", cpu.name);
}

/*
 * Tables
 */

/* Access bits are set already: the processor need not write there. */
static uint64_t gdt[] = {
	[0] = 0,
	[SEL_KERNEL_CODE / 8] = 0x00af9b000000ffff,
	[SEL_KERNEL_DATA / 8] = 0x00cf93000000ffff,
	[SEL_USER_DATA / 8] = 0x00cff3000000ffff,
	[SEL_USER_CODE / 8] = 0x00affb000000ffff,
	[SEL_TSS / 8] = 0,
	[SEL_TSS / 8 + 1] = 0,
};

static struct {
	uint32_t reserved;
	uint64_t rsp[3];
	uint64_t reserved2;
	uint64_t ist[7];		/* [0] is IST 1 */
	uint64_t reserved3;
	uint16_t reserved4;
	uint16_t io_map;		/* offset; past the end: no port */
} __attribute__((packed, aligned(16))) tss;

struct gate {
	uint16_t offset0, selector;
	uint8_t ist, type;
	uint16_t offset1;
	uint32_t offset2, reserved;
};

static _Alignas(16) struct gate idt[256];

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static uint64_t
address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void
tss_init(void)
{
	uint64_t base = address_of(&tss), limit = sizeof(tss) - 1;
	unsigned int i;

	tss.rsp[0] = address_of(kernel_stack_top);
	for (i = 0; i < IST_COUNT; i++)
		tss.ist[i] = address_of(ist_stacks) + (i + 1) * IST_STRIDE;
	tss.io_map = sizeof(tss);
	gdt[SEL_TSS / 8] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 |
		(base >> 24 & 0xff) << 56;
	gdt[SEL_TSS / 8 + 1] = base >> 32;
}

static void
gdt_load(void)
{
	const struct table_register r = { sizeof(gdt) - 1, address_of(gdt) };

	__asm__ volatile(
		"lgdt	%0\n\t"
		"pushq	%1\n\t"
		"leaq	1f(%%rip), %%rax\n\t"
		"pushq	%%rax\n\t"
		"lretq\n"
		"1:	movl	%2, %%ss\n\t"
		"movl	%3, %%ds\n\t"
		"movl	%3, %%es\n\t"
		"movl	%3, %%fs\n\t"
		"movl	%3, %%gs\n\t"
		"lldt	%w3\n\t"		/* reset leaves one */
		"ltr	%w4"
		: : "m"(r), "i"(SEL_KERNEL_CODE), "r"(SEL_KERNEL_DATA),
		"r"(0), "r"(SEL_TSS) : "rax", "memory");
}

/* Which stack?  0: the kernel's, if it comes from user mode. */
static uint8_t
stack_of(unsigned int vector)
{
	switch (vector) {
	case 1:
		return IST_DEBUG;
	case 2:
		return IST_NMI;
	case 8:
		return IST_DOUBLE;
	case 18:
		return IST_MCHECK;
	default:
		return 0;
	}
}

/* Interrupt gates, all 256: a vector nobody asked for is not a mystery.
 * Only int3 is for programs; any other INT is a #GP. */
static void
idt_init(void)
{
	const struct table_register r = { sizeof(idt) - 1, address_of(idt) };
	unsigned int i;

	for (i = 0; i < 256; i++) {
		uint64_t stub = i < 32 ? address_of(trap_stubs) + 16 * i :
			address_of(interrupt_stubs) + 8 * (i - 32);

		idt[i] = (struct gate){
			.offset0 = (uint16_t)stub,
			.selector = SEL_KERNEL_CODE,
			.ist = stack_of(i),
			.type = i == 3 ? 0xee : 0x8e,
			.offset1 = (uint16_t)(stub >> 16),
			.offset2 = (uint32_t)(stub >> 32),
		};
	}
	__asm__ volatile("lidt %0" : : "m"(r));
}

/*
 * Control registers
 */

static void
cr4_init(void)
{
	uint64_t cr3, cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	cr4 |= (cpu.mce ? CR4_MCE : 0) | (cpu.pge ? CR4_PGE : 0) |
		(cpu.umip ? CR4_UMIP : 0) | (cpu.smep ? CR4_SMEP : 0) |
		(cpu.smap ? CR4_SMAP : 0) | (cpu.xsave ? CR4_OSXSAVE : 0) |
		(cpu.fsgsbase ? CR4_FSGSBASE : 0);
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4) : "memory");
	if (!cpu.pcid)
		return;
	/* Only while CR3 says PCID 0 (Intel SDM volume 3, 4.10.1). */
	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("movq %0, %%cr3\n\tmovq %1, %%cr4" : :
		"r"(cr3 & ~0xfffull), "r"(cr4 | CR4_PCIDE) : "memory");
}

static void
cr0_init(void)
{
	uint64_t cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM |
		CR0_PG;

	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0) : "memory");
}

/* SYSRET takes the selectors 8 and 16 above the upper field. */
static void
msrs_init(void)
{
	_Static_assert(SEL_USER_CODE == SEL_USER_DATA + 8 &&
		SEL_KERNEL_DATA == SEL_KERNEL_CODE + 8, "as SYSRET has them");
	uint64_t efer = rdmsr(MSR_EFER) | EFER_SCE | EFER_LME;

	wrmsr(MSR_EFER, cpu.nx ? efer | EFER_NXE : efer);
	wrmsr(MSR_PAT, PAT_HELIOS);
	wrmsr(MSR_STAR, (uint64_t)(SEL_USER_DATA - 8) << 48 |
		(uint64_t)SEL_KERNEL_CODE << 32);
	wrmsr(MSR_LSTAR, address_of(syscall_entry));
	wrmsr(MSR_CSTAR, 0);
	wrmsr(MSR_SFMASK, SFMASK_ALL);
	/* The other instruction leads nowhere: #GP. */
	if (bit(leaf(1, 0, EDX), 11))
		wrmsr(MSR_SYSENTER_CS, 0);
}

static void
xcr0_init(void)
{
	uint32_t value = XCR0_X87 | XCR0_SSE | (cpu.avx ? XCR0_AVX : 0);

	if (cpu.xsave)
		__asm__ volatile("xsetbv" : : "a"(value), "d"(0), "c"(0));
}

/* No breakpoint of whoever was here before. */
static void
debug_init(void)
{
	__asm__ volatile("movq %0, %%dr7" : : "r"(0x400ull));
	__asm__ volatile("movq %0, %%dr6" : : "r"(0xffff0ff0ull));
}

void
cpu_tables(void)
{
	tss_init();
	gdt_load();
	idt_init();
}

void
cpu_init(void)
{
	features_read();
	features_require();
	msrs_init();
	cr4_init();
	cr0_init();
	xcr0_init();
	debug_init();
}
