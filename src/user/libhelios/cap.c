/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and CSpace operations.
 */
#include "internal.h"

#define RUN	62u			/* objects in one call */
#define CSPACE(op)	HELIOS_LABEL(HELIOS_CSPACE, HELIOS_CSPACE_##op)

enum helios_status
helios_allocate(helios_cap_t memory, uint64_t type_flags, uint64_t size,
		unsigned int count, helios_cap_t *caps)
{
	uint64_t words[HELIOS_MSG_WORDS];
	enum helios_status status;
	unsigned int i;

	if (count > RUN)
		return failed(HELIOS_INVALID_PARAM, 3);
	words[0] = type_flags;
	words[1] = size;
	for (i = 0; i < count; i++)
		words[2 + i] = caps[i];
	status = helios_invoke(memory, HELIOS_LABEL(HELIOS_MEMORY,
			HELIOS_MEMORY_ALLOCATE), words, 2 + count, words,
			count);
	for (i = 0; status == HELIOS_OK && i < count; i++)
		caps[i] = (helios_cap_t)words[i];
	return status;
}

static enum helios_status
allocate_one(uint64_t type, uint64_t size, helios_cap_t *out)
{
	helios_cap_t cap = HELIOS_CADDR_UNDEF;
	enum helios_status status = helios_allocate(helios_process.memory,
			type, size, 1, &cap);

	if (status == HELIOS_OK)
		*out = cap;
	return status;
}

enum helios_status
helios_newendpoint(helios_cap_t *out)
{
	return allocate_one(HELIOS_ENDPOINT, 0, out);
}

enum helios_status
helios_newnote(helios_cap_t *out)
{
	return allocate_one(HELIOS_NOTE, 0, out);
}

enum helios_status
helios_newtask(helios_cap_t *out)
{
	return allocate_one(HELIOS_TASK, 0, out);
}

enum helios_status
helios_newpage(helios_cap_t *out)
{
	return allocate_one(HELIOS_PAGE, HELIOS_PAGE_SIZE, out);
}

enum helios_status
helios_newlargepage(helios_cap_t *out)
{
	return allocate_one(HELIOS_PAGE, HELIOS_LARGE_PAGE_SIZE, out);
}

enum helios_status
helios_newcspace(unsigned int radix, helios_cap_t *out)
{
	return allocate_one(HELIOS_CSPACE, radix, out);
}

enum helios_status
helios_newvspace(helios_cap_t *out)
{
	return allocate_one(HELIOS_VSPACE, 0, out);
}

enum helios_status
helios_newvspace_like(helios_cap_t like, helios_cap_t *out)
{
	return allocate_one(HELIOS_VSPACE, HELIOS_VSPACE_LIKE | like, out);
}

enum helios_status
helios_newmemory(uint64_t pages, helios_cap_t *out)
{
	return allocate_one(HELIOS_MEMORY, pages, out);
}

enum helios_status
helios_newpages_contiguous(unsigned int count, helios_cap_t *out)
{
	unsigned int i;

	for (i = 0; i < count && i < RUN; i++)
		out[i] = HELIOS_CADDR_UNDEF;
	return helios_allocate(helios_process.memory,
			HELIOS_PAGE | HELIOS_ALLOC_CONTIGUOUS,
			HELIOS_PAGE_SIZE, count, out);
}

enum helios_status
helios_newpages(unsigned int count, helios_cap_t *out)
{
	enum helios_status status;
	unsigned int done, n, i;
	uint64_t detail;

	for (done = 0; done < count; done += n) {
		n = count - done < RUN ? count - done : RUN;
		for (i = 0; i < n; i++)
			out[done + i] = HELIOS_CADDR_UNDEF;
		status = helios_allocate(helios_process.memory, HELIOS_PAGE,
				HELIOS_PAGE_SIZE, n, out + done);
		if (status == HELIOS_OK)
			continue;
		detail = helios_detail();
		helios_destroy_many(done, out);
		return failed(status, detail);
	}
	return HELIOS_OK;
}

enum helios_status
helios_memory_info(helios_cap_t memory, struct helios_memory_info *out)
{
	uint64_t w[4];
	enum helios_status status = helios_invoke(memory, HELIOS_LABEL(
			HELIOS_MEMORY, HELIOS_MEMORY_INFO), NULL, 0, w, 4);

	if (status == HELIOS_OK)
		*out = (struct helios_memory_info){ w[0], w[1], w[2], w[3] };
	return status;
}

/* An operation of a CSpace that yields a capability. */
static enum helios_status
yielding(helios_cap_t cspace, uint64_t label, const uint64_t *in,
		unsigned int nin, helios_cap_t *out)
{
	uint64_t caddr;
	enum helios_status status = helios_invoke(cspace, label, in, nin,
			&caddr, 1);

	if (status == HELIOS_OK && out)
		*out = (helios_cap_t)caddr;
	return status;
}

enum helios_status
helios_cspace_copy(helios_cap_t cspace, helios_cap_t dest, helios_cap_t from,
		helios_cap_t slot, uint32_t rights, helios_cap_t *out)
{
	const uint64_t w[] = { dest, from, slot, rights };

	return yielding(cspace, CSPACE(COPY), w, 4, out);
}

enum helios_status
helios_cspace_move(helios_cap_t cspace, helios_cap_t dest, helios_cap_t from,
		helios_cap_t slot, helios_cap_t *out)
{
	const uint64_t w[] = { dest, from, slot };

	return yielding(cspace, CSPACE(MOVE), w, 3, out);
}

enum helios_status
helios_cspace_mint(helios_cap_t cspace, helios_cap_t dest, helios_cap_t from,
		helios_cap_t slot, uint32_t rights, uint64_t badge,
		helios_cap_t *out)
{
	const uint64_t w[] = {
		dest, from, slot | (uint64_t)rights << 32, badge
	};

	return yielding(cspace, CSPACE(MINT), w, 4, out);
}

enum helios_status
helios_cspace_destroy(helios_cap_t cspace, unsigned int count,
		const helios_cap_t *slots)
{
	uint64_t w[RUN];
	enum helios_status status;
	unsigned int i, n;

	for (; count > 0; count -= n, slots += n) {
		n = count < RUN ? count : RUN;
		for (i = 0; i < n; i++)
			w[i] = slots[i];
		status = helios_invoke(cspace, CSPACE(DESTROY), w, n, NULL, 0);
		if (status != HELIOS_OK)
			return status;
	}
	return HELIOS_OK;
}

enum helios_status
helios_cspace_revoke(helios_cap_t cspace, helios_cap_t slot)
{
	const uint64_t w[] = { slot };

	return helios_invoke(cspace, CSPACE(REVOKE), w, 1, NULL, 0);
}

enum helios_status
helios_cspace_store_reply(helios_cap_t cspace, helios_cap_t dest,
		helios_cap_t *out)
{
	const uint64_t w[] = { dest };

	return yielding(cspace, CSPACE(STORE_REPLY), w, 1, out);
}

enum helios_status
helios_cspace_info(helios_cap_t cspace, struct helios_cspace_info *out)
{
	uint64_t w[4];
	enum helios_status status = helios_invoke(cspace, CSPACE(INFO), NULL,
			0, w, 4);

	if (status == HELIOS_OK)
		*out = (struct helios_cspace_info){ w[0], w[1], w[2], w[3] };
	return status;
}

enum helios_status
helios_cspace_slot_info(helios_cap_t cspace, helios_cap_t slot,
		struct helios_slot_info *out)
{
	const uint64_t in[] = { slot };
	uint64_t w[3];
	enum helios_status status = helios_invoke(cspace, CSPACE(SLOT_INFO),
			in, 1, w, 3);

	if (status == HELIOS_OK)
		*out = (struct helios_slot_info){ w[0], w[1], w[2] };
	return status;
}

/* The program's own CSpace. */

enum helios_status
helios_destroy(helios_cap_t cap)
{
	return helios_cspace_destroy(helios_process.cspace, 1, &cap);
}

enum helios_status
helios_destroy_many(unsigned int count, const helios_cap_t *caps)
{
	return helios_cspace_destroy(helios_process.cspace, count, caps);
}

enum helios_status
helios_copy(helios_cap_t cap, uint32_t rights, helios_cap_t *out)
{
	return helios_cspace_copy(helios_process.cspace, HELIOS_CADDR_UNDEF,
			HELIOS_CADDR_UNDEF, cap, rights, out);
}

enum helios_status
helios_mint(helios_cap_t cap, uint32_t rights, uint64_t badge,
		helios_cap_t *out)
{
	return helios_cspace_mint(helios_process.cspace, HELIOS_CADDR_UNDEF,
			HELIOS_CADDR_UNDEF, cap, rights, badge, out);
}

enum helios_status
helios_move(helios_cap_t cap, helios_cap_t dest, helios_cap_t *out)
{
	return helios_cspace_move(helios_process.cspace, dest,
			HELIOS_CADDR_UNDEF, cap, out);
}

enum helios_status
helios_revoke(helios_cap_t cap)
{
	return helios_cspace_revoke(helios_process.cspace, cap);
}

enum helios_status
helios_store_reply(helios_cap_t *out)
{
	return helios_cspace_store_reply(helios_process.cspace,
			HELIOS_CADDR_UNDEF, out);
}

enum helios_status
helios_slot_info(helios_cap_t cap, struct helios_slot_info *out)
{
	return helios_cspace_slot_info(helios_process.cspace, cap, out);
}

enum helios_status
helios_identify(helios_cap_t cap, uint64_t *out)
{
	struct helios_raw r = { .rdi = cap };
	uint64_t status = helios_raw(HELIOS_SYS_IDENTIFY, &r);

	if (status == HELIOS_OK)
		*out = r.rdx;
	return result(status, r.rdx);
}
