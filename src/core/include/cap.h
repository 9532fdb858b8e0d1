/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities and their derivation.
 *
 * A slot holds one capability in 64 bytes, one cache line.  Derivation is a
 * list of brackets: every used slot owns an opening and a closing mark in one
 * doubly linked list, and what stands between a slot's two marks is derived
 * from it.
 *
 *	Memory( Endpoint( copy( copy) Endpoint) Page( Page) Memory)
 *
 * A child's pair goes right after its parent's opening mark.  Unlinking a
 * slot's two marks hands its children to its parent by construction.  All
 * capabilities of an object stand together (factories are never copied), so
 * the last one is the one with no neighbouring mark of the same object.
 *
 * A slot emptied by anyone but its holder becomes Dead, and is not reused
 * until the holder destroys it.
 */
#ifndef CORE_CAP_H
#define CORE_CAP_H

#include <stdbool.h>
#include <stdint.h>

#include <helios/object.h>

#include <list.h>

struct cspace;
struct task;
struct vspace;
struct waiter;

struct mark {
	struct mark *next, *prev;
};

struct slot {
	_Alignas(64) struct mark open;
	struct mark close;
	uint64_t cap;		/* object:48 | type:8 | revoking:1 | rights:6 */
	uint64_t word;		/* badge; Page: mapping; IOPort: ports */
	union {
		struct vspace *vspace;	/* Page: mapped there, or NULL */
		struct waiter *waiters;	/* Endpoint, Note: blocked through
					 * this slot */
	};
	/*
	 * Links of the list of mapped slots (Page; in slots, 0: none) or of
	 * the free list (Null; see cspace.c).
	 */
	int32_t next, prev;
};

_Static_assert(sizeof(struct slot) == 64, "a slot is one cache line");

#define SLOT_REVOKING	0x80u	/* a preempted revoke works here */

static inline unsigned int
cap_type(const struct slot *s)
{
	return (unsigned int)(s->cap >> 8) & 0xffu;
}

static inline unsigned int
cap_rights(const struct slot *s)
{
	return (unsigned int)s->cap & HELIOS_RIGHTS_ALL;
}

/* Is it of this type, with these rights? */
static inline bool
cap_is(const struct slot *s, unsigned int type, unsigned int rights)
{
	return (s->cap & (0xff00u | rights)) == (type << 8 | rights);
}

/* The object field as it stands: 48 bits. */
static inline uint64_t
cap_object_bits(const struct slot *s)
{
	return s->cap >> 16;
}

/* The object of any type but Page and IOPort; sign-extended for the upper
 * half of the machine's address space. */
static inline void *
cap_object(const struct slot *s)
{
	return (void *)(uintptr_t)((int64_t)s->cap >> 16);
}

static inline uint64_t
cap_make(unsigned int type, const void *object, unsigned int rights)
{
	return (uint64_t)(uintptr_t)object << 16 | type << 8 | rights;
}

/* A Page names its frame instead of an object. */
#define PAGE_LARGE	(1ull << 46)
#define PAGE_DEVICE	(1ull << 47)

static inline uint64_t
cap_make_page(uint64_t phys, uint64_t flags, unsigned int rights)
{
	return (phys >> 12 | flags) << 16 | HELIOS_PAGE << 8 | rights;
}

/* An IOPort names its control object; the range is in the word. */
static inline uint16_t
cap_port_first(const struct slot *s)
{
	return (uint16_t)(s->word >> 16);
}

static inline uint16_t
cap_port_last(const struct slot *s)
{
	return (uint16_t)s->word;
}

/* A factory takes what came from it along; it is moved, never copied. */
static inline bool
cap_is_factory(unsigned int type)
{
	return (1u << HELIOS_MEMORY | 1u << HELIOS_DEVMEM |
		1u << HELIOS_IRQCONTROL | 1u << HELIOS_IOCONTROL) >> type & 1;
}

static inline bool
cap_has_children(const struct slot *s)
{
	return s->open.next != &s->close;
}

/* The slot a mark belongs to, and which of its two marks it is. */
static inline struct slot *
mark_slot(const struct mark *m)
{
	return (struct slot *)((uintptr_t)m & ~(uintptr_t)63);
}

static inline bool
mark_is_close(const struct mark *m)
{
	return ((uintptr_t)m & 16) != 0;
}

/* The bracket around everything. */
extern struct slot cap_root;
void cap_init(void);

/*
 * Fill a slot (off the free list, with no capability): cap, word, and the
 * marks right after the parent's opening one.  The slot's lower half is
 * reset first.  Never fails.
 */
void cap_insert(struct slot *s, struct slot *parent, uint64_t cap,
		uint64_t word);

/*
 * A copy of src in dst, derived from src: rights as given, badge as given.
 * The caller has checked that it may be copied.
 */
void cap_copy(struct slot *dst, struct slot *src, unsigned int rights,
		uint64_t badge);

/* May capabilities of this type be copied?  (Reply, factories and
 * SystemControl may not.) */
static inline bool
cap_copyable(unsigned int type)
{
	return !cap_is_factory(type) && type != HELIOS_REPLY &&
		type != HELIOS_SYSTEMCONTROL;
}

/* dst takes the place of src: marks, mapping, waiters, and all.  src is left
 * with no capability; the caller makes it free or Dead. */
void cap_move(struct slot *dst, struct slot *src);

/* Does no other capability name the same object? */
bool cap_is_last(const struct slot *s);

/*
 * Destroying one slot, in bounded steps.  False: there is more to do (a
 * factory still has children, tasks are blocked through it), call again.
 * True: the slot is empty; its type is then HELIOS_NULL, and it is on no
 * free list.  slot_release or cap_mark_dead says what becomes of it.  If the
 * slot is one of a task, the task was told (task_slot_leaving).
 */
bool cap_destroy_step(struct slot *s);
/* The same of a slot that is known to be one of a CSpace. */
bool cap_destroy_step_in_cspace(struct slot *s);

/* Slot s was just emptied, but not by its holder: in a CSpace it is Dead. */
void cap_mark_dead(struct slot *s);

/*
 * One step of destroying everything derived from s.  True when nothing is.
 */
bool cap_revoke_step(struct slot *s);

/*
 * Revocation cannot be outrun.  Preempted revokes stand in a queue; every
 * system call first does steps of its head, before it looks anything up (for
 * they may empty any slot): two, and two for each capability it can add.
 * Only one task is in the queue for a slot: if there is one when t is
 * preempted, what t has done was that one's work, and t makes its call again.
 */
void revoke_suspend(struct task *t, struct slot *s);	/* preempted */
void revoke_resume(struct task *t);	/* it goes on, or is given up */
bool revoke_pending(void);		/* is the queue not empty? */
/* *steps: how many are owed.  False: preempted, and the rest is owed yet. */
bool revoke_help(unsigned int *steps);

#endif
