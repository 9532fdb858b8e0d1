/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rogue: a driver with the seed's manifest, letter for letter, that has been
 * taken over.  It tries what the seed says it cannot: "It cannot allocate
 * memory, modify its address space, or even destroy any of these
 * capabilities."  Put names an attempt, and get tells what came of it: "ok"
 * and the number of tries, or the first one whose status was not the
 * documented one.
 *
 * Tries are system calls without the library, which knows of no capabilities
 * here anyway.  The numbers of the table come from put's text alone: a rogue
 * has nothing but guesses.
 */
#include <mercury/driver.h>
#include <mercury/io.h>

#define SLOTS		4096u		/* radix=12 */
#define LISTED		6u
#define DEEP		80u		/* slots that get every operation */
#define TEXT		200u

enum { EP, PORTS1, PORTS2, NOTE, IRQ3, IRQ4 };	/* as the seed has them */

static const struct {
	unsigned int type;
} listed[LISTED] = {
	[EP] = { HELIOS_ENDPOINT },
	[PORTS1] = { HELIOS_IOPORT },
	[PORTS2] = { HELIOS_IOPORT },
	[NOTE] = { HELIOS_NOTE },
	[IRQ3] = { HELIOS_IRQHANDLER },
	[IRQ4] = { HELIOS_IRQHANDLER },
};

static const struct {
	uint16_t min, max;
} ports[] = {
	[PORTS1] = { 0x3f8, 0x400 },
	[PORTS2] = { 0x2e8, 0x2f0 },
};

/* What came of an attempt. */
static struct {
	uint64_t tries;
	bool failed;
	char text[TEXT];
} result;

static void
expect(const char *what, uint64_t number, uint64_t found,
		enum helios_status expected)
{
	result.tries++;
	if (found == expected || result.failed)
		return;
	result.failed = true;
	helios_snprintf(result.text, sizeof(result.text),
			"%s (0x%llx): expected %s, found %s", what,
			(unsigned long long)number,
			helios_status_name(expected),
			helios_status_name((enum helios_status)found));
}

static void
expect_value(const char *what, uint64_t number, uint64_t found,
		uint64_t expected)
{
	result.tries++;
	if (found == expected || result.failed)
		return;
	result.failed = true;
	helios_snprintf(result.text, sizeof(result.text),
			"%s (0x%llx): expected 0x%llx, found 0x%llx", what,
			(unsigned long long)number,
			(unsigned long long)expected,
			(unsigned long long)found);
}

/* Slots beyond the listed ones and beyond the table's end. */
static uint64_t
guess(unsigned int i)
{
	static const uint64_t far[] = {
		SLOTS, SLOTS + 1, 2 * SLOTS, 65535, 65536, 1ull << 31,
		0xfffffffe, 0xffffffff, 1ull << 32, (1ull << 32) + EP,
		(1ull << 32) + NOTE, 1ull << 63, UINT64_MAX,
	};

	if (i < SLOTS)
		return i;
	i -= SLOTS;
	return i < sizeof(far) / sizeof(far[0]) ? far[i] : 0;
}

#define GUESSES		(SLOTS + 13u)

/*
 * Identify: what is there?
 */

static void
try_identify(void)
{
	unsigned int i;

	for (i = 0; i < GUESSES; i++) {
		struct helios_raw r = { guess(i), 0, 0, 0, 0, 0 };
		uint64_t status = helios_raw(HELIOS_SYS_IDENTIFY, &r);
		bool inside = guess(i) < SLOTS;

		expect("identify", guess(i), status,
				inside ? HELIOS_OK : HELIOS_INVALID_CADDR);
		if (inside)
			expect_value("type of slot", guess(i),
				HELIOS_IDENTIFY_TYPE(r.rdx), i < LISTED ?
				listed[i].type : HELIOS_NULL);
	}
}

/*
 * Operations of every kind, on every slot
 */

static enum helios_status
documented(uint64_t caddr, unsigned int type)
{
	if (caddr >= SLOTS)
		return HELIOS_INVALID_CADDR;
	if (caddr >= LISTED)
		return HELIOS_INVALID_CSLOT;
	if (listed[caddr].type == HELIOS_NOTE)
		return HELIOS_UNSUPPORTED;
	return listed[caddr].type == type ? HELIOS_INVALID_OP :
		HELIOS_INVALID_CTYPE;
}

/* The own endpoint is left out: nobody receives there, so that a CALL is a
 * wait and nothing else. */
static void
try_operation(const char *what, unsigned int type, unsigned int op,
		const uint64_t words[4], unsigned int nwords)
{
	unsigned int i;

	for (i = EP + 1; i < GUESSES; i++) {
		struct helios_raw r = { guess(i),
			helios_tag(HELIOS_LABEL(type, op), nwords, 0),
			words[0], words[1], words[2], words[3] };

		expect(what, guess(i), helios_raw(HELIOS_SYS_CALL, &r),
				documented(guess(i), type));
	}
}

#define UNDEF	HELIOS_CADDR_UNDEF

static void
try_allocate(void)
{
	static const uint64_t types[] = { HELIOS_PAGE, HELIOS_MEMORY,
		HELIOS_CSPACE, HELIOS_VSPACE, HELIOS_TASK, HELIOS_ENDPOINT,
		HELIOS_NOTE };
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const uint64_t words[4] = { types[i], types[i] == HELIOS_PAGE ?
			HELIOS_PAGE_SIZE : 6, UNDEF, 0 };

		try_operation("Memory ALLOCATE", HELIOS_MEMORY,
				HELIOS_MEMORY_ALLOCATE, words, 3);
	}
}

static void
try_devmem(void)
{
	static const uint64_t page[4] = { HELIOS_PAGE, HELIOS_PAGE_SIZE,
		0xfee00000, UNDEF };
	static const uint64_t part[4] = { HELIOS_DEVMEM, HELIOS_PAGE_SIZE,
		0xb8000, UNDEF };

	try_operation("DevMem ALLOCATE", HELIOS_DEVMEM,
			HELIOS_DEVMEM_ALLOCATE, page, 4);
	try_operation("DevMem ALLOCATE", HELIOS_DEVMEM,
			HELIOS_DEVMEM_ALLOCATE, part, 4);
}

/* Destroy, copy, move, mint, revoke: its own capabilities, and others. */
static void
try_cspace(void)
{
	uint64_t slot;
	unsigned int op;

	for (op = HELIOS_CSPACE_DESTROY; op <= HELIOS_CSPACE_SLOT_INFO; op++)
		for (slot = 0; slot < LISTED; slot++) {
			const uint64_t words[4] = {
				op == HELIOS_CSPACE_COPY ||
				op == HELIOS_CSPACE_MOVE ||
				op == HELIOS_CSPACE_MINT ? 100 : slot,
				UNDEF, slot, 1 };
			unsigned int n = op == HELIOS_CSPACE_INFO ? 0 :
				op == HELIOS_CSPACE_COPY ||
				op == HELIOS_CSPACE_MINT ? 4 :
				op == HELIOS_CSPACE_MOVE ? 3 : 1;

			try_operation("CSpace", HELIOS_CSPACE, op, words, n);
		}
}

static void
try_vspace(void)
{
	const uint64_t here = (uint64_t)(uintptr_t)&result;
	const uint64_t words[4] = { here, here, 8, 0 };
	unsigned int op;

	for (op = HELIOS_VSPACE_MAP; op <= HELIOS_VSPACE_INFO; op++)
		try_operation("VSpace", HELIOS_VSPACE, op, words,
				op == HELIOS_VSPACE_INFO ? 0 : 3);
	for (op = HELIOS_PAGE_READ; op <= HELIOS_PAGE_INFO; op++)
		try_operation("Page", HELIOS_PAGE, op, words,
				op == HELIOS_PAGE_INFO ? 0 : 3);
}

static void
try_task(void)
{
	static const uint64_t words[4] = { UNDEF, UNDEF, UNDEF, 0 };
	unsigned int op;

	for (op = HELIOS_TASK_CONFIGURE; op <= HELIOS_TASK_INFO; op++)
		try_operation("Task", HELIOS_TASK, op, words, 3);
}

static void
try_system(void)
{
	static const uint64_t words[4] = { 0, 0, 0, 0 };
	unsigned int op;

	for (op = HELIOS_SYSTEM_POWEROFF; op <= HELIOS_SYSTEM_COUNTS; op++)
		try_operation("SystemControl", HELIOS_SYSTEMCONTROL, op,
				words, op == HELIOS_SYSTEM_POWEROFF);
}

/* Every number of every type, on the first slots. */
static void
try_everything(void)
{
	unsigned int type, op, slot;

	for (type = HELIOS_NULL; type < HELIOS_TYPE_COUNT + 2; type++)
		for (op = 0; op < 20; op++)
			for (slot = EP + 1; slot < DEEP; slot++) {
				struct helios_raw r = { slot, helios_tag(
					HELIOS_LABEL(type, op), 0, 0),
					0, 0, 0, 0 };

				/* What its own can do is another's test. */
				if (slot < LISTED && listed[slot].type == type)
					continue;
				expect("operation", HELIOS_LABEL(type, op),
					helios_raw(HELIOS_SYS_CALL, &r),
					documented(slot, type));
			}
}

/*
 * Ports
 */

static uint64_t
port_access(unsigned int slot, unsigned int op, uint64_t port,
		uint64_t width, uint64_t *value)
{
	struct helios_raw r = { slot, helios_tag(HELIOS_LABEL(HELIOS_IOPORT,
			op), op == HELIOS_IOPORT_IN ? 2 : 3, 0),
		port, width, *value, 0 };
	uint64_t status = helios_raw(HELIOS_SYS_CALL, &r);

	*value = r.rdx;
	return status;
}

/* All there are, through both capabilities: only the listed ones answer.
 * Reading is harmless but to one's own device; nothing is written inside. */
static void
try_port(unsigned int slot, uint64_t port)
{
	static const unsigned int widths[] = { 1, 2, 4 };
	uint16_t min = ports[slot].min, max = ports[slot].max;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		bool inside = port >= min && port + widths[i] - 1 <= max;
		uint64_t value = 0;

		if (inside && widths[i] > 1)
			continue;
		expect("IN from port", port, port_access(slot,
				HELIOS_IOPORT_IN, port, widths[i], &value),
				inside ? HELIOS_OK : HELIOS_INVALID_PARAM);
		value = 0;
		if (!inside)
			expect("OUT to port", port, port_access(slot,
				HELIOS_IOPORT_OUT, port, widths[i], &value),
				HELIOS_INVALID_PARAM);
	}
}

static void
try_ports(void)
{
	static const uint64_t beyond[] = { 0x10000, 0x103f8, 1ull << 32,
		(1ull << 32) + 0x3f8, UINT64_MAX, UINT64_MAX - 1 };
	unsigned int slot, i;
	uint64_t port;

	for (slot = PORTS1; slot <= PORTS2; slot++) {
		for (port = 0; port < 0x10000; port++)
			try_port(slot, port);
		for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
			try_port(slot, beyond[i]);
	}
}

/* Accesses that start inside and end outside, of widths there are not. */
static void
try_port_widths(void)
{
	static const uint64_t widths[] = { 0, 3, 5, 8, 16, UINT64_MAX,
		1ull << 32 };
	unsigned int slot, i;
	uint64_t value;

	for (slot = PORTS1; slot <= PORTS2; slot++)
		for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
			value = 0;
			expect("IN of width", widths[i], port_access(slot,
				HELIOS_IOPORT_IN, ports[slot].min, widths[i],
				&value), HELIOS_INVALID_PARAM);
			value = 0;
			expect("OUT of width", widths[i], port_access(slot,
				HELIOS_IOPORT_OUT, ports[slot].min, widths[i],
				&value), HELIOS_INVALID_PARAM);
		}
}

static void
check_range(unsigned int slot)
{
	struct helios_raw r = { slot, helios_tag(HELIOS_LABEL(HELIOS_IOPORT,
			HELIOS_IOPORT_INFO), 0, 0), 0, 0, 0, 0 };

	expect("IOPort INFO", slot, helios_raw(HELIOS_SYS_CALL, &r),
			HELIOS_OK);
	expect_value("first port", slot, r.rdx, ports[slot].min);
	expect_value("last port", slot, r.r10, ports[slot].max);
}

static void
check_irq(unsigned int slot, uint64_t irq)
{
	struct helios_raw r = { slot, helios_tag(HELIOS_LABEL(
			HELIOS_IRQHANDLER, HELIOS_IRQHANDLER_INFO), 0, 0),
		0, 0, 0, 0 };

	expect("IRQHandler INFO", slot, helios_raw(HELIOS_SYS_CALL, &r),
			HELIOS_OK);
	expect_value("interrupt", slot, r.rdx, irq);
}

/* What it has is what the seed says, and issues nothing more. */
static void
try_controls(void)
{
	uint64_t irq;

	check_range(PORTS1);
	check_range(PORTS2);
	check_irq(IRQ3, 3);
	check_irq(IRQ4, 4);
	for (irq = 0; irq < 24; irq++) {
		const uint64_t words[4] = { irq, NOTE, UNDEF, 0 };

		try_operation("IRQControl ISSUE", HELIOS_IRQCONTROL,
				HELIOS_IRQCONTROL_ISSUE, words, 3);
	}
	const uint64_t all[4] = { 0, 0xffff, UNDEF, 0 };

	try_operation("IOControl ISSUE", HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE, all, 3);
}

/*
 * System calls with slots that are not its own
 */

static void
try_messages(void)
{
	static const uint64_t calls[] = { HELIOS_SYS_SEND, HELIOS_SYS_NBSEND,
		HELIOS_SYS_RECV, HELIOS_SYS_NBRECV, HELIOS_SYS_SIGNAL,
		HELIOS_SYS_WAIT, HELIOS_SYS_NBWAIT, HELIOS_SYS_REPLY_RECV };
	unsigned int i, n;

	for (n = 0; n < sizeof(calls) / sizeof(calls[0]); n++)
		for (i = LISTED; i < GUESSES; i++) {
			struct helios_raw r = { guess(i), 0, 0, 0, 0, 0 };

			expect("system call", calls[n], helios_raw(calls[n],
				&r), guess(i) < SLOTS ? HELIOS_INVALID_CSLOT :
				HELIOS_INVALID_CADDR);
		}
}

/* Ports and interrupts are nothing to send to. */
static void
try_wrong_types(void)
{
	static const unsigned int slots[] = { PORTS1, PORTS2, IRQ3, IRQ4 };
	static const uint64_t calls[] = { HELIOS_SYS_SEND, HELIOS_SYS_NBSEND,
		HELIOS_SYS_RECV, HELIOS_SYS_NBRECV, HELIOS_SYS_SIGNAL,
		HELIOS_SYS_WAIT, HELIOS_SYS_NBWAIT };
	unsigned int i, n;

	for (n = 0; n < sizeof(calls) / sizeof(calls[0]); n++)
		for (i = 0; i < 4; i++) {
			struct helios_raw r = { slots[i], 0, 0, 0, 0, 0 };

			expect("system call", calls[n],
					helios_raw(calls[n], &r),
					HELIOS_INVALID_CTYPE);
		}
}

static void
try_calls(void)
{
	struct helios_raw r = { (uint64_t)(uintptr_t)"rogue\n", 6, 0, 0, 0,
		0 };
	uint64_t nr;

	expect("WRITECONS", 0, helios_raw(HELIOS_SYS_WRITECONS, &r),
			HELIOS_ACCESS);
	for (nr = HELIOS_SYS_COUNT; nr < 600; nr++) {
		r = (struct helios_raw){ 0, 0, 0, 0, 0, 0 };
		expect("system call", nr, helios_raw(nr, &r),
				HELIOS_INVALID_SYSCALL);
	}
	r = (struct helios_raw){ 0, 0, 0, 0, 0, 0 };
	expect("system call", UINT64_MAX, helios_raw(UINT64_MAX, &r),
			HELIOS_INVALID_SYSCALL);
}

/* Capabilities that it has not, in a message that it may send. */
static void
try_caps_in_messages(void)
{
	struct helios_ipcbuf *buf = helios_ipcbuf();
	unsigned int i;

	for (i = LISTED; i < GUESSES; i++) {
		struct helios_raw r = { EP, helios_tag(1, 0, 1), 0, 0, 0, 0 };

		if (guess(i) > UINT32_MAX)
			continue;
		buf->caps[0] = (helios_cap_t)guess(i);
		expect("NBSEND of slot", guess(i), helios_raw(
				HELIOS_SYS_NBSEND, &r), guess(i) < SLOTS ?
				HELIOS_INVALID_CSLOT : HELIOS_INVALID_CADDR);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} attempts[] = {
	{ "identify", try_identify },
	{ "allocate", try_allocate },
	{ "devmem", try_devmem },
	{ "cspace", try_cspace },
	{ "vspace", try_vspace },
	{ "task", try_task },
	{ "system", try_system },
	{ "everything", try_everything },
	{ "ports", try_ports },
	{ "widths", try_port_widths },
	{ "controls", try_controls },
	{ "messages", try_messages },
	{ "types", try_wrong_types },
	{ "calls", try_calls },
	{ "caps", try_caps_in_messages },
};

static void
attempt(void (*run)(void))
{
	result.tries = 0;
	result.failed = false;
	run();
	/* Whatever it tried, it has what it had. */
	if (run != try_identify)
		try_identify();
	if (!result.failed)
		helios_snprintf(result.text, sizeof(result.text), "ok %llu",
				(unsigned long long)result.tries);
}

static ipc_status_t
put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *done)
{
	char name[32];
	size_t i;

	(void)rq;
	(void)mode;
	if (data_len >= sizeof(name))
		return IO_INVALID;
	memcpy(name, data, data_len);
	name[data_len] = 0;
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (strcmp(attempts[i].name, name))
			continue;
		attempt(attempts[i].run);
		*done = data_len;
		return 0;
	}
	return IO_NOENT;
}

static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *out,
		size_t *out_len)
{
	size_t len = strlen(result.text);

	(void)rq;
	(void)mode;
	if (len > amt)
		len = amt;
	memcpy(out, result.text, len);
	*out_len = len;
	return 0;
}

static const struct io_file_server server = { .put = put, .get = get };

static void
request(struct ipc_request *rq)
{
	io_file_dispatch(&server, rq);
}

int
main(int argc, char **argv, char **envp)
{
	static const struct mercury_loop loop = {
		.endpoint = EP,
		.request = request,
	};

	(void)argc;
	(void)argv;
	(void)envp;
	mercury_serve(&loop);
}
