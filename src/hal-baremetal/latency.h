/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The longest stretches with interrupts off, in a kernel that is built to
 * measure them (HELIOS_LATENCY); in any other, nothing.
 *
 * Protocol.  A stretch begins where entry.S has saved the registers of a
 * program, and ends where it loads those of one, where the kernel idles, and
 * where it opens the window of hal_irq_pending; past the latter another
 * begins, of the same cause.  An interrupt that is taken in the kernel is a
 * stretch of its own.  The boot is none.
 */
#ifndef LATENCY_H
#define LATENCY_H

#ifdef __ASSEMBLER__

/* Call this function, in between, on the kernel's stack: of what it may
 * clobber (in a release kernel all but %rbp) all comes back that entry.S still
 * needs. */
	.macro	LATENCY function
#ifdef HELIOS_LATENCY
	.irp	reg, rax, rbx, rcx, rdx, rsi, rdi, r8, r9
	pushq	%\reg
	.endr
	call	\function
	.irp	reg, r9, r8, rdi, rsi, rdx, rcx, rbx, rax
	popq	%\reg
	.endr
#endif
	.endm

#else

#include <stdint.h>

#ifdef HELIOS_LATENCY

/* The program at current_regs makes a system call. */
void latency_begin_call(void);
/* It is interrupted, by whatever. */
void latency_begin_trap(uint64_t vector);
void latency_end(void);
void latency_go_on(void);
uint64_t latency_now(void);
void latency_in_kernel(uint64_t vector, uint64_t since);
void latency_print(void);

#else

static inline void
latency_end(void)
{
}

static inline void
latency_go_on(void)
{
}

static inline uint64_t
latency_now(void)
{
	return 0;
}

static inline void
latency_in_kernel(uint64_t vector, uint64_t since)
{
	(void)vector;
	(void)since;
}

static inline void
latency_print(void)
{
}

#endif
#endif
#endif
