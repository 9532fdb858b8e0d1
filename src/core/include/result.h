/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an operation went: returned, never global.
 */
#ifndef CORE_RESULT_H
#define CORE_RESULT_H

#include <stdint.h>

#include <helios/error.h>

struct result {
	int64_t status;		/* enum helios_status, or one of: */
	uint64_t detail;
};

/* The call is not done; the task makes it again when it next runs. */
#define RESULT_PREEMPTED	(-1)
/* The call goes on without the caller, which is blocked or gone, or whose
 * registers are already as they shall be. */
#define RESULT_BLOCKED		(-2)

#define RESULT_OK	((struct result){ HELIOS_OK, 0 })

static inline struct result
result_preempted(void)
{
	return (struct result){ RESULT_PREEMPTED, 0 };
}

static inline struct result
result_blocked(void)
{
	return (struct result){ RESULT_BLOCKED, 0 };
}

/*
 * Every decode failure goes through here.  Debug builds log one line: task,
 * operation, slot, and the text, which says what was expected and what was
 * found.  Release builds have no use for the text, and do not compute it.
 */
#ifdef HELIOS_DEBUG
struct result user_error(enum helios_status status, uint64_t detail,
		const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#else
void user_error_text(const char *fmt, ...)	/* only its format is checked */
		__attribute__((format(printf, 1, 2)));
#define user_error(status, detail, ...) (__extension__ ({ \
	if (0) \
		user_error_text(__VA_ARGS__); \
	(struct result){ (status), (detail) }; \
}))
#endif

const char *status_name(int64_t status);

/*
 * The call under way, as user_error names it.  The dispatcher sets it.
 */
struct call_context {
	const char *task;	/* NULL: none is under way */
	const char *call;	/* of the system call */
	uint64_t slot;		/* the capability invoked */
	unsigned int type, op;	/* of a kernel object; type 0: none */
};
extern struct call_context call_context;

/* Only debug builds have a use for it. */
static inline void
call_context_set(struct call_context c)
{
#ifdef HELIOS_DEBUG
	call_context = c;
#else
	(void)c;
#endif
}

#endif
