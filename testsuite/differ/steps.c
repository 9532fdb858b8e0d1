/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What init does in a step: each function draws one thing to do.  Some of
 * what they draw is wrong, and then the error is what is compared.
 */
#include "differ.h"

/* A destination: any slot, mostly. */
static helios_cap_t
a_destination(void)
{
	return chance(90) ? HELIOS_CADDR_UNDEF : pick(HELIOS_NULL);
}

static helios_cap_t
a_cspace(void)
{
	return world.cspaces[draw(CSPACES)];
}

static void
allocate(void)
{
	static const unsigned char types[] = { HELIOS_PAGE, HELIOS_PAGE,
		HELIOS_PAGE, HELIOS_ENDPOINT, HELIOS_ENDPOINT, HELIOS_NOTE,
		HELIOS_NOTE, HELIOS_TASK, HELIOS_CSPACE, HELIOS_VSPACE,
		HELIOS_MEMORY, HELIOS_MEMORY };
	unsigned int type = types[draw(sizeof(types))], n = 1, i;
	uint64_t w[HELIOS_MSG_WORDS] = { type };

	if (chance(4))
		w[0] = draw(20);
	if (type == HELIOS_PAGE) {
		w[1] = chance(10) ? HELIOS_LARGE_PAGE_SIZE : HELIOS_PAGE_SIZE;
		w[0] |= chance(10) ? HELIOS_ALLOC_CONTIGUOUS : 0;
	} else if (type == HELIOS_MEMORY) {
		w[1] = chance(10) ? draw(10000) : 1 + draw(200);
	} else if (type == HELIOS_CSPACE) {
		w[1] = 5 + draw(4);
	} else if (chance(3)) {
		w[1] = draw(5000);
	}
	if (type == HELIOS_PAGE || type == HELIOS_ENDPOINT ||
			type == HELIOS_NOTE || chance(2))
		n = 1 + (unsigned int)draw(chance(80) ? 3 : 8);
	for (i = 0; i < n; i++)
		w[2 + i] = a_destination();
	if (invoke(chance(70) ? world.arena : pick(HELIOS_MEMORY),
			HELIOS_MEMORY, HELIOS_MEMORY_ALLOCATE, w, 2 + n) !=
			HELIOS_OK)
		return;
	for (i = 0; i < n; i++) {
		space_origin((helios_cap_t)w[i]);	/* may be new */
		hold((helios_cap_t)w[i]);
	}
}

static void
copy_or_mint(void)
{
	bool mint = chance(40);
	uint64_t rights = chance(60) ? HELIOS_RIGHTS_ALL : draw(128);
	helios_cap_t from = mint ? pick(chance(50) ? HELIOS_ENDPOINT :
		HELIOS_NOTE) : pick(HELIOS_NULL);
	uint64_t w[HELIOS_MSG_WORDS] = { a_destination(), HELIOS_CADDR_UNDEF,
		from, rights };

	if (mint) {
		w[2] |= rights << 32;
		w[3] = chance(95) ? 1ull << draw(12) : 0;
	}
	if (invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE, mint ?
			HELIOS_CSPACE_MINT : HELIOS_CSPACE_COPY, w, 4) ==
			HELIOS_OK)
		hold((helios_cap_t)w[0]);
}

static void
move(void)
{
	uint64_t w[HELIOS_MSG_WORDS] = { a_destination(), HELIOS_CADDR_UNDEF,
		pick(HELIOS_NULL) };

	if (!reserved((helios_cap_t)w[2]) && invoke(HELIOS_INIT_CSPACE,
			HELIOS_CSPACE, HELIOS_CSPACE_MOVE, w, 3) == HELIOS_OK)
		hold((helios_cap_t)w[0]);
}

/* Give a puppets' table something, at its front. */
static void
give(void)
{
	uint64_t w[HELIOS_MSG_WORDS] = { chance(80) ? HELIOS_CADDR_UNDEF :
		draw(24), HELIOS_INIT_CSPACE, pick(chance(60) ?
		HELIOS_ENDPOINT : HELIOS_NULL), HELIOS_RIGHTS_ALL };
	unsigned int op = HELIOS_CSPACE_COPY;

	if (chance(15))
		op = HELIOS_CSPACE_MOVE;
	else if (chance(10))
		w[2] = world.puppets[draw(PUPPETS)].task;
	else if (chance(4))
		w[2] = a_cspace();
	else if (chance(4))
		w[2] = world.spaces[draw(SPACES)].cap;
	if (op != HELIOS_CSPACE_MOVE || !reserved((helios_cap_t)w[2]))
		invoke(a_cspace(), HELIOS_CSPACE, op, w, op ==
			HELIOS_CSPACE_COPY ? 4 : 3);
}

/* As many copies into one table as it takes, unless it is a large one. */
static void
crowd(void)
{
	helios_cap_t table = pick(HELIOS_CSPACE), cap = pick(HELIOS_NULL);
	uint64_t w[HELIOS_MSG_WORDS];
	unsigned int i;

	for (i = 0; i < 65; i++) {
		w[0] = HELIOS_CADDR_UNDEF;
		w[1] = HELIOS_INIT_CSPACE;
		w[2] = cap;
		w[3] = HELIOS_RIGHTS_ALL;
		if (invoke(table, HELIOS_CSPACE, HELIOS_CSPACE_COPY, w, 4) !=
				HELIOS_OK)
			return;
	}
}

/* Take something back. */
static void
take(void)
{
	helios_cap_t cspace = a_cspace();
	bool move = chance(50);
	uint64_t w[HELIOS_MSG_WORDS] = { HELIOS_CADDR_UNDEF, cspace,
		draw(30), HELIOS_RIGHTS_ALL };

	if (invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE, move ?
			HELIOS_CSPACE_MOVE : HELIOS_CSPACE_COPY, w, move ? 3 :
			4) == HELIOS_OK)
		hold((helios_cap_t)w[0]);
}

static void
destroy(void)
{
	unsigned int n = 1 + (unsigned int)draw(chance(70) ? 1 : 4), i;
	uint64_t w[HELIOS_MSG_WORDS];

	if (chance(25)) {
		for (i = 0; i < n; i++)
			w[i] = draw(40);
		invoke(a_cspace(), HELIOS_CSPACE, HELIOS_CSPACE_DESTROY, w,
			n);
		return;
	}
	for (i = 0; i < n; i++)
		if (reserved((helios_cap_t)(w[i] = pick(HELIOS_NULL))))
			return;
	invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE, HELIOS_CSPACE_DESTROY, w,
		n);
}

static void
revoke(void)
{
	uint64_t w[HELIOS_MSG_WORDS] = { pick(chance(60) ? HELIOS_ENDPOINT :
		HELIOS_NULL) };

	if (chance(25)) {
		w[0] = draw(30);
		invoke(a_cspace(), HELIOS_CSPACE, HELIOS_CSPACE_REVOKE, w, 1);
		return;
	}
	/* Now and then a puppet loses its space or its table so. */
	if (chance(6))
		w[0] = chance(50) ? world.spaces[draw(SPACES)].cap :
			a_cspace();
	else if (reserved((helios_cap_t)w[0]))
		return;
	invoke(HELIOS_INIT_CSPACE, HELIOS_CSPACE, HELIOS_CSPACE_REVOKE, w, 1);
}

static void
map(void)
{
	bool own = chance(80);
	const struct space *s = &world.spaces[draw(SPACES)];
	helios_cap_t space = own ? s->cap : pick(HELIOS_VSPACE);
	uint64_t origin = own ? s->origin : space_origin(space);
	unsigned int n = 1 + (unsigned int)draw(chance(80) ? 2 : 5), i;
	static const unsigned char flags[] = { 0, HELIOS_MAP_W, HELIOS_MAP_X,
		HELIOS_MAP_W, HELIOS_MAP_W, HELIOS_MAP_WC,
		HELIOS_MAP_W | HELIOS_MAP_X, 16 };
	uint64_t w[HELIOS_MSG_WORDS];

	w[0] = origin + AT_DATA + HELIOS_PAGE_SIZE * draw(DATA_PAGES);
	if (chance(5))
		w[0] += draw(4096);
	if (chance(5))
		w[0] = origin + HELIOS_LARGE_PAGE_SIZE * (1 + draw(4));
	w[1] = flags[draw(chance(90) ? 5 : 8)] |
		(chance(60) ? HELIOS_MAP_FIXED : 0);
	/* What is far outside is so everywhere. */
	if (chance(3))
		w[0] = 1ull << 63;
	for (i = 0; i < n; i++)
		w[2 + i] = pick(HELIOS_PAGE);
	invoke(space, HELIOS_VSPACE, HELIOS_VSPACE_MAP, w, 2 + n);
}

static void
remap(void)
{
	helios_cap_t space = chance(85) ? world.spaces[draw(SPACES)].cap :
		pick(HELIOS_VSPACE);
	unsigned int n = 1 + (unsigned int)draw(2);
	uint64_t w[HELIOS_MSG_WORDS] = { pick(HELIOS_PAGE),
		pick(HELIOS_PAGE), pick(HELIOS_PAGE) };

	if (chance(50)) {
		invoke(space, HELIOS_VSPACE, HELIOS_VSPACE_UNMAP, w, n);
		return;
	}
	w[0] = draw(chance(95) ? 3 : 16);
	invoke(space, HELIOS_VSPACE, HELIOS_VSPACE_PROTECT, w, 1 + n);
}

/* What is read is printed as a sum. */
static void
copy_bytes(void)
{
	static char bytes[HELIOS_PAGE_SIZE];
	const struct space *s = &world.spaces[draw(SPACES)];
	bool write = chance(50);
	uint64_t w[HELIOS_MSG_WORDS], sum = 0, i, status;

	memset(bytes, (int)draw(256), sizeof(bytes));
	w[1] = chance(95) ? (uint64_t)bytes : 8;
	w[2] = chance(90) ? draw(300) : draw(5000);
	if (chance(50)) {
		w[0] = draw(chance(90) ? 4096 : 10000);
		status = invoke(pick(HELIOS_PAGE), HELIOS_PAGE, write ?
			HELIOS_PAGE_WRITE : HELIOS_PAGE_READ, w, 3);
	} else {
		w[0] = s->origin + AT_DATA + 16 * draw(4096);
		status = invoke(s->cap, HELIOS_VSPACE, write ?
			HELIOS_VSPACE_WRITE : HELIOS_VSPACE_READ, w, 3);
	}
	for (i = 0; i < sizeof(bytes); i++)
		sum = sum * 31 + (unsigned char)bytes[i];
	if (status == HELIOS_OK && !write)
		say("  sum %lx\n", sum);
}

static void
registers(void)
{
	const struct puppet *p = &world.puppets[draw(PUPPETS)];
	uint64_t w[HELIOS_MSG_WORDS];

	if (invoke(p->task, HELIOS_TASK, HELIOS_TASK_READ_REGISTERS, w, 0) ==
			HELIOS_OK) {
		say("  registers");
		say_registers(w);
	}
}

static void
task_parts(helios_cap_t task)
{
	uint64_t w[HELIOS_MSG_WORDS] = { 0 };
	unsigned int op = HELIOS_TASK_SET_FAULT;

	switch (draw(4)) {
	case 0:
		op = HELIOS_TASK_BIND_NOTE;
		w[0] = chance(80) ? pick(HELIOS_NOTE) : HELIOS_CADDR_UNDEF;
		break;
	case 1:
		op = HELIOS_TASK_SET_FLAGS;
		w[0] = chance(90) ? draw(8) : draw(100);
		break;
	default:
		w[0] = chance(80) ? pick(HELIOS_ENDPOINT) :
			HELIOS_CADDR_UNDEF;
		break;
	}
	invoke(task, HELIOS_TASK, op, w, 1);
}

static void
task(void)
{
	static const unsigned char ops[] = { HELIOS_TASK_RESUME,
		HELIOS_TASK_SUSPEND, HELIOS_TASK_CANCEL };
	helios_cap_t t = chance(80) ? world.puppets[draw(PUPPETS)].task :
		pick(HELIOS_TASK);
	uint64_t w[HELIOS_MSG_WORDS] = { 0 };

	if (chance(50)) {
		invoke(t, HELIOS_TASK, ops[draw(3)], w, 0);
	} else if (chance(50)) {
		task_parts(t);
	} else if (chance(50)) {
		w[0] = 10 + draw(chance(90) ? 60 : 400);
		w[0] += w[0] == BETWEEN || w[0] == ABOVE;
		w[1] = chance(80) ? PUPPET_MAX : draw(300);
		invoke(t, HELIOS_TASK, HELIOS_TASK_SET_PRIORITY, w, 2);
	} else {
		memcpy(w, "name", 4);
		w[1] = draw(1000);
		invoke(t, HELIOS_TASK, HELIOS_TASK_SET_NAME, w, 4);
	}
}

/* A message of init's own; its buffer is ready. */
static uint64_t
a_message(void)
{
	struct helios_ipcbuf *buf = helios_ipcbuf();
	unsigned int n = (unsigned int)draw(chance(90) ? 8 : 128), i;
	unsigned int caps = chance(30) ? 1 + (unsigned int)draw(3) : 0;

	for (i = 4; i < n && i < HELIOS_MSG_WORDS; i++)
		buf->words[i] = a_word(0);
	for (i = 0; i < HELIOS_MSG_CAPS; i++) {
		buf->caps[i] = pick(chance(50) ? HELIOS_ENDPOINT :
			HELIOS_NULL);
		buf->accept[i] = HELIOS_CADDR_UNDEF;
	}
	for (i = 0; i < caps; i++)
		if (reserved(buf->caps[i]))
			buf->caps[i] = HELIOS_CADDR_UNDEF;
	buf->accept_count = chance(50) ? 4 : 0;
	return helios_tag(chance(40) ? 0 : draw(1000), n, caps);
}

static void
hold_arrived(const struct step *s)
{
	unsigned int n = helios_tag_ncaps(s->out.rsi), i;

	if (s->status != HELIOS_OK || s->nr != HELIOS_SYS_NBRECV)
		return;
	for (i = 0; i < n && i < HELIOS_MSG_CAPS; i++)
		hold(helios_ipcbuf()->caps[i]);
}

/* What never blocks. */
static void
message(void)
{
	static const unsigned char calls[] = { HELIOS_SYS_NBSEND,
		HELIOS_SYS_NBRECV, HELIOS_SYS_NBRECV, HELIOS_SYS_NBRECV,
		HELIOS_SYS_REPLY, HELIOS_SYS_REPLY, HELIOS_SYS_SIGNAL,
		HELIOS_SYS_SIGNAL, HELIOS_SYS_NBWAIT, HELIOS_SYS_IDENTIFY };
	struct step s = { .nr = calls[draw(sizeof(calls))] };
	bool note = s.nr == HELIOS_SYS_SIGNAL || s.nr == HELIOS_SYS_NBWAIT;

	s.in = (struct helios_raw){ pick(note ? HELIOS_NOTE :
		HELIOS_ENDPOINT), a_message(), a_word(0), a_word(0),
		a_word(0), a_word(0) };
	if (chance(10))
		s.in.rdi = pick(HELIOS_NULL);
	if (s.nr == HELIOS_SYS_NBSEND && chance(40)) {
		s.in.rdi = pick(HELIOS_REPLY);
		if (type_at((helios_cap_t)s.in.rdi) == HELIOS_REPLY)
			s.nr = HELIOS_SYS_SEND;
	}
	make(&s);
	hold_arrived(&s);
	helios_ipcbuf()->accept_count = 0;
}

static void
store_reply(void)
{
	uint64_t w[HELIOS_MSG_WORDS] = { a_destination() };
	helios_cap_t cspace = chance(80) ? HELIOS_INIT_CSPACE : a_cspace();

	if (invoke(cspace, HELIOS_CSPACE, HELIOS_CSPACE_STORE_REPLY, w, 1) ==
			HELIOS_OK && cspace == HELIOS_INIT_CSPACE)
		hold((helios_cap_t)w[0]);
}

/* Just a look: the deadline has passed. */
static void
look(void)
{
	static struct helios_poll entries[HELIOS_POLL_MAX];
	unsigned int n = (unsigned int)draw(6), i;
	struct step s = { .nr = HELIOS_SYS_POLL, .in = { (uint64_t)entries,
		chance(4) ? 17 : n, draw(2), 0, 0, 0 } };

	for (i = 0; i < n; i++)
		entries[i] = (struct helios_poll){ pick(chance(50) ?
			HELIOS_ENDPOINT : HELIOS_NOTE),
			(uint16_t)(chance(95) ? 1 + draw(2) : draw(8)), 0 };
	memset(helios_ipcbuf(), 0, sizeof(struct helios_ipcbuf));
	say("  poll of");
	for (i = 0; i < n; i++)
		say(" %u/%x", entries[i].caddr, entries[i].events);
	say("\n");
	if (make(&s) != HELIOS_OK)
		return;
	say("  ready");
	for (i = 0; i < n; i++)
		say(" %x", entries[i].revents);
	say("\n");
}

/* Interrupts and ports that no kernel keeps and nothing uses. */
static void
device(void)
{
	uint64_t w[HELIOS_MSG_WORDS] = { 0, pick(HELIOS_NOTE),
		HELIOS_CADDR_UNDEF };
	uint64_t status;

	if (chance(50)) {
		w[0] = chance(90) ? 5 + 2 * draw(2) : 100000 + draw(10);
		status = invoke(HELIOS_INIT_IRQCONTROL, HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE, w, 3);
	} else {
		w[0] = 0x2e0 + draw(8);
		w[1] = chance(90) ? w[0] + draw(8) : draw(0x2e0);
		status = invoke(HELIOS_INIT_IOCONTROL, HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, w, 3);
	}
	if (status == HELIOS_OK)
		hold((helios_cap_t)w[0]);
}

/*
 * Any operation on anything, with any words.  Not what could reach init's
 * own CSpace, or its IPC buffer, or give a puppet an address that its space
 * has here and not there.
 */
static void
anything(void)
{
	helios_cap_t cap = pick(HELIOS_NULL);
	uint64_t label = a_label(type_at(cap)), w[HELIOS_MSG_WORDS];
	unsigned int n = (unsigned int)draw(chance(95) ? 7 : 40), i;
	unsigned int type = (unsigned int)(label >> 16);
	unsigned int op = (unsigned int)(label & 0xffff);

	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		w[i] = a_word(0);
	if (type == HELIOS_CSPACE && w[1] < HELIOS_INIT_CAPS)
		w[1] = HELIOS_CADDR_UNDEF;
	if (type == HELIOS_TASK && (op == HELIOS_TASK_CONFIGURE ||
			op == HELIOS_TASK_SET_PRIORITY ||
			op == HELIOS_TASK_WRITE_REGISTERS))
		return;
	if (type == HELIOS_VSPACE && op <= HELIOS_VSPACE_WRITE)
		w[0] += 1ull << 62;
	if (type == HELIOS_VSPACE || type == HELIOS_PAGE)
		w[1] += 1ull << 62;
	if (type == HELIOS_IOPORT)
		w[0] += 0x10000;
	if (type == HELIOS_DEVMEM || reserved(cap))
		return;
	invoke(cap, type, op, w, n);
}

/* A call that there is not, or an argument that cannot be right. */
static void
nonsense(void)
{
	struct step s = { .nr = chance(50) ? HELIOS_SYS_CALL :
		HELIOS_SYS_COUNT + draw(1u << 20) };

	memset(helios_ipcbuf(), 0, sizeof(struct helios_ipcbuf));
	s.in = (struct helios_raw){ a_word(0), a_word(0), a_word(0),
		a_word(0), a_word(0), a_word(0) };
	if (s.nr == HELIOS_SYS_CALL)
		s.in = (struct helios_raw){ .rdi = 1ull << (32 + draw(32)) |
			draw(20), .rsi = helios_tag(a_label(0), 3, 0) };
	make(&s);
}

static void
between(void)
{
	world_priority(BETWEEN);
	say("%lu between\n", step_number);
}

void
one_step(void)
{
	static const struct {
		unsigned int weight;
		void (*step)(void);
	} steps[] = {
		{ 12, allocate }, { 9, copy_or_mint }, { 3, move },
		{ 12, give }, { 4, take }, { 7, destroy }, { 4, revoke },
		{ 7, map }, { 4, remap }, { 6, copy_bytes },
		{ 22, puppet_play }, { 4, registers }, { 8, task },
		{ 16, message }, { 3, store_reply }, { 3, look },
		{ 1, device }, { 1, crowd }, { 6, anything }, { 2, nonsense },
		{ 12, world_settle }, { 2, between }, { 1, world_sleep },
	};
	unsigned int i, sum = 0;
	uint64_t at;

	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		sum += steps[i].weight;
	at = draw(sum);
	for (i = 0; at >= steps[i].weight; i++)
		at -= steps[i].weight;
	steps[i].step();
}
