/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mercury's tests: usrinit of an archive of their own, with the drivers of
 * this directory.  They are Vulcan tests (testsuite/vulcan/vulcan.h), and a
 * CHILD is a process of sysinit's that runs this file again.
 *
 * Besides what Vulcan compares, a test fails if sysinit's free pages and
 * slots, its handles, or the number of any kernel object are not what they
 * were, with all drivers settled; or if the bystander, a process that has its
 * bytes echoed all the time, got stuck or saw one that is wrong.
 */
#ifndef MERCURY_TEST_WORLD_H
#define MERCURY_TEST_WORLD_H

#include <mercury/driver.h>
#include <mercury/file.h>
#include <mercury/service.h>
#include <mercury/sys.h>

#include "../vulcan/supervisor.h"
#include "interfaces.h"

#define NAME_MAX	32u

/* The same text for both worlds of statuses: ipc_status_t. */
void check_ipc(const char *file, int line, const char *text,
		ipc_status_t found, ipc_status_t expected);

#define CHECK_IPC(call, expected)					\
	check_ipc(__FILE__, __LINE__, #call, (call), (expected))
#define CHECK_DONE(call)	CHECK_IPC(call, 0)

/* A client of a service of sysinit's.  The program ends if it has none. */
struct ipc_client service(uint32_t iface);

/* Statistics of sysinit's: the words of sys::stats. */
enum { STAT_PAGES, STAT_SLOTS, STAT_HANDLES, STAT_TASKS, STAT_ENDPOINTS,
	STAT_NOTES, STAT_CSPACES, STAT_VSPACES, STAT_MEMORIES, STATS };

void read_stats(uint64_t out[STATS]);

/* The test loads a driver for good: sysinit is not compared this time. */
void world_changes(void);

/* Look after a driver, by name.  The test fails if there is none. */
struct ipc_client find_driver(const char *name);
/* false: none. */
bool try_driver(const char *name, struct ipc_client *out);
void close_driver(struct ipc_client *driver);
enum sys_driver_state driver_state(struct ipc_client *driver);
uint64_t driver_restarts(struct ipc_client *driver);
/* Until it is in this state. */
void await_state(struct ipc_client *driver, enum sys_driver_state state);
/* Until it runs and has been restarted more often than that. */
void await_restart(struct ipc_client *driver, uint64_t restarts);
/* Until all that can run does. */
void settle(void);

/* A device, open; waits for its driver. */
void open_device(struct mercury_device *d, uint32_t iface, uint32_t index);
/* Put a text, all of it at once; the status. */
ipc_status_t put_text(struct ipc_client *file, const char *text);
/* Get one; NUL-terminated, "" if there is none. */
ipc_status_t get_text(struct ipc_client *file, char *out, size_t size);

/* A process that runs CHILD(name), with so many pages. */
struct ipc_client new_child(const char *name, uint32_t pages);
void start_child(struct ipc_client *process);
/* Start it, wait until it ends by itself, and close it; its status. */
uint64_t run_child(struct ipc_client *process);
void close_process(struct ipc_client *process);

/* What a child and its maker have in common: a page. */
struct shared {
	_Atomic uint64_t rounds;	/* of whatever the child does */
	_Atomic uint64_t errors;
	_Atomic uint64_t extra[8];
};

/* In the maker: a zeroed one, and its capability. */
struct shared *new_shared(helios_cap_t *page);
/* In the child: the one it was given; NULL: none. */
struct shared *given_shared(void);
/* Give the child a page, and the services that the tests have. */
void equip_child(struct ipc_client *process, helios_cap_t page);

/* Wait until a counter is above this. */
void await_above(_Atomic uint64_t *counter, uint64_t value);

/* Pseudo-random numbers from a seed; splitmix64 (Steele, Lea, Flood 2014). */
uint64_t next_random(uint64_t *state);

#define MS		1000000ull

#endif
