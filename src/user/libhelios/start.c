/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the first instruction to main().
 *
 * A program is a static PIE that nobody relocated: the loader only mapped
 * its segments.  Until relocate() is done no pointer in initialised data is
 * good, so this file must not use one before.  Then comes thread-local
 * storage, because the library keeps its IPC buffer there: init sets its own
 * FS base through its Task capability and has the block on its stack; any
 * other program was started with an FS base and room there (HELIOS_AT_TLS).
 */
#include <elf.h>

#include "internal.h"

#define AUX_MAX	64u

extern HIDDEN const char __ehdr_start[];
extern HIDDEN const char _end[];
extern HIDDEN const Elf64_Dyn _DYNAMIC[];
extern HIDDEN void (*const __init_array_start[])(int, char **, char **);
extern HIDDEN void (*const __init_array_end[])(int, char **, char **);

void (*helios_entry)(void);
struct helios_process helios_process;
struct helios_thread helios_main_thread;
struct helios_tls_image helios_tls_image;
_Thread_local struct helios_tls helios_tls;

/* Before there is TLS: no library, and nothing to format with. */
static _Noreturn void
die(const char *why)
{
	const char *end = why + strlen(why);
	struct helios_raw r;

	for (; why < end; why += r.rdx) {
		r = (struct helios_raw){ (uint64_t)why,
			(uint64_t)(end - why), 0, 0, 0, 0 };
		if (helios_raw(HELIOS_SYS_WRITECONS, &r) != HELIOS_OK)
			break;
	}
	for (;;)
		helios_raw_exit(127);
}

static const uint64_t *
find_auxv(const uint64_t *stack)
{
	const uint64_t *p = stack + 1 + stack[0] + 1;

	while (*p)
		p++;
	return p + 1;
}

static uint64_t
aux(const uint64_t *auxv, uint64_t type, uint64_t fallback)
{
	for (; auxv[0] != AT_NULL; auxv += 2)
		if (auxv[0] == type)
			return auxv[1];
	return fallback;
}

static void
relocate(uint64_t base)
{
	const Elf64_Dyn *dyn;
	uint64_t rela = 0, size = 0, i;

	for (dyn = _DYNAMIC; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELA)
			rela = dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_RELASZ)
			size = dyn->d_un.d_val;
		else if (dyn->d_tag == DT_REL || dyn->d_tag == DT_JMPREL ||
				dyn->d_tag == DT_RELR)
			die("crt0: the program has relocations of a kind "
				"other than RELA; link it with -static-pie "
				"and without -z pack-relative-relocs\n");
	}
	for (i = 0; i < size / sizeof(Elf64_Rela); i++) {
		const Elf64_Rela *r = (const Elf64_Rela *)(base + rela) + i;

		if (ELF64_R_TYPE(r->r_info) == R_X86_64_NONE)
			continue;
		if (ELF64_R_TYPE(r->r_info) != R_X86_64_RELATIVE)
			die("crt0: the program has a relocation other than "
				"R_X86_64_RELATIVE; something in it is "
				"undefined or not linked statically\n");
		*(uint64_t *)(base + r->r_offset) =
			base + (uint64_t)r->r_addend;
	}
}

static void
find_tls_image(const uint64_t *auxv, uint64_t base)
{
	const char *ph = (const char *)aux(auxv, AT_PHDR, 0);
	uint64_t n = aux(auxv, AT_PHNUM, 0), i;
	uint64_t size = aux(auxv, AT_PHENT, sizeof(Elf64_Phdr));

	helios_tls_image.align = 1;
	for (i = 0; ph && i < n; i++, ph += size) {
		const Elf64_Phdr *p = (const void *)ph;

		if (p->p_type != PT_TLS)
			continue;
		helios_tls_image.data = (const void *)(base + p->p_vaddr);
		helios_tls_image.file_size = p->p_filesz;
		helios_tls_image.size = p->p_memsz;
		helios_tls_image.align = p->p_align ? p->p_align : 1;
		return;
	}
	die("crt0: no PT_TLS segment (is AT_PHDR missing?)\n");
}

size_t
helios_tls_below(void)
{
	return round_up(helios_tls_image.size, helios_tls_image.align);
}

void
helios_tls_fill(uint64_t tp)
{
	char *block = (char *)(tp - helios_tls_below());

	memcpy(block, helios_tls_image.data, helios_tls_image.file_size);
	memset(block + helios_tls_image.file_size, 0,
			tp - (uint64_t)block - helios_tls_image.file_size);
	memset((void *)tp, 0, HELIOS_TCB_SIZE);
	*(uint64_t *)tp = tp;
}

static void
set_own_tls_base(helios_cap_t task, uint64_t tp)
{
	struct helios_raw r = { 0, helios_tag(HELIOS_LABEL(HELIOS_TASK,
			HELIOS_TASK_SET_TLS_BASE), 1, 0), tp, 0, 0, 0 };

	if (helios_raw_call(task, &r) != HELIOS_OK)
		die("crt0: the kernel refused to set the FS base\n");
}

static helios_cap_t
init_cap(const uint64_t *auxv, helios_cap_t cap)
{
	if (aux(auxv, HELIOS_AT_BOOTINFO, 0))
		return cap;
	return (helios_cap_t)aux(auxv, HELIOS_AT_CAP(cap),
			HELIOS_CADDR_UNDEF);
}

static void
fill_process(uint64_t *stack, const uint64_t *auxv, uint64_t base)
{
	struct helios_process *p = &helios_process;

	p->cspace = init_cap(auxv, HELIOS_INIT_CSPACE);
	p->vspace = init_cap(auxv, HELIOS_INIT_VSPACE);
	p->task = init_cap(auxv, HELIOS_INIT_TASK);
	p->memory = init_cap(auxv, HELIOS_INIT_MEMORY);
	p->system = init_cap(auxv, HELIOS_INIT_SYSTEMCONTROL);
	p->thread_fault = HELIOS_CADDR_UNDEF;
	p->bootinfo = (const void *)aux(auxv, HELIOS_AT_BOOTINFO, 0);
	p->image_base = base;
	p->image_end = (uint64_t)_end;
	p->argc = (int)stack[0];
	p->argv = (char **)(stack + 1);
	p->envp = p->argv + p->argc + 1;
	p->auxv = auxv;
}

static void
fill_main_thread(const uint64_t *auxv)
{
	struct helios_thread *t = &helios_main_thread;

	t->task = helios_process.task;
	t->note = HELIOS_CADDR_UNDEF;
	t->main = true;
	t->started = 1;
	t->owner = THREAD_TAKEN;
	t->ipcbuf = (void *)aux(auxv, HELIOS_AT_IPCBUF, 0);
	helios_tls.self = t;
	helios_tls.ipcbuf = t->ipcbuf;
}

/* Not inlined: the block above is on its caller's stack. */
static __attribute__((noinline, noreturn)) void
run(void)
{
	const struct helios_process *p = &helios_process;
	size_t i, n = (size_t)(__init_array_end - __init_array_start);

	for (i = 0; i < n; i++)
		__init_array_start[i](p->argc, p->argv, p->envp);
	helios_exit(main(p->argc, p->argv, p->envp));
}

void
helios_start(uint64_t *stack)
{
	const uint64_t *auxv = find_auxv(stack);
	uint64_t base = (uint64_t)__ehdr_start;
	uint64_t entry = aux(auxv, HELIOS_AT_ENTRY, 0);
	uint64_t tp;

	helios_entry = entry ? (void (*)(void))entry : helios_entry_insn;
	relocate(base);
	find_tls_image(auxv, base);
	tp = aux(auxv, HELIOS_AT_TLS, 0);
	if (!tp) {
		uint64_t align = helios_tls_image.align;

		if (align < 64)
			align = 64;
		tp = (uint64_t)__builtin_alloca(helios_tls_below() +
				HELIOS_TCB_SIZE + 2 * align);
		tp = round_up(tp + helios_tls_below(), align);
	}
	fill_process(stack, auxv, base);
	if (!aux(auxv, HELIOS_AT_TLS, 0)) {
		if (helios_process.task == HELIOS_CADDR_UNDEF)
			die("crt0: neither HELIOS_AT_TLS nor a capability "
				"to the own task: nobody can set FS base\n");
		set_own_tls_base(helios_process.task, tp);
	}
	helios_tls_fill(tp);
	fill_main_thread(auxv);
	run();
}
