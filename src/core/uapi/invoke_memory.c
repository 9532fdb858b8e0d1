/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of Memory.
 *
 * ALLOCATE takes its destinations first, then makes the objects, which may
 * be preempted or fail; then the destinations go back exactly as they were.
 * What was under way ends with the call (task_drop_work).
 */
#include <cspace.h>
#include <ipc.h>
#include <page.h>
#include <task.h>
#include <uapi.h>
#include <vspace.h>

#define FIRST_DEST	2
#define MOST_DESTS	(HELIOS_MSG_WORDS - FIRST_DEST)

struct allocation {
	struct memory *from;
	unsigned int type, n;
	uint64_t flags, size;
	const struct vspace *like;
	struct cspace *cspace;
	helios_cap_t caddr[MOST_DESTS];
	struct slot *dest[MOST_DESTS];
	void *small[MOST_DESTS];	/* what is made in one step */
};

/* Is the size one that this type comes in? */
static struct result
decode_size(struct invocation *inv, struct allocation *a)
{
	struct slot *like;
	struct result r;

	switch (a->type) {
	case HELIOS_CSPACE:
		if (a->size < 6 || a->size > 16)
			return user_error(HELIOS_INVALID_PARAM, 1,
				"a radix of 6 to 16 expected, %lu found",
				a->size);
		return RESULT_OK;
	case HELIOS_PAGE:
		if (a->size == HELIOS_PAGE_SIZE ||
				(a->size == HELIOS_LARGE_PAGE_SIZE &&
				!(a->flags & HELIOS_ALLOC_CONTIGUOUS)))
			return RESULT_OK;
		return user_error(HELIOS_INVALID_PARAM, 1, "pages are 4 KiB "
			"or, not contiguous, 2 MiB; %lu found", a->size);
	case HELIOS_MEMORY:
		if (a->size >= 1 && a->size <= a->from->pages)
			return RESULT_OK;
		if (a->size == 0)
			return user_error(HELIOS_INVALID_PARAM, 1,
				"at least one page expected");
		return user_error(HELIOS_NOMEM, a->size - a->from->free,
			"%lu pages asked of a Memory of %lu", a->size,
			a->from->pages);
	case HELIOS_VSPACE:
		if (!(a->size & HELIOS_VSPACE_LIKE))
			break;
		r = task_lookup(inv->task, a->size & ~HELIOS_VSPACE_LIKE,
			HELIOS_VSPACE, &like);
		if (r.status == HELIOS_OK)
			a->like = cap_object(like);
		return r;
	}
	if (a->size != 0)
		return user_error(HELIOS_INVALID_PARAM, 1,
			"size 0 expected for a %s, %lu found",
			type_name(a->type), a->size);
	return RESULT_OK;
}

/* Is this a type that comes from Memory, and so many at a time? */
static struct result
decode_type(const struct allocation *a)
{
	switch (a->type) {
	case HELIOS_PAGE:
	case HELIOS_ENDPOINT:
	case HELIOS_NOTE:
		break;
	case HELIOS_CSPACE:
	case HELIOS_VSPACE:
	case HELIOS_TASK:
	case HELIOS_MEMORY:
		if (a->n != 1)
			return user_error(HELIOS_INVALID_PARAM, FIRST_DEST + 1,
				"one %s at a time, %u destinations found",
				type_name(a->type), a->n);
		break;
	default:
		return user_error(HELIOS_UNSUPPORTED, a->type,
			"a %s does not come from Memory", type_name(a->type));
	}
	if (a->flags != 0 && (a->flags != HELIOS_ALLOC_CONTIGUOUS ||
			a->type != HELIOS_PAGE))
		return user_error(HELIOS_INVALID_PARAM, 0,
			"flags %lx do not go with a %s", a->flags,
			type_name(a->type));
	return RESULT_OK;
}

/* A page alone is cleared in one step.  NULL: no memory. */
static void *
create_page(struct memory *from)
{
	struct frame *f = block_alloc(from, 0, FRAME_PAGE);

	if (f != NULL)
		__builtin_memset(frame_ptr(f), 0, PAGE_SIZE);
	return f;
}

/* What is made in one step; NULL: no memory. */
static void *
create_small(struct memory *from, unsigned int type, const struct vspace *like)
{
	switch (type) {
	case HELIOS_PAGE:
		return create_page(from);
	case HELIOS_ENDPOINT:
		return endpoint_create(from);
	case HELIOS_NOTE:
		return note_create(from);
	case HELIOS_TASK:
		return task_create(from);
	default:
		return vspace_create(from, like);
	}
}

/* Something that died may be taken apart first: then the call is made again.
 */
static struct result
no_room(struct memory *from, unsigned int type)
{
	if (reap_memory_step(from))
		return result_preempted();
	return user_error(HELIOS_NOMEM, 1, "no memory for a %s: the Memory "
		"has %lu pages free, or the system no room for another",
		type_name(type), from->free);
}

/* Nothing refers to it yet: it goes as if its last capability had. */
static void
discard_small(const struct allocation *a, void *object)
{
	if (a->type == HELIOS_ENDPOINT)
		endpoint_destroy(object);
	else
		note_destroy(object);
}

static struct result
make_small(struct allocation *a)
{
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		a->small[i] = create_small(a->from, a->type, a->like);
		if (a->small[i] != NULL)
			continue;
		while (i-- > 0)
			discard_small(a, a->small[i]);
		return no_room(a->from, a->type);
	}
	return RESULT_OK;
}

static bool
is_small(const struct allocation *a)
{
	const unsigned int large = 1u << HELIOS_PAGE | 1u << HELIOS_CSPACE |
		1u << HELIOS_MEMORY;

	return !(large >> a->type & 1);
}

/* A CSpace needs its header too, besides the table that was made. */
static struct result
make_cspace(struct invocation *inv, struct allocation *a)
{
	struct frame *table = make_take_block(inv->task);

	a->small[0] = cspace_create(a->from, table, (unsigned int)a->size);
	if (a->small[0] != NULL)
		return RESULT_OK;
	/* Made again, the call starts over: it has no table any more. */
	block_free(table);
	make_drop(inv->task);
	if (reap_memory_step(a->from))
		return result_preempted();
	return user_error(HELIOS_NOMEM, 1, "no memory for a CSpace");
}

static struct result
make_objects(struct invocation *inv, struct allocation *a)
{
	struct result r;

	if (is_small(a))
		return make_small(a);
	r = make_run(inv->task, a->from, a->type, a->flags, a->size, a->n);
	if (r.status == HELIOS_OK && a->type == HELIOS_CSPACE)
		r = make_cspace(inv, a);
	return r;
}

static uint64_t
page_cap(struct memory *from, const struct frame *f, uint64_t size)
{
	memory_count(from, 1);
	object_counts[HELIOS_PAGE]++;
	return cap_make_page(ptr_phys(frame_ptr(f)),
		size == HELIOS_LARGE_PAGE_SIZE ? PAGE_LARGE : 0,
		HELIOS_RIGHT_R | HELIOS_RIGHT_W | HELIOS_RIGHT_X);
}

/* Of what create_small has made, but for a page. */
static uint64_t
small_cap(unsigned int type, void *object)
{
	unsigned int rights = 0;

	if (type == HELIOS_ENDPOINT || type == HELIOS_NOTE)
		rights = HELIOS_RIGHT_SEND | HELIOS_RIGHT_RECV |
			HELIOS_RIGHT_GRANT;
	return cap_make(type, object, rights);
}

static uint64_t
object_cap(struct task *t, const struct allocation *a, unsigned int i)
{
	struct frame *f;

	switch (a->type) {
	case HELIOS_PAGE:
		f = make_take_block(t);
		block_set_kind(f, FRAME_PAGE, NULL);
		return page_cap(a->from, f, a->size);
	case HELIOS_MEMORY:
		return cap_make(HELIOS_MEMORY, make_take_memory(t), 0);
	}
	return small_cap(a->type, a->small[i]);
}

static void
install_objects(struct invocation *inv, struct allocation *a)
{
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		cap_insert(a->dest[i], inv->slot,
			object_cap(inv->task, a, i), 0);
		inv_return(inv, slot_index(a->cspace, a->dest[i]));
	}
}

/* What is asked for most: one object, made in one step, with nothing special
 * to it.  Nothing of it can be wrong but the destination. */
static bool
is_one_small(const struct invocation *inv)
{
	const uint64_t small = 1u << HELIOS_ENDPOINT | 1u << HELIOS_NOTE |
		1u << HELIOS_TASK | 1u << HELIOS_VSPACE;
	uint64_t type = inv_word(inv, 0), size = inv_word(inv, 1);

	if (inv->nwords != FIRST_DEST + 1 || type >= HELIOS_TYPE_COUNT)
		return false;
	return type == HELIOS_PAGE ? size == HELIOS_PAGE_SIZE :
		(small >> type & 1) && size == 0;
}

/* It needs neither lists nor loops. */
static struct result
allocate_one(struct invocation *inv)
{
	struct slot *dest;
	struct result r = inv_dest(inv, FIRST_DEST, &dest);
	unsigned int type = (unsigned int)inv_word(inv, 0);
	struct memory *from = cap_object(inv->slot);
	helios_cap_t caddr;
	void *object;

	if (r.status != HELIOS_OK)
		return r;
	object = create_small(from, type, NULL);
	if (object == NULL) {
		caddr = (helios_cap_t)inv_word(inv, FIRST_DEST);
		dests_return(inv->task->cspace, &caddr, 1, &dest);
		return no_room(from, type);
	}
	cap_insert(dest, inv->slot, type == HELIOS_PAGE ?
		page_cap(from, object, HELIOS_PAGE_SIZE) :
		small_cap(type, object), 0);
	inv_return(inv, slot_index(inv->task->cspace, dest));
	return RESULT_OK;
}

static struct result
allocate_general(struct invocation *inv)
{
	struct allocation a;		/* not cleared, for it is large */
	struct result r = inv_need_at_least(inv, FIRST_DEST + 1);

	if (r.status != HELIOS_OK)
		return r;
	a.from = cap_object(inv->slot);
	a.cspace = task_cspace(inv->task);
	a.like = NULL;
	a.type = (unsigned int)inv_word(inv, 0) & 0xff;
	a.flags = inv_word(inv, 0) & ~0xffull;
	a.size = inv_word(inv, 1);
	a.n = inv->nwords - FIRST_DEST;
	r = decode_type(&a);
	if (r.status == HELIOS_OK)
		r = decode_size(inv, &a);
	if (r.status == HELIOS_OK)
		r = inv_can_return(inv, a.n);
	if (r.status == HELIOS_OK)
		r = inv_take_dests(inv, a.cspace, FIRST_DEST, a.n, a.caddr,
			a.dest);
	if (r.status != HELIOS_OK)
		return r;
	r = make_objects(inv, &a);
	if (r.status != HELIOS_OK) {
		dests_return(a.cspace, a.caddr, a.n, a.dest);
		return r;
	}
	install_objects(inv, &a);
	return RESULT_OK;
}

static struct result
memory_allocate(struct invocation *inv)
{
	return is_one_small(inv) ? allocate_one(inv) : allocate_general(inv);
}

static struct result
memory_info(struct invocation *inv)
{
	struct memory *m = cap_object(inv->slot);
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
	inv_return(inv, m->pages);
	inv_return(inv, m->free);
	inv_return(inv, memory_largest(m));
	inv_return(inv, m->objects);
	return RESULT_OK;
}

struct result
invoke_memory(struct invocation *inv)
{
	switch (inv->op) {
	case HELIOS_MEMORY_ALLOCATE:
		return memory_allocate(inv);
	case HELIOS_MEMORY_INFO:
		return memory_info(inv);
	}
	return inv_no_op(inv);
}
