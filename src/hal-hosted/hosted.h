/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosted HAL: what its files share.
 *
 * A task is a pthread.  One thread at a time holds the baton, and the baton
 * is the kernel lock: only its holder enters core.  The main thread holds it
 * while all tasks are idle.  Other threads (walker, I/O) never enter core;
 * they raise an interrupt line or a flag, set hosted_pending and kick the
 * holder with a signal.
 *
 * host_thread.where says whose registers a thread has.  No bit set: it runs
 * guest code.  Whoever sets WHERE_KERNEL from there owns the guest state:
 * the entry stub or a signal handler, on that same thread.  The walker sets
 * WHERE_WALKER, from 0 only, while it changes the mappings for the holder;
 * an entry that finds the bit waits until it goes.
 */
#ifndef HOSTED_H
#define HOSTED_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hal.h>
#include <helios/regs.h>
#include <helios/types.h>

#include "layout.h"

#define PAGE		4096ull

/* Guest space i: [GUEST_BASE + i * RANGE_SIZE, + RANGE_SIZE). */
#define GUEST_BASE	0x550000000000ull
#define RANGE_SIZE	(256ull << 20)
#define RANGE_COUNT	1280u
#define GUEST_END	(GUEST_BASE + RANGE_COUNT * RANGE_SIZE)

struct host_thread {
	/* Assembly knows these: layout.h */
	struct host_thread *self;
	struct helios_regs *regs;
	uint64_t host_sp, host_fs;
	uint64_t rbx, exit_ip;
	_Atomic uint32_t where;

	_Atomic uint32_t baton;		/* futex: 1 when it is handed over */
	_Atomic bool die;		/* do not run the task again */
	_Atomic uint32_t released;	/* written last in the kernel, read
					 * first by the walker: the order of
					 * their work, as C has it */
	_Atomic int tid;		/* 0: not ready for a kick */
	unsigned int slot;		/* region number */
	struct task *task;		/* NULL: a thread of our own */
	void (*service)(void *);	/* what that one runs */
	void *service_arg;
	pthread_t pthread;
	stack_t old_altstack;
	char name[16];
};

/*
 * For the debugger, which reads this and calls nothing.
 */
struct hosted_range {
	const struct vspace *owner;	/* whose translations are filled in */
	unsigned int users;		/* spaces at this range */
	uint64_t *filled;		/* a bit for each page touched */
	uint32_t first, last;		/* all filled pages lie in between */
};

struct hosted_debug {
	uint32_t version;
	uint32_t range_count;
	uint64_t guest_base, range_size;
	const struct hosted_range *ranges;
	struct host_thread *const *threads;	/* by slot; NULL: none */
	uint32_t thread_count;
	uint32_t pin_text;	/* 1: strict isolation leaves code mapped, so
				 * that breakpoints in it survive */
};
extern struct hosted_debug hosted_debug;

/*
 * options.c
 */

enum hosted_faults { FAULTS_AUTO, FAULTS_UFFD, FAULTS_SIGSEGV };

struct options {
	uint64_t memory;		/* bytes */
	const char *memory_text;	/* ... as given */
	enum hosted_faults faults;
	bool strict;
	bool virtual_time;
	bool seeded;
	uint64_t seed;
	uint64_t slice_ns;
	uint64_t watchdog_ms;		/* 0: default */
	const char *com[2];
	unsigned int log_level;
	const char *trace;		/* NULL: none */
	const char *initramfs;
	char **args;			/* init's, NULL at the end */
	char **command;			/* our own argv, for a reboot */
};
extern struct options options;

/* For a file that is written, of this option: a new one, or a FIFO that is
 * read.  Exits if it cannot be had. */
int open_output(const char *option, const char *path);

/* Exits for --help, --version and what is wrong. */
void options_parse(int argc, char **argv);

enum hosted_status {
	STATUS_USAGE = 2,		/* options, files, boot */
	STATUS_DEADLOCK = 3,
	STATUS_SIGNAL = 128,		/* + its number */
};

/*
 * log.c
 */

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line, then exit with STATUS_USAGE.  Before core_boot only. */
_Noreturn void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* For signal handlers that found the kernel itself at fault. */
_Noreturn void kernel_fault(int sig, const siginfo_t *si, uint64_t ip);

/*
 * trace.c: the event log.  All of it is a pure function of the seed in
 * virtual time, so nothing of the host goes in: no address outside guest
 * ranges, no thread id, no real time.
 */

extern bool trace_on;
void trace_open(const char *path);
void trace_close(void);
void trace_abandon(void);
void trace_call(const char *what, struct task *t);
void trace_return(struct task *t);
void trace_fault(struct task *t, const struct hal_fault *f);
void trace_switch(struct task *to);
void trace_event(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * physmem.c
 */

struct physmem {
	int fd;
	uint64_t size;			/* RAM, then the device range */
	struct hal_range ram, device, initramfs;
};
extern struct physmem physmem;
void physmem_init(uint64_t memory, const char *initramfs);

/*
 * thread.c
 */

extern struct host_thread *main_thread;
extern _Atomic(struct host_thread *) baton_holder;

void threads_init(void);
struct host_thread *thread_of(struct task *t);

/* A thread of our own.  NULL: no means. */
struct host_thread *service_start(const char *name, void (*run)(void *),
		void *arg);

/* It has been told to end, but may sit in a system call: interrupt that
 * until it has ended, and join it. */
void thread_stop(struct host_thread *th);

/* Every task's thread ends and is joined.  Main thread only, with the baton. */
void threads_finish(void);

/* Has this thread just left guest code?  Then it is in the kernel now. */
bool kernel_enter(struct host_thread *th);

/*
 * Leave core: take what is pending, then hand the baton to the thread of
 * next, or to the main thread.  Returns when this thread has it back and may
 * run its guest; false: its task is dead, unwind.
 */
bool kernel_leave(struct host_thread *th, struct task *next);

/* Hand the baton over, for good. */
void baton_pass(struct host_thread *to);
bool baton_wait(struct host_thread *th);

/* From entry.S, and called from it. */
void hosted_entry(void);
extern const char hosted_entry_end[], hosted_exit_window[];
extern const char hosted_exit_end[];
extern void (*const hosted_restorer)(void);
void hosted_reload(void);
void hosted_run(struct host_thread *th);
_Noreturn void hosted_unwind(void);
void hosted_signal_entry(int sig, siginfo_t *si, void *uc);
int hosted_syscall(struct host_thread *th);
int hosted_again(struct host_thread *th);
uint64_t hosted_signal(int sig, siginfo_t *si, void *uc,
		struct host_thread *th, uint64_t fs);
extern int hosted_fsgsbase;

/*
 * signal.c
 */

void signals_init(void);
void signals_thread_init(struct host_thread *th);
void signals_thread_fini(struct host_thread *th);

/*
 * tlb.c, uffd.c
 */

void tlb_init(bool strict);
void tlb_fini(void);

/* Make one access by the task of this space possible.  False: its page table
 * does not allow it.  access: HELIOS_RIGHT_R, _W or _X. */
bool tlb_fill(const struct vspace *vs, uint64_t va, unsigned int access);

/* Make va fault as a signal, whatever it does now.  Walker only. */
void tlb_negative(uint64_t va);

/* Space vs is about to run. */
void tlb_switch(const struct vspace *vs);

/* For the debugger's breakpoint. */
void hosted_text_mapped(uint64_t first, uint64_t end);

/* Start the walker.  False: userfaultfd is refused, and here is why. */
bool uffd_init(char *why, size_t size);
void uffd_fini(void);
bool uffd_active(void);

/* All of [va, va+len) is empty and misses to the walker from now on. */
void uffd_reset(uint64_t va, uint64_t len);

/*
 * time.c
 */

void time_init(const struct options *o);
void time_fini(void);
void time_entry(void);		/* core is about to be entered */
void time_work(void);		/* core is at a preemption point */
bool time_due(void);		/* has the armed time come? */
bool time_take(void);		/* ... and if so, consider it handled */
void time_resume(void);		/* another guest is about to run */
uint64_t time_deadline(void);
bool time_jump(void);		/* virtual, idle: to the armed time */
uint64_t time_wall(void);	/* seconds since 1970, of this machine */

/*
 * irq.c
 */

/* Something needs the kernel's attention: no guest runs on before it. */
extern _Atomic uint32_t hosted_pending;
void kernel_notify(void);

/* Wait, in the main thread, until there is something to do.  False: that
 * cannot happen any more. */
bool kernel_idle(void);

/* A device sets the level of its line.  Any thread. */
void irq_line(unsigned int irq, bool level);
bool irq_deliverable(void);
bool something_pending(void);	/* ... or time_due() */
bool irq_unmasked(unsigned int irq);
int irq_take(void);		/* masks it; -1: none */

/*
 * io.c: one thread for all of the host's descriptors
 */

/* events() says for what to poll now (0: nothing); ready() is told. */
struct io_source {
	int fd;
	short (*events)(void *arg);
	void (*ready)(void *arg, short revents);
	void *arg;
};
void io_init(void);
void io_add(const struct io_source *s);		/* before io_start */
void io_set_fd(void *arg, int old, int fd);	/* io thread only */
void io_start(void);
void io_wake(void);		/* events() may say something else now */
void io_fini(void);

/* Has the user asked us to end?  Then the exit status, else -1. */
int io_quit_status(void);

/*
 * Devices
 */

struct port_device {
	uint16_t first, last;
	uint8_t (*in)(void *arg, unsigned int reg);
	void (*out)(void *arg, unsigned int reg, uint8_t value);
	void *arg;
};
void port_add(const struct port_device *d);	/* irq.c */

void uart_init(const struct options *o);
void uart_fini(void);
void uart_restore(void);	/* the host's side; for a process that dies */
bool uart_can_interrupt(void);
void cmos_init(void);

/*
 * memcheck.c
 */

void checker_init(void);	/* before all else */
bool under_valgrind(void);
bool under_debugger(void);	/* at the moment */
void checker_guest_left(struct helios_regs *regs);
void checker_guest_runs(struct host_thread *th);
void checker_stacks(const void *low, const void *high);
void checker_defined(const void *p, size_t len);

/*
 * main.c
 */

/* Everything ends here.  Any thread that holds the baton. */
_Noreturn void hosted_exit(unsigned int status);

/* ... or holds nothing: leave the terminal as it was, and go. */
_Noreturn void hosted_exit_now(int status);

/* The main thread: end, if hosted_exit was called on another. */
void hosted_check_exit(void);

#endif
