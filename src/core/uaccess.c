/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of users, reached through their page tables and the kernel's own
 * view of physical memory, never through their addresses.
 */
#include <klog.h>
#include <vspace.h>

/* The byte at va in the kernel's view; NULL if the user may not use it, or
 * if it is a device's. */
static char *
resolve(const struct vspace *vs, uint64_t va, bool write)
{
	const struct frame *f;
	struct hal_mapping m;

	if (!tlb_lookup(vs, va, &m) || (write && !m.w))
		return NULL;
	f = frame_of(m.phys);
	if (f == NULL || (f->kind != FRAME_PAGE && f->kind != FRAME_INTERIOR))
		return NULL;
	return (char *)phys_ptr(m.phys) + (va & (PAGE_SIZE - 1));
}

static uint64_t
rest_of_page(uint64_t va, uint64_t len)
{
	uint64_t rest = PAGE_SIZE - (va & (PAGE_SIZE - 1));

	return rest < len ? rest : len;
}

bool
user_check(const struct vspace *vs, struct uptr p, uint64_t len, bool write,
		uint64_t *bad)
{
	uint64_t va = p.addr, n;

	for (; len > 0; va += n, len -= n) {
		n = rest_of_page(va, len);
		if (resolve(vs, va, write) == NULL) {
			*bad = va;
			return false;
		}
	}
	return true;
}

void
user_copy_in(const struct vspace *vs, void *to, struct uptr from,
		uint64_t len)
{
	uint64_t va = from.addr, n;
	char *p = to;

	for (; len > 0; va += n, p += n, len -= n) {
		n = rest_of_page(va, len);
		__builtin_memmove(p, resolve(vs, va, false), n);
	}
}

void
user_copy_out(const struct vspace *vs, struct uptr to, const void *from,
		uint64_t len)
{
	uint64_t va = to.addr, n;
	const char *p = from;

	for (; len > 0; va += n, p += n, len -= n) {
		n = rest_of_page(va, len);
		__builtin_memmove(resolve(vs, va, true), p, n);
	}
}

void
user_copy(const struct vspace *to_vs, struct uptr to,
		const struct vspace *from_vs, struct uptr from, uint64_t len)
{
	uint64_t va = from.addr, n;

	for (; len > 0; va += n, to.addr += n, len -= n) {
		char *src = resolve(from_vs, va, false);
		char *dst = resolve(to_vs, to.addr, true);

		n = rest_of_page(va, rest_of_page(to.addr, len));
		__builtin_memmove(dst, src, n);
	}
}
