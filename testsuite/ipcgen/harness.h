/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For roundtrip: client and server of good/roundtrip.ipc in one process, and
 * a runtime between them that hands messages over, keeps copies of them and
 * can change them.
 */
#ifndef HARNESS_H
#define HARNESS_H

#define HELIOS_OWN_MAIN
#include <mercury/roundtrip.h>

/* A message as a whole, wherever its words travel. */
struct message {
	uint64_t tag;
	uint64_t words[HELIOS_MSG_WORDS];
	helios_cap_t caps[HELIOS_MSG_CAPS];
};

/* Capabilities are only numbers here. */
#define SERVER_CAP	7u	/* what a client calls */
#define EVENTS_CAP	8u	/* what carries events */
#define REPLY_CAP	9u	/* a deferred request's */

/* fake.c */
extern struct fake {
	unsigned int messages;		/* from the client, in all */
	unsigned int lost;		/* so many of the next get REVOKED */
	struct message request, reply, event;
	/* Done to each reply on its way. */
	void (*change)(struct message *reply);
	/* What the runtime was asked to do. */
	unsigned int ndestroyed;
	helios_cap_t destroyed[4 * HELIOS_MSG_CAPS];
	bool answered;			/* there is a reply */
	unsigned int late;		/* replies to deferred requests */
	uint64_t detail;
} fake;

/* All as if nothing had happened. */
void fake_reset(void);
/* Hand fake.request to the server; fake.reply. */
void fake_serve(void);
bool was_destroyed(helios_cap_t cap);

/* server.c: what the functions of the server were given, and what they are to
 * give back. */
extern struct seen {
	unsigned int functions;		/* that were called */
	unsigned int method;		/* the serial number of the last */
	uint64_t v[8];			/* fixed parameters, in their order */
	unsigned char bytes[HELIOS_MSG_WORDS * 8];
	size_t len;
	uint64_t words[HELIOS_MSG_WORDS];
	unsigned int nwords;
	helios_cap_t caps[HELIOS_MSG_CAPS];
	unsigned int ncaps;
} seen;

extern struct give {
	ipc_status_t status;
	uint64_t payload;
	uint64_t value;
	const void *bytes;
	size_t len;
	helios_cap_t caps[2];
	bool late;			/* by the ..._reply() function */
	bool keep;			/* the first capability that came */
} give;

extern const struct roundtrip_all_server server;

/* roundtrip.c */
void check(bool good, const char *what, int line);
#define CHECK(condition) check(condition, #condition, __LINE__)

/* malformed.c */
void test_malformed_requests(void);
void test_malformed_values(void);
void test_malformed_bytes(void);
void test_malformed_replies(void);
void test_malformed_events(void);

#endif
