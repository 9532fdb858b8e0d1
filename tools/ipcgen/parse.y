/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar, as ipcgen(1) has it.  It only builds lists; what they mean is
 * for check.c.
 */
%{
#include <string.h>

#include "ipcgen.h"
#include "parse.h"

extern char *yytext;
int yylex(void);
void yyerror(const char *message);
void parse_start(const struct source *source);
struct file *parse_result(void);

static const struct source *source;
static struct file *file;

static struct where
at(YYLTYPE l)
{
	return (struct where){ source, l.first_line, l.first_column };
}

static struct name *
new_name(const char *text, const char *comment, struct where where)
{
	struct name *n = arena_get(sizeof(*n));

	n->text = text;
	n->comment = comment;
	n->where = where;
	return n;
}

static struct number
new_number(uint64_t value, bool negative, struct where where)
{
	return (struct number){ true, negative, value, where };
}

/* Lists are short, and their order is the file's. */
#define APPEND(list, member) \
	do { \
		while (*(list) != NULL) \
			(list) = &(*(list))->next; \
		*(list) = (member); \
	} while (0)

static struct name *
append_name(struct name *list, struct name *member)
{
	struct name **end = &list;

	APPEND(end, member);
	return list;
}

static struct decl *
new_decl(enum decl_kind kind, const char *comment, struct name *name)
{
	struct decl *d = arena_get(sizeof(*d)), **end = &file->decls;

	d->kind = kind;
	d->comment = comment;
	d->name = name;
	APPEND(end, d);
	return d;
}
%}

%locations
%define parse.error custom
%define parse.lac full
%expect 0

%union {
	const char *comment;
	struct { const char *text, *comment; } word;
	uint64_t number;
	struct name *name;
	struct number value;
	struct item *item;
	struct cap *cap;
	struct param *param;
	struct method *method;
	struct { struct cap *in, *out; } caps;
	struct { struct name *names; bool in_brackets; } result;
	struct { enum method_kind kind; const char *comment; } method_kind;
}

%token <comment> NAMESPACE "'namespace'" USE "'use'" UNIT "'unit'"
%token <comment> ERROR "'error'" ENUM "'enum'" INTERFACE "'interface'"
%token <comment> CALL "'call'" SEND "'send'" RECV "'recv'"
%token <word> IDENTIFIER "a name"
%token <number> NUMBER "a number"
%token COLONS "'::'" SHIFT "'<<'" DOTS "'...'"
%token HUGE_NUMBER "a number of more than 64 bits"
%token BAD_NUMBER "something that begins like a number"
%token UNFINISHED "a comment without an end"
%token STRAY "a character that means nothing here"
%token END 0 "the end of the file"

%type <name> name path paths alternatives parents
%type <result> result
%type <value> id value
%type <item> items item
%type <cap> caplist somecaps cap
%type <param> params someparams param
%type <method> methods method
%type <caps> caps
%type <method_kind> method_kind
%type <name> type

%%

file: namespace uses decls ;

namespace: NAMESPACE path ';'	{ file->comment = $1; file->namespace = $2; }
	| NAMESPACE error ';'
	;

uses: %empty
	| uses USE path ';'	{ file->uses = append_name(file->uses, $3); }
	;

decls: %empty | decls decl ;

decl: UNIT name ';'		{ new_decl(DECL_UNIT, $1, $2); }
	| ERROR name id ';'
		{ new_decl(DECL_ERROR, $1, $2)->number = $3; }
	| ERROR name id ':' type ';'
		{ struct decl *d = new_decl(DECL_ERROR, $1, $2);
		  d->number = $3; d->type.name = $5; }
	| ENUM name '{' items comma '}' ';'
		{ new_decl(DECL_ENUM, $1, $2)->items = $4; }
	| ENUM name ':' type '{' items comma '}' ';'
		{ struct decl *d = new_decl(DECL_ENUM, $1, $2);
		  d->type.name = $4; d->items = $6; }
	| INTERFACE name id parents '{' methods '}' ';'
		{ struct decl *d = new_decl(DECL_INTERFACE, $1, $2);
		  d->number = $3; d->parents = $4; d->methods = $6; }
	/* What is wrong was reported; go on after it. */
	| INTERFACE error '{' methods '}' ';'	{ yyerrok; }
	| error ';'		{ yyerrok; }
	;

comma: %empty | ',' ;

id: %empty			{ $$ = (struct number){ 0 }; }
	| '=' NUMBER		{ $$ = new_number($2, false, at(@2)); }
	;

parents: %empty			{ $$ = NULL; }
	| COLONS paths		{ $$ = $2; }
	;

paths: path
	| paths ',' path	{ $$ = append_name($1, $3); }
	;

items: item
	| items ',' item	{ struct item **end = &$1;
				  APPEND(end, $3); $$ = $1; }
	;

item: name			{ $$ = arena_get(sizeof(*$$)); $$->name = $1; }
	| name '=' value	{ $$ = arena_get(sizeof(*$$)); $$->name = $1;
				  $$->number = $3; }
	;

value: NUMBER			{ $$ = new_number($1, false, at(@1)); }
	| '-' NUMBER		{ $$ = new_number($2, true, at(@1)); }
	| NUMBER SHIFT NUMBER
		{ if ($3 > 63 || $1 << $3 >> $3 != $1)
			error_at(at(@1), "expected a value of at most 64 "
				"bits, found %llu << %llu",
				(unsigned long long)$1,
				(unsigned long long)$3);
		  $$ = new_number($3 > 63 ? 0 : $1 << $3, false, at(@1)); }
	;

methods: %empty			{ $$ = NULL; }
	| methods method	{ struct method **end = &$1;
				  APPEND(end, $2); $$ = $1; }
	| methods error ';'	{ yyerrok; }
	;

method: method_kind name id caps '(' params ')' result ';'
		{ $$ = arena_get(sizeof(*$$));
		  $$->kind = $1.kind; $$->comment = $1.comment;
		  $$->name = $2; $$->serial = $3; $$->in = $4.in;
		  $$->out = $4.out; $$->params = $6; $$->results = $8.names;
		  $$->in_brackets = $8.in_brackets;
		  $$->where = $2->where; }
	;

method_kind: CALL		{ $$.kind = METHOD_CALL; $$.comment = $1; }
	| SEND			{ $$.kind = METHOD_SEND; $$.comment = $1; }
	| RECV			{ $$.kind = METHOD_RECV; $$.comment = $1; }
	;

caps: %empty			{ $$.in = $$.out = NULL; }
	| '{' caplist '}'	{ $$.in = $2; $$.out = NULL; }
	| '{' caplist ';' caplist '}'
				{ $$.in = $2; $$.out = $4; }
	;

caplist: %empty			{ $$ = NULL; }
	| somecaps
	;

somecaps: cap
	| somecaps ',' cap	{ struct cap **end = &$1;
				  APPEND(end, $3); $$ = $1; }
	;

cap: name			{ $$ = arena_get(sizeof(*$$)); $$->name = $1; }
	| name DOTS		{ $$ = arena_get(sizeof(*$$)); $$->name = $1;
				  $$->variadic = true; }
	;

params: %empty			{ $$ = NULL; }
	| someparams
	;

someparams: param
	| someparams ',' param	{ struct param **end = &$1;
				  APPEND(end, $3); $$ = $1; }
	;

param: name ':' type		{ $$ = arena_get(sizeof(*$$)); $$->name = $1;
				  $$->type.name = $3; }
	| name ':' type DOTS	{ $$ = arena_get(sizeof(*$$)); $$->name = $1;
				  $$->type.name = $3;
				  $$->type.base = BASE_WORDS; }
	;

type: path ;

result: %empty			{ $$.names = NULL; $$.in_brackets = false; }
	| path			{ $$.names = $1; $$.in_brackets = false; }
	| '(' alternatives ')'	{ $$.names = $2; $$.in_brackets = true; }
	;

alternatives: path
	| alternatives '|' path	{ $$ = append_name($1, $3); }
	;

path: name
	| path COLONS IDENTIFIER
		{ $$ = new_name(arena_text("%s::%s", $1->text, $3.text),
			$1->comment, $1->where); }
	;

name: IDENTIFIER { $$ = new_name($1.text, $1.comment, at(@1)); } ;

%%

void
parse_start(const struct source *s)
{
	source = s;
	file = arena_get(sizeof(*file));
	file->source = s;
}

struct file *
parse_result(void)
{
	return file;
}

/* Only memory: the parser's own stack. */
void
yyerror(const char *message)
{
	error_at((struct where){ source, 1, 1 }, "%s", message);
}

/* What stands there: a kind of word, or the word itself. */
static const char *
found(yysymbol_kind_t kind)
{
	unsigned char first = (unsigned char)yytext[0];

	switch (kind) {
	case YYSYMBOL_IDENTIFIER:
	case YYSYMBOL_NUMBER:
		return arena_text("'%s'", yytext);
	case YYSYMBOL_HUGE_NUMBER:
		return arena_text("'%s', which has more than 64 bits", yytext);
	case YYSYMBOL_BAD_NUMBER:
		return arena_text("'%s', which is neither a name nor a "
				"decimal or hexadecimal number", yytext);
	case YYSYMBOL_STRAY:
		if (first >= ' ' && first < 0x7f)
			return arena_text("'%c', which means nothing here",
					first);
		return arena_text("a byte 0x%02x, which means nothing here",
				first);
	default:
		return yysymbol_name(kind);
	}
}

#define EXPECTED_MOST	6

/* "a, b or c", the end of the file last; NULL: nothing, or too many. */
static const char *
expected(const yypcontext_t *context)
{
	yysymbol_kind_t kinds[EXPECTED_MOST];
	int n = yypcontext_expected_tokens(context, kinds, EXPECTED_MOST);
	const char *text = NULL;

	/* They are in order, and the end is the first kind. */
	for (int i = 0; i < n; i++) {
		bool rotate = kinds[0] == YYSYMBOL_YYEOF;
		const char *name = yysymbol_name(kinds[(i + rotate) % n]);

		text = text == NULL ? name : arena_text("%s%s%s", text,
				i == n - 1 ? " or " : ", ", name);
	}
	return text;
}

static int
yyreport_syntax_error(const yypcontext_t *context)
{
	struct where where = at(*yypcontext_location(context));
	yysymbol_kind_t kind = yypcontext_token(context);
	const char *wanted = expected(context);
	bool keyword = kind >= YYSYMBOL_NAMESPACE && kind <= YYSYMBOL_RECV;

	if (wanted != NULL)
		error_at(where, "expected %s, found %s%s", wanted, found(kind),
				keyword && strstr(wanted, "name") ?
				", which is a word of this language" : "");
	else
		error_at(where, "unexpected %s", found(kind));
	return 0;
}
