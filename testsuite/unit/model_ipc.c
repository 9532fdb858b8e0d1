/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, notes and replies between the actors of the model. */
#include <string.h>

#include <task.h>

#include "model.h"

static int
index_of(const struct actor *a)
{
	return (int)(a - model.actors);
}

void
m_finish(int actor, unsigned int status)
{
	struct actor *a = &model.actors[actor];

	a->blocked = M_RUNS;
	a->where = NULL;
	a->via = NULL;
	a->finished = true;
	a->status = status;
	a->has_message = a->has_bits = false;
}

static void
leave_queue(struct actor *a)
{
	struct mobject *o = a->where;

	for (unsigned int i = 0; o != NULL && i < o->nqueue; i++) {
		if (o->queue[i] != index_of(a))
			continue;
		memmove(&o->queue[i], &o->queue[i + 1],
			(o->nqueue - i - 1) * sizeof(o->queue[0]));
		o->nqueue--;
		return;
	}
}

static void
join_queue(struct actor *a, struct mobject *o, struct mnode *via,
	enum mblocked how)
{
	a->blocked = how;
	a->where = o;
	a->via = via;
	a->finished = false;
	o->queue[o->nqueue++] = index_of(a);
}

/* It does not wait for a reply any more: nobody owes it one. */
static void
forget_caller(struct actor *a)
{
	struct mnode *reply = a->reply;

	for (unsigned int i = 0; i < ACTORS; i++)
		if (model.actors[i].owes == index_of(a))
			model.actors[i].owes = NOBODY;
	a->reply = NULL;
	if (reply != NULL) {
		reply->caller = NOBODY;
		m_destroy(reply, false);
	}
}

void
m_unblock(int actor, unsigned int status)
{
	struct actor *a = &model.actors[actor];

	if (a->blocked == M_CALLING)
		forget_caller(a);
	leave_queue(a);
	m_finish(actor, status);
}

void
m_via_gone(struct mnode *n)
{
	for (int i = 0; i < ACTORS; i++)
		if (model.actors[i].via == n)
			m_unblock(i, MAY(HELIOS_REVOKED));
}

/* A stored Reply is destroyed: who waits for it? */
void
m_reply_gone(struct mnode *n)
{
	int caller = n->caller;

	if (caller == NOBODY)
		return;
	n->caller = NOBODY;
	model.actors[caller].reply = NULL;
	m_finish(caller, MAY(HELIOS_CANCELED));
}

/* It receives without having answered. */
static void
drop_owed(struct actor *a)
{
	int caller = a->owes;

	a->owes = NOBODY;
	if (caller != NOBODY)
		m_finish(caller, MAY(HELIOS_CANCELED));
}

/* The sender's half: what is wrong with the message? */
static unsigned int
check_message(const struct actor *a, const struct message *m, bool grant,
	const struct mnode *answered)
{
	unsigned int errors = 0;

	if (m->ncaps > 0 && !grant)
		errors |= MAY(HELIOS_ACCESS);
	for (unsigned int i = 0; i < m->ncaps; i++) {
		struct mnode *n = m_lookup(a->cspace, m->caps[i], 0, &errors);

		if (n == NULL || m_can_copy(n->type))
			continue;
		if (n == answered)
			errors |= MAY(HELIOS_INVALID_PARAM);
		for (unsigned int j = 0; j < i; j++)
			if (m->caps[j] == m->caps[i])
				errors |= MAY(HELIOS_INVALID_PARAM);
	}
	return errors;
}

/* The receiver's half: can it take that many? */
static bool
accepts(const struct actor *to, unsigned int ncaps)
{
	if (ncaps == 0)
		return true;
	return to->naccept >= ncaps &&
		m_check_dests(to->cspace, to->accept, ncaps) == 0;
}

static void
transfer_cap(struct mnode *src, struct actor *to, unsigned int at)
{
	struct mnode *n = src;

	if (m_can_copy(src->type))
		n = m_node(src->type, src->object, src->rights, src->badge,
			src);
	else
		m_unplace(src);
	m_place(n, to->cspace, at);
}

/* The message arrives; the kernel's choice of slots stands in the buffer. */
static void
transfer(struct actor *from, struct actor *to, const struct message *m,
	uint64_t badge)
{
	struct mnode *src[M_CAPS];
	unsigned int errors = 0;
	const struct helios_ipcbuf *buf = task_ipcbuf(to->task);

	for (unsigned int i = 0; i < m->ncaps; i++)
		src[i] = m_lookup(from->cspace, m->caps[i], 0, &errors);
	for (unsigned int i = 0; i < m->ncaps; i++) {
		uint64_t at = buf->caps[i];

		if (at >= to->cspace->nslots)
			unit_fail("a capability arrived at slot %lu",
				(unsigned long)at);
		if (to->accept[i] != UNDEF && to->accept[i] != at)
			unit_fail("a capability arrived at slot %lu, not %u",
				(unsigned long)at, to->accept[i]);
		transfer_cap(src[i], to, (unsigned int)at);
	}
	leave_queue(to);
	m_finish(index_of(to), MAY(HELIOS_OK));
	to->has_message = true;
	to->got_badge = badge;
	to->got_tag = helios_tag(m->label, m->nwords, m->ncaps);
	memset(to->words, 0, sizeof(to->words));
	memcpy(to->words, m->words, m->nwords * sizeof(m->words[0]));
}

/* from's message was taken by to. */
static void
sent(struct actor *from, struct actor *to)
{
	leave_queue(from);
	if (!from->is_call) {
		m_finish(index_of(from), MAY(HELIOS_OK));
		return;
	}
	from->blocked = M_CALLING;
	from->where = NULL;
	from->via = NULL;
	from->finished = false;
	to->owes = index_of(from);
}

static struct actor *
first_of(const struct mobject *o, enum mblocked how)
{
	struct actor *a;

	if (o->nqueue == 0)
		return NULL;
	a = &model.actors[o->queue[0]];
	return a->blocked == how ? a : NULL;
}

static void
signal_note(struct mobject *o, uint64_t badge)
{
	struct actor *a = first_of(o, M_WAITING);

	o->bits |= badge == 0 ? 1 : badge;
	if (a == NULL)
		return;
	leave_queue(a);
	m_finish(index_of(a), MAY(HELIOS_OK));
	a->has_bits = true;
	a->bits = o->bits;
	o->bits = 0;
}

static unsigned int
predict_send(const struct mop *op, const struct actor *a)
{
	unsigned int errors = 0;
	struct mnode *n = m_lookup(a->cspace, op->cap, 0, &errors);
	const struct actor *to;

	if (n == NULL)
		return errors;
	if (n->type == HELIOS_REPLY)
		return check_message(a, &op->message, true, n);
	if (!(n->rights & HELIOS_RIGHT_SEND))
		errors |= MAY(HELIOS_ACCESS);
	if (n->type == HELIOS_NOTE)
		return errors;
	errors |= check_message(a, &op->message,
		n->rights & HELIOS_RIGHT_GRANT, NULL);
	to = first_of(n->object, M_RECEIVING);
	if (to == NULL && op->kind == K_NBSEND)
		errors |= MAY(HELIOS_WOULD_BLOCK);
	if (to != NULL && !accepts(to, op->message.ncaps))
		errors |= MAY(HELIOS_REFUSED);
	return errors;
}

static bool
sender_is_good(const struct actor *from, const struct actor *to)
{
	return check_message(from, &from->sending, from->grant, NULL) == 0 &&
		accepts(to, from->sending.ncaps);
}

static unsigned int
predict_recv(const struct mop *op, struct actor *a)
{
	unsigned int errors = 0;
	struct mnode *n = m_lookup(a->cspace, op->cap, 0, &errors);
	bool block = op->kind == K_RECV || op->kind == K_WAIT;
	bool ready = false;

	if (n == NULL)
		return errors;
	if (!(n->rights & HELIOS_RIGHT_RECV))
		errors |= MAY(HELIOS_ACCESS);
	if (n->type == HELIOS_NOTE) {
		ready = n->object->bits != 0;
	} else {
		struct actor with = *a;

		with.naccept = op->naccept;
		memcpy(with.accept, op->accept, sizeof(with.accept));
		if (first_of(n->object, M_SENDING) != NULL)
			for (unsigned int i = 0; i < n->object->nqueue; i++)
				ready |= sender_is_good(&model.actors[
					n->object->queue[i]], &with);
	}
	return errors | (ready || block ? 0 : MAY(HELIOS_WOULD_BLOCK));
}

unsigned int
m_predict_ipc(const struct mop *op)
{
	struct actor *a = &model.actors[op->actor];
	unsigned int errors = 0;
	struct mnode *n;

	switch (op->kind) {
	case K_SEND:
	case K_CALL:
	case K_NBSEND:
		errors = predict_send(op, a);
		break;
	case K_RECV:
	case K_NBRECV:
	case K_WAIT:
	case K_NBWAIT:
		errors = predict_recv(op, a);
		break;
	case K_REPLY:
		errors = check_message(a, &op->message, true, NULL);
		if (a->owes == NOBODY)
			errors |= MAY(HELIOS_NO_REPLY);
		break;
	case K_SIGNAL:
		n = m_lookup(a->cspace, op->cap, HELIOS_NOTE, &errors);
		if (n != NULL && !(n->rights & HELIOS_RIGHT_SEND))
			errors |= MAY(HELIOS_ACCESS);
		break;
	}
	return errors != 0 ? errors : MAY(HELIOS_OK);
}

static void
answer(struct actor *a, int caller, const struct message *m)
{
	struct actor *to = &model.actors[caller];

	if (accepts(to, m->ncaps))
		transfer(a, to, m, 0);
	else
		m_finish(caller, MAY(HELIOS_REFUSED));
}

static void
apply_send(const struct mop *op, struct actor *a)
{
	unsigned int errors = 0;
	struct mnode *n = m_lookup(a->cspace, op->cap, 0, &errors);
	struct actor *to;
	int caller;

	if (n->type == HELIOS_NOTE || n->type == HELIOS_REPLY)
		m_finish(op->actor, MAY(HELIOS_OK));
	if (n->type == HELIOS_NOTE) {
		signal_note(n->object, n->badge);
		return;
	}
	if (n->type == HELIOS_REPLY) {
		caller = n->caller;
		model.actors[caller].reply = NULL;
		n->caller = NOBODY;
		m_destroy(n, true);
		answer(a, caller, &op->message);
		return;
	}
	a->is_call = op->kind == K_CALL;
	a->grant = n->rights & HELIOS_RIGHT_GRANT;
	a->badge = n->badge;
	a->sending = op->message;
	a->naccept = op->naccept;
	memcpy(a->accept, op->accept, sizeof(a->accept));
	to = first_of(n->object, M_RECEIVING);
	if (to == NULL) {
		join_queue(a, n->object, n, M_SENDING);
		return;
	}
	transfer(a, to, &a->sending, a->badge);
	sent(a, to);
}

static void
apply_wait(const struct mop *op, struct actor *a, struct mnode *n)
{
	if (n->object->bits == 0) {
		if (op->kind == K_RECV || op->kind == K_WAIT)
			join_queue(a, n->object, n, M_WAITING);
		return;
	}
	m_finish(op->actor, MAY(HELIOS_OK));
	a->has_bits = true;
	a->bits = n->object->bits;
	n->object->bits = 0;
}

/* Senders whose message is bad, or too much for us, fail; we go on. */
static void
apply_recv(const struct mop *op, struct actor *a)
{
	unsigned int errors = 0;
	struct mnode *n = m_lookup(a->cspace, op->cap, 0, &errors);
	struct actor *from;

	if (n == NULL || !(n->rights & HELIOS_RIGHT_RECV))
		return;
	if (n->type == HELIOS_NOTE) {
		apply_wait(op, a, n);
		return;
	}
	a->naccept = op->naccept;
	memcpy(a->accept, op->accept, sizeof(a->accept));
	while ((from = first_of(n->object, M_SENDING)) != NULL) {
		unsigned int bad = check_message(from, &from->sending,
			from->grant, NULL);

		if (bad == 0 && accepts(a, from->sending.ncaps)) {
			drop_owed(a);
			transfer(from, a, &from->sending, from->badge);
			sent(from, a);
			return;
		}
		m_unblock(index_of(from), bad != 0 ? bad :
			MAY(HELIOS_REFUSED));
	}
	if (op->kind == K_NBRECV)
		return;
	drop_owed(a);
	join_queue(a, n->object, n, M_RECEIVING);
}

void
m_apply_ipc(const struct mop *op)
{
	struct actor *a = &model.actors[op->actor];
	unsigned int errors = 0;
	struct mnode *n;
	int caller = a->owes;

	switch (op->kind) {
	case K_SEND:
	case K_CALL:
	case K_NBSEND:
		apply_send(op, a);
		break;
	case K_RECV:
	case K_NBRECV:
	case K_WAIT:
	case K_NBWAIT:
		apply_recv(op, a);
		break;
	case K_REPLY:
		a->owes = NOBODY;
		m_finish(op->actor, MAY(HELIOS_OK));
		answer(a, caller, &op->message);
		break;
	case K_SIGNAL:
		n = m_lookup(a->cspace, op->cap, HELIOS_NOTE, &errors);
		m_finish(op->actor, MAY(HELIOS_OK));
		signal_note(n->object, n->badge);
		break;
	}
}
