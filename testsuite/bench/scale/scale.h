/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SCALE_H
#define SCALE_H

#include <libhelios.h>

/* A table of 2^16 slots. */
extern helios_cap_t scale_table;

/* Copies to wherever it has room. */
void scale_caps(void);

/* Before any of those: "tree table alone SLOTS INSTRUCTIONS". */
void scale_table_alone(void);
/* Trees of n capabilities: "tree SHAPE HOW N INSTRUCTIONS". */
void scale_trees(unsigned int n);

#endif
