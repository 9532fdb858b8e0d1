/* SPDX-License-Identifier: BSD-2-Clause */
	.text
/*
 * The system call entry where the kernel gives none.  Entered by a jump with
 * the return address in %rcx, which the instruction destroys; %rbx is a
 * clobber of every call for this.
 */
	.globl helios_entry_insn
	.hidden helios_entry_insn
	.type helios_entry_insn, @function
helios_entry_insn:
	.cfi_startproc
	.cfi_def_cfa 7, 0		/* nothing is on the stack */
	.cfi_register 16, 2		/* rip in rcx */
	movq %rcx, %rbx
	.cfi_register 16, 3		/* rip in rbx */
	syscall
	jmp *%rbx
	.cfi_endproc
	.size helios_entry_insn, . - helios_entry_insn

/* A thread begins: %rdi is its struct helios_thread. */
	.globl helios_thread_entry
	.hidden helios_thread_entry
	.type helios_thread_entry, @function
helios_thread_entry:
	.cfi_startproc
	.cfi_undefined 16
	xorl %ebp, %ebp
	andq $-16, %rsp
	call helios_thread_main
	ud2
	.cfi_endproc
	.size helios_thread_entry, . - helios_thread_entry

	.section .note.GNU-stack, "", @progbits
