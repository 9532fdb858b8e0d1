/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree's pcserial with the seed's manifest, letter for letter: it has the
 * ports and interrupts that this lists, and nothing else.  So it is reached
 * through sys::driver, keeps no replies and takes no pages, and does what is
 * left.
 */
#include <mercury/dev.h>

#include "world.h"

static const char hello[] = "seed: what is put goes out at COM1\n";

struct seed {
	struct ipc_client driver, line;
};

/* The badge's cookie is the number of the line. */
static void
open_line(struct seed *s, uint32_t cookie)
{
	s->driver = find_driver("pcserial");
	s->line = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
	CHECK_DONE(sys_driver_endpoint(&s->driver, 0, cookie, &s->line.cap));
}

static void
close_line(struct seed *s)
{
	helios_destroy(s->line.cap);
	close_driver(&s->driver);
}

TEST(seed, manifest_means_what_the_seed_says)
{
	static const char *const words[] = {
		"endpoint", "3F8-400", "2E8-2F0", "note", "3", "4",
	};
	struct seed s;
	char line[128];
	uint32_t i;

	open_line(&s, 0);
	for (i = 0; i < 6; i++) {
		size_t len = sizeof(line) - 1;

		CHECK_DONE(sys_driver_grant(&s.driver, i, line, &len));
		line[len] = 0;
		if (!strstr(line, words[i]))
			FAIL("grant %u: expected '%s' in '%s'", i, words[i],
					line);
		if (i >= 4)
			CHECK(strstr(line, "irq"));
	}
	CHECK_IPC(sys_driver_grant(&s.driver, 6, NULL, NULL), SYS_END);
	close_line(&s);
}

/* A script looks for it at the other end. */
TEST(seed, writes)
{
	struct seed s;
	uint64_t done = 0, n;

	open_line(&s, 0);
	while (done < sizeof(hello) - 1) {
		ipc_status_t status = io_file_put(&s.line, IO_MODE_NONBLOCK,
				hello + done, sizeof(hello) - 1 - done, &n);

		if (status == IO_AGAIN) {
			helios_sleep(MS);
			continue;
		}
		CHECK_DONE(status);
		done += n;
	}
	close_line(&s);
}

TEST(seed, waits_for_nothing)
{
	struct seed s;
	char text[16];
	size_t len = sizeof(text);
	helios_cap_t page;
	uint64_t n;

	open_line(&s, 0);
	CHECK_IPC(io_file_get(&s.line, sizeof(text), IO_MODE_NONBLOCK, text,
				&len), IO_AGAIN);
	len = sizeof(text);
	CHECK_IPC(io_file_get(&s.line, sizeof(text), IO_MODE_BLOCK, text,
				&len), IO_UNSUPPORTED);
	/* A page cannot arrive where nothing is accepted. */
	CHECK_OK(helios_newpage(&page));
	CHECK_IPC(io_file_read(&s.line, &page, 1, 0, 16, IO_MODE_NONBLOCK,
				&n), HELIOS_REFUSED);
	CHECK_OK(helios_destroy(page));
	close_line(&s);
}

TEST(seed, settings)
{
	struct seed s;
	uint32_t baud;

	open_line(&s, 0);
	CHECK_DONE(dev_serial_set_baud(&s.line, 57600));
	CHECK_DONE(dev_serial_get_baud(&s.line, &baud));
	CHECK_EQ(baud, 57600);
	CHECK_DONE(dev_serial_set_baud(&s.line, 115200));
	CHECK_IPC(dev_serial_set_baud(&s.line, 7), IO_INVALID);
	close_line(&s);
}

/* 2E8 is COM4, which is not there. */
TEST(seed, second_line_is_absent)
{
	struct seed s;
	uint32_t baud;

	open_line(&s, 1);
	CHECK_IPC(put_text(&s.line, "x"), IO_NODEVICE);
	CHECK_IPC(dev_serial_get_baud(&s.line, &baud), IO_NODEVICE);
	close_line(&s);
}

TEST(seed, comes_back)
{
	struct seed s;
	uint64_t restarts;

	open_line(&s, 0);
	restarts = driver_restarts(&s.driver);
	CHECK_DONE(sys_driver_crash(&s.driver));
	await_restart(&s.driver, restarts);
	CHECK_IPC(put_text(&s.line, "x"), HELIOS_REVOKED);
	close_line(&s);
	open_line(&s, 0);
	CHECK_DONE(put_text(&s.line, "seed: back again\n"));
	close_line(&s);
}
