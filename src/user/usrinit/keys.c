/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line, as something to read from.
 *
 * A thread of its own reads it, so that Ctrl-C is seen while the main thread
 * waits for something else: for a program, or for a driver that hangs.  Other
 * keys are kept until the main thread asks for them; if that many were typed
 * ahead that there is no place for more, they wait in the driver.
 */
#include <mercury/file.h>
#include "usrinit.h"

#define NAP		1000000u	/* ns */

enum { CHUNK = 64, AHEAD = 4096 };

/* Not the device that output uses: two threads must not reconnect one. */
static struct mercury_device input;
static helios_cap_t ready, room;	/* notes: for main thread, reader */

static struct helios_mutex lock = HELIOS_MUTEX_INIT;	/* for all below */
static uint8_t ahead[AHEAD];
static unsigned int first, count;
static ipc_status_t ended;
static bool busy, interrupted, cancelable;
static struct ipc_client *foreground;

/*
 * Ctrl-C.  The main thread has said that it is about to wait, but may not do
 * so yet: so it is called off until it has noticed.
 */
static void
interrupt(void)
{
	interrupted = true;
	if (foreground)
		sys_process_kill(foreground);
	while (cancelable) {
		helios_task_cancel(helios_process.task);
		helios_mutex_unlock(&lock);
		helios_sleep(NAP);
		helios_mutex_lock(&lock);
	}
}

static void
store(uint8_t key)
{
	uint64_t bits;

	while (count == AHEAD) {
		helios_mutex_unlock(&lock);
		helios_wait(room, &bits);
		helios_mutex_lock(&lock);
	}
	ahead[(first + count++) % AHEAD] = key;
}

static void
take(const uint8_t *keys, size_t len)
{
	size_t i;

	helios_mutex_lock(&lock);
	for (i = 0; i < len; i++)
		if (busy && keys[i] == KEY_CTRL('C'))
			interrupt();
		else
			store(keys[i]);
	helios_mutex_unlock(&lock);
	helios_signal(ready);
}

/* The reader. */
static void *
read_keys(void *arg)
{
	ipc_status_t status = HELIOS_OK;
	uint8_t keys[CHUNK];

	(void)arg;
	do {
		size_t len = sizeof(keys);

		status = io_file_get(&input.client, CHUNK, IO_MODE_BLOCK,
				keys, &len);
		if (!status)
			take(keys, len);
	} while (!status || line_again(&input, &status));
	helios_mutex_lock(&lock);
	ended = status;
	helios_mutex_unlock(&lock);
	helios_signal(ready);
	return NULL;
}

ipc_status_t
keys_start(void)
{
	struct helios_thread *thread;
	ipc_status_t status = mercury_open(&input, DEV_SERIAL_ID,
			line_number(), true);

	if (!status)
		status = helios_newnote(&ready);
	if (!status)
		status = helios_newnote(&room);
	if (!status)
		status = helios_thread_spawn(&thread, read_keys, NULL);
	return status;
}

/* Locked. */
static void
wait_for_key(void)
{
	uint64_t bits;

	helios_mutex_unlock(&lock);
	out_flush();
	helios_mutex_lock(&lock);
	while (!count && !ended && line_good()) {
		helios_mutex_unlock(&lock);
		helios_wait(ready, &bits);
		helios_mutex_lock(&lock);
	}
}

int
key_next(void)
{
	int key = KEY_END;

	helios_mutex_lock(&lock);
	if (!count)
		wait_for_key();
	if (count > 0) {
		key = ahead[first];
		first = (first + 1) % AHEAD;
		if (count-- == AHEAD)
			helios_signal(room);
	}
	helios_mutex_unlock(&lock);
	return key;
}

/* Written before the last key was taken, if at all. */
ipc_status_t
keys_ended(void)
{
	return ended;
}

void
keys_busy(bool on)
{
	helios_mutex_lock(&lock);
	busy = on;
	interrupted = false;
	helios_mutex_unlock(&lock);
}

bool
keys_cancelable(void)
{
	bool result;

	helios_mutex_lock(&lock);
	result = cancelable = !interrupted;
	helios_mutex_unlock(&lock);
	return result;
}

bool
keys_interrupted(void)
{
	bool result;

	helios_mutex_lock(&lock);
	cancelable = false;
	result = interrupted;
	helios_mutex_unlock(&lock);
	return result;
}

ipc_status_t
keys_await(struct ipc_client *process, uint64_t *value)
{
	ipc_status_t status;

	helios_mutex_lock(&lock);
	foreground = process;
	if (interrupted)
		interrupt();
	helios_mutex_unlock(&lock);
	status = sys_process_wait(process, value);
	helios_mutex_lock(&lock);
	foreground = NULL;
	helios_mutex_unlock(&lock);
	return status;
}
