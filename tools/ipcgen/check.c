/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file says, resolved and checked: types and parents found, numbers
 * given out, and nothing left that would make wrong C or two things that
 * cannot be told apart.
 */
#include <string.h>

#include "ipcgen.h"

#define SERIAL_MAX	0xffffu

uint32_t
name_id(const char *name)
{
	uint32_t hash = 0x811c9dc5u;

	for (const char *p = name; ; p++) {
		bool end = *p == '\0' || *p == ':';

		hash *= 0x01000193u;
		hash ^= end ? 0 : (unsigned char)*p;
		if (*p == '\0')
			return hash;
		if (*p == ':')
			p++;
	}
}

const char *
qualified(const struct decl *d)
{
	return arena_text("%s::%s", d->file->namespace->text, d->name->text);
}

static bool
is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(text, words) \
	is_one_of(text, words, sizeof(words) / sizeof((words)[0]))

/*
 * Names that C does not let us have: C17's words but for those with capitals,
 * C23's, GNU's, and what compilers for Unix define as 1.
 */
static void
check_word(const struct name *n)
{
	static const char *const words[] = { "alignas", "alignof", "asm",
		"auto", "bool", "break", "case", "char", "const", "constexpr",
		"continue", "default", "do", "double", "else", "extern",
		"false", "float", "for", "goto", "if", "inline", "int", "linux",
		"long", "nullptr", "register", "restrict", "return", "short",
		"signed", "sizeof", "static", "static_assert", "struct",
		"switch", "thread_local", "true", "typedef", "typeof",
		"typeof_unqual", "union", "unix", "unsigned", "void",
		"volatile", "while" };

	if (IS_ONE_OF(n->text, words))
		error_at(n->where, "expected a name, found '%s', which is a "
				"word of C's own", n->text);
}

/*
 * Members of structures and parameters of functions stand in C as they are:
 * they must not be macros, nor what is the compiler's.
 */
static void
check_bare(const struct name *n)
{
	const char *p = n->text;
	bool small = false;

	check_word(n);
	for (; *p != '\0'; p++)
		small |= *p >= 'a' && *p <= 'z';
	p = n->text;
	if (!small || (p[0] == '_' && (p[1] == '_' ||
			(p[1] >= 'A' && p[1] <= 'Z'))))
		error_at(n->where, "expected a name with small letters, found "
				"'%s': capitals are for macros and '__' for "
				"the compiler", n->text);
}

/* Parameters also must not hide what the functions use. */
static void
check_parameter(const struct name *n)
{
	static const char *const used[] = { "c", "cap", "memcpy", "payload",
		"r", "reply", "result", "result_len", "rq", "server",
		"status", "w" };
	size_t len = strlen(n->text);

	check_bare(n);
	if (IS_ONE_OF(n->text, used) || strncmp(n->text, "ipc_", 4) == 0 ||
			strncmp(n->text, "helios_", 7) == 0)
		error_at(n->where, "expected another name: '%s' is what "
				"generated code calls something of its own",
				n->text);
	else if (len > 2 && strcmp(n->text + len - 2, "_t") == 0)
		error_at(n->where, "expected another name: '%s' would be a "
				"type in C", n->text);
}

/*
 * Finding things
 */

static struct decl *
find_in(const struct file *f, const char *name, size_t len)
{
	for (struct decl *d = f->decls; d != NULL; d = d->next)
		if (strlen(d->name->text) == len &&
				memcmp(d->name->text, name, len) == 0)
			return d;
	return NULL;
}

/* A declaration by its name, of this file or, qualified, of one it uses. */
static struct decl *
find_decl(const struct file *f, const struct name *n)
{
	const char *last = n->text, *p;
	size_t len;

	for (p = strstr(last, "::"); p != NULL; p = strstr(last, "::"))
		last = p + 2;
	if (last == n->text)
		return find_in(f, n->text, strlen(n->text));
	len = (size_t)(last - n->text) - 2;
	for (const struct use *u = f->used; ; u = u->next) {
		const struct file *g = u != NULL ? u->file : f;
		const char *namespace = g->namespace->text;

		if (strlen(namespace) == len &&
				memcmp(namespace, n->text, len) == 0)
			return find_in(g, last, strlen(last));
		if (u == NULL)
			return NULL;
	}
}

/* The declaration that somebody may have meant by an unqualified name. */
static struct decl *
find_meant(const struct name *n)
{
	struct decl *d = NULL;

	for (struct file *g = files; g != NULL && d == NULL; g = g->next)
		d = g->checked ? find_in(g, n->text, strlen(n->text)) : NULL;
	return d;
}

/* A name stands for nothing, or for something that cannot stand there. */
static void
unknown(const struct file *f, const struct name *n, const char *expected)
{
	static const char *const kinds[] = { "a unit", "an error", "an enum",
		"an interface" };
	const struct decl *d = find_decl(f, n);

	if (d != NULL) {
		error_at(n->where, "expected %s, found '%s', which is %s",
				expected, n->text, kinds[d->kind]);
		return;
	}
	d = find_meant(n);
	if (d != NULL)
		error_at(n->where, "expected %s, found '%s'; is '%s' meant?",
				expected, n->text, qualified(d));
	else
		error_at(n->where, "expected %s, found '%s', which is not "
				"declared%s", expected, n->text,
				strstr(n->text, "::") ?
				" in a namespace used here" : "");
}

static const struct {
	const char *name;
	enum base base;
} bases[] = {
	{ "void", BASE_VOID }, { "bool", BASE_BOOL }, { "u8", BASE_U8 },
	{ "u16", BASE_U16 }, { "u32", BASE_U32 }, { "u64", BASE_U64 },
	{ "i8", BASE_I8 }, { "i16", BASE_I16 }, { "i32", BASE_I32 },
	{ "i64", BASE_I64 }, { "size", BASE_SIZE }, { "bytes", BASE_BYTES },
};

/* Is it a type, and which?  Silent. */
static bool
find_type(const struct file *f, struct type *t)
{
	struct decl *d = find_decl(f, t->name);

	if (d != NULL && d->kind == DECL_ENUM) {
		t->base = BASE_ENUM;
		t->enumeration = d;
		return true;
	}
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		if (strcmp(bases[i].name, t->name->text) == 0) {
			t->base = bases[i].base;
			return true;
		}
	return false;
}

static void
resolve_type(const struct file *f, struct type *t)
{
	if (find_type(f, t))
		return;
	unknown(f, t->name, "a type (bool, u8 to u64, i8 to i64, size, bytes "
			"or an enum)");
	t->base = BASE_U64;
}

/*
 * Enums
 */

bool
is_signed(enum base base)
{
	return base >= BASE_I8 && base <= BASE_I64;
}

/* The values an integer type has; negative ones have value as magnitude. */
static bool
fits(enum base base, bool negative, uint64_t value)
{
	static const uint64_t most[] = { [BASE_U8] = UINT8_MAX,
		[BASE_U16] = UINT16_MAX, [BASE_U32] = UINT32_MAX,
		[BASE_U64] = UINT64_MAX, [BASE_I8] = INT8_MAX,
		[BASE_I16] = INT16_MAX, [BASE_I32] = INT32_MAX,
		[BASE_I64] = INT64_MAX, [BASE_SIZE] = UINT64_MAX };

	if (!negative || value == 0)
		return value <= most[base];
	return is_signed(base) && value - 1 <= most[base];
}

static bool
is_integer(enum base base)
{
	return base >= BASE_U8 && base <= BASE_SIZE;
}

static void
check_item(struct decl *d, struct item *i, const struct item *before)
{
	bool negative = i->number.negative;
	uint64_t value = i->number.value;

	if (!i->number.given) {
		value = before != NULL ? before->value + 1 : 0;
		negative = is_signed(d->type.base) && value > INT64_MAX;
		if (negative)
			value = 0 - value;
	}
	if (!fits(d->type.base, negative, value) ||
			(!i->number.given && before != NULL &&
			before->value == UINT64_MAX &&
			!is_signed(d->type.base)))
		error_at(i->number.given ? i->number.where : i->name->where,
				"the value of '%s' does not fit the enum's "
				"type, %s", i->name->text, d->type.name ?
				d->type.name->text : "u32");
	i->value = negative ? 0 - value : value;
	for (struct item *j = d->items; j != i; j = j->next) {
		if (strcmp(j->name->text, i->name->text) == 0)
			error_at(i->name->where, "'%s' stands in this enum "
					"already, in line %d", i->name->text,
					j->name->where.line);
		else if (j->value == i->value)
			error_at(i->name->where, "'%s' has the value of '%s' "
					"in line %d", i->name->text,
					j->name->text, j->name->where.line);
	}
}

static void
check_enum(const struct file *f, struct decl *d)
{
	struct item *before = NULL;

	d->type.base = BASE_U32;
	if (d->type.name != NULL) {
		resolve_type(f, &d->type);
		if (!is_integer(d->type.base)) {
			error_at(d->type.name->where, "expected an integer "
				"type for an enum, found '%s'",
				d->type.name->text);
			return;
		}
	}
	for (struct item *i = d->items; i != NULL; i = i->next) {
		check_item(d, i, before);
		before = i;
	}
}

/*
 * Interfaces
 */

static void
check_caps(struct method *m, struct cap *list, unsigned int *count, bool out)
{
	for (struct cap *c = list; c != NULL; c = c->next) {
		check_parameter(c->name);
		if (!c->variadic) {
			++*count;
			continue;
		}
		if (out)
			error_at(c->name->where, "expected a capability, found "
					"a variadic list: only those that go in "
					"can be one");
		else if (c->next != NULL)
			error_at(c->name->where, "expected the variadic "
					"capabilities last");
		m->variadic = c;
	}
	if (*count > MESSAGE_CAPS)
		error_at(m->where, "%u capabilities in one message; %u is the "
				"most", *count, MESSAGE_CAPS);
}

static void
check_param(const struct file *f, struct method *m, struct param *p)
{
	enum base written = p->type.base;

	check_parameter(p->name);
	resolve_type(f, &p->type);
	if (p->type.base == BASE_VOID)
		error_at(p->type.name->where, "expected the type of a "
				"parameter, found 'void'");
	if (written == BASE_WORDS) {
		if (p->type.base != BASE_U64)
			error_at(p->type.name->where, "expected u64..., found "
					"'%s...': variadic parameters are "
					"words", p->type.name->text);
		p->type.base = BASE_WORDS;
	}
	if (p->type.base != BASE_BYTES && p->type.base != BASE_WORDS) {
		m->nwords++;
		return;
	}
	if (p->next != NULL)
		error_at(p->name->where, "expected '%s' last: its length is "
				"that of the rest of the message",
				p->name->text);
	m->tail = p;
}

static struct name *
derived(const struct name *from, bool length)
{
	struct name *n = arena_get(sizeof(*n));

	n->text = arena_text("%s%s%s", length ? "" : "n", from->text,
			length ? "_len" : "");
	n->where = from->where;
	return n;
}

/* All names of one C function's parameters, which must differ. */
static void
check_names(const struct method *m)
{
	struct name *seen[4 * MESSAGE_WORDS];
	unsigned int n = 0;
	const struct cap *lists[] = { m->in, m->out };
	const unsigned int room = sizeof(seen) / sizeof(seen[0]) - 2;

	for (unsigned int i = 0; i < 2; i++)
		for (const struct cap *c = lists[i]; c && n < room;
				c = c->next)
			seen[n++] = c->name;
	for (const struct param *p = m->params; p && n < room; p = p->next)
		seen[n++] = p->name;
	/* What goes with those of any number. */
	if (m->variadic != NULL)
		seen[n++] = derived(m->variadic->name, false);
	if (m->tail != NULL)
		seen[n++] = derived(m->tail->name,
				m->tail->type.base == BASE_BYTES);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < i; j++)
			if (strcmp(seen[i]->text, seen[j]->text) == 0)
				error_at(seen[i]->where, "'%s' is the name of "
					"two parameters of the C function",
					seen[i]->text);
}

static void
check_result(const struct file *f, struct method *m)
{
	bool has_type = false;

	m->result.base = BASE_VOID;
	if (m->results != NULL && m->kind != METHOD_CALL)
		error_at(m->results->where, "expected ';': only a call has a "
				"result");
	for (struct name *n = m->results; n != NULL; n = n->next) {
		struct type t = { .name = n };
		struct decl *d = find_decl(f, n);

		for (struct name *o = m->results; o != n; o = o->next)
			if (strcmp(o->text, n->text) == 0)
				error_at(n->where, "'%s' stands in this "
						"result already", n->text);
		if (d != NULL && (d->kind == DECL_UNIT ||
				d->kind == DECL_ERROR)) {
			if (!m->in_brackets)
				error_at(n->where, "expected a type or 'void', "
						"found '%s'; write (void | %s)",
						n->text, n->text);
			continue;
		}
		if (!find_type(f, &t))
			unknown(f, n, "a type, unit or error");
		else if (has_type)
			error_at(n->where, "expected one type in the result, "
					"found a second, '%s'", n->text);
		has_type = true;
		m->result = t;
	}
}

static void
check_serial(struct decl *d, struct method *m, uint64_t *next)
{
	if (!m->serial.given)
		m->serial = (struct number){ false, false, *next, m->where };
	if (m->serial.value == 0 || m->serial.value > SERIAL_MAX)
		error_at(m->serial.where, "expected a serial number from 1 to "
				"65535, found %llu",
				(unsigned long long)m->serial.value);
	*next = m->serial.value + 1;
	for (struct method *o = d->methods; o != m; o = o->next) {
		if (o->serial.value == m->serial.value)
			error_at(m->where, "'%s' has the serial number of "
					"'%s', %llu", m->name->text,
					o->name->text, (unsigned long long)
					m->serial.value);
		if (strcmp(o->name->text, m->name->text) == 0)
			error_at(m->where, "'%s' is a method already, in line "
					"%d", m->name->text, o->where.line);
	}
}

/* The members of a server's structure differ. */
static void
check_members(const struct decl *d)
{
	for (const struct parent *p = d->ancestors; p != NULL; p = p->next)
		for (const struct method *m = d->methods; m; m = m->next)
			if (p->direct && strcmp(m->name->text,
					p->member) == 0)
				error_at(m->where, "'%s' is what generated "
						"code calls the parent '%s'",
						m->name->text,
						qualified(p->interface));
}

static void
check_method(const struct file *f, struct method *m)
{
	unsigned int words;

	check_bare(m->name);
	check_caps(m, m->in, &m->nin, false);
	check_caps(m, m->out, &m->nout, true);
	if (m->out != NULL && m->kind != METHOD_CALL)
		error_at(m->out->name->where, "expected '}': only a call "
				"returns capabilities");
	if (m->in != NULL && m->kind == METHOD_RECV)
		error_at(m->in->name->where, "expected no capabilities in "
				"what a client receives");
	for (struct param *p = m->params; p != NULL; p = p->next)
		check_param(f, m, p);
	words = m->nwords + (m->tail && m->tail->type.base == BASE_BYTES);
	if (words > MESSAGE_WORDS)
		error_at(m->where, "%u words in one message; %u is the most",
				words, MESSAGE_WORDS);
	check_names(m);
	check_result(f, m);
}

static void
add_ancestor(struct decl *d, struct decl *interface, const char *member,
		bool direct)
{
	struct parent *p = arena_get(sizeof(*p)), **end = &d->ancestors;

	for (; *end != NULL; end = &(*end)->next)
		if ((*end)->interface == interface)
			return;
	*p = (struct parent){ NULL, interface, member, direct };
	*end = p;
}

/* Parents come before their children: in files used, or above. */
static void
check_parents(const struct file *f, struct decl *d)
{
	for (struct name *n = d->parents; n != NULL; n = n->next) {
		struct decl *p = find_decl(f, n);

		for (struct name *o = d->parents; o != n; o = o->next)
			if (strcmp(o->text, n->text) == 0)
				error_at(n->where, "'%s' is a parent already",
						n->text);
		if (p == NULL || p->kind != DECL_INTERFACE) {
			unknown(f, n, "an interface");
			continue;
		}
		if (p->file == NULL || p == d) {
			error_at(n->where, "expected an interface declared "
					"before this one, found '%s'",
					n->text);
			continue;
		}
		add_ancestor(d, p, c_name(p), true);
		for (struct parent *a = p->ancestors; a; a = a->next)
			add_ancestor(d, a->interface, arena_text("%s.%s",
					c_name(p), a->member), false);
	}
}

/*
 * Ids, and the names C gets
 */

/* What has an id is not to be taken for anything else that has one. */
static void
check_unlike(const struct decl *d)
{
	/* As in mercury/ipc.h. */
	static const char *const own[] = { "ipc::malformed", "ipc::nomethod",
		"ipc::too_long" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (d->kind != DECL_INTERFACE && d->id == name_id(own[i]))
			error_at(d->name->where, "the id of '%s', 0x%08x, is "
					"that of '%s', which any server can "
					"answer", qualified(d), d->id, own[i]);
	for (struct file *g = files; g != NULL; g = g->next)
		for (struct decl *e = g->decls; e != NULL && e != d;
				e = e->next)
			if (e->file != NULL && e->kind != DECL_ENUM &&
					e->id == d->id &&
					(e->kind == DECL_INTERFACE) ==
					(d->kind == DECL_INTERFACE) &&
					strcmp(qualified(e), qualified(d)))
				error_at(d->name->where, "the id of '%s', "
					"0x%08x, is that of '%s'",
					qualified(d), d->id, qualified(e));
}

/*
 * Low ids are the kernel's: statuses, and in labels the types of objects, so
 * that a request to the wrong capability is never an operation.
 */
static void
check_id(struct decl *d)
{
	bool given = d->number.given;

	d->id = given ? (uint32_t)d->number.value : name_id(qualified(d));
	if (given && (d->number.value > UINT32_MAX || d->id < IDS_MIN))
		error_at(d->number.where, "expected an id from 0x%x to "
				"0xffffffff, found %llu", IDS_MIN,
				(unsigned long long)d->number.value);
	else if (d->id < IDS_MIN)
		error_at(d->name->where, "the name makes the id 0x%x, below "
				"0x%x; give it another with '= id'", d->id,
				IDS_MIN);
	else
		check_unlike(d);
}

/* The library's names begin with these, and ipc.h is its own. */
static void
check_namespace(const struct file *f)
{
	const char *name = c_namespace(f);

	check_word(f->namespace);
	if (strcmp(name, "ipc") == 0 || strncmp(name, "ipc_", 4) == 0 ||
			strcmp(name, "helios") == 0 ||
			strncmp(name, "helios_", 7) == 0)
		error_at(f->namespace->where, "expected another namespace: "
				"names in C that begin with '%.*s_' are the "
				"library's", (int)strcspn(name, "_"), name);
}

static void
check_interface(const struct file *f, struct decl *d)
{
	uint64_t next = 1;

	check_parents(f, d);
	for (struct method *m = d->methods; m != NULL; m = m->next) {
		check_serial(d, m, &next);
		check_method(f, m);
	}
	check_members(d);
}

static void
check_decl(struct file *f, struct decl *d)
{
	check_word(d->name);
	for (struct decl *e = f->decls; e != d; e = e->next)
		if (strcmp(e->name->text, d->name->text) == 0)
			error_at(d->name->where, "'%s' is declared already, "
					"in line %d", d->name->text,
					e->name->where.line);
	if (d->kind == DECL_ENUM)
		check_enum(f, d);
	if (d->kind == DECL_ERROR && d->type.name != NULL) {
		resolve_type(f, &d->type);
		if (!is_integer(d->type.base))
			error_at(d->type.name->where, "expected an integer "
					"type for a payload, found '%s'",
					d->type.name->text);
	}
	if (d->kind == DECL_INTERFACE)
		check_interface(f, d);
	d->file = f;
	if (d->kind != DECL_ENUM)
		check_id(d);
}

bool
check(struct file *f)
{
	check_namespace(f);
	for (struct decl *d = f->decls; d != NULL; d = d->next)
		check_decl(f, d);
	f->checked = true;
	if (errors == 0)
		check_c_words(f);
	return errors == 0;
}
