/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that assembly and C share.  thread.c asserts that the structures
 * agree with them.
 */
#ifndef HOSTED_LAYOUT_H
#define HOSTED_LAYOUT_H

/*
 * Every thread of the process has a region, aligned to its size, so that a
 * signal handler finds its thread from nothing but the stack pointer:
 *
 *	0	struct host_thread
 *	PAGE	guard
 *	2 PAGE	alternate signal stack
 *	STACK	guard, then the thread's own stack up to the end
 *
 * Only what is touched costs anything; ThreadSanitizer wants a megabyte.
 */
#define REGION_SIZE		0x200000
#define REGION_ALTSTACK		0x2000
#define REGION_STACK		0x40000

/* struct host_thread */
#define THREAD_SELF		0
#define THREAD_REGS		8
#define THREAD_HOST_SP		16
#define THREAD_HOST_FS		24
#define THREAD_RBX		32
#define THREAD_EXIT_IP		40
#define THREAD_WHERE		48

/* Bits of host_thread.where; none: it runs guest code. */
#define WHERE_KERNEL		1
#define WHERE_WALKER		2

/* SIGUSR1: makes the holder of the baton look at hosted_pending. */
#define SIG_KICK		10

/* struct helios_regs */
#define R_RAX			0
#define R_RBX			8
#define R_RCX			16
#define R_RDX			24
#define R_RSI			32
#define R_RDI			40
#define R_RBP			48
#define R_RSP			56
#define R_R8			64
#define R_R9			72
#define R_R10			80
#define R_R11			88
#define R_R12			96
#define R_R13			104
#define R_R14			112
#define R_R15			120
#define R_RIP			128
#define R_RFLAGS		136
#define R_FS_BASE		144

/* ucontext_t: the saved flags */
#define UC_RFLAGS		176

/* Flags: of a fresh task; and those that must not reach the kernel. */
#define RFLAGS_PLAIN		0x202
#define RFLAGS_TF		0x100
#define RFLAGS_ODD		0x40500		/* AC, DF, TF */

#define RFLAGS_ID		0x200000
#define MXCSR_PLAIN		0x1f80

#define NR_ARCH_PRCTL		158
#define ARCH_SET_FS_BASE	0x1002
#define ARCH_GET_FS_BASE	0x1003

#endif
