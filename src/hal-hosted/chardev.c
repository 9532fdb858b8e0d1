/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Back ends of the serial lines: null, stdio, pty, file, socket.
 *
 * The kernel writes (chardev_put), the I/O thread reads and drains; one lock
 * for each device covers the queue between them.  The terminal is raw while
 * stdio is in use, except that ^C still works and output is still cooked,
 * since the console shares it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "chardev.h"
#include "hosted.h"

#define QUEUE_SIZE	4096u
/* While nobody has a pty open poll reports that at once, every time; do not
 * look more often than this. */
#define PTY_LOOK_US	20000

enum kind { KIND_NULL, KIND_STDIO, KIND_PTY, KIND_FILE, KIND_SOCKET };

struct chardev {
	enum kind kind;
	const char *name;
	struct chardev_user user;
	int in, out, listener;		/* -1: none */
	char *path;			/* socket to remove */
	_Atomic bool connected, ended;
	bool raw;
	struct termios saved;
	pthread_mutex_t lock;
	uint8_t queue[QUEUE_SIZE];
	unsigned int head, count;
};

/*
 * Output
 */

/* Locked.  Write what the other end takes now. */
static void
chardev_drain(struct chardev *c)
{
	unsigned int n;
	ssize_t done;

	while (c->count > 0 && c->out >= 0) {
		n = QUEUE_SIZE - c->head;
		if (n > c->count)
			n = c->count;
		done = write(c->out, c->queue + c->head, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN && c->connected)
			return;
		if (done < 0)
			done = n;	/* nobody there: lost */
		c->head = (c->head + (unsigned int)done) % QUEUE_SIZE;
		c->count -= (unsigned int)done;
	}
}

void
chardev_put(struct chardev *c, uint8_t byte)
{
	if (c->kind == KIND_NULL)
		return;
	pthread_mutex_lock(&c->lock);
	if (c->out >= 0 && c->count < QUEUE_SIZE) {
		c->queue[(c->head + c->count++) % QUEUE_SIZE] = byte;
		if (c->connected)
			chardev_drain(c);
		else
			c->count = 0;
	}
	if (c->count > 0)
		io_wake();
	pthread_mutex_unlock(&c->lock);
}

bool
chardev_ready(struct chardev *c)
{
	bool ready;

	pthread_mutex_lock(&c->lock);
	ready = c->count == 0;
	pthread_mutex_unlock(&c->lock);
	return ready;
}

bool
chardev_connected(const struct chardev *c)
{
	return atomic_load(&c->connected);
}

bool
chardev_carrier(const struct chardev *c)
{
	return atomic_load(&c->connected) && !atomic_load(&c->ended);
}

bool
chardev_live(const struct chardev *c)
{
	return (c->in >= 0 || c->listener >= 0) && !atomic_load(&c->ended);
}

void
chardev_resume(struct chardev *c)
{
	if (chardev_live(c))
		io_wake();
}

/*
 * I/O thread
 */

static void
chardev_disconnect(struct chardev *c)
{
	pthread_mutex_lock(&c->lock);
	c->connected = false;
	c->count = 0;
	if (c->kind == KIND_SOCKET) {
		close(c->in);
		io_set_fd(c, c->in, c->listener);
		c->in = c->out = -1;
	} else if (c->kind == KIND_STDIO) {
		/* Output goes on. */
		c->connected = true;
		c->ended = true;
	}
	pthread_mutex_unlock(&c->lock);
	c->user.changed(c->user.arg);
	kernel_notify();
}

static void
accept_client(struct chardev *c)
{
	int fd;

	fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	pthread_mutex_lock(&c->lock);
	c->in = c->out = fd;
	c->connected = true;
	io_set_fd(c, c->listener, fd);
	pthread_mutex_unlock(&c->lock);
	c->user.changed(c->user.arg);
}

static void
take_input(struct chardev *c)
{
	uint8_t buf[64];
	size_t room = c->user.room(c->user.arg);
	ssize_t n;

	if (room == 0)
		return;
	if (room > sizeof(buf))
		room = sizeof(buf);
	n = read(c->in, buf, room);
	if (n > 0)
		c->user.receive(c->user.arg, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		chardev_disconnect(c);
}

static short
io_events(void *arg)
{
	struct chardev *c = arg;
	short events = 0;

	if (c->in < 0)
		return c->listener >= 0 ? POLLIN : 0;
	if (!c->ended && c->user.room(c->user.arg) > 0)
		events |= POLLIN;
	pthread_mutex_lock(&c->lock);
	if (c->count > 0 && c->in == c->out)
		events |= POLLOUT;
	pthread_mutex_unlock(&c->lock);
	return events;
}

static void
chardev_drain_output(struct chardev *c)
{
	pthread_mutex_lock(&c->lock);
	chardev_drain(c);
	pthread_mutex_unlock(&c->lock);
	c->user.changed(c->user.arg);
}

/* A pty without a reader hangs up again and again. */
static void
pty_presence(struct chardev *c, bool present)
{
	bool before = atomic_exchange(&c->connected, present);

	if (before && !present) {
		pthread_mutex_lock(&c->lock);
		c->count = 0;
		pthread_mutex_unlock(&c->lock);
	}
	if (before != present)
		c->user.changed(c->user.arg);
	if (!present)
		usleep(PTY_LOOK_US);
}

static void
io_ready(void *arg, short revents)
{
	struct chardev *c = arg;

	if (c->in < 0) {
		accept_client(c);
		return;
	}
	if (c->kind == KIND_PTY)
		pty_presence(c, !(revents & POLLHUP));
	if (revents & POLLOUT)
		chardev_drain_output(c);
	if (revents & POLLIN)
		take_input(c);
	else if (revents & (POLLHUP | POLLERR) && c->kind != KIND_PTY)
		chardev_disconnect(c);
}

/*
 * Opening and closing
 */

static void
open_stdio(struct chardev *c)
{
	struct termios raw;

	c->in = STDIN_FILENO;
	c->out = STDOUT_FILENO;
	c->connected = true;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &c->saved) < 0)
		return;
	raw = c->saved;
	raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	c->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void
open_pty(struct chardev *c)
{
	struct termios raw;
	char slave[64];
	int fd;

	c->in = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (c->in < 0 || grantpt(c->in) < 0 || unlockpt(c->in) < 0 ||
			ptsname_r(c->in, slave, sizeof(slave)) != 0)
		fail("--%s: cannot create a pty: %s", c->name,
			strerror(errno));
	/* Once opened and closed it reports whether somebody is there. */
	fd = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &raw) < 0)
		fail("--%s: %s: %s", c->name, slave, strerror(errno));
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	close(fd);
	c->out = c->in;
	fprintf(stderr, "helios: %s is %s\n", c->name, slave);
}

static void
open_file(struct chardev *c, const char *path)
{
	c->out = open_output(c->name, path);
	c->connected = true;
}

static void
open_socket(struct chardev *c, const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(sa.sun_path))
		fail("--%s: expected a path of at most %zu bytes, found %zu",
			c->name, sizeof(sa.sun_path) - 1, strlen(path));
	strcpy(sa.sun_path, path);
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
		SOCK_NONBLOCK, 0);
	if (c->listener < 0 || bind(c->listener, (struct sockaddr *)&sa,
			sizeof(sa)) < 0 || listen(c->listener, 1) < 0)
		fail("--%s: %s: %s", c->name, path, strerror(errno));
	c->path = strdup(path);
}

static void
open_kind(struct chardev *c, const char *spec)
{
	if (strcmp(spec, "stdio") == 0) {
		c->kind = KIND_STDIO;
		open_stdio(c);
	} else if (strcmp(spec, "pty") == 0) {
		c->kind = KIND_PTY;
		open_pty(c);
	} else if (strncmp(spec, "file:", 5) == 0) {
		c->kind = KIND_FILE;
		open_file(c, spec + 5);
	} else if (strncmp(spec, "socket:", 7) == 0) {
		c->kind = KIND_SOCKET;
		open_socket(c, spec + 7);
	}
}

struct chardev *
chardev_open(const char *name, const char *spec,
		const struct chardev_user *user)
{
	struct chardev *c;
	int fd;

	c = calloc(1, sizeof(*c));
	if (!c)
		fail("out of memory");
	c->name = name;
	c->user = *user;
	c->in = c->out = c->listener = -1;
	pthread_mutex_init(&c->lock, NULL);
	open_kind(c, spec);
	fd = c->in >= 0 ? c->in : c->listener;
	if (fd >= 0)
		io_add(&(struct io_source){fd, io_events, io_ready, c});
	return c;
}

/* The last bytes still go out, if the other end takes them now. */
void
chardev_restore(struct chardev *c)
{
	if (c->kind == KIND_FILE)
		fcntl(c->out, F_SETFL, O_WRONLY | O_NONBLOCK);
	chardev_drain(c);
	if (c->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
	if (c->path)
		unlink(c->path);
}

void
chardev_close(struct chardev *c)
{
	chardev_restore(c);
	if (c->kind != KIND_STDIO) {
		if (c->in >= 0)
			close(c->in);
		if (c->out >= 0 && c->out != c->in)
			close(c->out);
		if (c->listener >= 0)
			close(c->listener);
	}
	free(c->path);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
