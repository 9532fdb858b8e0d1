/* SPDX-License-Identifier: BSD-2-Clause */
#include <devmem.h>
#include <klog.h>
#include <memory.h>
#include <page.h>

void
page_release(const struct slot *s)
{
	struct frame *f;

	if (page_is_device(s)) {
		devmem_page_release(page_phys(s));
		return;
	}
	f = frame_of(page_phys(s));
	kassert(f != NULL && f->kind == FRAME_PAGE);
	block_free(f);
	object_counts[HELIOS_PAGE]--;
	memory_count(f->owner, -1);
}
