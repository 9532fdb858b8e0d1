/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where user programs and the kernel meet.
 *
 * Whatever the way in, all registers of the program go straight into the
 * struct helios_regs at current_regs, the stack pointer goes to the top of
 * the one kernel stack, and C never returns here: it ends in user_return.
 * So nothing of an entry is left behind, and the stack cannot grow.
 *
 * There is one processor, so globals serve where others need swapgs, and the
 * base of %gs is the program's all the time.
 *
 * An NMI, a machine check or a double fault can come at any instruction,
 * those with the program's %rsp included: they have stacks of their own (and
 * are the end).  #DB has one too, for Intel and AMD let it come at the first
 * instruction of an entry in some cases (Intel SDM volume 3, 6.8.3).
 *
 * The unwind information describes the program as the caller, so that a
 * debugger's backtrace runs from the kernel into it: on the way in through
 * current_regs, which stands at kernel_stack_top (kernel.lds), and on the way
 * out through %rbx.  No register of the program is alive in C, and a release
 * kernel takes %rbx and %r12 to %r15 as any function's to use.
 */
#include "latency.h"
#include "layout.h"

	.cfi_sections .debug_frame

/* The program's registers stand in the struct helios_regs that the top of the
 * stack, where %rsp is, points to. */
	.macro	CFI_REG	number, offset
	.cfi_escape 0x10, \number, 6, 0x77, 0x00, 0x06, 0x23, \
		(\offset & 0x7f) | 0x80, \offset >> 7
	.endm

	.macro	CFI_USER_ENTERED
	.cfi_escape 0x0f, 6, 0x77, 0x00, 0x06, 0x23, R_RSP, 0x06
	.cfi_escape 0x16, 7, 6, 0x77, 0x00, 0x06, 0x23, R_RSP, 0x06
	CFI_REG	3, R_RBX
	CFI_REG	6, R_RBP
	CFI_REG	12, R_R12
	CFI_REG	13, R_R13
	CFI_REG	14, R_R14
	CFI_REG	15, R_R15
	CFI_REG	16, R_RIP
	.endm

/* The same, in that at %rbx. */
	.macro	CFI_USER
	.cfi_escape 0x0f, 3, 0x73, R_RSP, 0x06		/* CFA = regs->rsp */
	.cfi_escape 0x10, 16, 3, 0x73, 0x80, 0x01	/* rip: at 128 */
	.cfi_escape 0x16, 7, 3, 0x73, R_RSP, 0x06	/* rsp = regs->rsp */
	.cfi_escape 0x10, 3, 2, 0x73, R_RBX
	.cfi_escape 0x10, 6, 2, 0x73, R_RBP
	.cfi_escape 0x10, 12, 3, 0x73, 0xe0, 0x00	/* r12: at 96 */
	.cfi_escape 0x10, 13, 3, 0x73, 0xe8, 0x00
	.cfi_escape 0x10, 14, 3, 0x73, 0xf0, 0x00
	.cfi_escape 0x10, 15, 3, 0x73, 0xf8, 0x00
	.endm

/* Debug kernels have frame pointers: here is the last. */
	.macro	FRAMES_END
#ifdef HELIOS_DEBUG
	xorl	%ebp, %ebp
#endif
	.endm

/* All but rbx, rip, rsp and rflags. */
	.macro	SAVE base
	movq	%rax, R_RAX(\base)
	movq	%rcx, R_RCX(\base)
	movq	%rdx, R_RDX(\base)
	movq	%rsi, R_RSI(\base)
	movq	%rdi, R_RDI(\base)
	movq	%rbp, R_RBP(\base)
	movq	%r8, R_R8(\base)
	movq	%r9, R_R9(\base)
	movq	%r10, R_R10(\base)
	movq	%r11, R_R11(\base)
	movq	%r12, R_R12(\base)
	movq	%r13, R_R13(\base)
	movq	%r14, R_R14(\base)
	movq	%r15, R_R15(\base)
	.endm

/* All but rcx, r11, rbx, rip, rsp and rflags. */
	.macro	LOAD base
	movq	R_RAX(\base), %rax
	movq	R_RDX(\base), %rdx
	movq	R_RSI(\base), %rsi
	movq	R_RDI(\base), %rdi
	movq	R_RBP(\base), %rbp
	movq	R_R8(\base), %r8
	movq	R_R9(\base), %r9
	movq	R_R10(\base), %r10
	movq	R_R12(\base), %r12
	movq	R_R13(\base), %r13
	movq	R_R14(\base), %r14
	movq	R_R15(\base), %r15
	.endm

	.text

/*
 * SYSCALL: return address in %rcx, flags in %r11, nothing on the stack, and
 * the stack is still the program's.  %rsp must serve as the pointer until
 * another register is free.
 */
	.globl	syscall_entry
	.type	syscall_entry, @function
	.balign	64
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 0
	.cfi_register %rip, %rcx
syscall_entry:
	movq	%rsp, user_rsp(%rip)
	movq	current_regs(%rip), %rsp
	SAVE	%rsp
	movq	%rbx, R_RBX(%rsp)
	movq	%rcx, R_RIP(%rsp)
	movq	%r11, R_RFLAGS(%rsp)
	movq	user_rsp(%rip), %rcx
	movq	%rcx, R_RSP(%rsp)
	movq	$kernel_stack_top, %rsp
	CFI_USER_ENTERED
	LATENCY	latency_begin_call
	FRAMES_END
	cmpq	$SYS_CALL, %rax
	je	1f
	cmpq	$SYS_REPLY_RECV, %rax
	je	2f
	call	trap_syscall
1:	call	trap_call			/* %rdi, %rsi are as they were */
2:	call	trap_reply_recv
	ud2
	.cfi_endproc
	.size	syscall_entry, . - syscall_entry

/*
 * Exceptions and interrupts.  The processor has pushed ss, rsp, rflags, cs,
 * rip and perhaps an error code; the stubs push 0 where it has not, and the
 * vector.
 */
	.type	trap_entry, @function
	.balign	64
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 56
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
trap_entry:
	testb	$3, 24(%rsp)			/* cs: from user mode? */
	jz	trap_entry_kernel
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	movq	current_regs(%rip), %rbx
	SAVE	%rbx
	.irp	to, R_RBX(%rbx), %rdi, %rsi, R_RIP(%rbx), %rdx, \
		R_RFLAGS(%rbx), R_RSP(%rbx)
	popq	\to				/* %rdi vector, %rsi error */
	.cfi_adjust_cfa_offset -8
	.endr
	CFI_USER
	movq	$kernel_stack_top, %rsp
	pushq	$RFLAGS_PLAIN			/* DF and AC are the user's */
	popfq
	CFI_USER_ENTERED
	LATENCY	latency_begin_trap
	FRAMES_END
	call	trap_user
	ud2
	.cfi_endproc
	.size	trap_entry, . - trap_entry

/* From the kernel itself, or an end from wherever: struct trap_frame. */
	.type	trap_entry_kernel, @function
	.balign	16
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 56
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
trap_entry_kernel:
	.irp	reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, \
		r12, r13, r14, r15
	pushq	%\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %\reg, 0
	.endr
	movq	%rsp, %rdi
	.cfi_def_cfa_register %rdi
	andq	$-16, %rsp
	pushq	$RFLAGS_PLAIN
	popfq
	pushq	%rdi
	pushq	%rdi
	/* CFA = what %rsp points to, + 22 words */
	.cfi_escape 0x0f, 6, 0x77, 0x00, 0x06, 0x23, 0xb0, 0x01
	call	trap_kernel
	popq	%rsp
	.cfi_def_cfa %rsp, 176
	.irp	reg, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, \
		rdx, rcx, rbx, rax
	popq	%\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore %\reg
	.endr
	addq	$16, %rsp
	.cfi_adjust_cfa_offset -16
	iretq
	.cfi_endproc
	.size	trap_entry_kernel, . - trap_entry_kernel

/* Exceptions: one stub each, 16 bytes apart; cpu.c fills the IDT with them. */
	.globl	trap_stubs
	.type	trap_stubs, @function
	.balign	16
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 40
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
trap_stubs:
	.set	vector, 0
	.rept	32
	.balign	16
	.if	vector != 8 && vector != 17 && vector != 21 && \
		vector != 29 && vector != 30 && \
		(vector < 10 || vector > 14)
	pushq	$0
	.endif
	pushq	$vector
	.if	vector == 2 || vector == 8 || vector == 18
	jmp	trap_entry_kernel
	.else
	jmp	trap_entry
	.endif
	.set	vector, vector + 1
	.endr
	.cfi_endproc
	.size	trap_stubs, . - trap_stubs

/* Interrupts have no error code: 8 bytes will do, of which two push the
 * vector as a signed byte. */
	.globl	interrupt_stubs
	.type	interrupt_stubs, @function
	.balign	16
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 40
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
interrupt_stubs:
	.set	vector, 32
	.rept	256 - 32
	.balign	8
	.if	vector < 128
	pushq	$vector
	.else
	pushq	$vector - 256
	.endif
	jmp	interrupt_entry
	.set	vector, vector + 1
	.endr
	.balign	16
	.cfi_def_cfa_offset 48
interrupt_entry:
	pushq	(%rsp)
	.cfi_adjust_cfa_offset 8
	movq	$0, 8(%rsp)
	andq	$0xff, (%rsp)
	jmp	trap_entry
	.cfi_endproc
	.size	interrupt_stubs, . - interrupt_stubs

/* A way out, called by C: its registers are taken from current_regs. */
	.macro	RETURN name
	.globl	\name
	.type	\name, @function
	.balign	64
	.cfi_startproc
	.cfi_signal_frame
\name:
	movq	current_regs(%rip), %rbx
	CFI_USER
	.endm

	.macro	RETURN_END name
	.cfi_endproc
	.size	\name, . - \name
	.endm

/* %rcx and %r11 are loaded. */
	.macro	LOAD_AND_SYSRET
	LOAD	%rbx
	movq	R_RSP(%rbx), %rsp
	movq	R_RBX(%rbx), %rbx
	sysretq
	.endm

/*
 * void user_return(void): become the program of current_regs.
 *
 * SYSRET is for those that came by SYSCALL: it takes the address from %rcx
 * and the flags from %r11, so both must be what they are to be anyway.  It
 * faults in the kernel, on the user's stack, if the address is not canonical
 * (Intel), so that must be below USER_LIMIT; and it treats TF and RF in its
 * own way.  All else goes by trap_return, which makes sure of the address,
 * and user_return_slow; there IRETQ cannot fault, for the selectors are
 * constants.
 */
	RETURN	user_return
	LATENCY	latency_end
	movq	R_RCX(%rbx), %rcx
	movq	R_R11(%rbx), %r11
	cmpq	%rcx, R_RIP(%rbx)
	jne	trap_return
	cmpq	%r11, R_RFLAGS(%rbx)
	jne	trap_return
	testl	$RFLAGS_TF | RFLAGS_RF, %r11d
	jnz	trap_return
	cmpq	user_limit(%rip), %rcx
	jae	trap_return
	LOAD_AND_SYSRET
	RETURN_END user_return

/*
 * void user_return_call(void): the same for the program that has entered by
 * SYSCALL, and has not stood anywhere else since: its address and flags are
 * what SYSCALL found, so the address is canonical (one page below the hole
 * nothing is mapped any more).
 */
	RETURN	user_return_call
	LATENCY	latency_end
	movq	R_RFLAGS(%rbx), %r11
	testl	$RFLAGS_TF | RFLAGS_RF, %r11d
	jnz	trap_return
	movq	R_RIP(%rbx), %rcx
	LOAD_AND_SYSRET
	RETURN_END user_return_call

/*
 * void user_return_message(badge, tag, word0, word1, word2, word3): become
 * the program of current_regs, which stands in a system call, with this
 * message as its result.  It came by SYSCALL, as above.
 */
	RETURN	user_return_message
	LATENCY	latency_end
	movq	%rcx, %r10
	movq	R_RFLAGS(%rbx), %r11
	testl	$RFLAGS_TF | RFLAGS_RF, %r11d
	jnz	1f
	xorl	%eax, %eax
	movq	R_RIP(%rbx), %rcx
	movq	R_RBP(%rbx), %rbp
	movq	R_R12(%rbx), %r12
	movq	R_R13(%rbx), %r13
	movq	R_R14(%rbx), %r14
	movq	R_R15(%rbx), %r15
	movq	R_RSP(%rbx), %rsp
	movq	R_RBX(%rbx), %rbx
	sysretq
1:	movq	$0, R_RAX(%rbx)
	movq	%rdi, R_RDI(%rbx)
	movq	%rsi, R_RSI(%rbx)
	movq	%rdx, R_RDX(%rbx)
	movq	%r10, R_R10(%rbx)
	movq	%r8, R_R8(%rbx)
	movq	%r9, R_R9(%rbx)
	jmp	trap_return
	RETURN_END user_return_message

	RETURN	user_return_slow
	LOAD	%rbx
	movq	R_RCX(%rbx), %rcx
	movq	R_R11(%rbx), %r11
	pushq	$SEL_USER_DATA
	pushq	R_RSP(%rbx)
	pushq	R_RFLAGS(%rbx)
	pushq	$SEL_USER_CODE
	pushq	R_RIP(%rbx)
	movq	R_RBX(%rbx), %rbx
	.cfi_def_cfa %rsp, 40
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	.cfi_same_value %rbx
	.cfi_same_value %rbp
	.cfi_same_value %r12
	.cfi_same_value %r13
	.cfi_same_value %r14
	.cfi_same_value %r15
	iretq
	RETURN_END user_return_slow

	.section .rodata
	.balign	8
user_limit:
	.quad	USER_LIMIT
	.size	user_limit, 8

	.bss
	.balign	8
user_rsp:
	.skip	8
	.size	user_rsp, 8

	.section .note.GNU-stack, "", @progbits
