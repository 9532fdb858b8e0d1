/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Foreign tasks: programs made for Linux, whose system calls are faults that
 * a supervisor serves.  The kernel has no code for any of this.
 *
 * The supervisor here knows what the two programs in foreign/ use.  All that
 * it answers stands on the task's own arguments; an address that is none gets
 * EFAULT from VSpace READ and WRITE, as it would there.
 */
#include "peer.h"

enum {
	NR_WRITE = 1, NR_MPROTECT = 10, NR_BRK = 12, NR_IOCTL = 16,
	NR_READLINK = 89, NR_ARCH_PRCTL = 158, NR_SET_TID_ADDRESS = 218,
	NR_EXIT_GROUP = 231, NR_NEWFSTATAT = 262, NR_READLINKAT = 267,
	NR_SET_ROBUST_LIST = 273, NR_PRLIMIT64 = 302, NR_GETRANDOM = 318,
	NR_RSEQ = 334, NR_TEST = 0x1234567
};
enum { ENOENT = 2, ENOMEM = 12, EFAULT = 14, EINVAL = 22, ENOTTY = 25,
	ENOSYS = 38 };

#define ARCH_SET_FS	0x1002
#define ERROR(e)	((uint64_t)-(int64_t)(e))

struct guest {
	struct helios_program program;
	helios_cap_t fault;
	char text[512];
	size_t len;
	uint64_t brk_low, brk, brk_top;	/* top: mapped up to here */
	unsigned int calls;
};

static void
guest_load(struct guest *g, const char *file, const char *const *argv,
		const char *const *envp)
{
	struct helios_tar tar;
	void *image;
	size_t size;

	need_system_call_trap();
	memset(g, 0, sizeof *g);
	CHECK_OK(helios_tar_initramfs(&tar));
	if (helios_tar_load(&tar, file, &image, &size) != HELIOS_OK)
		FAIL("expected \"%s\" in the initramfs, found no such file",
			file);
	CHECK_OK(helios_newendpoint(&g->fault));
	g->program.image = image;
	g->program.size = size;
	g->program.argv = argv;
	g->program.envp = envp;
	g->program.task_flags = HELIOS_TASK_FOREIGN;
	g->program.fault = g->fault;
	g->program.priority = VULCAN_PRIORITY;
	g->program.highest = VULCAN_PRIORITY;
	if (helios_program_load(&g->program) != HELIOS_OK)
		FAIL("cannot load \"%s\": %s", file, g->program.why ?
			g->program.why : helios_strerror(HELIOS_NOMEM));
	free(image);
}

static void
guest_end(struct guest *g)
{
	CHECK_OK(helios_program_destroy(&g->program));
}

/* write(2): fd, address, bytes */
static uint64_t
guest_write(struct guest *g, const uint64_t *args)
{
	size_t len = args[2];

	CHECK(args[0] == 1 || args[0] == 2);
	CHECK(g->len + len < sizeof g->text);
	if (helios_vspace_read(g->program.vspace, args[1], g->text + g->len,
				len) != HELIOS_OK)
		return ERROR(EFAULT);
	g->len += len;
	return len;
}

/* Put a result into the program's memory. */
static uint64_t
guest_put(struct guest *g, uint64_t address, const void *data, size_t len)
{
	if (helios_vspace_write(g->program.vspace, address, data, len) !=
			HELIOS_OK)
		return ERROR(EFAULT);
	return 0;
}

/*
 * brk(2).  The heap starts some way behind the image, where the loader has
 * put nothing.
 */
static uint64_t
guest_brk(struct guest *g, uint64_t want)
{
	helios_cap_t page;

	if (g->brk_low == 0) {
		g->brk_low = g->program.base + 0x1000000;
		g->brk = g->brk_low;
		g->brk_top = g->brk_low;
	}
	if (want < g->brk_low)
		return g->brk;
	while (g->brk_top < want) {
		CHECK_OK(helios_newpage(&page));
		CHECK_OK(helios_map(g->program.vspace, g->brk_top,
					HELIOS_MAP_W | HELIOS_MAP_FIXED, 1,
					&page, NULL));
		g->brk_top += HELIOS_PAGE_SIZE;
	}
	g->brk = want;
	return g->brk;
}

static uint64_t
guest_random(struct guest *g, uint64_t address, uint64_t len)
{
	unsigned char bytes[256];

	if (len > sizeof bytes)
		len = sizeof bytes;
	for (unsigned int i = 0; i < len; i++)
		bytes[i] = (unsigned char)(i * 167 + 13);
	return guest_put(g, address, bytes, len) == 0 ? len : ERROR(EFAULT);
}

/* A pipe, as far as the program can see. */
static uint64_t
guest_stat(struct guest *g, uint64_t address)
{
	uint32_t st[144 / 4] = { 0 };

	st[6] = 0010600;
	return guest_put(g, address, st, sizeof st);
}

static uint64_t
guest_limit(struct guest *g, const uint64_t *args)
{
	const uint64_t limit[2] = { 65536, UINT64_MAX };

	if (args[2] != 0)
		return ERROR(EINVAL);
	return args[3] == 0 ? 0 : guest_put(g, args[3], limit, sizeof limit);
}

static uint64_t
guest_arch_prctl(struct guest *g, const uint64_t *args)
{
	if (args[0] != ARCH_SET_FS)
		return ERROR(EINVAL);
	CHECK_OK(helios_task_set_tls_base(g->program.task, args[1]));
	return 0;
}

/* The call of foreign/foreign.c that Linux has not. */
static uint64_t
guest_test(const uint64_t *args)
{
	for (unsigned int i = 0; i < 6; i++)
		CHECK_EQ(args[i], 0x1111111111111111ull * (i + 1) + i + 1);
	return ~(uint64_t)NR_TEST;
}

static uint64_t
guest_serve(struct guest *g, const struct helios_fault *f)
{
	switch (f->nr) {
	case NR_WRITE:
		return guest_write(g, f->args);
	case NR_BRK:
		return guest_brk(g, f->args[0]);
	case NR_ARCH_PRCTL:
		return guest_arch_prctl(g, f->args);
	case NR_SET_TID_ADDRESS:
		return 1;
	case NR_MPROTECT:	/* of relocated data, from now on read-only */
	case NR_SET_ROBUST_LIST:
		return 0;
	case NR_GETRANDOM:
		return guest_random(g, f->args[0], f->args[1]);
	case NR_NEWFSTATAT:
		return guest_stat(g, f->args[2]);
	case NR_PRLIMIT64:
		return guest_limit(g, f->args);
	case NR_READLINK:
	case NR_READLINKAT:
		return ERROR(ENOENT);
	case NR_IOCTL:
		return ERROR(ENOTTY);
	case NR_RSEQ:
		return ERROR(ENOSYS);
	case NR_TEST:
		return guest_test(f->args);
	default:
		FAIL("unexpected Linux system call %llu",
			(unsigned long long)f->nr);
	}
}

/* Serve it to its end; returns its status. */
static uint64_t
guest_run(struct guest *g)
{
	struct helios_fault f;
	struct helios_msg msg;
	char text[96];

	CHECK_OK(helios_task_resume(g->program.task));
	for (;;) {
		CHECK_OK(helios_recv(g->fault, &msg));
		CHECK_OK(helios_fault_decode(&msg, &f));
		if (f.kind != HELIOS_FAULT_SYSCALL) {
			helios_fault_describe(&f, text, sizeof text);
			FAIL("the program stopped: %s (loaded at 0x%llx)",
				text, (unsigned long long)g->program.base);
		}
		g->calls++;
		vulcan_note("Linux system call %llu",
				(unsigned long long)f.nr);
		if (f.nr == NR_EXIT_GROUP)
			return f.args[0];
		helios_msg_start(&msg, 0, 1, 0);
		msg.words[0] = guest_serve(g, &f);
		CHECK_OK(helios_reply(&msg));
	}
}

TEST(foreign, write_and_exit)
{
	static const char *const argv[] = { "foreign", "37", NULL };
	struct guest g;

	guest_load(&g, "foreign", argv, NULL);
	CHECK_EQ(guest_run(&g), 37);
	CHECK(strcmp(g.text, "Greetings from another system.\n37\n") == 0);
	CHECK_EQ(g.calls, 4);
	guest_end(&g);
}

/* It counts itself what a system call changed that it should not have. */
TEST(foreign, registers_survive)
{
	static const char *const argv[] = { "foreign", NULL };
	struct guest g;

	guest_load(&g, "foreign", argv, NULL);
	CHECK_EQ(guest_run(&g), 0);
	CHECK_EQ(g.calls, 3);
	guest_end(&g);
}

/* Its calls are faults even where it holds capabilities. */
TEST(foreign, has_no_calls_of_its_own)
{
	struct bare_call call = { .nr = HELIOS_SYS_SIGNAL };
	helios_cap_t ep, task, note;
	struct helios_fault f;
	struct helios_msg msg;
	uint64_t bits;

	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newnote(&note));
	call.regs = (struct helios_raw){ note, 2, 3, 4, 5, 6 };
	task = bare_task(make_bare_call, (uint64_t)(uintptr_t)&call,
			HELIOS_CADDR_UNDEF, ep);
	CHECK_OK(helios_task_set_flags(task, HELIOS_TASK_FOREIGN));
	CHECK_OK(helios_task_resume(task));
	f = recv_fault(ep, HELIOS_FAULT_SYSCALL);
	CHECK_EQ(f.nr, HELIOS_SYS_SIGNAL);
	CHECK_EQ(f.args[0], note);
	CHECK_EQ(f.args[1], 2);
	CHECK_EQ(f.args[2], 3);
	CHECK_EQ(f.args[3], 4);
	CHECK_EQ(f.args[4], 5);
	CHECK_EQ(f.args[5], 6);
	CHECK_STATUS(helios_nbwait(note, &bits), HELIOS_WOULD_BLOCK);
	/* One of ours again, it has its calls back. */
	CHECK_OK(helios_task_set_flags(task, 0));
	helios_msg_start(&msg, 0, 1, 0);
	msg.words[0] = 404;
	CHECK_OK(helios_reply(&msg));
	CHECK_EQ(recv_fault(ep, HELIOS_FAULT_EXIT).address, 404);
}

TEST(foreign, leaves_nothing)
{
	static const char *const argv[] = { "foreign", "1", NULL };
	struct levels before;
	struct guest g;

	guest_load(&g, "foreign", argv, NULL);
	guest_end(&g);
	CHECK_OK(helios_destroy(g.fault));
	levels_take(&before);
	for (unsigned int i = 0; i < 3; i++) {
		guest_load(&g, "foreign", argv, NULL);
		if (i != 0)
			CHECK_EQ(guest_run(&g), 1);
		guest_end(&g);
		CHECK_OK(helios_destroy(g.fault));
	}
	levels_check(&before);
}

TEST(foreign, glibc)
{
	static const char *const argv[] = { "glibc", "one", "two", NULL };
	static const char *const envp[] = { "HOME=/nowhere", NULL };
	struct guest g;

	vulcan_timeout(30000);
	guest_load(&g, "foreign-glibc", argv, envp);
	CHECK_EQ(guest_run(&g), 17);
	if (strcmp(g.text, "1: one\n2: two\n/nowhere 42 2.4495 x\n") != 0)
		FAIL("it said: %s", g.text);
	guest_end(&g);
}
