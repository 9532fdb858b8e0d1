/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpace and Page operations.
 */
#include "internal.h"

#define VSPACE(op)	HELIOS_LABEL(HELIOS_VSPACE, HELIOS_VSPACE_##op)
#define PAGE(op)	HELIOS_LABEL(HELIOS_PAGE, HELIOS_PAGE_##op)

enum helios_status
helios_map(helios_cap_t vspace, uint64_t address, uint64_t flags,
		unsigned int count, const helios_cap_t *pages, uint64_t *out)
{
	uint64_t w[HELIOS_MSG_WORDS], where;
	enum helios_status status;
	unsigned int i;

	if (count > HELIOS_RUN_MAX)
		return failed(HELIOS_INVALID_PARAM, 3);
	w[0] = address;
	w[1] = flags;
	for (i = 0; i < count; i++)
		w[2 + i] = pages[i];
	status = helios_invoke(vspace, VSPACE(MAP), w, 2 + count, &where, 1);
	if (status == HELIOS_OK && out)
		*out = where;
	return status;
}

enum helios_status
helios_unmap(helios_cap_t vspace, unsigned int count,
		const helios_cap_t *pages)
{
	uint64_t w[HELIOS_RUN_MAX];
	enum helios_status status;
	unsigned int i, n;

	for (; count > 0; count -= n, pages += n) {
		n = count < HELIOS_RUN_MAX ? count : HELIOS_RUN_MAX;
		for (i = 0; i < n; i++)
			w[i] = pages[i];
		status = helios_invoke(vspace, VSPACE(UNMAP), w, n, NULL, 0);
		if (status != HELIOS_OK)
			return status;
	}
	return HELIOS_OK;
}

enum helios_status
helios_protect(helios_cap_t vspace, uint64_t flags, unsigned int count,
		const helios_cap_t *pages)
{
	uint64_t w[1 + HELIOS_RUN_MAX];
	enum helios_status status;
	unsigned int i, n;

	for (; count > 0; count -= n, pages += n) {
		n = count < HELIOS_RUN_MAX ? count : HELIOS_RUN_MAX;
		w[0] = flags;
		for (i = 0; i < n; i++)
			w[1 + i] = pages[i];
		status = helios_invoke(vspace, VSPACE(PROTECT), w, 1 + n,
				NULL, 0);
		if (status != HELIOS_OK)
			return status;
	}
	return HELIOS_OK;
}

/* READ and WRITE of VSpaces and Pages take the same words. */
static enum helios_status
transfer(helios_cap_t cap, uint64_t label, uint64_t there, uint64_t here,
		size_t len)
{
	enum helios_status status;

	do {
		size_t n = len < HELIOS_PAGE_SIZE ? len : HELIOS_PAGE_SIZE;
		const uint64_t w[] = { there, here, n };

		status = helios_invoke(cap, label, w, 3, NULL, 0);
		there += n;
		here += n;
		len -= n;
	} while (status == HELIOS_OK && len > 0);
	return status;
}

enum helios_status
helios_vspace_read(helios_cap_t vspace, uint64_t there, void *here,
		size_t len)
{
	return transfer(vspace, VSPACE(READ), there, (uint64_t)here, len);
}

enum helios_status
helios_vspace_write(helios_cap_t vspace, uint64_t there, const void *here,
		size_t len)
{
	return transfer(vspace, VSPACE(WRITE), there, (uint64_t)here, len);
}

enum helios_status
helios_vspace_info(helios_cap_t vspace, struct helios_vspace_info *out)
{
	uint64_t w[4];
	enum helios_status status = helios_invoke(vspace, VSPACE(INFO), NULL,
			0, w, 4);

	if (status == HELIOS_OK)
		*out = (struct helios_vspace_info){ w[0], w[1], w[2], w[3] };
	return status;
}

enum helios_status
helios_page_read(helios_cap_t page, uint64_t offset, void *here, size_t len)
{
	return transfer(page, PAGE(READ), offset, (uint64_t)here, len);
}

enum helios_status
helios_page_write(helios_cap_t page, uint64_t offset, const void *here,
		size_t len)
{
	return transfer(page, PAGE(WRITE), offset, (uint64_t)here, len);
}

enum helios_status
helios_page_info(helios_cap_t page, struct helios_page_info *out)
{
	uint64_t w[4];
	enum helios_status status = helios_invoke(page, PAGE(INFO), NULL, 0,
			w, 4);

	if (status == HELIOS_OK)
		*out = (struct helios_page_info){ w[0], w[1], w[2], w[3] };
	return status;
}
