/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about serial lines: dev::serial.
 */
#include <mercury/file.h>
#include "usrinit.h"

static const char *const parities[] = {
	[DEV_PARITY_NONE] = "none", [DEV_PARITY_ODD] = "odd",
	[DEV_PARITY_EVEN] = "even", [DEV_PARITY_MARK] = "mark",
	[DEV_PARITY_SPACE] = "space", NULL
};

static const char *const flows[] = {
	[DEV_FLOW_NONE] = "none", [DEV_FLOW_HARDWARE] = "hardware", NULL
};

static const char *const counters[] = {
	[DEV_COUNTER_RECEIVED] = "received", [DEV_COUNTER_SENT] = "sent",
	[DEV_COUNTER_OVERRUN] = "overrun", [DEV_COUNTER_DROPPED] = "dropped",
	[DEV_COUNTER_PARITY_ERRORS] = "parity errors",
	[DEV_COUNTER_FRAMING_ERRORS] = "framing errors",
	[DEV_COUNTER_BREAKS] = "breaks",
	[DEV_COUNTER_INTERRUPTS] = "interrupts",
	[DEV_COUNTER_SPURIOUS] = "spurious interrupts",
};

enum { COUNTERS = sizeof(counters) / sizeof(counters[0]) };

/* The line of the first argument, or the session's. */
static bool
open_serial(int argc, char **argv, struct mercury_device *d)
{
	uint64_t n = line_number();
	ipc_status_t status;

	if (argc > 1 && !parse_number(argv[1], "dev::serial", UINT32_MAX, &n))
		return false;
	if (!device_known(DEV_SERIAL_ID, (uint32_t)n)) {
		complain("no dev::serial %llu; devices lists what there is",
				(unsigned long long)n);
		return false;
	}
	status = mercury_open(d, DEV_SERIAL_ID, (uint32_t)n, true);
	if (status)
		complain("dev::serial %llu: %s", (unsigned long long)n,
				mercury_strerror(status));
	return !status;
}

struct settings {
	uint32_t baud;
	uint8_t charlen;
	enum dev_parity parity;
	enum dev_stop stop;
	enum dev_flow flow;
};

static ipc_status_t
get_settings(struct ipc_client *c, struct settings *s)
{
	ipc_status_t status = dev_serial_get_baud(c, &s->baud);

	if (!status)
		status = dev_serial_get_charlen(c, &s->charlen);
	if (!status)
		status = dev_serial_get_parity(c, &s->parity);
	if (!status)
		status = dev_serial_get_stopbits(c, &s->stop);
	if (!status)
		status = dev_serial_get_flow(c, &s->flow);
	return status;
}

static ipc_status_t
set_settings(struct ipc_client *c, const struct settings *s,
		const struct settings *before)
{
	ipc_status_t status = HELIOS_OK;

	if (s->baud != before->baud)
		status = dev_serial_set_baud(c, s->baud);
	if (!status && s->charlen != before->charlen)
		status = dev_serial_set_charlen(c, s->charlen);
	if (!status && s->parity != before->parity)
		status = dev_serial_set_parity(c, s->parity);
	if (!status && s->stop != before->stop)
		status = dev_serial_set_stopbits(c, s->stop);
	if (!status && s->flow != before->flow)
		status = dev_serial_set_flow(c, s->flow);
	return status;
}

/* The number of a word in a list; false after a line with the list. */
static bool
parse_word(const char *text, const char *what, const char *const *list,
		unsigned int *out_number)
{
	unsigned int i;

	for (i = 0; list[i]; i++)
		if (!strcmp(list[i], text)) {
			*out_number = i;
			return true;
		}
	out("%s: found '%s', expected one of", what, text);
	for (i = 0; list[i]; i++)
		out(" %s", list[i]);
	out("\n");
	return false;
}

static bool
parse_setting(unsigned int which, const char *text, struct settings *s)
{
	unsigned int word = 0;
	uint64_t n = 0;
	bool good;

	switch (which) {
	case 0:
		good = parse_number(text, "baud", UINT32_MAX, &n);
		s->baud = (uint32_t)n;
		return good;
	case 1:
		good = parse_number(text, "bits", 9, &n);
		s->charlen = (uint8_t)n;
		return good;
	case 2:
		good = parse_word(text, "parity", parities, &word);
		s->parity = (enum dev_parity)word;
		return good;
	case 3:
		good = parse_number(text, "stop bits", 3, &n);
		s->stop = n == 2 ? DEV_STOP_TWO : DEV_STOP_ONE;
		return good;
	default:
		good = parse_word(text, "flow", flows, &word);
		s->flow = (enum dev_flow)word;
		return good;
	}
}

static void
print_serial(struct mercury_device *d, const struct settings *s)
{
	uint8_t lines = 0;

	out("dev::serial %u: %u baud, %u bits, parity %s, %u stop, flow %s",
			d->index, s->baud, s->charlen, parities[s->parity],
			(unsigned int)s->stop, flows[s->flow]);
	if (!dev_serial_get_lines(&d->client, &lines))
		out(";%s%s%s%s", lines & DEV_LINES_CTS ? " CTS" : "",
			lines & DEV_LINES_DSR ? " DSR" : "",
			lines & DEV_LINES_RING ? " ring" : "",
			lines & DEV_LINES_CARRIER ? " carrier" : "");
	out("\n");
}

static int
change(struct mercury_device *d, int nwords, char **words)
{
	struct settings before, s;
	ipc_status_t status = get_settings(&d->client, &before);
	int i;

	s = before;
	for (i = 0; !status && i < nwords; i++)
		if (strcmp(words[i], "-") != 0 &&
				!parse_setting((unsigned int)i, words[i], &s))
			return 1;
	/* What was said before is for the terminal as it is now. */
	if (!status && nwords > 0 && d->index == line_number())
		out_drain();
	if (!status)
		status = set_settings(&d->client, &s, &before);
	if (!status)
		status = get_settings(&d->client, &s);
	if (status)
		return complain("dev::serial %u: %s", d->index,
				mercury_strerror(status));
	print_serial(d, &s);
	return 0;
}

int
cmd_serial(int argc, char **argv)
{
	struct mercury_device d;
	int result;

	if (!open_serial(argc, argv, &d))
		return 1;
	result = change(&d, argc > 2 ? argc - 2 : 0, argv + 2);
	mercury_close(&d);
	return result;
}

int
cmd_counters(int argc, char **argv)
{
	struct mercury_device d;
	ipc_status_t status = HELIOS_OK;
	unsigned int i;
	uint64_t n;

	if (!open_serial(argc, argv, &d))
		return 1;
	for (i = 0; !status && i < COUNTERS; i++) {
		status = dev_serial_get_count(&d.client, (enum dev_counter)i,
				&n);
		if (!status)
			out("%12llu %s\n", (unsigned long long)n, counters[i]);
	}
	if (status)
		complain("dev::serial %u: %s", d.index,
				mercury_strerror(status));
	mercury_close(&d);
	return status ? 1 : 0;
}
