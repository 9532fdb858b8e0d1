/* SPDX-License-Identifier: BSD-2-Clause */
/* Stores, and crowds of tasks. */
#include "crowd.h"

enum { AT_ONCE = 62 };

void
crowd_check(enum helios_status status, const char *what)
{
	if (status != HELIOS_OK)
		helios_panic("%s: %s (detail %lu)", what,
			helios_strerror(status), helios_detail());
}

void
store_open(struct store *s, unsigned int slots)
{
	s->tables = (slots + STORE_SLOTS - 1) / STORE_SLOTS;
	s->used = 0;
	if (s->tables > STORE_TABLES)
		helios_panic("a store of %u slots: expected at most %u", slots,
			STORE_TABLES * STORE_SLOTS);
	for (unsigned int i = 0; i < s->tables; i++)
		crowd_check(helios_newcspace(STORE_RADIX, &s->table[i]),
			"store");
}

void
store_close(struct store *s)
{
	crowd_check(helios_destroy_many(s->tables, s->table), "close store");
	s->tables = s->used = 0;
}

static helios_cap_t
table_of(const struct store *s, unsigned int index)
{
	return s->table[index / STORE_SLOTS];
}

void
store_put(struct store *s, unsigned int n, const helios_cap_t *caps)
{
	for (unsigned int i = 0; i < n; i++, s->used++)
		crowd_check(helios_cspace_move(table_of(s, s->used),
			s->used % STORE_SLOTS, helios_process.cspace, caps[i],
			NULL), "put away");
}

void
store_copy(struct store *s, helios_cap_t cap)
{
	crowd_check(helios_cspace_copy(table_of(s, s->used),
		s->used % STORE_SLOTS, helios_process.cspace, cap,
		HELIOS_RIGHTS_ALL, NULL), "copy");
	s->used++;
}

void
store_copy_last(struct store *s)
{
	unsigned int last = s->used - 1;

	crowd_check(helios_cspace_copy(table_of(s, s->used),
		s->used % STORE_SLOTS, table_of(s, last), last % STORE_SLOTS,
		HELIOS_RIGHTS_ALL, NULL), "copy");
	s->used++;
}

helios_cap_t
store_get(const struct store *s, unsigned int index)
{
	helios_cap_t cap;

	crowd_check(helios_cspace_copy(helios_process.cspace,
		HELIOS_CADDR_UNDEF, table_of(s, index), index % STORE_SLOTS,
		HELIOS_RIGHTS_ALL, &cap), "get");
	return cap;
}

void
store_make(struct store *s, helios_cap_t memory, unsigned int type,
		uint64_t size, unsigned int n)
{
	const bool many = type == HELIOS_PAGE || type == HELIOS_ENDPOINT ||
		type == HELIOS_NOTE;
	helios_cap_t caps[AT_ONCE];
	unsigned int i, now;

	for (; n > 0; n -= now) {
		now = many ? n < AT_ONCE ? n : AT_ONCE : 1;
		for (i = 0; i < now; i++)
			caps[i] = HELIOS_CADDR_UNDEF;
		crowd_check(helios_allocate(memory, type, size, now, caps),
			helios_type_name(type));
		store_put(s, now, caps);
	}
}

/* What a task of a crowd executes: it has no stack. */
__asm__(
	"	.text\n"
	"crowd_once:\n"
	"	syscall\n"
	"	ud2\n"
	"crowd_spin:\n"
	"	pause\n"
	"	jmp crowd_spin\n");
extern const char crowd_once[], crowd_spin[];

void
crowd_call(struct crowd *c, uint64_t nr, uint64_t rdi, uint64_t rsi,
		uint64_t rdx)
{
	c->regs = (struct helios_regs){ .rax = nr, .rdi = rdi, .rsi = rsi,
		.rdx = rdx, .rflags = 0x202, .rip = (uint64_t)
		(nr == CROWD_SPIN ? crowd_spin : crowd_once) };
}

static helios_cap_t
or(helios_cap_t cap, helios_cap_t other)
{
	return cap != 0 ? cap : other;
}

void
crowd_gather(struct store *s, const struct crowd *c)
{
	struct helios_regs regs = c->regs;
	unsigned int i, priority = c->lowest;

	for (i = 0; i < c->n; i++) {
		helios_cap_t task = HELIOS_CADDR_UNDEF;

		crowd_check(helios_allocate(or(c->memory,
			helios_process.memory), HELIOS_TASK, 0, 1, &task),
			"task");
		crowd_check(helios_task_configure(task, or(c->cspace,
			helios_process.cspace), or(c->vspace,
			helios_process.vspace), or(c->buffer,
			HELIOS_CADDR_UNDEF)), "configure");
		crowd_check(helios_task_write_registers(task, &regs),
			"registers");
		crowd_check(helios_task_set_priority(task, priority,
			priority), "priority");
		if (c->fault != 0)
			crowd_check(helios_task_set_fault(task, c->fault),
				"fault");
		crowd_check(helios_task_resume(task), "resume");
		store_put(s, 1, &task);
		regs.rdx += c->step;
		if (++priority > c->highest)
			priority = c->lowest;
	}
}
