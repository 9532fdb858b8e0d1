/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's end of a serial line.
 *
 * Output is taken whole while the other end keeps up; what it does not take
 * waits here, and chardev_ready turns false until it has.  With nobody at
 * the other end output is lost, as on a real line.
 */
#ifndef HOSTED_CHARDEV_H
#define HOSTED_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chardev;

/* What the device model is told, on the I/O thread. */
struct chardev_user {
	size_t (*room)(void *arg);	/* bytes it can take now */
	void (*receive)(void *arg, const uint8_t *buf, size_t len);
	void (*changed)(void *arg);	/* connected or ready is different */
	void *arg;
};

/* Exits with a message if it cannot be opened. */
struct chardev *chardev_open(const char *name, const char *spec,
		const struct chardev_user *user);
void chardev_close(struct chardev *c);

/* All that outlives the process is as it was; for one that dies. */
void chardev_restore(struct chardev *c);

void chardev_put(struct chardev *c, uint8_t byte);
bool chardev_ready(struct chardev *c);		/* nothing waits here */
bool chardev_connected(const struct chardev *c);
/* Connected, and its end has not been seen: of stdin, too. */
bool chardev_carrier(const struct chardev *c);
bool chardev_live(const struct chardev *c);	/* input can still come */
void chardev_resume(struct chardev *c);		/* there is room again */

#endif
