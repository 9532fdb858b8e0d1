/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crasher: a driver that ends in the way it is told by put.  A word that is
 * none of these is taken, and the one put last comes back by get; "keep"
 * makes it keep all callers of get waiting from then on.
 *
 * Each way is a function of its own, since sysinit's line about the end has
 * the function's name.
 */
#include <mercury/driver.h>
#include <mercury/io.h>

#include "interfaces.h"

#define WORD_MAX	32u

static helios_cap_t endpoint;
static char word[WORD_MAX + 1];
static bool keeping;
static volatile unsigned int depth;
/* Never mapped; and no constant, or compilers would see what comes. */
static volatile uint64_t *volatile nowhere = (volatile uint64_t *)0x10;

/* From one function to another compilers would inline. */
#define WAY	static __attribute__((noinline, used)) void

WAY
crash_read(void)
{
	(void)*nowhere;
}

WAY
crash_write(void)
{
	*nowhere = 1;
}

/* Into its own code, which is mapped R and X. */
WAY
crash_text(void)
{
	union {
		void (*fn)(void);
		volatile uint8_t *byte;
	} text = { crash_read };

	*text.byte = 0xc3;
}

WAY
crash_exec(void)
{
	((void (*)(void))(uintptr_t)nowhere)();
}

/* A return instruction on the stack, which is mapped R and W. */
WAY
crash_stack_exec(void)
{
	static const uint8_t ret = 0xc3;
	volatile uint8_t code = ret;
	union {
		volatile uint8_t *byte;
		void (*fn)(void);
	} stack = { &code };

	stack.fn();
}

WAY
crash_divide(void)
{
	__asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : :
			"eax", "ecx", "edx", "cc");
}

WAY
crash_opcode(void)
{
	__asm__ volatile("ud2");
}

WAY
crash_privileged(void)
{
	__asm__ volatile("hlt");
}

WAY
crash_port(void)
{
	__asm__ volatile("inb $0x61, %%al" : : : "eax");
}

WAY
crash_breakpoint(void)
{
	__asm__ volatile("int3");
}

/* The system call instruction, where programs enter by a pointer; else a
 * page fault of the kernel's making. */
WAY
crash_syscall(void)
{
	if (helios_aux(HELIOS_AT_ENTRY, 0))
		__asm__ volatile("syscall" : : "a" (HELIOS_SYS_YIELD) :
				"rcx", "r11", "memory");
	crash_write();
}

static __attribute__((noinline)) unsigned int
crash_stack(unsigned int n)
{
	volatile char frame[512];

	frame[n % sizeof(frame)] = (char)n;
	depth++;
	if (n == UINT32_MAX)
		return 0;
	return crash_stack(n + 1) + (unsigned int)frame[n % sizeof(frame)];
}

WAY
crash_stack_overflow(void)
{
	depth = crash_stack(0);
}

WAY
crash_exit(void)
{
	helios_exit(CRASH_STATUS);
}

WAY
crash_panic(void)
{
	helios_panic("told to panic");
}

/* For ever, with interrupts coming and going. */
WAY
crash_loop(void)
{
	for (;;)
		depth++;
}

/* For ever, in the kernel: nobody signals this note. */
WAY
crash_wait(void)
{
	struct helios_poll none;

	for (;;)
		helios_poll(&none, 0, HELIOS_FOREVER, NULL);
}

/* Every system call with every small argument, and then its end. */
WAY
crash_garbage(void)
{
	uint64_t nr, cap, tag;

	for (nr = 0; nr < 64; nr++) {
		/* No waits for ever, no answer, no EXIT. */
		if (nr == HELIOS_SYS_RECV || nr == HELIOS_SYS_SEND ||
				nr == HELIOS_SYS_CALL ||
				nr == HELIOS_SYS_REPLY ||
				nr == HELIOS_SYS_REPLY_RECV ||
				nr == HELIOS_SYS_WAIT ||
				nr == HELIOS_SYS_POLL ||
				nr == HELIOS_SYS_EXIT)
			continue;
		for (cap = 0; cap < 64; cap++)
			for (tag = 0; tag < 8; tag++) {
				struct helios_raw r = { cap, tag << 16 | cap,
					UINT64_MAX, tag, nr, cap };

				helios_raw(nr, &r);
			}
	}
	crash_write();
}

static const struct {
	const char *word;
	void (*run)(void);
} ways[] = {
	{ "read", crash_read },
	{ "write", crash_write },
	{ "text", crash_text },
	{ "exec", crash_exec },
	{ "stack-exec", crash_stack_exec },
	{ "divide", crash_divide },
	{ "opcode", crash_opcode },
	{ "privileged", crash_privileged },
	{ "port", crash_port },
	{ "breakpoint", crash_breakpoint },
	{ "syscall", crash_syscall },
	{ "stack", crash_stack_overflow },
	{ "exit", crash_exit },
	{ "panic", crash_panic },
	{ "loop", crash_loop },
	{ "wait", crash_wait },
	{ "garbage", crash_garbage },
};

static ipc_status_t
put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	size_t i;

	(void)rq;
	(void)mode;
	if (data_len > WORD_MAX)
		return IO_INVALID;
	memcpy(word, data, data_len);
	word[data_len] = 0;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].word, word))
			ways[i].run();
	if (!strcmp(word, "keep"))
		keeping = true;
	*result = data_len;
	return 0;
}

/* A caller that is kept waits until this driver's end, since its Reply is in
 * a slot of this CSpace and nobody will ever use it. */
static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *result,
		size_t *result_len)
{
	helios_cap_t reply;
	size_t len = strlen(word);

	(void)mode;
	if (keeping)
		return ipc_defer(rq, &reply) ? IO_LIMIT : 0;
	if (len > amt)
		len = amt;
	memcpy(result, word, len);
	*result_len = len;
	return len > 0 ? 0 : IO_AGAIN;
}

static const struct io_file_server server = { .put = put, .get = get };

static void
request(struct ipc_request *rq)
{
	io_file_dispatch(&server, rq);
}

/* mercury_serve(), but that "return" makes it return. */
static void
serve_until_told(void)
{
	struct ipc_request rq;
	uint64_t watchdog = helios_aux(MERCURY_AT_WATCHDOG,
			HELIOS_CADDR_UNDEF);
	enum helios_status status = ipc_receive(endpoint, 0, &rq);

	while (status == HELIOS_OK && strcmp(word, "return")) {
		if (!(rq.tag & HELIOS_TAG_NOTE))
			request(&rq);
		else if (rq.words[0] & MERCURY_WATCHDOG_BIT &&
				strcmp(word, "silent"))
			helios_signal((helios_cap_t)watchdog);
		if (strcmp(word, "return"))
			status = ipc_reply_receive(endpoint, 0, &rq);
	}
}

int
main(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	(void)envp;
	endpoint = (helios_cap_t)helios_aux(MERCURY_AT_CAP(0),
			HELIOS_CADDR_UNDEF);
	if (mercury_register(endpoint, CRASHER_IFACE + endpoint, 0, NULL))
		return 1;
	serve_until_told();
	return 0;
}
