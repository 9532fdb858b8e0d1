/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each operation of the kernel costs, in ticks of the time stamp
 * counter: instructions, under QEMU with -icount shift=0.
 *
 * A sample is what lies between two readings, less what lies between two
 * readings with nothing in between.  System calls are inline SYSCALLs here,
 * which is what HELIOS_AT_ENTRY leads to on the machine.
 */
#ifndef COST_H
#define COST_H

#include <libhelios.h>

#define SAMPLES	1001u
#define WARM_UP	100u

static inline uint64_t
ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : :
		"memory");
	return (uint64_t)high << 32 | low;
}

/* SYSCALL with what fits in registers; all of it comes back. */
static inline uint64_t
cost_syscall(uint64_t nr, uint64_t *rdi, uint64_t *rsi, uint64_t *rdx)
{
	register uint64_t r10 __asm__("r10") = 0;
	register uint64_t r8 __asm__("r8") = 0;
	register uint64_t r9 __asm__("r9") = 0;

	__asm__ volatile("syscall" : "+a"(nr), "+D"(*rdi), "+S"(*rsi),
		"+d"(*rdx), "+r"(r10), "+r"(r8), "+r"(r9) : : "rcx", "r11",
		"memory");
	return nr;
}

/* The same, of a call that returns nothing but a status. */
static inline uint64_t
cost_call(uint64_t cap, uint64_t tag)
{
	uint64_t rdx = 0;

	return cost_syscall(HELIOS_SYS_CALL, &cap, &tag, &rdx);
}

/* An operation of a kernel object, with at most four words. */
static inline uint64_t
cost_invoke(helios_cap_t cap, uint64_t label, unsigned int n, uint64_t a,
		uint64_t b, uint64_t c, uint64_t d)
{
	struct helios_raw r = { 0, helios_tag(label, n, 0), a, b, c, d };

	return helios_raw_call(cap, &r);
}

struct cost_samples {
	uint64_t at[SAMPLES];
	unsigned int n;			/* WARM_UP of them are not kept */
};

extern struct cost_samples cost_samples;
extern uint64_t cost_empty;

void cost_start(void);
static inline void
cost_sample(uint64_t start, uint64_t end)
{
	struct cost_samples *s = &cost_samples;

	if (s->n >= WARM_UP)
		s->at[s->n - WARM_UP] = end - start - cost_empty;
	s->n++;
}
static inline bool
cost_more(void)
{
	return cost_samples.n < SAMPLES + WARM_UP;
}
/* Print: "cost NAME MEDIAN MIN MAX". */
void cost_result(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void cost_check(enum helios_status status, const char *what);

/* Time op; before prepares each, untimed. */
void cost_op(const char *name, void (*op)(void), void (*before)(void));

extern bool cost_other;			/* peers in another address space */
/* A peer: role(arg) on its own stack, here or in another address space,
 * where it has the same capabilities at the same addresses. */
void cost_peer(const char *role, unsigned int priority);
void cost_peer_end(void);
void cost_role(const char *role);
struct helios_program *cost_peer_program(void);
struct helios_thread *cost_peer_thread(void);

/* One page both sides see. */
extern volatile uint64_t *cost_shared;

void cost_ipc(void);
void cost_notes(void);
void cost_faults(void);
void cost_caps(void);
void cost_memory(void);
void cost_tasks(void);

enum { EP = 4000, NOTE_A, NOTE_B, SHARED, GIFT, ARRIVED, FAULT_EP, PEER_TASK };

#endif
