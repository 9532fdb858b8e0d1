/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpaces: copying in and out of them, sharing pages between them, spaces
 * like others, and running in one.
 */
#include "objects.h"
#include "machine.h"

/* A page mapped in vs, at an address the kernel chooses. */
static uint64_t
map_in(helios_cap_t vs, helios_cap_t page, uint64_t flags)
{
	uint64_t at = 0;

	CHECK_OK(helios_map(vs, 0, flags, 1, &page, &at));
	return at;
}

TEST(vspace, write_and_read_another_space)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0);
	helios_cap_t page = make(HELIOS_PAGE, PAGE), copy;
	uint64_t there = map_in(vs, page, HELIOS_MAP_W), here, word;

	copy = make_copy(page, HELIOS_RIGHTS_ALL);
	here = map_here(copy, HELIOS_MAP_W);
	word = 0xfeedface;
	CHECK_OK(helios_vspace_write(vs, there + 24, &word, 8));
	/* One page, two spaces. */
	CHECK_EQ(((volatile uint64_t *)here)[3], 0xfeedface);
	((volatile uint64_t *)here)[4] = 0xcafe;
	CHECK_OK(helios_vspace_read(vs, there + 32, &word, 8));
	CHECK_EQ(word, 0xcafe);
	/* Destroying one mapping leaves the other. */
	CHECK_OK(helios_destroy(page));
	CHECK_ERROR(helios_vspace_read(vs, there, &word, 8), HELIOS_FAULT,
		there);
	CHECK_EQ(((volatile uint64_t *)here)[3], 0xfeedface);
}

TEST(vspace, copy_across_pages)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[3];
	static unsigned char in[HELIOS_PAGE_SIZE], out[HELIOS_PAGE_SIZE];
	uint64_t at = 0;
	unsigned int i;

	CHECK_OK(helios_newpages(3, pages));
	CHECK_OK(helios_map(vs, 0, HELIOS_MAP_W, 3, pages, &at));
	for (i = 0; i < PAGE; i++)
		in[i] = (unsigned char)(i ^ i >> 8);
	/* Both ends in the middle of pages, and of the buffer's too. */
	CHECK_OK(helios_vspace_write(vs, at + 3000, in, PAGE));
	CHECK_OK(helios_vspace_read(vs, at + 3000, out, PAGE));
	CHECK_EQ(memcmp(in, out, PAGE), 0);
	CHECK_OK(helios_page_read(pages[1], 0, out, 100));
	CHECK_EQ(memcmp(in + 1096, out, 100), 0);
	CHECK_OK(helios_vspace_read(vs, at + 2999, out, 1));
	CHECK_EQ(out[0], 0);
	CHECK_OK(helios_vspace_read(vs, at + 3000 + PAGE, out, 1));
	CHECK_EQ(out[0], 0);
}

TEST(vspace, copy_says_where_it_would_fault)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[2];
	unsigned char in[64], out[64];
	uint64_t at = space_of(vs).base + 0x20000;
	unsigned int i;

	memset(in, 0xee, sizeof(in));
	memset(out, 0x11, sizeof(out));
	CHECK_OK(helios_newpages(2, pages));
	CHECK_OK(helios_map(vs, at, HELIOS_MAP_W | HELIOS_MAP_FIXED, 1,
			&pages[0], NULL));
	CHECK_OK(helios_map(vs, at + 2 * PAGE, HELIOS_MAP_FIXED, 1,
			&pages[1], NULL));
	/* Runs over the end: nothing of it is copied. */
	CHECK_ERROR(helios_vspace_write(vs, at + PAGE - 32, in, 64),
		HELIOS_FAULT, at + PAGE);
	CHECK_ERROR(helios_vspace_read(vs, at + PAGE - 32, out, 64),
		HELIOS_FAULT, at + PAGE);
	for (i = 0; i < 64; i++)
		CHECK_EQ(out[i], 0x11);
	CHECK_OK(helios_vspace_read(vs, at + PAGE - 32, out, 32));
	for (i = 0; i < 32; i++)
		CHECK_EQ(out[i], 0);
	/* In the middle of a page: the exact address. */
	CHECK_ERROR(helios_vspace_read(vs, at + PAGE + 123, out, 8),
		HELIOS_FAULT, at + PAGE + 123);
	/* A read-only page is not written. */
	CHECK_ERROR(helios_vspace_write(vs, at + 2 * PAGE + 8, in, 8),
		HELIOS_FAULT, at + 2 * PAGE + 8);
	CHECK_OK(helios_vspace_read(vs, at + 2 * PAGE + 8, out, 8));
	CHECK_EQ(out[0], 0);
}

TEST(vspace, copy_checks_both_sides)
{
	helios_cap_t vs = make(HELIOS_VSPACE, 0), pages[2];
	uint64_t there, here = 0;

	CHECK_OK(helios_newpages(2, pages));
	there = map_in(vs, make(HELIOS_PAGE, PAGE), HELIOS_MAP_W);
	CHECK_OK(helios_map(helios_process.vspace, 0, HELIOS_MAP_W, 2, pages,
			&here));
	CHECK_OK(helios_unmap(helios_process.vspace, 1, &pages[1]));
	memset((void *)here, 0x77, PAGE);
	CHECK_ERROR(INVOKE(vs, HELIOS_VSPACE, HELIOS_VSPACE_READ, there,
			here + PAGE - 4, 8), HELIOS_FAULT, here + PAGE);
	CHECK_EQ(*(volatile unsigned char *)(here + PAGE - 4), 0x77);
	CHECK_ERROR(INVOKE(vs, HELIOS_VSPACE, HELIOS_VSPACE_WRITE, there,
			here + PAGE - 4, 8), HELIOS_FAULT, here + PAGE);
	CHECK_OK(helios_vspace_read(vs, there, (void *)here, 4));
	CHECK_EQ(*(volatile unsigned char *)here, 0);
	CHECK_ERROR(INVOKE(vs, HELIOS_VSPACE, HELIOS_VSPACE_READ, there, here,
			4097), HELIOS_INVALID_PARAM, 2);
	CHECK_ERROR(INVOKE(vs, HELIOS_VSPACE, HELIOS_VSPACE_WRITE, there,
			here, UINT64_MAX), HELIOS_INVALID_PARAM, 2);
	CHECK_OK(INVOKE(vs, HELIOS_VSPACE, HELIOS_VSPACE_READ, there, here,
			0));
}

TEST(vspace, revoking_unmaps_in_other_spaces)
{
	helios_cap_t vs[3], page = make(HELIOS_PAGE, PAGE), copy;
	uint64_t at[3], own = map_here(page, HELIOS_MAP_W), word = 3;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		vs[i] = make(HELIOS_VSPACE, 0);
		copy = make_copy(page, HELIOS_RIGHTS_ALL);
		at[i] = map_in(vs[i], copy, HELIOS_MAP_W);
		CHECK_OK(helios_vspace_write(vs[i], at[i], &word, 8));
	}
	CHECK_OK(helios_revoke(page));
	for (i = 0; i < 3; i++) {
		CHECK_ERROR(helios_vspace_read(vs[i], at[i], &word, 8),
			HELIOS_FAULT, at[i]);
		CHECK_EQ(space_of(vs[i]).mapped, 0);
	}
	CHECK_EQ(*(volatile uint64_t *)own, 3);
}

TEST(vspace, pages_outlive_the_space)
{
	helios_cap_t q = make(HELIOS_MEMORY, 20), vs, pages[3];
	struct helios_memory_info before = memory_of(q);
	uint64_t spaces = counts().vspaces, word = 4;
	unsigned int i;

	vs = make_from(q, HELIOS_VSPACE, 0);
	CHECK_OK(helios_newpages(3, pages));
	CHECK_OK(helios_map(vs, 0, HELIOS_MAP_W, 3, pages, NULL));
	CHECK_OK(helios_page_write(pages[2], 0, &word, 8));
	CHECK_OK(helios_destroy(vs));
	CHECK_EQ(counts().vspaces, spaces);
	CHECK_EQ(memory_of(q).free, before.free);
	CHECK_EQ(memory_of(q).largest, before.largest);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(page_of(pages[i]).flags, 0);
		CHECK_EQ(page_of(pages[i]).address, 0);
	}
	CHECK_EQ(*(volatile uint64_t *)map_here(pages[2], 0), 4);
}

TEST(vspace, like_another)
{
	helios_cap_t a = make(HELIOS_VSPACE, 0), b, own = UNDEF;
	helios_cap_t page = make(HELIOS_PAGE, PAGE);
	struct helios_vspace_info ia = space_of(a), ib;
	uint64_t word = 0;
	struct snapshot s;

	b = make(HELIOS_VSPACE, HELIOS_VSPACE_LIKE | a);
	ib = space_of(b);
	CHECK_EQ(ia.base, ib.base);
	CHECK_EQ(ia.limit, ib.limit);
	CHECK_EQ(ib.mapped, 0);
	/* The same addresses, but not the same space. */
	CHECK_OK(helios_map(a, ia.base + 0x30000, HELIOS_MAP_FIXED, 1, &page,
			NULL));
	CHECK_ERROR(helios_vspace_read(b, ia.base + 0x30000, &word, 8),
		HELIOS_FAULT, ia.base + 0x30000);
	/* The range stays while any of them lives. */
	CHECK_OK(helios_destroy(a));
	CHECK_EQ(space_of(b).base, ia.base);
	CHECK_OK(helios_newvspace_like(helios_process.vspace, &own));
	CHECK_EQ(space_of(own).base, space_of(helios_process.vspace).base);
	SNAP(&s);
	CHECK_NO_CHANGE(&s, helios_allocate(helios_process.memory,
			HELIOS_VSPACE, HELIOS_VSPACE_LIKE | page, 1, &own),
		HELIOS_INVALID_CTYPE, HELIOS_PAGE);
	CHECK_NO_CHANGE(&s, helios_allocate(helios_process.memory,
			HELIOS_VSPACE, HELIOS_VSPACE_LIKE | a, 1, &own),
		HELIOS_INVALID_CSLOT, a);
}

TEST(vspace, range_is_what_bootinfo_says)
{
	const struct helios_bootinfo *info = helios_process.bootinfo;
	struct helios_vspace_info own = space_of(helios_process.vspace);
	uint64_t here = (uintptr_t)&own;

	CHECK(info != NULL);
	CHECK_EQ(own.base, info->user_base);
	CHECK_EQ(own.limit, info->user_limit);
	CHECK(here >= own.base && here < own.limit);
	CHECK_EQ(own.base % PAGE, 0);
	CHECK_EQ(own.limit % PAGE, 0);
}

/*
 * A program in a space of its own: adds what is at %rdi and %rsi, stores it
 * at %rdx, and stops at an instruction that is none.
 */
void guest_program(void);
void guest_stop(void);
void guest_end(void);

__asm__(".pushsection .text\n"
	"guest_program:\n\t"
	"mov (%rdi), %rax\n\t"
	"add (%rsi), %rax\n\t"
	"mov %rax, (%rdx)\n"
	"guest_stop:\n\t"
	"ud2\n"
	"guest_end:\n\t"
	".popsection\n");

struct guest {
	helios_cap_t vs, task, fault, code, data;
	uint64_t code_at, data_at;
};

/* Its code and data are mapped nowhere else. */
static void
guest_new(struct guest *g, helios_cap_t vs)
{
	size_t size = (size_t)((uintptr_t)guest_end -
		(uintptr_t)guest_program);
	struct helios_regs regs = { .rflags = 0x202 };

	g->vs = vs;
	g->task = make(HELIOS_TASK, 0);
	g->fault = make(HELIOS_ENDPOINT, 0);
	g->code = make(HELIOS_PAGE, PAGE);
	g->data = make(HELIOS_PAGE, PAGE);
	CHECK_OK(helios_page_write(g->code, 64, (void *)guest_program, size));
	g->code_at = map_in(vs, g->code, HELIOS_MAP_X);
	g->data_at = map_in(vs, g->data, HELIOS_MAP_W);
	CHECK_OK(helios_task_configure(g->task, UNDEF, vs, UNDEF));
	CHECK_OK(helios_task_set_fault(g->task, g->fault));
	CHECK_OK(helios_task_set_priority(g->task, VULCAN_PRIORITY, 0));
	regs.rip = g->code_at + 64;
	regs.rdi = g->data_at;
	regs.rsi = g->data_at + 8;
	regs.rdx = g->data_at + 16;
	regs.rsp = g->data_at + PAGE;
	CHECK_OK(helios_task_write_registers(g->task, &regs));
}

static void
guest_wait(const struct guest *g, struct helios_fault *fault)
{
	struct helios_msg msg;

	CHECK_OK(helios_recv(g->fault, &msg));
	CHECK_OK(helios_fault_decode(&msg, fault));
}

/* Run it on two numbers. */
static void
guest_check(const struct guest *g, uint64_t a, uint64_t b)
{
	struct helios_fault fault;
	uint64_t sum = 0;

	CHECK_OK(helios_vspace_write(g->vs, g->data_at, &a, 8));
	CHECK_OK(helios_vspace_write(g->vs, g->data_at + 8, &b, 8));
	CHECK_OK(helios_task_resume(g->task));
	guest_wait(g, &fault);
	CHECK_EQ(fault.kind, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(fault.error, 6ull << 32);
	CHECK_EQ(fault.ip, g->code_at + 64 + (uintptr_t)guest_stop -
		(uintptr_t)guest_program);
	CHECK_EQ(fault.sp, g->data_at + PAGE);
	CHECK_OK(helios_page_read(g->data, 16, &sum, 8));
	CHECK_EQ(sum, a + b);
}

TEST(vspace, program_in_a_space_of_its_own)
{
	struct guest g;

	guest_new(&g, make(HELIOS_VSPACE, 0));
	guest_check(&g, 1000, 337);
}

/* Spaces with the same addresses do not see each other's memory. */
TEST(vspace, same_addresses_different_memory)
{
	helios_cap_t like = UNDEF;
	struct guest a, b;

	guest_new(&a, make(HELIOS_VSPACE, 0));
	CHECK_OK(helios_newvspace_like(a.vs, &like));
	guest_new(&b, like);
	CHECK_EQ(a.code_at, b.code_at);
	CHECK_EQ(a.data_at, b.data_at);
	guest_check(&a, 1, 2);
	guest_check(&b, 30, 40);
	CHECK_EQ(page_of(a.data).address, page_of(b.data).address);
}

TEST(vspace, program_that_leaves_its_space)
{
	struct helios_fault fault;
	struct helios_regs regs;
	struct guest g;
	unsigned int i, n = 3;

	/* Where isolation is lazy our mappings may still be there. */
	if (vulcan_boot_flag(HELIOS_BOOT_HOSTED) &&
			!vulcan_boot_flag(HELIOS_BOOT_STRICT))
		n = 2;
	guest_new(&g, make(HELIOS_VSPACE, 0));
	for (i = 0; i < n; i++) {
		/* Our memory, to it, is nothing. */
		uint64_t at = i < 2 ? g.data_at + (i + 1) * 16 * LARGE :
			(uintptr_t)&fault;

		CHECK_OK(helios_task_read_registers(g.task, &regs));
		regs.rip = g.code_at + 64;
		regs.rdi = at;
		CHECK_OK(helios_task_write_registers(g.task, &regs));
		CHECK_OK(helios_task_resume(g.task));
		guest_wait(&g, &fault);
		CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
		CHECK_EQ(fault.address, at);
		CHECK_EQ(fault.access, HELIOS_RIGHT_R);
		CHECK_EQ(fault.ip, g.code_at + 64);
	}
}

TEST(vspace, code_must_be_executable)
{
	struct helios_fault fault;
	struct guest g;

	NEED_NO_EXECUTE();
	guest_new(&g, make(HELIOS_VSPACE, 0));
	CHECK_OK(helios_protect(g.vs, 0, 1, &g.code));
	CHECK_OK(helios_task_resume(g.task));
	guest_wait(&g, &fault);
	CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.access, HELIOS_RIGHT_X);
	CHECK_EQ(fault.address, g.code_at + 64);
	/* Mend it, and it goes on as if nothing had been. */
	CHECK_OK(helios_protect(g.vs, HELIOS_MAP_X, 1, &g.code));
	guest_check(&g, 5, 6);
}

/* A task whose space goes away stops, and does not run in another's. */
TEST(vspace, task_loses_its_space)
{
	struct helios_task_info info;
	struct guest g;

	guest_new(&g, make(HELIOS_VSPACE, 0));
	CHECK_OK(helios_revoke(g.vs));
	CHECK_OK(helios_task_info(g.task, &info));
	CHECK(info.state & HELIOS_TASK_NO_VSPACE);
	CHECK_ERROR(helios_task_resume(g.task), HELIOS_MISSING_PART,
		HELIOS_PART_VSPACE);
	CHECK_OK(helios_task_configure(g.task, UNDEF, g.vs, UNDEF));
	guest_check(&g, 8, 9);
}
