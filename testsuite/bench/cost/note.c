/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes, yields, and an interrupt. */
#include "cost.h"

static uint64_t
ping(void)
{
	return cost_signal(NOTE_A) | cost_wait(NOTE_B);
}

static uint64_t
yield(void)
{
	return cost_syscall(HELIOS_SYS_YIELD, 0, 0);
}

/* The waiter has the higher priority, so it has read before we go on. */
static void
one_way(void)
{
	uint64_t t;

	for (cost_start("signal-one-way"); cost_more(); ) {
		cost_mark();
		t = ticks();
		if (cost_signal(NOTE_A) != HELIOS_OK)
			helios_panic("cost: signal");
		cost_sample(t, cost_shared[0]);
	}
	cost_result();
}

/*
 * The real time clock's periodic interrupt, 1024 times a second, comes while
 * a thread of low priority does nothing but read the time.  Where it was
 * stopped, and what it had read last, is in its registers; so the time of the
 * interrupt is known to the instruction.
 */
extern const uint8_t cost_spin[], cost_spin_jump[];
__asm__(".text\n"
	".globl cost_spin, cost_spin_jump\n"
	".hidden cost_spin, cost_spin_jump\n"
	"cost_spin: rdtsc\n"
	"cost_spin_jump: jmp cost_spin\n"
	"ud2\n");

static void *
spin(void *arg)
{
	__asm__ volatile("jmp cost_spin");
	return arg;
}

/* Instructions until the interrupt, as the counter has them; 0 if one that
 * had come before was taken and the spinner did not run. */
static uint64_t
interrupted_at(struct helios_thread *spinner)
{
	helios_cap_t task = helios_thread_task(spinner);
	struct helios_regs regs;
	uint64_t last;

	cost_check(helios_task_suspend(task), "suspend");
	cost_check(helios_task_read_registers(task, &regs), "registers");
	cost_check(helios_task_resume(task), "resume");
	last = regs.rdx << 32 | regs.rax;
	if (regs.rip == (uint64_t)cost_spin_jump)
		return last;
	return regs.rip == (uint64_t)cost_spin ? last + 1 : 0;
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
	uint64_t start, t;
	uint32_t x;

	cost_check(helios_ioport_issue(HELIOS_INIT_IOCONTROL, 0x70, 0x71,
			&ports), "ports");
	cost_check(helios_newnote(&note), "note");
	cost_check(helios_irq_issue(HELIOS_INIT_IRQCONTROL, 8, note, &irq),
		"irq");
	cost_check(helios_thread_new(&spinner, spin, NULL, &attr), "spin");
	cost_check(helios_thread_start(spinner), "spin");
	rtc(ports, 0x8b, 0x42);
	cost_start("interrupt");
	/* The two that read: its rdtsc, and the lfence before ours. */
	cost_samples.empty = 2;
	while (cost_more()) {
		helios_ioport_out(ports, 0x70, 1, 0x8c);
		helios_ioport_in(ports, 0x71, 1, &x);
		cost_check(helios_irq_ack(irq), "ack");
		cost_mark();
		cost_wait(note);
		t = ticks();
		start = interrupted_at(spinner);
		if (start)
			cost_sample(start, t);
	}
	rtc(ports, 0x8b, 0x02);
	cost_result();
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
