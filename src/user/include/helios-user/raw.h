/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls in registers only: no IPC buffer, no TLS, no library state
 * but the entry pointer.  For code that runs without a thread of the library
 * around it, and for tests of the ABI itself.
 *
 * The call is a jump through helios_entry with the return address in %rcx,
 * the contract of the SYSCALL instruction, so that neither the stack nor its
 * red zone is touched.  Where the kernel gives no entry, the pointer leads
 * to a SYSCALL in the program; that destroys %rcx, so the return address
 * waits in %rbx.  Vector registers do not survive a hosted call.
 */
#ifndef HELIOS_USER_RAW_H
#define HELIOS_USER_RAW_H

#include <helios/error.h>
#include <helios/message.h>
#include <helios/syscall.h>
#include <helios/types.h>

extern void (*helios_entry)(void) __attribute__((visibility("hidden")));

/* In and out. */
struct helios_raw {
	uint64_t rdi;			/* caddr, out: badge */
	uint64_t rsi;			/* tag */
	uint64_t rdx, r10, r8, r9;	/* words 0-3; rdx: detail */
};

/* Make system call nr; returns %rax. */
static inline uint64_t
helios_raw(uint64_t nr, struct helios_raw *regs)
{
	register uint64_t r10 __asm__("r10") = regs->r10;
	register uint64_t r8 __asm__("r8") = regs->r8;
	register uint64_t r9 __asm__("r9") = regs->r9;

	__asm__ volatile("lea 1f(%%rip), %%rcx\n\t"
		"jmp *helios_entry(%%rip)\n"
		"1:"
		: "+a" (nr), "+D" (regs->rdi), "+S" (regs->rsi),
		  "+d" (regs->rdx), "+r" (r10), "+r" (r8), "+r" (r9)
		:
		: "rbx", "rcx", "r11", "memory", "cc",
		  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		  "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
		  "xmm14", "xmm15");
	regs->r10 = r10;
	regs->r8 = r8;
	regs->r9 = r9;
	return nr;
}

/* The calls that fit: all words in registers, no capabilities. */

static inline enum helios_status
helios_raw_send(helios_cap_t cap, uint64_t tag, uint64_t w0, uint64_t w1,
		uint64_t w2, uint64_t w3)
{
	struct helios_raw r = { cap, tag, w0, w1, w2, w3 };

	return (enum helios_status)helios_raw(HELIOS_SYS_SEND, &r);
}

static inline enum helios_status
helios_raw_recv(helios_cap_t cap, struct helios_raw *out)
{
	out->rdi = cap;
	return (enum helios_status)helios_raw(HELIOS_SYS_RECV, out);
}

/* regs: rsi and words in; all out. */
static inline enum helios_status
helios_raw_call(helios_cap_t cap, struct helios_raw *regs)
{
	regs->rdi = cap;
	return (enum helios_status)helios_raw(HELIOS_SYS_CALL, regs);
}

static inline enum helios_status
helios_raw_reply(uint64_t tag, uint64_t w0, uint64_t w1, uint64_t w2,
		uint64_t w3)
{
	struct helios_raw r = { 0, tag, w0, w1, w2, w3 };

	return (enum helios_status)helios_raw(HELIOS_SYS_REPLY, &r);
}

static inline enum helios_status
helios_raw_reply_recv(helios_cap_t cap, struct helios_raw *regs)
{
	regs->rdi = cap;
	return (enum helios_status)helios_raw(HELIOS_SYS_REPLY_RECV, regs);
}

static inline enum helios_status
helios_raw_signal(helios_cap_t note)
{
	struct helios_raw r = { note, 0, 0, 0, 0, 0 };

	return (enum helios_status)helios_raw(HELIOS_SYS_SIGNAL, &r);
}

static inline enum helios_status
helios_raw_wait(helios_cap_t note, uint64_t *bits)
{
	struct helios_raw r = { note, 0, 0, 0, 0, 0 };
	uint64_t status = helios_raw(HELIOS_SYS_WAIT, &r);

	if (status == HELIOS_OK)
		*bits = r.rdx;
	return (enum helios_status)status;
}

static inline void
helios_raw_yield(void)
{
	struct helios_raw r = { 0, 0, 0, 0, 0, 0 };

	helios_raw(HELIOS_SYS_YIELD, &r);
}

static inline uint64_t
helios_raw_clock(void)
{
	struct helios_raw r = { 0, 0, 0, 0, 0, 0 };

	helios_raw(HELIOS_SYS_CLOCK, &r);
	return r.rdx;
}

/* Returns only if a supervisor resumes the task. */
static inline void
helios_raw_exit(uint64_t status)
{
	struct helios_raw r = { status, 0, 0, 0, 0, 0 };

	helios_raw(HELIOS_SYS_EXIT, &r);
}

#endif
