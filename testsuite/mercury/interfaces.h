/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Under which interface ids the test drivers make their devices known: one
 * for each, so that serial numbers do not depend on who starts first.  They
 * all speak io::file.
 */
#ifndef MERCURY_TEST_INTERFACES_H
#define MERCURY_TEST_INTERFACES_H

#define ECHO_IFACE	0x74655300u
#define UART_IFACE	0x74655301u
#define NEEDY_IFACE	0x74655302u

/* crasher.c's, by the slot that the manifest gives its endpoint. */
#define CRASHER_IFACE	0x74655400u
enum crasher_slot {
	CRASHER = 0,
	SLEEPER = 1,			/* has a watchdog */
	LIMITED = 2,			/* two restarts */
	BACKOFF = 3,			/* waits before each */
	PROVIDER = 4,			/* not in drivers/ */
	NEVER = 5,			/* policy=never */
};

/* Capabilities that tests give to their children. */
#define SHARED_PAGE	0x74655500u
#define TEST_ENDPOINT	0x74655501u

/* What a crasher exits with, when told to. */
#define CRASH_STATUS	42

#endif
