/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of any number through io::file: short ones in the message, longer
 * ones through a page that is lent to the server for the call.
 */
#ifndef MERCURY_FILE_H
#define MERCURY_FILE_H

#include <mercury/ipc.h>
#include <mercury/io.h>

/* Most bytes that get and put carry. */
#define MERCURY_INLINE		480u

/*
 * Read up to len bytes: at least one; *done: how many.  IO_EOF and
 * the other answers of io::file.
 */
ipc_status_t mercury_read(struct ipc_client *file, void *buf, size_t len,
		enum io_mode mode, size_t *done);
/* Write at least one of len bytes; *done: how many. */
ipc_status_t mercury_write(struct ipc_client *file, const void *buf,
		size_t len, enum io_mode mode, size_t *done);
/* Write all of it; *done (may be NULL) counts what went before an error. */
ipc_status_t mercury_write_all(struct ipc_client *file, const void *buf,
		size_t len, size_t *done);
/* printf, at most 256 bytes of text. */
ipc_status_t mercury_fprintf(struct ipc_client *file, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Say that status (of the protocol's or the kernel's) in words. */
const char *mercury_strerror(ipc_status_t status);

#endif
