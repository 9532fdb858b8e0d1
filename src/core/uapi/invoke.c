/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of kernel objects: a CALL on their capability.  What all have
 * in common is checked here; each type then decodes its own words.
 */
#include <stddef.h>

#include <cspace.h>
#include <klog.h>
#include <uapi.h>

/* The detail of INVALID_PARAM when it is the tag and no word. */
#define DETAIL_TAG	UINT64_MAX

uint64_t
inv_word_at(const struct invocation *inv, unsigned int i)
{
	const struct helios_regs *regs = &inv->task->regs;

	switch (i) {
	case 0:
		return regs->rdx;
	case 1:
		return regs->r10;
	case 2:
		return regs->r8;
	case 3:
		return regs->r9;
	default:
		return task_ipcbuf(inv->task)->words[i];
	}
}

void
inv_return(struct invocation *inv, uint64_t value)
{
	unsigned int i = inv->nout++;

	if (i < HELIOS_MSG_REGS)
		inv->out[i] = value;
	else
		task_ipcbuf(inv->task)->words[i] = value;
}

struct result
inv_can_return(const struct invocation *inv, unsigned int n)
{
	if (n <= HELIOS_MSG_REGS || task_ipcbuf(inv->task) != NULL)
		return RESULT_OK;
	return user_error(HELIOS_MISSING_PART, HELIOS_PART_IPCBUF,
			"the result of %u words needs an IPC buffer", n);
}

struct result
inv_need_words(const struct invocation *inv, unsigned int n)
{
	if (inv->nwords == n)
		return RESULT_OK;
	return user_error(HELIOS_INVALID_PARAM, inv->nwords,
			"%u words given, %u expected", inv->nwords, n);
}

struct result
inv_need_at_least(const struct invocation *inv, unsigned int n)
{
	if (inv->nwords >= n)
		return RESULT_OK;
	return user_error(HELIOS_INVALID_PARAM, inv->nwords,
			"%u words given, at least %u expected", inv->nwords,
			n);
}

struct result
inv_cap(const struct invocation *inv, unsigned int i, unsigned int type,
		struct slot **out)
{
	return task_lookup(inv->task, inv_word(inv, i), type, out);
}

struct result
inv_dest(const struct invocation *inv, unsigned int i, struct slot **out)
{
	uint64_t caddr = inv_word(inv, i);
	helios_cap_t dest = (helios_cap_t)caddr;
	struct cspace *cs = task_cspace(inv->task);

	/* Has the caller a table, and could it have this slot? */
	if (cs == NULL)
		return user_error(HELIOS_MISSING_PART, HELIOS_PART_CSPACE,
				"the task has no CSpace");
	if (caddr > HELIOS_CADDR_UNDEF)
		return user_error(HELIOS_INVALID_CADDR, caddr,
				"destination 0x%lx is no caddr", caddr);
	return dests_take(cs, &dest, 1, out);
}

struct result
inv_no_op(const struct invocation *inv)
{
	unsigned int type = cap_type(inv->slot);

	return user_error(HELIOS_INVALID_OP, HELIOS_LABEL(type, inv->op),
			"%s has no operation %u", type_name(type), inv->op);
}

static struct result (*const by_type[HELIOS_TYPE_COUNT])
		(struct invocation *) = {
	[HELIOS_MEMORY] = invoke_memory,
	[HELIOS_DEVMEM] = invoke_devmem,
	[HELIOS_CSPACE] = invoke_cspace,
	[HELIOS_VSPACE] = invoke_vspace,
	[HELIOS_PAGE] = invoke_page,
	[HELIOS_TASK] = invoke_task,
	[HELIOS_IRQCONTROL] = invoke_irqcontrol,
	[HELIOS_IRQHANDLER] = invoke_irqhandler,
	[HELIOS_IOCONTROL] = invoke_iocontrol,
	[HELIOS_IOPORT] = invoke_ioport,
	[HELIOS_SYSTEMCONTROL] = invoke_system,
};

/* Words in registers, and an operation of this type: nothing to check. */
static bool
is_plain(unsigned int type, uint64_t tag)
{
	return (tag & 0xff80) == 0 && tag >> 32 == type &&
		helios_tag_nwords(tag) <= HELIOS_MSG_REGS;
}

static __attribute__((noinline)) struct result
check_tag(const struct invocation *inv, uint64_t tag)
{
	unsigned int type = cap_type(inv->slot);

	/* Does it claim to be a fault or note, or bring capabilities? */
	if ((tag & (HELIOS_TAG_FAULT | HELIOS_TAG_NOTE)) ||
			helios_tag_ncaps(tag) != 0)
		return user_error(HELIOS_INVALID_PARAM, DETAIL_TAG,
				"tag 0x%lx: operations take capabilities as "
				"words; bits 15 to 7 must be 0", tag);
	if (inv->nwords > HELIOS_MSG_WORDS)
		return user_error(HELIOS_INVALID_PARAM, DETAIL_TAG,
				"%u words; 64 is the most", inv->nwords);
	/* Is the operation one of this type? */
	if (helios_tag_label(tag) >> 16 != type)
		return user_error(HELIOS_INVALID_CTYPE, type,
				"the operation is one of %s, found %s",
				type_name((unsigned int)
				(helios_tag_label(tag) >> 16)),
				type_name(type));
	/* Can the words be read that are not in registers? */
	if (inv->nwords > HELIOS_MSG_REGS && task_ipcbuf(inv->task) == NULL)
		return user_error(HELIOS_MISSING_PART, HELIOS_PART_IPCBUF,
				"%u words need an IPC buffer", inv->nwords);
	return RESULT_OK;
}

/* The results, as a message from nobody. */
static inline void
answer(const struct invocation *inv)
{
	struct helios_regs *regs = &inv->task->regs;
	unsigned int n = inv->nout;

	regs->rdi = 0;
	regs->rsi = helios_tag(0, n, 0);
	regs->rdx = n > 0 ? inv->out[0] : 0;
	regs->r10 = n > 1 ? inv->out[1] : 0;
	regs->r8 = n > 2 ? inv->out[2] : 0;
	regs->r9 = n > 3 ? inv->out[3] : 0;
}

struct result
invoke(struct task *t, struct slot *s, uint64_t tag)
{
	struct invocation inv;
	struct result r;

	inv.task = t;
	inv.slot = s;
	inv.op = (unsigned int)helios_tag_label(tag) & 0xffffu;
	inv.nwords = helios_tag_nwords(tag);
	inv.nout = 0;
	call_context_set((struct call_context){ .task = t->name,
		.slot = t->regs.rdi, .type = cap_type(s), .op = inv.op });
	if (!is_plain(cap_type(s), tag)) {
		r = check_tag(&inv, tag);
		if (r.status != HELIOS_OK)
			return r;
	}
	r = by_type[cap_type(s)](&inv);
	if (r.status == HELIOS_OK)
		answer(&inv);
	return r;
}
