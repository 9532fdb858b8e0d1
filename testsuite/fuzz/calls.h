/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that ipcgen wrote, on the real library, above a kernel made of the
 * fuzzer's bytes.
 *
 * What a message means is said a second time here, as a table of methods and
 * a check of a few lines (calls.c).  Generated code and check must agree on
 * each message: which ones reach a function, and with which values.
 */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include <mercury/ipc.h>

#include "fuzz.h"

/*
 * Parameters and results, a letter each:
 *
 *	b		bool
 *	1 2 4 8		unsigned, of so many bytes
 *	i j k l		signed, of 1, 2, 4, 8 bytes
 *	A B ...		enumeration 0, 1 ... of the table
 *	.		words, last only
 *	$		bytes, last only
 */
struct call_method {
	uint64_t label;
	const char *params;
	const char *result;		/* "" is void */
	unsigned int caps;		/* named ones */
	bool more;			/* and any number besides */
	unsigned int out;		/* capabilities of the reply */
	bool send;			/* there is no reply */
	bool event;			/* the server sends it: recv */
};

struct call_table {
	const struct call_method *methods;
	unsigned int count;
	const int64_t *const *enums;	/* each: how many, then which */
};

struct call_message {
	uint64_t tag, words[HELIOS_MSG_WORDS];
	helios_cap_t caps[HELIOS_MSG_CAPS];
};

/* The fuzzer's bytes, from the front; zeros behind their end. */
struct call_input {
	const uint8_t *bytes;
	size_t left;
};

uint8_t call_byte(struct call_input *in);
uint64_t call_word(struct call_input *in);

/* A message with this label, often a valid one. */
void call_make(uint64_t label, const char *params, unsigned int caps,
		struct call_input *in, struct call_message *out);
/* Has it what these parameters say, and so many capabilities, or more? */
bool call_valid(const struct call_table *table, const char *params,
		unsigned int caps, bool more, const struct call_message *msg);
/* How many words these parameters take, and tail_len bytes. */
unsigned int call_nwords(const char *params, size_t tail_len);

/*
 * kernel.c: one message is received, or sent, at a time.
 */
extern struct call_message kernel_in;		/* what RECV and CALL bring */
extern struct call_message kernel_out;		/* what was sent */
extern unsigned int kernel_sent;		/* how often */
extern bool kernel_deferred;			/* STORE REPLY was done */

void kernel_reset(void);
/* Give the receiver the capabilities of kernel_in. */
void kernel_deliver(void);
/* All that was delivered is gone again, but for those kept. */
void kernel_keep(helios_cap_t cap);
bool kernel_all_gone(void);
bool kernel_has(helios_cap_t cap);

/*
 * server.c: a request from the input, through a dispatch function.
 */
#define SERVER_NEVER	(~(ipc_status_t)0)

struct server {
	void (*dispatch)(struct ipc_request *rq);
	/* Answer one of this label later, with server_value() and so on;
	 * or SERVER_NEVER. */
	ipc_status_t (*answer)(uint64_t label, helios_cap_t reply,
		ipc_status_t status, uint64_t payload);
	bool empty;			/* it has no functions */
};

void server_run(const struct call_table *table, struct call_input *in,
		const struct server *server);

/*
 * What a function of the server was given.  It returns what this returns;
 * results come from the functions below.  values has a word for each
 * parameter before a tail.
 */
#define SERVER_GOT(rq, label, tail, len, ...) \
	server_got((rq), (label), (const uint64_t []){ __VA_ARGS__, 0 }, \
		(tail), (len))
ipc_status_t server_got(struct ipc_request *rq, uint64_t label,
		const uint64_t *values, const void *tail, size_t len);
void server_got_cap(helios_cap_t cap, unsigned int n);
void server_got_caps(const helios_cap_t *caps, unsigned int first,
		unsigned int count);
uint64_t server_value(void);
void server_bytes(void *result, size_t *len);
helios_cap_t server_cap(unsigned int n);

/*
 * client.c: a function of a client, called once.  Its request must say what
 * it was given, and what it gives back is what the answer from the input
 * says.
 */
struct client_call {
	unsigned int method;		/* of the table */
	/*
	 * Given: a word for each parameter, and the tail.  Those of an event
	 * are to be filled in.
	 */
	uint64_t values[8];
	helios_cap_t caps[HELIOS_MSG_CAPS + 2];
	unsigned int ncaps;
	uint64_t tail[HELIOS_MSG_WORDS];
	size_t len;			/* bytes, or words */
	/* To be filled in: what came back, if it is wanted. */
	bool wanted;
	uint64_t value;
	uint8_t bytes[8 * HELIOS_MSG_WORDS];
	size_t room;			/* then length */
	helios_cap_t out[2];
};

void client_run(const struct call_table *table, struct call_input *in,
		ipc_status_t (*invoke)(struct ipc_client *c,
		struct client_call *call));
/* The word as a value of this type, sign-extended. */
uint64_t call_narrow(char letter, uint64_t word);

#endif
