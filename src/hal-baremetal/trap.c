/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps, and the way out of the kernel.
 *
 * Each trap from user mode enters core once and ends in kernel_leave, which
 * delivers interrupts until there are none and resumes whom core names last.
 * A trap from kernel mode is an interrupt in one of the places that allow
 * them, or a bug.
 */
#include <hal.h>
#include <helios/message.h>
#include <helios/object.h>
#include <helios/syscall.h>
#include <klog.h>

#include "baremetal.h"
#include "latency.h"

#define SAME(member, number) \
	_Static_assert(offsetof(struct helios_regs, member) == (number), \
		#member " is not where assembly looks for it")
SAME(rax, R_RAX);
SAME(rbx, R_RBX);
SAME(rcx, R_RCX);
SAME(rdx, R_RDX);
SAME(rsi, R_RSI);
SAME(rdi, R_RDI);
SAME(rbp, R_RBP);
SAME(rsp, R_RSP);
SAME(r8, R_R8);
SAME(r9, R_R9);
SAME(r10, R_R10);
SAME(r11, R_R11);
SAME(r12, R_R12);
SAME(r13, R_R13);
SAME(r14, R_R14);
SAME(r15, R_R15);
SAME(rip, R_RIP);
SAME(rflags, R_RFLAGS);
_Static_assert(SYS_CALL == HELIOS_SYS_CALL &&
	SYS_REPLY_RECV == HELIOS_SYS_REPLY_RECV,
	"system calls that entry.S knows");

enum {
	TRAP_DB = 1,
	TRAP_GP = 13,
	TRAP_PF = 14,
	TRAP_EXCEPTIONS = 32,
};

/* Error code of a page fault (Intel SDM volume 3, 4.7). */
#define PF_PRESENT	0x01u
#define PF_WRITE	0x02u
#define PF_USER		0x04u
#define PF_RESERVED	0x08u
#define PF_FETCH	0x10u

#define PAGE		4096ull

/* entry.S */
extern const char syscall_entry[];
_Noreturn void user_return(void);
_Noreturn void user_return_call(void);
_Noreturn void user_return_slow(void);
_Noreturn void trap_return(void);
_Noreturn void user_return_message(uint64_t badge, uint64_t tag, uint64_t w0,
		uint64_t w1, uint64_t w2, uint64_t w3);
_Noreturn __attribute__((noinline)) void trap_syscall(void);
_Noreturn void trap_call(uint64_t caddr, uint64_t tag);
_Noreturn void trap_reply_recv(uint64_t caddr, uint64_t tag);
_Noreturn void trap_user(uint64_t vector, uint64_t error);
void trap_kernel(const struct trap_frame *f);

/*
 * Leaving
 */

bool
hal_irq_pending(void)
{
	/* STI takes effect one instruction late: the nop is the window. */
	latency_end();
	__asm__ volatile("sti; nop; cli" : "+m"(pending) : : "memory");
	latency_go_on();
	return pending.any;
}

static struct task *
take_pending(struct task *next)
{
	int irq;

	while (pending.any) {
		while ((irq = irq_take()) >= 0)
			next = core_irq((unsigned int)irq);
		if (pending.timer) {
			pending.timer = false;
			next = core_timer();
		}
	}
	return next;
}

/* Nothing can come between the STI and the HLT. */
static __attribute__((noinline)) void
kernel_idle(void)
{
	latency_end();
	__asm__ volatile("sti; hlt; cli" : "+m"(pending) : : "memory");
	latency_go_on();
}

static bool
canonical(uint64_t address)
{
	return address < 1ull << 47 || address >= -1ull << 47;
}

/*
 * Where a processor jumps first and faults then (AMD), or where SYSCALL was
 * the last instruction before the hole, the program stands at an address
 * that is none.  To resume it there would fault in the kernel; it is the
 * program's fault, so it is told that way.
 */
static struct task *
resume_fault(void)
{
	const struct hal_fault f = { .vector = TRAP_GP };

	return core_fault(&f);
}

/* Nobody to run yet, or something to deliver first. */
static __attribute__((noinline)) struct task *
settle(struct task *next)
{
	for (;;) {
		next = take_pending(next);
		if (next != NULL)
			return next;
		kernel_idle();
	}
}

/* To where user_return does not go by SYSRET. */
void
trap_return(void)
{
	if (canonical(current_regs->rip))
		user_return_slow();
	kernel_leave(resume_fault());
}

/* The space of the task that is loaded is loaded, too: it can lose it only
 * while it does not run. */
__attribute__((noinline, flatten)) void
kernel_leave(struct task *next)
{
	if (pending.any || next == NULL)
		next = settle(next);
	if (!task_is_loaded(next)) {
		space_load(task_vspace(next));
		task_switch(current_regs, next);
	}
	user_return();
}

/*
 * From user mode
 */

/* Most calls leave everything as it is, with the caller loaded. */
static inline __attribute__((always_inline)) _Noreturn void
call_leave(void)
{
	if (!core_goes_on())
		kernel_leave(core_next());
	if (pending.any)
		kernel_leave(core_current());
	user_return_call();
}

void
trap_syscall(void)
{
	core_run_syscall();
	call_leave();
}

static __attribute__((noinline)) _Noreturn void
trap_invoke(struct slot *object)
{
	core_run_invoke(object);
	call_leave();
}

/*
 * A message that is handed over goes from the sender's saved registers into
 * those of the processor, words past its count as 0.  There is nothing to
 * deliver first: no interrupt can have been recorded since the entry.
 */
static inline _Noreturn void
hand_over(struct handover h, uint64_t tag)
{
	struct helios_regs *from = current_regs;

	if (h.object != NULL)
		trap_invoke(h.object);
	if (h.to == NULL)
		trap_syscall();
	space_load(task_vspace(h.to));
	task_switch(from, h.to);
	if (!h.message)
		user_return();
	if (h.nwords == 0)
		user_return_message(h.badge, tag, 0, 0, 0, 0);
	user_return_message(h.badge, tag, from->rdx,
		h.nwords > 1 ? from->r10 : 0, h.nwords > 2 ? from->r8 : 0,
		h.nwords > 3 ? from->r9 : 0);
}

/* Flattened: as one function each needs few registers, and saves few. */
__attribute__((flatten)) void
trap_call(uint64_t caddr, uint64_t tag)
{
	hand_over(core_call(caddr, tag), tag);
}

__attribute__((flatten)) void
trap_reply_recv(uint64_t caddr, uint64_t tag)
{
	hand_over(core_reply_recv(caddr, tag), tag);
}

/* Without the no-execute bit, fetches do not say that they are. */
static unsigned int
access_of(uint64_t address, uint64_t error)
{
	if (error & PF_WRITE)
		return HELIOS_RIGHT_W;
	if (error & PF_FETCH || (!cpu.nx && address == current_regs->rip))
		return HELIOS_RIGHT_X;
	return HELIOS_RIGHT_R;
}

static bool
allowed(const struct hal_fault *f)
{
	const struct vspace *vs = task_vspace(core_current());
	struct hal_mapping m;

	if (vs == NULL || !tlb_lookup(vs, f->address & ~(PAGE - 1), &m))
		return false;
	return f->access == HELIOS_RIGHT_W ? m.w :
		f->access == HELIOS_RIGHT_X ? m.x : true;
}

static struct task *
page_fault(uint64_t error)
{
	struct hal_fault f = { .page = true, .vector = TRAP_PF,
		.error = error };

	__asm__ volatile("movq %%cr2, %0" : "=r"(f.address));
	if (error & PF_RESERVED)
		kpanic("page tables: a reserved bit is set on the way to "
			"0x%lx", f.address);
	f.access = access_of(f.address, error);
	/* Was it an old entry of the TLB?  (Not if the processor came as a
	 * supervisor: it would come again.) */
	if (error & PF_USER && allowed(&f)) {
		__asm__ volatile("invlpg (%0)" : : "r"(f.address) : "memory");
		return core_current();
	}
	/* What of the kernel is mapped is not the program's business. */
	if (f.address >> 47 != 0)
		f.error &= ~(uint64_t)PF_PRESENT;
	return core_fault(&f);
}

/* DR6 is sticky (Intel SDM volume 3, 17.2.3). */
static void
debug_status_clear(void)
{
	uint64_t none = 0xffff0ff0;

	__asm__ volatile("movq %0, %%dr6" : : "r"(none));
}

static struct task *
exception(uint64_t vector, uint64_t error)
{
	const struct hal_fault f = { .vector = (unsigned int)vector,
		.error = error };

	if (vector == TRAP_DB)
		debug_status_clear();
	return core_fault(&f);
}

static __attribute__((noinline)) _Noreturn void
trap_exception(uint64_t vector, uint64_t error)
{
	kernel_leave(vector == TRAP_PF ? page_fault(error) :
		exception(vector, error));
}

/* What was recorded before is delivered already: an interrupt goes straight
 * to core. */
__attribute__((flatten)) void
trap_user(uint64_t vector, uint64_t error)
{
	int irq;

	if (vector < TRAP_EXCEPTIONS)
		trap_exception(vector, error);
	irq = irq_arrived((unsigned int)vector);
	kernel_leave(irq >= 0 ? core_irq((unsigned int)irq) : core_current());
}

/*
 * From kernel mode, or too grave to ask from where
 */

/*
 * A program that single-steps into SYSCALL takes its flag along only to
 * where SFMASK clears it, yet Bochs reports one more step there, as others
 * do with SYSENTER.  It is no step of the kernel's.
 */
static bool
step_into_call(const struct trap_frame *f)
{
	return f->vector == TRAP_DB &&
		f->rip == (uint64_t)(uintptr_t)syscall_entry;
}

void
trap_kernel(const struct trap_frame *f)
{
	uint64_t since = latency_now();

	if (step_into_call(f)) {
		debug_status_clear();
		return;
	}
	if (f->vector < TRAP_EXCEPTIONS)
		panic_trap(f);
	irq_record((unsigned int)f->vector);
	latency_in_kernel(f->vector, since);
}
