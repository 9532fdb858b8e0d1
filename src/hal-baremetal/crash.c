/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot option crash=KIND: break something on purpose, to see that it is
 * noticed and what is said of it.
 *
 *	panic		the kernel gives up on its own
 *	assert		a broken invariant, as kassert reports it
 *	null		a null pointer is read
 *	write-text	the kernel's own code is written to
 *	exec-data	data is executed (needs no-execute)
 *	user-read	a program's memory is read (needs SMAP)
 *	user-exec	a program's code is executed (needs SMEP)
 *	stack		recursion without end
 *	divide		a division by zero
 *	invalid		an undefined instruction
 *	gp		an address that is none (not canonical)
 *	nmi		an interrupt that cannot be kept off
 *	boot-code	code is executed that is dropped when boot is over
 *
 * Each does the real thing, with nothing between it and the processor.  If
 * what should stop it is not there, the kernel says so and goes on.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"

#define PAGE		4096ull

/* kernel.lds */
extern char text_start[];

struct crash {
	const char *kind;
	void (*go)(void);
};

static uint64_t
address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void
read_at(uint64_t address)
{
	uint64_t value;

	__asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address) :
		"memory");
}

static void
write_at(uint64_t address, uint64_t value)
{
	__asm__ volatile("movq %0, (%1)" : : "r"(value), "r"(address) :
		"memory");
}

static void
call(uint64_t address)
{
	__asm__ volatile("call *%0" : : "r"(address) : "memory", "rax", "rcx",
		"rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
}

/* Who asked for it wants to know, whatever else is logged. */
static void
absent(const char *what)
{
	char line[80];

	ksnprintf(line, sizeof(line), "helios: this processor has no %s: "
		"nothing happens\n", what);
	console_puts(line);
}

/* Where the first program starts, its space loaded.  0: there is none. */
static uint64_t
user_address(void)
{
	struct task *t = core_current();
	struct vspace *vs = t == NULL ? NULL : task_vspace(t);
	struct hal_mapping m;
	uint64_t address;

	address = vs == NULL ? 0 : task_regs(t)->rip;
	if (vs == NULL || !tlb_lookup(vs, address & ~(PAGE - 1), &m)) {
		klog(KLOG_WARN, "crash: no program's memory found: nothing "
			"happens");
		return 0;
	}
	space_load(vs);
	return address;
}

static void
crash_panic(void)
{
	kpanic("crash=panic was asked for");
}

static void
crash_assert(void)
{
	const volatile unsigned int one = 1;

	/* In all builds, unlike kassert. */
	if (one != 2)
		kpanic("%s:%d: broken: %s", __FILE__, __LINE__, "one == 2");
}

static void
crash_null(void)
{
	read_at(0);
}

static void
crash_write_text(void)
{
	write_at(address_of(text_start), 0);
}

static void
crash_exec_data(void)
{
	static unsigned char ret[] = { 0xc3 };

	if (!cpu.nx)
		absent("no-execute");
	else
		call(address_of(ret));
}

static void
crash_user_read(void)
{
	uint64_t address;

	if (!cpu.smap)
		absent("SMAP");
	else if ((address = user_address()) != 0)
		read_at(address & ~7ull);
}

static void
crash_user_exec(void)
{
	uint64_t address;

	if (!cpu.smep)
		absent("SMEP");
	else if ((address = user_address()) != 0)
		call(address);
}

/* What is added afterwards keeps it from becoming a loop. */
static __attribute__((noinline)) unsigned int
recurse(volatile unsigned int *depth)
{
	volatile unsigned int mine = *depth + 1;

	if (mine == 0)
		return 0;
	return recurse(&mine) + mine;
}

static void
crash_stack(void)
{
	volatile unsigned int depth = 0;

	recurse(&depth);
}

static void
crash_divide(void)
{
	uint32_t low = 1, high = 0;

	__asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0) : "cc");
}

static void
crash_invalid(void)
{
	__asm__ volatile("ud2");
}

static void
crash_gp(void)
{
	read_at(1ull << 63);
}

/* By its gate; the stack and all else is as with a real one. */
static void
crash_nmi(void)
{
	__asm__ volatile("int $2" : : : "memory");
}

/* This is such code: there is nothing to come back to. */
static void
crash_boot_code(void)
{
	boot_code_drop();
	kpanic("code of the boot is still there");
}

static const struct crash crashes[] = {
	{ "panic", crash_panic },
	{ "assert", crash_assert },
	{ "null", crash_null },
	{ "write-text", crash_write_text },
	{ "exec-data", crash_exec_data },
	{ "user-read", crash_user_read },
	{ "user-exec", crash_user_exec },
	{ "stack", crash_stack },
	{ "divide", crash_divide },
	{ "invalid", crash_invalid },
	{ "gp", crash_gp },
	{ "nmi", crash_nmi },
	{ "boot-code", crash_boot_code },
};

static const struct crash *
find(const char *kind)
{
	size_t n = __builtin_strlen(kind) + 1, i;

	for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (__builtin_strlen(crashes[i].kind) + 1 == n &&
				__builtin_memcmp(crashes[i].kind, kind, n) == 0)
			return &crashes[i];
	return NULL;
}

bool
crash_kind_known(const char *kind)
{
	return find(kind) != NULL;
}

void
crash_now(const char *kind)
{
	const struct crash *c = find(kind);

	if (c != NULL)
		c->go();
}
