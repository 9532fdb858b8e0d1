/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a program, its environment, and words for its errors.
 */
#include <elf.h>

#include "internal.h"

void
helios_exit(int status)
{
	struct helios_raw r = { 0, helios_tag(HELIOS_LABEL(
			HELIOS_SYSTEMCONTROL, HELIOS_SYSTEM_POWEROFF), 1, 0),
			(uint64_t)(unsigned int)status, 0, 0, 0 };

	if (helios_process.system != HELIOS_CADDR_UNDEF)
		helios_raw_call(helios_process.system, &r);
	for (;;)
		helios_raw_exit((uint64_t)(int64_t)status);
}

void
helios_panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	helios_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (helios_process.panic)
		helios_process.panic(text);
	helios_printf("panic: %s\n", text);
	helios_exit(127);
}

uint64_t
helios_aux(uint64_t type, uint64_t fallback)
{
	const uint64_t *p;

	for (p = helios_process.auxv; p[0] != AT_NULL; p += 2)
		if (p[0] == type)
			return p[1];
	return fallback;
}

const char *
helios_getenv(const char *name)
{
	size_t len = strlen(name);
	char **p;

	for (p = helios_process.envp; *p; p++)
		if (!strncmp(*p, name, len) && (*p)[len] == '=')
			return *p + len + 1;
	return NULL;
}

uint64_t
helios_detail(void)
{
	return helios_tls.detail;
}

void
helios_set_detail(uint64_t detail)
{
	helios_tls.detail = detail;
}

static const struct {
	const char *name, *text;
} statuses[] = {
	[HELIOS_OK] = { "OK", "success" },
	[HELIOS_NOMEM] = { "NOMEM", "not enough memory" },
	[HELIOS_INVALID_CADDR] = { "INVALID_CADDR",
		"capability address beyond the end of the table" },
	[HELIOS_INVALID_CSLOT] = { "INVALID_CSLOT",
		"slot is empty where a capability is needed, or occupied "
		"where a destination is" },
	[HELIOS_INVALID_CTYPE] = { "INVALID_CTYPE",
		"capability of the wrong type" },
	[HELIOS_INVALID_PARAM] = { "INVALID_PARAM", "bad argument" },
	[HELIOS_INVALID_OP] = { "INVALID_OP",
		"the object has no such operation" },
	[HELIOS_ACCESS] = { "ACCESS", "the capability lacks a right" },
	[HELIOS_UNSUPPORTED] = { "UNSUPPORTED",
		"not allowed for this object" },
	[HELIOS_WOULD_BLOCK] = { "WOULD_BLOCK", "the call would block" },
	[HELIOS_CANCELED] = { "CANCELED", "the wait was called off" },
	[HELIOS_REVOKED] = { "REVOKED",
		"the capability was revoked under its holder" },
	[HELIOS_CSPACE_FULL] = { "CSPACE_FULL", "no free slot left" },
	[HELIOS_INVALID_SYSCALL] = { "INVALID_SYSCALL",
		"no such system call" },
	[HELIOS_NO_REPLY] = { "NO_REPLY", "nobody waits for a reply" },
	[HELIOS_MISSING_PART] = { "MISSING_PART",
		"the task lacks a CSpace, VSpace or IPC buffer" },
	[HELIOS_REFUSED] = { "REFUSED",
		"the receiver does not accept so many capabilities" },
	[HELIOS_BUSY] = { "BUSY", "already in use" },
	[HELIOS_FAULT] = { "FAULT",
		"memory is not mapped with the needed permission" },
};

#define NSTATUSES (sizeof(statuses) / sizeof(statuses[0]))

_Static_assert(NSTATUSES == HELIOS_STATUS_COUNT, "a status has no name");

const char *
helios_status_name(enum helios_status status)
{
	if ((unsigned int)status < NSTATUSES)
		return statuses[status].name;
	return "unknown status";
}

const char *
helios_strerror(enum helios_status status)
{
	if ((unsigned int)status < NSTATUSES)
		return statuses[status].text;
	return "a status this library does not know";
}

const char *
helios_type_name(unsigned int type)
{
	static const char *const names[HELIOS_TYPE_COUNT] = {
		"Null", "Dead", "Memory", "DevMem", "CSpace", "VSpace",
		"Page", "Task", "Endpoint", "Note", "Reply", "IRQControl",
		"IRQHandler", "IOControl", "IOPort", "SystemControl",
	};

	return type < HELIOS_TYPE_COUNT ? names[type] : "unknown type";
}
