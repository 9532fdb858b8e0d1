/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes, yields, and an interrupt. */
#include "cost.h"

static void
ping(void)
{
	uint64_t cap = NOTE_A, tag = 0, w = 0;

	cost_syscall(HELIOS_SYS_SIGNAL, &cap, &tag, &w);
	cap = NOTE_B;
	cost_syscall(HELIOS_SYS_WAIT, &cap, &tag, &w);
}

static void
yield(void)
{
	uint64_t cap = 0, tag = 0, w = 0;

	cost_syscall(HELIOS_SYS_YIELD, &cap, &tag, &w);
}

static void
one_way(void)
{
	uint64_t t, cap, tag = 0, w = 0;

	for (cost_start(); cost_more(); ) {
		cap = NOTE_A;
		t = ticks();
		cost_syscall(HELIOS_SYS_SIGNAL, &cap, &tag, &w);
		cost_sample(t, cost_shared[0]);
	}
	cost_result("signal-one-way");
}

/* The real time clock's periodic interrupt, 1024 times a second: from the
 * last reading in a loop of low priority to the first in the handler. */
static void *
spin(void *arg)
{
	for (;;)
		cost_shared[3] = ticks();
	return arg;
}

static void
rtc(helios_cap_t ports, unsigned int reg, unsigned int value)
{
	cost_check(helios_ioport_out(ports, 0x70, 1, reg), "0x70");
	cost_check(helios_ioport_out(ports, 0x71, 1, value), "0x71");
}

static void
interrupts(void)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = 50, .highest = 50 };
	helios_cap_t ports, irq, note;
	struct helios_thread *spinner;
	uint64_t cap, tag = 0, w = 0, t;
	uint32_t x;

	cost_check(helios_ioport_issue(HELIOS_INIT_IOCONTROL, 0x70, 0x71,
			&ports), "ports");
	cost_check(helios_newnote(&note), "note");
	cost_check(helios_irq_issue(HELIOS_INIT_IRQCONTROL, 8, note, &irq),
		"irq");
	cost_check(helios_thread_new(&spinner, spin, NULL, &attr), "spin");
	cost_check(helios_thread_start(spinner), "spin");
	rtc(ports, 0x8b, 0x42);
	for (cost_start(); cost_more(); ) {
		helios_ioport_out(ports, 0x70, 1, 0x8c);
		helios_ioport_in(ports, 0x71, 1, &x);
		cost_check(helios_irq_ack(irq), "ack");
		cap = note;
		cost_syscall(HELIOS_SYS_WAIT, &cap, &tag, &w);
		t = ticks();
		cost_sample(cost_shared[3], t);
	}
	rtc(ports, 0x8b, 0x02);
	cost_result("interrupt");
	cost_check(helios_thread_kill(spinner), "kill");
	helios_destroy(irq);
	helios_destroy(note);
	helios_destroy(ports);
}

void
cost_notes(void)
{
	cost_peer("pong", 100);
	cost_op("note-ping-pong", ping, NULL);
	cost_peer_end();
	cost_peer("waiter", 101);
	one_way();
	cost_peer_end();
	cost_peer("yield", 100);
	cost_op("yield", yield, NULL);
	cost_peer_end();
	if (!cost_other)
		interrupts();
}
