/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end nobody wanted: say what happened on every console, show where,
 * stop.  It fits on a screen of 25 lines, with the cause at the top unless
 * the backtrace is long.
 *
 * Nothing here trusts what it shows.  A frame is followed only on the stacks
 * and only upward, and the current task, for which core's memory must be in
 * order, comes after all else.  If even that goes wrong, one line says so
 * and that is all.
 *
 * Release kernels have no frame pointers.  There the backtrace is every word
 * on the stack that a call can have put there, and says that some may be old.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"

#ifdef HELIOS_DEBUG
#define HAVE_FRAMES	true
#else
#define HAVE_FRAMES	false
#endif

#define LINE		200u
#define FRAMES		32u
#define PAGE		4096ull
#define USER_END	(1ull << 47)

enum {
	TRAP_NMI = 2,
	TRAP_DOUBLE = 8,
	TRAP_PAGE = 14,
	TRAP_MACHINE = 18,
};

/* Error code of a page fault (Intel SDM volume 3, 4.7). */
#define PF_PRESENT	0x01u
#define PF_WRITE	0x02u
#define PF_RESERVED	0x08u
#define PF_FETCH	0x10u

/* Intel SDM volume 3, table 6-1 */
static const char *const exceptions[32] = {
	[0] = "divide error", [1] = "debug exception",
	[2] = "non-maskable interrupt: the hardware reports an error",
	[3] = "breakpoint",
	[4] = "overflow", [5] = "bound range exceeded",
	[6] = "invalid instruction", [7] = "no floating-point unit",
	[8] = "double fault", [9] = "coprocessor overrun",
	[10] = "invalid TSS", [11] = "segment not present",
	[12] = "stack segment fault", [13] = "general protection fault",
	[14] = "page fault", [16] = "x87 floating-point error",
	[17] = "alignment check",
	[18] = "machine check: the hardware reports an error",
	[19] = "SIMD floating-point error", [20] = "virtualization exception",
	[21] = "control protection exception",
	[28] = "hypervisor injection exception",
	[29] = "VMM communication exception", [30] = "security exception",
};

/* kernel.lds */
extern char text_start[], text_end[], rodata_end[];

static void __attribute__((format(printf, 1, 2)))
print(const char *fmt, ...)
{
	char line[LINE];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	__builtin_memcpy(line + __builtin_strlen(line), "\n", 2);
	console_puts(line);
}

static uint64_t
address_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/*
 * Stopping
 */

static _Noreturn void
halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static _Noreturn void
stop(void)
{
	options.end = END_POWEROFF;	/* nobody is asked for a key */
	if (options.panic == PANIC_POWEROFF)
		hal_poweroff(127);
	if (options.panic == PANIC_REBOOT)
		hal_reboot();
	console_puts("helios: stopped\n");
	halt();
}

/* Only the first of them goes on. */
static void
begin(const char *what)
{
	static unsigned int before;

	switch (before++) {
	case 0:
		console_panic();
		return;
	case 1:
		print("helios: panic within the panic: %s", what);
		break;
	default:
		break;
	}
	halt();
}

void
boot_fail(const char *fmt, ...)
{
	char text[LINE];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	begin(text);
	print("helios: %s", text);
	stop();
}

/*
 * Backtrace
 */

/* The end of the stack that this address is on; 0: it is on none. */
static uint64_t
stack_end(uint64_t address)
{
	uint64_t end;
	unsigned int i;

	end = address_of(kernel_stack_top);
	if (address >= address_of(kernel_stack) && address < end)
		return end;
	for (i = 1; i <= IST_COUNT; i++) {
		end = address_of(ist_stacks) + i * IST_STRIDE;
		if (address >= end - STACK_SIZE_IST && address < end)
			return end;
	}
	return 0;
}

/* Are there n words at this address of a stack? */
static bool
on_stack(uint64_t address, unsigned int n)
{
	uint64_t end = stack_end(address);

	return end != 0 && address % 8 == 0 && end - address >= 8ull * n;
}

static bool
within(uint64_t address, const char *start, const char *end)
{
	return address >= address_of(start) && address < address_of(end);
}

/* In text that is there to be read. */
static bool
in_text(uint64_t address)
{
	return within(address, text_start, text_end) || (!boot_code_gone &&
		within(address, boot_start, boot_text_end));
}

static bool
in_dropped(uint64_t address)
{
	return boot_code_gone && within(address, boot_start, boot_end);
}

static uint64_t
word(uint64_t address)
{
	return *(const uint64_t *)(uintptr_t)address;
}

/* back: a return address may be the first one of the next function. */
static void
show_frame(unsigned int n, uint64_t rip, unsigned int back)
{
	uint64_t offset;
	const char *name = symbol_of(rip - back, &offset);

	if (name == NULL)
		print("  #%u 0x%016lx", n, rip);
	else
		print("  #%u 0x%016lx %s+0x%lx", n, rip, name, offset + back);
}

static void
show_repeated(unsigned int times)
{
	if (times > 0)
		print("     and the same %u more times", times);
}

/* The next frame up from the one at rbp, which is on a stack; 0: none. */
static uint64_t
next_frame(uint64_t rbp)
{
	uint64_t next = word(rbp);

	if (next == 0)
		return 0;
	if (next <= rbp) {
		print("  (the frame at 0x%016lx leads back down)", rbp);
		return 0;
	}
	if (!on_stack(next, 2)) {
		print("  (no frame at 0x%016lx)", next);
		return 0;
	}
	return next;
}

/* A function that calls itself counts once: who began it is worth more. */
static void
show_callers(unsigned int n, uint64_t rbp)
{
	unsigned int repeated = 0;
	uint64_t last = 0;

	if (!on_stack(rbp, 2))
		rbp = 0;
	for (; rbp != 0 && n < FRAMES; rbp = next_frame(rbp)) {
		if (word(rbp + 8) == last) {
			repeated++;
			continue;
		}
		show_repeated(repeated);
		repeated = 0;
		last = word(rbp + 8);
		show_frame(n++, last, 1);
	}
	show_repeated(repeated);
	if (rbp != 0)
		print("  (and more)");
}

/*
 * Does the return address still stand on top of the stack?  So it does after
 * a jump into nowhere, at the first instruction of a function, and in those
 * that need no stack, for which compilers make no frame.  All others begin
 * with "push %rbp" (0x55), but for a few that make their frame later.
 */
static bool
without_frame(const struct trap_frame *f)
{
	uint64_t offset = 0;

	if (!on_stack(f->rsp, 1) || !in_text(word(f->rsp)))
		return false;
	if (!in_text(f->rip))
		return true;
	return symbol_of(f->rip, &offset) != NULL &&
		(offset == 0 ||
		*(const uint8_t *)(uintptr_t)(f->rip - offset) != 0x55);
}

/*
 * Does a call stand before this address?  By a displacement (e8), or by
 * register or memory (ff /2) in its short and long forms.  Of code that is no
 * longer there to be looked at, one may.
 */
static bool
follows_call(uint64_t address)
{
	const uint8_t *p = (const uint8_t *)(uintptr_t)address;
	uint64_t offset;

	if (in_dropped(address))
		return symbol_of(address, &offset) != NULL;
	if (!in_text(address - 7) || !in_text(address))
		return false;
	return p[-5] == 0xe8 || (p[-2] == 0xff && (p[-1] & 0x38) == 0x10) ||
		(p[-3] == 0xff && (p[-2] & 0x38) == 0x10) ||
		(p[-7] == 0xff && (p[-6] & 0x38) == 0x10);
}

static void
show_likely_callers(unsigned int n, uint64_t rsp)
{
	unsigned int repeated = 0;
	uint64_t last = 0;

	rsp = (rsp + 7) & ~7ull;
	print("  (without frame pointers: some of these may be old)");
	for (; on_stack(rsp, 1) && n < FRAMES; rsp += 8) {
		if (!follows_call(word(rsp)))
			continue;
		if (word(rsp) == last) {
			repeated++;
			continue;
		}
		show_repeated(repeated);
		repeated = 0;
		last = word(rsp);
		show_frame(n++, last, 1);
	}
	show_repeated(repeated);
}

static void
show_trap_callers(const struct trap_frame *f)
{
	unsigned int n = 0;

	if (in_text(f->rip) || in_dropped(f->rip))
		show_frame(n++, f->rip, 0);
	else
		print("  at 0x%016lx, outside the kernel's text, from", f->rip);
	if (!HAVE_FRAMES) {
		show_likely_callers(n, f->rsp);
		return;
	}
	if (without_frame(f))
		show_frame(n++, word(f->rsp), 1);
	show_callers(n, f->rbp);
}

/*
 * State
 */

static void
show_task(void)
{
	const struct task *t = core_current();

	if (t == NULL)
		print("  no task runs");
	else
		print("  task %lu \"%s\"", task_id(t), task_name(t));
}

static void
show_control(void)
{
	uint64_t cr0, cr2, cr3, cr4;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	print("  cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx", cr0, cr2, cr3,
		cr4);
}

/* Three to a line: four with their names would need 83 columns. */
static void
show_registers(const struct trap_frame *f)
{
	print("  rax %016lx  rbx %016lx  rcx %016lx", f->rax, f->rbx, f->rcx);
	print("  rdx %016lx  rsi %016lx  rdi %016lx", f->rdx, f->rsi, f->rdi);
	print("  r8  %016lx  r9  %016lx  r10 %016lx", f->r8, f->r9, f->r10);
	print("  r11 %016lx  r12 %016lx  r13 %016lx", f->r11, f->r12, f->r13);
	print("  r14 %016lx  r15 %016lx  rbp %016lx", f->r14, f->r15, f->rbp);
	print("  rip %016lx  rsp %016lx  flags  %08lx", f->rip, f->rsp,
		f->rflags);
	print("  cs %04lx  ss %04lx  vector %lu  error %lx", f->cs, f->ss,
		f->vector, f->error);
}

/*
 * What happened
 */

static const char *
access_of(uint64_t error)
{
	return error & PF_FETCH ? "executed" :
		error & PF_WRITE ? "wrote to" : "read";
}

static const char *
reason_of(uint64_t error, uint64_t address)
{
	if (error & PF_RESERVED)
		return "a reserved bit is set in the page tables";
	if (!(error & PF_PRESENT))
		return address < PAGE ? "a null pointer" :
			in_dropped(address) ? "code of the boot, which is over" :
			"not mapped";
	if (address < USER_END)
		return "a user program's";
	if (error & PF_FETCH)
		return "not executable";
	return within(address, boot_start, rodata_end) ?
		"a read-only part of the kernel" : "read-only";
}

/* Is it in the page below a stack? */
static bool
in_guard(uint64_t address)
{
	uint64_t page = (address & ~(PAGE - 1)) + PAGE;
	unsigned int i;

	if (page == address_of(kernel_stack))
		return true;
	for (i = 1; i <= IST_COUNT; i++)
		if (page == address_of(ist_stacks) + i * IST_STRIDE -
				STACK_SIZE_IST)
			return true;
	return false;
}

static void
describe_page_fault(const struct trap_frame *f, uint64_t cr2, char *buf,
		size_t size)
{
	ksnprintf(buf, size, "the kernel %s 0x%016lx: %s",
		access_of(f->error), cr2, reason_of(f->error, cr2));
}

/* A page fault on a full stack has no room there, so it is a double one.
 * NMI and machine checks are not the doing of whom they interrupt. */
static void
describe(const struct trap_frame *f, char *buf, size_t size)
{
	const char *name = f->vector < 32 ? exceptions[f->vector] : NULL;
	uint64_t cr2;

	__asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
	if (f->vector == TRAP_PAGE && !in_guard(cr2))
		describe_page_fault(f, cr2, buf, size);
	else if ((f->vector == TRAP_PAGE || f->vector == TRAP_DOUBLE) &&
		 in_guard(cr2))
		ksnprintf(buf, size, "kernel stack overflow");
	else if (f->vector == TRAP_NMI || f->vector == TRAP_MACHINE)
		ksnprintf(buf, size, "%s", name);
	else
		ksnprintf(buf, size, "%s in %s",
			name != NULL ? name : "unknown exception",
			f->cs & 3 ? "a program" : "the kernel");
}

/*
 * In
 */

void
panic_trap(const struct trap_frame *f)
{
	char text[LINE];

	describe(f, text, sizeof(text));
	begin(text);
	print("helios: panic: %s", text);
	show_registers(f);
	show_control();
	if ((f->cs & 3) == 0)
		show_trap_callers(f);
	show_task();
	stop();
}

void
hal_panic(const char *message)
{
	begin(message);
	print("helios: panic: %s", message);
	show_control();
	if (HAVE_FRAMES)
		show_callers(0, address_of(__builtin_frame_address(0)));
	else
		show_likely_callers(0, address_of(__builtin_frame_address(0)));
	show_task();
	stop();
}
