/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path is a short cut and nothing else: whatever it does, the
 * general path would have done.  So is sched_choose's short way for two tasks.
 *
 *	HELIOS_FASTPATH_SEEDS=n	how many sequences (default 100)
 *	HELIOS_FASTPATH_SEED=n	the first (default 1)
 *	HELIOS_FASTPATH_SHOW=1	print how often each state was met
 *
 * Each sequence of random steps is made by two kernels, each in a process of
 * its own from the same addresses.  The first goes the general way only and
 * records its whole state after each step; the second takes the fast path
 * where it can, and its state is to be that recorded.  So each step begins
 * from one state in both.
 *
 * One difference is meant and not compared: what nobody is left to reap
 * (reap_orphans) goes with the next entry that takes the general path.
 * Here nobody dies that could leave any.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cap.h>
#include <cspace.h>
#include <entry.h>
#include <helios/fault.h>
#include <object.h>
#include <sched.h>

#include "fastpath.h"
#include "suites.h"

#define STEPS		2000u
#define SEEDS		100u
#define SLOW_SEEDS	2u		/* under Valgrind */
#define STEP_WORDS	2000u		/* most that a step records */
#define CHECK_EVERY	50u		/* steps: core_check */

/* What the two processes and the test share. */
struct shared {
	unsigned long calls, calls_fast;
	unsigned long replies, replies_fast;
	unsigned long faults, faults_fast;
	unsigned long call_caps, reply_caps;	/* fast, with a capability */
	unsigned long alone[FP_BARS];	/* it alone was in the way */
	size_t nwords;
	uint64_t words[STEPS * STEP_WORDS];
};

static struct shared *shared;
static bool fast;			/* the second kernel */
static uint64_t seed;
static unsigned int step;
static size_t position;
static char what[160];			/* the step, for people */

static void
record(const char *name, unsigned int i, uint64_t value)
{
	(void)name;
	(void)i;
	if (position == sizeof(shared->words) / sizeof(shared->words[0]))
		unit_fail("STEP_WORDS is too small");
	shared->words[position++] = value;
}

static void
compare(const char *name, unsigned int i, uint64_t value)
{
	uint64_t other = shared->words[position++];

	if (position <= shared->nwords && other == value)
		return;
	unit_fail("seed %" PRIu64 ", step %u (%s): %s (%u) is %#" PRIx64
		" by the fast path, %#" PRIx64 " by the general path", seed,
		step, what, name, i, value, other);
}

static void
count_handover(uint64_t nr, uint32_t bars, bool taken, bool cap)
{
	for (unsigned int i = 0; i < FP_BARS; i++)
		shared->alone[i] += bars == 1u << i;
	if (nr == HELIOS_SYS_CALL) {
		shared->calls++;
		shared->calls_fast += taken;
		shared->call_caps += taken && cap;
	} else {
		shared->replies++;
		shared->replies_fast += taken;
		shared->reply_caps += taken && cap;
	}
}

static struct task *
general_exit(void)
{
	return cpu0.look == 0 ? cpu0.current : fast ? sched_choose() :
		sched_choose_of_all();
}

static struct task *
general_syscall(void)
{
	core_run_syscall();
	return general_exit();
}

/* CALL and REPLY_RECV as core_syscall does them, with a count. */
static struct task *
counted_syscall(struct task *t)
{
	uint64_t nr = t->regs.rax;
	uint32_t bars = fp_bars(t);
	struct handover h = nr == HELIOS_SYS_CALL ?
		core_call(t->regs.rdi, t->regs.rsi) :
		core_reply_recv(t->regs.rdi, t->regs.rsi);

	count_handover(nr, bars, h.to != NULL,
		helios_tag_ncaps(t->regs.rsi) != 0);
	if ((h.to != NULL) != (bars == 0))
		unit_fail("seed %" PRIu64 ", step %u (%s): %s by the fast "
			"path; in its way: %#x", seed, step, what,
			h.to != NULL ? "done" : "not done", bars);
	if (h.to == NULL)
		return general_syscall();
	if (h.message)
		message_pass(&h.to->regs, h.badge, &t->regs);
	return h.to;
}

static struct task *
enter_syscall(struct task *t)
{
	/* The choice is made by both, to stay in step. */
	bool counted = fp_chance(80);

	if (!fast)
		return general_syscall();
	if (counted && (t->regs.rax == HELIOS_SYS_CALL ||
			t->regs.rax == HELIOS_SYS_REPLY_RECV))
		return counted_syscall(t);
	return core_syscall();
}

/* As core_fault, but for the fast path. */
static struct task *
general_fault(struct task *t, const struct hal_fault *f)
{
	sched_enter(false);
	if (f->page)
		fault_set(t, HELIOS_FAULT_PAGE, f->address, f->access,
			f->error);
	else
		fault_set(t, HELIOS_FAULT_EXCEPTION, f->address, 0,
			(uint64_t)f->vector << 32 | (f->error & 0xffffffffu));
	fault_raise(t);
	return general_exit();
}

/* Random registers, and a buffer to match. */
static void
gen_tag(struct helios_regs *r)
{
	unsigned int kind = fp_below(100), ncaps = 0;
	unsigned int nwords = kind < 55 ? fp_below(6) : kind < 90 ?
		fp_below(HELIOS_MSG_WORDS + 1) : kind < 95 ?
		HELIOS_MSG_WORDS + fp_below(64) : HELIOS_MSG_REGS;

	if (fp_chance(20))
		ncaps = fp_chance(80) ? 1 : fp_chance(70) ? 2 : fp_below(128);
	r->rsi = helios_tag(fp_chance(60) ? 0 : fp_below(4), nwords, ncaps);
	if (fp_chance(3))
		r->rsi |= fp_chance(50) ? HELIOS_TAG_FAULT : HELIOS_TAG_NOTE;
}

/* Where a capability is that moves, if there is one. */
static unsigned int
some_reply(const struct task *t)
{
	for (unsigned int i = FP_REPLY; i < FP_SLOTS; i++) {
		const struct slot *s = task_slot(t, i);

		if (s != NULL && cap_type(s) == HELIOS_REPLY)
			return i;
	}
	return FP_REPLY;
}

/* Mostly what there is, and where there is room. */
static void
gen_caps(const struct task *t, struct helios_ipcbuf *buf)
{
	for (unsigned int i = 0; i < 2; i++) {
		buf->caps[i] = fp_chance(70) ? fp_below(FP_INIT) :
			fp_chance(70) ? some_reply(t) :
			fp_below(FP_SLOTS + 1);
		buf->accept[i] = fp_chance(60) ? UNDEF : fp_chance(85) ?
			FP_ARRIVED + fp_below(FP_SLOTS - FP_ARRIVED) :
			fp_below(FP_SLOTS + 1);
	}
	buf->accept_count = fp_chance(80) ? 1 + fp_below(2) : 0;
}

static void
gen_message(struct task *t)
{
	struct helios_regs *r = &t->regs;
	struct helios_ipcbuf *buf = task_ipcbuf(t);

	gen_tag(r);
	r->rdx = rng_next(&fp.rng);
	r->r10 = rng_next(&fp.rng);
	r->r8 = rng_next(&fp.rng);
	r->r9 = rng_next(&fp.rng);
	if (buf == NULL)
		return;
	for (unsigned int i = 0; i < 4; i++)
		buf->words[fp_below(HELIOS_MSG_WORDS)] = rng_next(&fp.rng);
	gen_caps(t, buf);
}

/* Some slot with a capability of this type and right; any if there is none,
 * or just so. */
static uint64_t
gen_caddr(const struct task *t, unsigned int type, unsigned int right,
	unsigned int home)
{
	unsigned int i = FP_FIRST + fp_below(FP_INIT - FP_FIRST);
	struct slot *s;

	if (fp_chance(4))
		return fp_chance(80) ? fp_below(FP_SLOTS) :
			FP_SLOTS - 1 + fp_below(3) + rng_next(&fp.rng) % 2 *
			(1ull << 40);
	if (fp_chance(10))
		right = 0;
	for (unsigned int n = 0; n < FP_SLOTS; n++, i++) {
		i %= FP_SLOTS;
		if (!task_has_cap(t, i, type, right, &s))
			continue;
		if (home >= FP_ENDPOINTS ||
				cap_object(s) == fp.endpoint[home])
			return i;
	}
	return fp_below(FP_INIT);
}

/* The endpoint it mostly receives from; those that share a CSpace share it. */
static unsigned int
home_of(const struct task *t)
{
	unsigned int i = fp_number(t);

	return i >= 4 && i <= 6 ? 1 : i % FP_ENDPOINTS;
}

/* An operation on a CSpace: the slot is word 0. */
static void
gen_operation(struct task *t, uint64_t caddr, unsigned int op, uint64_t slot)
{
	t->regs.rax = HELIOS_SYS_CALL;
	t->regs.rdi = caddr;
	t->regs.rsi = helios_tag(HELIOS_LABEL(HELIOS_CSPACE, op), 1, 0);
	t->regs.rdx = slot;
}

static void
gen_poll(struct task *t)
{
	struct fp_actor *a = &fp.actor[fp_number(t)];
	unsigned int n = fp_below(3);

	for (unsigned int i = 0; i <= n; i++) {
		unsigned int events = fp_chance(40) ? HELIOS_POLL_RECV :
			1 + fp_below(3);

		/* The rights have the same numbers. */
		a->poll[i].caddr = (helios_cap_t)gen_caddr(t, HELIOS_ENDPOINT,
			events, fp_chance(50) ? home_of(t) : FP_ENDPOINTS);
		a->poll[i].events = (uint16_t)events;
	}
	t->regs.rax = HELIOS_SYS_POLL;
	t->regs.rdi = a->poll_va;
	t->regs.rsi = n + 1;
	t->regs.rdx = fp_chance(20) ? 0 : fp_chance(50) ? HELIOS_FOREVER :
		mock.now + fp_below(3000000);
}

static void
gen_rare(struct task *t)
{
	static const unsigned char calls[] = { HELIOS_SYS_SEND,
		HELIOS_SYS_SEND, HELIOS_SYS_NBSEND, HELIOS_SYS_NBRECV,
		HELIOS_SYS_REPLY, HELIOS_SYS_YIELD, HELIOS_SYS_CLOCK,
		HELIOS_SYS_EXIT, HELIOS_SYS_COUNT };
	static const unsigned char notes[] = { HELIOS_SYS_SIGNAL,
		HELIOS_SYS_SIGNAL, HELIOS_SYS_WAIT, HELIOS_SYS_NBWAIT };
	struct helios_regs *r = &t->regs;

	r->rax = calls[fp_below(sizeof(calls))];
	r->rdi = gen_caddr(t, HELIOS_ENDPOINT, fp_below(4), FP_ENDPOINTS);
	if (fp_chance(60))
		return;
	r->rax = notes[fp_below(sizeof(notes))];
	r->rdi = gen_caddr(t, HELIOS_NOTE, fp_below(4), FP_ENDPOINTS);
}

/* What takes longer: replies are stored and answered, things revoked. */
static void
gen_long(struct task *t)
{
	switch (fp_below(8)) {
	case 0:
	case 1:
		gen_operation(t, FP_OWN, HELIOS_CSPACE_STORE_REPLY,
			FP_REPLY + fp_below(4));
		return;
	case 2:
		t->regs.rax = HELIOS_SYS_SEND;
		t->regs.rdi = gen_caddr(t, HELIOS_REPLY, 0, FP_ENDPOINTS);
		return;
	case 3:
		gen_operation(t, FP_OWN, fp_chance(50) ?
			HELIOS_CSPACE_DESTROY : HELIOS_CSPACE_REVOKE,
			FP_FIRST + fp_below(FP_INIT - FP_FIRST));
		return;
	case 4:
		gen_operation(t, FP_INIT, HELIOS_CSPACE_REVOKE, fp.junk);
		mock_preempt(fp_below(3), 0);
		return;
	default:
		gen_poll(t);
		return;
	}
}

/* One where somebody waits to receive, if there is one. */
static unsigned int
some_server(void)
{
	for (unsigned int i = 0; i < FP_ENDPOINTS; i++)
		if (endpoint_can_send(fp.endpoint[i]))
			return i;
	return FP_ENDPOINTS;
}

/* Two are clients only. */
static bool
serves(const struct task *t)
{
	unsigned int i = fp_number(t);

	return i != 3 && i != 7;
}

/* Servers receive, and answer and receive again; the rest is calls. */
static void
gen_call(struct task *t)
{
	unsigned int home = home_of(t), kind = fp_below(100);
	struct helios_regs *r = &t->regs;

	gen_message(t);
	if (kind < 10) {
		gen_rare(t);
	} else if (kind < 22) {
		gen_long(t);
	} else if (t->caller != NULL && kind < 80) {
		/* Some drop the reply. */
		r->rax = fp_chance(95) ? HELIOS_SYS_REPLY_RECV :
			HELIOS_SYS_RECV;
		r->rdi = gen_caddr(t, HELIOS_ENDPOINT, HELIOS_RIGHT_RECV,
			fp_chance(85) ? home : FP_ENDPOINTS);
	} else if (serves(t) && kind < 50) {
		r->rax = fp_chance(80) ? HELIOS_SYS_RECV :
			HELIOS_SYS_REPLY_RECV;
		r->rdi = gen_caddr(t, HELIOS_ENDPOINT, HELIOS_RIGHT_RECV,
			fp_chance(85) ? home : FP_ENDPOINTS);
	} else {
		r->rax = HELIOS_SYS_CALL;
		r->rdi = gen_caddr(t, HELIOS_ENDPOINT, HELIOS_RIGHT_SEND,
			fp_chance(60) ? some_server() : FP_ENDPOINTS);
	}
}

static struct task *
step_syscall(struct task *t)
{
	gen_call(t);
	snprintf(what, sizeof(what), "actor %u: system call %" PRIu64
		", capability %" PRIu64 ", tag %#" PRIx64, fp_number(t),
		t->regs.rax, t->regs.rdi, t->regs.rsi);
	t = enter_syscall(t);
	mock_preempt_off();
	return t;
}

static struct task *
step_fault(struct task *t)
{
	struct hal_fault f = { .page = fp_chance(50), .vector = 6,
		.error = fp_below(16), .address = rng_next(&fp.rng),
		.access = HELIOS_RIGHT_W };
	struct task *to;

	snprintf(what, sizeof(what), "actor %u: a fault", fp_number(t));
	if (!fast)
		return general_fault(t, &f);
	to = core_fault(&f);
	shared->faults++;
	shared->faults_fast += to != NULL && to->caller == t;
	return to;
}

static struct task *
step_timer(void)
{
	snprintf(what, sizeof(what), "the timer");
	mock.pending = false;
	return core_timer();
}

static struct task *
step_control(void)
{
	snprintf(what, sizeof(what), "init");
	fp_control();
	return cpu0.current;
}

/* What comes first on any machine comes first here: an interrupt that is
 * pending, then the armed time, then the task. */
static struct task *
make_step(void)
{
	struct task *t = cpu0.current;

	mock.now += fp_chance(10) ? fp_below(1500000) : fp_below(300);
	if (mock.pending)
		return fp_chance(75) ? step_control() : step_timer();
	if (mock.timer <= mock.now)
		return step_timer();
	if (t == NULL || fp_chance(8))
		return step_control();
	if (fp_chance(2))
		return step_timer();
	return fp_chance(7) ? step_fault(t) : step_syscall(t);
}

static void
run(void)
{
	fp_setup(seed);
	for (step = 0; step < STEPS; step++) {
		void (*put)(const char *, unsigned int, uint64_t) =
			fast ? compare : record;
		struct task *t = make_step();

		put("who is returned", 0, (uintptr_t)t);
		fp_observe(put);
		if (step % CHECK_EVERY == 0)
			unit_check_core();
	}
	if (!fast)
		shared->nwords = position;
}

static void
run_in_child(bool the_fast_one)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		fast = the_fast_one;
		run();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		unit_fail("no process for seed %" PRIu64, seed);
	if (status != 0)
		unit_fail("seed %" PRIu64 ": the kernel %s the fast path "
			"ended with status %#x", seed, the_fast_one ? "with" :
			"without", (unsigned int)status);
}

static void
show(void)
{
	printf("# CALL %lu, of these fast %lu, with a capability %lu; "
		"REPLY_RECV %lu, %lu, %lu; faults %lu, %lu\n",
		shared->calls, shared->calls_fast, shared->call_caps,
		shared->replies, shared->replies_fast, shared->reply_caps,
		shared->faults, shared->faults_fast);
	for (unsigned int i = 0; i < FP_BARS; i++)
		printf("# %8lu %s\n", shared->alone[i], fp_bar_name(i));
}

/* Has the test seen what it is about? */
static void
check_counts(void)
{
	ck_assert_uint_gt(shared->calls_fast, shared->calls / 20);
	ck_assert_uint_gt(shared->replies_fast, shared->replies / 20);
	ck_assert_uint_lt(shared->calls_fast, shared->calls / 2);
	ck_assert_uint_lt(shared->replies_fast, shared->replies / 2);
	ck_assert_uint_gt(shared->faults_fast, 0);
	ck_assert_uint_gt(shared->call_caps, 0);
	ck_assert_uint_gt(shared->reply_caps, 0);
	for (unsigned int i = 0; i < FP_BARS; i++)
		ck_assert_msg(shared->alone[i] > 0, "never met: %s, and "
			"nothing else in the way", fp_bar_name(i));
}

START_TEST(same_as_general)
{
	uint64_t first = unit_env("HELIOS_FASTPATH_SEED", 1);
	uint64_t n = unit_env("HELIOS_FASTPATH_SEEDS",
		mock_is_slow() ? SLOW_SEEDS : SEEDS);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(shared != MAP_FAILED);
	for (seed = first; seed < first + n; seed++) {
		run_in_child(false);
		run_in_child(true);
	}
	if (unit_env("HELIOS_FASTPATH_SHOW", 0))
		show();
	if (n >= SEEDS)
		check_counts();
}
END_TEST

Suite *
suite_fastpath(void)
{
	Suite *s = suite_create("fastpath");
	TCase *tc = tcase_create("fastpath");

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, same_as_general);
	suite_add_tcase(s, tc);
	return s;
}
