/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands on init's stack when it starts: arguments, environment and
 * aux vector, as the System V ABI for x86-64 says (3.4.1).
 */
#ifndef CORE_STARTUP_H
#define CORE_STARTUP_H

#include <stdbool.h>
#include <stdint.h>

#include <image.h>

#define STACK_ORDER	4u
#define STACK_PAGES	(1u << STACK_ORDER)
#define STACK_SIZE	(4096ull << STACK_ORDER)
#define STARTUP_BYTES	32768u		/* most it may take */
#define STARTUP_ARGS	256u		/* most arguments, argv[0] included */

struct startup {
	char *stack;			/* lowest byte, as core sees it */
	uint64_t top;			/* end of the stack, as init sees it */
	uint64_t image_base, bootinfo, ipcbuf, user_entry, seed;
	const char *const *argv;	/* after argv[0]; may be NULL */
	uint64_t sp;			/* out */
};

/* False: the arguments do not fit. */
bool startup_write(struct startup *s, const struct elf_image *image);

#endif
