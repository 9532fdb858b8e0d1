/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seed's sandbox, attacked from inside: rogue.c has the seed's manifest
 * in place of pcserial, and tells what came of its attempts.
 */
#include "world.h"

/* It registers nothing, as its manifest gives it no way to. */
static void
attempt(const char *what, unsigned long long least)
{
	struct ipc_client driver = find_driver("pcserial");
	struct ipc_client rogue = IPC_CLIENT(HELIOS_CADDR_UNDEF);
	unsigned long long tries;
	uint64_t restarts = driver_restarts(&driver);
	char text[256];

	CHECK_DONE(sys_driver_endpoint(&driver, 0, 1, &rogue.cap));
	CHECK_DONE(put_text(&rogue, what));
	CHECK_DONE(get_text(&rogue, text, sizeof(text)));
	if (strncmp(text, "ok ", 3))
		FAIL("%s", text);
	CHECK_EQ(helios_parse_u64(text + 3, &tries), 0);
	CHECK(tries >= least);
	vulcan_note("%llu tries", tries);
	CHECK_EQ(driver_restarts(&driver), restarts);
	helios_destroy(rogue.cap);
	close_driver(&driver);
}

#define ATTEMPT(name, what, least)					\
	TEST(sandbox, name)						\
	{								\
		attempt(what, least);					\
	}

ATTEMPT(has_what_is_listed, "identify", 8000)
ATTEMPT(cannot_allocate_memory, "allocate", 28000)
ATTEMPT(cannot_reach_devices, "devmem", 8000)
ATTEMPT(cannot_change_its_table, "cspace", 190000)
ATTEMPT(cannot_change_its_space, "vspace", 36000)
ATTEMPT(cannot_start_tasks, "task", 57000)
ATTEMPT(cannot_power_off, "system", 20000)
ATTEMPT(cannot_anything_else, "everything", 25000)
ATTEMPT(reaches_listed_ports_only, "ports", 700000)
ATTEMPT(ports_have_their_widths, "widths", 28)
ATTEMPT(gets_no_other_interrupts, "controls", 100000)
ATTEMPT(guesses_no_slots, "messages", 32000)
ATTEMPT(uses_no_device_as_endpoint, "types", 28)
ATTEMPT(has_no_console, "calls", 500)
ATTEMPT(sends_no_forged_capability, "caps", 4000)

/* What is listed is what the person at the console was told. */
TEST(sandbox, grants_are_the_seeds)
{
	static const char *const words[] = {
		"endpoint", "3F8-400", "2E8-2F0", "note", "irq", "irq",
	};
	struct ipc_client driver = find_driver("pcserial");
	char line[128];
	uint32_t i;

	for (i = 0; i < 6; i++) {
		size_t len = sizeof(line) - 1;

		CHECK_DONE(sys_driver_grant(&driver, i, line, &len));
		line[len] = 0;
		if (!strstr(line, words[i]))
			FAIL("grant %u: expected '%s' in '%s'", i, words[i],
					line);
	}
	CHECK_IPC(sys_driver_grant(&driver, 6, NULL, NULL), SYS_END);
	close_driver(&driver);
}

/* "the worst thing it could do is crash the serial driver, which would then
 * be rebooted by the supervisor" */
TEST(sandbox, crashed_it_comes_back)
{
	struct ipc_client driver = find_driver("pcserial");
	uint64_t restarts = driver_restarts(&driver);

	CHECK_DONE(sys_driver_crash(&driver));
	await_restart(&driver, restarts);
	close_driver(&driver);
	attempt("identify", 8000);
}
