/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A serial line as clients see it.
 */
#ifndef PCSERIAL_PORT_H
#define PCSERIAL_PORT_H

#include "transfer.h"
#include "uart.h"

struct port {
	bool present;
	struct uart uart;
	struct buffer received, sending;
	enum dev_flow flow;
	bool throttled;			/* the other end was told to stop */
	uint8_t lines;			/* enum dev_lines */
	bool hung_up;
	bool handled;			/* by the last interrupt: something */
	struct queue readers, writers, drainers;
};

/* Find the UART and start it; present says whether there is one. */
void port_open(struct port *p, helios_cap_t ioport);

/*
 * Its interrupt.  false: bytes come in without end, nobody reads, and nothing
 * can hold the sender back; let requests come first.
 */
bool port_interrupt(struct port *p);

/* As io::file has them; a status of 0 with rq->deferred: later. */
ipc_status_t port_read(struct port *p, struct ipc_request *rq,
		const struct transfer *t, enum io_mode mode, size_t *done);
ipc_status_t port_write(struct port *p, struct ipc_request *rq,
		const struct transfer *t, enum io_mode mode, size_t *done);
ipc_status_t port_drain(struct port *p, struct ipc_request *rq);

void port_set_flow(struct port *p, enum dev_flow flow);
/* The modem lines as they are now. */
uint8_t port_lines(struct port *p);

#endif
