/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages.  A Page capability is one mapping: slot.vspace and slot.word say
 * where.  word = address | MAPPED_*.
 */
#ifndef CORE_PAGE_H
#define CORE_PAGE_H

#include <cap.h>

#define MAPPED_W	0x1ull
#define MAPPED_X	0x2ull
#define MAPPED_WC	0x8ull
#define PAGE_NAMED	0x800ull	/* while a call's pages are decoded */
#define MAPPED_FLAGS	0xfffull

static inline uint64_t
page_phys(const struct slot *s)
{
	return (s->cap >> 16 & ~(PAGE_LARGE | PAGE_DEVICE)) << 12;
}

static inline bool
page_is_large(const struct slot *s)
{
	return (s->cap >> 16 & PAGE_LARGE) != 0;
}

static inline bool
page_is_device(const struct slot *s)
{
	return (s->cap >> 16 & PAGE_DEVICE) != 0;
}

static inline uint64_t
page_size(const struct slot *s)
{
	return page_is_large(s) ? HELIOS_LARGE_PAGE_SIZE : HELIOS_PAGE_SIZE;
}

static inline uint64_t
page_vaddr(const struct slot *s)
{
	return s->word & ~MAPPED_FLAGS;
}

/* The last capability of the page in this slot goes: free the frame. */
void page_release(const struct slot *s);

#endif
