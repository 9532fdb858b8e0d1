/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects and their operations.
 *
 * An operation is a CALL on a capability of the object with the tag
 * helios_tag(HELIOS_LABEL(type, op), nwords, 0).  Capability arguments are
 * caddrs of the caller, carried as plain words; the tag's capability count
 * is 0.  A destination ("dest") is a Null slot of the CSpace concerned or
 * HELIOS_CADDR_UNDEF; the result names the slot that was used.
 *
 * Every operation checks everything first: an error means that nothing has
 * changed.  Errors any of them can give are INVALID_CADDR, INVALID_CSLOT,
 * REVOKED (of a slot named), INVALID_CTYPE, INVALID_OP, INVALID_PARAM (a
 * word out of its range, too few or too many words, bits that must be 0),
 * and where it yields a capability CSPACE_FULL.  Further ones are listed.
 *
 * Notation: "in: a, b" are words 0 and 1 of the call; "out:" of the result.
 */
#ifndef HELIOS_OBJECT_H
#define HELIOS_OBJECT_H

#include <helios/message.h>
#include <helios/types.h>

enum helios_type {
	HELIOS_NULL = 0,
	HELIOS_DEAD = 1,	/* emptied by somebody else; DESTROY frees it */
	HELIOS_MEMORY = 2,
	HELIOS_DEVMEM = 3,
	HELIOS_CSPACE = 4,
	HELIOS_VSPACE = 5,
	HELIOS_PAGE = 6,
	HELIOS_TASK = 7,
	HELIOS_ENDPOINT = 8,
	HELIOS_NOTE = 9,
	HELIOS_REPLY = 10,
	HELIOS_IRQCONTROL = 11,
	HELIOS_IRQHANDLER = 12,
	HELIOS_IOCONTROL = 13,
	HELIOS_IOPORT = 14,
	HELIOS_SYSTEMCONTROL = 15,
	HELIOS_TYPE_COUNT
};

/*
 * Rights.  SEND, RECV and GRANT (carry capabilities) on endpoints and
 * notes, R, W and X on pages.  Copying can only drop them.  Capabilities of
 * other types have none, and may do everything.
 */
#define HELIOS_RIGHT_SEND	0x01u
#define HELIOS_RIGHT_RECV	0x02u
#define HELIOS_RIGHT_GRANT	0x04u
#define HELIOS_RIGHT_R		0x08u
#define HELIOS_RIGHT_W		0x10u
#define HELIOS_RIGHT_X		0x20u
#define HELIOS_RIGHTS_ALL	0x3fu

/* The word that IDENTIFY returns. */
#define HELIOS_IDENTIFY_SEND	0x001u
#define HELIOS_IDENTIFY_RECV	0x002u
#define HELIOS_IDENTIFY_TYPE(w)	((unsigned int)((w) >> 2) & 0x3fu)
#define HELIOS_IDENTIFY_GRANT	0x100u
#define HELIOS_IDENTIFY_R	0x200u
#define HELIOS_IDENTIFY_W	0x400u
#define HELIOS_IDENTIFY_X	0x800u
#define HELIOS_IDENTIFY_BADGED	0x1000u

/* Parts of a task, in the detail of MISSING_PART. */
#define HELIOS_PART_CSPACE	1
#define HELIOS_PART_VSPACE	2
#define HELIOS_PART_IPCBUF	3

/*
 * Memory: a set of physical pages to allocate from.  Moved, never copied.
 * Destroying it destroys all that came from it.
 */
enum helios_memory_op {
	/*
	 * in: type | flags, size, dest...	out: caddr...
	 * One object per dest, all or none: 1 to 62 for PAGE, ENDPOINT and
	 * NOTE, one for the others.  size is, for
	 *	CSPACE	the radix: 2^radix slots, 6 to 16
	 *	VSPACE	0, or HELIOS_VSPACE_LIKE | caddr of a VSpace: with
	 *		the same address range as that one
	 *	PAGE	bytes: HELIOS_PAGE_SIZE or HELIOS_LARGE_PAGE_SIZE
	 *	MEMORY	pages of 4 KiB to carve off
	 *	TASK, ENDPOINT, NOTE	0
	 * and other types are UNSUPPORTED.  Pages are zeroed.  With
	 * HELIOS_ALLOC_CONTIGUOUS the pages (4 KiB only) follow each other
	 * in physical memory.  NOMEM.
	 */
	HELIOS_MEMORY_ALLOCATE = 0,
	/*
	 * out: pages in all, pages free, largest free block in pages,
	 * objects alive (pages, and objects of any kind) allocated here.
	 */
	HELIOS_MEMORY_INFO = 1,
};
#define HELIOS_ALLOC_CONTIGUOUS	0x100ull
#define HELIOS_VSPACE_LIKE	(1ull << 32)

/* DevMem: a range of physical addresses that is not RAM. Moved only. */
enum helios_devmem_op {
	/*
	 * in: type, size, address, dest...	out: caddr...
	 * type DEVMEM: one part of size bytes at address (one dest).
	 * type PAGE: pages of size bytes at successive addresses.
	 * Aligned to the page size.  BUSY if any of it is handed out
	 * already (detail: where); NOMEM if the kernel's records are full.
	 */
	HELIOS_DEVMEM_ALLOCATE = 0,
	/* out: base, size, bytes handed out */
	HELIOS_DEVMEM_INFO = 1,
};

/*
 * CSpace: a table of capabilities.  The operations work on slots of the
 * invoked CSpace; "from" is a caddr of the caller naming the CSpace with
 * the source slot, HELIOS_CADDR_UNDEF meaning the invoked one.
 */
enum helios_cspace_op {
	/*
	 * in: slot...  Destroy 1 to 64 capabilities.  Dead slots become
	 * free.  What was derived from one passes to its parent, except
	 * that a Memory, DevMem, IRQControl or IOControl takes all that
	 * came from it along.  The last capability of an object destroys
	 * the object.  A caller of an unanswered Reply gets CANCELED.
	 * REVOKED also if what went took the invoked capability along, as
	 * one derived from it, and the call was preempted after that: then
	 * the rest of the list stays.
	 */
	HELIOS_CSPACE_DESTROY = 0,
	/*
	 * in: dest, from, slot, rights	out: caddr
	 * The copy has those of the rights that the source has, its badge,
	 * and is derived from it; a Page copy is not mapped.  UNSUPPORTED
	 * for Memory, DevMem, IRQControl, IOControl, SystemControl, Reply
	 * (detail: the type).
	 */
	HELIOS_CSPACE_COPY = 1,
	/*
	 * in: dest, from, slot	out: caddr
	 * Of a Page that is mapped the mapping moves along.
	 */
	HELIOS_CSPACE_MOVE = 2,
	/*
	 * in: dest, from, slot | rights << 32, badge	out: caddr
	 * A copy with a badge, not 0.  Endpoints and Notes only; BUSY if
	 * the source has one already (detail: that badge).
	 */
	HELIOS_CSPACE_MINT = 3,
	/* in: slot.  Destroy everything derived from it. */
	HELIOS_CSPACE_REVOKE = 4,
	/*
	 * in: dest	out: caddr
	 * Put the reply that the caller owes into a slot of the invoked
	 * CSpace.  NO_REPLY.
	 */
	HELIOS_CSPACE_STORE_REPLY = 5,
	/* out: slots, used, free, dead */
	HELIOS_CSPACE_INFO = 6,
	/* in: slot	out: as IDENTIFY, badge, object id (0: has none) */
	HELIOS_CSPACE_SLOT_INFO = 7,
};

/* Mapping flags.  Readable always; W and X together are INVALID_PARAM. */
#define HELIOS_MAP_W		0x1ull
#define HELIOS_MAP_X		0x2ull
#define HELIOS_MAP_FIXED	0x4ull	/* exactly at the address given */
#define HELIOS_MAP_WC		0x8ull	/* device pages: write-combining */

/* VSpace: an address space.  One Page capability is one mapping. */
enum helios_vspace_op {
	/*
	 * in: address, flags, page...	out: address
	 * Map 1 to 62 pages of one size in a row.  Without FIXED the kernel
	 * chooses, not below address.  The capabilities need R, and W or X
	 * as asked for (ACCESS).  BUSY: a page capability is mapped already,
	 * or (FIXED) an address is; NOMEM: no memory for tables in the
	 * VSpace's Memory, or no hole wide enough.  Device pages are mapped
	 * uncached, or with WC write-combining; WC on RAM is INVALID_PARAM.
	 */
	HELIOS_VSPACE_MAP = 0,
	/* in: page...  1 to 64 pages; each must be mapped here (BUSY). */
	HELIOS_VSPACE_UNMAP = 1,
	/* in: flags (W or X or 0), page...  1 to 63 pages mapped here. */
	HELIOS_VSPACE_PROTECT = 2,
	/*
	 * in: address there, address here, bytes (0 to 4096)
	 * Copy from that space to the caller's memory.  FAULT: something
	 * is not mapped there or here with the permission needed.
	 */
	HELIOS_VSPACE_READ = 3,
	/* The same, to that space: its mapping must be writable. */
	HELIOS_VSPACE_WRITE = 4,
	/* out: lowest address, first above the highest, pages mapped,
	 * pages used for tables */
	HELIOS_VSPACE_INFO = 5,
};

/* Page: 4 KiB or 2 MiB of RAM, or of a device. */
enum helios_page_op {
	/* in: offset, address here, bytes (0 to 4096); R; FAULT */
	HELIOS_PAGE_READ = 0,
	/* the same; W */
	HELIOS_PAGE_WRITE = 1,
	/* out: physical address, size, address mapped at, HELIOS_PAGE_* |
	 * mapping flags (HELIOS_MAP_*) */
	HELIOS_PAGE_INFO = 2,
};
#define HELIOS_PAGE_MAPPED	0x100ull
#define HELIOS_PAGE_DEVICE	0x200ull

#define HELIOS_TASK_NAME	32	/* bytes, NUL-padded */
#define HELIOS_PRIORITIES	256

/* Task flags (SET_FLAGS). */
#define HELIOS_TASK_FOREIGN	0x1ull	/* system calls become faults */
#define HELIOS_TASK_WRITECONS	0x2ull	/* may write to the console */
#define HELIOS_TASK_CAPFAULT	0x4ull	/* missing capabilities fault */
#define HELIOS_TASK_FLAGS	0x7ull

/* Task state (INFO): why it does not run.  0: it runs, or would. */
#define HELIOS_TASK_SUSPENDED	0x001ull
#define HELIOS_TASK_BLOCKED	0x00eull	/* mask; one of: */
#define HELIOS_TASK_SENDING	0x002ull	/* in send or call, queued */
#define HELIOS_TASK_RECEIVING	0x004ull
#define HELIOS_TASK_CALLING	0x006ull	/* awaits a reply */
#define HELIOS_TASK_WAITING	0x008ull	/* on a note */
#define HELIOS_TASK_POLLING	0x00aull
#define HELIOS_TASK_FAULTED	0x00cull	/* awaits its supervisor */
#define HELIOS_TASK_NO_VSPACE	0x010ull

/* Task: a thread of execution.  Created suspended. */
enum helios_task_op {
	/*
	 * in: cspace, vspace, page of the IPC buffer
	 * The task keeps copies of its own, derived from these.  UNDEF
	 * leaves a part as it is.  The page needs R and W (ACCESS).
	 * BUSY: the task must be suspended (detail: its state) to change
	 * its VSpace.
	 */
	HELIOS_TASK_CONFIGURE = 0,
	/* out: struct helios_regs.  BUSY unless suspended or blocked. */
	HELIOS_TASK_READ_REGISTERS = 1,
	/*
	 * in: struct helios_regs.  BUSY unless suspended or blocked; cancels
	 * what the task was blocked in.  rip, rsp and the bases must be
	 * user addresses, below 2^47 (INVALID_PARAM); of rflags the
	 * HELIOS_RFLAGS_USER are taken.
	 */
	HELIOS_TASK_WRITE_REGISTERS = 2,
	/* in: FS base.  Suspended or blocked, or the caller itself. */
	HELIOS_TASK_SET_TLS_BASE = 3,
	/*
	 * Clear the suspension.  A task that stopped in a fault goes on.
	 * MISSING_PART if it has no VSpace.
	 */
	HELIOS_TASK_RESUME = 4,
	/* When this returns the task does not run any more. */
	HELIOS_TASK_SUSPEND = 5,
	/* A task blocked in a call has it return CANCELED. */
	HELIOS_TASK_CANCEL = 6,
	/*
	 * in: priority, highest it may give (0 to 255; higher runs first)
	 * ACCESS if either is above the caller's own highest (the detail).
	 */
	HELIOS_TASK_SET_PRIORITY = 7,
	/* in: mask of processors, not 0; only those there are. */
	HELIOS_TASK_SET_AFFINITY = 8,
	/* in: flags.  ACCESS: WRITECONS, by a caller without it. */
	HELIOS_TASK_SET_FLAGS = 9,
	/* in: endpoint, or UNDEF for none.  Needs SEND (ACCESS). */
	HELIOS_TASK_SET_FAULT = 10,
	/*
	 * in: note, or UNDEF for none.  Needs RECV.  BUSY: the note is
	 * bound already, or a task waits on it.
	 */
	HELIOS_TASK_BIND_NOTE = 11,
	/* in: 4 words, HELIOS_TASK_NAME bytes; for people and debuggers */
	HELIOS_TASK_SET_NAME = 12,
	/*
	 * out: state, CPU time in ns, id, priority | highest << 8 |
	 * flags << 16, name (4 words)
	 */
	HELIOS_TASK_INFO = 13,
};

enum helios_irqcontrol_op {
	/* in: irq, note (SEND), dest  out: caddr of the IRQHandler.  BUSY.
	 * The interrupt is masked until the first ACK. */
	HELIOS_IRQCONTROL_ISSUE = 0,
	/* out: number of interrupts */
	HELIOS_IRQCONTROL_INFO = 1,
};

/* IRQHandler: each interrupt signals the note and masks itself. */
enum helios_irqhandler_op {
	/* Unmask. */
	HELIOS_IRQHANDLER_ACK = 0,
	/* out: irq, interrupts since ISSUE, 1 if masked */
	HELIOS_IRQHANDLER_INFO = 1,
};

enum helios_iocontrol_op {
	/* in: first port, last port (inclusive), dest  out: caddr */
	HELIOS_IOCONTROL_ISSUE = 0,
	/* out: first port, last port */
	HELIOS_IOCONTROL_INFO = 1,
};

enum helios_ioport_op {
	/* in: port, bytes (1, 2, 4)  out: value.  The whole access must lie
	 * in the range. */
	HELIOS_IOPORT_IN = 0,
	/* in: port, bytes, value */
	HELIOS_IOPORT_OUT = 1,
	/* out: first port, last port */
	HELIOS_IOPORT_INFO = 2,
};

/* SystemControl: what init alone gets. */
enum helios_system_op {
	/* in: status.  Hosted: the process exits with its low 8 bits. */
	HELIOS_SYSTEM_POWEROFF = 0,
	HELIOS_SYSTEM_REBOOT = 1,
	/* in: 1: the kernel keeps off the screen, 0: it writes there again.
	 * Where there is no screen, nothing happens. */
	HELIOS_SYSTEM_CONSOLE = 2,
	/*
	 * Debug builds: verify every kernel invariant; a broken one panics.
	 * out: objects seen.  UNSUPPORTED in release builds.
	 */
	HELIOS_SYSTEM_CHECK = 3,
	/* out: tasks, endpoints, notes, cspaces, vspaces, memories alive */
	HELIOS_SYSTEM_COUNTS = 4,
};

#endif
