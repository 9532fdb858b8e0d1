/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of 64 words and 64 capabilities, and other long arguments. */
#include "hostile.h"

#define ROUNDS	20u

static helios_cap_t ep, gift[HELIOS_MSG_CAPS], into[HELIOS_MSG_CAPS];
static bool named;			/* the slots that they go to */

static void *
serve(void *arg)
{
	static struct helios_msg msg;

	helios_accept(64, named ? into : NULL);
	crowd_check(helios_recv(ep, &msg), "recv");
	for (;;) {
		for (unsigned int i = 0; i < helios_tag_ncaps(msg.tag); i++)
			helios_destroy(msg.caps[i]);
		helios_msg_start(&msg, 0, 64, 0);
		crowd_check(helios_reply_recv(ep, &msg), "reply");
	}
	return arg;
}

static void
full(void)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = 201, .highest = 201 };
	static struct helios_msg msg;
	struct helios_thread *server;

	ep = hostile_new(HELIOS_ENDPOINT, 0);
	for (unsigned int i = 0; i < 64; i++) {
		gift[i] = hostile_new(HELIOS_ENDPOINT, 0);
		into[i] = hostile_new(HELIOS_NOTE, 0);
	}
	crowd_check(helios_thread_new(&server, serve, NULL, &attr), "server");
	crowd_check(helios_destroy_many(64, into), "slots");
	crowd_check(helios_thread_start(server), "server");
	for (unsigned int i = 0; i < ROUNDS; i++) {
		helios_msg_start(&msg, 0x1234, 64, 64);
		memcpy(msg.caps, gift, sizeof(gift));
		crowd_check(helios_call(ep, &msg), "call");
	}
	crowd_check(helios_thread_kill(server), "kill");
	helios_destroy_many(64, gift);
	hostile_end(ep);
}

static void
unnamed_slots(void)
{
	named = false;
	full();
}

static void
named_slots(void)
{
	named = true;
	full();
}

static void
writecons(void)
{
	static char text[HELIOS_WRITECONS_MAX];

	memset(text, '.', sizeof(text));
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '\n';
	helios_writecons(text, sizeof(text));
}

/* Refused at the last of many arguments. */
static void
refused(void)
{
	helios_cap_t caps[64];
	struct helios_msg msg;

	for (unsigned int i = 0; i < 64; i++)
		caps[i] = hostile_new(HELIOS_PAGE, HELIOS_PAGE_SIZE);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		helios_cap_t last = caps[63];

		caps[63] = 1000000;
		helios_cspace_destroy(helios_process.cspace, 64, caps);
		helios_unmap(helios_process.vspace, 64, caps);
		helios_map(helios_process.vspace, 0, 0, 62, caps + 2, NULL);
		helios_allocate(helios_process.memory, HELIOS_PAGE, 4096, 62,
			caps + 2);
		helios_msg_start(&msg, 0, 64, 64);
		memcpy(msg.caps, caps, sizeof(caps));
		helios_nbsend(helios_process.memory, &msg);
		caps[63] = last;
	}
	helios_destroy_many(64, caps);
}

const struct scenario hostile_messages[] = {
	{ "full-messages", unnamed_slots }, { "named-slots", named_slots },
	{ "writecons", writecons }, { "refused", refused },
	{ NULL, NULL }
};
