/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands about what drivers serve: sys::devmgr, io::file.
 */
#include <mercury/file.h>
#include "usrinit.h"

enum { READ_DEFAULT = 128 };

static const struct {
	uint32_t iface;
	const char *name;
	bool file;			/* it can be read and written */
} interfaces[] = {
	{ IO_FILE_ID, "io::file", true },
	{ DEV_SERIAL_ID, "dev::serial", true },
};

enum { INTERFACES = sizeof(interfaces) / sizeof(interfaces[0]) };

static bool
is_file(uint32_t iface)
{
	unsigned int i;

	for (i = 0; i < INTERFACES; i++)
		if (interfaces[i].iface == iface)
			return interfaces[i].file;
	return false;
}

/* "dev::serial", or the id of one that this program does not know. */
static void
interface_name(uint32_t iface, char *buf, size_t size)
{
	unsigned int i;

	for (i = 0; i < INTERFACES; i++)
		if (interfaces[i].iface == iface) {
			strlcpy(buf, interfaces[i].name, size);
			return;
		}
	helios_snprintf(buf, size, "0x%08x", iface);
}

ipc_status_t
device_get(uint32_t number, struct device *d)
{
	struct {
		uint64_t words[3];
		char name[BYTES_MAX - 3 * sizeof(uint64_t)];
	} r;
	size_t len = sizeof(r);
	ipc_status_t status = sys_devmgr_list(&devmgr, number, &r, &len);

	if (status)
		return status;
	if (len <= sizeof(r.words))
		return IPC_MALFORMED;
	d->iface = (uint32_t)r.words[0];
	d->index = (uint32_t)r.words[1];
	d->there = r.words[2] != 0;
	len -= sizeof(r.words);
	if (len > sizeof(d->driver) - 1)
		len = sizeof(d->driver) - 1;
	memcpy(d->driver, r.name, len);
	d->driver[len] = '\0';
	return HELIOS_OK;
}

bool
device_known(uint32_t iface, uint32_t index)
{
	struct device d;
	uint32_t i;

	for (i = 0; !device_get(i, &d); i++)
		if (d.iface == iface && d.index == index)
			return true;
	return false;
}

static bool
is_line(const struct device *d)
{
	return d->iface == DEV_SERIAL_ID && d->index == line_number();
}

bool
device_is_line(const char *driver)
{
	struct device d;
	uint32_t i;

	for (i = 0; !device_get(i, &d); i++)
		if (is_line(&d) && !strcmp(d.driver, driver))
			return true;
	return false;
}

int
cmd_devices(int argc, char **argv)
{
	struct device d;
	char name[32];
	ipc_status_t status;
	uint32_t i;

	(void)argc;
	(void)argv;
	out("%-16s %6s  %-16s %s\n", "INTERFACE", "NUMBER", "DRIVER", "STATE");
	for (i = 0; !(status = device_get(i, &d)); i++) {
		interface_name(d.iface, name, sizeof(name));
		out("%-16s %6u  %-16s %s%s\n", name, d.index, d.driver,
				d.there ? "up" : "down",
				is_line(&d) ? ", this line" : "");
	}
	return status == SYS_END ? 0 :
		complain("devices: %s", mercury_strerror(status));
}

/*
 * What read and write work on: DRIVER or DRIVER:N, its Nth device that is a
 * file, or the first endpoint of a driver that has registered nothing.
 */
struct target {
	char driver[NAME_SIZE];
	uint64_t n;
	struct mercury_device device;
};

static bool
parse_target(const char *text, struct target *t)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	if (len >= sizeof(t->driver))
		len = sizeof(t->driver) - 1;
	memcpy(t->driver, text, len);
	t->driver[len] = '\0';
	t->n = 0;
	return !colon || parse_number(colon + 1, t->driver, UINT32_MAX, &t->n);
}

/* Its devices of any kind are counted in *all, those that are files in
 * *files. */
static bool
find_device(const struct target *t, struct device *found, uint32_t *all,
		uint32_t *files)
{
	struct device d;
	uint32_t i;

	*all = *files = 0;
	for (i = 0; !device_get(i, &d); i++) {
		if (strcmp(d.driver, t->driver) != 0)
			continue;
		++*all;
		if (!is_file(d.iface))
			continue;
		if (++*files == t->n + 1) {
			*found = d;
			return true;
		}
	}
	return false;
}

/* The driver serves its first slot, as far as anybody told. */
static bool
open_endpoint(struct target *t)
{
	struct ipc_client driver;
	ipc_status_t status;

	if (!driver_find(t->driver, &driver))
		return false;
	t->device.client = (struct ipc_client)IPC_CLIENT(HELIOS_CADDR_UNDEF);
	status = sys_driver_endpoint(&driver, 0, 0, &t->device.client.cap);
	driver_drop(&driver);
	if (status)
		complain("%s: it registered no device, and for an endpoint in "
				"its slot 0: %s", t->driver,
				mercury_strerror(status));
	return !status;
}

static bool
open_target(const char *text, struct target *t)
{
	struct device d;
	uint32_t all, files;
	ipc_status_t status;

	if (!parse_target(text, t))
		return false;
	if (!find_device(t, &d, &all, &files)) {
		if (all == 0 && t->n == 0)
			return open_endpoint(t);
		complain("%s: %u of its %u devices are files, there is no "
				"number %llu; see devices", t->driver, files,
				all, (unsigned long long)t->n);
		return false;
	}
	status = mercury_open(&t->device, d.iface, d.index, true);
	if (status == SYS_NOENT)
		complain("%s: its driver is stopped", text);
	else if (status && status != HELIOS_CANCELED)	/* see transfer() */
		complain("%s: %s", text, mercury_strerror(status));
	return !status;
}

struct transfer {
	bool put;
	char data[MERCURY_INLINE + 1];	/* for put with a NUL */
	size_t len;
};

/* Nobody could end the wait for a device that has nothing to read. */
static ipc_status_t
get_or_put(struct ipc_client *c, struct transfer *x)
{
	uint64_t taken = 0;
	ipc_status_t status;

	if (!x->put)
		return io_file_get(c, (uint32_t)x->len, IO_MODE_NONBLOCK,
				x->data, &x->len);
	status = io_file_put(c, IO_MODE_NONBLOCK, x->data, x->len, &taken);
	x->len = taken;
	return status;
}

/* A driver that hangs, or does not return, is Ctrl-C's. */
static bool
transfer(const char *name, struct transfer *x)
{
	struct target t;
	bool opened = keys_cancelable() && open_target(name, &t), canceled;
	ipc_status_t status;

	status = opened ? get_or_put(&t.device.client, x) : HELIOS_OK;
	canceled = keys_interrupted();
	if (opened)
		mercury_close(&t.device);
	if (canceled)
		complain("%s: interrupted", name);
	else if (status == HELIOS_CANCELED)
		complain("%s: no answer: it ended, or gave up the request",
				name);
	else if (status)
		complain("%s: %s", name, mercury_strerror(status));
	return opened && !status && !canceled;
}

/* Bytes of any kind, for a person. */
static void
out_visible(const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (data[i] == '\n' || (data[i] >= ' ' && data[i] < 0x7f))
			out_bytes(&data[i], 1);
		else
			out("\\x%02x", (uint8_t)data[i]);
	if (len > 0 && data[len - 1] != '\n')
		out("\n");
}

int
cmd_read(int argc, char **argv)
{
	struct transfer x = { .put = false };
	uint64_t most = READ_DEFAULT;

	if (argc > 2 && !parse_number(argv[2], "bytes", MERCURY_INLINE + 1,
			&most))
		return 1;
	x.len = most;
	if (!transfer(argv[1], &x))
		return 1;
	out_visible(x.data, x.len);
	return 0;
}

/* The rest of the words, as they were but for the blanks between them. */
static size_t
join(char **words, char *buf, size_t size)
{
	size_t len = strlcpy(buf, *words, size);

	while (*++words && len < size) {
		strlcat(buf, " ", size);
		len = strlcat(buf, *words, size);
	}
	return len < size ? len : size - 1;
}

int
cmd_write(int argc, char **argv)
{
	struct transfer x = { .put = true };
	size_t len = join(argv + 2, x.data, sizeof(x.data));

	(void)argc;
	x.len = len;
	if (!transfer(argv[1], &x))
		return 1;
	out("%s: took %zu of %zu bytes\n", argv[1], x.len, len);
	return 0;
}
