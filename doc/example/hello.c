/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of its own, outside Helios' tree: the only one in its initramfs,
 * so it is init and has everything there is.
 */
#include <libhelios.h>

struct greeting {
	helios_cap_t endpoint;
	unsigned int calls;
};

/* A server: answers each call with the square of its first word. */
static void *
serve(void *arg)
{
	struct greeting *g = arg;
	struct helios_msg msg;
	enum helios_status status = helios_recv(g->endpoint, &msg);

	while (status == HELIOS_OK && helios_tag_label(msg.tag) == 1) {
		g->calls++;
		msg.words[0] *= msg.words[0];
		helios_msg_start(&msg, 0, 1, 0);
		status = helios_reply_recv(g->endpoint, &msg);
	}
	/* Any other label ends it, but its sender still waits. */
	helios_msg_start(&msg, 0, 0, 0);
	helios_reply(&msg);
	return g;
}

static enum helios_status
talk(helios_cap_t endpoint)
{
	enum helios_status status = HELIOS_OK;
	struct helios_msg msg;
	uint64_t n;

	for (n = 1; status == HELIOS_OK && n <= 3; n++) {
		helios_msg_start(&msg, 1, 1, 0);
		msg.words[0] = n * 111;
		status = helios_call(endpoint, &msg);
		if (status == HELIOS_OK)
			helios_printf("%llu squared is %llu\n",
				(unsigned long long)n * 111,
				(unsigned long long)msg.words[0]);
	}
	helios_msg_start(&msg, 2, 0, 0);
	return status == HELIOS_OK ? helios_call(endpoint, &msg) : status;
}

static enum helios_status
run(void)
{
	struct greeting g = { .calls = 0 };
	struct helios_thread *server;
	struct helios_memory_info memory;
	enum helios_status status;

	status = helios_newendpoint(&g.endpoint);
	if (status == HELIOS_OK)
		status = helios_thread_spawn(&server, serve, &g);
	if (status == HELIOS_OK)
		status = talk(g.endpoint);
	if (status == HELIOS_OK)
		status = helios_thread_join(server, NULL);
	if (status == HELIOS_OK)
		status = helios_memory_info(helios_process.memory, &memory);
	if (status == HELIOS_OK)
		helios_printf("%u calls; %llu of %llu pages are free\n",
			g.calls, (unsigned long long)memory.free,
			(unsigned long long)memory.pages);
	return status;
}

int
main(int argc, char **argv, char **envp)
{
	enum helios_status status;
	int i;

	(void)envp;
	helios_printf("Hello");
	for (i = 1; i < argc; i++)
		helios_printf(", %s", argv[i]);
	helios_printf(", from %s.\n", helios_process.bootinfo ?
			helios_process.bootinfo->platform : "a program");
	status = run();
	if (status == HELIOS_OK)
		return 0;
	helios_printf("hello: %s (detail %llu)\n", helios_strerror(status),
			(unsigned long long)helios_detail());
	return 1;
}
