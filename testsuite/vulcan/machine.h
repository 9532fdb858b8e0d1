/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of what only a machine of its own can promise: that the
 * processor keeps programs apart, and from the kernel.
 */
#ifndef VULCAN_MACHINE_H
#define VULCAN_MACHINE_H

#include "probe.h"

/* Skips the test in a hosted kernel, where the host decides on this. */
#define NEED_MACHINE()							\
	do {								\
		if (vulcan_boot_flag(HELIOS_BOOT_HOSTED))		\
			SKIP("hosted: here Linux decides what a "	\
				"program may do to the processor");	\
	} while (0)

/* One end of user addresses on the machine: of 47 bits, less a page. */
#define USER_END	0x7ffffffff000ull

/* Registers of a CPUID leaf; zero if there is no such leaf. */
struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid
cpuid_of(uint32_t leaf, uint32_t sub)
{
	struct cpuid r = { 0, 0, 0, 0 };

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx),
		"=d"(r.edx) : "a"(leaf & 0x80000000u), "c"(0));
	if (leaf > r.eax)
		return (struct cpuid){ 0, 0, 0, 0 };
	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx),
		"=d"(r.edx) : "a"(leaf), "c"(sub));
	return r;
}

static inline bool
has_no_execute(void)
{
	return (cpuid_of(0x80000001u, 0).edx & 1u << 20) != 0;
}

/* Skips the test where whatever can be read can be executed. */
#define NEED_NO_EXECUTE()						\
	do {								\
		if (!has_no_execute())					\
			SKIP("this processor has no no-execute bit");	\
	} while (0)

static inline bool
has_umip(void)
{
	return (cpuid_of(7, 0).ecx & 1u << 2) != 0;
}

static inline bool
has_fsgsbase(void)
{
	return (cpuid_of(7, 0).ebx & 1u << 0) != 0;
}

/* QEMU's emulator, which leaves some exceptions out. */
static inline bool
is_tcg(void)
{
	struct cpuid r = cpuid_of(1, 0);

	if (!(r.ecx & 1u << 31))
		return false;
	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx),
		"=d"(r.edx) : "a"(0x40000000u), "c"(0));
	return r.ebx == 0x54474354 && r.ecx == 0x43544743 &&
		r.edx == 0x47435447;	/* TCGTCGTCGTCG */
}

#endif
