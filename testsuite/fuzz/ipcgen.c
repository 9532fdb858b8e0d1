/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipcgen, from a file to C: each run says yes, or no and why, and the next
 * one in the same process says the same.  What it uses is looked for in the
 * directory PROTOCOLS.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "tools/ipcgen/ipcgen.h"

static FILE *sink;
static int fd;
static char path[64];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	sink = fopen("/dev/null", "w");
	fd = memfd_create("input", 0);
	fuzz_check(sink && fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return 0;
}

static void
write_all(const struct file *f)
{
	const struct decl *d;

	write_header(sink, f);
	write_names(sink, f);
	for (d = f->decls; d; d = d->next) {
		if (d->kind != DECL_INTERFACE)
			continue;
		write_clients(sink, d);
		write_server(sink, d);
	}
	fuzz_check(!ferror(sink));
}

/* How many errors; 0: it was compiled. */
static unsigned int
compile(void)
{
	static const char *const dirs[] = { PROTOCOLS };
	struct file *f = load(path, dirs, 1);
	unsigned int found = errors;

	/* More than one interface can be wrong. */
	fuzz_check(f || found > 0);
	if (f && found == 0)
		write_all(f);
	fuzz_check(errors == found);
	arena_free();
	fuzz_check(errors == 0 && !files);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_check(ftruncate(fd, 0) == 0);
	fuzz_check(pwrite(fd, data, size, 0) == (ssize_t)size);
	fuzz_check(compile() == compile());
	return 0;
}
