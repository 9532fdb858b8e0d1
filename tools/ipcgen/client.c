/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions of clients: put the parameters into a message, call, and take the
 * result apart.  The message is made anew for each try, since reconnecting
 * sends messages of its own.
 */
#include "ipcgen.h"

static const char *const regs[] = { "rdx", "r10", "r8", "r9" };
#define REGS	4u

/* So many and as many more: expressions. */
static const char *
sum(unsigned int n, const char *more)
{
	return n == 0 ? more : arena_text("%u + %s", n, more);
}

static const char *
difference(const char *n, unsigned int less)
{
	return less == 0 ? n : arena_text("%s - %u", n, less);
}

static const char *
word_count(const struct method *m)
{
	if (m->tail == NULL)
		return arena_text("%u", m->nwords);
	return sum(m->nwords, arena_text(m->tail->type.base == BASE_WORDS ?
			"n%s" : "ipc_bytes_words(%s_len)",
			m->tail->name->text));
}

static const char *
cap_count(const struct method *m)
{
	if (m->variadic == NULL)
		return arena_text("%u", m->nin);
	return sum(m->nin, arena_text("n%s", m->variadic->name->text));
}

/* Arguments of any length are checked before anything is done. */
static void
put_limits(FILE *out, const struct method *m)
{
	if (m->tail != NULL && m->tail->type.base == BASE_BYTES)
		fprintf(out, "\tif (%s_len > IPC_BYTES_MAX(%u))\n"
				"\t\treturn ipc_too_much(%u);\n",
				m->tail->name->text, m->nwords, m->nwords);
	else if (m->tail != NULL)
		fprintf(out, "\tif (n%s > %s)\n"
				"\t\treturn ipc_too_much(%u);\n",
				m->tail->name->text,
				difference("HELIOS_MSG_WORDS", m->nwords),
				m->nwords);
	if (m->variadic != NULL)
		fprintf(out, "\tif (n%s > %s)\n"
				"\t\treturn ipc_too_much(IPC_PAYLOAD_CAPS);\n",
				m->variadic->name->text,
				difference("HELIOS_MSG_CAPS", m->nin));
}

/* The registers, and what stands in the buffer. */
static void
put_message(FILE *out, const struct decl *d, const struct method *m,
		const char *indent)
{
	const struct param *p = m->params;
	unsigned int i;

	fprintf(out, "%sr = (struct helios_raw){\n"
			"%s\t.rsi = helios_tag(\n%s\t\t%s,\n"
			"%s\t\t%s, %s),\n", indent, indent, indent,
			label_of(d, m), indent, word_count(m), cap_count(m));
	for (i = 0; p != m->tail && i < REGS; p = p->next, i++)
		fprintf(out, "%s\t.%s = %s,\n", indent, regs[i],
				c_to_word(&p->type, p->name->text));
	fprintf(out, "%s};\n", indent);
	for (; p != m->tail; p = p->next, i++)
		fprintf(out, "%shelios_ipcbuf()->words[%u] = %s;\n", indent,
				i, c_to_word(&p->type, p->name->text));
	if (m->tail != NULL && m->tail->type.base == BASE_BYTES)
		fprintf(out, "%sipc_store_bytes(&r, %u, %s, %s_len);\n",
				indent, m->nwords, m->tail->name->text,
				m->tail->name->text);
	else if (m->tail != NULL)
		fprintf(out, "%sipc_store_words(&r, %u, %s, n%s);\n", indent,
				m->nwords, m->tail->name->text,
				m->tail->name->text);
	i = 0;
	for (const struct cap *c = m->in; c && !c->variadic; c = c->next)
		fprintf(out, "%shelios_ipcbuf()->caps[%u] = %s;\n", indent,
				i++, c->name->text);
	if (m->variadic != NULL)
		fprintf(out, "%sif (n%s)\n"
				"%s\tmemcpy(&helios_ipcbuf()->caps[%u], %s,\n"
				"%s\t\tn%s * sizeof(%s[0]));\n", indent,
				m->variadic->name->text, indent, i,
				m->variadic->name->text, indent,
				m->variadic->name->text,
				m->variadic->name->text);
}

static void
put_caps(FILE *out, const struct method *m)
{
	const char *comma = "";

	if (m->out != NULL) {
		fputs("\tipc_take_caps((helios_cap_t *const[]){ ", out);
		for (const struct cap *c = m->out; c != NULL; c = c->next) {
			fprintf(out, "%s%s", comma, c->name->text);
			comma = ", ";
		}
		fprintf(out, " }, %u);\n", m->nout);
	}
	fputs("\treturn HELIOS_OK;\n", out);
}

static void
put_result(FILE *out, const struct method *m)
{
	const char *wrong = c_wrong(&m->result, "r.rdx");

	if (m->result.base == BASE_BYTES && m->out == NULL) {
		fputs("\treturn ipc_load_bytes(&r, result, result_len);\n",
				out);
		return;
	}
	if (m->result.base == BASE_BYTES) {
		fputs("\tstatus = ipc_load_bytes(&r, result, result_len);\n"
				"\tif (status)\n\t\treturn status;\n", out);
		put_caps(out, m);
		return;
	}
	fprintf(out, "\tif (helios_tag_nwords(r.rsi) != %u%s%s)\n"
			"\t\treturn ipc_bad_reply(&r);\n",
			m->result.base != BASE_VOID, wrong ? " || " : "",
			wrong ? wrong : "");
	if (m->result.base != BASE_VOID)
		fprintf(out, "\tif (result)\n\t\t*result = %s;\n",
				c_from_word(&m->result, "r.rdx"));
	put_caps(out, m);
}

static void
put_call(FILE *out, const struct decl *d, const struct method *m,
		const char *name)
{
	fputc('\n', out);
	put_signature(out, "ipc_status_t\n", name, "struct ipc_client *c", m,
			true, RESULTS_OUT, ")\n{\n");
	fputs("\tstruct helios_raw r;\n\tipc_status_t status;\n\n", out);
	put_limits(out, m);
	fputs("\tdo {\n", out);
	put_message(out, d, m, "\t\t");
	if (m->kind == METHOD_SEND)
		fputs("\t\tstatus = ipc_send(c, &r);\n", out);
	else
		fprintf(out, "\t\tstatus = ipc_call(c, &r, %u);\n", m->nout);
	fputs("\t} while (ipc_again(c, status));\n", out);
	if (m->kind == METHOD_SEND) {
		fputs("\treturn status;\n}\n", out);
		return;
	}
	fputs("\tif (status)\n\t\treturn status;\n", out);
	put_result(out, m);
	fputs("}\n", out);
}

/* What the server sends and the client receives: in the server. */
static void
put_event(FILE *out, const struct decl *d, const struct method *m,
		const char *name)
{
	fputc('\n', out);
	put_signature(out, "ipc_status_t\n", arena_text("%s_send", name),
			"helios_cap_t cap", m, true, RESULTS_NONE, ")\n{\n");
	fputs("\tstruct ipc_client c = IPC_CLIENT(cap);\n"
			"\tstruct helios_raw r;\n\n", out);
	put_limits(out, m);
	put_message(out, d, m, "\t");
	fputs("\treturn ipc_send(&c, &r);\n}\n", out);
}

static void
put_event_checks(FILE *out, const struct method *m)
{
	unsigned int i = 0;

	if (m->tail == NULL)
		fprintf(out, "\tif (helios_tag_nwords(r.rsi) != %u)\n"
				"\t\treturn ipc_bad_reply(&r);\n", m->nwords);
	else if (m->tail->type.base == BASE_WORDS && m->nwords > 0)
		fprintf(out, "\tif (helios_tag_nwords(r.rsi) < %u)\n"
				"\t\treturn ipc_bad_reply(&r);\n", m->nwords);
	for (const struct param *p = m->params; p != m->tail;
			p = p->next, i++) {
		const char *wrong = c_wrong(&p->type, arena_text("w[%u]", i));

		if (wrong != NULL)
			fprintf(out, "\tif (%s)\n\t\treturn "
					"ipc_bad_reply(&r);\n", wrong);
	}
	if (m->tail != NULL)
		fprintf(out, m->tail->type.base == BASE_BYTES ?
			"\tstatus = ipc_take_bytes(&r, w, %u, %s, %s_len);\n" :
			"\tstatus = ipc_take_words(&r, w, %u, %s, n%s);\n",
			m->nwords, m->tail->name->text, m->tail->name->text);
	if (m->tail != NULL)
		fputs("\tif (status)\n\t\treturn status;\n", out);
}

/* And in the client. */
static void
put_receive(FILE *out, const struct decl *d, const struct method *m,
		const char *name)
{
	unsigned int i = 0;

	fputc('\n', out);
	put_signature(out, "ipc_status_t\n", arena_text("%s_recv", name),
			"struct ipc_client *c", m, true, RESULTS_OUT,
			")\n{\n");
	fprintf(out, "\tstruct helios_raw r;\n"
			"\tuint64_t w[HELIOS_MSG_WORDS];\n"
			"\tipc_status_t status = ipc_event(c, &r,\n"
			"\t\t%s);\n\n\tif (status)\n\t\treturn status;\n"
			"\tipc_load_words(&r, w);\n", label_of(d, m));
	put_event_checks(out, m);
	for (const struct param *p = m->params; p != m->tail;
			p = p->next, i++)
		fprintf(out, "\tif (%s)\n\t\t*%s = %s;\n", p->name->text,
				p->name->text, c_from_word(&p->type,
				arena_text("w[%u]", i)));
	fputs("\treturn HELIOS_OK;\n}\n", out);
}

void
write_clients(FILE *out, const struct decl *d)
{
	for (const struct method *m = d->methods; m != NULL; m = m->next) {
		const char *name = arena_text("%s_%s", c_name(d),
				m->name->text);

		if (m->kind == METHOD_RECV) {
			put_event(out, d, m, name);
			put_receive(out, d, m, name);
		} else {
			put_call(out, d, m, name);
		}
	}
}
