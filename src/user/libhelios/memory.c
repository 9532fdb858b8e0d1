/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map.
 *
 * A region of at most RUN pages is one record: where, and the capabilities
 * of its pages, so that mapping, protecting and unmapping it is one system
 * call each.  Longer mappings are several records in a row.  Reserved ranges
 * are one record of any length without pages.
 *
 * Records live in pages of the library's own ("meta pages"), which are in
 * the list too: the first record of a meta page describes that page itself
 * and which of the others are used.  A meta page goes back with its last
 * record, so that an empty map holds no memory and no slot.
 *
 * The list is sorted by address and searched from its start.  Programs have
 * tens of regions, and what has many blocks (the heap) finds them itself.
 */
#include "internal.h"

#define RUN		56u		/* pages in a record */
#define PER_META	(HELIOS_PAGE_SIZE / sizeof(struct region))
#define MAX_STEP	512u		/* pages skipped at most */

enum kind { RESERVED, BACKED, META };

struct region {
	struct region *next, *prev;
	uint64_t start;
	uint32_t pages;			/* RESERVED: any number */
	uint32_t kind;
	union {
		helios_cap_t caps[RUN];
		struct {
			helios_cap_t page;
			uint32_t used;	/* bitmap of records */
			struct region *next;
		} meta;
	};
};

_Static_assert(sizeof(struct region) == 256, "records fill a meta page");

static struct {
	struct helios_mutex lock;
	struct region *first;
	struct region *metas;
	uint64_t base, limit;		/* where to place; 0: not known yet */
} map = { .lock = HELIOS_MUTEX_INIT };

static uint64_t
end_of(const struct region *r)
{
	return r->start + r->pages * HELIOS_PAGE_SIZE;
}

static void
insert(struct region *r)
{
	struct region *prev = NULL, *next = map.first;

	while (next && next->start < r->start) {
		prev = next;
		next = next->next;
	}
	r->prev = prev;
	r->next = next;
	if (prev)
		prev->next = r;
	else
		map.first = r;
	if (next)
		next->prev = r;
}

static void
unlink_region(struct region *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		map.first = r->next;
	if (r->next)
		r->next->prev = r->prev;
}

/*
 * Place in the upper half, but not in the last sixteenth, where a kernel may
 * have put the stack.
 */
static enum helios_status
find_limits(void)
{
	struct helios_vspace_info info;
	enum helios_status status;
	uint64_t size;

	if (map.limit)
		return HELIOS_OK;
	status = helios_vspace_info(helios_process.vspace, &info);
	if (status != HELIOS_OK)
		return status;
	size = info.limit - info.base;
	map.base = round_up(info.base + size / 2, HELIOS_PAGE_SIZE);
	map.limit = (info.limit - size / 16) & ~(HELIOS_PAGE_SIZE - 1);
	return HELIOS_OK;
}

/* The first hole of so many pages not below from; 0: none. */
static uint64_t
find_hole(uint64_t from, uint64_t pages)
{
	const struct region *r;
	uint64_t size = pages * HELIOS_PAGE_SIZE;

	for (r = map.first; r; r = r->next) {
		if (end_of(r) <= from)
			continue;
		if (r->start >= from && r->start - from >= size)
			break;
		from = end_of(r);
	}
	if (from > map.limit || map.limit - from < size)
		return 0;
	return from;
}

static bool
is_free(uint64_t start, uint64_t pages, uint64_t *where)
{
	const struct region *r;

	for (r = map.first; r; r = r->next) {
		if (end_of(r) <= start)
			continue;
		if (r->start >= start + pages * HELIOS_PAGE_SIZE)
			return true;
		*where = r->start > start ? r->start : start;
		return false;
	}
	return true;
}

/* A meta page, mapped and in the list. */
static enum helios_status
new_meta(struct region **out)
{
	enum helios_status status;
	struct region *r;
	helios_cap_t page;
	uint64_t at, detail, from = map.base;

	status = helios_newpage(&page);
	if (status != HELIOS_OK)
		return status;
	do {
		at = find_hole(from, 1);
		if (!at) {
			status = failed(HELIOS_NOMEM, 1);
			break;
		}
		status = helios_map(helios_process.vspace, at, HELIOS_MAP_W |
				HELIOS_MAP_FIXED, 1, &page, NULL);
		from = at + HELIOS_PAGE_SIZE;
	} while (status == HELIOS_BUSY);
	if (status != HELIOS_OK) {
		detail = helios_detail();
		helios_destroy(page);
		return failed(status, detail);
	}
	r = (struct region *)at;
	*r = (struct region){ .start = at, .pages = 1, .kind = META };
	r->meta.page = page;
	r->meta.used = 1;
	r->meta.next = map.metas;
	map.metas = r;
	insert(r);
	*out = r;
	return HELIOS_OK;
}

static enum helios_status
new_record(struct region **out)
{
	enum helios_status status;
	struct region *m;
	unsigned int i;

	for (m = map.metas; m; m = m->meta.next)
		if (m->meta.used != (1u << PER_META) - 1)
			break;
	if (!m) {
		status = new_meta(&m);
		if (status != HELIOS_OK)
			return status;
	}
	i = (unsigned int)__builtin_ctz(~m->meta.used);
	m->meta.used |= 1u << i;
	m[i] = (struct region){ .kind = RESERVED };
	*out = &m[i];
	return HELIOS_OK;
}

static void
free_record(struct region *r)
{
	uint64_t at = (uint64_t)r & ~(HELIOS_PAGE_SIZE - 1);
	struct region *m = (struct region *)at, **p;
	helios_cap_t page;

	m->meta.used &= ~(1u << (r - m));
	if (m->meta.used != 1)
		return;
	for (p = &map.metas; *p != m; p = &(*p)->meta.next)
		;
	*p = m->meta.next;
	unlink_region(m);
	page = m->meta.page;
	helios_destroy(page);
}

/* Free a chain of records linked by next, and the pages of backed ones. */
static void
free_chain(struct region *r)
{
	while (r) {
		struct region *next = r->next;

		if (r->kind == BACKED)
			helios_destroy_many(r->pages, r->caps);
		free_record(r);
		r = next;
	}
}

/* Records for so many pages, chained by next; backed ones get pages. */
static enum helios_status
new_chain(uint64_t pages, bool backed, struct region **out)
{
	struct region **tail = out;
	enum helios_status status = HELIOS_OK;
	uint64_t detail;

	*out = NULL;
	while (pages > 0) {
		uint64_t n = backed && pages > RUN ? RUN : pages;
		struct region *r;

		status = new_record(&r);
		if (status != HELIOS_OK)
			break;
		*tail = r;
		tail = &r->next;
		r->pages = (uint32_t)n;
		if (backed) {
			status = helios_newpages(r->pages, r->caps);
			if (status != HELIOS_OK)
				break;
			r->kind = BACKED;
		}
		pages -= n;
	}
	if (status != HELIOS_OK) {
		detail = helios_detail();
		free_chain(*out);
		return failed(status, detail);
	}
	return HELIOS_OK;
}

/* Map a chain at an address; all or nothing. */
static enum helios_status
map_chain(struct region *chain, uint64_t at, uint64_t flags)
{
	enum helios_status status = HELIOS_OK;
	struct region *r, *undo;
	uint64_t detail;

	for (r = chain; r; r = r->next) {
		r->start = at;
		at = end_of(r);
		if (r->kind == BACKED)
			status = helios_map(helios_process.vspace, r->start,
					flags | HELIOS_MAP_FIXED, r->pages,
					r->caps, NULL);
		if (status != HELIOS_OK)
			break;
	}
	if (status == HELIOS_OK)
		return status;
	detail = helios_detail();
	for (undo = chain; undo != r; undo = undo->next)
		if (undo->kind == BACKED)
			helios_unmap(helios_process.vspace, undo->pages,
					undo->caps);
	return failed(status, detail);
}

/* Where nobody else has mapped something. */
static enum helios_status
place_chain(struct region *chain, uint64_t pages, uint64_t lead,
		uint64_t flags)
{
	uint64_t from = map.base, step = 1, at;
	enum helios_status status;

	for (;;) {
		at = find_hole(from, pages);
		if (!at)
			return failed(HELIOS_NOMEM, pages);
		status = map_chain(chain, at + lead, flags);
		if (status != HELIOS_BUSY)
			return status;
		/* Something foreign: look behind it, soon in long steps. */
		from = (helios_detail() & ~(HELIOS_PAGE_SIZE - 1)) +
			step * HELIOS_PAGE_SIZE;
		if (from <= at)
			from = at + step * HELIOS_PAGE_SIZE;
		if (step < MAX_STEP)
			step *= 2;
	}
}

static uint64_t
map_flags(unsigned int prot)
{
	return (prot & HELIOS_PROT_WRITE ? HELIOS_MAP_W : 0) |
		(prot & HELIOS_PROT_EXEC ? HELIOS_MAP_X : 0);
}

static bool
bad_prot(unsigned int prot)
{
	return prot > (HELIOS_PROT_READ | HELIOS_PROT_WRITE |
			HELIOS_PROT_EXEC) ||
		((prot & HELIOS_PROT_WRITE) && (prot & HELIOS_PROT_EXEC));
}

/* At the hint, if there is one and it is free; else anywhere. */
static enum helios_status
place(struct region *chain, uint64_t hint, uint64_t pages, uint64_t guard,
		unsigned int prot, unsigned int flags)
{
	uint64_t lead = guard * HELIOS_PAGE_SIZE;
	enum helios_status status;
	uint64_t where = 0;

	if (hint || flags & HELIOS_MMAP_FIXED) {
		if (is_free(hint - lead, pages + 2 * guard, &where))
			status = map_chain(chain, hint, map_flags(prot));
		else
			status = failed(HELIOS_BUSY, where);
		if (status != HELIOS_BUSY || flags & HELIOS_MMAP_FIXED)
			return status;
	}
	return place_chain(chain, pages + 2 * guard, lead, map_flags(prot));
}

static void
insert_guards(struct region *guards, const struct region *chain,
		uint64_t pages)
{
	struct region *second;

	if (!guards)
		return;
	second = guards->next;
	guards->start = chain->start - HELIOS_PAGE_SIZE;
	second->start = chain->start + pages * HELIOS_PAGE_SIZE;
	insert(guards);
	insert(second);
}

static enum helios_status
new_guards(struct region **out)
{
	struct region *first, *second;
	enum helios_status status = new_chain(1, false, &first);

	if (status != HELIOS_OK)
		return status;
	status = new_chain(1, false, &second);
	if (status != HELIOS_OK) {
		free_chain(first);
		return status;
	}
	first->next = second;
	*out = first;
	return HELIOS_OK;
}

/* The lock is held. */
static enum helios_status
do_mmap(uint64_t hint, uint64_t pages, unsigned int prot, unsigned int flags,
		uint64_t *out)
{
	uint64_t guard = flags & HELIOS_MMAP_GUARD ? 1 : 0, detail;
	struct region *chain, *guards = NULL, *next;
	enum helios_status status = find_limits();

	if (status == HELIOS_OK && guard)
		status = new_guards(&guards);
	if (status != HELIOS_OK)
		return status;
	status = new_chain(pages, prot != HELIOS_PROT_NONE, &chain);
	if (status != HELIOS_OK) {
		free_chain(guards);
		return status;
	}
	status = place(chain, hint, pages, guard, prot, flags);
	if (status != HELIOS_OK) {
		detail = helios_detail();
		free_chain(chain);
		free_chain(guards);
		return failed(status, detail);
	}
	*out = chain->start;
	insert_guards(guards, chain, pages);
	for (; chain; chain = next) {
		next = chain->next;
		insert(chain);
	}
	return HELIOS_OK;
}

#define MAX_LEN		(1ull << 43)	/* pages fit a record */

enum helios_status
helios_mmap(void *hint, size_t len, unsigned int prot, unsigned int flags,
		void **out)
{
	enum helios_status status;
	uint64_t at = 0;

	if ((uint64_t)hint % HELIOS_PAGE_SIZE)
		return failed(HELIOS_INVALID_PARAM, 0);
	if (len == 0 || len > MAX_LEN)
		return failed(HELIOS_INVALID_PARAM, 1);
	if (bad_prot(prot))
		return failed(HELIOS_INVALID_PARAM, 2);
	if (flags & ~(HELIOS_MMAP_FIXED | HELIOS_MMAP_GUARD))
		return failed(HELIOS_INVALID_PARAM, 3);
	helios_mutex_lock(&map.lock);
	status = do_mmap((uint64_t)hint, round_up(len, HELIOS_PAGE_SIZE) /
			HELIOS_PAGE_SIZE, prot, flags, &at);
	helios_mutex_unlock(&map.lock);
	if (status == HELIOS_OK)
		*out = (void *)at;
	return status;
}

static void
drop_pages(struct region *r, uint32_t first, uint32_t count)
{
	if (r->kind == BACKED)
		helios_destroy_many(count, r->caps + first);
}

/* Take [start, end) out of a record that begins before or ends after it;
 * spare is a record for what is behind. */
static void
cut_region(struct region *r, uint64_t start, uint64_t end,
		struct region *spare)
{
	uint32_t head = 0, tail = 0, gone;

	if (start > r->start)
		head = (uint32_t)((start - r->start) / HELIOS_PAGE_SIZE);
	if (end < end_of(r))
		tail = (uint32_t)((end_of(r) - end) / HELIOS_PAGE_SIZE);
	gone = r->pages - head - tail;
	drop_pages(r, head, gone);
	if (head && tail) {
		spare->kind = r->kind;
		spare->start = end;
		spare->pages = tail;
		if (r->kind == BACKED)
			memcpy(spare->caps, r->caps + head + gone,
					tail * sizeof(helios_cap_t));
		r->pages = head;
		insert(spare);
	} else if (head) {
		r->pages = head;
	} else {
		if (r->kind == BACKED)
			memmove(r->caps, r->caps + gone,
					tail * sizeof(helios_cap_t));
		r->start = end;
		r->pages = tail;
	}
}

static bool
splits(uint64_t start, uint64_t end)
{
	const struct region *r;

	for (r = map.first; r; r = r->next)
		if (r->kind != META && r->start < start && end_of(r) > end)
			return true;
	return false;
}

static enum helios_status
do_munmap(uint64_t start, uint64_t end)
{
	struct region *r, *spare = NULL, *dead = NULL, *next;

	if (splits(start, end)) {
		enum helios_status status = new_record(&spare);

		if (status != HELIOS_OK)
			return status;
	}
	for (r = map.first; r && r->start < end; r = next) {
		next = r->next;
		if (end_of(r) <= start || r->kind == META)
			continue;
		if (r->start < start || end_of(r) > end) {
			cut_region(r, start, end, spare);
			continue;
		}
		/* Freed at the end: that may take a meta page off the list. */
		unlink_region(r);
		r->next = dead;
		dead = r;
	}
	free_chain(dead);
	return HELIOS_OK;
}

enum helios_status
helios_munmap(void *address, size_t len)
{
	uint64_t start = (uint64_t)address, size;
	enum helios_status status;

	if (start % HELIOS_PAGE_SIZE)
		return failed(HELIOS_INVALID_PARAM, 0);
	if (len == 0 || len > MAX_LEN)
		return failed(HELIOS_INVALID_PARAM, 1);
	size = round_up(len, HELIOS_PAGE_SIZE);
	helios_mutex_lock(&map.lock);
	status = do_munmap(start, start + size);
	helios_mutex_unlock(&map.lock);
	return status;
}

/* The first address of the range with no page of ours; end: none. */
static uint64_t
first_unbacked(uint64_t start, uint64_t end)
{
	const struct region *r;

	for (r = map.first; r && start < end; r = r->next) {
		if (end_of(r) <= start)
			continue;
		if (r->kind != BACKED || r->start > start)
			return start;
		start = end_of(r);
	}
	return start < end ? start : end;
}

static enum helios_status
do_mprotect(uint64_t start, uint64_t end, unsigned int prot)
{
	uint64_t hole = first_unbacked(start, end);
	enum helios_status status = HELIOS_OK;
	struct region *r;

	if (hole < end)
		return failed(HELIOS_FAULT, hole);
	for (r = map.first; r && r->start < end && status == HELIOS_OK;
			r = r->next) {
		uint64_t from = r->start > start ? r->start : start;
		uint64_t to = end_of(r) < end ? end_of(r) : end;

		if (from < to)
			status = helios_protect(helios_process.vspace,
				map_flags(prot),
				(unsigned int)((to - from) / HELIOS_PAGE_SIZE),
				r->caps + (from - r->start) / HELIOS_PAGE_SIZE);
	}
	return status;
}

enum helios_status
helios_mprotect(void *address, size_t len, unsigned int prot)
{
	uint64_t start = (uint64_t)address, size;
	enum helios_status status;

	if (start % HELIOS_PAGE_SIZE)
		return failed(HELIOS_INVALID_PARAM, 0);
	if (len == 0 || len > MAX_LEN)
		return failed(HELIOS_INVALID_PARAM, 1);
	if (prot == HELIOS_PROT_NONE || bad_prot(prot))
		return failed(HELIOS_INVALID_PARAM, 2);
	size = round_up(len, HELIOS_PAGE_SIZE);
	helios_mutex_lock(&map.lock);
	status = do_mprotect(start, start + size, prot);
	helios_mutex_unlock(&map.lock);
	return status;
}

helios_cap_t
helios_page_at(const void *address)
{
	uint64_t at = (uint64_t)address;
	helios_cap_t page = HELIOS_CADDR_UNDEF;
	const struct region *r;

	helios_mutex_lock(&map.lock);
	for (r = map.first; r && r->start <= at; r = r->next)
		if (r->kind == BACKED && at < end_of(r))
			page = r->caps[(at - r->start) / HELIOS_PAGE_SIZE];
	helios_mutex_unlock(&map.lock);
	return page;
}

void
helios_mmap_stats(struct helios_mmap_stats *out)
{
	const struct region *r;

	*out = (struct helios_mmap_stats){ 0 };
	helios_mutex_lock(&map.lock);
	for (r = map.first; r; r = r->next) {
		if (r->kind == META) {
			out->own_pages++;
			continue;
		}
		out->regions++;
		if (r->kind == BACKED)
			out->pages += r->pages;
	}
	helios_mutex_unlock(&map.lock);
}

void
helios_memory_abandon(void)
{
	map.lock = (struct helios_mutex)HELIOS_MUTEX_INIT;
	map.first = NULL;
	map.metas = NULL;
	map.limit = 0;
	helios_heap_abandon();
	helios_threads_abandon();
}
