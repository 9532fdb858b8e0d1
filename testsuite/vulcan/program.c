/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs in address spaces of their own, started with the library's loader
 * from the initramfs.
 */
#include <elf.h>

#include "level.h"
#include "machine.h"

#define CHILD_EP	16u		/* slot of an endpoint in a child */

/* Wait for the child's end; returns its status. */
static int
wait_exit(helios_cap_t faults)
{
	struct helios_fault fault;
	struct helios_msg msg;
	char text[160];

	CHECK_OK(helios_recv(faults, &msg));
	CHECK_OK(helios_fault_decode(&msg, &fault));
	helios_fault_describe(&fault, text, sizeof(text));
	if (fault.kind != HELIOS_FAULT_EXIT)
		FAIL("expected the child to exit, found: %s", text);
	return (int)fault.address;
}

CHILD(arguments)
{
	const struct helios_process *p = &helios_process;
	uint64_t phdr = helios_aux(AT_PHDR, 0);

	if (p->argc != 3 || strcmp(p->argv[0], "vulcan") || p->argv[3])
		return 1;
	if (!p->envp[0] || strcmp(p->envp[0], "COLOR=green") ||
			strcmp(p->envp[1], "EMPTY=") || p->envp[2])
		return 2;
	if (strcmp(helios_getenv("COLOR"), "green") ||
			strcmp(helios_getenv("EMPTY"), "") ||
			helios_getenv("COL"))
		return 3;
	if (p->bootinfo || p->memory != HELIOS_CADDR_UNDEF ||
			p->task != HELIOS_CADDR_UNDEF)
		return 4;
	if (helios_aux(AT_PAGESZ, 0) != HELIOS_PAGE_SIZE ||
			helios_aux(AT_PHENT, 0) != sizeof(Elf64_Phdr) ||
			phdr != p->image_base + sizeof(Elf64_Ehdr) ||
			!helios_aux(AT_RANDOM, 0))
		return 5;
	if ((uint64_t)(p->argv - 1) % 16)
		return 6;
	return 42;
}

TEST(program, arguments)
{
	static const char *const env[] = { "COLOR=green", "EMPTY=", NULL };
	struct helios_program p = { .envp = env };

	CHECK_OK(helios_newendpoint(&p.fault));
	vulcan_load_child(&p, "arguments");
	CHECK_OK(helios_task_resume(p.task));
	CHECK_EQ(wait_exit(p.fault), 42);
}

/* Long messages, its own TLS, and relocated data. */

static _Thread_local uint64_t child_local = 5;
static uint64_t child_data[] = { 3, 4 };
static uint64_t *volatile child_pointer = &child_data[1];

CHILD(echo)
{
	struct helios_msg msg;
	unsigned int i;

	helios_msg_start(&msg, 77, HELIOS_MSG_WORDS, 0);
	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		msg.words[i] = i * child_local + *child_pointer;
	if (helios_call(CHILD_EP, &msg) != HELIOS_OK)
		return 1;
	if (helios_tag_nwords(msg.tag) != 40 || msg.words[39] != 1039)
		return 2;
	return 0;
}

TEST(program, talks_to_its_starter)
{
	const helios_cap_t as = CHILD_EP;
	struct helios_program p = { .ncaps = 1, .as = &as };
	struct helios_msg msg;
	helios_cap_t ep, given;
	unsigned int i;

	CHECK_OK(helios_newendpoint(&p.fault));
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_mint(ep, HELIOS_RIGHT_SEND, 99, &given));
	p.caps = &given;
	vulcan_load_child(&p, "echo");
	CHECK_OK(helios_task_resume(p.task));
	CHECK_OK(helios_recv(ep, &msg));
	CHECK_EQ(msg.badge, 99);
	CHECK_EQ(helios_tag_label(msg.tag), 77);
	CHECK_EQ(helios_tag_nwords(msg.tag), HELIOS_MSG_WORDS);
	for (i = 0; i < HELIOS_MSG_WORDS; i++)
		CHECK_EQ(msg.words[i], i * 5 + 4);
	helios_msg_start(&msg, 0, 40, 0);
	for (i = 0; i < 40; i++)
		msg.words[i] = 1000 + i;
	CHECK_OK(helios_reply(&msg));
	CHECK_EQ(wait_exit(p.fault), 0);
}

CHILD(crash)
{
	*(volatile uint64_t *)helios_aux(HELIOS_AT_IPCBUF, 0) = 1;
	*(volatile char *)(helios_process.image_base - 1) = 1;
	return 0;
}

TEST(program, crashes_alone)
{
	struct helios_program p = { .stack_size = 0 };
	struct helios_fault fault;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&p.fault));
	vulcan_load_child(&p, "crash");
	CHECK_OK(helios_task_resume(p.task));
	CHECK_OK(helios_recv(p.fault, &msg));
	CHECK_OK(helios_fault_decode(&msg, &fault));
	CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.address, p.base - 1);
	CHECK_EQ(fault.access, HELIOS_RIGHT_W);
}

/* Its own code and constants are not writable, its data not executable. */
CHILD(write_code)
{
	union {
		int (*in)(void);
		volatile char *out;
	} code = { .in = vulcan_child_run_crash };

	*code.out = 0;
	return 0;
}

CHILD(run_data)
{
	static unsigned char data[16] = { 0xc3 };
	union {
		unsigned char *in;
		void (*out)(void);
	} code = { .in = data };

	code.out();
	return 0;
}

static void
expect_fault(const char *child, uint64_t access)
{
	struct helios_program p = { .stack_size = 0 };
	struct helios_fault fault;
	struct helios_msg msg;

	CHECK_OK(helios_newendpoint(&p.fault));
	vulcan_load_child(&p, child);
	CHECK_OK(helios_task_resume(p.task));
	CHECK_OK(helios_recv(p.fault, &msg));
	CHECK_OK(helios_fault_decode(&msg, &fault));
	CHECK_EQ(fault.kind, HELIOS_FAULT_PAGE);
	CHECK_EQ(fault.access, access);
	CHECK_OK(helios_program_destroy(&p));
}

TEST(program, write_xor_execute)
{
	NEED_NO_EXECUTE();
	expect_fault("write_code", HELIOS_RIGHT_W);
	expect_fault("run_data", HELIOS_RIGHT_X);
}

/* With a Memory and itself it can do what init can. */

static void *
child_thread(void *arg)
{
	child_local += (uint64_t)arg;
	return (void *)child_local;
}

CHILD(threads)
{
	struct helios_thread *t[3];
	uint64_t i, sum = 0;
	void *value;
	char *block = helios_malloc(100000);

	if (!block)
		return 1;
	memset(block, 1, 100000);
	for (i = 0; i < 3; i++)
		if (helios_thread_spawn(&t[i], child_thread, (void *)i) !=
				HELIOS_OK)
			return 2;
	for (i = 0; i < 3; i++) {
		if (helios_thread_join(t[i], &value) != HELIOS_OK)
			return 3;
		sum += (uint64_t)value;
	}
	helios_free(block);
	return (int)sum;
}

TEST(program, with_memory_of_its_own)
{
	const helios_cap_t as = HELIOS_INIT_MEMORY;
	struct helios_program p = {
		.ncaps = 1, .as = &as,
		.self = 1u << HELIOS_INIT_CSPACE | 1u << HELIOS_INIT_VSPACE |
			1u << HELIOS_INIT_TASK,
		.cspace_radix = 9,
	};
	helios_cap_t memory;

	CHECK_OK(helios_newendpoint(&p.fault));
	CHECK_OK(helios_newmemory(400, &memory));
	p.caps = &memory;
	vulcan_load_child(&p, "threads");
	CHECK_OK(helios_task_resume(p.task));
	CHECK_EQ(wait_exit(p.fault), 18);
}

/* What a starter can say of it all: whose memory, where, and how much. */

#define CHILD_AUX	0x1234567800000000ull

CHILD(placed)
{
	const struct helios_process *p = &helios_process;
	uint64_t what;

	if (p->cspace != HELIOS_CADDR_UNDEF || p->vspace != HELIOS_CADDR_UNDEF)
		return 1;
	if (helios_aux(CHILD_AUX, 0) != 21 || helios_aux(CHILD_AUX + 1, 0) !=
			UINT64_MAX || helios_aux(CHILD_AUX + 2, 5) != 5)
		return 2;
	if (helios_identify(HELIOS_INIT_CSPACE, &what) != HELIOS_OK ||
			HELIOS_IDENTIFY_TYPE(what) != HELIOS_ENDPOINT ||
			(what & (HELIOS_IDENTIFY_SEND | HELIOS_IDENTIFY_RECV |
			HELIOS_IDENTIFY_GRANT)) != HELIOS_IDENTIFY_SEND)
		return 3;
	if (helios_identify(HELIOS_INIT_VSPACE, &what) != HELIOS_OK ||
			(what & (HELIOS_IDENTIFY_SEND | HELIOS_IDENTIFY_RECV |
			HELIOS_IDENTIFY_GRANT)) != HELIOS_IDENTIFY_RECV)
		return 4;
	return 0;
}

TEST(program, placed_as_its_starter_says)
{
	const uint64_t aux[] = { CHILD_AUX, 21, CHILD_AUX + 1, UINT64_MAX };
	const helios_cap_t as[] = { HELIOS_INIT_CSPACE, HELIOS_INIT_VSPACE };
	const uint32_t rights[] = { HELIOS_RIGHT_SEND, HELIOS_RIGHT_RECV };
	struct helios_memory_info before, after, quota;
	struct helios_program p = {
		.ncaps = 2, .as = as, .rights = rights, .silent = true,
		.aux = aux, .naux = 2,
	};
	helios_cap_t ep, memory;

	CHECK_OK(helios_newendpoint(&p.fault));
	CHECK_OK(helios_newendpoint(&ep));
	CHECK_OK(helios_newmemory(600, &memory));
	p.caps = (const helios_cap_t[]){ ep, ep };
	p.from = &memory;
	CHECK_OK(helios_memory_info(memory, &before));
	vulcan_load_child(&p, "placed");
	/* All of it is from there. */
	CHECK_OK(helios_memory_info(p.memory, &quota));
	CHECK_OK(helios_memory_info(memory, &after));
	CHECK(before.free - after.free >= quota.pages);
	CHECK_OK(helios_task_resume(p.task));
	CHECK_EQ(wait_exit(p.fault), 0);
	CHECK_OK(helios_program_destroy(&p));
	CHECK_OK(helios_memory_info(memory, &after));
	CHECK_EQ(after.free, before.free);
}

/* The size that it says is the size that it takes. */
TEST(program, pages_it_needs)
{
	struct helios_program p = { .fault = HELIOS_CADDR_UNDEF };
	struct helios_memory_info info;
	struct helios_tar tar;
	uint64_t pages;
	size_t size;
	void *init;

	CHECK_OK(helios_tar_initramfs(&tar));
	CHECK_OK(helios_tar_load(&tar, "init", &init, &size));
	p.image = init;
	p.size = size;
	CHECK_OK(helios_program_pages(&p, &pages));
	CHECK_OK(helios_program_load(&p));
	CHECK_OK(helios_memory_info(p.memory, &info));
	CHECK_EQ(info.pages, pages);
	CHECK_OK(helios_program_destroy(&p));
	p.memory_pages = pages - 1;
	CHECK_STATUS(helios_program_load(&p), HELIOS_NOMEM);
	p.memory_pages = pages;
	CHECK_OK(helios_program_load(&p));
	CHECK_OK(helios_program_destroy(&p));
	p.size = 3;
	CHECK_STATUS(helios_program_pages(&p, &pages), HELIOS_INVALID_PARAM);
	CHECK(p.why != NULL);
}

TEST(program, destroy_returns_everything)
{
	struct helios_program p = { .fault = HELIOS_CADDR_UNDEF };
	struct level before;

	level(&before);
	vulcan_load_child(&p, "arguments");
	CHECK_OK(helios_program_destroy(&p));
	check_level(&before);
}

TEST(program, killed_while_it_runs)
{
	const helios_cap_t as = CHILD_EP;
	struct helios_program p = { .ncaps = 1, .as = &as };
	struct level before;
	helios_cap_t ep;

	CHECK_OK(helios_newendpoint(&ep));
	p.caps = &ep;
	p.fault = HELIOS_CADDR_UNDEF;
	level(&before);
	vulcan_load_child(&p, "echo");
	CHECK_OK(helios_task_resume(p.task));
	helios_sleep(2000000);
	CHECK_OK(helios_program_destroy(&p));
	check_level(&before);
}

/* Bad images: refused with a reason, and nothing is left behind. */

static uint8_t image[HELIOS_PAGE_SIZE] __attribute__((aligned(16)));

static void
read_image(void)
{
	struct helios_tar_entry entry;
	struct helios_tar tar;

	CHECK_OK(helios_tar_initramfs(&tar));
	CHECK_OK(helios_tar_find(&tar, "init", &entry));
	CHECK_OK(helios_tar_read(&tar, &entry, 0, image, sizeof(image)));
}

static void
refused(const char *word)
{
	struct helios_program p = {
		.image = image, .size = sizeof(image),
		.fault = HELIOS_CADDR_UNDEF,
	};

	CHECK_STATUS(helios_program_load(&p), HELIOS_INVALID_PARAM);
	CHECK(p.why != NULL);
	if (!strstr(p.why, word))
		FAIL("reason \"%s\", expected something with \"%s\"", p.why,
			word);
	CHECK_EQ(p.task, HELIOS_CADDR_UNDEF);
}

TEST(program, bad_images)
{
	Elf64_Ehdr *eh = (void *)image;
	struct level before;
	Elf64_Phdr *ph;

	level(&before);
	read_image();
	image[1] = 'X';
	refused("not an ELF");
	read_image();
	eh->e_machine = EM_386;
	refused("x86_64");
	read_image();
	eh->e_type = ET_EXEC;
	refused("position independent");
	read_image();
	eh->e_phoff = sizeof(image);
	refused("beyond the end");
	read_image();
	/* The file was cut to one page. */
	refused("beyond the end");
	read_image();
	ph = (void *)(image + eh->e_phoff);
	CHECK_EQ(ph->p_type, PT_LOAD);
	ph->p_flags = PF_R | PF_W | PF_X;
	ph->p_filesz = ph->p_memsz = 100;
	refused("writable and executable");
	check_level(&before);
}

TEST(program, not_enough_memory)
{
	struct helios_program p = {
		.fault = HELIOS_CADDR_UNDEF, .memory_pages = 3,
	};
	struct helios_tar tar;
	struct level before;
	size_t size;
	void *init;

	CHECK_OK(helios_tar_initramfs(&tar));
	CHECK_OK(helios_tar_load(&tar, "init", &init, &size));
	p.image = init;
	p.size = size;
	level(&before);
	CHECK_STATUS(helios_program_load(&p), HELIOS_NOMEM);
	check_level(&before);
	/* So much stack that the quota itself cannot be carved. */
	p.memory_pages = 0;
	p.stack_size = VULCAN_PAGES * HELIOS_PAGE_SIZE;
	CHECK_STATUS(helios_program_load(&p), HELIOS_NOMEM);
	check_level(&before);
}

TEST(tar, initramfs)
{
	struct helios_tar_entry entry;
	struct helios_tar tar;
	uint64_t at = 0;
	unsigned int inits = 0;
	char magic[4];

	CHECK_OK(helios_tar_initramfs(&tar));
	while (helios_tar_entry(&tar, at, &entry) == HELIOS_OK) {
		CHECK(entry.next > at);
		inits += !strcmp(entry.name, "init");
		at = entry.next;
	}
	CHECK_EQ(inits, 1);
	CHECK_OK(helios_tar_find(&tar, "init", &entry));
	CHECK_EQ(entry.type, '0');
	CHECK_OK(helios_tar_read(&tar, &entry, 0, magic, 4));
	CHECK(!memcmp(magic, ELFMAG, 4));
	CHECK_STATUS(helios_tar_read(&tar, &entry, entry.size, magic, 1),
			HELIOS_INVALID_PARAM);
	CHECK_STATUS(helios_tar_read(&tar, &entry, UINT64_MAX, magic, 4),
			HELIOS_INVALID_PARAM);
	CHECK_STATUS(helios_tar_find(&tar, "no such file", &entry),
			HELIOS_WOULD_BLOCK);
}

/* A header with one bit wrong is never taken for a header. */
TEST(tar, damaged_headers)
{
	struct helios_tar_entry entry;
	struct helios_tar initramfs, tar;
	uint8_t block[512];
	unsigned int i;

	CHECK_OK(helios_tar_initramfs(&initramfs));
	CHECK_OK(initramfs.read(initramfs.cookie, 0, block, sizeof(block)));
	helios_tar_memory(&tar, block, initramfs.size);
	CHECK_OK(helios_tar_entry(&tar, 0, &entry));
	for (i = 0; i < sizeof(block); i++) {
		/* The number's ends may be spaces or NULs as they like. */
		if (i >= 148 && i < 156)
			continue;
		block[i] ^= 0x40;
		CHECK_ERROR(helios_tar_entry(&tar, 0, &entry),
				HELIOS_INVALID_PARAM, 0);
		block[i] ^= 0x40;
	}
	CHECK_OK(helios_tar_entry(&tar, 0, &entry));
	helios_tar_memory(&tar, block, sizeof(block));
	CHECK_ERROR(helios_tar_entry(&tar, 0, &entry), HELIOS_INVALID_PARAM,
			0);
}
