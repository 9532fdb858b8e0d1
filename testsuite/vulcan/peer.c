/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer.h"

#define BREATH		20000u		/* ns */
#define LONG_BREATH	5120000u

void
breathe(void)
{
	CHECK_OK(helios_sleep(10 * BREATH));
}

void
peer_set(struct peer *peer, enum helios_syscall nr, helios_cap_t cap,
		unsigned int nwords, uint64_t base)
{
	memset(peer, 0, sizeof *peer);
	peer->nr = nr;
	peer->cap = cap;
	helios_msg_start(&peer->msg, 0, nwords, 0);
	for (unsigned int i = 0; i < nwords; i++)
		peer->msg.words[i] = base + i;
}

static void *
peer_run(void *arg)
{
	struct peer *peer = arg;

	helios_accept(peer->accept, peer->dests);
	/* What stands behind the count must not matter. */
	for (unsigned int i = peer->accept; i < HELIOS_MSG_CAPS; i++)
		helios_ipcbuf()->accept[i] = HELIOS_CADDR_UNDEF;
	switch (peer->nr) {
	case HELIOS_SYS_SEND:
		peer->status = helios_send(peer->cap, &peer->msg);
		break;
	case HELIOS_SYS_NBSEND:
		peer->status = helios_nbsend(peer->cap, &peer->msg);
		break;
	case HELIOS_SYS_RECV:
		peer->status = helios_recv(peer->cap, &peer->msg);
		break;
	case HELIOS_SYS_CALL:
		peer->status = helios_call(peer->cap, &peer->msg);
		break;
	case HELIOS_SYS_WAIT:
		peer->status = helios_wait(peer->cap, &peer->bits);
		break;
	default:
		FAIL("a peer makes no system call %d", (int)peer->nr);
	}
	peer->detail = helios_detail();
	return NULL;
}

void
peer_start(struct peer *peer)
{
	struct helios_thread_attr attr = {
		.stack_size = 16384,
		.name = "peer",
	};

	if (peer->priority != 0) {
		attr.has_priority = true;
		attr.priority = peer->priority;
		attr.highest = peer->priority;
	}
	CHECK_OK(helios_thread_new(&peer->thread, peer_run, peer, &attr));
	CHECK_OK(helios_thread_start(peer->thread));
}

uint64_t
task_state(helios_cap_t task)
{
	struct helios_task_info info;

	CHECK_OK(helios_task_info(task, &info));
	return info.state;
}

void
wait_state(helios_cap_t task, uint64_t state)
{
	uint64_t ns = BREATH;

	/* On a slow machine others get on only in longer sleeps. */
	for (; task_state(task) != state; ns *= ns < LONG_BREATH ? 2 : 1)
		CHECK_OK(helios_sleep(ns));
}

void
peer_block(struct peer *peer, uint64_t state)
{
	peer_start(peer);
	wait_state(helios_thread_task(peer->thread), state);
}

uint64_t
peer_state(const struct peer *peer)
{
	return task_state(helios_thread_task(peer->thread));
}

void
peer_join(struct peer *peer)
{
	CHECK_OK(helios_thread_join(peer->thread, NULL));
	peer->thread = NULL;
}

void
peer_expect(struct peer *peer, enum helios_status status)
{
	peer_join(peer);
	CHECK_STATUS(peer->status, status);
}

void
peer_kill(struct peer *peer)
{
	CHECK_OK(helios_thread_kill(peer->thread));
	peer->thread = NULL;
}

void
check_words(const struct helios_msg *msg, unsigned int nwords, uint64_t base)
{
	CHECK_EQ(helios_tag_nwords(msg->tag), nwords);
	for (unsigned int i = 0; i < nwords; i++) {
		if (msg->words[i] != base + i)
			FAIL("word %u of %u: found 0x%llx, expected 0x%llx",
				i, nwords, (unsigned long long)msg->words[i],
				(unsigned long long)(base + i));
	}
}

helios_cap_t
bare_task(void (*fn)(uint64_t arg), uint64_t arg, helios_cap_t cspace,
		helios_cap_t fault)
{
	struct helios_regs regs = { .rip = (uint64_t)(uintptr_t)fn };
	const size_t size = 16384;
	helios_cap_t task;
	void *stack;

	if (cspace == HELIOS_CADDR_UNDEF)
		cspace = helios_process.cspace;
	CHECK_OK(helios_mmap(NULL, size, HELIOS_PROT_READ | HELIOS_PROT_WRITE,
				HELIOS_MMAP_GUARD, &stack));
	CHECK_OK(helios_newtask(&task));
	CHECK_OK(helios_task_configure(task, cspace, helios_process.vspace,
				HELIOS_CADDR_UNDEF));
	/* As after a call: 16 bytes aligned, and a return address. */
	regs.rsp = (uint64_t)(uintptr_t)stack + size - 8;
	regs.rdi = arg;
	CHECK_OK(helios_task_write_registers(task, &regs));
	CHECK_OK(helios_task_set_fault(task, fault));
	CHECK_OK(helios_task_set_priority(task, VULCAN_PRIORITY,
				VULCAN_PRIORITY));
	CHECK_OK(helios_task_set_name(task, "bare"));
	return task;
}

void
spin(uint64_t arg)
{
	volatile uint64_t *counter = (volatile uint64_t *)(uintptr_t)arg;

	for (;;)
		(*counter)++;
}

void
make_bare_call(uint64_t arg)
{
	struct bare_call *call = (struct bare_call *)(uintptr_t)arg;

	for (;;)
		helios_raw_exit(helios_raw(call->nr, &call->regs));
}

struct helios_raw
operation(helios_cap_t cap, unsigned int type, unsigned int op,
		unsigned int nwords, uint64_t w0, uint64_t w1, uint64_t w2,
		uint64_t w3)
{
	return (struct helios_raw){ .rdi = cap,
		.rsi = helios_tag(HELIOS_LABEL(type, op), nwords, 0),
		.rdx = w0, .r10 = w1, .r8 = w2, .r9 = w3 };
}

void
wait_progress(const volatile uint64_t *counter)
{
	const struct helios_bootinfo *boot = helios_process.bootinfo;
	uint64_t before = *counter;

	while (*counter == before)
		CHECK_OK(helios_sleep(boot->slice_ns));
}

unsigned int
type_at(helios_cap_t slot)
{
	uint64_t word;

	CHECK_OK(helios_identify(slot, &word));
	return HELIOS_IDENTIFY_TYPE(word);
}

/* Slots that will be picked next; more than a thread or two take. */
#define NEXT	124u

helios_cap_t
null_slot(unsigned int skip)
{
	struct helios_cspace_info info;
	helios_cap_t next[NEXT], slot, found = HELIOS_CADDR_UNDEF;

	memset(next, 0xff, sizeof next);
	for (unsigned int i = 0; i < NEXT; i += 62)
		CHECK_OK(helios_allocate(helios_process.memory, HELIOS_NOTE,
					0, 62, next + i));
	CHECK_OK(helios_cspace_info(helios_process.cspace, &info));
	for (slot = (helios_cap_t)info.slots; slot-- > 0; ) {
		if (type_at(slot) != HELIOS_NULL || skip-- != 0)
			continue;
		found = slot;
		break;
	}
	CHECK(found != HELIOS_CADDR_UNDEF);
	CHECK_OK(helios_destroy_many(NEXT, next));
	return found;
}

struct helios_fault
recv_fault(helios_cap_t endpoint, uint64_t kind)
{
	struct helios_fault fault;
	struct helios_msg msg;
	char text[96];

	CHECK_OK(helios_recv(endpoint, &msg));
	CHECK((msg.tag & HELIOS_TAG_FAULT) != 0);
	CHECK_OK(helios_fault_decode(&msg, &fault));
	helios_fault_describe(&fault, text, sizeof text);
	if (fault.kind != kind)
		FAIL("expected a fault of kind %llu, found %s",
			(unsigned long long)kind, text);
	return fault;
}

void
levels_take(struct levels *levels)
{
	helios_thread_reap();
	helios_heap_trim();
	CHECK_OK(helios_memory_info(helios_process.memory, &levels->memory));
	CHECK_OK(helios_cspace_info(helios_process.cspace, &levels->cspace));
	CHECK_OK(helios_system_counts(helios_process.system,
				&levels->counts));
}

void
levels_check(const struct levels *before)
{
	struct levels now;

	levels_take(&now);
	CHECK_EQ(now.memory.objects, before->memory.objects);
	CHECK_EQ(now.memory.free, before->memory.free);
	CHECK_EQ(now.memory.largest, before->memory.largest);
	CHECK_EQ(now.cspace.free, before->cspace.free);
	CHECK_EQ(now.cspace.dead, before->cspace.dead);
	CHECK_EQ(now.counts.tasks, before->counts.tasks);
	CHECK_EQ(now.counts.endpoints, before->counts.endpoints);
	CHECK_EQ(now.counts.notes, before->counts.notes);
	CHECK_EQ(now.counts.cspaces, before->counts.cspaces);
	CHECK_EQ(now.counts.vspaces, before->counts.vspaces);
	CHECK_EQ(now.counts.memories, before->counts.memories);
}

void
need_system_call_trap(void)
{
	if (vulcan_boot_flag(HELIOS_BOOT_HOSTED) &&
			vulcan_boot_flag(HELIOS_BOOT_SLOW))
		SKIP("the tool this runs under lets no system call "
			"instruction be caught");
}

unsigned int
scaled(unsigned int n, unsigned int slow)
{
	return vulcan_boot_flag(HELIOS_BOOT_SLOW) ? slow : n;
}
