/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all kernel objects have in common, and how they end.
 *
 * No capabilities are counted: an object ends when its last one goes, which
 * the derivation list shows (cap.h).  Small objects go at once.  Those that
 * hold capabilities or tables join the reap list of the task that did it
 * and are taken apart in bounded steps before that task runs on; a task that
 * dies leaves its list to whoever destroyed it.  They are on a list of their
 * Memory too, so that an allocation about to fail can reap first.
 *
 * A Memory or DevMem without a capability lives on, an orphan, until the
 * last object that came from it is gone.
 */
#ifndef CORE_OBJECT_H
#define CORE_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <helios/object.h>

#include <list.h>

struct memory;
struct task;

struct object {
	uint32_t magic;		/* MAGIC_*, or MAGIC_FREED */
	uint32_t type;		/* enum helios_type */
	uint64_t id;		/* never used twice */
	struct memory *memory;	/* it came from; NULL: the kernel's own */
};

#define MAGIC(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | \
	 (uint32_t)(d) << 24)
#define MAGIC_FREED	MAGIC('D', 'E', 'A', 'D')

/* The first part of objects that are taken apart in steps. */
struct heavy {
	struct object obj;
	struct list by_task;	/* task.reap, or reap_orphans */
	struct list by_memory;	/* memory.dead */
};

/* At boot: there are none. */
void objects_reset(void);

/* Set up the header; counts the object in its Memory and by type. */
void object_init(struct object *o, unsigned int type, struct memory *m);
void heavy_init(struct heavy *h, unsigned int type, struct memory *m);

/* The object is gone but for its bytes: undo object_init. */
void object_fini(struct object *o);

/* Panics unless o is a live object of the type (debug builds). */
void object_assert(const struct object *o, unsigned int type);

/* The last capability of a heavy object went. */
void reap_add(struct heavy *h);

/*
 * One bounded step of taking apart the first of a list (the by_task list of
 * a task).  The list may become empty by it.
 */
void reap_step(struct list *list);

/* The same for the first dead object of a Memory; false if it has none. */
bool reap_memory_step(struct memory *m);

/* What nobody is left to drain: self-destroyed tasks and their lists. */
extern struct list reap_orphans;

/* Where to put what the task that runs has made go: the list of that task, or
 * if it is dying the orphans'. */
struct list *reap_list(void);

/* Objects alive by type; what SYSTEM_COUNTS and leak tests read. */
extern uint64_t object_counts[HELIOS_TYPE_COUNT];

const char *type_name(unsigned int type);

#endif
