/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel for libmercury: system calls arrive by the entry pointer, as they
 * do in helios-hosted, and move one message.  Capabilities are numbers; it
 * knows which the program has.
 */
#include "calls.h"

#define FIRST_CAP	1000u		/* the slots of those that came */

extern void kernel_entry(void) __attribute__((visibility("hidden")));
uint64_t kernel_call(uint64_t nr, struct helios_raw *r);

void (*helios_entry)(void) = kernel_entry;

/*
 * The contract of raw.h: a jump, the return address in %rcx, the red zone
 * not touched, everything but %rbx and %rcx kept.
 */
__asm__(".pushsection .text\n"
	".hidden kernel_entry\n"
	".globl kernel_entry\n"
	"kernel_entry:\n"
	"	lea	-128(%rsp), %rsp\n"
	"	push	%rcx\n"
	"	mov	%rsp, %rbx\n"
	"	push	%r9\n"
	"	push	%r8\n"
	"	push	%r10\n"
	"	push	%rdx\n"
	"	push	%rsi\n"
	"	push	%rdi\n"
	"	mov	%rsp, %rsi\n"
	"	mov	%rax, %rdi\n"
	"	and	$-16, %rsp\n"
	"	call	kernel_call\n"
	"	lea	-48(%rbx), %rsp\n"
	"	pop	%rdi\n"
	"	pop	%rsi\n"
	"	pop	%rdx\n"
	"	pop	%r10\n"
	"	pop	%r8\n"
	"	pop	%r9\n"
	"	pop	%rcx\n"
	"	lea	128(%rsp), %rsp\n"
	"	jmp	*%rcx\n"
	".popsection\n");

struct call_message kernel_in, kernel_out;
unsigned int kernel_sent;
bool kernel_deferred;

static struct helios_ipcbuf buffer;
static bool has[HELIOS_MSG_CAPS];

void
kernel_reset(void)
{
	memset(&kernel_in, 0, sizeof(kernel_in));
	memset(&kernel_out, 0, sizeof(kernel_out));
	memset(&buffer, 0, sizeof(buffer));
	memset(has, 0, sizeof(has));
	kernel_sent = 0;
	kernel_deferred = false;
}

bool
kernel_has(helios_cap_t cap)
{
	return cap >= FIRST_CAP && cap - FIRST_CAP < HELIOS_MSG_CAPS &&
		has[cap - FIRST_CAP];
}

void
kernel_keep(helios_cap_t cap)
{
	fuzz_check(kernel_has(cap));
	has[cap - FIRST_CAP] = false;
}

bool
kernel_all_gone(void)
{
	unsigned int i;

	for (i = 0; i < HELIOS_MSG_CAPS; i++)
		if (has[i])
			return false;
	return true;
}

void
kernel_deliver(void)
{
	unsigned int i, n = helios_tag_ncaps(kernel_in.tag);

	for (i = 0; i < n; i++) {
		kernel_in.caps[i] = FIRST_CAP + i;
		has[i] = true;
	}
}

/* The message of kernel_in into registers and buffer. */
static void
bring(struct helios_raw *r)
{
	unsigned int n = helios_tag_nwords(kernel_in.tag), i;

	kernel_deliver();
	/* What the message does not have is left from earlier ones. */
	memset(buffer.words, 0xd7, sizeof(buffer.words));
	r->rsi = kernel_in.tag;
	r->rdx = kernel_in.words[0];
	r->r10 = kernel_in.words[1];
	r->r8 = kernel_in.words[2];
	r->r9 = kernel_in.words[3];
	for (i = HELIOS_MSG_REGS; i < n; i++)
		buffer.words[i] = kernel_in.words[i];
	memset(buffer.caps, 0xd7, sizeof(buffer.caps));
	memcpy(buffer.caps, kernel_in.caps,
		helios_tag_ncaps(kernel_in.tag) * sizeof(buffer.caps[0]));
}

/* What the program sends: into kernel_out, as the kernel would check it. */
static void
take(const struct helios_raw *r)
{
	unsigned int n = helios_tag_nwords(r->rsi), i;
	unsigned int ncaps = helios_tag_ncaps(r->rsi);

	fuzz_check(n <= HELIOS_MSG_WORDS && ncaps <= HELIOS_MSG_CAPS);
	fuzz_check(!(r->rsi & (HELIOS_TAG_NOTE | HELIOS_TAG_FAULT)));
	memset(&kernel_out, 0, sizeof(kernel_out));
	kernel_out.tag = r->rsi;
	kernel_out.words[0] = r->rdx;
	kernel_out.words[1] = r->r10;
	kernel_out.words[2] = r->r8;
	kernel_out.words[3] = r->r9;
	for (i = HELIOS_MSG_REGS; i < n; i++)
		kernel_out.words[i] = buffer.words[i];
	memcpy(kernel_out.caps, buffer.caps, ncaps * sizeof(buffer.caps[0]));
	kernel_sent++;
}

uint64_t
kernel_call(uint64_t nr, struct helios_raw *r)
{
	unsigned int ncaps = helios_tag_ncaps(kernel_in.tag);

	if (nr == HELIOS_SYS_CALL || nr == HELIOS_SYS_SEND ||
			nr == HELIOS_SYS_REPLY)
		take(r);
	else
		fuzz_check(nr == HELIOS_SYS_RECV);
	if (nr == HELIOS_SYS_SEND || nr == HELIOS_SYS_REPLY)
		return HELIOS_OK;
	if (ncaps > buffer.accept_count) {
		r->rdx = buffer.accept_count;
		r->rsi = 0;
		return HELIOS_REFUSED;
	}
	bring(r);
	return HELIOS_OK;
}

/*
 * What libmercury calls of libhelios
 */

struct helios_ipcbuf *
helios_ipcbuf(void)
{
	return &buffer;
}

void
helios_accept(unsigned int count, const helios_cap_t *dests)
{
	fuzz_check(count <= HELIOS_MSG_CAPS && !dests);
	buffer.accept_count = count;
}

enum helios_status
helios_destroy(helios_cap_t cap)
{
	kernel_keep(cap);
	/* A message to the CSpace, which may use the buffer. */
	memset(buffer.words, 0xd7, sizeof(buffer.words));
	memset(buffer.caps, 0xd7, sizeof(buffer.caps));
	return HELIOS_OK;
}

enum helios_status
helios_store_reply(helios_cap_t *out)
{
	kernel_deferred = true;
	*out = FIRST_CAP + HELIOS_MSG_CAPS;
	return HELIOS_OK;
}

const char *
helios_strerror(enum helios_status status)
{
	return status < HELIOS_STATUS_COUNT ? "a status" : "no status";
}

/* All are endpoints. */
enum helios_status
helios_identify(helios_cap_t cap, uint64_t *out)
{
	fuzz_check(kernel_has(cap));
	*out = HELIOS_ENDPOINT;
	return HELIOS_OK;
}
