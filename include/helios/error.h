/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status of a system call, returned in %rax.  A status is the kernel's word
 * about the call itself; a server's own errors travel in the message label.
 *
 * With a status other than HELIOS_OK: %rdx is the detail described beside
 * each code, %rsi is 0, every other output register is unchanged, and the
 * call has changed nothing.
 */
#ifndef HELIOS_ERROR_H
#define HELIOS_ERROR_H

enum helios_status {
	HELIOS_OK = 0,
	/* Not enough memory.  Detail: pages of 4 KiB that were missing. */
	HELIOS_NOMEM = 1,
	/* A caddr beyond the end of the CSpace.  Detail: that caddr. */
	HELIOS_INVALID_CADDR = 2,
	/*
	 * A slot that cannot be used this way: empty where a capability is
	 * needed, occupied where a destination is.  Detail: its caddr.
	 */
	HELIOS_INVALID_CSLOT = 3,
	/* A capability of the wrong type.  Detail: the type found. */
	HELIOS_INVALID_CTYPE = 4,
	/* A bad argument.  Detail: its message word (0 is the first). */
	HELIOS_INVALID_PARAM = 5,
	/* The type has no such operation.  Detail: the label. */
	HELIOS_INVALID_OP = 6,
	/* The capability lacks a right.  Detail: the rights it has. */
	HELIOS_ACCESS = 7,
	/* Sound, but not allowed for this object.  Detail: see the call. */
	HELIOS_UNSUPPORTED = 8,
	/* A non-blocking call would have to block. */
	HELIOS_WOULD_BLOCK = 9,
	/*
	 * The wait was called off: by Task CANCEL, or the peer died or
	 * dropped the reply it owed.
	 */
	HELIOS_CANCELED = 10,
	/* The capability was revoked under its holder.  Detail: its caddr. */
	HELIOS_REVOKED = 11,
	/* No free slot left.  Detail: how many were needed. */
	HELIOS_CSPACE_FULL = 12,
	/* No system call has this number.  Detail: the number. */
	HELIOS_INVALID_SYSCALL = 13,
	/* The caller owes nobody a reply. */
	HELIOS_NO_REPLY = 14,
	/*
	 * The task lacks a part the call needs.  Detail: a HELIOS_PART_*
	 * of object.h.
	 */
	HELIOS_MISSING_PART = 15,
	/*
	 * The receiver does not accept this many capabilities, or has no
	 * room for them.  Detail: how many it accepts.
	 */
	HELIOS_REFUSED = 16,
	/*
	 * Already in use: an address already mapped, a page mapped
	 * elsewhere, a range or interrupt already handed out, a task in the
	 * wrong state.  Detail: the address, range start or state.
	 */
	HELIOS_BUSY = 17,
	/*
	 * Memory at an address is not mapped with the needed permission.
	 * Detail: the first such address.
	 */
	HELIOS_FAULT = 18,
	HELIOS_STATUS_COUNT
};

#endif
