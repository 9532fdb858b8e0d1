/* SPDX-License-Identifier: BSD-2-Clause */
/* A booted kernel, driven through its system calls: see world.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cap.h>
#include <cspace.h>
#include <memory.h>
#include <object.h>
#include <sched.h>

#include "archive.h"
#include "unit.h"
#include "world.h"

#define PATIENCE	(1ul << 18)	/* entries of core for one call */

struct world world;
struct made_task made;

static const struct helios_bootinfo *
find_bootinfo(struct task *t)
{
	const struct slot *s = &task_cspace(t)->slots[HELIOS_INIT_BOOTINFO];

	return phys_ptr(page_phys(s));
}

void
world_boot(uint64_t ram_size)
{
	static struct elf elf;
	static struct tar tar;
	static const char *const argv[] = { "init", NULL };
	static const struct hal_range taken = { MOCK_TAKEN_BASE,
		MOCK_TAKEN_SIZE };
	static const struct helios_machine machine = {
		.acpi_root = 0xfee1dead, .nranges = 1,
		.range[0] = { 0x1000, 0x2000, HELIOS_RANGE_BAD } };
	struct hal_boot boot = { .platform = "mock", .nram = 2,
		.taken = &taken, .ntaken = 1,
		.phys_limit = MOCK_PHYS_LIMIT, .machine = &machine,
		.argv = argv, .slice_ns = 1000000, .seed = 42 };
	char err[200] = "";

	make_elf(&elf);
	make_tar(&tar, &elf);
	mock_init(ram_size);
	memset(&world, 0, sizeof(world));
	boot.ram = mock.ram;
	boot.initramfs.base = MOCK_RAM_BASE + 64 * 4096;
	boot.initramfs.size = tar.size;
	memcpy(hal_physmap + boot.initramfs.base, tar.bytes, tar.size);
	if (!core_boot(&boot, err, sizeof(err)))
		unit_fail("core_boot: %s", err);
	world.init = core_start();
	if (world.init == NULL)
		unit_fail("after core_boot nobody runs");
	world.info = find_bootinfo(world.init);
}

/* Is all of t's call done? */
static bool
settled(const struct task *t)
{
	if (!list_empty(&reap_orphans))
		return false;
	return !mock_task_alive(t) ||
		(!t->restart && list_empty(&t->reap));
}

/* Enter core for what is pending.  True: there was something. */
static bool
serve_pending(void)
{
	if (!mock.pending)
		return false;
	mock.pending = false;
	core_timer();
	world.entries++;
	return true;
}

static void
serve_all_pending(void)
{
	for (unsigned long n = 0; serve_pending(); n++)
		if (n > PATIENCE)
			unit_fail("preempted %lu times without progress", n);
}

/* Somebody has nothing to do but to yield; its registers are its own. */
static void
yield_as(struct task *t)
{
	struct helios_regs saved = *task_regs(t);

	task_regs(t)->rax = HELIOS_SYS_YIELD;
	core_syscall();
	serve_all_pending();
	if (mock_task_alive(t))
		*task_regs(t) = saved;
}

/* Let everything else go on until the call of t is done. */
static void
settle(const struct task *t)
{
	for (unsigned long n = 0; mock.pending || !settled(t); n++) {
		struct task *current;

		if (n > PATIENCE)
			unit_fail("the call does not end");
		if (serve_pending())
			continue;
		/* As any machine: the armed time comes before a task goes on. */
		if (mock.timer <= mock.now) {
			core_timer();
			world.entries++;
			continue;
		}
		current = cpu0.current;
		if (current == NULL || current == t || current->restart) {
			core_timer();
			world.entries++;
		} else if (world.outsider != NULL) {
			world.outsider(current);
		} else {
			yield_as(current);
		}
	}
}

bool
world_switch(struct task *t)
{
	for (unsigned int n = 0; cpu0.current != t; n++) {
		if (n > 2 * MOCK_TASKS || !task_runnable(t))
			return false;
		if (cpu0.current == NULL)
			core_timer();
		else
			yield_as(cpu0.current);
	}
	return true;
}

void
world_collect(struct task *t)
{
	const struct helios_regs *r = task_regs(t);
	const struct helios_ipcbuf *buf = task_ipcbuf(t);

	world.status = r->rax;
	world.detail = r->rdx;
	world.badge = r->rdi;
	world.tag = r->rsi;
	world.nout = helios_tag_nwords(r->rsi);
	if (world.nout > HELIOS_MSG_WORDS)
		unit_fail("a tag with %u words", world.nout);
	world.out[0] = r->rdx;
	world.out[1] = r->r10;
	world.out[2] = r->r8;
	world.out[3] = r->r9;
	for (unsigned int i = 4; i < world.nout && buf != NULL; i++)
		world.out[i] = buf->words[i];
}

uint64_t
sys(struct task *t, unsigned int nr, uint64_t rdi, uint64_t rsi,
	const uint64_t *words)
{
	struct helios_regs *r = task_regs(t);

	if (!world_switch(t))
		unit_fail("task %lu cannot make a call: state %#lx",
			(unsigned long)task_id(t),
			(unsigned long)task_state(t));
	r->rax = nr;
	r->rdi = rdi;
	r->rsi = rsi;
	r->rdx = words != NULL ? words[0] : 0;
	r->r10 = words != NULL ? words[1] : 0;
	r->r8 = words != NULL ? words[2] : 0;
	r->r9 = words != NULL ? words[3] : 0;
	world.entries = 1;
	core_syscall();
	settle(t);
	world.status = BLOCKED_STATUS;
	if (mock_task_alive(t) && t->blocked == NOT_BLOCKED)
		world_collect(t);
	if (world.check_always)
		unit_check_core();
	return world.status;
}

uint64_t
invoke_words(struct task *t, uint64_t caddr, unsigned int type,
	unsigned int op, unsigned int n, const uint64_t *words)
{
	struct helios_ipcbuf *buf = task_ipcbuf(t);
	uint64_t regs[4] = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		if (i < 4)
			regs[i] = words[i];
		else if (buf != NULL)
			buf->words[i] = words[i];
	}
	return sys(t, HELIOS_SYS_CALL, caddr,
		helios_tag(HELIOS_LABEL(type, op), n, 0), regs);
}

static void
must(const char *what)
{
	if (world.status != HELIOS_OK)
		unit_fail("%s: status %ld, detail %#lx; log: %s", what,
			(long)world.status, (unsigned long)world.detail,
			mock_log_line(0));
}

helios_cap_t
must_alloc(struct task *t, uint64_t memory, uint64_t type, uint64_t size)
{
	kop(t, memory, HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE, type, size,
		UNDEF);
	must("Memory ALLOCATE");
	return (helios_cap_t)world.out[0];
}

helios_cap_t
must_copy(struct task *t, uint64_t to, uint64_t from, uint64_t slot,
	unsigned int rights)
{
	kop(t, to, HELIOS_CSPACE, HELIOS_CSPACE_COPY, UNDEF, from, slot,
		rights);
	must("CSpace COPY");
	return (helios_cap_t)world.out[0];
}

helios_cap_t
must_mint(struct task *t, uint64_t to, uint64_t from, uint64_t slot,
	unsigned int rights, uint64_t badge)
{
	kop(t, to, HELIOS_CSPACE, HELIOS_CSPACE_MINT, UNDEF, from,
		slot | (uint64_t)rights << 32, badge);
	must("CSpace MINT");
	return (helios_cap_t)world.out[0];
}

void
must_destroy(struct task *t, uint64_t cspace, uint64_t slot)
{
	kop(t, cspace, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY, slot);
	must("CSpace DESTROY");
}

void
must_revoke(struct task *t, uint64_t cspace, uint64_t slot)
{
	kop(t, cspace, HELIOS_CSPACE, HELIOS_CSPACE_REVOKE, slot);
	must("CSpace REVOKE");
}

struct slot *
init_slot(uint64_t caddr)
{
	return &task_cspace(world.init)->slots[caddr];
}

void *
init_object(uint64_t caddr)
{
	return cap_object(init_slot(caddr));
}

struct task *
make_task(uint64_t memory, uint64_t cspace, unsigned int radix)
{
	struct task *init = world.init;

	made.task = must_alloc(init, memory, HELIOS_TASK, 0);
	made.cspace = (helios_cap_t)cspace;
	if (cspace == UNDEF)
		made.cspace = must_alloc(init, memory, HELIOS_CSPACE, radix);
	made.page = must_alloc(init, memory, HELIOS_PAGE, HELIOS_PAGE_SIZE);
	kop(init, made.task, HELIOS_TASK, HELIOS_TASK_CONFIGURE, made.cspace,
		HELIOS_INIT_VSPACE, made.page);
	must("Task CONFIGURE");
	kop(init, HELIOS_INIT_TASK, HELIOS_TASK, HELIOS_TASK_INFO);
	must("Task INFO");
	kop(init, made.task, HELIOS_TASK, HELIOS_TASK_SET_PRIORITY,
		world.out[3] & 0xff, world.out[3] >> 8 & 0xff);
	must("Task SET_PRIORITY");
	kop(init, made.task, HELIOS_TASK, HELIOS_TASK_RESUME);
	must("Task RESUME");
	return init_object(made.task);
}
