/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device memory: physical ranges that are not RAM.  What is handed out
 * stands in a tree, so that a range is never handed out twice.  The records
 * come from the kernel's own small Memory.
 */
#ifndef CORE_DEVMEM_H
#define CORE_DEVMEM_H

#include <cap.h>
#include <memory.h>
#include <object.h>
#include <result.h>
#include <tree.h>

/* A range handed out: a run of Pages or a smaller DevMem. */
struct devrange {
	struct tree_node node;	/* in from->ranges; key: base */
	struct tree_node page;	/* a run: in the tree of all of them */
	uint64_t size;		/* a run: of each page */
	uint64_t pages;		/* bit i: its i-th page is alive; 0: no run */
	struct devmem *from;
};

struct devmem {
	struct heavy heavy;	/* memory: kernel_memory */
	uint64_t base, size, out;
	struct tree ranges;	/* struct devrange */
	struct devrange *range;	/* its own, in its parent; NULL: root */
	bool orphan;
};

/* The kernel's own: [0, 2^46), or as many addresses as there are, less RAM
 * and what the HAL keeps.  NULL: no
 * memory. */
struct devmem *devmem_boot(const struct hal_boot *hal);

/* Is [base, base + size) inside d and free?  If not, *taken is the start of
 * what is in the way. */
bool devmem_free(const struct devmem *d, uint64_t base, uint64_t size,
		uint64_t *taken);

/* Hand out a free range, of so many pages (1 to 64).  NULL, false: no room
 * for the record. */
struct devmem *devmem_carve(struct devmem *d, uint64_t base, uint64_t size);
bool devmem_pages(struct devmem *d, uint64_t base, uint64_t size,
		unsigned int n);

/* The device page at this address is gone. */
void devmem_page_release(uint64_t phys);
void devmem_orphan(struct devmem *d);
bool devmem_reap_step(struct devmem *d);

#endif
