/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of CSpace.
 *
 * DESTROY and REVOKE may take long.  They are preempted between steps, and go
 * on without looking anything up again (run_with_help): what they were asked
 * with may be among what is gone.  While they are preempted, others that make
 * system calls take steps for them (cap.h).
 */
#include <stddef.h>

#include <cspace.h>
#include <hal.h>
#include <ipc.h>
#include <uapi.h>

/* The source of COPY, MOVE and MINT: words 1 and 2. */
static inline __attribute__((always_inline)) struct result
decode_source(const struct invocation *inv, struct cspace **from,
		uint64_t caddr, struct slot **src)
{
	uint64_t w = inv_word(inv, 1);
	struct slot *table;
	struct result r;

	*from = cap_object(inv->slot);
	if (w != HELIOS_CADDR_UNDEF) {
		r = inv_cap(inv, 1, HELIOS_CSPACE, &table);
		if (r.status != HELIOS_OK)
			return r;
		*from = cap_object(table);
	}
	return cspace_lookup(*from, caddr, HELIOS_NULL, src);
}

static struct result
take_dest(const struct invocation *inv, struct slot **dest)
{
	return dest_take(cap_object(inv->slot), inv_word(inv, 0), dest);
}

static void
return_dest(struct invocation *inv, const struct slot *dest)
{
	inv_return(inv, slot_index(cap_object(inv->slot), dest));
}

/* May it be copied, and are these rights? */
static inline struct result
check_copy(const struct slot *src, uint64_t rights, unsigned int word)
{
	if (!cap_copyable(cap_type(src)))
		return user_error(HELIOS_UNSUPPORTED, cap_type(src),
			"a %s can only be moved", type_name(cap_type(src)));
	if (rights & ~(uint64_t)HELIOS_RIGHTS_ALL)
		return user_error(HELIOS_INVALID_PARAM, word,
			"rights within %x expected, %lx found",
			HELIOS_RIGHTS_ALL, rights);
	return RESULT_OK;
}

static struct result
copy_to_dest(struct invocation *inv, struct slot *src, uint64_t rights,
		uint64_t badge)
{
	struct slot *dest;
	struct result r = take_dest(inv, &dest);

	if (r.status != HELIOS_OK)
		return r;
	cap_copy(dest, src, cap_rights(src) & (unsigned int)rights, badge);
	return_dest(inv, dest);
	return RESULT_OK;
}

static struct result
cspace_copy(struct invocation *inv)
{
	struct cspace *from;
	struct slot *src = NULL;
	struct result r = inv_need_words(inv, 4);

	if (r.status == HELIOS_OK)
		r = decode_source(inv, &from, inv_word(inv, 2), &src);
	if (r.status == HELIOS_OK)
		r = check_copy(src, inv_word(inv, 3), 3);
	if (r.status != HELIOS_OK)
		return r;
	return copy_to_dest(inv, src, inv_word(inv, 3), src->word);
}

static struct result
cspace_mint(struct invocation *inv)
{
	uint64_t badge, caddr, rights;
	struct cspace *from;
	struct slot *src = NULL;
	struct result r = inv_need_words(inv, 4);

	if (r.status != HELIOS_OK)
		return r;
	caddr = inv_word(inv, 2) & UINT32_MAX;
	rights = inv_word(inv, 2) >> 32;
	badge = inv_word(inv, 3);
	r = decode_source(inv, &from, caddr, &src);
	if (r.status == HELIOS_OK)
		r = check_copy(src, rights, 2);
	if (r.status != HELIOS_OK)
		return r;
	/* Does a badge mean anything here, and is there none yet? */
	if (cap_type(src) != HELIOS_ENDPOINT && cap_type(src) != HELIOS_NOTE)
		return user_error(HELIOS_INVALID_CTYPE, cap_type(src),
			"an Endpoint or Note expected, %s found",
			type_name(cap_type(src)));
	if (badge == 0)
		return user_error(HELIOS_INVALID_PARAM, 3,
			"a badge other than 0 expected");
	if (src->word != 0)
		return user_error(HELIOS_BUSY, src->word,
			"an unbadged capability expected, its badge is %lx",
			src->word);
	return copy_to_dest(inv, src, rights, badge);
}

static struct result
cspace_move(struct invocation *inv)
{
	struct cspace *from, *to = cap_object(inv->slot);
	struct slot *src = NULL, *dest;
	struct result r = inv_need_words(inv, 3);

	if (r.status == HELIOS_OK)
		r = decode_source(inv, &from, inv_word(inv, 2), &src);
	if (r.status == HELIOS_OK)
		r = take_dest(inv, &dest);
	if (r.status != HELIOS_OK)
		return r;
	cap_move(dest, src);
	slot_release(from, src);
	/* The invoked capability itself may be what moved. */
	inv_return(inv, slot_index(to, dest));
	return RESULT_OK;
}

/* Is there something in the slot? */
static inline struct result
check_in_use(struct cspace *cs, uint64_t caddr)
{
	struct slot *s;
	struct result r = cspace_slot(cs, caddr, &s);

	if (r.status == HELIOS_OK && cap_type(s) == HELIOS_NULL)
		return user_error(HELIOS_INVALID_CSLOT, caddr, "a capability "
			"expected in slot %lu, it is empty", caddr);
	return r;
}

/* Are all these slots in use, and each named once? */
static struct result
decode_destroy(struct cspace *cs, const uint64_t *caddr, unsigned int n)
{
	struct result r;
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		r = check_in_use(cs, caddr[i]);
		if (r.status != HELIOS_OK)
			return r;
		for (j = 0; j < i; j++)
			if (caddr[j] == caddr[i])
				return user_error(HELIOS_INVALID_PARAM, i,
					"slot %lu is named twice", caddr[i]);
	}
	return RESULT_OK;
}

/* Destroy one slot as its holder.  OK, PREEMPTED, or the task died of it. */
static struct result
destroy_slot(struct task *t, struct cspace *cs, struct slot *s)
{
	if (cap_type(s) == HELIOS_NULL)	/* gone while we were preempted */
		return RESULT_OK;
	if (cap_type(s) == HELIOS_DEAD) {
		cs->ndead--;
		s->cap = 0;
	} else {
		while (!cap_destroy_step_in_cspace(s)) {
			if (t->dead)
				return result_blocked();
			if (hal_irq_pending()) {
				/* Of others the children stay: no help. */
				if (cap_is_factory(cap_type(s)))
					revoke_suspend(t, s);
				return result_preempted();
			}
		}
	}
	slot_release(cs, s);
	return t->dead ? result_blocked() : RESULT_OK;
}

struct result
cspace_go_on_destroying(struct task *t)
{
	struct slot *table = &t->slots[SLOT_DESTROY];
	bool lost = cap_type(table) == HELIOS_NULL;
	struct cspace *cs = cap_object(table);
	struct slot *current = t->revoking;
	struct result r = RESULT_OK;

	/* The one it stopped at comes first, wherever it is by now. */
	revoke_resume(t);
	if (current != NULL) {
		r = destroy_slot(t, slot_cspace(current), current);
		if (r.status != HELIOS_OK)
			return r;
		t->destroyed++;
	}
	/* Was the capability to the table revoked since?  (If it goes in this
	 * very entry, the table itself is still there.) */
	if (lost && t->destroyed < t->ndoomed)
		return user_error(HELIOS_REVOKED, t->regs.rdi,
			"the CSpace capability was revoked, with %u of %u "
			"slots destroyed", t->destroyed, t->ndoomed);
	while (t->destroyed < t->ndoomed) {
		r = destroy_slot(t, cs, &cs->slots[t->doomed[t->destroyed]]);
		if (r.status != HELIOS_OK)
			return r;
		if (++t->destroyed < t->ndoomed && hal_irq_pending())
			return result_preempted();
	}
	return RESULT_OK;
}

/* The call is told by its notes from now on: what it was asked with may be
 * among what goes, or gone already. */
static void
note_destroying(struct invocation *inv, const uint64_t *caddr, unsigned int n)
{
	struct task *t = inv->task;

	for (unsigned int i = 0; i < n; i++)
		t->doomed[i] = (uint16_t)caddr[i];
	t->ndoomed = (uint8_t)n;
	t->destroyed = 0;
	t->working = true;
	if (cap_type(inv->slot) == HELIOS_CSPACE)
		task_set_slot(t, SLOT_DESTROY, inv->slot);
}

/* One is the rule, and needs no notes unless it is preempted. */
static struct result
destroy_one(struct invocation *inv, uint64_t caddr)
{
	struct cspace *cs = cap_object(inv->slot);
	struct result r = check_in_use(cs, caddr);

	if (r.status != HELIOS_OK)
		return r;
	r = destroy_slot(inv->task, cs, &cs->slots[caddr]);
	if (r.status == RESULT_PREEMPTED)
		note_destroying(inv, &caddr, 1);
	return r;
}

static __attribute__((noinline)) struct result
destroy_several(struct invocation *inv)
{
	struct task *t = inv->task;
	uint64_t caddr[HELIOS_MSG_WORDS];
	unsigned int i, n = inv->nwords;
	struct result r = inv_need_at_least(inv, 1);

	for (i = 0; i < n; i++)
		caddr[i] = inv_word(inv, i);
	if (r.status == HELIOS_OK)
		r = decode_destroy(cap_object(inv->slot), caddr, n);
	if (r.status != HELIOS_OK)
		return r;
	note_destroying(inv, caddr, n);
	return cspace_go_on_destroying(t);
}

static struct result
cspace_destroy(struct invocation *inv)
{
	if (inv->nwords == 1)
		return destroy_one(inv, inv_word(inv, 0));
	return destroy_several(inv);
}

static struct result
cspace_revoke(struct invocation *inv)
{
	struct task *t = inv->task;
	struct slot *s = NULL;
	struct result r = inv_need_words(inv, 1);

	if (r.status == HELIOS_OK)
		r = cspace_lookup(cap_object(inv->slot), inv_word(inv, 0),
			HELIOS_NULL, &s);
	if (r.status != HELIOS_OK)
		return r;
	revoke_resume(t);
	while (!cap_revoke_step(s)) {
		if (t->dead)
			return result_blocked();
		if (hal_irq_pending()) {
			revoke_suspend(t, s);
			return result_preempted();
		}
	}
	return t->dead ? result_blocked() : RESULT_OK;
}

static struct result
cspace_store_reply(struct invocation *inv)
{
	struct slot *dest;
	struct result r = inv_need_words(inv, 1);

	if (r.status != HELIOS_OK)
		return r;
	if (!reply_owed(inv->task))
		return user_error(HELIOS_NO_REPLY, 0,
			"the task owes nobody a reply");
	r = take_dest(inv, &dest);
	if (r.status != HELIOS_OK)
		return r;
	reply_store(inv->task, dest);
	return_dest(inv, dest);
	return RESULT_OK;
}

static struct result
cspace_info(struct invocation *inv)
{
	const struct cspace *cs = cap_object(inv->slot);
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
	inv_return(inv, cs->nslots);
	inv_return(inv, cs->nslots - cs->nfree - cs->ndead);
	inv_return(inv, cs->nfree);
	inv_return(inv, cs->ndead);
	return RESULT_OK;
}

static uint64_t
slot_object_id(const struct slot *s)
{
	const struct object *o;

	switch (cap_type(s)) {
	case HELIOS_NULL:
	case HELIOS_DEAD:
	case HELIOS_PAGE:
	case HELIOS_REPLY:
	case HELIOS_IOPORT:
		return 0;
	}
	o = cap_object(s);
	return o->id;
}

static bool
is_badgeable(const struct slot *s)
{
	return cap_type(s) == HELIOS_ENDPOINT || cap_type(s) == HELIOS_NOTE;
}

uint64_t
slot_identify(const struct slot *s)
{
	unsigned int rights = cap_rights(s);
	uint64_t w = (uint64_t)cap_type(s) << 2;

	w |= rights & HELIOS_RIGHT_SEND ? HELIOS_IDENTIFY_SEND : 0;
	w |= rights & HELIOS_RIGHT_RECV ? HELIOS_IDENTIFY_RECV : 0;
	w |= rights & HELIOS_RIGHT_GRANT ? HELIOS_IDENTIFY_GRANT : 0;
	w |= rights & HELIOS_RIGHT_R ? HELIOS_IDENTIFY_R : 0;
	w |= rights & HELIOS_RIGHT_W ? HELIOS_IDENTIFY_W : 0;
	w |= rights & HELIOS_RIGHT_X ? HELIOS_IDENTIFY_X : 0;
	w |= is_badgeable(s) && s->word != 0 ? HELIOS_IDENTIFY_BADGED : 0;
	return w;
}

static struct result
cspace_slot_info(struct invocation *inv)
{
	struct slot *s;
	struct result r = inv_need_words(inv, 1);

	if (r.status == HELIOS_OK)
		r = cspace_slot(cap_object(inv->slot), inv_word(inv, 0), &s);
	if (r.status != HELIOS_OK)
		return r;
	inv_return(inv, slot_identify(s));
	inv_return(inv, is_badgeable(s) ? s->word : 0);
	inv_return(inv, slot_object_id(s));
	return RESULT_OK;
}

struct result
invoke_cspace(struct invocation *inv)
{
	static struct result (*const ops[])(struct invocation *) = {
		[HELIOS_CSPACE_DESTROY] = cspace_destroy,
		[HELIOS_CSPACE_COPY] = cspace_copy,
		[HELIOS_CSPACE_MOVE] = cspace_move,
		[HELIOS_CSPACE_MINT] = cspace_mint,
		[HELIOS_CSPACE_REVOKE] = cspace_revoke,
		[HELIOS_CSPACE_STORE_REPLY] = cspace_store_reply,
		[HELIOS_CSPACE_INFO] = cspace_info,
		[HELIOS_CSPACE_SLOT_INFO] = cspace_slot_info,
	};

	return inv_run(inv, ops, sizeof(ops) / sizeof(ops[0]));
}
