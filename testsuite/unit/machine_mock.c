/* SPDX-License-Identifier: BSD-2-Clause */
/* What the machine's HAL calls of a machine: see machine.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <klog.h>

#include "machine.h"
#include "src/hal-baremetal/baremetal.h"
#include "unit.h"

/* Nothing waits: hal_console_flush shows all. */
bool
hal_irq_pending(void)
{
	return false;
}

#define LOW_BASE	0x10000000ul	/* no other mapping is here */
#define LOW_SIZE	0x200000ul

/* What kernel.lds and paging.c define. */
__asm__(".globl kernel_phys_start, kernel_phys_end\n"
	"kernel_phys_start = 0x200000\n"
	"kernel_phys_end = 0x280000\n");

/* A font of 256 glyphs of 8 x 16 (PSF 1): row y of glyph c is c + 37 y. */
__asm__(".pushsection .rodata\n"
	".globl font_file, font_file_end\n"
	"font_file: .byte 0x36, 4, 0, 16\n"
	".set glyph, 0\n"
	".rept 256\n"
	".set row, 0\n"
	".rept 16\n"
	".byte (glyph + 37 * row) & 255\n"
	".set row, row + 1\n"
	".endr\n"
	".set glyph, glyph + 1\n"
	".endr\n"
	"font_file_end:\n"
	".popsection\n");

/* A table as symbols.awk writes it, of five functions.  The first is
 * code of the boot, which ends before the text starts; that, a little before
 * its first, as it does with padding. */
__asm__(".pushsection .rodata\n"
	".globl kernel_symbols, kernel_symbols_end, kernel_names\n"
	".balign 4\n"
	"kernel_symbols:\n"
	".long 0x80fff000, 22\n"
	".long 0x81000010, 0\n"
	".long 0x81000020, 6\n"
	".long 0x81000021, 11\n"
	".long 0x81001000, 17\n"
	"kernel_symbols_end:\n"
	"kernel_names: .asciz \"start\", \"main\", \"short\", "
	"\"last\", \"boot\"\n"
	".popsection\n"
	".globl boot_start, boot_text_end, text_start, text_end\n"
	"boot_start = 0xffffffff80fff000\n"
	"boot_text_end = 0xffffffff80fff800\n"
	"text_start = 0xffffffff81000000\n"
	"text_end = 0xffffffff81001100\n");

struct cpu_features cpu = { .phys_bits = 40 };
char *hal_physmap;
bool paging_closed;

uint64_t
hal_now(void)
{
	return 0;
}

char machine_out[65536];
static size_t out_len;

void
machine_out_clear(void)
{
	out_len = 0;
	machine_out[0] = '\0';
}

bool
serial_init(void)
{
	return true;
}

void
serial_write(const char *buf, size_t len)
{
	if (len >= sizeof(machine_out) - out_len)
		machine_out_clear();
	memcpy(machine_out + out_len, buf, len);
	out_len += len;
	machine_out[out_len] = '\0';
}

bool
serial_key(void)
{
	return false;
}

/* Ports: what is written to the CRT controller and the keyboard's are
 * looked at. */
uint8_t machine_crtc[256], machine_keyboard[2];

uint8_t
machine_inb(uint16_t port)
{
	if (port == 0x60 || port == 0x64)
		return machine_keyboard[port / 4 % 2];
	return 0xff;
}

void
machine_outb(uint16_t port, uint8_t v)
{
	static uint8_t index;

	if (port == 0x3d4)
		index = v;
	else if (port == 0x3d5)
		machine_crtc[index] = v;
	else
		unit_fail("a write to port 0x%x", (unsigned int)port);
}

bool
crash_kind_known(const char *kind)
{
	return strcmp(kind, "boot") == 0;
}

void
hal_panic(const char *line)
{
	unit_fail("panic: %s", line);
}

/*
 * boot_fail
 */

static jmp_buf fail_to;
static bool fail_expected;
static char fail_text[512];

void
boot_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(fail_text, sizeof(fail_text), fmt, ap);
	va_end(ap);
	if (!fail_expected)
		unit_fail("boot_fail: %s", fail_text);
	longjmp(fail_to, 1);
}

const char *
machine_fails(void (*f)(void *), void *arg)
{
	if (setjmp(fail_to) != 0) {
		fail_expected = false;
		return fail_text;
	}
	fail_expected = true;
	f(arg);
	fail_expected = false;
	return NULL;
}

/*
 * Memory
 */

static char *
reserve(void *where, size_t size)
{
	char *p = mmap(where, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		MAP_ANONYMOUS | (where == NULL ? 0 : MAP_FIXED_NOREPLACE), -1,
		0);

	if (p == MAP_FAILED) {
		perror("unit-machine: mmap");
		exit(99);
	}
	return p;
}

void
machine_ram(size_t size)
{
	hal_physmap = reserve(NULL, size);
	memset(hal_physmap, 0xff, size);
}

uint64_t
machine_low(const void *bytes, size_t size)
{
	static char *low;
	size_t whole = (size + 7) & ~(size_t)7;
	char *at;

	if (low == NULL) {
		low = reserve((void *)LOW_BASE, LOW_SIZE + PAGE_SIZE);
		if (mprotect(low + LOW_SIZE, PAGE_SIZE, PROT_NONE) != 0)
			unit_fail("mprotect failed");
	}
	if (whole > LOW_SIZE)
		unit_fail("%zu bytes are too many", size);
	at = low + LOW_SIZE - whole;
	memset(at, 0, whole);
	memcpy(at, bytes, size);
	return (uint64_t)(uintptr_t)at;
}

unsigned int machine_maps;

static uint64_t phys_base;
static const unsigned char *phys_bytes;
static size_t phys_size;
static unsigned char *mapped[1024];

void
machine_physical(uint64_t base, const void *bytes, size_t size)
{
	phys_base = base;
	phys_bytes = bytes;
	phys_size = size;
}

void
machine_unmap_all(void)
{
	while (machine_maps > 0)
		free(mapped[--machine_maps]);
}

volatile void *
map_physical(uint64_t phys, uint64_t size, enum map_type type)
{
	uint64_t limit = 1ull << cpu.phys_bits, i;
	unsigned char *p;

	(void)type;
	if (size == 0 || phys >= limit || size > limit - phys)
		return NULL;
	if (machine_maps == sizeof(mapped) / sizeof(mapped[0]))
		unit_fail("more is mapped than the kernel has room for");
	p = malloc(size);
	if (p == NULL)
		unit_fail("no memory");
	for (i = 0; i < size; i++)
		p[i] = phys + i >= phys_base && phys + i - phys_base <
			phys_size ? phys_bytes[phys + i - phys_base] : 0xff;
	mapped[machine_maps++] = p;
	return p;
}
