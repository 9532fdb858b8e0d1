/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's side of the comparison: operations are made through the
 * system call interface, and after each one everything the model knows is
 * compared with the kernel's structures; a few slots, and now and then all,
 * are compared through SLOT_INFO and the other INFO operations too.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>
#include <cspace.h>
#include <ipc.h>
#include <memory.h>
#include <object.h>
#include <page.h>
#include <sched.h>
#include <task.h>
#include <vspace.h>

#include "model.h"
#include "snapshot.h"

#define OUTER_PAGES	1400u
#define RAM		(9u << 20)
#define CHECK_EVERY	64
#define SWEEP_EVERY	2048

static uint64_t outer_free;		/* hash of the free set at the start */

static void
setup_op(unsigned int type, uint64_t size, uint32_t dest)
{
	kop(world.init, HELIOS_INIT_MEMORY, HELIOS_MEMORY,
		HELIOS_MEMORY_ALLOCATE, type, size, dest);
	if (world.status != HELIOS_OK)
		unit_fail("model setup: %s: %s",  type_name(type),
			mock_log_line(0));
}

/* An object that stands in init's table, and its capability there. */
static struct mobject *
adopt(unsigned int type, uint32_t at)
{
	struct mobject *o = m_object(type, NULL);

	o->kernel = init_object(at);
	o->id = ((const struct object *)o->kernel)->id;
	if (type == HELIOS_CSPACE) {
		o->nslots = ((const struct cspace *)o->kernel)->nslots;
		o->slots = calloc(o->nslots, sizeof(o->slots[0]));
	}
	if (model.actors[0].cspace == NULL)
		model.actors[0].cspace = o;
	m_place(m_node(type, o, 0, 0, NULL), model.actors[0].cspace, at);
	return o;
}

static void
setup_actor(unsigned int i, uint32_t cspace)
{
	uint32_t task = SUPPLY_TASK + i - 1, page = SUPPLY_PAGE + i;
	struct task *init = world.init;

	setup_op(HELIOS_TASK, 0, task);
	setup_op(HELIOS_PAGE, HELIOS_PAGE_SIZE, page);
	kop(init, task, HELIOS_TASK, HELIOS_TASK_CONFIGURE, cspace,
		HELIOS_INIT_VSPACE, page);
	kop(init, task, HELIOS_TASK, HELIOS_TASK_SET_PRIORITY,
		init->priority, init->priority);
	kop(init, task, HELIOS_TASK, HELIOS_TASK_RESUME);
	if (world.status != HELIOS_OK)
		unit_fail("model setup: %s", mock_log_line(0));
	adopt(HELIOS_TASK, task);
	model.actors[i].task = init_object(task);
	model.actors[i].cspace = cspace == SUPPLY_A ? model.a : model.b;
}

void
run_setup(void)
{
	memset(&model, 0, sizeof(model));
	world_boot(RAM);
	core_check_interval = 0;
	for (unsigned int i = 0; i < ACTORS; i++)
		model.actors[i].owes = NOBODY;
	model.actors[0].task = world.init;
	setup_op(HELIOS_CSPACE, 6, SUPPLY_A);
	setup_op(HELIOS_CSPACE, 6, SUPPLY_B);
	setup_op(HELIOS_MEMORY, OUTER_PAGES, SUPPLY_OUTER);
	adopt(HELIOS_CSPACE, HELIOS_INIT_CSPACE);
	model.a = adopt(HELIOS_CSPACE, SUPPLY_A);
	model.b = adopt(HELIOS_CSPACE, SUPPLY_B);
	model.outer = adopt(HELIOS_MEMORY, SUPPLY_OUTER);
	model.outer->pages = OUTER_PAGES;
	setup_actor(1, SUPPLY_A);
	setup_actor(2, SUPPLY_A);
	setup_actor(3, SUPPLY_B);
	outer_free = snapshot_free(model.outer->kernel);
}

/*
 * Comparison
 */

static struct slot *
kernel_slot(const struct mobject *cs, unsigned int i)
{
	return &((struct cspace *)cs->kernel)->slots[i];
}

static struct slot *
node_slot(const struct mnode *n)
{
	if (n->task != NULL)
		return &((struct task *)n->task->kernel)->slots[n->part];
	return kernel_slot(n->cspace, n->index);
}

static void
compare_node(const struct mnode *n)
{
	const struct slot *s = node_slot(n);
	const char *where = n->task != NULL ? "task part" : "slot";
	unsigned int at = n->task != NULL ? n->part : n->index;
	bool badged = n->type == HELIOS_ENDPOINT || n->type == HELIOS_NOTE;

	if (cap_type(s) != n->type)
		unit_fail("%s %u is a %s, not a %s", where, at,
			type_name(cap_type(s)), type_name(n->type));
	if (cap_rights(s) != n->rights)
		unit_fail("%s %u: rights %#x, not %#x", where, at,
			cap_rights(s), n->rights);
	if (badged && s->word != n->badge)
		unit_fail("%s %u: badge %#lx, not %#lx", where, at,
			(unsigned long)s->word, (unsigned long)n->badge);
	if (n->type == HELIOS_PAGE) {
		if (page_phys(s) != n->object->phys ||
		    page_is_large(s) != n->object->large)
			unit_fail("%s %u: another page", where, at);
	} else if (n->type == HELIOS_REPLY) {
		if (cap_object(s) != model.actors[n->caller].task)
			unit_fail("%s %u: another caller", where, at);
	} else if (cap_object(s) != n->object->kernel) {
		unit_fail("%s %u: another object", where, at);
	}
}

static void
compare_mapping(const struct mnode *n)
{
	const struct slot *s = node_slot(n);
	struct hal_mapping m;

	if (n->mapped == NULL) {
		if (s->vspace != NULL)
			unit_fail("slot %u is still mapped", n->index);
		return;
	}
	if (s->vspace != n->mapped->kernel || page_vaddr(s) != n->va)
		unit_fail("slot %u is mapped elsewhere", n->index);
	if (!tlb_lookup(s->vspace, n->va, &m) || m.phys != n->object->phys)
		unit_fail("slot %u: address %#lx is not translated to it",
			n->index, (unsigned long)n->va);
	if (m.w != ((n->flags & HELIOS_MAP_W) != 0) ||
	    m.x != ((n->flags & HELIOS_MAP_X) != 0))
		unit_fail("slot %u: mapped with other permissions", n->index);
}

static void
compare_cspace(const struct mobject *cs)
{
	static const unsigned int types[] = { HELIOS_NULL, HELIOS_DEAD };
	const struct cspace *k = cs->kernel;
	unsigned int count[3] = { 0, 0, 0 };

	for (unsigned int i = 0; i < cs->nslots; i++) {
		const struct mslot *s = &cs->slots[i];
		unsigned int found = cap_type(&k->slots[i]);

		count[s->state]++;
		if (s->state != M_CAP && found != types[s->state])
			unit_fail("slot %u is %s, not %s", i,
				type_name(found), type_name(types[s->state]));
	}
	if (k->nfree != count[M_NULL] || k->ndead != count[M_DEAD])
		unit_fail("CSpace %lu: %u free, %u dead; expected %u, %u",
			(unsigned long)cs->id, k->nfree, k->ndead,
			count[M_NULL], count[M_DEAD]);
}

static void
compare_memory(const struct mobject *o)
{
	const struct memory *m = o->kernel;
	uint64_t low, high, used = m_pages_used(o, &low, &high);

	if (m->pages != o->pages)
		unit_fail("Memory %lu has %lu pages, not %lu",
			(unsigned long)o->id, (unsigned long)m->pages,
			(unsigned long)o->pages);
	if (m->free + used + low > o->pages || m->free + used + high <
	    o->pages)
		unit_fail("Memory %lu: %lu pages free; of %lu, %lu are used, "
			"and %lu to %lu by small objects",
			(unsigned long)o->id, (unsigned long)m->free,
			(unsigned long)o->pages, (unsigned long)used,
			(unsigned long)low, (unsigned long)high);
	if (m->objects != m_objects_alive(o))
		unit_fail("Memory %lu: %lu objects, not %lu",
			(unsigned long)o->id, (unsigned long)m->objects,
			(unsigned long)m_objects_alive(o));
}

static void
compare_vspace(const struct mobject *o)
{
	const struct vspace *vs = o->kernel;
	uint64_t mapped = 0;

	for (unsigned int i = 0; i < M_NODES; i++)
		mapped += model.nodes[i].used && model.nodes[i].mapped == o;
	if (vs->nmapped != mapped)
		unit_fail("VSpace %lu: %lu slots mapped, not %lu",
			(unsigned long)o->id, (unsigned long)vs->nmapped,
			(unsigned long)mapped);
	if (vs->tables != m_tables(o, NULL, 0, false))
		unit_fail("VSpace %lu: %lu tables, not %lu",
			(unsigned long)o->id, (unsigned long)vs->tables,
			(unsigned long)m_tables(o, NULL, 0, false));
}

/* Each slot's parent, from one walk over the kernel's derivation list. */
#define HASH_SIZE	8192u

static struct {
	const struct slot *slot, *parent;
	unsigned int walk;
} parents[HASH_SIZE];
static unsigned int walk;

static unsigned int
parent_index(const struct slot *s)
{
	unsigned int i = (unsigned int)((uintptr_t)s >> 6) * 2654435761u %
		HASH_SIZE;

	while (parents[i].walk == walk && parents[i].slot != s)
		i = (i + 1) % HASH_SIZE;
	return i;
}

static void
walk_derivation(void)
{
	static const struct slot *open[HASH_SIZE];
	unsigned int depth = 0;
	const struct mark *m = cap_root.open.next;

	walk++;
	for (; m != &cap_root.close; m = m->next) {
		const struct slot *s = mark_slot(m);
		unsigned int i = parent_index(s);

		if (mark_is_close(m)) {
			if (depth == 0 || open[--depth] != s)
				unit_fail("derivation brackets do not nest");
			continue;
		}
		parents[i].slot = s;
		parents[i].parent = depth > 0 ? open[depth - 1] : NULL;
		parents[i].walk = walk;
		open[depth++] = s;
	}
}

static void
compare_parent(const struct mnode *n)
{
	const struct slot *s = node_slot(n);
	unsigned int i = parent_index(s);

	if (parents[i].walk != walk)
		unit_fail("slot %u is in no derivation", n->index);
	if (n->parent != NULL && parents[i].parent != node_slot(n->parent))
		unit_fail("slot %u (%s) is derived from another slot",
			n->index, type_name(n->type));
}

static unsigned int
kernel_blocked(const struct task *t)
{
	switch (task_state(t) & HELIOS_TASK_BLOCKED) {
	case 0:
		return M_RUNS;
	case HELIOS_TASK_SENDING:
		return M_SENDING;
	case HELIOS_TASK_RECEIVING:
		return M_RECEIVING;
	case HELIOS_TASK_CALLING:
		return M_CALLING;
	case HELIOS_TASK_WAITING:
		return M_WAITING;
	}
	unit_fail("an actor is in state %#lx", (unsigned long)task_state(t));
}

static void
compare_message(unsigned int i, const struct actor *a)
{
	const struct helios_regs *r = task_regs(a->task);
	const struct helios_ipcbuf *buf = task_ipcbuf(a->task);
	uint64_t w[M_WORDS] = { r->rdx, r->r10, r->r8, r->r9 };
	unsigned int n = helios_tag_nwords(a->got_tag);

	for (unsigned int j = 4; j < n; j++)
		w[j] = buf->words[j];
	if (r->rsi != a->got_tag || r->rdi != a->got_badge)
		unit_fail("actor %u got tag %#lx badge %#lx, not %#lx %#lx", i,
			(unsigned long)r->rsi, (unsigned long)r->rdi,
			(unsigned long)a->got_tag,
			(unsigned long)a->got_badge);
	for (unsigned int j = 0; j < (n < 4 ? 4 : n); j++)
		if (w[j] != a->words[j])
			unit_fail("actor %u: word %u is %#lx, not %#lx", i, j,
				(unsigned long)w[j],
				(unsigned long)a->words[j]);
}

static void
compare_actor(unsigned int i)
{
	struct actor *a = &model.actors[i];
	const struct helios_regs *r = task_regs(a->task);

	if (kernel_blocked(a->task) != a->blocked)
		unit_fail("actor %u: state %u, not %u (log: %s)", i,
			kernel_blocked(a->task), a->blocked,
			mock_log_line(0));
	if (!a->finished)
		return;
	a->finished = false;
	if (r->rax >= HELIOS_STATUS_COUNT || !(a->status & MAY(r->rax)))
		unit_fail("actor %u: its call ended with status %ld, not one "
			"of mask %#x", i, (long)r->rax, a->status);
	if (r->rax != HELIOS_OK)
		return;
	if (a->has_message)
		compare_message(i, a);
	if (a->has_bits && r->rdx != a->bits)
		unit_fail("actor %u: bits %#lx, not %#lx", i,
			(unsigned long)r->rdx, (unsigned long)a->bits);
}

static void
compare_object(const struct mobject *o)
{
	switch (o->type) {
	case HELIOS_CSPACE:
		if (o != model.actors[0].cspace)
			compare_cspace(o);
		return;
	case HELIOS_MEMORY:
		compare_memory(o);
		return;
	case HELIOS_VSPACE:
		compare_vspace(o);
		return;
	case HELIOS_NOTE:
		if (((const struct note *)o->kernel)->bits != o->bits)
			unit_fail("Note %lu has other bits",
				(unsigned long)o->id);
		return;
	}
}

static void
compare_all(void)
{
	for (unsigned int i = 0; i < M_OBJECTS; i++)
		if (model.objects[i].alive)
			compare_object(&model.objects[i]);
	walk_derivation();
	for (unsigned int i = 0; i < M_NODES; i++) {
		const struct mnode *n = &model.nodes[i];

		if (!n->used)
			continue;
		compare_node(n);
		compare_parent(n);
		if (n->type == HELIOS_PAGE)
			compare_mapping(n);
	}
	for (unsigned int i = 1; i < ACTORS; i++)
		compare_actor(i);
}

static void
compare_slot_info(uint32_t table, const struct mobject *cs, unsigned int at)
{
	const struct mslot *s = &cs->slots[at];
	const struct mnode *n = s->node;
	uint64_t word = 0, badge = 0, id = 0;

	if (s->state == M_DEAD)
		word = HELIOS_DEAD << 2;
	if (s->state == M_CAP) {
		word = n->type << 2 | (n->rights & 3);
		word |= (uint64_t)(n->rights >> 2) << 8;
		word |= n->badge != 0 ? HELIOS_IDENTIFY_BADGED : 0;
		badge = n->badge;
		id = n->object != NULL ? n->object->id : 0;
	}
	kop(world.init, table, HELIOS_CSPACE, HELIOS_CSPACE_SLOT_INFO, at);
	if (world.status != HELIOS_OK || world.nout != 3 ||
	    world.out[0] != word || world.out[1] != badge ||
	    world.out[2] != id)
		unit_fail("SLOT_INFO of %u: status %ld, %#lx %#lx %lu; "
			"expected %#lx %#lx %lu", at, (long)world.status,
			(unsigned long)world.out[0],
			(unsigned long)world.out[1],
			(unsigned long)world.out[2], (unsigned long)word,
			(unsigned long)badge, (unsigned long)id);
}

/* Through the system call interface, all that A and B hold. */
void
run_compare_all(void)
{
	compare_all();
	for (unsigned int i = 0; i < M_SLOTS; i++) {
		compare_slot_info(SUPPLY_A, model.a, i);
		compare_slot_info(SUPPLY_B, model.b, i);
	}
	kop(world.init, SUPPLY_A, HELIOS_CSPACE, HELIOS_CSPACE_INFO);
	if (world.out[0] != M_SLOTS || world.out[1] + world.out[2] +
	    world.out[3] != M_SLOTS || world.out[2] != m_free_slots(model.a))
		unit_fail("CSpace INFO: %lu slots, %lu used, %lu free, %lu "
			"dead", (unsigned long)world.out[0],
			(unsigned long)world.out[1],
			(unsigned long)world.out[2],
			(unsigned long)world.out[3]);
	unit_check_core();
}

/*
 * Operations
 */

static uint64_t
call_list(struct task *t, const struct mop *op, unsigned int type,
	unsigned int kop_nr, unsigned int nfixed, const uint64_t *fixed)
{
	uint64_t words[3 + M_CAPS];

	memcpy(words, fixed, nfixed * sizeof(words[0]));
	for (unsigned int i = 0; i < op->ncaps; i++)
		words[nfixed + i] = op->caps[i];
	return invoke_words(t, op->cap, type, kop_nr, nfixed + op->ncaps,
		words);
}

static uint64_t
call_message(struct task *t, const struct mop *op)
{
	static const unsigned int nr[K_KINDS] = {
		[K_SEND] = HELIOS_SYS_SEND, [K_CALL] = HELIOS_SYS_CALL,
		[K_NBSEND] = HELIOS_SYS_NBSEND, [K_RECV] = HELIOS_SYS_RECV,
		[K_NBRECV] = HELIOS_SYS_NBRECV, [K_REPLY] = HELIOS_SYS_REPLY,
		[K_SIGNAL] = HELIOS_SYS_SIGNAL, [K_WAIT] = HELIOS_SYS_WAIT,
		[K_NBWAIT] = HELIOS_SYS_NBWAIT,
	};
	const struct message *m = &op->message;
	struct helios_ipcbuf *buf = task_ipcbuf(t);

	for (unsigned int i = 4; i < m->nwords; i++)
		buf->words[i] = m->words[i];
	memcpy(buf->caps, m->caps, sizeof(m->caps));
	buf->accept_count = op->naccept;
	memcpy(buf->accept, op->accept, sizeof(op->accept));
	return sys(t, nr[op->kind], op->cap, helios_tag(m->label, m->nwords,
		m->ncaps), m->words);
}

static uint64_t
call_transfer(struct task *t, const struct mop *op)
{
	switch (op->kind) {
	case K_COPY:
		return kop(t, op->cap, HELIOS_CSPACE, HELIOS_CSPACE_COPY,
			op->dest, op->from, op->slot, op->rights);
	case K_MINT:
		return kop(t, op->cap, HELIOS_CSPACE, HELIOS_CSPACE_MINT,
			op->dest, op->from, op->slot |
			(uint64_t)op->rights << 32, op->arg[0]);
	default:
		return kop(t, op->cap, HELIOS_CSPACE, HELIOS_CSPACE_MOVE,
			op->dest, op->from, op->slot);
	}
}

static uint64_t
call_kernel(struct task *t, const struct mop *op)
{
	switch (op->kind) {
	case K_ALLOC:
		return call_list(t, op, HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE,
			2, op->arg);
	case K_COPY:
	case K_MOVE:
	case K_MINT:
		return call_transfer(t, op);
	case K_DESTROY:
		return call_list(t, op, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY,
			0, op->arg);
	case K_REVOKE:
		return kop(t, op->cap, HELIOS_CSPACE, HELIOS_CSPACE_REVOKE,
			op->slot);
	case K_STORE_REPLY:
		return kop(t, op->cap, HELIOS_CSPACE,
			HELIOS_CSPACE_STORE_REPLY, op->dest);
	case K_MAP:
		return call_list(t, op, HELIOS_VSPACE, HELIOS_VSPACE_MAP, 2,
			op->arg);
	case K_UNMAP:
		return call_list(t, op, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP, 0,
			op->arg);
	case K_PROTECT:
		return call_list(t, op, HELIOS_VSPACE, HELIOS_VSPACE_PROTECT,
			1, op->arg + 1);
	case K_CONFIGURE:
		return call_list(t, op, HELIOS_TASK, HELIOS_TASK_CONFIGURE, 0,
			op->arg);
	case K_CANCEL:
		return kop(t, op->cap, HELIOS_TASK, HELIOS_TASK_CANCEL);
	}
	return call_message(t, op);
}

static bool
is_message(const struct mop *op)
{
	return op->kind >= K_SEND && op->kind <= K_NBWAIT;
}

static bool
is_receive(const struct mop *op)
{
	return op->kind == K_RECV || op->kind == K_NBRECV;
}

/*
 * A DESTROY or REVOKE that was preempted after it had taken away what it was
 * made through cannot be told from one that came too late.
 */
static bool
cut_its_branch(const struct mop *op, unsigned int may, uint64_t status,
	unsigned long fired)
{
	return (op->kind == K_DESTROY || op->kind == K_REVOKE) &&
		may == MAY(HELIOS_OK) && fired != 0 &&
		(status == HELIOS_REVOKED || status == HELIOS_INVALID_CSLOT);
}

static struct mnode *
invoked(const struct mop *op)
{
	unsigned int errors = 0;

	return m_lookup(model.actors[op->actor].cspace, op->cap, 0, &errors);
}

static void
apply_cut(const struct mop *op)
{
	struct mnode *n = invoked(op);
	struct mobject *cs = n->object;
	struct mnode *target = op->kind == K_REVOKE ?
		cs->slots[op->slot].node : NULL;

	m_apply(op);
	if (n->used && (target == NULL || target->used))
		unit_fail("a preempted call failed, but what it was made "
			"through is still there");
}

void
run_op(const struct mop *op, unsigned long nr)
{
	struct actor *a = &model.actors[op->actor];
	unsigned int may;
	uint64_t status;
	unsigned long fired;

	if (!m_possible(op))
		return;
	may = m_predict(op);
	if (op->preempt != MOCK_NEVER)
		mock_preempt(op->preempt, op->every);
	fired = mock.fired;
	status = call_kernel(a->task, op);
	fired = mock.fired - fired;
	mock_preempt_off();
	if (status == BLOCKED_STATUS && !is_message(op))
		unit_fail("an operation blocked its caller");
	if (cut_its_branch(op, may, status, fired)) {
		apply_cut(op);
	} else {
		uint64_t s = status == BLOCKED_STATUS ? HELIOS_OK : status;

		if (s >= HELIOS_STATUS_COUNT || !(may & MAY(s)))
			unit_fail("status %ld (detail %#lx), expected one of "
				"mask %#x; log: %s", (long)status,
				(unsigned long)world.detail, may,
				mock_log_line(0));
		if (is_message(op) && (s == HELIOS_OK || is_receive(op)))
			m_apply_ipc(op);
		else if (!is_message(op) && s == HELIOS_OK)
			m_apply(op);
	}
	compare_all();
	compare_slot_info(SUPPLY_A, model.a, nr % M_SLOTS);
	if (nr % CHECK_EVERY == 0)
		unit_check_core();
	if (nr % SWEEP_EVERY == 0)
		run_compare_all();
}

/* Everything random dies with the Memory it came from. */
void
run_teardown(void)
{
	struct mop op = { .kind = K_REVOKE, .cap = HELIOS_INIT_CSPACE,
		.slot = SUPPLY_OUTER, .preempt = 0, .every = 3 };

	run_op(&op, 0);
	if (snapshot_free(model.outer->kernel) != outer_free)
		unit_fail("the free set is not what it was at the start");
}
