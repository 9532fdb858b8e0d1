/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that C, assembly and the linker script share.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#define KERNEL_BASE	0xffffffff80000000	/* of physical address 0 */
#define KERNEL_PHYS	0x200000		/* the image is loaded here */
#define PHYSMAP_BASE	0xffff888000000000	/* root entry 273 and up */
#define DEVICE_BASE	0xffffff8000000000	/* root entry 511 */
#define DEVICE_SIZE	0x40000000
#define USER_LIMIT	0x00007ffffffff000	/* the last page stays free:
						 * SYSRET's trap */

#define BOOT_MAGIC_PVH	0x50564800		/* ours: which way boot.S came */

/* Stacks, each with an unmapped page below. */
#define STACK_SIZE_KERNEL	0x4000
#define STACK_SIZE_IST		0x2000

/* Segment selectors; SYSCALL and SYSRET want this order. */
#define SEL_KERNEL_CODE	0x08
#define SEL_KERNEL_DATA	0x10
#define SEL_USER_DATA	0x1b			/* RPL 3 */
#define SEL_USER_CODE	0x23			/* RPL 3 */
#define SEL_TSS		0x28

/* Interrupt stack table */
#define IST_DOUBLE	1
#define IST_NMI		2
#define IST_MCHECK	3
#define IST_DEBUG	4
#define IST_COUNT	4

/* Vectors */
#define VECTOR_IRQ	0x30			/* + line */
#define IRQ_LINES	160			/* at most */
#define VECTOR_TIMER	0xf0
#define VECTOR_SPURIOUS	0xff

/* struct helios_regs; trap.c asserts that they are right. */
#define R_RAX		0
#define R_RBX		8
#define R_RCX		16
#define R_RDX		24
#define R_RSI		32
#define R_RDI		40
#define R_RBP		48
#define R_RSP		56
#define R_R8		64
#define R_R9		72
#define R_R10		80
#define R_R11		88
#define R_R12		96
#define R_R13		104
#define R_R14		112
#define R_R15		120
#define R_RIP		128
#define R_RFLAGS	136

/* Of helios/syscall.h: those that have a fast path.  trap.c asserts that they
 * are right. */
#define SYS_CALL	5
#define SYS_REPLY_RECV	7

/* Bits of %rflags */
#define RFLAGS_PLAIN	0x2			/* always set */
#define RFLAGS_TF	0x100
#define RFLAGS_IF	0x200
#define RFLAGS_RF	0x10000

#endif
