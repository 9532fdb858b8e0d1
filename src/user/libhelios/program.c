/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting another program.
 *
 * Everything the child has comes from one Memory carved for it, so that
 * destroying that is the end of it, whatever state it is in.  Its pages'
 * capabilities are its mappings and must stand somewhere: they move to a
 * CSpace of their own (the holder), which costs the starter one slot.
 *
 * The child's address range, from its base:
 *
 *	image ...      stack | TLS TCB | hole | IPC buffer | hole
 *
 * It starts with FS base set, since it may not have a capability to itself.
 */
#include <elf.h>

#include "internal.h"

#define STACK		65536u
#define IMAGE_AT	0x100000u	/* above the base of the range */
#define TOP_GAP		0x10000u	/* below its limit */
#define SLACK		64u		/* pages for tables and objects */
#define BATCH		32u
#define RADIX_MIN	6u		/* a page of slots */
#define RADIX_MAX	16u

struct loader {
	struct helios_program *p;
	struct helios_elf elf;
	uint64_t base;			/* of the image */
	uint64_t stack_low, stack_top;	/* TLS above stack_top */
	uint64_t area_top;		/* end of the TLS pages */
	uint64_t tp, ipcbuf, sp;
	uint64_t pages;			/* in all */
	unsigned int radix, holder;	/* of its CSpace and the holder */
	uint64_t quota;			/* pages that all this needs */
};

static enum helios_status
refuse(struct helios_program *p, const char *why)
{
	p->why = why;
	return failed(HELIOS_INVALID_PARAM, 0);
}

static uint64_t
pages_of(uint64_t start, uint64_t size)
{
	uint64_t first = start / HELIOS_PAGE_SIZE;
	uint64_t end = round_up(start + size, HELIOS_PAGE_SIZE);

	return size ? end / HELIOS_PAGE_SIZE - first : 0;
}

static unsigned int
radix_for(uint64_t slots)
{
	unsigned int radix = RADIX_MIN;

	while (1ull << radix < slots)
		radix++;
	return radix;
}

/* Where everything will be, relative to what is known so far: sizes. */
static enum helios_status
measure(struct loader *l)
{
	struct helios_program *p = l->p;
	enum helios_status status;
	uint64_t tls, stack;
	unsigned int i;

	status = helios_elf_parse(p->image, p->size, &l->elf, &p->why);
	if (status != HELIOS_OK)
		return status;
	for (i = 0; i < l->elf.nsegments; i++)
		l->pages += pages_of(l->elf.segments[i].vaddr,
				l->elf.segments[i].mem_size);
	stack = round_up(p->stack_size ? p->stack_size : STACK,
			HELIOS_PAGE_SIZE);
	tls = round_up(l->elf.tls_size + 2 * l->elf.tls_align +
			HELIOS_TCB_SIZE + 64, HELIOS_PAGE_SIZE);
	l->stack_low = 0;
	l->stack_top = stack;
	l->area_top = stack + tls;
	l->pages += l->area_top / HELIOS_PAGE_SIZE + 1;
	l->radix = p->cspace_radix ? p->cspace_radix : RADIX_MIN;
	l->holder = radix_for(l->pages);
	if (l->holder > RADIX_MAX)
		return refuse(p, "image and stack have more than 65536 "
				"pages");
	l->quota = l->pages + SLACK + (64ull << l->radix >> 12) +
		(64ull << l->holder >> 12);
	return HELIOS_OK;
}

enum helios_status
helios_program_pages(struct helios_program *p, uint64_t *pages)
{
	struct loader l = { .p = p };
	enum helios_status status;

	p->why = NULL;
	status = measure(&l);
	if (status == HELIOS_OK)
		*pages = l.quota;
	return status;
}

/* The Memory, and from it the objects. */
static enum helios_status
make_objects(struct loader *l)
{
	struct helios_program *p = l->p;
	enum helios_status status;
	const struct {
		uint64_t type, size;
		helios_cap_t *out;
	} want[] = {
		{ HELIOS_CSPACE, l->radix, &p->cspace },
		{ HELIOS_CSPACE, l->holder, &p->holder },
		{ HELIOS_VSPACE, 0, &p->vspace },
		{ HELIOS_TASK, 0, &p->task },
	};
	unsigned int i;

	if (p->memory_pages && p->memory_pages < l->quota)
		return failed(HELIOS_NOMEM, l->quota - p->memory_pages);
	status = helios_allocate(p->from ? *p->from : helios_process.memory,
			HELIOS_MEMORY, p->memory_pages ? p->memory_pages :
			l->quota, 1, &p->memory);
	for (i = 0; status == HELIOS_OK && i < 4; i++)
		status = helios_allocate(p->memory, want[i].type,
				want[i].size, 1, want[i].out);
	return status;
}

/* Addresses in the child's range. */
static enum helios_status
place(struct loader *l)
{
	struct helios_vspace_info info;
	enum helios_status status = helios_vspace_info(l->p->vspace, &info);
	uint64_t align = l->elf.tls_align > 64 ? l->elf.tls_align : 64;
	uint64_t shift;

	if (status != HELIOS_OK)
		return status;
	l->base = round_up(info.base + IMAGE_AT, IMAGE_AT);
	l->p->base = l->base;
	l->ipcbuf = (info.limit & ~(HELIOS_PAGE_SIZE - 1)) - TOP_GAP;
	shift = l->ipcbuf - HELIOS_PAGE_SIZE - l->area_top;
	l->stack_low += shift;
	l->stack_top += shift;
	l->area_top += shift;
	if (l->base + l->elf.span > l->stack_low)
		return refuse(l->p, "image and stack do not fit the "
				"address range");
	l->tp = (l->area_top - HELIOS_TCB_SIZE) & ~(align - 1);
	return HELIOS_OK;
}

/* Write a piece of the image into pages that begin at address at. */
static enum helios_status
fill(const struct loader *l, const struct helios_elf_segment *s,
		uint64_t at, helios_cap_t page)
{
	uint64_t from = at > s->vaddr ? at : s->vaddr;
	uint64_t to = at + HELIOS_PAGE_SIZE;

	if (to > s->vaddr + s->file_size)
		to = s->vaddr + s->file_size;
	if (from >= to)
		return HELIOS_OK;
	return helios_page_write(page, from - at, (const char *)l->p->image +
			s->offset + (from - s->vaddr), to - from);
}

static enum helios_status
stow(struct loader *l, unsigned int n, const helios_cap_t *pages)
{
	enum helios_status status = HELIOS_OK;
	unsigned int i;

	for (i = 0; status == HELIOS_OK && i < n; i++)
		status = helios_cspace_move(l->p->holder, HELIOS_CADDR_UNDEF,
				helios_process.cspace, pages[i], NULL);
	return status;
}

/*
 * New pages at address at of the child, with a segment's contents (at is
 * then the load address plus vaddr); s NULL: zeros.
 */
static enum helios_status
add_pages(struct loader *l, uint64_t at, uint64_t count, uint64_t flags,
		const struct helios_elf_segment *s)
{
	enum helios_status status = HELIOS_OK;
	helios_cap_t pages[BATCH];
	unsigned int i, n;

	for (; status == HELIOS_OK && count > 0; count -= n) {
		n = count < BATCH ? (unsigned int)count : BATCH;
		for (i = 0; i < n; i++)
			pages[i] = HELIOS_CADDR_UNDEF;
		status = helios_allocate(l->p->memory, HELIOS_PAGE,
				HELIOS_PAGE_SIZE, n, pages);
		if (status != HELIOS_OK)
			return status;
		for (i = 0; s && status == HELIOS_OK && i < n; i++)
			status = fill(l, s, at - l->base + i *
					HELIOS_PAGE_SIZE, pages[i]);
		if (status == HELIOS_OK)
			status = helios_map(l->p->vspace, at, flags |
					HELIOS_MAP_FIXED, n, pages, NULL);
		if (status == HELIOS_OK)
			status = stow(l, n, pages);
		if (status != HELIOS_OK) {
			uint64_t detail = helios_detail();

			for (i = 0; i < n; i++)
				helios_destroy(pages[i]);
			return failed(status, detail);
		}
		at += n * HELIOS_PAGE_SIZE;
	}
	return status;
}

static enum helios_status
load_image(struct loader *l)
{
	enum helios_status status = HELIOS_OK;
	unsigned int i;

	for (i = 0; status == HELIOS_OK && i < l->elf.nsegments; i++) {
		const struct helios_elf_segment *s = &l->elf.segments[i];

		status = add_pages(l, (l->base + s->vaddr) &
				~(HELIOS_PAGE_SIZE - 1), pages_of(s->vaddr,
				s->mem_size), s->map_flags, s);
	}
	if (status == HELIOS_OK)
		status = add_pages(l, l->stack_low, pages_of(l->stack_low,
				l->area_top - l->stack_low), HELIOS_MAP_W,
				NULL);
	return status;
}

/* The IPC buffer's page: the task takes a copy of the capability. */
static enum helios_status
configure(struct loader *l)
{
	helios_cap_t page = HELIOS_CADDR_UNDEF;
	enum helios_status status = helios_allocate(l->p->memory, HELIOS_PAGE,
			HELIOS_PAGE_SIZE, 1, &page);
	uint64_t detail;

	if (status != HELIOS_OK)
		return status;
	status = helios_map(l->p->vspace, l->ipcbuf, HELIOS_MAP_W |
			HELIOS_MAP_FIXED, 1, &page, NULL);
	if (status == HELIOS_OK)
		status = helios_task_configure(l->p->task, l->p->cspace,
				l->p->vspace, page);
	if (status == HELIOS_OK)
		status = stow(l, 1, &page);
	if (status != HELIOS_OK) {
		detail = helios_detail();
		helios_destroy(page);
		return failed(status, detail);
	}
	return status;
}

/* The stack as the System V ABI has it, built downwards. */
struct builder {
	struct loader *l;
	uint64_t words[512];
	unsigned int n;
	enum helios_status status;
	bool full;
};

static uint64_t
push_bytes(struct builder *b, const void *data, size_t len)
{
	struct loader *l = b->l;

	if (l->sp - l->stack_low < len + HELIOS_PAGE_SIZE) {
		b->full = true;
		return 0;
	}
	l->sp -= len;
	if (b->status == HELIOS_OK && len)
		b->status = helios_vspace_write(l->p->vspace, l->sp, data,
				len);
	return l->sp;
}

static void
add_word(struct builder *b, uint64_t word)
{
	if (b->n == sizeof(b->words) / sizeof(b->words[0]))
		b->full = true;
	else
		b->words[b->n++] = word;
}

static void
add_aux(struct builder *b, uint64_t type, uint64_t value)
{
	add_word(b, type);
	add_word(b, value);
}

static unsigned int
add_strings(struct builder *b, const char *const *strings)
{
	unsigned int n = 0;

	for (; strings && strings[n]; n++)
		add_word(b, push_bytes(b, strings[n], strlen(strings[n]) + 1));
	add_word(b, 0);
	return n;
}

/* Not for secrets: addresses and hashes. */
static uint64_t
push_random(struct builder *b)
{
	const uint64_t *own = (const uint64_t *)helios_aux(AT_RANDOM, 0);
	static _Atomic uint64_t count;
	uint64_t n = ++count * 0x9e3779b97f4a7c15ull;
	uint64_t bytes[2];

	bytes[0] = (own ? own[0] : helios_clock()) ^ n;
	bytes[1] = (own ? own[1] : helios_clock()) ^ (n << 31 | n >> 33);
	return push_bytes(b, bytes, sizeof(bytes));
}

static void
add_auxv(struct builder *b)
{
	const struct loader *l = b->l;
	const struct helios_program *p = l->p;
	unsigned int i;

	add_aux(b, AT_PHDR, l->base + l->elf.phdr);
	add_aux(b, AT_PHENT, sizeof(Elf64_Phdr));
	add_aux(b, AT_PHNUM, l->elf.phnum);
	add_aux(b, AT_PAGESZ, HELIOS_PAGE_SIZE);
	add_aux(b, AT_ENTRY, l->base + l->elf.entry);
	add_aux(b, AT_RANDOM, push_random(b));
	add_aux(b, HELIOS_AT_ENTRY, helios_aux(HELIOS_AT_ENTRY, 0));
	add_aux(b, HELIOS_AT_IPCBUF, l->ipcbuf);
	add_aux(b, HELIOS_AT_TLS, l->tp);
	for (i = 0; !p->silent && i < p->ncaps; i++)
		if (p->as[i] < HELIOS_INIT_CAPS)
			add_aux(b, HELIOS_AT_CAP(p->as[i]), p->as[i]);
	for (i = 0; i < HELIOS_INIT_MEMORY; i++)
		if (p->self & 1u << i)
			add_aux(b, HELIOS_AT_CAP(i), i);
	for (i = 0; i < p->naux; i++)
		add_aux(b, p->aux[2 * i], p->aux[2 * i + 1]);
	add_aux(b, AT_NULL, 0);
}

static enum helios_status
build_stack(struct loader *l)
{
	struct builder b = { .l = l };

	l->sp = l->stack_top;
	add_word(&b, 0);
	b.words[0] = add_strings(&b, l->p->argv);
	add_strings(&b, l->p->envp);
	add_auxv(&b);
	if (!b.full) {
		l->sp = (l->sp - b.n * sizeof(uint64_t)) & ~15ull;
		l->sp += b.n * sizeof(uint64_t);
		push_bytes(&b, b.words, b.n * sizeof(uint64_t));
	}
	if (b.full)
		return refuse(l->p, "arguments and environment do not fit "
				"the stack");
	return b.status;
}

static bool
moves_only(helios_cap_t cap)
{
	uint64_t what = 0;

	if (helios_identify(cap, &what) != HELIOS_OK)
		return false;
	switch (HELIOS_IDENTIFY_TYPE(what)) {
	case HELIOS_MEMORY: case HELIOS_DEVMEM: case HELIOS_IRQCONTROL:
	case HELIOS_IOCONTROL: case HELIOS_SYSTEMCONTROL: case HELIOS_REPLY:
		return true;
	default:
		return false;
	}
}

static enum helios_status
give(struct helios_program *p, helios_cap_t cap, helios_cap_t as,
		uint32_t rights, bool move)
{
	if (move)
		return helios_cspace_move(p->cspace, as,
				helios_process.cspace, cap, NULL);
	return helios_cspace_copy(p->cspace, as, helios_process.cspace, cap,
			rights, NULL);
}

/* Moves come last: nothing can fail after them that would lose them. */
static enum helios_status
give_caps(struct helios_program *p)
{
	const helios_cap_t self[] = { p->cspace, p->vspace, p->task };
	enum helios_status status = HELIOS_OK;
	unsigned int i, pass;

	for (i = 0; status == HELIOS_OK && i < 3; i++)
		if (p->self & 1u << i)
			status = give(p, self[i], i, HELIOS_RIGHTS_ALL,
					false);
	for (pass = 0; pass < 2; pass++)
		for (i = 0; status == HELIOS_OK && i < p->ncaps; i++)
			if (moves_only(p->caps[i]) == (pass == 1))
				status = give(p, p->caps[i], p->as[i],
						p->rights ? p->rights[i] :
						HELIOS_RIGHTS_ALL, pass == 1);
	return status;
}

static enum helios_status
set_task(struct loader *l)
{
	struct helios_program *p = l->p;
	struct helios_regs regs = {
		.rip = l->base + l->elf.entry,
		.rsp = l->sp,
		.fs_base = l->tp,
	};
	struct helios_task_info info;
	enum helios_status status;
	const char *name = p->name ? p->name : p->argv && p->argv[0] ?
		p->argv[0] : "program";

	status = helios_task_info(helios_tls.self->task, &info);
	if (status == HELIOS_OK && !p->priority && !p->highest)
		status = helios_task_set_priority(p->task, info.priority,
				info.highest);
	else if (status == HELIOS_OK)
		status = helios_task_set_priority(p->task, p->priority,
				p->highest);
	if (status == HELIOS_OK)
		status = helios_task_write_registers(p->task, &regs);
	if (status == HELIOS_OK)
		status = helios_task_set_flags(p->task, p->task_flags);
	if (status == HELIOS_OK)
		status = helios_task_set_name(p->task, name);
	if (status == HELIOS_OK && p->fault != HELIOS_CADDR_UNDEF)
		status = helios_task_set_fault(p->task, p->fault);
	return status;
}

enum helios_status
helios_program_load(struct helios_program *p)
{
	struct loader l = { .p = p };
	enum helios_status status;
	uint64_t detail;

	p->memory = p->cspace = p->vspace = p->task = p->holder =
		HELIOS_CADDR_UNDEF;
	p->why = NULL;
	status = measure(&l);
	if (status == HELIOS_OK)
		status = make_objects(&l);
	if (status == HELIOS_OK)
		status = place(&l);
	if (status == HELIOS_OK)
		status = load_image(&l);
	if (status == HELIOS_OK)
		status = configure(&l);
	if (status == HELIOS_OK)
		status = build_stack(&l);
	if (status == HELIOS_OK)
		status = set_task(&l);
	if (status == HELIOS_OK)
		status = give_caps(p);
	if (status == HELIOS_OK)
		return status;
	detail = helios_detail();
	helios_program_destroy(p);
	return failed(status, detail);
}

enum helios_status
helios_program_destroy(struct helios_program *p)
{
	/* The Memory first: it ends the task and empties the rest. */
	helios_cap_t *const caps[] = {
		&p->memory, &p->task, &p->vspace, &p->cspace, &p->holder
	};
	enum helios_status status = HELIOS_OK, s;
	unsigned int i;

	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (*caps[i] == HELIOS_CADDR_UNDEF)
			continue;
		s = helios_destroy(*caps[i]);
		if (status == HELIOS_OK)
			status = s;
		*caps[i] = HELIOS_CADDR_UNDEF;
	}
	return status;
}
