/* SPDX-License-Identifier: BSD-2-Clause */
/* What files of libhelios need of the rest of it, in a Linux process. */
#include <stdlib.h>

#include "fuzz.h"
#include "src/user/libhelios/internal.h"

_Thread_local struct helios_tls helios_tls;
struct helios_process helios_process;

uint64_t
helios_detail(void)
{
	return helios_tls.detail;
}

void *
helios_malloc(size_t size)
{
	return malloc(size);
}

void
helios_free(void *p)
{
	free(p);
}

/* Of the initramfs, which nobody has here. */
enum helios_status
helios_page_read(helios_cap_t page, uint64_t offset, void *buf, size_t len)
{
	(void)page;
	(void)offset;
	(void)buf;
	(void)len;
	fuzz_fail(__FILE__, __LINE__, "no page is read");
}

void
helios_set_detail(uint64_t detail)
{
	helios_tls.detail = detail;
}
