/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The transfer of one message.
 *
 * It is all or nothing, and every check comes before the first change: first
 * the sender's half (message_check: words, buffer, rights, capabilities),
 * whose failure is an ordinary error of the sender, then the receiver's (its
 * buffer, and room for the capabilities), which the sender sees as REFUSED.
 *
 * Capabilities that cannot be copied move; the others arrive as children of
 * the sender's, which the sender can revoke.
 */
#include <stddef.h>

#include <helios/types.h>

#include <cspace.h>
#include <ipc.h>
#include <klog.h>

/* The detail of INVALID_PARAM when it is the tag and no word. */
#define DETAIL_TAG	UINT64_MAX

static struct result
check_tag(const struct task *t)
{
	uint64_t tag = t->regs.rsi;
	unsigned int nwords = helios_tag_nwords(tag);
	unsigned int ncaps = helios_tag_ncaps(tag);

	/* Does it claim to be a fault or a note? */
	if (tag & (HELIOS_TAG_FAULT | HELIOS_TAG_NOTE))
		return user_error(HELIOS_INVALID_PARAM, DETAIL_TAG,
				"tag 0x%lx: the fault and note bits are the "
				"kernel's own; clear bits 15 and 7", tag);
	/* Is it longer than a message can be? */
	if (nwords > HELIOS_MSG_WORDS || ncaps > HELIOS_MSG_CAPS)
		return user_error(HELIOS_INVALID_PARAM, DETAIL_TAG,
				"%u words and %u capabilities in the tag; "
				"64 of each is the most", nwords, ncaps);
	/* Is there a buffer for what does not fit into registers? */
	if ((nwords > HELIOS_MSG_REGS || ncaps > 0) && task_ipcbuf(t) == NULL)
		return user_error(HELIOS_MISSING_PART, HELIOS_PART_IPCBUF,
				"%u words and %u capabilities need an IPC "
				"buffer; Task.CONFIGURE sets one", nwords,
				ncaps);
	return RESULT_OK;
}

/* Is capability i, which moves, named before?  It can move only once. */
static bool
named_before(const struct helios_ipcbuf *buf, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++)
		if (buf->caps[j] == buf->caps[i])
			return true;
	return false;
}

static struct result
check_cap(struct task *t, unsigned int i, const struct slot *answered)
{
	const struct helios_ipcbuf *buf = task_ipcbuf(t);
	struct slot *s;
	struct result r = task_lookup(t, buf->caps[i], HELIOS_NULL, &s);

	if (r.status != HELIOS_OK)
		return r;
	if (cap_copyable(cap_type(s)))
		return RESULT_OK;
	/* Would it have to move twice, or is it the Reply itself? */
	if (s == answered || named_before(buf, i))
		return user_error(HELIOS_INVALID_PARAM, i,
				"capability %u (slot %u) moves, and is used "
				"twice by this message", i, buf->caps[i]);
	return RESULT_OK;
}

static __attribute__((noinline)) struct result
check_all(struct task *t, unsigned int rights, const struct slot *answered)
{
	struct result r = check_tag(t);
	unsigned int ncaps = helios_tag_ncaps(t->regs.rsi);

	if (r.status != HELIOS_OK || ncaps == 0)
		return r;
	/* May capabilities travel through this endpoint? */
	if (!(rights & HELIOS_RIGHT_GRANT))
		return user_error(HELIOS_ACCESS, rights,
				"%u capabilities in the message, but the "
				"endpoint capability has no GRANT", ncaps);
	for (unsigned int i = 0; i < ncaps; i++) {
		r = check_cap(t, i, answered);
		if (r.status != HELIOS_OK)
			return r;
	}
	return RESULT_OK;
}

struct result
message_check(struct task *t, unsigned int rights,
		const struct slot *answered)
{
	return message_plain(t->regs.rsi) ? RESULT_OK :
		check_all(t, rights, answered);
}

/* Take the receiver's slots for n capabilities. */
static struct result
take_dests(struct task *to, unsigned int n, struct slot **dests)
{
	struct helios_ipcbuf *buf = task_ipcbuf(to);
	struct cspace *cs = task_cspace(to);
	unsigned int accepts = 0;

	if (buf != NULL && cs != NULL)
		accepts = buf->accept_count;
	if (accepts > HELIOS_MSG_CAPS)
		accepts = HELIOS_MSG_CAPS;
	/* Does the receiver want that many? */
	if (accepts < n)
		return user_error(HELIOS_REFUSED, accepts,
				"%u capabilities sent, task '%s' accepts %u",
				n, to->name, accepts);
	/* Has it room where it wants them? */
	if (dests_take(cs, buf->accept, n, dests).status != HELIOS_OK)
		return user_error(HELIOS_REFUSED, accepts,
				"task '%s' has no free slots where it accepts "
				"capabilities", to->name);
	return RESULT_OK;
}

static void
transfer_cap(struct task *from, struct slot *src, struct slot *dst)
{
	if (cap_copyable(cap_type(src))) {
		cap_copy(dst, src, cap_rights(src), src->word);
		return;
	}
	cap_move(dst, src);
	slot_release(task_cspace(from), src);
}

static void
transfer_caps(struct task *from, struct task *to, unsigned int n,
		struct slot **dests)
{
	struct helios_ipcbuf *in = task_ipcbuf(from), *out = task_ipcbuf(to);
	struct slot *src[HELIOS_MSG_CAPS];
	struct result r;

	/* All sources first: the two may share one buffer. */
	for (unsigned int i = 0; i < n; i++) {
		r = task_lookup(from, in->caps[i], HELIOS_NULL, &src[i]);
		kassert(r.status == HELIOS_OK);
		(void)r;
	}
	for (unsigned int i = 0; i < n; i++) {
		transfer_cap(from, src[i], dests[i]);
		out->caps[i] = slot_index(task_cspace(to), dests[i]);
	}
}

/* What is in the buffers: the capabilities, and the words from the fifth. */
static __attribute__((noinline)) struct result
transfer_buffers(struct task *from, struct task *to)
{
	unsigned int nwords = helios_tag_nwords(from->regs.rsi);
	unsigned int ncaps = helios_tag_ncaps(from->regs.rsi);
	struct slot *dests[HELIOS_MSG_CAPS];
	struct helios_ipcbuf *out = task_ipcbuf(to);
	const struct helios_ipcbuf *in = task_ipcbuf(from);
	struct result r;

	/* Can the receiver take words that do not fit into registers? */
	if (nwords > HELIOS_MSG_REGS && out == NULL)
		return user_error(HELIOS_REFUSED, 0, "%u words sent, but task "
				"'%s' has no IPC buffer", nwords, to->name);
	if (ncaps > 0) {
		r = take_dests(to, ncaps, dests);
		if (r.status != HELIOS_OK)
			return r;
		transfer_caps(from, to, ncaps, dests);
	}
	if (nwords > HELIOS_MSG_REGS)
		message_copy(out, in, nwords);
	return RESULT_OK;
}

struct result
message_transfer(struct task *from, struct task *to, uint64_t badge)
{
	if (!message_plain(from->regs.rsi)) {
		struct result r = transfer_buffers(from, to);

		if (r.status != HELIOS_OK)
			return r;
	}
	message_pass(&to->regs, badge, &from->regs);
	return RESULT_OK;
}

void
message_deliver(struct task *to, uint64_t badge, uint64_t bit,
		const uint64_t *words, unsigned int nwords)
{
	struct helios_ipcbuf *out = task_ipcbuf(to);

	if (out == NULL && nwords > HELIOS_MSG_REGS)
		nwords = HELIOS_MSG_REGS;
	for (unsigned int i = HELIOS_MSG_REGS; i < nwords; i++)
		out->words[i] = words[i];
	message_set(&to->regs, badge, helios_tag(0, nwords, 0) | bit, words);
}
