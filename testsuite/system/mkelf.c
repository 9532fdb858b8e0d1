/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a small static PIE for x86_64, sound or with one thing wrong.
 *
 *	mkelf variant >file	mkelf --list
 *
 * The sound one, a program that powers the system off with status 42, is the
 * control: what a test learns from a broken one is due to the one thing that
 * is wrong with it.
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <helios/bootinfo.h>
#include <helios/object.h>
#include <helios/syscall.h>

#define PAGE	4096
#define CODE	512

struct image {
	union {
		unsigned char bytes[2 * PAGE];
		struct {
			Elf64_Ehdr ehdr;
			Elf64_Phdr text, data;
		};
	};
	size_t size;
};

/* CALL of SystemControl's POWEROFF with one word, the status. */
#define STR_(x)		#x
#define STR(x)		STR_(x)
#define NR_CALL		5
#define CAP_SYSTEM	7
#define TAG_POWEROFF	0xf00000001
#define AT_ENTRY_	0x48000002

_Static_assert(NR_CALL == HELIOS_SYS_CALL, "NR_CALL");
_Static_assert(CAP_SYSTEM == HELIOS_INIT_SYSTEMCONTROL, "CAP_SYSTEM");
_Static_assert(TAG_POWEROFF == (HELIOS_LABEL(HELIOS_SYSTEMCONTROL,
		HELIOS_SYSTEM_POWEROFF) << HELIOS_TAG_LABEL_SHIFT | 1),
		"TAG_POWEROFF");
_Static_assert(AT_ENTRY_ == HELIOS_AT_ENTRY, "AT_ENTRY_");

extern const unsigned char code_start[], code_end[];

/* Find the system call entry in the aux vector, behind the environment,
 * behind the arguments. */
__asm__(".pushsection .rodata\n"
	"code_start:\n"
	"	mov	(%rsp), %rax\n"
	"	lea	16(%rsp,%rax,8), %rdi\n"
	"1:	mov	(%rdi), %rax\n"
	"	add	$8, %rdi\n"
	"	test	%rax, %rax\n"
	"	jnz	1b\n"
	"2:	mov	(%rdi), %rax\n"
	"	mov	8(%rdi), %rbx\n"
	"	add	$16, %rdi\n"
	"	cmp	$" STR(AT_ENTRY_) ", %rax\n"
	"	jne	2b\n"
	"	mov	$" STR(NR_CALL) ", %eax\n"
	"	mov	$" STR(CAP_SYSTEM) ", %edi\n"
	"	movabs	$" STR(TAG_POWEROFF) ", %rsi\n"
	"	mov	$42, %edx\n"
	"	lea	3f(%rip), %rcx\n"
	"	jmp	*%rbx\n"
	"3:	ud2\n"
	"code_end:\n"
	".popsection\n");

/* Text in the first page, headers included; data in the second. */
static void
build(struct image *im)
{
	memset(im, 0, sizeof(*im));
	im->size = sizeof(im->bytes);
	im->ehdr = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = CODE,
		.e_phoff = offsetof(struct image, text),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	im->text = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		.p_filesz = PAGE, .p_memsz = PAGE, .p_align = PAGE,
	};
	im->data = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W,
		.p_offset = PAGE, .p_vaddr = PAGE, .p_paddr = PAGE,
		.p_filesz = PAGE, .p_memsz = PAGE, .p_align = PAGE,
	};
	memcpy(im->bytes + CODE, code_start,
			(size_t)(code_end - code_start));
}

/* The variants; X(name, what differs). */
#define VARIANTS \
	X(sound, (void)im) \
	X(empty, im->size = 0) \
	X(short_header, im->size = sizeof(Elf64_Ehdr) - 1) \
	X(magic, im->ehdr.e_ident[EI_MAG1] = 'A') \
	X(class_32, im->ehdr.e_ident[EI_CLASS] = ELFCLASS32) \
	X(big_endian, im->ehdr.e_ident[EI_DATA] = ELFDATA2MSB) \
	X(version, im->ehdr.e_version = 9) \
	X(machine, im->ehdr.e_machine = EM_AARCH64) \
	X(type_exec, im->ehdr.e_type = ET_EXEC) \
	X(type_rel, im->ehdr.e_type = ET_REL) \
	X(phdrs_none, im->ehdr.e_phnum = 0) \
	X(phdrs_cut, im->size = offsetof(struct image, data) + 8) \
	X(phdrs_outside, im->ehdr.e_phoff = sizeof(im->bytes) - 8) \
	X(phdrs_wrap, im->ehdr.e_phoff = UINT64_MAX - 63) \
	X(phdrs_many, im->ehdr.e_phnum = 0xffff) \
	X(phdr_size, im->ehdr.e_phentsize = sizeof(Elf32_Phdr)) \
	X(no_load, im->text.p_type = im->data.p_type = PT_NOTE) \
	X(dynamic_loader, im->data.p_type = PT_INTERP) \
	X(file_cut, im->size = PAGE + 16) \
	X(offset_wrap, im->data.p_offset = UINT64_MAX - PAGE + 1) \
	X(file_exceeds_memory, im->data.p_memsz = PAGE / 2) \
	X(overlap, im->data.p_vaddr = 0) \
	X(misaligned, im->data.p_vaddr += 8) \
	X(alignment, im->data.p_align = 3000) \
	X(address_wrap, im->data.p_vaddr = UINT64_MAX - PAGE + 1) \
	X(beyond_the_range, im->data.p_vaddr = 1ull << 46) \
	X(memory_exceeds_all, im->data.p_memsz = 1ull << 60) \
	X(memory_exceeds_ram, im->data.p_memsz = 40ull << 20) \
	X(write_and_execute, im->data.p_flags |= PF_X) \
	X(not_readable, im->data.p_flags = PF_W) \
	X(entry_outside, im->ehdr.e_entry = 16 * PAGE) \
	X(entry_in_data, im->ehdr.e_entry = PAGE)

#define X(name, change) \
	static void make_##name(struct image *im) { change; }
VARIANTS
#undef X

static const struct {
	const char *name;
	void (*change)(struct image *im);
} variants[] = {
#define X(name, change) { #name, make_##name },
	VARIANTS
#undef X
};

static int
write_variant(const char *name)
{
	static struct image im;

	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		if (strcmp(variants[i].name, name) != 0)
			continue;
		build(&im);
		variants[i].change(&im);
		if (fwrite(im.bytes, 1, im.size, stdout) != im.size)
			return 1;
		return fflush(stdout) == 0 ? 0 : 1;
	}
	fprintf(stderr, "mkelf: no variant '%s'; see mkelf --list\n", name);
	return 1;
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: mkelf variant >file, mkelf --list\n");
		return 1;
	}
	if (strcmp(argv[1], "--list") != 0)
		return write_variant(argv[1]);
	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++)
		puts(variants[i].name);
	return 0;
}
