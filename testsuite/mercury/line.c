/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes through COM2, as many as --set=bytes=N (1 MiB), and --set=both=N in
 * both directions at once, with hardware flow control.  mercury_line.py is at
 * the other end: it waits for the line "line: NAME", then sends, receives, or
 * both, and compares checksums (64-bit FNV-1a) with what is printed here.
 */
#include <mercury/dev.h>

#include "world.h"

#define BYTES		(1u << 20)
#define COM2		1u
#define PIECE		3000u		/* some by page, the rest by message */
#define SEED		42u

struct transfer {
	struct mercury_device device;
	uint64_t bytes, sum;
	ipc_status_t status;
};

static void
add(uint64_t *sum, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		*sum = (*sum ^ data[i]) * 0x100000001b3ull;
}

static void
start(struct transfer *t, const char *how_many)
{
	open_device(&t->device, DEV_SERIAL_ID, COM2);
	CHECK_DONE(dev_serial_set_flow(&t->device.client, DEV_FLOW_HARDWARE));
	t->bytes = vulcan_setting(how_many, BYTES);
	t->sum = 0xcbf29ce484222325ull;
	t->status = 0;
}

static void *
receive(void *arg)
{
	struct transfer *t = arg;
	uint8_t piece[PIECE];
	uint64_t left;
	size_t n;

	for (left = t->bytes; left > 0 && !t->status; left -= n) {
		t->status = mercury_read(&t->device.client, piece,
				left < PIECE ? left : PIECE, IO_MODE_BLOCK,
				&n);
		add(&t->sum, piece, n);
	}
	return NULL;
}

static void *
transmit(void *arg)
{
	struct transfer *t = arg;
	uint8_t piece[PIECE];
	uint64_t left, state = vulcan_setting("seed", SEED);
	size_t n, i;

	for (left = t->bytes; left > 0 && !t->status; left -= n) {
		n = left < PIECE ? left : 1 + next_random(&state) % PIECE;
		for (i = 0; i < n; i++)
			piece[i] = (uint8_t)next_random(&state);
		t->status = mercury_write_all(&t->device.client, piece, n,
				NULL);
		add(&t->sum, piece, n);
	}
	if (!t->status)
		t->status = dev_serial_drain(&t->device.client);
	return NULL;
}

static uint64_t
counter(struct transfer *t, enum dev_counter which)
{
	uint64_t n;

	CHECK_DONE(dev_serial_get_count(&t->device.client, which, &n));
	return n;
}

static void
finish(struct transfer *t, const char *what)
{
	CHECK_DONE(t->status);
	helios_printf("line: %s %llu bytes, sum %016llx\n", what,
			(unsigned long long)t->bytes,
			(unsigned long long)t->sum);
	CHECK_EQ(counter(t, DEV_COUNTER_OVERRUN), 0);
	CHECK_EQ(counter(t, DEV_COUNTER_DROPPED), 0);
	mercury_close(&t->device);
}

TEST(line, in)
{
	struct transfer t;

	start(&t, "bytes");
	helios_printf("line: in\n");
	receive(&t);
	finish(&t, "received");
}

TEST(line, out)
{
	struct transfer t;

	start(&t, "bytes");
	helios_printf("line: out\n");
	transmit(&t);
	finish(&t, "sent");
}

TEST(line, both)
{
	struct transfer in, out;
	struct helios_thread *thread;

	start(&in, "both");
	start(&out, "both");
	helios_printf("line: both\n");
	CHECK_OK(helios_thread_spawn(&thread, receive, &in));
	transmit(&out);
	CHECK_OK(helios_thread_join(thread, NULL));
	finish(&out, "sent");
	finish(&in, "received");
}
