/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where guest code and the kernel meet.
 *
 * While a guest runs, %gs points to its struct host_thread and %fs is the
 * guest's.  No C may run before %fs is the host's again, since C uses it for
 * errno, stack protectors and sanitizers; that is why this is assembly.
 *
 * A signal can arrive at any instruction here.  Two stretches look like
 * guest code to the handler (where is 0) although the instruction pointer
 * is ours:
 *
 *   entry	[hosted_entry, hosted_entry_end): only %rbx has changed, and
 *		%gs:THREAD_RBX holds it.  The handler rolls back to
 *		hosted_entry: the guest is just about to call.
 *   exit	[hosted_exit_window, hosted_exit_end): the guest's registers
 *		stand complete in *regs.  The handler takes them from there:
 *		the guest has just left.
 *
 * The unwind information from hosted_entry_end on describes the guest as the
 * caller, through %rbx = regs, so that a debugger's backtrace runs from the
 * kernel into the guest.
 */
#include "layout.h"

	.hidden	hosted_fsgsbase, hosted_pending
	.hidden	hosted_syscall, hosted_again, hosted_signal

/* %fs base = %rsi.  Clobbers %rax %rcx %rdi %r11 and flags. */
	.macro	SET_FS
	cmpl	$0, hosted_fsgsbase(%rip)
	je	77f
	wrfsbase %rsi
	jmp	78f
77:	movl	$ARCH_SET_FS_BASE, %edi
	movl	$NR_ARCH_PRCTL, %eax
	syscall
78:
	.endm

/* The caller's registers stand in the struct helios_regs at %rbx. */
	.macro	CFI_GUEST
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

	.text

/*
 * void hosted_entry(void): the guest's system call.  Return address in %rcx;
 * the guest's stack is not touched.
 */
	.globl	hosted_entry, hosted_entry_end
	.hidden	hosted_entry, hosted_entry_end
	.type	hosted_entry, @function
	.balign	64
	.cfi_startproc
	.cfi_def_cfa %rsp, 0		/* the caller is at %rcx, %rsp */
	.cfi_register %rip, %rcx
hosted_entry:
	movq	%rbx, %gs:THREAD_RBX
	movq	%gs:THREAD_REGS, %rbx
	movq	%rax, R_RAX(%rbx)
	movq	%rcx, R_RCX(%rbx)
	movq	%rdx, R_RDX(%rbx)
	movq	%rsi, R_RSI(%rbx)
	movq	%rdi, R_RDI(%rbx)
	movq	%rbp, R_RBP(%rbx)
	movq	%rsp, R_RSP(%rbx)
	movq	%r8, R_R8(%rbx)
	movq	%r9, R_R9(%rbx)
	movq	%r10, R_R10(%rbx)
	movq	%r11, R_R11(%rbx)
	movq	%r12, R_R12(%rbx)
	movq	%r13, R_R13(%rbx)
	movq	%r14, R_R14(%rbx)
	movq	%r15, R_R15(%rbx)
	movq	%rcx, R_RIP(%rbx)
	lock orl $WHERE_KERNEL, %gs:THREAD_WHERE
hosted_entry_end:
	CFI_GUEST
	movq	%gs:THREAD_RBX, %rax
	movq	%rax, R_RBX(%rbx)
	movq	$RFLAGS_PLAIN, R_RFLAGS(%rbx)
	movq	%gs:THREAD_HOST_SP, %rsp
	pushfq
	testl	$RFLAGS_ODD, (%rsp)
	jz	1f
	movq	$RFLAGS_PLAIN, (%rsp)
	popfq
	pushfq
1:	addq	$8, %rsp
	cmpl	$0, hosted_fsgsbase(%rip)
	je	2f
	rdfsbase %rax			/* the guest may have set its own */
	movq	%rax, R_FS_BASE(%rbx)
2:	movq	%gs:THREAD_HOST_FS, %rsi
	SET_FS
	movq	%gs:THREAD_SELF, %rdi
	call	hosted_syscall
hosted_leave_kernel:
	testl	%eax, %eax
	jnz	hosted_unwind

	xorl	%eax, %eax
	xchgl	%eax, %gs:THREAD_WHERE
	.globl	hosted_exit_window, hosted_exit_end
	.hidden	hosted_exit_window, hosted_exit_end
hosted_exit_window:
	cmpl	$0, hosted_pending(%rip)
	jne	hosted_exit_again
hosted_load:
	movq	R_RIP(%rbx), %rax
	movq	%rax, %gs:THREAD_EXIT_IP
	movq	R_FS_BASE(%rbx), %rsi
	SET_FS
	cmpq	$RFLAGS_PLAIN, R_RFLAGS(%rbx)
	je	3f
	pushq	R_RFLAGS(%rbx)
	popfq
	jmp	4f
3:	movl	$1, %eax		/* plain, without popfq: 1 - 0 is */
	cmpl	$0, %eax		/* neither 0 nor even nor negative */
4:	movq	R_RAX(%rbx), %rax
	movq	R_RCX(%rbx), %rcx
	movq	R_RDX(%rbx), %rdx
	movq	R_RSI(%rbx), %rsi
	movq	R_RDI(%rbx), %rdi
	movq	R_RBP(%rbx), %rbp
	movq	R_R8(%rbx), %r8
	movq	R_R9(%rbx), %r9
	movq	R_R10(%rbx), %r10
	movq	R_R11(%rbx), %r11
	movq	R_R12(%rbx), %r12
	movq	R_R13(%rbx), %r13
	movq	R_R14(%rbx), %r14
	movq	R_R15(%rbx), %r15
	movq	R_RSP(%rbx), %rsp
	movq	R_RBX(%rbx), %rbx
	jmp	*%gs:THREAD_EXIT_IP

/* Where a handler returns to if sigreturn would not set %fs as it should:
 * load *regs once more.  Vector registers stay as sigreturn set them. */
	.globl	hosted_reload
	.hidden	hosted_reload
hosted_reload:
	movq	%gs:THREAD_REGS, %rbx
	jmp	hosted_load

hosted_exit_again:
	lock orl $WHERE_KERNEL, %gs:THREAD_WHERE
hosted_exit_end:
	movq	%gs:THREAD_SELF, %rdi
	call	hosted_again
	jmp	hosted_leave_kernel
	.cfi_endproc
	.size	hosted_entry, . - hosted_entry

/*
 * void hosted_run(struct host_thread *): become the guest; returns when the
 * task is dead.  All that C wants kept stands on the host stack meanwhile.
 */
	.globl	hosted_run
	.hidden	hosted_run
	.type	hosted_run, @function
	.cfi_startproc
hosted_run:
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	movq	%rsp, THREAD_HOST_SP(%rdi)
	movq	THREAD_REGS(%rdi), %rbx
	fninit				/* a fresh task has fresh registers */
	pushq	$MXCSR_PLAIN
	ldmxcsr	(%rsp)
	popq	%rax
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	pxor	%xmm\n, %xmm\n
	.endr
	xorl	%eax, %eax
	jmp	hosted_leave_kernel
	.cfi_endproc
	.size	hosted_run, . - hosted_run

/* Go back to whoever called hosted_run, from wherever this thread is. */
	.globl	hosted_unwind
	.hidden	hosted_unwind
	.type	hosted_unwind, @function
	.cfi_startproc
	.cfi_undefined %rip
hosted_unwind:
	movq	%gs:THREAD_HOST_SP, %rsp
	movq	%gs:THREAD_HOST_FS, %rsi
	SET_FS
	cld
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.cfi_endproc
	.size	hosted_unwind, . - hosted_unwind

/*
 * The handler of every signal: fetch the thread from the stack pointer, make
 * %fs the host's, and afterwards what hosted_signal says.  It saves whatever
 * %fs it finds, so it is right even inside the sequences above.
 *
 * A kick that finds the kernel has nothing to do, and must not do it in C:
 * the kernel may be anywhere, such as inside a sanitizer's own lock.
 */
	.globl	hosted_signal_entry
	.hidden	hosted_signal_entry
	.type	hosted_signal_entry, @function
	.cfi_startproc
hosted_signal_entry:
	cmpl	$SIG_KICK, %edi
	jne	3f
	movq	%rsp, %rax
	andq	$-REGION_SIZE, %rax
	testl	$WHERE_KERNEL, THREAD_WHERE(%rax)
	jz	3f
	ret
3:	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	movq	$RFLAGS_PLAIN, (%rsp)	/* Linux leaves the guest's AC set */
	popfq
	.cfi_adjust_cfa_offset -8
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	movq	%rsp, %rbx
	andq	$-REGION_SIZE, %rbx
	movl	%edi, %r12d
	movq	%rsi, %r13
	movq	%rdx, %r14
	cmpl	$0, hosted_fsgsbase(%rip)
	je	1f
	rdfsbase %r8
	movq	%r8, (%rsp)
	jmp	2f
1:	movl	$ARCH_GET_FS_BASE, %edi
	movq	%rsp, %rsi
	movl	$NR_ARCH_PRCTL, %eax
	syscall
2:	movq	THREAD_HOST_FS(%rbx), %rsi
	SET_FS
	movl	%r12d, %edi
	movq	%r13, %rsi
	movq	%r14, %rdx
	movq	%rbx, %rcx
	movq	(%rsp), %r8
	call	hosted_signal
	movq	%rax, %rsi
	SET_FS
	movq	UC_RFLAGS(%r14), %rax	/* sigreturn leaves ID as it finds it */
	andl	$RFLAGS_ID, %eax
	orl	$RFLAGS_PLAIN, %eax
	movq	%rax, (%rsp)
	popfq
	.cfi_adjust_cfa_offset -8
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	ret
	.cfi_endproc
	.size	hosted_signal_entry, . - hosted_signal_entry

/*
 * Debuggers know a signal frame by this very name and code, and look for a
 * function one byte before the return address: hence the nop, and no unwind
 * information.
 */
	nop
	.type	__restore_rt, @function
__restore_rt:
	movq	$15, %rax
	syscall
	.size	__restore_rt, . - __restore_rt

	.globl	hosted_restorer
	.hidden	hosted_restorer
	.section .data.rel.ro, "aw"
	.balign	8
hosted_restorer:
	.quad	__restore_rt
	.size	hosted_restorer, 8
	.type	hosted_restorer, @object

	.section .note.GNU-stack, "", @progbits
