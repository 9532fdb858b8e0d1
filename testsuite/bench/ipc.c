/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call and its reply between two threads of one priority, all in
 * registers.
 */
#include "bench.h"

static helios_cap_t endpoint;

static void *
serve(void *arg)
{
	struct helios_raw r = { 0 };

	helios_raw_recv(endpoint, &r);
	for (;;) {
		r.rsi = helios_tag(0, 1, 0);
		if (helios_raw_reply_recv(endpoint, &r) != HELIOS_OK)
			return arg;
	}
}

static void
call(void)
{
	struct helios_raw r = { .rsi = helios_tag(0, 1, 0), .rdx = 1 };

	helios_raw_call(endpoint, &r);
}

void
bench_ipc_start(void)
{
	struct helios_thread *server;

	bench_check(helios_newendpoint(&endpoint), "endpoint");
	bench_check(helios_thread_spawn(&server, serve, NULL), "thread");
}

void
bench_ipc(const char *name)
{
	bench_result(name, bench_time(call, scale.calls / 10 + 1, NULL));
}
