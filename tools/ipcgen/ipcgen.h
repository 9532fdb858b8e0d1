/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipcgen compiles interfaces of message passing to C.
 *
 * A file is parsed (lex.l, parse.y) into the lists below, then the files it
 * uses are loaded (load.c); check.c resolves names and refuses what makes no
 * sense; header.c, client.c and server.c write C.  All memory comes from one
 * arena, which arena_free() gives back: nothing is left of a run.
 *
 * Nothing is written unless everything is right.
 */
#ifndef IPCGEN_H
#define IPCGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MESSAGE_WORDS	64u
#define MESSAGE_CAPS	64u
#define VARIADIC_CAPS	16u	/* what a server accepts for a variadic list */
#define IDS_MIN		0x100u	/* lower ones are the kernel's */

struct source {
	const char *path;
	const char *text;
	size_t len;
};

struct where {
	const struct source *source;
	int line, column;		/* from 1 */
};

/* A name as written: "file" or "io::file". */
struct name {
	const char *text;
	const char *comment;		/* before it, or NULL */
	struct where where;
	struct name *next;
};

enum base {
	BASE_VOID, BASE_BOOL,
	BASE_U8, BASE_U16, BASE_U32, BASE_U64,
	BASE_I8, BASE_I16, BASE_I32, BASE_I64,
	BASE_SIZE,
	BASE_ENUM,
	BASE_BYTES,			/* a word with the length, and the bytes */
	BASE_WORDS,			/* u64...: the rest of the message */
};

struct type {
	enum base base;
	struct name *name;		/* as written */
	struct decl *enumeration;	/* BASE_ENUM, after check */
};

struct number {
	bool given, negative;
	uint64_t value;
	struct where where;
};

/* An item of an enum. */
struct item {
	struct item *next;
	struct name *name;
	struct number number;
	uint64_t value;			/* after check; as in a message */
};

struct cap {
	struct cap *next;
	struct name *name;
	bool variadic;
};

struct param {
	struct param *next;
	struct name *name;
	struct type type;
};

enum method_kind { METHOD_CALL, METHOD_SEND, METHOD_RECV };

struct method {
	struct method *next;
	enum method_kind kind;
	const char *comment;
	struct name *name;
	struct number serial;
	struct cap *in, *out;
	struct param *params;
	struct name *results;		/* alternatives, as written */
	bool in_brackets;		/* all but a lone type or void are */
	struct where where;
	/* After check. */
	struct type result;
	unsigned int nin, nout;		/* named ones */
	struct cap *variadic;		/* or NULL */
	unsigned int nwords;		/* of the fixed parameters */
	struct param *tail;		/* bytes or words, or NULL */
};

enum decl_kind { DECL_UNIT, DECL_ERROR, DECL_ENUM, DECL_INTERFACE };

struct decl {
	struct decl *next;
	enum decl_kind kind;
	const char *comment;
	struct name *name;
	struct number number;		/* id of an error or interface */
	struct type type;		/* payload; of an enum's items */
	struct item *items;
	struct name *parents;		/* as written */
	struct method *methods;
	/* After check. */
	struct file *file;
	uint32_t id;
	struct parent *ancestors;	/* all, nearest first */
};

/* An interface that another inherits from, and how to get to its functions:
 * "io_file" or "a_b.io_file". */
struct parent {
	struct parent *next;
	struct decl *interface;
	const char *member;
	bool direct;
};

struct file {
	struct file *next;
	const struct source *source;
	const char *comment;
	struct name *namespace;
	struct name *uses;
	struct decl *decls;
	struct use {
		struct use *next;
		struct file *file;
	} *used;
	bool checked;
};

/*
 * main.c: memory and messages
 */
void *arena_get(size_t size);			/* zeroed */
char *arena_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *arena_copy(const char *text, size_t len);
void arena_free(void);

/* "file:line:column: error: ...", the line, and a caret.  Counted. */
void error_at(struct where where, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
extern unsigned int errors;

/*
 * load.c
 */
/* Parse a text; NULL: it was wrong, and errors says so. */
struct file *parse_text(const char *path, const char *text, size_t len);
/* Parse a file and all it uses, looked for beside it and in dirs. */
struct file *load(const char *path, const char *const *dirs, size_t ndirs);
extern struct file *files;			/* all that were loaded */

/*
 * check.c
 */
bool check(struct file *file);
bool is_signed(enum base base);
uint32_t name_id(const char *qualified);
/* "io::file" of a declaration. */
const char *qualified(const struct decl *d);

/*
 * header.c: C names and types, and the header.
 */
const char *c_name(const struct decl *d);	/* io_file */
const char *c_upper(const struct decl *d);	/* IO_FILE */
const char *upper(const char *text);
const char *c_namespace(const struct file *f);	/* io, a_b */
const char *c_type(const struct type *t);	/* "uint32_t", "enum x" */
/* Of a word of a message, and back: expressions. */
const char *c_from_word(const struct type *t, const char *word);
const char *c_to_word(const struct type *t, const char *value);
/* An expression that is true if word w is no value of the type; NULL: each
 * word is one. */
const char *c_wrong(const struct type *t, const char *w);
/* Nothing that this file becomes in C is there twice. */
void check_c_words(const struct file *f);
/* Parameters of a function, after those in first, broken into lines. */
void put_signature(FILE *out, const char *return_type, const char *name,
		const char *first, const struct method *m, bool params,
		int results, const char *end);
enum { RESULTS_NONE, RESULTS_OUT, RESULTS_IN };
const char *serial_name(const struct decl *d, const struct method *m);
const char *label_of(const struct decl *d, const struct method *m);
void put_head(FILE *out, const struct file *f);
void write_header(FILE *out, const struct file *f);
/* Functions that name errors. */
void write_names(FILE *out, const struct file *f);

void write_clients(FILE *out, const struct decl *d);
void write_server(FILE *out, const struct decl *d);

#endif
