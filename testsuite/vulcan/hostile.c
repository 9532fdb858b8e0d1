/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile programs: tens of thousands of system calls with random registers,
 * by two tasks that share a CSpace full of real capabilities, a VSpace and a
 * quota.  Whatever they do, each call ends in a known status, in a fault or
 * in a wait that can be called off; others go on undisturbed; and when the
 * quota is destroyed nothing of it is left.
 *
 * The two run above the test, so a call is over, or waiting, as soon as
 * resume returns: nothing here depends on time.  Each call is chosen out
 * here, where the two cannot reach, so a seed gives the same calls whatever
 * they have done to themselves.
 */
#include "peer.h"

#define SEED		0x48656c696f73ull
#define CALLS		250u		/* in the life of one sandbox */
#define OUTER_PAGES	256u
#define INNER_PAGES	64u
#define TASKS		2u
#define USER_LIMIT	(1ull << 47)
#define BELOW		(VULCAN_PRIORITY - 20)

/* Where the sandbox's capabilities are in its own table. */
enum {
	OWN_CSPACE, OWN_VSPACE, OWN_TASK0, OWN_TASK1, OWN_MEMORY,
	OWN_EP0, OWN_EP1, OWN_EP_BADGED, OWN_NOTE0, OWN_NOTE1,
	OWN_NOTE_BADGED, OWN_PAGE0, OWN_PAGE1, OWN_PAGE2, OWN_FAULT,
	OWN_CAPS
};
static const unsigned int own_types[OWN_CAPS] = {
	HELIOS_CSPACE, HELIOS_VSPACE, HELIOS_TASK, HELIOS_TASK,
	HELIOS_MEMORY, HELIOS_ENDPOINT, HELIOS_ENDPOINT, HELIOS_ENDPOINT,
	HELIOS_NOTE, HELIOS_NOTE, HELIOS_NOTE, HELIOS_PAGE, HELIOS_PAGE,
	HELIOS_PAGE, HELIOS_ENDPOINT,
};

struct sandbox {
	helios_cap_t outer;
	helios_cap_t own[OWN_CAPS];	/* the test's, of the same objects */
	helios_cap_t fault[TASKS];	/* badge: 1 + index of the task */
	helios_cap_t code, ipcbuf[TASKS];
	uint64_t code_at, data_at, ipcbuf_at[TASKS];
	uint64_t nr[TASKS];		/* what each was last made to call */
	bool due[TASKS];		/* and its status has yet to come */
};

static uint64_t random_state;
static struct {
	unsigned int exits, errors, faults, blocked, messages, silent;
} tally;

static uint64_t
rnd(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static unsigned int
below(unsigned int n)
{
	return (unsigned int)(rnd() % n);
}

/*
 * What the sandbox runs: one call with the registers it was given, and EXIT
 * with its status.  Nothing of it lies on a stack.
 */
extern const char hostile_jump[], hostile_entry[], hostile_jump_end[];
extern const char hostile_direct[], hostile_direct_end[];
__asm__(".text\n"
	"	.balign 8\n"
	"	.hidden hostile_jump, hostile_entry, hostile_jump_end\n"
	"	.globl hostile_jump, hostile_entry, hostile_jump_end\n"
	"hostile_jump:\n"
	"	lea 1f(%rip), %rcx\n"
	"	jmp *hostile_entry(%rip)\n"
	"1:	mov %rax, %rdi\n"
	"	mov $15, %eax\n"
	"	lea 1b(%rip), %rcx\n"
	"	jmp *hostile_entry(%rip)\n"
	"	.balign 8\n"
	"hostile_entry:\n"
	"	.quad 0\n"
	"hostile_jump_end:\n"
	"	.hidden hostile_direct, hostile_direct_end\n"
	"	.globl hostile_direct, hostile_direct_end\n"
	"hostile_direct:\n"
	"	syscall\n"
	"1:	mov %rax, %rdi\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"	jmp 1b\n"
	"hostile_direct_end:\n");

static void
write_code(helios_cap_t page)
{
	uint64_t entry = helios_aux(HELIOS_AT_ENTRY, 0);

	if (entry == 0) {
		CHECK_OK(helios_page_write(page, 0, hostile_direct,
				(size_t)(hostile_direct_end - hostile_direct)));
		return;
	}
	CHECK_OK(helios_page_write(page, 0, hostile_jump,
				(size_t)(hostile_jump_end - hostile_jump)));
	CHECK_OK(helios_page_write(page,
				(uint64_t)(hostile_entry - hostile_jump),
				&entry, sizeof entry));
}

/*
 * Building a sandbox.
 */

static helios_cap_t
make(struct sandbox *s, enum helios_type type, uint64_t size)
{
	helios_cap_t cap = HELIOS_CADDR_UNDEF;

	CHECK_OK(helios_allocate(s->outer, type, size, 1, &cap));
	return cap;
}

static void
make_own(struct sandbox *s)
{
	helios_cap_t *own = s->own;

	own[OWN_CSPACE] = make(s, HELIOS_CSPACE, 6);
	own[OWN_VSPACE] = make(s, HELIOS_VSPACE, 0);
	own[OWN_TASK0] = make(s, HELIOS_TASK, 0);
	own[OWN_TASK1] = make(s, HELIOS_TASK, 0);
	own[OWN_MEMORY] = make(s, HELIOS_MEMORY, INNER_PAGES);
	own[OWN_EP0] = make(s, HELIOS_ENDPOINT, 0);
	own[OWN_EP1] = make(s, HELIOS_ENDPOINT, 0);
	CHECK_OK(helios_mint(own[OWN_EP1], HELIOS_RIGHTS_ALL, 77,
				&own[OWN_EP_BADGED]));
	own[OWN_NOTE0] = make(s, HELIOS_NOTE, 0);
	own[OWN_NOTE1] = make(s, HELIOS_NOTE, 0);
	CHECK_OK(helios_mint(own[OWN_NOTE0], HELIOS_RIGHTS_ALL, 6,
				&own[OWN_NOTE_BADGED]));
	for (unsigned int i = OWN_PAGE0; i <= OWN_PAGE2; i++)
		own[i] = make(s, HELIOS_PAGE, HELIOS_PAGE_SIZE);
	own[OWN_FAULT] = make(s, HELIOS_ENDPOINT, 0);
}

/* Give it copies, but the Memory, which moves. */
static void
give_own(struct sandbox *s)
{
	helios_cap_t cspace = s->own[OWN_CSPACE];

	for (helios_cap_t i = 0; i < OWN_CAPS; i++) {
		if (i == OWN_MEMORY)
			CHECK_OK(helios_cspace_move(cspace, i,
						helios_process.cspace,
						s->own[i], NULL));
		else
			CHECK_OK(helios_cspace_copy(cspace, i,
						helios_process.cspace,
						s->own[i], i == OWN_FAULT ?
						HELIOS_RIGHT_SEND :
						HELIOS_RIGHTS_ALL, NULL));
	}
}

static uint64_t
map_in(struct sandbox *s, helios_cap_t page, uint64_t flags)
{
	uint64_t at;

	CHECK_OK(helios_map(s->own[OWN_VSPACE], 0, flags, 1, &page, &at));
	return at;
}

static void
sandbox_make(struct sandbox *s)
{
	CHECK_OK(helios_newmemory(OUTER_PAGES, &s->outer));
	make_own(s);
	s->code = make(s, HELIOS_PAGE, HELIOS_PAGE_SIZE);
	write_code(s->code);
	s->code_at = map_in(s, s->code, HELIOS_MAP_X);
	for (unsigned int i = 0; i < TASKS; i++) {
		helios_cap_t task = s->own[OWN_TASK0 + i];

		s->ipcbuf[i] = make(s, HELIOS_PAGE, HELIOS_PAGE_SIZE);
		s->ipcbuf_at[i] = map_in(s, s->ipcbuf[i], HELIOS_MAP_W);
		CHECK_OK(helios_mint(s->own[OWN_FAULT], HELIOS_RIGHT_SEND,
					1 + i, &s->fault[i]));
		CHECK_OK(helios_task_configure(task, s->own[OWN_CSPACE],
					s->own[OWN_VSPACE], s->ipcbuf[i]));
		CHECK_OK(helios_task_set_priority(task, VULCAN_PRIORITY,
					VULCAN_PRIORITY));
		s->nr[i] = HELIOS_SYS_COUNT;
		s->due[i] = false;
	}
	give_own(s);
	/* This one it may unmap: it has the capability. */
	CHECK_OK(helios_map(s->own[OWN_VSPACE], 0, HELIOS_MAP_W, 1,
				&s->own[OWN_PAGE0], &s->data_at));
}

/* Destroying the quota ends everything; the test's slots are dead then. */
static void
sandbox_destroy(struct sandbox *s)
{
	CHECK_OK(helios_destroy(s->outer));
	for (unsigned int i = 0; i < OWN_CAPS; i++) {
		if (i == OWN_MEMORY)
			continue;
		CHECK_EQ(type_at(s->own[i]), HELIOS_DEAD);
		CHECK_OK(helios_destroy(s->own[i]));
	}
	for (unsigned int i = 0; i < TASKS; i++) {
		CHECK_OK(helios_destroy(s->fault[i]));
		CHECK_OK(helios_destroy(s->ipcbuf[i]));
	}
	CHECK_OK(helios_destroy(s->code));
}

/*
 * Random registers, most of them such as to get past the first check.
 */

static uint64_t
random_value(const struct sandbox *s)
{
	switch (below(14)) {
	case 0:
	case 1:
	case 2:
		return below(OWN_CAPS);
	case 3:
		return below(70);
	case 4:
		return HELIOS_CADDR_UNDEF;
	case 5:
		return s->data_at + below(4200);
	case 6:
		return s->ipcbuf_at[below(TASKS)] + below(4200);
	case 7:
		return s->code_at + below(4200);
	case 8:
		return (uint64_t)below(16) * HELIOS_PAGE_SIZE;
	case 9:
		return 1ull << below(64);
	case 10:
		return helios_clock() + below(100000);
	case 11:
		return below(8);
	case 12:
		return UINT64_MAX - below(3);
	default:
		return rnd();
	}
}

static uint64_t
random_tag(uint64_t cap)
{
	unsigned int type = below(HELIOS_TYPE_COUNT);
	unsigned int nwords = below(7), ncaps = 0;

	if (below(20) == 0)
		return rnd();
	if (cap < OWN_CAPS && below(8) != 0)
		type = own_types[cap];
	if (below(10) == 0)
		nwords = below(70);
	if (below(4) == 0)
		ncaps = below(5);
	if (below(40) == 0)
		ncaps = below(70);
	return helios_tag(HELIOS_LABEL(type, below(16)), nwords, ncaps);
}

static uint64_t
random_number(void)
{
	if (below(30) == 0)
		return rnd();
	if (below(2) == 0)
		return HELIOS_SYS_CALL;
	return below(HELIOS_SYS_COUNT + 1);
}

#define RFLAGS_TF	0x100ull

static struct helios_regs
random_registers(const struct sandbox *s)
{
	struct helios_regs regs;
	uint64_t *words = (uint64_t *)&regs;

	for (unsigned int i = 0; i < HELIOS_REGS_WORDS; i++)
		words[i] = random_value(s);
	regs.rax = random_number();
	if (regs.rax == HELIOS_SYS_CALL && below(8) != 0)
		regs.rdi = below(OWN_CAPS);
	regs.rsi = random_tag(regs.rdi);
	regs.rip = s->code_at;
	regs.rsp &= USER_LIMIT - 1;
	/* Any flags, but for single steps. */
	regs.rflags = rnd() & ~RFLAGS_TF;
	regs.fs_base = rnd() >> 18;
	regs.gs_base = 0;
	return regs;
}

static void
random_ipcbuf(const struct sandbox *s, unsigned int task)
{
	struct helios_ipcbuf buf;

	for (unsigned int i = 0; i < HELIOS_MSG_WORDS; i++)
		buf.words[i] = random_value(s);
	for (unsigned int i = 0; i < HELIOS_MSG_CAPS; i++) {
		buf.caps[i] = (helios_cap_t)(below(30) == 0 ? rnd() :
				below(OWN_CAPS + 10));
		buf.accept[i] = below(3) == 0 ? below(70) :
			HELIOS_CADDR_UNDEF;
	}
	buf.accept_count = below(20) == 0 ? (uint32_t)rnd() : below(6);
	buf.reserved = 0;
	CHECK_OK(helios_page_write(s->ipcbuf[task], 0, &buf, sizeof buf));
}

/*
 * Running it.
 */

static void
judge_exit(struct sandbox *s, unsigned int task, uint64_t status)
{
	uint64_t nr = s->nr[task];

	tally.exits++;
	/* Its own EXIT says what it likes, and so does one that the other
	 * task resumed. */
	if (!s->due[task] || nr == HELIOS_SYS_EXIT)
		return;
	s->due[task] = false;
	if (status >= HELIOS_STATUS_COUNT)
		FAIL("system call %llu: no status is %llu",
			(unsigned long long)nr, (unsigned long long)status);
	if (nr >= HELIOS_SYS_COUNT && status != HELIOS_INVALID_SYSCALL)
		FAIL("system call 0x%llx: %s", (unsigned long long)nr,
			helios_status_name((enum helios_status)status));
	tally.errors += status != HELIOS_OK;
}

/* Everything that came of the last call. */
static void
listen(struct sandbox *s)
{
	struct helios_fault f;
	struct helios_msg msg;

	while (helios_nbrecv(s->own[OWN_FAULT], &msg) == HELIOS_OK) {
		if ((msg.tag & HELIOS_TAG_FAULT) == 0) {
			/* It talks to its supervisor: let it wait. */
			tally.messages++;
			continue;
		}
		CHECK_OK(helios_fault_decode(&msg, &f));
		CHECK(f.kind >= HELIOS_FAULT_PAGE &&
				f.kind <= HELIOS_FAULT_EXIT);
		/* A fault through another capability than its own is no harm:
		 * it may have chosen one. */
		if (msg.badge < 1 || msg.badge > TASKS)
			continue;
		if (f.kind == HELIOS_FAULT_EXIT) {
			judge_exit(s, (unsigned int)msg.badge - 1, f.address);
			continue;
		}
		tally.faults++;
		s->due[msg.badge - 1] = false;
	}
}

/* Get a task to where it can be given a new call.  False: it is lost. */
static bool
fetch(struct sandbox *s, unsigned int i)
{
	helios_cap_t task = s->own[OWN_TASK0 + i];
	uint64_t state = task_state(task);

	if ((state & HELIOS_TASK_NO_VSPACE) != 0)
		return false;
	/* It runs, or would: it made itself lower than the test. */
	if (state == 0) {
		CHECK_OK(helios_task_set_priority(task, VULCAN_PRIORITY,
					VULCAN_PRIORITY));
		listen(s);
		state = task_state(task);
		CHECK(state != 0);
	}
	return true;
}

static void
one_call(struct sandbox *s, unsigned int i)
{
	helios_cap_t task = s->own[OWN_TASK0 + i];
	struct helios_regs regs = random_registers(s);

	s->nr[i] = regs.rax;
	s->due[i] = true;
	/* Unless it changes the registers of either, with luck. */
	if (helios_tag_label(regs.rsi) == HELIOS_LABEL(HELIOS_TASK,
				HELIOS_TASK_WRITE_REGISTERS))
		s->due[0] = s->due[1] = false;
	random_ipcbuf(s, i);
	/* Else it would go on as soon as it has new registers. */
	CHECK_OK(helios_task_suspend(task));
	CHECK_OK(helios_task_set_flags(task, below(20) == 0 ?
				HELIOS_TASK_CAPFAULT : 0));
	CHECK_OK(helios_task_set_fault(task, s->fault[i]));
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_resume(task));
	listen(s);
	switch (task_state(task) & HELIOS_TASK_BLOCKED) {
	case 0:
		tally.silent++;
		break;
	case HELIOS_TASK_FAULTED:
		break;
	default:
		tally.blocked++;
	}
}

/* The life of a sandbox. */
static void
live(struct sandbox *s, helios_cap_t bystander)
{
	struct helios_msg msg;

	for (unsigned int n = 0; n < CALLS; n++) {
		unsigned int i = below(TASKS);
		helios_cap_t task = s->own[OWN_TASK0 + i];

		if (!fetch(s, i))
			return;
		/* One that waits may be left to the other, or called off. */
		if ((task_state(task) & HELIOS_TASK_BLOCKED) != 0 &&
				(task_state(task) & HELIOS_TASK_BLOCKED) !=
				HELIOS_TASK_FAULTED && below(2) == 0) {
			CHECK_OK(helios_task_cancel(task));
			listen(s);
			continue;
		}
		one_call(s, i);
		if (n % 50 != 0)
			continue;
		helios_msg_start(&msg, 1, 1, 0);
		msg.words[0] = n;
		CHECK_OK(helios_call(bystander, &msg));
		CHECK_EQ(msg.words[0], ~(uint64_t)n);
	}
}

static void *
stand_by(void *arg)
{
	const helios_cap_t *ep = arg;
	struct helios_msg msg;
	uintptr_t served = 0;

	CHECK_OK(helios_recv(*ep, &msg));
	while (helios_tag_label(msg.tag) != 0) {
		served++;
		msg.words[0] = ~msg.words[0];
		CHECK_OK(helios_reply_recv(*ep, &msg));
	}
	return (void *)served;
}

static void
set_own_priority(unsigned int priority)
{
	struct helios_thread *self = helios_thread_self();
	struct helios_task_info info;

	CHECK_OK(helios_task_info(helios_thread_task(self), &info));
	CHECK_OK(helios_thread_set_priority(self, priority, info.highest));
}

TEST(hostile, random_system_calls)
{
	unsigned int lives = scaled(100, 4);
	struct helios_thread *thread;
	struct levels before;
	struct sandbox s;
	struct helios_msg msg;
	helios_cap_t ep;
	void *served;

	vulcan_timeout(120000);
	memset(&tally, 0, sizeof tally);
	set_own_priority(BELOW);
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_thread_spawn(&thread, stand_by, &ep));
	levels_take(&before);
	for (unsigned int life = 0; life < lives; life++) {
		random_state = SEED + life;
		vulcan_note("sandbox of seed 0x%llx",
				(unsigned long long)random_state);
		sandbox_make(&s);
		live(&s, ep);
		sandbox_destroy(&s);
		if (vulcan_boot_flag(HELIOS_BOOT_DEBUG))
			CHECK_OK(helios_system_check(helios_process.system,
						NULL));
		levels_check(&before);
	}
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_send(ep, &msg));
	CHECK_OK(helios_thread_join(thread, &served));
	CHECK(served != NULL);
	set_own_priority(VULCAN_PRIORITY);
	vulcan_note("%u returned (%u errors), %u faults, %u blocked, "
			"%u messages, %u silent", tally.exits, tally.errors,
			tally.faults, tally.blocked, tally.messages,
			tally.silent);
	/* Random, but not pointless. */
	CHECK(tally.exits > lives * CALLS / 4);
	CHECK(tally.errors < tally.exits);
	CHECK(tally.faults != 0 && tally.blocked != 0);
}

/* A kernel must not run with a program's flags, or need its stack. */
TEST(hostile, registers_at_entry)
{
	static const uint64_t flags[] = { 0x400, 0x40000, 0x40400, 0x8d5 };
	static const uint64_t stacks[] = { 0, 7, 0x1000,
		USER_LIMIT - 1 };
	struct helios_regs regs;
	struct sandbox s;

	memset(&tally, 0, sizeof tally);
	set_own_priority(BELOW);
	random_state = SEED;
	sandbox_make(&s);
	for (unsigned int i = 0; i < 16; i++) {
		helios_cap_t task = s.own[OWN_TASK0];

		memset(&regs, 0, sizeof regs);
		regs.rip = s.code_at;
		regs.rflags = flags[i / 4];
		regs.rsp = stacks[i % 4];
		regs.rax = s.nr[0] = HELIOS_SYS_CLOCK;
		CHECK_OK(helios_task_set_fault(task, s.fault[0]));
		CHECK_OK(helios_task_write_registers(task, &regs));
		CHECK_OK(helios_task_resume(task));
		listen(&s);
		CHECK_EQ(tally.exits, i + 1);
	}
	CHECK_EQ(tally.errors, 0);
	CHECK_EQ(tally.faults, 0);
	sandbox_destroy(&s);
	set_own_priority(VULCAN_PRIORITY);
}
