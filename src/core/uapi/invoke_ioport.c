/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations of IOControl and IOPort.  Whoever has IOControl decides who
 * gets which ports; ranges may overlap, since some devices share theirs.
 */
#include <hal.h>

#include <cspace.h>
#include <irq.h>
#include <klog.h>
#include <uapi.h>

static struct result
decode_issue(const struct invocation *inv)
{
	struct result r = inv_need_words(inv, 3);
	uint16_t low, high;

	if (r.status != HELIOS_OK)
		return r;
	hal_port_range(&low, &high);
	/* Is it a range, of ports there are? */
	for (unsigned int i = 0; i < 2; i++)
		if (inv_word(inv, i) < low || inv_word(inv, i) > high)
			return user_error(HELIOS_INVALID_PARAM, i, "port "
					"0x%lx; there are 0x%x to 0x%x",
					inv_word(inv, i), low, high);
	if (inv_word(inv, 0) > inv_word(inv, 1))
		return user_error(HELIOS_INVALID_PARAM, 1, "last port 0x%lx "
				"below the first, 0x%lx", inv_word(inv, 1),
				inv_word(inv, 0));
	return RESULT_OK;
}

static struct result
op_issue(struct invocation *inv)
{
	struct slot *dest;
	struct result r = decode_issue(inv);

	if (r.status == HELIOS_OK)
		r = inv_dest(inv, 2, &dest);
	if (r.status != HELIOS_OK)
		return r;
	cap_insert(dest, inv->slot, cap_make(HELIOS_IOPORT, &iocontrol, 0),
			inv_word(inv, 0) << 16 | inv_word(inv, 1));
	inv_return(inv, slot_index(task_cspace(inv->task), dest));
	return RESULT_OK;
}

struct result
invoke_iocontrol(struct invocation *inv)
{
	uint16_t low, high;
	struct result r;

	switch (inv->op) {
	case HELIOS_IOCONTROL_ISSUE:
		return op_issue(inv);
	case HELIOS_IOCONTROL_INFO:
		r = inv_need_words(inv, 0);
		if (r.status != HELIOS_OK)
			return r;
		hal_port_range(&low, &high);
		inv_return(inv, low);
		inv_return(inv, high);
		return RESULT_OK;
	default:
		return inv_no_op(inv);
	}
}

static struct result
check_access(const struct invocation *inv)
{
	uint64_t port = inv_word(inv, 0), width = inv_word(inv, 1);
	uint16_t first = cap_port_first(inv->slot);
	uint16_t last = cap_port_last(inv->slot);

	/* Is it an access the processor can make, inside the range? */
	if (width != 1 && width != 2 && width != 4)
		return user_error(HELIOS_INVALID_PARAM, 1, "%lu bytes; an "
				"access has 1, 2 or 4", width);
	if (port < first || port > last || port + width - 1 > last)
		return user_error(HELIOS_INVALID_PARAM, 0, "%lu bytes at port "
				"0x%lx; the range is 0x%x to 0x%x", width,
				port, first, last);
	return RESULT_OK;
}

static struct result
op_in(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 2);

	if (r.status == HELIOS_OK)
		r = check_access(inv);
	if (r.status == HELIOS_OK)
		inv_return(inv, hal_port_in((uint16_t)inv_word(inv, 0),
				(unsigned int)inv_word(inv, 1)));
	return r;
}

static struct result
op_out(struct invocation *inv)
{
	struct result r = inv_need_words(inv, 3);
	uint64_t width, value;

	if (r.status == HELIOS_OK)
		r = check_access(inv);
	if (r.status != HELIOS_OK)
		return r;
	width = inv_word(inv, 1);
	value = inv_word(inv, 2);
	/* Does the value fit? */
	if (value >> (8 * width) != 0)
		return user_error(HELIOS_INVALID_PARAM, 2, "value 0x%lx does "
				"not fit into %lu bytes", value, width);
	hal_port_out((uint16_t)inv_word(inv, 0), (unsigned int)width,
			(uint32_t)value);
	return RESULT_OK;
}

struct result
invoke_ioport(struct invocation *inv)
{
	struct result r;

	switch (inv->op) {
	case HELIOS_IOPORT_IN:
		return op_in(inv);
	case HELIOS_IOPORT_OUT:
		return op_out(inv);
	case HELIOS_IOPORT_INFO:
		r = inv_need_words(inv, 0);
		if (r.status != HELIOS_OK)
			return r;
		inv_return(inv, cap_port_first(inv->slot));
		inv_return(inv, cap_port_last(inv->slot));
		return RESULT_OK;
	default:
		return inv_no_op(inv);
	}
}
