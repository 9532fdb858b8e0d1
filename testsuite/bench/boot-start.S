/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The start of boot.c, in the place of crt0: reading the time stamp counter
 * is the first thing that the program does.
 */
	.section .text._start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, boot_first(%rip)
	xorl %ebp, %ebp
	movq %rsp, %rdi
	andq $-16, %rsp
	call helios_start
	ud2
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
