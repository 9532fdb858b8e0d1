/* SPDX-License-Identifier: BSD-2-Clause */
/* stillborn: a driver that crashes as it starts, each time. */
#define HELIOS_OWN_MAIN
#include <libhelios.h>

int main(void);

static volatile uint64_t *volatile nowhere = (volatile uint64_t *)0x10;

int
main(void)
{
	*nowhere = 1;
	return 0;
}
