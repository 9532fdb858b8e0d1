/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where programs and threads begin.  The outermost frame says so (undefined
 * return address, %rbp 0), so that a backtrace ends here.
 */
	.section .text._start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	.cfi_startproc
	.cfi_undefined 16		/* rip */
	xorl %ebp, %ebp
	movq %rsp, %rdi
	andq $-16, %rsp
	call helios_start
	ud2
	.cfi_endproc
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
