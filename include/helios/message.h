/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages.
 *
 * A message is a tag, up to 64 words and up to 64 capabilities.  Words 0-3
 * travel in registers; words 4-63, the capabilities and what the receiver
 * accepts stand in the IPC buffer, one page per task.  Words beyond the
 * tag's count are not carried.
 *
 *	tag = label:48 | fault:1 | ncaps:7 | note:1 | nwords:7
 *
 * The kernel alone sets the two single bits, so neither a fault nor a note
 * can be forged, or mistaken for a message.
 */
#ifndef HELIOS_MESSAGE_H
#define HELIOS_MESSAGE_H

#include <helios/types.h>

#define HELIOS_MSG_WORDS	64	/* most words in a message */
#define HELIOS_MSG_REGS		4	/* of which in registers */
#define HELIOS_MSG_CAPS		64	/* most capabilities in a message */

#define HELIOS_TAG_NWORDS_MASK	0x7full
#define HELIOS_TAG_NOTE		(1ull << 7)
#define HELIOS_TAG_NCAPS_SHIFT	8
#define HELIOS_TAG_NCAPS_MASK	0x7full
#define HELIOS_TAG_FAULT	(1ull << 15)
#define HELIOS_TAG_LABEL_SHIFT	16

/*
 * Labels.  An interface's is its 32-bit id and a 16-bit method; a kernel
 * operation's is the object type and the operation, so that the wrong type
 * of capability is an error and never another operation.
 */
#define HELIOS_LABEL(interface, method) \
	((uint64_t)(interface) << 16 | (uint64_t)(method))

static inline uint64_t
helios_tag(uint64_t label, unsigned int nwords, unsigned int ncaps)
{
	return label << HELIOS_TAG_LABEL_SHIFT |
		(uint64_t)ncaps << HELIOS_TAG_NCAPS_SHIFT | nwords;
}

static inline uint64_t
helios_tag_label(uint64_t tag)
{
	return tag >> HELIOS_TAG_LABEL_SHIFT;
}

static inline unsigned int
helios_tag_nwords(uint64_t tag)
{
	return (unsigned int)(tag & HELIOS_TAG_NWORDS_MASK);
}

static inline unsigned int
helios_tag_ncaps(uint64_t tag)
{
	return (unsigned int)(tag >> HELIOS_TAG_NCAPS_SHIFT &
			HELIOS_TAG_NCAPS_MASK);
}

/*
 * The IPC buffer.  The kernel reaches the page through the capability the
 * task was configured with, the task through any mapping of it.
 *
 * Sending: caps[] names the capabilities to send.
 * Receiving (recv, and the reply to a call): accept_count says how many
 * capabilities the task takes (0, the default, refuses them) and accept[]
 * where each goes, a free slot of its CSpace or HELIOS_CADDR_UNDEF.  On
 * arrival the tag says how many came and caps[] where they are.  The kernel
 * leaves accept_count and accept[] alone.
 */
struct helios_ipcbuf {
	uint64_t words[HELIOS_MSG_WORDS];	/* 0-3 are not used */
	helios_cap_t caps[HELIOS_MSG_CAPS];
	uint32_t accept_count;
	uint32_t reserved;
	helios_cap_t accept[HELIOS_MSG_CAPS];
};

#endif
