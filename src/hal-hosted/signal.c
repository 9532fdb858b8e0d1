/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals are this machine's exceptions and interrupts.
 *
 * A handler that finds its thread in guest code takes the guest's registers
 * from the signal frame, enters core, and waits for its turn inside the
 * handler; sigreturn then makes the guest go on with whatever registers core
 * left, vector state included.  A signal that finds its thread in the kernel
 * is the kick (the exit path will see hosted_pending) or a bug.
 *
 * Handlers are installed with the bare system call: sanitizers wrap
 * sigaction, and their wrappers run with the guest's %fs.  The kick is held
 * back in all handlers, or one nested in another would park with the wrong
 * frame; the others are not, so that a crash of the kernel inside a handler
 * is reported.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <helios/object.h>

#include "hosted.h"

#define KERNEL_SIGSET_SIZE	8
#define SA_RESTORER_FLAG	0x04000000ul

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE	(1 << 1)
#endif

enum trap {
	TRAP_DE = 0,
	TRAP_DB = 1,
	TRAP_BP = 3,
	TRAP_UD = 6,
	TRAP_SS = 12,
	TRAP_GP = 13,
	TRAP_PF = 14,
	TRAP_MF = 16,
	TRAP_AC = 17,
	TRAP_XM = 19,
};

/* Of the page fault error code. */
#define PF_PRESENT	1u
#define PF_WRITE	2u
#define PF_USER		4u
#define PF_EXEC		16u

int hosted_fsgsbase;

/* As the system call wants it. */
struct kernel_sigaction {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* Registers in the order of struct helios_regs, up to rflags. */
static const int frame_index[] = {
	REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP,
	REG_RSP, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
	REG_R15, REG_RIP, REG_EFL,
};
#define FRAME_WORDS	(sizeof(frame_index) / sizeof(frame_index[0]))
_Static_assert(offsetof(struct helios_regs, fs_base) == FRAME_WORDS * 8,
	"the frame covers all that comes before");

_Static_assert(offsetof(ucontext_t, uc_mcontext.gregs[REG_EFL]) == UC_RFLAGS,
	"the saved flags are where assembly looks for them");

static void
handler_install(int sig)
{
	struct kernel_sigaction sa = {
		.handler = hosted_signal_entry,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
			SA_RESTORER_FLAG,
		.restorer = hosted_restorer,
		.mask = 1ull << (SIG_KICK - 1),
	};

	if (syscall(SYS_rt_sigaction, sig, &sa, NULL, KERNEL_SIGSET_SIZE) < 0)
		fail("cannot handle signal %d: %s", sig, strerror(errno));
}

void
signals_init(void)
{
	static const int handled[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE,
		SIGTRAP, SIGSYS, SIG_KICK};
	sigset_t set;
	size_t i;

	hosted_fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
	/* For the I/O thread, which reads them from a descriptor; but a
	 * debugger cannot catch a ^C that is blocked. */
	sigemptyset(&set);
	if (!under_debugger())
		sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		handler_install(handled[i]);
}

static void
mask_kick(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG_KICK);
	pthread_sigmask(how, &set, NULL);
}

void
signals_thread_init(struct host_thread *th)
{
	stack_t stack = {
		.ss_sp = (char *)th + REGION_ALTSTACK,
		.ss_size = REGION_STACK - REGION_ALTSTACK,
	};

	if (sigaltstack(&stack, &th->old_altstack) < 0)
		hal_panic("the host refuses a signal stack");
	mask_kick(SIG_UNBLOCK);
}

/* AddressSanitizer unmaps the stack that it finds at the end: its own. */
void
signals_thread_fini(struct host_thread *th)
{
	mask_kick(SIG_BLOCK);
	sigaltstack(&th->old_altstack, NULL);
}

/*
 * Guest registers
 */

static bool
in_entry(uint64_t ip)
{
	return ip >= (uint64_t)(uintptr_t)hosted_entry &&
		ip < (uint64_t)(uintptr_t)hosted_entry_end;
}

static bool
in_exit(uint64_t ip)
{
	return ip >= (uint64_t)(uintptr_t)hosted_exit_window &&
		ip < (uint64_t)(uintptr_t)hosted_exit_end;
}

/* From the frame to the task; see entry.S for the two windows.  False: the
 * guest was not really running yet or any more. */
static bool
frame_save(struct host_thread *th, const ucontext_t *uc, uint64_t fs)
{
	const greg_t *g = uc->uc_mcontext.gregs;
	uint64_t *words = &th->regs->rax;
	uint64_t ip = (uint64_t)g[REG_RIP];
	size_t i;

	if (in_exit(ip))
		return false;
	for (i = 0; i < FRAME_WORDS; i++)
		words[i] = (uint64_t)g[frame_index[i]];
	th->regs->fs_base = fs;
	if (!in_entry(ip))
		return true;
	if (ip != (uint64_t)(uintptr_t)hosted_entry)
		th->regs->rbx = th->rbx;
	th->regs->rip = (uint64_t)(uintptr_t)hosted_entry;
	return false;
}

/* And back.  Returns the %fs base to leave with. */
static uint64_t
frame_load(struct host_thread *th, ucontext_t *uc, uint64_t found_fs)
{
	const uint64_t *words = &th->regs->rax;
	greg_t *g = uc->uc_mcontext.gregs;
	size_t i;

	checker_guest_runs(th);
	if (under_valgrind() && found_fs != th->regs->fs_base) {
		/* Its sigreturn sets the base found at delivery again. */
		g[REG_RIP] = (greg_t)(uintptr_t)hosted_reload;
		g[REG_RSP] = (greg_t)th->host_sp;
		g[REG_EFL] = RFLAGS_PLAIN;
		return th->host_fs;
	}
	for (i = 0; i < FRAME_WORDS; i++)
		g[frame_index[i]] = (greg_t)words[i];
	return th->regs->fs_base;
}

static uint64_t
frame_die(struct host_thread *th, ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;

	g[REG_RIP] = (greg_t)(uintptr_t)hosted_unwind;
	g[REG_RSP] = (greg_t)th->host_sp;
	g[REG_EFL] = RFLAGS_PLAIN;
	return th->host_fs;
}

/* Leave core and go on, with nothing pending.  traced: log the outcome of a
 * system call. */
static uint64_t
guest_resume(struct host_thread *th, ucontext_t *uc, uint64_t fs,
		struct task *next, bool traced)
{
	for (;;) {
		if (!kernel_leave(th, next))
			return frame_die(th, uc);
		if (traced)
			trace_return(th->task);
		traced = false;
		atomic_store(&th->where, 0);
		if (!atomic_load(&hosted_pending) || !kernel_enter(th))
			break;
		next = th->task;
	}
	return frame_load(th, uc, fs);
}

/*
 * Faults
 */

/* Valgrind reports an instruction fetch as a read at the instruction. */
static unsigned int
page_access(const siginfo_t *si, const greg_t *g)
{
	uint64_t error = (uint64_t)g[REG_ERR];
	uint64_t address = (uint64_t)(uintptr_t)si->si_addr;

	if (error & PF_EXEC)
		return HELIOS_RIGHT_X;
	if (error & PF_WRITE)
		return HELIOS_RIGHT_W;
	if (under_valgrind() && error == 0 && address == (uint64_t)g[REG_RIP])
		return HELIOS_RIGHT_X;
	return HELIOS_RIGHT_R;
}

/* What the processor would have said, whatever the host has filled in. */
static uint64_t
page_error(const struct vspace *vs, uint64_t address, unsigned int access)
{
	struct hal_mapping m;
	uint64_t error = PF_USER;

	if (tlb_lookup(vs, address & ~(PAGE - 1), &m))
		error |= PF_PRESENT;
	if (access == HELIOS_RIGHT_W)
		error |= PF_WRITE;
	if (access == HELIOS_RIGHT_X)
		error |= PF_EXEC;
	return error;
}

static bool
guest_byte(const struct vspace *vs, uint64_t va, uint8_t *byte)
{
	struct hal_mapping m;

	if (!tlb_lookup(vs, va & ~(PAGE - 1), &m))
		return false;
	*byte = (uint8_t)hal_physmap[m.phys + (va & (PAGE - 1))];
	return true;
}

/* Length of the prefixes of the instruction at ip; *size is what it pushes,
 * if it does. */
static unsigned int
prefixes(const struct vspace *vs, uint64_t ip, unsigned int *size)
{
	unsigned int i;
	uint8_t op;

	*size = 8;
	for (i = 0; i < 15 && guest_byte(vs, ip + i, &op); i++) {
		if (op == 0x66)
			*size = 2;
		else if ((op & 0xf0) != 0x40 && op != 0xf2 && op != 0xf3 &&
				(op & 0xe7) != 0x26 && op != 0x64 &&
				op != 0x65)
			break;
	}
	return i;
}

/* How many bytes does the instruction at ip push?  0: it is no push. */
static unsigned int
push_size(const struct vspace *vs, uint64_t ip)
{
	unsigned int size, n = prefixes(vs, ip, &size);
	uint8_t op = 0, next = 0;

	guest_byte(vs, ip + n, &op);
	guest_byte(vs, ip + n + 1, &next);
	if ((op & 0xf8) == 0x50 || op == 0x68 || op == 0x6a || op == 0x9c ||
			(op == 0x0f && (next & 0xf7) == 0xa0))
		return size;
	if (op == 0xe8 || (op == 0xff && (next & 0x38) == 0x10))
		return 8;
	return op == 0xff && (next & 0x38) == 0x30 ? size : 0;
}

/* If a direct call stands at ip: where it leads to.  0: it is none. */
static uint64_t
call_target(const struct vspace *vs, uint64_t ip)
{
	unsigned int size, n = prefixes(vs, ip, &size), i;
	uint32_t offset = 0;
	uint8_t byte = 0;

	if (!guest_byte(vs, ip + n, &byte) || byte != 0xe8)
		return 0;
	for (i = 0; i < 4; i++) {
		guest_byte(vs, ip + n + 1 + i, &byte);
		offset |= (uint32_t)byte << (8 * i);
	}
	return ip + n + 5 + (uint64_t)(int64_t)(int32_t)offset;
}

/*
 * Valgrind's state at a fault is wrong in two cases.  A push that faults has
 * moved the stack pointer already.  And the first instruction of a function
 * whose direct call was translated in one piece with it faults at the call,
 * which has been made already: a call accesses nothing but the stack.
 */
static void
valgrind_fixup(struct host_thread *th, bool page, uint64_t address)
{
	const struct vspace *vs = task_vspace(th->task);
	struct helios_regs *r = th->regs;
	uint64_t target;

	if (!under_valgrind())
		return;
	if (page && address == r->rsp) {
		r->rsp += push_size(vs, r->rip);
		return;
	}
	target = call_target(vs, r->rip);
	if (target != 0 && !(page && address == r->rip))
		r->rip = target;
}

/*
 * SIGBUS without an alignment check: the page is there and what it maps is
 * not, as with a DevMem page past all device memory.  A machine would answer
 * such an access with ones, or a machine check; here it is a general
 * protection fault.  (A page fault would say that the access is not allowed,
 * and the page table says it is.)
 */
static unsigned int
exception_vector(int sig, const siginfo_t *si, const greg_t *g)
{
	if (!under_valgrind() && g[REG_TRAPNO] != TRAP_PF)
		return (unsigned int)g[REG_TRAPNO];
	switch (sig) {
	case SIGILL:
		return TRAP_UD;
	case SIGFPE:
		return si->si_code == FPE_INTDIV ? TRAP_DE : TRAP_XM;
	case SIGTRAP:
		return si->si_code == TRAP_TRACE ? TRAP_DB : TRAP_BP;
	case SIGBUS:
		return si->si_code == BUS_ADRALN ? TRAP_AC : TRAP_GP;
	default:
		return TRAP_GP;
	}
}

/* Of 48 bits, whatever the host's processor has: more are no address here. */
static bool
canonical(uint64_t address)
{
	return address < 1ull << 47 || address >= -1ull << 47;
}

static bool
is_page_fault(int sig, const siginfo_t *si, const greg_t *g)
{
	if (sig != SIGSEGV || !canonical((uint64_t)(uintptr_t)si->si_addr))
		return false;
	return under_valgrind() ? si->si_code != SI_KERNEL :
		g[REG_TRAPNO] == TRAP_PF;
}

static uint64_t
guest_fault(struct host_thread *th, ucontext_t *uc, uint64_t fs,
		const struct hal_fault *f)
{
	time_entry();
	if (trace_on)
		trace_fault(th->task, f);
	return guest_resume(th, uc, fs, core_fault(f), false);
}

static uint64_t
page_fault(struct host_thread *th, const siginfo_t *si, ucontext_t *uc,
		uint64_t fs)
{
	const struct vspace *vs = task_vspace(th->task);
	struct hal_fault f = {
		.page = true,
		.vector = TRAP_PF,
		.address = (uint64_t)(uintptr_t)si->si_addr,
		.access = page_access(si, uc->uc_mcontext.gregs),
	};

	valgrind_fixup(th, true, f.address);
	if (tlb_fill(vs, f.address, f.access)) {
		/* A miss is not an event; but if something came meanwhile,
		 * this is as good a place as any. */
		atomic_store(&th->where, 0);
		if (atomic_load(&hosted_pending) && kernel_enter(th))
			return guest_resume(th, uc, fs, th->task, false);
		return frame_load(th, uc, fs);
	}
	f.error = page_error(vs, f.address, f.access);
	return guest_fault(th, uc, fs, &f);
}

static uint64_t
exception(struct host_thread *th, int sig, const siginfo_t *si,
		ucontext_t *uc, uint64_t fs)
{
	const greg_t *g = uc->uc_mcontext.gregs;
	struct hal_fault f = {.vector = exception_vector(sig, si, g)};

	if (f.vector != TRAP_DB && f.vector != TRAP_BP)
		valgrind_fixup(th, false, 0);
	if ((f.vector == TRAP_GP || f.vector == TRAP_SS) &&
			g[REG_TRAPNO] == (greg_t)f.vector)
		f.error = (uint64_t)g[REG_ERR];
	return guest_fault(th, uc, fs, &f);
}

/* A system call instruction: a call, if the task is made for it. */
static uint64_t
stray_syscall(struct host_thread *th, ucontext_t *uc, uint64_t fs)
{
	bool foreign = task_is_foreign(th->task);
	struct task *next;

	time_entry();
	if (trace_on)
		trace_call(foreign ? "foreign call" : "stray call", th->task);
	next = foreign ? core_syscall() : core_stray_syscall();
	return guest_resume(th, uc, fs, next, trace_on);
}

/* Single steps end up in our own code, too, and are of no interest there. */
static bool
step_in_kernel(int sig, ucontext_t *uc)
{
	if (sig != SIGTRAP || !(uc->uc_mcontext.gregs[REG_EFL] & RFLAGS_TF))
		return false;
	uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)RFLAGS_TF;
	return true;
}

/* ... nor in the two windows.  A call loses the flag, with all others; on
 * the way out it must survive until the guest's first instruction. */
static uint64_t
step_in_window(struct host_thread *th, ucontext_t *uc, uint64_t fs)
{
	atomic_store(&th->where, 0);
	if (in_exit((uint64_t)uc->uc_mcontext.gregs[REG_RIP]))
		return frame_load(th, uc, fs);
	uc->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)RFLAGS_TF;
	checker_guest_runs(th);
	return fs;
}

/*
 * The last jump to a guest leads to whatever address a system call was made
 * with.  If that is none, some processors fault at the jump, others behind
 * it; either way the guest has returned, and its registers are complete.
 */
static bool
return_fault(const struct host_thread *th, int sig, uint64_t ip)
{
	return sig == SIGSEGV && in_exit(ip) && !canonical(th->regs->rip);
}

uint64_t
hosted_signal(int sig, siginfo_t *si, void *context, struct host_thread *th,
		uint64_t fs)
{
	ucontext_t *uc = context;
	uint64_t ip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	bool guest;

	if (!kernel_enter(th)) {
		if (sig != SIG_KICK && !step_in_kernel(sig, uc))
			kernel_fault(sig, si, ip);
		return fs;
	}
	guest = frame_save(th, uc, fs);
	checker_guest_left(th->regs);
	if (sig == SIG_KICK)
		return guest_resume(th, uc, fs, th->task, false);
	if (si->si_code <= 0)
		kernel_fault(sig, si, ip);
	if (sig == SIGTRAP && !guest)
		return step_in_window(th, uc, fs);
	if (!guest && !return_fault(th, sig, ip))
		kernel_fault(sig, si, ip);
	if (is_page_fault(sig, si, uc->uc_mcontext.gregs))
		return page_fault(th, si, uc, fs);
	if (sig == SIGSYS)
		return stray_syscall(th, uc, fs);
	return exception(th, sig, si, uc, fs);
}
