/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of test_fastpath.c, and what init does to it: see fastpath.h. */
#include <string.h>

#include <cap.h>
#include <cspace.h>
#include <entry.h>
#include <page.h>
#include <sched.h>

#include "fastpath.h"

#define RAM		(16u << 20)
#define ENDPOINT_SLOTS	9u

struct fp fp;

unsigned int
fp_below(unsigned int n)
{
	return rng_below(&fp.rng, n);
}

bool
fp_chance(unsigned int percent)
{
	return fp_below(100) < percent;
}

unsigned int
fp_number(const struct task *t)
{
	unsigned int i = 0;

	while (i < FP_ACTORS && fp.actor[i].task != t)
		i++;
	return i;
}

static struct fp_actor *
anybody(void)
{
	return &fp.actor[fp_below(FP_ACTORS)];
}

/* An operation on somebody's task, which may well fail. */
#define task_op(a, ...) \
	kop(world.init, (a)->task_cap, HELIOS_TASK, __VA_ARGS__)
#define table_op(a, ...) \
	kop(world.init, (a)->cspace_cap, HELIOS_CSPACE, __VA_ARGS__)

static void
configure(const struct fp_actor *a)
{
	task_op(a, HELIOS_TASK_SUSPEND);
	task_op(a, HELIOS_TASK_CONFIGURE, a->parts[0], a->parts[1],
		a->parts[2]);
	task_op(a, HELIOS_TASK_RESUME);
}

static unsigned int
random_rights(void)
{
	return fp_chance(75) ? HELIOS_RIGHT_SEND | HELIOS_RIGHT_RECV |
		HELIOS_RIGHT_GRANT : fp_below(8);
}

/* Something new where a capability of an endpoint or note belongs. */
static void
fill(const struct fp_actor *a, unsigned int i)
{
	unsigned int rights = random_rights();
	helios_cap_t from = i < FP_NOTE ?
		fp.endpoint_cap[(i - FP_FIRST) % FP_ENDPOINTS] :
		fp.note_cap[i - FP_NOTE];

	if (cap_type(&a->cspace->slots[i]) != HELIOS_NULL)
		table_op(a, HELIOS_CSPACE_DESTROY, i);
	if (fp_chance(40))
		table_op(a, HELIOS_CSPACE_COPY, i, HELIOS_INIT_CSPACE, from,
			rights);
	else
		table_op(a, HELIOS_CSPACE_MINT, i, HELIOS_INIT_CSPACE,
			from | (uint64_t)rights << 32, 1 + fp_below(1000));
}

static void
fill_gaps(const struct fp_actor *a)
{
	for (unsigned int i = FP_FIRST; i < FP_NOTE + FP_NOTES; i++)
		if (cap_type(&a->cspace->slots[i]) <= HELIOS_DEAD)
			fill(a, i);
}

static void
set_priority(const struct fp_actor *a)
{
	/* Three words of the run queues' map. */
	static const unsigned char levels[] = { 10, 11, 70, 71, 130 };
	unsigned int level = levels[fp_below(sizeof(levels))];

	task_op(a, HELIOS_TASK_SET_PRIORITY, level, level);
}

static helios_cap_t
another(helios_cap_t of)
{
	return must_copy(world.init, HELIOS_INIT_CSPACE, UNDEF, of,
		HELIOS_RIGHTS_ALL);
}

/* Numbers 0 and 1 share a buffer, 2 has none; 4 to 6 share a CSpace. */
static void
make_actor(unsigned int i)
{
	struct fp_actor *a = &fp.actor[i];

	a->shares = i == 5 || i == 6;
	a->task = make_task(fp.memory, a->shares ? fp.actor[4].cspace_cap :
		UNDEF, 6);
	a->task_cap = made.task;
	a->cspace_cap = made.cspace;
	a->page_cap = i == 1 ? fp.actor[0].page_cap : made.page;
	a->cspace = init_object(a->cspace_cap);
	a->parts[0] = another(a->cspace_cap);
	a->parts[1] = another(fp.vspace);
	a->parts[2] = UNDEF;
	if (i == 2)
		must_revoke(world.init, HELIOS_INIT_CSPACE, made.page);
	else
		a->parts[2] = another(a->page_cap);
	configure(a);
	set_priority(a);
	a->buf = task_ipcbuf(a->task);
	if (a->shares)
		return;
	table_op(a, HELIOS_CSPACE_COPY, FP_OWN, HELIOS_INIT_CSPACE,
		a->cspace_cap, 0);
	table_op(a, HELIOS_CSPACE_COPY, FP_INIT, HELIOS_INIT_CSPACE,
		HELIOS_INIT_CSPACE, 0);
	fill_gaps(a);
}

/* One page for all arrays that are polled. */
static void
make_poll_page(void)
{
	helios_cap_t page = must_alloc(world.init, fp.memory, HELIOS_PAGE,
		HELIOS_PAGE_SIZE);
	char *p = phys_ptr(page_phys(init_slot(page)));

	kop(world.init, fp.vspace, HELIOS_VSPACE, HELIOS_VSPACE_MAP,
		MOCK_USER_BASE, HELIOS_MAP_W, page);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	for (unsigned int i = 0; i < FP_ACTORS; i++) {
		fp.actor[i].poll = (void *)(p + i * 256);
		fp.actor[i].poll_va = world.out[0] + i * 256;
	}
}

static void
make_objects(void)
{
	struct task *init = world.init;

	for (unsigned int i = 0; i < FP_ENDPOINTS; i++) {
		fp.endpoint_cap[i] = must_alloc(init, fp.memory,
			HELIOS_ENDPOINT, 0);
		fp.endpoint[i] = init_object(fp.endpoint_cap[i]);
		fp.fault_cap[i] = must_mint(init, HELIOS_INIT_CSPACE, UNDEF,
			fp.endpoint_cap[i], HELIOS_RIGHT_SEND, 5000 + i);
	}
	for (unsigned int i = 0; i < FP_NOTES; i++) {
		fp.note_cap[i] = must_alloc(init, fp.memory, HELIOS_NOTE, 0);
		fp.note[i] = init_object(fp.note_cap[i]);
	}
	fp.vspace = must_alloc(init, fp.memory, HELIOS_VSPACE, 0);
	fp.junk = must_alloc(init, fp.memory, HELIOS_MEMORY, 32);
}

/* Everything that was made from it is gone: make it again. */
static void
make_junk(void)
{
	struct task *init = world.init;
	uint64_t gone[FP_JUNK];

	if (revoke_pending() || cap_has_children(init_slot(fp.junk)))
		return;
	for (unsigned int i = 0; i < fp.njunk; i++)
		gone[i] = fp.junk_cap[i];
	if (fp.njunk > 0)
		invoke_words(init, HELIOS_INIT_CSPACE, HELIOS_CSPACE,
			HELIOS_CSPACE_DESTROY, fp.njunk, gone);
	for (fp.njunk = 0; fp.njunk < FP_JUNK; fp.njunk++)
		fp.junk_cap[fp.njunk] = must_alloc(init, fp.junk,
			fp.njunk % 10 == 5 ? HELIOS_CSPACE : HELIOS_NOTE,
			fp.njunk % 10 == 5 ? 6 : 0);
}

static void
make_interrupt(void)
{
	fp.control = must_alloc(world.init, fp.memory, HELIOS_NOTE, 0);
	kop(world.init, HELIOS_INIT_IRQCONTROL, HELIOS_IRQCONTROL,
		HELIOS_IRQCONTROL_ISSUE, FP_IRQ, fp.control, UNDEF);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	fp.handler = (helios_cap_t)world.out[0];
}

/* Init waits for the next interrupt, and the others go on. */
static void
let_go(void)
{
	struct helios_regs *r = task_regs(world.init);

	kop(world.init, fp.handler, HELIOS_IRQHANDLER, HELIOS_IRQHANDLER_ACK);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	r->rax = HELIOS_SYS_WAIT;
	r->rdi = fp.control;
	r->rsi = 0;
	core_run_syscall();
	if (!core_goes_on())
		core_next();
}

void
fp_setup(uint64_t seed)
{
	memset(&fp, 0, sizeof(fp));
	fp.rng.state = seed * 0x9e3779b97f4a7c15ull + 1;
	world_boot(RAM);
	core_check_interval = 0;
	kop(world.init, HELIOS_INIT_TASK, HELIOS_TASK,
		HELIOS_TASK_SET_PRIORITY, 255, 255);
	ck_assert_uint_eq(world.status, HELIOS_OK);
	fp.memory = must_alloc(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		1000);
	make_objects();
	make_poll_page();
	make_interrupt();
	for (unsigned int i = 0; i < FP_ACTORS; i++)
		make_actor(i);
	make_junk();
	for (unsigned int i = 0; i < FP_ACTORS; i++)
		task_op(&fp.actor[i], HELIOS_TASK_SET_FAULT,
			fp.fault_cap[i % FP_ENDPOINTS]);
	let_go();
}

static void
do_resume(void)
{
	task_op(anybody(), HELIOS_TASK_RESUME);
}

static void
do_suspend(void)
{
	task_op(anybody(), HELIOS_TASK_SUSPEND);
}

/* Somebody that waits for its supervisor. */
static void
do_suspend_faulted(void)
{
	unsigned int first = fp_below(FP_ACTORS);

	for (unsigned int n = 0; n < FP_ACTORS; n++) {
		struct fp_actor *a = &fp.actor[(first + n) % FP_ACTORS];

		if (a->task->blocked != BLOCKED_FAULT)
			continue;
		task_op(a, HELIOS_TASK_SUSPEND);
		return;
	}
}

static void
do_cancel(void)
{
	task_op(anybody(), HELIOS_TASK_CANCEL);
}

static void
do_priority(void)
{
	set_priority(anybody());
}

static void
do_bind(void)
{
	task_op(anybody(), HELIOS_TASK_BIND_NOTE, fp_chance(60) ? UNDEF :
		fp.note_cap[fp_below(FP_NOTES)]);
}

static void
do_signal(void)
{
	sys(world.init, HELIOS_SYS_SIGNAL, fp.note_cap[fp_below(FP_NOTES)], 0,
		NULL);
}

static void
do_flags(void)
{
	task_op(anybody(), HELIOS_TASK_SET_FLAGS, fp_chance(20) ?
		HELIOS_TASK_FOREIGN : fp_chance(30) ? HELIOS_TASK_CAPFAULT :
		0);
}

static void
do_no_flags(void)
{
	for (unsigned int i = 0; i < FP_ACTORS; i++)
		if (fp.actor[i].task->flags != 0)
			task_op(&fp.actor[i], HELIOS_TASK_SET_FLAGS, 0);
}

static void
do_fault_endpoint(void)
{
	task_op(anybody(), HELIOS_TASK_SET_FAULT, fp_chance(15) ? UNDEF :
		fp.fault_cap[fp_below(FP_ENDPOINTS)]);
}

static void
do_fill(void)
{
	fill(anybody(), FP_FIRST + fp_below(ENDPOINT_SLOTS + FP_NOTES));
}

static void
do_fill_gaps(void)
{
	fill_gaps(anybody());
}

static void
do_destroy(void)
{
	table_op(anybody(), HELIOS_CSPACE_DESTROY,
		FP_FIRST + fp_below(FP_INIT - FP_FIRST));
}

/* Room for more. */
static void
do_clear_arrived(void)
{
	const struct fp_actor *a = anybody();

	for (unsigned int i = FP_ARRIVED; i < FP_SLOTS; i++)
		if (cap_type(&a->cspace->slots[i]) != HELIOS_NULL &&
				fp_chance(80))
			table_op(a, HELIOS_CSPACE_DESTROY, i);
}

/* Those who wait through it go along. */
static void
do_move(void)
{
	unsigned int to = FP_FIRST + fp_below(FP_REPLY + 4 - FP_FIRST);
	unsigned int from = FP_FIRST + fp_below(FP_REPLY + 4 - FP_FIRST);
	const struct fp_actor *a = anybody();

	if (cap_type(&a->cspace->slots[to]) != HELIOS_NULL)
		table_op(a, HELIOS_CSPACE_DESTROY, to);
	table_op(a, HELIOS_CSPACE_MOVE, to, anybody()->cspace_cap, from);
}

/* Somebody loses its CSpace, VSpace or buffer. */
static void
do_take_part(void)
{
	helios_cap_t part = anybody()->parts[fp_below(3)];

	if (part != UNDEF)
		kop(world.init, HELIOS_INIT_CSPACE, HELIOS_CSPACE,
			HELIOS_CSPACE_REVOKE, part);
}

static void
do_configure(void)
{
	configure(anybody());
}

static void
do_configure_broken(void)
{
	for (unsigned int i = 0; i < FP_ACTORS; i++) {
		const struct task *t = fp.actor[i].task;

		if (task_cspace(t) == NULL || t->vspace == NULL ||
				t->ipcbuf != fp.actor[i].buf)
			configure(&fp.actor[i]);
	}
}

/* Nobody has an endpoint any more, and whoever waits there is told. */
static void
do_revoke_endpoint(void)
{
	unsigned int e = fp_below(FP_ENDPOINTS);

	if (!fp_chance(15))
		return;
	kop(world.init, HELIOS_INIT_CSPACE, HELIOS_CSPACE,
		HELIOS_CSPACE_REVOKE, fp.endpoint_cap[e]);
	must_destroy(world.init, HELIOS_INIT_CSPACE, fp.fault_cap[e]);
	fp.fault_cap[e] = must_mint(world.init, HELIOS_INIT_CSPACE, UNDEF,
		fp.endpoint_cap[e], HELIOS_RIGHT_SEND, 6000 + e);
	for (unsigned int i = 0; i < FP_ACTORS; i++)
		fill_gaps(&fp.actor[i]);
}

/* Bits that nobody has taken go. */
static void
do_clear_notes(void)
{
	for (unsigned int i = 0; i < FP_NOTES; i++)
		sys(world.init, HELIOS_SYS_NBWAIT, fp.note_cap[i], 0, NULL);
}

static void
do_unbind(void)
{
	for (unsigned int i = 0; i < FP_ACTORS; i++)
		if (task_bound_note(fp.actor[i].task) != NULL)
			task_op(&fp.actor[i], HELIOS_TASK_BIND_NOTE, UNDEF);
}

static void
do_something(void)
{
	static void (*const all[])(void) = {
		do_resume, do_resume, do_resume, do_suspend, do_cancel,
		do_cancel, do_priority, do_priority, do_bind, do_signal,
		do_signal, do_flags, do_no_flags, do_fault_endpoint, do_fill,
		do_fill, do_fill_gaps, do_fill_gaps, do_destroy, do_move,
		do_clear_arrived, do_take_part, do_configure, do_configure_broken,
		do_revoke_endpoint, do_clear_notes, do_unbind, make_junk,
		make_junk, do_suspend_faulted, do_suspend_faulted,
	};

	all[fp_below(sizeof(all) / sizeof(all[0]))]();
}

/* Nobody could run: see to it that some can. */
static void
do_wake(void)
{
	do_resume();
	do_cancel();
	do_cancel();
	do_configure_broken();
}

void
fp_control(void)
{
	struct task *interrupted = cpu0.current;
	unsigned int i = fp_number(interrupted);

	mock.pending = false;
	core_irq(FP_IRQ);
	if (cpu0.current != world.init)
		unit_fail("the interrupt does not wake init");
	if (interrupted == NULL)
		do_wake();
	else if (revoke_pending() && fp_chance(70))
		task_op(&fp.actor[i], HELIOS_TASK_SUSPEND);
	else
		for (unsigned int n = 1 + fp_below(3); n > 0; n--)
			do_something();
	let_go();
}
