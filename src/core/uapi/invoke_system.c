/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of SystemControl.
 */
#include <hal.h>

#include <check.h>
#include <klog.h>
#include <object.h>
#include <uapi.h>

static struct result
op_poweroff(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 1);

	if (r.status == HELIOS_OK)
		hal_poweroff((unsigned int)inv_word(inv, 0) & 0xffu);
	return r;
}

static struct result
op_reboot(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 0);

	if (r.status == HELIOS_OK)
		hal_reboot();
	return r;
}

static struct result
op_console(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 1);

	if (r.status != HELIOS_OK)
		return r;
	if (inv_word(inv, 0) > 1)
		return user_error(HELIOS_INVALID_PARAM, 0, "%lu is neither 1 "
				"(the kernel keeps off the screen) nor 0",
				inv_word(inv, 0));
	hal_console_own(inv_word(inv, 0) == 0);
	return RESULT_OK;
}

static struct result
op_check(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 0);

	if (r.status != HELIOS_OK)
		return r;
#ifdef HELIOS_DEBUG
	inv_return(inv, core_check());
	return RESULT_OK;
#else
	return user_error(HELIOS_UNSUPPORTED, 0,
			"this kernel was built without invariant checks");
#endif
}

static struct result
op_counts(struct invocation *inv)
{
	static const unsigned int types[] = {
		HELIOS_TASK, HELIOS_ENDPOINT, HELIOS_NOTE, HELIOS_CSPACE,
		HELIOS_VSPACE, HELIOS_MEMORY,
	};
	const unsigned int n = sizeof(types) / sizeof(types[0]);
	struct result r = inv_need_words(inv, 0);

	if (r.status == HELIOS_OK)
		r = inv_can_return(inv, n);
	if (r.status != HELIOS_OK)
		return r;
	for (unsigned int i = 0; i < n; i++)
		inv_return(inv, object_counts[types[i]]);
	return RESULT_OK;
}

struct result
invoke_system(struct invocation *inv)
{
	static struct result (*const ops[])(struct invocation *) = {
		[HELIOS_SYSTEM_POWEROFF] = op_poweroff,
		[HELIOS_SYSTEM_REBOOT] = op_reboot,
		[HELIOS_SYSTEM_CONSOLE] = op_console,
		[HELIOS_SYSTEM_CHECK] = op_check,
		[HELIOS_SYSTEM_COUNTS] = op_counts,
	};

	return inv_run(inv, ops, sizeof(ops) / sizeof(ops[0]));
}
