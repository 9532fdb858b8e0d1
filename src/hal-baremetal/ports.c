/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports: what programs with an IOPort do by the kernel.
 */
#include <hal.h>

#include "baremetal.h"

uint32_t
hal_port_in(uint16_t port, unsigned int width)
{
	uint32_t v;
	uint16_t w;

	switch (width) {
	case 1:
		return inb(port);
	case 2:
		__asm__ volatile("inw %1, %0" : "=a"(w) : "Nd"(port));
		return w;
	default:
		__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
		return v;
	}
}

void
hal_port_out(uint16_t port, unsigned int width, uint32_t value)
{
	switch (width) {
	case 1:
		outb(port, (uint8_t)value);
		break;
	case 2:
		__asm__ volatile("outw %0, %1" : : "a"((uint16_t)value),
			"Nd"(port));
		break;
	default:
		__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
		break;
	}
}

void
hal_port_range(uint16_t *first, uint16_t *last)
{
	*first = 0;
	*last = 0xffff;
}
