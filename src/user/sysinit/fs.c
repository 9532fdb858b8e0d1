/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io::fs and io::file: the files of the initramfs, which can be read.
 *
 * The archive does not change, so that all there is to know of it is read
 * once.  An open file is a handle whose detail is the position.  Data goes
 * into the pages that a client lends by Page WRITE: they are never mapped
 * here, and one that is revoked meanwhile is an error and no fault.
 */
#include "sysinit.h"

#define READ_MAX	65536u		/* of one request, so that others get
					 * their turn */

struct file {
	const char *name;
	uint64_t data;			/* offset in the archive */
	uint64_t size;
};

static struct file *files;
static unsigned int nfiles;

static bool
is_file(const struct helios_tar_entry *e)
{
	return e->type == '0' || e->type == 0;
}

static struct file *
find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < nfiles; i++)
		if (strlen(files[i].name) == len &&
				!memcmp(files[i].name, name, len))
			return &files[i];
	return NULL;
}

static void
add(const struct helios_tar_entry *e)
{
	size_t len = strlen(e->name) + 1;
	struct file *f = realloc(files, (nfiles + 1) * sizeof(*files));
	char *name = malloc(len);

	if (!f || !name)
		helios_panic("no memory for the list of files");
	memcpy(name, e->name, len);
	files = f;
	files[nfiles++] = (struct file){ name, e->data, e->size };
}

/* Of two entries with one name the first counts. */
void
fs_start(void)
{
	struct helios_tar_entry e;
	enum helios_status status;
	uint64_t at = 0;

	for (;;) {
		status = helios_tar_entry(&sys_tar, at, &e);
		if (status != HELIOS_OK)
			break;
		if (is_file(&e) && !find(e.name, strlen(e.name)))
			add(&e);
		at = e.next;
	}
	if (status != HELIOS_WOULD_BLOCK)
		say("initramfs: bad header at offset %llu (%s); what follows "
			"is ignored", (unsigned long long)at,
			helios_strerror(status));
}

enum helios_status
sys_file(const char *path, void **image, size_t *size)
{
	const struct file *f = find(path, strlen(path));
	enum helios_status status;
	void *p;

	if (!f)
		return HELIOS_WOULD_BLOCK;
	p = malloc(f->size);
	if (!p)
		return HELIOS_NOMEM;
	status = sys_tar.read(sys_tar.cookie, f->data, p, f->size);
	if (status != HELIOS_OK) {
		free(p);
		return status;
	}
	*image = p;
	*size = f->size;
	return HELIOS_OK;
}

static ipc_status_t
fs_open(struct ipc_request *rq, const void *path, size_t path_len,
		uint64_t *result, helios_cap_t *file)
{
	struct file *f = find(path, path_len);
	struct handle *h;

	if (!f)
		return IO_NOENT;
	if (handle_new(HANDLE_FILE, caller(rq), f, &h) != HELIOS_OK)
		return IO_LIMIT;
	*result = f->size;
	*file = h->cap;
	return 0;
}

static ipc_status_t
fs_list(struct ipc_request *rq, uint32_t index, void *result,
		size_t *result_len)
{
	const struct file *f;
	size_t len;

	(void)rq;
	if (index >= nfiles)
		return IO_EOF;
	f = &files[index];
	len = strlen(f->name);
	memcpy(result, &f->size, sizeof(f->size));
	memcpy((char *)result + sizeof(f->size), f->name, len);
	*result_len = sizeof(f->size) + len;
	return 0;
}

static const struct io_fs_server fs_server = {
	.open = fs_open,
	.list = fs_list,
};

void
fs_request(struct ipc_request *rq)
{
	io_fs_dispatch(&fs_server, rq);
}

static const struct file *
file_of(const struct ipc_request *rq)
{
	return request_handle(rq)->object;
}

static ipc_status_t
invalid(struct ipc_request *rq, unsigned int argument)
{
	rq->payload = argument;
	return IO_INVALID;
}

/* How much of amt there is from the position on. */
static uint64_t
available(const struct ipc_request *rq, uint64_t amt)
{
	uint64_t left = file_of(rq)->size - request_handle(rq)->detail;

	return amt < left ? amt : left;
}

static bool
fetch(const struct ipc_request *rq, uint64_t ahead, void *buf, size_t len)
{
	uint64_t at = file_of(rq)->data + request_handle(rq)->detail + ahead;

	return sys_tar.read(sys_tar.cookie, at, buf, len) == HELIOS_OK;
}

/* Into one page, from offset on; how much, 0 if it cannot be written. */
static uint64_t
fill_page(const struct ipc_request *rq, helios_cap_t page, uint64_t offset,
		uint64_t room, uint64_t done, uint64_t amt)
{
	static char buf[HELIOS_PAGE_SIZE];
	uint64_t n, filled = 0;

	for (; filled < room && done + filled < amt; filled += n) {
		n = amt - done - filled;
		if (n > room - filled)
			n = room - filled;
		if (n > sizeof(buf))
			n = sizeof(buf);
		if (!fetch(rq, done + filled, buf, n) || helios_page_write(
				page, offset + filled, buf, n) != HELIOS_OK)
			break;
	}
	return filled;
}

/*
 * Its size; 0: it is no page.  That is asked first, of the own CSpace: an
 * operation invoked on what turns out to be an endpoint would be a call to
 * whoever serves it, or nobody.
 */
static uint64_t
page_size(helios_cap_t page)
{
	struct helios_page_info info;
	uint64_t what;

	if (helios_identify(page, &what) != HELIOS_OK ||
			HELIOS_IDENTIFY_TYPE(what) != HELIOS_PAGE ||
			helios_page_info(page, &info) != HELIOS_OK)
		return 0;
	return info.size;
}

/* Stops at a page that cannot be written; what came before counts. */
static uint64_t
fill_pages(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t offset, uint64_t amt)
{
	uint64_t done = 0, size, n;
	unsigned int i;

	for (i = 0; i < npages && done < amt; i++) {
		size = page_size(pages[i]);
		if (!size)
			break;
		if (offset >= size) {
			offset -= size;
			continue;
		}
		n = fill_page(rq, pages[i], offset, size - offset, done, amt);
		done += n;
		if (n < size - offset)
			break;
		offset = 0;
	}
	return done;
}

static ipc_status_t
file_read(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	uint64_t done;

	(void)mode;
	if (!amt)
		return invalid(rq, 1);
	amt = available(rq, amt < READ_MAX ? amt : READ_MAX);
	if (!amt)
		return IO_EOF;
	done = fill_pages(rq, pages, npages, buf, amt);
	/* No pages, pages that end before buf, or cannot be written? */
	if (!done)
		return invalid(rq, 0);
	request_handle(rq)->detail += done;
	*result = done;
	return 0;
}

static ipc_status_t
file_write(struct ipc_request *rq, const helios_cap_t *pages,
		unsigned int npages, uint64_t buf, uint64_t amt,
		enum io_mode mode, uint64_t *result)
{
	(void)rq, (void)pages, (void)npages, (void)buf, (void)amt, (void)mode;
	(void)result;
	return IO_READONLY;
}

static ipc_status_t
file_seek(struct ipc_request *rq, int64_t offs, enum io_whence whence,
		uint64_t *result)
{
	struct handle *h = request_handle(rq);
	int64_t size = (int64_t)file_of(rq)->size;
	int64_t base = whence == IO_WHENCE_SET ? 0 :
		whence == IO_WHENCE_CUR ? (int64_t)h->detail : size;

	/* Before the beginning, or beyond the end? */
	if (offs < -base || offs > size - base)
		return invalid(rq, 0);
	h->detail = (uint64_t)(base + offs);
	*result = h->detail;
	return 0;
}

static ipc_status_t
file_get(struct ipc_request *rq, uint32_t amt, enum io_mode mode,
		void *result, size_t *result_len)
{
	uint64_t n;

	(void)mode;
	if (!amt)
		return invalid(rq, 0);
	n = available(rq, amt < *result_len ? amt : *result_len);
	if (!n || !fetch(rq, 0, result, n))
		return IO_EOF;
	request_handle(rq)->detail += n;
	*result_len = n;
	return 0;
}

static ipc_status_t
file_put(struct ipc_request *rq, enum io_mode mode, const void *data,
		size_t data_len, uint64_t *result)
{
	(void)rq, (void)mode, (void)data, (void)data_len, (void)result;
	return IO_READONLY;
}

static ipc_status_t
file_close(struct ipc_request *rq)
{
	handle_close(request_handle(rq));
	return 0;
}

static const struct io_file_server file_server = {
	.read = file_read,
	.write = file_write,
	.seek = file_seek,
	.get = file_get,
	.put = file_put,
	.close = file_close,
};

void
file_request(struct ipc_request *rq)
{
	io_file_dispatch(&file_server, rq);
}
