/* SPDX-License-Identifier: BSD-2-Clause */
/* probe.ipc a second time: see calls.h. */
#ifndef FUZZ_PROBE_H
#define FUZZ_PROBE_H

#include <mercury/probe.h>

#include "calls.h"

#define BASE(serial)	HELIOS_LABEL(PROBE_BASE_ID, serial)
#define ALL(serial)	HELIOS_LABEL(PROBE_ALL_ID, serial)

extern const struct call_table probe_table;

#endif
