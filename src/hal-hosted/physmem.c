/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory: one memfd, mapped whole for core; file offset = physical
 * address.  Page 0 stays unused, so that no object has physical address 0.
 * The initramfs stands at the top of RAM.  Above RAM lies a small range of
 * device memory that behaves like RAM: it gives DevMem something to hand out.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hosted.h"

#ifndef MFD_EXEC
#define MFD_EXEC	0x0010u
#endif

#define DEVICE_SIZE	(4ull << 20)
#define DEVICE_ALIGN	(2ull << 20)
/* What the kernel and init need besides the initramfs. */
#define MEMORY_MIN	(4ull << 20)
/* More pages than init's CSpace can have slots. */
#define INITRAMFS_MAX	(65536 * PAGE)

struct physmem physmem;
char *hal_physmap;
uint64_t hal_noexec = 1ull << 63;

static uint64_t
round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

/* Kernels before 6.3 do not know MFD_EXEC and need not be told. */
static int
memory_file(void)
{
	int fd;

	fd = memfd_create("helios-memory", MFD_CLOEXEC | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("helios-memory", MFD_CLOEXEC);
	return fd;
}

static int
open_initramfs(const char *path, uint64_t *size)
{
	struct stat st;
	int fd;

	/* A FIFO would wait for somebody to write. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fail("%s: expected a tar archive: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		fail("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		fail("%s: expected a tar archive, found no regular file",
			path);
	if (st.st_size == 0)
		fail("%s: expected a tar archive, found an empty file", path);
	if ((uint64_t)st.st_size > INITRAMFS_MAX)
		fail("%s: expected a tar archive of less than %llu MiB, "
			"found one of %llu MiB", path,
			(unsigned long long)(INITRAMFS_MAX >> 20),
			(unsigned long long)(st.st_size >> 20));
	*size = (uint64_t)st.st_size;
	return fd;
}

static void
read_initramfs(int fd, const char *path, char *to, uint64_t size)
{
	uint64_t done = 0;
	ssize_t n;

	while (done < size) {
		n = read(fd, to + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail("%s: %s", path, strerror(errno));
		if (n == 0)
			fail("%s: expected %llu bytes, found %llu: it is "
				"shrinking", path, (unsigned long long)size,
				(unsigned long long)done);
		done += (uint64_t)n;
	}
	close(fd);
}

static void
map_memory(void)
{
	void *p;

	physmem.fd = memory_file();
	if (physmem.fd < 0 || ftruncate(physmem.fd, (off_t)physmem.size) < 0)
		fail("cannot create %llu MiB of memory: %s",
			(unsigned long long)(physmem.size >> 20),
			strerror(errno));
	p = mmap(NULL, physmem.size, PROT_READ | PROT_WRITE, MAP_SHARED |
		MAP_NORESERVE, physmem.fd, 0);
	if (p == MAP_FAILED)
		fail("cannot map %llu MiB of memory: %s",
			(unsigned long long)(physmem.size >> 20),
			strerror(errno));
	hal_physmap = p;
}

void
physmem_init(uint64_t memory, const char *initramfs)
{
	uint64_t size, need;
	int fd;

	fd = open_initramfs(initramfs, &size);
	memory &= ~(PAGE - 1);
	need = PAGE + MEMORY_MIN + round_up(size, PAGE);
	if (memory < need)
		fail("--memory: expected at least %lluK for this initramfs, "
			"found %s", (unsigned long long)(need >> 10),
			options.memory_text);
	physmem.ram = (struct hal_range){PAGE, memory - PAGE};
	physmem.initramfs = (struct hal_range){
		memory - round_up(size, PAGE), size};
	physmem.device = (struct hal_range){
		round_up(memory, DEVICE_ALIGN), DEVICE_SIZE};
	physmem.size = physmem.device.base + physmem.device.size;
	map_memory();
	read_initramfs(fd, initramfs, hal_physmap + physmem.initramfs.base,
		size);
}
