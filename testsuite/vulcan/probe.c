/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

#define START(name)	"	.globl " #name "\n	.hidden " #name "\n" \
	#name ":\n"
#define END		"	mov %rax, %rdi\n	jmp probe_exit\n"

__asm__(".text\n"
	START(probe_read)
	"	mov (%rdi), %rax\n"
	END
	START(probe_write)
	"	movq $0x77, (%rdi)\n"
	"	mov (%rdi), %rax\n"
	END
	START(probe_jump)
	"	jmp *%rdi\n"
	START(probe_push)
	"	mov %rdi, %rsp\n"
	START(probe_push_ip)
	"	push %rdi\n"
	"	mov (%rsp), %rax\n"
	END
	START(probe_ud2)
	"	ud2\n"
	END
	START(probe_divide)
	"	divb probe_zero(%rip)\n"
	END
	START(probe_int3)
	"	int3\n"
	END
	START(probe_hlt)
	"	hlt\n"
	START(probe_cli)
	"	cli\n"
	START(probe_port)
	"	in $0x80, %al\n"
	START(probe_cr3)
	"	mov %cr3, %rax\n"
	START(probe_msr)
	"	rdmsr\n"
	START(probe_simd)
	"	ldmxcsr probe_unmasked(%rip)\n"
	"	movss probe_one(%rip), %xmm0\n"
	START(probe_simd_ip)
	"	divss probe_zero(%rip), %xmm0\n"
	END
	START(probe_syscall)
	"	syscall\n"
	END
	"	.section .rodata\n"
	"	.balign 4\n"
	"probe_zero:	.long 0\n"
	"probe_one:	.float 1.0\n"
	"probe_unmasked: .long 0x1d80\n"
	"	.text\n");

#define LOAD(n)		"	movups 16*" #n "(%rsi), %xmm" #n "\n"
#define STORE(n)	"	movups %xmm" #n ", 256+16*" #n "(%rsi)\n"
#define EACH(op) \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) \
	op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)

__asm__(".text\n"
	START(probe_vectors)
	EACH(LOAD)
	"	movq $0, (%rdi)\n"
	EACH(STORE)
	"	mov %rbp, 512(%rsi)\n"
	"	mov %r15, 520(%rsi)\n"
	"	cld\n"
	END);

void
probe_exit(uint64_t status)
{
	for (;;)
		helios_raw_exit(status);
}

unsigned int
probe_simd_offset(void)
{
	return (unsigned int)((uintptr_t)probe_simd_ip -
			(uintptr_t)probe_simd);
}

uint64_t
reserve_page(void)
{
	void *page;

	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_NONE,
				HELIOS_MMAP_GUARD, &page));
	return (uint64_t)(uintptr_t)page;
}

void
back_page(uint64_t address)
{
	helios_cap_t page;

	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_map(helios_process.vspace, address, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &page, NULL));
}

helios_cap_t
probe_task(const char *probe, uint64_t address, helios_cap_t fault)
{
	helios_cap_t task = bare_task(spin, address, HELIOS_CADDR_UNDEF,
			fault);
	struct helios_regs regs;

	CHECK_OK(helios_task_read_registers(task, &regs));
	regs.rip = (uint64_t)(uintptr_t)probe;
	CHECK_OK(helios_task_write_registers(task, &regs));
	return task;
}
