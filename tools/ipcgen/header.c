/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and types as C has them, and the header: ids, constants, the
 * functions of clients, and the structures of functions that servers fill in.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "ipcgen.h"

#define COLUMNS	79u

const char *
c_namespace(const struct file *f)
{
	char *text = arena_text("%s", f->namespace->text), *q = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == ':')
			*q++ = '_', p++;
		else
			*q++ = *p;
	}
	*q = '\0';
	return text;
}

const char *
upper(const char *text)
{
	char *copy = arena_text("%s", text);

	for (char *p = copy; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return copy;
}

const char *
c_name(const struct decl *d)
{
	return arena_text("%s_%s", c_namespace(d->file), d->name->text);
}

/* Also of one that is still being checked. */
const char *
c_upper(const struct decl *d)
{
	return upper(c_name(d));
}

const char *
serial_name(const struct decl *d, const struct method *m)
{
	return arena_text("%s_%s", c_upper(d), upper(m->name->text));
}

const char *
label_of(const struct decl *d, const struct method *m)
{
	return arena_text("HELIOS_LABEL(%s_ID, %s)", c_upper(d),
			serial_name(d, m));
}

/*
 * Names that are different, but not in C
 */

struct c_word {
	struct c_word *next;
	const char *text;
	struct where where;
};

static void
add_c_word(struct c_word **list, const char *text, struct where where)
{
	struct c_word *w = arena_get(sizeof(*w));

	for (struct c_word *o = *list; o != NULL; o = o->next)
		if (strcmp(o->text, text) == 0) {
			error_at(where, "in C this becomes '%s', as does what "
					"stands in line %d of %s", text,
					o->where.line, o->where.source ==
					where.source ? "this file" :
					o->where.source->path);
			return;
		}
	*w = (struct c_word){ *list, text, where };
	*list = w;
}

/* Tags of structures and enums are a space of their own: with a blank. */
static void
add_method_words(struct c_word **list, const struct decl *d,
		const struct method *m)
{
	static const char *const call[] = { "", "_reply", "_request", NULL };
	static const char *const send[] = { "", "_request", NULL };
	static const char *const recv[] = { "_send", "_recv", NULL };
	static const char *const *const endings[] = { [METHOD_CALL] = call,
		[METHOD_SEND] = send, [METHOD_RECV] = recv };

	add_c_word(list, serial_name(d, m), m->where);
	for (const char *const *e = endings[m->kind]; *e != NULL; e++)
		add_c_word(list, arena_text("%s_%s%s", c_name(d),
				m->name->text, *e), m->where);
}

static void
add_c_words(struct c_word **list, const struct decl *d)
{
	const char *name = c_name(d), *capitals = c_upper(d);
	struct where where = d->name->where;

	if (d->kind == DECL_UNIT || d->kind == DECL_ERROR)
		add_c_word(list, capitals, where);
	if (d->kind == DECL_ENUM) {
		add_c_word(list, arena_text("enum %s", name), where);
		add_c_word(list, arena_text("%s_is", name), where);
	}
	for (const struct item *i = d->items; i != NULL; i = i->next)
		add_c_word(list, arena_text("%s_%s", capitals,
				upper(i->name->text)), i->name->where);
	if (d->kind != DECL_INTERFACE)
		return;
	add_c_word(list, arena_text("%s_ID", capitals), where);
	add_c_word(list, arena_text("%s_ACCEPT", capitals), where);
	add_c_word(list, arena_text("%s_dispatch", name), where);
	/* An enum with this name would have the same tag. */
	add_c_word(list, arena_text("enum %s_server", name), where);
	for (const struct method *m = d->methods; m != NULL; m = m->next)
		add_method_words(list, d, m);
}

static void
add_file_words(struct c_word **list, const struct file *f)
{
	const char *name = c_namespace(f);
	struct where where = f->namespace->where;

	add_c_word(list, arena_text("MERCURY_%s_H", upper(name)), where);
	add_c_word(list, arena_text("%s_error_name", name), where);
	add_c_word(list, arena_text("%s_strerror", name), where);
	for (const struct decl *d = f->decls; d != NULL; d = d->next)
		add_c_words(list, d);
}

/* Other files that were checked were right. */
void
check_c_words(const struct file *f)
{
	struct c_word *words = NULL;

	for (const struct file *g = files; g != NULL; g = g->next)
		if (g != f && g->checked)
			add_file_words(&words, g);
	add_file_words(&words, f);
}

const char *
c_type(const struct type *t)
{
	static const char *const types[] = {
		[BASE_BOOL] = "bool",
		[BASE_U8] = "uint8_t", [BASE_U16] = "uint16_t",
		[BASE_U32] = "uint32_t", [BASE_U64] = "uint64_t",
		[BASE_I8] = "int8_t", [BASE_I16] = "int16_t",
		[BASE_I32] = "int32_t", [BASE_I64] = "int64_t",
		[BASE_SIZE] = "uint64_t",
	};

	if (t->base == BASE_ENUM)
		return arena_text("enum %s", c_name(t->enumeration));
	return types[t->base];
}

static bool
is_word(const struct type *t)
{
	return t->base == BASE_U64 || t->base == BASE_SIZE;
}

const char *
c_from_word(const struct type *t, const char *word)
{
	return is_word(t) ? word : arena_text("(%s)%s", c_type(t), word);
}

const char *
c_to_word(const struct type *t, const char *value)
{
	return is_word(t) ? value : arena_text("(uint64_t)%s", value);
}

const char *
c_wrong(const struct type *t, const char *w)
{
	switch (t->base) {
	case BASE_BOOL:
		return arena_text("%s > 1", w);
	case BASE_U8:
		return arena_text("%s > UINT8_MAX", w);
	case BASE_U16:
		return arena_text("%s > UINT16_MAX", w);
	case BASE_U32:
		return arena_text("%s > UINT32_MAX", w);
	case BASE_I8:
	case BASE_I16:
	case BASE_I32:
		return arena_text("(uint64_t)(%s)%s != %s", c_type(t), w, w);
	case BASE_ENUM:
		return arena_text("!%s_is(%s)", c_name(t->enumeration), w);
	default:
		return NULL;
	}
}

/*
 * Parameter lists
 */

struct list {
	FILE *out;
	size_t column;
	bool any;
};

static void
put_param(struct list *l, const char *text)
{
	size_t len = strlen(text);

	if (l->any) {
		fputc(',', l->out);
		l->column++;
		if (l->column + 2 + len > COLUMNS) {
			fputs("\n\t\t", l->out);
			l->column = 16;
		} else {
			fputc(' ', l->out);
			l->column++;
		}
	}
	fputs(text, l->out);
	l->column += len;
	l->any = true;
}

static void
put_caps(struct list *l, const struct cap *caps, const char *prefix)
{
	for (const struct cap *c = caps; c != NULL; c = c->next) {
		const char *name = c->name->text;

		if (!c->variadic) {
			put_param(l, arena_text("helios_cap_t %s%s", prefix,
					name));
			continue;
		}
		put_param(l, arena_text("const helios_cap_t *%s", name));
		put_param(l, arena_text("unsigned int n%s", name));
	}
}

static void
put_params(struct list *l, const struct param *params, bool out)
{
	for (const struct param *p = params; p != NULL; p = p->next) {
		const char *name = p->name->text;

		if (p->type.base == BASE_BYTES) {
			put_param(l, arena_text(out ? "void *%s" :
					"const void *%s", name));
			put_param(l, arena_text(out ? "size_t *%s_len" :
					"size_t %s_len", name));
		} else if (p->type.base == BASE_WORDS) {
			put_param(l, arena_text(out ? "uint64_t *%s" :
					"const uint64_t *%s", name));
			put_param(l, arena_text(out ? "unsigned int *n%s" :
					"unsigned int n%s", name));
		} else {
			put_param(l, arena_text("%s %s%s", c_type(&p->type),
					out ? "*" : "", name));
		}
	}
}

static void
put_result(struct list *l, const struct type *t, int results)
{
	if (results == RESULTS_NONE || t->base == BASE_VOID)
		return;
	if (t->base == BASE_BYTES) {
		put_param(l, results == RESULTS_OUT ? "void *result" :
				"const void *result");
		put_param(l, results == RESULTS_OUT ? "size_t *result_len" :
				"size_t result_len");
		return;
	}
	put_param(l, arena_text("%s %sresult", c_type(t),
			results == RESULTS_OUT ? "*" : ""));
}

/* Those that are always there, as C has them. */
static void
put_first(struct list *l, const char *first)
{
	const char *comma;

	for (; (comma = strchr(first, ',')) != NULL; first = comma + 2)
		put_param(l, arena_copy(first, (size_t)(comma - first)));
	put_param(l, first);
}

/* recv: the parameters are what comes out. */
void
put_signature(FILE *out, const char *return_type, const char *name,
		const char *first, const struct method *m, bool params,
		int results, const char *end)
{
	struct list l = { .out = out };

	fprintf(out, "%s%s(", return_type, name);
	l.column = strlen(name) + 1;
	/* A member of a structure is indented. */
	if (strchr(return_type, '\n') == NULL)
		l.column += strlen(return_type) + (*return_type == '\t') * 7u;
	put_first(&l, first);
	if (params) {
		put_caps(&l, m->in, "");
		put_params(&l, m->params, m->kind == METHOD_RECV &&
				results == RESULTS_OUT);
	}
	put_result(&l, &m->result, results);
	if (results != RESULTS_NONE)
		put_caps(&l, m->out, results == RESULTS_OUT ? "*" : "");
	fputs(end, out);
}

/*
 * The header
 */

static void
put_comment(FILE *out, const char *comment, const char *indent)
{
	const char *end;

	/* They may be indented already. */
	for (const char *p = comment; p != NULL; p = *end ? end + 1 : NULL) {
		p += strspn(p, " \t");
		end = p + strcspn(p, "\n");
		fprintf(out, "%s%s%.*s\n", indent, *p == '*' ? " " :
				strncmp(p, "/*", 2) == 0 || p == end ? "" :
				"   ", (int)(end - p), p);
	}
}

/* C has no negative constants: the least value is one below the next. */
static const char *
c_value(enum base base, uint64_t value)
{
	if (!is_signed(base))
		return arena_text(value > INT32_MAX ? "%" PRIu64 "u" :
				"%" PRIu64, value);
	if (value == (uint64_t)INT64_MIN)
		return arena_text("-%" PRId64 " - 1", INT64_MAX);
	return arena_text("%" PRId64, (int64_t)value);
}

static void
put_enum(FILE *out, const struct decl *d)
{
	const char *name = c_name(d);

	put_comment(out, d->comment, "");
	fprintf(out, "enum %s {\n", name);
	for (const struct item *i = d->items; i != NULL; i = i->next) {
		put_comment(out, i->name->comment, "\t");
		fprintf(out, "\t%s_%s = %s,\n", upper(name),
				upper(i->name->text),
				c_value(d->type.base, i->value));
	}
	fprintf(out, "};\n\n/* Is this word one of them? */\n"
			"static inline bool\n%s_is(uint64_t word)\n{\n"
			"\tswitch (word) {\n", name);
	for (const struct item *i = d->items; i != NULL; i = i->next)
		fprintf(out, "\tcase (uint64_t)%s_%s:\n", upper(name),
				upper(i->name->text));
	fputs("\t\treturn true;\n\tdefault:\n\t\treturn false;\n\t}\n}\n\n",
			out);
}

static unsigned int
accepts(const struct decl *d)
{
	unsigned int most = 0;

	for (const struct method *m = d->methods; m != NULL; m = m->next) {
		unsigned int n = m->nin + (m->variadic ? VARIADIC_CAPS : 0);

		if (n > MESSAGE_CAPS)
			n = MESSAGE_CAPS;
		if (n > most)
			most = n;
	}
	for (const struct parent *p = d->ancestors; p != NULL; p = p->next) {
		unsigned int n = accepts(p->interface);

		if (n > most)
			most = n;
	}
	return most;
}

static void
put_clients(FILE *out, const struct decl *d)
{
	for (const struct method *m = d->methods; m != NULL; m = m->next) {
		const char *name = arena_text("%s_%s", c_name(d),
				m->name->text);

		put_comment(out, m->comment, "");
		if (m->kind == METHOD_RECV) {
			put_signature(out, "ipc_status_t ",
				arena_text("%s_recv", name),
				"struct ipc_client *c", m, true, RESULTS_OUT,
				");\n");
			put_signature(out, "ipc_status_t ",
				arena_text("%s_send", name),
				"helios_cap_t cap", m, true, RESULTS_NONE,
				");\n");
			continue;
		}
		put_signature(out, "ipc_status_t ", name,
				"struct ipc_client *c", m, true, RESULTS_OUT,
				");\n");
	}
}

static void
put_replies(FILE *out, const struct decl *d)
{
	bool any = false;

	for (const struct method *m = d->methods; m != NULL; m = m->next) {
		if (m->kind != METHOD_CALL)
			continue;
		if (!any)
			fputs("\n/* Answers to requests that were deferred. "
					"*/\n", out);
		any = true;
		put_signature(out, "ipc_status_t ",
				arena_text("%s_%s_reply", c_name(d),
				m->name->text), "helios_cap_t reply, "
				"ipc_status_t status, uint64_t payload",
				m, false, RESULTS_IN, ");\n");
	}
}

static void
put_server(FILE *out, const struct decl *d)
{
	const char *name = c_name(d);
	bool any = d->parents != NULL;

	fprintf(out, "\n/* A server's functions; NULL: it has no such method. "
			"*/\nstruct %s_server {\n", name);
	for (const struct parent *p = d->ancestors; p != NULL; p = p->next)
		if (p->direct)
			fprintf(out, "\tstruct %s_server %s;\n",
					c_name(p->interface),
					c_name(p->interface));
	for (const struct method *m = d->methods; m != NULL; m = m->next) {
		if (m->kind == METHOD_RECV)
			continue;
		any = true;
		put_signature(out, "\tipc_status_t ",
				arena_text("(*%s)", m->name->text),
				"struct ipc_request *rq", m, true,
				RESULTS_OUT, ");\n");
	}
	/* C has no empty structures. */
	if (!any)
		fputs("\tchar none;\n", out);
	fprintf(out, "};\n\n/* Answer a request, also one of a parent's. */\n"
			"void %s_dispatch(const struct %s_server *server,\n"
			"\t\tstruct ipc_request *rq);\n\n", name, name);
}

static void
put_interface(FILE *out, const struct decl *d)
{
	const char *name = c_upper(d);

	put_comment(out, d->comment, "");
	fprintf(out, "#define %s_ID 0x%08xu\n"
			"/* Most capabilities in a request. */\n"
			"#define %s_ACCEPT %uu\n\n", name, d->id, name,
			accepts(d));
	if (d->methods != NULL) {
		fputs("enum {\n", out);
		for (const struct method *m = d->methods; m; m = m->next)
			fprintf(out, "\t%s = %" PRIu64 ",\n",
					serial_name(d, m), m->serial.value);
		fputs("};\n\n", out);
	}
	put_clients(out, d);
	put_replies(out, d);
	put_server(out, d);
}

/* Without the directory: the same wherever it is made. */
void
put_head(FILE *out, const struct file *f)
{
	const char *slash = strrchr(f->source->path, '/');

	fprintf(out, "/* Made by ipcgen from %s: do not edit. */\n",
			slash != NULL ? slash + 1 : f->source->path);
}

void
write_header(FILE *out, const struct file *f)
{
	const char *name = c_namespace(f);

	put_head(out, f);
	put_comment(out, f->comment, "");
	fprintf(out, "#ifndef MERCURY_%s_H\n#define MERCURY_%s_H\n\n"
			"#include <mercury/ipc.h>\n", upper(name),
			upper(name));
	for (const struct use *u = f->used; u != NULL; u = u->next)
		fprintf(out, "#include <mercury/%s.h>\n",
				c_namespace(u->file));
	fprintf(out, "\n/* The name of an error or unit, \"%s::...\" or one of "
			"a namespace used\n * here; NULL: of none. */\n"
			"const char *%s_error_name(ipc_status_t status);\n"
			"/* That, or what else a status says. */\n"
			"const char *%s_strerror(ipc_status_t status);\n\n",
			f->namespace->text, name, name);
	for (const struct decl *d = f->decls; d != NULL; d = d->next) {
		if (d->kind == DECL_UNIT || d->kind == DECL_ERROR) {
			put_comment(out, d->comment, "");
			fprintf(out, "#define %s 0x%08xu\n\n", c_upper(d),
					d->id);
		} else if (d->kind == DECL_ENUM) {
			put_enum(out, d);
		} else {
			put_interface(out, d);
		}
	}
	fputs("#endif\n", out);
}

/* The names of this file, then of those that it uses, then the rest. */
void
write_names(FILE *out, const struct file *f)
{
	const char *name = c_namespace(f);
	bool any = false;

	fprintf(out, "\nconst char *\n%s_error_name(ipc_status_t status)\n{\n",
			name);
	if (f->used != NULL)
		fputs("\tconst char *name;\n\n", out);
	for (const struct decl *d = f->decls; d != NULL; d = d->next)
		any |= d->kind == DECL_UNIT || d->kind == DECL_ERROR;
	if (any)
		fputs("\tswitch (status) {\n", out);
	for (const struct decl *d = f->decls; d != NULL; d = d->next)
		if (d->kind == DECL_UNIT || d->kind == DECL_ERROR)
			fprintf(out, "\tcase %s:\n\t\treturn \"%s\";\n",
					c_upper(d), qualified(d));
	if (any)
		fputs("\t}\n", out);
	else if (f->used == NULL)
		fputs("\t(void)status;\n", out);
	for (const struct use *u = f->used; u != NULL; u = u->next)
		fprintf(out, "\tname = %s_error_name(status);\n"
				"\tif (name)\n\t\treturn name;\n",
				c_namespace(u->file));
	fprintf(out, "\treturn NULL;\n}\n\nconst char *\n"
			"%s_strerror(ipc_status_t status)\n{\n"
			"\tconst char *name = %s_error_name(status);\n\n"
			"\treturn name ? name : ipc_strerror(status);\n}\n",
			name, name);
}
