/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command, its memory and its messages.  What is written goes to new
 * files that take the place of the old ones when all is well.
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcgen.h"

#define DIRS_MAX	32u
#define ERRORS_MAX	20u

unsigned int errors;

struct block {
	struct block *next;
	_Alignas(16) char data[];
};

static struct block *arena;

void *
arena_get(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	if (b == NULL) {
		fprintf(stderr, "ipcgen: not enough memory\n");
		exit(1);
	}
	b->next = arena;
	arena = b;
	return b->data;
}

char *
arena_copy(const char *text, size_t len)
{
	char *copy = arena_get(len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *
arena_text(const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	text = arena_get((size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}

void
arena_free(void)
{
	struct block *next;

	for (; arena != NULL; arena = next) {
		next = arena->next;
		free(arena);
	}
	files = NULL;
	errors = 0;
}

static bool
in_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		(c >= 'A' && c <= 'Z');
}

/*
 * The line, and what stands at the column underlined, as gcc does it.  Tabs
 * are blanks here, so that the caret stands right.
 */
static void
show_line(struct where w)
{
	const char *p = w.source->text, *end = p + w.source->len;
	int column = 1, length = 1;

	for (int line = 1; line < w.line && p < end; p++)
		if (*p == '\n')
			line++;
	fprintf(stderr, "%5d | ", w.line);
	for (; p < end && *p != '\n' && *p != '\r'; p++) {
		fputc((unsigned char)*p < ' ' ? ' ' : *p, stderr);
		if (++column == w.column + length && in_word(*p) &&
				p + 1 < end && in_word(p[1]))
			length++;
	}
	fprintf(stderr, "\n      | %*s", w.column, "^");
	while (--length > 0)
		fputc('~', stderr);
	fputc('\n', stderr);
}

void
error_at(struct where w, const char *fmt, ...)
{
	va_list ap;

	if (++errors > ERRORS_MAX)
		return;
	fprintf(stderr, "%s:%d:%d: error: ", w.source->path, w.line,
			w.column);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	show_line(w);
	if (errors == ERRORS_MAX)
		fprintf(stderr, "ipcgen: more errors are not shown\n");
}

#ifndef IPCGEN_NO_MAIN

static const char usage[] =
"Usage: ipcgen [options] -o DIRECTORY FILE.ipc\n"
"       ipcgen [options] --list FILE.ipc\n"
"Compile interfaces to C: DIRECTORY/NAME.h and NAME.c, NAME being the\n"
"namespace of the file.\n"
"\n"
"  -I DIRECTORY     where to look for what files use, after their own\n"
"  -o DIRECTORY     where to write\n"
"  --depend=FILE    write there which files were read, for make\n"
"  --list           only print the id of each name\n"
"  --help, --version\n";

static const char *dirs[DIRS_MAX];
static size_t ndirs;
static const char *output, *depend;
static bool list_only;

static _Noreturn void
fail(const char *what, const char *path)
{
	fprintf(stderr, "ipcgen: %s %s: %s\n", what, path, strerror(errno));
	exit(1);
}

/* A file to be written: first a new one beside it. */
struct output {
	const char *path, *new;
	void (*write)(FILE *, const struct file *);
};

static _Noreturn void
cannot_write(const char *path, const struct output *outputs, size_t n)
{
	int reason = errno;

	for (size_t i = 0; i < n; i++)
		unlink(outputs[i].new);
	errno = reason;
	fail("cannot write", path);
}

/* All of them take the places of the old ones, or none does. */
static void
write_files(struct output *outputs, size_t n, const struct file *f)
{
	for (size_t i = 0; i < n; i++) {
		FILE *out;

		outputs[i].new = arena_text("%s.new", outputs[i].path);
		out = fopen(outputs[i].new, "w");
		if (out == NULL)
			cannot_write(outputs[i].new, outputs, i);
		outputs[i].write(out, f);
		if (ferror(out) | fclose(out))
			cannot_write(outputs[i].new, outputs, i + 1);
	}
	for (size_t i = 0; i < n; i++)
		if (rename(outputs[i].new, outputs[i].path) != 0)
			cannot_write(outputs[i].path, outputs, n);
}

static void
write_c(FILE *out, const struct file *f)
{
	put_head(out, f);
	fprintf(out, "#include <mercury/%s.h>\n", c_namespace(f));
	write_names(out, f);
	for (const struct decl *d = f->decls; d != NULL; d = d->next) {
		if (d->kind != DECL_INTERFACE)
			continue;
		write_clients(out, d);
		write_server(out, d);
	}
}

/* A path as make reads it. */
static void
put_path(FILE *out, const char *path)
{
	for (; *path != '\0'; path++) {
		if (*path == ' ' || *path == '#')
			fputc('\\', out);
		if (*path == '$')
			fputc('$', out);
		fputc(*path, out);
	}
}

/* The files that were read are targets too, so that one can be removed. */
static void
write_depend(FILE *out, const struct file *f)
{
	const char *name = c_namespace(f);

	put_path(out, arena_text("%s/%s.h", output, name));
	fputc(' ', out);
	put_path(out, arena_text("%s/%s.c", output, name));
	fputc(':', out);
	for (const struct file *g = files; g != NULL; g = g->next) {
		fputc(' ', out);
		put_path(out, g->source->path);
	}
	fputc('\n', out);
	for (const struct file *g = files; g != NULL; g = g->next) {
		put_path(out, g->source->path);
		fputs(":\n", out);
	}
}

static void
print_ids(const struct file *f)
{
	static const char *const kinds[] = { "unit", "error", NULL,
		"interface" };

	for (const struct decl *d = f->decls; d != NULL; d = d->next) {
		if (d->kind == DECL_ENUM)
			continue;
		printf("0x%08x %s %s\n", d->id, kinds[d->kind],
				qualified(d));
		for (const struct method *m = d->methods; m != NULL;
				m = m->next)
			printf("    %llu %s\n", (unsigned long long)
					m->serial.value, m->name->text);
	}
}

static void
write_all(const struct file *f)
{
	const char *base = arena_text("%s/%s", output, c_namespace(f));

	struct output outputs[] = {
		{ arena_text("%s.h", base), NULL, write_header },
		{ arena_text("%s.c", base), NULL, write_c },
		{ depend, NULL, write_depend },
	};

	write_files(outputs, depend != NULL ? 3 : 2, f);
}

static _Noreturn void
misused(const char *why)
{
	fprintf(stderr, "ipcgen: %s\nTry 'ipcgen --help'.\n", why);
	exit(2);
}

static void
take_option(int option)
{
	switch (option) {
	case 'I':
		if (ndirs == DIRS_MAX)
			misused("more than 32 times -I");
		dirs[ndirs++] = optarg;
		break;
	case 'o':
		output = optarg;
		break;
	case 'd':
		depend = optarg;
		break;
	case 'l':
		list_only = true;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	case 'v':
		puts("ipcgen (Helios) " PACKAGE_VERSION);
		exit(0);
	default:
		fprintf(stderr, "Try 'ipcgen --help'.\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "depend", required_argument, NULL, 'd' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct file *f;
	int option;

	while ((option = getopt_long(argc, argv, "I:o:", options, NULL)) != -1)
		take_option(option);
	if (argc - optind != 1)
		misused(arena_text("expected one file, found %d",
				argc - optind));
	if ((output == NULL) != list_only)
		misused("expected one of -o DIRECTORY and --list");
	f = load(argv[optind], dirs, ndirs);
	if (f == NULL || errors != 0)
		return 1;
	if (list_only)
		print_ids(f);
	else
		write_all(f);
	if (ferror(stdout) | fflush(stdout))
		fail("cannot write", "the list");
	arena_free();
	return 0;
}

#endif
