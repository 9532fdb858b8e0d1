/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces.
 *
 * Each mapped Page slot is on the list of its space, linked by distances (in
 * slots), for the members stand in different tables: 0 ends the list.
 */
#include <klog.h>
#include <task.h>
#include <vspace.h>

/* Kernel-chosen addresses keep off the first bytes, so that a null pointer
 * with an offset still faults. */
#define LOWEST_CHOICE	0x10000ull

struct vspace *
vspace_create(struct memory *m, const struct vspace *like)
{
	struct vspace *vs = slab_alloc(m, sizeof(*vs));
	struct frame *root = vs != NULL ?
		block_alloc(m, 0, FRAME_TABLE) : NULL;

	if (root == NULL)
		goto no_root;
	__builtin_memset(frame_ptr(root), 0, PAGE_SIZE);
	root->object = vs;
	vs->root = ptr_phys(frame_ptr(root));
	vs->tables = 1;
	vs->near = NEAR_NONE;
	if (!hal_vspace_init(vs, like))
		goto no_range;
	heavy_init(&vs->heavy, HELIOS_VSPACE, m);
	return vs;

no_range:
	block_free(root);
no_root:
	if (vs != NULL)
		slab_free(vs);
	return NULL;
}

void *
vspace_hal(struct vspace *vs)
{
	return vs->hal;
}

/* The mapping list */

static struct slot *
linked(struct slot *s, int32_t distance)
{
	return distance == 0 ? NULL : s + distance;
}

static int32_t
distance(const struct slot *from, const struct slot *to)
{
	return to == NULL ? 0 : (int32_t)(to - from);
}

static void
mapping_add(struct vspace *vs, struct slot *s, uint64_t word)
{
	struct slot *first = vs->mapped;

	s->vspace = vs;
	s->word = word;
	s->prev = 0;
	s->next = distance(s, first);
	if (first != NULL)
		first->prev = distance(first, s);
	vs->mapped = s;
	vs->nmapped++;
}

/* a and b become neighbours; NULL a: b is the first. */
static void
mapping_join(struct vspace *vs, struct slot *a, struct slot *b)
{
	if (a == NULL)
		vs->mapped = b;
	else
		a->next = distance(a, b);
	if (b != NULL)
		b->prev = a == NULL ? 0 : distance(b, a);
}

static void
mapping_remove(struct vspace *vs, struct slot *s)
{
	mapping_join(vs, linked(s, s->prev), linked(s, s->next));
	s->next = s->prev = 0;
	vs->nmapped--;
}

void
vspace_slot_moved(struct slot *to, struct slot *from)
{
	struct vspace *vs = from->vspace;
	struct slot *before = linked(from, from->prev);
	struct slot *after = linked(from, from->next);

	to->vspace = vs;
	to->next = distance(to, after);
	mapping_join(vs, before, to);
	if (after != NULL)
		after->prev = distance(after, to);
}

void
vspace_unmap(struct slot *page)
{
	struct vspace *vs = page->vspace;
	uint64_t va = page_vaddr(page);

	pt_clear(vs, va, page_is_large(page));
	mapping_remove(vs, page);
	page->vspace = NULL;
	page->word = 0;
	hal_tlb_flush(vs, va, page_size(page));
}

void
vspace_protect(struct slot *page, uint64_t flags)
{
	struct vspace *vs = page->vspace;
	uint64_t va = page_vaddr(page);

	flags |= page->word & MAPPED_WC;
	pt_set(vs, va, page, flags);
	page->word = va | flags;
	hal_tlb_flush(vs, va, page_size(page));
	hal_tlb_mapped(vs, va, page_size(page));
}

bool
vspace_reap_step(struct vspace *vs)
{
	if (vs->mapped != NULL) {
		vspace_unmap(vs->mapped);
		return false;
	}
	kassert(vs->nmapped == 0 && vs->tables == 1);
	hal_vspace_fini(vs);
	block_free(frame_of(vs->root));
	object_fini(&vs->heavy.obj);
	slab_free(vs);
	return true;
}

/* Mapping */

/* Where a search begins: after the last choice (next fit), if that is not
 * below what is asked for. */
static uint64_t
first_choice(const struct vspace *vs, uint64_t start, uint64_t lowest)
{
	uint64_t base, limit;

	if (vs->choose >= start)
		return vs->choose;
	hal_vspace_range(vs, &base, &limit);
	return lowest > base ? lowest : base + (limit - base) / 4;
}

/*
 * Next fit: from the last choice on, then once more from the start.  A search
 * that was preempted goes on where it was, for the task that makes the call
 * keeps that; only boot has no task, and is not preempted.
 */
static __attribute__((noinline)) struct result
choose_address(struct vspace *vs, uint64_t lowest, uint64_t len, bool large,
		uint64_t *out)
{
	struct task *t = core_current();
	struct search fresh = { 0 }, *s = t != NULL ? &t->making.search :
		&fresh;
	uint64_t base, limit, start;
	enum pt_search found;

	hal_vspace_range(vs, &base, &limit);
	start = base + LOWEST_CHOICE;
	if (lowest > start)
		start = lowest;
	if (s->space != vs->heavy.obj.id)
		*s = (struct search){ vs->heavy.obj.id,
			first_choice(vs, start, lowest), false };
	found = pt_find_hole(vs, &s->hole, limit, len, large);
	if (found == PT_NONE && !s->again) {
		s->again = true;
		s->hole = start;
		found = pt_find_hole(vs, &s->hole, limit, len, large);
	}
	if (found == PT_PREEMPTED) {
		t->working = true;
		return result_preempted();
	}
	*out = s->hole;
	*s = (struct search){ 0 };
	if (found == PT_FOUND)
		return RESULT_OK;
	return user_error(HELIOS_NOMEM, len / PAGE_SIZE,
		"no hole of %lx bytes above %lx", len, lowest);
}

/* Exactly there: inside the range, and aligned? */
static struct result
check_fixed(const struct vspace *vs, uint64_t va, uint64_t len,
		uint64_t align)
{
	uint64_t base, limit;

	hal_vspace_range(vs, &base, &limit);
	if ((va & (align - 1)) != 0)
		return user_error(HELIOS_INVALID_PARAM, 0,
			"an address aligned to %lx expected, %lx found",
			align, va);
	if (va < base || va >= limit || len > limit - va)
		return user_error(HELIOS_INVALID_PARAM, 0,
			"addresses in %lx-%lx expected, %lx + %lx found",
			base, limit, va, len);
	return RESULT_OK;
}

/* Why can nothing be mapped there yet?  OK: now it can. */
static __attribute__((noinline)) struct result
make_room(struct vspace *vs, uint64_t va, uint64_t len, bool large)
{
	uint64_t taken;

	if (pt_occupied(vs, va, len, &taken))
		return user_error(HELIOS_BUSY, taken,
			"%lx is mapped already", taken);
	if (pt_prepare(vs, va, len, large))
		return RESULT_OK;
	if (reap_memory_step(vs->heavy.obj.memory))
		return result_preempted();
	return user_error(HELIOS_NOMEM, 1, "no memory for tables: the Memory "
		"of the VSpace has %lu pages free",
		vs->heavy.obj.memory->free);
}

/* The entry of one page if its table is there and the entry not in use, which
 * is the usual case; NULL: see make_room. */
static uint64_t *
ready_entry(struct vspace *vs, uint64_t va, bool large)
{
	uint64_t *entry = pt_entry(vs, va, large);

	return entry == NULL || *entry & PTE_PRESENT ? NULL : entry;
}

static void
map_page(struct vspace *vs, uint64_t *entry, struct slot *page, uint64_t word)
{
	mapping_add(vs, page, word);
	pt_put(entry, page, word);
}

static inline __attribute__((always_inline)) struct result
map(struct vspace *vs, struct slot **pages, unsigned int n, uint64_t address,
		uint64_t flags, uint64_t *out)
{
	bool large = page_is_large(pages[0]);
	uint64_t size = page_size(pages[0]), len = n * size, va;
	uint64_t *entry = NULL;
	struct result r;

	*out = address;
	r = flags & HELIOS_MAP_FIXED ? check_fixed(vs, address, len, size) :
		choose_address(vs, address, len, large, out);
	va = *out;
	if (r.status == HELIOS_OK && n == 1)
		entry = ready_entry(vs, va, large);
	if (r.status == HELIOS_OK && entry == NULL) {
		r = make_room(vs, va, len, large);
		entry = pt_entry(vs, va, large);
	}
	if (r.status != HELIOS_OK)
		return r;
	if (!(flags & HELIOS_MAP_FIXED))
		vs->choose = va + len;
	flags &= MAPPED_W | MAPPED_X | MAPPED_WC;
	for (;; entry = pt_entry(vs, va, large)) {
		map_page(vs, entry, *pages++, va | flags);
		if (--n == 0)
			break;
		va += size;
	}
	hal_tlb_mapped(vs, *out, len);
	return RESULT_OK;
}

/* One page is the rule, and needs no loop. */
struct result
vspace_map(struct vspace *vs, struct slot **pages, unsigned int n,
		uint64_t address, uint64_t flags, uint64_t *out)
{
	return n == 1 ? map(vs, pages, 1, address, flags, out) :
		map(vs, pages, n, address, flags, out);
}
