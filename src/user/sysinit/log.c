/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys::log: lines on the console for those who may not write there.
 *
 * The console is slow, and one for all: each process has BURST lines, and
 * RATE a second after that.  How many it lost is said once a second.  A line
 * begins with its writer's name and has printable characters only.
 */
#include "sysinit.h"

#define BURST		64u
#define RATE		16u		/* lines a second */
#define SECOND		(1000 * MS)
#define TEXT_MAX	200u

void
log_clean(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] == '\t')
			text[i] = ' ';
		else if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
}

static void
say_dropped(struct process *p)
{
	say("%s: %llu lines dropped: it writes more than %u a second",
			p->name, (unsigned long long)p->log_dropped, RATE);
	p->log_dropped = 0;
}

static void
second_over(struct timer *t)
{
	say_dropped((struct process *)((char *)t -
			offsetof(struct process, log_timer)));
}

/*
 * Each line takes a second / RATE of the time that is up to log_spent, and
 * that may be ahead by BURST lines.
 */
bool
log_admit(struct process *p)
{
	uint64_t now = helios_clock();

	if (p->log_spent < now)
		p->log_spent = now;
	if (p->log_spent - now <= (BURST - 1) * (SECOND / RATE)) {
		p->log_spent += SECOND / RATE;
		return true;
	}
	if (p->log_dropped++ == 0)
		timer_set(&p->log_timer, now + SECOND, second_over);
	return false;
}

void
log_ended(struct process *p)
{
	timer_stop(&p->log_timer);
	if (p->log_dropped)
		say_dropped(p);
}

static ipc_status_t
log_write(struct ipc_request *rq, const void *text, size_t len)
{
	struct process *p = caller(rq);
	char line[TEXT_MAX];

	if (!log_admit(p))
		return SYS_LIMIT;
	if (len > sizeof(line))
		len = sizeof(line);
	memcpy(line, text, len);
	if (len && line[len - 1] == '\n')
		len--;
	log_clean(line, len);
	helios_printf("%s: %.*s\n", p->name, (int)len, line);
	return 0;
}

static const struct sys_log_server server = { .write = log_write };

void
log_request(struct ipc_request *rq)
{
	sys_log_dispatch(&server, rq);
}
