/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults.
 *
 * A fault is a call from the faulting task to its fault endpoint: a message
 * whose tag has the fault bit, with the words below, and the badge of the
 * endpoint capability the task was given.  A receiver without an IPC buffer
 * gets the first four words.
 *
 * A reply with label 0 restarts the task where it stopped; any other label
 * leaves it suspended.  Task RESUME restarts it too, and voids that Reply.
 * Without a fault endpoint the task is suspended and the kernel log says why.
 */
#ifndef HELIOS_FAULT_H
#define HELIOS_FAULT_H

enum helios_fault_kind {
	/* An access the address space does not allow. */
	HELIOS_FAULT_PAGE = 1,
	/* A processor exception; FAULT_ERROR holds vector << 32 | code. */
	HELIOS_FAULT_EXCEPTION = 2,
	/*
	 * A system call on a capability that is not there, by a task with
	 * the CAPFAULT flag.  FAULT_ADDR is the caddr, FAULT_ERROR the
	 * status it would have got.  A reply makes the call again.
	 */
	HELIOS_FAULT_CAPABILITY = 3,
	/*
	 * A system call by a foreign task, or a system call instruction
	 * where programs must enter through HELIOS_AT_ENTRY.  Layout: see
	 * HELIOS_FAULT_SYS_*.  A reply's word 0 becomes %rax.
	 */
	HELIOS_FAULT_SYSCALL = 4,
	/* The task called EXIT; FAULT_ADDR is its status. */
	HELIOS_FAULT_EXIT = 5,
};

enum helios_fault_word {
	HELIOS_FAULT_KIND = 0,
	HELIOS_FAULT_ADDR = 1,		/* page: the exact address */
	HELIOS_FAULT_ACCESS = 2,	/* page: one HELIOS_RIGHT_R, W or X */
	HELIOS_FAULT_IP = 3,
	HELIOS_FAULT_SP = 4,
	HELIOS_FAULT_ERROR = 5,		/* page: the processor's error code */
	HELIOS_FAULT_TASK = 6,		/* the task's id, as in its INFO */
	HELIOS_FAULT_WORDS = 7,
};

enum helios_fault_syscall_word {
	HELIOS_FAULT_SYS_NR = 1,	/* %rax */
	HELIOS_FAULT_SYS_ARG0 = 2,	/* %rdi %rsi %rdx %r10 %r8 %r9 */
	HELIOS_FAULT_SYS_IP = 8,
	HELIOS_FAULT_SYS_SP = 9,
	HELIOS_FAULT_SYS_TASK = 10,
	HELIOS_FAULT_SYS_WORDS = 11,
};

#endif
