/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device and system operations.
 */
#include "internal.h"

static enum helios_status
yielding(helios_cap_t cap, uint64_t label, const uint64_t *in,
		unsigned int nin, helios_cap_t *out)
{
	uint64_t caddr;
	enum helios_status status = helios_invoke(cap, label, in, nin,
			&caddr, 1);

	if (status == HELIOS_OK)
		*out = (helios_cap_t)caddr;
	return status;
}

enum helios_status
helios_devmem_carve(helios_cap_t devmem, uint64_t address, uint64_t size,
		helios_cap_t *out)
{
	const uint64_t w[] = {
		HELIOS_DEVMEM, size, address, HELIOS_CADDR_UNDEF
	};

	return yielding(devmem, HELIOS_LABEL(HELIOS_DEVMEM,
			HELIOS_DEVMEM_ALLOCATE), w, 4, out);
}

enum helios_status
helios_devmem_pages(helios_cap_t devmem, uint64_t address,
		uint64_t page_size, unsigned int count, helios_cap_t *out)
{
	uint64_t w[HELIOS_MSG_WORDS] = { HELIOS_PAGE, page_size, address };
	enum helios_status status;
	unsigned int i;

	if (count > HELIOS_MSG_WORDS - 3)
		return failed(HELIOS_INVALID_PARAM, 3);
	for (i = 0; i < count; i++)
		w[3 + i] = HELIOS_CADDR_UNDEF;
	status = helios_invoke(devmem, HELIOS_LABEL(HELIOS_DEVMEM,
			HELIOS_DEVMEM_ALLOCATE), w, 3 + count, w, count);
	for (i = 0; status == HELIOS_OK && i < count; i++)
		out[i] = (helios_cap_t)w[i];
	return status;
}

enum helios_status
helios_devmem_info(helios_cap_t devmem, struct helios_devmem_info *out)
{
	uint64_t w[3];
	enum helios_status status = helios_invoke(devmem, HELIOS_LABEL(
			HELIOS_DEVMEM, HELIOS_DEVMEM_INFO), NULL, 0, w, 3);

	if (status == HELIOS_OK)
		*out = (struct helios_devmem_info){ w[0], w[1], w[2] };
	return status;
}

enum helios_status
helios_irq_issue(helios_cap_t irqcontrol, uint64_t irq, helios_cap_t note,
		helios_cap_t *out)
{
	const uint64_t w[] = { irq, note, HELIOS_CADDR_UNDEF };

	return yielding(irqcontrol, HELIOS_LABEL(HELIOS_IRQCONTROL,
			HELIOS_IRQCONTROL_ISSUE), w, 3, out);
}

enum helios_status
helios_irq_count(helios_cap_t irqcontrol, uint64_t *out)
{
	uint64_t w;
	enum helios_status status = helios_invoke(irqcontrol, HELIOS_LABEL(
			HELIOS_IRQCONTROL, HELIOS_IRQCONTROL_INFO), NULL, 0,
			&w, 1);

	if (status == HELIOS_OK)
		*out = w;
	return status;
}

enum helios_status
helios_irq_ack(helios_cap_t irqhandler)
{
	return helios_invoke(irqhandler, HELIOS_LABEL(HELIOS_IRQHANDLER,
			HELIOS_IRQHANDLER_ACK), NULL, 0, NULL, 0);
}

enum helios_status
helios_irq_info(helios_cap_t irqhandler, struct helios_irq_info *out)
{
	uint64_t w[3];
	enum helios_status status = helios_invoke(irqhandler, HELIOS_LABEL(
			HELIOS_IRQHANDLER, HELIOS_IRQHANDLER_INFO), NULL, 0,
			w, 3);

	if (status == HELIOS_OK)
		*out = (struct helios_irq_info){ w[0], w[1], w[2] };
	return status;
}

enum helios_status
helios_ioport_issue(helios_cap_t iocontrol, uint64_t first, uint64_t last,
		helios_cap_t *out)
{
	const uint64_t w[] = { first, last, HELIOS_CADDR_UNDEF };

	return yielding(iocontrol, HELIOS_LABEL(HELIOS_IOCONTROL,
			HELIOS_IOCONTROL_ISSUE), w, 3, out);
}

enum helios_status
helios_ioport_in(helios_cap_t ioport, uint64_t port, unsigned int bytes,
		uint32_t *value)
{
	const uint64_t in[] = { port, bytes };
	uint64_t w;
	enum helios_status status = helios_invoke(ioport, HELIOS_LABEL(
			HELIOS_IOPORT, HELIOS_IOPORT_IN), in, 2, &w, 1);

	if (status == HELIOS_OK)
		*value = (uint32_t)w;
	return status;
}

enum helios_status
helios_ioport_out(helios_cap_t ioport, uint64_t port, unsigned int bytes,
		uint32_t value)
{
	const uint64_t in[] = { port, bytes, value };

	return helios_invoke(ioport, HELIOS_LABEL(HELIOS_IOPORT,
			HELIOS_IOPORT_OUT), in, 3, NULL, 0);
}

enum helios_status
helios_ioport_info(helios_cap_t ioport, uint64_t *first, uint64_t *last)
{
	uint64_t w[2];
	enum helios_status status = helios_invoke(ioport, HELIOS_LABEL(
			HELIOS_IOPORT, HELIOS_IOPORT_INFO), NULL, 0, w, 2);

	if (status == HELIOS_OK) {
		*first = w[0];
		*last = w[1];
	}
	return status;
}

enum helios_status
helios_system_poweroff(helios_cap_t system, uint64_t status)
{
	return helios_invoke(system, HELIOS_LABEL(HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_POWEROFF), &status, 1, NULL, 0);
}

enum helios_status
helios_system_reboot(helios_cap_t system)
{
	return helios_invoke(system, HELIOS_LABEL(HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_REBOOT), NULL, 0, NULL, 0);
}

enum helios_status
helios_system_console(helios_cap_t system, unsigned int own)
{
	const uint64_t w[] = { own };

	return helios_invoke(system, HELIOS_LABEL(HELIOS_SYSTEMCONTROL,
			HELIOS_SYSTEM_CONSOLE), w, 1, NULL, 0);
}

enum helios_status
helios_system_check(helios_cap_t system, uint64_t *objects)
{
	uint64_t w;
	enum helios_status status = helios_invoke(system, HELIOS_LABEL(
			HELIOS_SYSTEMCONTROL, HELIOS_SYSTEM_CHECK), NULL, 0,
			&w, 1);

	if (status == HELIOS_OK && objects)
		*objects = w;
	return status;
}

enum helios_status
helios_system_counts(helios_cap_t system, struct helios_counts *out)
{
	uint64_t w[6];
	enum helios_status status = helios_invoke(system, HELIOS_LABEL(
			HELIOS_SYSTEMCONTROL, HELIOS_SYSTEM_COUNTS), NULL, 0,
			w, 6);

	if (status == HELIOS_OK)
		*out = (struct helios_counts){ w[0], w[1], w[2], w[3], w[4],
			w[5] };
	return status;
}
