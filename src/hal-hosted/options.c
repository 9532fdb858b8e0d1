/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line.  Nothing is guessed: a value that is not understood ends
 * the program with one line saying what was expected and what was found.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <klog.h>

#include "hosted.h"

struct options options = {
	.memory = 256ull << 20,
	.memory_text = "256M",
	.slice_ns = 5000000,
	.com = {"stdio", "null"},
	.log_level = KLOG_WARN,
};

enum {
	OPT_FAULTS = 256,
	OPT_ISOLATION,
	OPT_TIME,
	OPT_SEED,
	OPT_SLICE,
	OPT_WATCHDOG,
	OPT_COM1,
	OPT_COM2,
	OPT_LOG,
	OPT_TRACE,
};

static const struct option long_options[] = {
	{"memory", required_argument, NULL, 'm'},
	{"faults", required_argument, NULL, OPT_FAULTS},
	{"isolation", required_argument, NULL, OPT_ISOLATION},
	{"time", required_argument, NULL, OPT_TIME},
	{"seed", required_argument, NULL, OPT_SEED},
	{"slice", required_argument, NULL, OPT_SLICE},
	{"watchdog", required_argument, NULL, OPT_WATCHDOG},
	{"com1", required_argument, NULL, OPT_COM1},
	{"com2", required_argument, NULL, OPT_COM2},
	{"log-level", required_argument, NULL, OPT_LOG},
	{"trace", required_argument, NULL, OPT_TRACE},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static const char help_text[] =
"Usage: helios-hosted [OPTION]... INITRAMFS [-- ARGUMENT]...\n"
"Run the Helios kernel as a process, with the tar archive INITRAMFS as its\n"
"initial programs and the ARGUMENTs for the first of them.\n"
"\n"
"  -m, --memory=SIZE     physical memory, at most 128G (256M);\n"
"                        the suffix K, M or G may follow\n"
"      --faults=HOW      translate missing pages by uffd, sigsegv or auto\n"
"                        (auto: uffd where the host allows it)\n"
"      --isolation=HOW   lazy: fast; strict: other spaces are out of reach\n"
"      --time=HOW        real, or virtual: the run depends on its seed only\n"
"      --seed=N          for virtual time and random numbers (0 in virtual\n"
"                        time, else a random one)\n"
"      --slice=US        time slice in microseconds, 20 to 1000000 (5000)\n"
"      --watchdog=MS     virtual time: interrupt a program that makes no\n"
"                        system call for so many ms of CPU time (100)\n"
"      --com1=BACKEND    first serial port: null, stdio, pty, file:PATH or\n"
"                        socket:PATH (stdio)\n"
"      --com2=BACKEND    second serial port\n"
"      --log-level=LEVEL quiet, error, warn, info or debug (warn)\n"
"      --trace=FILE      write all kernel entries to FILE\n"
"  -h, --help            show this text\n"
"  -V, --version         show the version\n"
"\n"
"The console goes to standard output, the kernel log to standard error.\n"
"Exit status: what the system powered off with; 2: wrong usage or no boot;\n"
"3: all tasks are blocked for ever; 130, 143: SIGINT, SIGTERM.\n";

/* Index of value among the NULL-terminated words. */
static unsigned int
choice(const char *option, const char *value, const char *const *words)
{
	char list[128] = "";
	unsigned int i;

	for (i = 0; words[i]; i++) {
		if (strcmp(value, words[i]) == 0)
			return i;
		if (i > 0)
			strcat(list, words[i + 1] ? ", " : " or ");
		strcat(list, words[i]);
	}
	fail("--%s: expected %s, found \"%s\"", option, list, value);
}

/* A whole number; *end is set to what follows it. */
static bool
number(const char *s, int base, uint64_t *value, char **end)
{
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*value = strtoull(s, end, base);
	return errno == 0;
}

static uint64_t
number_option(const char *option, const char *value, int base, uint64_t min,
		uint64_t max)
{
	uint64_t n;
	char *end;

	if (!number(value, base, &n, &end) || *end || n < min || n > max)
		fail("--%s: expected a number from %llu to %llu, found \"%s\"",
			option, (unsigned long long)min,
			(unsigned long long)max, value);
	return n;
}

static uint64_t
size_option(const char *value)
{
	static const char suffixes[] = "KMG";
	const uint64_t max = 128ull << 30;	/* of which core has slots */
	unsigned int shift = 0;
	const char *suffix;
	uint64_t n;
	char *end;

	if (!number(value, 10, &n, &end))
		goto bad;
	if (*end) {
		suffix = strchr(suffixes, *end);
		if (!suffix || end[1])
			goto bad;
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
	}
	if (n > max >> shift)
		fail("--memory: expected at most 128G, found \"%s\"", value);
	return n << shift;
bad:
	fail("--memory: expected a size like 262144K, 256M or 1G, "
		"found \"%s\"", value);
}

/* Opening a FIFO waits for a reader, out of reach of signals. */
int
open_output(const char *option, const char *path)
{
	int fd, flags;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		O_NONBLOCK | O_NOCTTY, 0666);
	if (fd < 0 && errno == ENXIO)
		fail("--%s: %s: expected a file, or a FIFO that somebody reads, "
			"found neither", option, path);
	if (fd < 0)
		fail("--%s: %s: %s", option, path, strerror(errno));
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		fail("--%s: %s: %s", option, path, strerror(errno));
	return fd;
}

static void
check_backend(const char *option, const char *value)
{
	static const char *const plain[] = {"null", "stdio", "pty", NULL};
	unsigned int i;

	for (i = 0; plain[i]; i++)
		if (strcmp(value, plain[i]) == 0)
			return;
	if (strncmp(value, "file:", 5) == 0 && value[5])
		return;
	if (strncmp(value, "socket:", 7) == 0 && value[7])
		return;
	fail("--%s: expected null, stdio, pty, file:PATH or socket:PATH, "
		"found \"%s\"", option, value);
}

static void
set_time(int opt, const char *arg)
{
	static const char *const times[] = {"real", "virtual", NULL};

	switch (opt) {
	case OPT_TIME:
		options.virtual_time = choice("time", arg, times);
		break;
	case OPT_SEED:
		options.seed = number_option("seed", arg, 0, 0, UINT64_MAX);
		options.seeded = true;
		break;
	case OPT_SLICE:
		options.slice_ns = 1000 * number_option("slice", arg, 10, 20,
			1000000);
		break;
	default:
		options.watchdog_ms = number_option("watchdog", arg, 10, 1,
			3600000);
		break;
	}
}

static void
set_option(int opt, const char *arg)
{
	static const char *const faults[] = {"auto", "uffd", "sigsegv", NULL};
	static const char *const isolation[] = {"lazy", "strict", NULL};
	static const char *const levels[] = {"quiet", "error", "warn", "info",
		"debug", NULL};

	switch (opt) {
	case 'm':
		options.memory = size_option(arg);
		options.memory_text = arg;
		break;
	case OPT_FAULTS:
		options.faults = choice("faults", arg, faults);
		break;
	case OPT_ISOLATION:
		options.strict = choice("isolation", arg, isolation);
		break;
	case OPT_COM1:
	case OPT_COM2:
		check_backend(opt == OPT_COM1 ? "com1" : "com2", arg);
		options.com[opt - OPT_COM1] = arg;
		break;
	case OPT_LOG:
		options.log_level = choice("log-level", arg, levels);
		break;
	case OPT_TRACE:
		options.trace = arg;
		break;
	default:
		set_time(opt, arg);
	}
}

static void
help_and_exit(void)
{
	if (fputs(help_text, stdout) < 0 || fflush(stdout))
		exit(1);
	exit(0);
}

static void
version_and_exit(void)
{
	if (printf("helios-hosted (Helios) %s\n", PACKAGE_VERSION) < 0 ||
			fflush(stdout))
		exit(1);
	exit(0);
}

/* Of a cluster of short options getopt says which one it was. */
static _Noreturn void
unknown_option(const char *word)
{
	char short_option[3] = {'-', (char)optopt, '\0'};

	fail("%s: expected an option, see helios-hosted --help",
		word[1] != '-' && optopt ? short_option : word);
}

/* What stands after the options: one file, then "--" and init's arguments. */
static void
operands(int argc, char **argv)
{
	if (optind >= argc || (optind > 0 &&
			strcmp(argv[optind - 1], "--") == 0))
		fail("expected the path of an initramfs, found none; "
			"see helios-hosted --help");
	options.initramfs = argv[optind++];
	if (optind < argc && strcmp(argv[optind], "--") != 0)
		fail("expected -- before init's arguments, found \"%s\"",
			argv[optind]);
	options.args = argv + optind + (optind < argc);
}

void
options_parse(int argc, char **argv)
{
	int opt;

	options.command = argv;
	/* "+": what follows the initramfs is not ours. ":": own messages. */
	while ((opt = getopt_long(argc, argv, "+:m:hV", long_options,
			NULL)) != -1) {
		switch (opt) {
		case 'h':
			help_and_exit();
			break;
		case 'V':
			version_and_exit();
			break;
		case ':':
			fail("%s: expected a value, found none",
				argv[optind - 1]);
		case '?':
			unknown_option(argv[optind - 1]);
		default:
			set_option(opt, optarg);
		}
	}
	if (strcmp(options.com[0], "stdio") == 0 &&
			strcmp(options.com[1], "stdio") == 0)
		fail("--com1, --com2: expected stdio once, found it twice");
	operands(argc, argv);
}
