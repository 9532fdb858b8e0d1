/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt handlers: one static object per line; its note is a slot of its
 * own, so that revoking the note reaches it.
 */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include <cap.h>
#include <object.h>

#define IRQ_MAX	256

struct irqhandler {
	struct object obj;
	unsigned int irq;
	bool issued, masked;
	uint64_t count;
	struct slot note;
};

extern struct irqhandler irqhandlers[IRQ_MAX];
extern struct object irqcontrol, iocontrol, systemcontrol;

void irq_init(void);
/* Line irq is free: a handler for it in dest, masked, under control; it
 * signals a copy of the capability in note. */
void irqhandler_issue(unsigned int irq, struct slot *note, struct slot *dest,
		struct slot *control);
void irqhandler_ack(struct irqhandler *h);
void irq_fired(unsigned int irq);
/* The last capability of the handler is gone: mask, free the line. */
void irqhandler_release(struct irqhandler *h);

#endif
