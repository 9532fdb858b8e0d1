/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a task, as READ_REGISTERS and WRITE_REGISTERS carry
 * them: word i of the message is word i of this structure.
 */
#ifndef HELIOS_REGS_H
#define HELIOS_REGS_H

#include <stdint.h>

struct helios_regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags, fs_base, gs_base;
};

#define HELIOS_REGS_WORDS	20

/* The flags a user may set: CF PF AF ZF SF TF DF OF RF AC ID. */
#define HELIOS_RFLAGS_USER	0x250dd5ull

#endif
