/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver outside of Helios' tree: it drives nothing but your patience.
 * It serves io::file; what is put comes back by get, in capital letters.
 */
#include <mercury/driver.h>
#include <mercury/file.h>

/* Slots of echo.manifest. */
enum { ENDPOINT = 0 };

static char kept[16];
static size_t nkept;

/* Where to keep a text of this length; NULL: there is no room. */
static volatile char *
place(size_t len)
{
	return len <= sizeof(kept) ? kept : NULL;
}

static ipc_status_t
put(struct ipc_request *rq, enum io_mode mode, const void *data, size_t len,
		uint64_t *taken)
{
	const char *from = data;
	volatile char *to = place(len);
	size_t i;

	(void)rq;
	(void)mode;
	/* The bug: nobody asks whether there was room. */
	for (i = 0; i < len; i++)
		to[i] = from[i] >= 'a' && from[i] <= 'z' ?
			(char)(from[i] - 'a' + 'A') : from[i];
	nkept = len;
	*taken = len;
	return 0;
}

static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *result,
		size_t *len)
{
	(void)rq;
	(void)mode;
	if (nkept == 0)
		return IO_EOF;
	if (*len > amt)
		*len = amt;
	if (*len > nkept)
		*len = nkept;
	memcpy(result, kept, *len);
	nkept -= *len;
	memmove(kept, kept + *len, nkept);
	return 0;
}

static void
request(struct ipc_request *rq)
{
	static const struct io_file_server server = { .get = get, .put = put };

	io_file_dispatch(&server, rq);
}

int
main(int argc, char **argv, char **envp)
{
	static const struct mercury_loop loop = {
		.endpoint = ENDPOINT, .request = request
	};
	ipc_status_t status = mercury_register(ENDPOINT, IO_FILE_ID, 0, NULL);

	(void)argc;
	(void)argv;
	(void)envp;
	if (status) {
		mercury_log("cannot register the endpoint in slot %u: %s",
			ENDPOINT, mercury_strerror(status));
		return 1;
	}
	mercury_log("room for %zu bytes", sizeof(kept));
	mercury_serve(&loop);
}
