/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that registers a file, and answers nobody.
 */
#include <mercury/driver.h>
#include <mercury/io.h>

int
main(int argc, char **argv, char **envp)
{
	uint64_t bits;

	(void)argc;
	(void)argv;
	(void)envp;
	if (mercury_register(0, IO_FILE_ID, 0, NULL))
		return 1;
	for (;;)
		helios_wait(1, &bits);
}
