/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands, and how a line becomes some of them.
 *
 * Words are separated by blanks, commands by semicolons.  Quotation marks of
 * both kinds hold a word together; outside of single ones a backslash takes
 * the special meaning from the next character, and \n, \r and \t stand for
 * what they do in C.
 */
#include "usrinit.h"

static int cmd_help(int argc, char **argv);
static int cmd_exit(int argc, char **argv);

static const struct command commands[] = {
	{ "help", "[COMMAND]", "this list", 0, 1, cmd_help },
	{ "drivers", "", "the drivers, and how they are", 0, 0, cmd_drivers },
	{ "driver", "NAME", "one driver, and what it was granted", 1, 1,
		cmd_driver },
	{ "devices", "", "what the drivers serve", 0, 0, cmd_devices },
	{ "read", "DRIVER[:N] [BYTES]", "what its Nth device has for us",
		1, 2, cmd_read },
	{ "write", "DRIVER[:N] TEXT...", "to its Nth device", 2, WORDS_MAX,
		cmd_write },
	{ "serial", "[N [SETTING...]]", "a line: baud, bits, parity, stop "
		"bits, flow; - is as it was", 0, 6, cmd_serial },
	{ "counters", "[N]", "bytes and errors on a line", 0, 1,
		cmd_counters },
	{ "crash", "DRIVER", "run it into a page fault", 1, 1, cmd_crash },
	{ "kill", "DRIVER|PROCESS", "end it; a driver is started again", 1, 1,
		cmd_kill },
	{ "stop", "DRIVER", "end it for good", 1, 1, cmd_stop },
	{ "start", "DRIVER", "start it again", 1, 1, cmd_start },
	{ "load", "FILE", "a driver that is not there yet", 1, 1, cmd_load },
	{ "ps", "", "the processes", 0, 0, cmd_ps },
	{ "run", "FILE [ARGUMENT...] [&]",
		"a program (Ctrl-C on a real line ends it); &: do not wait", 1,
		WORDS_MAX, cmd_run },
	{ "ls", "[PATTERN]", "the files", 0, 1, cmd_ls },
	{ "cat", "FILE", "a text", 1, 1, cmd_cat },
	{ "machine", "", "time, memory, and how much there is of what", 0, 0,
		cmd_machine },
	{ "exit", "[STATUS]", "the end, as is Ctrl-D", 0, 1, cmd_exit },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static bool over;
static int exit_status;

bool
commands_over(int *status)
{
	if (over && status)
		*status = exit_status;
	return over;
}

bool
parse_number(const char *text, const char *what, uint64_t limit,
		uint64_t *number)
{
	unsigned long long n;

	if (helios_parse_u64(text, &n) || n >= limit) {
		complain("%s: expected a number below %llu, found '%s'", what,
				(unsigned long long)limit, text);
		return false;
	}
	*number = n;
	return true;
}

/* Commands that begin with this. */
static unsigned int
matches(const char *word, const struct command **last)
{
	unsigned int i, n = 0;

	for (i = 0; i < COMMANDS; i++) {
		if (strncmp(commands[i].name, word, strlen(word)) != 0)
			continue;
		*last = &commands[i];
		n++;
		if (!strcmp(commands[i].name, word))
			return 1;
	}
	return n;
}

/* By its name, or as much of it as is clear. */
static const struct command *
find(const char *word)
{
	const struct command *command = NULL;
	unsigned int i, n = matches(word, &command);

	if (n == 1)
		return command;
	if (n == 0) {
		complain("no command '%s'; help lists them", word);
		return NULL;
	}
	out("'%s' may be", word);
	for (i = 0; i < COMMANDS; i++)
		if (!strncmp(commands[i].name, word, strlen(word)))
			out(" %s", commands[i].name);
	out("\n");
	return NULL;
}

static void
help_line(const struct command *c)
{
	int width = (int)(strlen(c->name) + strlen(c->args) + 1);

	out("  %s %s%*s%s\n", c->name, c->args, width < 28 ? 28 - width : 1,
			"", c->help);
}

static int
cmd_help(int argc, char **argv)
{
	const struct command *command;
	unsigned int i;

	if (argc > 1) {
		command = find(argv[1]);
		if (command)
			help_line(command);
		return command ? 0 : 1;
	}
	for (i = 0; i < COMMANDS; i++)
		help_line(&commands[i]);
	return 0;
}

static int
cmd_exit(int argc, char **argv)
{
	uint64_t status = 0;

	if (argc > 1 && !parse_number(argv[1], "status", 128, &status))
		return 1;
	over = true;
	exit_status = (int)status;
	return exit_status;
}

static int
run_words(int argc, char **argv)
{
	const struct command *command = find(argv[0]);

	if (!command)
		return 1;
	if (argc - 1 < command->min || argc - 1 > command->max)
		return complain("usage: %s %s", command->name, command->args);
	/* It may write to the console or the line itself, or make the line's
	 * driver end with what that has not sent: so nothing is left. */
	out_drain();
	return command->run(argc, argv);
}

/* The character that a backslash and c stand for. */
static char
unescape(char c)
{
	return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

/*
 * Put the word at *text together where it stands, up to what ends it, and
 * return its own end; NULL: a quotation mark has no other.
 */
static char *
take_word(char **text)
{
	char *from = *text, *to = from, quote = '\0';

	for (; *from != '\0'; from++) {
		if (quote == '\0' && strchr(" \t;", *from))
			break;
		if (*from == quote)
			quote = '\0';
		else if (quote == '\0' && strchr("'\"", *from))
			quote = *from;
		else if (*from == '\\' && quote != '\'' && from[1] != '\0')
			*to++ = unescape(*++from);
		else
			*to++ = *from;
	}
	*text = from;
	return quote == '\0' ? to : NULL;
}

/*
 * The words of the next command: how many, or -1 after a complaint.  *text
 * is behind it then, or NULL.
 */
static int
split(char **text, char **argv)
{
	char *s = *text, *word_end, stop;
	unsigned int argc = 0;

	do {
		while (*s == ' ' || *s == '\t')
			s++;
		stop = *s;
		if (stop != '\0' && stop != ';') {
			if (argc == WORDS_MAX)
				return -complain("expected at most %u words",
						WORDS_MAX);
			argv[argc++] = s;
			word_end = take_word(&s);
			if (!word_end)
				return -complain("a quotation mark has no "
						"other");
			stop = *s;
			*word_end = '\0';
		}
		if (stop != '\0')
			s++;
	} while (stop != '\0' && stop != ';');
	*text = stop == ';' ? s : NULL;
	argv[argc] = NULL;
	return (int)argc;
}

int
commands_run(char *text)
{
	char *argv[WORDS_MAX + 1];
	int argc, status = 0;

	while (text && !over && !keys_interrupted()) {
		argc = split(&text, argv);
		if (argc > 0)
			status = run_words(argc, argv);
		else if (argc < 0)
			return 1;
	}
	return status;
}
