/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Poll: readiness of several objects, and deadlines.  It says what is ready
 * and takes nothing, so many may be told of the same message; none of them
 * may be told nothing.
 */
#include "peer.h"

static struct helios_poll
entry(helios_cap_t cap, uint16_t events)
{
	return (struct helios_poll){ .caddr = cap, .events = events,
		.revents = 0xffff };
}

TEST(poll, notes)
{
	struct helios_poll entries[2];
	helios_cap_t notes[2];
	unsigned int ready;
	uint64_t bits;

	CHECK_OK(helios_newnote(&notes[0]));
	CHECK_OK(helios_newnote(&notes[1]));
	entries[0] = entry(notes[0], HELIOS_POLL_RECV);
	entries[1] = entry(notes[1], HELIOS_POLL_RECV);
	CHECK_OK(helios_poll(entries, 2, 0, &ready));
	CHECK_EQ(ready, 0);
	CHECK_EQ(entries[0].revents, 0);
	CHECK_EQ(entries[1].revents, 0);
	CHECK_OK(helios_signal(notes[1]));
	/* Readiness only: it stays. */
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_OK(helios_poll(entries, 2, HELIOS_FOREVER, &ready));
		CHECK_EQ(ready, 1);
		CHECK_EQ(entries[0].revents, 0);
		CHECK_EQ(entries[1].revents, HELIOS_POLL_RECV);
	}
	CHECK_OK(helios_signal(notes[0]));
	CHECK_OK(helios_poll(entries, 2, 0, &ready));
	CHECK_EQ(ready, 2);
	CHECK_OK(helios_nbwait(notes[0], &bits));
	CHECK_OK(helios_nbwait(notes[1], &bits));
	CHECK_OK(helios_poll(entries, 2, 0, &ready));
	CHECK_EQ(ready, 0);
}

TEST(poll, endpoints)
{
	struct helios_poll entries[2];
	struct helios_msg msg;
	struct peer peer;
	unsigned int ready;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	entries[0] = entry(ep, HELIOS_POLL_RECV);
	entries[1] = entry(ep, HELIOS_POLL_SEND);
	CHECK_OK(helios_poll(entries, 2, 0, &ready));
	CHECK_EQ(ready, 0);

	peer_set(&peer, HELIOS_SYS_SEND, ep, 0, 0);
	peer_block(&peer, HELIOS_TASK_SENDING);
	CHECK_OK(helios_poll(entries, 2, HELIOS_FOREVER, &ready));
	CHECK_EQ(ready, 1);
	CHECK_EQ(entries[0].revents, HELIOS_POLL_RECV);
	CHECK_EQ(entries[1].revents, 0);
	CHECK_OK(helios_nbrecv(ep, &msg));
	peer_expect(&peer, HELIOS_OK);

	peer_set(&peer, HELIOS_SYS_RECV, ep, 0, 0);
	peer_block(&peer, HELIOS_TASK_RECEIVING);
	entries[0].events = HELIOS_POLL_RECV | HELIOS_POLL_SEND;
	CHECK_OK(helios_poll(entries, 2, 0, &ready));
	CHECK_EQ(ready, 2);
	CHECK_EQ(entries[0].revents, HELIOS_POLL_SEND);
	CHECK_EQ(entries[1].revents, HELIOS_POLL_SEND);
	helios_msg_start(&msg, 0, 0, 0);
	CHECK_OK(helios_nbsend(ep, &msg));
	peer_expect(&peer, HELIOS_OK);
	CHECK_OK(helios_poll(entries, 2, 0, &ready));
	CHECK_EQ(ready, 0);
}

/*
 * A thread that polls.
 */
struct poller {
	struct helios_poll entries[HELIOS_POLL_MAX];
	unsigned int count, ready;
	uint64_t deadline;
	enum helios_status status;
	uint64_t detail;
	struct helios_thread *thread;
};

static void *
poller_run(void *arg)
{
	struct poller *p = arg;

	p->status = helios_poll(p->entries, p->count, p->deadline, &p->ready);
	p->detail = helios_detail();
	return NULL;
}

static void
poller_start(struct poller *p)
{
	p->deadline = HELIOS_FOREVER;
	CHECK_OK(helios_thread_spawn(&p->thread, poller_run, p));
	wait_state(helios_thread_task(p->thread), HELIOS_TASK_POLLING);
}

static void
poller_expect(struct poller *p, enum helios_status status)
{
	CHECK_OK(helios_thread_join(p->thread, NULL));
	CHECK_STATUS(p->status, status);
}

TEST(poll, woken_by_each_kind)
{
	struct peer sender, receiver;
	struct poller p;
	struct helios_msg msg;
	helios_cap_t in, out, note;

	CHECK_OK(helios_newendpoint(&in));
	CHECK_OK(helios_newendpoint(&out));
	CHECK_OK(helios_newnote(&note));
	p.count = 3;
	p.entries[0] = entry(in, HELIOS_POLL_RECV);
	p.entries[1] = entry(out, HELIOS_POLL_SEND);
	p.entries[2] = entry(note, HELIOS_POLL_RECV);

	poller_start(&p);
	peer_set(&sender, HELIOS_SYS_CALL, in, 0, 0);
	peer_block(&sender, HELIOS_TASK_SENDING);
	poller_expect(&p, HELIOS_OK);
	CHECK_EQ(p.ready, 1);
	CHECK_EQ(p.entries[0].revents, HELIOS_POLL_RECV);
	CHECK_EQ(p.entries[1].revents, 0);
	CHECK_EQ(p.entries[2].revents, 0);
	CHECK_OK(helios_nbrecv(in, &msg));
	CHECK_OK(helios_reply(&msg));
	peer_expect(&sender, HELIOS_OK);

	poller_start(&p);
	peer_set(&receiver, HELIOS_SYS_RECV, out, 0, 0);
	peer_block(&receiver, HELIOS_TASK_RECEIVING);
	poller_expect(&p, HELIOS_OK);
	CHECK_EQ(p.ready, 1);
	CHECK_EQ(p.entries[1].revents, HELIOS_POLL_SEND);
	CHECK_OK(helios_nbsend(out, &msg));
	peer_expect(&receiver, HELIOS_OK);

	poller_start(&p);
	CHECK_OK(helios_signal(note));
	poller_expect(&p, HELIOS_OK);
	CHECK_EQ(p.ready, 1);
	CHECK_EQ(p.entries[2].revents, HELIOS_POLL_RECV);
}

/* A fault is a message too. */
static void
fault_at(uint64_t address)
{
	*(volatile uint64_t *)(uintptr_t)address = 1;
	helios_raw_exit(0);
}

TEST(poll, woken_by_a_fault)
{
	struct poller p;
	helios_cap_t ep, task;

	CHECK_OK(helios_newendpoint(&ep));
	p.count = 1;
	p.entries[0] = entry(ep, HELIOS_POLL_RECV);
	poller_start(&p);
	task = bare_task(fault_at, 0x10, HELIOS_CADDR_UNDEF, ep);
	CHECK_OK(helios_task_resume(task));
	poller_expect(&p, HELIOS_OK);
	CHECK_EQ(p.entries[0].revents, HELIOS_POLL_RECV);
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_PAGE).address, 0x10);
}

TEST(poll, limits)
{
	struct helios_poll entries[HELIOS_POLL_MAX + 1];
	helios_cap_t notes[HELIOS_POLL_MAX + 1];
	unsigned int ready;

	for (unsigned int i = 0; i <= HELIOS_POLL_MAX; i++) {
		CHECK_OK(helios_newnote(&notes[i]));
		entries[i] = entry(notes[i], HELIOS_POLL_RECV);
		CHECK_OK(helios_signal(notes[i]));
	}
	CHECK_OK(helios_poll(entries, HELIOS_POLL_MAX, HELIOS_FOREVER,
				&ready));
	CHECK_EQ(ready, HELIOS_POLL_MAX);
	for (unsigned int i = 0; i < HELIOS_POLL_MAX; i++)
		CHECK_EQ(entries[i].revents, HELIOS_POLL_RECV);
	CHECK_STATUS(helios_poll(entries, HELIOS_POLL_MAX + 1, 0, &ready),
			HELIOS_INVALID_PARAM);
}

/* Each of 16 entries can be the one that wakes. */
TEST(poll, any_of_sixteen_wakes)
{
	helios_cap_t notes[HELIOS_POLL_MAX];
	struct poller p;
	uint64_t bits;

	p.count = HELIOS_POLL_MAX;
	for (unsigned int i = 0; i < HELIOS_POLL_MAX; i++) {
		CHECK_OK(helios_newnote(&notes[i]));
		p.entries[i] = entry(notes[i], HELIOS_POLL_RECV);
	}
	for (unsigned int i = 0; i < HELIOS_POLL_MAX; i++) {
		poller_start(&p);
		CHECK_OK(helios_signal(notes[i]));
		poller_expect(&p, HELIOS_OK);
		CHECK_EQ(p.ready, 1);
		for (unsigned int j = 0; j < HELIOS_POLL_MAX; j++)
			CHECK_EQ(p.entries[j].revents,
					j == i ? HELIOS_POLL_RECV : 0);
		CHECK_OK(helios_nbwait(notes[i], &bits));
	}
}

/* An error names the entry. */
TEST(poll, bad_entries)
{
	struct helios_poll entries[4];
	helios_cap_t note, send, page, empty = null_slot(0);
	unsigned int ready;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_newpage(&page));
	CHECK_OK(helios_copy(note, HELIOS_RIGHT_SEND, &send));
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int j = 0; j < 4; j++)
			entries[j] = entry(note, HELIOS_POLL_RECV);
		entries[i].caddr = empty;
		CHECK_ERROR(helios_poll(entries, 4, 0, &ready),
				HELIOS_INVALID_CSLOT, i);
		entries[i].caddr = page;
		CHECK_ERROR(helios_poll(entries, 4, 0, &ready),
				HELIOS_INVALID_CTYPE, i);
		entries[i].caddr = 0x7ffffff;
		CHECK_ERROR(helios_poll(entries, 4, HELIOS_FOREVER, &ready),
				HELIOS_INVALID_CADDR, i);
		entries[i].caddr = send;
		CHECK_ERROR(helios_poll(entries, 4, HELIOS_FOREVER, &ready),
				HELIOS_ACCESS, i);
		entries[i] = entry(note, 0);
		CHECK_ERROR(helios_poll(entries, 4, 0, &ready),
				HELIOS_INVALID_PARAM, i);
		entries[i] = entry(note, 0x8001);
		CHECK_ERROR(helios_poll(entries, 4, 0, &ready),
				HELIOS_INVALID_PARAM, i);
	}
}

TEST(poll, entries_not_in_memory)
{
	struct helios_poll *e;
	unsigned int ready;
	helios_cap_t note;
	void *page;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_mmap(NULL, HELIOS_PAGE_SIZE, HELIOS_PROT_READ |
				HELIOS_PROT_WRITE, HELIOS_MMAP_GUARD, &page));
	e = (struct helios_poll *)((char *)page + HELIOS_PAGE_SIZE) - 2;
	e[0] = entry(note, HELIOS_POLL_RECV);
	e[1] = entry(note, HELIOS_POLL_RECV);
	CHECK_OK(helios_poll(e, 2, 0, &ready));
	/* The third would lie behind the end of the page. */
	CHECK_STATUS(helios_poll(e, 3, 0, &ready), HELIOS_FAULT);
	CHECK_STATUS(helios_poll((struct helios_poll *)16, 1, 0, &ready),
			HELIOS_FAULT);
	/* revents are written, so that they can be read is not enough. */
	e[0].revents = 0x55;
	CHECK_OK(helios_mprotect(page, HELIOS_PAGE_SIZE, HELIOS_PROT_READ));
	CHECK_STATUS(helios_poll(e, 1, 0, &ready), HELIOS_FAULT);
	CHECK_EQ(e[0].revents, 0x55);
}

TEST(poll, revoked_and_canceled)
{
	helios_cap_t note, copy;
	struct poller p;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_copy(note, HELIOS_RIGHTS_ALL, &copy));
	p.count = 2;
	p.entries[0] = entry(note, HELIOS_POLL_RECV);
	p.entries[1] = entry(copy, HELIOS_POLL_RECV);
	poller_start(&p);
	CHECK_OK(helios_task_cancel(helios_thread_task(p.thread)));
	poller_expect(&p, HELIOS_CANCELED);
	poller_start(&p);
	CHECK_OK(helios_revoke(note));
	poller_expect(&p, HELIOS_REVOKED);
	p.count = 1;
	poller_start(&p);
	CHECK_OK(helios_destroy(note));
	poller_expect(&p, HELIOS_REVOKED);
}

/*
 * Several pollers of one note.
 */
struct handler {
	helios_cap_t note;
	volatile uint64_t *handled;	/* of all */
	uint64_t mine;
	struct helios_thread *thread;
};

/* Take what there is, each time the poll says so, until bit 63 comes. */
static void *
handler_run(void *arg)
{
	struct handler *h = arg;
	struct helios_poll e = entry(h->note, HELIOS_POLL_RECV);
	uint64_t bits;

	for (;;) {
		CHECK_OK(helios_poll(&e, 1, HELIOS_FOREVER, NULL));
		if (helios_nbwait(h->note, &bits) != HELIOS_OK)
			continue;	/* another one was first */
		if (bits >> 63 != 0) {
			/* For everybody: pass it on. */
			CHECK_OK(helios_send(h->note,
					&(struct helios_msg){ 0 }));
			return NULL;
		}
		h->mine++;
		__atomic_fetch_add(h->handled, 1, __ATOMIC_SEQ_CST);
	}
}

#define HANDLERS	4u
#define SIGNALS		60u

TEST(poll, no_wake_up_is_lost)
{
	struct handler handlers[HANDLERS];
	volatile uint64_t handled = 0;
	helios_cap_t note, last;
	uint64_t sum = 0;

	CHECK_OK(helios_newnote(&note));
	CHECK_OK(helios_mint(note, HELIOS_RIGHTS_ALL, 1ull << 63, &last));
	for (unsigned int i = 0; i < HANDLERS; i++) {
		handlers[i] = (struct handler){ .note = last,
			.handled = &handled };
		CHECK_OK(helios_thread_spawn(&handlers[i].thread, handler_run,
					&handlers[i]));
	}
	for (uint64_t i = 1; i <= SIGNALS; i++) {
		CHECK_OK(helios_signal(note));
		while (handled != i)
			breathe();
	}
	CHECK_OK(helios_signal(last));
	for (unsigned int i = 0; i < HANDLERS; i++) {
		CHECK_OK(helios_thread_join(handlers[i].thread, NULL));
		sum += handlers[i].mine;
	}
	CHECK_EQ(sum, SIGNALS);
}

/*
 * Pollers of lower priority than the test: woken, they do not run before the
 * test waits.
 */
static void
low_poller(struct poller *p, unsigned int count, helios_cap_t note)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = 50, .highest = 50 };

	p->count = count;
	p->deadline = HELIOS_FOREVER;
	for (unsigned int i = 0; i < count; i++)
		p->entries[i] = entry(note, HELIOS_POLL_RECV);
	CHECK_OK(helios_thread_new(&p->thread, poller_run, p, &attr));
	CHECK_OK(helios_thread_start(p->thread));
	wait_state(helios_thread_task(p->thread), HELIOS_TASK_POLLING);
}

static void
low_pollers(struct poller *p, unsigned int n, helios_cap_t note)
{
	for (unsigned int i = 0; i < n; i++)
		low_poller(&p[i], 1, note);
}

/* Some die in between; those that are left must learn of the signal. */
TEST(poll, poller_dies_when_woken)
{
	struct poller p[3];
	helios_cap_t note;

	for (unsigned int survivor = 0; survivor < 3; survivor++) {
		CHECK_OK(helios_newnote(&note));
		low_pollers(p, 3, note);
		CHECK_OK(helios_signal(note));
		for (unsigned int i = 0; i < 3; i++) {
			if (i != survivor)
				CHECK_OK(helios_thread_kill(p[i].thread));
		}
		poller_expect(&p[survivor], HELIOS_OK);
		CHECK_EQ(p[survivor].ready, 1);
		CHECK_OK(helios_destroy(note));
	}
}

/* The same, where the others are called off in between. */
TEST(poll, poller_canceled_when_woken)
{
	struct poller p[2];
	helios_cap_t note;

	for (unsigned int i = 0; i < 2; i++) {
		CHECK_OK(helios_newnote(&note));
		low_pollers(p, 2, note);
		CHECK_OK(helios_signal(note));
		CHECK_OK(helios_task_cancel(helios_thread_task(p[i].thread)));
		poller_expect(&p[1 - i], HELIOS_OK);
		CHECK_EQ(p[1 - i].ready, 1);
		CHECK_OK(helios_thread_join(p[i].thread, NULL));
		CHECK(p[i].status == HELIOS_OK ||
				p[i].status == HELIOS_CANCELED);
		CHECK_OK(helios_destroy(note));
	}
}

/*
 * One that polls the same object many times passes a wake-up on to itself as
 * it leaves.  Calling it off must end that call and start no other.
 */
TEST(poll, same_object_many_times_canceled)
{
	struct poller p[2];
	helios_cap_t note;

	CHECK_OK(helios_newnote(&note));
	low_pollers(p, 1, note);
	low_poller(&p[1], HELIOS_POLL_MAX, note);
	CHECK_OK(helios_signal(note));
	/* Now it comes first among those that wait for what is left. */
	CHECK_OK(helios_thread_set_priority(p[1].thread, 60, 60));
	CHECK_OK(helios_task_cancel(helios_thread_task(p[1].thread)));
	poller_expect(&p[1], HELIOS_CANCELED);
	poller_expect(&p[0], HELIOS_OK);
	CHECK_EQ(p[0].ready, 1);
}

/* One that is suspended, before the signal or after, holds up nobody. */
TEST(poll, suspended_poller)
{
	struct poller p[2];
	helios_cap_t note;

	for (unsigned int i = 0; i < 4; i++) {
		struct poller *idle = &p[i % 2], *other = &p[1 - i % 2];

		CHECK_OK(helios_newnote(&note));
		low_pollers(p, 2, note);
		if (i < 2)
			CHECK_OK(helios_thread_suspend(idle->thread));
		CHECK_OK(helios_signal(note));
		if (i >= 2)
			CHECK_OK(helios_thread_suspend(idle->thread));
		poller_expect(other, HELIOS_OK);
		CHECK_EQ(other->ready, 1);
		/* Nor has it missed anything itself. */
		CHECK_OK(helios_thread_resume(idle->thread));
		poller_expect(idle, HELIOS_OK);
		CHECK_EQ(idle->ready, 1);
		CHECK_OK(helios_destroy(note));
	}
}

/* A poller without libhelios, in a VSpace by this capability. */
struct bare_poller {
	struct helios_poll entry;
	struct bare_call call;
	helios_cap_t vspace, task;
};

static void
bare_poller(struct bare_poller *p, helios_cap_t note, unsigned int priority)
{
	p->entry = (struct helios_poll){ .caddr = note,
		.events = HELIOS_POLL_RECV };
	p->call = (struct bare_call){ .nr = HELIOS_SYS_POLL,
		.regs = { .rdi = (uint64_t)(uintptr_t)&p->entry, .rsi = 1,
			.rdx = HELIOS_FOREVER } };
	CHECK_OK(helios_copy(helios_process.vspace, HELIOS_RIGHTS_ALL,
			&p->vspace));
	p->task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&p->call,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_task_configure(p->task, HELIOS_CADDR_UNDEF, p->vspace,
			HELIOS_CADDR_UNDEF));
	CHECK_OK(helios_task_set_priority(p->task, priority, priority));
	CHECK_OK(helios_task_resume(p->task));
	wait_state(p->task, HELIOS_TASK_POLLING);
}

/* One that has lost its VSpace, before the signal or after, cannot look. */
TEST(poll, poller_without_vspace)
{
	struct bare_poller p[2];
	helios_cap_t note;

	for (unsigned int i = 0; i < 2; i++) {
		CHECK_OK(helios_newnote(&note));
		bare_poller(&p[0], note, 60);
		bare_poller(&p[1], note, 50);
		if (i == 0)
			CHECK_OK(helios_revoke(p[0].vspace));
		CHECK_OK(helios_signal(note));
		if (i == 1)
			CHECK_OK(helios_revoke(p[0].vspace));
		while (task_state(p[1].task) == HELIOS_TASK_POLLING)
			breathe();
		for (unsigned int n = 0; n < 2; n++) {
			CHECK_OK(helios_destroy(p[n].task));
			CHECK_OK(helios_destroy(p[n].vspace));
		}
		CHECK_OK(helios_destroy(note));
	}
}

/* The first of them is to look; but that may be another when it is lowered, or
 * the other raised, and somebody in between keeps it from running. */
TEST(poll, woken_poller_is_no_longer_first)
{
	static volatile uint64_t count;
	struct bare_poller p[2];
	helios_cap_t note, between;

	between = bare_task(spin, (uint64_t)(uintptr_t)&count,
			HELIOS_CADDR_UNDEF, HELIOS_CADDR_UNDEF);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_OK(helios_newnote(&note));
		bare_poller(&p[0], note, 20);
		bare_poller(&p[1], note, 19);
		CHECK_OK(helios_task_set_priority(between, 20 - i, 20 - i));
		CHECK_OK(helios_task_resume(between));
		CHECK_OK(helios_signal(note));
		if (i == 0)
			CHECK_OK(helios_task_set_priority(p[1].task, 21, 21));
		else
			CHECK_OK(helios_task_set_priority(p[0].task, 10, 10));
		while (task_state(p[1].task) == HELIOS_TASK_POLLING)
			breathe();
		CHECK_OK(helios_task_suspend(between));
		for (unsigned int n = 0; n < 2; n++)
			CHECK_OK(helios_destroy(p[n].task));
		CHECK_OK(helios_destroy(note));
	}
}
