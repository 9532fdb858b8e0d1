/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot loader to C.
 *
 * Two ways in, both in 32-bit protected mode without paging:
 *
 *	Multiboot2 (specification 3.3): EAX 0x36d76289, EBX its information
 *	PVH (Xen's docs/misc/pvh.pandoc): EBX start information
 *
 * Both keep their word in %edi and %esi, which are the arguments of
 * kernel_main.  Then long mode, with early tables that map the first 4 GiB
 * at 0, and the first of them at KERNEL_BASE; paging.c replaces them.
 *
 * What cannot run 64-bit code is told so in 32-bit code, on VGA text and
 * COM1, for nothing else is known yet.
 */
#include "layout.h"

#define MB2_MAGIC	0xe85250d6
#define MB2_LOADED	0x36d76289
#define MB2_TAG_OPTIONAL 1

#define CR0_PE_PG_WP	0x80010001
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100

#define PTE_TABLE	0x003		/* present, writable */
#define PTE_LARGE	0x083

#define VGA_TEXT	0xb8000
#define VGA_CELLS	2000
#define COM1		0x3f8

#define PHYS(symbol)	((symbol) - KERNEL_BASE)

	.section .multiboot, "a"
	.balign 8
header:
	.long	MB2_MAGIC, 0, header_end - header
	.long	-(MB2_MAGIC + 0 + (header_end - header))
	/* Information request: command line, modules, memory map,
	 * framebuffer, both kinds of RSDP. */
	.balign 8
	.short	1, 0
	.long	32
	.long	1, 3, 6, 8, 14, 15
	/* A console is not required, and EGA text is welcome. */
	.balign 8
	.short	4, MB2_TAG_OPTIONAL
	.long	12, 2
	/* Framebuffer: any size, 32 bits if there is a choice. */
	.balign 8
	.short	5, MB2_TAG_OPTIONAL
	.long	20, 0, 0, 32
	/* Modules on page boundaries. */
	.balign 8
	.short	6, 0
	.long	8
	.balign 8
	.short	0, 0
	.long	8
header_end:

	/* XEN_ELFNOTE_PHYS32_ENTRY (xen/include/public/elfnote.h) */
	.section .note.pvh, "a", @note
	.balign 4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	boot_pvh

	.section .boot, "ax"
	.code32
	.globl	boot_multiboot
boot_multiboot:
	movl	%eax, %edi
	jmp	1f
boot_pvh:
	movl	$BOOT_MAGIC_PVH, %edi
1:	cli
	cld
	movl	%ebx, %esi
	movl	$PHYS(kernel_stack_top), %esp
	call	check_long_mode
	rdtsc				/* an 80486 has none */
	movl	%eax, PHYS(tsc_boot)
	movl	%edx, PHYS(tsc_boot) + 4
	call	map_early
	movl	$PHYS(early_root), %eax
	movl	%eax, %cr3
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	$CR0_PE_PG_WP, %eax
	movl	%eax, %cr0
	lgdt	early_gdt_register
	ljmp	$SEL_KERNEL_CODE, $boot_long

/* CPUID is there (EFLAGS.ID can change), and so is the bit for long mode. */
check_long_mode:
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$1 << 21, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	pushl	%ecx
	popfl
	cmpl	%eax, %ecx
	je	no_long_mode
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jnc	no_long_mode
	ret

/* Four tables of 512 pages of 2 MiB; the first GiB at KERNEL_BASE too. */
map_early:
	movl	$PTE_LARGE, %eax
	movl	$PHYS(early_large), %ebx
	movl	$4 * 512, %ecx
1:	movl	%eax, (%ebx)
	movl	$0, 4(%ebx)
	addl	$0x200000, %eax
	addl	$8, %ebx
	decl	%ecx
	jnz	1b
	movl	$PHYS(early_large) + PTE_TABLE, %eax
	movl	%eax, PHYS(early_high) + 510 * 8
	movl	$4, %ecx
	movl	$PHYS(early_low), %ebx
1:	movl	%eax, (%ebx)
	addl	$4096, %eax
	addl	$8, %ebx
	decl	%ecx
	jnz	1b
	movl	$PHYS(early_low) + PTE_TABLE, PHYS(early_root)
	movl	$PHYS(early_high) + PTE_TABLE, PHYS(early_root) + 511 * 8
	ret

no_long_mode:
	/* 115200 bits a second, 8N1: 16550 data sheet, 8.0 */
	movl	$com1_setup, %esi
	movl	$4, %ecx
1:	movzbl	(%esi), %edx
	addl	$COM1, %edx
	movb	1(%esi), %al
	outb	%al, %dx
	addl	$2, %esi
	decl	%ecx
	jnz	1b
	movl	$VGA_TEXT, %edi
	movl	$VGA_CELLS, %ecx
	movl	$0x0720, %eax
	rep stosw
	movl	$VGA_TEXT, %edi
	movl	$no_long_mode_text, %esi
1:	lodsb
	testb	%al, %al
	jz	3f
	movb	%al, %bl
	cmpb	$' ', %al		/* a line's end is no letter */
	jb	4f
	movb	$0x07, %ah
	stosw
4:	movl	$100000, %ecx		/* polls; a dead port holds nobody up */
2:	movw	$COM1 + 5, %dx
	inb	%dx, %al
	testb	$0x20, %al
	loopz	2b
	movb	%bl, %al
	movw	$COM1, %dx
	outb	%al, %dx
	jmp	1b
3:	cli
	hlt
	jmp	3b

com1_setup:				/* register, value */
	.byte	3, 0x80, 0, 1, 1, 0, 3, 3
no_long_mode_text:
	.ascii	"helios: processor: a 64-bit one (long mode) expected, "
	.asciz	"this one has 32 bits\r\n"

	.balign 8
early_gdt:
	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
early_gdt_register:
	.short	. - early_gdt - 1
	.quad	early_gdt

	.code64
boot_long:
	movl	$SEL_KERNEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movabsq	$boot_high, %rax
	jmp	*%rax

	.section .boot.text, "ax"
	.type	boot_high, @function
boot_high:
	movq	$kernel_stack_top, %rsp
	xorl	%ebp, %ebp
	call	kernel_main
	ud2
	.size	boot_high, . - boot_high

	.section .bss.early, "aw", @nobits
	.balign 4096
early_root:
	.skip	4096
early_low:
	.skip	4096
early_high:
	.skip	4096
early_large:
	.skip	4 * 4096

	.section .note.GNU-stack, "", @progbits
