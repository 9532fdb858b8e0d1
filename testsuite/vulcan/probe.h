/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes: instructions that fault, at addresses a test knows.
 *
 * Each starts with the faulting instruction (those with an _ip name it
 * apart) and takes an address in %rdi.  Those that can go on end with EXIT
 * of %rax.
 */
#ifndef VULCAN_PROBE_H
#define VULCAN_PROBE_H

#include "peer.h"

#define PROBE_WORD	0x77ull		/* what probe_write writes */

#define PROBE(name)	extern const char name[] \
	__attribute__((visibility("hidden")))

PROBE(probe_read);	/* the word at the address, which is the status */
PROBE(probe_write);	/* a word there, then the same */
PROBE(probe_jump);	/* go there */
PROBE(probe_push);	/* stack top := address, push the address */
PROBE(probe_push_ip);
PROBE(probe_vectors);	/* load xmm0-15 from %rsi, write to the address, and
			 * store them at %rsi + 256, then %rbp and %r15 */
PROBE(probe_ud2);
PROBE(probe_divide);
PROBE(probe_int3);
PROBE(probe_hlt);
PROBE(probe_cli);
PROBE(probe_port);
PROBE(probe_cr3);
PROBE(probe_msr);
PROBE(probe_simd);	/* division by zero in a vector register */
PROBE(probe_simd_ip);
PROBE(probe_syscall);	/* the instruction */

/* How far into probe_simd it faults. */
unsigned int probe_simd_offset(void);

/* A page of addresses where nothing is, and nothing else will be put. */
uint64_t reserve_page(void);
/* Put a page there, readable and writable. */
void back_page(uint64_t address);

/* A bare task that will run the probe; suspended. */
helios_cap_t probe_task(const char *probe, uint64_t address,
		helios_cap_t fault);

/* Where probes end: EXIT. */
_Noreturn void probe_exit(uint64_t status);

#endif
