/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a processor remembers of page tables must not outlive them.
 *
 * A guest in a space of its own touches one address; then its page table is
 * changed from outside, while another space is loaded; then it touches the
 * address again.  Nothing but the new translation may be found, though the
 * processor may tell spaces apart (PCID) and keep what it knew of the guest's.
 */
#include "objects.h"
#include "machine.h"

/* Exchange %rsi with the word at %rdi, and stop. */
void tlb_guest(void);
void tlb_guest_stop(void);
__asm__(".pushsection .text\n"
	"	.globl tlb_guest, tlb_guest_stop\n"
	"	.hidden tlb_guest, tlb_guest_stop\n"
	"tlb_guest:\n"
	"	mov (%rdi), %rax\n"
	"	mov %rsi, (%rdi)\n"
	"tlb_guest_stop:\n"
	"	ud2\n"
	"	.popsection\n");

struct guest {
	helios_cap_t vs, task, fault, code, data;
	uint64_t code_at, data_at;
};

static void
guest_new(struct guest *g, helios_cap_t like)
{
	g->vs = UNDEF;
	if (like == UNDEF)
		g->vs = make(HELIOS_VSPACE, 0);
	else
		CHECK_OK(helios_newvspace_like(like, &g->vs));
	g->task = make(HELIOS_TASK, 0);
	g->fault = make(HELIOS_ENDPOINT, 0);
	g->code = make(HELIOS_PAGE, PAGE);
	g->data = make(HELIOS_PAGE, PAGE);
	CHECK_OK(helios_page_write(g->code, 0, (void *)tlb_guest, 16));
	/* Tables of their own: each can come and go. */
	g->code_at = space_of(g->vs).base;
	g->data_at = (g->code_at + 2 * LARGE) & ~(LARGE - 1);
	CHECK_OK(helios_map(g->vs, g->code_at, HELIOS_MAP_X |
			HELIOS_MAP_FIXED, 1, &g->code, NULL));
	CHECK_OK(helios_map(g->vs, g->data_at, HELIOS_MAP_W |
			HELIOS_MAP_FIXED, 1, &g->data, NULL));
	CHECK_OK(helios_task_configure(g->task, UNDEF, g->vs, UNDEF));
	CHECK_OK(helios_task_set_fault(g->task, g->fault));
	CHECK_OK(helios_task_set_priority(g->task, VULCAN_PRIORITY, 0));
}

/* Let it exchange this with what is there; the fault that ends it. */
static struct helios_fault
guest_run(const struct guest *g, uint64_t word, struct helios_regs *regs)
{
	struct helios_fault f;
	struct helios_msg msg;

	*regs = (struct helios_regs){ .rip = g->code_at, .rflags = 0x202,
		.rdi = g->data_at, .rsi = word };
	CHECK_OK(helios_task_write_registers(g->task, regs));
	CHECK_OK(helios_task_resume(g->task));
	CHECK_OK(helios_recv(g->fault, &msg));
	CHECK_OK(helios_fault_decode(&msg, &f));
	/* Leave it stopped. */
	helios_msg_start(&msg, 1, 0, 0);
	CHECK_OK(helios_reply(&msg));
	CHECK_OK(helios_task_read_registers(g->task, regs));
	return f;
}

static void
guest_exchanges(const struct guest *g, uint64_t word, uint64_t expected)
{
	struct helios_regs regs;
	struct helios_fault f = guest_run(g, word, &regs);

	CHECK_EQ(f.kind, HELIOS_FAULT_EXCEPTION);
	CHECK_EQ(f.ip, g->code_at + (uint64_t)((uintptr_t)tlb_guest_stop -
			(uintptr_t)tlb_guest));
	CHECK_EQ(regs.rax, expected);
}

static void
guest_faults(const struct guest *g, uint64_t address, uint64_t access)
{
	struct helios_regs regs;
	struct helios_fault f = guest_run(g, 0xbad, &regs);

	CHECK_EQ(f.kind, HELIOS_FAULT_PAGE);
	CHECK_EQ(f.address, address);
	CHECK_EQ(f.access, access);
}

TEST(tlb, unmapped_elsewhere)
{
	struct guest g;

	guest_new(&g, UNDEF);
	for (uint64_t i = 0; i < 3; i++) {
		guest_exchanges(&g, i + 1, i);
		CHECK_OK(helios_unmap(g.vs, 1, &g.data));
		guest_faults(&g, g.data_at, HELIOS_RIGHT_R);
		CHECK_OK(helios_map(g.vs, g.data_at, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &g.data, NULL));
	}
}

TEST(tlb, protected_elsewhere)
{
	struct guest g;

	guest_new(&g, UNDEF);
	for (uint64_t i = 0; i < 3; i++) {
		guest_exchanges(&g, i + 1, i);
		CHECK_OK(helios_protect(g.vs, 0, 1, &g.data));
		guest_faults(&g, g.data_at, HELIOS_RIGHT_W);
		CHECK_OK(helios_protect(g.vs, HELIOS_MAP_W, 1, &g.data));
	}
}

TEST(tlb, revoked_code)
{
	struct guest g;

	NEED_NO_EXECUTE();
	guest_new(&g, UNDEF);
	guest_exchanges(&g, 1, 0);
	CHECK_OK(helios_protect(g.vs, 0, 1, &g.code));
	guest_faults(&g, g.code_at, HELIOS_RIGHT_X);
	CHECK_OK(helios_protect(g.vs, HELIOS_MAP_X, 1, &g.code));
	guest_exchanges(&g, 2, 1);
	CHECK_OK(helios_destroy(g.code));
	guest_faults(&g, g.code_at, HELIOS_RIGHT_X);
}

/* Another page at the same address, with a table in between that went and
 * came again from the same memory. */
TEST(tlb, replaced_elsewhere)
{
	helios_cap_t pages[4];
	struct guest g;
	uint64_t word;

	guest_new(&g, UNDEF);
	guest_exchanges(&g, 0x1111, 0);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_OK(helios_unmap(g.vs, 1, i == 0 ? &g.data :
				&pages[i - 1]));
		pages[i] = make(HELIOS_PAGE, PAGE);
		word = 0x2200 + i;
		CHECK_OK(helios_page_write(pages[i], 0, &word, 8));
		CHECK_OK(helios_map(g.vs, g.data_at, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &pages[i], NULL));
		guest_exchanges(&g, 0x3300 + i, word);
		CHECK_OK(helios_page_read(pages[i], 0, &word, 8));
		CHECK_EQ(word, 0x3300 + i);
	}
	/* The first one was written once, when it was there. */
	CHECK_OK(helios_page_read(g.data, 0, &word, 8));
	CHECK_EQ(word, 0x1111);
}

/* From a large page to small ones and back: entries of another level. */
TEST(tlb, large_and_small)
{
	helios_cap_t large = make(HELIOS_PAGE, LARGE);
	uint64_t word = 0x1a96e;
	struct guest g;

	CHECK_OK(helios_page_write(large, 0, &word, 8));
	guest_new(&g, UNDEF);
	for (uint64_t i = 0; i < 3; i++) {
		guest_exchanges(&g, i + 1, i);
		CHECK_OK(helios_unmap(g.vs, 1, &g.data));
		CHECK_OK(helios_map(g.vs, g.data_at, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &large, NULL));
		guest_exchanges(&g, word + 1, word);
		word++;
		CHECK_OK(helios_unmap(g.vs, 1, &large));
		CHECK_OK(helios_map(g.vs, g.data_at, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &g.data, NULL));
	}
}

#define SPACES	5u

/* The same addresses in many spaces, by turns. */
TEST(tlb, spaces_in_turn)
{
	struct guest guests[SPACES];

	for (unsigned int i = 0; i < SPACES; i++)
		guest_new(&guests[i], i == 0 ? UNDEF : guests[0].vs);
	for (uint64_t round = 0; round < 20; round++)
		for (unsigned int i = 0; i < SPACES; i++)
			guest_exchanges(&guests[i], (round + 1) << 8 | i,
				round == 0 ? 0 : round << 8 | i);
}

/* Put a new space in place of the guest's, with this page as its data. */
static void
guest_moves(struct guest *g, helios_cap_t data)
{
	/* The task, too, has a capability for it. */
	CHECK_OK(helios_revoke(g->vs));
	CHECK_OK(helios_destroy(g->vs));
	g->vs = make(HELIOS_VSPACE, 0);
	g->data = data;
	CHECK_OK(helios_map(g->vs, g->code_at, HELIOS_MAP_X |
			HELIOS_MAP_FIXED, 1, &g->code, NULL));
	CHECK_OK(helios_map(g->vs, g->data_at, HELIOS_MAP_W |
			HELIOS_MAP_FIXED, 1, &g->data, NULL));
	CHECK_OK(helios_task_configure(g->task, UNDEF, g->vs, UNDEF));
}

#define NUMBERS	4096u		/* 12 bits: Intel SDM volume 3, 4.10.1 */

/*
 * More spaces than the processor has numbers for.  One of the first is still
 * there when its number is used again.
 */
TEST(tlb, numbers_used_again)
{
	struct guest old, new;
	helios_cap_t pages[2];
	uint64_t seen = 0x01d;

	NEED_MACHINE();
	if (!(cpuid_of(1, 0).ecx & 1u << 17))
		SKIP("this processor has no numbers for spaces (PCID)");
	vulcan_timeout(10 * VULCAN_TIMEOUT);
	guest_new(&old, UNDEF);
	guest_exchanges(&old, seen, 0);
	guest_new(&new, UNDEF);
	pages[0] = new.data;
	pages[1] = make(HELIOS_PAGE, PAGE);
	for (uint64_t i = 0; i < NUMBERS + 16; i++) {
		guest_exchanges(&new, i + 1, i < 2 ? 0 : i - 1);
		if (i > NUMBERS - 16) {
			guest_exchanges(&old, ~i, seen);
			seen = ~i;
			guest_exchanges(&new, i + 1, i + 1);
		}
		guest_moves(&new, pages[(i + 1) & 1]);
	}
}
