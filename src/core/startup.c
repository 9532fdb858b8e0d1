/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include <helios/bootinfo.h>

#include <startup.h>

/* System V aux vector types. */
#define AT_NULL		0
#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_ENTRY	9
#define AT_RANDOM	25
#define AT_EXECFN	31

#define AUX_WORDS	24
#define PHENT		56

/* Strings first, downwards from the top; then the words, upwards. */
struct writer {
	struct startup *s;
	uint64_t low;			/* lowest string, as init sees it */
	uint64_t arg[STARTUP_ARGS];
	unsigned int argc;
};

static char *
core_view(const struct startup *s, uint64_t va)
{
	return s->stack + (STACK_SIZE - (s->top - va));
}

static bool
push_bytes(struct writer *w, const void *bytes, uint64_t len)
{
	if (w->s->top - w->low + len > STARTUP_BYTES)
		return false;
	w->low -= len;
	__builtin_memcpy(core_view(w->s, w->low), bytes, len);
	return true;
}

static bool
push_arg(struct writer *w, const char *arg)
{
	if (w->argc == STARTUP_ARGS ||
			!push_bytes(w, arg, __builtin_strlen(arg) + 1))
		return false;
	w->arg[w->argc++] = w->low;
	return true;
}

static bool
push_args(struct writer *w)
{
	const char *const *argv = w->s->argv;

	if (!push_arg(w, "init"))
		return false;
	for (; argv != NULL && *argv != NULL; argv++)
		if (!push_arg(w, *argv))
			return false;
	return true;
}

/* The generator is splitmix64, good enough for a stack canary's seed. */
static uint64_t
random_word(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool
push_random(struct writer *w)
{
	uint64_t state = w->s->seed, bytes[2];

	bytes[0] = random_word(&state);
	bytes[1] = random_word(&state);
	return push_bytes(w, bytes, sizeof(bytes));
}

static uint64_t *
put_aux(uint64_t *p, uint64_t type, uint64_t value)
{
	*p++ = type;
	*p++ = value;
	return p;
}

static void
write_words(const struct writer *w, const struct elf_image *image,
		uint64_t random)
{
	const struct startup *s = w->s;
	uint64_t *p = (uint64_t *)(void *)core_view(s, s->sp);
	unsigned int i;

	*p++ = w->argc;
	for (i = 0; i < w->argc; i++)
		*p++ = w->arg[i];
	*p++ = 0;	/* end of the arguments */
	*p++ = 0;	/* and of the environment, which is empty */
	p = put_aux(p, AT_PHDR, s->image_base + image->phdr);
	p = put_aux(p, AT_PHENT, PHENT);
	p = put_aux(p, AT_PHNUM, image->phnum);
	p = put_aux(p, AT_PAGESZ, HELIOS_PAGE_SIZE);
	p = put_aux(p, AT_BASE, 0);
	p = put_aux(p, AT_ENTRY, s->image_base + image->entry);
	p = put_aux(p, AT_RANDOM, random);
	p = put_aux(p, AT_EXECFN, w->arg[0]);
	p = put_aux(p, HELIOS_AT_BOOTINFO, s->bootinfo);
	p = put_aux(p, HELIOS_AT_IPCBUF, s->ipcbuf);
	p = put_aux(p, HELIOS_AT_ENTRY, s->user_entry);
	put_aux(p, AT_NULL, 0);
}

bool
startup_write(struct startup *s, const struct elf_image *image)
{
	struct writer w = { .s = s, .low = s->top };
	uint64_t words, random;

	if (!push_args(&w) || !push_random(&w))
		return false;
	random = w.low;
	words = 1 + w.argc + 2 + AUX_WORDS;
	if (w.s->top - w.low + words * 8 + 16 > STARTUP_BYTES)
		return false;
	s->sp = (w.low - words * 8) & ~15ull;
	write_words(&w, image, random);
	return true;
}
