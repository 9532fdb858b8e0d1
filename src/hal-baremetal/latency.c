/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of the longest stretches with interrupts off: one line for each
 * cause, printed at power-off:
 *
 *	latency call 5 label 40002 first 1234 times 56 entry to user_return
 *
 * is the longest of 56 stretches of CALLs with the label (hexadecimal) that
 * began at the entry; "later": after a window.  Then where it began and ended,
 * functions that are inlined being their callers.  Figures are ticks of the
 * time stamp counter: instructions, under QEMU with -icount shift=0.  The
 * table is kept between stretches, and so is no part of them.  What lies
 * between the processor's entry or exit and the readings, and what those take
 * themselves, is EDGE at most, and added.
 */
#include <helios/message.h>
#include <helios/object.h>
#include <helios/syscall.h>
#include <klog.h>

#include "baremetal.h"
#include "latency.h"

#define CAUSES	512u
#define EDGE	96u

enum kind {
	NONE,
	CALL,			/* number and label */
	TRAP,			/* vector */
	IN_KERNEL,		/* vector */
};

struct cause {
	enum kind kind;
	bool later;
	uint64_t number, label;
	uint64_t longest, times;
	const void *from, *to;		/* NULL: the entry */
};

static struct cause table[CAUSES];
static struct cause current;
static uint64_t start;

uint64_t
latency_now(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static bool
same(const struct cause *a, const struct cause *b)
{
	return a->kind == b->kind && a->later == b->later &&
		a->number == b->number && a->label == b->label;
}

/* The line of this cause; the last one takes those for which there is no
 * room. */
static struct cause *
find(const struct cause *c)
{
	unsigned int i;

	for (i = 0; i < CAUSES - 1 && table[i].kind != NONE; i++)
		if (same(&table[i], c))
			return &table[i];
	if (i < CAUSES - 1)
		table[i] = *c;
	else
		table[i].kind = IN_KERNEL;
	return &table[i];
}

static void
record(const struct cause *c, uint64_t length, const void *to)
{
	struct cause *at = find(c);

	at->times++;
	if (length <= at->longest)
		return;
	at->longest = length;
	at->from = c->from;
	at->to = to;
}

/* The labels of programs are theirs, and any number of them. */
static uint64_t
label_of(uint64_t number, uint64_t tag)
{
	uint64_t label = helios_tag_label(tag);

	return number == HELIOS_SYS_CALL &&
		label >> 16 < HELIOS_TYPE_COUNT && (label & 0xffff) < 16 ?
		label : 0;
}

static void
begin(enum kind kind, uint64_t number, uint64_t label)
{
	current = (struct cause){ .kind = kind, .number = number,
		.label = label };
	start = latency_now();
}

void
latency_begin_call(void)
{
	uint64_t number = current_regs->rax;

	if (number > HELIOS_SYS_COUNT)
		number = HELIOS_SYS_COUNT;
	begin(CALL, number, label_of(number, current_regs->rsi));
}

void
latency_begin_trap(uint64_t vector)
{
	begin(TRAP, vector, 0);
}

void
latency_end(void)
{
	uint64_t length = latency_now() - start;

	if (current.kind != NONE)
		record(&current, length + EDGE, __builtin_return_address(0));
}

void
latency_go_on(void)
{
	current.later = true;
	current.from = __builtin_return_address(0);
	start = latency_now();
}

void
latency_in_kernel(uint64_t vector, uint64_t since)
{
	const struct cause c = { .kind = IN_KERNEL,
		.number = vector };

	record(&c, latency_now() - since + EDGE, __builtin_return_address(0));
}

static const char *
place(const void *address)
{
	uint64_t offset;
	const char *name = symbol_of((uint64_t)(uintptr_t)address, &offset);

	return name != NULL ? name : "entry";
}

void
latency_print(void)
{
	static const char *const kinds[] = { "none", "call", "trap",
		"in-kernel" };
	char line[256];

	for (unsigned int i = 0; i < CAUSES; i++) {
		const struct cause *c = &table[i];

		if (c->kind == NONE)
			continue;
		ksnprintf(line, sizeof(line),
			"latency %s %lu label %lx %s %lu times %lu "
			"%s to %s\n",
			kinds[c->kind], c->number, c->label,
			c->later ? "later" : "first", c->longest, c->times,
			place(c->from), place(c->to));
		console_puts(line);
	}
	console_puts("latency end\n");
}
