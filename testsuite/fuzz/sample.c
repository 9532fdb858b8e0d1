/* SPDX-License-Identifier: BSD-2-Clause */
/* A small program with a manifest and symbols, to begin with. */

static const char manifest[]
	__attribute__((section(".manifest"), used, aligned(1))) =
	"[driver]\nname=sample\n[capabilities]\n0:endpoint=\n";

int
twice(int n)
{
	return n + n;
}

void
_start(void)
{
	for (;;)
		(void)twice(1);
}
