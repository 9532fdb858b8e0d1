/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces and the TLB.
 *
 * Where there are PCIDs each space has one from the moment it is loaded, and
 * what the TLB knows of it outlives a switch.  They are dealt out in turn;
 * when all are, a new generation starts, and a space that has its number
 * from an older one gets a new number when it is loaded next.  A number is
 * flushed when it is given to a space, so nothing needs to happen when a
 * space dies or a generation ends.
 *
 * Kernel mappings are global, and no flush here touches them.
 */
#include <hal.h>

#include "baremetal.h"

#define PAGE		4096ull
#define ROOT_ENTRIES	512u
#define FLUSH_PAGES	32u		/* more: all at once */
#define LOWEST		0x10000ull	/* null pointers fault, always */

#define CR3_KEEP	(1ull << 63)	/* do not flush this PCID */
#define PCIDS		4096u		/* 0 is for no space */

struct space_part {
	uint64_t generation;		/* of its PCID; 0: has none */
	uint16_t pcid;
	bool stale;			/* flush it when it is loaded */
};
_Static_assert(sizeof(struct space_part) <= HAL_VSPACE_SIZE, "room in it");

static struct vspace *loaded;		/* NULL: kernel_root, or at boot */
static uint64_t generation = 1;
static uint16_t next_pcid = 1;

static struct space_part *
part_of(struct vspace *vs)
{
	return vspace_hal(vs);
}

static void
cr3_write(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

static void
pcid_give(struct space_part *part)
{
	if (next_pcid == PCIDS) {
		next_pcid = 1;
		generation++;
	}
	part->generation = generation;
	part->pcid = next_pcid++;
	part->stale = true;
}

/* The value that loads this space, and whether its TLB entries hold. */
static uint64_t
cr3_of(struct vspace *vs)
{
	struct space_part *part = part_of(vs);
	uint64_t value = vspace_root(vs);

	if (!cpu.pcid)
		return value;
	if (part->generation != generation)
		pcid_give(part);
	value |= part->pcid;
	if (!part->stale)
		value |= CR3_KEEP;
	part->stale = false;
	return value;
}

void
space_load(struct vspace *vs)
{
	if (vs == loaded)
		return;
	cr3_write(cr3_of(vs));
	loaded = vs;
}

bool
hal_vspace_init(struct vspace *vs, const struct vspace *like)
{
	const uint64_t *kernel = (void *)(hal_physmap + kernel_root);
	uint64_t *root = (void *)(hal_physmap + vspace_root(vs));

	(void)like;		/* all spaces have the same addresses */
	__builtin_memcpy(root + ROOT_ENTRIES / 2, kernel + ROOT_ENTRIES / 2,
		PAGE / 2);
	*part_of(vs) = (struct space_part){ 0 };
	return true;
}

void
hal_vspace_fini(struct vspace *vs)
{
	if (vs != loaded)
		return;
	cr3_write(kernel_root);
	loaded = NULL;
}

void
hal_vspace_range(const struct vspace *vs, uint64_t *base, uint64_t *limit)
{
	(void)vs;
	*base = LOWEST;
	*limit = USER_LIMIT;
}

/* The TLB keeps nothing of addresses that are not mapped. */
void
hal_tlb_mapped(struct vspace *vs, uint64_t va, uint64_t len)
{
	(void)vs;
	(void)va;
	(void)len;
}

/*
 * INVLPG takes the tables on the way with it, for any address (Intel SDM
 * volume 3, 4.10.4.1), so a table that core has just freed is forgotten too.
 */
void
hal_tlb_flush(struct vspace *vs, uint64_t va, uint64_t len)
{
	struct space_part *part = part_of(vs);
	uint64_t end = va + len;

	if (vs != loaded) {
		part->stale = true;
		return;
	}
	if (len > FLUSH_PAGES * PAGE) {
		cr3_write(vspace_root(vs) | (cpu.pcid ? part->pcid : 0));
		return;
	}
	for (; va < end; va += PAGE)
		__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* For memory checkers only. */
void
hal_mem_alive(void *p, size_t len)
{
	(void)p;
	(void)len;
}

void
hal_mem_dead(void *p, size_t len)
{
	(void)p;
	(void)len;
}
