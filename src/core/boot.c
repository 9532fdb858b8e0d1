/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot: from what the HAL found to init, ready to run.
 *
 * init gets everything there is: its CSpace holds the factories, the pages
 * of the initramfs, and the pages of its own image and stack.  All that is
 * allocated for it is derived from its Memory capability, as if it had
 * allocated it itself.
 */
#include <hal.h>
#include <helios/bootinfo.h>

#include <cspace.h>
#include <devmem.h>
#include <image.h>
#include <irq.h>
#include <klog.h>
#include <memory.h>
#include <page.h>
#include <sched.h>
#include <startup.h>
#include <task.h>
#include <vspace.h>

#define LOAD_OFFSET	0x400000ull	/* of the image in the range */
#define IMAGE_MOST	0x4000000ull	/* 64 MiB */
#define SPARE_SLOTS	12288u		/* free ones in init's CSpace */
#define MOST_RADIX	16u
#define INIT_PRIORITY	128

_Static_assert(sizeof(struct helios_bootinfo) <= PAGE_SIZE, "it is a page");

struct boot {
	const struct hal_boot *hal;
	struct error_text *err;
	struct elf_image image;
	struct cspace *cs;
	struct vspace *vs;
	struct task *task;
	struct slot *memory;		/* HELIOS_INIT_MEMORY */
	helios_cap_t next;		/* slot for the next page */
	struct helios_bootinfo *info;
	uint64_t info_va, ipcbuf_va;
};

bool
image_error(struct error_text *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(err->text, err->size, fmt, ap);
	va_end(ap);
	return false;
}

static bool
too_little(struct boot *b, const char *what)
{
	return image_error(b->err, "too little memory: %lu pages of %lu are "
		"left, and %s needs more", root_memory->free,
		root_memory->pages, what);
}

static uint64_t
initramfs_pages(const struct boot *b)
{
	return (b->hal->initramfs.size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Slot i of init's CSpace, off the free list. */
static struct slot *
init_slot(struct boot *b, helios_cap_t i)
{
	struct slot *s = NULL;

	if (dests_take(b->cs, &i, 1, &s).status != HELIOS_OK)
		kpanic("boot: slot %u of init is taken", i);
	return s;
}

/* A capability derived from init's Memory. */
static struct slot *
give(struct boot *b, helios_cap_t i, unsigned int type, void *object)
{
	struct slot *s = init_slot(b, i);

	cap_insert(s, b->memory, cap_make(type, object, 0), 0);
	return s;
}

/* A factory or SystemControl: derived from nothing. */
static void
give_root(struct boot *b, helios_cap_t i, unsigned int type, void *object)
{
	cap_insert(init_slot(b, i), &cap_root, cap_make(type, object, 0), 0);
}

static struct slot *
give_page(struct boot *b, helios_cap_t i, struct frame *f, unsigned int rights)
{
	struct slot *s = init_slot(b, i);

	block_set_kind(f, FRAME_PAGE, NULL);
	memory_count(root_memory, 1);
	object_counts[HELIOS_PAGE]++;
	cap_insert(s, b->memory,
		cap_make_page(ptr_phys(frame_ptr(f)), 0, rights), 0);
	return s;
}

/* A cleared page, mapped; *va in (FIXED) and out. */
static bool
map_new_page(struct boot *b, helios_cap_t i, uint64_t *va, uint64_t flags,
		struct frame **out)
{
	struct frame *f = block_alloc(root_memory, 0, FRAME_PAGE);
	struct slot *s;

	if (f == NULL)
		return false;
	__builtin_memset(frame_ptr(f), 0, PAGE_SIZE);
	*out = f;
	s = give_page(b, i, f, HELIOS_RIGHT_R | HELIOS_RIGHT_W |
		HELIOS_RIGHT_X);
	return vspace_map(b->vs, &s, 1, *va, flags, va).status == HELIOS_OK;
}

static bool
create_cspace(struct boot *b)
{
	uint64_t slots = HELIOS_INIT_CAPS + initramfs_pages(b) +
		b->image.end / PAGE_SIZE + STACK_PAGES + SPARE_SLOTS;
	unsigned int radix = 6;
	struct frame *table;

	while (radix < MOST_RADIX && (1ull << radix) < slots)
		radix++;
	if ((1ull << radix) < slots)
		return image_error(b->err, "initramfs: too large: init's "
			"CSpace of %u slots has no room for its %lu pages",
			1u << radix, initramfs_pages(b));
	table = block_alloc(root_memory, radix - 6, FRAME_MAKING);
	if (table == NULL)
		return too_little(b, "init's CSpace");
	__builtin_memset(frame_ptr(table), 0, PAGE_SIZE << table->order);
	b->cs = cspace_create(root_memory, table, radix);
	return b->cs != NULL || too_little(b, "init's CSpace");
}

static bool
create_objects(struct boot *b)
{
	struct devmem *devmem;
	struct slot *s;

	b->vs = vspace_create(root_memory, NULL);
	b->task = task_create(root_memory);
	devmem = devmem_boot(b->hal);
	if (b->vs == NULL || b->task == NULL || devmem == NULL)
		return too_little(b, "init");
	b->memory = init_slot(b, HELIOS_INIT_MEMORY);
	cap_insert(b->memory, &cap_root,
		cap_make(HELIOS_MEMORY, root_memory, 0), 0);
	give_root(b, HELIOS_INIT_DEVMEM, HELIOS_DEVMEM, devmem);
	give_root(b, HELIOS_INIT_IRQCONTROL, HELIOS_IRQCONTROL, &irqcontrol);
	give_root(b, HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL, &iocontrol);
	give_root(b, HELIOS_INIT_SYSTEMCONTROL, HELIOS_SYSTEMCONTROL,
		&systemcontrol);
	s = give(b, HELIOS_INIT_CSPACE, HELIOS_CSPACE, b->cs);
	task_set_slot(b->task, SLOT_CSPACE, s);
	s = give(b, HELIOS_INIT_VSPACE, HELIOS_VSPACE, b->vs);
	task_set_slot(b->task, SLOT_VSPACE, s);
	give(b, HELIOS_INIT_TASK, HELIOS_TASK, b->task);
	return true;
}

/* The pages of the initramfs are where the HAL put them. */
static void
give_initramfs(struct boot *b, struct helios_bootinfo *info)
{
	uint64_t i, n = initramfs_pages(b);

	info->initramfs_first = b->next;
	info->initramfs_count = (helios_cap_t)n;
	info->initramfs_size = b->hal->initramfs.size;
	for (i = 0; i < n; i++)
		give_page(b, b->next++,
			frame_of(b->hal->initramfs.base + i * PAGE_SIZE),
			HELIOS_RIGHT_R | HELIOS_RIGHT_X);
}

/* The part of a segment that lies in the page at va (relative). */
static void
fill_page(const struct elf_image *image, const struct elf_segment *s,
		uint64_t va, char *page)
{
	uint64_t from = va > s->vaddr ? va : s->vaddr;
	uint64_t end = s->vaddr + s->filesz;

	if (end > va + PAGE_SIZE)
		end = va + PAGE_SIZE;
	if (from < end)
		__builtin_memcpy(page + (from - va), image->data + s->offset +
			(from - s->vaddr), end - from);
}

static bool
load_segment(struct boot *b, const struct elf_segment *s, uint64_t base)
{
	uint64_t flags = HELIOS_MAP_FIXED | (s->w ? HELIOS_MAP_W : 0) |
		(s->x ? HELIOS_MAP_X : 0);
	uint64_t va = s->vaddr & ~(PAGE_SIZE - 1), at;
	struct frame *f;

	for (; va < s->vaddr + s->memsz; va += PAGE_SIZE) {
		at = base + va;
		/* Filled before it is mapped, for the HAL may cache code. */
		f = block_alloc(root_memory, 0, FRAME_PAGE);
		if (f == NULL)
			return false;
		__builtin_memset(frame_ptr(f), 0, PAGE_SIZE);
		fill_page(&b->image, s, va, frame_ptr(f));
		struct slot *slot = give_page(b, b->next++, f, HELIOS_RIGHT_R |
			HELIOS_RIGHT_W | HELIOS_RIGHT_X);

		if (vspace_map(b->vs, &slot, 1, at, flags, &at).status !=
				HELIOS_OK)
			return false;
	}
	return true;
}

static bool
load_image(struct boot *b, uint64_t base)
{
	unsigned int i;

	b->info->image_base = base;
	b->info->image_first = b->next;
	for (i = 0; i < b->image.nsegments; i++)
		if (!load_segment(b, &b->image.segment[i], base))
			return too_little(b, "init's image");
	b->info->image_count = b->next - b->info->image_first;
	return true;
}

static bool
create_info_and_ipcbuf(struct boot *b)
{
	struct frame *info, *buf;

	if (!map_new_page(b, HELIOS_INIT_BOOTINFO, &b->info_va, 0, &info) ||
			!map_new_page(b, HELIOS_INIT_IPCBUF, &b->ipcbuf_va,
				HELIOS_MAP_W, &buf))
		return too_little(b, "init");
	b->info = frame_ptr(info);
	task_set_slot(b->task, SLOT_IPCBUF, &b->cs->slots[HELIOS_INIT_IPCBUF]);
	return true;
}

/* In one piece, so that what stands on it can be written like an array. */
static bool
create_stack(struct boot *b, uint64_t top, char **stack)
{
	struct frame *f = block_alloc(root_memory, STACK_ORDER, FRAME_PAGE);
	uint64_t va = top - STACK_SIZE;
	unsigned int i;

	if (f == NULL)
		return too_little(b, "init's stack");
	*stack = frame_ptr(f);
	__builtin_memset(*stack, 0, STACK_SIZE);
	block_split(f, STACK_PAGES);
	b->info->stack_first = b->next;
	b->info->stack_count = STACK_PAGES;
	for (i = 0; i < STACK_PAGES; i++, va += PAGE_SIZE) {
		struct slot *s = give_page(b, b->next++, f + i,
			HELIOS_RIGHT_R | HELIOS_RIGHT_W);

		if (vspace_map(b->vs, &s, 1, va, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, &va).status != HELIOS_OK)
			return too_little(b, "init's stack");
	}
	return true;
}

static void
fill_info(struct boot *b, uint64_t base, uint64_t limit, uint64_t kernel)
{
	struct helios_bootinfo *info = b->info;

	info->magic = HELIOS_BOOTINFO_MAGIC;
	info->version = HELIOS_BOOTINFO_VERSION;
	info->flags = b->hal->flags;
#ifdef HELIOS_DEBUG
	info->flags |= HELIOS_BOOT_DEBUG;
#endif
	ksnprintf(info->platform, sizeof(info->platform), "%s",
		b->hal->platform);
	info->user_base = base;
	info->user_limit = limit;
	info->cspace_slots = b->cs->nslots;
	info->memory_pages = root_memory->pages;
	info->kernel_pages = kernel;
	info->irq_count = hal_irq_count();
	info->slice_ns = b->hal->slice_ns;
	if (b->hal->machine != NULL)
		info->machine = *b->hal->machine;
}

static void
start_init(struct boot *b, const struct startup *s)
{
	struct task *t = b->task;

	t->regs.rip = s->image_base + b->image.entry;
	t->regs.rsp = s->sp;
	t->regs.rflags = 0x202;
	sched_set_priority(t, INIT_PRIORITY);
	t->max_priority = HELIOS_PRIORITIES - 1;
	t->flags = HELIOS_TASK_WRITECONS;
	ksnprintf(t->name, sizeof(t->name), "init");
	hal_task_changed(t);
	task_resume(t);
}

static bool
build_init(struct boot *b, uint64_t kernel)
{
	struct startup s = { .argv = b->hal->argv, .seed = b->hal->seed,
		.user_entry = b->hal->user_entry };
	uint64_t base, limit;

	hal_vspace_range(b->vs, &base, &limit);
	b->next = HELIOS_INIT_CAPS;
	if (!create_info_and_ipcbuf(b))
		return false;
	give_initramfs(b, b->info);
	s.image_base = base + LOAD_OFFSET;
	s.top = limit - PAGE_SIZE;
	if (!load_image(b, s.image_base) || !create_stack(b, s.top, &s.stack))
		return false;
	fill_info(b, base, limit, kernel);
	s.bootinfo = b->info_va;
	s.ipcbuf = b->ipcbuf_va;
	if (!startup_write(&s, &b->image))
		return image_error(b->err, "init's arguments: at most %u, and "
			"%u bytes, expected", STARTUP_ARGS, STARTUP_BYTES);
	start_init(b, &s);
	return true;
}

bool
core_boot(const struct hal_boot *hal, char *err, size_t errsize)
{
	struct error_text text = { err, errsize };
	struct boot b = { .hal = hal, .err = &text };
	uint64_t kernel_pages, len = 0;
	const char *init = NULL;

	objects_reset();
	cap_init();
	sched_init(hal->slice_ns);
	irq_init();
	if (hal->initramfs.base % PAGE_SIZE != 0)
		return image_error(&text, "initramfs: a page-aligned address "
			"expected, %lx found", hal->initramfs.base);
	if (!tar_find(phys_ptr(hal->initramfs.base), hal->initramfs.size,
			"init", &init, &len, &text) ||
			!elf_parse(init, len, IMAGE_MOST, &b.image, &text))
		return false;
	if (!memory_boot(hal->ram, hal->nram, &hal->initramfs, &kernel_pages))
		return image_error(&text, "too little memory for the frame "
			"table, or the initramfs (%lu bytes at %lx) does not "
			"lie in it", hal->initramfs.size, hal->initramfs.base);
	return create_cspace(&b) && create_objects(&b) &&
		build_init(&b, kernel_pages);
}
