/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of tasks.
 */
#include <stddef.h>

#include <hal.h>
#include <helios/regs.h>

#include <cspace.h>
#include <ipc.h>
#include <klog.h>
#include <page.h>
#include <sched.h>
#include <uapi.h>

/* Addresses a user can have: the lower half, without its last bit. */
#define USER_LIMIT	(1ull << 47)

/* What CONFIGURE puts where. */
struct parts {
	struct slot *cspace, *vspace, *ipcbuf;	/* NULL: as it is */
};

static struct task *
subject(const struct invocation *inv)
{
	return cap_object(inv->slot);
}

/* Word i: a capability, or UNDEF for none (NULL). */
static struct result
optional_cap(const struct invocation *inv, unsigned int i, unsigned int type,
		struct slot **out)
{
	*out = NULL;
	if (inv_word(inv, i) == HELIOS_CADDR_UNDEF)
		return RESULT_OK;
	return inv_cap(inv, i, type, out);
}

static struct result
need_stopped(const struct task *t)
{
	/* Could it run, and its registers change, meanwhile? */
	if (t->suspended || t->blocked != NOT_BLOCKED)
		return RESULT_OK;
	return user_error(HELIOS_BUSY, task_state(t), "task '%s' is neither "
			"suspended nor blocked", t->name);
}

static struct result
check_ipcbuf(const struct slot *s)
{
	unsigned int need = HELIOS_RIGHT_R | HELIOS_RIGHT_W;

	if (s == NULL)
		return RESULT_OK;
	/* Is it one page of RAM that the kernel may read and write? */
	if (page_is_large(s) || page_is_device(s))
		return user_error(HELIOS_INVALID_PARAM, 2, "an IPC buffer is "
				"a 4 KiB page of RAM");
	if ((cap_rights(s) & need) != need)
		return user_error(HELIOS_ACCESS, cap_rights(s), "an IPC "
				"buffer needs R and W, found rights 0x%x",
				cap_rights(s));
	return RESULT_OK;
}

static struct result
decode_parts(const struct invocation *inv, struct parts *p)
{
	const struct task *t = subject(inv);
	struct result r = inv_need_words(inv, 3);

	if (r.status == HELIOS_OK)
		r = optional_cap(inv, 0, HELIOS_CSPACE, &p->cspace);
	if (r.status == HELIOS_OK)
		r = optional_cap(inv, 1, HELIOS_VSPACE, &p->vspace);
	if (r.status == HELIOS_OK)
		r = optional_cap(inv, 2, HELIOS_PAGE, &p->ipcbuf);
	if (r.status == HELIOS_OK)
		r = check_ipcbuf(p->ipcbuf);
	if (r.status != HELIOS_OK)
		return r;
	/* Would the ground move under a task that runs? */
	if (p->vspace != NULL && (!t->suspended || t == inv->task))
		return user_error(HELIOS_BUSY, task_state(t), "task '%s' must "
				"be suspended to change its VSpace", t->name);
	return RESULT_OK;
}

static struct result
op_configure(struct invocation *inv)
{
	struct task *t = subject(inv);
	struct parts p;
	struct result r = decode_parts(inv, &p);

	if (r.status != HELIOS_OK)
		return r;
	if (p.cspace != NULL)
		task_set_slot(t, SLOT_CSPACE, p.cspace);
	if (p.vspace != NULL)
		task_set_slot(t, SLOT_VSPACE, p.vspace);
	if (p.ipcbuf != NULL)
		task_set_slot(t, SLOT_IPCBUF, p.ipcbuf);
	return RESULT_OK;
}

static struct result
op_read_registers(struct invocation *inv)
{
	struct task *t = subject(inv);
	uint64_t words[HELIOS_REGS_WORDS];
	struct result r = inv_need_words(inv, 0);

	_Static_assert(sizeof(words) == sizeof(t->regs), "all registers");
	if (r.status == HELIOS_OK)
		r = inv_can_return(inv, HELIOS_REGS_WORDS);
	if (r.status == HELIOS_OK)
		r = need_stopped(t);
	if (r.status != HELIOS_OK)
		return r;
	__builtin_memcpy(words, &t->regs, sizeof(words));
	for (unsigned int i = 0; i < HELIOS_REGS_WORDS; i++)
		inv_return(inv, words[i]);
	return RESULT_OK;
}

#define REG_WORD(reg)	(offsetof(struct helios_regs, reg) / sizeof(uint64_t))

static struct result
check_addresses(const uint64_t *words)
{
	static const struct {
		unsigned int word;
		const char *name;
	} regs[] = {
		{ REG_WORD(rip), "rip" },
		{ REG_WORD(rsp), "rsp" },
		{ REG_WORD(fs_base), "fs_base" },
		{ REG_WORD(gs_base), "gs_base" },
	};

	/* Would restoring one of them fault in the kernel?  The limit is a
	 * power of two: what is above it in one of them is so in their OR. */
	_Static_assert((USER_LIMIT & (USER_LIMIT - 1)) == 0, "one bit");
	if ((words[REG_WORD(rip)] | words[REG_WORD(rsp)] |
			words[REG_WORD(fs_base)] |
			words[REG_WORD(gs_base)]) < USER_LIMIT)
		return RESULT_OK;
	for (unsigned int i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if (words[regs[i].word] >= USER_LIMIT)
			return user_error(HELIOS_INVALID_PARAM, regs[i].word,
					"%s 0x%lx is not below 0x%llx",
					regs[i].name, words[regs[i].word],
					USER_LIMIT);
	return RESULT_OK;
}

/* All the registers, of which the first words are in the caller's own. */
static void
words_in(const struct invocation *inv, uint64_t words[HELIOS_REGS_WORDS])
{
	_Static_assert(HELIOS_MSG_REGS == 4, "and the others in its buffer");
	words[0] = inv_word(inv, 0);
	words[1] = inv_word(inv, 1);
	words[2] = inv_word(inv, 2);
	words[3] = inv_word(inv, 3);
	__builtin_memcpy(words + 4, task_ipcbuf(inv->task)->words + 4,
		(HELIOS_REGS_WORDS - 4) * sizeof(*words));
}

static struct result
op_write_registers(struct invocation *inv)
{
	struct task *t = subject(inv);
	uint64_t words[HELIOS_REGS_WORDS];
	struct result r = inv_need_words(inv, HELIOS_REGS_WORDS);
	bool was_blocked = t->blocked != NOT_BLOCKED;

	if (r.status == HELIOS_OK)
		r = need_stopped(t);
	if (r.status != HELIOS_OK)
		return r;
	words_in(inv, words);
	r = check_addresses(words);
	if (r.status != HELIOS_OK)
		return r;
	/* A task that awaited its supervisor waits for RESUME now. */
	if (was_blocked && (task_state(t) & HELIOS_TASK_BLOCKED) ==
			HELIOS_TASK_FAULTED)
		t->suspended = true;
	task_withdraw(t);
	task_abandon_call(t);
	__builtin_memcpy(&t->regs, words, sizeof(words));
	t->regs.rflags = (t->regs.rflags & HELIOS_RFLAGS_USER) | 0x202;
	hal_task_changed(t);
	if (was_blocked)
		sched_ready(t);
	return RESULT_OK;
}

static struct result
op_set_tls_base(struct invocation *inv)
{
	struct task *t = subject(inv);
	struct result r = inv_need_words(inv, 1);

	if (r.status == HELIOS_OK && t != inv->task)
		r = need_stopped(t);
	if (r.status != HELIOS_OK)
		return r;
	/* Could the processor load it? */
	if (inv_word(inv, 0) >= USER_LIMIT)
		return user_error(HELIOS_INVALID_PARAM, 0, "FS base 0x%lx is "
				"not below 0x%llx", inv_word(inv, 0),
				USER_LIMIT);
	t->regs.fs_base = inv_word(inv, 0);
	hal_task_tls(t);
	return RESULT_OK;
}

static struct result
op_resume(struct invocation *inv)
{
	struct task *t = subject(inv);
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
	/* Has it anywhere to run? */
	if (task_vspace(t) == NULL)
		return user_error(HELIOS_MISSING_PART, HELIOS_PART_VSPACE,
				"task '%s' has no VSpace; CONFIGURE it first",
				t->name);
	task_resume(t);
	return RESULT_OK;
}

static struct result
op_suspend(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 0);

	if (r.status == HELIOS_OK)
		task_suspend(subject(inv));
	return r;
}

/* A poller that was woken, or suspended, makes its call again: it is in it
 * still, though not blocked. */
static bool
is_polling_again(const struct task *t)
{
	return t->blocked == NOT_BLOCKED && t->restart &&
		t->regs.rax == HELIOS_SYS_POLL;
}

static struct result
op_cancel(struct invocation *inv)
{
	struct task *t = subject(inv);
	struct result canceled = { HELIOS_CANCELED, 0 };
	struct result r = inv_need_words(inv, 0);
	bool again = is_polling_again(t);

	if (r.status != HELIOS_OK)
		return r;
	if (t->blocked != NOT_BLOCKED || again)
		task_unblock(t, canceled);
	/* Not before: by that it is known to stand in queues yet. */
	if (again)
		t->restart = false;
	return RESULT_OK;
}

static struct result
op_set_priority(struct invocation *inv)
{
	struct task *t = subject(inv);
	uint8_t most = inv->task->max_priority;
	struct result r = inv_need_words(inv, 2);

	if (r.status != HELIOS_OK)
		return r;
	for (unsigned int i = 0; i < 2; i++)
		if (inv_word(inv, i) >= HELIOS_PRIORITIES)
			return user_error(HELIOS_INVALID_PARAM, i, "priority "
					"%lu; 255 is the highest",
					inv_word(inv, i));
	/* May the caller give that much? */
	for (unsigned int i = 0; i < 2; i++)
		if (inv_word(inv, i) > most)
			return user_error(HELIOS_ACCESS, most, "priority %lu "
					"is above the caller's highest, %u",
					inv_word(inv, i), most);
	sched_set_priority(t, (unsigned int)inv_word(inv, 0));
	t->max_priority = (uint8_t)inv_word(inv, 1);
	return RESULT_OK;
}

static struct result
op_set_affinity(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 1);

	if (r.status != HELIOS_OK)
		return r;
	/* Are there these processors?  (There is one, for now.) */
	if (inv_word(inv, 0) != 1)
		return user_error(HELIOS_INVALID_PARAM, 0, "processors 0x%lx; "
				"there is only the first (1)",
				inv_word(inv, 0));
	return RESULT_OK;
}

static struct result
op_set_flags(struct invocation *inv)
{
	struct task *t = subject(inv);
	struct result r = inv_need_words(inv, 1);
	uint64_t flags;

	if (r.status != HELIOS_OK)
		return r;
	flags = inv_word(inv, 0);
	if (flags & ~HELIOS_TASK_FLAGS)
		return user_error(HELIOS_INVALID_PARAM, 0, "flags 0x%lx; only "
				"0x%llx are defined", flags,
				HELIOS_TASK_FLAGS);
	/* Does the caller give what it has not got? */
	if (flags & ~inv->task->flags & HELIOS_TASK_WRITECONS)
		return user_error(HELIOS_ACCESS, inv->task->flags,
				"only a task with WRITECONS can give it");
	task_set_flags(t, flags);
	hal_task_changed(t);
	return RESULT_OK;
}

static struct result
op_set_fault(struct invocation *inv)
{
	struct slot *s;
	struct result r = inv_need_words(inv, 1);

	if (r.status == HELIOS_OK)
		r = optional_cap(inv, 0, HELIOS_ENDPOINT, &s);
	if (r.status != HELIOS_OK)
		return r;
	/* Could faults be sent there? */
	if (s != NULL && !(cap_rights(s) & HELIOS_RIGHT_SEND))
		return user_error(HELIOS_ACCESS, cap_rights(s),
				"a fault endpoint needs SEND");
	task_set_slot(subject(inv), SLOT_FAULT, s);
	return RESULT_OK;
}

static struct result
check_bind(const struct task *t, const struct slot *s)
{
	const struct note *n = cap_object(s);

	if (!(cap_rights(s) & HELIOS_RIGHT_RECV))
		return user_error(HELIOS_ACCESS, cap_rights(s),
				"a note to bind needs RECV");
	/* Does somebody else have it, or wait for it already? */
	if (n->bound != NULL && n->bound != t)
		return user_error(HELIOS_BUSY, task_id(n->bound), "the note "
				"is bound to task '%s'", n->bound->name);
	if (!waitq_empty(&n->waiters))
		return user_error(HELIOS_BUSY,
				task_id(waiter_task(n->waiters.first)),
				"task '%s' waits on the note",
				waiter_task(n->waiters.first)->name);
	return RESULT_OK;
}

static struct result
op_bind_note(struct invocation *inv)
{
	struct task *t = subject(inv);
	struct note *n;
	struct slot *s;
	struct result r = inv_need_words(inv, 1);

	if (r.status == HELIOS_OK)
		r = optional_cap(inv, 0, HELIOS_NOTE, &s);
	if (r.status == HELIOS_OK && s != NULL)
		r = check_bind(t, s);
	if (r.status != HELIOS_OK)
		return r;
	task_set_slot(t, SLOT_NOTE, s);
	if (s == NULL)
		return RESULT_OK;
	n = cap_object(s);
	n->bound = t;
	note_deliver(n);
	return RESULT_OK;
}

static struct result
op_set_name(struct invocation *inv)
{
	uint64_t words[HELIOS_TASK_NAME / sizeof(uint64_t)];
	char name[HELIOS_TASK_NAME];
	struct result r = inv_need_words(inv, HELIOS_TASK_NAME / 8);

	if (r.status != HELIOS_OK)
		return r;
	for (unsigned int i = 0; i < HELIOS_TASK_NAME / 8; i++)
		words[i] = inv_word(inv, i);
	__builtin_memcpy(name, words, sizeof(name));
	task_set_name(subject(inv), name, sizeof(name));
	hal_task_changed(subject(inv));
	return RESULT_OK;
}

static struct result
op_info(struct invocation *inv)
{
	const struct task *t = subject(inv);
	uint64_t words[HELIOS_TASK_NAME / sizeof(uint64_t)];
	struct result r = inv_need_words(inv, 0);

	if (r.status == HELIOS_OK)
		r = inv_can_return(inv, 4 + HELIOS_TASK_NAME / 8);
	if (r.status != HELIOS_OK)
		return r;
	inv_return(inv, task_state(t));
	inv_return(inv, task_cpu_time(t));
	inv_return(inv, task_id(t));
	inv_return(inv, t->priority | (uint64_t)t->max_priority << 8 |
			t->flags << 16);
	__builtin_memcpy(words, t->name, sizeof(words));
	for (unsigned int i = 0; i < HELIOS_TASK_NAME / 8; i++)
		inv_return(inv, words[i]);
	return RESULT_OK;
}

struct result
invoke_task(struct invocation *inv)
{
	static struct result (*const ops[])(struct invocation *) = {
		[HELIOS_TASK_CONFIGURE] = op_configure,
		[HELIOS_TASK_READ_REGISTERS] = op_read_registers,
		[HELIOS_TASK_WRITE_REGISTERS] = op_write_registers,
		[HELIOS_TASK_SET_TLS_BASE] = op_set_tls_base,
		[HELIOS_TASK_RESUME] = op_resume,
		[HELIOS_TASK_SUSPEND] = op_suspend,
		[HELIOS_TASK_CANCEL] = op_cancel,
		[HELIOS_TASK_SET_PRIORITY] = op_set_priority,
		[HELIOS_TASK_SET_AFFINITY] = op_set_affinity,
		[HELIOS_TASK_SET_FLAGS] = op_set_flags,
		[HELIOS_TASK_SET_FAULT] = op_set_fault,
		[HELIOS_TASK_BIND_NOTE] = op_bind_note,
		[HELIOS_TASK_SET_NAME] = op_set_name,
		[HELIOS_TASK_INFO] = op_info,
	};

	return inv_run(inv, ops, sizeof(ops) / sizeof(ops[0]));
}
