/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a puppet runs: the steps of its script (struct step), one after the
 * other, then EXIT.  A page of code that works at any address, without a
 * stack.
 *
 *	%rbp	this step	%r12	the script's end
 *	%r13	the common page, which counts turns
 *	%r14	the way into the kernel
 *
 * The machine takes puppet_insn as that way, which destroys %rcx, %r11 and
 * %rbx; hosted, the pointer leads into the kernel.
 */
#define STEP_SIZE	128
#define STEP_NR		0
#define STEP_IN		8
#define STEP_KIND	56
#define STEP_STATUS	64
#define STEP_OUT	72
#define STEP_TURN	120
#define SYS_EXIT	15

	.section .rodata.puppet, "a", @progbits
	.balign 16
	.globl puppet_code, puppet_insn, puppet_after, puppet_return
	.globl puppet_end, puppet_limit
	.hidden puppet_code, puppet_insn, puppet_after, puppet_return
	.hidden puppet_end, puppet_limit
puppet_code:
	cmpq %r12, %rbp
	jae puppet_end
	movq STEP_IN(%rbp), %rdi
	movq STEP_IN+8(%rbp), %rsi
	movq STEP_IN+16(%rbp), %rdx
	movq STEP_IN+24(%rbp), %r10
	movq STEP_IN+32(%rbp), %r8
	movq STEP_IN+40(%rbp), %r9
	movq STEP_KIND(%rbp), %rax
	cmpq $0, %rax
	jne other
	movq STEP_NR(%rbp), %rax
	leaq puppet_return(%rip), %rcx
	jmp *%r14
puppet_return:
	movq %rax, STEP_STATUS(%rbp)
	movq %rdi, STEP_OUT(%rbp)
	movq %rsi, STEP_OUT+8(%rbp)
	movq %rdx, STEP_OUT+16(%rbp)
	movq %r10, STEP_OUT+24(%rbp)
	movq %r8, STEP_OUT+32(%rbp)
	movq %r9, STEP_OUT+40(%rbp)
	movq $1, %rax
	lock xaddq %rax, (%r13)
	incq %rax
	movq %rax, STEP_TURN(%rbp)
	addq $STEP_SIZE, %rbp
	jmp puppet_code

	/* For ever: whoever resumes it gets another EXIT. */
puppet_end:
	movl $SYS_EXIT, %eax
	movl $7, %edi
	leaq puppet_end(%rip), %rcx
	jmp *%r14

	/* All registers are known here, and all flags. */
other:
	movq $0, %rbx
	movq $0, %rcx
	movq $0, %r11
	cmpq $1, %rax
	je 1f
	cmpq $2, %rax
	je 2f
	cmpq $3, %rax
	je 3f
	cmpq $4, %rax
	je 4f
	cmpq $5, %rax
	je 5f
	cmpq $6, %rax
	je 6f
	jmp *%rdi
1:	movb (%rdi), %dl
	jmp puppet_return
2:	movb %sil, (%rdi)
	jmp puppet_return
3:	ud2
4:	int3
	jmp puppet_return
5:	movl $0, %edx
	divl %ecx
6:	hlt

puppet_insn:
	movq %rcx, %rbx
	syscall
puppet_after:
	jmp *%rbx
puppet_limit:

	.section .note.GNU-stack, "", @progbits
