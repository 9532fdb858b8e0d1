/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every operation of a kernel object gets.
 *
 * decode makes every check and may fail; invoke mutates and cannot.  A
 * failed call leaves everything as it was.
 */
#ifndef CORE_UAPI_H
#define CORE_UAPI_H

#include <stddef.h>

#include <helios/message.h>
#include <helios/object.h>

#include <cap.h>
#include <result.h>
#include <task.h>

struct invocation {
	struct task *task;		/* the caller */
	struct slot *slot;		/* the capability invoked */
	unsigned int op;
	unsigned int nwords;
	unsigned int nout;		/* words of the result */
	uint64_t out[HELIOS_MSG_REGS];	/* the first of them */
};

/* Word i of the call; i < nwords (which the dispatcher made sure of, along
 * with a buffer if there are more than four).  Those at a fixed place are
 * mostly in a register. */
uint64_t inv_word_at(const struct invocation *inv, unsigned int i);
static inline __attribute__((always_inline)) uint64_t
inv_word(const struct invocation *inv, unsigned int i)
{
	const struct helios_regs *regs = &inv->task->regs;

	if (__builtin_constant_p(i) && i < HELIOS_MSG_REGS)
		return i == 0 ? regs->rdx : i == 1 ? regs->r10 :
			i == 2 ? regs->r8 : regs->r9;
	return inv_word_at(inv, i);
}

/* Result words, in order from 0.  A result of more than four words needs the
 * buffer: check inv_can_return first. */
void inv_return(struct invocation *inv, uint64_t value);
struct result inv_can_return(const struct invocation *inv, unsigned int n);

/* Exactly (at least) this many words?  INVALID_PARAM, detail nwords. */
struct result inv_need_words(const struct invocation *inv, unsigned int n);
struct result inv_need_at_least(const struct invocation *inv, unsigned int n);

/* Word i is a caddr of the caller's with a capability of this type. */
struct result inv_cap(const struct invocation *inv, unsigned int i,
		unsigned int type, struct slot **out);

/* Word i is a destination in the caller's CSpace; it is taken off the free
 * list.  The last check of all. */
struct result inv_dest(const struct invocation *inv, unsigned int i,
		struct slot **out);

/* The type has no operation of this number. */
struct result inv_no_op(const struct invocation *inv);

/* Run the operation, of these n, each at its number. */
static inline struct result
inv_run(struct invocation *inv,
		struct result (*const *ops)(struct invocation *), size_t n)
{
	return inv->op < n ? ops[inv->op](inv) : inv_no_op(inv);
}

/*
 * Words first to first + n - 1 are destinations in this CSpace: take them
 * all or none.  On failure later: dests_return (cspace.h).
 */
struct result inv_take_dests(const struct invocation *inv, struct cspace *cs,
		unsigned int first, unsigned int n, helios_cap_t *caddr,
		struct slot **dest);

/* What IDENTIFY says of a slot. */
uint64_t slot_identify(const struct slot *s);

/* Is it a kernel object, of which a CALL is an operation? */
static inline bool
is_invocable(const struct slot *s)
{
	const unsigned int not = 1u << HELIOS_NULL | 1u << HELIOS_DEAD |
		1u << HELIOS_ENDPOINT | 1u << HELIOS_NOTE | 1u << HELIOS_REPLY;

	return !(not >> cap_type(s) & 1);
}

/* The single operation dispatcher, and one function per type. */
struct result invoke(struct task *t, struct slot *s, uint64_t tag);
struct result invoke_memory(struct invocation *inv);
struct result invoke_devmem(struct invocation *inv);
struct result invoke_cspace(struct invocation *inv);
struct result invoke_vspace(struct invocation *inv);
struct result invoke_page(struct invocation *inv);
struct result invoke_task(struct invocation *inv);
struct result invoke_irqcontrol(struct invocation *inv);
struct result invoke_irqhandler(struct invocation *inv);
struct result invoke_iocontrol(struct invocation *inv);
struct result invoke_ioport(struct invocation *inv);
struct result invoke_system(struct invocation *inv);

/* A preempted CSpace DESTROY, from where it stopped (task.doomed). */
struct result cspace_go_on_destroying(struct task *t);

/* The current call of this task, which has restart set. */
void syscall_run_again(struct task *t);

#endif
