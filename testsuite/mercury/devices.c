/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices: what is done to them between one driver and the next, drivers
 * that need others' devices, and the lists of both.
 */
#include "world.h"

/* Load one that is not in drivers/, or find it if that was done before. */
static struct ipc_client
load(const char *name)
{
	struct ipc_client loader = service(SYS_DEVLOADER_ID), driver;
	char path[NAME_MAX + 8];

	if (try_driver(name, &driver))
		return driver;
	world_changes();
	helios_snprintf(path, sizeof(path), "test/%s", name);
	CHECK_DONE(sys_devloader_load(&loader, path, strlen(path),
				&driver.cap));
	return driver;
}

static ipc_status_t
try_load(const char *path)
{
	struct ipc_client loader = service(SYS_DEVLOADER_ID);
	helios_cap_t driver;
	ipc_status_t status = sys_devloader_load(&loader, path, strlen(path),
			&driver);

	if (!status)
		helios_destroy(driver);
	return status;
}

/* Registers of COM2 as the driver found them when it started. */
static void
check_uart(struct ipc_client *device, uint8_t ier, uint8_t scr)
{
	uint8_t found[2];
	size_t len = sizeof(found);

	CHECK_DONE(io_file_get(device, sizeof(found), IO_MODE_BLOCK, found,
				&len));
	CHECK_EQ(len, sizeof(found));
	CHECK_EQ(found[0], ier);
	CHECK_EQ(found[1], scr);
}

/* Its interrupts are off and what [reset] says was written, before anybody
 * sees the device again: also after its driver has left it in a mess.  (In
 * the archive where nobody else has COM2.) */
TEST(reset, between_instances)
{
	struct ipc_client uart = find_driver("uart");
	struct mercury_device d;
	uint64_t restarts;

	open_device(&d, UART_IFACE, 0);
	CHECK_DONE(put_text(&d.client, "mess"));
	restarts = driver_restarts(&uart);
	CHECK_DONE(sys_driver_crash(&uart));
	await_restart(&uart, restarts);
	check_uart(&d.client, 0x00, 0x42);
	mercury_close(&d);
	close_driver(&uart);
}

TEST(reset, between_stop_and_start)
{
	struct ipc_client uart = find_driver("uart");
	struct mercury_device d;

	open_device(&d, UART_IFACE, 0);
	CHECK_DONE(put_text(&d.client, "mess"));
	CHECK_DONE(sys_driver_stop(&uart));
	CHECK_DONE(sys_driver_start(&uart));
	check_uart(&d.client, 0x00, 0x42);
	mercury_close(&d);
	close_driver(&uart);
}

/* Two drivers of one device: the second is refused. */
TEST(device, of_another_driver)
{
	CHECK_IPC(try_load("test/uart"), SYS_BUSY);
}

/* Through needy to the driver below; it may be just coming back. */
static void
check_passes(struct ipc_client *needy, const char *word)
{
	char text[NAME_MAX];
	ipc_status_t status;

	while ((status = put_text(needy, word)) == IO_NODEVICE)
		helios_sleep(MS);
	CHECK_DONE(status);
	CHECK_DONE(get_text(needy, text, sizeof(text)));
	CHECK(!strcmp(text, word));
}

TEST(device, needed_by_a_driver)
{
	struct ipc_client needy = find_driver("needy"), provider;
	struct mercury_device d;
	uint64_t restarts;

	if (!try_driver("provider", &provider)) {
		CHECK_EQ(driver_state(&needy), SYS_DRIVER_STATE_WAITING);
		CHECK_IPC(mercury_open(&d, NEEDY_IFACE, 0, false), SYS_NOENT);
	} else {
		close_driver(&provider);
	}
	provider = load("provider");
	await_state(&needy, SYS_DRIVER_STATE_RUNNING);
	open_device(&d, NEEDY_IFACE, 0);
	check_passes(&d.client, "first");

	/* The one below comes back; the one above never notices more than
	 * an error. */
	restarts = driver_restarts(&needy);
	CHECK_DONE(sys_driver_crash(&provider));
	check_passes(&d.client, "second");
	CHECK_EQ(driver_restarts(&needy), restarts);

	/* The one above comes back, and has it in the same slot. */
	CHECK_DONE(sys_driver_crash(&needy));
	check_passes(&d.client, "third");
	CHECK_EQ(driver_restarts(&needy), restarts + 1);
	mercury_close(&d);
	close_driver(&provider);
	close_driver(&needy);
}

/* A driver that waits for another between its crashes has no more of them than
 * its manifest says: that time counts as little as any other delay. */
TEST(device, waited_for_between_crashes)
{
	struct ipc_client needy = find_driver("needy"), provider;

	if (!try_driver("provider", &provider))
		provider = load("provider");
	CHECK_DONE(sys_driver_stop(&needy));
	CHECK_DONE(sys_driver_start(&needy));
	await_state(&needy, SYS_DRIVER_STATE_RUNNING);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_DONE(sys_driver_stop(&provider));
		CHECK_DONE(sys_driver_crash(&needy));
		await_state(&needy, SYS_DRIVER_STATE_WAITING);
		CHECK_DONE(sys_driver_start(&provider));
		await_state(&needy, SYS_DRIVER_STATE_RUNNING);
	}
	CHECK_DONE(sys_driver_crash(&needy));
	await_state(&needy, SYS_DRIVER_STATE_FAILED);
	CHECK_DONE(sys_driver_start(&needy));
	await_state(&needy, SYS_DRIVER_STATE_RUNNING);
	close_driver(&provider);
	close_driver(&needy);
}

/*
 * Lists and names
 */

TEST(device, listed)
{
	struct ipc_client manager = service(SYS_DEVMGR_ID);
	struct { uint64_t words[3]; char name[NAME_MAX + 1]; } entry;
	unsigned int i, echoes = 0;

	for (i = 0; ; i++) {
		size_t len = sizeof(entry);
		ipc_status_t status = sys_devmgr_list(&manager, i, &entry,
				&len);

		if (status == SYS_END)
			break;
		CHECK_DONE(status);
		CHECK(len > sizeof(entry.words));
		CHECK_EQ(((char *)&entry)[len - 1], 0);
		if (strcmp(entry.name, "echo"))
			continue;
		CHECK_EQ(entry.words[0], ECHO_IFACE);
		CHECK_EQ(entry.words[1], echoes);
		CHECK_EQ(entry.words[2], 1);
		echoes++;
	}
	CHECK_EQ(echoes, 2);
	CHECK_IPC(sys_devmgr_list(&manager, UINT32_MAX, NULL, NULL), SYS_END);
}

TEST(device, none_such)
{
	struct mercury_device d;

	CHECK_IPC(mercury_open(&d, ECHO_IFACE, 2, false), SYS_NOENT);
	CHECK_IPC(mercury_open(&d, ECHO_IFACE, UINT32_MAX, false), SYS_NOENT);
	CHECK_IPC(mercury_open(&d, 0, 0, false), SYS_NOENT);
}

TEST(loader, refuses)
{
	struct ipc_client loader = service(SYS_DEVLOADER_ID);
	helios_cap_t driver;
	char path[400];

	CHECK_IPC(try_load("drivers/none"), SYS_NOENT);
	CHECK_IPC(try_load(""), SYS_NOENT);
	memset(path, 'x', sizeof(path));
	CHECK_IPC(sys_devloader_load(&loader, path, sizeof(path), &driver),
			SYS_NOENT);
	CHECK_IPC(try_load("test/text"), SYS_NOEXEC);
	/* A program without a manifest; one whose manifest is wrong. */
	CHECK_IPC(try_load("usrinit"), SYS_NOEXEC);
	CHECK_IPC(try_load("test/wrong"), SYS_MANIFEST);
	CHECK_EQ(helios_detail(), 10);
	/* It is there already. */
	CHECK_IPC(try_load("drivers/echo"), SYS_STATE);
	CHECK_IPC(sys_devloader_find(&loader, "none", 4, &driver), SYS_NOENT);
	CHECK_IPC(sys_devloader_find(&loader, path, sizeof(path), &driver),
			SYS_NOENT);
}

/* As many as a person can count on: more handles than there are. */
TEST(loader, handles_have_a_limit)
{
	struct ipc_client loader = service(SYS_DEVLOADER_ID);
	struct ipc_client found[64];
	ipc_status_t status = 0;
	unsigned int i, n;

	for (n = 0; n < 64; n++) {
		found[n] = (struct ipc_client)IPC_CLIENT(0);
		status = sys_devloader_find(&loader, "echo", 4,
				&found[n].cap);
		if (status)
			break;
	}
	CHECK_IPC(status, SYS_LIMIT);
	CHECK(n > 4);
	for (i = 0; i < n; i++)
		close_driver(&found[i]);
	/* After close the capability is good for nothing more. */
	found[0] = find_driver("echo");
	CHECK_DONE(sys_driver_close(&found[0]));
	CHECK_IPC(sys_driver_restarts(&found[0], NULL), HELIOS_REVOKED);
	helios_destroy(found[0].cap);
}

TEST(loader, endpoint_of_a_driver)
{
	struct ipc_client driver = find_driver("crasher");
	struct ipc_client direct = IPC_CLIENT(HELIOS_CADDR_UNDEF);
	char text[NAME_MAX];

	CHECK_DONE(sys_driver_endpoint(&driver, CRASHER, 7, &direct.cap));
	CHECK_DONE(put_text(&direct, "direct"));
	CHECK_DONE(get_text(&direct, text, sizeof(text)));
	CHECK(!strcmp(text, "direct"));
	helios_destroy(direct.cap);
	CHECK_IPC(sys_driver_endpoint(&driver, 5, 0, &direct.cap),
			SYS_NOENT);
	CHECK_IPC(sys_driver_endpoint(&driver, UINT32_MAX, 0, &direct.cap),
			SYS_NOENT);
	close_driver(&driver);
}
