/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing through io::file.
 *
 * A longer transfer lends the server a page, made for the one call: a fresh
 * page has nothing of an earlier exchange in it that this server should not
 * see, and a read that blocks keeps no page that another thread waits for.
 * After the call the page is revoked before it is destroyed, since destroying
 * alone would leave the server's copy alive, and the memory with it.
 *
 * Not every server takes pages, and not every program can make one.  Since
 * any transfer may be shorter than was asked for, the message's own words
 * then serve.
 */
#include <mercury/file.h>
#include <mercury/sys.h>

#define PRINTF_MAX	256u

/*
 * Servers are others' programs: what one says that it did is checked before
 * anybody relies on it.
 */
static ipc_status_t
check_done(ipc_status_t status, uint64_t n, size_t len, size_t *done)
{
	if (status)
		return status;
	if (n == 0 || n > len) {
		helios_set_detail(0);
		return IPC_MALFORMED;
	}
	*done = (size_t)n;
	return HELIOS_OK;
}

static size_t
at_most(size_t len, size_t max)
{
	return len < max ? len : max;
}

/* Is this worth a page, and is there one? */
static bool
new_page(size_t len, helios_cap_t *page)
{
	return len > MERCURY_INLINE && helios_newpage(page) == HELIOS_OK;
}

static void
take_back(helios_cap_t page)
{
	uint64_t detail = helios_detail();

	helios_revoke(page);
	helios_destroy(page);
	helios_set_detail(detail);
}

/* A server without a CSpace cannot accept capabilities at all. */
static bool
takes_no_pages(ipc_status_t status)
{
	return status == IO_UNSUPPORTED || status == HELIOS_REFUSED;
}

static ipc_status_t
read_page(struct ipc_client *file, helios_cap_t page, void *buf, size_t len,
		enum io_mode mode, size_t *done)
{
	uint64_t n = 0;
	ipc_status_t status = io_file_read(file, &page, 1, 0, len, mode, &n);

	status = check_done(status, n, len, done);
	return status ? status : helios_page_read(page, 0, buf, (size_t)n);
}

static ipc_status_t
write_page(struct ipc_client *file, helios_cap_t page, const void *buf,
		size_t len, enum io_mode mode, size_t *done)
{
	uint64_t n = 0;
	ipc_status_t status = helios_page_write(page, 0, buf, len);

	if (!status)
		status = io_file_write(file, &page, 1, 0, len, mode, &n);
	return check_done(status, n, len, done);
}

ipc_status_t
mercury_read(struct ipc_client *file, void *buf, size_t len,
		enum io_mode mode, size_t *done)
{
	ipc_status_t status = IO_UNSUPPORTED;
	helios_cap_t page;
	size_t n;

	*done = 0;
	if (!len)
		return HELIOS_OK;
	if (new_page(len, &page)) {
		status = read_page(file, page, buf,
				at_most(len, HELIOS_PAGE_SIZE), mode, done);
		take_back(page);
	}
	if (!takes_no_pages(status))
		return status;
	n = len = at_most(len, MERCURY_INLINE);
	status = io_file_get(file, (uint32_t)len, mode, buf, &n);
	return check_done(status, n, len, done);
}

ipc_status_t
mercury_write(struct ipc_client *file, const void *buf, size_t len,
		enum io_mode mode, size_t *done)
{
	ipc_status_t status = IO_UNSUPPORTED;
	helios_cap_t page;
	uint64_t n = 0;

	*done = 0;
	if (!len)
		return HELIOS_OK;
	if (new_page(len, &page)) {
		status = write_page(file, page, buf,
				at_most(len, HELIOS_PAGE_SIZE), mode, done);
		take_back(page);
	}
	if (!takes_no_pages(status))
		return status;
	len = at_most(len, MERCURY_INLINE);
	status = io_file_put(file, mode, buf, len, &n);
	return check_done(status, n, len, done);
}

ipc_status_t
mercury_write_all(struct ipc_client *file, const void *buf, size_t len,
		size_t *done)
{
	const char *p = buf;
	ipc_status_t status = HELIOS_OK;
	size_t total = 0, n;

	while (!status && total < len) {
		status = mercury_write(file, p + total, len - total,
				IO_MODE_BLOCK, &n);
		total += n;
	}
	if (done)
		*done = total;
	return status;
}

ipc_status_t
mercury_fprintf(struct ipc_client *file, const char *fmt, ...)
{
	char text[PRINTF_MAX + 1];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = helios_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return mercury_write_all(file, text,
			at_most((size_t)len, PRINTF_MAX), NULL);
}

static const struct {
	ipc_status_t status;
	const char *text;
} texts[] = {
	{ HELIOS_MISSING_PART, "a service that this takes was not given "
		"(of a driver: [services] in its manifest)" },
	{ IPC_MALFORMED, "a message that does not fit the protocol" },
	{ IPC_NOMETHOD, "the object has no such method" },
	{ IPC_TOO_LONG, "the answer is longer than there is room for" },
	{ IO_NOENT, "there is no such file" },
	{ IO_AGAIN, "no data, or no room, at the moment" },
	{ IO_UNSUPPORTED, "the file or its server cannot do that" },
	{ IO_READONLY, "it may only be read" },
	{ IO_INVALID, "a position, length or name that makes no sense" },
	{ IO_LIMIT, "too many of these are in use" },
	{ IO_NODEVICE, "the device is not there" },
	{ IO_EOF, "end of file" },
	{ SYS_NOMEM, "not enough memory" },
	{ SYS_LIMIT, "as many of these as are allowed are in use" },
	{ SYS_NOENT, "there is no such process, driver or device" },
	{ SYS_INVALID, "an argument that makes no sense, or a capability "
		"that is not what is expected" },
	{ SYS_STATE, "not possible in its present state" },
	{ SYS_NOEXEC, "the file is no program of the kind needed" },
	{ SYS_MANIFEST, "the driver's manifest is wrong; "
		"the console says how" },
	{ SYS_BUSY, "something the driver asks for is missing, or another "
		"driver's" },
	{ SYS_FAILED, "the driver crashed too often" },
	{ SYS_END, "end of the list" },
};

const char *
mercury_strerror(ipc_status_t status)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return sys_strerror(status);
}
