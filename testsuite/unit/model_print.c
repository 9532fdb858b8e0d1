/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations as lines that a person can read. */
#include <stdio.h>

#include <object.h>

#include "model.h"

static const char *const names[K_KINDS] = {
	[K_ALLOC] = "ALLOCATE", [K_COPY] = "COPY", [K_MOVE] = "MOVE",
	[K_MINT] = "MINT", [K_DESTROY] = "DESTROY", [K_REVOKE] = "REVOKE",
	[K_STORE_REPLY] = "STORE_REPLY", [K_MAP] = "MAP",
	[K_UNMAP] = "UNMAP", [K_PROTECT] = "PROTECT",
	[K_CONFIGURE] = "CONFIGURE", [K_SEND] = "SEND", [K_CALL] = "CALL",
	[K_NBSEND] = "NBSEND", [K_RECV] = "RECV", [K_NBRECV] = "NBRECV",
	[K_REPLY] = "REPLY", [K_SIGNAL] = "SIGNAL", [K_WAIT] = "WAIT",
	[K_NBWAIT] = "NBWAIT", [K_CANCEL] = "CANCEL",
};

static void
print_caddr(const char *label, uint64_t caddr)
{
	if (caddr == UNDEF)
		fprintf(stderr, " %s any", label);
	else
		fprintf(stderr, " %s %lu", label, (unsigned long)caddr);
}

static void
print_list(const char *label, const helios_cap_t *caps, unsigned int n)
{
	if (n > 0)
		fprintf(stderr, " %s [", label);
	for (unsigned int i = 0; i < n; i++)
		print_caddr("", caps[i]);
	if (n > 0)
		fprintf(stderr, " ]");
}

static void
print_message(const struct mop *op)
{
	if (op->kind != K_REPLY)
		print_caddr("on", op->cap);
	fprintf(stderr, " words %u", op->message.nwords);
	print_list("caps", op->message.caps, op->message.ncaps);
	print_list("accept", op->accept, op->naccept);
}

static void
print_arguments(const struct mop *op)
{
	switch (op->kind) {
	case K_ALLOC:
		print_caddr("from", op->cap);
		fprintf(stderr, " %s%s size %lu",
			type_name((unsigned int)op->arg[0] & 0xff),
			op->arg[0] & HELIOS_ALLOC_CONTIGUOUS ? " contiguous" :
			"", (unsigned long)op->arg[1]);
		print_list("to", op->caps, op->ncaps);
		return;
	case K_COPY:
	case K_MOVE:
	case K_MINT:
		print_caddr("into CSpace", op->cap);
		print_caddr("slot", op->dest);
		print_caddr("from CSpace", op->from);
		print_caddr("slot", op->slot);
		fprintf(stderr, " rights %#x badge %#lx", op->rights,
			(unsigned long)op->arg[0]);
		return;
	case K_DESTROY:
	case K_REVOKE:
		print_caddr("in CSpace", op->cap);
		print_list("slots", op->caps, op->ncaps);
		if (op->kind == K_REVOKE)
			print_caddr("slot", op->slot);
		return;
	case K_STORE_REPLY:
		print_caddr("in CSpace", op->cap);
		print_caddr("slot", op->dest);
		return;
	case K_MAP:
	case K_UNMAP:
	case K_PROTECT:
		print_caddr("in VSpace", op->cap);
		fprintf(stderr, " at %#lx flags %#lx",
			(unsigned long)op->arg[0], (unsigned long)op->arg[1]);
		print_list("pages", op->caps, op->ncaps);
		return;
	case K_CONFIGURE:
		print_caddr("Task", op->cap);
		print_list("parts", op->caps, op->ncaps);
		return;
	case K_CANCEL:
		fprintf(stderr, " of actor %u", op->slot);
		return;
	}
	print_message(op);
}

void
run_print(const struct mop *op)
{
	fprintf(stderr, "#   %u: %s", op->actor, names[op->kind]);
	print_arguments(op);
	if (op->preempt != MOCK_NEVER)
		fprintf(stderr, "  (preempted at %d, every %d)", op->preempt,
			op->every);
	fprintf(stderr, "\n");
}
