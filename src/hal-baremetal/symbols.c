/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which function is at an address: the table that symbols.awk makes, for the
 * backtrace of a panic.  The kernel is linked once without it, to find out
 * what it has to contain.
 */
#include "baremetal.h"

struct symbol {
	uint32_t address;		/* low half */
	uint32_t name;			/* offset in kernel_names */
};

extern const struct symbol kernel_symbols[] __attribute__((weak));
extern const struct symbol kernel_symbols_end[] __attribute__((weak));
extern const char kernel_names[] __attribute__((weak));

/* kernel.lds */
extern char text_start[], text_end[];

/* Where the text with this address starts; 0: it is in none. */
static uint64_t
start_of(uint64_t address)
{
	if (address >= (uintptr_t)text_start && address < (uintptr_t)text_end)
		return (uintptr_t)text_start;
	if (address >= (uintptr_t)boot_start &&
			address < (uintptr_t)boot_text_end)
		return (uintptr_t)boot_start;
	return 0;
}

const char *
symbol_of(uint64_t address, uint64_t *offset)
{
	const struct symbol *low = kernel_symbols, *high = kernel_symbols_end;
	uint32_t wanted = (uint32_t)address;
	uint64_t start = start_of(address);

	if (start == 0)
		return NULL;
	while (low < high) {
		const struct symbol *middle = low + (high - low) / 2;

		if (middle->address <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	/* low: the first that starts behind the address. */
	if (low == kernel_symbols || low[-1].address < (uint32_t)start)
		return NULL;
	*offset = wanted - low[-1].address;
	return kernel_names + low[-1].name;
}
