/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line.
 *
 * Words before "--" are the kernel's and all of the form name=value; what
 * follows are init's arguments.  Blanks separate words, double quotes keep
 * them together, and a backslash takes the next character as it is: GRUB
 * writes the words of its menu that way.  A word nobody knows stops the boot:
 * a misspelt option that is quietly ignored is found much later.
 */
#include <hal.h>
#include <klog.h>

#include "baremetal.h"

#define MOST_ARGS	(sizeof(options.argv) / sizeof(options.argv[0]) - 1)

struct options options = {
	.log_level = KLOG_WARN,
	.serial = true,
	.screen = true,
	.slice_ns = 5000000,
};

/* A set of names for a set of values; value i has name i. */
struct choice {
	const char *option;
	const char *names;		/* separated by | */
};

enum option {
	OPTION_LOG_LEVEL,
	OPTION_CONSOLE,
	OPTION_END,
	OPTION_PANIC,
	OPTION_TIMER,
	OPTION_APIC,
	CHOICES,
};

static const struct choice choices[CHOICES] = {
	[OPTION_LOG_LEVEL] = { "log-level", "error|warn|info|debug" },
	[OPTION_CONSOLE] = { "console", "serial|screen|both" },
	[OPTION_END] = { "end", "poweroff|key" },
	[OPTION_PANIC] = { "panic", "halt|poweroff|reboot" },
	[OPTION_TIMER] = { "timer", "auto|tsc|apic|hpet|pit" },
	[OPTION_APIC] = { "apic", "on|off" },
};

static bool __attribute__((format(printf, 3, 4)))
wrong(char *err, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(err, size, fmt, ap);
	va_end(ap);
	return false;
}

/* If word is "name=...", its value. */
static const char *
value_of(const char *word, const char *name)
{
	while (*name != '\0' && *word == *name) {
		word++;
		name++;
	}
	return *name == '\0' && *word == '=' ? word + 1 : NULL;
}

/* The number of this name among names; -1: it is none of them. */
static int
number_of(const char *name, const char *names)
{
	size_t len = __builtin_strlen(name);
	int i = 0;

	for (;;) {
		const char *end = names;

		while (*end != '\0' && *end != '|')
			end++;
		if ((size_t)(end - names) == len &&
				__builtin_memcmp(name, names, len) == 0)
			return i;
		if (*end == '\0')
			return -1;
		names = end + 1;
		i++;
	}
}

static void
choose(enum option option, unsigned int i)
{
	switch (option) {
	case OPTION_LOG_LEVEL:
		options.log_level = KLOG_ERROR + i;
		break;
	case OPTION_CONSOLE:
		options.serial = i != 1;
		options.screen = i != 0;
		break;
	case OPTION_END:
		options.end = i;
		break;
	case OPTION_PANIC:
		options.panic = i;
		break;
	case OPTION_TIMER:
		options.timer = i;
		break;
	default:
		options.no_apic = i == 1;
		break;
	}
}

static bool
parse_number(const char *s, uint64_t *n)
{
	*n = 0;
	if (*s == '\0')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(*n, 10ull, n) ||
				__builtin_add_overflow(*n,
					(uint64_t)(*s - '0'), n))
			return false;
	return *s == '\0';
}

static bool
parse_slice(const char *value, char *err, size_t size)
{
	uint64_t us;

	if (!parse_number(value, &us) || us < 20 || us > 1000000)
		return wrong(err, size, "slice=%s: 20 to 1000000 "
			"(microseconds) expected", value);
	options.slice_ns = us * 1000;
	return true;
}

static bool
parse_choice(const struct choice *c, const char *value, char *err,
		size_t size)
{
	int i = number_of(value, c->names);

	if (i < 0)
		return wrong(err, size, "%s=%s: one of %s expected",
			c->option, value, c->names);
	choose((enum option)(c - choices), (unsigned int)i);
	return true;
}

static bool
parse_word(const char *word, char *err, size_t size)
{
	const char *value;
	unsigned int i;

	for (i = 0; i < CHOICES; i++) {
		value = value_of(word, choices[i].option);
		if (value != NULL)
			return parse_choice(&choices[i], value, err, size);
	}
	value = value_of(word, "slice");
	if (value != NULL)
		return parse_slice(value, err, size);
	value = value_of(word, "seed");
	if (value != NULL) {
		options.seeded = true;
		return parse_number(value, &options.seed) ||
			wrong(err, size, "seed=%s: a number below 2^64 "
				"expected", value);
	}
	value = value_of(word, "crash");
	if (value != NULL) {
		options.crash = value;
		return crash_kind_known(value) || wrong(err, size,
			"crash=%s: no such kind; helios-kernel(7) lists them",
			value);
	}
	return wrong(err, size, "unknown option \"%s\"; there are log-level= "
		"console= end= panic= timer= apic= slice= seed= crash=, and "
		"init's arguments come after --", word);
}

/* The next word, ended in place; NULL: there is none.  *s moves past it. */
static char *
next_word(char **s)
{
	char *in = *s, *out, *word;
	bool quoted = false;

	while (*in == ' ' || *in == '\t')
		in++;
	if (*in == '\0')
		return NULL;
	for (word = out = in; *in != '\0'; in++) {
		if (*in == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && (*in == ' ' || *in == '\t'))
			break;
		if (*in == '\\' && in[1] != '\0')
			in++;
		*out++ = *in;
	}
	*s = *in == '\0' ? in : in + 1;
	*out = '\0';
	return word;
}

/* Does each double quote have its other? */
static bool
quotes_close(const char *s)
{
	bool quoted = false;

	for (; *s != '\0'; s++)
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '"')
			quoted = !quoted;
	return !quoted;
}

static bool
is_separator(const char *word)
{
	return word[0] == '-' && word[1] == '-' && word[2] == '\0';
}

bool
options_parse(char *cmdline, char *err, size_t size)
{
	bool right = quotes_close(cmdline);
	size_t argc = 0;
	char *word;

	if (!right)
		wrong(err, size, "command line: a closing double quote "
			"expected, none found: %s", cmdline);
	/* The first error is told, but panic= counts wherever it stands. */
	while ((word = next_word(&cmdline)) != NULL && !is_separator(word))
		right = parse_word(word, err, right ? size : 0) && right;
	if (!right)
		return false;
	while (word != NULL && (word = next_word(&cmdline)) != NULL) {
		if (argc == MOST_ARGS)
			return wrong(err, size, "command line: at most %lu "
				"arguments for init expected, found more",
				MOST_ARGS);
		options.argv[argc++] = word;
	}
	return true;
}
