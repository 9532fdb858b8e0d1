/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long operations, preempted at every step: they end, nobody outruns them,
 * and what they take apart comes back to the last page.
 */
#include <string.h>

#include <cap.h>
#include <check.h>
#include <cspace.h>
#include <ipc.h>
#include <memory.h>
#include <object.h>
#include <sched.h>

#include "snapshot.h"
#include "suites.h"
#include "unit.h"
#include "world.h"

#define RAM	(16u << 20)
#define WRITE_LEN	60u

static uint64_t free_before;
static uint64_t objects_before[HELIOS_TYPE_COUNT];

static void
begin(void)
{
	world_boot(RAM);
	core_check_interval = 0;
	free_before = snapshot_free(root_memory);
	memcpy(objects_before, object_counts, sizeof(objects_before));
}

/* Is everything as it was at begin? */
static void
end(void)
{
	mock_preempt_off();
	unit_check_core();
	for (unsigned int i = 0; i < HELIOS_TYPE_COUNT; i++)
		ck_assert_msg(object_counts[i] == objects_before[i],
			"%lu objects of type %s, not %lu",
			(unsigned long)object_counts[i], type_name(i),
			(unsigned long)objects_before[i]);
	ck_assert(snapshot_free(root_memory) == free_before);
}

static helios_cap_t
new_memory(uint64_t pages)
{
	return must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		pages);
}

/*
 * A tree of copies, of some shape: chains, fans, and between.
 */
static void
grow_tree(helios_cap_t table, helios_cap_t root, unsigned int n, int shape)
{
	struct rng r = { 99 };
	static helios_cap_t made_caps[8192];
	unsigned int count = 0;

	made_caps[count++] = must_copy(world.init, table, HELIOS_INIT_CSPACE,
		root, HELIOS_RIGHTS_ALL);
	while (count < n) {
		unsigned int from = shape == 0 ? count - 1 : shape == 1 ? 0 :
			rng_below(&r, count);

		made_caps[count] = must_copy(world.init, table, UNDEF,
			made_caps[from], HELIOS_RIGHTS_ALL);
		count++;
	}
}

static unsigned int
capabilities(const struct cspace *cs)
{
	return cs->nslots - cs->nfree - cs->ndead;
}

/* A revoke of thousands, preempted at each step and by others' turns. */
START_TEST(revoke_tree)
{
	helios_cap_t m, table, e;
	struct cspace *cs;
	unsigned int n = mock_is_slow() ? 300 : 4000;

	begin();
	m = new_memory(200);
	table = must_alloc(world.init, m, HELIOS_CSPACE, 13);
	e = must_alloc(world.init, m, HELIOS_ENDPOINT, 0);
	cs = init_object(table);
	grow_tree(table, e, n, _i);
	ck_assert_uint_eq(capabilities(cs), n);
	mock_preempt(0, 1);
	must_revoke(world.init, HELIOS_INIT_CSPACE, e);
	ck_assert_uint_gt(mock.fired, n / 4);
	mock_preempt_off();
	ck_assert_uint_eq(capabilities(cs), 0);
	ck_assert_uint_eq(cs->ndead, n);
	ck_assert_uint_eq(cap_type(init_slot(e)), HELIOS_ENDPOINT);
	unit_check_core();
	must_destroy(world.init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

/*
 * While init revokes, another task does nothing but copy what is revoked.
 */
static struct {
	struct task *task;
	uint64_t caddr;
	unsigned long copies, refused, turns;
} rival;

static void
outrun(struct task *current)
{
	struct helios_regs *r = task_regs(current);

	rival.turns++;
	if (current != rival.task) {
		r->rax = HELIOS_SYS_YIELD;
		core_syscall();
		return;
	}
	/* Of its copies, copy the last that lives: COPY any, UNDEF, slot. */
	r->rax = HELIOS_SYS_CALL;
	r->rdi = 0;
	r->rsi = helios_tag(HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_COPY),
		4, 0);
	r->rdx = UNDEF;
	r->r10 = UNDEF;
	r->r8 = rival.caddr;
	r->r9 = HELIOS_RIGHTS_ALL;
	core_syscall();
	if (mock.pending || rival.task->restart)
		return;
	if (r->rax == HELIOS_OK) {
		rival.caddr = r->rdx;
		rival.copies++;
		return;
	}
	/* That one is gone: try the one after it. */
	rival.refused++;
	rival.caddr = (rival.caddr + 1) % 8192;
	mock.now += 2000000;
}

START_TEST(revoke_outrun)
{
	helios_cap_t m, e;
	struct cspace *cs;
	unsigned int n = mock_is_slow() ? 100 : 1500;

	begin();
	m = new_memory(400);
	e = must_alloc(world.init, m, HELIOS_ENDPOINT, 0);
	rival.task = make_task(m, UNDEF, 13);
	cs = task_cspace(rival.task);
	/* Its own table at 0; then copies of the endpoint. */
	must_copy(world.init, made.cspace, HELIOS_INIT_CSPACE, made.cspace, 0);
	grow_tree(made.cspace, e, n, 2);
	rival.caddr = n / 2;
	world.outsider = outrun;
	/* Each time init is preempted, the other has a turn. */
	mock_preempt(0, 1);
	mock.now += 2000000;
	kop(world.init, HELIOS_INIT_CSPACE, HELIOS_CSPACE,
		HELIOS_CSPACE_REVOKE, e);
	world.outsider = NULL;
	mock_preempt_off();
	ck_assert_uint_eq(world.status, HELIOS_OK);
	ck_assert_msg(!cap_has_children(init_slot(e)),
		"something outlived the revocation");
	ck_assert_uint_eq(capabilities(cs), 1);
	unit_check_core();
	must_destroy(world.init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

static uint64_t
still_there(const struct cspace *cs)
{
	for (uint32_t i = 0; i < cs->nslots; i++)
		if (cap_type(&cs->slots[i]) == HELIOS_ENDPOINT)
			return i;
	return 0;
}

/*
 * The same with the turns forced: each step of init's is followed by a whole
 * call of the rival's, who always copies something that is still there.
 */
START_TEST(revoke_outrun_forced)
{
	helios_cap_t m, e;
	struct task *init;
	unsigned long turns = 0;

	begin();
	init = world.init;
	m = new_memory(400);
	e = must_alloc(init, m, HELIOS_ENDPOINT, 0);
	rival.task = make_task(m, UNDEF, 13);
	must_copy(init, made.cspace, HELIOS_INIT_CSPACE, made.cspace, 0);
	grow_tree(made.cspace, e, 600, 2);
	rival.caddr = 300;
	ck_assert(world_switch(init));
	task_regs(init)->rax = HELIOS_SYS_CALL;
	task_regs(init)->rdi = HELIOS_INIT_CSPACE;
	task_regs(init)->rsi = helios_tag(HELIOS_LABEL(HELIOS_CSPACE,
		HELIOS_CSPACE_REVOKE), 1, 0);
	task_regs(init)->rdx = e;
	mock_preempt(0, 1);
	core_syscall();
	ck_assert(init->restart);
	/* From here on each entry ends init's slice: the rival's turn. */
	while (init->restart && turns < 100000) {
		mock.pending = false;
		mock.now += 2000000;
		core_timer();
		if (cpu0.current == rival.task && !rival.task->restart) {
			mock.pending = false;
			rival.caddr = still_there(task_cspace(rival.task));
			outrun(rival.task);
			turns++;
		}
	}
	mock_preempt_off();
	mock.pending = false;
	ck_assert(!init->restart);
	ck_assert_uint_gt(turns, 10);
	/* Each turn adds one and takes two away. */
	ck_assert_uint_lt(turns, 1200);
	ck_assert_msg(!cap_has_children(init_slot(e)), "outrun after %lu "
		"turns, %lu copies", turns, rival.copies);
	unit_check_core();
	must_destroy(init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

/*
 * A preempted DESTROY of an Endpoint with a task blocked through it: what
 * was derived from it passes to its parent, even if others help meanwhile.
 */
START_TEST(destroy_keeps_children)
{
	struct task *init, *t;
	helios_cap_t m, e, copy, child;

	begin();
	init = world.init;
	m = new_memory(100);
	e = must_alloc(init, m, HELIOS_ENDPOINT, 0);
	t = make_task(m, UNDEF, 6);
	kop(init, made.cspace, HELIOS_CSPACE, HELIOS_CSPACE_COPY, 5,
		HELIOS_INIT_CSPACE, e, HELIOS_RIGHTS_ALL);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	copy = 5;
	child = must_mint(init, HELIOS_INIT_CSPACE, made.cspace, copy,
		HELIOS_RIGHT_SEND, 77);
	ck_assert(sys(t, HELIOS_SYS_RECV, copy, 0, NULL) == BLOCKED_STATUS);
	mock_preempt(_i, 1);
	must_destroy(init, made.cspace, copy);
	mock_preempt_off();
	ck_assert_uint_eq(task_regs(t)->rax, HELIOS_REVOKED);
	ck_assert_uint_eq(cap_type(init_slot(child)), HELIOS_ENDPOINT);
	ck_assert_ptr_eq(mark_slot(init_slot(child)->open.prev),
		init_slot(e));
	unit_check_core();
	must_destroy(init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

/* CSpaces in CSpaces; only the outermost has a capability elsewhere. */
START_TEST(destroy_nested)
{
	struct task *init;
	helios_cap_t m, outer, inner;

	begin();
	init = world.init;
	m = new_memory(300);
	outer = must_alloc(init, m, HELIOS_CSPACE, 6);
	for (unsigned int depth = 0; depth < 60; depth++) {
		inner = outer;
		outer = must_alloc(init, m, HELIOS_CSPACE, 6);
		for (unsigned int i = 0; i < 3; i++)
			must_alloc(init, m, HELIOS_PAGE, HELIOS_PAGE_SIZE);
		kop(init, outer, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, UNDEF,
			HELIOS_INIT_CSPACE, inner);
		ck_assert_uint_eq(world.status, HELIOS_OK);
	}
	mock_preempt(_i, _i);
	must_destroy(init, HELIOS_INIT_CSPACE, outer);
	mock_preempt_off();
	ck_assert_uint_eq(object_counts[HELIOS_CSPACE],
		objects_before[HELIOS_CSPACE]);
	must_destroy(init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

/* A CSpace that holds itself, its Memory, and the only ways to both. */
START_TEST(destroy_cyclic)
{
	struct task *init;
	helios_cap_t outer, m, cs;

	begin();
	init = world.init;
	outer = new_memory(100);
	m = must_alloc(init, outer, HELIOS_MEMORY, 60);
	cs = must_alloc(init, m, HELIOS_CSPACE, 6);
	must_alloc(init, m, HELIOS_ENDPOINT, 0);
	must_copy(init, cs, HELIOS_INIT_CSPACE, cs, 0);
	kop(init, cs, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, UNDEF,
		HELIOS_INIT_CSPACE, m);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	if (_i >= 4)	/* and no way in from here */
		must_destroy(init, HELIOS_INIT_CSPACE, cs);
	mock_preempt(_i % 4, _i % 4);
	must_revoke(init, HELIOS_INIT_CSPACE, outer);
	mock_preempt_off();
	ck_assert_uint_eq(object_counts[HELIOS_MEMORY],
		objects_before[HELIOS_MEMORY] + 1);
	must_destroy(init, HELIOS_INIT_CSPACE, outer);
	end();
}
END_TEST

/* The Memory in a CSpace that came from it is destroyed through itself. */
START_TEST(destroy_own_branch)
{
	struct task *init;
	helios_cap_t outer, m, cs, inside;

	begin();
	init = world.init;
	outer = new_memory(100);
	m = must_alloc(init, outer, HELIOS_MEMORY, 60);
	cs = must_alloc(init, m, HELIOS_CSPACE, 6);
	kop(init, cs, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, UNDEF,
		HELIOS_INIT_CSPACE, m);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	inside = (helios_cap_t)world.out[0];
	mock_preempt(_i, 1);
	kop(init, cs, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY, inside);
	mock_preempt_off();
	ck_assert_uint_eq(cap_type(init_slot(cs)), HELIOS_DEAD);
	must_destroy(init, HELIOS_INIT_CSPACE, cs);
	must_destroy(init, HELIOS_INIT_CSPACE, outer);
	end();
}
END_TEST

/* A Memory with everything in it, and tasks blocked in every way. */
static void
block_tasks(helios_cap_t m)
{
	struct task *init = world.init, *t[4];
	helios_cap_t e = must_alloc(init, m, HELIOS_ENDPOINT, 0);
	helios_cap_t n = must_alloc(init, m, HELIOS_NOTE, 0);

	for (unsigned int i = 0; i < 4; i++) {
		t[i] = make_task(m, UNDEF, 6);
		must_copy(init, made.cspace, HELIOS_INIT_CSPACE, e,
			HELIOS_RIGHTS_ALL);
		must_copy(init, made.cspace, HELIOS_INIT_CSPACE, n,
			HELIOS_RIGHTS_ALL);
		must_copy(init, made.cspace, HELIOS_INIT_CSPACE, made.cspace,
			0);
	}
	/* 0 calls, 1 takes it and stores the reply; 2 sends; 3 waits. */
	ck_assert(sys(t[0], HELIOS_SYS_CALL, 0, 0, NULL) == BLOCKED_STATUS);
	sys(t[1], HELIOS_SYS_RECV, 0, 0, NULL);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	kop(t[1], 2, HELIOS_CSPACE, HELIOS_CSPACE_STORE_REPLY, UNDEF);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	ck_assert(sys(t[2], HELIOS_SYS_CALL, 0, 0, NULL) == BLOCKED_STATUS);
	ck_assert(sys(t[3], HELIOS_SYS_WAIT, 1, 0, NULL) == BLOCKED_STATUS);
	sys(t[1], HELIOS_SYS_RECV, 0, 0, NULL);
	ck_assert_uint_eq(t[0]->blocked, BLOCKED_CALL);
	ck_assert_uint_eq(t[2]->blocked, BLOCKED_CALL);
	ck_assert_uint_eq(t[3]->blocked, BLOCKED_NOTE);
	ck_assert(sys(t[1], HELIOS_SYS_RECV, 0, 0, NULL) == BLOCKED_STATUS);
}

START_TEST(destroy_everything)
{
	struct task *init;
	helios_cap_t m, vs, page, outside;

	begin();
	init = world.init;
	m = new_memory(900);
	block_tasks(m);
	vs = must_alloc(init, m, HELIOS_VSPACE, 0);
	page = must_alloc(init, m, HELIOS_PAGE, HELIOS_PAGE_SIZE);
	outside = must_alloc(init, HELIOS_INIT_MEMORY, HELIOS_PAGE,
		HELIOS_PAGE_SIZE);
	kop(init, vs, HELIOS_VSPACE, HELIOS_VSPACE_MAP, MOCK_USER_BASE,
		HELIOS_MAP_FIXED, page, outside);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	must_alloc(init, must_alloc(init, m, HELIOS_MEMORY, 30), HELIOS_CSPACE,
		8);
	mock_preempt(_i, _i);
	must_destroy(init, HELIOS_INIT_CSPACE, m);
	mock_preempt_off();
	ck_assert_uint_eq(cap_type(init_slot(vs)), HELIOS_DEAD);
	ck_assert_uint_eq(cap_type(init_slot(outside)), HELIOS_PAGE);
	ck_assert_ptr_null(init_slot(outside)->vspace);
	must_destroy(init, HELIOS_INIT_CSPACE, outside);
	end();
}
END_TEST

/* A task destroys itself: its last capability, or the Memory it is from. */
START_TEST(destroy_self)
{
	struct task *init, *t;
	helios_cap_t m;
	unsigned int tasks;

	begin();
	init = world.init;
	tasks = mock.ntasks;
	m = new_memory(300);
	t = make_task(m, UNDEF, 7);
	must_copy(init, made.cspace, HELIOS_INIT_CSPACE, made.cspace, 0);
	kop(init, made.cspace, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, 1,
		HELIOS_INIT_CSPACE, made.task);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	kop(init, made.cspace, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, 2,
		HELIOS_INIT_CSPACE, m);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	mock_preempt(_i / 2, _i / 2);
	kop(t, 0, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY, _i % 2 == 0 ? 1 : 2);
	mock_preempt_off();
	ck_assert(!mock_task_alive(t));
	ck_assert_uint_eq(mock.ntasks, tasks);
	ck_assert(world_switch(init));
	if (_i % 2 == 1) {
		end();
		return;
	}
	/* Its table, which init still has, holds the Memory. */
	must_destroy(init, made.cspace, 2);
	end();
}
END_TEST

/* A large page is cleared in steps; who allocates may die half way. */
START_TEST(make_dropped)
{
	struct task *init, *t;
	helios_cap_t outer, m;
	uint64_t free;

	begin();
	init = world.init;
	outer = new_memory(1800);
	t = make_task(outer, UNDEF, 6);
	m = must_alloc(init, outer, HELIOS_MEMORY, 1200);
	free = snapshot_free(init_object(m));
	kop(init, made.cspace, HELIOS_CSPACE, HELIOS_CSPACE_MOVE, 0,
		HELIOS_INIT_CSPACE, m);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	ck_assert(world_switch(t));
	task_regs(t)->rax = HELIOS_SYS_CALL;
	task_regs(t)->rdi = 0;
	task_regs(t)->rsi = helios_tag(HELIOS_LABEL(HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE), 3, 0);
	task_regs(t)->rdx = HELIOS_PAGE;
	task_regs(t)->r10 = HELIOS_LARGE_PAGE_SIZE;
	task_regs(t)->r8 = UNDEF;
	mock_preempt(5, 0);
	core_syscall();
	ck_assert(t->restart && !list_empty(&t->making.link));
	mock.pending = false;
	mock.now += 2000000;
	core_timer();
	ck_assert_ptr_eq(cpu0.current, init);
	switch (_i) {
	case 0:		/* the Memory goes */
		must_destroy(init, made.cspace, 0);
		break;
	case 1:		/* the task goes */
		must_destroy(init, HELIOS_INIT_CSPACE, made.task);
		ck_assert(snapshot_free(cap_object(&((struct cspace *)
			init_object(made.cspace))->slots[0])) == free);
		break;
	case 2:		/* its registers are written: the call is off */
		kop(init, made.task, HELIOS_TASK, HELIOS_TASK_SUSPEND);
		kop(init, made.task, HELIOS_TASK, HELIOS_TASK_WRITE_REGISTERS,
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			0, 0);
		ck_assert_uint_eq(world.status, HELIOS_OK);
		ck_assert(list_empty(&t->making.link));
		break;
	case 3:		/* all of it at once */
		break;
	}
	must_destroy(init, HELIOS_INIT_CSPACE, outer);
	end();
}
END_TEST

/*
 * One task stands in the queue for a slot, however many revoke below it; it
 * follows the slot, comes back to the queue when there are children again, and
 * makes way for another when it is given up.
 */
START_TEST(revoke_many_of_one)
{
	unsigned int steps = 1000;
	helios_cap_t m, e, to;
	struct task *a, *b;
	struct slot *s;

	begin();
	m = new_memory(100);
	e = must_alloc(world.init, m, HELIOS_ENDPOINT, 0);
	a = make_task(m, UNDEF, 6);
	b = make_task(m, UNDEF, 6);
	/* Some of these go before the slot is moved: all calls help. */
	for (unsigned int i = 0; i < 40; i++)
		must_copy(world.init, HELIOS_INIT_CSPACE, UNDEF, e,
			HELIOS_RIGHTS_ALL);
	revoke_suspend(a, init_slot(e));
	revoke_suspend(b, init_slot(e));
	ck_assert(a->revoking == init_slot(e) && b->revoking == NULL);
	kop(world.init, HELIOS_INIT_CSPACE, HELIOS_CSPACE, HELIOS_CSPACE_MOVE,
		UNDEF, HELIOS_INIT_CSPACE, e);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	to = (helios_cap_t)world.out[0];
	s = init_slot(to);
	ck_assert(a->revoking == s);
	ck_assert(revoke_help(&steps) && a->revoked && !revoke_pending());
	/* Finished, but there are new ones. */
	must_copy(world.init, HELIOS_INIT_CSPACE, UNDEF, to,
		HELIOS_RIGHTS_ALL);
	revoke_suspend(b, s);
	ck_assert(revoke_pending() && !a->revoked && b->revoking == NULL);
	task_drop_work(a);
	ck_assert(!revoke_pending() && a->revoking == NULL);
	ck_assert(!(s->cap & SLOT_REVOKING));
	revoke_suspend(b, s);
	ck_assert(revoke_pending() && b->revoking == s);
	must_destroy(world.init, HELIOS_INIT_CSPACE, to);
	ck_assert(b->revoked && b->revoking == NULL && !revoke_pending());
	task_drop_work(b);
	must_destroy(world.init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST


/*
 * What is written is shown in steps: each byte is written once, whatever the
 * showing takes, and shown when all is.
 */
START_TEST(write_shown)
{
	helios_cap_t m, page;
	uint64_t done = 0, va;
	char *text;

	begin();
	m = new_memory(20);
	page = must_alloc(world.init, m, HELIOS_PAGE, HELIOS_PAGE_SIZE);
	kop(world.init, HELIOS_INIT_VSPACE, HELIOS_VSPACE, HELIOS_VSPACE_MAP,
		MOCK_USER_BASE, 0, page);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	va = world.out[0];
	text = phys_ptr(page_phys(init_slot(page)));
	for (unsigned int i = 0; i < WRITE_LEN; i++)
		text[i] = (char)('a' + i % 26);
	mock.console_len = mock.console_shown = 0;
	mock_preempt(_i, _i % 5);
	while (done < WRITE_LEN) {
		sys(world.init, HELIOS_SYS_WRITECONS, va + done,
			WRITE_LEN - done, NULL);
		ck_assert_uint_eq(world.status, HELIOS_OK);
		ck_assert_uint_gt(world.detail, 0);
		done += world.detail;
	}
	ck_assert_uint_gt(mock.fired, 0);
	mock_preempt_off();
	ck_assert_uint_eq(done, WRITE_LEN);
	ck_assert_uint_eq(mock.console_len, WRITE_LEN);
	ck_assert_uint_eq(mock.console_shown, WRITE_LEN);
	ck_assert_mem_eq(mock.console, text, WRITE_LEN);
	ck_assert(!world.init->working);
	must_destroy(world.init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

/* Preempted at every step, and nobody interferes: the result is the same. */
START_TEST(make_preempted)
{
	struct task *init;
	helios_cap_t m, page;
	const uint64_t *p;
	unsigned long entries;

	begin();
	init = world.init;
	m = new_memory(1100);
	for (unsigned int round = 0; round < 2; round++) {
		mock_preempt(0, 1);
		page = must_alloc(init, m, HELIOS_PAGE,
			HELIOS_LARGE_PAGE_SIZE);
		entries = world.entries;
		mock_preempt_off();
		ck_assert_uint_gt(entries, 100);
		p = phys_ptr((init_slot(page)->cap >> 16 & ~PAGE_LARGE) << 12);
		for (unsigned int i = 0; i < HELIOS_LARGE_PAGE_SIZE / 8; i++)
			if (p[i] != 0)
				ck_abort_msg("byte %u is not zero", i * 8);
		memset(phys_ptr((uint64_t)((const char *)p - hal_physmap)),
			0x77, HELIOS_LARGE_PAGE_SIZE);
		must_destroy(init, HELIOS_INIT_CSPACE, page);
	}
	must_destroy(init, HELIOS_INIT_CSPACE, m);
	end();
}
END_TEST

Suite *
suite_restart(void)
{
	Suite *s = suite_create("restart");
	TCase *tc = tcase_create("restart");

	tcase_set_timeout(tc, 1200);
	tcase_add_loop_test(tc, revoke_tree, 0, 3);
	tcase_add_test(tc, revoke_outrun);
	tcase_add_test(tc, revoke_outrun_forced);
	tcase_add_loop_test(tc, destroy_keeps_children, 0, 3);
	tcase_add_loop_test(tc, destroy_nested, 0, 4);
	tcase_add_loop_test(tc, destroy_cyclic, 0, 8);
	tcase_add_loop_test(tc, destroy_own_branch, 0, 6);
	tcase_add_loop_test(tc, destroy_everything, 0, 6);
	tcase_add_loop_test(tc, destroy_self, 0, 8);
	tcase_add_loop_test(tc, make_dropped, 0, 4);
	tcase_add_loop_test(tc, write_shown, 0, WRITE_LEN);
	tcase_add_test(tc, make_preempted);
	tcase_add_test(tc, revoke_many_of_one);
	suite_add_tcase(s, tc);
	return s;
}
