/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scenarios one after the other, or those named, with a thread above them
 * that wakes up all the time: so long calls are preempted.
 *
 *	hostile [size [scenario...]]
 */
#include "hostile.h"

#define OUR_PRIORITY	200u
#define TICK_NS		50000u

unsigned int hostile_size = 60000;

static const struct scenario *const all[] = {
	hostile_caps, hostile_tasks, hostile_memory, hostile_messages,
	hostile_calls
};

helios_cap_t
hostile_new(unsigned int type, uint64_t size)
{
	helios_cap_t cap = HELIOS_CADDR_UNDEF;

	crowd_check(helios_allocate(helios_process.memory, type, size, 1,
		&cap), helios_type_name(type));
	return cap;
}

void
hostile_end(helios_cap_t cap)
{
	helios_destroy(cap);
}

static void
set_priority(unsigned int priority)
{
	crowd_check(helios_task_set_priority(helios_process.task, priority,
		255), "priority");
}

void
hostile_crowd(struct store *s, const struct crowd *like, uint64_t nr,
		uint64_t rdi, uint64_t rsi, uint64_t rdx)
{
	struct crowd c = *like;

	if (c.highest == 0) {
		c.lowest = 1;
		c.highest = OUR_PRIORITY - 2;
	}
	crowd_call(&c, nr, rdi, rsi, rdx);
	if (nr != CROWD_SPIN)
		set_priority(0);
	crowd_gather(s, &c);
	set_priority(OUR_PRIORITY);
}

static void *
tick(void *arg)
{
	for (;;)
		helios_sleep(TICK_NS);
	return arg;
}

static bool
wanted(const char *name, int argc, char **argv)
{
	if (argc <= 2)
		return true;
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return false;
}

int
main(int argc, char **argv, char **envp)
{
	struct helios_thread_attr attr = { .has_priority = true,
		.priority = OUR_PRIORITY + 1, .highest = 255 };
	struct helios_thread *ticker;
	unsigned long long n;

	(void)envp;
	if (argc > 1) {
		if (helios_parse_u64(argv[1], &n) || n < 100 || n > 60000)
			helios_panic("hostile: a size of 100 to 60000 "
				"expected, '%s' found", argv[1]);
		hostile_size = (unsigned int)n;
	}
	set_priority(OUR_PRIORITY);
	crowd_check(helios_thread_new(&ticker, tick, NULL, &attr), "ticker");
	crowd_check(helios_thread_start(ticker), "ticker");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct scenario *s = all[i]; s->name; s++)
			if (wanted(s->name, argc, argv)) {
				helios_printf("hostile %s\n", s->name);
				s->run();
			}
	helios_printf("hostile end\n");
	return 0;
}
