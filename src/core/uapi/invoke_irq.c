/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of IRQControl and IRQHandler.
 */
#include <hal.h>

#include <cspace.h>
#include <irq.h>
#include <klog.h>
#include <uapi.h>

static struct result
decode_issue(const struct invocation *inv, struct slot **note)
{
	struct result r = inv_need_words(inv, 3);
	uint64_t irq;

	if (r.status != HELIOS_OK)
		return r;
	irq = inv_word(inv, 0);
	/* Is there such a line, and is it free? */
	if (irq >= hal_irq_count() || irq >= IRQ_MAX)
		return user_error(HELIOS_INVALID_PARAM, 0, "interrupt %lu; "
				"there are %u", irq, hal_irq_count());
	if (irqhandlers[irq].issued)
		return user_error(HELIOS_BUSY, irq, "interrupt %lu has a "
				"handler already", irq);
	r = inv_cap(inv, 1, HELIOS_NOTE, note);
	if (r.status != HELIOS_OK)
		return r;
	if (!(cap_rights(*note) & HELIOS_RIGHT_SEND))
		return user_error(HELIOS_ACCESS, cap_rights(*note),
				"the note for an interrupt needs SEND");
	return RESULT_OK;
}

static struct result
op_issue(struct invocation *inv)
{
	struct slot *note, *dest;
	struct cspace *cs = task_cspace(inv->task);
	struct result r = decode_issue(inv, &note);

	if (r.status == HELIOS_OK)
		r = inv_dest(inv, 2, &dest);
	if (r.status != HELIOS_OK)
		return r;
	irqhandler_issue((unsigned int)inv_word(inv, 0), note, dest,
			inv->slot);
	inv_return(inv, slot_index(cs, dest));
	return RESULT_OK;
}

struct result
invoke_irqcontrol(struct invocation *inv)
{
	struct result r;

	switch (inv->op) {
	case HELIOS_IRQCONTROL_ISSUE:
		return op_issue(inv);
	case HELIOS_IRQCONTROL_INFO:
		r = inv_need_words(inv, 0);
		if (r.status == HELIOS_OK)
			inv_return(inv, hal_irq_count());
		return r;
	default:
		return inv_no_op(inv);
	}
}

struct result
invoke_irqhandler(struct invocation *inv)
{
	struct irqhandler *h = cap_object(inv->slot);
	struct result r = inv_need_words(inv, 0);

	if (inv->op > HELIOS_IRQHANDLER_INFO)
		return inv_no_op(inv);
	if (r.status != HELIOS_OK)
		return r;
	if (inv->op == HELIOS_IRQHANDLER_ACK) {
		irqhandler_ack(h);
		return RESULT_OK;
	}
	inv_return(inv, h->irq);
	inv_return(inv, h->count);
	inv_return(inv, h->masked);
	return RESULT_OK;
}
