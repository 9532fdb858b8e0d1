/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files: reading one, and those that it uses.  Namespace a::b is in a/b.ipc,
 * beside the file that uses it or in one of the directories of -I.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "ipcgen.h"

#define TEXT_MAX	(16u << 20)
#define DEPTH_MAX	64u

/* lex.l, parse.y */
void lex_start(const char *text, size_t len);
void lex_end(void);
int yyparse(void);
void parse_start(const struct source *source);
struct file *parse_result(void);

struct file *files;

static const char *const *include_dirs;
static size_t ninclude_dirs;

struct file *
parse_text(const char *path, const char *text, size_t len)
{
	struct source *source = arena_get(sizeof(*source));
	unsigned int before = errors;
	int status;

	*source = (struct source){ path, text, len };
	parse_start(source);
	lex_start(text, len);
	status = yyparse();
	lex_end();
	return status == 0 && errors == before ? parse_result() : NULL;
}

/* The whole of a file; NULL: errno says why. */
static char *
read_text(const char *path, size_t *len)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t n = 0, room = 4096;
	int reason;

	if (in == NULL)
		return NULL;
	do {
		char *more = arena_get(room *= 2);

		if (n > 0)
			memcpy(more, text, n);
		text = more;
		n += fread(text + n, 1, room - n, in);
	} while (n == room && room < TEXT_MAX);
	if (n == room)
		errno = EFBIG;
	else if (!ferror(in))
		errno = 0;
	reason = errno;
	fclose(in);
	errno = reason;
	*len = n;
	return reason == 0 ? text : NULL;
}

/* "io::file" as part of a path. */
static char *
namespace_path(const struct name *n)
{
	char *path = arena_text("%s.ipc", n->text), *p = path, *q = path;

	for (; *p != '\0'; p++) {
		if (p[0] == ':' && p[1] == ':')
			*q++ = '/', p++;
		else
			*q++ = *p;
	}
	*q = '\0';
	return path;
}

static const char *
beside(const struct file *f, const char *path)
{
	const char *slash = strrchr(f->source->path, '/');

	if (slash == NULL)
		return path;
	return arena_text("%.*s/%s", (int)(slash - f->source->path),
			f->source->path, path);
}

static struct file *load_at(const char *path, unsigned int depth,
		const struct name *as);

static struct file *
find(const struct file *f, const struct name *use, unsigned int depth)
{
	const char *relative = namespace_path(use);
	const char *path = beside(f, relative);
	size_t i = 0, len;

	if (depth == DEPTH_MAX) {
		error_at(use->where, "files use each other %u deep", depth);
		return NULL;
	}
	while (read_text(path, &len) == NULL) {
		if (errno != ENOENT && errno != ENOTDIR) {
			error_at(use->where, "cannot read %s: %s", path,
					strerror(errno));
			return NULL;
		}
		if (i == ninclude_dirs) {
			error_at(use->where, "expected a file %s beside this "
				"one or in a directory given with -I, found "
				"none", relative);
			return NULL;
		}
		path = arena_text("%s/%s", include_dirs[i++], relative);
	}
	return load_at(path, depth, use);
}

static struct file *
loaded(const struct name *use)
{
	for (struct file *f = files; f != NULL; f = f->next)
		if (f->namespace != NULL &&
				strcmp(f->namespace->text, use->text) == 0)
			return f;
	return NULL;
}

static bool
load_used(struct file *f, unsigned int depth)
{
	for (struct name *n = f->uses; n != NULL; n = n->next) {
		struct use *u = arena_get(sizeof(*u)), **end = &f->used;

		for (struct name *m = f->uses; m != n; m = m->next)
			if (strcmp(m->text, n->text) == 0)
				error_at(n->where, "'%s' is used already, in "
						"line %d", n->text,
						m->where.line);
		u->file = loaded(n);
		if (u->file == NULL)
			u->file = find(f, n, depth + 1);
		else if (!u->file->checked)
			error_at(n->where, "'%s' uses this file in turn; the "
					"use of namespaces must not be a "
					"circle", n->text);
		if (u->file == NULL)
			return false;
		while (*end != NULL)
			end = &(*end)->next;
		*end = u;
	}
	return true;
}

static struct file *
load_at(const char *path, unsigned int depth, const struct name *as)
{
	struct file *f, **end = &files;
	size_t len;
	const char *text = read_text(path, &len);

	if (text == NULL) {
		fprintf(stderr, "ipcgen: cannot read %s: %s\n", path,
				strerror(errno));
		errors++;
		return NULL;
	}
	f = parse_text(path, text, len);
	if (f == NULL)
		return NULL;
	if (as != NULL && strcmp(as->text, f->namespace->text) != 0) {
		error_at(f->namespace->where, "expected namespace %s, as the "
				"file's name says, found %s", as->text,
				f->namespace->text);
		return NULL;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = f;
	if (!load_used(f, depth) || !check(f))
		return NULL;
	return f;
}

struct file *
load(const char *path, const char *const *dirs, size_t ndirs)
{
	include_dirs = dirs;
	ninclude_dirs = ndirs;
	return load_at(path, 0, NULL);
}
