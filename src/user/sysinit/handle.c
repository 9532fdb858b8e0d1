/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the badges of sysinit's endpoint mean.
 *
 * A badge is generation << 32 | place in the table + 1.  The generation of a
 * place goes up each time it is freed, so that a message that was on its way
 * when its handle was closed is never taken for one to the next.
 *
 * Each handle keeps the capability that was minted for it; what its holders
 * have, and hand on, is derived from that, so that revoking it ends them all.
 */
#include "sysinit.h"

static struct handle handles[HANDLES];
static struct handle *end = handles;	/* of those that were ever used */
static struct handle *free_list;	/* of those before; linked by object */

static struct handle *
take_place(void)
{
	struct handle *h = free_list;

	if (h)
		free_list = h->object;
	else if (end < handles + HANDLES)
		h = end++;
	return h;
}

static void
free_place(struct handle *h)
{
	h->kind = HANDLE_FREE;
	h->object = free_list;
	free_list = h;
}

static uint64_t
badge_of(const struct handle *h)
{
	return (uint64_t)h->generation << 32 | (uint64_t)(h - handles + 1);
}

enum helios_status
handle_new(enum handle_kind kind, struct process *owner, void *object,
		struct handle **out)
{
	enum helios_status status;
	struct handle *h;

	if (owner && owner->nhandles == HANDLES_EACH)
		return HELIOS_NOMEM;
	h = take_place();
	if (!h)
		return HELIOS_NOMEM;
	status = helios_mint(sys_endpoint, HELIOS_RIGHT_SEND |
			HELIOS_RIGHT_GRANT, badge_of(h), &h->cap);
	if (status != HELIOS_OK) {
		free_place(h);
		return status;
	}
	h->kind = kind;
	h->owner = owner;
	h->object = object;
	h->detail = 0;
	if (owner)
		owner->nhandles++;
	*out = h;
	return HELIOS_OK;
}

void
handle_close(struct handle *h)
{
	helios_revoke(h->cap);
	helios_destroy(h->cap);
	if (h->owner)
		h->owner->nhandles--;
	h->generation++;
	free_place(h);
}

struct handle *
handle_find(uint64_t badge)
{
	uint64_t place = (badge & UINT32_MAX) - 1;
	struct handle *h;

	if (place >= HANDLES)
		return NULL;
	h = &handles[place];
	return h->kind != HANDLE_FREE && badge_of(h) == badge ? h : NULL;
}

void
handle_close_owned(struct process *owner)
{
	struct handle *h;

	for (h = handles; h < end; h++)
		if (h->kind != HANDLE_FREE && h->owner == owner)
			handle_close(h);
}

void
handle_close_object(enum handle_kind kind, const void *object)
{
	struct handle *h;

	for (h = handles; h < end; h++)
		if (h->kind == kind && h->object == object)
			handle_close(h);
}

static const struct {
	uint32_t iface;
	enum handle_kind kind;
} services[] = {
	{ SYS_PROCMGR_ID, HANDLE_PROCMGR },
	{ SYS_DEVMGR_ID, HANDLE_DEVMGR },
	{ SYS_DEVLOADER_ID, HANDLE_DEVLOADER },
	{ SYS_DEVREGISTRY_ID, HANDLE_DEVREGISTRY },
	{ IO_FS_ID, HANDLE_FS },
	{ SYS_LOG_ID, HANDLE_LOG },
	{ SYS_STATS_ID, HANDLE_STATS },
};

enum handle_kind
handle_service(uint32_t iface)
{
	unsigned int i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (services[i].iface == iface)
			return services[i].kind;
	return HANDLE_FREE;
}

unsigned int
handle_count(void)
{
	unsigned int n = 0;
	struct handle *h;

	for (h = handles; h < end; h++)
		n += h->kind != HANDLE_FREE;
	return n;
}
