/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of init.  They go past the library, so that what is printed
 * is what the kernel did; the library's IPC buffer is free between its calls.
 */
#include "differ.h"

static void
enter(struct step *s)
{
	s->out = s->in;
	s->status = helios_raw(s->nr, &s->out);
}

uint64_t
make(struct step *s)
{
	struct helios_ipcbuf before = *helios_ipcbuf();

	enter(s);
	say("%lu ", step_number);
	say_step("init", s, &before);
	say_result(s, helios_ipcbuf());
	return s->status;
}

static void
put_words(struct step *s, helios_cap_t cap, uint64_t label,
		const uint64_t *words, unsigned int n)
{
	struct helios_ipcbuf *buf = helios_ipcbuf();
	uint64_t regs[4] = { 0 };
	unsigned int i;

	for (i = 0; i < n && i < HELIOS_MSG_WORDS; i++)
		if (i < 4)
			regs[i] = words[i];
		else
			buf->words[i] = words[i];
	*s = (struct step){ .nr = HELIOS_SYS_CALL, .in = { cap,
		helios_tag(label, n, 0), regs[0], regs[1], regs[2],
		regs[3] } };
}

static void
get_words(const struct step *s, uint64_t *words)
{
	const struct helios_ipcbuf *buf = helios_ipcbuf();
	const uint64_t regs[] = { s->out.rdx, s->out.r10, s->out.r8,
		s->out.r9 };
	unsigned int i;

	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		words[i] = i < 4 ? regs[i] : i < helios_tag_nwords(s->out.rsi)
			? buf->words[i] : 0;
}

/* words: HELIOS_MSG_WORDS of them.  An endpoint would not answer. */
uint64_t
invoke(helios_cap_t cap, unsigned int type, unsigned int op, uint64_t *words,
		unsigned int n)
{
	struct step s;

	if (type_at(cap) == HELIOS_ENDPOINT)
		return HELIOS_INVALID_CTYPE;
	put_words(&s, cap, HELIOS_LABEL(type, op), words, n);
	make(&s);
	if (s.status == HELIOS_OK)
		get_words(&s, words);
	return s.status;
}

uint64_t
invoke_silently(helios_cap_t cap, unsigned int type, unsigned int op,
		uint64_t *words, unsigned int n)
{
	struct step s;

	put_words(&s, cap, HELIOS_LABEL(type, op), words, n);
	enter(&s);
	if (s.status == HELIOS_OK)
		get_words(&s, words);
	else
		words[0] = s.out.rdx;
	return s.status;
}

void
must(uint64_t status, const char *what)
{
	if (status == HELIOS_OK)
		return;
	say("differ: %s: %s\n", what,
		helios_status_name((enum helios_status)status));
	say_flush();
	helios_exit(1);
}
