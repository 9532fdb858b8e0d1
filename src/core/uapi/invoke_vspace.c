/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations of VSpace and Page. */
#include <cspace.h>
#include <page.h>
#include <uapi.h>
#include <vspace.h>

#define MOST_PAGES	(HELIOS_MSG_WORDS - 2)

_Static_assert(MAPPED_W == HELIOS_MAP_W && MAPPED_X == HELIOS_MAP_X &&
	MAPPED_WC == HELIOS_MAP_WC, "kept as the ABI has them");

_Static_assert(HELIOS_MAP_W * HELIOS_RIGHT_W == HELIOS_RIGHT_W &&
	HELIOS_MAP_X * HELIOS_RIGHT_W == HELIOS_RIGHT_X, "see needed_rights");

/* To map a page so: R always, W and X as asked for. */
static unsigned int
needed_rights(uint64_t flags)
{
	return HELIOS_RIGHT_R | (unsigned int)(flags & (HELIOS_MAP_W |
		HELIOS_MAP_X)) * HELIOS_RIGHT_W;
}

static struct result
check_access(const struct slot *page, unsigned int need)
{
	if ((cap_rights(page) & need) == need)
		return RESULT_OK;
	return user_error(HELIOS_ACCESS, cap_rights(page),
		"rights %x expected, %x found", need, cap_rights(page));
}

static struct result
check_flags(uint64_t flags, uint64_t allowed, unsigned int word)
{
	if (flags & ~allowed)
		return user_error(HELIOS_INVALID_PARAM, word,
			"flags within %lx expected, %lx found", allowed,
			flags);
	if ((flags & HELIOS_MAP_W) && (flags & HELIOS_MAP_X))
		return user_error(HELIOS_INVALID_PARAM, word,
			"writable and executable at once is not allowed");
	return RESULT_OK;
}

static inline struct result
decode_page(const struct invocation *inv, unsigned int i, struct slot **out)
{
	*out = task_slot(inv->task, inv_word(inv, i));
	if (*out != NULL && cap_type(*out) == HELIOS_PAGE)
		return RESULT_OK;
	return inv_cap(inv, i, HELIOS_PAGE, out);
}

/* Each is marked while the others are decoded, so that it takes no comparison
 * of all with all. */
static __attribute__((noinline)) struct result
decode_run(const struct invocation *inv, struct slot **pages, unsigned int n)
{
	unsigned int i, word = inv->nwords - n;
	struct result r = RESULT_OK;

	for (i = 0; i < n; i++, word++) {
		r = decode_page(inv, word, &pages[i]);
		if (r.status == HELIOS_OK && pages[i]->word & PAGE_NAMED)
			r = user_error(HELIOS_INVALID_PARAM, word,
				"slot %lu is named twice", inv_word(inv, word));
		if (r.status != HELIOS_OK)
			break;
		pages[i]->word |= PAGE_NAMED;
	}
	while (i-- > 0)
		pages[i]->word &= ~PAGE_NAMED;
	return r;
}

/*
 * The words from `first` on, n to the last, are different Pages.  This and its
 * callers are inlined: one page is the rule, and then there is neither a list
 * of them nor a loop.
 */
static inline __attribute__((always_inline)) struct result
decode_pages(const struct invocation *inv, unsigned int first,
		struct slot **pages, unsigned int n)
{
	return n == 1 ? decode_page(inv, first, pages) :
		decode_run(inv, pages, n);
}

/* Can this page be mapped in one run with the first? */
static inline struct result
check_mappable(const struct slot *page, const struct slot *first,
		uint64_t flags)
{
	struct result r = check_access(page, needed_rights(flags));

	if (r.status != HELIOS_OK)
		return r;
	if (page->vspace != NULL)
		return user_error(HELIOS_BUSY, page_vaddr(page),
			"the page is mapped already, at %lx; copy the "
			"capability to map it twice", page_vaddr(page));
	if (page_is_large(page) != page_is_large(first))
		return user_error(HELIOS_INVALID_PARAM, 2,
			"pages of one size expected");
	if ((flags & HELIOS_MAP_WC) && !page_is_device(page))
		return user_error(HELIOS_INVALID_PARAM, 1,
			"write-combining is for device pages only");
	return RESULT_OK;
}

static inline __attribute__((always_inline)) struct result
map(struct invocation *inv, unsigned int n)
{
	struct slot *pages[MOST_PAGES];
	uint64_t flags = inv_word(inv, 1), address;
	unsigned int i;
	struct result r = check_flags(flags, HELIOS_MAP_W | HELIOS_MAP_X |
		HELIOS_MAP_FIXED | HELIOS_MAP_WC, 1);

	if (r.status == HELIOS_OK)
		r = decode_pages(inv, 2, pages, n);
	for (i = 0; r.status == HELIOS_OK && i < n; i++)
		r = check_mappable(pages[i], pages[0], flags);
	if (r.status == HELIOS_OK)
		r = vspace_map(cap_object(inv->slot), pages, n,
			inv_word(inv, 0), flags, &address);
	if (r.status == HELIOS_OK)
		inv_return(inv, address);
	return r;
}

static struct result
vspace_op_map(struct invocation *inv)
{
	struct result r = inv_need_at_least(inv, 3);

	if (r.status != HELIOS_OK)
		return r;
	return inv->nwords == 3 ? map(inv, 1) : map(inv, inv->nwords - 2);
}

/* The words from `first` on are pages that are mapped in the invoked space. */
static inline __attribute__((always_inline)) struct result
decode_mapped(const struct invocation *inv, unsigned int first,
		struct slot **pages, unsigned int n)
{
	const struct vspace *vs = cap_object(inv->slot);
	struct result r = decode_pages(inv, first, pages, n);
	unsigned int i;

	for (i = 0; r.status == HELIOS_OK && i < n; i++)
		if (pages[i]->vspace != vs)
			return user_error(HELIOS_BUSY, page_vaddr(pages[i]),
				"slot %lu: a page mapped in this VSpace "
				"expected", inv_word(inv, first + i));
	return r;
}

static inline __attribute__((always_inline)) struct result
unmap(struct invocation *inv, unsigned int n)
{
	struct slot *pages[HELIOS_MSG_WORDS];
	struct result r = decode_mapped(inv, 0, pages, n);
	unsigned int i;

	for (i = 0; r.status == HELIOS_OK && i < n; i++)
		vspace_unmap(pages[i]);
	return r;
}

static struct result
vspace_op_unmap(struct invocation *inv)
{
	struct result r = inv_need_at_least(inv, 1);

	if (r.status != HELIOS_OK)
		return r;
	return inv->nwords == 1 ? unmap(inv, 1) : unmap(inv, inv->nwords);
}

static struct result
vspace_op_protect(struct invocation *inv)
{
	struct slot *pages[HELIOS_MSG_WORDS];
	uint64_t flags;
	unsigned int i, n;
	struct result r = inv_need_at_least(inv, 2);

	if (r.status != HELIOS_OK)
		return r;
	n = inv->nwords - 1;
	flags = inv_word(inv, 0);
	r = check_flags(flags, HELIOS_MAP_W | HELIOS_MAP_X, 0);
	if (r.status == HELIOS_OK)
		r = decode_mapped(inv, 1, pages, n);
	for (i = 0; r.status == HELIOS_OK && i < n; i++)
		r = check_access(pages[i], needed_rights(flags));
	for (i = 0; r.status == HELIOS_OK && i < n; i++)
		vspace_protect(pages[i], flags);
	return r;
}

/* A byte count within a page, and the caller's own memory there? */
static struct result
check_here(const struct invocation *inv, bool write)
{
	struct uptr here = { inv_word(inv, 1) };
	struct vspace *vs = task_vspace(inv->task);
	uint64_t len = inv_word(inv, 2), bad;

	if (len > HELIOS_PAGE_SIZE)
		return user_error(HELIOS_INVALID_PARAM, 2,
			"at most 4096 bytes expected, %lu found", len);
	if (!user_check(vs, here, len, write, &bad))
		return user_error(HELIOS_FAULT, bad,
			"the caller's own memory at %lx is not mapped %s",
			bad, write ? "writable" : "readable");
	return RESULT_OK;
}

static struct result
vspace_op_copy(struct invocation *inv, bool read)
{
	const struct vspace *vs = cap_object(inv->slot);
	const struct vspace *own = task_vspace(inv->task);
	struct uptr there, here;
	uint64_t len, bad;
	struct result r = inv_need_words(inv, 3);

	if (r.status == HELIOS_OK)
		r = check_here(inv, read);
	if (r.status != HELIOS_OK)
		return r;
	there.addr = inv_word(inv, 0);
	here.addr = inv_word(inv, 1);
	len = inv_word(inv, 2);
	if (!user_check(vs, there, len, !read, &bad))
		return user_error(HELIOS_FAULT, bad,
			"%lx is not mapped %s in that VSpace", bad,
			read ? "readable" : "writable");
	if (read)
		user_copy(own, here, vs, there, len);
	else
		user_copy(vs, there, own, here, len);
	return RESULT_OK;
}

static struct result
vspace_op_info(struct invocation *inv)
{
	const struct vspace *vs = cap_object(inv->slot);
	uint64_t base, limit;
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
	hal_vspace_range(vs, &base, &limit);
	inv_return(inv, base);
	inv_return(inv, limit);
	inv_return(inv, vs->nmapped);
	inv_return(inv, vs->tables);
	return RESULT_OK;
}

struct result
invoke_vspace(struct invocation *inv)
{
	switch (inv->op) {
	case HELIOS_VSPACE_MAP:
		return vspace_op_map(inv);
	case HELIOS_VSPACE_UNMAP:
		return vspace_op_unmap(inv);
	case HELIOS_VSPACE_PROTECT:
		return vspace_op_protect(inv);
	case HELIOS_VSPACE_READ:
		return vspace_op_copy(inv, true);
	case HELIOS_VSPACE_WRITE:
		return vspace_op_copy(inv, false);
	case HELIOS_VSPACE_INFO:
		return vspace_op_info(inv);
	}
	return inv_no_op(inv);
}

/* May the page be read (written), there? */
static struct result
check_page_range(const struct invocation *inv, bool read)
{
	const struct slot *page = inv->slot;
	unsigned int need = read ? HELIOS_RIGHT_R : HELIOS_RIGHT_W;
	uint64_t offset = inv_word(inv, 0), len = inv_word(inv, 2);

	if (!(cap_rights(page) & need))
		return user_error(HELIOS_ACCESS, cap_rights(page),
			"right %x expected, %x found", need,
			cap_rights(page));
	if (page_is_device(page))
		return user_error(HELIOS_UNSUPPORTED, HELIOS_PAGE,
			"a device's page can only be mapped");
	if (offset > page_size(page) || len > page_size(page) - offset)
		return user_error(HELIOS_INVALID_PARAM, 0,
			"bytes inside a page of %lu expected, %lu + %lu "
			"found", page_size(page), offset, len);
	return RESULT_OK;
}

static struct result
page_op_copy(struct invocation *inv, bool read)
{
	struct uptr here;
	char *there;
	struct result r = inv_need_words(inv, 3);

	if (r.status == HELIOS_OK)
		r = check_here(inv, read);
	if (r.status == HELIOS_OK)
		r = check_page_range(inv, read);
	if (r.status != HELIOS_OK)
		return r;
	here.addr = inv_word(inv, 1);
	there = (char *)phys_ptr(page_phys(inv->slot)) + inv_word(inv, 0);
	if (read)
		user_copy_out(task_vspace(inv->task), here, there,
			inv_word(inv, 2));
	else
		user_copy_in(task_vspace(inv->task), there, here,
			inv_word(inv, 2));
	return RESULT_OK;
}

static struct result
page_op_info(struct invocation *inv)
{
	const struct slot *page = inv->slot;
	uint64_t flags = page->word & MAPPED_FLAGS;
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
	flags |= page->vspace != NULL ? HELIOS_PAGE_MAPPED : 0;
	flags |= page_is_device(page) ? HELIOS_PAGE_DEVICE : 0;
	inv_return(inv, page_phys(page));
	inv_return(inv, page_size(page));
	inv_return(inv, page_vaddr(page));
	inv_return(inv, flags);
	return RESULT_OK;
}

struct result
invoke_page(struct invocation *inv)
{
	switch (inv->op) {
	case HELIOS_PAGE_READ:
		return page_op_copy(inv, true);
	case HELIOS_PAGE_WRITE:
		return page_op_copy(inv, false);
	case HELIOS_PAGE_INFO:
		return page_op_info(inv);
	}
	return inv_no_op(inv);
}
