/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Children: Vulcan's own image, taken from the initramfs, as another program.
 */
#include "supervisor.h"

#define NO_SUCH_CHILD	125

/* Weak: a Vulcan without children links too. */
extern struct vulcan_child *__start_vulcan_children[] __attribute__((weak));
extern struct vulcan_child *__stop_vulcan_children[] __attribute__((weak));

int
child_main(const char *name)
{
	struct vulcan_child **p;

	for (p = __start_vulcan_children; p < __stop_vulcan_children; p++)
		if (!strcmp((*p)->name, name))
			return (*p)->run();
	return NO_SUCH_CHILD;
}

void
vulcan_load_child(struct helios_program *program, const char *name)
{
	const char *const argv[] = { "vulcan", VULCAN_CHILD_OPTION, name,
		NULL };
	struct helios_tar tar;
	size_t size;
	void *image;

	CHECK_OK(helios_tar_initramfs(&tar));
	CHECK_OK(helios_tar_load(&tar, "init", &image, &size));
	program->image = image;
	program->size = size;
	program->argv = argv;
	CHECK_OK(helios_program_load(program));
	program->argv = NULL;
	program->image = NULL;
	helios_free(image);
}
