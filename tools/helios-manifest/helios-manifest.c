/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * helios-manifest: check the manifests of drivers, as text or in an ELF
 * file, with the parser of sysinit.  Also finds the function an address in a
 * driver belongs to.
 *
 * Exit status: 0 all is well, 1 something is wrong with a file, 2 wrong
 * usage or a file that cannot be read.
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mercury/elfinfo.h>
#include <mercury/manifest.h>

#define FILE_MAX	(256u << 20)	/* bytes: more is no driver */

enum { EXIT_WRONG = 1, EXIT_USAGE = 2 };

static const struct option long_options[] = {
	{"list", no_argument, NULL, 'l'},
	{"symbol", required_argument, NULL, 's'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static const char help_text[] =
"Usage: helios-manifest [OPTION]... FILE...\n"
"Check manifests of Helios drivers.  Each FILE is the text of a manifest, a\n"
"driver that contains one, or - for standard input.  An error is one line\n"
"FILE:LINE: what was found; what was expected.\n"
"\n"
"  -l, --list            print what each manifest asks for\n"
"  -s, --symbol=ADDRESS  print which function of each FILE has this address\n"
"                        (hexadecimal, from the load address) instead\n"
"  -h, --help            show this help\n"
"  -V, --version         show the version\n"
"\n"
"Exit status: 0 if all is well, 1 if something is wrong with a file, 2 for\n"
"wrong usage or a file that cannot be read.\n";

struct job {
	bool list, symbol;
	uint64_t address;
	unsigned int listed;
};

struct content {
	char *bytes;			/* from malloc */
	size_t size;
};

static int
usage_error(const char *what, const char *found)
{
	fprintf(stderr, "helios-manifest: %s%s\n"
		"Try 'helios-manifest --help'.\n", what, found);
	return EXIT_USAGE;
}

static bool
grow(struct content *c, size_t *room)
{
	size_t more = *room ? *room * 2 : 1u << 16;
	char *bytes = realloc(c->bytes, more);

	if (!bytes)
		return false;
	c->bytes = bytes;
	*room = more;
	return true;
}

/* NULL, or why it cannot be read. */
static const char *
read_stream(FILE *in, struct content *c)
{
	size_t room = 0;

	do {
		if (c->size == room && !grow(c, &room))
			return strerror(ENOMEM);
		c->size += fread(c->bytes + c->size, 1, room - c->size, in);
		if (c->size > FILE_MAX)
			return "more than 256 MiB; expected a driver or its "
				"manifest";
	} while (!feof(in) && !ferror(in));
	return ferror(in) ? strerror(errno) : NULL;
}

static const char *
read_file(const char *path, struct content *c)
{
	const char *why;
	FILE *in;

	if (strcmp(path, "-") == 0)
		return read_stream(stdin, c);
	in = fopen(path, "rb");
	if (!in)
		return strerror(errno);
	why = read_stream(in, c);
	fclose(in);
	return why;
}

static void
list_restart(const struct manifest_restart *r)
{
	if (r->never) {
		printf("restart never\n");
	} else {
		printf("restart always, ");
		if (r->unlimited)
			printf("without limit, window %u ms, ", r->window);
		else
			printf("at most %u in %u ms, ", r->limit, r->window);
		printf("delay %u to %u ms\n", r->delay, r->max_delay);
	}
	if (r->watchdog != HELIOS_CADDR_UNDEF)
		printf("watchdog note %u, interval %u ms\n", r->watchdog,
			r->interval);
}

static void
list(const struct manifest *m)
{
	unsigned int i;
	char line[128];

	printf("%s%s%s\n", m->name, m->desc[0] ? ": " : "", m->desc);
	printf("radix %u\n", m->radix);
	for (i = 0; i < m->ncaps; i++) {
		const struct manifest_cap *c = &m->caps[i];

		manifest_describe(c, line, sizeof(line));
		printf("%s%s\n", line, c->type == MANIFEST_NOTE &&
			c->slot == m->bound ? ", bound to the task" : "");
	}
	for (i = 0; i < m->nservices; i++)
		printf("slot %-3u sysinit's %s\n", m->services[i].slot,
			manifest_service_label(m->services[i].name));
	for (i = 0; i < m->nresets; i++)
		printf("reset %X = %02X\n", m->resets[i].port,
			m->resets[i].value);
	list_restart(&m->restart);
}

static int
print_error(const char *file, bool elf, const struct manifest_error *e)
{
	fprintf(stderr, "%s:", file);
	if (elf)
		fprintf(stderr, " %s:", MANIFEST_SECTION);
	if (e->line)
		fprintf(stderr, "%u:", e->line);
	fprintf(stderr, " %s\n", e->text);
	return EXIT_WRONG;
}

static bool
is_elf(const struct content *c)
{
	return c->size >= 4 && memcmp(c->bytes, "\177ELF", 4) == 0;
}

static int
check(struct job *job, const char *file, const struct content *c)
{
	const char *text = c->bytes, *why;
	struct manifest_error error;
	struct manifest m;
	size_t size = c->size;

	if (is_elf(c) && !elfinfo_section(c->bytes, c->size, MANIFEST_SECTION,
			&text, &size, &why)) {
		fprintf(stderr, "%s: %s: %s; expected a driver with a "
			"manifest\n", file, MANIFEST_SECTION, why);
		return EXIT_WRONG;
	}
	if (!manifest_parse(text, size, &m, &error))
		return print_error(file, is_elf(c), &error);
	if (job->list) {
		if (job->listed++)
			putchar('\n');
		list(&m);
	}
	return 0;
}

static int
find_symbol(const struct job *job, const char *file, const struct content *c)
{
	const char *name;
	uint64_t offset;

	if (!is_elf(c)) {
		fprintf(stderr, "%s: no ELF file; expected a driver\n", file);
		return EXIT_WRONG;
	}
	if (!elfinfo_symbol(c->bytes, c->size, job->address, &name, &offset)) {
		fprintf(stderr, "%s: no function has address 0x%llx\n", file,
			(unsigned long long)job->address);
		return EXIT_WRONG;
	}
	printf("%s+0x%llx\n", name, (unsigned long long)offset);
	return 0;
}

static int
do_file(struct job *job, const char *path)
{
	const char *file = strcmp(path, "-") == 0 ? "<stdin>" : path;
	struct content c = { NULL, 0 };
	const char *why = read_file(path, &c);
	int status = EXIT_USAGE;

	if (why)
		fprintf(stderr, "%s: %s\n", file, why);
	else if (job->symbol)
		status = find_symbol(job, file, &c);
	else
		status = check(job, file, &c);
	free(c.bytes);
	return status;
}

static bool
take_address(const char *text, uint64_t *out)
{
	char *end;

	/* strtoull() alone takes blanks and signs. */
	if (!strchr("0123456789abcdefABCDEF", text[0]) || !text[0])
		return false;
	errno = 0;
	*out = strtoull(text, &end, 16);
	return !*end && !errno;
}

static int
finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "helios-manifest: standard output: %s\n",
		strerror(errno));
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct job job = { .list = false };
	int c, status = 0;

	while ((c = getopt_long(argc, argv, "ls:hV", long_options,
			NULL)) != -1) {
		if (c == 'l') {
			job.list = true;
		} else if (c == 's') {
			job.symbol = true;
			if (!take_address(optarg, &job.address))
				return usage_error("--symbol: expected a "
					"hexadecimal address, found ", optarg);
		} else if (c == 'h') {
			fputs(help_text, stdout);
			return finish(0);
		} else if (c == 'V') {
			printf("helios-manifest (Helios) %s\n",
				PACKAGE_VERSION);
			return finish(0);
		} else {
			return usage_error("expected options of the list "
				"there", "");
		}
	}
	if (optind == argc)
		return usage_error("no file; expected a manifest, a driver, "
			"or -", "");
	for (; optind < argc; optind++) {
		int one = do_file(&job, argv[optind]);

		if (one > status)
			status = one;
	}
	return finish(status);
}
