/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operation sequences against the model.
 *
 *	HELIOS_MODEL_OPS=n	operations in all
 *	HELIOS_MODEL_SEED=n	where the sequence starts
 *	HELIOS_MODEL_SHRINK=n	seconds to spend on shrinking (default 90)
 *
 * The run is divided into epochs, each with a kernel of its own in a process
 * of its own, whose operations are recorded in shared memory.  When one
 * fails, its sequence is shrunk: pieces are left out, larger ones first, as
 * long as what remains still fails, each time from a new kernel.  The report
 * is the shortest sequence found, as lines, and how it fails.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model.h"
#include "suites.h"

#define EPOCH_OPS	2000u
#define SHRINK_SECONDS	90		/* then what is found must do */
#define PATIENCE	60		/* seconds, for one epoch */
#define REPLAY_PATIENCE	5		/* ... when shrinking */

struct recording {
	unsigned int n;
	struct mop ops[EPOCH_OPS];
};

static struct recording *recording;	/* shared with the epochs */

static struct recording *
new_recording(void)
{
	void *p = mmap(NULL, sizeof(struct recording), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		unit_fail("no memory for the recording");
	return p;
}

static void
run_epoch(uint64_t seed, unsigned int ops)
{
	struct rng r = { seed * 2654435761u + 88172645463325252u };

	run_setup();
	recording->n = 0;
	for (unsigned int i = 0; i < ops; i++) {
		gen_op(&r, &recording->ops[i]);
		recording->n = i + 1;
		run_op(&recording->ops[i], i + 1);
	}
	run_compare_all();
	run_teardown();
}

static void
replay(const struct recording *rec)
{
	run_setup();
	for (unsigned int i = 0; i < rec->n; i++)
		run_op(&rec->ops[i], i + 1);
	run_compare_all();
	run_teardown();
}

/* A child of a Check test: Check's handlers are for the test itself. */
static void
be_child(unsigned int seconds)
{
	signal(SIGALRM, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	alarm(mock_is_slow() ? 60 * seconds : seconds);
}

static void
be_quiet(void)
{
	int fd = open("/dev/null", O_WRONLY);

	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
}

/* Wait for a child; true: it ended well. */
static bool
ended_well(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		unit_fail("fork failed");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
replay_fails(const struct recording *rec, bool loud)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		be_child(REPLAY_PATIENCE);
		if (!loud)
			be_quiet();
		replay(rec);
		_exit(0);
	}
	return !ended_well(pid);
}

/* rec without n operations from at. */
static void
leave_out(struct recording *to, const struct recording *rec, unsigned int at,
	unsigned int n)
{
	to->n = rec->n - n;
	memcpy(to->ops, rec->ops, at * sizeof(rec->ops[0]));
	memcpy(to->ops + at, rec->ops + at + n,
		(rec->n - at - n) * sizeof(rec->ops[0]));
}

static void
shrink(struct recording *rec)
{
	struct recording *try = new_recording();
	unsigned int piece = rec->n / 2;
	time_t end = time(NULL) + (time_t)unit_env("HELIOS_MODEL_SHRINK",
		SHRINK_SECONDS);

	while (piece > 0 && time(NULL) < end) {
		bool shorter = false;

		/* From the end: what comes last matters least often. */
		for (unsigned int at = rec->n; at >= piece &&
		    time(NULL) < end;) {
			at -= piece;
			leave_out(try, rec, at, piece);
			if (!replay_fails(try, false))
				continue;
			memcpy(rec, try, sizeof(*rec));
			shorter = true;
			if (at > rec->n)
				at = rec->n;
		}
		if (!shorter || piece > 1)
			piece /= 2;
	}
	munmap(try, sizeof(*try));
}

static void
report(uint64_t seed)
{
	unsigned int n = recording->n;

	shrink(recording);
	fprintf(stderr, "# seed %lu fails after %u operations; %u of them "
		"are enough:\n", (unsigned long)seed, n, recording->n);
	for (unsigned int i = 0; i < recording->n; i++)
		run_print(&recording->ops[i]);
	if (!replay_fails(recording, true))
		fprintf(stderr, "# (which does not fail again)\n");
}

static bool
epoch_fails(uint64_t seed, unsigned int ops)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		be_child(PATIENCE);
		run_epoch(seed, ops);
		_exit(0);
	}
	return !ended_well(pid);
}

START_TEST(model_random)
{
	uint64_t ops = unit_env("HELIOS_MODEL_OPS",
		mock_is_slow() ? 20000 : 1000000);
	uint64_t seed = unit_env("HELIOS_MODEL_SEED", 1);

	recording = new_recording();
	for (uint64_t done = 0; done < ops; done += EPOCH_OPS, seed++) {
		uint64_t n = ops - done < EPOCH_OPS ? ops - done : EPOCH_OPS;

		if (!epoch_fails(seed, (unsigned int)n))
			continue;
		report(seed);
		ck_abort_msg("seed %lu: kernel and model disagree",
			(unsigned long)seed);
	}
}
END_TEST

Suite *
suite_model(void)
{
	Suite *s = suite_create("model");
	TCase *tc = tcase_create("model");

	tcase_set_timeout(tc, 7200);
	tcase_add_test(tc, model_random);
	suite_add_tcase(s, tc);
	return s;
}
