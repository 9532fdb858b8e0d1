/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does this machine grant userfaultfd for user-mode faults, the way the
 * hosted kernel needs it?  Exit status 0, or 1 and the reason.  Tests ask
 * this program and not helios-hosted, so that a bug there cannot turn them
 * into skipped ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_THREAD_ID,
	};
	long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK |
			UFFD_USER_MODE_ONLY);

	if (fd < 0) {
		fprintf(stderr, "userfaultfd is refused here: %s\n",
				strerror(errno));
		return 1;
	}
	if (ioctl((int)fd, UFFDIO_API, &api) < 0) {
		fprintf(stderr, "userfaultfd lacks thread ids: %s\n",
				strerror(errno));
		return 1;
	}
	close((int)fd);
	return 0;
}
