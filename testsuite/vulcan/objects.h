/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the kernel's objects share.
 *
 * A call that fails must have changed nothing.  Tests say so with a
 * snapshot: SNAP(&s, ...) before, the call, SNAP_SAME(&s) after.  It holds
 * the use of a table, a Memory and a space, and how many objects there are
 * in the system.
 *
 * The library takes threads, heap and its records from the test's Memory, so
 * tests that count pages carve a Memory of their own off it.
 */
#ifndef VULCAN_OBJECTS_H
#define VULCAN_OBJECTS_H

#include "vulcan.h"

#define RADIX		6u		/* the smallest table: */
#define SLOTS		64u
#define UNDEF		HELIOS_CADDR_UNDEF
#define PAGE		HELIOS_PAGE_SIZE
#define LARGE		HELIOS_LARGE_PAGE_SIZE
#define RIGHTS_RWX	(HELIOS_RIGHT_R | HELIOS_RIGHT_W | HELIOS_RIGHT_X)
/* Not canonical, and in the kernel's half. */
#define NON_CANONICAL	0x8000000000000000ull
#define KERNEL_HALF	0xffff800000000000ull

/* Invoke an operation with the words given (at least one), no results. */
#define INVOKE(cap, type, op, ...)					\
	helios_invoke(cap, HELIOS_LABEL(type, op),			\
			(const uint64_t[]){ __VA_ARGS__ },		\
			sizeof((const uint64_t[]){ __VA_ARGS__ }) /	\
			sizeof(uint64_t), NULL, 0)
#define INVOKE_0(cap, type, op)						\
	helios_invoke(cap, HELIOS_LABEL(type, op), NULL, 0, NULL, 0)

struct snapshot {
	helios_cap_t cspace, memory, vspace;
	struct helios_cspace_info c;
	struct helios_memory_info m;
	struct helios_vspace_info v;
	struct helios_counts n;
};

static inline void
snapshot_read(struct snapshot *s)
{
	CHECK_OK(helios_cspace_info(s->cspace, &s->c));
	CHECK_OK(helios_memory_info(s->memory, &s->m));
	CHECK_OK(helios_vspace_info(s->vspace, &s->v));
	CHECK_OK(helios_system_counts(helios_process.system, &s->n));
}

/* cspace, memory, vspace: UNDEF means the program's own. */
static inline void
snapshot_take(struct snapshot *s, helios_cap_t cspace, helios_cap_t memory,
		helios_cap_t vspace)
{
	s->cspace = cspace == UNDEF ? helios_process.cspace : cspace;
	s->memory = memory == UNDEF ? helios_process.memory : memory;
	s->vspace = vspace == UNDEF ? helios_process.vspace : vspace;
	snapshot_read(s);
}

#define SNAP(s)		snapshot_take(s, UNDEF, UNDEF, UNDEF)
#define SNAP_OF(s, cspace, memory, vspace) \
	snapshot_take(s, cspace, memory, vspace)

#define SNAPSHOT_FIELD(field)						\
	vulcan_check_eq(file, line, #field " now", #field " before",	\
			now.field, before->field)

static inline void
snapshot_same(const char *file, int line, const struct snapshot *before)
{
	struct snapshot now = *before;

	snapshot_read(&now);
	SNAPSHOT_FIELD(c.used);
	SNAPSHOT_FIELD(c.free);
	SNAPSHOT_FIELD(c.dead);
	SNAPSHOT_FIELD(m.pages);
	SNAPSHOT_FIELD(m.free);
	SNAPSHOT_FIELD(m.largest);
	SNAPSHOT_FIELD(m.objects);
	SNAPSHOT_FIELD(v.mapped);
	SNAPSHOT_FIELD(v.tables);
	SNAPSHOT_FIELD(n.tasks);
	SNAPSHOT_FIELD(n.endpoints);
	SNAPSHOT_FIELD(n.notes);
	SNAPSHOT_FIELD(n.cspaces);
	SNAPSHOT_FIELD(n.vspaces);
	SNAPSHOT_FIELD(n.memories);
}

#define SNAP_SAME(s)	snapshot_same(__FILE__, __LINE__, s)

/* A call that must fail with this status and detail, and change nothing. */
#define CHECK_NO_CHANGE(snapshot, call, status, detail)			\
	do {								\
		CHECK_ERROR(call, status, detail);			\
		SNAP_SAME(snapshot);					\
	} while (0)

/* One object; the test ends if there is none. */
static inline helios_cap_t
make_from(helios_cap_t memory, unsigned int type, uint64_t size)
{
	helios_cap_t cap = UNDEF;

	CHECK_OK(helios_allocate(memory, type, size, 1, &cap));
	return cap;
}

static inline helios_cap_t
make(unsigned int type, uint64_t size)
{
	return make_from(helios_process.memory, type, size);
}

static inline helios_cap_t
make_copy(helios_cap_t cap, uint32_t rights)
{
	helios_cap_t copy = UNDEF;

	CHECK_OK(helios_copy(cap, rights, &copy));
	return copy;
}

/* A copy in another table; returns its slot there. */
static inline helios_cap_t
copy_into(helios_cap_t table, helios_cap_t cap)
{
	helios_cap_t slot = UNDEF;

	CHECK_OK(helios_cspace_copy(table, UNDEF, helios_process.cspace, cap,
			HELIOS_RIGHTS_ALL, &slot));
	return slot;
}

static inline struct helios_slot_info
slot_of(helios_cap_t table, helios_cap_t slot)
{
	struct helios_slot_info info;

	CHECK_OK(helios_cspace_slot_info(table, slot, &info));
	return info;
}

static inline unsigned int
type_in(helios_cap_t table, helios_cap_t slot)
{
	return HELIOS_IDENTIFY_TYPE(slot_of(table, slot).identify);
}

static inline unsigned int
type_of(helios_cap_t cap)
{
	uint64_t what = 0;

	CHECK_OK(helios_identify(cap, &what));
	return HELIOS_IDENTIFY_TYPE(what);
}

static inline struct helios_memory_info
memory_of(helios_cap_t memory)
{
	struct helios_memory_info info;

	CHECK_OK(helios_memory_info(memory, &info));
	return info;
}

static inline struct helios_cspace_info
table_of(helios_cap_t table)
{
	struct helios_cspace_info info;

	CHECK_OK(helios_cspace_info(table, &info));
	return info;
}

static inline struct helios_page_info
page_of(helios_cap_t page)
{
	struct helios_page_info info;

	CHECK_OK(helios_page_info(page, &info));
	return info;
}

static inline struct helios_vspace_info
space_of(helios_cap_t vspace)
{
	struct helios_vspace_info info;

	CHECK_OK(helios_vspace_info(vspace, &info));
	return info;
}

static inline struct helios_counts
counts(void)
{
	struct helios_counts n;

	CHECK_OK(helios_system_counts(helios_process.system, &n));
	return n;
}

/* A slot of the program's own table that is free now. */
static inline helios_cap_t
free_slot(void)
{
	helios_cap_t cap = make(HELIOS_NOTE, 0);

	CHECK_OK(helios_destroy(cap));
	return cap;
}

/* Map one page of the program's own; where. */
static inline uint64_t
map_here(helios_cap_t page, uint64_t flags)
{
	uint64_t address = 0;

	CHECK_OK(helios_map(helios_process.vspace, 0, flags, 1, &page,
			&address));
	return address;
}

/*
 * Accesses that may fault.
 */

struct probe {
	uint64_t address;
	uint32_t access;		/* one HELIOS_RIGHT_R, W or X */
	helios_cap_t endpoint;
};

static inline void *
probe_run(void *arg)
{
	const struct probe *p = arg;
	struct helios_msg msg;

	if (p->access == HELIOS_RIGHT_R)
		(void)*(const volatile unsigned char *)p->address;
	else if (p->access == HELIOS_RIGHT_W)
		*(volatile unsigned char *)p->address = 0xc3;
	else
		((void (*)(void))p->address)();
	helios_msg_start(&msg, 1, 0, 0);
	CHECK_OK(helios_send(p->endpoint, &msg));
	return NULL;
}

/*
 * Access an address in a thread of its own.  Returns true if that worked;
 * else the page fault was of this address and access, or the test fails.
 * To be executed it must hold a return instruction, which a write leaves.
 */
static inline bool
can_access(uint64_t address, uint32_t access)
{
	struct probe p = { address, access, UNDEF };
	struct helios_thread_attr attr = { .has_fault = true };
	struct helios_thread *thread;
	struct helios_fault fault;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&p.endpoint));
	attr.fault = p.endpoint;
	CHECK_OK(helios_thread_new(&thread, probe_run, &p, &attr));
	CHECK_OK(helios_thread_start(thread));
	CHECK_OK(helios_recv(p.endpoint, &msg));
	if (!(msg.tag & HELIOS_TAG_FAULT)) {
		CHECK_OK(helios_thread_join(thread, NULL));
		CHECK_OK(helios_destroy(p.endpoint));
		return true;
	}
	CHECK_OK(helios_fault_decode(&msg, &fault));
	CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, address);
	CHECK_EQ(fault.access, access);
	CHECK_OK(helios_thread_kill(thread));
	CHECK_OK(helios_destroy(p.endpoint));
	return false;
}

/*
 * A bare task in the program's own space: no thread-local storage and no
 * IPC buffer, so it may use helios_raw_* only.
 */
struct bare {
	helios_cap_t task, cspace, stack;
	helios_cap_t fault;		/* it is the supervisor's endpoint */
};

/* From memory; made with an empty table of its own, and not started. */
static inline void
bare_new(struct bare *b, helios_cap_t memory, void (*fn)(void *), void *arg)
{
	struct helios_regs regs = { .rflags = 0x202 };

	b->task = make_from(memory, HELIOS_TASK, 0);
	b->cspace = make_from(memory, HELIOS_CSPACE, RADIX);
	b->stack = make_from(memory, HELIOS_PAGE, PAGE);
	b->fault = make(HELIOS_ENDPOINT, 0);
	CHECK_OK(helios_task_configure(b->task, b->cspace,
			helios_process.vspace, UNDEF));
	CHECK_OK(helios_task_set_fault(b->task, b->fault));
	CHECK_OK(helios_task_set_name(b->task, "bare"));
	CHECK_OK(helios_task_set_priority(b->task, VULCAN_PRIORITY,
			VULCAN_PRIORITY));
	regs.rip = (uint64_t)fn;
	regs.rdi = (uint64_t)arg;
	regs.rsp = map_here(b->stack, HELIOS_MAP_W) + PAGE - 8;
	CHECK_OK(helios_task_write_registers(b->task, &regs));
}

/* Wait for its next fault, which must be of this kind. */
static inline struct helios_fault
bare_fault(const struct bare *b, uint64_t kind)
{
	struct helios_fault fault;
	struct helios_msg msg;

	CHECK_OK(helios_recv(b->fault, &msg));
	CHECK(msg.tag & HELIOS_TAG_FAULT);
	CHECK_OK(helios_fault_decode(&msg, &fault));
	CHECK_EQ(fault.kind, kind);
	return fault;
}

#endif
