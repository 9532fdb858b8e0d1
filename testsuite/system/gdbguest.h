/* SPDX-License-Identifier: BSD-2-Clause */
/* What gdbguest and its children agree on; the gdb scripts know it, too. */
#ifndef GDBGUEST_H
#define GDBGUEST_H

#include <libhelios.h>

#define CHILD_STARTS	3u
#define CHILD_CALLS	4u		/* each; and then it waits for ever */
#define COPY_CALLS	5u
#define CHILD_BADGE	0x77u
#define CHILD_ENDPOINT	HELIOS_INIT_CAPS

/* Where the scripts put breakpoints.  Not static: then they keep their form
 * under any optimization. */
void guest_tick(unsigned int n);
void guest_step_call(void);
void guest_step_fault(volatile uint64_t *fresh);
void guest_all_set(void);
void child_tick(unsigned int n);

#endif
