/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a task lies outside its general registers.
 *
 * Vector state is switched with the task, never lazily: nothing of one task
 * can be seen by another, not even by speculation.  Where the processor says
 * which parts of it are in use, a task that has not touched them costs
 * neither a save nor a restore.
 *
 * XSAVE and not XSAVEOPT: the latter leaves out what has not changed since
 * the last XRSTOR from the same address, and the page of a dead task is soon
 * that of a new one.
 *
 * The bases of %fs and %gs are the program's own where it has the
 * instructions; then they are read when another task is loaded.  Where it has
 * not, only the kernel sets them.
 */
#include <hal.h>

#include "baremetal.h"

#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101

#define FCW_INIT	0x37fu
#define MXCSR_INIT	0x1f80u

/* x87 and SSE, the XSAVE header, the upper halves of the AVX registers: the
 * standard format (Intel SDM volume 1, 13.4); cpu.c checks the offsets. */
#define AREA_SIZE	832

struct vector_area {
	_Alignas(64) union {
		unsigned char bytes[AREA_SIZE];
		struct {
			uint16_t fcw;
			uint8_t skip[22];
			uint32_t mxcsr;
		};
	};
};

/* Without XGETBV(1) nobody knows what is plain, and area always holds. */
struct task_part {
	struct vector_area area;	/* unless plain */
	bool plain;			/* as a new task's: all initial */
};
_Static_assert(sizeof(struct task_part) <= HAL_TASK_SIZE, "room in a task");
_Static_assert(offsetof(struct vector_area, mxcsr) == 24, "as FXSAVE has it");

/* What restores the initial state. */
static const struct vector_area initial = {
	.fcw = FCW_INIT, .mxcsr = MXCSR_INIT,
};

static struct task_part *
part_of(struct task *t)
{
	return task_hal(t);
}

/* Of the task that these registers are of. */
static inline struct task_part *
part_beside(struct helios_regs *regs)
{
	struct task *nobody = task_nobody();
	ptrdiff_t distance = (char *)task_hal(nobody) -
		(char *)task_regs(nobody);

	return (struct task_part *)((char *)regs + distance);
}

/*
 * Vector state
 */

/* Is all of it as in a new task?  MXCSR does not count as in use (13.6). */
static bool
vectors_plain(void)
{
	uint32_t used, high, mxcsr;

	__asm__ volatile("xgetbv" : "=a"(used), "=d"(high) : "c"(1));
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return used == 0 && mxcsr == MXCSR_INIT;
}

/*
 * Some AMD processors leave the address of the last x87 instruction as it is
 * unless an exception is pending: it would be the other task's.  A load of
 * our own replaces it (CVE-2006-1056).
 */
static void
x87_forget(void)
{
	static const uint32_t zero;

	__asm__ volatile("fnclex; emms; fildl %0" : : "m"(zero));
}

static void
xsave(struct vector_area *a)
{
	__asm__ volatile("xsave64 %0" : "=m"(*a) : "a"(-1), "d"(-1));
}

static void
xrstor(const struct vector_area *a)
{
	__asm__ volatile("xrstor64 %0" : : "m"(*a), "a"(-1), "d"(-1));
}

/* Only what is in use. */
static void
vectors_switch(struct task_part *from, struct task_part *to)
{
	from->plain = vectors_plain();
	if (!from->plain)
		xsave(&from->area);
	if (!to->plain)
		xrstor(&to->area);
	else if (!from->plain)
		xrstor(&initial);
}

/* The same on an old processor. */
static void
vectors_switch_old(struct task_part *from, struct task_part *to)
{
	if (cpu.xsave)
		xsave(&from->area);
	else
		__asm__ volatile("fxsave64 %0" : "=m"(from->area));
	if (cpu.x87_leak)
		x87_forget();
	if (cpu.xsave)
		xrstor(&to->area);
	else
		__asm__ volatile("fxrstor64 %0" : : "m"(to->area));
}

/*
 * Segments
 */

/* A selector that a program has loaded would stay visible to others. */
static void
selectors_clear(void)
{
	uint32_t ds, es, fs, gs, none = 0;

	__asm__ volatile("movl %%ds, %0; movl %%es, %1; movl %%fs, %2; "
		"movl %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	if ((ds | es | fs | gs) == 0)
		return;
	__asm__ volatile("movl %0, %%ds; movl %0, %%es; movl %0, %%fs; "
		"movl %0, %%gs" : : "r"(none));
}

static inline uint64_t
rdfsbase(void)
{
	uint64_t base;

	__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

static inline uint64_t
rdgsbase(void)
{
	uint64_t base;

	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base;
}

/*
 * Programs change the bases at will; they are the task's when another is
 * loaded.  Core lets no address through that is not canonical: none of this
 * faults.
 */
static void
bases_switch(struct helios_regs *from, const struct helios_regs *to)
{
	from->fs_base = rdfsbase();
	from->gs_base = rdgsbase();
	selectors_clear();
	__asm__ volatile("wrfsbase %0" : : "r"(to->fs_base));
	__asm__ volatile("wrgsbase %0" : : "r"(to->gs_base));
}

/* Only the kernel sets them, but selectors may have changed them unseen. */
static void
bases_switch_old(const struct helios_regs *to)
{
	selectors_clear();
	wrmsr(MSR_FS_BASE, to->fs_base);
	wrmsr(MSR_GS_BASE, to->gs_base);
}

/*
 * Another task
 */

static __attribute__((noinline)) void
switch_otherwise(struct helios_regs *from, struct helios_regs *to)
{
	if (cpu.switching == SWITCH_XINUSE)
		vectors_switch(part_beside(from), part_beside(to));
	else
		vectors_switch_old(part_beside(from), part_beside(to));
	if (cpu.fsgsbase)
		bases_switch(from, to);
	else
		bases_switch_old(to);
}

void
task_unload(void)
{
	part_of(task_nobody())->plain = true;
	current_regs = task_regs(task_nobody());
}

void
task_switch(struct helios_regs *from, struct task *t)
{
	struct helios_regs *r = task_regs(t);

	if (__builtin_expect(cpu.switching != SWITCH_XSAVE, false)) {
		switch_otherwise(from, r);
	} else {
		xsave(&part_beside(from)->area);
		xrstor(&part_of(t)->area);
		bases_switch(from, r);
	}
	current_regs = r;
}

/*
 * What core asks for
 */

bool
hal_task_init(struct task *t)
{
	struct task_part *part = part_of(t);

	part->plain = true;
	part->area.fcw = FCW_INIT;
	part->area.mxcsr = MXCSR_INIT;
	return true;
}

void
hal_task_fini(struct task *t)
{
	if (task_is_loaded(t))
		task_unload();
}

void
hal_task_tls(struct task *t)
{
	uint64_t base = task_regs(t)->fs_base;

	if (!task_is_loaded(t))
		return;
	if (cpu.fsgsbase)
		__asm__ volatile("wrfsbase %0" : : "r"(base));
	else
		wrmsr(MSR_FS_BASE, base);
}

/* Names and flags are core's. */
void
hal_task_changed(struct task *t)
{
	(void)t;
}
