/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that does what the test says: see mock_hal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(HAVE_VALGRIND_MEMCHECK_H) || defined(HAVE_VALGRIND)
#include <valgrind/memcheck.h>
#define MARK_ALIVE(p, n)	((void)VALGRIND_MAKE_MEM_UNDEFINED((p), (n)))
#define MARK_DEAD(p, n)		((void)VALGRIND_MAKE_MEM_NOACCESS((p), (n)))
#define IS_SLOW()		(RUNNING_ON_VALGRIND != 0)
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN		1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN		1
#endif
#endif
#if defined(WITH_ASAN) && !defined(MARK_ALIVE)
#include <sanitizer/asan_interface.h>
#define MARK_ALIVE(p, n)	ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define MARK_DEAD(p, n)		ASAN_POISON_MEMORY_REGION((p), (n))
#endif
#ifndef MARK_ALIVE
#define MARK_ALIVE(p, n)	((void)(p), (void)(n))
#define MARK_DEAD(p, n)		((void)(p), (void)(n))
#endif
#ifndef IS_SLOW
#define IS_SLOW()		false
#endif

#include <klog.h>

#include "mock_hal.h"

struct mock mock;
char *hal_physmap;
uint64_t hal_noexec = 1ull << 63;

bool
mock_is_slow(void)
{
	return IS_SLOW();
}

void
mock_init(uint64_t ram_size)
{
	uint64_t total = MOCK_RAM_BASE + ram_size;
	char *p = mmap(NULL, total, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mock_init: mmap");
		exit(99);
	}
	/* What is no RAM must not be touched. */
	if (mprotect(p, MOCK_LOW_BASE, PROT_NONE) != 0 ||
	    mprotect(p + MOCK_LOW_BASE + MOCK_LOW_SIZE, MOCK_RAM_BASE -
		MOCK_LOW_BASE - MOCK_LOW_SIZE, PROT_NONE) != 0) {
		perror("mock_init: mprotect");
		exit(99);
	}
	memset(&mock, 0, sizeof(mock));
	hal_physmap = p;
	mock.ram[0] = (struct hal_range){ MOCK_LOW_BASE, MOCK_LOW_SIZE };
	mock.ram[1] = (struct hal_range){ MOCK_RAM_BASE, ram_size };
	mock.device[0] = (struct hal_range){ MOCK_DEV_BASE, MOCK_DEV_SIZE };
	mock.now = 1000;
	mock.timer = HELIOS_FOREVER;
	mock.task_inits = mock.vspace_inits = MOCK_NEVER;
	mock.masked = ~0ull;
	mock_preempt_off();
}

void
mock_preempt(long n, long every)
{
	mock.countdown = n;
	mock.every = every;
}

void
mock_preempt_off(void)
{
	mock.countdown = MOCK_NEVER;
	mock.every = 0;
}

bool
mock_task_alive(const struct task *t)
{
	for (unsigned int i = 0; i < mock.ntasks; i++)
		if (mock.tasks[i] == t)
			return true;
	return false;
}

const char *
mock_log_line(unsigned int i)
{
	if (i >= mock.nlog || i >= 8)
		return "";
	return mock.log[(mock.nlog - 1 - i) % 8];
}

bool
hal_irq_pending(void)
{
	mock.asked++;
	if (mock.pending || mock.countdown == MOCK_NEVER)
		return mock.pending;
	if (mock.countdown-- > 0)
		return false;
	mock.pending = true;
	mock.fired++;
	mock.countdown = mock.every > 0 ? mock.every - 1 : MOCK_NEVER;
	return true;
}

uint64_t
hal_now(void)
{
	return mock.now;
}

uint64_t
hal_cycles(void)
{
	return mock.now;
}

uint64_t
hal_cycles_ns(uint64_t cycles)
{
	return cycles;
}

void
hal_timer_set(uint64_t deadline)
{
	mock.timer = deadline;
	mock.timers_set++;
}

unsigned int
hal_irq_count(void)
{
	return MOCK_IRQS;
}

void
hal_irq_mask(unsigned int irq)
{
	mock.masked |= 1ull << irq;
}

void
hal_irq_unmask(unsigned int irq)
{
	mock.masked &= ~(1ull << irq);
}

uint32_t
hal_port_in(uint16_t port, unsigned int width)
{
	mock.port_last = port;
	return width == 4 ? mock.port_value :
		mock.port_value & ((1u << 8 * width) - 1);
}

void
hal_port_out(uint16_t port, unsigned int width, uint32_t value)
{
	(void)width;
	mock.port_last = port;
	mock.port_value = value;
}

void
hal_port_range(uint16_t *first, uint16_t *last)
{
	*first = 0;
	*last = 0xffff;
}

static bool
allowed(long *left)
{
	if (*left == MOCK_NEVER)
		return true;
	if (*left == 0)
		return false;
	--*left;
	return true;
}

bool
hal_task_init(struct task *t)
{
	if (mock.ntasks == MOCK_TASKS || !allowed(&mock.task_inits))
		return false;
	mock.tasks[mock.ntasks++] = t;
	memset(task_hal(t), 0x5a, HAL_TASK_SIZE);
	return true;
}

void
hal_task_fini(struct task *t)
{
	for (unsigned int i = 0; i < mock.ntasks; i++) {
		if (mock.tasks[i] != t)
			continue;
		mock.tasks[i] = mock.tasks[--mock.ntasks];
		return;
	}
	hal_panic("hal_task_fini of a task that is not alive");
}

void
hal_task_tls(struct task *t)
{
	if (!mock_task_alive(t))
		hal_panic("hal_task_tls of a task that is not alive");
}

void
hal_task_changed(struct task *t)
{
	if (!mock_task_alive(t))
		hal_panic("hal_task_changed of a task that is not alive");
}

bool
hal_vspace_init(struct vspace *vs, const struct vspace *like)
{
	(void)like;
	if (!allowed(&mock.vspace_inits))
		return false;
	memset(vspace_hal(vs), 0xa5, HAL_VSPACE_SIZE);
	mock.nvspaces++;
	return true;
}

void
hal_vspace_fini(struct vspace *vs)
{
	(void)vs;
	if (mock.nvspaces == 0)
		hal_panic("hal_vspace_fini of a space that is not alive");
	mock.nvspaces--;
}

void
hal_vspace_range(const struct vspace *vs, uint64_t *base, uint64_t *limit)
{
	(void)vs;
	*base = MOCK_USER_BASE;
	*limit = MOCK_USER_LIMIT;
}

/* Page aligned and inside the space, as the contract says? */
static void
check_range(uint64_t va, uint64_t len)
{
	if (((va | len) & 4095) != 0 || len == 0 || va < MOCK_USER_BASE ||
	    len > MOCK_USER_LIMIT - va)
		hal_panic("hal_tlb_*: a range out of place");
}

void
hal_tlb_mapped(struct vspace *vs, uint64_t va, uint64_t len)
{
	(void)vs;
	check_range(va, len);
	mock.mapped_bytes += len;
}

void
hal_tlb_flush(struct vspace *vs, uint64_t va, uint64_t len)
{
	(void)vs;
	check_range(va, len);
	mock.flushed_bytes += len;
}

void
hal_mem_alive(void *p, size_t len)
{
	MARK_ALIVE(p, len);
}

void
hal_mem_dead(void *p, size_t len)
{
	MARK_DEAD(p, len);
}

void
hal_console_write(const char *buf, size_t len)
{
	if (len > sizeof(mock.console) - mock.console_len)
		len = sizeof(mock.console) - mock.console_len;
	memcpy(mock.console + mock.console_len, buf, len);
	mock.console_len += len;
}

bool
hal_console_flush(void)
{
	while (mock.console_shown < mock.console_len) {
		mock.console_shown++;
		if (hal_irq_pending())
			return false;
	}
	return true;
}

void
hal_log(unsigned int level, const char *line)
{
	(void)level;
	snprintf(mock.log[mock.nlog++ % 8], sizeof(mock.log[0]), "%s", line);
}

void
hal_console_own(bool kernel)
{
	(void)kernel;
}

void
hal_poweroff(unsigned int status)
{
	exit((int)(status & 0xff));
}

void
hal_reboot(void)
{
	exit(0);
}

void
hal_panic(const char *message)
{
	if (!mock.quiet) {
		for (unsigned int i = 8; i-- > 0;)
			if (mock_log_line(i)[0] != '\0')
				fprintf(stderr, "# log: %s\n",
					mock_log_line(i));
		fprintf(stderr, "# panic: %s\n", message);
	}
	abort();
}
