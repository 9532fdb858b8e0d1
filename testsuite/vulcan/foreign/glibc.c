/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ordinary program of an ordinary C library, start-up code and all; what
 * Vulcan's test of it expects is in ../foreign.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local int local = 42;

int
main(int argc, char **argv)
{
	char *text = malloc(100000);

	if (text == NULL)
		return 1;
	memset(text, 'x', 100000);
	for (int i = 1; i < argc; i++)
		printf("%d: %s\n", i, argv[i]);
	printf("%s %d %.4f %c\n", getenv("HOME"), local, sqrt(2.0 * argc),
		text[99999]);
	free(text);
	return 17;
}
