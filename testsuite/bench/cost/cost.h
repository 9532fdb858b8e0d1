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

#ifndef SAMPLES
#define SAMPLES	1001u
#define WARM_UP	100u
#endif

static inline uint64_t
ticks(void)
{
	uint64_t now;

	/* All in one, so that the compiler cannot spread it. */
	__asm__ volatile("lfence; rdtsc; lfence; shl $32, %%rdx; "
		"or %%rdx, %%rax" : "=a"(now) : : "rdx", "cc", "memory");
	return now;
}

/*
 * SYSCALL with a capability, a tag and four words, which change to those that
 * come back; so words that go back and forth cost no instruction here.
 */
static inline uint64_t
cost_words(uint64_t nr, uint64_t cap, uint64_t tag, uint64_t w[4])
{
	register uint64_t r10 __asm__("r10") = w[1];
	register uint64_t r8 __asm__("r8") = w[2];
	register uint64_t r9 __asm__("r9") = w[3];

	__asm__ volatile("syscall" : "+a"(nr), "+D"(cap), "+S"(tag),
		"+d"(w[0]), "+r"(r10), "+r"(r8), "+r"(r9) : : "rcx", "r11",
		"memory");
	w[1] = r10;
	w[2] = r8;
	w[3] = r9;
	return nr;
}

/* The same where no words go or come: the registers are as they were. */
static inline uint64_t
cost_syscall(uint64_t nr, uint64_t cap, uint64_t tag)
{
	__asm__ volatile("syscall" : "+a"(nr), "+D"(cap), "+S"(tag) : :
		"rcx", "r11", "rdx", "r10", "r8", "r9", "memory");
	return nr;
}

static inline uint64_t
cost_signal(uint64_t note)
{
	return cost_syscall(HELIOS_SYS_SIGNAL, note, 0);
}

static inline uint64_t
cost_wait(uint64_t note)
{
	return cost_syscall(HELIOS_SYS_WAIT, note, 0);
}

/* An operation of a kernel object, with at most four words. */
static inline uint64_t
cost_invoke(helios_cap_t cap, uint64_t label, unsigned int n, uint64_t a,
		uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t w[4] = { a, b, c, d };

	return cost_words(HELIOS_SYS_CALL, cap, helios_tag(label, n, 0), w);
}

struct cost_samples {
	uint64_t at[SAMPLES];
	unsigned int n;			/* cost_warm_up of them are not kept */
	uint64_t empty;			/* what a sample is less */
	char name[64];
};

extern struct cost_samples cost_samples;
extern uint64_t cost_empty;
/* Not more than SAMPLES and WARM_UP. */
extern unsigned int cost_kept, cost_warm_up;

/* Begin an operation: its name, as printf's. */
void cost_start(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Print: "cost NAME MEDIAN MIN MAX". */
void cost_result(void);

/*
 * For ../cost_trace.py, which stops here.  Some samples, in the midst of the
 * others, are its chance to count the instructions of one: from cost_trace()
 * on it looks at each, and cost_traced() says which of them the sample was, by
 * the readings at both ends.
 */
void cost_trace(const char *name);
void cost_traced(uint64_t start, uint64_t end, uint64_t empty,
		const char *name);

static inline bool
cost_is_traced(void)
{
	return cost_samples.n - (cost_warm_up + cost_kept / 2) < 4;
}

/* Just before what is measured. */
static inline void
cost_mark(void)
{
	if (cost_is_traced())
		cost_trace(cost_samples.name);
}

static inline void
cost_sample(uint64_t start, uint64_t end)
{
	struct cost_samples *s = &cost_samples;

	if (cost_is_traced())
		cost_traced(start, end, s->empty, s->name);
	if (s->n >= cost_warm_up)
		s->at[s->n - cost_warm_up] = end - start - s->empty;
	s->n++;
}

static inline bool
cost_more(void)
{
	return cost_samples.n < cost_kept + cost_warm_up;
}

void cost_check(enum helios_status status, const char *what);

/*
 * Time op; before prepares each, untimed.  Both are compiled into the loop:
 * a call of a function is none of what they cost.
 */
static inline __attribute__((always_inline)) void
cost_op(const char *name, uint64_t (*op)(void), uint64_t (*before)(void))
{
	for (cost_start("%s", name); cost_more(); ) {
		uint64_t t, end, status = HELIOS_OK;

		if (before)
			status = before();
		cost_mark();
		t = ticks();
		status |= op();
		end = ticks();
		if (status != HELIOS_OK)
			helios_panic("cost: %s: status %lu", name, status);
		cost_sample(t, end);
	}
	cost_result();
}

extern bool cost_other;			/* peers in another address space */
/* A peer: role(arg) on its own stack, here or in another address space,
 * where it has the same capabilities at the same addresses. */
void cost_peer(const char *role, unsigned int priority);
void cost_peer_end(void);
void cost_role(const char *role);
struct helios_program *cost_peer_program(void);
struct helios_thread *cost_peer_thread(void);

/* What main() is made of: in a peer's process, and in the first. */
int cost_peer_main(int argc, char **argv);
void cost_prepare(void);

/* One page both sides see. */
extern volatile uint64_t *cost_shared;
/* One that the peer executes and the other side writes. */
extern uint8_t *cost_code, *cost_code_writable;

void cost_ipc(void);
void cost_notes(void);
void cost_faults(void);
void cost_caps(void);
void cost_memory(void);
void cost_tasks(void);

enum { EP = 4000, NOTE_A, NOTE_B, SHARED, GIFT, ARRIVED, FAULT_EP, CODE,
	CODE_HERE };

#endif
