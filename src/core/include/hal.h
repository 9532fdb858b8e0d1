/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam between the kernel (src/core) and the machine (src/hal-*).
 *
 * Protocol.  The HAL saves the registers of the task that was running into
 * task_regs(t), enters core through one of the core_* functions, and gets
 * the task to resume, or NULL when all are idle.  Core never blocks and
 * never calls back into itself; one entry at a time is the HAL's promise
 * (the kernel lock).  Before it resumes the task the HAL checks for pending
 * interrupts and enters again if there are any.  When idle the HAL waits for
 * an interrupt or the armed timer.
 *
 * Core runs on one kernel stack with interrupts off.
 */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <helios/regs.h>

struct helios_machine;
struct slot;
struct task;
struct vspace;

/*
 * Boot
 */

struct hal_range {
	uint64_t base, size;		/* physical, page aligned */
};

struct hal_boot {
	const char *platform;		/* bootinfo: "hosted", "pc" */
	uint64_t flags;			/* bootinfo: HELIOS_BOOT_* */
	const struct hal_range *ram;	/* ascending, disjoint, free to use */
	size_t nram;
	const struct hal_range *taken;	/* the HAL's own, disjoint from RAM: */
	size_t ntaken;			/* no DevMem hands it out */
	uint64_t phys_limit;		/* past the highest physical address
					 * there can be; 0: no limit known */
	struct hal_range initramfs;	/* inside RAM; size to the byte */
	const char *const *argv;	/* init's arguments; NULL at the end */
	uint64_t user_entry;		/* HELIOS_AT_ENTRY, 0: none */
	uint64_t slice_ns;		/* time slice */
	uint64_t seed;			/* for AT_RANDOM */
	const struct helios_machine *machine;	/* bootinfo; NULL: zeros */
};

/*
 * Build the kernel's world and init.  False: it cannot be done, and one line
 * on why stands in err, without a newline.  The boot structure and all it
 * points to may go afterwards.
 */
bool core_boot(const struct hal_boot *boot, char *err, size_t errsize);

/*
 * Entering core.  Each returns the task to resume, or NULL to idle.
 */

/* First entry after core_boot. */
struct task *core_start(void);

/* The current task made a system call; its registers are in task_regs. */
struct task *core_syscall(void);

/*
 * Or in two parts, for a HAL that keeps messages in registers.  First, for
 * CALL and REPLY_RECV, its fast path, with the caddr and tag of the call.
 * to NULL: it is not for that, and nothing has changed; core_run_syscall does
 * it, as it does all other calls; unless object is not NULL, the kernel object
 * called, with which core_run_invoke does it.  Else resume that task.  With
 * a message it stands in a system call, and gets status OK, the badge, the
 * tag, and the four words of the caller, those past the tag's count (nwords)
 * 0, which are not in task_regs; all else is.
 */
struct handover {
	struct task *to;
	struct slot *object;
	bool message;
	unsigned int nwords;
	uint64_t badge;
};
struct handover core_call(uint64_t caddr, uint64_t tag);
struct handover core_reply_recv(uint64_t caddr, uint64_t tag);
void core_run_invoke(struct slot *object);
void core_run_syscall(void);
/* Then, as after most calls, does the caller simply go on?  If it does not,
 * core_next says who is to be resumed. */
bool core_goes_on(void);
struct task *core_next(void);

/* The current task executed a system call instruction where the ABI has
 * programs enter through HELIOS_AT_ENTRY (hosted only). */
struct task *core_stray_syscall(void);

struct hal_fault {
	bool page;		/* page fault, else exception */
	unsigned int vector;	/* exception: 0 to 31 */
	uint64_t error;		/* the processor's error code, or 0 */
	uint64_t address;	/* page fault: exact address */
	unsigned int access;	/* page fault: HELIOS_RIGHT_R, _W or _X */
};

/* The current task faulted.  A page fault of which tlb_lookup now says that
 * the access is allowed must not be reported, only retried. */
struct task *core_fault(const struct hal_fault *fault);

/* Interrupt line irq fired; the HAL has masked it. */
struct task *core_irq(unsigned int irq);

/* The armed time has come.  (Early is harmless.) */
struct task *core_timer(void);

/*
 * Translation.  The same tables serve the machine's MMU and, hosted, the
 * software TLB filler.
 */

struct hal_mapping {
	uint64_t phys;		/* of the 4 KiB page (inside a large one too) */
	bool w, x;
};

/* What does the page table of this space say of address va? */
bool tlb_lookup(const struct vspace *vs, uint64_t va, struct hal_mapping *m);

/* Physical address of the top-level table. */
uint64_t vspace_root(const struct vspace *vs);

/* The space a task runs in; NULL if it has none (then it is not resumed). */
struct vspace *task_vspace(const struct task *t);

/* The task that runs, or ran last; NULL if that one is gone. */
struct task *core_current(void);

struct helios_regs *task_regs(struct task *t);
const char *task_name(const struct task *t);	/* never empty */
uint64_t task_id(const struct task *t);
bool task_is_foreign(const struct task *t);
struct task *task_nobody(void);		/* none, but memory like one */

/* Room for the HAL's own data, zeroed before hal_*_init. */
#define HAL_TASK_SIZE	1152	/* 64-byte aligned */
#define HAL_VSPACE_SIZE	64
void *task_hal(struct task *t);
void *vspace_hal(struct vspace *vs);

/*
 * What the HAL provides
 */

/* Where physical address 0 appears to core.  Set before core_boot. */
extern char *hal_physmap;

/* The page table bit against execution; 0: this processor has none, and
 * whatever can be read can be executed.  Set before core_boot. */
extern uint64_t hal_noexec;

/* One past the highest interrupt line. */
unsigned int hal_irq_count(void);
void hal_irq_mask(unsigned int irq);
void hal_irq_unmask(unsigned int irq);

/*
 * Is an interrupt pending, or has the armed time come?  Core asks at the
 * preemption points of long operations and then returns early, with a task
 * that is not to be resumed yet.  So once true it stays true until the HAL
 * has entered core_irq or core_timer for it, which it does before it resumes
 * any task.
 */
bool hal_irq_pending(void);

/* Monotonic nanoseconds since boot. */
uint64_t hal_now(void);

/*
 * A counter to charge CPU time with, which may be cheaper to read than the
 * clock and less exact.  It does not go back.  Differences are converted.
 */
uint64_t hal_cycles(void);
uint64_t hal_cycles_ns(uint64_t cycles);

/* Call core_timer at this time; HELIOS_FOREVER: never.  Replaces. */
void hal_timer_set(uint64_t deadline);

/* Port I/O; width 1, 2 or 4 bytes. */
uint32_t hal_port_in(uint16_t port, unsigned int width);
void hal_port_out(uint16_t port, unsigned int width, uint32_t value);

/* The lowest and highest I/O port there is. */
void hal_port_range(uint16_t *first, uint16_t *last);

/* A new task: prepare what lies outside its registers.  False: no means. */
bool hal_task_init(struct task *t);

/* The task is dead and not resumed again; it may be the one that entered.
 * task_hal is gone on return. */
void hal_task_fini(struct task *t);

/* The name or FOREIGN flag of a task changed. */
void hal_task_changed(struct task *t);

/* Its FS base was set, while it does not run or in its own system call.  (In
 * between the bases in task_regs need not be those that it has.) */
void hal_task_tls(struct task *t);

/* A new space, or one with the same address range as like (may be NULL).
 * False: no address range left. */
bool hal_vspace_init(struct vspace *vs, const struct vspace *like);
void hal_vspace_fini(struct vspace *vs);

/* The addresses a program can use there: [*base, *limit). */
void hal_vspace_range(const struct vspace *vs, uint64_t *base,
		uint64_t *limit);

/* The page table has changed: len bytes at va were mapped (nothing was there
 * before), or lost their mapping or a permission.  Page aligned. */
void hal_tlb_mapped(struct vspace *vs, uint64_t va, uint64_t len);
void hal_tlb_flush(struct vspace *vs, uint64_t va, uint64_t len);

/*
 * For memory checkers; nothing on the machine.  Bytes of a kernel object or
 * page come to life undefined (then core zeroes them), or die.
 */
void hal_mem_alive(void *p, size_t len);
void hal_mem_dead(void *p, size_t len);

/* The user console: writecons. */
void hal_console_write(const char *buf, size_t len);
/* Show what was written.  False: hal_irq_pending, some is not shown yet. */
bool hal_console_flush(void);

/* The kernel log: one line without its newline.  level as in klog.h. */
void hal_log(unsigned int level, const char *line);

/* Whether the kernel writes to the screen. */
void hal_console_own(bool kernel);

_Noreturn void hal_poweroff(unsigned int status);
_Noreturn void hal_reboot(void);

/* Say it on every console, show where, stop. */
_Noreturn void hal_panic(const char *message);

#endif
