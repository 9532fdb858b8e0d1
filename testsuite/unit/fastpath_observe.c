/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What test_fastpath.c compares, and the states it counts: see fastpath.h.
 *
 * Both kernels run from the same addresses, so that pointers can be compared
 * as they are.
 */
#include <string.h>

#include <cap.h>
#include <cspace.h>
#include <helios/fault.h>
#include <irq.h>
#include <object.h>
#include <sched.h>

#include "fastpath.h"

typedef void put_fn(const char *what, unsigned int i, uint64_t v);

static uint64_t
pointer(const void *p)
{
	return (uintptr_t)p;
}

static unsigned int
put_ring(put_fn *put, const char *what, unsigned int n,
	const struct waiter *head)
{
	const struct waiter *w = head;

	do {
		put(what, n++, fp_number(waiter_task(w)) << 16 |
			(unsigned int)w->index << 8 | w->priority);
		w = w->next;
	} while (w != head);
	return n;
}

static void
put_queue(put_fn *put, const char *what, const struct waitq *q)
{
	const struct waiter *leader, *head;
	unsigned int n = 0;

	for (leader = q->first; leader != NULL; leader = leader->skip)
		for (head = leader; head != NULL; head = head->lower)
			n = put_ring(put, what, n, head);
	put(what, n, ~0ull);
}

static void
put_registers(put_fn *put, unsigned int i, const struct helios_regs *r)
{
	static const char *const names[HELIOS_REGS_WORDS] = { "rax", "rbx",
		"rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10",
		"r11", "r12", "r13", "r14", "r15", "rip", "rflags", "fs_base",
		"gs_base" };
	uint64_t words[HELIOS_REGS_WORDS];

	memcpy(words, r, sizeof(words));
	for (unsigned int j = 0; j < HELIOS_REGS_WORDS; j++)
		put(names[j], i, words[j]);
}

/* What a task is sending is valid while it is queued for that. */
static void
put_sending(put_fn *put, unsigned int i, const struct task *t)
{
	bool sends = t->blocked == BLOCKED_SEND;

	put("sending", i, sends ? t->sending : 0);
	put("badge", i, sends ? t->badge : 0);
	put("via_rights", i, sends ? t->via_rights : 0);
}

static void
put_task(put_fn *put, unsigned int i, const struct task *t)
{
	put_registers(put, i, &t->regs);
	put_sending(put, i, t);
	put("blocked", i, t->blocked);
	for (unsigned int j = 0; j < HELIOS_FAULT_WORDS; j++)
		put("a word of the fault", i, t->fault.words[j]);
	put("suspended", i, t->suspended);
	put("no_space", i, t->no_space);
	put("dead", i, t->dead);
	put("priority", i, t->priority);
	put("restart", i, t->restart);
	put("working", i, t->working);
	put("flags", i, t->flags);
	put("cpu_time", i, t->cpu_time);
	put("slice_left", i, t->slice_left);
	put("deadline", i, t->sleeping ? t->sleep.key : 0);
	put("caller", i, pointer(t->caller));
	put("replier", i, pointer(t->replier));
	put("reply_slot", i, pointer(t->reply_slot));
	put("things to reap", i, !list_empty(&t->reap));
	put("CSpace", i, pointer(t->cspace));
	put("VSpace", i, pointer(t->vspace));
	put("buffer", i, pointer(t->ipcbuf));
	put("bound note", i, pointer(task_bound_note(t)));
	for (unsigned int j = 0; j < 4; j++) {
		put("a queue it is in", i, pointer(t->waiters[j].q));
		put("the way there", i, pointer(t->waiters[j].via));
	}
}

static void
put_buffer(put_fn *put, unsigned int i, const struct helios_ipcbuf *buf)
{
	for (unsigned int j = 0; buf != NULL && j < HELIOS_MSG_WORDS; j++)
		put("a word of the buffer", i, buf->words[j]);
	for (unsigned int j = 0; buf != NULL && j < 4; j++)
		put("a capability of the buffer", i, buf->caps[j]);
}

/* One word for a slot: the capability, where it stands in the derivation and
 * on the free list, and who waits through it, in order. */
static uint64_t
slot_word(const struct slot *s)
{
	unsigned int type = cap_type(s);
	uint64_t links = (uint64_t)(uint32_t)s->next << 32 | (uint32_t)s->prev;
	uint64_t h = (pointer(s->open.prev) * 31 + s->cap) * 31 + s->word;

	h = (h * 31 + links) * 31 + pointer(s->close.next);
	if (type != HELIOS_ENDPOINT && type != HELIOS_NOTE)
		return h;
	for (const struct waiter *w = s->waiters; w != NULL; w = w->via_next)
		h = h * 1000003 + pointer(w);
	return h;
}

static void
put_table(put_fn *put, const struct cspace *cs)
{
	put("free slots", 0, cs->nfree);
	put("dead slots", 0, cs->ndead);
	put("first free slot", 0, cs->free);
	for (unsigned int i = 0; i < FP_SLOTS; i++)
		put("slot", i, slot_word(&cs->slots[i]));
}

static void
put_endpoint(put_fn *put, const struct endpoint *e)
{
	put_queue(put, "the queue of the endpoint", &e->queue);
	put_queue(put, "its pollers to receive", &e->pollers);
	put_queue(put, "its pollers to send", &e->send_pollers);
	put_queue(put, "its pollers for both", &e->both_pollers);
	put("its receivers", 0, e->queue.first != NULL && e->receivers);
}

static void
put_note(put_fn *put, const struct note *n)
{
	put("bits", 0, n->bits);
	put("the task it is bound to", 0, pointer(n->bound));
	put_queue(put, "the queue of the note", &n->waiters);
	put_queue(put, "pollers of the note", &n->pollers);
}

/* In the order in which they will run.  cpu0.next is the last of its
 * priority, whether it is on the queue yet or not. */
static void
put_run_queues(put_fn *put)
{
	for (unsigned int p = 0; p < HELIOS_PRIORITIES; p++) {
		const struct list *q = &cpu0.queue[p];

		for (struct list *l = q->next; l != q; l = l->next)
			put("run queue", p, fp_number(container_of(l,
				struct task, run)));
		if (cpu0.next != NULL && cpu0.next->priority == p)
			put("run queue", p, fp_number(cpu0.next));
	}
}

static void
put_machine(put_fn *put)
{
	put("who runs", 0, pointer(cpu0.current));
	put("who ran last", 0, cpu0.current == NULL ? pointer(cpu0.last) : 0);
	put("what is to be looked at", 0, cpu0.look);
	put("since when", 0, cpu0.since);
	put("the time armed", 0, cpu0.armed);
	put("is it a slice's end", 0, cpu0.ticking);
	put("the timer", 0, mock.timer);
	put("how often the timer was set", 0, mock.timers_set);
	put("interrupts masked", 0, mock.masked);
	put("lines logged", 0, mock.nlog);
	put("a revoke that waits", 0, revoke_pending());
	put("orphans to reap", 0, !list_empty(&reap_orphans));
}

void
fp_observe(put_fn *put)
{
	put_machine(put);
	put_run_queues(put);
	put_task(put, FP_ACTORS, world.init);
	for (unsigned int i = 0; i < FP_ACTORS; i++) {
		put_task(put, i, fp.actor[i].task);
		put_buffer(put, i, fp.actor[i].buf);
		if (!fp.actor[i].shares)
			put_table(put, fp.actor[i].cspace);
	}
	for (unsigned int i = 0; i < FP_ENDPOINTS; i++)
		put_endpoint(put, fp.endpoint[i]);
	for (unsigned int i = 0; i < FP_NOTES; i++)
		put_note(put, fp.note[i]);
}

const char *
fp_bar_name(unsigned int bar)
{
	static const char *const names[FP_BARS] = {
		[FP_FOREIGN] = "foreign task",
		[FP_REVOKE] = "revoke pending",
		[FP_TAG] = "several capabilities or bad tag",
		[FP_TOO_LONG] = "too long",
		[FP_NO_BUFFER] = "buffer missing",
		[FP_NO_GRANT] = "a capability without GRANT",
		[FP_NO_CAP] = "a capability that is not there",
		[FP_CAP_MOVES] = "a capability that moves",
		[FP_NOT_ACCEPTED] = "a capability that is not accepted",
		[FP_NO_SLOT] = "no empty slot for a capability",
		[FP_NO_RIGHT] = "right missing",
		[FP_SEVERAL] = "several receivers",
		[FP_NOT_ALONE] = "one receiver that was not always alone",
		[FP_VIA] = "others through the capability",
		[FP_STOPPED] = "other one stopped",
		[FP_EQUAL] = "equal priority ready",
		[FP_LOWER] = "higher priority ready",
		[FP_SENDERS] = "senders queued",
		[FP_RECEIVERS] = "receivers queued",
		[FP_SEND_POLLERS] = "pollers to send",
		[FP_BOTH_POLLERS] = "pollers for both",
		[FP_NOTE_QUIET] = "note bound",
		[FP_NOTE_BITS] = "note bound, with bits",
		[FP_FAULT_STOPPED] = "faulted one stopped",
		[FP_FAULT_LONG] = "fault answered with more than registers",
		[FP_FAULT_LABEL] = "fault answered with a label",
		[FP_FAULT_KIND] = "fault with an effect",
	};

	return names[bar];
}

#define BAR(which, cond)	((cond) ? 1u << (which) : 0)

static bool
anybody_ready(unsigned int priority)
{
	return !list_empty(&cpu0.queue[priority]) ||
		(cpu0.next != NULL && cpu0.next->priority == priority);
}

/* Who is ready already, compared with the one that would be? */
static uint32_t
priority_bars(const struct task *to)
{
	bool equal = anybody_ready(to->priority), higher = false;

	for (unsigned int p = to->priority + 1u; p < HELIOS_PRIORITIES; p++)
		higher |= anybody_ready(p);
	return BAR(FP_EQUAL, equal && !higher) | BAR(FP_LOWER, higher);
}

static bool
has_room(const struct task *to, helios_cap_t caddr)
{
	const struct slot *s = task_slot(to, caddr);

	return caddr == UNDEF ? to->cspace->nfree > 0 :
		s != NULL && cap_type(s) == HELIOS_NULL;
}

/* One capability, and both have a buffer. */
static uint32_t
cap_bars(const struct task *t, const struct task *to, unsigned int rights)
{
	const struct helios_ipcbuf *out = to->ipcbuf;
	const struct slot *s = task_slot(t, t->ipcbuf->caps[0]);
	bool held = s != NULL && cap_type(s) > HELIOS_DEAD;

	return BAR(FP_NO_GRANT, !(rights & HELIOS_RIGHT_GRANT)) |
		BAR(FP_NO_CAP, !held) |
		BAR(FP_CAP_MOVES, held && !cap_copyable(cap_type(s))) |
		BAR(FP_NOT_ACCEPTED, out->accept_count == 0) |
		BAR(FP_NO_SLOT, out->accept_count > 0 &&
			!has_room(to, out->accept[0]));
}

static uint32_t
message_bars(const struct task *t, const struct task *to, unsigned int rights)
{
	unsigned int n = helios_tag_nwords(t->regs.rsi);
	bool cap = helios_tag_ncaps(t->regs.rsi) == 1;
	bool buffers = t->ipcbuf != NULL && to->ipcbuf != NULL;

	return BAR(FP_TOO_LONG, n > HELIOS_MSG_WORDS) |
		BAR(FP_NO_BUFFER, !buffers && (cap || (n > HELIOS_MSG_REGS &&
			n <= HELIOS_MSG_WORDS))) |
		(cap && buffers ? cap_bars(t, to, rights) : 0);
}

/* By anything but what it is blocked in? */
static uint32_t
stopped_bar(const struct task *to)
{
	return BAR(to->blocked == BLOCKED_FAULT ? FP_FAULT_STOPPED :
		FP_STOPPED, to->suspended || to->no_space || to->dead);
}

static uint32_t
call_bars(const struct task *t, const struct slot *s)
{
	struct endpoint *e = cap_object(s);
	const struct waiter *w = e->queue.first;
	const struct task *to;
	bool several;

	if (w == NULL || !e->receivers)
		return ~0u;
	to = waiter_task(w);
	several = w->next != w || w->lower != NULL || w->skip != NULL;
	return BAR(FP_NO_RIGHT, !(cap_rights(s) & HELIOS_RIGHT_SEND)) |
		BAR(FP_SEVERAL, several) |
		BAR(FP_NOT_ALONE, !several && w->head != HEAD_ALONE) |
		BAR(FP_VIA, !several &&
			(w->via_next != NULL || w->via_prev != NULL)) |
		stopped_bar(to) | priority_bars(to) |
		message_bars(t, to, cap_rights(s));
}

static uint32_t
fault_bars(const struct task *t, const struct task *to)
{
	uint64_t kind = to->fault.words[HELIOS_FAULT_KIND];

	return BAR(FP_FAULT_LONG, helios_tag_nwords(t->regs.rsi) >
			HELIOS_MSG_REGS || helios_tag_ncaps(t->regs.rsi) > 0) |
		BAR(FP_FAULT_LABEL, helios_tag_label(t->regs.rsi) != 0) |
		BAR(FP_FAULT_KIND, kind != HELIOS_FAULT_PAGE &&
			kind != HELIOS_FAULT_EXCEPTION);
}

static uint32_t
reply_recv_bars(const struct task *t, const struct slot *s)
{
	const struct endpoint *e = cap_object(s);
	const struct task *to = t->caller;
	const struct note *n = task_bound_note(t);
	bool queued = e->queue.first != NULL;

	if (to == NULL)
		return ~0u;
	return BAR(FP_NO_RIGHT, !(cap_rights(s) & HELIOS_RIGHT_RECV)) |
		BAR(FP_SENDERS, queued && !e->receivers) |
		BAR(FP_RECEIVERS, queued && e->receivers) |
		BAR(FP_VIA, !queued && s->waiters != NULL) |
		BAR(FP_SEND_POLLERS, e->send_pollers.first != NULL) |
		BAR(FP_BOTH_POLLERS, e->both_pollers.first != NULL) |
		BAR(FP_NOTE_QUIET, n != NULL && n->bits == 0) |
		BAR(FP_NOTE_BITS, n != NULL && n->bits != 0) |
		stopped_bar(to) | priority_bars(to) |
		(to->blocked == BLOCKED_FAULT ? fault_bars(t, to) :
			message_bars(t, to, HELIOS_RIGHTS_ALL));
}

uint32_t
fp_bars(const struct task *t)
{
	const struct slot *s = task_slot(t, t->regs.rdi);
	uint32_t bars;

	if (s == NULL || cap_type(s) != HELIOS_ENDPOINT)
		return ~0u;
	bars = t->regs.rax == HELIOS_SYS_CALL ? call_bars(t, s) :
		reply_recv_bars(t, s);
	return bars | BAR(FP_FOREIGN, task_is_foreign(t)) |
		BAR(FP_REVOKE, revoke_pending()) |
		BAR(FP_TAG, helios_tag_ncaps(t->regs.rsi) > 1 ||
			(t->regs.rsi & (HELIOS_TAG_FAULT | HELIOS_TAG_NOTE)));
}
