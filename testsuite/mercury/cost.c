/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What do the generated stubs cost?  A process asks another one for 1, 64 and
 * 4096 bytes, by io::file and by bare messages that carry as much in the same
 * way: up to 480 bytes in the message, more through a page that is lent for
 * the call.  In ticks of the time stamp counter, which QEMU with -icount
 * shift=0 advances by one for each instruction.  bench.sh starts this.
 *
 * It is usrinit; the server is this file again, with an argument.
 */
#include <mercury/file.h>
#include <mercury/service.h>
#include <mercury/sys.h>

#include "interfaces.h"

#define BATCHES		31u
#define CALLS		50u
#define SERVER_PAGES	512u
#define BARE		1u		/* label of bare requests */

/* What is asked for, over and over. */

static uint8_t data[HELIOS_PAGE_SIZE];

/*
 * The server.
 */

static ipc_status_t
get(struct ipc_request *rq, uint32_t amt, enum io_mode mode, void *result,
		size_t *result_len)
{
	(void)rq;
	(void)mode;
	if (amt > *result_len)
		return IO_INVALID;
	memcpy(result, data, amt);
	*result_len = amt;
	return 0;
}

static ipc_status_t
file_read(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	(void)rq;
	(void)mode;
	if (npages != 1 || helios_page_write(pages[0], buf, data, amt))
		return IO_INVALID;
	*result = amt;
	return 0;
}

static const struct io_file_server server = { .get = get, .read = file_read };

static int
serve_file(helios_cap_t endpoint)
{
	struct ipc_request rq;
	enum helios_status status = ipc_receive(endpoint, 1, &rq);

	while (status == HELIOS_OK) {
		io_file_dispatch(&server, &rq);
		status = ipc_reply_receive(endpoint, 1, &rq);
	}
	return 1;
}

/* The same with system calls only. */
static void
bare_answer(struct helios_raw *r)
{
	uint64_t bytes = r->rdx;
	unsigned int nwords = (unsigned int)((bytes + 7) / 8);

	if (helios_tag_ncaps(r->rsi) > 0) {
		helios_cap_t page = helios_ipcbuf()->caps[0];

		helios_page_write(page, 0, data, bytes);
		helios_destroy(page);
		nwords = 1;
	} else {
		memcpy(&r->rdx, data, 8);
		memcpy(&r->r10, data + 8, 8);
		memcpy(&r->r8, data + 16, 8);
		memcpy(&r->r9, data + 24, 8);
		if (nwords > HELIOS_MSG_REGS)
			memcpy(&helios_ipcbuf()->words[HELIOS_MSG_REGS],
					data + 32, bytes - 32);
	}
	r->rsi = helios_tag(0, nwords, 0);
}

static int
serve_bare(helios_cap_t endpoint)
{
	struct helios_raw r = { 0 };

	helios_accept(1, NULL);
	if (helios_raw_recv(endpoint, &r))
		return 1;
	do
		bare_answer(&r);
	while (helios_raw_reply_recv(endpoint, &r) == HELIOS_OK);
	return 1;
}

/*
 * The client.
 */

static struct ipc_client file, bare;
static uint8_t buffer[HELIOS_PAGE_SIZE];

static _Noreturn void
fail(const char *what, ipc_status_t status)
{
	helios_printf("cost: %s: %s\n", what, mercury_strerror(status));
	helios_exit(1);
}

static void
must(ipc_status_t status, const char *what)
{
	if (status)
		fail(what, status);
}

static void
get_by_stub(uint32_t bytes)
{
	size_t len = sizeof(buffer);

	must(io_file_get(&file, bytes, IO_MODE_BLOCK, buffer, &len), "get");
}

static void
get_bare(uint32_t bytes)
{
	struct helios_raw r = { .rsi = helios_tag(BARE, 1, 0), .rdx = bytes };

	must(helios_raw_call(bare.cap, &r), "bare call");
	memcpy(buffer, &r.rdx, 8);
	memcpy(buffer + 8, &r.r10, 8);
	memcpy(buffer + 16, &r.r8, 8);
	memcpy(buffer + 24, &r.r9, 8);
	if (bytes > 32)
		memcpy(buffer + 32, &helios_ipcbuf()->words[HELIOS_MSG_REGS],
				bytes - 32);
}

static helios_cap_t page;

static void
read_by_stub(uint32_t bytes)
{
	uint64_t done;

	must(io_file_read(&file, &page, 1, 0, bytes, IO_MODE_BLOCK, &done),
			"read");
	must(helios_page_read(page, 0, buffer, bytes), "page");
	must(helios_revoke(page), "revoke");
}

static void
read_bare(uint32_t bytes)
{
	struct helios_raw r = { .rsi = helios_tag(BARE, 1, 1), .rdx = bytes };

	helios_ipcbuf()->caps[0] = page;
	must(helios_raw_call(bare.cap, &r), "bare call");
	must(helios_page_read(page, 0, buffer, bytes), "page");
	must(helios_revoke(page), "revoke");
}

/* As programs do: with a fresh page each time. */
static void
read_by_library(uint32_t bytes)
{
	size_t done;

	must(mercury_read(&file, buffer, bytes, IO_MODE_BLOCK, &done),
			"mercury_read");
}

static inline uint64_t
ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a" (low), "=d" (high));
	return (uint64_t)high << 32 | low;
}

/* Of one call, in the best batch: now and then an interrupt comes. */
static void
measure(const char *name, void (*op)(uint32_t bytes), uint32_t bytes)
{
	uint64_t best = UINT64_MAX, start, took;
	unsigned int batch, i;

	for (batch = 0; batch < BATCHES; batch++) {
		start = ticks();
		for (i = 0; i < CALLS; i++)
			op(bytes);
		took = ticks() - start;
		if (took < best)
			best = took;
	}
	if (memcmp(buffer, data, bytes))
		fail("other bytes than expected", IPC_MALFORMED);
	memset(buffer, 0, sizeof(buffer));
	helios_printf("cost %s-%u %llu\n", name, bytes,
			(unsigned long long)(best / CALLS));
}

static struct ipc_client
start_server(const char *kind)
{
	struct ipc_client manager = IPC_CLIENT(
			mercury_service(SYS_PROCMGR_ID));
	struct ipc_client process = IPC_CLIENT(HELIOS_CADDR_UNDEF);
	struct ipc_client server_end = IPC_CLIENT(HELIOS_CADDR_UNDEF);

	must(helios_newendpoint(&server_end.cap), "endpoint");
	must(sys_procmgr_new(&manager, SERVER_PAGES,
			&process.cap), "process");
	must(sys_process_arg(&process, "usrinit", 7), "argument");
	must(sys_process_arg(&process, kind, strlen(kind)), "argument");
	must(sys_process_give(&process, server_end.cap, TEST_ENDPOINT),
			"endpoint for it");
	must(sys_process_start(&process), "start");
	return server_end;
}

static void
fill(void)
{
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
}

int
main(int argc, char **argv, char **envp)
{
	(void)envp;
	fill();
	if (argc == 2 && !strcmp(argv[1], "file"))
		return serve_file(mercury_service(TEST_ENDPOINT));
	if (argc == 2 && !strcmp(argv[1], "bare"))
		return serve_bare(mercury_service(TEST_ENDPOINT));
	file = start_server("file");
	bare = start_server("bare");
	must(helios_newpage(&page), "page");
	measure("stub", get_by_stub, 1);
	measure("bare", get_bare, 1);
	measure("stub", get_by_stub, 64);
	measure("bare", get_bare, 64);
	measure("stub", read_by_stub, 4096);
	measure("bare", read_bare, 4096);
	measure("library", read_by_library, 4096);
	return 0;
}
