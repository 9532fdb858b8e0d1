/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel reads at boot: init in an archive, or as the input itself.
 * What it accepts is mapped and run, and what it refuses is said in words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <image.h>

#include "fuzz.h"

#define PAGE	4096u
#define MOST	(256ull << 20)		/* as boot.c has it */

bool
image_error(struct error_text *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->text, err->size, fmt, ap);
	va_end(ap);
	return false;
}

static void
check_segment(const struct elf_image *image, unsigned int i, uint64_t len)
{
	const struct elf_segment *s = &image->segment[i];
	uint64_t page = i == 0 ? 0 :
		(s[-1].vaddr + s[-1].memsz + PAGE - 1) / PAGE;

	fuzz_check(s->offset <= len && s->filesz <= len - s->offset);
	fuzz_check(s->filesz <= s->memsz && s->memsz > 0);
	fuzz_check(s->vaddr % PAGE == s->offset % PAGE);
	fuzz_check(s->memsz <= MOST && s->vaddr <= MOST - s->memsz);
	fuzz_check(s->vaddr / PAGE >= page);
	fuzz_check(s->vaddr + s->memsz <= image->end);
	fuzz_check(!(s->w && s->x));
}

/* Is this address in a segment; for code, in one that can be run? */
static bool
in_memory(const struct elf_image *image, uint64_t at, bool code)
{
	unsigned int i;

	for (i = 0; i < image->nsegments; i++) {
		const struct elf_segment *s = &image->segment[i];

		if (at >= s->vaddr && at - s->vaddr < s->memsz &&
				(s->x || !code))
			return true;
	}
	return false;
}

static void
parse(const char *elf, uint64_t len)
{
	char text[256] = "";
	struct error_text err = { text, sizeof(text) };
	struct elf_image image;
	unsigned int i;

	if (!elf_parse(elf, len, MOST, &image, &err)) {
		fuzz_check(strncmp(text, "init: ", 6) == 0);
		return;
	}
	fuzz_check(image.data == elf);
	fuzz_check(image.nsegments > 0 && image.nsegments <= ELF_SEGMENTS);
	fuzz_check(image.end % PAGE == 0);
	for (i = 0; i < image.nsegments; i++)
		check_segment(&image, i, len);
	fuzz_check(in_memory(&image, image.entry, true));
	fuzz_check(in_memory(&image, image.phdr, false));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *init = NULL;
	char text[256] = "";
	struct error_text err = { text, sizeof(text) };
	uint64_t len = 0;

	if (tar_find(bytes, size, "init", &init, &len, &err)) {
		fuzz_check(init > bytes && (init - bytes) % 512 == 0);
		fuzz_check((size_t)(init - bytes) < size);
		fuzz_check(len <= size - (size_t)(init - bytes));
		parse(init, len);
	} else {
		fuzz_check(strncmp(text, "initramfs: ", 11) == 0);
		parse(bytes, size);
	}
	return 0;
}
