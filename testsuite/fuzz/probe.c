/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

static const int64_t colours[] = { 3, 1, 4, 200 };
static const int64_t levels[] = { 3, -5, 0, 300 };
static const int64_t *const enums[] = { colours, levels };

static const struct call_method methods[] = {
	{ .label = BASE(1), .params = "1", .result = "1" },
	{ .label = ALL(1), .params = "12488b", .result = "4" },
	{ .label = ALL(2), .params = "ijkl", .result = "j" },
	{ .label = ALL(3), .params = "AB", .result = "A" },
	{ .label = ALL(4), .params = "1.", .result = "b" },
	{ .label = ALL(5), .params = "b$", .result = "$" },
	{ .label = ALL(6), .params = "2", .result = "8", .caps = 2,
		.more = true, .out = 2 },
	{ .label = ALL(7), .params = "", .result = "" },
	{ .label = ALL(8), .params = "1$", .result = "", .caps = 1,
		.send = true },
	{ .label = ALL(9), .params = "1A8", .result = "", .event = true },
};

const struct call_table probe_table = {
	methods, sizeof(methods) / sizeof(methods[0]), enums
};
