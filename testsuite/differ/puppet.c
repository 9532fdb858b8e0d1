/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puppets: tasks that do what init has drawn for them.  init writes a script
 * and the IPC buffer through their pages, sets all registers and lets the
 * task go; it reads what came of it when all of them wait or have stopped.
 */
#include "differ.h"

struct script {
	struct step steps[STEPS];
	char rest[HELIOS_PAGE_SIZE - STEPS * sizeof(struct step)];
};

_Static_assert(sizeof(struct script) == HELIOS_PAGE_SIZE, "one page");

static struct script script;
static struct helios_ipcbuf buffer;

static uint64_t
page_copy(helios_cap_t page, unsigned int op, void *here, size_t len)
{
	uint64_t w[HELIOS_MSG_WORDS] = { 0, (uint64_t)here, len };

	return invoke_silently(page, HELIOS_PAGE, op, w, 3);
}

static uint64_t
script_address(unsigned int which)
{
	return world.spaces[world.puppets[which].space].origin + AT_SCRIPT +
		which * HELIOS_PAGE_SIZE;
}

/* An operation of this type, or now and then of another one. */
uint64_t
a_label(unsigned int type)
{
	if (type < HELIOS_MEMORY || type > HELIOS_IOPORT || chance(8))
		type = (unsigned int)(2 + draw(13));
	return HELIOS_LABEL(type, chance(3) ? draw(65536) : draw(14));
}

/* origin: of the space concerned; 0: no addresses. */
uint64_t
a_word(uint64_t origin)
{
	switch (draw(8)) {
	case 0:
	case 1:
		return draw(10);
	case 2:
		return draw(64);
	case 3:
		return pick(HELIOS_NULL);
	case 4:
		return HELIOS_CADDR_UNDEF;
	case 5:
		return HELIOS_PAGE_SIZE << draw(10);
	case 6:
		return origin ? origin + AT_DATA + 64 * draw(1024) : 1;
	default:
		return 0xdead000000000000ull + draw(100);
	}
}

static uint64_t
a_tag(uint64_t label)
{
	unsigned int words = (unsigned int)draw(7), caps = 0;

	if (chance(10))
		words = (unsigned int)draw(128);
	if (chance(25))
		caps = 1 + (unsigned int)draw(3);
	if (chance(2))
		caps = (unsigned int)draw(128);
	return helios_tag(label, words, caps) |
		(chance(2) ? HELIOS_TAG_FAULT : 0);
}

static unsigned int
slot_type(unsigned int cspace, helios_cap_t slot)
{
	uint64_t w[HELIOS_MSG_WORDS] = { slot };

	if (invoke_silently(world.cspaces[cspace], HELIOS_CSPACE,
			HELIOS_CSPACE_SLOT_INFO, w, 1) != HELIOS_OK)
		return HELIOS_NULL;
	return HELIOS_IDENTIFY_TYPE(w[0]);
}

/* A caddr of a puppet's: mostly of this type (HELIOS_NULL: any). */
static helios_cap_t
a_slot(unsigned int cspace, unsigned int type)
{
	helios_cap_t slot = (helios_cap_t)draw(64), i;

	if (chance(3))
		return (helios_cap_t)(chance(50) ? 64 + draw(3) :
			HELIOS_CADDR_UNDEF);
	if (chance(6))
		return slot;
	for (i = 0; i < 64; i++) {
		unsigned int found = slot_type(cspace, (slot + i) % 64);

		if (found == type || (type == HELIOS_NULL && found != type))
			return (slot + i) % 64;
	}
	return slot;
}

/*
 * An operation on what is in a slot.  Of a space not its own a puppet does
 * not know the origin, so it maps nothing; and it must not change the parts
 * or the priority of a task to what init counts on.
 */
static void
draw_operation(struct step *s, unsigned int type)
{
	uint64_t label = a_label(type);

	if (label == HELIOS_LABEL(HELIOS_VSPACE, HELIOS_VSPACE_MAP) ||
			label == HELIOS_LABEL(HELIOS_TASK,
				HELIOS_TASK_CONFIGURE) ||
			label == HELIOS_LABEL(HELIOS_TASK,
				HELIOS_TASK_SET_PRIORITY))
		label++;
	s->in.rsi = helios_tag(label, (unsigned int)draw(6), 0);
}

static void
draw_poll(struct step *s, unsigned int which)
{
	struct helios_poll *entries =
		(struct helios_poll *)(void *)((char *)&script + SCRATCH);
	unsigned int n = (unsigned int)draw(5), i;

	for (i = 0; i < n; i++)
		entries[i] = (struct helios_poll){
			a_slot(world.puppets[which].cspace,
			chance(60) ? HELIOS_ENDPOINT : HELIOS_NOTE),
			(uint16_t)(chance(80) ? 1 : 1 + draw(3)), 0 };
	s->in.rdi = script_address(which) + SCRATCH;
	s->in.rsi = chance(3) ? 17 : n;
	s->in.rdx = chance(30) ? draw(2) : world.time + SECOND *
		(1000 + draw(30));
	if (chance(10))
		s->in.rdx = HELIOS_FOREVER;
}

static void
draw_console(struct step *s, unsigned int which)
{
	memcpy((char *)&script + SCRATCH + 512, "console\n", 8);
	s->in.rdi = script_address(which) + SCRATCH + 512;
	s->in.rsi = 8;
	if (chance(30))
		s->in.rdi = script_address(which) + 64 * HELIOS_PAGE_SIZE;
}

static void
draw_call(struct step *s, unsigned int which)
{
	static const unsigned char often[] = {
		HELIOS_SYS_SEND, HELIOS_SYS_RECV, HELIOS_SYS_CALL,
		HELIOS_SYS_REPLY_RECV, HELIOS_SYS_CALL, HELIOS_SYS_RECV,
		HELIOS_SYS_WAIT, HELIOS_SYS_SIGNAL, HELIOS_SYS_POLL
	};
	unsigned int cspace = world.puppets[which].cspace, type;

	s->nr = chance(60) ? often[draw(sizeof(often))] :
		draw(HELIOS_SYS_COUNT);
	if (chance(2))
		s->nr = HELIOS_SYS_COUNT + draw(1000);
	type = s->nr >= HELIOS_SYS_SIGNAL ? HELIOS_NOTE : HELIOS_ENDPOINT;
	if (s->nr == HELIOS_SYS_CALL && chance(40))
		type = HELIOS_NULL;
	if (s->nr == HELIOS_SYS_SEND && chance(20))
		type = HELIOS_REPLY;
	s->in = (struct helios_raw){ a_slot(cspace, type),
		a_tag(chance(50) ? 0 : draw(1000)), a_word(0), a_word(0),
		a_word(0), a_word(0) };
	type = slot_type(cspace, (helios_cap_t)s->in.rdi);
	if (s->nr == HELIOS_SYS_CALL && type != HELIOS_ENDPOINT)
		draw_operation(s, type);
	else if (s->nr == HELIOS_SYS_POLL)
		draw_poll(s, which);
	else if (s->nr == HELIOS_SYS_WRITECONS)
		draw_console(s, which);
}

/* A fault or an access, or one that may or may not be there. */
static void
draw_access(struct step *s, unsigned int which)
{
	uint64_t origin = world.spaces[world.puppets[which].space].origin;
	static const uint64_t places[] = { AT_CODE, AT_COMMON, AT_SCRIPT,
		AT_SCRIPT - 1, AT_DATA + 4000 };

	s->kind = 1 + draw(STEP_KINDS - 1);
	s->in.rdi = origin + (chance(70) ? AT_DATA + 64 * draw(1024) :
		places[draw(5)]);
	if (s->kind == STEP_JUMP)
		s->in.rdi = origin + AT_COMMON + 8 * draw(3);
	/* The counter of turns stays what it is. */
	if (s->kind == STEP_STORE && s->in.rdi < origin + AT_DATA)
		s->in.rdi = origin + AT_CODE;
}

static void
draw_script(unsigned int which)
{
	struct puppet *p = &world.puppets[which];
	unsigned int i;

	memset(&script, 0, sizeof(script));
	p->nsteps = 1 + (unsigned int)draw(STEPS - 1);
	p->shown = 0;
	for (i = 0; i < p->nsteps; i++)
		if (chance(8))
			draw_access(&script.steps[i], which);
		else
			draw_call(&script.steps[i], which);
	memset(&buffer, 0, sizeof(buffer));
	for (i = 0; i < 8; i++)
		buffer.words[i] = a_word(0);
	for (i = 0; i < HELIOS_MSG_CAPS; i++) {
		buffer.caps[i] = i > 3 ? 0 : a_slot(p->cspace, HELIOS_NULL);
		buffer.accept[i] = chance(80) ? HELIOS_CADDR_UNDEF :
			(helios_cap_t)draw(64);
	}
	buffer.accept_count = (uint32_t)(chance(50) ? 4 : 0);
	if (chance(10))
		buffer.accept_count = (uint32_t)draw(70);
}

static uint64_t
write_registers(unsigned int which)
{
	const struct puppet *p = &world.puppets[which];
	uint64_t origin = world.spaces[p->space].origin;
	uint64_t entry = helios_aux(HELIOS_AT_ENTRY, 0);
	struct helios_regs regs = {
		.rax = 0xa0, .rbx = 0xb0, .rcx = 0xc0, .rdx = 0xd0,
		.rsi = 0xe0, .rdi = 0xf0, .r8 = 0x80, .r9 = 0x90,
		.r10 = 0x100, .r11 = 0x110,
		.rip = origin + AT_CODE,
		.rbp = script_address(which),
		.rsp = origin + AT_DATA - 16,
		.r12 = script_address(which) +
			p->nsteps * sizeof(struct step),
		.r13 = origin + AT_COMMON,
		.r14 = entry ? entry : origin + AT_CODE +
			(uint64_t)(puppet_insn - puppet_code),
		.r15 = 0x150 + which,
		.rflags = 0xfffffffff0000000ull | 0x43,
		.fs_base = chance(20) ? origin + AT_DATA : 0,
	};
	uint64_t w[HELIOS_MSG_WORDS];

	memcpy(w, &regs, sizeof(regs));
	return invoke_silently(p->task, HELIOS_TASK,
		HELIOS_TASK_WRITE_REGISTERS, w, HELIOS_REGS_WORDS);
}

static void
say_script(unsigned int which)
{
	const struct puppet *p = &world.puppets[which];
	char who[40];
	unsigned int i;

	helios_snprintf(who, sizeof(who), "  for %u:", which);
	for (i = 0; i < p->nsteps; i++) {
		say_step(who, &script.steps[i], &buffer);
		say("\n");
	}
}

/* What this one has done since it was last asked. */
static void
show(unsigned int which)
{
	struct puppet *p = &world.puppets[which];
	char who[40];

	if (p->shown == p->nsteps || page_copy(p->script, HELIOS_PAGE_READ,
			&script, sizeof(script)) != HELIOS_OK ||
			page_copy(p->ipcbuf, HELIOS_PAGE_READ, &buffer,
			sizeof(buffer)) != HELIOS_OK)
		return;
	for (; p->shown < p->nsteps; p->shown++) {
		const struct step *s = &script.steps[p->shown];
		/* Is what it brought still in the buffer? */
		bool last = p->shown + 1 == p->nsteps ||
			s[1].turn == 0;

		if (s->turn == 0)
			break;
		helios_snprintf(who, sizeof(who), "  by %u.%u, turn %lu:",
			which, p->shown, s->turn);
		say_step(who, s, NULL);
		say_result(s, last ? &buffer : NULL);
	}
}

void
puppets_show(void)
{
	unsigned int i;

	for (i = 0; i < PUPPETS; i++)
		show(i);
}

static void
configure(unsigned int which)
{
	struct puppet *p = &world.puppets[which];
	uint64_t w[HELIOS_MSG_WORDS];

	p->cspace = (unsigned int)draw(CSPACES);
	w[0] = world.cspaces[p->cspace];
	w[1] = world.spaces[p->space].cap;
	w[2] = chance(80) ? p->ipcbuf : HELIOS_CADDR_UNDEF;
	invoke(p->task, HELIOS_TASK, HELIOS_TASK_CONFIGURE, w, 3);
}

void
puppet_play(void)
{
	unsigned int which = (unsigned int)draw(PUPPETS);
	struct puppet *p = &world.puppets[which];
	uint64_t w[HELIOS_MSG_WORDS], status;

	show(which);
	invoke(p->task, HELIOS_TASK, HELIOS_TASK_SUSPEND, w, 0);
	if (chance(10))
		configure(which);
	draw_script(which);
	status = write_registers(which);
	say("%lu puppet %u: %lu\n", step_number, which, status);
	if (status != HELIOS_OK)
		return;
	page_copy(p->ipcbuf, HELIOS_PAGE_WRITE, &buffer, sizeof(buffer));
	status = page_copy(p->script, HELIOS_PAGE_WRITE, &script,
		sizeof(script));
	say_script(which);
	if (status == HELIOS_OK)
		invoke(p->task, HELIOS_TASK, HELIOS_TASK_RESUME, w, 0);
}
