/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is printed, and how it is made the same everywhere.
 *
 * The worlds may differ, by the letter of the ABI, in these and nothing
 * else; each is left out or reduced here, and only where it can occur:
 *
 *	%rbx, %rcx, %r11 and %rflags of a task stopped in a system call, and
 *	its %rip, which on the machine is behind the SYSCALL instruction
 *	RF in %rflags of a task stopped by a fault: processors set it, QEMU
 *	does not always
 *	%r14 of a puppet: the way into the kernel
 *	bit 0 of a page fault's error code: hosted, a page that is mapped
 *	but not yet filled in is "not present" to the host's processor
 *	CPU times, clock readings, addresses, ids, physical addresses
 */
#include <stdarg.h>

#include "differ.h"

#define OUT_SIZE	4096u
#define WINDOWS		512u
#define ALIASES		4096u
#define PAGE_ERROR_P	1ull
#define RFLAGS_RF	0x10000ull

static struct {
	char text[OUT_SIZE];
	size_t used;
} out;

static struct {
	uint64_t origin, size;
} windows[WINDOWS];
static unsigned int nwindows;

static uint64_t aliases[ALIASES];
static unsigned int naliases;

static const char *const call_names[HELIOS_SYS_COUNT] = {
	"writecons", "yield", "identify", "send", "recv", "call", "reply",
	"reply_recv", "nbsend", "nbrecv", "signal", "wait", "nbwait", "poll",
	"clock", "exit"
};

static const char *const kind_names[STEP_KINDS] = {
	"call", "load", "store", "ud2", "int3", "divide", "hlt", "jump"
};

void
say_flush(void)
{
	if (out.used && helios_writecons(out.text, out.used) != HELIOS_OK)
		helios_exit(1);
	out.used = 0;
}

void
say(const char *fmt, ...)
{
	size_t room = OUT_SIZE - out.used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = helios_vsnprintf(out.text + out.used, room, fmt, ap);
	va_end(ap);
	if ((size_t)n < room) {
		out.used += (size_t)n;
		return;
	}
	say_flush();
	va_start(ap, fmt);
	n = helios_vsnprintf(out.text, OUT_SIZE, fmt, ap);
	va_end(ap);
	out.used = (size_t)n < OUT_SIZE ? (size_t)n : OUT_SIZE - 1;
}

void
value_window(uint64_t origin, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < nwindows; i++)
		if (windows[i].origin == origin)
			return;
	if (nwindows == WINDOWS)
		helios_panic("differ: more than %u test spaces", WINDOWS);
	windows[nwindows].origin = origin;
	windows[nwindows++].size = size;
}

const char *
value(uint64_t v)
{
	const struct helios_process *p = &helios_process;
	static char texts[16][24];
	static unsigned int next;
	char *text = texts[next++ % 16];
	unsigned int i;

	if (v >= p->image_base && v < p->image_end) {
		helios_snprintf(text, 24, "I+0x%lx", v - p->image_base);
		return text;
	}
	for (i = 0; i < nwindows; i++)
		if (v - windows[i].origin < windows[i].size) {
			helios_snprintf(text, 24, "S+0x%lx",
				v - windows[i].origin);
			return text;
		}
	if (v == HELIOS_CADDR_UNDEF)
		return "undef";
	helios_snprintf(text, 24, v < 100 ? "%lu" : "0x%lx", v);
	return text;
}

void
alias_reset(void)
{
	naliases = 0;
	nwindows = 0;
}

uint64_t
alias(uint64_t id)
{
	unsigned int i;

	if (id == 0)
		return 0;
	for (i = 0; i < naliases; i++)
		if (aliases[i] == id)
			return i + 1;
	if (naliases == ALIASES)
		helios_panic("differ: more than %u objects", ALIASES);
	aliases[naliases++] = id;
	return naliases;
}

/* Words of a fault message; ip only where it means the same everywhere. */
static void
say_fault_word(const uint64_t *w, unsigned int i)
{
	bool foreign = w[HELIOS_FAULT_KIND] == HELIOS_FAULT_SYSCALL;
	bool page = w[HELIOS_FAULT_KIND] == HELIOS_FAULT_PAGE;
	bool trap = w[HELIOS_FAULT_KIND] == HELIOS_FAULT_EXCEPTION;
	unsigned int ip = foreign ? HELIOS_FAULT_SYS_IP : HELIOS_FAULT_IP;
	unsigned int task = foreign ? HELIOS_FAULT_SYS_TASK :
		HELIOS_FAULT_TASK;

	if (i == ip && !page && !trap)
		say(" -");
	else if (i == task)
		say(" #%lu", alias(w[i]));
	else if (page && i == HELIOS_FAULT_ERROR)
		say(" %s", value(w[i] & ~PAGE_ERROR_P));
	else
		say(" %s", value(w[i]));
}

/* Is it the answer of this operation? */
static bool
answers(const struct step *s, unsigned int type, unsigned int op)
{
	return s->nr == HELIOS_SYS_CALL && helios_tag_label(s->in.rsi) ==
		HELIOS_LABEL(type, op);
}

static void
say_word(const struct step *s, const uint64_t *w, unsigned int i)
{
	if (s->out.rsi & HELIOS_TAG_FAULT)
		say_fault_word(w, i);
	else if (answers(s, HELIOS_TASK, HELIOS_TASK_INFO) && i == 1)
		say(" -");
	else if (answers(s, HELIOS_TASK, HELIOS_TASK_INFO) && i == 2)
		say(" #%lu", alias(w[i]));
	else if (answers(s, HELIOS_CSPACE, HELIOS_CSPACE_SLOT_INFO) && i == 2)
		say(" #%lu", alias(w[i]));
	else if (answers(s, HELIOS_PAGE, HELIOS_PAGE_INFO) && i == 0)
		say(" @%lx", w[i] & ARENA_MASK);
	else if (answers(s, HELIOS_VSPACE, HELIOS_VSPACE_INFO) && i < 2)
		say(" -");
	else if (answers(s, HELIOS_TASK, HELIOS_TASK_READ_REGISTERS))
		say(" -");
	else
		say(" %s", value(w[i]));
}

static bool
brings_message(uint64_t nr)
{
	return nr == HELIOS_SYS_RECV || nr == HELIOS_SYS_NBRECV ||
		nr == HELIOS_SYS_CALL || nr == HELIOS_SYS_REPLY_RECV;
}

static void
say_message(const struct step *s, const struct helios_ipcbuf *buf)
{
	const uint64_t regs[] = { s->out.rdx, s->out.r10, s->out.r8,
		s->out.r9 };
	unsigned int n = helios_tag_nwords(s->out.rsi), i;
	uint64_t w[HELIOS_MSG_WORDS] = { 0 };

	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		w[i] = i < 4 ? regs[i] : buf ? buf->words[i] : 0;
	say(" badge %s tag %lx.%x.%x:", value(s->out.rdi),
		helios_tag_label(s->out.rsi), n,
		(unsigned int)(s->out.rsi & 0xff80u));
	for (i = 0; i < n && i < (buf ? HELIOS_MSG_WORDS : 4); i++)
		say_word(s, w, i);
	n = buf ? helios_tag_ncaps(s->out.rsi) : 0;
	for (i = 0; i < n && i < HELIOS_MSG_CAPS; i++)
		say(" c%u", buf->caps[i]);
	/* Words past the count are 0. */
	for (i = helios_tag_nwords(s->out.rsi); i < 4; i++)
		if (regs[i])
			say(" !%u=%s", i, value(regs[i]));
}

void
say_result(const struct step *s, const struct helios_ipcbuf *buf)
{
	const struct helios_raw *i = &s->in, *o = &s->out;

	if (s->kind != STEP_CALL) {
		say(" done\n");
		return;
	}
	if (s->status != HELIOS_OK)
		say(" %s %s%s", s->status < HELIOS_STATUS_COUNT ?
			helios_status_name((enum helios_status)s->status) :
			value(s->status), value(o->rdx),
			o->rsi ? " !tag" : "");
	else if (brings_message(s->nr))
		say_message(s, buf);
	else
		say(" %s %s", s->nr == HELIOS_SYS_CLOCK ? "-" : value(o->rdx),
			o->rsi == i->rsi ? "" : "!tag");
	if (s->status != HELIOS_OK || !brings_message(s->nr))
		if (o->rdi != i->rdi || o->r10 != i->r10 || o->r8 != i->r8 ||
				o->r9 != i->r9)
			say(" !changed %s %s %s %s", value(o->rdi),
				value(o->r10), value(o->r8), value(o->r9));
	say("\n");
}

void
say_step(const char *who, const struct step *s,
		const struct helios_ipcbuf *buf)
{
	unsigned int n = helios_tag_nwords(s->in.rsi), i;

	say("%s ", who);
	if (s->kind != STEP_CALL) {
		say("%s %s ->", kind_names[s->kind], value(s->in.rdi));
		return;
	}
	if (s->nr < HELIOS_SYS_COUNT)
		say("%s", call_names[s->nr]);
	else
		say("call %s", value(s->nr));
	say(" %s %lx.%x.%x:", value(s->in.rdi),
		helios_tag_label(s->in.rsi), n,
		(unsigned int)(s->in.rsi & 0xff80u));
	if (s->nr == HELIOS_SYS_POLL && s->in.rdx > 1 &&
			s->in.rdx != HELIOS_FOREVER)
		say(" %llus", s->in.rdx / SECOND);
	else
		say(" %s", value(s->in.rdx));
	say(" %s %s %s", value(s->in.r10), value(s->in.r8),
		value(s->in.r9));
	for (i = 4; buf && i < n && i < HELIOS_MSG_WORDS; i++)
		say(" %s", value(buf->words[i]));
	n = helios_tag_ncaps(s->in.rsi);
	for (i = 0; buf && i < n && i < HELIOS_MSG_CAPS; i++)
		say(" c%u", buf->caps[i]);
	say(" ->");
}

/* Where a puppet is in a call: any of them, for what one task receives may
 * be about another. */
static bool
in_call(uint64_t rip)
{
	unsigned int i;

	for (i = 0; i < SPACES; i++) {
		uint64_t at = rip - world.spaces[i].origin - AT_CODE;

		if (at == (uint64_t)(puppet_after - puppet_code) ||
				at == (uint64_t)(puppet_return - puppet_code)
				|| at == (uint64_t)(puppet_end - puppet_code))
			return true;
	}
	return false;
}

/* Deadlines are whole seconds, and the clock hardly ever says so. */
static bool
is_clock(uint64_t v)
{
	return v > TIME_START && v < world.time + TIME_ROUND && v % SECOND;
}

void
say_registers(const uint64_t *words)
{
	static const char *const names[HELIOS_REGS_WORDS] = {
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
		"r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
		"rflags", "fs", "gs"
	};
	bool call = in_call(words[16]);
	unsigned int i;

	for (i = 0; i < HELIOS_REGS_WORDS; i++) {
		if (i == 14 || (call && (i == 1 || i == 2 || i == 11 ||
				i == 16 || i == 17)))
			continue;
		if (i == 3 && is_clock(words[i]))
			say(" rdx=time");
		else if (in_call(words[i]))
			say(" %s=call", names[i]);	/* of a fault's words */
		else
			say(" %s=%s", names[i], value(i == 17 ?
				words[i] & ~RFLAGS_RF : words[i]));
	}
	say("%s\n", call ? " in a call" : "");
}
