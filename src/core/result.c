/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a system call failed, in one line for the person who wrote the call.
 * A status says what went wrong; only the kernel knows what it expected.
 */
#include <stdarg.h>
#include <stddef.h>

#include <klog.h>
#include <object.h>
#include <result.h>

struct call_context call_context;

const char *
status_name(int64_t status)
{
	static const char *const names[HELIOS_STATUS_COUNT] = {
		[HELIOS_OK] = "OK",
		[HELIOS_NOMEM] = "NOMEM",
		[HELIOS_INVALID_CADDR] = "INVALID_CADDR",
		[HELIOS_INVALID_CSLOT] = "INVALID_CSLOT",
		[HELIOS_INVALID_CTYPE] = "INVALID_CTYPE",
		[HELIOS_INVALID_PARAM] = "INVALID_PARAM",
		[HELIOS_INVALID_OP] = "INVALID_OP",
		[HELIOS_ACCESS] = "ACCESS",
		[HELIOS_UNSUPPORTED] = "UNSUPPORTED",
		[HELIOS_WOULD_BLOCK] = "WOULD_BLOCK",
		[HELIOS_CANCELED] = "CANCELED",
		[HELIOS_REVOKED] = "REVOKED",
		[HELIOS_CSPACE_FULL] = "CSPACE_FULL",
		[HELIOS_INVALID_SYSCALL] = "INVALID_SYSCALL",
		[HELIOS_NO_REPLY] = "NO_REPLY",
		[HELIOS_MISSING_PART] = "MISSING_PART",
		[HELIOS_REFUSED] = "REFUSED",
		[HELIOS_BUSY] = "BUSY",
		[HELIOS_FAULT] = "FAULT",
	};

	if (status == RESULT_PREEMPTED)
		return "(preempted)";
	if (status == RESULT_BLOCKED)
		return "(blocked)";
	if (status < 0 || status >= HELIOS_STATUS_COUNT)
		return "(no status)";
	return names[status];
}

#ifdef HELIOS_DEBUG

#define OPS_MAX	14

static const char *const op_names[HELIOS_TYPE_COUNT][OPS_MAX] = {
	[HELIOS_MEMORY] = { "ALLOCATE", "INFO" },
	[HELIOS_DEVMEM] = { "ALLOCATE", "INFO" },
	[HELIOS_CSPACE] = { "DESTROY", "COPY", "MOVE", "MINT", "REVOKE",
		"STORE_REPLY", "INFO", "SLOT_INFO" },
	[HELIOS_VSPACE] = { "MAP", "UNMAP", "PROTECT", "READ", "WRITE",
		"INFO" },
	[HELIOS_PAGE] = { "READ", "WRITE", "INFO" },
	[HELIOS_TASK] = { "CONFIGURE", "READ_REGISTERS", "WRITE_REGISTERS",
		"SET_TLS_BASE", "RESUME", "SUSPEND", "CANCEL",
		"SET_PRIORITY", "SET_AFFINITY", "SET_FLAGS", "SET_FAULT",
		"BIND_NOTE", "SET_NAME", "INFO" },
	[HELIOS_IRQCONTROL] = { "ISSUE", "INFO" },
	[HELIOS_IRQHANDLER] = { "ACK", "INFO" },
	[HELIOS_IOCONTROL] = { "ISSUE", "INFO" },
	[HELIOS_IOPORT] = { "IN", "OUT", "INFO" },
	[HELIOS_SYSTEMCONTROL] = { "POWEROFF", "REBOOT", "CONSOLE", "CHECK",
		"COUNTS" },
};

static void
log_error(int64_t status, const char *text)
{
	const struct call_context *c = &call_context;
	char op[40];

	if (c->task == NULL) {
		klog(KLOG_DEBUG, "%s: %s", status_name(status), text);
		return;
	}
	if (c->type == HELIOS_NULL)
		ksnprintf(op, sizeof(op), "%s", c->call);
	else if (c->op < OPS_MAX && op_names[c->type][c->op] != NULL)
		ksnprintf(op, sizeof(op), "%s.%s", type_name(c->type),
				op_names[c->type][c->op]);
	else
		ksnprintf(op, sizeof(op), "%s.%u", type_name(c->type), c->op);
	klog(KLOG_DEBUG, "task '%s': %s slot %lu: %s: %s", c->task, op,
			c->slot, status_name(status), text);
}

struct result
user_error(enum helios_status status, uint64_t detail, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	kvsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error(status, text);
	return (struct result){ status, detail };
}

#endif
