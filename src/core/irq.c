/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts as signals.  A line that fires is masked until its handler's
 * ACK, so a driver is never interrupted faster than it can keep up.  Also
 * the objects behind the control capabilities, of which there is one each.
 */
#include <stddef.h>

#include <hal.h>

#include <ipc.h>
#include <irq.h>
#include <klog.h>

struct irqhandler irqhandlers[IRQ_MAX];
struct object irqcontrol, iocontrol, systemcontrol;

void
irq_init(void)
{
	for (unsigned int i = 0; i < IRQ_MAX; i++)
		irqhandlers[i] = (struct irqhandler){ .irq = i };
	object_init(&irqcontrol, HELIOS_IRQCONTROL, NULL);
	object_init(&iocontrol, HELIOS_IOCONTROL, NULL);
	object_init(&systemcontrol, HELIOS_SYSTEMCONTROL, NULL);
}

void
irqhandler_issue(unsigned int irq, struct slot *note, struct slot *dest,
		struct slot *control)
{
	struct irqhandler *h = &irqhandlers[irq];

	object_init(&h->obj, HELIOS_IRQHANDLER, NULL);
	h->issued = h->masked = true;
	h->count = 0;
	cap_copy(&h->note, note, cap_rights(note), note->word);
	cap_insert(dest, control, cap_make(HELIOS_IRQHANDLER, h, 0), 0);
}

void
irqhandler_ack(struct irqhandler *h)
{
	h->masked = false;
	hal_irq_unmask(h->irq);
}

void
irqhandler_release(struct irqhandler *h)
{
	bool done = true;

	hal_irq_mask(h->irq);
	h->issued = false;
	/* Nobody waits through this slot or derives from it: one step. */
	if (cap_type(&h->note) != HELIOS_NULL)
		done = cap_destroy_step(&h->note);
	kassert(done);
	(void)done;
	object_fini(&h->obj);
}

void
irq_fired(unsigned int irq)
{
	struct irqhandler *h;

	if (irq >= IRQ_MAX || !irqhandlers[irq].issued)
		return;
	h = &irqhandlers[irq];
	h->count++;
	h->masked = true;
	if (cap_type(&h->note) == HELIOS_NOTE)
		note_send(&h->note);
}
