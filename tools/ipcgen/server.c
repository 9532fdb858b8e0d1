/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side: a function for each method that checks a request word by
 * word before the server sees it and makes the reply of what the server
 * returns; dispatch, which chooses among them; and replies made later.
 */
#include "ipcgen.h"

#define REGS	4u

/* Requests that fit into registers are taken from there; others, and those of
 * any length, are copied first: the server's function may send messages. */
static bool
copies(const struct method *m)
{
	return m->tail != NULL || m->nwords > REGS;
}

static const char *
word(const struct method *m, unsigned int i)
{
	return arena_text(copies(m) ? "w[%u]" : "rq->words[%u]", i);
}

static void
put_reject(FILE *out, const char *condition, const char *where)
{
	fprintf(out, "\tif (%s) {\n\t\tipc_malformed(rq, %s);\n"
			"\t\treturn;\n\t}\n", condition, where);
}

static void
put_checks(FILE *out, const struct method *m)
{
	const char *count = "helios_tag_nwords(rq->tag)";
	unsigned int i = 0;

	if (m->tail == NULL)
		put_reject(out, arena_text("%s != %u", count, m->nwords),
				count);
	else if (m->tail->type.base == BASE_BYTES)
		put_reject(out, arena_text("!ipc_bytes_fit(rq, w, %u)",
				m->nwords), arena_text("%u", m->nwords));
	else if (m->nwords > 0)
		put_reject(out, arena_text("%s < %u", count, m->nwords),
				count);
	if (m->variadic == NULL)
		put_reject(out, arena_text("rq->ncaps != %u", m->nin),
				"IPC_PAYLOAD_CAPS");
	else if (m->nin > 0)
		put_reject(out, arena_text("rq->ncaps < %u", m->nin),
				"IPC_PAYLOAD_CAPS");
	for (const struct param *p = m->params; p != m->tail;
			p = p->next, i++) {
		const char *wrong = c_wrong(&p->type, word(m, i));

		if (wrong != NULL)
			put_reject(out, wrong, arena_text("%u", i));
	}
}

static void
put_locals(FILE *out, const struct method *m)
{
	fputs("\tipc_status_t status;\n", out);
	if (copies(m))
		fputs("\tuint64_t w[HELIOS_MSG_WORDS];\n", out);
	if (m->result.base == BASE_BYTES)
		fputs("\tuint64_t result[HELIOS_MSG_WORDS - 1] = { 0 };\n"
				"\tsize_t result_len = sizeof(result);\n",
				out);
	else if (m->result.base != BASE_VOID)
		fprintf(out, "\t%s result = %s;\n", c_type(&m->result),
				c_from_word(&m->result, "0"));
	for (const struct cap *c = m->out; c != NULL; c = c->next)
		fprintf(out, "\thelios_cap_t %s = HELIOS_CADDR_UNDEF;\n",
				c->name->text);
}

/* One argument a line: it is read when something is wrong, not before. */
static void
put_arguments(FILE *out, const struct method *m)
{
	unsigned int i = 0;

	for (const struct cap *c = m->in; c != NULL; c = c->next)
		if (c->variadic)
			fprintf(out, m->nin == 0 ?
					",\n\t\trq->caps, rq->ncaps" :
					",\n\t\trq->caps + %u, rq->ncaps - %u",
					m->nin, m->nin);
		else
			fprintf(out, ",\n\t\trq->caps[%u]", i++);
	i = 0;
	for (const struct param *p = m->params; p != m->tail;
			p = p->next, i++)
		fprintf(out, ",\n\t\t%s", c_from_word(&p->type, word(m, i)));
	if (m->tail != NULL && m->tail->type.base == BASE_BYTES)
		fprintf(out, ",\n\t\tw + %u, (size_t)w[%u]", m->nwords + 1,
				m->nwords);
	else if (m->tail != NULL)
		fprintf(out, m->nwords == 0 ?
				",\n\t\tw, helios_tag_nwords(rq->tag)" :
				",\n\t\tw + %u, "
				"helios_tag_nwords(rq->tag) - %u",
				m->nwords, m->nwords);
	if (m->result.base == BASE_BYTES)
		fputs(",\n\t\tresult, &result_len", out);
	else if (m->result.base != BASE_VOID)
		fputs(",\n\t\t&result", out);
	for (const struct cap *c = m->out; c != NULL; c = c->next)
		fprintf(out, ",\n\t\t&%s", c->name->text);
}

/* The reply to be, in r: for a dispatched request or a deferred one. */
static void
put_reply(FILE *out, const struct method *m, const char *r)
{
	if (m->result.base == BASE_BYTES)
		fprintf(out, "\t%s.rsi = helios_tag(0, "
				"ipc_bytes_words(result_len), %u);\n"
				"\tipc_store_bytes(&%s, 0, result, "
				"result_len);\n", r, m->nout, r);
	else if (m->result.base != BASE_VOID)
		fprintf(out, "\t%s.rsi = helios_tag(0, 1, %u);\n"
				"\t%s.rdx = %s;\n", r, m->nout, r,
				c_to_word(&m->result, "result"));
	else
		fprintf(out, "\t%s.rsi = helios_tag(0, 0, %u);\n", r,
				m->nout);
}

static void
put_method(FILE *out, const struct decl *d, const struct method *m)
{
	const char *name = c_name(d);
	unsigned int i = 0;

	fprintf(out, "\nstatic void\n%s_%s_request("
			"const struct %s_server *server,\n"
			"\t\tstruct ipc_request *rq)\n{\n", name,
			m->name->text, name);
	put_locals(out, m);
	fprintf(out, "\n\tif (!server->%s) {\n\t\tipc_no_method(rq);\n"
			"\t\treturn;\n\t}\n", m->name->text);
	if (copies(m))
		fputs("\tipc_request_words(rq, w);\n", out);
	put_checks(out, m);
	fprintf(out, "\tstatus = server->%s(rq", m->name->text);
	put_arguments(out, m);
	fputs(");\n\tipc_drop_caps(rq);\n", out);
	if (m->kind == METHOD_SEND) {
		fputs("\t(void)status;\n\trq->deferred = true;\n}\n", out);
		return;
	}
	fputs("\tif (ipc_is_answered(rq, status))\n\t\treturn;\n", out);
	if (m->result.base == BASE_BYTES)
		fputs("\tif (result_len > sizeof(result)) {\n"
				"\t\trq->payload = result_len;\n"
				"\t\tipc_fail(rq, IPC_TOO_LONG);\n"
				"\t\treturn;\n\t}\n", out);
	for (const struct cap *c = m->out; c != NULL; c = c->next)
		fprintf(out, "\trq->out[%u] = %s;\n", i++, c->name->text);
	if (i > 0)
		fprintf(out, "\trq->nout = %u;\n", i);
	put_reply(out, m, "rq->reply");
	fputs("}\n", out);
}

static void
put_late_reply(FILE *out, const struct decl *d, const struct method *m)
{
	unsigned int i = 0;

	fputc('\n', out);
	put_signature(out, "ipc_status_t\n", arena_text("%s_%s_reply",
			c_name(d), m->name->text), "helios_cap_t reply, "
			"ipc_status_t status, uint64_t payload", m, false,
			RESULTS_IN, ")\n{\n");
	fputs("\tstruct helios_raw r = { 0 };\n\n\tif (status)\n"
			"\t\treturn ipc_send_error(reply, status, payload);\n",
			out);
	if (m->result.base == BASE_BYTES)
		fputs("\tif (result_len > IPC_BYTES_MAX(0))\n"
				"\t\treturn ipc_send_error(reply, "
				"IPC_TOO_LONG, result_len);\n", out);
	put_reply(out, m, "r");
	for (const struct cap *c = m->out; c != NULL; c = c->next)
		fprintf(out, "\thelios_ipcbuf()->caps[%u] = %s;\n", i++,
				c->name->text);
	fputs("\treturn ipc_send_reply(reply, &r);\n}\n", out);
}

static void
put_dispatch(FILE *out, const struct decl *d)
{
	const char *name = c_name(d);
	bool any = false;

	for (const struct method *m = d->methods; m != NULL; m = m->next)
		any |= m->kind != METHOD_RECV;
	fprintf(out, "\nvoid\n%s_dispatch(const struct %s_server *server,\n"
			"\t\tstruct ipc_request *rq)\n{\n", name, name);
	if (!any && d->ancestors == NULL)
		fputs("\t(void)server;\n", out);
	if (any)
		fputs("\tswitch (helios_tag_label(rq->tag)) {\n", out);
	for (const struct method *m = d->methods; m != NULL; m = m->next)
		if (m->kind != METHOD_RECV)
			fprintf(out, "\tcase %s:\n\t\t%s_%s_request(server, "
				"rq);\n\t\treturn;\n", label_of(d, m), name,
				m->name->text);
	if (any)
		fputs("\t}\n", out);
	if (d->ancestors != NULL)
		fputs("\tswitch (helios_tag_label(rq->tag) >> 16) {\n", out);
	for (const struct parent *p = d->ancestors; p != NULL; p = p->next)
		fprintf(out, "\tcase %s_ID:\n\t\t%s_dispatch(&server->%s, "
				"rq);\n\t\treturn;\n", c_upper(p->interface),
				c_name(p->interface), p->member);
	if (d->ancestors != NULL)
		fputs("\t}\n", out);
	fputs("\tipc_no_method(rq);\n}\n", out);
}

void
write_server(FILE *out, const struct decl *d)
{
	for (const struct method *m = d->methods; m != NULL; m = m->next) {
		if (m->kind == METHOD_RECV)
			continue;
		put_method(out, d, m);
		if (m->kind == METHOD_CALL)
			put_late_reply(out, d, m);
	}
	put_dispatch(out, d);
}
